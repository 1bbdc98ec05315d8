"""Sobol's method: shares of the outcome's variance, from Saltelli's design.

First and total order as in Saltelli et al. (2010), Computer Physics Communications 181,
pp. 259-270; second order as in Saltelli (2002), the same journal 145, pp. 280-297. The design,
the estimators and the random numbers of the bootstrap are those of SALib.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.methods.bootstrap import half_width, resampled_counts
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
# Working numbers of the terms of one outcome with grouped base samples, which come in pieces.
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
    weights = _weights(seed, n // together, resamples)
    pairs = list(combinations(range(factors), 2)) if second_order else []
    # One outcome after the other: its terms then stay near the processor, and an outcome's
    # indices are the same to the last bit whatever others are asked for beside it.
    terms = _Terms(n, block, factors, pairs, together)
    found = []
    for outcome in outcomes:
        means, grouped = terms.of(outcome.reshape(n, block))
        point = _indices(means, factors, pairs)
        resampled = _indices((grouped @ weights.T).T, factors, pairs)
        widths = {f"{name}_conf": half_width(resampled[name], confidence) for name in point}
        found.append(point | widths)
    indices = {name: np.stack([one[name] for one in found]) for name in found[0]}
    for name in ("S2", "S2_conf") if pairs else ():
        indices[name] = square(indices[name], factors, pairs)
    return indices


@lru_cache(maxsize=1)
def _weights(seed: int, n: int, resamples: int) -> Floats:
    """Return how much each base sample weighs in each resample; kept for the next outcomes."""
    weights = resampled_counts(n, resamples, seed) / n
    weights.flags.writeable = False
    return weights


class _Terms:
    """What the estimators average, one row each over the base samples.

    They are the variance's two moments, then the numerators of S1 and ST, then those of the
    second order. One array serves all outcomes: asking the system for memory would take longer
    than the sums.
    """

    def __init__(self, n: int, block: int, factors: int, pairs: Pairs, together: int) -> None:
        columns = 2 + 2 * factors + len(pairs)
        self.factors, self.pairs, self.together = factors, pairs, together
        # Pieces of whole groups; what is left over at the end is in the means, but not in the
        # groups, which are alike.
        self.piece = n if together == 1 else max(1, _TERMS // (columns * together)) * together
        self.standard = np.empty((block, min(n, self.piece)))
        self.terms = np.empty((columns, min(n, self.piece)))
        self.grouped = self.terms if together == 1 else np.empty((columns, n // together))

    def of(self, by_block: Floats) -> tuple[Floats, Floats]:
        """Return the means of the terms over all base samples, and over groups of neighbours."""
        centre, spread = by_block.mean(), by_block.std()
        total = np.zeros(len(self.terms))
        for first in range(0, len(by_block), self.piece):
            part = by_block[first : first + self.piece]
            standard, terms = self.standard[:, : len(part)], self.terms[:, : len(part)]
            # One row for each place in the block, so that all that follows runs along memory.
            np.subtract(part.T, centre, out=standard)
            standard /= spread
            self._fill(standard, terms)
            total += terms.sum(axis=1)
            if self.together > 1 and len(part) >= self.together:
                start, whole = first // self.together, len(part) // self.together
                groups = terms[:, : whole * self.together].reshape(len(terms), whole, -1)
                groups.mean(axis=2, out=self.grouped[:, start : start + whole])
        return total / len(by_block), self.grouped

    def _fill(self, rows: Floats, terms: Floats) -> None:
        factors = self.factors
        a, b, ab = rows[0], rows[-1], rows[1 : factors + 1]
        first, total = terms[2 : 2 + factors], terms[2 + factors : 2 + 2 * factors]
        terms[0] = 0.5 * (a + b)
        terms[1] = 0.5 * (a * a + b * b)
        np.subtract(ab, a, out=total)
        np.multiply(total, b, out=first)
        total *= total
        total *= 0.5
        if self.pairs:
            ba, both = rows[factors + 1 : 2 * factors + 1], a * b
            for row, (j, k) in zip(terms[2 + 2 * factors :], self.pairs, strict=True):
                np.multiply(ba[j], ab[k], out=row)
                row -= both


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
