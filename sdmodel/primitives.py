"""The meaning of every primitive, in NumPy: the one definition all engines must agree with."""

from __future__ import annotations

import math
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from sdmodel.expr import Op, Table

Array = NDArray[np.float64]


def _where(condition: Array, yes: Array, no: Array, out: Array) -> None:
    out[...] = np.where(condition, yes, no)


def _lgamma(x: Array, out: Array) -> None:
    from scipy.special import gammaln  # late: SciPy costs half a second to import

    out[...] = np.where(np.isinf(x), np.inf, gammaln(x))  # as C99's lgamma, at minus infinity too


def _erf(x: Array, out: Array) -> None:
    from scipy.special import erf

    out[...] = erf(x)


# SplitMix64 (Steele, Lea and Flood 2014): a Weyl step, then a mixer in which every bit of the
# argument changes every bit of the result with probability one half.
WEYL = 0x9E3779B97F4A7C15
MIXER = ((30, 0xBF58476D1CE4E5B9), (27, 0x94D049BB133111EB), (31, 1))
# Beyond this size a double is no longer exact as a whole number.
LARGEST_WHOLE = 2.0**53


def _draw(seed: Array, stream: Array, step: Array, run: Array, out: Array) -> None:
    """Take the four whole numbers in one after the other, mixing after each.

    The upper 52 bits and a half give one of 2^52 evenly spaced numbers, neither 0 nor 1.
    """
    state = np.zeros(np.shape(out), dtype=np.uint64)
    fits = np.ones(np.shape(out), dtype=bool)
    with np.errstate(over="ignore"):
        for arg in (seed, stream, run, step):
            whole = np.abs(arg) < LARGEST_WHOLE  # false for NaN
            fits &= whole
            number = np.where(whole, arg, 0.0).astype(np.int64).astype(np.uint64)
            state = state + (number + np.uint64(1)) * np.uint64(WEYL)
            for shift, factor in MIXER:
                state = (state ^ (state >> np.uint64(shift))) * np.uint64(factor)
    drawn = ((state >> np.uint64(12)).astype(np.float64) + 0.5) * 2.0**-52
    out[...] = np.where(fits, drawn, np.nan)


# Each takes its arguments and ``out=``. Truth is 1 and 0; whatever is not 0 counts as true.
NUMPY: dict[Op, Callable[..., Any]] = {
    Op.ADD: np.add,
    Op.SUB: np.subtract,
    Op.MUL: np.multiply,
    Op.DIV: np.divide,
    Op.POW: np.power,
    Op.NEG: np.negative,
    Op.LT: np.less,
    Op.LE: np.less_equal,
    Op.GT: np.greater,
    Op.GE: np.greater_equal,
    Op.EQ: np.equal,
    Op.NE: np.not_equal,
    Op.AND: np.logical_and,
    Op.OR: np.logical_or,
    Op.NOT: np.logical_not,
    Op.WHERE: _where,
    Op.MIN: np.minimum,
    Op.MAX: np.maximum,
    Op.ABS: np.absolute,
    Op.EXP: np.exp,
    Op.LN: np.log,
    Op.SQRT: np.sqrt,
    Op.SIN: np.sin,
    Op.COS: np.cos,
    Op.TAN: np.tan,
    Op.ASIN: np.arcsin,
    Op.ACOS: np.arccos,
    Op.ATAN: np.arctan,
    Op.SINH: np.sinh,
    Op.COSH: np.cosh,
    Op.TANH: np.tanh,
    Op.TRUNC: np.trunc,
    Op.REMAINDER: np.fmod,  # takes the sign of the dividend, as Vensim's MODULO does
    Op.LGAMMA: _lgamma,
    Op.ERF: _erf,
    Op.DRAW: _draw,
}


def evaluate(op: Op, *args: float) -> float:
    """Return a primitive of plain numbers.

    >>> evaluate(Op.REMAINDER, -7.0, 3.0)
    -1.0
    """
    out = np.empty(1)
    with np.errstate(all="ignore"):
        NUMPY[op](*(np.array([arg]) for arg in args), out=out)
    return float(out[0])


def reader(table: Table, mode: str) -> Callable[[Array, Array], None]:
    """Return the function that reads a lookup at `x` into `out`.

    Between points the value is interpolated; beyond the first and last point it stays what it is
    there ("interpolate"), or goes on along the last slope ("extrapolate"). "forward" takes the next
    point's value, "backward" the previous one's (Vensim Reference Manual, LOOKUP FORWARD and
    LOOKUP BACKWARD).

    >>> out = np.empty(2)
    >>> reader(Table((0.0, 1.0), (5.0, 7.0)), "extrapolate")(np.array([0.5, 2.0]), out)
    >>> out
    array([6., 9.])
    """
    xs, ys = np.array(table.xs), np.array(table.ys)

    def interpolate(x: Array, out: Array) -> None:
        result = np.interp(x, xs, ys)  # which forgets NaN where there is but one point
        out[...] = result if len(xs) > 1 else np.where(np.isnan(x), math.nan, result)

    def extrapolate(x: Array, out: Array) -> None:
        interpolate(x, out)
        for outside, a, b in ((x < xs[0], 0, 1), (x > xs[-1], -1, -2)):
            run, rise = xs[b] - xs[a], ys[b] - ys[a]
            if run and rise:
                out[...] = np.where(outside, ys[a] + rise / run * (x - xs[a]), out)

    def hold(x: Array, out: Array) -> None:
        before = np.searchsorted(xs, x, side="right") - 1
        index = np.searchsorted(xs, x, side="left") if mode == "forward" else before
        out[...] = np.where(np.isnan(x), math.nan, ys[np.clip(index, 0, len(xs) - 1)])

    if mode == "interpolate" or (mode == "extrapolate" and len(xs) == 1):
        return interpolate
    return extrapolate if mode == "extrapolate" else hold


def segment(table: Table, x: Array) -> NDArray[np.intp]:
    """Return between which points `x` lies: a number that jumps where the table has a corner."""
    return np.searchsorted(np.array(table.xs), x, side="right")
