"""Scenario discovery: the regions of the uncertainties in which something happens."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.distances import distances
from sensitivity.errors import AnalysisError, MethodError, among
from sensitivity.search.cart import leaves
from sensitivity.search.discovery import Box, Discovery, Limit, Step
from sensitivity.search.given import Given, given
from sensitivity.search.goals import seed_faults
from sensitivity.search.prim import chosen, paste, peel
from sensitivity.search.regions import (
    KIND,
    LOW,
    SIGNIFICANCE,
    Ranked,
    Region,
    chances,
    columns_of,
    part,
    pruned,
    shares,
)

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Where = str | Iterable[str] | NDArray[np.bool_]

WAYS = ("prim", "cart")
# Fewer runs on either side tell nothing.
FEWEST = 10
# Halves are taken of so many runs at most, so that they take no longer than the search itself.
HALVED = 20_000
# Of more factors than these, the others are not searched.
SEARCHED = 20


def discover(
    runs: xr.Dataset | pd.DataFrame,
    where: Where,
    *,
    method: str = "prim",
    boxes: int = 3,
    density: float | None = None,
    peeled: float = 0.05,
    mass: float = 0.05,
    halves: int = 20,
    seed: int = 1,
) -> Discovery:
    """Find regions of the factors in which something happens: where a package fails, for one.

    One half of the runs, taken at random, is searched. A limit stays only if it shows in the other
    half too, at 5 % for all limits of a box together; so noise gives no box.

    Parameters
    ----------
    runs
        What `sweep`, `open_sweep` or `Front.futures` returned, or a table with one row a run.
    where
        What is sought: conditions such as ``"income < 3"``, which must all hold; ``"failed"`` for
        runs that failed; or for each run whether it is meant.
    method
        ``prim``, or ``cart`` for the leaves of a classification tree.
    boxes
        How many at most; each is sought among the runs outside the earlier ones.
    density
        The share of the runs in a box that should be such, at least; when left out, coverage and
        density are weighed against each other.
    peeled
        The share of its runs that a box loses at each step.
    mass
        The least share of all runs in a box.
    halves
        How many random halves of the runs are searched to tell which factors are limited in any.
    seed
        Of the halves.

    Returns
    -------
    Discovery
        Boxes with coverage, density and the chance of each limit.

    Examples
    --------
    >>> import pandas as pd
    >>> rng = np.random.default_rng(1)
    >>> table = pd.DataFrame(rng.random((2000, 3)), columns=["a", "b", "c"])
    >>> table["loss"] = 1.0 * ((table["a"] > 0.6) & (table["b"] < 0.5))
    >>> found = discover(table, "loss > 0.5")
    >>> [(limit.factor, limit.low is None) for limit in found.boxes[0].limits]
    [('a', False), ('b', True)]
    """
    wrong = [
        text
        for bad, text in (
            (method not in WAYS, f"method is '{method}'{among(method, WAYS)}"),
            (boxes < 1, f"boxes is {boxes}: give at least 1"),
            (density is not None and not 0 < density <= 1, "density is a share above 0, up to 1"),
            (not 0 < peeled < 1, f"peeled is {peeled:g}: give a share between 0 and 1"),
            (not 0 < mass < 1, f"mass is {mass:g}: give a share between 0 and 1"),
            (halves < 0, f"halves is {halves}: give 0 or more"),
        )
        if bad
    ]
    wrong += seed_faults(seed)
    if wrong:
        raise MethodError("\n".join(wrong))
    told = given(runs, where)
    cases, number = told.cases, int(told.cases.sum())
    if min(number, len(cases) - number) < FEWEST:
        raise AnalysisError(
            f"{told.where}: {number:,} of {len(cases):,} runs are such; at least {FEWEST} must be, "
            "and as many must not: choose another level, or make more runs"
        )
    ranked = Ranked.of(told.columns, told.categorical)
    how = _How(method, boxes, density, peeled, mass)
    found = _search(ranked, cases, how, np.random.default_rng([seed, 0]))
    stability = _stability(ranked, cases, how, halves, seed)
    return _told(told, ranked, method, found, stability, halves)


@dataclass(frozen=True, slots=True)
class _How:
    method: str
    boxes: int
    density: float | None
    peeled: float
    mass: float


@dataclass(frozen=True, slots=True)
class _Found:
    """A region, its runs, those outside earlier ones, those of them not seen, and the way."""

    region: Region
    inside: Flags
    left: Flags
    unseen: Flags
    steps: tuple[Step, ...]
    chosen: int


def _search(ranked: Ranked, cases: Flags, how: _How, rng: np.random.Generator) -> list[_Found]:
    """Search one half of the runs, keep what the other half bears out, box after box."""
    seen = np.zeros(len(cases), dtype=bool)
    seen[rng.permutation(len(cases))[: len(cases) // 2]] = True
    left = np.ones(len(cases), dtype=bool)
    least = max(FEWEST, int(how.mass * seen.sum()))
    found: list[_Found] = []
    total = int((seen & cases).sum())
    while len(found) < how.boxes:
        here, other = seen & left, ~seen & left
        if here.sum() < 2 * least or (here & cases).sum() < FEWEST or cases[here].all():
            break
        flags = cases[here]
        columns = _promising(part(ranked, here), flags)
        while True:
            narrow = columns_of(ranked, columns)
            inner = part(narrow, here)
            steps = (
                peel(inner, flags, how.peeled, least)
                if how.method == "prim"
                else leaves(inner, flags, least)
            )
            place = chosen(steps, how.density)
            if how.method != "prim":
                break
            strong = _strong(steps[place].region, inner, flags)
            if len(strong) in (0, len(columns)):
                break
            columns = columns[strong]
        region = steps[place].region
        if how.method == "prim":
            region = paste(region, inner, flags, how.peeled)
        region = pruned(region, part(narrow, other), cases[other]).spread(columns, ranked)
        if not region.sides(ranked):
            break
        inside = region.inside(ranked) & left
        if cases[inside & other].mean() <= cases.mean():
            # It stands out among what is left only.
            break
        way = tuple(
            Step(one.cases / total, one.cases / one.runs, one.runs / int(seen.sum()), one.limited)
            for one in steps
        )
        found.append(_Found(region, inside, left.copy(), other, way, place))
        left &= ~inside
    return found


def _promising(ranked: Ranked, cases: Flags) -> NDArray[np.int64]:
    """Return the columns to search: those in which the runs that are sought differ most.

    Among hundreds of factors there are always slices without a case, and peeling would waste the
    runs on them.
    """
    apart, _ = distances(ranked.ranks.astype(float), cases)
    apart = np.where(ranked.categorical, np.inf, apart)
    return np.sort(np.argsort(-apart, kind="stable")[:SEARCHED])


def _strong(region: Region, ranked: Ranked, cases: Flags) -> NDArray[np.int64]:
    """Return the columns that are worth another search: the stronger half of those limited.

    Those with limits that chance could hardly have made are kept beyond that. It is the searched
    runs that tell; among many weak limits hardly a run is left inside, and the others could not.
    """
    found = chances(region, ranked, cases)
    by_column: dict[int, float] = {}
    for (place, _), chance in found.items():
        by_column[place] = min(chance, by_column.get(place, 1.0))
    order = sorted(by_column, key=lambda place: by_column[place])
    sure = sum(chance <= SIGNIFICANCE / len(found) for chance in by_column.values())
    return np.sort(np.array(order[: max(sure, -(-len(order) // 2))], dtype=np.int64))


def _stability(
    ranked: Ranked, cases: Flags, how: _How, halves: int, seed: int
) -> NDArray[np.float64]:
    """Return for each factor in how many random halves a box limits it."""
    counted = np.zeros(ranked.ranks.shape[1])
    for number in range(1, halves + 1):
        rng = np.random.default_rng([seed, number])
        rows = np.zeros(len(cases), dtype=bool)
        rows[rng.permutation(len(cases))[:HALVED]] = True
        found = _search(part(ranked, rows), cases[rows], how, rng)
        limited = {place for one in found for place, _ in one.region.sides(ranked)}
        counted[sorted(limited)] += 1 / halves
    return counted


def _told(
    told: Given,
    ranked: Ranked,
    method: str,
    found: list[_Found],
    stability: NDArray[np.float64],
    halves: int,
) -> Discovery:
    cases = told.cases
    together = np.zeros(len(cases), dtype=bool)
    boxes = []
    for one in found:
        coverage, density, mass = shares(one.inside, cases)
        _, fresh, _ = shares(one.inside & one.unseen, cases)
        boxes.append(
            Box(_limits(told, ranked, one), coverage, density, fresh, mass, one.steps, one.chosen)
        )
        together |= one.inside
    coverage, density, _ = shares(together, cases)
    limited = {place for one in found for place, _ in one.region.sides(ranked)}
    notes = []
    if told.left_out:
        notes.append(
            f"{told.left_out:,} more runs have no outcome and are left out: seek .failed. too."
        )
    return Discovery(
        told.where,
        method,
        tuple(boxes),
        coverage,
        density,
        int(cases.sum()),
        len(cases),
        told.left_out,
        {
            told.names[place]: (float(ranked.values[place][0]), float(ranked.values[place][-1]))
            for place in sorted(limited)
            if not told.categorical[place]
        },
        dict(zip(told.names, stability.tolist(), strict=True)) if halves else {},
        told.about,
        tuple(notes),
    )


def _limits(told: Given, ranked: Ranked, one: _Found) -> tuple[Limit, ...]:
    """Return a box's limits in the factors' own values, those least owed to chance first."""
    among_all = chances(one.region, part(ranked, one.left), told.cases[one.left])
    unseen = chances(one.region, part(ranked, one.unseen), told.cases[one.unseen])
    found = []
    for side in one.region.sides(ranked):
        place, which = side
        values = ranked.values[place]
        kinds = low = high = None
        if which == KIND:
            kinds = tuple(values[one.region.kinds[place]].tolist())
        elif which == LOW:
            low = float(values[one.region.low[place]])
        else:
            high = float(values[one.region.high[place]])
        name, label, unit = told.names[place], told.labels[place], told.units[place]
        found.append(Limit(name, label, unit, low, high, kinds, among_all[side], unseen[side]))
    return tuple(sorted(found, key=lambda limit: limit.p))
