"""Functions that remember: smooths, delays, trends, held values.

Smooths and delays are chains of hidden stocks, so that every integration method runs them. What
jumps from step to step (a pipeline, a sample) is a memory: fixed-step methods only.
"""

from __future__ import annotations

from sdmodel.expr import Expr, Op, Operand, apply, where
from sdmodel.functions.arithmetic import zidz
from sdmodel.functions.registry import Build, function


def _smooth(build: Build, x: Expr, time: Expr, initial: Expr, order: int) -> Operand:
    """Exponential smoothing: each stage follows the one before it."""
    before: Expr = x
    for _ in range(order):
        stage = build.stock(initial)
        build.flow(stage, (before - stage) * order / time)
        before = stage
    return before


def _delay(
    build: Build, x: Expr, time: Expr, initial: Expr, order: int, last_time: Expr | None = None
) -> Operand:
    """Material delay: what flows in flows out, also when the delay time changes."""
    stage_time = build.auxiliary(time / order)
    flow: Expr = x
    for number in range(order):
        stage = build.stock(initial * stage_time)
        if last_time is not None and number == order - 1:
            stage_time = build.auxiliary(last_time / order)
        outflow = build.auxiliary(stage / stage_time)
        build.flow(stage, flow - outflow)
        flow = outflow
    return flow


@function("INTEG", example="INTEG(3, 7)", value=7)
def integ(build: Build, rate: Expr, initial_value: Expr) -> Operand:
    """Return the stock that begins at the initial value and changes at the rate."""
    stock = build.stock(initial_value)
    build.flow(stock, rate)
    return stock


@function("SMOOTH", example="SMOOTH(3, 2)", value=3)
def smooth(build: Build, x: Expr, smooth_time: Expr) -> Operand:
    """Return x smoothed by one stage, beginning at x."""
    return _smooth(build, x, smooth_time, x, 1)


@function("SMOOTHI", example="SMOOTHI(3, 2, 7)", value=7)
def smoothi(build: Build, x: Expr, smooth_time: Expr, initial_value: Expr) -> Operand:
    """Return x smoothed by one stage, beginning at the initial value."""
    return _smooth(build, x, smooth_time, initial_value, 1)


@function("SMOOTH3", example="SMOOTH3(3, 2)", value=3)
def smooth3(build: Build, x: Expr, smooth_time: Expr) -> Operand:
    """Return x smoothed by three stages, beginning at x."""
    return _smooth(build, x, smooth_time, x, 3)


@function("SMOOTH3I", example="SMOOTH3I(3, 2, 7)", value=7)
def smooth3i(build: Build, x: Expr, smooth_time: Expr, initial_value: Expr) -> Operand:
    """Return x smoothed by three stages, beginning at the initial value."""
    return _smooth(build, x, smooth_time, initial_value, 3)


@function("SMOOTH N", example="SMOOTH N(3, 2, 7, 4)", value=7)
def smooth_n(build: Build, x: Expr, smooth_time: Expr, initial_value: Expr, order: Expr) -> Operand:
    """Return x smoothed by as many stages as the order says."""
    return _smooth(build, x, smooth_time, initial_value, build.stages(order, smooth_time))


@function("DELAY1", example="DELAY1(3, 2)", value=3)
def delay1(build: Build, x: Expr, delay_time: Expr) -> Operand:
    """Return the outflow of one stage that x flows into, at first in balance."""
    return _delay(build, x, delay_time, x, 1)


@function("DELAY1I", example="DELAY1I(3, 2, 7)", value=7)
def delay1i(build: Build, x: Expr, delay_time: Expr, initial_value: Expr) -> Operand:
    """Return the outflow of one stage that x flows into, beginning at the initial value."""
    return _delay(build, x, delay_time, initial_value, 1)


@function("DELAY3", example="DELAY3(3, 2)", value=3)
def delay3(build: Build, x: Expr, delay_time: Expr) -> Operand:
    """Return the outflow of three stages in a row, at first in balance."""
    return _delay(build, x, delay_time, x, 3)


@function("DELAY3I", example="DELAY3I(3, 2, 7)", value=7)
def delay3i(build: Build, x: Expr, delay_time: Expr, initial_value: Expr) -> Operand:
    """Return the outflow of three stages in a row, beginning at the initial value."""
    return _delay(build, x, delay_time, initial_value, 3)


@function("DELAY N", example="DELAY N(3, 2, 7, 4)", value=7)
def delay_n(build: Build, x: Expr, delay_time: Expr, initial_value: Expr, order: Expr) -> Operand:
    """Return the outflow of as many stages as the order says.

    No stage is shorter than a TIME STEP: the order is lowered instead. Vensim lets the last stage
    read a changing delay time one step late (SDXorg test-models, tests/delays and delay_pipeline).
    """
    stages = build.stages(order, delay_time)
    if not build.varies(delay_time):
        return _delay(build, x, delay_time, initial_value, stages)
    last_time = build.memory(delay_time)
    build.remember(last_time, delay_time)
    return _delay(build, x, delay_time, initial_value, stages, last_time)


@function("DELAY FIXED", example="DELAY FIXED(3, 2, 7)", value=7, memory=True)
def delay_fixed(build: Build, x: Expr, delay_time: Expr, initial_value: Expr) -> Operand:
    """Return x as it was one delay time ago, in whole steps; the initial value until then."""
    return build.pipeline(x, delay_time, initial_value)


@function("TREND", example="TREND(3, 2, 0.1)", value=0.1)
def trend(build: Build, x: Expr, average_time: Expr, initial_trend: Expr) -> Operand:
    """Return the fractional growth rate of x, against its own smoothed value."""
    average = build.stock(x / (1 + initial_trend * average_time))
    build.flow(average, (x - average) / average_time)
    return zidz(build, x - average, average_time * apply(Op.ABS, average))


@function("FORECAST", example="FORECAST(3, 2, 5)", value=3)
def forecast(build: Build, x: Expr, average_time: Expr, horizon: Expr) -> Operand:
    """Return x prolonged over the horizon along its present trend."""
    average = build.stock(x)
    build.flow(average, (x - average) / average_time)
    return x * (1 + zidz(build, x - average, average_time * average) * horizon)


@function("NPV", example="NPV(0, 0.1, 5, 1)", value=5)
def npv(
    build: Build, stream: Expr, discount_rate: Expr, initial_value: Expr, factor: Expr
) -> Operand:
    """Return the net present value so far of a stream, discounted to INITIAL TIME."""
    step = build.time_step
    weight = build.stock(1)
    build.flow(weight, -weight * discount_rate / (1 + discount_rate * step))
    value = build.stock(initial_value)
    build.flow(value, stream * weight)
    return (value + stream * step * weight) * factor


@function("INITIAL", example="INITIAL(Time + 4)", value=4)
def initial(build: Build, x: Expr) -> Operand:
    """Return the value x has at INITIAL TIME, for the whole run."""
    return build.at_start(x)


@function("REINITIAL", example="REINITIAL(Time + 4)", value=4)
def reinitial(build: Build, x: Expr) -> Operand:
    """Return the value x has at INITIAL TIME, as INITIAL does in a run without a game."""
    return build.at_start(x)


@function("ACTIVE INITIAL", example="ACTIVE INITIAL(3, 7)", value=3)
def active_initial(build: Build, active: Expr, initial_value: Expr) -> Operand:
    """Return the active value; the initial one only serves to compute initial values of others."""
    return build.starting_with(initial_value, active)


@function("SAMPLE IF TRUE", example="SAMPLE IF TRUE(0 > 1, 3, 7)", value=7, memory=True)
def sample_if_true(build: Build, condition: Expr, x: Expr, initial_value: Expr) -> Operand:
    """Return x while the condition holds, and its last such value while it does not."""
    last = build.memory(initial_value)
    now = build.auxiliary(where(condition, x, last))
    build.remember(last, now)
    return now
