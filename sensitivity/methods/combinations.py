"""All combinations: every level of every factor with every level of the others."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.errors import MethodError
from sensitivity.methods.points import every_run
from sensitivity.methods.row import Method

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensitivity.methods.plan import Plan

    Floats = NDArray[np.float64]
    Indices = dict[str, Floats]

MOST_RUNS = 1_000_000


def levels(plan: Plan) -> tuple[int, ...]:
    """Return at how many levels each factor is run: no more than the values it has."""
    own = plan.levels or (0,) * plan.factors
    return tuple(min(plan.samples, values) if values else plan.samples for values in own)


def indices(outcomes: Floats, sizes: tuple[int, ...]) -> Indices:
    """Return each factor's effect from its lowest level to its highest.

    Parameters
    ----------
    outcomes
        One row per outcome; runs in order of the levels, those of the last factor first.
    sizes
        How many levels each factor has.

    Returns
    -------
    dict
        ``effect``, the mean over all combinations of the others, and ``least`` and ``most``, its
        range over them, as (outcomes, factors).

    Examples
    --------
    >>> found = indices(np.array([[0.0, 1.0, 2.0, 5.0]]), (2, 2))
    >>> found["effect"], found["least"], found["most"]
    (array([[3., 2.]]), array([[2., 1.]]), array([[4., 3.]]))
    """
    found: dict[str, list[Floats]] = {"effect": [], "least": [], "most": []}
    for factor, size in enumerate(sizes):
        after = math.prod(sizes[factor + 1 :])
        by_level = outcomes.reshape(len(outcomes), -1, size, after)
        change = (by_level[:, :, -1] - by_level[:, :, 0]).reshape(len(outcomes), -1)
        found["effect"].append(change.mean(axis=1))
        found["least"].append(change.min(axis=1))
        found["most"].append(change.max(axis=1))
    return {name: np.stack(values, axis=1) for name, values in found.items()}


def _rows(plan: Plan, first: int, last: int) -> Floats:
    sizes = levels(plan)
    places = np.unravel_index(np.arange(first, last), sizes)
    return np.stack([place / (size - 1) for place, size in zip(places, sizes, strict=True)], axis=1)


def _cost(plan: Plan) -> int:
    return math.prod(levels(plan))


def _check(plan: Plan) -> None:
    if plan.samples < 2:
        raise MethodError(
            f"method all-combinations needs 2 levels or more of each factor, not {plan.samples}: "
            "use 2 for low and high, or 3 for the middle too"
        )
    runs = _cost(plan)
    if runs > MOST_RUNS:
        raise MethodError(
            f"all combinations of {plan.factors} factors at {plan.samples} levels are {runs:,} "
            f"runs, more than {MOST_RUNS:,}: vary fewer factors, or use fractional-factorial"
        )


COMBINATIONS = Method(
    name="all-combinations",
    about="every combination of the factors' ends; how far an effect hangs on the others",
    indices=("effect", "least", "most"),
    meanings={
        "effect": "mean change from the lowest to the highest level, over all combinations",
        "least": "its lowest value over the combinations of the others",
        "most": "its highest value over them",
    },
    default_samples=2,
    formula="n^D runs; n levels of each factor, or the fewer values it has",
    cost=_cost,
    block=_cost,
    rows=_rows,
    analyse=lambda plan, outcomes, _unit: indices(outcomes, levels(plan)),
    check=_check,
    spread=every_run,
    can_drop=False,
    by_level=True,
    in_units=True,
    signed=True,
)
