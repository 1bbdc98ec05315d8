"""Inputs that go together: a Gaussian copula with given rank correlations.

The numbers of a design are carried over to normal ones, mixed there, and carried back, so that
every factor keeps its own distribution. Spearman's rank correlation rho of two normal numbers
with correlation r is (6/pi) asin(r/2) (Pearson 1907), so r = 2 sin(pi rho/6).
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

import sdmodel as sd
from sensitivity.errors import fold, near

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

Correlations = tuple[tuple[str, str, float], ...]
# The least eigenvalue of a matrix of correlations that is taken: below it, some factor is as good
# as given by the others.
_LEAST = 1e-8
# No number of a design stands at the very end of [0, 1], where a normal number has no end.
_END = 2.0**-53


def faults(factors: Sequence[sd.Factor], levers: int, correlations: Correlations) -> Iterator[str]:
    """Yield everything because of which some factors cannot go together as is said.

    Parameters
    ----------
    factors
        The levers, then the uncertainties.
    levers
        How many levers there are.
    correlations
        Two names and their rank correlation, each.

    Examples
    --------
    >>> list(faults([sd.Factor("a", 0, 1, 0.5)], 0, (("a", "b", 0.5),)))
    ["correlations: no factor is named 'b'"]
    """
    place = {fold(one.name): i for i, one in enumerate(factors)}
    pairs: set[frozenset[str]] = set()
    sound = True
    for one, other, rho in correlations:
        strange = [name for name in (one, other) if fold(name) not in place]
        for name in strange:
            known = [factor.name for factor in factors]
            yield f"correlations: no factor is named '{name}'{near(name, known)}"
        who = f"the correlation of '{one}' with '{other}'"
        pair = frozenset((fold(one), fold(other)))
        problems = []
        if not strange:
            problems = list(_of_pair(who, [factors[place[key]] for key in sorted(pair)], rho))
            if len({place[key] < levers for key in pair}) == 2:
                problems.append(
                    f"{who} binds a lever to an uncertainty: a lever is chosen, not drawn, so "
                    "leave it out"
                )
        if pair in pairs:
            problems.append(f"{who} is there twice: leave one out")
        pairs.add(pair)
        yield from problems
        sound = sound and not strange and not problems
    if sound and correlations:
        yield from _of_matrix(tuple(one.name for one in factors), correlations)


def _of_pair(who: str, pair: Sequence[sd.Factor], rho: float) -> Iterator[str]:
    if len(pair) == 1:
        yield f"{who} is of a factor with itself: name two"
    if not -1 < rho < 1:
        yield (
            f"{who} is {rho:g}: it must lie between -1 and 1, ends excluded; where one follows "
            "from the other, compute it in the model"
        )
    for one in pair:
        if one.kind == "categorical":
            yield f"{who}: the values of '{one.name}' are in no order, so nothing rises with them"


def _of_matrix(names: tuple[str, ...], correlations: Correlations) -> Iterator[str]:
    if _least(names, correlations, 1.0) > _LEAST:
        return
    low, high = 0.0, 1.0
    while high - low > 1e-6:
        middle = 0.5 * (low + high)
        fits = _least(names, correlations, middle) > _LEAST
        low, high = (middle, high) if fits else (low, middle)
    part = math.floor(low * 100) / 100
    shown = ", ".join(f"'{a}' with '{b}' {rho:g}" for a, b, rho in correlations)
    yield (
        f"these correlations contradict each other: {shown}; no numbers can go together like that. "
        f"Make them weaker: {part:g} times each would do"
    )


def _least(names: tuple[str, ...], correlations: Correlations, part: float) -> float:
    weaker = tuple((one, other, part * rho) for one, other, rho in correlations)
    return float(np.linalg.eigvalsh(_matrix(names, weaker))[0])


def _matrix(names: tuple[str, ...], correlations: Correlations) -> Floats:
    """Return the correlations of the normal numbers, a row and column for each factor."""
    place = {fold(name): i for i, name in enumerate(names)}
    found = np.eye(len(names))
    for one, other, rho in correlations:
        i, j = place[fold(one)], place[fold(other)]
        found[i, j] = found[j, i] = 2.0 * math.sin(math.pi * rho / 6.0)
    return found


@lru_cache(maxsize=64)
def _root(names: tuple[str, ...], correlations: Correlations) -> tuple[tuple[float, ...], ...]:
    return tuple(map(tuple, np.linalg.cholesky(_matrix(names, correlations)).tolist()))


def joined(u: Floats, names: tuple[str, ...], correlations: Correlations) -> Floats:
    """Return a design of independent numbers as one whose columns go together.

    A factor that goes with none before it keeps its numbers to the last digit.

    Examples
    --------
    >>> u = np.array([[0.9, 0.5]])
    >>> joined(u, ("a", "b"), (("a", "b", 0.8),)).round(3)
    array([[0.9  , 0.851]])
    """
    from scipy.special import ndtr

    found, normal = u.copy(), _normal(u)
    for column, row in enumerate(_root(names, correlations)):
        if any(row[:column]):
            # Term by term, so that no row depends on how many others there are.
            mixed = row[column] * normal[column]
            for before in np.flatnonzero(row[:column]):
                mixed = mixed + row[before] * normal[before]
            found[:, column] = ndtr(mixed)
    return found


def parted(u: Floats, names: tuple[str, ...], correlations: Correlations) -> Floats:
    """Return the independent numbers of which `joined` makes these.

    Examples
    --------
    >>> pair = ("a", "b"), (("a", "b", 0.8),)
    >>> parted(joined(np.array([[0.9, 0.5]]), *pair), *pair).round(12)
    array([[0.9, 0.5]])
    """
    from scipy.special import ndtr

    found, normal = u.copy(), _normal(u)
    for column, row in enumerate(_root(names, correlations)):
        if any(row[:column]):
            mixed = normal[column]
            for before in np.flatnonzero(row[:column]):
                mixed = mixed - row[before] * normal[before]
            normal[column] = mixed / row[column]
            found[:, column] = ndtr(normal[column])
    return found


def _normal(u: Floats) -> list[Floats]:
    from scipy.special import ndtri

    return [ndtri(np.clip(u[:, column], _END, 1.0 - _END)) for column in range(u.shape[1])]
