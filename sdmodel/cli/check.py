"""`sdmodel check`: everything wrong with a model, at once."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

import click

from sdmodel.cli.options import data_options, json_option, model_argument
from sdmodel.cli.text import as_json
from sdmodel.errors import Problem, SDError, counted


@click.command()
@model_argument
@click.option(
    "--integration",
    is_flag=True,
    help="Also run the model with another method and with half and a quarter of its TIME STEP, "
    "and say whether the step is small enough.",
)
@data_options
@json_option
@click.pass_context
def check(
    ctx: click.Context,
    model: str,
    integration: bool,
    data: tuple[str, ...],
    allow: tuple[str, ...],
    json_: bool,
) -> None:
    """Tell everything that is wrong with MODEL, with file, line and column.

    The exit status is 1 if anything is.

    \b
    Examples:
      sdmodel check models/core.mdl
      sdmodel check models/core.mdl --integration
    """
    import sdmodel as sd

    found: list[Problem] = []
    report = None
    try:
        loaded = sd.load(model, data=data, allow=allow)
        found = list(loaded.problems())
        if integration and not found:
            report = loaded.check_integration()
    except SDError as error:
        found = list(getattr(error, "problems", ())) or [Problem(str(error))]

    sound = not found and (report is None or report.ok)
    if json_:
        answer: dict[str, Any] = {"model": model, "ok": sound}
        answer["problems"] = [asdict(problem) for problem in found]
        if report is not None:
            answer["integration"] = {
                "ok": report.ok,
                "verdict": report.verdict,
                "table": report.table.reset_index(drop=True).to_dict("records"),
            }
        as_json(answer)
    elif found:
        for problem in found:
            click.echo(str(problem))
        click.echo(f"{model}: {counted(len(found), 'problem')}", err=True)
    else:
        click.echo(
            f"{model}: nothing wrong: {len(loaded.variables)} variables, "
            f"{len(loaded.stocks)} of them stocks"
        )
        if report is not None:
            click.echo(str(report))
    ctx.exit(0 if sound else 1)
