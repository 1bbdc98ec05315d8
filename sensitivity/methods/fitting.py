"""A plan for a space: what a method asks of the factors, taken from them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.distributions import unit
from sensitivity.errors import SpaceError
from sensitivity.methods.plan import Plan
from sensitivity.methods.table import METHODS, method

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensitivity.space import Space

    Floats = NDArray[np.float64]

# A factor of more values than this is as good as continuous; the odd number of places on which
# they are counted meets every value of one with so many.
_FEW = 1000
_PLACES = 65_537
_HALVINGS = 64


def plan_for(
    space: Space, name: str, samples: int | None = None, *, grouped: bool = False, **options: Any
) -> Plan:
    """Return the plan of a method over a space, with the method's usual sample size.

    Parameters
    ----------
    space
        What is varied: its groups, defaults and numbers of values are taken as the method needs.
    name
        The method's.
    samples
        Its sample size; the usual one when left out.
    grouped
        Whether factors of a group move together, for a method that leaves the choice.
    options
        The rest of a `Plan`.

    Examples
    --------
    >>> from sensitivity.space import Space, factor
    >>> plan_for(Space([factor("tax rate", 0.0, 0.4, default=0.1)]), "one-at-a-time").design()
    array([[0.25],
           [0.  ],
           [1.  ]])
    """
    row = method(name)
    if not row.dependent:
        space.refuse_dependence(name, [one.name for one in METHODS.values() if one.dependent])
    fitted: dict[str, Any] = {}
    if grouped or row.groups == "must":
        fitted["groups"] = groups_of(space)
    if row.from_default:
        fitted["centre"] = unit_defaults(space)
    if row.continuous or row.by_level:
        fitted["levels"] = values_of(space)
    size = row.default_samples if samples is None else samples
    return Plan(name, samples=size, factors=len(space), **fitted, **options)


def groups_of(space: Space) -> tuple[int, ...]:
    """Return the number of each factor's group; one without a group stands alone.

    Nothing where no factor has a group.

    Examples
    --------
    >>> from sensitivity.space import Space, factor
    >>> groups_of(Space([factor("a", 0, 1, group="tax"), factor("b", 0, 1)]))
    (0, 1)
    """
    return tuple(space.groups[1]) if any(one.group for one in space) else ()


def unit_defaults(space: Space) -> tuple[float, ...]:
    """Return where on the unit cube the defaults lie: the middle of all places that give them.

    Examples
    --------
    >>> from sensitivity.space import Space, factor
    >>> unit_defaults(Space([factor("a", 0, 4, default=1), factor("b", 0, 1, kind="switch")]))
    (0.25, 0.25)
    """
    defaults = np.array(list(space.defaults.values()))
    ordered = np.array([one.kind != "categorical" for one in space])
    ends = space.scale(np.array([[0.0], [1.0]]) * np.ones(len(space)))
    outside = ordered & ((defaults < ends[0]) | (defaults > ends[1]))
    if outside.any():
        raise SpaceError(
            "\n".join(
                f"'{one.name}' has its default {one.default:g} outside {one.low:g} to "
                f"{one.high:g}, and the design starts from it: widen the range"
                for one, lost in zip(space, outside, strict=True)
                if lost
            )
        )
    return tuple(float(place) for place in places_of(space, defaults))


def places_of(space: Space, values: Floats) -> Floats:
    """Return where on the unit cube values of the factors lie, none of them outside its range.

    It is the middle of all places that give a value, to the last bit where any does.

    Examples
    --------
    >>> from sensitivity.space import Space, factor
    >>> kinds = factor("a", values=[3, 1, 2], kind="categorical")
    >>> places_of(Space([kinds, factor("b", 0, 4)]), np.array([1.0, 3.0])).tolist()
    [0.5, 0.75]
    """
    first = _boundary(space, lambda reached: reached >= values)
    last = _boundary(space, lambda reached: reached > values)
    # Categories do not rise, so that they cannot be found by halving.
    kinds = [
        unit(one, np.array([value])).item() if one.kind == "categorical" else np.nan
        for one, value in zip(space, values, strict=True)
    ]
    return np.where(np.isnan(kinds), 0.5 * (first + last), kinds)


def _boundary(space: Space, beyond: Any) -> Floats:
    """Return from where on the rising values of each factor are beyond something; else 1."""
    low, high = np.zeros(len(space)), np.ones(len(space))
    starts = beyond(space.scale(low[None]))[0]
    for _ in range(_HALVINGS):
        middle = 0.5 * (low + high)
        reached = beyond(space.scale(middle[None]))[0]
        low, high = np.where(reached, low, middle), np.where(reached, middle, high)
    return np.where(starts, 0.0, high)


def values_of(space: Space) -> tuple[int, ...]:
    """Return how many values each factor has, 0 where they are as good as continuous.

    Examples
    --------
    >>> from sensitivity.space import Space, factor
    >>> values_of(Space([factor("a", 0, 4), factor("b", 1, 5, kind="integer")]))
    (0, 5)
    """
    places = np.linspace(0.0, 1.0, _PLACES)[:, None] * np.ones(len(space))
    numbers = [len(np.unique(column)) for column in space.scale(places).T]
    return tuple(number if number <= _FEW else 0 for number in numbers)
