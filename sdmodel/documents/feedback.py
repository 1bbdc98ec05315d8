"""The feedback loops of a model, with their signs along its own run."""

from __future__ import annotations

import warnings
from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from typing import overload

import numpy as np

from sdmodel.documents.cycles import Searched
from sdmodel.errors import SDError, counted
from sdmodel.kernel import Array
from sdmodel.model import Model
from sdmodel.names import readable
from sdmodel.program import CONTROL
from sdmodel.validation.graph import Dependencies, Signs

REINFORCING, BALANCING, CHANGING, IDLE, UNKNOWN = (
    "reinforcing",
    "balancing",
    "changing",
    "idle",
    "unknown",
)
_LETTERS = {REINFORCING: "R", BALANCING: "B", CHANGING: "C", IDLE: "I", UNKNOWN: "U"}


@dataclass(frozen=True, slots=True)
class FeedbackLoop:
    """A closed path of causes: each variable acts on the next, the last on the first.

    `kind` is reinforcing or balancing, changing where it is now one and now the other, idle where
    nothing comes round at any saved time of the base run, and unknown where there is no such run.
    `plus` and `minus` are the shares of saved times at which it reinforces and balances.

    Examples
    --------
    >>> import sdmodel as sd
    >>> first = sd.loops(sd.load("models/core.mdl"))[0]
    >>> first.name, first.kind, first.path
    ('R1', 'reinforcing', ('Foreign frontier', 'frontier growth'))
    """

    name: str
    kind: str
    path: tuple[str, ...]
    plus: float = 0.0
    minus: float = 0.0

    def __str__(self) -> str:
        """Return name, kind and path on one line."""
        return f"{self.name} {self.kind}: {' -> '.join((*self.path, self.path[0]))}"


@dataclass(frozen=True, slots=True)
class FeedbackLoops(Sequence[FeedbackLoop]):
    """Loops in order of their length; `complete` tells whether these are all there are.

    Examples
    --------
    >>> import sdmodel as sd
    >>> few = sd.loops(sd.load("models/core.mdl"), most=3)
    >>> len(few), few.complete
    (3, False)
    """

    found: tuple[FeedbackLoop, ...]
    complete: bool
    why_unknown: str = ""

    def __len__(self) -> int:
        """Return how many there are."""
        return len(self.found)

    @overload
    def __getitem__(self, place: int) -> FeedbackLoop: ...

    @overload
    def __getitem__(self, place: slice) -> tuple[FeedbackLoop, ...]: ...

    def __getitem__(self, place: int | slice) -> FeedbackLoop | tuple[FeedbackLoop, ...]:
        """Return a loop by its place, or several as a tuple."""
        return self.found[place]

    def __iter__(self) -> Iterator[FeedbackLoop]:
        """Yield the loops, the shortest first."""
        return iter(self.found)

    @property
    def summary(self) -> str:
        """How many there are, of which kinds, and whether these are all."""
        kinds = [one.kind for one in self.found]
        parts = [f"{kinds.count(kind)} {kind}" for kind in _LETTERS if kind in kinds]
        told = counted(len(self.found), "feedback loop") + (
            f": {', '.join(parts)}" if parts else ""
        )
        if not self.complete:
            told += "; there are more, none of them shorter than the last"
        return told + (f"; no signs: {self.why_unknown}" if self.why_unknown else "")

    def __str__(self) -> str:
        """Return every loop on a line, below the summary."""
        return "\n".join([self.summary, *map(str, self.found)])


def loops(model: Model, through: str = "", *, most: int = 100) -> FeedbackLoops:
    """Return the feedback loops of a model, the shortest first.

    What is read once, when a run begins, is no link of a loop. A subscripted variable is one; its
    elements are nudged together. Signs are those of small nudges at every saved time of a run by
    the file's own method.

    Parameters
    ----------
    model
        A loaded model.
    through
        A variable that they must lead through; all loops where it is left out.
    most
        How many to look for; a large model has millions.

    Examples
    --------
    >>> import sdmodel as sd
    >>> found = sd.loops(sd.load("models/core.mdl"), "Domestic knowledge")
    >>> print(found[0])
    R1 reinforcing: Domestic knowledge -> foreign knowledge inflow -> Domestic knowledge
    """
    if most < 1:
        raise SDError(f"most={most}: at least one loop must be looked for")
    dependencies = Dependencies(model)
    start = model.definition(through).key if through else ""
    effects: dict[str, list[str]] = {name: [] for name in model.source.by_key}
    for effect, causes in dependencies.uses.items():
        for cause in causes:
            effects[cause].append(effect)
    for name in effects.keys() & set(CONTROL):
        effects[name] = []
    search = Searched(effects, start)
    paths: list[tuple[str, ...]] = []
    for path in search.paths():
        if len(paths) == most:
            break
        paths.append(path)
    signs = _LinkSigns(model) if paths else None
    stocks = {model.definition(name).key for name in model.stocks}
    numbers = dict.fromkeys(_LETTERS, 0)
    found = []
    for path in paths:
        kind, plus, minus = signs.of(path) if signs else (UNKNOWN, 0.0, 0.0)
        numbers[kind] += 1
        names = tuple(model.source.by_key[one].name for one in _turned(path, start, stocks))
        found.append(FeedbackLoop(f"{_LETTERS[kind]}{numbers[kind]}", kind, names, plus, minus))
    return FeedbackLoops(tuple(found), search.complete, signs.wrong if signs else "")


def _turned(path: tuple[str, ...], start: str, stocks: Collection[str]) -> tuple[str, ...]:
    """Return a loop from its first stock on, where it need not begin with a given variable."""
    first = next((n for n, one in enumerate(path) if one in stocks), 0) if not start else 0
    return path[first:] + path[:first]


class _LinkSigns:
    """The signs of links, each worked out once."""

    def __init__(self, model: Model) -> None:
        self.known: dict[tuple[str, str], Array] = {}
        self.signs: Signs | None = None
        self.wrong = ""
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                self.signs = Signs(model, "compiled")
                self.wrong = _burst(self.signs)
            except SDError as error:
                self.wrong = str(error).partition("\n")[0]

    def of(self, path: Sequence[str]) -> tuple[str, float, float]:
        """Return the kind of a loop, and the shares of times with each sign."""
        if self.signs is None or self.wrong:
            return UNKNOWN, 0.0, 0.0
        whole = np.ones(len(self.signs.times))
        for link in zip(path, [*path[1:], path[0]], strict=True):
            if link not in self.known:
                with np.errstate(all="ignore"):
                    self.known[link] = self.signs.of_link(*link)
            whole = whole * self.known[link]
        plus, minus = float(np.mean(whole > 0)), float(np.mean(whole < 0))
        kind = (IDLE, REINFORCING, BALANCING, CHANGING)[(plus > 0) + 2 * (minus > 0)]
        return kind, plus, minus


def _burst(signs: Signs) -> str:
    """Return which stock leaves the finite numbers in the base run, if any does."""
    program = signs.program
    for stock in program.stocks:
        if not np.isfinite(signs.states[program.layout.block([stock.name])]).all():
            return f"{readable(stock.variable)!r} leaves the finite numbers in the base run"
    return ""
