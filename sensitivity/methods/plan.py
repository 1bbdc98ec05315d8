"""A plan: a method with the numbers it is used with."""

from __future__ import annotations

import math
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.errors import MethodError
from sensitivity.methods.table import METHODS, method

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    from sensitivity.methods.row import Method

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
        What the method counts: base samples (sobol), trajectories (morris), points per curve
        (fast), levels (all-combinations) or runs; 1 where the design has one size only.
    factors
        How many factors are varied.
    seed
        Of the design and of the bootstrap; any whole number from 0 on.
    second_order
        Whether indices of pairs are wanted, where the method has them.
    resamples
        Bootstrap resamples behind each interval; 0 for no intervals.
    confidence
        Of the intervals.
    groups
        The group of each factor, counted from 0, where groups of factors move together.
    centre
        Where the factors' defaults lie on the unit cube, for designs that start from them; the
        middle when left out.
    levels
        How many values each factor has, 0 for a continuous one; all continuous when left out.
    quantile
        Of the outcome, above which runs are told from the others (regional).
    threshold
        The outcome's value above which they are, in place of the quantile.
    points
        The design itself, row by row, where a table gives it.

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
    groups: tuple[int, ...] = ()
    centre: tuple[float, ...] = ()
    levels: tuple[int, ...] = ()
    quantile: float = 0.5
    threshold: float | None = None
    points: tuple[tuple[float, ...], ...] = ()

    def __post_init__(self) -> None:
        row = method(self.method)
        for name in ("samples", "factors", "seed", "resamples"):
            value: object = getattr(self, name)
            # NumPy's whole numbers are welcome, and become Python's, which can be stored.
            if isinstance(value, np.integer):
                object.__setattr__(self, name, int(value))
        wrong = list(_no_numbers(self))
        if wrong:
            raise MethodError("\n".join(wrong))
        for name in ("groups", "centre", "levels"):
            # Lists are what a stored plan gives.
            object.__setattr__(self, name, tuple(getattr(self, name)))
        object.__setattr__(self, "points", tuple(map(tuple, self.points)))
        wrong = list(_problems(self, row))
        if wrong:
            raise MethodError("\n".join(wrong))
        row.check(self)

    @property
    def row(self) -> Method:
        """The method's row in the table."""
        return method(self.method)

    @property
    def membership(self) -> tuple[int, ...]:
        """The group of each factor; each is its own where there are none."""
        return self.groups or tuple(range(self.factors))

    @property
    def parts(self) -> int:
        """How many groups, or else factors, the indices are about."""
        return max(self.membership) + 1

    @property
    def start(self) -> tuple[float, ...]:
        """Where on the unit cube the defaults lie."""
        return self.centre or (0.5,) * self.factors

    @property
    def block(self) -> int:
        """How many runs belong together, so that one failed spoils them all."""
        return self.row.block(self)

    @property
    def runs(self) -> int:
        """How many runs the design asks for."""
        return self.row.cost(self)

    @property
    def nested(self) -> bool:
        """Whether the design for more samples begins with this one."""
        return self.row.nested

    def design(self) -> Floats:
        """Return the points of the unit cube to be run, one row each."""
        return self.rows(0, self.runs)

    def rows(self, first: int, last: int) -> Floats:
        """Return rows of the design, from the first up to but without the last.

        They are those of `design`, bit for bit, in memory for these rows only where the method
        draws from a sequence.
        """
        if not 0 <= first <= last <= self.runs:
            raise MethodError(f"there are no runs {first:,} to {last:,}: {self.runs:,} in all")
        return self.row.rows(self, first, last)

    def analyse(self, outcomes: Floats, unit_design: Floats | None) -> Indices:
        """Return the indices of outcomes (outcomes, runs) in which nothing is missing."""
        return self.row.analyse(self, outcomes, unit_design)

    def to_dict(self) -> dict[str, Any]:
        """Return this plan as plain numbers and lists, as it is stored with a sweep."""
        stored = asdict(self)
        if not self.points:  # stores from before there were tables have none
            del stored["points"]
        return stored

    @classmethod
    def from_dict(cls, stored: Mapping[str, Any]) -> Plan:
        """Rebuild a plan from what `to_dict` gave."""
        return cls(**stored)


def _no_numbers(plan: Plan) -> Iterator[str]:
    """Yield what is of another kind than it must be, as in a description changed by hand."""
    for names, kinds, what in (
        (("samples", "factors", "resamples"), int, "a whole number"),
        (("confidence", "quantile", "threshold"), (int, float), "a number"),
        (("groups", "centre", "levels"), (tuple, list), "a list"),
    ):
        for name in names:
            value: object = getattr(plan, name)
            if name == "threshold" and value is None:
                continue
            if isinstance(value, bool) or not isinstance(value, kinds):
                yield f"{name} is {value!r}: give {what}"
            elif isinstance(value, float) and not math.isfinite(value):
                yield f"{name} is {value:g}: give {what} that is finite"
            elif isinstance(value, tuple | list) and not _are_numbers(value):
                yield f"{name} is {value!r}: give numbers only"


def _are_numbers(values: Sequence[object]) -> bool:
    return all(isinstance(one, int | float) and not isinstance(one, bool) for one in values)


def _problems(plan: Plan, row: Method) -> Iterator[str]:
    """Yield what no method allows, or this one does not, whatever its sample size."""
    seed: object = plan.seed  # whatever was given, whatever the signature says
    if isinstance(seed, bool) or not isinstance(seed, int) or seed < 0:
        yield f"seed is {seed!r}: give a whole number from 0 on, so it can be repeated"
    elif plan.seed >= 2**32:
        yield f"seed is {plan.seed}: give one below {2**32}"
    if plan.factors < 1:
        yield "there is nothing to vary: the space has no factors"
    if not 0 < plan.confidence < 1:
        yield f"confidence is {plan.confidence:g}: give a share between 0 and 1, such as 0.95"
    if plan.resamples < 0 or plan.resamples == 1:
        yield f"resamples is {plan.resamples}: give 2 or more (200 is usual), or 0 for no intervals"
    if not 0 < plan.quantile < 1:
        yield f"quantile is {plan.quantile:g}: give a share between 0 and 1, such as 0.5"
    if plan.second_order and not row.pairs:
        yield f"method {row.name} has no second-order indices: use {_those(pairs=True)} for them"
    if plan.groups and row.groups == "no":
        others = [one.name for one in METHODS.values() if one.groups != "no"]
        yield f"method {row.name} does not move groups of factors together: use {_or(others)}"
    if not plan.groups and row.groups == "must":
        yield f'method {row.name} is about groups: give factors one, as in group = "health"'
    yield from _shapes(plan)
    few = sum(values > 0 for values in plan.levels)
    if row.continuous and few:
        yield (
            f"method {row.name} takes slopes, but {few} of {plan.factors} factors have a few "
            "values only: leave them out, or use morris or sobol"
        )


def _shapes(plan: Plan) -> Iterator[str]:
    for name in ("groups", "centre", "levels"):
        given = len(getattr(plan, name))
        if given not in (0, plan.factors):
            yield f"{name} has {given} entries for {plan.factors} factors: give one for each"
    if plan.groups and set(plan.groups) != set(range(max(plan.groups) + 1)):
        yield f"groups are {sorted(set(plan.groups))}: number them from 0 on without gaps"
    if not all(0.0 <= place <= 1.0 for place in plan.centre):
        yield "centre leaves the unit cube: give defaults within their ranges"


def _those(*, pairs: bool) -> str:
    return _or([one.name for one in METHODS.values() if one.pairs == pairs])


def _or(names: list[str]) -> str:
    return f"{', '.join(names[:-1])} or {names[-1]}"
