"""How a value of a lever or uncertainty is drawn: from a number in [0, 1] to one in its range.

Designs are made on the unit cube and carried over by the quantile function of each factor, so
that every method works with every distribution, and two studies that differ in one range only
use the same points.
"""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    import sdmodel as sd

    Floats = NDArray[np.float64]
    Quantile = Callable[[sd.Factor, Floats], Floats]

# low and high are taken as the points two standard deviations from the centre, that is as a
# range which holds the value in about 95 of 100 cases, and nothing outside it is drawn.
DEVIATIONS_ACROSS = 4.0

KINDS = ("continuous", "integer", "switch")


@dataclass(frozen=True, slots=True)
class Distribution:
    """One row of the table: what a distribution is called and how it is drawn.

    Parameters
    ----------
    name
        As it is written after ``distribution =``.
    about
        What it does with low, high and default, in one line.
    quantile
        From the unit interval to the factor's range, rising.
    centred
        Whether it has a centre, which the factor's default gives.
    positive
        Whether low must be above zero.
    """

    name: str
    about: str
    quantile: Quantile
    centred: bool = False
    positive: bool = False


def centre(factor: sd.Factor) -> float:
    """Return the centre of a distribution: the factor's default."""
    return float(factor.default)


def _uniform(factor: sd.Factor, u: Floats) -> Floats:
    return factor.low + u * (factor.high - factor.low)


def _triangular(factor: sd.Factor, u: Floats) -> Floats:
    low, mode, high = factor.low, centre(factor), factor.high
    width = high - low
    rising = low + np.sqrt(u * width * (mode - low))
    falling = high - np.sqrt((1.0 - u) * width * (high - mode))
    return np.where(u < (mode - low) / width, rising, falling)


def _truncated_normal(low: float, mean: float, high: float, u: Floats) -> Floats:
    from scipy.special import ndtr, ndtri

    deviation = (high - low) / DEVIATIONS_ACROSS
    below, above = ndtr((low - mean) / deviation), ndtr((high - mean) / deviation)
    drawn: Floats = mean + deviation * ndtri(below + u * (above - below))
    return drawn


def _normal(factor: sd.Factor, u: Floats) -> Floats:
    return _truncated_normal(factor.low, centre(factor), factor.high, u)


def _lognormal(factor: sd.Factor, u: Floats) -> Floats:
    low, median, high = math.log(factor.low), math.log(centre(factor)), math.log(factor.high)
    return np.exp(_truncated_normal(low, median, high, u))


DISTRIBUTIONS: Mapping[str, Distribution] = MappingProxyType(
    {
        row.name: row
        for row in (
            Distribution("uniform", "every value from low to high alike", _uniform),
            Distribution(
                "triangular",
                "most likely at the default, never below low or above high",
                _triangular,
                centred=True,
            ),
            Distribution(
                "normal",
                "mean = default, low to high = four standard deviations, cut off at both",
                _normal,
                centred=True,
            ),
            Distribution(
                "lognormal",
                "median = default, ln(low) to ln(high) = four standard deviations, cut off at both",
                _lognormal,
                centred=True,
                positive=True,
            ),
        )
    }
)


def scale(factor: sd.Factor, u: Floats) -> Floats:
    """Carry numbers in [0, 1] over to values of one factor.

    Examples
    --------
    >>> import numpy as np
    >>> from sensitivity.space import factor
    >>> scale(factor("tax rate", 0.1, 0.3), np.array([0.0, 0.5, 1.0]))
    array([0.1, 0.2, 0.3])
    >>> scale(factor("plants", 1, 3, kind="integer"), np.array([0.0, 0.5, 1.0]))
    array([1., 2., 3.])
    """
    low, high = factor.low, factor.high
    if factor.kind == "switch":
        return np.where(u < 0.5, low, high)
    if factor.kind == "integer" and factor.distribution == "uniform":
        # Each whole number has the same share of the interval, the two ends included.
        return np.clip(np.floor(low + u * (high - low + 1.0)), low, high)
    drawn = np.clip(DISTRIBUTIONS[factor.distribution].quantile(factor, u), low, high)
    return np.rint(drawn) if factor.kind == "integer" else drawn
