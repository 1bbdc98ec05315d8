"""Regional sensitivity: in which parts of the ranges an outcome ends up high rather than low.

Runs above a threshold are compared with the others, factor by factor, by the largest distance
between their two distributions (Kolmogorov and Smirnov), as in Hornberger and Spear (1981),
Journal of Environmental Management 12, pp. 7-18.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensitivity.distances import FEWEST, chance, distances
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
    Indices = dict[str, Floats]


def indices(
    outcomes: Floats,
    unit_design: Floats,
    *,
    threshold: float | None,
    quantile: float,
    resamples: int,
    confidence: float,
    seed: int,
) -> Indices:
    """Return the distances, how probable they are by chance, and which end of a factor it is.

    Parameters
    ----------
    outcomes
        One row per outcome, one column per run.
    unit_design
        Runs, factors.
    threshold
        Runs above it are compared with the others; for None, the outcome's `quantile`.
    quantile
        Such as 0.5 for the median.
    resamples, confidence, seed
        Of the bootstrap, which draws runs; the threshold stays.

    Returns
    -------
    dict
        ``distance``, ``distance_conf``, ``p_value`` and ``direction`` as (outcomes, factors);
        ``threshold`` and ``share`` of the runs above it as (outcomes). With fewer than 20 runs
        on one side the former are NaN.
    """
    n = outcomes.shape[1]
    if threshold is None:
        levels = np.quantile(outcomes, quantile, axis=1)
    else:
        levels = np.full(len(outcomes), threshold)
    above = levels < outcomes.T
    number = above.sum(axis=0)
    few = np.minimum(number, n - number) < FEWEST
    found, way = distances(unit_design, above)
    again = np.array(
        [distances(unit_design, above, drawn)[0] for drawn in each_resample(n, resamples, seed)]
    ).reshape(-1, *found.shape)
    by_chance = chance(found, np.maximum(number, 1), np.maximum(n - number, 1))
    values = {
        "distance": found.T,
        "distance_conf": half_width(again, confidence).T,
        "p_value": by_chance.T,
        "direction": way.T,
    }
    return {name: np.where(few[:, None], np.nan, one) for name, one in values.items()} | {
        "threshold": levels,
        "share": number / n,
    }


def _analyse(plan: Plan, outcomes: Floats, unit_design: Floats | None) -> Indices:
    unit = unit_of(plan, unit_design)
    return in_parts(
        lambda part: indices(
            part,
            unit,
            threshold=plan.threshold,
            quantile=plan.quantile,
            resamples=plan.resamples,
            confidence=plan.confidence,
            seed=plan.seed,
        ),
        outcomes,
        max(outcomes.shape[1], (plan.resamples + 1) * plan.factors),
    )


REGIONAL = Method(
    name="regional",
    about="which ranges of the factors lead to outcomes above a threshold",
    indices=("distance", "p_value", "direction"),
    meanings={
        "distance": "between this factor's values in runs above the threshold and in the others: "
        "0 the same, 1 wholly apart",
        "p_value": "of so large a distance by chance, for this factor alone",
        "direction": "1 where high values of this factor lead above the threshold, -1 where low",
        "threshold": "value of the outcome that tells the runs apart",
        "share": "share of the runs above it",
    },
    facts=("threshold", "share"),
    default_samples=1024,
    formula="n runs, however many factors; n a power of 2 from 64 on",
    cost=lambda plan: plan.samples,
    block=one,
    rows=of_the_sequence,
    analyse=_analyse,
    check=lambda plan: needs_power_of_two(plan, 64),
    spread=every_run,
    least=lambda _plan: 2 * FEWEST,
    blank=f"fewer than {FEWEST} runs are above the threshold, or not above it: choose another",
    wants_x=True,
    dependent=True,
    any_sample=True,
    nested=True,
    caution="a distance sees one factor at a time: values that matter in pairs only may not show",
)
