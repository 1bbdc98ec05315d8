"""Scores of a random sample: how outcomes rise and fall with each factor, by ranks.

Standardised rank regression, partial rank correlation and Spearman's rank correlation, as in
Helton and Davis (2003), Reliability Engineering & System Safety 81, pp. 23-69; R2 says which
share of the ranks' variance a regression on all factors explains, that is how far to trust them.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensitivity.errors import MethodError
from sensitivity.methods.bootstrap import each_resample, half_width, in_parts
from sensitivity.methods.points import (
    cut,
    every_run,
    latin,
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

# Runs beyond one for each factor: fewer leave a regression nothing to be wrong about.
_SPARE = 10
# Share of the variance that is nothing but rounding: a slope of 1e-10.
_ROUNDING = 1e-20


def indices(
    outcomes: Floats, unit_design: Floats, *, resamples: int, confidence: float, seed: int
) -> Indices:
    """Return the three scores with their intervals, and the R2 of the rank regression.

    Parameters
    ----------
    outcomes
        One row per outcome, one column per run.
    unit_design
        Runs, factors.
    resamples, confidence, seed
        Of the bootstrap, which draws runs with the ranks they have in the whole sample.

    Returns
    -------
    dict
        ``PRCC``, ``SRRC`` and ``spearman`` with their ``_conf`` as (outcomes, factors), each from
        -1 to 1; ``R2`` as (outcomes).

    Examples
    --------
    >>> x = np.random.default_rng(1).random((50, 2))
    >>> found = indices(x[:, :1].T ** 3, x, resamples=0, confidence=0.95, seed=1)
    >>> found["spearman"].round(3)[0, 0].item(), found["R2"].round(3).item()
    (1.0, 1.0)
    """
    from scipy.stats import rankdata

    x = _standard(rankdata(unit_design, axis=0))
    y = _standard(rankdata(outcomes, axis=1).T)
    n = len(x)
    point = _scores(x, y, np.full(n, 1.0 / n))
    resampled = [_scores(x, y, drawn / n) for drawn in each_resample(n, resamples, seed)]
    found = dict(point)
    for name in ("PRCC", "SRRC", "spearman"):
        again = np.array([one[name] for one in resampled]).reshape(-1, *point[name].shape)
        found[f"{name}_conf"] = half_width(again, confidence)
    return found


def _standard(ranks: Floats) -> Floats:
    centred = ranks - ranks.mean(axis=0)
    standard: Floats = centred / np.sqrt((centred**2).mean(axis=0))
    return standard


def _scores(x: Floats, y: Floats, weights: Floats) -> Indices:
    """Return the scores of ranks (runs, factors) and (runs, outcomes), each run with a weight."""
    x = x - weights @ x
    y = y - weights @ y
    weighted = weights[:, None] * x
    x_spread = np.sqrt((weighted * x).sum(axis=0))
    y_spread = np.sqrt(weights @ y**2)
    between = weighted.T @ x / np.outer(x_spread, x_spread)
    # A resample may hold one value of an outcome only: it then depends on nothing.
    safe = np.where(y_spread > 0, y_spread, np.inf)
    alone = (weighted.T @ y) / np.outer(x_spread, safe)
    inverse = np.linalg.pinv(between, hermitian=True)
    slopes = inverse @ alone
    explained = np.clip((slopes * alone).sum(axis=0), 0.0, 1.0)
    # What a factor adds when the others are there already, beside what none explains.
    added = slopes**2 / np.diag(inverse)[:, None]
    # Where the others explain all, what is left is rounding, correlated with rounding.
    added = np.where(added > _ROUNDING, added, 0.0)
    rest = added + (1.0 - explained)
    partial = np.sign(slopes) * np.sqrt(added / np.where(rest > 0, rest, 1.0))
    return {"PRCC": partial.T, "SRRC": slopes.T, "spearman": alone.T, "R2": explained}


def _least(plan: Plan) -> int:
    return plan.factors + _SPARE


def _check_latin(plan: Plan) -> None:
    if plan.samples < _least(plan):
        raise MethodError(
            f"method latin needs at least {_least(plan)} samples for {plan.factors} factors, not "
            f"{plan.samples}: use {10 * _least(plan):,} or more"
        )


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


_MEANINGS = {
    "PRCC": "partial rank correlation: rise or fall with this factor, the others held fixed",
    "SRRC": "standardised rank regression coefficient: its part in a regression on all factors",
    "spearman": "rank correlation of the outcome with this factor alone",
    "R2": "share of the ranks' variance that a regression on all factors explains",
}
_CAUTION = "scores see only what rises or falls throughout: trust them where R2 is near 1"

LATIN = Method(
    name="latin",
    about="rank correlations from a Latin hypercube, in few runs",
    indices=("PRCC", "SRRC", "spearman"),
    meanings=_MEANINGS,
    facts=("R2",),
    default_samples=1000,
    formula="n runs; n above D + 10",
    cost=lambda plan: plan.samples,
    block=one,
    rows=cut(lambda plan: latin(plan.samples, plan.factors, plan.seed)),
    analyse=_analyse,
    check=_check_latin,
    spread=every_run,
    least=_least,
    wants_x=True,
    signed=True,
    dependent=True,
    caution=_CAUTION,
)

SAMPLE = Method(
    name="sample",
    about="even random points for the spread of outcomes; rank correlations besides",
    indices=("PRCC", "SRRC", "spearman"),
    meanings=_MEANINGS,
    facts=("R2",),
    default_samples=1024,
    formula="n runs; n a power of 2",
    cost=lambda plan: plan.samples,
    block=one,
    rows=of_the_sequence,
    analyse=_analyse,
    check=lambda plan: needs_power_of_two(plan, _least(plan)),
    spread=every_run,
    least=_least,
    wants_x=True,
    signed=True,
    dependent=True,
    any_sample=True,
    nested=True,
    caution=_CAUTION,
)
