"""Test inputs and other functions of time.

Whether an instant has come is asked half a step ahead, so that rounding of Time never delays a
step by one. `half_step` is a little less than half the step of a fixed-step method, and zero under
an adaptive solver, which restarts at the instant itself.
"""

from __future__ import annotations

from sdmodel.expr import Expr, Op, Operand, apply, where
from sdmodel.functions.registry import Build, function


def _has_come(build: Build, instant: Operand) -> Expr:
    return (build.time + build.half_step) >= instant


@function("STEP", units="x, time -> x", example="STEP(5, 0)", value=5)
def step(build: Build, height: Expr, step_time: Expr) -> Operand:
    """Return 0 before the step time, the height from then on."""
    return where(_has_come(build, step_time), height, 0)


@function("RAMP", units="x, time, time -> x*time", example="RAMP(2, 0, 10)", value=0)
def ramp(build: Build, slope: Expr, start_time: Expr, end_time: Expr) -> Operand:
    """Return 0 before the start, a line of the given slope until the end, then its last value.

    An end before the start means that the line never ends.
    """
    running = slope * (build.time - start_time)
    final = slope * (end_time - start_time)
    ended = apply(Op.AND, build.time >= end_time, end_time >= start_time)
    return where(build.time > start_time, where(ended, final, running), 0)


def pulse_of(build: Build, start: Operand, duration: Expr) -> Expr:
    """Return 1 from the start for the duration, or for a TIME STEP without one, otherwise 0."""
    width = where(duration <= 0, build.time_step, duration)
    on = build.time + build.half_step
    begun, over = on >= start, on >= start + width
    return apply(Op.AND, begun, apply(Op.NOT, over))


@function("PULSE", units="time, time -> 1", example="PULSE(0, 2)", value=1)
def pulse(build: Build, start: Expr, duration: Expr) -> Operand:
    """Return 1 from the start for the duration, otherwise 0.

    Without a duration the pulse is one TIME STEP of the file wide, whatever step a run is given.
    """
    return pulse_of(build, start, duration)


@function(
    "PULSE TRAIN", units="time, time, time, time -> 1", example="PULSE TRAIN(0, 1, 5, 30)", value=1
)
def pulse_train(build: Build, start: Expr, duration: Expr, repeat_time: Expr, end: Expr) -> Operand:
    """Return pulses of the given duration, every repeat time from the start, none after the end.

    No pulse is shorter than a TIME STEP; where they would overlap it is one long pulse.
    """
    duration = apply(Op.MAX, duration, build.time_step)
    repeat_time = apply(Op.MAX, repeat_time, build.time_step)
    # How often a pulse has begun so far, asked half a step ahead like everything here.
    since = build.auxiliary(build.time + build.half_step - start)
    begun = build.auxiliary(apply(Op.TRUNC, apply(Op.MAX, since, 0) / repeat_time))
    own_start = build.auxiliary(start + begun * repeat_time)
    running = apply(Op.AND, since >= 0, pulse_of(build, own_start, duration))
    # A pulse may begin up to the end, and is cut there: the step that begins at the end is the
    # last one, as wide as TIME STEP whatever step a run is given.
    ended = build.time + build.half_step >= end + build.time_step * (1 - 1e-6)
    return apply(Op.AND, running, apply(Op.NOT, ended))


@function("TIME BASE", units="x, x/time -> x", example="TIME BASE(1970, 0.5)", value=1970)
def time_base(build: Build, start: Expr, slope: Expr) -> Operand:
    """Return another measure of time: the start at Time 0, and then the slope times Time."""
    return start + build.time * slope
