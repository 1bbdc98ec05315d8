"""`sdmodel publish`: the model as one page that runs anywhere."""

from __future__ import annotations

import click

from sdmodel.cli.options import data_options, json_option, model_argument
from sdmodel.cli.text import as_json


@click.command()
@model_argument
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    type=click.Path(dir_okay=False),
    help="The page to write, such as page.html.",
)
@click.option(
    "--sweep",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="A sweep that 'sensitivity sweep -o FILE.nc' wrote: which levers matter, and bands.",
)
@click.option(
    "--claims",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="The claims.json that 'sensitivity claims' wrote: what was claimed and how it held.",
)
@click.option("--title", metavar="TEXT", default="", help="The heading; else the model's own.")
@data_options
@json_option
def publish(
    model: str,
    output: str,
    sweep: str | None,
    claims: str | None,
    title: str,
    data: tuple[str, ...],
    allow: tuple[str, ...],
    json_: bool,
) -> None:
    """Write MODEL as one HTML file in which it runs, without network, server or installation.

    Sliders for its levers, scenario buttons, charts that answer at once, runs kept and compared,
    its own drawing with the flows as wide as what flows. It can be sent by mail and opened in any
    browser, on a phone too.

    \b
    Examples:
      sdmodel publish models/core.mdl -o core.html
      sdmodel publish models/core.mdl --sweep sweep.nc --claims out/claims.json -o core.html
    """
    import sdmodel as sd

    loaded = sd.load(model, data=data, allow=allow)
    written = sd.publish(loaded, output, sweep=sweep, claims=claims, title=title)
    size = written.stat().st_size
    if json_:
        as_json({"model": model, "written": str(written), "bytes": size})
    else:
        click.echo(f"{written}: {size / 1e6:.1f} MB")
