"""Functions of a lookup: its value, area, slope and inverse."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

from sdmodel.expr import Expr, Op, Operand, Table, apply, where
from sdmodel.functions.registry import NOT_AVAILABLE, Build, function


@function("WITH LOOKUP", units="~1, _ -> #", example="WITH LOOKUP(1.5, ((1,10),(2,20)))", value=15)
def with_lookup(build: Build, x: Expr, points: Expr) -> Operand:
    """Return the value at x of a lookup written in place."""
    return build.read(points, x, "interpolate")


@function(
    "LOOKUP EXTRAPOLATE",
    units="x, ~1 -> x",
    example="LOOKUP EXTRAPOLATE(example lookup, 3)",
    value=30,
    lookup=True,
)
def lookup_extrapolate(build: Build, lookup: Expr, x: Expr) -> Operand:
    """Return the value of a lookup at x, beyond its ends along the last slope."""
    return build.read(lookup, x, "extrapolate")


@function(
    "LOOKUP FORWARD",
    units="x, ~1 -> x",
    example="LOOKUP FORWARD(example lookup, 1.5)",
    value=20,
    lookup=True,
)
def lookup_forward(build: Build, lookup: Expr, x: Expr) -> Operand:
    """Return the value of the next point of a lookup, without interpolation."""
    return build.read(lookup, x, "forward")


@function(
    "LOOKUP BACKWARD",
    units="x, ~1 -> x",
    example="LOOKUP BACKWARD(example lookup, 1.5)",
    value=10,
    lookup=True,
)
def lookup_backward(build: Build, lookup: Expr, x: Expr) -> Operand:
    """Return the value of the previous point of a lookup, without interpolation."""
    return build.read(lookup, x, "backward")


def distinct(table: Table) -> Table:
    """Return the points of a table without those between the first and last of the same x."""
    kept: list[tuple[float, float]] = []
    for x, y in zip(table.xs, table.ys, strict=True):
        if len(kept) > 1 and kept[-2][0] == kept[-1][0] == x:
            kept.pop()
        kept.append((x, y))
    return Table(tuple(x for x, _ in kept), tuple(y for _, y in kept))


def slopes(table: Table) -> Table:
    """Return the slope behind each point, zero behind the last and where a table jumps."""
    points = list(pairwise(zip(table.xs, table.ys, strict=True)))
    found = [(d - b) / (c - a) if c > a else 0.0 for (a, b), (c, d) in points]
    return Table(table.xs, (*found, 0.0))


def areas(table: Table) -> Table:
    """Return the area under a table from its first point up to each point."""
    total = [0.0]
    for (a, b), (c, d) in pairwise(zip(table.xs, table.ys, strict=True)):
        total.append(total[-1] + (c - a) * (b + d) / 2)
    return Table(table.xs, tuple(total))


def starts(table: Table) -> Table:
    """Return the identity at the points of a table."""
    return Table(table.xs, table.xs)


def ends(build: Build, lookup: Expr) -> tuple[Expr, Expr]:
    """Return the first and the last x of a lookup."""

    def level(place: int) -> Callable[[Table], Table]:
        return lambda table: Table((0.0,), (table.xs[place],))

    first, last = (build.read(lookup, 0, "backward", level(place)) for place in (0, -1))
    return build.auxiliary(first), build.auxiliary(last)


def area_up_to(build: Build, lookup: Expr, x: Operand) -> Expr:
    """Return the area under a lookup from its first point to x, negative to the left of it."""
    first, last = ends(build, lookup)
    at = build.auxiliary(x)
    inside = build.auxiliary(apply(Op.MAX, apply(Op.MIN, at, last), first))

    def before(what: Callable[[Table], Table]) -> Expr:
        return build.read(lookup, inside, "backward", lambda table: what(distinct(table)))

    run = build.auxiliary(inside - before(starts))
    height = before(lambda table: table) + before(slopes) * run / 2
    outside = (at - inside) * build.read(lookup, inside, "interpolate")
    return before(areas) + run * height + outside


@function(
    "LOOKUP AREA",
    units="x, y, y -> x*y",
    example="LOOKUP AREA(example lookup, 1, 2)",
    value=15,
    lookup=True,
)
def lookup_area(build: Build, lookup: Expr, start: Expr, end: Expr) -> Operand:
    """Return the area under a lookup between two values; beyond its ends the lookup is level."""
    return area_up_to(build, lookup, end) - area_up_to(build, lookup, start)


def _envelope(table: Table, sign: float) -> list[tuple[float, float]]:
    """Return where a table first rises (or, with sign -1, first falls) to each value, as (y, x)."""
    points = [(x, sign * y) for x, y in zip(table.xs, table.ys, strict=True)]
    found = [(points[0][1], points[0][0])]
    for (a, b), (c, d) in pairwise(points):
        top, reached = found[-1]
        if d <= top:
            continue
        if b < top or a > reached:
            # The next higher value is reached past where the table comes back to the highest.
            found.append((math.nextafter(top, math.inf), a + (top - b) / (d - b) * (c - a)))
        found.append((d, c))
    return [(sign * y, x) for y, x in found]


def inverse(table: Table) -> Table:
    """Return the smallest x for each value of a table.

    What is above its first value lies on the way up to the highest so far, what is below on the
    way down to the lowest.
    """
    falls = _envelope(table, -1)[:0:-1]
    points = [*falls, *_envelope(table, 1)]
    return Table(tuple(y for y, _ in points), tuple(x for _, x in points))


@function(
    "LOOKUP INVERT",
    units="x, x -> _",
    example="LOOKUP INVERT(example lookup, 15)",
    value=1.5,
    lookup=True,
)
def lookup_invert(build: Build, lookup: Expr, y: Expr) -> Operand:
    """Return the smallest x at which a lookup has the value y; :NA: where there is none."""

    def extreme(which: Callable[[tuple[float, ...]], float]) -> Expr:
        return build.read(lookup, 0, "backward", lambda table: Table((0.0,), (which(table.ys),)))

    outside = apply(Op.OR, y < extreme(min), y > extreme(max))
    return where(outside, NOT_AVAILABLE, build.read(lookup, y, "interpolate", inverse))


def _jumps(table: Table) -> Table:
    """Return 1 at the points where a table jumps, 0 at its other points."""
    doubled = {a for a, b in pairwise(table.xs) if a == b}
    return Table(table.xs, tuple(float(x in doubled) for x in table.xs))


def _slopes_before(table: Table) -> Table:
    """Return the slope before each point; at the first that of the first segment."""
    found = slopes(table).ys
    return Table(table.xs, (found[0], *found[:-1]))


def _slopes_behind(table: Table) -> Table:
    """Return the slope behind each point; at the last that of the last segment."""
    found = slopes(table).ys
    return Table(table.xs, (*found[:-1], found[-2])) if len(found) > 1 else Table(table.xs, found)


@function(
    "LOOKUP SLOPE",
    units="x, y, 1 -> x/y",
    example="LOOKUP SLOPE(example lookup, 1.5, 0)",
    value=10,
    lookup=True,
)
def lookup_slope(build: Build, lookup: Expr, x: Expr, mode: Expr) -> Operand:
    """Return the slope of a lookup at x, at a point the mean of both sides.

    Beyond the ends it is 0, with mode 1 that of the nearest segment, with mode -1 :NA:. At a point
    where the lookup jumps it is :NA:.
    """

    def read(direction: str, what: Callable[[Table], Table]) -> Expr:
        return build.read(lookup, x, direction, lambda table: what(distinct(table)))

    first, last = ends(build, lookup)
    slope = (read("backward", _slopes_behind) + read("forward", _slopes_before)) / 2
    on_point = apply(Op.EQ, x, read("backward", starts))
    jumps = apply(Op.AND, on_point, read("backward", _jumps))
    inner = where(jumps, NOT_AVAILABLE, slope)
    beyond = where(apply(Op.EQ, mode, 0), 0, where(mode > 0, slope, NOT_AVAILABLE))
    return where(apply(Op.OR, x < first, x > last), beyond, inner)
