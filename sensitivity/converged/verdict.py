"""Whether an index and the ranking by it hold: how far they moved when the sweep grew."""

from __future__ import annotations

import math
from dataclasses import dataclass
from itertools import combinations
from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.converged.prefixes import Prefixes, prefixes
from sensitivity.errors import AnalysisError

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

TOP = 5
TOLERANCE = 0.05
# So many pairs that cannot be told apart are named; the rest are counted.
_PAIRS_NAMED = 3
# Beyond so many times the samples, more of them are no cure.
_FARTHEST = 1024


@dataclass(frozen=True, slots=True)
class Convergence:
    """How the indices of one outcome settled while its sweep grew.

    Parameters
    ----------
    prefixes
        The indices at each size of the design.
    top
        How many of the strongest factors must hold.
    tolerance
        By how much their indices may be off; for indices in the outcome's unit, as a share of
        the largest.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=64)
    >>> sa.convergence(result).table["n"].tolist()
    [8, 16, 32, 64]
    """

    prefixes: Prefixes
    top: int = TOP
    tolerance: float = TOLERANCE

    @property
    def table(self) -> pd.DataFrame:
        """One row per size of the design.

        ``change`` is the largest change of a top factor's index since the row before,
        ``half_width`` the largest of theirs, ``agreement`` the correlation of Savage scores with
        the last ranking (1: the same; the top counts most), and ``places_held`` how many places
        from the top on are as in the last ranking.
        """
        import pandas as pd

        found, last = self.prefixes, len(self.prefixes.samples) - 1
        sizes = range(last + 1)
        return pd.DataFrame(
            {
                "n": found.samples,
                "runs": [n * found.plan.block for n in found.samples],
                "blocks_used": found.used,
                "change": [self._moved(size)[0] for size in sizes],
                "half_width": [self._width(size)[0] for size in sizes],
                "agreement": [_agreement(found.values[size], found.values[last]) for size in sizes],
                "places_held": [self._held(size) for size in sizes],
            }
        )

    @property
    def held(self) -> bool:
        """Whether ranking and indices hold; `settled` says by what rule."""
        return settled(self, self.top, self.tolerance)

    @property
    def needed(self) -> int | None:
        """About how many samples would be enough by the law that errors fall with 1/sqrt(n).

        It is the n of the sweep where that is enough, and None where no sensible number is.
        """
        found = self.prefixes
        if not found.samples:
            return None
        n = found.samples[-1]
        if self.held:
            return n
        off = [self._width(-1)[0], self._moved(len(found.samples) - 1)[0]]
        worst = max((one for one in off if not math.isnan(one)), default=self.tolerance)
        doublings = max(1, math.ceil(2 * math.log2(max(worst / self.tolerance, 1.0))))
        return None if 2**doublings > _FARTHEST else n * 2**doublings

    @property
    def unsure(self) -> list[tuple[str, str]]:
        """The pairs of top factors whose intervals overlap, so that either may be the stronger."""
        found, top = self.prefixes, self._top()
        if not found.samples:
            return []
        apart = self._apart()
        pairs = combinations(top, 2)
        return [(found.factors[i], found.factors[j]) for i, j in pairs if not apart[i, j]]

    @property
    def verdict(self) -> str:
        """What is to be said of it, in a sentence or two."""
        found = self.prefixes
        if not found.samples:
            return f"nothing can be said: {found.note or 'the outcome has no indices'}"
        if self.held:
            since = found.samples[self._since()]
            width = self._width(-1)[0]
            but = ", but for those not told apart" if self.unsure else ""
            text = (
                f"it holds: the first {len(self._top())} places are the same from n = {since:,} "
                f"on{but}; no index of theirs moved by more than "
                f"{self._size(self._moved(len(found.samples) - 1)[0])} when n was doubled"
            )
            text += "" if math.isnan(width) else f"; half-widths are {self._size(width)} at most"
        else:
            text = f"not yet: {'; '.join(self._shortfalls())}; {self._cure()}"
        pairs = [f"'{one}' and '{other}'" for one, other in self.unsure]
        if pairs:
            named = ", ".join(pairs[:_PAIRS_NAMED])
            more = f" (and {len(pairs) - _PAIRS_NAMED} more)" if len(pairs) > _PAIRS_NAMED else ""
            text += f". Not told apart: {named}{more}"
        return text + (f". Of the whole: {found.note}" if found.note else "")

    def to_dict(self) -> dict[str, Any]:
        """Return what it says as plain values, for JSON."""
        rows = self.table.to_dict(orient="records")
        return {
            "outcome": self.prefixes.outcome,
            "held": self.held,
            "verdict": self.verdict,
            "needed": self.needed,
            "top": [self.prefixes.factors[one] for one in self._top()],
            "unsure": [list(pair) for pair in self.unsure],
            "sizes": [{str(k): _plain(v) for k, v in row.items()} for row in rows],
        }

    def _top(self) -> list[int]:
        """Return the places of the strongest factors of the whole, the strongest first."""
        if not self.prefixes.samples:
            return []
        return [int(one) for one in _order(self.prefixes.values[-1])[: self.top]]

    def _scale(self) -> float:
        if not self.prefixes.plan.row.in_units:
            return 1.0
        largest = float(np.nanmax(np.abs(self.prefixes.values[-1])))
        return largest if largest > 0 else 1.0

    def _largest(self, sizes: Floats) -> tuple[float, str]:
        """Return the largest of the top factors' numbers, and whose it is."""
        top = self._top()
        numbers = sizes[top] / self._scale()
        if np.isnan(numbers).all():
            return math.nan, ""
        worst = int(np.nanargmax(numbers))
        return float(numbers[worst]), self.prefixes.factors[top[worst]]

    def _moved(self, size: int) -> tuple[float, str]:
        if size < 1:
            return math.nan, ""
        values = self.prefixes.values
        return self._largest(np.abs(values[size] - values[size - 1]))

    def _width(self, size: int) -> tuple[float, str]:
        return self._largest(self.prefixes.widths[size])

    def _apart(self) -> NDArray[np.bool_]:
        """Return which pairs of factors the whole tells apart.

        Where there are no intervals, what the last doubling moved stands in for them.
        """
        found = self.prefixes
        doubt = found.widths[-1]
        if np.isnan(doubt).all() and len(found.samples) > 1:
            doubt = np.abs(found.values[-1] - found.values[-2])
        doubt = np.nan_to_num(doubt)
        gaps = np.abs(found.values[-1][:, None] - found.values[-1])
        apart: NDArray[np.bool_] = gaps > doubt[:, None] + doubt
        return apart

    def _held(self, size: int) -> int:
        """Return how many of the top places are at a size as they are in the whole.

        Factors that the whole does not tell apart may change places.
        """
        values, order = self.prefixes.values, _order(self.prefixes.values[-1])
        ahead = values[size][:, None] > values[size]
        same = (ahead == (values[-1][:, None] > values[-1])) | ~self._apart()
        np.fill_diagonal(same, True)
        held = same.all(axis=1)[order[: self.top]]
        return len(held) if held.all() else int(held.argmin())

    def _since(self) -> int:
        """Return the first size from which on the top places are as in the whole."""
        wanted, since = len(self._top()), len(self.prefixes.samples) - 1
        while since > 0 and self._held(since - 1) >= wanted:
            since -= 1
        return since

    def _shortfalls(self) -> list[str]:
        found, wanted = self.prefixes, len(self._top())
        n = found.samples[-1]
        if len(found.samples) < 2:
            return [f"n = {n:,} holds no smaller design to compare with"]
        told = []
        held = self._held(-2)
        if held < wanted:
            places = "no place is" if held == 0 else f"only the first {held} of {wanted} places are"
            told.append(f"{places} the same at n = {found.samples[-2]:,} and n = {n:,}")
        for (size, factor), what in (
            (self._width(-1), f"the half-width of '{{}}' is {{}} at n = {n:,}"),
            (
                self._moved(len(found.samples) - 1),
                f"the index of '{{}}' moved by {{}} from n = {found.samples[-2]:,} to n = {n:,}",
            ),
        ):
            if size > self.tolerance:
                told.append(what.format(factor, self._size(size)))
        if len(told) > (held < wanted):
            told[-1] += f" (allowed: {self._size(self.tolerance)})"
        return told

    def _cure(self) -> str:
        needed = self.needed
        if needed is None:
            return "no sensible number of samples would do: narrow the ranges, or ask for less"
        runs = needed * self.prefixes.plan.block
        return f"about n = {needed:,} ({runs:,} runs) would be needed by the 1/sqrt(n) law"

    def _size(self, number: float) -> str:
        if self.prefixes.plan.row.in_units:
            return f"{number:.2g} of the largest"
        return f"{number:.2g}"


def convergence(
    sweep: xr.Dataset,
    outcome: str | None = None,
    *,
    top: int = TOP,
    tolerance: float = TOLERANCE,
) -> Convergence:
    """Tell whether a sweep is large enough for its ranking to hold.

    Its indices are computed again from its first eighth, quarter and half, which are designs of
    their own; nothing is run.

    Parameters
    ----------
    sweep
        What `sweep` or `open_sweep` returned.
    outcome
        Which outcome; the first when left out.
    top
        How many of the strongest factors must hold.
    tolerance
        By how much their indices may be off; for indices in the outcome's unit, as a share of
        the largest.

    Returns
    -------
    Convergence
        With ``table``, ``verdict`` and ``held``.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=64)
    >>> convergence(result).verdict[:8]
    'not yet:'
    """
    _check(top, tolerance)
    return Convergence(prefixes(sweep, outcome), top, tolerance)


def settled(convergence: Convergence, top: int = TOP, tolerance: float = TOLERANCE) -> bool:
    """Return whether the strongest factors hold.

    They do if, from half the samples to all of them, their places are the same (factors that the
    intervals do not tell apart may change places) and none of their indices moved by more than
    the tolerance, and no half-width of theirs is above it. Without intervals the first two must
    do.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> found = sa.convergence(sa.sweep(model, levers, "relative knowledge", samples=64))
    >>> settled(found), settled(found, top=1, tolerance=0.9)
    (False, True)
    """
    _check(top, tolerance)
    one = Convergence(convergence.prefixes, top, tolerance)
    return bool(one.prefixes.samples) and not one._shortfalls()


def _check(top: int, tolerance: float) -> None:
    if top < 1:
        raise AnalysisError(f"top is {top}: give the number of factors that must hold, such as 5")
    if not 0 < tolerance < math.inf:
        raise AnalysisError(
            f"tolerance is {tolerance:g}: give how far an index may be off, such as 0.05"
        )


def _order(values: Floats) -> NDArray[np.int64]:
    """Return the places of factors, the strongest first; those without an index come last."""
    return np.argsort(np.where(np.isnan(values), np.inf, -values), kind="stable")


def _agreement(values: Floats, last: Floats) -> float:
    """Return the correlation of two rankings' Savage scores (Iman and Conover, 1987)."""
    factors = len(last)
    if factors < 2:
        return 1.0
    scores = np.cumsum(1.0 / np.arange(factors, 0, -1))[::-1]
    ours, theirs = np.empty(factors), np.empty(factors)
    ours[_order(values)] = theirs[_order(last)] = scores
    return float(np.corrcoef(ours, theirs)[0, 1])


def _plain(value: Any) -> Any:
    value = value.item() if hasattr(value, "item") else value
    return None if isinstance(value, float) and math.isnan(value) else value
