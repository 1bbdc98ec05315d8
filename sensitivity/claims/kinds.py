"""The kinds of claims: what each compares, and when it holds in a draw.

A kind looks at all draws at once. ``values`` has one row per item and one column per draw; ``band``
is what counts as no difference in each draw. It gives the size of the effect, above zero where it
points the way that the claim says, and a sign: 1 where the claim holds, -1 where its opposite does,
0 where neither.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.claims.book import Claim

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Signs = NDArray[np.int8]
    Judge = Callable[[Claim, Floats, Floats], tuple[Floats, Signs]]


@dataclass(frozen=True, slots=True)
class Kind:
    """One row of the table: a way to compare.

    Parameters
    ----------
    name, about
        As it is written after ``kind =``, and when it holds.
    judge
        From a claim, values (items, draws) and bands (draws) to effects and signs.
    least, most
        How many items it needs.
    expects
        The directions to choose from; the first is meant where none is said.
    mirror
        The same kind of claim with its direction reversed; None where there is no opposite.
    courses
        Whether it looks at whole courses (items, times, draws), with bands (times, draws).
    """

    name: str
    about: str
    judge: Judge
    least: int
    most: int
    expects: tuple[str, ...] = ()
    mirror: Callable[[Claim], Claim] | None = None
    courses: bool = False


# What a mirrored claim expects where no file can say so: all that it says in reverse.
REVERSED = "reversed"


def weights_of(claim: Claim) -> Floats:
    """Return how each item of a claim enters its effect, for the error of the effect.

    Examples
    --------
    >>> from sensitivity.claims.book import Claim, Item
    >>> weights_of(Claim("c", "", "above", (Item("a", "x"), Item("b", "x"))))
    array([ 1., -1.])
    """
    if claim.kind == "contrast":
        return np.array(claim.weights)
    if claim.kind == "interaction":
        return np.array([1.0, -1.0, -1.0, 1.0])
    if claim.kind == "level":
        return np.array([1.0])
    # Where many are compared, an effect is the difference of two of them.
    return np.array([1.0, -1.0])


def _sign(effect: Floats, band: Floats) -> Signs:
    return ((effect > band).astype(np.int8) - (effect < -band)).astype(np.int8)


def _direction(claim: Claim) -> float:
    return -1.0 if claim.expect in ("negative", "below", "trough", REVERSED) else 1.0


def _above(_claim: Claim, values: Floats, band: Floats) -> tuple[Floats, Signs]:
    effect = values[0] - values[1]
    return effect, _sign(effect, band)


def _below(claim: Claim, values: Floats, band: Floats) -> tuple[Floats, Signs]:
    return _above(claim, values[::-1], band)


def _same(_claim: Claim, values: Floats, band: Floats) -> tuple[Floats, Signs]:
    effect = values[0] - values[1]
    return effect, (np.abs(effect) <= band).astype(np.int8)


def _level(claim: Claim, values: Floats, band: Floats) -> tuple[Floats, Signs]:
    effect = _direction(claim) * (values[0] - claim.level)
    return effect, _sign(effect, band)


def _ordering(claim: Claim, values: Floats, band: Floats) -> tuple[Floats, Signs]:
    steps = -_direction(claim) * np.diff(values, axis=0)
    holds, opposite = steps.min(axis=0) > band, steps.max(axis=0) < -band
    return steps.min(axis=0), (holds.astype(np.int8) - opposite).astype(np.int8)


def _best(_claim: Claim, values: Floats, band: Floats) -> tuple[Floats, Signs]:
    effect, behind = values[0] - values[1:].max(axis=0), values[1:].min(axis=0) - values[0]
    holds, opposite = effect > band, behind > band
    return effect, (holds.astype(np.int8) - opposite).astype(np.int8)


def _worst(claim: Claim, values: Floats, band: Floats) -> tuple[Floats, Signs]:
    return _best(claim, -values, band)


def _contrast(claim: Claim, values: Floats, band: Floats) -> tuple[Floats, Signs]:
    effect = np.zeros(values.shape[1])
    for weight, row in zip(weights_of(claim), values, strict=True):
        effect += weight * row
    effect *= _direction(claim)
    return effect, _sign(effect, band)


def _interior(claim: Claim, values: Floats, band: Floats) -> tuple[Floats, Signs]:
    """Judge a scan: some inner point beats both ends, for the peak or for the trough.

    A scan may have both a peak and a trough inside. Either claim holds then, and neither is the
    opposite of the other; in all other scans they are opposites.
    """
    way = _direction(claim)
    scan = way * values
    ends, inner = scan[[0, -1]], scan[1:-1]
    effect = inner.max(axis=0) - ends.max(axis=0)
    holds = effect > band
    opposite = (ends.min(axis=0) - inner.min(axis=0) > band) & ~holds
    return effect, (holds.astype(np.int8) - opposite).astype(np.int8)


def _backwards(claim: Claim) -> Claim:
    # The items stay as they are: the last of them is what the band is a share of.
    return replace(claim, expect="" if claim.expect == REVERSED else REVERSED)


def _turned(claim: Claim) -> Claim:
    expects = KINDS[claim.kind].expects
    return replace(claim, expect=expects[1] if claim.expect != expects[1] else expects[0])


def _renamed(other: str) -> Callable[[Claim], Claim]:
    return lambda claim: replace(claim, kind=other)


def mirrored(claim: Claim) -> Claim | None:
    """Return the claim with its direction reversed, or None where it has no opposite.

    Examples
    --------
    >>> from sensitivity.claims.book import Claim, Item
    >>> mirrored(Claim("c", "", "above", (Item("a", "x"), Item("b", "x")))).kind
    'below'
    """
    mirror = KINDS[claim.kind].mirror
    return None if mirror is None else mirror(claim)


def _crossover(claim: Claim, courses: Floats, band: Floats) -> tuple[Floats, Signs]:
    """Judge courses (items, times, draws): the smaller of both leads, early and at the end.

    The early lead is the largest one before the second item leads for the first time.
    """
    ahead = _direction(claim) * (courses[0] - courses[1])
    signs = _sign(ahead, band)
    first = np.take_along_axis(signs, (signs != 0).argmax(axis=0)[None], axis=0)[0]
    last = signs[-1]
    early = np.logical_and.accumulate(signs >= 0, axis=0)
    early[0] = True
    effect = np.minimum(np.where(early, ahead, -np.inf).max(axis=0), -ahead[-1])
    holds, opposite = (first > 0) & (last < 0), (first < 0) & (last > 0)
    return effect, (holds.astype(np.int8) - opposite).astype(np.int8)


def crossing(times: Floats, courses: Floats) -> Floats:
    """Return when the lead of the first item over the second last changed sign in each draw.

    It is on the straight line between two saved times, and NaN where the lead never changes.

    Examples
    --------
    >>> import numpy as np
    >>> first, second = [[2.0], [1.0], [0.0]], [[0.0], [0.0], [1.0]]
    >>> crossing(np.array([0.0, 1.0, 2.0]), np.array([first, second]))
    array([1.5])
    """
    ahead = courses[0] - courses[1]
    change = (ahead[:-1] > 0) != (ahead[1:] > 0)
    ever = change.any(axis=0)
    place = len(change) - 1 - change[::-1].argmax(axis=0)
    draws = np.arange(ahead.shape[1])
    here, there = ahead[place, draws], ahead[place + 1, draws]
    fall = np.where(ever & (here != there), here - there, 1.0)
    when = times[place] + here / fall * (times[place + 1] - times[place])
    return np.where(ever, when, np.nan)


MANY = 1000
KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        row.name: row
        for row in (
            Kind("above", "the first is above the second", _above, 2, 2, (), _renamed("below")),
            Kind("below", "the first is below the second", _below, 2, 2, (), _renamed("above")),
            Kind("same", "the two do not differ", _same, 2, 2),
            Kind(
                "level",
                "it is above (or below) a number",
                _level,
                1,
                1,
                ("above", "below"),
                _turned,
            ),
            Kind("ordering", "each is above the next", _ordering, 2, MANY, (), _backwards),
            Kind("best", "the first is above all others", _best, 2, MANY, (), _renamed("worst")),
            Kind("worst", "the first is below all others", _worst, 2, MANY, (), _renamed("best")),
            Kind(
                "interaction",
                "two together do more (or less) than the sum of each",
                _contrast,
                4,
                4,
                ("positive", "negative"),
                _turned,
            ),
            Kind(
                "contrast",
                "the weighted sum is positive (or negative)",
                _contrast,
                1,
                MANY,
                ("positive", "negative"),
                _turned,
            ),
            Kind(
                "interior",
                "some point inside a scan is above (or below) both ends",
                _interior,
                3,
                MANY,
                ("peak", "trough"),
                _turned,
            ),
            Kind(
                "crossover",
                "the first leads at first, the second at the end",
                _crossover,
                2,
                2,
                (),
                _backwards,
                courses=True,
            ),
        )
    }
)
