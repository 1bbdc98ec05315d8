"""Conditions and what they imply: comparisons joined by :AND:, :OR: and :NOT:."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sdmodel.expr import Apply, Const, Expr, Op
from sdmodel.kernel import Array

Truth = NDArray[np.bool_]
JOINS = frozenset({Op.AND, Op.OR, Op.NOT})
OPPOSITE = {
    Op.EQ: Op.NE,
    Op.NE: Op.EQ,
    Op.LT: Op.GE,
    Op.GE: Op.LT,
    Op.GT: Op.LE,
    Op.LE: Op.GT,
}
# The same comparison read from the other side.
TURNED = {
    Op.EQ: Op.EQ,
    Op.NE: Op.NE,
    Op.LT: Op.GT,
    Op.GT: Op.LT,
    Op.LE: Op.GE,
    Op.GE: Op.LE,
}
# What is forced may lie on the bound itself.
RELAXED = {Op.LT: Op.LE, Op.LE: Op.LE, Op.GT: Op.GE, Op.GE: Op.GE}
MOST_WAYS = 64
# How far two sides may be apart and count as equal: a share of the larger.
SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Leaf:
    """A statement without :AND:, :OR: and :NOT:; `negated` where a name is to be false."""

    expr: Expr
    negated: bool = False


@dataclass(frozen=True, slots=True)
class Tree:
    """Statements joined by "and" or "or"; the :NOT: has moved into the statements."""

    all_of: bool
    parts: tuple[Tree | Leaf, ...]


def tree_of(expr: Expr) -> Tree | Leaf:
    """Return an expression as statements that are joined, every :NOT: moved inwards.

    >>> from sdmodel.expr import Ref
    >>> a, b = Ref("a"), Ref("b")
    >>> both = Apply(Op.AND, (a < 1, Apply(Op.EQ, (b, Const(2.0)))))
    >>> [part.expr.op.value for part in tree_of(Apply(Op.NOT, (both,))).parts]
    ['>=', '<>']
    """
    done: list[Tree | Leaf] = []
    todo: list[tuple[Expr, bool, bool]] = [(expr, False, False)]
    while todo:  # no recursion: parentheses may be thousands deep
        node, negated, ready = todo.pop()
        joins = isinstance(node, Apply) and node.op in JOINS
        if not joins:
            done.append(_leaf(node, negated))
            continue
        assert isinstance(node, Apply)
        if node.op is Op.NOT:
            todo.append((node.args[0], not negated, False))
        elif not ready:
            todo.append((node, negated, True))
            todo += [(one, negated, False) for one in reversed(node.args)]
        else:
            right, left = done.pop(), done.pop()
            done.append(_joined((node.op is Op.AND) != negated, left, right))
    return done[0]


def _leaf(node: Expr, negated: bool) -> Leaf:
    if isinstance(node, Apply) and node.op in OPPOSITE:
        return Leaf(Apply(OPPOSITE[node.op], node.args, node.at) if negated else node)
    return Leaf(node, negated)


def _joined(all_of: bool, left: Tree | Leaf, right: Tree | Leaf) -> Tree:
    parts: list[Tree | Leaf] = []
    for one in (left, right):
        same = isinstance(one, Tree) and one.all_of == all_of
        parts += one.parts if same and isinstance(one, Tree) else [one]
    return Tree(all_of, tuple(parts))


def leaves(tree: Tree | Leaf) -> Iterator[Leaf]:
    """Yield every statement, in the order they are written."""
    todo = [tree]
    while todo:
        one = todo.pop()
        if isinstance(one, Leaf):
            yield one
        else:
            todo += reversed(one.parts)


def ways(tree: Tree | Leaf) -> list[tuple[Leaf, ...]]:
    """Return the ways in which it can be true: each a set of statements that all hold.

    >>> from sdmodel.expr import Ref
    >>> a, b, c = Ref("a") < 1, Ref("b") < 1, Ref("c") < 1
    >>> either = Apply(Op.AND, (a, Apply(Op.OR, (b, c))))
    >>> [len(way) for way in ways(tree_of(either))]
    [2, 2]
    """
    if isinstance(tree, Leaf):
        return [(tree,)]
    if not tree.all_of:
        return [way for part in tree.parts for way in ways(part)][: MOST_WAYS + 1]
    found: list[tuple[Leaf, ...]] = [()]
    for part in tree.parts:
        found = [(*first, *more) for first in found for more in ways(part)][: MOST_WAYS + 1]
    return found


def truth(tree: Tree | Leaf, of: Callable[[Leaf], Truth]) -> Truth:
    """Return whether it is true, from whether each statement is."""
    if isinstance(tree, Leaf):
        return of(tree)
    found = [truth(part, of) for part in tree.parts]
    join = np.logical_and if tree.all_of else np.logical_or
    return np.asarray(join.reduce(found))


def holds(op: Op, left: Array, right: Array) -> Truth:
    """Return where a comparison holds; what is no number compares as false.

    ``=``, ``<=`` and ``>=`` allow a billionth of the larger side, for the rounding of sums.

    >>> holds(Op.LE, np.array([1.0 + 1e-12, 2.0, np.nan]), np.array([1.0, 1.0, 1.0])).tolist()
    [True, False, False]
    """
    with np.errstate(invalid="ignore"):
        same = np.abs(left - right) <= SLACK * np.maximum(np.abs(left), np.abs(right))
        same |= left == right  # two infinities
        known = ~(np.isnan(left) | np.isnan(right))
        found = {
            Op.EQ: same,
            Op.NE: ~same,
            Op.LT: left < right,
            Op.LE: (left < right) | same,
            Op.GT: left > right,
            Op.GE: (left > right) | same,
        }[op]
    return np.asarray(found & known)


def sides(leaf: Leaf) -> tuple[Expr, Op, Expr]:
    """Return a statement as a comparison; a bare value is true where it is not zero."""
    expr = leaf.expr
    if isinstance(expr, Apply) and expr.op in OPPOSITE:
        return expr.args[0], expr.op, expr.args[1]
    return expr, Op.EQ if leaf.negated else Op.NE, Const(0.0)
