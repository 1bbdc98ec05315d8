"""Expression trees written as text, with no more brackets than their meaning needs.

Nothing here recurses, as nothing does in `sdmodel.expr`: the text of a node is made of those of
its children, which stand on a stack.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sdmodel.expr import Apply, Expr, Op, fold

# How strongly what stands alone binds, and what must stand in brackets beside any operator.
ATOM, LOOSEST = 9, 0
SIGN = 7  # of a minus before its operand, in both languages
_ARITHMETIC = {Op.ADD: ("+", 5), Op.SUB: ("-", 5), Op.MUL: ("*", 6), Op.DIV: ("/", 6)}
_POWERS = {Op.NEG: ("-", SIGN), Op.POW: ("^", 8)}
_ORDERINGS = {Op.LT: "<", Op.LE: "<=", Op.GT: ">", Op.GE: ">="}
# Operators whose operands on the same level need no brackets on the left.
_FROM_THE_LEFT = {Op.ADD, Op.SUB, Op.MUL, Op.DIV, Op.AND, Op.OR}

# How each operator is spelled, and how strongly it binds (the readers' tables say why).
Operators = Mapping[Op, tuple[str, int]]
VENSIM: Operators = {
    Op.OR: (":OR:", 1),
    Op.AND: (":AND:", 2),
    Op.NOT: (":NOT:", 3),
    Op.EQ: ("=", 4),
    Op.NE: ("<>", 4),
    **{op: (sign, 4) for op, sign in _ORDERINGS.items()},
    **_ARITHMETIC,
    **_POWERS,
}
XMILE: Operators = {
    Op.OR: ("OR", 1),
    Op.AND: ("AND", 2),
    Op.EQ: ("=", 3),
    Op.NE: ("<>", 3),
    **{op: (sign, 4) for op, sign in _ORDERINGS.items()},
    **_ARITHMETIC,
    Op.NOT: ("NOT", SIGN),
    **_POWERS,
}


class Written(NamedTuple):
    """The text of a node, and how strongly what holds it together binds."""

    text: str
    level: int = ATOM

    def within(self, level: int) -> str:
        """Return the text as it stands where something at least as strong as `level` must."""
        return self.text if self.level >= level else f"({self.text})"


# Writes what is no operator: a number, a name, a call with its arguments.
Leaf = Callable[[Expr, Sequence[Written]], Written]


@dataclass(frozen=True)
class Printer:
    """Writes the trees of one language: its operators, and what writes every other node.

    Examples
    --------
    >>> from sdmodel.expr import Ref
    >>> printer = Printer(VENSIM, lambda node, _: Written(node.name))
    >>> printer((Ref("a") + Ref("b")) * Ref("c"))
    '(a+b)*c'
    """

    operators: Operators
    leaf: Leaf

    def __call__(self, expr: Expr) -> str:
        """Return the text of a tree."""
        return fold(expr, self._written).text

    def _written(self, node: Expr, inner: Sequence[Written]) -> Written:
        if isinstance(node, Apply) and node.op in self.operators:
            return self._operation(node.op, inner)
        return self.leaf(node, inner)

    def _operation(self, op: Op, inner: Sequence[Written]) -> Written:
        sign, level = self.operators[op]
        word = sign.strip(":").isalpha()
        if len(inner) == 1:
            # What binds more weakly than a sign would be read differently behind it.
            return Written(sign + (" " if word else "") + inner[0].within(ATOM), level)
        left = inner[0].within(level if op in _FROM_THE_LEFT else level + 1)
        right = inner[1].within(level + 1)
        if right.startswith("-"):  # a*-b is read, but by nobody at ease
            right = f"({right})"
        return Written(f"{left} {sign} {right}" if word else left + sign + right, level)


def number(value: float) -> str:
    """Return a number such that reading it gives the same again.

    >>> number(3.0), number(0.1), number(1e22)
    ('3', '0.1', '1e+22')
    """
    if abs(value) < 1e15 and value == int(value):
        return str(int(value))
    return repr(value)


def constant(value: float) -> Written:
    """Return a number as an operand: one below zero binds as its sign does.

    >>> constant(-2.0)
    Written(text='-2', level=7)
    """
    return Written(number(value), SIGN if value < 0 else ATOM)
