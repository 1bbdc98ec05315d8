"""One rule for each primitive: its arguments' values to lines of assembly.

No fast-math: NaN and infinity go through as in the reference kernel.
"""

from __future__ import annotations

from collections.abc import Callable

from sdmodel.codegen.emit import Emitter, Value
from sdmodel.codegen.mathlib import vector_symbol
from sdmodel.expr import Op
from sdmodel.primitives import LARGEST_WHOLE, MIXER, WEYL

Rule = Callable[[Emitter, tuple[Value, ...]], Value]


def _arithmetic(what: str) -> Rule:
    def rule(e: Emitter, args: tuple[Value, ...]) -> Value:
        return e.binary(what, e.as_number(args[0]), e.as_number(args[1]))

    return rule


def _comparison(how: str) -> Rule:
    def rule(e: Emitter, args: tuple[Value, ...]) -> Value:
        return e.compare(how, e.as_number(args[0]), e.as_number(args[1]))

    return rule


def _logic(what: str) -> Rule:
    def rule(e: Emitter, args: tuple[Value, ...]) -> Value:
        return e.new(f"{what} {e.truth} {e.as_truth(args[0])}, {e.as_truth(args[1])}", True)

    return rule


def _not(e: Emitter, args: tuple[Value, ...]) -> Value:
    ones = "true" if e.width == 1 else "<" + ", ".join(["i1 true"] * e.width) + ">"
    return e.new(f"xor {e.truth} {e.as_truth(args[0])}, {ones}", True)


def _where(e: Emitter, args: tuple[Value, ...]) -> Value:
    condition, yes, no = args
    return e.select(e.as_truth(condition), e.as_number(yes), e.as_number(no))


def _extreme(how: str) -> Rule:
    """Give the smaller or larger of two; NaN wins, as in NumPy."""

    def rule(e: Emitter, args: tuple[Value, ...]) -> Value:
        a, b = (e.as_number(arg) for arg in args)
        if _is_constant(b):
            a, b = b, a
        # The processor's own instruction gives its second operand where either is NaN.
        chosen = e.select(e.compare(how, a, b).name, a, b)
        if _is_constant(a):
            return chosen
        return e.select(e.compare("uno", a, a).name, a, chosen.name)

    return rule


def _is_constant(name: str) -> bool:
    return not name.startswith("%")


def _intrinsic(name: str) -> Rule:
    def rule(e: Emitter, args: tuple[Value, ...]) -> Value:
        return e.intrinsic(name, *(e.as_number(arg) for arg in args))

    return rule


def _library(name: str) -> Rule:
    """Call the C library: its vector form where there is one, else lane by lane."""

    def rule(e: Emitter, args: tuple[Value, ...]) -> Value:
        numbers = [e.as_number(arg) for arg in args]
        symbol = vector_symbol(name, e.width, len(args)) if e.vector_math else None
        return e.call(symbol, *numbers) if symbol else e.call_each(name, *numbers)

    return rule


def _power(e: Emitter, args: tuple[Value, ...]) -> Value:
    base, exponent = (e.as_number(arg) for arg in args)
    if exponent == e.splat(2.0):  # rounds the same, at a twentieth of the cost
        return e.binary("fmul", base, base)
    return _library("pow")(e, (Value(base), Value(exponent)))


def _negate(e: Emitter, args: tuple[Value, ...]) -> Value:
    return e.new(f"fneg {e.number} {e.as_number(args[0])}")


def _draw(e: Emitter, args: tuple[Value, ...]) -> Value:
    """Do the whole-number arithmetic of `sdmodel.primitives`: equal bit for bit."""

    def step(what: str, a: str, b: int) -> str:
        # Constants wrap around, as the arithmetic does.
        signed = b - 2**64 if b >= 2**63 else b
        return e.new(f"{what} {e.whole} {a}, {e.splat_whole(signed)}").name

    state, fits = e.splat_whole(0), ""
    for position in (0, 1, 3, 2):  # seed, stream, run, step
        number = e.as_number(args[position])
        size = e.intrinsic("fabs", number).name
        whole = e.compare("olt", size, e.splat(LARGEST_WHOLE)).name
        fits = e.new(f"and {e.truth} {fits}, {whole}", True).name if fits else whole
        safe = e.select(whole, number, e.splat(0.0)).name
        bits = e.new(f"fptosi {e.number} {safe} to {e.whole}").name
        weyl = step("mul", step("add", bits, 1), WEYL)
        state = e.new(f"add {e.whole} {state}, {weyl}").name
        for shift, factor in MIXER:
            moved = step("lshr", state, shift)
            state = e.new(f"xor {e.whole} {state}, {moved}").name
            state = step("mul", state, factor)
    top = step("lshr", state, 12)
    number = e.new(f"sitofp {e.whole} {top} to {e.number}").name
    middle = e.binary("fadd", number, e.splat(0.5)).name
    drawn = e.binary("fmul", middle, e.splat(2.0**-52)).name
    return e.select(fits, drawn, e.splat(float("nan")))


RULES: dict[Op, Rule] = {
    Op.ADD: _arithmetic("fadd"),
    Op.SUB: _arithmetic("fsub"),
    Op.MUL: _arithmetic("fmul"),
    Op.DIV: _arithmetic("fdiv"),
    Op.POW: _power,
    Op.NEG: _negate,
    Op.LT: _comparison("olt"),
    Op.LE: _comparison("ole"),
    Op.GT: _comparison("ogt"),
    Op.GE: _comparison("oge"),
    Op.EQ: _comparison("oeq"),
    Op.NE: _comparison("une"),
    Op.AND: _logic("and"),
    Op.OR: _logic("or"),
    Op.NOT: _not,
    Op.WHERE: _where,
    Op.MIN: _extreme("olt"),
    Op.MAX: _extreme("ogt"),
    Op.ABS: _intrinsic("fabs"),
    Op.EXP: _library("exp"),
    Op.LN: _library("log"),
    Op.SQRT: _intrinsic("sqrt"),
    Op.SIN: _library("sin"),
    Op.COS: _library("cos"),
    Op.TAN: _library("tan"),
    Op.ASIN: _library("asin"),
    Op.ACOS: _library("acos"),
    Op.ATAN: _library("atan"),
    Op.SINH: _library("sinh"),
    Op.COSH: _library("cosh"),
    Op.TANH: _library("tanh"),
    Op.TRUNC: _intrinsic("trunc"),
    Op.REMAINDER: _library("fmod"),
    Op.LGAMMA: _library("lgamma"),
    Op.ERF: _library("erf"),
    Op.DRAW: _draw,
}
