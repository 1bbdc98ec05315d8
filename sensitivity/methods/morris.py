"""Morris's screening by elementary effects: how far the outcome moves with each factor.

Morris (1991), Technometrics 33, pp. 161-174; its mean sizes (mu star) as in Campolongo et al.
(2007), Environmental Modelling & Software 22, pp. 1509-1518. The design, the estimators and the
random numbers of the bootstrap are those of SALib, for factors in groups too.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensitivity.errors import MethodError
from sensitivity.methods.bootstrap import counts, half_width
from sensitivity.methods.points import cut, every_run, unit_of
from sensitivity.methods.row import Method

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensitivity.methods.plan import Plan

    Floats = NDArray[np.float64]
    Indices = dict[str, Floats]

LEVELS = 4
STEP = LEVELS / (2.0 * (LEVELS - 1))


def design(n: int, factors: int, *, groups: tuple[int, ...], seed: int) -> Floats:
    """Return n trajectories, each step of which moves one group of factors on a grid.

    Examples
    --------
    >>> design(10, 3, groups=(0, 1, 2), seed=0).shape
    (40, 3)
    """
    random = np.random.default_rng(seed)
    lowest = np.linspace(0.0, 1.0 - STEP, LEVELS // 2)
    turns = np.empty((n, max(groups) + 1), dtype=np.int64)
    starts, ways = np.empty((n, factors)), np.empty((n, factors))
    for trajectory in range(n):
        # A matrix of one column: shuffled, it takes the random numbers that SALib's takes.
        order = np.arange(turns.shape[1])[:, None]
        random.shuffle(order)
        turns[trajectory] = order[:, 0]
        ways[trajectory] = 2 * random.integers(0, 2, factors) - 1
        starts[trajectory] = lowest[random.integers(0, len(lowest), factors)]
    steps = np.arange(turns.shape[1] + 1)[:, None]
    moved = np.where(turns[:, None, list(groups)] < steps, 1.0, -1.0)
    rows = starts[:, None] + STEP / 2.0 * (moved * ways[:, None] + 1.0)
    return rows.reshape(-1, factors)


def indices(
    outcomes: Floats,
    unit_design: Floats,
    *,
    groups: tuple[int, ...],
    resamples: int,
    confidence: float,
    seed: int,
) -> Indices:
    """Return what Morris's elementary effects tell: their mean, mean size and spread.

    Parameters
    ----------
    outcomes
        One row per outcome; runs trajectory after trajectory.
    unit_design
        The design on the unit cube, in which each step moves one group of factors.
    groups
        The group of each factor, counted from 0.
    resamples, confidence, seed
        Of the bootstrap.

    Returns
    -------
    dict
        ``mu``, ``mu_star``, ``sigma`` and ``mu_star_conf`` as (outcomes, groups): effects of
        moving the factors over their whole range, in the unit of the outcome. ``mu`` and
        ``sigma`` are NaN for a group of several, in which some move up while others move down.
    """
    effects = elementary_effects(outcomes, unit_design, groups)
    sizes = np.abs(effects)
    trajectories, factors = effects.shape[1:]
    random = np.random.default_rng(seed)
    resampled = np.empty((resamples, len(outcomes), factors))
    for factor in range(factors):
        drawn = random.integers(trajectories, size=(resamples, trajectories))
        resampled[:, :, factor] = counts(drawn.T, trajectories) @ sizes[:, :, factor].T
    members = np.arange(max(groups) + 1)[:, None] == np.array(groups)
    shares = (members / members.sum(axis=1, keepdims=True)).T
    several = members.sum(axis=1) > 1
    return {
        "mu": np.where(several, np.nan, effects.mean(axis=1) @ shares),
        "mu_star": sizes.mean(axis=1) @ shares,
        "mu_star_conf": half_width(resampled / trajectories, confidence) @ shares,
        "sigma": np.where(several, np.nan, effects.std(axis=1, ddof=1) @ shares),
    }


def elementary_effects(outcomes: Floats, unit_design: Floats, groups: tuple[int, ...]) -> Floats:
    """Return each trajectory's effect of each factor, as (outcomes, trajectories, factors).

    Factors of a group have the effect of their common step, each with the sign of its own move.
    """
    factors, length = unit_design.shape[1], max(groups) + 2
    moves = np.diff(unit_design.reshape(-1, length, factors), axis=1)
    step = np.abs(moves).argmax(axis=1)  # (trajectories, factors): at which step a factor moves
    upward = np.take_along_axis(moves, step[:, None, :], axis=1)[:, 0] > 0
    changes = np.diff(outcomes.reshape(len(outcomes), -1, length), axis=2)
    effects = np.take_along_axis(changes, step[None], axis=2)
    return np.where(upward, effects, -effects) / STEP


def _check(plan: Plan) -> None:
    if plan.samples < 4:
        raise MethodError(
            f"method morris needs at least 4 trajectories, not {plan.samples}: use 10 to 100 "
            f"({10 * plan.block:,} to {100 * plan.block:,} runs)"
        )
    if plan.parts < 2 and plan.factors > 1:
        raise MethodError(
            "method morris compares groups of factors, and all are in one: give at least 2 groups"
        )


def _analyse(plan: Plan, outcomes: Floats, unit_design: Floats | None) -> Indices:
    return indices(
        outcomes,
        unit_of(plan, unit_design),
        groups=plan.membership,
        resamples=plan.resamples,
        confidence=plan.confidence,
        seed=plan.seed,
    )


MORRIS = Method(
    name="morris",
    about="cheap screening: how much the outcome moves with each factor",
    indices=("mu_star", "mu", "sigma"),
    meanings={
        "mu_star": "mean size of the effect of moving this factor over its range",
        "mu": "mean effect of moving this factor from low to high, with its sign",
        "sigma": "how much that effect depends on where the others stand",
    },
    default_samples=64,
    formula="n (D + 1) runs; n from 10 on",
    cost=lambda plan: plan.samples * (plan.parts + 1),
    block=lambda plan: plan.parts + 1,
    rows=cut(
        lambda plan: design(plan.samples, plan.factors, groups=plan.membership, seed=plan.seed)
    ),
    analyse=_analyse,
    check=_check,
    spread=every_run,
    wants_x=True,
    in_units=True,
    groups="may",
    nested=True,
    blocks="trajectories",
)
