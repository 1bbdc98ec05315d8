"""Points of a series, checked and put in order."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from sdmodel.expr import Table
from sdmodel.external.refusal import Refusal


class Point(NamedTuple):
    """A time (or any x) and the value there."""

    x: float
    y: float


def table(points: Sequence[Point], where: str, *, steps: bool) -> Table:
    """Return points as a table sorted by x; those that say the same twice are kept once.

    Parameters
    ----------
    points : sequence of Point
        In any order.
    where : str
        What a message calls them.
    steps : bool
        Whether one x may have two values, as in a lookup that jumps there.

    Raises
    ------
    Refusal
        There is no point, or one x has two values and may not.

    Examples
    --------
    >>> table([Point(2, 20), Point(1, 10), Point(1, 10)], "a.dat", steps=False).xs
    (1, 2)
    """
    kept: list[Point] = []
    for point in sorted(points, key=lambda one: one.x):
        if kept and kept[-1] == point:
            continue
        if kept and kept[-1].x == point.x and not steps:
            raise Refusal(
                f"{where} has two values at {point.x:g}: {kept[-1].y:g} and {point.y:g}",
                "keep one of the two",
            )
        kept.append(point)
    if not kept:
        raise Refusal(f"{where} has no numbers", "fill it in, or correct where it is read from")
    return Table(tuple(one.x for one in kept), tuple(one.y for one in kept))
