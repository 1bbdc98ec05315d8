"""What is computed, phase by phase: a model after lowering, the same for every engine."""

from __future__ import annotations

import bisect
import enum
import itertools
import math
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sdmodel.expr import (
    Apply,
    At,
    Axis,
    Block,
    Const,
    Expr,
    Lookup,
    Pick,
    Position,
    Reduce,
    Ref,
    references,
    walk,
)
from sdmodel.names import key

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
    """`target` takes the value of an expression; `variable` is whose equation it comes from.

    With axes it holds for every combination of their places; `where` says which elements of the
    target these are. An array may have several statements, each for its own elements.
    """

    target: str
    value: Expr
    variable: str
    phase: Phase = Phase.STATE
    axes: tuple[Axis, ...] = ()
    where: tuple[At, ...] = ()


@dataclass(frozen=True, slots=True)
class Stock:
    """A stock or array of stocks, its net rate of change, and the user's variable it belongs to."""

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
    """Which slots of the value vector each name has; after lowering only this knows names.

    `shapes` holds the sizes of arrays, whose elements lie side by side, the last dimension fastest.
    """

    names: tuple[str, ...]
    shapes: Mapping[str, tuple[int, ...]] = field(default_factory=dict)
    slots: Mapping[str, int] = field(init=False)
    count: int = field(init=False)

    def __post_init__(self) -> None:
        slots, place = {}, 0
        for name in self.names:
            slots[name] = place
            place += self.size(name)
        object.__setattr__(self, "slots", slots)
        object.__setattr__(self, "count", place)

    def __len__(self) -> int:
        return self.count

    def size(self, name: str) -> int:
        """Return how many slots a name has."""
        return math.prod(self.shapes.get(name, ()))

    def name_of(self, slot: int) -> str:
        """Return the name that a slot belongs to."""
        return self.names[bisect.bisect_right(self._firsts, slot) - 1]

    @cached_property
    def _firsts(self) -> list[int]:
        return list(self.slots.values())

    def block(self, names: Iterable[str]) -> list[int]:
        """Return all slots of some names, one name after the other."""
        return [self.slots[name] + i for name in names for i in range(self.size(name))]

    def extended(self, shapes: Mapping[str, tuple[int, ...]]) -> Layout:
        """Return the layout with further names behind those it has."""
        sized = {name: sizes for name, sizes in shapes.items() if sizes}
        return Layout((*self.names, *shapes), {**self.shapes, **sized})


@dataclass(frozen=True, slots=True)
class Shape:
    """The ranges of a subscripted variable, and their elements as the file spells them.

    `undefined` are the elements, counted with the last range fastest, that have no equation.
    """

    ranges: tuple[str, ...]
    elements: tuple[tuple[str, ...], ...]
    undefined: frozenset[int] = frozenset()

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many elements each range has."""
        return tuple(len(one) for one in self.elements)

    def labels(self) -> list[str]:
        """Return ``[a1,b1]`` and so on for every element, undefined ones too."""
        return [f"[{','.join(combined)}]" for combined in itertools.product(*self.elements)]

    def keys(self) -> list[str]:
        """Return the same as `labels`, in the form that all spellings share."""
        known = [[key(one) for one in elements] for elements in self.elements]
        return [f"[{','.join(combined)}]" for combined in itertools.product(*known)]


@dataclass(frozen=True)
class Program:
    """A model as a list of statements in order of evaluation.

    `start` gives run constants and initial values; `step` gives everything else, at every instant.
    `constants` are the values a run may override, elements of arrays as ``x[a1]``, with their
    slots in `constant_slots`; `structural` the variables that decide how many hidden stocks there
    are. `shapes` describes subscripted variables. `memory_users` names what is no differential
    equation, as (variable, why).
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
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    constant_slots: Mapping[str, int] = field(default_factory=dict)

    @cached_property
    def columns(self) -> dict[str, tuple[str, int]]:
        """The name and the slot of everything a run shows, by key; arrays element by element."""
        found: dict[str, tuple[str, int]] = {}
        for name, shown in self.display.items():
            first = self.layout.slots.get(name)
            if first is None:
                continue
            shape = self.shapes.get(name)
            if shape is None:
                found[name] = shown, first
                continue
            for i, (label, known) in enumerate(zip(shape.labels(), shape.keys(), strict=True)):
                if i not in shape.undefined:
                    found[name + known] = shown + label, first + i
        return found

    @cached_property
    def defaults(self) -> tuple[NDArray[np.intp], NDArray[np.float64]]:
        """The slots of all constants, and their values."""
        slots = [self.constant_slots[name] for name in self.constants]
        return np.array(slots, dtype=np.intp), np.array(list(self.constants.values()), dtype=float)

    @cached_property
    def moving(self) -> frozenset[str]:
        """The names of what changes during a run."""
        return frozenset(s.target for s in self.step if s.phase > Phase.CONSTANT)

    def elements(self, name: str) -> list[str]:
        """Return the keys of all elements of a variable; of one without subscripts its own."""
        shape = self.shapes.get(name)
        if shape is None:
            return [name]
        return [name + one for i, one in enumerate(shape.keys()) if i not in shape.undefined]

    def variable_of(self, name: str) -> str:
        """Return the key of the variable that an element such as ``x[a1]`` belongs to."""
        if name in self.layout.slots or not name.endswith("]"):
            return name
        return name[: name.rindex("[")]


def layout_of(names: Iterable[str], shapes: Mapping[str, tuple[int, ...]]) -> Layout:
    """Return the layout of these names, each once, in this order."""
    once = tuple(dict.fromkeys(names))
    return Layout(once, {name: shapes[name] for name in once if name in shapes})


_LOWERED = (Const, Ref, Apply, Lookup, Position, Reduce, Pick, Block)


def check(program: Program) -> None:
    """Verify that whatever is read was set before; a fault here is ours, not the user's."""
    known = {TIME, HALF_STEP, STEP_NUMBER, *map(program.variable_of, program.constants)}
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
            if not isinstance(node, _LOWERED):
                raise AssertionError(f"{phase}: {type(node).__name__} left in {statement.target}")
        for ref in references(statement.value):
            if ref.name not in known:
                raise AssertionError(f"{phase}: {statement.target} reads {ref.name} too early")
        known.add(statement.target)
