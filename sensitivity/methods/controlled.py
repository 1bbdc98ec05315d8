"""The methods of Vensim's sensitivity control files.

They are asked for by `.vsc` files only, so they do not stand among `METHODS`. A factor whose
number of values is known (`Plan.levels`) runs through these in order, as Vensim's VECTOR does; all
others are drawn.
"""

from __future__ import annotations

import math
from collections.abc import Mapping
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.errors import MethodError
from sensitivity.methods.points import cut, every_run, latin, one
from sensitivity.methods.row import Method
from sensitivity.methods.scores import LATIN

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensitivity.methods.plan import Plan

    Floats = NDArray[np.float64]
    Indices = dict[str, Floats]

MOST_RUNS = 1_000_000


def _levels(plan: Plan) -> tuple[int, ...]:
    return plan.levels or (0,) * plan.factors


# Univariate -----------------------------------------------------------------------------------


def _own(plan: Plan) -> tuple[int, ...]:
    """Return how many runs each factor has to itself, or how many values in a grid."""
    return tuple(values or plan.samples for values in _levels(plan))


def _univariate(plan: Plan) -> Floats:
    rows = np.full((sum(_own(plan)), plan.factors), np.nan)
    random, first = np.random.default_rng(plan.seed), 0
    for factor, (values, runs) in enumerate(zip(_levels(plan), _own(plan), strict=True)):
        rows[first : first + runs, factor] = _middles(runs) if values else random.random(runs)
        first += runs
    return rows


def _middles(values: int) -> Floats:
    middles: Floats = (np.arange(values) + 0.5) / values
    return middles


def spreads(outcomes: Floats, own: tuple[int, ...]) -> Indices:
    """Return how far each factor alone moves the outcomes.

    Parameters
    ----------
    outcomes
        One row per outcome; of each factor its own runs after those of the factor before. What
        is missing (NaN) is left out.
    own
        How many runs each factor has.

    Examples
    --------
    >>> found = spreads(np.array([[1.0, 4.0, 2.0, 2.0]]), (2, 2))
    >>> found["range"].tolist(), found["sd"].tolist()
    ([[3.0, 0.0]], [[1.5, 0.0]])
    """
    found: dict[str, list[Floats]] = {"range": [], "sd": []}
    for last, runs in zip(np.cumsum(own), own, strict=True):
        part = outcomes[:, last - runs : last]
        known = np.isfinite(part)
        count = np.maximum(known.sum(axis=1), 1)
        mean = np.where(known, part, 0.0).sum(axis=1) / count
        square = np.where(known, (part - mean[:, None]) ** 2, 0.0).sum(axis=1) / count
        highest = np.where(known, part, -np.inf).max(axis=1)
        lowest = np.where(known, part, np.inf).min(axis=1)
        some = known.any(axis=1)
        with np.errstate(invalid="ignore"):  # where nothing is known, infinity less infinity
            found["range"].append(np.where(some, highest - lowest, np.nan))
        found["sd"].append(np.where(some, np.sqrt(square), np.nan))
    return {name: np.stack(values, axis=1) for name, values in found.items()}


# All together ---------------------------------------------------------------------------------


def _together(plan: Plan) -> int:
    """Return the number of runs: those asked for, or the whole grid where all run through one."""
    levels = _levels(plan)
    return math.prod(levels) if all(levels) else plan.samples


def _drawn(plan: Plan) -> Floats:
    rows = np.random.default_rng(plan.seed).random((_together(plan), plan.factors))
    return _with_grid(plan, rows)


def _hypercube(plan: Plan) -> Floats:
    return _with_grid(plan, latin(_together(plan), plan.factors, plan.seed))


def _with_grid(plan: Plan, rows: Floats) -> Floats:
    """Let the factors that run through values do so: every combination, over and over."""
    running = [factor for factor, values in enumerate(_levels(plan)) if values]
    sizes = [_levels(plan)[factor] for factor in running]
    for factor, places in zip(running, _places(len(rows), sizes), strict=True):
        rows[:, factor] = places
    return rows


def _places(runs: int, sizes: list[int]) -> list[Floats]:
    """Return the middles of the cells of a grid, the last factor fastest, over and over."""
    if not sizes:
        return []
    cells = np.unravel_index(np.arange(runs) % math.prod(sizes), sizes)
    return [(cell + 0.5) / size for cell, size in zip(cells, sizes, strict=True)]


def _grid(plan: Plan, first: int, last: int) -> Floats:
    sizes = list(_own(plan))
    cells = np.unravel_index(np.arange(first, last), sizes)
    return np.stack([(cell + 0.5) / size for cell, size in zip(cells, sizes, strict=True)], axis=1)


def _table(plan: Plan, first: int, last: int) -> Floats:
    return np.array(plan.points[first:last]).reshape(-1, plan.factors)


def _check(plan: Plan) -> None:
    runs = plan.runs
    if plan.samples < 1 or runs < 1:
        raise MethodError(f"{plan.method} needs 1 run or more, not {plan.samples}")
    if runs > MOST_RUNS:
        grid = f"{plan.samples:,} divisions of {plan.factors} constants"
        told = f"{plan.method}: {grid} are {runs:,} runs"
        raise MethodError(f"{told}, more than {MOST_RUNS:,}: ask for fewer, or for method L")


def _scored(name: str, about: str, formula: str, **own: object) -> Method:
    """Return a method whose runs are ranked by the scores of a Latin hypercube."""
    fields = {
        "name": name,
        "about": about,
        "indices": LATIN.indices,
        "meanings": LATIN.meanings,
        "facts": LATIN.facts,
        "default_samples": 200,
        "formula": formula,
        "cost": _together,
        "block": one,
        "analyse": LATIN.analyse,
        "check": _check,
        "spread": every_run,
        "least": LATIN.least,
        "wants_x": True,
        "signed": True,
        "caution": LATIN.caution,
    }
    return Method(**(fields | own))  # type: ignore[arg-type]


CONTROLLED: Mapping[str, Method] = MappingProxyType(
    {
        row.name: row
        for row in (
            Method(
                name="vensim-univariate",
                about="each constant drawn by itself, the others at their value in the model",
                indices=("range", "sd"),
                meanings={
                    "range": "from the lowest to the highest outcome when this constant varies",
                    "sd": "standard deviation of the outcome when this constant varies",
                },
                default_samples=200,
                formula="n D runs",
                cost=lambda plan: sum(_own(plan)),
                block=one,
                rows=cut(_univariate),
                analyse=lambda plan, outcomes, _unit: spreads(outcomes, _own(plan)),
                check=_check,
                spread=every_run,
                can_drop=False,
                spares=True,
                in_units=True,
                caution="one at a time says nothing of what constants do together",
            ),
            _scored(
                "vensim-multivariate",
                "all constants drawn together",
                "n runs",
                rows=cut(_drawn),
            ),
            _scored(
                "vensim-latin",
                "all constants drawn together, each met evenly",
                "n runs",
                rows=cut(_hypercube),
            ),
            _scored(
                "vensim-grid",
                "every combination of n values of each constant, of equal probability",
                "n^D runs",
                rows=_grid,
                cost=lambda plan: math.prod(_own(plan)),
                can_drop=False,  # a part of a grid is no grid
            ),
            _scored(
                "vensim-file",
                "the runs of a table",
                "the rows of the table",
                rows=_table,
                cost=lambda plan: len(plan.points),
            ),
        )
    }
)
