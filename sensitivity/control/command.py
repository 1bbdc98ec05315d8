"""``sensitivity run`` for Vensim's control files: `.vsc`, `.voc` and `.cmd`."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

if TYPE_CHECKING:
    pass

Command = TypeVar("Command", bound=Callable[..., Any])
KINDS = (".vsc", ".voc", ".cmd")
_OF_VSC = ("save_list", "samples", "store")
_OF_VOC = ("payoff", "optimizer", "starts")
# What of the others' options has no meaning for each kind of file.
_FOREIGN = {
    ".vsc": (*_OF_VOC, "check"),
    ".voc": (*_OF_VSC, "threads", "check"),
    ".cmd": ("output", "model", "changes", "save_list", "payoff", "data"),
}
# What of `run` has no meaning for a control file.
_OF_STUDIES = ("memory", "workers", "scheduler", "shard", "until_converged", "most_runs")


def control_options(command: Command) -> Command:
    """Add the options of control files to a verb."""
    options = [
        click.option(
            "--model",
            type=click.Path(exists=True, dir_okay=False),
            help="The model that a control file (.vsc, .voc) is about.",
        ),
        click.option(
            "--changes",
            metavar="FILE",
            multiple=True,
            type=click.Path(exists=True, dir_okay=False),
            help="A changes file (.cin) for every run; may be given several times, later ones win.",
        ),
        click.option(
            "--save-list",
            type=click.Path(exists=True, dir_okay=False),
            metavar="FILE",
            help="Of a .vsc: the variables to keep, one a line (.lst); the stocks without it.",
        ),
        click.option(
            "-n",
            "--samples",
            type=click.IntRange(1),
            help="Of a .vsc: another number of runs than the file's.",
        ),
        click.option(
            "--store",
            is_flag=True,
            help="Of a .vsc: write a store (NAME.study), which can be gone on with.",
        ),
        click.option(
            "--payoff",
            type=click.Path(exists=True, dir_okay=False),
            metavar="FILE",
            help="Of a .voc: the payoff definition (.vpd) that is maximised.",
        ),
        click.option(
            "--optimizer",
            type=click.Choice(["powell", "evolution"]),
            default="powell",
            help="Of a .voc: SciPy's Powell, or differential evolution over the whole range first.",
        ),
        click.option(
            "--starts",
            type=click.IntRange(1),
            help="Of a .voc: most random starts, or points of a grid.",
        ),
        click.option(
            "--data",
            metavar="FILE",
            multiple=True,
            type=click.Path(exists=True, dir_okay=False),
            help="A file with the series of data variables; may be given several times.",
        ),
        click.option(
            "--allow",
            metavar="FOLDER",
            multiple=True,
            type=click.Path(exists=True, file_okay=False),
            help="A folder besides the model's own that it may read data from; of a .cmd, that it "
            "may read from and write to.",
        ),
        click.option("--check", is_flag=True, help="Of a .cmd: read and check it; run nothing."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def given(context: click.Context, names: Iterable[str]) -> list[str]:
    """Return which of some options stand in the command, as they are written."""
    from click.core import ParameterSource

    written = {one.name: max(one.opts, key=len) for one in context.command.params}
    return [
        written[name]
        for name in names
        if context.get_parameter_source(name) is ParameterSource.COMMANDLINE
    ]


def carry_out(
    context: click.Context,
    path: str,
    output: str | None,
    threads: int | None,
    *,
    json_: bool,
    model: str | None,
    changes: tuple[str, ...],
    data: tuple[str, ...],
    allow: tuple[str, ...],
    check: bool,
    **options: Any,
) -> None:
    """Run a control file and print what came out."""
    import sdmodel as sd
    from sensitivity.control.doing import optimise, sweep
    from sensitivity.control.script import run_script

    kind = Path(path).suffix.lower()
    if said := given(context, _OF_STUDIES):
        raise click.UsageError(f"{said[0]} belongs to studies (.toml), not to {path}")
    if said := given(context, _FOREIGN[kind]):
        more = ": the script itself says it" if kind == ".cmd" else ""
        raise click.UsageError(f"{said[0]} has no meaning for a {kind}{more}")
    if kind == ".cmd":
        own = {name: options[name] for name in ("samples", "store", "optimizer", "starts")}
        run_script(path, allow=allow, check=check, json_=json_, threads=threads, **own)
        return
    if model is None:
        raise click.UsageError(f"{path} is about a model: name it, as in --model model.mdl")
    loaded = sd.load(model, data=data, allow=allow)
    own = {name: options[name] for name in (_OF_VSC if kind == ".vsc" else _OF_VOC)}
    own |= {"changes": changes, "quiet": json_}
    if kind == ".vsc":
        told = sweep(path, loaded, output, threads=threads, **own)
    else:
        told = optimise(path, loaded, output, **own)
    if json_:
        click.echo(json.dumps(told, indent=2, ensure_ascii=False))
