"""What is wanted of outcomes: aims to be pursued, and conditions that hold or do not."""

from __future__ import annotations

import operator
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING

import numpy as np

import sdmodel as sd
from sensitivity.errors import MethodError, OutcomeError, among, fold
from sensitivity.outcomes import Outcome, choose

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

WAYS = ("high", "low")
JUDGES: Mapping[str, str] = MappingProxyType(
    {
        "mean": "mean over the futures",
        "median": "median over the futures",
        "worst": "value in the worst future",
        "quantile": "value that a share of the futures, as in 'quantile 0.1', does worse than",
        "regret": "largest regret: distance to the best package known in the same future",
        "mean regret": "regret, on average over the futures",
    }
)
# What the share of futures in which all conditions hold is called among the objectives.
SHARE = "satisficing share"
# What the levers are called where they keep their values.
BASE = "as in the file"
_COMPARISONS: Mapping[str, Callable[[Floats, float], Flags]] = MappingProxyType(
    {">=": operator.ge, "<=": operator.le, ">": operator.gt, "<": operator.lt}
)
_CONDITION = re.compile(r"^\s*(?P<of>.+?)\s*(?P<how>>=|<=|>|<)\s*(?P<level>\S+)\s*$")


@dataclass(frozen=True, slots=True)
class Condition:
    """Something that an outcome must fulfil, such as ``final income >= 3``.

    Examples
    --------
    >>> one = Condition.read("final income >= 3")
    >>> one.of, one.level
    ('final income', 3.0)
    >>> one.holds(np.array([2.0, 3.0, np.nan])).tolist()
    [False, True, False]
    """

    of: str
    how: str
    level: float

    @classmethod
    def read(cls, text: str) -> Condition:
        """Read a condition written as an outcome, a comparison and a number."""
        found = _CONDITION.match(text)
        try:
            if found is None or not np.isfinite(level := float(found["level"])):
                raise ValueError
            return cls(found["of"].strip("'\""), found["how"], level)
        except ValueError:
            raise MethodError(
                f"'{text}' is not a condition: write an outcome, one of >= <= > <, and a number, "
                "as in 'final income >= 3'"
            ) from None

    def holds(self, values: Floats) -> Flags:
        """Say where the condition holds; it never does where there is no outcome."""
        with np.errstate(invalid="ignore"):
            return _COMPARISONS[self.how](values, self.level)

    def __str__(self) -> str:
        return f"{self.of} {self.how} {self.level:g}"


@dataclass(frozen=True, slots=True)
class Aim:
    """What is wanted of one outcome, and how a package is judged by its values in all futures.

    Parameters
    ----------
    outcome
        Name of the outcome.
    way
        ``high`` or ``low``.
    judge
        One of `JUDGES`.
    share
        Of the futures that do worse, for ``quantile``.
    constant
        Whether it is a lever, which is the same in all futures.
    """

    outcome: str
    way: str
    judge: str = "mean"
    share: float = 0.0
    constant: bool = False

    @property
    def name(self) -> str:
        """What the objective is called in tables."""
        if self.constant:
            return self.outcome
        share = f" {self.share:g}" if self.judge == "quantile" else ""
        return f"{self.judge}{share} of {self.outcome}"

    @property
    def sign(self) -> float:
        """1 where more of the outcome is better, -1 where less is."""
        return 1.0 if self.way == "high" else -1.0

    @property
    def of_regret(self) -> bool:
        """Whether it is a distance to the best, of which less is better whatever the outcome."""
        return self.judge.endswith("regret")

    def scores(self, values: Floats, best: Floats) -> Floats:
        """Judge packages: the more the better; minus infinity where no future has an outcome.

        Parameters
        ----------
        values
            Packages, draws; NaN where a run failed, which is left out.
        best
            For each draw the best value known.

        Examples
        --------
        >>> low = Aim("cost", "low", "worst")
        >>> low.scores(np.array([[1.0, 3.0], [2.0, 2.0]]), np.array([1.0, 2.0])).tolist()
        [-3.0, -2.0]
        """
        gains = self.sign * values
        if self.of_regret:
            gains = gains - self.sign * best
        missing = ~np.isfinite(gains)
        present = (~missing).sum(axis=1)
        kept = np.where(missing, 0.0, gains)
        if self.judge in ("mean", "mean regret"):
            found = kept.sum(axis=1) / np.maximum(present, 1)
        elif self.judge in ("worst", "regret"):
            found = np.where(missing, np.inf, gains).min(axis=1)
        else:
            share = 0.5 if self.judge == "median" else self.share
            # Missing ones are sorted to the end, and the place is counted among the rest.
            order = np.sort(np.where(missing, np.inf, gains), axis=1)
            place = np.maximum(np.ceil(share * present).astype(np.int64) - 1, 0)
            found = np.take_along_axis(order, place[:, None], axis=1)[:, 0]
        return np.where(present > 0, found, -np.inf)

    def shown(self, scores: Floats) -> Floats:
        """Turn scores back into what a reader expects: the outcome's own values, or regret."""
        return -scores if self.of_regret else self.sign * scores


@dataclass(frozen=True, slots=True)
class Goals:
    """All that is wanted: aims, conditions, and the outcomes both are about."""

    aims: tuple[Aim, ...]
    conditions: tuple[Condition, ...]
    outcomes: tuple[Outcome, ...]

    @classmethod
    def of(
        cls,
        model: sd.Model,
        aims: Mapping[str, str],
        judge: str | Mapping[str, str],
        require: str | Iterable[str],
    ) -> Goals:
        """Read the goals of a search, naming everything wrong with them at once."""
        wrong = [
            f"the aim of '{name}' is '{way}'{among(way, WAYS)}"
            for name, way in aims.items()
            if way not in WAYS
        ]
        texts = [require] if isinstance(require, str) else list(require)
        conditions: list[Condition] = []
        for text in texts:
            try:
                conditions.append(Condition.read(text))
            except MethodError as error:
                wrong.append(str(error))
        if not aims and not texts:
            wrong.append("nothing is wanted: give an aim, or a condition that is to hold")
        several = [name for name in aims if sum(fold(name) == fold(one) for one in aims) > 1]
        if several:
            wrong.append(f"'{several[0]}' is an aim more than once: give it once")
        judged: dict[str, tuple[str, float]] = {}
        by_fold = {fold(name): name for name in aims}
        given = dict.fromkeys(aims, judge) if isinstance(judge, str) else judge
        for name, text in given.items():
            if fold(name) not in by_fold:
                wrong.append(f"'{name}' is judged but is no aim{among(name, aims)}")
                continue
            try:
                judged[fold(name)] = _judge(text)
            except MethodError as error:
                wrong.append(str(error))
        names = {fold(name): name for name in [*aims, *(one.of for one in conditions)]}
        # A lever is constant over a run: it is not its final value that is meant, but itself.
        levers = {fold(name): name for name in model.constants}
        outcomes: list[Outcome] = []
        for key, name in names.items():
            one = Outcome(levers[key], levers[key]) if key in levers else name
            try:
                outcomes += choose(model, one)
            except OutcomeError as error:
                wrong.append(str(error))
        if wrong:
            raise MethodError("\n".join(dict.fromkeys(wrong)))
        spelt = dict(zip(names, (one.name for one in outcomes), strict=True))
        if len(set(spelt.values())) < len(spelt):
            twice = [name for name in spelt.values() if list(spelt.values()).count(name) > 1]
            raise MethodError(f"'{twice[0]}' is named in two ways: use one name for it")
        return cls(
            tuple(
                Aim(
                    spelt[fold(name)],
                    way,
                    *judged.get(fold(name), ("mean", 0.0)),
                    constant=fold(name) in levers,
                )
                for name, way in aims.items()
            ),
            tuple(Condition(spelt[fold(one.of)], one.how, one.level) for one in conditions),
            tuple(outcomes),
        )

    @property
    def names(self) -> tuple[str, ...]:
        """The objectives in order; the share of futures comes last."""
        return (*(aim.name for aim in self.aims), *([SHARE] if self.conditions else []))

    @property
    def ways(self) -> tuple[str, ...]:
        """For each objective whether ``high`` or ``low`` is better, as it is shown."""
        ways = ["low" if aim.of_regret else aim.way for aim in self.aims]
        return (*ways, *(["high"] if self.conditions else []))

    def place(self, outcome: str) -> int:
        """Return which of the outcomes has this name."""
        return [one.name for one in self.outcomes].index(outcome)

    def best(self, values: Floats) -> Floats:
        """Return for each aim and draw the best value of any package: aims, draws."""
        found = np.full((len(self.aims), values.shape[2]), np.nan)
        for row, aim in enumerate(self.aims):
            gains = aim.sign * values[self.place(aim.outcome)]
            top = np.where(np.isfinite(gains), gains, -np.inf).max(axis=0)
            found[row] = aim.sign * np.where(np.isfinite(top), top, np.nan)
        return found

    def better(self, one: Floats, other: Floats) -> Floats:
        """Return the better of two best values, for each aim and draw."""
        return np.array(
            [
                (np.fmax if aim.way == "high" else np.fmin)(a, b)
                for aim, a, b in zip(self.aims, one, other, strict=True)
            ]
        ).reshape(one.shape)

    def scores(self, values: Floats, best: Floats) -> Floats:
        """Judge packages by all objectives, the more the better: packages, objectives.

        Parameters
        ----------
        values
            Outcomes, packages, draws.
        best
            As `best` gives it.
        """
        columns = [
            aim.scores(values[self.place(aim.outcome)], row)
            for aim, row in zip(self.aims, best, strict=True)
        ]
        if self.conditions:
            columns.append(self.share(values))
        return np.column_stack(columns)

    def share(self, values: Floats) -> Floats:
        """Return the share of draws in which all conditions hold, for each package.

        A draw in which a run failed counts as one in which they do not.
        """
        held = np.ones(values.shape[1:], dtype=bool)
        for one in self.conditions:
            held &= one.holds(values[self.place(one.of)])
        found: Floats = held.mean(axis=1)
        return found

    def shown(self, scores: Floats) -> Floats:
        """Turn scores into the values that a reader expects."""
        shown = scores.copy()
        for column, aim in enumerate(self.aims):
            shown[:, column] = aim.shown(scores[:, column])
        return shown


def seed_faults(seed: object) -> list[str]:
    """Return what is wrong with a seed, which may be nothing.

    Examples
    --------
    >>> seed_faults(1), len(seed_faults(-1))
    ([], 1)
    """
    whole = isinstance(seed, int | np.integer) and not isinstance(seed, bool) and seed >= 0
    return [] if whole else [f"seed is {seed!r}: give a whole number from 0 on"]


def _judge(text: str) -> tuple[str, float]:
    """Read how an aim is judged, and the share that a quantile names.

    Examples
    --------
    >>> _judge("quantile 0.1")
    ('quantile', 0.1)
    """
    word, _, number = text.strip().partition(" ")
    if word == "quantile":
        try:
            share = float(number)
        except ValueError:
            share = np.nan
        if not 0 <= share <= 1:
            raise MethodError(f"'{text}' needs a share of the futures, as in 'quantile 0.1'")
        return word, share
    if text not in JUDGES:
        raise MethodError(f"an aim is judged by '{text}'{among(text, JUDGES)}")
    return text, 0.0
