"""Expressions: what the right-hand side of an equation says.

A closed set of frozen node types. What a file says may hold all of them; after lowering only
`Const`, `Ref`, `Apply` and `Lookup` are left. Nothing here recurses, so that a sum of thousands of
terms or parentheses thousands deep is no harder than a short one.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Union


class Op(enum.Enum):
    """The primitives. Every function of the language is defined in terms of these."""

    ADD = "+"
    SUB = "-"
    MUL = "*"
    DIV = "/"
    POW = "^"
    NEG = "neg"
    LT = "<"
    LE = "<="
    GT = ">"
    GE = ">="
    EQ = "="
    NE = "<>"
    AND = ":AND:"
    OR = ":OR:"
    NOT = ":NOT:"
    WHERE = "where"
    MIN = "min"
    MAX = "max"
    ABS = "abs"
    EXP = "exp"
    LN = "ln"
    SQRT = "sqrt"
    SIN = "sin"
    COS = "cos"
    TAN = "tan"
    ASIN = "asin"
    ACOS = "acos"
    ATAN = "atan"
    SINH = "sinh"
    COSH = "cosh"
    TANH = "tanh"
    TRUNC = "trunc"
    REMAINDER = "remainder"
    LGAMMA = "lgamma"


ORDERINGS = frozenset({Op.LT, Op.LE, Op.GT, Op.GE})
# These jump when an argument passes a point, so an adaptive solver must not step across unawares.
JUMPS = ORDERINGS | {Op.TRUNC, Op.REMAINDER}


class _Sugar:
    """Arithmetic on nodes, so that functions can be defined as one writes them on paper."""

    __slots__ = ()

    def __add__(self, other: Operand) -> Expr:
        return Apply(Op.ADD, (self, wrap(other)))  # type: ignore[arg-type]

    def __radd__(self, other: Operand) -> Expr:
        return Apply(Op.ADD, (wrap(other), self))  # type: ignore[arg-type]

    def __sub__(self, other: Operand) -> Expr:
        return Apply(Op.SUB, (self, wrap(other)))  # type: ignore[arg-type]

    def __rsub__(self, other: Operand) -> Expr:
        return Apply(Op.SUB, (wrap(other), self))  # type: ignore[arg-type]

    def __mul__(self, other: Operand) -> Expr:
        return Apply(Op.MUL, (self, wrap(other)))  # type: ignore[arg-type]

    def __rmul__(self, other: Operand) -> Expr:
        return Apply(Op.MUL, (wrap(other), self))  # type: ignore[arg-type]

    def __truediv__(self, other: Operand) -> Expr:
        return Apply(Op.DIV, (self, wrap(other)))  # type: ignore[arg-type]

    def __rtruediv__(self, other: Operand) -> Expr:
        return Apply(Op.DIV, (wrap(other), self))  # type: ignore[arg-type]

    def __neg__(self) -> Expr:
        return Apply(Op.NEG, (self,))  # type: ignore[arg-type]

    def __lt__(self, other: Operand) -> Expr:
        return Apply(Op.LT, (self, wrap(other)))  # type: ignore[arg-type]

    def __le__(self, other: Operand) -> Expr:
        return Apply(Op.LE, (self, wrap(other)))  # type: ignore[arg-type]

    def __gt__(self, other: Operand) -> Expr:
        return Apply(Op.GT, (self, wrap(other)))  # type: ignore[arg-type]

    def __ge__(self, other: Operand) -> Expr:
        return Apply(Op.GE, (self, wrap(other)))  # type: ignore[arg-type]


@dataclass(frozen=True, slots=True)
class Const(_Sugar):
    """A number."""

    value: float
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class Ref(_Sugar):
    """Another variable, by the name written in the file; `at` is the offset of the name."""

    name: str
    subscripts: tuple[str, ...] = ()
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class Apply(_Sugar):
    """A primitive applied to its arguments."""

    op: Op
    args: tuple[Expr, ...]
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class Call(_Sugar):
    """A function of the language, or a lookup variable, called by name."""

    function: str
    args: tuple[Expr, ...]
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class Table(_Sugar):
    """The points of a graphical function, sorted by x as the file has them."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class Lookup(_Sugar):
    """A table read at x. `mode`: interpolate, extrapolate, forward or backward (held steps)."""

    table: Table
    x: Expr
    mode: str = "interpolate"
    at: int = field(default=-1, compare=False)


Expr = Union[Const, Ref, Apply, Call, Table, Lookup]  # noqa: UP007 - forward references above
Operand = Expr | float | int


def wrap(value: Operand) -> Expr:
    """Return `value` as a node."""
    return Const(float(value)) if isinstance(value, int | float) else value


def where(condition: Operand, yes: Operand, no: Operand) -> Expr:
    """Return the node that is `yes` where the condition is not zero, otherwise `no`."""
    return Apply(Op.WHERE, (wrap(condition), wrap(yes), wrap(no)))


def apply(op: Op, *args: Operand) -> Expr:
    """Return a primitive applied to nodes or numbers."""
    return Apply(op, tuple(wrap(arg) for arg in args))


def children(expr: Expr) -> tuple[Expr, ...]:
    """Return the nodes directly below."""
    match expr:
        case Apply() | Call():
            return expr.args
        case Lookup():
            return (expr.x,)
        case _:
            return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """Yield every node, parents before children."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def rewrite(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """Return the expression with `change` applied to every node, children first."""
    done: list[Expr] = []
    todo: list[tuple[Expr, bool]] = [(expr, False)]
    while todo:
        node, ready = todo.pop()
        below = children(node)
        if below and not ready:
            todo.append((node, True))
            todo.extend((child, False) for child in reversed(below))
            continue
        if below:
            new = tuple(done[len(done) - len(below) :])
            del done[len(done) - len(below) :]
            if any(a is not b for a, b in zip(new, below, strict=True)):
                node = _with_children(node, new)
        done.append(change(node))
    return done[0]


def _with_children(node: Expr, new: tuple[Expr, ...]) -> Expr:
    match node:
        case Apply():
            return Apply(node.op, new, node.at)
        case Call():
            return Call(node.function, new, node.at)
        case Lookup():
            return Lookup(node.table, new[0], node.mode, node.at)
        case _:
            return node


def literal(expr: Expr) -> float | None:
    """Return the number an equation consists of, or None if it is not just a number.

    >>> literal(Apply(Op.NEG, (Const(2.0),)))
    -2.0
    """
    sign = 1.0
    while isinstance(expr, Apply) and expr.op is Op.NEG:
        sign, expr = -sign, expr.args[0]
    return sign * expr.value if isinstance(expr, Const) else None


def references(expr: Expr) -> Iterator[Ref]:
    """Yield every reference to a variable in the expression."""
    return (node for node in walk(expr) if isinstance(node, Ref))


def substitute(expr: Expr, values: Mapping[str, Expr]) -> Expr:
    """Return the expression with references replaced by what `values` gives for their names."""

    def change(node: Expr) -> Expr:
        return values.get(node.name, node) if isinstance(node, Ref) else node

    return rewrite(expr, change)
