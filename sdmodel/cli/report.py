"""`sdmodel report`: all that is known of a model in one document."""

from __future__ import annotations

from pathlib import Path

import click

from sdmodel.cli.options import data_options, json_option, model_argument
from sdmodel.cli.text import as_json

_file = click.Path(exists=True, dir_okay=False)


@click.command()
@model_argument
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    type=click.Path(dir_okay=False),
    help="The page to write, such as report.html.",
)
@click.option(
    "--pdf",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Also print it to a PDF file, by a Chromium that is on the PATH.",
)
@click.option(
    "--sweep",
    metavar="FILE",
    type=_file,
    help="A sweep that 'sensitivity sweep -o FILE.nc' wrote: what the outcomes depend on.",
)
@click.option(
    "--claims",
    metavar="FILE",
    type=_file,
    help="The claims.json that 'sensitivity claims' wrote: what was claimed and how it held.",
)
@click.option(
    "--validation",
    metavar="FILE",
    type=_file,
    help="What 'sdmodel validate MODEL --json > FILE' wrote.",
)
@click.option("--validate", "validate_", is_flag=True, help="Make the confidence tests now.")
@click.option("--date", metavar="DATE", default="", help="The date that it gives; else today's.")
@data_options
@json_option
def report(
    model: str,
    output: str,
    pdf: str | None,
    sweep: str | None,
    claims: str | None,
    validation: str | None,
    validate_: bool,
    date: str,
    data: tuple[str, ...],
    allow: tuple[str, ...],
    json_: bool,
) -> None:
    """Write all that is known of MODEL as one page, and as PDF.

    Its drawing, its stocks, the equations of its main loops, base run and scenarios as figures and
    tables, what the outcomes depend on, claims, confidence tests, and where it all comes from.

    \b
    Examples:
      sdmodel report models/core.mdl -o report.html --validate
      sdmodel report models/core.mdl -o report.html --pdf report.pdf --sweep sweep.nc
    """
    import sdmodel as sd

    if validation is not None and validate_:
        raise click.UsageError("--validation gives tests and --validate makes them: take one")
    loaded = sd.load(model, data=data, allow=allow)
    tests = sd.validate(loaded) if validate_ else validation
    written = sd.report(
        loaded, output, pdf=pdf, sweep=sweep, claims=claims, validation=tests, date=date
    )
    if json_:
        as_json({"model": model, "page": str(written), "pdf": pdf})
    else:
        click.echo(f"{written}: {written.stat().st_size:,} bytes")
        if pdf is not None:
            click.echo(f"{pdf}: {Path(pdf).stat().st_size:,} bytes")
