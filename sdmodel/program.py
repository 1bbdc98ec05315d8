"""What is computed, phase by phase: a model after lowering, the same for every engine."""

from __future__ import annotations

import enum
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sdmodel.expr import Apply, Const, Expr, Lookup, Ref, references, walk

TIME = "time"
INITIAL_TIME, FINAL_TIME = "initial time", "final time"
TIME_STEP, SAVEPER = "time step", "saveper"
CONTROL = (INITIAL_TIME, FINAL_TIME, TIME_STEP, SAVEPER)
# Hidden names begin with a character that no name in a file can begin with.
HALF_STEP = "#half step"
# Set by integrators where a program has them: the index of the present step, the same at all its
# stages, and that of the run in its batch.
STEP_NUMBER = "#step"
RUN_NUMBER = "#run"


class Phase(enum.IntEnum):
    """How often a value is computed: once a run, from Time alone, or from the state."""

    CONSTANT = 0
    TIME = 1
    STATE = 2


@dataclass(frozen=True, slots=True)
class Statement:
    """`target` takes the value of an expression; `variable` is whose equation it comes from."""

    target: str
    value: Expr
    variable: str
    phase: Phase = Phase.STATE


@dataclass(frozen=True, slots=True)
class Stock:
    """A stock, its net rate of change, and the user's variable it belongs to."""

    name: str
    rate: str
    variable: str


@dataclass(frozen=True, slots=True)
class Memory:
    """At the end of each time step `name` takes over the value of `source`."""

    name: str
    source: str
    variable: str


@dataclass(frozen=True, slots=True)
class Pipeline:
    """`name` is `source` one delay ago in whole steps, `initial` before that."""

    name: str
    source: str
    delay: str
    initial: str
    variable: str


@dataclass(frozen=True)
class Layout:
    """Which slot of the value vector each name has; after lowering only this knows names."""

    names: tuple[str, ...]
    slots: Mapping[str, int] = field(init=False)

    def __post_init__(self) -> None:
        object.__setattr__(self, "slots", {name: i for i, name in enumerate(self.names)})

    def __len__(self) -> int:
        return len(self.names)


@dataclass(frozen=True)
class Program:
    """A model as a list of statements in order of evaluation.

    `start` gives run constants and initial values; `step` gives everything else, at every instant.
    `constants` are the values a run may override; `structural` those that decide how many hidden
    stocks there are. `memory_users` names what is no differential equation, as (variable, why).
    """

    constants: Mapping[str, float]
    start: tuple[Statement, ...]
    step: tuple[Statement, ...]
    stocks: tuple[Stock, ...]
    memories: tuple[Memory, ...]
    pipelines: tuple[Pipeline, ...]
    layout: Layout
    display: Mapping[str, str]
    structural: frozenset[str] = frozenset()
    memory_users: tuple[tuple[str, str], ...] = ()
    step_users: tuple[str, ...] = ()
    method: str = "euler"
    dynamic_control: bool = False


def layout_of(names: Iterable[str]) -> Layout:
    """Return the layout of these names, each once, in this order."""
    return Layout(tuple(dict.fromkeys(names)))


def check(program: Program) -> None:
    """Verify that whatever is read was set before; a fault here is ours, not the user's."""
    known = {TIME, HALF_STEP, STEP_NUMBER, RUN_NUMBER, *program.constants}
    _check_phase(program.start, known, "start")
    known |= {m.name for m in program.memories} | {p.name for p in program.pipelines}
    known |= {s.name for s in program.stocks}
    _check_phase(program.step, known, "step")
    missing = [s.rate for s in program.stocks if s.rate not in known]
    missing += [m.source for m in program.memories if m.source not in known]
    missing += [p.source for p in program.pipelines if p.source not in known]
    if missing:
        raise AssertionError(f"never computed: {missing}")


def _check_phase(statements: tuple[Statement, ...], known: set[str], phase: str) -> None:
    for statement in statements:
        for node in walk(statement.value):
            if not isinstance(node, Const | Ref | Apply | Lookup):
                raise AssertionError(f"{phase}: {type(node).__name__} left in {statement.target}")
        for ref in references(statement.value):
            if ref.name not in known:
                raise AssertionError(f"{phase}: {statement.target} reads {ref.name} too early")
        known.add(statement.target)
