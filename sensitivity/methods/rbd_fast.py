"""RBD-FAST: first-order shares of variance from any sample, by sorting it and counting waves.

Tarantola, Gatelli and Mara (2006), Reliability Engineering & System Safety 91, pp. 717-727, in
the form of Plischke (2010), the same journal 95, pp. 354-360, with the bias taken out as in
Tissot and Prieur (2012), the same journal 107, pp. 205-213. The estimators and the random
numbers of the intervals are those of SALib.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensitivity.methods.bootstrap import half_width, in_parts
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

# Waves over a factor's range up to so many are counted as its own effect.
HARMONICS = 10


def indices(
    outcomes: Floats, unit_design: Floats, *, resamples: int, confidence: float, seed: int
) -> Indices:
    """Return first-order indices.

    Parameters
    ----------
    outcomes
        One row per outcome, one column per run.
    unit_design
        Runs, factors.
    resamples, confidence, seed
        Of the intervals, from resamples of half the runs.

    Returns
    -------
    dict
        ``S1`` and ``S1_conf`` as (outcomes, factors).
    """
    runs = np.ascontiguousarray(outcomes.T)
    n, factors = unit_design.shape
    random = np.random.default_rng(seed)
    found = np.empty((len(outcomes), factors))
    resampled = np.empty((resamples, len(outcomes), factors))
    for factor in range(factors):
        x = unit_design[:, factor]
        found[:, factor] = _share(runs[_there_and_back(x)])
        for resample in range(resamples):
            drawn = random.choice(n, replace=True, size=n // 2)
            part = runs[drawn[_there_and_back(x[drawn])]]
            resampled[resample, :, factor] = _share(part)
    return {"S1": found, "S1_conf": half_width(resampled, confidence)}


def _there_and_back(x: Floats) -> NDArray[np.int64]:
    """Return the order in which x rises through every other run and falls through the rest."""
    rising = np.argsort(x)
    return np.concatenate([rising[::2], rising[1::2][::-1]])


def _share(ordered: Floats) -> Floats:
    """Return the share of each column's variance that is in the slow waves, less its bias."""
    n = len(ordered)
    centred = ordered - ordered.mean(axis=0)
    variance = (centred**2).sum(axis=0)
    waves = np.fft.rfft(centred, axis=0)[1 : HARMONICS + 1]
    share = 2.0 / n * (np.abs(waves) ** 2).sum(axis=0) / np.where(variance > 0, variance, np.inf)
    by_chance = 2.0 * HARMONICS / n
    unbiased: Floats = share - by_chance / (1.0 - by_chance) * (1.0 - share)
    return unbiased


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
        max(outcomes.shape[1], (plan.resamples + 1) * plan.factors),
    )


RBD_FAST = Method(
    name="rbd-fast",
    about="the share of variance each factor explains by itself, from few runs",
    indices=("S1",),
    meanings={"S1": SHARES["S1"]},
    default_samples=1024,
    formula="n runs, however many factors; n a power of 2 from 64 on",
    cost=lambda plan: plan.samples,
    block=one,
    rows=of_the_sequence,
    analyse=_analyse,
    check=lambda plan: needs_power_of_two(plan, 64),
    spread=every_run,
    least=lambda _plan: 32,
    wants_x=True,
    any_sample=True,
    nested=True,
    caution="rbd-fast sees no interactions: sobol or hdmr do",
)
