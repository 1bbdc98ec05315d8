"""Functions of a lookup: its value, area, slope and inverse."""

from __future__ import annotations

from itertools import pairwise

from sdmodel.expr import Expr, Lookup, Op, Operand, Table, apply, where
from sdmodel.functions.registry import NOT_AVAILABLE, Build, function

# Segments that the inverse of a table with ups and downs is searched through, one by one.
MOST_SEGMENTS = 200


@function("WITH LOOKUP", example="WITH LOOKUP(1.5, ((1,10),(2,20)))", value=15)
def with_lookup(build: Build, x: Expr, points: Expr) -> Operand:
    """Return the value at x of a lookup written in place."""
    return build.read(points, x, "interpolate")


@function(
    "LOOKUP EXTRAPOLATE",
    example="LOOKUP EXTRAPOLATE(example lookup, 3)",
    value=30,
    lookup=True,
)
def lookup_extrapolate(build: Build, lookup: Expr, x: Expr) -> Operand:
    """Return the value of a lookup at x, beyond its ends along the last slope."""
    return build.read(lookup, x, "extrapolate")


@function("LOOKUP FORWARD", example="LOOKUP FORWARD(example lookup, 1.5)", value=20, lookup=True)
def lookup_forward(build: Build, lookup: Expr, x: Expr) -> Operand:
    """Return the value of the next point of a lookup, without interpolation."""
    return build.read(lookup, x, "forward")


@function("LOOKUP BACKWARD", example="LOOKUP BACKWARD(example lookup, 1.5)", value=10, lookup=True)
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


def slopes(table: Table) -> list[float]:
    """Return the slope of each segment; zero where a table jumps."""
    points = list(pairwise(zip(table.xs, table.ys, strict=True)))
    return [(d - b) / (c - a) if c > a else 0.0 for (a, b), (c, d) in points]


def areas(table: Table) -> list[float]:
    """Return the area under a table from its first point up to each point."""
    total = [0.0]
    for (a, b), (c, d) in pairwise(zip(table.xs, table.ys, strict=True)):
        total.append(total[-1] + (c - a) * (b + d) / 2)
    return total


def area_up_to(build: Build, table: Table, x: Operand) -> Expr:
    """Return the area under a table from its first point to x, negative to the left of it."""
    table = distinct(table)
    first, last = table.xs[0], table.xs[-1]
    at = build.auxiliary(x)
    inside = build.auxiliary(apply(Op.MAX, apply(Op.MIN, at, last), first))
    outside = (at - inside) * Lookup(table, inside)
    if len(table.xs) == 1:
        return outside

    def before(values: tuple[float, ...]) -> Lookup:
        return Lookup(Table(table.xs, values), inside, "backward")

    run = build.auxiliary(inside - before(table.xs))
    slope = before((*slopes(table), 0.0))
    return before(tuple(areas(table))) + run * (before(table.ys) + slope * run / 2) + outside


@function("LOOKUP AREA", example="LOOKUP AREA(example lookup, 1, 2)", value=15, lookup=True)
def lookup_area(build: Build, lookup: Expr, start: Expr, end: Expr) -> Operand:
    """Return the area under a lookup between two values; beyond its ends the lookup is level."""
    table = build.table(lookup)
    return area_up_to(build, table, end) - area_up_to(build, table, start)


@function("LOOKUP INVERT", example="LOOKUP INVERT(example lookup, 15)", value=1.5, lookup=True)
def lookup_invert(build: Build, lookup: Expr, y: Expr) -> Operand:
    """Return the smallest x at which a lookup has the value y; :NA: where there is none."""
    table = distinct(build.table(lookup))
    xs, ys = table.xs, table.ys
    if all(a < b for a, b in pairwise(ys)):
        found: Expr = Lookup(Table(ys, xs), y)
    elif all(a > b for a, b in pairwise(ys)):
        found = Lookup(Table(ys[::-1], xs[::-1]), y)
    elif len(xs) > MOST_SEGMENTS:
        reason = f"a lookup with ups and downs is inverted up to {MOST_SEGMENTS} points"
        return build.refuse(lookup, reason, "use fewer points, or split it where it turns")
    else:
        at = build.auxiliary(y)
        found = where(at >= 0, NOT_AVAILABLE, NOT_AVAILABLE)
        for (a, b), (c, d) in reversed(list(pairwise(zip(xs, ys, strict=True)))):
            between = apply(Op.AND, at >= min(b, d), at <= max(b, d))
            share = (at - b) / (d - b) if b != d else 0.0
            found = where(between, a + share * (c - a), found)
    outside = apply(Op.OR, y < min(ys), y > max(ys))
    return where(outside, NOT_AVAILABLE, found)


@function("LOOKUP SLOPE", example="LOOKUP SLOPE(example lookup, 1.5, 0)", value=10, lookup=True)
def lookup_slope(build: Build, lookup: Expr, x: Expr, mode: Expr) -> Operand:
    """Return the slope of a lookup at x, at a point the mean of both sides.

    Beyond the ends it is 0, with mode 1 that of the nearest segment, with mode -1 :NA:. At a point
    where the lookup jumps it is :NA:.
    """
    table = distinct(build.table(lookup))
    xs, found = table.xs, slopes(table)
    if len(xs) == 1:
        found = [0.0]
    after = Lookup(Table(xs[: len(found)], tuple(found)), x, "backward")
    before = Lookup(Table(xs[-len(found) :], tuple(found)), x, "forward")
    slope: Expr = (after + before) / 2
    for a, b in pairwise(xs):
        if a == b:
            slope = where(apply(Op.EQ, x, a), NOT_AVAILABLE, slope)
    beyond = where(apply(Op.EQ, mode, 0), 0, where(mode > 0, slope, NOT_AVAILABLE))
    outside = apply(Op.OR, x < xs[0], x > xs[-1])
    return where(outside, beyond, slope)
