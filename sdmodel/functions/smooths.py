"""Smooths and delays.

They are chains of hidden stocks, so that every integration method runs them; a delay in whole steps
is a pipeline: fixed-step methods only.
"""

from __future__ import annotations

from sdmodel.expr import Expr, Operand
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


@function("SMOOTH", units="x, time -> x", example="SMOOTH(3, 2)", value=3)
def smooth(build: Build, x: Expr, smooth_time: Expr) -> Operand:
    """Return x smoothed by one stage, beginning at x."""
    return _smooth(build, x, smooth_time, x, 1)


@function("SMOOTHI", units="x, time, x? -> x", example="SMOOTHI(3, 2, 7)", value=7)
def smoothi(build: Build, x: Expr, smooth_time: Expr, initial_value: Expr) -> Operand:
    """Return x smoothed by one stage, beginning at the initial value."""
    return _smooth(build, x, smooth_time, initial_value, 1)


@function("SMOOTH3", units="x, time -> x", example="SMOOTH3(3, 2)", value=3)
def smooth3(build: Build, x: Expr, smooth_time: Expr) -> Operand:
    """Return x smoothed by three stages, beginning at x."""
    return _smooth(build, x, smooth_time, x, 3)


@function("SMOOTH3I", units="x, time, x? -> x", example="SMOOTH3I(3, 2, 7)", value=7)
def smooth3i(build: Build, x: Expr, smooth_time: Expr, initial_value: Expr) -> Operand:
    """Return x smoothed by three stages, beginning at the initial value."""
    return _smooth(build, x, smooth_time, initial_value, 3)


@function("SMOOTH N", units="x, time, x?, 1 -> x", example="SMOOTH N(3, 2, 7, 4)", value=7)
def smooth_n(build: Build, x: Expr, smooth_time: Expr, initial_value: Expr, order: Expr) -> Operand:
    """Return x smoothed by as many stages as the order says."""
    return _smooth(build, x, smooth_time, initial_value, build.stages(order, smooth_time))


@function("DELAY1", units="x, time -> x", example="DELAY1(3, 2)", value=3)
def delay1(build: Build, x: Expr, delay_time: Expr) -> Operand:
    """Return the outflow of one stage that x flows into, at first in balance."""
    return _delay(build, x, delay_time, x, 1)


@function("DELAY1I", units="x, time, x? -> x", example="DELAY1I(3, 2, 7)", value=7)
def delay1i(build: Build, x: Expr, delay_time: Expr, initial_value: Expr) -> Operand:
    """Return the outflow of one stage that x flows into, beginning at the initial value."""
    return _delay(build, x, delay_time, initial_value, 1)


@function("DELAY3", units="x, time -> x", example="DELAY3(3, 2)", value=3)
def delay3(build: Build, x: Expr, delay_time: Expr) -> Operand:
    """Return the outflow of three stages in a row, at first in balance."""
    return _delay(build, x, delay_time, x, 3)


@function("DELAY3I", units="x, time, x? -> x", example="DELAY3I(3, 2, 7)", value=7)
def delay3i(build: Build, x: Expr, delay_time: Expr, initial_value: Expr) -> Operand:
    """Return the outflow of three stages in a row, beginning at the initial value."""
    return _delay(build, x, delay_time, initial_value, 3)


@function("DELAY N", units="x, time, x?, 1 -> x", example="DELAY N(3, 2, 7, 4)", value=7)
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


@function(
    "DELAY FIXED", units="x, time, x? -> x", example="DELAY FIXED(3, 2, 7)", value=7, memory=True
)
def delay_fixed(build: Build, x: Expr, delay_time: Expr, initial_value: Expr) -> Operand:
    """Return x as it was one delay time ago, in whole steps; the initial value until then."""
    return build.pipeline(x, delay_time, initial_value)


CHANGING = "the delay time of {} must not change during a run"
CURE = "give it a constant delay time, or use DELAY N with a high order"


def constant_delay(
    build: Build, x: Expr, delay_time: Expr, initial_value: Expr, reason: str, cure: str = CURE
) -> Operand:
    """Return a delay in whole steps; a delay time that changes during the run is refused."""
    if build.varies(delay_time):
        return build.refuse(delay_time, reason, cure)
    return build.pipeline(x, delay_time, initial_value)


@function(
    "DELAY MATERIAL",
    units="x, time, x?, x? -> x",
    example="DELAY MATERIAL(3, 2, 7, 0)",
    value=7,
    memory=True,
)
def delay_material(
    build: Build, x: Expr, delay_time: Expr, initial_value: Expr, missing_value: Expr
) -> Operand:
    """Return x as it was one delay time ago; the delay time must stay the same during a run.

    With such a delay time nothing is ever missing, and DELAY FIXED is the same.
    """
    return constant_delay(build, x, delay_time, initial_value, CHANGING.format("DELAY MATERIAL"))


@function(
    "DELAY INFORMATION",
    units="x, time, x? -> x",
    example="DELAY INFORMATION(3, 2, 7)",
    value=7,
    memory=True,
)
def delay_information(build: Build, x: Expr, delay_time: Expr, initial_value: Expr) -> Operand:
    """Return x as it was one delay time ago; the delay time must stay the same during a run."""
    return constant_delay(build, x, delay_time, initial_value, CHANGING.format("DELAY INFORMATION"))
