"""`sdmodel validate`: the confidence tests of a model."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sdmodel.cli.options import data_options, json_option, model_argument
from sdmodel.cli.text import as_json, console, plain, table

if TYPE_CHECKING:
    from rich.console import Console

    from sdmodel.validation import ValidationReport, ValidationResult

SHOWN = 12
COLOURS = {"pass": "green", "fail": "bold red", "finding": "yellow"}


@click.command()
@model_argument
@click.option(
    "--only",
    metavar="V1,V4",
    help="Run only these tests, by their numbers, with commas between them.",
)
@click.option(
    "--draws",
    type=click.IntRange(1),
    default=10_000,
    show_default=True,
    help="How many settings of levers and uncertainties the bounds are tested under.",
)
@click.option("--seed", type=int, default=1, show_default=True, help="Of the draws.")
@click.option(
    "--expectations",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="What is expected of this model; MODEL.expectations.toml beside it when left out.",
)
@click.option(
    "-o",
    "--output",
    metavar="PAGE.html",
    type=click.Path(dir_okay=False),
    help="Also write everything found as one page.",
)
@data_options
@json_option
@click.pass_context
def validate(
    ctx: click.Context,
    model: str,
    only: str | None,
    draws: int,
    seed: int,
    expectations: str | None,
    output: str | None,
    data: tuple[str, ...],
    allow: tuple[str, ...],
    json_: bool,
) -> None:
    """Put MODEL to the confidence tests: units, conservation, bounds, extremes, and so on.

    What is expected of this very model stands in MODEL.expectations.toml beside it; see
    docs/validation.md. The exit status is 1 if any test fails.

    \b
    Examples:
      sdmodel validate models/core.mdl
      sdmodel validate models/core.mdl --only V2,V4 -o page.html
    """
    import sdmodel as sd

    if output is not None and Path(output).suffix.lower() not in (".html", ".htm"):
        raise click.BadParameter(f"{output}: a report is written as .html", param_hint="'-o'")
    loaded = sd.load(model, data=data, allow=allow)
    chosen = None if only is None else [one for one in only.split(",") if one.strip()]
    report = _run(loaded, chosen, draws, seed, expectations, quiet=json_)
    if json_:
        answer = {"ok": report.passed, "verdict": report.verdict, **asdict(report)}
        as_json(answer)
    else:
        _print(report)
    if output is not None:
        report.to_html(output)
        click.echo(f"written: {output}", err=True)
    ctx.exit(1 if report.counts["fail"] else 0)


def _run(
    model: object,
    only: list[str] | None,
    draws: int,
    seed: int,
    expectations: str | None,
    *,
    quiet: bool,
) -> ValidationReport:
    """Run the tests, with the one at work shown on a terminal."""
    from rich.console import Console
    from rich.progress import BarColumn, Progress, TextColumn, TimeElapsedColumn

    from sdmodel.model import Model
    from sdmodel.validation import validate as run

    assert isinstance(model, Model)
    out = Console(stderr=True)
    shown = Progress(
        TextColumn("{task.description:<5}"),
        BarColumn(),
        TextColumn("{task.completed} of {task.total}"),
        TimeElapsedColumn(),
        console=out,
        transient=True,
        disable=quiet or not out.is_terminal,
    )
    with shown:
        task = shown.add_task("", total=1)

        def progress(test: str, done: int, total: int) -> None:
            shown.update(task, description=test, completed=done, total=total)

        return run(
            model, only=only, draws=draws, seed=seed, expectations=expectations, progress=progress
        )


def _print(report: ValidationReport) -> None:
    from rich.text import Text

    out = console()
    rows = table(f"Confidence in {report.model}", ["test", "result", "what was found"])
    for column in rows.columns[1:]:
        column.justify = "left"
    for one in report.results:
        status = Text(one.status, style=COLOURS.get(one.status, "dim"))
        name, text = plain(f"{one.id} {one.name}", one.text)
        rows.add_row(name, status, text)
    out.print(rows)
    for one in report.results:
        if one.status in ("fail", "finding") and one.rows:
            _details(out, one)
    about = report.provenance
    told = f"model {about['digest'][:12]}, {about['method']}, seed {about['seed']}"
    out.print(*plain(f"{report.verdict} ({told}, {about['draws']:,} draws)"))


def _details(out: Console, one: ValidationResult) -> None:
    from sdmodel.validation.page import cell

    rows = table(f"\n{one.id} {one.name}: {one.status}", one.columns)
    for column in rows.columns:
        column.justify = "left"
    for row in one.rows[:SHOWN]:
        rows.add_row(*plain(*map(cell, row)))
    out.print(rows)
    if len(one.rows) > SHOWN:
        out.print(f"and {len(one.rows) - SHOWN} more; -o page.html shows all")
