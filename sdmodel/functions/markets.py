"""Sharing what is scarce: allocation by priority, and the price at which demand meets supply.

A priority profile is a vector of four numbers in the last subscript: type, priority, width and an
extra parameter; a model names the first of them.
"""

from __future__ import annotations

from sdmodel.allocation import SHAPES
from sdmodel.expr import At, Axis, Expr, Operand, Ref
from sdmodel.functions.registry import Build, function

_PROFILE = 4
Argument = tuple[Expr, tuple[Axis, ...]]


def _side(build: Build, quantity: Expr, profile: Expr) -> list[Argument] | None:
    """Return a vector of quantities and the four parts of their profiles along it."""
    along = build.last_axes(quantity, 1)
    if along is None or not isinstance(profile, Ref) or len(profile.where) < 2:
        return None
    vector, axes = along
    *places, last = profile.where
    if last.axis is not None or last.places[0] + _PROFILE > build.width(profile):
        return None
    places[-1] = _alike(places[-1], axes[0])
    found: list[Argument] = [(vector, axes)]
    for i in range(_PROFILE):
        part = At(None, (last.places[0] + i,))
        found.append((Ref(profile.name, where=(*places, part)), axes))
    _check_shapes(build, profile, found[1][0])
    return found


def _check_shapes(build: Build, profile: Ref, kind: Expr) -> None:
    """Refuse profiles of a shape that is not offered; what a run sets later becomes NaN."""
    unknown = sorted(build.possible(kind).difference(SHAPES))
    if unknown:
        shown = " and ".join(f"{one:g}" for one in unknown[:3])
        build.refuse(
            profile,
            f"a priority profile here is of the type {shown}, which is not offered",
            "use type 0 (fixed), 1 (rectangular), 2 (triangular), 3 (normal) or 4 (exponential)",
        )


def _alike(place: At, axis: Axis) -> At:
    """Return the place of a profile that goes with a quantity: from a fixed one on, in step."""
    if place.axis is not None:
        return place
    first = place.places[0]
    return At(axis, range(first, first + axis.size))


def _refused(build: Build, node: Expr, name: str) -> Expr:
    return build.refuse(
        node,
        f"{name} takes quantities over a range and their priority profiles",
        "write quantity[range], profile[range, ptype], where ptype is the first of the four "
        "elements type, priority, width and extra",
    )


@function(
    "ALLOCATE AVAILABLE",
    units="x, _, x -> x",
    example="ALLOCATE AVAILABLE(example vector[example range], "
    "example profile[example range, ptype], 3)",
    value=0.5,
)
def allocate_available(build: Build, request: Expr, profile: Expr, available: Expr) -> Operand:
    """Return what each requester gets of what is available, by its priority profile."""
    side = _side(build, request, profile)
    if side is None:
        return _refused(build, request, "ALLOCATE AVAILABLE")
    return build.block("allocate available", [*side, (available, ())], side[0][1])


@function(
    "ALLOCATE BY PRIORITY",
    units="x, y, 1, y, x -> x",
    example="ALLOCATE BY PRIORITY(example vector[example range], "
    "example vector[example range], 3, 1, 6)",
    value=1,
)
def allocate_by_priority(
    build: Build, request: Expr, priority: Expr, size: Expr, width: Expr, supply: Expr
) -> Operand:
    """Return what each requester gets of the supply, those of higher priority first."""
    along = build.last_axes(request, 1)
    if along is None:
        reason = "ALLOCATE BY PRIORITY takes requests over a range"
        return build.refuse(request, reason, "name a subscripted variable")
    vector, axes = along
    if isinstance(priority, Ref) and priority.where:
        where = (*priority.where[:-1], _alike(priority.where[-1], axes[0]))
        priority = Ref(priority.name, where=where)
    args: list[Argument] = [(vector, axes), (priority, axes), (width, ()), (supply, ())]
    return build.block("allocate by priority", args, axes)


@function(
    "FIND MARKET PRICE",
    units="x, _, x, _ -> _",
    example="FIND MARKET PRICE(example vector[e1], example profile[e1, ptype], "
    "example vector[e1], example profile[e1, ptype])",
    value=5,
)
def find_market_price(
    build: Build, demand: Expr, demand_profile: Expr, supply: Expr, supply_profile: Expr
) -> Operand:
    """Return the price at which as much is demanded as is supplied."""
    wanted = _side(build, demand, demand_profile)
    offered = _side(build, supply, supply_profile)
    if wanted is None or offered is None:
        return _refused(build, demand, "FIND MARKET PRICE")
    return build.block("find market price", [*wanted, *offered], ())


@function(
    "DEMAND AT PRICE",
    units="x, _, _ -> x",
    example="DEMAND AT PRICE(example vector[example range], "
    "example profile[example range, ptype], 0)",
    value=1,
)
def demand_at_price(build: Build, quantity: Expr, profile: Expr, price: Expr) -> Operand:
    """Return how much of each quantity is demanded at a price."""
    return _at_price(build, "demand at price", quantity, profile, price)


@function(
    "SUPPLY AT PRICE",
    units="x, _, _ -> x",
    example="SUPPLY AT PRICE(example vector[example range], "
    "example profile[example range, ptype], 9)",
    value=1,
)
def supply_at_price(build: Build, quantity: Expr, profile: Expr, price: Expr) -> Operand:
    """Return how much of each quantity is supplied at a price."""
    return _at_price(build, "supply at price", quantity, profile, price)


def _at_price(build: Build, block: str, quantity: Expr, profile: Expr, price: Expr) -> Operand:
    side = _side(build, quantity, profile)
    if side is None:
        return _refused(build, quantity, block.upper())
    return build.block(block, [*side, (price, ())], side[0][1])
