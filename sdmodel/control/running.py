"""A command script is checked whole, and then run."""

from __future__ import annotations

import shlex
from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from functools import cache
from pathlib import Path

from sdmodel.control.applying import Changing, File
from sdmodel.control.savelist import read_save_list
from sdmodel.control.script import OPTIMISATION, RUN, SENSITIVITY, Export, Script, Simulation, Step
from sdmodel.errors import ModelError, Problem, ReadError, SDError, model_error
from sdmodel.export.vensim import at_times, write_vensim_table
from sdmodel.export.writing import write
from sdmodel.model import Model, load
from sdmodel.run import Run, atomic, narrowed


class Plan:
    """What a script asks for, checked: every model loads, every change and name is known.

    Raises
    ------
    SDError
        With everything that is wrong, each with its line; nothing has been run or written then.
    """

    def __init__(self, script: Script, allow: tuple[str | Path, ...] = ()) -> None:
        self.script, self.allow = script, allow
        self.load = cache(self._load)
        self.inputs = set(_inputs(script))
        problems = list(map(self._not_here, filter(_is_for_others, script.steps)))
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
        if problems:
            raise model_error(list(dict.fromkeys(problems)))

    def _problem(self, step: Step, what: str, cure: str, kind: str = "definition") -> Problem:
        path, text = self.script.source.path, self.script.source.line(step.line)
        return Problem(what, kind, path, step.line, 1, cure=cure, text=text)

    def _not_here(self, step: Step) -> Problem:
        what = f"sdmodel script does no {step.kind}"
        return self._problem(step, what, _elsewhere(step), "unsupported")

    def _load(self, model: Path, data: tuple[Path, ...]) -> Model:
        folder = Path(self.script.source.path).parent
        return load(model, data=data, allow=(folder, *self.allow))

    def changing(self, step: Simulation) -> tuple[Model, Changing]:
        """Return the model of a run, and what is to be changed in it."""
        model = self.load(step.model, step.data)
        files: list[File] = [*step.changes, *self.script.settings(step)]
        return model, Changing(model.source, model.program, files)

    def _check_run(self, step: Simulation) -> None:
        self.changing(step)
        self.kept(step)

    def unread(self) -> Iterator[str]:
        """Yield what the settings of the models name and Vensim would use, but no line names."""
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
        if step.path in self.inputs:
            what = f"{step.path.name} is read by this script, and cannot be written too"
            raise ModelError([self._problem(step, what, "write to a file of another name")])
        self.columns(step, simulation)

    # Doing it -----------------------------------------------------------------------------------

    def run(self, method: str = "vensim") -> Iterator[tuple[Step, Run]]:
        """Do what the script asks for, in its order; yield each step done, and the run of it.

        A run is kept as long as a later step is to write of it.
        """
        runs: dict[str, tuple[Simulation, Run]] = {}
        waiting = Counter(one.run for one in self.script.exports)
        for step in self.script.steps:
            if isinstance(step, Simulation):
                name = step.name
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
        model, changing = self.changing(step)
        overrides = changing.overrides()
        if overrides is None:
            model = model.with_changes(*step.changes, *self.script.settings(step))
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


def _is_for_others(step: Step) -> bool:
    return step.kind in SENSITIVITY or (isinstance(step, Simulation) and step.kind != RUN)


def _elsewhere(step: Step) -> str:
    """Return the command that does what a script of sdmodel does not."""
    if isinstance(step, Export):
        return "remove the line; sensitivity run writes tables of its own"
    options = {"model": step.model}
    if step.kind == OPTIMISATION:
        control, options["payoff"] = step.optimisation, step.payoff or Path()
    else:
        control = step.sensitivity
        if step.sensitivity_save_list is not None:
            options["save-list"] = step.sensitivity_save_list
    told = " ".join(f"--{name} {shlex.quote(str(file))}" for name, file in options.items())
    more = ", and set there what this script changes" if step.changes or step.values else ""
    return f"sensitivity run {shlex.quote(str(control))} {told}{more}"


def _inputs(script: Script) -> Iterator[Path]:
    """Yield the files that a script reads, itself included."""
    yield Path(script.source.path).resolve()
    for step in script.steps:
        if step.save_list is not None:
            yield step.save_list
        if isinstance(step, Simulation):
            yield from (step.model, *step.data, *step.changes)


def unwritten(script: Script) -> Iterator[str]:
    """Yield the runs of a script of which nothing is written."""
    written = {one.run for one in script.exports}
    yield from dict.fromkeys(one.name for one in script.simulations if one.name not in written)
