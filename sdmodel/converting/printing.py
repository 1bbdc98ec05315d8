"""Expression trees written as text, with no more brackets than their meaning needs.

Nothing here recurses, as nothing does in `sdmodel.expr`: the text of a node is made of those of
its children, which stand on a stack.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import NamedTuple

from sdmodel.expr import Apply, Const, Expr, Op, children

# How strongly each operator binds; an atom binds strongest.
LEVELS = {
    Op.OR: 1,
    Op.AND: 2,
    Op.NOT: 3,
    Op.EQ: 4,
    Op.NE: 4,
    Op.LT: 4,
    Op.LE: 4,
    Op.GT: 4,
    Op.GE: 4,
    Op.ADD: 5,
    Op.SUB: 5,
    Op.MUL: 6,
    Op.DIV: 6,
    Op.NEG: 7,
    Op.POW: 8,
}
ATOM, LOOSEST = 9, 0
# Operators whose operands on the same level need no brackets on the left.
_FROM_THE_LEFT = {5, 6}


class Written(NamedTuple):
    """The text of a node, and how strongly what holds it together binds."""

    text: str
    level: int = ATOM

    def within(self, level: int) -> str:
        """Return the text as it stands where something at least as strong as `level` must."""
        return self.text if self.level >= level else f"({self.text})"


# Writes what is no operator: a number, a name, a call with its arguments.
Leaf = Callable[[Expr, list[Written]], Written]


def printed(expr: Expr, operators: dict[Op, str], leaf: Leaf) -> str:
    """Return the text of a tree.

    `operators` spells those that stand between or before operands; every other node is given to
    `leaf`, with its children as written.

    >>> from sdmodel.expr import Ref
    >>> tree = (Ref("a") + Ref("b")) * Ref("c")
    >>> printed(tree, {Op.ADD: "+", Op.MUL: "*"}, lambda one, _: Written(one.name))
    '(a + b) * c'
    """
    order: list[Expr] = []
    todo = [expr]
    while todo:  # parents before children, the last of these first
        node = todo.pop()
        order.append(node)
        todo += children(node)
    done: list[Written] = []
    for node in reversed(order):
        first = len(done) - len(children(node))
        inner = done[first:]
        del done[first:]
        if isinstance(node, Apply) and node.op in operators:
            done.append(_operation(node.op, operators[node.op], inner))
        else:
            done.append(leaf(node, inner))
    return done[0].text


def _operation(op: Op, sign: str, inner: list[Written]) -> Written:
    level = LEVELS[op]
    if len(inner) == 1:
        blank = " " if sign[-1].isalnum() or sign.endswith(":") else ""
        # A sign before an operator that binds more strongly than itself is read differently.
        return Written(sign + blank + inner[0].within(ATOM), level)
    left = inner[0].within(level if level in _FROM_THE_LEFT else level + 1)
    return Written(f"{left} {sign} {inner[1].within(level + 1)}", level)


def number(value: float) -> str:
    """Return a number such that reading it gives the same again.

    >>> number(3.0), number(0.1), number(1e22)
    ('3', '0.1', '1e+22')
    """
    if value == int(value) and abs(value) < 1e15:
        return str(int(value))
    return repr(value)


def negative(expr: Expr) -> bool:
    """Return whether a node is a number below zero, which needs brackets as an operand."""
    return isinstance(expr, Const) and expr.value < 0
