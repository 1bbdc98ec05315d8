"""Functions that XMILE 1.0 and Stella have and Vensim lacks, or has with another meaning."""

from __future__ import annotations

from sdmodel.expr import Expr, Op, Operand, apply, where
from sdmodel.functions.inputs import pulse_of
from sdmodel.functions.registry import Build, function
from sdmodel.functions.smooths import CHANGING, constant_delay

NEVER = 1e300


@function(
    "PREVIOUS",
    units="x, x? -> x",
    example="PREVIOUS(3, 7)",
    value=7,
    memory=True,
    source="XMILE",
    manual="XMILE 1.0, PREVIOUS",
)
def previous(build: Build, x: Expr, initial_value: Expr) -> Operand:
    """Return the value x had one TIME STEP ago; at first the initial value."""
    last = build.memory(initial_value)
    build.remember(last, x)
    return last


@function(
    "XMILE INT",
    units="x -> x",
    example="XMILE INT(-2.7)",
    value=-3,
    source="XMILE",
    manual="XMILE 1.0, INT",
)
def xmile_int(build: Build, x: Expr) -> Operand:
    """Return the largest whole number that is not above x."""
    x = build.auxiliary(x)
    whole = build.auxiliary(apply(Op.TRUNC, x))
    return whole - (x < whole)


@function(
    "XMILE PULSE",
    units="x, time, time -> x/time",
    example="XMILE PULSE(6, 0)",
    value=6,
    source="XMILE",
    manual="XMILE 1.0, PULSE",
)
def xmile_pulse(
    build: Build, magnitude: Expr, first_time: Expr, interval: Expr | None = None
) -> Operand:
    """Return pulses that last one TIME STEP and add up to the magnitude each.

    Without an interval, or with one of zero, there is only the first.
    """
    height = magnitude / build.time_step
    if interval is None:
        return height * pulse_of(build, first_time, build.time_step)
    since = build.time + build.half_step - first_time
    gap = where(interval > 0, interval, NEVER)
    begun = build.auxiliary(apply(Op.TRUNC, apply(Op.MAX, since, 0) / gap))
    start = build.auxiliary(first_time + begun * gap)
    return height * pulse_of(build, start, build.time_step)


@function(
    "XMILE DELAY",
    units="x, time, x? -> x",
    example="XMILE DELAY(3, 2, 7)",
    value=7,
    memory=True,
    source="XMILE",
    manual="XMILE 1.0, DELAY",
)
def xmile_delay(build: Build, x: Expr, delay_time: Expr, initial_value: Expr) -> Operand:
    """Return x as it was one delay time ago; the delay time must stay the same during a run.

    Where it changes, DELAY reads the past at Time less the delay time of that moment; DELAY FIXED,
    which keeps the first delay time, may not stand in for it.
    """
    cure = "give it a constant time, or use DELAYN with a high order"
    return constant_delay(build, x, delay_time, initial_value, CHANGING.format("DELAY"), cure)
