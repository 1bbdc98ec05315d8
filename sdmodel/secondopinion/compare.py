"""Several engines run one model by Euler: who differs from whom, where, and by how much."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sdmodel.errors import OverrideError, SDError, did_you_mean, near_names
from sdmodel.kernel import Array
from sdmodel.names import element_key
from sdmodel.program import CONTROL
from sdmodel.secondopinion import limited

if TYPE_CHECKING:
    from sdmodel.model import Model

Places = NDArray[np.intp]
Flags = NDArray[np.bool_]

# Two trajectories agree when |a - b| <= RELATIVE*max(|a|, |b|) + OF_PEAK*(peak of the column).
RELATIVE, OF_PEAK = 1e-6, 1e-9
# Vensim's :NA:, which some engines write as a number and others as NaN.
NA = -(2.0**109)
# The two kernels read a model with one reader: together they have one voice.
VOICES = {"compiled": "sdmodel", "reference": "sdmodel"}
ALL = ("compiled", "reference", "PySD", "pysimlin")
SHOWN = 20


@dataclass(frozen=True, slots=True)
class Difference:
    """A variable, or an element, of which the engines give different values.

    `time` is where they are furthest apart, `values` what each engine gives there, `relative` the
    difference as a share of the larger value (infinite where one has no number), `alone` the engine
    that differs from all others where these agree, and empty where nobody can tell.

    Examples
    --------
    >>> print(Difference("x", 2.0, {"compiled": 1.0, "PySD": 1.5}, 1 / 3))
    x at 2: compiled 1, PySD 1.5 (relative 0.33)
    """

    name: str
    time: float
    values: Mapping[str, float]
    relative: float
    alone: str = ""

    def __str__(self) -> str:
        """Return one line."""
        values = ", ".join(f"{engine} {value:.9g}" for engine, value in self.values.items())
        alone = f"; {self.alone} stands alone" if self.alone else ""
        return f"{self.name} at {self.time:g}: {values} (relative {self.relative:.2g}){alone}"


@dataclass(frozen=True)
class CrossCheck:
    """What several engines make of one model, by Euler with the file's TIME STEP.

    `ran` are the engines that gave numbers, `failed` the others with their error; `compared` counts
    the variables, elements one by one, that two engines or more have; `missing` are those that an
    engine lacks and another has.

    Examples
    --------
    >>> import sdmodel as sd
    >>> found = sd.load("models/core.mdl").crosscheck()
    >>> found.ok, found.ran[:2], found.compared
    (True, ('compiled', 'reference'), 65)
    """

    model: str
    ran: tuple[str, ...]
    failed: Mapping[str, str]
    compared: int
    times: int
    differences: tuple[Difference, ...] = ()
    missing: Mapping[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def ok(self) -> bool:
        """Whether all engines that ran agree in everything that they share."""
        return not self.differences

    @property
    def alone(self) -> dict[str, int]:
        """How many differences each engine has in which it stands alone; "" where none does."""
        counts: dict[str, int] = {}
        for one in self.differences:
            counts[one.alone] = counts.get(one.alone, 0) + 1
        return counts

    @property
    def verdict(self) -> str:
        """One sentence: who agrees, who stands alone."""
        if len(set(map(_voice, self.ran))) < 2:
            return f"no second opinion: only {' and '.join(self.ran) or 'nobody'} ran the model"
        if self.ok:
            agreed = f"all {self.compared} variables at {self.times} times"
            return f"{', '.join(self.ran)} agree in {agreed}"
        parts = []
        for engine, count in self.alone.items():
            which = f"{count} of {self.compared} variables"
            if engine:
                parts.append(f"{engine} stands alone in {which}")
            else:
                parts.append(f"the engines differ in {which}, and none stands alone")
        return "; ".join(parts)

    def __str__(self) -> str:
        """Return the verdict, the worst differences, what is missing and who failed."""
        lines = [f"{self.model}: {self.verdict}"]
        lines += [f"  {one}" for one in self.differences[:SHOWN]]
        if len(self.differences) > SHOWN:
            lines.append(f"  and {len(self.differences) - SHOWN} more")
        for engine, names in self.missing.items():
            more = f" and {len(names) - 5} more" if len(names) > 5 else ""
            lines.append(f"  {engine} has no {', '.join(names[:5])}{more}")
        lines += [f"  {engine} did not run: {error}" for engine, error in self.failed.items()]
        return "\n".join(lines)


@dataclass(frozen=True, eq=False)
class _Opinion:
    times: Array
    columns: Mapping[str, Array]
    names: Mapping[str, str]


def crosscheck(
    model: Model, without: Sequence[str] = (), limit: float = limited.LIMIT
) -> CrossCheck:
    """Run a model by all engines that are installed but those in `without`, and compare them.

    Engines of others are stopped after `limit` seconds each.
    """
    if not limit > 0:
        raise OverrideError("limit", f"the time limit is {limit:g} s: it must be above zero")
    left_out = {_engine_named(one) for one in without}
    opinions: dict[str, _Opinion] = {}
    failed: dict[str, str] = {}
    for engine in ALL:
        if engine in left_out:
            failed[engine] = "left out"
            continue
        try:
            opinions[engine] = _ask(model, engine, limit)
        except SDError as error:
            # The path stands in the head line already.
            failed[engine] = _one_line(str(error).replace(f" {model.path}: ", ": ", 1))
    times = next((one.times for one in opinions.values()), np.empty(0))
    for engine, one in list(opinions.items()):
        shared = times[_nearest(one.times, times)[1]] if len(one.times) else times[:0]
        if len(shared):
            times = shared
        else:
            failed[engine] = f"{engine} saves no time that the others save"
            del opinions[engine]
    rows = {engine: _nearest(one.times, times)[0] for engine, one in opinions.items()}
    names: dict[str, str] = {}
    for one in opinions.values():
        names = {**one.names, **names}
    found, compared = [], 0
    for known, shown in names.items():
        values = {
            engine: one.columns[known][rows[engine]]
            for engine, one in opinions.items()
            if known in one.columns
        }
        compared += len(values) > 1
        different = compare_values(shown, times, values)
        found += [different] if different else []
    missing = {
        engine: tuple(shown for known, shown in names.items() if known not in one.columns)
        for engine, one in opinions.items()
    }
    return CrossCheck(
        model=str(model.path),
        ran=tuple(opinions),
        failed=failed,
        compared=compared,
        times=len(times),
        differences=tuple(sorted(found, key=lambda one: -one.relative)),
        missing={engine: names for engine, names in missing.items() if names},
    )


def _engine_named(name: str) -> str:
    """Return the engine of a name, in any case."""
    found = {one.casefold(): one for one in ALL}.get(name.casefold())
    if found is None:
        hint = did_you_mean(near_names(name, ALL)) or f"choose from {', '.join(ALL)}"
        raise OverrideError("without", f"there is no engine {name!r} to leave out; {hint}")
    return found


def compare_values(name: str, times: Array, values: Mapping[str, Array]) -> Difference | None:
    """Compare the courses of one variable, each (times,); None where all agree.

    Examples
    --------
    >>> import numpy as np
    >>> found = compare_values("x", np.arange(2.0), {"a": np.ones(2), "b": np.array([1.0, 4.0])})
    >>> found.time, found.relative
    (1.0, 0.75)
    """
    clean = {engine: _without_na(one) for engine, one in values.items()}
    worst: tuple[float, int, float] | None = None
    agree: set[tuple[str, str]] = set()
    for first, second in itertools.combinations(clean, 2):
        excess, relative = _apart(clean[first], clean[second])
        if not len(times) or excess.max() <= 1:
            agree |= {(first, second), (second, first)}
            continue
        place = int(excess.argmax())
        if worst is None or excess[place] > worst[0]:
            worst = float(excess[place]), place, float(relative[place])
    if worst is None:
        return None
    _, place, apart = worst
    there = {engine: float(one[place]) for engine, one in clean.items()}
    return Difference(name, float(times[place]), there, apart, _alone(list(clean), agree))


def _apart(a: Array, b: Array) -> tuple[Array, Array]:
    """Return the difference as a multiple of what is allowed, and as a share of the larger."""
    larger = np.maximum(np.abs(a), np.abs(b))
    finite = larger[np.isfinite(larger)]
    peak = float(finite.max()) if finite.size else 0.0
    same = (a == b) | (np.isnan(a) & np.isnan(b))
    with np.errstate(all="ignore"):
        gap = np.abs(a - b)
        excess = gap / (RELATIVE * larger + OF_PEAK * peak)
        relative = gap / larger
    for one in (excess, relative):
        one[~np.isfinite(one)] = np.inf
        one[same] = 0.0
    return excess, relative


def _alone(engines: list[str], agree: set[tuple[str, str]]) -> str:
    """Return who differs from all the others where two voices or more of these agree."""
    voices = list(dict.fromkeys(map(_voice, engines)))
    groups = [[e for e in engines if _voice(e) == voice] for voice in voices]
    groups += [[e] for e in engines if e in VOICES]
    for group in groups:
        others = [e for e in engines if e not in group]
        united = all(pair in agree for pair in itertools.combinations(others, 2))
        apart = not any((a, b) in agree for a in group for b in others)
        if united and apart and len(set(map(_voice, others))) > 1:
            return _voice(group[0]) if len(group) > 1 else group[0]
    return ""


def _voice(engine: str) -> str:
    return VOICES.get(engine, engine)


def _without_na(values: Array) -> Array:
    return np.where(np.isclose(values, NA, rtol=1e-6, atol=0.0), np.nan, values)


def _ask(model: Model, engine: str, limit: float) -> _Opinion:
    if engine in VOICES:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # a value that is no number is compared as such
            run = model.run(method="euler", engine=engine)
        names = {known: name for known, (name, _) in model.program.columns.items()}
        return _opinion(run.times, names, run.table.T)
    times, columns, numbers = limited.ask(model, engine, limit)
    names = {element_key(name): name for name in columns}
    if len(names) != len(numbers):
        raise SDError(f"{engine} gives two variables of one name")
    # An element without an equation is no variable; some engines give it some value.
    kept = {
        known: one for known, one in zip(names, numbers, strict=True) if not undefined(model, known)
    }
    return _opinion(times, {k: names[k] for k in kept}, kept.values())


def undefined(model: Model, known: str) -> bool:
    """Return whether a key names an element that the model gives no equation."""
    program = model.program
    return program.variable_of(known) in program.shapes and known not in program.columns


def _opinion(times: Array, names: Mapping[str, str], numbers: Iterable[Array]) -> _Opinion:
    """Put columns under their keys; run controls are settings, and Simlin calls them otherwise."""
    left_out = {*CONTROL, "time", "dt", "starttime", "stoptime", "savestep"}
    columns = {k: one for k, one in zip(names, numbers, strict=True) if k not in left_out}
    return _Opinion(times, columns, {k: names[k] for k in columns})


def _nearest(times: Array, wanted: Array) -> tuple[Places, Flags]:
    """Return the place of the time nearest to each that is wanted, and whether it is the same."""
    after = np.searchsorted(times, wanted).clip(1, max(len(times) - 1, 1))
    places = np.minimum(after, len(times) - 1)
    before = np.maximum(places - 1, 0)
    closer = np.abs(times[before] - wanted) < np.abs(times[places] - wanted)
    places = np.where(closer, before, places)
    return places, np.isclose(times[places], wanted, rtol=1e-9, atol=1e-9)


def _one_line(text: str) -> str:
    line = next((one.strip() for one in text.splitlines() if one.strip()), text)
    return line if len(line) <= 240 else line[:237] + "..."
