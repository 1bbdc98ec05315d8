"""How a value of a lever or uncertainty is drawn: from a number in [0, 1] to one in its range.

Designs are made on the unit cube and carried over by the quantile function of each factor, so
that every method works with every distribution, and two studies that differ in one range only
use the same points. The way back, from a value to its place in [0, 1], is the distribution's share
of values below.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.distribution import Distribution
from sensitivity.families import FAMILIES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    import sdmodel as sd

    Floats = NDArray[np.float64]

# low and high are taken as the points two standard deviations from the centre, that is as a
# range which holds the value in about 95 of 100 cases, and nothing outside it is drawn.
DEVIATIONS_ACROSS = 4.0

KINDS = ("continuous", "integer", "categorical", "switch")


def distribution(name: str) -> Distribution | None:
    """Return a distribution by name, those of Vensim's control files too; None for any other.

    Examples
    --------
    >>> distribution("RANDOM GAMMA").parameters
    ('order', 'shift', 'stretch')
    """
    return DISTRIBUTIONS.get(name) or FAMILIES.get(name)


def _of(factor: sd.Factor) -> Distribution:
    found = distribution(factor.distribution)
    assert found is not None, factor.distribution  # a space has refused it
    return found


def centre(factor: sd.Factor) -> float:
    """Return the centre of a distribution: the parameter that says so, or the factor's default."""
    word = _of(factor).centre
    return float(factor.parameters.get(word, factor.default))


def _uniform(factor: sd.Factor, u: Floats) -> Floats:
    return factor.low + u * (factor.high - factor.low)


def _uniform_share(factor: sd.Factor, x: Floats) -> Floats:
    return (x - factor.low) / (factor.high - factor.low)


def _loguniform(factor: sd.Factor, u: Floats) -> Floats:
    low, high = math.log(factor.low), math.log(factor.high)
    return np.exp(low + u * (high - low))


def _loguniform_share(factor: sd.Factor, x: Floats) -> Floats:
    low, high = math.log(factor.low), math.log(factor.high)
    return (np.log(x) - low) / (high - low)


def _triangular(factor: sd.Factor, u: Floats) -> Floats:
    low, mode, high = factor.low, centre(factor), factor.high
    width = high - low
    rising = low + np.sqrt(u * width * (mode - low))
    falling = high - np.sqrt((1.0 - u) * width * (high - mode))
    return np.where(u < (mode - low) / width, rising, falling)


def _triangular_share(factor: sd.Factor, x: Floats) -> Floats:
    low, mode, high = factor.low, centre(factor), factor.high
    width = high - low
    # With the mode at an end one side is empty, and what is divided by does not matter.
    rising = (x - low) ** 2 / (width * ((mode - low) or width))
    falling = 1.0 - (high - x) ** 2 / (width * ((high - mode) or width))
    return np.where(x < mode, rising, falling)


def _cut(low: float, mean: float, high: float, deviation: float) -> tuple[float, float]:
    """Return the shares of a normal distribution below low and below high."""
    from scipy.special import ndtr

    return float(ndtr((low - mean) / deviation)), float(ndtr((high - mean) / deviation))


def _normal(factor: sd.Factor, u: Floats) -> Floats:
    from scipy.special import ndtri

    mean, deviation = centre(factor), _deviation(factor, "sd", factor.high - factor.low)
    below, above = _cut(factor.low, mean, factor.high, deviation)
    drawn: Floats = mean + deviation * ndtri(below + u * (above - below))
    return drawn


def _normal_share(factor: sd.Factor, x: Floats) -> Floats:
    from scipy.special import ndtr

    mean, deviation = centre(factor), _deviation(factor, "sd", factor.high - factor.low)
    below, above = _cut(factor.low, mean, factor.high, deviation)
    share: Floats = (ndtr((x - mean) / deviation) - below) / (above - below)
    return share


def _logarithms(factor: sd.Factor) -> tuple[float, float, float, float]:
    low, median, high = math.log(factor.low), math.log(centre(factor)), math.log(factor.high)
    return low, median, high, _deviation(factor, "log_sd", high - low)


def _deviation(factor: sd.Factor, word: str, width: float) -> float:
    return float(factor.parameters.get(word, width / DEVIATIONS_ACROSS))


def _lognormal(factor: sd.Factor, u: Floats) -> Floats:
    from scipy.special import ndtri

    low, median, high, deviation = _logarithms(factor)
    below, above = _cut(low, median, high, deviation)
    drawn: Floats = np.exp(median + deviation * ndtri(below + u * (above - below)))
    return drawn


def _lognormal_share(factor: sd.Factor, x: Floats) -> Floats:
    from scipy.special import ndtr

    low, median, high, deviation = _logarithms(factor)
    below, above = _cut(low, median, high, deviation)
    share: Floats = (ndtr((np.log(x) - median) / deviation) - below) / (above - below)
    return share


def _beta(factor: sd.Factor, u: Floats) -> Floats:
    from scipy.special import betaincinv

    a, b = factor.parameters["a"], factor.parameters["b"]
    drawn: Floats = factor.low + (factor.high - factor.low) * betaincinv(a, b, u)
    return drawn


def _beta_share(factor: sd.Factor, x: Floats) -> Floats:
    from scipy.special import betainc

    a, b = factor.parameters["a"], factor.parameters["b"]
    share: Floats = betainc(a, b, (x - factor.low) / (factor.high - factor.low))
    return share


def _steps(factor: sd.Factor) -> Floats:
    """Return where in [0, 1] the share of each value ends."""
    if not factor.weights:
        return np.arange(1, len(factor.values) + 1) / len(factor.values)
    ends: Floats = np.cumsum(factor.weights) / math.fsum(factor.weights)
    return ends


def _discrete(factor: sd.Factor, u: Floats) -> Floats:
    place = np.searchsorted(_steps(factor), u, side="right")
    return np.array(factor.values)[np.minimum(place, len(factor.values) - 1)]


def _discrete_share(factor: sd.Factor, x: Floats) -> Floats:
    """Return the middle of the share that each value has, not a number for any other value."""
    ends = _steps(factor)
    middles = 0.5 * (ends + np.concatenate([[0.0], ends[:-1]]))
    found = np.full(np.shape(x), np.nan)
    for value, middle in zip(factor.values, middles, strict=True):
        found[np.asarray(x) == value] = middle
    return found


DISTRIBUTIONS: Mapping[str, Distribution] = MappingProxyType(
    {
        row.name: row
        for row in (
            Distribution("uniform", "every value alike", _uniform, _uniform_share),
            Distribution(
                "loguniform",
                "every order of magnitude alike",
                _loguniform,
                _loguniform_share,
                positive=True,
            ),
            Distribution(
                "triangular",
                "most likely at the mode (the default), never below low or above high",
                _triangular,
                _triangular_share,
                centre="mode",
            ),
            Distribution(
                "normal",
                "about the mean (the default), with sd (a quarter of the range), cut off at both "
                "ends",
                _normal,
                _normal_share,
                centre="mean",
                widths=("sd",),
            ),
            Distribution(
                "lognormal",
                "about the median (the default), with log_sd, the standard deviation of the "
                "logarithm (a quarter of its range), cut off at both ends",
                _lognormal,
                _lognormal_share,
                centre="median",
                widths=("log_sd",),
                positive=True,
            ),
            Distribution(
                "beta",
                "beta distribution of a and b, from low to high",
                _beta,
                _beta_share,
                needs=("a", "b"),
            ),
            Distribution(
                "discrete",
                "the values alone, as often as their weights say",
                _discrete,
                _discrete_share,
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
    if factor.distribution == "discrete":
        return _discrete(factor, u)
    if factor.kind == "integer" and factor.distribution == "uniform":
        # Each whole number has the same share of the interval, the two ends included.
        return np.clip(np.floor(low + u * (high - low + 1.0)), low, high)
    drawn = np.clip(_of(factor).quantile(factor, u), low, high)
    return np.rint(drawn) if factor.kind == "integer" else drawn


def unit(factor: sd.Factor, x: Floats) -> Floats:
    """Carry values of one factor back to [0, 1]; not a number for what it never takes.

    A whole number or a value of a list goes to the middle of its share.

    Examples
    --------
    >>> import numpy as np
    >>> from sensitivity.space import factor
    >>> unit(factor("tax rate", 0.1, 0.3), np.array([0.1, 0.25]))
    array([0.  , 0.75])
    >>> unit(factor("plants", 1, 4, kind="integer"), np.array([1.0, 2.0, 2.5]))
    array([0.125, 0.375,   nan])
    """
    low, high = factor.low, factor.high
    x = np.asarray(x, dtype=float)
    share = _of(factor).share
    if factor.kind == "switch":
        return np.select([x == low, x == high], [0.25, 0.75], np.nan)
    if factor.distribution == "discrete":
        return share(factor, x)
    known = (x >= low) & (x <= high)
    # What is outside would leave the domain of a logarithm or root.
    inside = np.where(known, x, low)
    if factor.kind == "integer":
        known &= x == np.rint(x)
        if factor.distribution == "uniform":
            found = (inside - low + 0.5) / (high - low + 1.0)
        else:
            edges = [np.clip(inside + side, low, high) for side in (-0.5, 0.5)]
            found = 0.5 * (share(factor, edges[0]) + share(factor, edges[1]))
    else:
        found = np.clip(share(factor, inside), 0.0, 1.0)
    return np.where(known, found, np.nan)
