"""Parallel coordinates: which settings go with the highest and the lowest outcomes."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sdmodel import style
from sensitivity.analysis import free_rows, one_outcome, plan_of, ranking
from sensitivity.errors import AnalysisError
from sensitivity.figures.canvas import finish, new_axes
from sensitivity.figures.labels import factor_label, plain, with_unit
from sensitivity.figures.subject import some_factors, thinned
from sensitivity.outcomes import OK

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

LINES = 1000
_TENTH = 0.1
_LABEL = 16


@style.figures()
def plot_parallel(
    sweep: xr.Dataset,
    outcome: str | None = None,
    *,
    factors: Sequence[str] | None = None,
    most: int = 6,
    ax: Axes | None = None,
) -> Axes:
    """Draw runs as lines across one axis for each factor and one for the outcome.

    The runs with the highest and the lowest tenth of the outcome are coloured.

    Parameters
    ----------
    sweep
        What `sweep` or `open_sweep` returned.
    outcome
        Which outcome; the first when left out.
    factors
        Which factors; the `most` strongest when left out.
    most
        How many factors to show at most.
    ax
        Where to draw; on a new figure when left out.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=16)
    >>> len(plot_parallel(result, most=3).get_xticks())
    4
    """
    from matplotlib.collections import LineCollection

    plan, chosen = plan_of(sweep), one_outcome(sweep, outcome)
    names = some_factors(sweep, factors, ranking(sweep, outcome).index, most)
    rows = free_rows(sweep, plan)
    rows = rows[chosen["status"].values[rows] == OK]
    if not len(rows):
        raise AnalysisError(
            f"outcome '{chosen['outcome'].values!s}' has no sound run to draw: "
            f"{chosen['note'].values!s}"
        )
    known = [str(name) for name in sweep["factor"].values]
    places = [known.index(name) for name in names]
    outcomes = chosen["outcomes"].values[rows]
    limits = np.quantile(outcomes, (_TENTH, 1.0 - _TENTH))
    shown = thinned(rows, LINES)
    ended = chosen["outcomes"].values[shown]
    table = np.column_stack([sweep["design"].values[shown][:, places], ended])
    low = np.append(sweep["low"].values[places], outcomes.min())
    high = np.append(sweep["high"].values[places], outcomes.max())
    # A normal factor goes beyond its stated ends.
    low, high = np.fmin(low, table.min(axis=0)), np.fmax(high, table.max(axis=0))
    heights = (table - low) / np.where(high > low, high - low, 1.0)
    own = ax is None
    if ax is None:
        ax = new_axes(5.0)
    across = list(range(table.shape[1]))
    for text, colour, which, strength in (
        (None, style.PALE, (ended > limits[0]) & (ended < limits[1]), 0.35),
        ("lowest tenth of the outcome", style.ORANGE, ended <= limits[0], 0.55),
        ("highest tenth", style.BLUE, ended >= limits[1], 0.55),
    ):
        lines = [np.column_stack([across, line]) for line in heights[which]]
        ax.add_collection(
            LineCollection(lines, colors=colour, linewidths=0.8, alpha=strength, rasterized=True)
        )
        if text:
            ax.plot([], [], color=colour, linewidth=2, label=text)
    for place in across:
        ax.axvline(place, color=style.SOFT, linewidth=1.0)
        for value, height, align in ((low[place], -0.02, "top"), (high[place], 1.02, "bottom")):
            ax.text(
                place, height, f"{value:.3g}", ha="center", va=align, fontsize=8, color=style.SOFT
            )
    label = str(chosen["outcome_label"].values)
    unit = str(chosen["outcome_unit"].values)
    texts = [factor_label(sweep, name, _LABEL) for name in names]
    ax.set_xticks(across, [*texts, with_unit(label, unit, _LABEL)], fontsize=9)
    ax.get_xticklabels()[-1].set_fontweight("bold")
    ax.tick_params(axis="x", length=0, pad=14)
    ax.set_yticks([])
    ax.set_xlim(-0.3, across[-1] + 0.3)
    ax.set_ylim(0.0, 1.0)
    for side in ax.spines.values():
        side.set_visible(False)
    ax.set_title(f"{plain(label)}: what goes with its highest and lowest", loc="left", pad=40)
    ax.legend(loc="lower left", bbox_to_anchor=(0.0, 1.04), ncols=2, frameon=False)
    remarks = [f"{len(shown):,} of {len(rows):,} runs shown"] if len(rows) > LINES else []
    finish(sweep, ax, remarks, own)
    return ax
