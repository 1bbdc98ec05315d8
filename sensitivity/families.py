"""The distributions of Vensim's sensitivity runs, cut off at the two ends of a factor's range.

They have Vensim's names and arguments (Vensim Reference Manual, "Distributions" under Sensitivity
Simulations) and are drawn by their quantiles, so that every design serves them.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache
from types import MappingProxyType
from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.distribution import Distribution

if TYPE_CHECKING:
    from numpy.typing import NDArray

    import sdmodel as sd

    Floats = NDArray[np.float64]

VECTOR, GIVEN = "VECTOR", "GIVEN"
_SCALE = ("shift", "stretch")
COUNTS = ("RANDOM BINOMIAL", "RANDOM NEGATIVE BINOMIAL", "RANDOM POISSON")
# A whole count that rounding has moved by less than this is still the same.
_SLACK = 1e-9


class Density:
    """The distribution whose density is a line through points, made to enclose an area of 1.

    Examples
    --------
    >>> wedge = Density((0.0, 1.0), (0.0, 5.0))
    >>> wedge.cdf(np.array([0.5])), wedge.ppf(np.array([0.25]))
    (array([0.25]), array([0.5]))
    """

    def __init__(self, x: tuple[float, ...], y: tuple[float, ...]) -> None:
        self._x, heights = np.array(x), np.array(y)
        steps = 0.5 * (heights[1:] + heights[:-1]) * np.diff(self._x)
        self._area = np.concatenate([[0.0], np.cumsum(steps)]) / steps.sum()
        self._y = heights / steps.sum()

    def cdf(self, x: Any) -> Any:
        """Return the share below x."""
        inside = np.clip(x, self._x[0], self._x[-1])
        place = np.clip(np.searchsorted(self._x, inside, "right") - 1, 0, len(self._x) - 2)
        along = inside - self._x[place]
        return self._area[place] + along * (self._y[place] + 0.5 * self._slope[place] * along)

    def sf(self, x: Any) -> Any:
        """Return the share above x."""
        return 1.0 - self.cdf(x)

    def ppf(self, share: Any) -> Any:
        """Return below what a share lies."""
        share = np.clip(share, 0.0, 1.0)
        place = np.clip(np.searchsorted(self._area, share, "left") - 1, 0, len(self._x) - 2)
        rest = share - self._area[place]
        height = self._y[place]
        # 2c / (b + root), for the slope may be zero.
        root = np.sqrt(np.maximum(height**2 + 2 * self._slope[place] * rest, 0.0))
        below = np.where(height + root > 0, height + root, 1.0)
        return self._x[place] + 2 * rest / below

    def isf(self, share: Any) -> Any:
        """Return above what a share lies."""
        return self.ppf(1.0 - np.asarray(share))

    @property
    def _slope(self) -> Floats:
        width = np.diff(self._x)
        slope: Floats = np.diff(self._y) / np.where(width > 0, width, 1.0)
        return slope


@dataclass(frozen=True, slots=True)
class Cut:
    """A distribution of z between two of its values, where x = shift + stretch z."""

    of: Any
    least: float
    most: float
    shift: float
    stretch: float
    counts: bool

    @property
    def upper(self) -> bool:
        """Whether all of it lies above the median, where shares above are the exact ones."""
        return bool(self.of.cdf(self._below) > 0.5)

    @property
    def _below(self) -> float:
        return self.least - 1 if self.counts else self.least

    @property
    def ends(self) -> tuple[float, float]:
        """The shares below both ends, or above them in the upper half."""
        share = self.of.sf if self.upper else self.of.cdf
        return float(share(self._below)), float(share(self.most))

    @property
    def mass(self) -> float:
        """The share of all draws that lie between the ends."""
        low, high = self.ends
        return abs(high - low) if self.least <= self.most else 0.0

    def quantile(self, u: Floats) -> Floats:
        """Return the value below which a share u of the draws lies."""
        low, high = self.ends
        share = low + (1.0 - u if self.stretch < 0 else u) * (high - low)
        z = self.of.isf(share) if self.upper else self.of.ppf(share)
        found: Floats = self.shift + self.stretch * np.clip(z, self.least, self.most)
        return found

    def share(self, x: Floats) -> Floats:
        """Return the share of the draws below x; of a count, the middle of its share."""
        z = (x - self.shift) / self.stretch
        low, high = self.ends
        share = self.of.sf if self.upper else self.of.cdf
        below = 0.5 * (share(z) + share(z - 1)) if self.counts else share(z)
        found: Floats = np.clip((below - low) / (high - low), 0.0, 1.0)
        return 1.0 - found if self.stretch < 0 else found


@lru_cache(maxsize=256)
def _cut(name: str, low: float, high: float, given: tuple[Any, ...], points: Any) -> Cut:
    from scipy import stats

    said = dict(given)
    shift, stretch = said.get("shift", 0.0), said.get("stretch", 1.0)
    of: Any
    if name == "RANDOM UNIFORM":
        of, shift, stretch = stats.uniform(), low, high - low
    elif name == "RANDOM NORMAL":
        of, shift, stretch = stats.norm(), said["mean"], said["sd"]
    elif name == "RANDOM TRIANGULAR":
        shift, stretch = said["start"], said["stop"] - said["start"]
        of = stats.triang((said["peak"] - shift) / stretch)
    elif name == "RANDOM LOGNORMAL":
        log_sd = math.sqrt(math.log1p((said["sd"] / said["mean"]) ** 2))
        of = stats.lognorm(log_sd, scale=said["mean"] * math.exp(-0.5 * log_sd**2))
    elif name == "RANDOM BETA":
        of = stats.beta(said["a"], said["b"])
    elif name == "RANDOM EXPONENTIAL":
        of = stats.expon()
    elif name == "RANDOM GAMMA":
        of = stats.gamma(said["order"])
    elif name == "RANDOM WEIBULL":  # of mean 1
        of = stats.weibull_min(said["shape"], scale=1.0 / math.gamma(1.0 + 1.0 / said["shape"]))
    elif name == "RANDOM LOOKUP":
        of = Density(*points)
    elif name == "RANDOM BINOMIAL":
        of = stats.binom(int(said["n"]), said["p"])
    elif name == "RANDOM NEGATIVE BINOMIAL":  # the trials, not the failures alone
        of = stats.nbinom(int(said["n"]), said["p"], loc=int(said["n"]))
    else:
        of = stats.poisson(said["mean"])
    ends = sorted(((low - shift) / stretch, (high - shift) / stretch))
    counts = name in COUNTS
    if counts:
        ends = [math.ceil(ends[0] - _SLACK), math.floor(ends[1] + _SLACK)]
    return Cut(of, ends[0], ends[1], shift, stretch, counts)


def cut(factor: sd.Factor) -> Cut:
    """Return the distribution that a factor is drawn from, between its two ends.

    Examples
    --------
    >>> import sdmodel as sd
    >>> delay = sd.Factor("delay", 0, 1e9, 1, distribution="RANDOM EXPONENTIAL", parameters={})
    >>> cut(delay).quantile(np.array([0.5])).round(3)
    array([0.693])
    """
    given = tuple(sorted(factor.parameters.items()))
    return _cut(
        factor.distribution, factor.low, factor.high, given, (factor.values, factor.weights)
    )


def steps(factor: sd.Factor) -> int:
    """Return how many values a vector runs through."""
    across = (factor.high - factor.low) / factor.parameters["step"]
    return math.floor(across + _SLACK) + 1


def _vector(factor: sd.Factor, u: Floats) -> Floats:
    count = steps(factor)
    return factor.low + factor.parameters["step"] * np.minimum(np.floor(u * count), count - 1)


def _vector_share(factor: sd.Factor, x: Floats) -> Floats:
    found: Floats = (np.rint((x - factor.low) / factor.parameters["step"]) + 0.5) / steps(factor)
    return found


def _given(factor: sd.Factor, u: Floats) -> Floats:
    values = np.array(factor.values)
    found: Floats = values[np.minimum((u * len(values)).astype(int), len(values) - 1)]
    return found


def _given_share(factor: sd.Factor, x: Floats) -> Floats:
    values = np.array(factor.values)
    return (np.searchsorted(values, x) + 0.5) / len(values)


def _drawn(name: str, about: str, *parameters: str, lists: bool = False) -> Distribution:
    return Distribution(
        name,
        about,
        lambda factor, u: cut(factor).quantile(u),
        lambda factor, x: cut(factor).share(x),
        free=parameters,
        lists=lists,
    )


FAMILIES: Mapping[str, Distribution] = MappingProxyType(
    {
        row.name: row
        for row in (
            _drawn("RANDOM UNIFORM", "every value alike"),
            _drawn("RANDOM NORMAL", "normal, cut off at both ends", "mean", "sd"),
            _drawn("RANDOM TRIANGULAR", "a triangle, cut off", "start", "peak", "stop"),
            _drawn("RANDOM LOGNORMAL", "of this mean and sd, cut off", "mean", "sd"),
            _drawn("RANDOM BETA", "beta of a and b", "a", "b", *_SCALE),
            _drawn("RANDOM EXPONENTIAL", "exponential of mean 1", *_SCALE),
            _drawn("RANDOM GAMMA", "gamma of an order, its mean", "order", *_SCALE),
            _drawn("RANDOM WEIBULL", "Weibull of a shape, mean 1", "shape", *_SCALE),
            _drawn("RANDOM LOOKUP", "a density by its points", *_SCALE, lists=True),
            _drawn("RANDOM BINOMIAL", "successes in n trials", "p", "n", *_SCALE),
            _drawn("RANDOM NEGATIVE BINOMIAL", "trials up to n successes", "p", "n", *_SCALE),
            _drawn("RANDOM POISSON", "counts of a mean", "mean", *_SCALE),
            Distribution(VECTOR, "evenly from min to max", _vector, _vector_share, free=("step",)),
            Distribution(GIVEN, "the values of a table", _given, _given_share, lists=True),
        )
    }
)
