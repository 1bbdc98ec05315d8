"""`sdmodel diff`: what changed between two versions of a model, in its text and in its runs."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sdmodel.cli.compare import FIGURES
from sdmodel.cli.options import data_options, json_option, model_argument, of_option
from sdmodel.cli.text import Refused, as_json, console, number, plain, table

if TYPE_CHECKING:
    from sdmodel.comparing.behaviour import Behaviour
    from sdmodel.comparing.differences import ModelDiff

MOST_ROWS, MOST_PANELS = 15, 6


@click.command()
@model_argument
@click.argument("other", required=False, type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--against",
    "revision",
    metavar="REVISION",
    help="Compare MODEL with what it was in this revision of its git repository, such as HEAD.",
)
@of_option
@click.option("--no-runs", is_flag=True, help="Compare the texts alone.")
@click.option(
    "--method",
    default="vensim",
    show_default=True,
    help="How both are run, as in `sdmodel run`.",
)
@click.option(
    "-o",
    "--output",
    type=click.Path(dir_okay=False),
    help="Draw the trajectories that changed most (.png, .svg, .pdf).",
)
@data_options
@json_option
@click.pass_context
def diff(
    ctx: click.Context,
    model: str,
    other: str | None,
    revision: str | None,
    names: tuple[str, ...],
    no_runs: bool,
    method: str,
    output: str | None,
    data: tuple[str, ...],
    allow: tuple[str, ...],
    json_: bool,
) -> None:
    """Tell what changed from MODEL to OTHER: by variable, and in the runs.

    Layout does not count. The exit status is 0 where nothing differs and 1 where something does.

    \b
    Examples:
      sdmodel diff old.mdl new.mdl
      sdmodel diff old.mdl new.mdl --no-runs
      sdmodel diff models/core.mdl --against HEAD -o changed.png
    """
    import sdmodel as sd
    from sdmodel.comparing.repository import version_of

    if (other is None) == (revision is None):
        raise Refused("give two files, or one file and --against REVISION")
    if output is not None and Path(output).suffix.lower() not in FIGURES:
        raise Refused(f"{output}: no kind of figure that can be drawn; use {', '.join(FIGURES)}")
    if output is not None and no_runs:
        raise Refused("--no-runs leaves nothing to draw: leave out one of the two")
    new = sd.load(other or model, data=data, allow=allow)
    if revision is not None:
        old = version_of(Path(model), revision, data, allow)
    else:
        old = sd.load(model, data=data, allow=allow)
    found = sd.diff(old, new, runs=not no_runs, method=method)
    if output is not None and found.behaviour is not None:
        _draw(found.behaviour, names, output)
    if json_:
        as_json(_facts(found, revision))
    else:
        _print(found, output)
    ctx.exit(1 if found else 0)


def _facts(found: ModelDiff, revision: str | None) -> dict[str, Any]:
    answer: dict[str, Any] = {"old": found.old, "new": found.new, "revision": revision}
    answer["changes"] = [asdict(change) for change in found.changes]
    if found.behaviour is not None:
        answer["compared"] = found.behaviour.compared
        answer["behaviour"] = found.behaviour.table.to_dict("records")
        answer["notes"] = list(found.behaviour.notes)
    return answer


def _print(found: ModelDiff, output: str | None) -> None:
    for change in found.changes:
        click.echo(str(change))
    if not found.changes:
        click.echo("no variable differs")
    behaviour = found.behaviour
    if behaviour is None:
        return
    if behaviour:
        rows = table(
            f"\n{len(behaviour.table)} of {behaviour.compared} trajectories differ",
            ["variable", "largest change", "at", "old", "new", "old at the end", "new at the end"],
            "largest change: as a share of the largest value in either version",
        )
        for row in behaviour.table.head(MOST_ROWS).to_dict("records"):
            cells = (row[one] for one in ("time", "old", "new", "old_final", "new_final"))
            rows.add_row(*plain(row["name"], f"{row['change']:.3g}", *map(number, cells)))
        console().print(rows)
        if len(behaviour.table) > MOST_ROWS:
            click.echo(f"and {len(behaviour.table) - MOST_ROWS} more (--json lists them)")
    elif behaviour.runs:
        click.echo(f"all {behaviour.compared} trajectories are the same")
    for note in behaviour.notes:
        click.secho(note, fg="yellow", err=True)
    if output is not None and behaviour.runs:
        click.echo(f"written: {output}")


def _draw(behaviour: Behaviour, names: tuple[str, ...], output: str) -> None:
    from sdmodel.cli.figure import draw_scenarios
    from sdmodel.run import atomic

    if not behaviour.runs:
        return
    new = behaviour.runs[1]
    shown = list(names or behaviour.table["name"].head(MOST_PANELS)) or list(new.columns[:1])
    units = {name: new.units.get(name.partition("[")[0], "") for name in shown}
    with atomic(Path(output)) as path:
        draw_scenarios(behaviour.runs, shown, units, path)
