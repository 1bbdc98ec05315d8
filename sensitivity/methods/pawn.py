"""PAWN: the largest distance between the outcome's distribution in slices of a factor and in all.

Pianosi and Wagener (2015), Environmental Modelling & Software 67, pp. 1-11, and (2018), the same
journal 108, pp. 197-207. The distances are SALib's, but for the run with a factor's highest
value, which SALib puts into no slice and which belongs to the last one here.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensitivity.methods.bootstrap import each_resample, half_width, in_parts
from sensitivity.methods.points import (
    every_run,
    needs_power_of_two,
    of_the_sequence,
    one,
    unit_of,
)
from sensitivity.methods.row import Method

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensitivity.methods.plan import Plan

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Flags = NDArray[np.bool_]
    Indices = dict[str, Floats]

SLICES = 10


def indices(
    outcomes: Floats, unit_design: Floats, *, resamples: int, confidence: float, seed: int
) -> Indices:
    """Return what the distances in a factor's slices come to.

    Parameters
    ----------
    outcomes
        One row per outcome, one column per run.
    unit_design
        Runs, factors.
    resamples, confidence, seed
        Of the bootstrap, which draws runs; slices stay those of the whole sample.

    Returns
    -------
    dict
        ``median``, ``mean`` and ``maximum`` with their ``_conf``, ``minimum`` and ``CV``, as
        (outcomes, factors).
    """
    n, factors = unit_design.shape
    apart = np.empty((resamples + 1, len(outcomes), factors, SLICES))
    measure = _Distances(outcomes, unit_design)
    apart[0] = measure(np.ones(n))
    for place, drawn in enumerate(each_resample(n, resamples, seed), start=1):
        apart[place] = measure(drawn)
    found: Indices = {}
    for name, of in (("median", np.median), ("mean", np.mean), ("maximum", np.max)):
        values = of(apart, axis=3)
        found[name], found[f"{name}_conf"] = values[0], half_width(values[1:], confidence)
    found["minimum"] = apart[0].min(axis=2)
    found["CV"] = apart[0].std(axis=2) / found["mean"]
    return found


def distances(outcomes: Floats, unit_design: Floats) -> Floats:
    """Return the distance between each slice and the whole, (outcomes, factors, slices)."""
    return _Distances(outcomes, unit_design)(np.ones(outcomes.shape[1]))


class _Distances:
    """Everything is sorted once; what remains for each resample are running sums."""

    def __init__(self, outcomes: Floats, unit_design: Floats) -> None:
        n, factors = unit_design.shape
        self.order = np.argsort(outcomes, axis=1, kind="stable")
        ordered = np.take_along_axis(outcomes, self.order, axis=1)
        # Runs of equal outcome are one step of a distribution: where it starts and ends.
        new = np.ones(ordered.shape, dtype=bool)
        new[:, 1:] = ordered[:, 1:] != ordered[:, :-1]
        places = np.broadcast_to(np.arange(n), ordered.shape)
        self.starts = np.maximum.accumulate(np.where(new, places, 0), axis=1)
        last = np.concatenate([new[:, 1:], np.ones((len(new), 1), dtype=bool)], axis=1)
        self.ends = np.minimum.accumulate(np.where(last, places, n)[:, ::-1], axis=1)[:, ::-1]
        # The first slice with values from each quantile on, as SALib cuts them.
        self.edges = np.ceil((n - 1) * np.arange(SLICES) / SLICES).astype(int)
        self.sizes = np.diff(np.append(self.edges, n))
        self.slices = [self._slices(unit_design[:, factor]) for factor in range(factors)]

    def _slices(self, x: Floats) -> tuple[Integers, Flags, Flags]:
        """Return the places in the sorted outcomes, slice by slice, and where steps begin and end.

        Within a slice places rise.
        """
        label = np.empty(len(x), dtype=np.uint8)
        label[np.argsort(x, kind="stable")] = np.repeat(
            np.arange(SLICES, dtype=np.uint8), self.sizes
        )
        places = np.argsort(label[self.order], axis=1, kind="stable")
        step = np.take_along_axis(self.starts, places, axis=1)
        begins = np.ones(step.shape, dtype=bool)
        begins[:, 1:] = step[:, 1:] != step[:, :-1]
        begins[:, self.edges] = True
        ends = np.concatenate([begins[:, 1:], np.ones((len(step), 1), dtype=bool)], axis=1)
        return places, begins, ends

    def __call__(self, weights: Floats) -> Floats:
        """Return the distances, (outcomes, factors, slices), of runs with weights."""
        own = weights[self.order]
        reached = np.cumsum(own, axis=1) / len(weights)
        before = np.take_along_axis(reached - own / len(weights), self.starts, axis=1)
        after = np.take_along_axis(reached, self.ends, axis=1)
        found = np.empty((len(own), len(self.slices), SLICES))
        for factor, (places, begins, ends) in enumerate(self.slices):
            # Between two of its runs a slice's distribution stands still while the whole one
            # rises: so it is enough to look right after and right before each of its runs.
            drawn = np.take_along_axis(own, places, axis=1)
            size = np.add.reduceat(drawn, self.edges, axis=1)
            sums = np.cumsum(drawn, axis=1)
            sums -= np.repeat(np.cumsum(size, axis=1) - size, self.sizes, axis=1)
            scale = np.repeat(1.0 / np.maximum(size, 1.0), self.sizes, axis=1)
            high = np.abs(sums * scale - np.take_along_axis(after, places, axis=1)) * ends
            sums -= drawn
            low = np.abs(sums * scale - np.take_along_axis(before, places, axis=1)) * begins
            found[:, factor] = np.maximum.reduceat(np.maximum(high, low), self.edges, axis=1)
        return found


def _analyse(plan: Plan, outcomes: Floats, unit_design: Floats | None) -> Indices:
    unit = unit_of(plan, unit_design)
    return in_parts(
        lambda part: indices(
            part,
            unit,
            resamples=plan.resamples,
            confidence=plan.confidence,
            seed=plan.seed,
        ),
        outcomes,
        plan.factors * max(outcomes.shape[1], SLICES * (plan.resamples + 1)),
    )


PAWN = Method(
    name="pawn",
    about="how far a factor shifts the outcome's distribution, by its largest distance",
    indices=("median", "mean", "maximum", "minimum", "CV"),
    meanings={
        "median": "distance between the outcome's distribution in a slice of this factor and in "
        "all runs, from 0 to 1: median over the slices",
        "mean": "mean of that distance over the slices",
        "maximum": "its largest value",
        "minimum": "its smallest value",
        "CV": "its standard deviation over the slices, as a share of its mean",
    },
    default_samples=1024,
    formula="n runs, however many factors; n a power of 2 from 128 on",
    cost=lambda plan: plan.samples,
    block=one,
    rows=of_the_sequence,
    analyse=_analyse,
    check=lambda plan: needs_power_of_two(plan, 128),
    spread=every_run,
    least=lambda _plan: 64,
    wants_x=True,
    dependent=True,
    any_sample=True,
    nested=True,
    caution="a factor without influence has a distance above 0 too, about 1 / sqrt(n / 10)",
)
