"""`sdmodel script`: a command script of Vensim, checked whole and then run."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sdmodel.cli.options import json_option
from sdmodel.cli.text import as_json

if TYPE_CHECKING:
    from collections.abc import Sequence

    from sdmodel.control.script import Step


@click.command()
@click.argument("file", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--method",
    default="vensim",
    show_default=True,
    help="How runs are integrated: as the model says (vensim), or as for `sdmodel run`.",
)
@click.option("--check", is_flag=True, help="Read and check the script; run nothing.")
@click.option(
    "--keep",
    metavar="SUFFIX",
    help="Also write every run whole, beside the script: .nc, .csv, .tab, .dat or .parquet.",
)
@click.option(
    "--allow",
    metavar="FOLDER",
    multiple=True,
    type=click.Path(exists=True, file_okay=False),
    help="A folder besides the script's own that it may read from and write to; may be given "
    "several times.",
)
@json_option
def script(
    file: str, method: str, check: bool, keep: str | None, allow: tuple[str, ...], json_: bool
) -> None:
    """Run FILE, a command script (.cmd) of Vensim.

    The whole script is read and checked first; what it asks for that is not done here is told
    line by line, and then nothing is run.

    \b
    Examples:
      sdmodel script models/epidemic.cmd --check
      sdmodel script models/epidemic.cmd --keep .nc
    """
    import sdmodel as sd
    from sdmodel.control.running import ScriptPlan, unwritten
    from sdmodel.export.writing import check_format

    asked = sd.read_script(file, allow=allow)
    if not asked.steps:
        raise sd.SDError(f"{file}: no line of it asks for a run or a file: write MENU>RUN|O")
    plan = ScriptPlan(asked, allow)
    folder = Path(file).parent
    kept = {one.name: folder / f"{one.name}{keep}" for one in asked.simulations} if keep else {}
    for path in kept.values():
        check_format(path)
    for step, run in () if check else plan.run(method):
        if not json_:
            _tell(step)
        if keep and run is not None and isinstance(step, sd.Simulation):
            run.save(kept[run.name])
    if json_:
        as_json(
            {
                "steps": [_facts(step) for step in asked.steps],
                "remarks": [*asked.remarks, *dict.fromkeys(plan.unread())],
                "run": not check,
                "kept": [str(path) for path in kept.values()],
            }
        )
        return
    _remark(asked.remarks)
    for told in dict.fromkeys(plan.unread()):
        click.echo(told)
    if check:
        click.echo(f"{len(asked.simulations)} runs and {len(asked.exports)} files are asked for")
    elif keep:
        click.echo(f"written: {', '.join(map(str, kept.values()))}")
    elif missing := list(unwritten(asked)):
        told = f"nothing is written of {', '.join(missing)}; --keep .nc writes every run"
        click.echo(told)


def _tell(step: Step) -> None:
    from sdmodel.control.script import Simulation

    if isinstance(step, Simulation):
        changes = [*(one.name for one in step.changes), *(text for *_, text in step.values)]
        click.echo(f"run {step.name}" + (f": {', '.join(changes)}" if changes else ""))
    else:
        click.echo(f"  {'added to' if step.append else 'written'}: {step.path}")


def _remark(remarks: Sequence[str]) -> None:
    """Tell each remark once, with the lines it is about."""
    lines: dict[str, list[str]] = {}
    for line, _, what in (remark.partition(": ") for remark in remarks):
        lines.setdefault(what, []).append(line.removeprefix("line "))
    for what, where in lines.items():
        more = f" and {len(where) - 3} more" if len(where) > 3 else ""
        click.echo(f"line {', '.join(where[:3])}{more}: {what}")


def _facts(step: Step) -> dict[str, object]:
    told = {name: _plain(value) for name, value in asdict(step).items()}
    return {"step": type(step).__name__.lower()} | told


def _plain(value: object) -> object:
    if isinstance(value, tuple):
        return [_plain(one) for one in value]
    return str(value) if isinstance(value, Path) else value
