"""Derivative-based measures (DGSM): mean squared slopes, an upper bound of the total index.

Sobol and Kucherenko (2009), Mathematics and Computers in Simulation 79, pp. 3009-3017. From the
same runs the estimate is SALib's. SALib's interval is that of the mean squared slope, in another
unit than the measure it is printed beside; here it is that of the measure. And SALib steps by a
share of a factor's value, which is nothing at zero; here the step is a fixed part of the range,
towards the inside.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensitivity.methods.bootstrap import half_width, in_parts, resampled_counts
from sensitivity.methods.points import needs_power_of_two, sequence, unit_of
from sensitivity.methods.row import Method

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensitivity.methods.plan import Plan

    Floats = NDArray[np.float64]
    Indices = dict[str, Floats]

STEP = 0.001


def design(first: int, last: int, factors: int, *, seed: int) -> Floats:
    """Return rows of the design: blocks of a point and a short step from it along each factor.

    Examples
    --------
    >>> design(0, 8, 3, seed=1).shape
    (8, 3)
    """
    block = factors + 1
    start, end = first // block, -(-last // block)
    base = sequence(start, end, factors, seed)
    rows = np.repeat(base[:, None], block, axis=1)
    own = np.arange(factors)
    rows[:, own + 1, own] += np.where(base < 0.5, STEP, -STEP)
    return rows.reshape(-1, factors)[first - start * block : last - start * block]


def indices(
    outcomes: Floats, unit_design: Floats, *, resamples: int, confidence: float, seed: int
) -> Indices:
    """Return the measure of each factor: a bound that its total index does not exceed.

    Parameters
    ----------
    outcomes
        One row per outcome; runs block after block.
    unit_design
        Runs, factors.
    resamples, confidence, seed
        Of the bootstrap, which draws blocks.

    Returns
    -------
    dict
        ``dgsm`` and ``dgsm_conf`` as (outcomes, factors).
    """
    number, block = len(outcomes), unit_design.shape[1] + 1
    points = unit_design.reshape(-1, block, block - 1)
    own = np.arange(block - 1)
    steps = points[:, own + 1, own] - points[:, 0]
    runs = outcomes.reshape(number, -1, block)
    base = runs[:, :, 0] - runs[:, :, 0].mean(axis=1, keepdims=True)
    squared = ((runs[:, :, 1:] - runs[:, :, :1]) / steps) ** 2
    n = len(points)
    weights = np.concatenate([np.ones((1, n)), resampled_counts(n, resamples, seed)]) / n
    variance = weights @ (base**2).T - (weights @ base.T) ** 2
    flat = squared.transpose(1, 0, 2).reshape(n, -1)
    slopes = (weights @ flat).reshape(len(weights), number, -1)
    measure = slopes / (np.pi**2 * np.where(variance > 0, variance, np.inf))[:, :, None]
    return {"dgsm": measure[0], "dgsm_conf": half_width(measure[1:], confidence)}


def _check(plan: Plan) -> None:
    needs_power_of_two(plan, 16, plan.block)


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


DGSM = Method(
    name="dgsm",
    about="a bound on each factor's total share from slopes; few runs where slopes are smooth",
    indices=("dgsm",),
    meanings={"dgsm": "bound that the total share of variance of this factor does not exceed"},
    default_samples=256,
    formula="n (D + 1) runs; n a power of 2 from 16 on; continuous factors only",
    cost=lambda plan: plan.samples * (plan.factors + 1),
    block=lambda plan: plan.factors + 1,
    rows=lambda plan, first, last: design(first, last, plan.factors, seed=plan.seed),
    analyse=_analyse,
    check=_check,
    spread=lambda plan: np.arange(plan.samples) * plan.block,
    wants_x=True,
    continuous=True,
    nested=True,
    blocks="base samples",
)
