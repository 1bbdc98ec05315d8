"""XMILE's arithmetic where Vensim's differs: MOD, ROUND, and a division that may be by zero."""

from __future__ import annotations

from sdmodel.expr import Expr, Op, Operand, apply, where
from sdmodel.functions.registry import Build, function


@function(
    "XMILE MOD",
    units="x, x -> x",
    example="XMILE MOD(-7, 3)",
    value=2,
    source="XMILE",
    manual="XMILE 1.0, MOD",
)
def xmile_mod(build: Build, x: Expr, base: Expr) -> Operand:
    """Return what is left of x after whole multiples of the base; it has the sign of the base."""
    base = build.auxiliary(base)
    rest = build.auxiliary(apply(Op.REMAINDER, x, base))
    return where(rest * base < 0, rest + base, rest)


@function(
    "XMILE ROUND",
    units="x -> x",
    example="XMILE ROUND(-2.5)",
    value=-3,
    source="XMILE",
    manual="XMILE 1.0, ROUND",
)
def xmile_round(build: Build, x: Expr) -> Operand:
    """Return the whole number nearest to x; halves go away from zero."""
    x = build.auxiliary(x)
    return apply(Op.TRUNC, x + where(x < 0, -0.5, 0.5))


@function("SAFEDIV", units="x, y, x/y -> x/y", example="SAFEDIV(1, 0, 5)", value=5, source="XMILE")
def safediv(build: Build, numerator: Expr, denominator: Expr, otherwise: Expr) -> Operand:
    """Return the quotient, or `otherwise` where the denominator is exactly zero."""
    denominator = build.auxiliary(denominator)
    zero = apply(Op.EQ, denominator, 0)
    return where(zero, otherwise, numerator / denominator)
