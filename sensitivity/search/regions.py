"""Regions of a space in ranks, what they hold, and which of their limits chance could have made.

Every column of a design is replaced by the ranks of its values, so that nothing depends on how a
factor is scaled. A region limits a column from below, from above, or to some of its categories.
"""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Ranks = NDArray[np.int32]
    Flags = NDArray[np.bool_]

LOW, HIGH, KIND = "low", "high", "kind"
Side = tuple[int, str]
# The chance, over all limits of a region together, that one stays which means nothing.
SIGNIFICANCE = 0.05


@dataclass(frozen=True, slots=True)
class Ranked:
    """A design in ranks.

    Parameters
    ----------
    ranks
        Runs, factors: the place of each value among the different values of its factor.
    values
        For each factor its different values, rising.
    categorical
        Which factors have categories, whose order means nothing.
    """

    ranks: Ranks
    values: tuple[NDArray[np.generic], ...]
    categorical: Flags

    @classmethod
    def of(cls, columns: list[NDArray[np.generic]], categorical: Flags) -> Ranked:
        """Rank the columns of a design.

        Examples
        --------
        >>> Ranked.of([np.array([0.5, 0.1, 0.5])], np.array([False])).ranks.ravel().tolist()
        [1, 0, 1]
        """
        found = [np.unique(column, return_inverse=True) for column in columns]
        ranks = np.empty((len(columns[0]), len(columns)), dtype=np.int32, order="F")
        for place, (_, inverse) in enumerate(found):
            ranks[:, place] = inverse
        return cls(ranks, tuple(values for values, _ in found), categorical)


@dataclass(frozen=True, slots=True)
class Region:
    """A box in ranks; both ends belong to it.

    Parameters
    ----------
    low, high
        The smallest and the largest rank in each column.
    kinds
        For each limited column with categories, which of them are in it.
    """

    low: Ranks
    high: Ranks
    kinds: dict[int, Flags] = field(default_factory=dict)

    @classmethod
    def whole(cls, ranked: Ranked) -> Region:
        """Return the region without limits."""
        high = np.array([len(values) - 1 for values in ranked.values], dtype=np.int32)
        return cls(np.zeros_like(high), high)

    def spread(self, columns: NDArray[np.int64], ranked: Ranked) -> Region:
        """Return this region of some columns as one of all columns."""
        whole = Region.whole(ranked)
        whole.low[columns], whole.high[columns] = self.low, self.high
        return Region(
            whole.low,
            whole.high,
            {int(columns[place]): kinds for place, kinds in self.kinds.items()},
        )

    def sides(self, ranked: Ranked) -> list[Side]:
        """Return its limits: columns, and from which side they are limited."""
        last = Region.whole(ranked).high
        found = [(int(place), LOW) for place in np.flatnonzero(self.low > 0)]
        found += [(int(place), HIGH) for place in np.flatnonzero(self.high < last)]
        found += [(place, KIND) for place in self.kinds]
        return sorted(found)

    def fits(self, ranked: Ranked, side: Side) -> Flags:
        """Say of each run whether it keeps one limit."""
        place, which = side
        column = ranked.ranks[:, place]
        if which == KIND:
            return self.kinds[place][column]
        found: Flags = column >= self.low[place] if which == LOW else column <= self.high[place]
        return found

    def inside(self, ranked: Ranked) -> Flags:
        """Say of each run whether it lies in the region."""
        found = np.ones(len(ranked.ranks), dtype=bool)
        for side in self.sides(ranked):
            found &= self.fits(ranked, side)
        return found

    def without(self, ranked: Ranked, side: Side) -> Region:
        """Return the region with one limit dropped."""
        place, which = side
        low, high, kinds = self.low.copy(), self.high.copy(), dict(self.kinds)
        if which == KIND:
            del kinds[place]
        elif which == LOW:
            low[place] = 0
        else:
            high[place] = len(ranked.values[place]) - 1
        return Region(low, high, kinds)

    def cut(self, side: Side, bound: int | Flags) -> Region:
        """Return the region with another limit in one place."""
        place, which = side
        low, high, kinds = self.low.copy(), self.high.copy(), dict(self.kinds)
        if isinstance(bound, np.ndarray):
            kinds[place] = bound
        elif which == LOW:
            low[place] = bound
        else:
            high[place] = bound
        return Region(low, high, kinds)


def chances(region: Region, ranked: Ranked, cases: Flags) -> dict[Side, float]:
    """Return for each limit how probable it is that it does nothing.

    The test of Bryant and Lempert 2010 (Technological Forecasting and Social Change 77:34-49):
    were the cases in the region as frequent as in the same region without the limit, how probable
    would be as many of them as there are, or more? (A binomial distribution.)

    Parameters
    ----------
    cases
        Which runs are sought.
    """
    from scipy.special import bdtrc

    sides = region.sides(ranked)
    kept = np.array([region.fits(ranked, side) for side in sides], dtype=bool)
    kept = kept.reshape(-1, len(cases))
    broken = (~kept).sum(axis=0)
    inside = broken == 0
    number, hits = int(inside.sum()), int((inside & cases).sum())
    found = {}
    for side, fits in zip(sides, kept, strict=True):
        wider = inside | ((broken == 1) & ~fits)
        share = cases[wider].mean() if wider.any() else 1.0
        # bdtrc gives the probability of more than so many.
        found[side] = 1.0 if not hits else float(bdtrc(hits - 1, number, share))
    return found


def pruned(region: Region, ranked: Ranked, cases: Flags) -> Region:
    """Return a region less the limits that chance could have made, the weakest dropped first.

    The runs must be others than those in which the region was found: among so many possible limits
    some always fit the runs they were chosen by.
    """
    while True:
        found = chances(region, ranked, cases)
        if not found:
            return region
        weakest = max(found, key=lambda side: found[side])
        if found[weakest] <= SIGNIFICANCE / len(found):
            return region
        region = region.without(ranked, weakest)


def shares(inside: Flags, cases: Flags) -> tuple[float, float, float]:
    """Return coverage (of all cases), density (cases of all inside) and mass (inside of all).

    Examples
    --------
    >>> shares(np.array([True, True, False, False]), np.array([True, False, False, True]))
    (0.5, 0.5, 0.5)
    """
    hits, number = int((inside & cases).sum()), int(inside.sum())
    return (
        hits / max(int(cases.sum()), 1),
        hits / number if number else np.nan,
        number / len(inside),
    )


def columns_of(ranked: Ranked, columns: NDArray[np.int64]) -> Ranked:
    """Return some of the factors."""
    return Ranked(
        np.asfortranarray(ranked.ranks[:, columns]),
        tuple(ranked.values[place] for place in columns),
        ranked.categorical[columns],
    )


def part(ranked: Ranked, runs: Flags) -> Ranked:
    """Return some of the runs, their ranks as they are."""
    return Ranked(np.asfortranarray(ranked.ranks[runs]), ranked.values, ranked.categorical)
