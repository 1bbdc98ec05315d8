"""What all estimators share: resamples as counts, half-widths, outcomes that do not vary.

A resample of n runs is a vector of n counts (how often each was drawn); every mean over it is a
product with that vector, so all resamples of all outcomes are one matrix product. Outcomes come
as an array (outcomes, runs) without gaps; intervals are half-widths at the given confidence, as
if the resampled indices were normal.
"""

from __future__ import annotations

from statistics import NormalDist
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]

# Outcomes are taken together as long as the working array stays below this many numbers.
WORKING_NUMBERS = 4_000_000
# An outcome that varies by less than this share of its size varies by rounding only.
_ROUNDING = 1e-12
# Random numbers are drawn so many rows at a time, which keeps them the same and the memory small.
_ROWS = 4096


def varies(outcomes: Floats) -> NDArray[np.bool_]:
    """Say for each outcome whether it varies by more than rounding.

    Examples
    --------
    >>> varies(np.array([[1.0, 1.0 + 1e-15], [1.0, 2.0]]))
    array([False,  True])
    """
    # These leave gaps out.
    highest, lowest = np.fmax.reduce(outcomes, axis=1), np.fmin.reduce(outcomes, axis=1)
    largest = np.maximum(np.abs(highest), np.abs(lowest))
    enough: NDArray[np.bool_] = highest - lowest > _ROUNDING * largest
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


def resampled_counts(n: int, resamples: int, seed: int) -> Floats:
    """Draw resamples of n base samples, as counts (resamples, n).

    The random numbers are those of one matrix (n, resamples), whatever the memory.
    """
    random = np.random.default_rng(seed)
    found = np.zeros((resamples, n))
    for first in range(0, n, _ROWS):
        size = (min(_ROWS, n - first), resamples)
        found += counts(random.integers(n, size=size), n)
    return found


def each_resample(n: int, resamples: int, seed: int) -> Iterator[Floats]:
    """Draw one resample of n runs after the other, as counts; however many, one is in memory."""
    random = np.random.default_rng(seed)
    for _ in range(resamples):
        yield np.bincount(random.integers(n, size=n), minlength=n).astype(float)


def in_parts(
    analyse: Callable[[Floats], dict[str, Floats]], outcomes: Floats, numbers_each: int
) -> dict[str, Floats]:
    """Analyse outcomes in parts that are small enough to be worked on together.

    An outcome asks for about `numbers_each` working numbers.
    """
    together = max(1, WORKING_NUMBERS // max(1, numbers_each))
    found = [
        analyse(outcomes[first : first + together]) for first in range(0, len(outcomes), together)
    ]
    return {name: np.concatenate([part[name] for part in found]) for name in found[0]}
