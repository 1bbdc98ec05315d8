"""Financial functions."""

from __future__ import annotations

from sdmodel.expr import Expr, Op, Operand, apply, where
from sdmodel.functions.registry import Build, function

# How many fiscal periods a depreciation may take: each is a memory of its own.
MOST_PERIODS = 1000


@function("NPV", units="x, 1/time, x*time?, 1 -> x*time", example="NPV(0, 0.1, 5, 1)", value=5)
def npv(
    build: Build, stream: Expr, discount_rate: Expr, initial_value: Expr, factor: Expr
) -> Operand:
    """Return the net present value so far of a stream, discounted to INITIAL TIME."""
    return _npv(build, stream, discount_rate, initial_value, factor, 1)


@function("NPVE", units="x, 1/time, x*time?, 1 -> x*time", example="NPVE(0, 0.1, 5, 1)", value=5)
def npve(
    build: Build, stream: Expr, discount_rate: Expr, initial_value: Expr, factor: Expr
) -> Operand:
    """Return the net present value so far of a stream that is paid at the end of each step."""
    first = 1 / (1 + discount_rate * build.time_step)
    return _npv(build, stream, discount_rate, initial_value, factor, first)


def _npv(
    build: Build,
    stream: Expr,
    discount_rate: Expr,
    initial_value: Expr,
    factor: Expr,
    first_weight: Operand,
) -> Operand:
    step = build.time_step
    weight = build.stock(first_weight)
    build.flow(weight, -weight * discount_rate / (1 + discount_rate * step))
    value = build.stock(initial_value)
    build.flow(value, stream * weight)
    return (value + stream * step * weight) * factor


@function(
    "DEPRECIATE STRAIGHTLINE",
    units="x, time, time, x? -> x",
    example="DEPRECIATE STRAIGHTLINE(100, 20, 1, 0)",
    value=5,
    memory=True,
)
def depreciate_straightline(
    build: Build, stream: Expr, lifetime: Expr, fiscal_period: Expr, initial_stream: Expr
) -> Operand:
    """Return the depreciation of a stream of investments in equal parts over a lifetime.

    All that was invested within one fiscal period is lumped together; of the present period the
    present stream counts (SDEverywhere models, depreciate: recorded by Vensim). A lifetime is
    rounded to whole fiscal periods; its number of periods must be known before the run.
    """
    ratio = build.known(lifetime / fiscal_period, "lifetime / fiscal period")
    if ratio is None:
        return 0
    if not 0.5 <= ratio <= MOST_PERIODS:
        reason = f"a lifetime is 1 to {MOST_PERIODS} fiscal periods, not {ratio:g}"
        return build.refuse(lifetime, reason, "give a longer fiscal period")
    count = int(ratio + 0.5)
    period = build.at_start(fiscal_period)
    since = build.time + build.half_step - build.at_start(build.time)
    now = build.auxiliary(apply(Op.TRUNC, apply(Op.MAX, since, 0) / period))
    last = build.memory(0)
    build.remember(last, now)
    begun = build.auxiliary(now > last)
    invested = build.stock(0)
    build.flow(invested, stream)
    at_last = build.memory(0)
    build.remember(at_last, where(begun, invested, at_last))
    earlier: Expr = build.auxiliary(invested - at_last)
    total: Operand = stream * period
    for _ in range(count - 1):
        kept = build.memory(initial_stream * period)
        shown = build.auxiliary(where(begun, earlier, kept))
        build.remember(kept, shown)
        total, earlier = total + shown, kept
    return total / (count * period)
