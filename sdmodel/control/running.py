"""A command script is checked whole, and then run."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import replace
from functools import cache
from pathlib import Path
from typing import Protocol

from sdmodel.control.applying import Changing, sets_nothing
from sdmodel.control.files import read_control
from sdmodel.control.savelist import read_save_list
from sdmodel.control.script import OPTIMISATION, RUN, SENSITIVITY, Export, Script, Simulation, Step
from sdmodel.errors import ModelError, Problem, ReadError, SDError, model_error
from sdmodel.export.vensim import at_times, write_vensim_table
from sdmodel.export.writing import write
from sdmodel.model import Model, load
from sdmodel.run import Run, atomic, narrowed
from sdmodel.source import SourceText


class Others(Protocol):
    """Who does what a script asks for and is not one run: sensitivity runs and optimisations."""

    def check(self, step: Simulation, model: Model, changes: Sequence[SourceText]) -> str:
        """Check a step, and return lines of a changes file such as its result will have."""

    def run(self, step: Simulation, model: Model, changes: Sequence[SourceText]) -> None:
        """Do a step; an optimisation writes what it found as a changes file, NAME.out."""


class ScriptPlan:
    """What a script asks for, checked: every model loads, every change and name is known.

    Sensitivity runs and optimisations are refused, unless there is one who does them (`others`).

    Raises
    ------
    SDError
        With everything that is wrong, each with its line; nothing has been run or written then.

    Examples
    --------
    >>> import sdmodel as sd
    >>> plan = sd.ScriptPlan(sd.read_script("models/epidemic.cmd"))
    >>> sorted(one.name for one in plan.inputs)
    ['epidemic.cmd', 'epidemic.lst', 'epidemic.mdl', 'epidemic_slow.cin']
    """

    def __init__(
        self, script: Script, allow: Sequence[str | Path] = (), others: Others | None = None
    ) -> None:
        self.script, self.allow, self.others = script, allow, others
        self.load = cache(self._load)
        self.inputs = set(_inputs(script))
        # What optimisations are yet to find: until then their starts stand for it.
        self.expected: dict[Path, SourceText] = {}
        self.silent: list[str] = []
        problems = list(map(self._not_here, filter(self._is_for_others, script.steps)))
        if problems:
            raise model_error(problems)
        made: dict[str, Simulation] = {}
        for step in script.steps:
            try:
                if isinstance(step, Simulation):
                    made[step.name] = step
                    self._check_run(step)
                else:
                    self._check_export(step, made[step.run])
            except (ReadError, ModelError) as error:
                problems += error.problems
            except SDError as error:
                problems.append(self._problem(step, str(error), "correct the file, or the line"))
        if problems:
            raise model_error(list(dict.fromkeys(problems)))
        self.expected.clear()

    def _problem(self, step: Step, what: str, cure: str, kind: str = "definition") -> Problem:
        path, text = self.script.source.path, self.script.source.line(step.line)
        return Problem(what, kind, path, step.line, 1, cure=cure, text=text)

    def _is_for_others(self, step: Step) -> bool:
        return step.kind in SENSITIVITY or (self.others is None and is_for_others(step))

    def _not_here(self, step: Step) -> Problem:
        if isinstance(step, Export):
            what = f"{step.kind} is not done here"
            cure = "remove the line; `sensitivity run` writes all of a sensitivity run (NAME.nc)"
        else:
            what = f"sdmodel script does no {step.kind}"
            cure = f"sensitivity run {shlex.quote(self.script.source.path)}"
        return self._problem(step, what, cure, "unsupported")

    def _load(self, model: Path, data: tuple[Path, ...]) -> Model:
        folder = Path(self.script.source.path).parent
        return load(model, data=data, allow=(folder, *self.allow))

    def changes(self, step: Simulation) -> list[SourceText]:
        """Return the changes that hold for a run: those of files, and those of SETVAL."""
        files = (self.expected.get(one) or read_control(one) for one in step.changes)
        return [*files, *self.script.settings(step)]

    def changing(self, step: Simulation) -> tuple[Model, Changing]:
        """Return the model of a run, and what is to be changed in it."""
        model = self.load(step.model, step.data)
        return model, Changing(model.source, model.program, self.changes(step))

    def _check_run(self, step: Simulation) -> None:
        own = result_of(step)
        if own is not None:
            self.expected.setdefault(own, SourceText(str(own), ""))
            if own in self.inputs:
                what = f"{own.name} is read by this script, and cannot be written too"
                cure = "give the optimisation another name: SIMULATE>RUNNAME|name"
                raise ModelError([self._problem(step, what, cure)])
        model, changing = self.changing(step)
        unknown = [id(one) for one in self.expected.values()]
        self.silent += [sets_nothing(one) for one in changing.silent if id(one) not in unknown]
        self.kept(step)
        if self.others is not None and is_for_others(step):
            lines = self.others.check(step, model, self.changes(step))
            if own is not None:
                self.expected[own] = SourceText(str(own), lines)

    def unread(self) -> Iterator[str]:
        """Yield what has no effect: files without values, and what only settings of models name."""
        yield from self.silent
        for path, data in dict.fromkeys((one.model, one.data) for one in self.script.simulations):
            files = self.load(path, data).vensim_settings.files
            for what in ("changes", "data"):
                if what in files:
                    yield (
                        f"{path.name} names {files[what]} in its settings ({what}); only what the "
                        "script itself names is read"
                    )

    def kept(self, step: Simulation) -> list[str] | None:
        """Return the columns that a run keeps, or None for all."""
        if step.save_list is None:
            return None
        return read_save_list(step.save_list, self.load(step.model, step.data))

    def columns(self, step: Export, simulation: Simulation) -> list[str]:
        """Return the columns of a run that are to be written."""
        model, kept = self.load(simulation.model, simulation.data), self.kept(simulation)
        names = model.columns if kept is None else kept
        if step.save_list is None:
            return names
        wanted = read_save_list(step.save_list, model)
        missing = [one for one in wanted if one not in names]
        if missing:
            what = f"the run {step.run!r} did not keep {missing[0]!r}"
            cure = "add it to the file of SIMULATE>SAVELIST"
            raise ModelError([self._problem(step, what, cure)])
        return wanted

    def _check_export(self, step: Export, simulation: Simulation) -> None:
        results = map(result_of, self.script.simulations)
        if step.path in self.inputs.union(one for one in results if one is not None):
            what = f"{step.path.name} is read by this script, and cannot be written too"
            raise ModelError([self._problem(step, what, "write to a file of another name")])
        self.columns(step, simulation)

    # Doing it -----------------------------------------------------------------------------------

    def run(self, method: str = "vensim") -> Iterator[tuple[Step, Run | None]]:
        """Do what the script asks for, in its order; yield each step done, and the run of it.

        What a sensitivity run leaves is the model run once, and what an optimisation leaves is one
        run with what it found; both only where a later step is to write of it. A run is kept so
        long.
        """
        runs: dict[str, tuple[Simulation, Run]] = {}
        waiting = Counter(one.run for one in self.script.exports)
        for step in self.script.steps:
            if isinstance(step, Simulation):
                name = step.name
                if self.others is not None and is_for_others(step):
                    model = self.load(step.model, step.data)
                    self.others.run(step, model, self.changes(step))
                    if not waiting[name]:
                        yield step, None
                        continue
                runs[name] = step, self._simulate(step, method)
            else:
                name = step.run
                simulation, run = runs[name]
                self._write(step, run, self.columns(step, simulation))
                waiting[name] -= 1
            yield step, runs[name][1]
            if not waiting[name]:
                del runs[name]

    def _simulate(self, step: Simulation, method: str) -> Run:
        own = result_of(step)
        if own is not None:
            step = replace(step, changes=(*step.changes, own))
        model, changing = self.changing(step)
        overrides = changing.overrides()
        if overrides is None:
            model = model.with_changes(*self.changes(step))
        return model.run(overrides, method=method, outputs=self.kept(step), name=step.name)

    def _write(self, step: Export, run: Run, names: list[str]) -> None:
        shown = [one for one in names if step.constants or one not in run.fixed]
        shown = [one for one in shown if step.dynamics or one in run.fixed]
        places = at_times(run, step.every, step.first, step.last)
        part = narrowed(run, shown)
        part = replace(part, times=part.times[places], table=part.table[places])
        if step.kind == "VDF2DAT":
            with atomic(step.path) as path:
                write(part, path, ".dat", {})
            return
        separator = "," if step.kind == "VDF2CSV" else "\t"
        try:
            step.path.parent.mkdir(parents=True, exist_ok=True)
            write_vensim_table(
                part, shown, step.path, separator,
                down=step.down, axis=step.axis, append=step.append, extra=step.extra,
            )  # fmt: skip
        except OSError as error:
            raise SDError(f"{step.path}: cannot be written: {error.strerror}") from None


def is_for_others(step: Step) -> bool:
    """Return whether a step is a sensitivity run or an optimisation."""
    return isinstance(step, Simulation) and step.kind != RUN


def result_of(step: Simulation) -> Path | None:
    """Return the file that an optimisation writes what it found into; None of other steps."""
    return step.beside(".out") if step.kind == OPTIMISATION else None


def _inputs(script: Script) -> Iterator[Path]:
    """Yield the files that a script reads, itself included, but what it finds itself."""
    made: set[Path | None] = set()
    yield Path(script.source.path).resolve()
    for step in script.steps:
        if step.save_list is not None:
            yield step.save_list
        if isinstance(step, Simulation):
            yield from (step.model, *step.data, *(set(step.changes) - made))
            controls = (
                step.sensitivity,
                step.sensitivity_save_list,
                step.optimisation,
                step.payoff,
            )
            yield from (one for one in controls if one is not None)
            made.add(result_of(step))


def unwritten(script: Script) -> Iterator[str]:
    """Yield the runs of a script of which nothing is written."""
    written = {one.run for one in script.exports}
    yield from dict.fromkeys(one.name for one in script.simulations if one.name not in written)
