"""Sobol's method: shares of the outcome's variance, from Saltelli's design.

First and total order as in Saltelli et al. (2010), Computer Physics Communications 181,
pp. 259-270; second order as in Saltelli (2002), the same journal 145, pp. 280-297. The design,
the estimators and the random numbers of the bootstrap are those of SALib.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.methods.bootstrap import half_width, in_parts, resampled_counts
from sensitivity.methods.points import needs_power_of_two, sequence
from sensitivity.methods.row import Method

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensitivity.methods.plan import Plan

    Floats = NDArray[np.float64]
    Indices = dict[str, Floats]
    Pairs = list[tuple[int, int]]

# Above so many base samples, as many means of neighbouring ones are resampled in their place: the
# bootstrap then asks for no more memory, and its intervals rest on 65,536 numbers anyway.
MOST_RESAMPLED = 65_536
# Working numbers of the terms of one outcome; more base samples are taken in pieces.
_TERMS = 4_000_000


def design(
    first: int, last: int, factors: int, *, groups: tuple[int, ...], seed: int, second_order: bool
) -> Floats:
    """Return rows of Saltelli's design: blocks, each of two points and all their crossings.

    A block is A, then A with one group of factors after the other taken from B, then (for the
    second order) B with one group after the other taken from A, then B.

    Examples
    --------
    >>> design(0, 20, 3, groups=(0, 1, 2), seed=1, second_order=False).shape
    (20, 3)
    """
    crossings = max(groups) + 1
    block = 2 + crossings * (2 if second_order else 1)
    start, end = first // block, -(-last // block)
    base = sequence(start, end, 2 * factors, seed)
    a, b = base[:, None, :factors], base[:, None, factors:]
    own = np.arange(crossings)[:, None] == np.array(groups)
    kinds = [a, np.where(own, b, a), *([np.where(own, a, b)] if second_order else []), b]
    rows = np.concatenate(kinds, axis=1).reshape(-1, factors)
    return rows[first - start * block : last - start * block]


def indices(
    outcomes: Floats,
    factors: int,
    *,
    second_order: bool,
    resamples: int,
    confidence: float,
    seed: int,
) -> Indices:
    """Return first-order, total and, if asked for, second-order Sobol indices.

    Parameters
    ----------
    outcomes
        One row per outcome; runs in the order of the design, block after block.
    factors
        How many factors, or groups of factors, were varied.
    second_order
        Whether the design has the blocks for the second order.
    resamples
        How many bootstrap resamples; 0 for no intervals.
    confidence
        Of the intervals, such as 0.95.
    seed
        Of the bootstrap.

    Returns
    -------
    dict
        ``S1``, ``S1_conf``, ``ST`` and ``ST_conf`` as (outcomes, factors); ``S2`` and
        ``S2_conf`` as (outcomes, factors, factors), alike above and below the diagonal.
    """
    block = (2 * factors + 2) if second_order else (factors + 2)
    n = outcomes.shape[1] // block
    together = -(-n // MOST_RESAMPLED)
    weights = resampled_counts(n // together, resamples, seed) / (n // together)
    pairs = list(combinations(range(factors), 2)) if second_order else []
    columns = 2 + 2 * factors + len(pairs)
    return in_parts(
        lambda part: _part(part, factors, pairs, together, weights, confidence),
        outcomes,
        (n // together) * columns,
    )


def _part(
    outcomes: Floats,
    factors: int,
    pairs: Pairs,
    together: int,
    weights: Floats,
    confidence: float,
) -> Indices:
    means, per_sample = _averaged(outcomes, factors, pairs, together)
    point = _indices(means, factors, pairs)
    # (resamples, n) x (outcomes, n, terms) -> (resamples, outcomes, terms)
    number, n, terms = per_sample.shape
    flat = per_sample.transpose(1, 0, 2).reshape(n, -1)
    resampled = _indices((weights @ flat).reshape(len(weights), number, terms), factors, pairs)

    indices: Indices = {}
    for name, value in point.items():
        indices[name] = value
        indices[f"{name}_conf"] = half_width(resampled[name], confidence)
    if pairs:
        for name in ("S2", "S2_conf"):
            indices[name] = square(indices[name], factors, pairs)
    return indices


def _averaged(outcomes: Floats, factors: int, pairs: Pairs, together: int) -> tuple[Floats, Floats]:
    """Return the means of the terms over all base samples, and over groups of neighbours."""
    block = (2 * factors + 2) if pairs else (factors + 2)
    centre, spread = outcomes.mean(axis=1), outcomes.std(axis=1)
    by_block = outcomes.reshape(len(outcomes), -1, block)
    n, columns = by_block.shape[1], 2 + 2 * factors + len(pairs)
    if together == 1:
        terms = _terms((by_block - centre[:, None, None]) / spread[:, None, None], factors, pairs)
        return terms.mean(axis=1), terms
    # What is left over at the end is in the means, but not in the groups, which are alike.
    piece = max(1, _TERMS // (columns * len(outcomes) * together)) * together
    total = np.zeros((len(outcomes), columns))
    grouped = np.empty((len(outcomes), n // together, columns))
    for first in range(0, n, piece):
        part = (by_block[:, first : first + piece] - centre[:, None, None]) / spread[:, None, None]
        terms = _terms(part, factors, pairs)
        total += terms.sum(axis=1)
        whole = terms.shape[1] // together
        grouped[:, first // together : first // together + whole] = (
            terms[:, : whole * together]
            .reshape(len(outcomes), whole, together, columns)
            .mean(axis=2)
        )
    return total / n, grouped


def _terms(by_block: Floats, factors: int, pairs: Pairs) -> Floats:
    """Return, per base sample, what the estimators average.

    First the variance's two moments, then the numerators of S1 and ST, then those of the second
    order.
    """
    a, b = by_block[:, :, :1], by_block[:, :, -1:]
    ab = by_block[:, :, 1 : factors + 1]
    terms = [0.5 * (a + b), 0.5 * (a * a + b * b), b * (ab - a), 0.5 * (a - ab) ** 2]
    if pairs:
        ba = by_block[:, :, factors + 1 : 2 * factors + 1]
        left, right = (list(side) for side in zip(*pairs, strict=True))
        terms.append(ba[:, :, left] * ab[:, :, right] - a * b)
    return np.concatenate(terms, axis=2)


def _indices(means: Floats, factors: int, pairs: Pairs) -> Indices:
    variance = means[..., 1:2] - means[..., 0:1] ** 2
    # A resample in which nothing varies carries no information: SALib too gives it the index 0.
    flat = variance <= np.finfo(float).eps
    shares = np.where(flat, 0.0, means[..., 2:] / np.where(flat, 1.0, variance))
    first, total = shares[..., :factors], shares[..., factors : 2 * factors]
    indices = {"S1": first, "ST": total}
    if pairs:
        left, right = (list(side) for side in zip(*pairs, strict=True))
        indices["S2"] = shares[..., 2 * factors :] - first[..., left] - first[..., right]
    return indices


def square(values: Floats, factors: int, pairs: Pairs) -> Floats:
    """Turn values of pairs into a matrix, alike above and below the diagonal, which is NaN."""
    full = np.full((len(values), factors, factors), np.nan)
    for place, (j, k) in enumerate(pairs):
        full[:, j, k] = full[:, k, j] = values[:, place]
    return full


def _block(plan: Plan) -> int:
    return 2 + plan.parts * (2 if plan.second_order else 1)


def _rows(plan: Plan, first: int, last: int) -> Floats:
    return design(
        first,
        last,
        plan.factors,
        groups=plan.membership,
        seed=plan.seed,
        second_order=plan.second_order,
    )


def _analyse(plan: Plan, outcomes: Floats, _unit: Floats | None) -> Indices:
    return indices(
        outcomes,
        plan.parts,
        second_order=plan.second_order,
        resamples=plan.resamples,
        confidence=plan.confidence,
        seed=plan.seed,
    )


def _ends_of_blocks(plan: Plan) -> NDArray[np.int64]:
    starts = np.arange(plan.samples) * plan.block
    return np.column_stack([starts, starts + plan.block - 1]).ravel()


SHARES = {
    "ST": "share of the outcome's variance in which this factor has a part, alone or with others",
    "S1": "share of the outcome's variance that this factor explains by itself",
    "S2": "share that two factors explain together beyond what each does alone",
}

SOBOL = Method(
    name="sobol",
    about="shares of the outcome's variance, alone and with interactions",
    indices=("ST", "S1"),
    meanings=SHARES,
    default_samples=1024,
    formula="n (D + 2) runs, or n (2 D + 2) with the second order; n a power of 2",
    cost=lambda plan: plan.samples * _block(plan),
    block=_block,
    rows=_rows,
    analyse=_analyse,
    check=lambda plan: needs_power_of_two(plan, 4, plan.block),
    spread=_ends_of_blocks,
    pairs=True,
    groups="may",
    nested=True,
    blocks="base samples",
)
