"""Borgonovo's delta: how far fixing a factor shifts the whole distribution of the outcome.

Borgonovo (2007), Reliability Engineering & System Safety 92, pp. 771-784, estimated from any
sample as in Plischke, Borgonovo and Smith (2013), European Journal of Operational Research 226,
pp. 536-550: classes of equally many runs along a factor, kernel densities, and the bias taken
out by the bootstrap (their equations 26 and 30). Before that step, the estimate is SALib's.

SALib takes equation 30 about a first resample; here it is about the sample itself. And it skips
classes in which the outcome does not vary, as if they were no different; here they count.

The bootstrap takes out a part of the bias only: some is of chance, some comes of the densities of
classes being smoothed wider than that of all runs. What is left is told: it is what numbers that
the outcome does not depend on get, as dummies in Khorashadi Zadeh and others (2017),
Environmental Modelling & Software 91, pp. 210-222.
"""

from __future__ import annotations

from itertools import pairwise
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.methods.bootstrap import WORKING_NUMBERS, half_width, in_parts, resampled_counts
from sensitivity.methods.points import (
    every_run,
    needs_power_of_two,
    of_the_sequence,
    one,
    unit_of,
)
from sensitivity.methods.row import Method
from sensitivity.methods.sobol import SHARES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensitivity.methods.plan import Plan

    Floats = NDArray[np.float64]
    Indices = dict[str, Floats]
    Places = list[NDArray[np.int64]]

_GRID = 100  # places at which densities are compared
_MOST_CLASSES = 48
_DUMMIES = 3


def indices(
    outcomes: Floats, unit_design: Floats, *, resamples: int, confidence: float, seed: int
) -> Indices:
    """Return delta and first-order indices.

    Parameters
    ----------
    outcomes
        One row per outcome, one column per run.
    unit_design
        Runs, factors.
    resamples, confidence, seed
        Of the bootstrap, which draws runs; classes and the kernels' widths stay those of the
        whole sample. Without resamples the bias of delta stays in.

    Returns
    -------
    dict
        ``delta``, ``delta_conf``, ``S1`` and ``S1_conf`` as (outcomes, factors); ``floor``, the
        delta of factors that do nothing, as (outcomes).
    """
    n, factors = unit_design.shape
    classes = [classes_along(unit_design[:, factor]) for factor in range(factors)]
    random = np.random.default_rng((seed, n))
    dummies = [classes_along(one) for one in random.random((_DUMMIES, n))]
    weights = np.concatenate([np.ones((1, n)), resampled_counts(n, resamples, seed)])
    first = np.stack([_first_order(outcomes, own, weights) for own in classes], axis=2)
    resampled = _deltas(outcomes, classes + dummies, weights)
    found, again = resampled[0], resampled[1:]
    delta = 2.0 * found - again.mean(axis=0) if resamples else found
    return {
        "delta": delta[:, :factors],
        "floor": delta[:, factors:].mean(axis=1),
        "delta_conf": half_width(again[:, :, :factors], confidence),
        "S1": first[0],
        "S1_conf": half_width(first[1:], confidence),
    }


def classes_along(x: Floats) -> Places:
    """Return the runs in classes of equal size along a factor.

    Examples
    --------
    >>> [len(one) for one in classes_along(np.arange(100.0))]
    [25, 25, 25, 25]
    """
    n = len(x)
    power = 2.0 / (7.0 + np.tanh((1500.0 - n) / 500.0))
    number = min(int(np.ceil(n**power)), _MOST_CLASSES)
    edges = np.floor(np.linspace(0, n, number + 1)).astype(int)
    order = np.argsort(x, kind="stable")
    return [order[low:high] for low, high in pairwise(edges)]


def _first_order(outcomes: Floats, classes: Places, weights: Floats) -> Floats:
    """Return the variance of the class means as a share of all, (resamples, outcomes)."""
    centred = outcomes - outcomes.mean(axis=1, keepdims=True)
    n = outcomes.shape[1]
    mean = weights @ centred.T / n
    variance = weights @ (centred**2).T / n - mean**2
    between = np.zeros_like(mean)
    for members in classes:
        own = weights[:, members]
        size = own.sum(axis=1, keepdims=True)
        means = own @ centred[:, members].T / np.maximum(size, 1.0)
        between += size / n * (means - mean) ** 2
    shares: Floats = between / np.where(variance > 0, variance, np.inf)
    return shares


def _deltas(outcomes: Floats, classes: list[Places], weights: Floats) -> Floats:
    """Return delta before its bias is taken out, (resamples, outcomes, factors)."""
    n = outcomes.shape[1]
    grid = np.linspace(outcomes.min(axis=1), outcomes.max(axis=1), _GRID, axis=1)
    step = grid[:, 1] - grid[:, 0]
    whole_width = _widths(outcomes)
    whole = _densities(outcomes, grid, whole_width, weights)
    found = np.zeros((len(weights), len(outcomes), len(classes)))
    for factor, own_classes in enumerate(classes):
        for members in own_classes:
            own, drawn = outcomes[:, members], weights[:, members]
            # Where nothing varies there is no width to take from it: compared at that of all.
            width = np.where(np.ptp(own, axis=1) > 0.0, _widths(own), whole_width)
            apart = np.abs(whole - _densities(own, grid, width, drawn))
            area = step * (apart.sum(axis=2) - 0.5 * (apart[:, :, 0] + apart[:, :, -1]))
            found[:, :, factor] += drawn.sum(axis=1)[:, None] / (2.0 * n) * area
    return found


def _widths(values: Floats) -> Floats:
    """Return Silverman's width of a Gaussian kernel for each outcome."""
    widths: Floats = values.std(axis=1, ddof=1) * (0.75 * values.shape[1]) ** -0.2
    return widths


def _densities(values: Floats, grid: Floats, width: Floats, weights: Floats) -> Floats:
    """Return kernel densities at the grid, (resamples, outcomes, grid), from weighted values."""
    sums = np.zeros((len(weights), grid.size))
    together = max(1, WORKING_NUMBERS // grid.size)
    for first in range(0, values.shape[1], together):
        part = slice(first, first + together)
        away = (grid - values[:, part].T[:, :, None]) / width[:, None]
        np.exp(-0.5 * away * away, out=away)
        sums += weights[:, part] @ away.reshape(len(away), -1)
    size = np.maximum(weights.sum(axis=1), 1.0)[:, None, None]
    densities: Floats = sums.reshape(-1, *grid.shape) / (size * width[:, None])
    densities /= np.sqrt(2.0 * np.pi)
    return densities


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
        (plan.resamples + 1) * max(_GRID, plan.factors + _DUMMIES),
    )


DELTA = Method(
    name="delta",
    about="how far a factor shifts the outcome's whole distribution, not only its variance",
    indices=("delta", "S1"),
    meanings={
        "delta": "how far fixing this factor shifts the outcome's distribution: 0 not, 1 wholly",
        "S1": SHARES["S1"],
        "floor": "the delta of numbers that have nothing to do with the outcome",
    },
    facts=("floor",),
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
    caution="a factor without influence has a delta above 0 too: compare with the floor",
)
