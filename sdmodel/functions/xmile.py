"""Functions that XMILE 1.0 has and Vensim lacks.

XMILE's DELAY(x, delay time, initial) is DELAY FIXED, but for a delay time that changes: there XMILE
reads the past at `Time - delay time`, while DELAY FIXED keeps its first delay time.
"""

from __future__ import annotations

from sdmodel.expr import Expr, Op, Operand, apply, where
from sdmodel.functions.inputs import pulse_of
from sdmodel.functions.registry import Build, function

NEVER = 1e300


@function(
    "PREVIOUS",
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


@function("XMILE INT", example="XMILE INT(-2.7)", value=-3, source="XMILE", manual="XMILE 1.0, INT")
def xmile_int(build: Build, x: Expr) -> Operand:
    """Return the largest whole number that is not above x."""
    x = build.auxiliary(x)
    whole = build.auxiliary(apply(Op.TRUNC, x))
    return whole - (x < whole)


@function(
    "XMILE PULSE",
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
