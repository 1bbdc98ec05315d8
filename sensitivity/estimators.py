"""Indices and their bootstrap intervals, for many outcomes in one pass of NumPy.

The estimators, and the random numbers of the bootstrap, are those of SALib: the tests hold the
two equal to 1e-12. SALib takes one outcome at a time and one resample after the other. Here a
resample of n base samples is a vector of n counts (how often each was drawn); every mean over
it is a product with that vector, so all resamples of all outcomes are one matrix product.

Outcomes come as an array (outcomes, runs) without gaps; intervals are half-widths at the given
confidence, as if the resampled indices were normal.
"""

from __future__ import annotations

import math
from functools import lru_cache
from itertools import combinations
from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Indices = dict[str, Floats]

# An outcome that varies by less than this share of its size varies by rounding only.
_ROUNDING = 1e-12


def varies(outcomes: Floats) -> NDArray[np.bool_]:
    """Say for each outcome whether it varies by more than rounding.

    Examples
    --------
    >>> varies(np.array([[1.0, 1.0 + 1e-15], [1.0, 2.0]]))
    array([False,  True])
    """
    spread = outcomes.max(axis=1) - outcomes.min(axis=1)
    enough: NDArray[np.bool_] = spread > _ROUNDING * np.abs(outcomes).max(axis=1)
    return enough


def half_width(resampled: Floats, confidence: float) -> Floats:
    """Return the half-width of the interval from resampled indices along the first axis."""
    if len(resampled) < 2:
        return np.full(resampled.shape[1:], np.nan)
    widths: Floats = _deviations(confidence) * resampled.std(axis=0, ddof=1)
    return widths


def _deviations(confidence: float) -> float:
    return NormalDist().inv_cdf(0.5 + confidence / 2.0)


def counts(drawn: Integers, n: int) -> Floats:
    """Turn resamples, one per column, into counts of each base sample, one row per resample.

    Examples
    --------
    >>> counts(np.array([[0, 1], [0, 2]]), 3)
    array([[2., 0., 0.],
           [0., 1., 1.]])
    """
    resamples = drawn.shape[1]
    places = drawn + n * np.arange(resamples)
    return np.bincount(places.ravel(), minlength=n * resamples).reshape(resamples, n).astype(float)


def sobol(
    outcomes: Floats,
    factors: int,
    *,
    second_order: bool,
    resamples: int,
    confidence: float,
    seed: int,
) -> Indices:
    """Return first-order, total and, if asked for, second-order Sobol indices.

    First and total order as in Saltelli et al. (2010), second order as in Saltelli (2002).

    Parameters
    ----------
    outcomes
        One row per outcome; runs in the order of the Saltelli design, block after block.
    factors
        How many factors were varied.
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
    weights = _weights(seed, n, resamples)
    pairs = list(combinations(range(factors), 2)) if second_order else []
    # One outcome after the other: its terms then stay near the processor, and an outcome's
    # indices are the same to the last bit whatever others are asked for beside it.
    # One array for all of them: asking the system for memory would take longer than the sums.
    standard, terms = np.empty((block, n)), np.empty((2 + 2 * factors + len(pairs), n))
    found = []
    for outcome in outcomes:
        # One row for each place in the block, so that all that follows runs along memory.
        standard[:] = outcome.reshape(n, block).T
        standard -= standard.mean()
        standard /= standard.std()
        _sobol_terms(standard, factors, pairs, terms)
        point = _sobol_indices(terms.mean(axis=1), factors, pairs)
        resampled = _sobol_indices((terms @ weights.T).T, factors, pairs)
        widths = {f"{name}_conf": half_width(resampled[name], confidence) for name in point}
        found.append(point | widths)
    indices = {name: np.stack([one[name] for one in found]) for name in found[0]}
    for name in ("S2", "S2_conf") if pairs else ():
        indices[name] = _square(indices[name], factors, pairs)
    return indices


@lru_cache(maxsize=1)
def _weights(seed: int, n: int, resamples: int) -> Floats:
    """Return how much each base sample weighs in each resample; kept for the next outcomes."""
    drawn = np.random.default_rng(seed).integers(n, size=(n, resamples))
    weights = counts(drawn, n) / n
    weights.flags.writeable = False
    return weights


def _sobol_terms(rows: Floats, factors: int, pairs: list[tuple[int, int]], terms: Floats) -> None:
    """Fill in what the estimators average, one row each over the base samples.

    They are the variance's two moments, then the numerators of S1 and ST, then those of the
    second order.
    """
    a, b, ab = rows[0], rows[-1], rows[1 : factors + 1]
    first, total = terms[2 : 2 + factors], terms[2 + factors : 2 + 2 * factors]
    terms[0] = 0.5 * (a + b)
    terms[1] = 0.5 * (a * a + b * b)
    np.subtract(ab, a, out=total)
    np.multiply(total, b, out=first)
    total *= total
    total *= 0.5
    if pairs:
        ba, both = rows[factors + 1 : 2 * factors + 1], a * b
        for row, (j, k) in zip(terms[2 + 2 * factors :], pairs, strict=True):
            np.multiply(ba[j], ab[k], out=row)
            row -= both


def _sobol_indices(means: Floats, factors: int, pairs: list[tuple[int, int]]) -> Indices:
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


def _square(values: Floats, factors: int, pairs: list[tuple[int, int]]) -> Floats:
    square = np.full((len(values), factors, factors), np.nan)
    for place, (j, k) in enumerate(pairs):
        square[:, j, k] = square[:, k, j] = values[:, place]
    return square


def morris(
    outcomes: Floats,
    unit_design: Floats,
    *,
    levels: int,
    resamples: int,
    confidence: float,
    seed: int,
) -> Indices:
    """Return what Morris's elementary effects tell: their mean, mean size and spread.

    Parameters
    ----------
    outcomes
        One row per outcome; runs trajectory after trajectory.
    unit_design
        The design on the unit cube, in which each step moves one factor.
    levels
        Of the grid on which the design lies.
    resamples, confidence, seed
        As for `sobol`.

    Returns
    -------
    dict
        ``mu``, ``mu_star``, ``sigma`` and ``mu_star_conf`` as (outcomes, factors): effects of
        moving a factor over its whole range, in the unit of the outcome.
    """
    effects = elementary_effects(outcomes, unit_design, levels)
    sizes = np.abs(effects)
    trajectories, factors = effects.shape[1:]
    random = np.random.default_rng(seed)
    resampled = np.empty((resamples, len(outcomes), factors))
    for factor in range(factors):
        drawn = random.integers(trajectories, size=(resamples, trajectories))
        resampled[:, :, factor] = counts(drawn.T, trajectories) @ sizes[:, :, factor].T
    return {
        "mu": effects.mean(axis=1),
        "mu_star": sizes.mean(axis=1),
        "mu_star_conf": half_width(resampled / trajectories, confidence),
        "sigma": effects.std(axis=1, ddof=1),
    }


def elementary_effects(outcomes: Floats, unit_design: Floats, levels: int) -> Floats:
    """Return each trajectory's effect of each factor, as (outcomes, trajectories, factors)."""
    factors = unit_design.shape[1]
    trajectories = len(unit_design) // (factors + 1)
    moves = np.diff(unit_design.reshape(trajectories, factors + 1, factors), axis=1)
    moved = np.abs(moves).argmax(axis=2)  # (trajectories, steps): which factor moved
    upward = np.take_along_axis(moves, moved[:, :, None], axis=2)[:, :, 0] > 0
    steps = np.diff(outcomes.reshape(len(outcomes), trajectories, factors + 1), axis=2)
    step_size = levels / (2.0 * (levels - 1))
    by_step = np.where(upward, steps, -steps) / step_size
    effects = np.empty_like(by_step)
    np.put_along_axis(effects, np.broadcast_to(moved, by_step.shape), by_step, axis=2)
    return effects


def fast(
    outcomes: Floats,
    factors: int,
    *,
    harmonics: int,
    resamples: int,
    confidence: float,
    seed: int,
) -> Indices:
    """Return first-order and total indices by the extended Fourier amplitude sensitivity test.

    Parameters
    ----------
    outcomes
        One row per outcome; runs search curve after search curve, one curve per factor.
    factors
        How many factors were varied.
    harmonics
        How many harmonics of a factor's frequency are counted as its own.
    resamples, confidence, seed
        As for `sobol`; an interval rests on half curves and is only a rough guide.

    Returns
    -------
    dict
        ``S1``, ``S1_conf``, ``ST`` and ``ST_conf`` as (outcomes, factors).
    """
    curves = outcomes.reshape(len(outcomes), factors, -1)
    n = curves.shape[2]
    first, total = _spectral_shares(curves, harmonics)
    # The legacy generator, because these are the numbers that SALib draws for the same seed.
    random = np.random.RandomState(seed)
    half = math.ceil(n * 0.5)
    window = np.arange(half)
    first_resampled = np.empty((resamples, len(outcomes), factors))
    total_resampled = np.empty_like(first_resampled)
    for factor in range(factors):
        for resample in range(resamples):
            part = curves[:, factor, (random.randint(0, n) + window) % n]
            first_resampled[resample, :, factor], total_resampled[resample, :, factor] = (
                _spectral_shares(part, harmonics)
            )
    return {
        "S1": first,
        "S1_conf": half_width(first_resampled, confidence),
        "ST": total,
        "ST_conf": half_width(total_resampled, confidence),
    }


def _spectral_shares(curves: Floats, harmonics: int) -> tuple[Floats, Floats]:
    n = curves.shape[-1]
    frequency = math.floor((n - 1) / (2 * harmonics))
    spectrum = np.abs(np.fft.fft(curves)[..., 1 : math.ceil(n / 2)] / n) ** 2
    variance = spectrum.sum(axis=-1)
    own = spectrum[..., np.arange(1, harmonics + 1) * frequency - 1].sum(axis=-1)
    others = spectrum[..., : math.floor(frequency / 2.0)].sum(axis=-1)
    flat = variance <= 0.0
    safe = np.where(flat, 1.0, variance)
    return np.where(flat, 0.0, own / safe), np.where(flat, 0.0, 1.0 - others / safe)
