"""What a claims file says: arms, outcomes, experiments, claims, and what cannot be claimed."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sensitivity.outcomes import Outcome

BASE = "base"
# How an arm changes a constant, in the order in which the three are applied.
CHANGES = ("set", "scale", "add")


@dataclass(frozen=True, slots=True)
class Arm:
    """One way to run the model: what is changed of the base world, step by step.

    Parameters
    ----------
    name, label
        What it is called in the file, and in tables and figures.
    steps
        Changes as (how, constant, number); ``set`` puts the number in place of what was drawn,
        ``scale`` multiplies it, ``add`` adds to it. Later steps act on what earlier ones left.

    Examples
    --------
    >>> Arm("twice", "Twice the rate", (("scale", "rate", 2.0),)).constants
    ('rate',)
    """

    name: str
    label: str
    steps: tuple[tuple[str, str, float], ...] = ()

    @property
    def constants(self) -> tuple[str, ...]:
        """The constants that this arm changes."""
        return tuple(dict.fromkeys(constant for _, constant, _ in self.steps))


@dataclass(frozen=True, slots=True)
class Item:
    """What a claim looks at: an outcome of an arm, or the whole course of a variable in it."""

    arm: str
    outcome: str = ""
    course: str = ""

    @property
    def of(self) -> str:
        """The outcome or the variable."""
        return self.outcome or self.course


@dataclass(frozen=True, slots=True)
class Claim:
    """A sentence that a model can support or contradict.

    Parameters
    ----------
    name, text
        What it is called, and what it says.
    kind
        One of `sensitivity.claims.kinds.KINDS`.
    items
        What it looks at, in the order that its kind asks for.
    experiment
        The experiment it belongs to; may be empty.
    covers
        Ids of what it comes from, such as propositions of a paper.
    expect
        The direction, for kinds that have one.
    level
        For ``level``: the number to compare with.
    weights
        For ``contrast``: one for each item.
    along, values
        For a scan: the constant that changes along the items, and its values.
    logarithms
        Whether ratios are compared rather than differences.
    because
        What in the structure decides it, in words.
    line
        Where it stands in its file.
    """

    name: str
    text: str
    kind: str
    items: tuple[Item, ...]
    experiment: str = ""
    covers: tuple[str, ...] = ()
    expect: str = ""
    level: float = 0.0
    weights: tuple[float, ...] = ()
    along: str = ""
    values: tuple[float, ...] = ()
    logarithms: bool = False
    because: str = ""
    line: int = 0

    @property
    def arms(self) -> tuple[str, ...]:
        """The arms it looks at, each once."""
        return tuple(dict.fromkeys(item.arm for item in self.items))

    @property
    def outcomes(self) -> tuple[str, ...]:
        """The outcomes or variables it looks at, each once."""
        return tuple(dict.fromkeys(item.of for item in self.items))


@dataclass(frozen=True, slots=True)
class Experiment:
    """Arms side by side, with every outcome that the experiment names."""

    name: str
    title: str = ""
    question: str = ""
    arms: tuple[str, ...] = ()
    outcomes: tuple[str, ...] = ()
    along: str = ""
    values: tuple[float, ...] = ()
    caveat: str = ""


@dataclass(frozen=True, slots=True)
class Keep:
    """One condition of a plausible history: an outcome of an arm lies between two numbers."""

    arm: str
    outcome: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Cannot:
    """What the model cannot express, why, and which stock or link it would need."""

    ids: tuple[str, ...]
    reason: str
    missing: str


@dataclass(frozen=True, slots=True)
class Structural:
    """A check of the structure: variables that must exist, paths of causes that must be there."""

    id: str
    check: str
    variables: tuple[str, ...] = ()
    paths: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Book:
    """Everything a claims file says, checked against its model.

    Parameters
    ----------
    draws, seed
        How many draws of the uncertainties, and from which seed, unless told otherwise.
    time_step
        The step of integration; the model file's own when None.
    ids
        Ids that must all be accounted for, such as the propositions of a paper.
    """

    path: str
    draws: int = 2000
    seed: int = 1
    time_step: float | None = None
    ids: tuple[str, ...] = ()
    arms: Mapping[str, Arm] = field(default_factory=dict)
    outcomes: Mapping[str, Outcome] = field(default_factory=dict)
    experiments: Mapping[str, Experiment] = field(default_factory=dict)
    claims: Mapping[str, Claim] = field(default_factory=dict)
    keeps: tuple[Keep, ...] = ()
    plausible: str = ""
    cannot: tuple[Cannot, ...] = ()
    structural: tuple[Structural, ...] = ()

    def variables(self) -> tuple[str, ...]:
        """Return every variable that any claim, experiment or condition looks at."""
        outcomes = {
            item.outcome for claim in self.claims.values() for item in claim.items if item.outcome
        }
        outcomes |= {one for experiment in self.experiments.values() for one in experiment.outcomes}
        outcomes |= {keep.outcome for keep in self.keeps}
        found = {self.outcomes[one].of for one in outcomes}
        found |= {i.course for claim in self.claims.values() for i in claim.items if i.course}
        return tuple(sorted(found))

    def looked_at(self) -> dict[str, tuple[list[str], list[str]]]:
        """Return for each arm in use its outcomes and the variables whose course is needed."""
        found: dict[str, tuple[list[str], list[str]]] = {}

        def add(arm: str, outcome: str, course: str = "") -> None:
            outcomes, courses = found.setdefault(arm, ([], []))
            if outcome and outcome not in outcomes:
                outcomes.append(outcome)
            if course and course not in courses:
                courses.append(course)

        for claim in self.claims.values():
            for item in claim.items:
                add(item.arm, item.outcome, item.course)
        for experiment in self.experiments.values():
            for arm in experiment.arms:
                for outcome in experiment.outcomes:
                    add(arm, outcome)
        for keep in self.keeps:
            add(keep.arm, keep.outcome)
        return found
