"""`sdmodel doc`: a model's documentation as linked pages."""

from __future__ import annotations

import click

from sdmodel.cli.options import data_options, json_option, model_argument
from sdmodel.cli.text import as_json


@click.command()
@model_argument
@click.option(
    "-o",
    "--output",
    metavar="FOLDER",
    required=True,
    type=click.Path(file_okay=False),
    help="Where to write the pages: a new folder, or one written so before.",
)
@click.option(
    "--date",
    metavar="DATE",
    default="",
    help="The date that the pages give; today's where it is left out.",
)
@data_options
@json_option
def doc(
    model: str, output: str, date: str, data: tuple[str, ...], allow: tuple[str, ...], json_: bool
) -> None:
    """Write the documentation of MODEL: pages for a browser, without network or scripts.

    A page for each variable and view, all linked: equations, units, ranges, comments, causes and
    uses; lists by letter, type and group; stocks and flows, feedback loops, scenarios, what was
    checked, and what a report of the study still lacks.

    \b
    Example:
      sdmodel doc models/core.mdl -o core_pages
    """
    from dataclasses import replace

    import sdmodel as sd

    loaded = sd.load(model, data=data, allow=allow)
    findings = [replace(one.problem, kind=one.code) for one in sd.check(loaded)]
    first = sd.document(loaded, output, date=date, findings=findings)
    count = len(loaded.variables)
    if json_:
        as_json({"model": model, "first": str(first), "variables": count})
    else:
        click.echo(f"{first}: {count} variables")
