"""Expressions: what the right-hand side of an equation says.

A closed set of frozen node types, in two stages. What a file says consists of `Const`, `Text`,
`Ref` with subscripts as written, `Apply`, `Call`, `Table`, `Tables` and `Values`. Lowering leaves
`Const`, `Apply`, `Lookup`, `Position`, `Reduce`, `Pick`, `Block` and `Ref`, whose places are then
known. Nothing here recurses, so that a sum of thousands of terms or parentheses thousands deep is
no harder than a short one.
"""

from __future__ import annotations

import enum
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, TypeVar, Union

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

Made = TypeVar("Made")


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
    ERF = "erf"
    # A number between 0 and 1 that looks drawn but is a function of its four arguments alone:
    # seed, stream, step and run.
    DRAW = "draw"


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
class Axis:
    """An index that runs over `size` places; `number` tells the axes of one equation apart."""

    number: int
    size: int


@dataclass(frozen=True, slots=True)
class At:
    """The place taken in one dimension of an array: ``places[axis]``, or one fixed place.

    `places` is a range where it can be, so that whole dimensions cost nothing.
    """

    axis: Axis | None
    places: Sequence[int]


@dataclass(frozen=True, slots=True)
class Ref(_Sugar):
    """Another variable, by the name written in the file; `at` is the offset of the name.

    `subscripts` are as the file has them: an element, a range, ``range!`` for one that a function
    such as SUM runs over, ``*`` for a whole dimension, ``*:range`` for a part of it. After lowering
    they are empty and `where` has the places instead.
    """

    name: str
    subscripts: tuple[str, ...] = ()
    at: int = field(default=-1, compare=False)
    where: tuple[At, ...] = ()


@dataclass(frozen=True, slots=True)
class Apply(_Sugar):
    """A primitive applied to its arguments."""

    op: Op
    args: tuple[Expr, ...]
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class Call(_Sugar):
    """A function of the language, a lookup variable or a macro, called by name.

    `subscripts` are those of a subscripted lookup, as in ``effect[region](x)``; `outputs` the
    variables that a macro fills beside its own value, as in ``F(a, b : x, y)``. `axes` are set by
    lowering: what ``range!`` among the arguments runs over.
    """

    function: str
    args: tuple[Expr, ...]
    at: int = field(default=-1, compare=False)
    subscripts: tuple[str, ...] = ()
    outputs: tuple[Ref, ...] = ()
    axes: tuple[Axis, ...] = ()


@dataclass(frozen=True, slots=True)
class Text(_Sugar):
    """A text in single quotes: the file, sheet or cell of external data."""

    value: str
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class Table(_Sugar):
    """The points of a graphical function, sorted by x as the file has them."""

    xs: tuple[float, ...]
    ys: tuple[float, ...]
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class Tables(_Sugar):
    """One table for each element of the subscripts left of the equals sign, the last one fastest.

    None stands for an element that has none.
    """

    tables: tuple[Table | None, ...]
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class Values(_Sugar):
    """A list of numbers, one for each element left of the equals sign, the last subscript fastest.

    `rows` tells how many numbers stood between two semicolons, so that a wrong count can be
    reported; it is empty for a list without them.
    """

    values: tuple[float, ...]
    rows: tuple[int, ...] = ()
    at: int = field(default=-1, compare=False)


@dataclass(frozen=True, slots=True)
class Lookup(_Sugar):
    """A table read at x; of several tables, laid out with the given `sizes`, the one at `where`.

    `mode`: interpolate, extrapolate (along the last slope), forward or backward (held steps).
    """

    table: Table | Tables
    x: Expr
    mode: str = "interpolate"
    at: int = field(default=-1, compare=False)
    where: tuple[At, ...] = ()
    sizes: tuple[int, ...] = ()


@dataclass(frozen=True, slots=True)
class Position(_Sugar):
    """The place of the present element in its range, from 1: a range used as a number."""

    where: At


@dataclass(frozen=True, slots=True)
class Reduce(_Sugar):
    """A primitive of two arguments (+, *, min, max) applied over every place of some axes."""

    op: Op
    axes: tuple[Axis, ...]
    body: Expr


@dataclass(frozen=True, slots=True)
class Pick(_Sugar):
    """The element of an array that lies `offset` elements behind that of `base`, rows in order.

    Outside of the array it is not a number.
    """

    base: Ref
    offset: Expr
    size: int


@dataclass(frozen=True, slots=True)
class Block(_Sugar):
    """A whole array computed at once from other arrays, such as an inverse matrix.

    Stands alone as the value of a hidden array; `args` are hidden arrays too. All of them begin
    with the same dimensions, `outer` places together; at each the function is applied anew.
    """

    function: str
    args: tuple[Ref, ...]
    outer: int = 1


Expr = Union[  # noqa: UP007 - forward references above
    Const,
    Ref,
    Apply,
    Call,
    Text,
    Table,
    Tables,
    Values,
    Lookup,
    Position,
    Reduce,
    Pick,
    Block,
]
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
        case Reduce():
            return (expr.body,)
        case Pick():
            return (expr.base, expr.offset)
        case Block():
            return expr.args
        case _:
            return ()


def walk(expr: Expr) -> Iterator[Expr]:
    """Yield every node, parents before children."""
    stack = [expr]
    while stack:
        node = stack.pop()
        yield node
        stack.extend(reversed(children(node)))


def fold(expr: Expr, combine: Callable[[Expr, Sequence[Made]], Made]) -> Made:
    """Return what `combine` makes of a node and of what it made of its children.

    >>> fold(Ref("a") + Ref("b") * 2, lambda node, below: 1 + sum(below))
    5
    """
    done: list[Made] = []
    todo: list[tuple[Expr, bool]] = [(expr, False)]
    while todo:
        node, ready = todo.pop()
        below = children(node)
        if below and not ready:
            todo.append((node, True))
            todo.extend((child, False) for child in reversed(below))
            continue
        if below:
            first = len(done) - len(below)
            made = combine(node, done[first:])
            del done[first:]
        else:
            made = combine(node, ())
        done.append(made)
    return done[0]


def rewrite(expr: Expr, change: Callable[[Expr], Expr]) -> Expr:
    """Return the expression with `change` applied to every node, children first."""

    def changed(node: Expr, new: Sequence[Expr]) -> Expr:
        if new and any(a is not b for a, b in zip(new, children(node), strict=True)):
            node = with_children(node, tuple(new))
        return change(node)

    return fold(expr, changed)


def with_children(node: Expr, new: tuple[Expr, ...]) -> Expr:
    """Return the same node above other nodes."""
    match node:
        case Apply():
            return Apply(node.op, new, node.at)
        case Call():
            return replace(node, args=new)
        case Lookup():
            return replace(node, x=new[0])
        case Reduce():
            return Reduce(node.op, node.axes, new[0])
        case Pick():
            base, offset = new
            assert isinstance(base, Ref)
            return Pick(base, offset, node.size)
        case Block():
            return replace(node, args=tuple(one for one in new if isinstance(one, Ref)))
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


def free_axes(*exprs: Expr) -> tuple[Axis, ...]:
    """Return the axes that the expressions depend on, by number; not those reduced within.

    >>> i = Axis(0, 3)
    >>> free_axes(Ref("x", where=(At(i, range(3)),)))
    (Axis(number=0, size=3),)
    """
    found: dict[Axis, None] = {}
    todo: list[tuple[Expr, frozenset[Axis]]] = [(expr, frozenset()) for expr in exprs]
    while todo:
        node, bound = todo.pop()
        places: tuple[At, ...] = ()
        match node:
            case Ref() | Lookup():
                places = node.where
            case Position():
                places = (node.where,)
            case Reduce():
                bound = bound | frozenset(node.axes)
            case _:
                pass
        for place in places:
            if place.axis is not None and place.axis not in bound:
                found[place.axis] = None
        todo.extend((child, bound) for child in children(node))
    return tuple(sorted(found, key=lambda axis: axis.number))


def fix_axes(expr: Expr, places: Mapping[Axis, int]) -> Expr:
    """Return what an expression is at one place of some axes."""

    def fixed(where: tuple[At, ...]) -> tuple[At, ...]:
        return tuple(
            At(None, (one.places[places[one.axis]],)) if one.axis in places else one  # type: ignore[index]
            for one in where
        )

    def change(node: Expr) -> Expr:
        match node:
            case Ref() | Lookup():
                return replace(node, where=fixed(node.where)) if node.where else node
            case Position():
                (where,) = fixed((node.where,))
                return Const(float(where.places[0] + 1)) if where.axis is None else Position(where)
            case _:
                return node

    return rewrite(expr, change)


def flat_places(
    sizes: Sequence[int], axes: Sequence[Axis], where: Sequence[At]
) -> NDArray[np.intp]:
    """Return the flat places that a reference covers, in the order of its axes, the last fastest.

    >>> i = Axis(0, 2)
    >>> flat_places((3, 4), [i], [At(i, range(1, 3)), At(None, (2,))]).tolist()
    [6, 10]
    """
    import numpy as np  # late: what a file says is read without it

    shape = [axis.size for axis in axes]
    total = np.zeros(shape, dtype=np.intp)
    stride = 1
    for size, one in zip(reversed(sizes), reversed(where), strict=True):
        at = np.asarray(one.places, dtype=np.intp)
        if one.axis is None:
            total += stride * at[0]
        else:
            place = list(axes).index(one.axis)
            total += stride * at.reshape([-1 if i == place else 1 for i in range(len(shape))])
        stride *= size
    return total.reshape(-1)
