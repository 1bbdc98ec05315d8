"""Functions of a data variable: its values at other times, and what they are like in a range.

Outside of the data they return :NA:, a plain number that a model can ask for. Where times are
compared, a whole number that Time only reaches by rounding counts as reached.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sdmodel.expr import Expr, Op, Operand, Table, apply, where
from sdmodel.functions.lookups import ends
from sdmodel.functions.registry import NOT_AVAILABLE, Build, function

# Far less than any distance of two points, and more than the rounding of a time.
A_LITTLE = 1e-6


def _level(number: Callable[[Table], float]) -> Callable[[Table], Table]:
    return lambda table: Table((0.0,), (number(table),))


def _inside(build: Build, data: Expr, time: Expr, value: Expr) -> Expr:
    first, last = ends(build, data)
    outside = apply(Op.OR, time < first - A_LITTLE, time > last + A_LITTLE)
    return where(outside, NOT_AVAILABLE, value)


@function(
    "GET DATA AT TIME",
    units="x, time -> x",
    example="GET DATA AT TIME(example lookup, 2)",
    value=20,
    lookup=True,
)
def get_data_at_time(build: Build, data: Expr, time: Expr) -> Operand:
    """Return the value of a data variable at one of its own times; :NA: at any other."""
    time = build.auxiliary(time)
    near = build.auxiliary(
        build.read(data, time + A_LITTLE, "backward", lambda table: Table(table.xs, table.xs))
    )
    value = build.read(data, time + A_LITTLE, "backward")
    return where(apply(Op.ABS, time - near) <= A_LITTLE, value, NOT_AVAILABLE)


@function(
    "GET DATA BETWEEN TIMES",
    units="x, time, 1 -> x",
    example="GET DATA BETWEEN TIMES(example lookup, 1.5, 0)",
    value=15,
    lookup=True,
)
def get_data_between_times(build: Build, data: Expr, time: Expr, mode: Expr) -> Operand:
    """Return the value of a data variable at a time; :NA: before its first and after its last.

    Mode 0 interpolates, 1 takes the next value and -1 the one before. With 1 and -1 a part of a
    time unit is left out first, and -1 never takes a value at that very time (SDEverywhere models,
    getdata: recorded by Vensim).
    """
    time = build.auxiliary(time)
    whole = build.auxiliary(apply(Op.TRUNC, time + A_LITTLE))
    between = build.read(data, time, "interpolate")
    following = build.read(data, whole - A_LITTLE, "forward")
    before = build.read(data, whole - A_LITTLE, "backward")
    stepped = where(mode > 0, following, before)
    value = where(apply(Op.EQ, mode, 0), between, stepped)
    return _inside(build, data, time, value)


@function(
    "GET DATA FIRST TIME",
    units="_ -> time",
    example="GET DATA FIRST TIME(example lookup)",
    value=1,
    lookup=True,
)
def get_data_first_time(build: Build, data: Expr) -> Operand:
    """Return the time of the first value of a data variable."""
    return ends(build, data)[0]


@function(
    "GET DATA LAST TIME",
    units="_ -> time",
    example="GET DATA LAST TIME(example lookup)",
    value=2,
    lookup=True,
)
def get_data_last_time(build: Build, data: Expr) -> Operand:
    """Return the time of the last value of a data variable."""
    return ends(build, data)[1]


@function(
    "GET DATA TOTAL POINTS",
    units="_ -> 1",
    example="GET DATA TOTAL POINTS(example lookup)",
    value=2,
    lookup=True,
)
def get_data_total_points(build: Build, data: Expr) -> Operand:
    """Return how many values a data variable has."""
    return build.read(data, 0, "backward", _level(lambda table: float(len(table.xs))))


def _running(what: Callable[[Table], list[float]]) -> Callable[[Table], Table]:
    """Return a table of what the values add up to before each point, and behind the last."""

    def change(table: Table) -> Table:
        total = [0.0]
        for one in what(table):
            total.append(total[-1] + one)
        return Table((*table.xs, table.xs[-1] + 2 * A_LITTLE), tuple(total))

    return change


def _sum(
    build: Build, data: Expr, start: Expr, end: Expr, what: Callable[[Table], list[float]]
) -> Expr:
    """Return the sum over the points from the start up to the end."""
    first, last = ends(build, data)
    begin = apply(Op.MIN, start - A_LITTLE, last + 2 * A_LITTLE)
    stop = apply(Op.MAX, end + A_LITTLE, first - A_LITTLE)
    change = _running(what)
    upper = build.read(data, stop, "forward", change)
    return build.auxiliary(upper - build.read(data, begin, "forward", change))


@function(
    "GET DATA MEAN",
    units="x, time, time -> x",
    example="GET DATA MEAN(example lookup, 0, 9)",
    value=15,
    lookup=True,
)
def get_data_mean(build: Build, data: Expr, start: Expr, end: Expr) -> Operand:
    """Return the mean of the values of a data variable in a range of time; :NA: without any."""
    count = _sum(build, data, start, end, lambda table: [1.0] * len(table.xs))
    total = _sum(build, data, start, end, lambda table: list(table.ys))
    return where(count > 0.5, total / count, NOT_AVAILABLE)


def _of_range(
    build: Build, data: Expr, start: Expr, end: Expr, what: Callable[[list[float]], float]
) -> Operand:
    """Return what comes of the values from the start up to the end; :NA: without any.

    Both times must be known before the run.
    """
    first = build.known(start, "the start of a range of data")
    last = build.known(end, "the end of a range of data")
    if first is None or last is None:
        return 0
    least, most = first - A_LITTLE, last + A_LITTLE

    def number(table: Table) -> float:
        points = zip(table.xs, table.ys, strict=True)
        found = [y for x, y in points if least <= x <= most]
        return what(found) if found else NOT_AVAILABLE

    return build.read(data, 0, "backward", _level(number))


@function(
    "GET DATA MAX",
    units="x, time, time -> x",
    example="GET DATA MAX(example lookup, 0, 9)",
    value=20,
    lookup=True,
)
def get_data_max(build: Build, data: Expr, start: Expr, end: Expr) -> Operand:
    """Return the largest value of a data variable in a range of time; :NA: without any."""
    return _of_range(build, data, start, end, max)


@function(
    "GET DATA MIN",
    units="x, time, time -> x",
    example="GET DATA MIN(example lookup, 0, 9)",
    value=10,
    lookup=True,
)
def get_data_min(build: Build, data: Expr, start: Expr, end: Expr) -> Operand:
    """Return the smallest value of a data variable in a range of time; :NA: without any."""
    return _of_range(build, data, start, end, min)


@function(
    "GET DATA MEDIAN",
    units="x, time, time -> x",
    example="GET DATA MEDIAN(example lookup, 0, 9)",
    value=15,
    lookup=True,
)
def get_data_median(build: Build, data: Expr, start: Expr, end: Expr) -> Operand:
    """Return the median of the values of a data variable in a range of time; :NA: without any.

    Of an even number of values it is the mean of the two in the middle.
    """
    return _of_range(build, data, start, end, lambda found: float(np.median(found)))
