"""How much a payoff hangs on each constant, in the four ways of Vensim's :SENSITIVITY."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensitivity.control.payoff import CONTROL, table_of
from sensitivity.errors import fold

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    from sensitivity.control.search import Searcher

    Floats = NDArray[np.float64]

# Along each constant the payoff is read at so many places before the fall is narrowed down.
ALONG, HALVINGS = 40, 40
# Where an end is open, so many times the value is looked at.
FAR = 10.0


def sensitivities(searcher: Searcher, best: Floats, payoff: float) -> pd.DataFrame | None:
    """Return a table of the asked-for sensitivity of the payoff at values `best`, or None."""
    control = searcher.control
    if control.sensitivity == "OFF":
        return None
    if control.sensitivity in ("PAYOFF_VALUE", "PAYOFF_PERCENT"):
        fall = control.amount
        if control.sensitivity == "PAYOFF_PERCENT":
            fall *= abs(payoff) / 100.0
        return _falls(searcher, best, payoff, fall)
    names = list(searcher.names)
    values = list(best)
    if control.sensitivity == "ALL_CONSTANTS":
        own = {fold(name) for name in names}
        for name, value in searcher.payoff.model.constants.items():
            if fold(name) not in own and fold(name) not in CONTROL:
                names.append(name)
                values.append(value)
    return _changes(searcher, names, np.array(values), payoff)


def _changes(searcher: Searcher, names: list[str], values: Floats, payoff: float) -> pd.DataFrame:
    """Return the payoff with each constant less and more by some percent, the strongest first."""
    import pandas as pd

    share = searcher.control.amount / 100.0
    count = len(names)
    rows = np.tile(values, (2 * count, 1))
    own = np.arange(count)
    rows[own, own], rows[count + own, own] = values * (1 - share), values * (1 + share)
    found = searcher.payoff.of(table_of(names, rows))
    searcher.seen += len(rows)
    table = pd.DataFrame(
        {
            "value": values,
            "less": rows[own, own],
            "payoff_less": found[:count],
            "more": rows[count + own, own],
            "payoff_more": found[count:],
        },
        index=pd.Index(names, name="constant"),
    )
    table["largest_change"] = np.maximum(
        np.abs(table["payoff_less"] - payoff), np.abs(table["payoff_more"] - payoff)
    )
    return table.sort_values("largest_change", ascending=False, kind="stable")


def _falls(searcher: Searcher, best: Floats, payoff: float, fall: float) -> pd.DataFrame:
    """Return how far each constant alone may go, either way, before the payoff falls so much."""
    import pandas as pd

    count = len(best)
    reach = FAR * np.where(best == 0, 1.0, np.abs(best))
    ends = np.concatenate(
        [
            np.where(np.isfinite(searcher.low), searcher.low, best - reach),
            np.where(np.isfinite(searcher.high), searcher.high, best + reach),
        ]
    )
    begin, own = np.tile(best, 2), np.tile(np.arange(count), 2)

    def lost(shares: Floats) -> Floats:
        """Return by how much the payoff falls at shares (side, ..) of the way to each end."""
        rows = np.tile(best, (*shares.shape, 1)).reshape(-1, count)
        values = begin[:, None] + shares * (ends - begin)[:, None]
        rows[np.arange(len(rows)), np.repeat(own, shares.shape[1])] = values.ravel()
        searcher.seen += len(rows)
        found: Floats = payoff - searcher.payoff.of(table_of(searcher.names, rows))
        return found.reshape(shares.shape)

    grid = np.tile(np.linspace(0.0, 1.0, ALONG + 1)[1:], (2 * count, 1))
    fallen = lost(grid) >= fall
    reached = fallen.any(axis=1) & (ends != begin)
    first = np.argmax(fallen, axis=1)
    above = grid[np.arange(2 * count), first]
    below = above - 1.0 / ALONG
    for _ in range(HALVINGS):
        middle = 0.5 * (below + above)
        deep = lost(middle[:, None])[:, 0] >= fall
        above, below = np.where(deep, middle, above), np.where(deep, below, middle)
    place = np.where(reached, begin + above * (ends - begin), np.nan)
    return pd.DataFrame(
        {"lower": place[:count], "value": best, "upper": place[count:], "payoff_falls_by": fall},
        index=pd.Index(searcher.names, name="constant"),
    )
