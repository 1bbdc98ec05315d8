"""Two-level fractional factorial designs: the effect of each factor, in few runs.

Every factor is at its low or high end. Runs are numbered, and a factor's end in a run is the
parity of the run's number masked by the factor's own mask (Box and Hunter (1961), Technometrics
3, pp. 311-351): effects of factors and pairs can be told apart where the masks, and the
exclusive-or of pairs of masks, are all different. Without interactions the design is SALib's,
which keeps effects of factors clear of pairs, but mixes pairs with each other; SALib reports
them all the same. For interactions a larger design is made here, in which every pair is clear.
SALib's effects are half of those here, which are from the low end to the high one.
"""

from __future__ import annotations

from functools import lru_cache
from itertools import count
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.errors import MethodError
from sensitivity.methods.points import cut, every_run, needs_no_size
from sensitivity.methods.row import Method

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensitivity.methods.plan import Plan

    Floats = NDArray[np.float64]
    Indices = dict[str, Floats]

_MOST_PAIRED = 64


@lru_cache(maxsize=8)
def masks(factors: int, second_order: bool) -> tuple[int, ...]:
    """Return a mask for each factor: no two, and with pairs no two pairs, do the same.

    Examples
    --------
    >>> masks(3, second_order=False)
    (4, 5, 6)
    >>> masks(5, second_order=True)
    (1, 2, 4, 8, 15)
    """
    if not second_order:
        # The highest bit mirrors the design, so that no pair looks like a factor.
        mirror = 1 << (factors - 1).bit_length()
        return tuple(mirror + factor for factor in range(factors))
    found: list[int] = []
    taken: set[int] = {0}
    for mask in count(1):
        new = {mask, *(mask ^ other for other in found)}
        if not new & taken:
            found.append(mask)
            taken |= new
        if len(found) == factors:
            break
    return tuple(found)


def contrasts(factors: int, second_order: bool) -> Floats:
    """Return the design as 1 for high and -1 for low, (runs, factors)."""
    own = np.array(masks(factors, second_order))
    bits = int(own.max()).bit_length()
    shared = np.arange(1 << bits)[:, None] & own
    odd = np.zeros(shared.shape, dtype=np.int64)
    for bit in range(bits):
        odd ^= (shared >> bit) & 1
    return 1.0 - 2.0 * odd


def indices(outcomes: Floats, factors: int, *, second_order: bool) -> Indices:
    """Return effects of factors as (outcomes, factors), and of pairs if they are asked for."""
    signs = contrasts(factors, second_order)
    runs = len(signs)
    found = {"effect": 2.0 * outcomes @ signs / runs}
    if second_order:
        pairs = np.stack(
            [2.0 * (outcomes * signs[:, one]) @ signs / runs for one in range(factors)], axis=1
        )
        pairs[:, np.arange(factors), np.arange(factors)] = np.nan
        found["interaction"] = pairs
    return found


def _cost(plan: Plan) -> int:
    return 1 << max(masks(plan.factors, plan.second_order)).bit_length()


def _check(plan: Plan) -> None:
    needs_no_size(plan)
    if plan.second_order and plan.factors > _MOST_PAIRED:
        raise MethodError(
            f"method fractional-factorial tells pairs of up to {_MOST_PAIRED} factors apart, not "
            f"of {plan.factors}: screen them with morris first, and keep the strongest"
        )


FRACTIONAL = Method(
    name="fractional-factorial",
    about="the effect of each factor between its two ends, in very few runs",
    indices=("effect",),
    meanings={
        "effect": "mean change from the low to the high end of this factor, others low or high",
        "interaction": "half the change of one factor's effect from the other's low to high end",
    },
    default_samples=1,
    formula="2 D runs rounded up to a power of 2, with the second order about D^2",
    cost=_cost,
    block=_cost,
    rows=cut(lambda plan: (contrasts(plan.factors, plan.second_order) + 1.0) / 2.0),
    analyse=lambda plan, outcomes, _unit: indices(
        outcomes, plan.factors, second_order=plan.second_order
    ),
    check=_check,
    spread=every_run,
    can_drop=False,
    in_units=True,
    signed=True,
    pairs=True,
    caution="effects between the ends only, with some of what three factors do at once mixed in",
)
