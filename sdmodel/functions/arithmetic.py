"""Functions of their arguments alone."""

from __future__ import annotations

import math

from sdmodel.expr import Expr, Op, Operand, apply, where
from sdmodel.functions.registry import Build, function

# Vensim's ZIDZ and XIDZ take a denominator this small for zero (Reference Manual, ZIDZ).
ALMOST_ZERO = 1e-6


@function("ABS", units="x -> x", example="ABS(-3)", value=3)
def abs_(build: Build, x: Expr) -> Operand:
    """Return the size of x without its sign."""
    return apply(Op.ABS, x)


@function("MIN", units="x, x -> x", example="MIN(2, 5)", value=2)
def min_(build: Build, a: Expr, b: Expr) -> Operand:
    """Return the smaller of two values."""
    return apply(Op.MIN, a, b)


@function("MAX", units="x, x -> x", example="MAX(2, 5)", value=5)
def max_(build: Build, a: Expr, b: Expr) -> Operand:
    """Return the larger of two values."""
    return apply(Op.MAX, a, b)


@function("EXP", example="EXP(0)", value=1)
def exp(build: Build, x: Expr) -> Operand:
    """Return e to the power x."""
    return apply(Op.EXP, x)


@function("LN", example="LN(1)", value=0)
def ln(build: Build, x: Expr) -> Operand:
    """Return the natural logarithm."""
    return apply(Op.LN, x)


@function("LOG", example="LOG(8, 2)", value=3)
def log(build: Build, x: Expr, base: Expr) -> Operand:
    """Return the logarithm to the given base."""
    return apply(Op.LN, x) / apply(Op.LN, base)


@function("SQRT", units="x -> x^0.5", example="SQRT(9)", value=3)
def sqrt(build: Build, x: Expr) -> Operand:
    """Return the square root."""
    return apply(Op.SQRT, x)


@function("POWER", units="x, n -> x^n", example="POWER(2, 3)", value=8)
def power(build: Build, base: Expr, exponent: Expr) -> Operand:
    """Return the base to the exponent, as ^ does."""
    return apply(Op.POW, base, exponent)


@function("SIN", example="SIN(0)", value=0)
def sin(build: Build, x: Expr) -> Operand:
    """Return the sine of x in radians."""
    return apply(Op.SIN, x)


@function("COS", example="COS(0)", value=1)
def cos(build: Build, x: Expr) -> Operand:
    """Return the cosine of x in radians."""
    return apply(Op.COS, x)


@function("TAN", example="TAN(0)", value=0)
def tan(build: Build, x: Expr) -> Operand:
    """Return the tangent of x in radians."""
    return apply(Op.TAN, x)


@function("ARCSIN", example="ARCSIN(1)", value=math.pi / 2)
def arcsin(build: Build, x: Expr) -> Operand:
    """Return the angle whose sine is x."""
    return apply(Op.ASIN, x)


@function("ARCCOS", example="ARCCOS(1)", value=0)
def arccos(build: Build, x: Expr) -> Operand:
    """Return the angle whose cosine is x."""
    return apply(Op.ACOS, x)


@function("ARCTAN", example="ARCTAN(1)", value=math.pi / 4)
def arctan(build: Build, x: Expr) -> Operand:
    """Return the angle whose tangent is x."""
    return apply(Op.ATAN, x)


@function("SINH", example="SINH(0)", value=0)
def sinh(build: Build, x: Expr) -> Operand:
    """Return the hyperbolic sine."""
    return apply(Op.SINH, x)


@function("COSH", example="COSH(0)", value=1)
def cosh(build: Build, x: Expr) -> Operand:
    """Return the hyperbolic cosine."""
    return apply(Op.COSH, x)


@function("TANH", example="TANH(0)", value=0)
def tanh(build: Build, x: Expr) -> Operand:
    """Return the hyperbolic tangent."""
    return apply(Op.TANH, x)


@function("GAMMA LN", example="GAMMA LN(4)", value=math.log(6))
def gamma_ln(build: Build, x: Expr) -> Operand:
    """Return the logarithm of the gamma function."""
    return apply(Op.LGAMMA, x)


@function("INTEGER", units="x -> x", example="INTEGER(-2.7)", value=-2)
def integer(build: Build, x: Expr) -> Operand:
    """Return x without its fraction, towards zero."""
    return apply(Op.TRUNC, x)


@function("MODULO", units="x, x -> x", example="MODULO(-7, 3)", value=-1)
def modulo(build: Build, x: Expr, base: Expr) -> Operand:
    """Return what is left of x after whole multiples of the base; it has the sign of x."""
    return apply(Op.REMAINDER, x, base)


@function("QUANTUM", units="x, x -> x", example="QUANTUM(7.8, 2)", value=6)
def quantum(build: Build, x: Expr, quantum: Expr) -> Operand:
    """Return x cut, towards zero, to whole multiples of the quantum; x itself if that is <= 0."""
    return where(quantum <= 0, x, quantum * apply(Op.TRUNC, x / quantum))


@function("XIDZ", units="x, y, x/y -> x/y", example="XIDZ(1, 0, 5)", value=5)
def xidz(build: Build, numerator: Expr, denominator: Expr, otherwise: Expr) -> Operand:
    """Return the quotient, or `otherwise` where the denominator is all but zero."""
    return where(apply(Op.ABS, denominator) < ALMOST_ZERO, otherwise, numerator / denominator)


@function("ZIDZ", units="x, y -> x/y", example="ZIDZ(1, 0)", value=0)
def zidz(build: Build, numerator: Expr, denominator: Expr) -> Operand:
    """Return the quotient, or zero where the denominator is all but zero."""
    return where(apply(Op.ABS, denominator) < ALMOST_ZERO, 0, numerator / denominator)


@function("IF THEN ELSE", units="_, x, x -> x", example="IF THEN ELSE(1 > 2, 10, 20)", value=20)
def if_then_else(build: Build, condition: Expr, yes: Expr, no: Expr) -> Operand:
    """Return the first value where the condition holds, otherwise the second."""
    return where(condition, yes, no)


@function("GAME", units="x -> x", example="GAME(4)", value=4)
def game(build: Build, x: Expr) -> Operand:
    """Return x: outside a game nobody sets another value."""
    return x
