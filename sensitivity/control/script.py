"""A whole command script (`.cmd`): its runs, its sensitivity runs and its optimisations."""

from __future__ import annotations

import json
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import click

import sdmodel as sd
from sensitivity.control.changes import changed
from sensitivity.control.doing import optimise, sweep
from sensitivity.control.drawn import control_study
from sensitivity.control.optimum import searcher_of
from sensitivity.control.running import saved_names


class Manifold:
    """Does the steps of a script that are more than one run, and keeps what came out of each."""

    def __init__(
        self,
        *,
        threads: int | None = None,
        samples: int | None = None,
        store: bool = False,
        optimizer: str = "powell",
        starts: int | None = None,
        quiet: bool = True,
    ) -> None:
        self.threads, self.samples, self.store = threads, samples, store
        self.optimizer, self.starts, self.quiet = optimizer, starts, quiet
        self.told: dict[int, dict[str, Any]] = {}  # by the line of the step

    def check(self, step: sd.Simulation, model: sd.Model, changes: Sequence[sd.SourceText]) -> str:
        """Read the control files of a step; of an optimisation, return its start as changes."""
        own, _ = changed(model, changes)
        if step.kind == "sensitivity":
            assert step.sensitivity is not None
            control = sd.read_vsc(step.sensitivity, own)
            control_study(control, own, saved_names(_save_list(step), own), self.samples)
            return ""
        assert step.optimisation is not None
        assert step.payoff is not None
        searcher = searcher_of(step.optimisation, step.payoff, own, self.optimizer, self.starts)
        return "".join(f"{one.name} = {float(one.start)!r}\n" for one in searcher.control.searched)

    def run(self, step: sd.Simulation, model: sd.Model, changes: Sequence[sd.SourceText]) -> None:
        """Carry out a step, and write what comes out beside the script, under the run's name."""
        if not self.quiet:
            click.echo(f"{step.kind} {step.name}{_set_by(step)}")
        if step.kind == "sensitivity":
            assert step.sensitivity is not None
            told = sweep(
                step.sensitivity,
                model,
                step.beside(".study" if self.store else ".nc"),
                changes=changes,
                save_list=_save_list(step),
                samples=self.samples,
                store=self.store,
                threads=self.threads,
                quiet=self.quiet,
            )
        else:
            assert step.optimisation is not None
            told = optimise(
                step.optimisation,
                model,
                step.beside(".out"),
                changes=changes,
                payoff=step.payoff,
                optimizer=self.optimizer,
                starts=self.starts,
                quiet=self.quiet,
            )
        self.told[step.line] = told


def run_script(
    path: str | Path, *, allow: Sequence[str | Path], check: bool, json_: bool, **options: Any
) -> None:
    """Check a script whole, carry it out, and print what is done as it is done."""
    asked = sd.read_script(path, allow=allow)
    manifold = Manifold(**options, quiet=json_)
    plan = sd.ScriptPlan(asked, allow, manifold)
    steps: list[dict[str, Any]] = []
    for step, _ in () if check else plan.run():
        if isinstance(step, sd.Simulation):
            told = manifold.told.get(step.line, {})
            steps.append({"step": step.kind, "name": step.name, "line": step.line, **told})
            if not json_ and step.kind == "run":
                click.echo(f"run {step.name}{_set_by(step)}")
        else:
            steps.append({"step": "export", "name": step.run, "written": str(step.path)})
            if not json_:
                click.echo(f"  {'added to' if step.append else 'written'}: {step.path}")
    remarks = [*asked.remarks, *dict.fromkeys(plan.unread())]
    if json_:
        told = {"steps": steps, "remarks": remarks, "run": not check}
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
        return
    for remark in remarks:
        click.echo(remark)
    if check:
        count = len(asked.simulations)
        click.echo(f"{count} steps and {len(asked.exports)} files are asked for: all can be done")
    written = {one.run for one in asked.exports}
    for one in asked.simulations:
        if one.kind == "run" and one.name not in written:
            click.echo(f"nothing is written of {one.name}: MENU>VDF2TAB|!|{one.name}.tab behind it")


def _save_list(step: sd.Simulation) -> Path | None:
    return step.sensitivity_save_list or step.save_list


def _set_by(step: sd.Simulation) -> str:
    """Return what a step is set by: files, and single settings as they are."""
    told = [*(one.name for one in step.changes), *(text for *_, text in step.values)]
    return f": {', '.join(told)}" if told else ""
