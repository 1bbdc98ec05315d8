"""One rule for each primitive: its arguments' names to JavaScript.

What JavaScript's `Math` lacks, or means another way than `sdmodel.primitives`, is in mathlib.js.
"""

from __future__ import annotations

import re
from dataclasses import dataclass

from sdmodel.expr import Op


@dataclass(frozen=True, slots=True)
class Value:
    """A name or a literal; `truth` where it is true or false and not a number."""

    code: str
    truth: bool = False

    @property
    def number(self) -> str:
        """The same as a number."""
        return f"({self.code} ? 1 : 0)" if self.truth else self.code

    @property
    def condition(self) -> str:
        """The same as true or false: whatever is not 0 counts as true, NaN too."""
        return self.code if self.truth else f"({self.code} !== 0)"


_OPERATORS = {Op.ADD: "+", Op.SUB: "-", Op.MUL: "*", Op.DIV: "/", Op.REMAINDER: "%"}
_COMPARISONS = {
    Op.LT: "<",
    Op.LE: "<=",
    Op.GT: ">",
    Op.GE: ">=",
    Op.EQ: "===",
    Op.NE: "!==",
}
_LOGIC = {Op.AND: "&&", Op.OR: "||"}
_FUNCTIONS = {
    Op.MIN: "min",
    Op.MAX: "max",
    Op.ABS: "abs",
    Op.EXP: "exp",
    Op.LN: "log",
    Op.SQRT: "sqrt",
    Op.SIN: "sin",
    Op.COS: "cos",
    Op.TAN: "tan",
    Op.ASIN: "asin",
    Op.ACOS: "acos",
    Op.ATAN: "atan",
    Op.SINH: "sinh",
    Op.COSH: "cosh",
    Op.TANH: "tanh",
    Op.TRUNC: "trunc",
    Op.LGAMMA: "lgamma",
    Op.ERF: "erf",
    Op.DRAW: "draw",
}
_LITERAL = re.compile(r"\(?-?[\d.]")


def applied(op: Op, args: tuple[Value, ...]) -> Value:
    """Return the expression of a primitive."""
    if op in _OPERATORS:
        return Value(f"{args[0].number} {_OPERATORS[op]} {args[1].number}")
    if op in _COMPARISONS:
        return Value(f"{args[0].number} {_COMPARISONS[op]} {args[1].number}", truth=True)
    if op in _LOGIC:
        return Value(f"{args[0].condition} {_LOGIC[op]} {args[1].condition}", truth=True)
    if op is Op.NOT:
        return Value(f"!{args[0].condition}", truth=True)
    if op is Op.NEG:
        return Value(f"-{args[0].number}")
    if op is Op.WHERE:
        condition, yes, no = args
        return Value(f"{condition.condition} ? {yes.number} : {no.number}")
    if op is Op.POW:
        return Value(_power(*(arg.number for arg in args)))
    return Value(f"{_FUNCTIONS[op]}({', '.join(arg.number for arg in args)})")


def _power(base: str, exponent: str) -> str:
    """Return a power; JavaScript's own differs from C's where a base of 1 or -1 meets NaN."""
    if exponent == "2":  # as the compiled engine does
        return f"{base} * {base}"
    if _LITERAL.match(exponent) or (_LITERAL.match(base) and base not in ("1", "(-1)")):
        return f"{base} ** {exponent}"
    # Written out: a call that is not inlined puts its numbers on the heap.
    odd = f"{base} === 1 || ({base} === -1 && abs({exponent}) === Infinity)"
    return f"{odd} ? 1 : {base} ** {exponent}"
