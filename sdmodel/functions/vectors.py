"""Functions of whole arrays: sums and their like, order, matrices."""

from __future__ import annotations

import math

from sdmodel.expr import At, Const, Expr, Op, Operand, Pick, Reduce, Ref, apply, where, wrap
from sdmodel.functions.registry import Build, function

# Functions in whose arguments ``range!`` (in XMILE ``*``) runs over a range.
REDUCING = frozenset(
    {"sum", "prod", "vmin", "vmax", "vector select", "mean", "stddev", "size", "rank"}
)
# Functions that take whole vectors: a range among their arguments need not stand left.
VECTOR = frozenset(
    {
        "elmcount",
        "vector sort order",
        "vector rank",
        "vector reorder",
        "vector elm map",
        "invert matrix",
        "allocate available",
        "allocate by priority",
        "find market price",
        "demand at price",
        "supply at price",
    }
)


def _reduce(build: Build, op: Op, x: Expr) -> Expr:
    if not build.bound:
        cure = "mark the range with an exclamation mark, as in SUM(x[range!])"
        return build.refuse(x, "a sum and its like run over a range, and there is none", cure)
    return Reduce(op, build.bound, x)


@function("SUM", units="x -> x", example="SUM(example vector[example range!])", value=6)
def sum_(build: Build, x: Expr) -> Operand:
    """Return the sum over every range marked with an exclamation mark."""
    return _reduce(build, Op.ADD, x)


@function("PROD", example="PROD(example vector[example range!])", value=6)
def prod(build: Build, x: Expr) -> Operand:
    """Return the product over every range marked with an exclamation mark."""
    return _reduce(build, Op.MUL, x)


@function("VMIN", units="x -> x", example="VMIN(example vector[example range!])", value=1)
def vmin(build: Build, x: Expr) -> Operand:
    """Return the smallest element over every range marked with an exclamation mark."""
    return _reduce(build, Op.MIN, x)


@function("VMAX", units="x -> x", example="VMAX(example vector[example range!])", value=3)
def vmax(build: Build, x: Expr) -> Operand:
    """Return the largest element over every range marked with an exclamation mark."""
    return _reduce(build, Op.MAX, x)


def _count(build: Build) -> int:
    total = 1
    for axis in build.bound:
        total *= axis.size
    return total


@function(
    "SIZE", units="_ -> 1", example="SIZE(example vector[example range!])", value=3, source="XMILE"
)
def size(build: Build, x: Expr) -> Operand:
    """Return how many elements an array has."""
    return Const(float(_count(build)))


@function(
    "MEAN", units="x -> x", example="MEAN(example vector[example range!])", value=2, source="XMILE"
)
def mean(build: Build, x: Expr) -> Operand:
    """Return the mean of an array's elements."""
    return _reduce(build, Op.ADD, x) / _count(build)


@function(
    "STDDEV",
    units="x -> x",
    example="STDDEV(example vector[example range!])",
    value=1,
    source="XMILE",
)
def stddev(build: Build, x: Expr) -> Operand:
    """Return the sample standard deviation of an array's elements."""
    middle = build.auxiliary(mean(build, x))
    total = _reduce(build, Op.ADD, (x - middle) * (x - middle))
    return apply(Op.SQRT, total / (_count(build) - 1))


@function(
    "VECTOR SELECT",
    units="_, x, x?, 1, 1 -> x",
    example="VECTOR SELECT(example vector[example range!], "
    "example vector[example range!], 0, 0, 0)",
    value=6,
)
def vector_select(
    build: Build,
    selection: Expr,
    expression: Expr,
    missing_value: Expr,
    numerical_action: Expr,
    error_action: Expr,
) -> Operand:
    """Return the sum (0), minimum (1), mean (2), maximum (3) or product (4) of what is selected.

    Where nothing is selected it is the missing value.
    """
    action = build.known(numerical_action, "the numerical action of VECTOR SELECT")
    chosen = apply(Op.NE, selection, 0)
    how = {
        0: (Op.ADD, 0.0),
        1: (Op.MIN, math.inf),
        2: (Op.ADD, 0.0),
        3: (Op.MAX, -math.inf),
        4: (Op.MUL, 1.0),
    }
    if action is None:
        return Const(0.0)
    if action not in how:
        reason = f"VECTOR SELECT has no numerical action {action:g}"
        cure = "0 is sum, 1 minimum, 2 mean, 3 maximum, 4 product"
        return build.refuse(numerical_action, reason, cure)
    op, neutral = how[int(action)]
    found = _reduce(build, op, where(chosen, expression, neutral))
    count = build.auxiliary(_reduce(build, Op.ADD, where(chosen, 1, 0)))
    if action == 2:
        found = found / apply(Op.MAX, count, 1)
    return where(count > 0, found, missing_value)


@function("ELMCOUNT", units="_ -> 1", example="ELMCOUNT(example range)", value=3)
def elmcount(build: Build, range_: Expr) -> Operand:
    """Return how many elements a range has."""
    return Const(float(build.count(range_)))


@function(
    "VECTOR ELM MAP", units="x, 1 -> x", example="VECTOR ELM MAP(example vector[e1], 2)", value=3
)
def vector_elm_map(build: Build, vector: Expr, offset: Expr) -> Operand:
    """Return the element that lies so many places behind the one named, last range fastest."""
    if not isinstance(vector, Ref) or not vector.where:
        reason = "VECTOR ELM MAP picks from an array"
        return build.refuse(vector, reason, "name an element of a subscripted variable")
    return Pick(vector, wrap(offset), build.elements(vector))


@function(
    "VECTOR SORT ORDER",
    units="_, 1 -> 1",
    example="VECTOR SORT ORDER(example vector[example range], -1)",
    value=2,
)
def vector_sort_order(build: Build, vector: Expr, direction: Expr) -> Operand:
    """Return the places, from 0, of a vector's elements in order; falling for a direction <= 0."""
    return _ordering(build, "sort order", vector, direction)


@function(
    "VECTOR RANK",
    units="_, 1 -> 1",
    example="VECTOR RANK(example vector[example range], -1)",
    value=3,
)
def vector_rank(build: Build, vector: Expr, direction: Expr) -> Operand:
    """Return the rank, from 1, of each element of a vector; falling for a direction <= 0."""
    return _ordering(build, "rank", vector, direction)


def _ordering(build: Build, block: str, vector: Expr, direction: Expr) -> Operand:
    along = build.last_axes(vector, 1)
    if along is None:
        return build.refuse(vector, "this function orders a vector", "name a subscripted variable")
    vector, axes = along
    return build.block(block, [(vector, axes), (direction, ())], axes)


@function(
    "VECTOR REORDER",
    units="x, 1 -> x",
    example="VECTOR REORDER(example vector[example range], 3 - example vector[example range])",
    value=3,
)
def vector_reorder(build: Build, vector: Expr, order: Expr) -> Operand:
    """Return the elements of a vector in another order: each is the one at the place given."""
    along = build.last_axes(vector, 1)
    if along is None:
        return build.refuse(vector, "VECTOR REORDER takes a vector", "name a subscripted variable")
    vector, axes = along
    whole = build.array(vector, axes)
    first = Ref(whole.name, where=(*whole.where[:-1], At(None, (0,))))
    return Pick(first, order, build.elements(whole))


@function(
    "RANK",
    units="_, 1 -> 1",
    example="RANK(example vector[example range!], 1)",
    value=1,
    source="XMILE",
)
def rank(build: Build, vector: Expr, place: Expr) -> Operand:
    """Return the position, from 1, of the element that is the n-th smallest of an array."""
    axes = build.bound
    order = build.block("sort order", [(vector, axes), (Const(1.0), ())], axes)
    assert isinstance(order, Ref)
    outer = order.where[: len(order.where) - len(axes)]
    first = Ref(order.name, where=(*outer, *(At(None, (0,)) for _ in axes)))
    return Pick(first, place - 1, build.elements(order)) + 1


@function(
    "INVERT MATRIX",
    units="x, 1 -> 1/x",
    example="INVERT MATRIX(example matrix[example range, other range], 3)",
    value=0.5,
)
def invert_matrix(build: Build, matrix: Expr, size: Expr) -> Operand:
    """Return the inverse of the square matrix in the last two subscripts."""
    along = build.last_axes(matrix, 2)
    if along is None or along[1][0].size != along[1][1].size:
        return build.refuse(
            matrix, "INVERT MATRIX takes a square matrix", "name a variable with two equal ranges"
        )
    matrix, axes = along
    return build.block("invert", [(matrix, axes)], axes)
