"""Stocks, and what is held or remembered.

What jumps from step to step (a sample) is a memory: fixed-step methods only.
"""

from __future__ import annotations

from sdmodel.expr import Expr, Op, Operand, apply, literal, where
from sdmodel.functions.arithmetic import zidz
from sdmodel.functions.registry import NOT_AVAILABLE, Build, function


@function("INTEG", units="x/time, x? -> x", example="INTEG(3, 7)", value=7)
def integ(build: Build, rate: Expr, initial_value: Expr) -> Operand:
    """Return the stock that begins at the initial value and changes at the rate."""
    stock = build.stock(initial_value)
    build.flow(stock, rate)
    return stock


@function("TREND", units="x, time, 1/time -> 1/time", example="TREND(3, 2, 0.1)", value=0.1)
def trend(build: Build, x: Expr, average_time: Expr, initial_trend: Expr) -> Operand:
    """Return the fractional growth rate of x, against its own smoothed value."""
    average = build.stock(x / (1 + initial_trend * average_time))
    build.flow(average, (x - average) / average_time)
    return zidz(build, x - average, average_time * apply(Op.ABS, average))


@function("FORECAST", units="x, time, time -> x", example="FORECAST(3, 2, 5)", value=3)
def forecast(build: Build, x: Expr, average_time: Expr, horizon: Expr) -> Operand:
    """Return x prolonged over the horizon along its present trend."""
    average = build.stock(x)
    build.flow(average, (x - average) / average_time)
    return x * (1 + zidz(build, x - average, average_time * average) * horizon)


@function("INITIAL", units="x -> x", example="INITIAL(Time + 4)", value=4)
def initial(build: Build, x: Expr) -> Operand:
    """Return the value x has at INITIAL TIME, for the whole run."""
    return build.at_start(x)


@function("REINITIAL", units="x -> x", example="REINITIAL(Time + 4)", value=4)
def reinitial(build: Build, x: Expr) -> Operand:
    """Return the value x has at INITIAL TIME, as INITIAL does in a run without a game."""
    return build.at_start(x)


@function("ACTIVE INITIAL", units="x, x? -> x", example="ACTIVE INITIAL(3, 7)", value=3)
def active_initial(build: Build, active: Expr, initial_value: Expr) -> Operand:
    """Return the active value; the initial one only serves to compute initial values of others."""
    return build.starting_with(initial_value, active)


@function(
    "SAMPLE IF TRUE",
    units="_, x, x? -> x",
    example="SAMPLE IF TRUE(0 > 1, 3, 7)",
    value=7,
    memory=True,
)
def sample_if_true(build: Build, condition: Expr, x: Expr, initial_value: Expr) -> Operand:
    """Return x while the condition holds, and its last such value while it does not."""
    last = build.memory(initial_value)
    now = build.auxiliary(where(condition, x, last))
    build.remember(last, now)
    return now


@function(
    "SINTEG",
    units="x/time, x?, x?, x?, x?, x?, x? -> x",
    example="SINTEG(3, 7, 0, 5, :NA:, :NA:, :NA:)",
    value=5,
    memory=True,
)
def sinteg(
    build: Build,
    rate: Expr,
    initial_value: Expr,
    least: Expr,
    most: Expr,
    quantum: Expr,
    special: Expr,
    threshold: Expr,
) -> Operand:
    """Return a stock that stays between two bounds and snaps to a special value near it.

    What a step would add beyond a bound is lost. :NA: leaves a restriction out.
    """
    if literal(quantum) != NOT_AVAILABLE:
        cure = "write :NA: for it, and QUANTUM where the stock is used"
        return build.refuse(quantum, "SINTEG is read without a quantum", cure)
    added = build.stock(0)
    build.flow(added, rate)
    last, last_added = build.memory(initial_value), build.memory(0)
    value: Expr = build.auxiliary(last + (added - last_added))
    if literal(least) != NOT_AVAILABLE:
        value = apply(Op.MAX, value, least)
    if literal(most) != NOT_AVAILABLE:
        value = apply(Op.MIN, value, most)
    if literal(special) != NOT_AVAILABLE and literal(threshold) != NOT_AVAILABLE:
        value = build.auxiliary(value)
        near = apply(Op.ABS, value - special) < threshold
        value = where(near, special, value)
    now = build.auxiliary(value)
    build.remember(last, now)
    build.remember(last_added, added)
    return now
