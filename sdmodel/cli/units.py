"""`sdmodel units`: whether the units of both sides of every equation agree."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from sdmodel.cli.options import data_options, json_option, model_argument
from sdmodel.cli.text import as_json, console, plain, table

if TYPE_CHECKING:
    from sdmodel.units import UnitFinding


@click.command()
@model_argument
@click.option("--missing", is_flag=True, help="Also list the variables without units.")
@click.option(
    "--suspicious",
    is_flag=True,
    help="Also list what may be meant: bare numbers for a time, lookups of a quantity with units, "
    "names of units that look like a slip.",
)
@data_options
@json_option
@click.pass_context
def units(
    ctx: click.Context,
    model: str,
    missing: bool,
    suspicious: bool,
    data: tuple[str, ...],
    allow: tuple[str, ...],
    json_: bool,
) -> None:
    """Tell where the units of MODEL contradict each other.

    The exit status is 1 if two sides of an equation differ, or a unit cannot be read. Variables
    without units and suspicious places are counted, and listed when asked for.

    \b
    Examples:
      sdmodel units models/core.mdl
      sdmodel units models/core.mdl --missing --suspicious
    """
    import sdmodel as sd

    report = sd.load(model, data=data, allow=allow).check_units()
    if json_:
        answer = {
            "model": model,
            "ok": report.ok,
            "equations": report.equations,
            "checked": report.checked,
            "findings": [asdict(one) for one in report],
        }
        as_json(answer)
        ctx.exit(0 if report.ok else 1)
    _print("Units that differ", (*report.syntax, *report.mismatches))
    if suspicious:
        _print("Suspicious", report.suspicious)
    if missing:
        rows = table("Without units", ["variable", "line", "its equations imply"])
        for one in report.missing:
            rows.add_row(*plain(one.variable, one.line or "", one.expected))
        if rows.row_count:
            console().print(rows)
    click.echo(f"{model}: {report.summary}")
    ctx.exit(0 if report.ok else 1)


def _print(title: str, found: tuple[UnitFinding, ...]) -> None:
    rows = table(title, ["where", "what", "is in", "wanted", "cure"])
    for column in rows.columns[1:]:
        column.justify = "left"
    for one in found:
        where = f"{one.line}:{one.column}" if one.line else ""
        rows.add_row(*plain(where, one.message, one.actual, one.expected, one.cure))
    if rows.row_count:
        console().print(rows)
