"""The runs of a reality check, one for each way its condition can be true, and the verdict."""

from __future__ import annotations

import itertools
import warnings
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sdmodel.errors import counted
from sdmodel.kernel import Array
from sdmodel.names import element_key, key
from sdmodel.program import FINAL_TIME, INITIAL_TIME, TIME_STEP
from sdmodel.reality.logic import RELAXED, Leaf, Tree, Truth, holds, leaves, truth
from sdmodel.reality.pieces import Arrangement, Ask, Cause, Drive, Elements, element_name
from sdmodel.reality.results import FAILED, HELD, NEVER_ACTIVE, REFUSED, RealityResult
from sdmodel.run import NonFiniteWarning, RunBatch

if TYPE_CHECKING:
    from sdmodel.model import Model

# Trajectories are worked through in parts of about this size.
PART_BYTES = 64 * 2**20
SMALL = 5_000  # statements times time steps
Settings = Sequence[Mapping[str, float]]


@dataclass(frozen=True, slots=True)
class Row:
    """One run: the setting and the element it is for, and what is forced, at which strength."""

    setting: int
    instance: int
    forced: tuple[Leaf, ...] = ()
    strength: float = 1.0


class Judge:
    """Runs one arrangement under any number of settings of constants, and judges every element."""

    def __init__(self, model: Model, arrangement: Arrangement) -> None:
        self.at = arrangement
        self.model = type(model)(arrangement.source, None, model._files)
        self.step = self.model.program.constants.get(TIME_STEP)
        self.outputs = self._outputs()
        # A small model is through before its machine code would be made.
        work = len(self.model.program.step) * self._times()
        self.engine = "reference" if work < SMALL else "compiled"

    def _outputs(self) -> list[str]:
        at = self.at
        names: list[str] = []
        for ask in self._asks():
            names += [one for one in (ask.left, ask.right, ask.asked) if one]
        names += [drive.begun for drive in at.drives if drive.begun]
        for basis, _ in at.bases:
            names += [basis.probe, basis.start]
        return list(dict.fromkeys(names))

    def _asks(self) -> list[Ask]:
        causes = [one.ask for one in self.at.causes.values() if one.ask is not None]
        return [*self.at.asks.values(), *causes]

    def rows(self, strengths: Sequence[float], instances: Sequence[int]) -> list[Row]:
        """Return every run that is needed, for as many settings as there are strengths."""
        forced = [tuple(one for one in way if self._can_force(one)) for way in self.at.ways]
        found = []
        for (setting, strength), instance in itertools.product(enumerate(strengths), instances):
            found.append(Row(setting, instance))
            if strength > 0:
                found += [Row(setting, instance, way, strength) for way in forced if way]
        return found

    def _can_force(self, leaf: Leaf) -> bool:
        cause = self.at.causes[id(leaf)]
        return cause.drive is not None and not cause.negated

    # Running ------------------------------------------------------------------------------------

    def judge(
        self,
        settings: Settings,
        instances: Sequence[int] | None = None,
        strengths: Sequence[float] | None = None,
    ) -> list[list[RealityResult]]:
        """Return, for every setting, the result of every element.

        The strength of a setting, from 0 to 1, is how far its test inputs go from what a variable
        ordinarily is to what they set it to.
        """
        chosen = range(len(self.at.instances)) if instances is None else instances
        rows = self.rows([1.0] * len(settings) if strengths is None else strengths, chosen)
        found: dict[tuple[int, int], list[RealityResult]] = {}
        size = max(1, int(PART_BYTES / (8 * max(1, self._width()))))
        for first in range(0, len(rows), size):
            part = rows[first : first + size]
            for row, result in zip(part, self._judged(part, settings), strict=True):
                found.setdefault((row.setting, row.instance), []).append(result)
        return [
            [_together(found[setting, instance]) for instance in chosen]
            for setting in range(len(settings))
        ]

    def _width(self) -> int:
        program = self.model.program
        columns = sum(len(program.elements(key(name))) for name in self.outputs)
        return columns * self._times()

    def _times(self) -> int:
        """Return about how many times a run has."""
        constants = self.model.program.constants
        span = constants.get(FINAL_TIME, 0.0) - constants.get(INITIAL_TIME, 0.0)
        return 2 + int(abs(span / (self.step or 1.0)))

    def _judged(self, rows: Sequence[Row], settings: Settings) -> list[RealityResult]:
        table = self._settings(rows, settings)
        before = dict(table)  # the same runs, but no profile has begun
        for place, row in enumerate(rows):
            for drive, elements in self._forced(row):
                switch = element_name(drive.switch, elements)
                for columns in (table, before):
                    columns.setdefault(switch, np.zeros(len(rows)))
                table[switch][place] = row.strength
                if drive.profile is None:
                    before[switch][place] = row.strength
        wrong = ["" for _ in rows]
        if self.at.bases:
            self._set_bases(rows, self._run(before, len(rows)), table, wrong)
        batch = self._run(table, len(rows))
        courses = Courses(batch)
        return [
            _Verdict(self, batch, courses, place, row, wrong[place]).result()
            for place, row in enumerate(rows)
        ]

    def _settings(self, rows: Sequence[Row], settings: Settings) -> dict[str, Array]:
        """Return what every run sets, by the names of the arranged model."""
        defaults = self.model.constants
        spelled = {element_key(name): name for name in defaults}
        table: dict[str, Array] = {}
        for place, row in enumerate(rows):
            for name, value in settings[row.setting].items():
                for known in self._keys(name):
                    if known not in table:
                        table[known] = np.full(len(rows), defaults[spelled[known]])
                    table[known][place] = value
        return {spelled[known]: column for known, column in table.items()}

    def _keys(self, name: str) -> list[str]:
        """Return the keys of a constant, or of its elements, as the arranged model has them."""
        known = element_key(name)
        base, mark, elements = known.partition("[")
        renamed = key(self.at.renamed.get(base, base))
        return [renamed + mark + elements] if mark else self.model.program.elements(renamed)

    def _forced(self, row: Row) -> list[tuple[Drive, Elements]]:
        found = []
        for leaf in row.forced:
            cause = self.at.causes[id(leaf)]
            assert cause.drive is not None
            found.append((cause.drive, cause.elements(self.at.instances[row.instance])))
        return found

    def _run(self, columns: Mapping[str, Array], count: int) -> RunBatch:
        import pandas as pd

        table = pd.DataFrame(columns, index=range(count))
        # Every step is looked at, unless the step itself is set.
        every = None if TIME_STEP in map(key, columns) else self.step
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NonFiniteWarning)
            return self.model.run_many(
                table, outputs=self.outputs, save_every=every, engine=self.engine
            )

    def _set_bases(
        self,
        rows: Sequence[Row],
        batch: RunBatch,
        table: dict[str, Array],
        wrong: list[str],
    ) -> None:
        """Set what every profile starts from, to what that is at its start when none has begun."""
        courses = Courses(batch)
        for place, row in enumerate(rows):
            needed = [(drive.basis, one) for drive, one in self._forced(row)]
            own = self.at.instances[row.instance]
            needed += [(ask.basis, own) for ask in self.at.asks.values()]
            for basis, elements in needed:
                if basis is None:
                    continue
                start = courses.of(basis.start, elements, place)
                course = courses.of(basis.probe, elements, place)
                value, reason = _at_start(batch.times, start, course)
                wrong[place] = wrong[place] or reason
                column = element_name(basis.constant, elements)
                table.setdefault(column, np.zeros(len(rows)))[place] = value


def _at_start(times: Array, start: Array, course: Array) -> tuple[float, str]:
    """Return the value of a course at the start, 0 where it never comes, and what is wrong."""
    known = start[np.isfinite(start)]
    if not len(known):
        return 0.0, "the run breaks down before any RC function can start"
    if not np.all(known == known[0]):
        return 0.0, "the time at which an RC function starts is not the same all through the run"
    half = (times[1] - times[0]) / 2 * (1 - 1e-6) if len(times) > 1 else 0.0
    after = np.flatnonzero(times + half >= known[0])
    if not len(after):
        return 0.0, ""
    value = float(course[after[0]])
    if not np.isfinite(value):
        return 0.0, f"what an RC function starts from is no finite number at {known[0]:g}"
    return value, ""


class Courses:
    """The courses of a batch by the names of variables and elements."""

    def __init__(self, batch: RunBatch) -> None:
        self.values = batch.values
        self.places = {element_key(name): i for i, name in enumerate(batch.outputs)}

    def of(self, name: str, elements: Elements, run: int) -> Array:
        """Return one course."""
        place = self.places[element_key(element_name(name, elements))]
        return np.asarray(self.values[place, :, run])


class _Verdict:
    """The verdict on one run."""

    def __init__(
        self, judge: Judge, batch: RunBatch, courses: Courses, run: int, row: Row, wrong: str
    ) -> None:
        self.at, self.batch, self.courses, self.run, self.wrong = (
            judge.at,
            batch,
            courses,
            run,
            wrong,
        )
        self.elements = self.at.instances[row.instance]
        self.forced, self.strength = judge._forced(row), row.strength

    def result(self) -> RealityResult:
        at = self.at
        line = at.source.source.place(at.constraint.at)[0]
        shown = element_name("", self.elements)
        under = ", ".join(drive.text for drive, _ in self.forced)
        start = RealityResult(at.constraint.name, shown, REFUSED, under=under, line=line)
        if self.wrong:
            return replace(start, text=self.wrong)
        known, reason = self._known()
        condition = self._condition() & known
        judged = np.zeros_like(condition)
        first: tuple[int, Ask] | None = None
        for part in at.parts:
            asked = condition.copy()
            for leaf in leaves(part):
                if at.asks[id(leaf)].asked:
                    asked &= self._course(at.asks[id(leaf)].asked) > 0
            bad = np.flatnonzero(asked & ~truth(part, self._holds))
            judged |= asked
            if len(bad) and (first is None or bad[0] < first[0]):
                first = int(bad[0]), self._broken(part, int(bad[0]))
        count = int(judged.sum())
        if first is not None:
            time, ask = first
            left, right = (float(self._course(one)[time]) for one in (ask.left, ask.right))
            when, that = float(self.batch.times[time]), ask.text
            failed = replace(start, verdict=FAILED, time=when, that=that, left=left, right=right)
            return replace(failed, judged=count)
        if reason:
            return replace(start, text=reason, judged=count)
        return replace(start, verdict=HELD if count else NEVER_ACTIVE, judged=count)

    def _course(self, name: str) -> Array:
        return self.courses.of(name, self.elements, self.run)

    def _known(self) -> tuple[Truth, str]:
        """Return the times at which the run has values, and why not at all of them."""
        times = self.batch.times
        known = np.ones(len(times), dtype=bool)
        if self.batch.ok[self.run]:
            return known, ""
        failures = self.batch.failures
        _, time, variable, cause = next(
            one for one in failures.itertuples(index=False, name=None) if one[0] == self.run
        )
        under = "" if not self.forced else " with " + ", ".join(d.text for d, _ in self.forced)
        return times < time, f"the run{under} ends at {time:g}: {variable} is {cause}"

    def _condition(self) -> Truth:
        everywhere = np.ones(len(self.batch.times), dtype=bool)
        return everywhere if self.at.condition is None else truth(self.at.condition, self._caused)

    def _caused(self, leaf: Leaf) -> Truth:
        cause = self.at.causes[id(leaf)]
        nowhere = np.zeros(len(self.batch.times), dtype=bool)
        if cause.drive is not None:
            elements = cause.elements(self.elements)
            if (cause.drive, elements) in self.forced:
                begun = self._begun(cause, elements)
                return ~begun if cause.negated else begun
        if cause.ask is None:
            return ~nowhere if cause.negated else nowhere
        return self._compared(cause.ask)

    def _begun(self, cause: Cause, elements: Elements) -> Truth:
        """Return where a statement that is forced is true."""
        drive, ask = cause.drive, cause.ask
        assert drive is not None
        if drive.begun:
            return np.asarray(self.courses.of(drive.begun, elements, self.run) > 0)
        if ask is not None and ask.op in RELAXED and self.strength == 1:
            # Another statement of the condition may have set the same variable past the bound.
            return holds(RELAXED[ask.op], self._course(ask.left), self._course(ask.right))
        return np.ones(len(self.batch.times), dtype=bool)

    def _holds(self, leaf: Leaf) -> Truth:
        return self._compared(self.at.asks[id(leaf)])

    def _compared(self, ask: Ask) -> Truth:
        return holds(ask.op, self._course(ask.left), self._course(ask.right))

    def _broken(self, part: Tree | Leaf, time: int) -> Ask:
        """Return the first statement of a part that is false at a time."""
        for leaf in leaves(part):
            if not self._holds(leaf)[time]:
                return self.at.asks[id(leaf)]
        raise AssertionError("a part is false though all of its statements are true")


def _together(results: Sequence[RealityResult]) -> RealityResult:
    """Return the verdict over all runs of one element."""
    judged = sum(one.judged for one in results)
    for verdict in (FAILED, REFUSED):
        for one in results:
            if one.verdict == verdict:
                return replace(one, judged=judged)
    first = results[0]
    if not judged:
        reason = "its condition was true at no time at which it asks for anything"
        return replace(first, verdict=NEVER_ACTIVE, text=reason)
    held = [one for one in results if one.judged]
    under = "; ".join(dict.fromkeys(one.under or "no test input" for one in held))
    times = counted(judged, "time")
    return replace(first, verdict=HELD, judged=judged, text=f"at {times}, with {under}")
