"""The table of methods: for each its design, its analysis, and what it asks for."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

from sensitivity import designs, estimators
from sensitivity.errors import MethodError, among

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Indices = dict[str, Floats]


@dataclass(frozen=True, slots=True)
class Plan:
    """A method with the numbers it is used with: all that design and analysis depend on.

    Parameters
    ----------
    method
        Its name in `METHODS`.
    samples
        Base samples (sobol), trajectories (morris) or points per curve (fast).
    factors
        How many factors are varied.
    seed
        Of the design and of the bootstrap; any whole number from 0 on.
    second_order
        Whether indices of pairs are wanted (sobol only).
    resamples
        Bootstrap resamples behind each interval; 0 for no intervals.
    confidence
        Of the intervals.

    Examples
    --------
    >>> Plan("sobol", samples=1024, factors=8).runs
    10240
    """

    method: str
    samples: int
    factors: int
    seed: int = 1
    second_order: bool = False
    resamples: int = 200
    confidence: float = 0.95

    def __post_init__(self) -> None:
        row = method(self.method)
        wrong = list(_problems(self))
        if wrong:
            raise MethodError("\n".join(wrong))
        row.check(self)

    @property
    def row(self) -> Method:
        """The method's row in the table."""
        return METHODS[self.method]

    @property
    def block(self) -> int:
        """How many runs belong together, so that one failed spoils them all."""
        return self.row.block(self)

    @property
    def runs(self) -> int:
        """How many runs the design asks for."""
        return self.row.cost(self)

    def design(self) -> Floats:
        """Return the points of the unit cube to be run, one row each."""
        return self.row.sample(self)

    def rows(self, first: int, last: int) -> Floats:
        """TEMPORARY."""
        return self.design()[first:last]

    @property
    def nested(self) -> bool:
        """TEMPORARY."""
        return self.method == "sobol"

    def analyse(self, outcomes: Floats, unit_design: Floats | None) -> Indices:
        """Return the indices of outcomes (outcomes, runs) in which nothing is missing."""
        return self.row.analyse(self, outcomes, unit_design)


@dataclass(frozen=True, slots=True)
class Method:
    """One row of the table.

    Parameters
    ----------
    name
        As it is written after ``method=``.
    about
        What it tells and what it costs, in a sentence.
    indices
        Its indices over (outcome, factor), the one to rank by first.
    meanings
        For each index, what it says.
    default_samples
        The sample size when none is given.
    formula
        The cost, in words.
    cost, block
        Number of runs in all, and of runs that stand or fall together.
    sample, analyse
        Design on the unit cube; indices from outcomes.
    check
        Raises where the sample size does not fit, and says which would.
    can_drop
        Whether blocks with failed runs can be left out.
    wants_x
        Whether the analysis needs the design as well as the outcomes.
    spread
        Which rows show how outcomes spread when all factors vary freely.
    in_units
        Whether the indices carry the outcome's unit rather than being shares of its variance.
    caution
        What to remember when reading the intervals.
    """

    name: str
    about: str
    indices: tuple[str, ...]
    meanings: Mapping[str, str]
    default_samples: int
    formula: str
    cost: Callable[[Plan], int]
    block: Callable[[Plan], int]
    sample: Callable[[Plan], Floats]
    analyse: Callable[[Plan, Floats, Floats | None], Indices]
    check: Callable[[Plan], None]
    spread: Callable[[Plan], NDArray[np.int64]]
    can_drop: bool = True
    wants_x: bool = False
    in_units: bool = False
    caution: str = ""

    @property
    def ranks_by(self) -> str:
        """The index by which factors are ranked."""
        return self.indices[0]


def method(name: str) -> Method:
    """Return a method by name.

    Examples
    --------
    >>> method("sobol").ranks_by
    'ST'
    """
    if name not in METHODS:
        raise MethodError(f"no method named '{name}'{among(name, METHODS)}")
    return METHODS[name]


def _problems(plan: Plan) -> list[str]:
    wrong = []
    seed: object = plan.seed  # whatever was given, whatever the signature says
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        wrong.append(f"seed is {seed!r}: give a whole number from 0 on, so it can be repeated")
    elif plan.seed >= 2**32:
        wrong.append(f"seed is {plan.seed}: give one below {2**32}")
    if plan.factors < 1:
        wrong.append("there is nothing to vary: the space has no factors")
    if not 0 < plan.confidence < 1:
        wrong.append(
            f"confidence is {plan.confidence:g}: give a share between 0 and 1, such as 0.95"
        )
    if plan.resamples < 0 or plan.resamples == 1:
        wrong.append(
            f"resamples is {plan.resamples}: give 2 or more (200 is usual), or 0 for no intervals"
        )
    if plan.second_order and plan.method != "sobol":
        wrong.append(f"method {plan.method} has no second-order indices: use sobol for them")
    return wrong


def _check_sobol(plan: Plan) -> None:
    n = plan.samples
    if n >= 4 and n & (n - 1) == 0:
        return
    options = sorted({max(4, 2 ** max(0, n.bit_length() - 1)), max(4, 2 ** max(n, 1).bit_length())})
    block = plan.block
    text = " or ".join(f"{option} ({option * block:,} runs)" for option in options)
    raise MethodError(f"method sobol needs samples that are a power of 2, not {n}: use {text}")


def _check_morris(plan: Plan) -> None:
    if plan.samples < 4:
        raise MethodError(
            f"method morris needs at least 4 trajectories, not {plan.samples}: use 10 to 100 "
            f"({10 * plan.block:,} to {100 * plan.block:,} runs)"
        )


def _check_fast(plan: Plan) -> None:
    # More points than 4 M^2, so that a factor's harmonics stay clear of the others' frequencies.
    least = 4 * designs.FAST_HARMONICS**2 + 1
    if plan.samples < least:
        raise MethodError(
            f"method fast needs at least {least} samples per factor, not {plan.samples}: use 257 "
            f"or more ({257 * plan.factors:,} runs)"
        )
    if plan.factors < 2:
        raise MethodError("method fast needs at least 2 factors: use sobol for a single one")


def _sobol_block(plan: Plan) -> int:
    return 2 * plan.factors + 2 if plan.second_order else plan.factors + 2


def _ends_of_blocks(plan: Plan) -> NDArray[np.int64]:
    starts = np.arange(plan.samples) * plan.block
    return np.column_stack([starts, starts + plan.block - 1]).ravel()


def _all_rows(plan: Plan) -> NDArray[np.int64]:
    return np.arange(plan.runs)


def _analyse_sobol(plan: Plan, outcomes: Floats, _unit: Floats | None) -> Indices:
    return estimators.sobol(
        outcomes,
        plan.factors,
        second_order=plan.second_order,
        resamples=plan.resamples,
        confidence=plan.confidence,
        seed=plan.seed,
    )


def _analyse_morris(plan: Plan, outcomes: Floats, unit: Floats | None) -> Indices:
    if unit is None:
        raise MethodError("method morris needs the design as well as the outcomes")
    return estimators.morris(
        outcomes,
        unit,
        levels=designs.MORRIS_LEVELS,
        resamples=plan.resamples,
        confidence=plan.confidence,
        seed=plan.seed,
    )


def _analyse_fast(plan: Plan, outcomes: Floats, _unit: Floats | None) -> Indices:
    return estimators.fast(
        outcomes,
        plan.factors,
        harmonics=designs.FAST_HARMONICS,
        resamples=plan.resamples,
        confidence=plan.confidence,
        seed=plan.seed,
    )


_SHARES = {
    "ST": "share of the outcome's variance in which this factor has a part, alone or with others",
    "S1": "share of the outcome's variance that this factor explains by itself",
}

METHODS: Mapping[str, Method] = MappingProxyType(
    {
        row.name: row
        for row in (
            Method(
                name="sobol",
                about="shares of the outcome's variance, alone and with interactions",
                indices=("ST", "S1"),
                meanings=_SHARES
                | {"S2": "share that two factors explain together beyond what each does alone"},
                default_samples=1024,
                formula="n (D + 2) runs, or n (2 D + 2) with the second order; n a power of 2",
                cost=lambda plan: plan.samples * _sobol_block(plan),
                block=_sobol_block,
                sample=lambda plan: designs.sobol(
                    plan.samples, plan.factors, seed=plan.seed, second_order=plan.second_order
                ),
                analyse=_analyse_sobol,
                check=_check_sobol,
                spread=_ends_of_blocks,
            ),
            Method(
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
                cost=lambda plan: plan.samples * (plan.factors + 1),
                block=lambda plan: plan.factors + 1,
                sample=lambda plan: designs.morris(plan.samples, plan.factors, seed=plan.seed),
                analyse=_analyse_morris,
                check=_check_morris,
                spread=_all_rows,
                wants_x=True,
                in_units=True,
            ),
            Method(
                name="fast",
                about="the same shares as sobol by Fourier analysis; every run must succeed",
                indices=("ST", "S1"),
                meanings=_SHARES,
                default_samples=1024,
                formula="n D runs; n above 64",
                cost=lambda plan: plan.samples * plan.factors,
                block=lambda plan: plan.runs,
                sample=lambda plan: designs.fast(plan.samples, plan.factors, seed=plan.seed),
                analyse=_analyse_fast,
                check=_check_fast,
                spread=_all_rows,
                can_drop=False,
                caution="intervals of fast rest on half curves: a rough guide only",
            ),
        )
    }
)
