"""Bump hunting: peeling off thin slices until what is left is dense in what is sought.

The patient rule induction method of Friedman and Fisher 1999 (Statistics and Computing 9:123-143).
A slice is chosen by what it adds to the density for each run it takes away, which is fair to
factors of few values, whose slices are thick (Kwakkel and Jaxa-Rozen 2016, Environmental Modelling
and Software 79:311-321).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.search.regions import HIGH, KIND, LOW, Ranked, Region, Side

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Integers = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Step:
    """One region on the way: how many runs it holds, how many of them are sought, its limits."""

    region: Region
    runs: int
    cases: int
    limited: int


@dataclass(frozen=True, slots=True)
class _Slice:
    side: Side
    bound: int | Flags
    runs: int
    cases: int


def peel(ranked: Ranked, cases: Flags, share: float, least: int) -> list[Step]:
    """Peel, slice after slice, until fewer than `least` runs would be left or all are sought.

    Parameters
    ----------
    ranked
        The design.
    cases
        Which runs are sought.
    share
        Of the runs in the region that a slice may take, as far as ties allow.
    least
        Runs that must be left.

    Returns
    -------
    list
        Every region on the way, the whole space first.
    """
    ranks = np.ascontiguousarray(ranked.ranks.T)
    # Rows are factors: the runs in the region, by rising rank.
    order = np.argsort(ranks, axis=1, kind="stable").astype(np.int32)
    region = Region.whole(ranked)
    steps = [Step(region, len(cases), int(cases.sum()), 0)]
    while steps[-1].cases < steps[-1].runs:
        last = steps[-1]
        found = [
            one
            for one in _slices(ranks, order, cases, ranked, share)
            if last.runs - one.runs >= least
        ]
        if not found:
            break
        density = last.cases / last.runs
        # What a slice adds to the density, for each run that it takes away.
        gains = [
            ((last.cases - one.cases) / (last.runs - one.runs) - density) / one.runs
            for one in found
        ]
        best = found[int(np.argmax(gains))]
        place, which = best.side
        if isinstance(best.bound, np.ndarray):
            kept = best.bound & region.kinds.get(place, np.ones(len(best.bound), dtype=bool))
            region = region.cut(best.side, kept)
            inside = kept[ranks[place]]
        else:
            region = region.cut(best.side, best.bound)
            inside = ranks[place] >= best.bound if which == LOW else ranks[place] <= best.bound
        order = order[inside[order]].reshape(len(order), -1)
        limited = len({side[0] for side in region.sides(ranked)})
        steps.append(Step(region, last.runs - best.runs, last.cases - best.cases, limited))
    return steps


def _slices(
    ranks: NDArray[np.int32],
    order: NDArray[np.int32],
    cases: Flags,
    ranked: Ranked,
    share: float,
) -> list[_Slice]:
    """Return every slice that could go next: at both ends of each factor, or each category."""
    factors, runs = order.shape
    number = max(1, int(share * runs))
    found: list[_Slice] = []
    rows = np.arange(factors)[:, None]
    for which in (LOW, HIGH):
        if runs <= number:
            break
        if which == LOW:
            block, edge = order[:, :number], order[:, number]
        else:
            block, edge = order[:, -number:], order[:, -number - 1]
        bounds = ranks[rows[:, 0], edge]
        beyond = (
            ranks[rows, block] < bounds[:, None]
            if which == LOW
            else ranks[rows, block] > bounds[:, None]
        )
        taken = beyond.sum(axis=1)
        hits = (beyond & cases[block]).sum(axis=1)
        for place in np.flatnonzero(~ranked.categorical):
            if taken[place]:
                found.append(
                    _Slice(
                        (int(place), which), int(bounds[place]), int(taken[place]), int(hits[place])
                    )
                )
            else:
                found += _tied(ranks[place], order[place], cases, int(place), which)
    for place in np.flatnonzero(ranked.categorical):
        here = ranks[place][order[place]]
        # Of all categories, for the runs that are searched may lack the last.
        held = np.bincount(here, minlength=len(ranked.values[place]))
        hits = np.bincount(here[cases[order[place]]], minlength=len(held))
        present = np.flatnonzero(held)
        if len(present) < 2:
            continue
        for kind in present:
            kept = np.ones(len(held), dtype=bool)
            kept[kind] = False
            found.append(_Slice((int(place), KIND), kept, int(held[kind]), int(hits[kind])))
    return found


def _tied(
    column: NDArray[np.int32], order: NDArray[np.int32], cases: Flags, place: int, which: str
) -> list[_Slice]:
    """Return the slice of all runs that share the last value, where they are more than a slice."""
    here = column[order]
    if here[0] == here[-1]:
        return []
    if which == LOW:
        number = int(np.searchsorted(here, here[0], side="right"))
        gone, bound = order[:number], int(here[number])
    else:
        first = int(np.searchsorted(here, here[-1], side="left"))
        gone, bound = order[first:], int(here[first - 1])
    return [_Slice((place, which), bound, len(gone), int(cases[gone].sum()))]


def paste(region: Region, ranked: Ranked, cases: Flags, share: float) -> Region:
    """Widen a region's limits again as long as its density does not suffer from it.

    What is pasted on is the slice next to a limit: as many runs as `share` of those inside.
    """
    while True:
        sides = [side for side in region.sides(ranked) if side[1] != KIND]
        fits = np.array([region.fits(ranked, side) for side in region.sides(ranked)], dtype=bool)
        if not sides:
            return region
        broken = (~fits.reshape(-1, len(cases))).sum(axis=0)
        inside = broken == 0
        runs, hits = int(inside.sum()), int((inside & cases).sum())
        number = max(1, int(share * runs))
        best: tuple[float, int, Side, int] | None = None
        for side in sides:
            # Runs that only this limit keeps out.
            out = np.flatnonzero((broken == 1) & ~region.fits(ranked, side))
            if not len(out):
                continue
            column = ranked.ranks[out, side[0]]
            nearest = np.sort(column if side[1] == HIGH else -column)[:number][-1]
            bound = int(nearest if side[1] == HIGH else -nearest)
            added = out[column <= bound] if side[1] == HIGH else out[column >= bound]
            gained = int(cases[added].sum())
            density = (hits + gained) / (runs + len(added))
            if gained and density * runs >= hits:
                found = (density, gained, side, bound)
                if best is None or found[:2] > best[:2]:
                    best = found
        if best is None:
            return region
        region = region.cut(best[2], best[3])


def chosen(steps: list[Step], density: float | None) -> int:
    """Return the region to take: the one that covers most among those dense enough.

    Where none is, or no density is asked for, it is the one with the largest harmonic mean of
    coverage and of what its density has gained on the way from that of the whole space to 1.
    """
    runs = np.array([step.runs for step in steps], dtype=float)
    hits = np.array([step.cases for step in steps], dtype=float)
    dense = hits / runs
    if density is not None and (dense >= density).any():
        return int(np.argmax(np.where(dense >= density, hits, -1.0)))
    coverage = hits / hits[0]
    gained = np.maximum(dense - dense[0], 0.0) / (1.0 - dense[0])
    both = coverage + gained
    return int(np.argmax(2.0 * coverage * gained / np.where(both > 0, both, 1.0)))
