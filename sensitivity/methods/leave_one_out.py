"""Contributions to a package: all levers high, each left out in turn, and each alone.

The first asks what the package would lose without a lever, the second what the lever does on its
own; they differ where levers strengthen or stand in for each other.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensitivity.errors import MethodError
from sensitivity.methods.points import cut, every_run, needs_no_size, one
from sensitivity.methods.row import Method

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensitivity.methods.plan import Plan

    Floats = NDArray[np.float64]
    Indices = dict[str, Floats]


def design(start: tuple[float, ...], groups: tuple[int, ...]) -> Floats:
    """Return the default, the package, it without each group, and each group alone.

    Examples
    --------
    >>> design((0.5, 0.2), (0, 1))
    array([[0.5, 0.2],
           [1. , 1. ],
           [0.5, 1. ],
           [1. , 0.2],
           [1. , 0.2],
           [0.5, 1. ]])
    """
    default, package = np.array(start), np.ones(len(start))
    own = np.arange(max(groups) + 1)[:, None] == np.array(groups)
    without, alone = np.where(own, default, package), np.where(own, package, default)
    return np.vstack([default, package, without, alone])


def indices(outcomes: Floats) -> Indices:
    """Return what each part does in the package and alone, as (outcomes, parts).

    Where a run is missing (NaN), so is what needs it, and nothing else.

    Examples
    --------
    >>> found = indices(np.array([[0.0, 10.0, 7.0, 5.0, 4.0, 2.0]]))
    >>> found["contribution"], found["alone"], found["synergy"]
    (array([[3., 5.]]), array([[4., 2.]]), array([4.]))
    """
    parts = (outcomes.shape[1] - 2) // 2
    base, package = outcomes[:, :1], outcomes[:, 1:2]
    alone = outcomes[:, 2 + parts :] - base
    whole = (package - base)[:, 0]
    return {
        "contribution": package - outcomes[:, 2 : 2 + parts],
        "alone": alone,
        "package": whole,
        "synergy": whole - alone.sum(axis=1),
    }


def _runs(plan: Plan) -> int:
    return 2 * plan.parts + 2


def _check_packages(plan: Plan) -> None:
    needs_no_size(plan)
    if plan.parts < 2:
        raise MethodError(
            "method packages compares groups of factors, and all are in one: give at least 2 "
            "groups, or use leave-one-out"
        )


def _row(name: str, about: str, part: str, formula: str, groups: str) -> Method:
    return Method(
        name=name,
        about=about,
        indices=("contribution", "alone"),
        meanings={
            "contribution": f"what the package of all would lose if this {part} stayed at default",
            "alone": f"what this {part} does when all others stay at default",
            "package": "what the package of all does",
            "synergy": "what the package does beyond the sum of each alone",
        },
        facts=("package", "synergy"),
        default_samples=1,
        formula=formula,
        cost=_runs,
        block=one,
        rows=cut(lambda plan: design(plan.start, plan.membership)),
        analyse=lambda _plan, outcomes, _unit: indices(outcomes),
        check=needs_no_size if groups == "no" else _check_packages,
        spread=every_run,
        can_drop=False,
        spares=True,
        blank="the run of the whole package failed",
        from_default=True,
        in_units=True,
        signed=True,
        groups=groups,
    )


LEAVE_ONE_OUT = _row(
    "leave-one-out",
    "all factors high, each left out in turn, each alone: contributions to a package",
    "factor",
    "2 D + 2 runs",
    "no",
)
PACKAGES = _row(
    "packages",
    "the same as leave-one-out by group: all groups high, each left out, each alone",
    "group",
    "2 G + 2 runs for G groups",
    "must",
)
