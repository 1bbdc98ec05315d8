"""The verb ``sensitivity page``: write the page of a stored sweep."""

from __future__ import annotations

import click


@click.command()
@click.argument("sweep_file", metavar="SWEEP", type=click.Path(exists=True))
@click.option(
    "--runs",
    type=click.IntRange(min=10),
    default=2000,
    show_default=True,
    help="How many runs to show at most; the page says how many there are.",
)
@click.option(
    "-o",
    "--output",
    required=True,
    type=click.Path(dir_okay=False),
    help="Where to write the page, such as page.html.",
)
def page(sweep_file: str, runs: int, output: str) -> None:
    """Write one HTML page of a stored SWEEP, which needs no network.

    Drag along an axis of the parallel coordinates to pick runs; the scatter and the histogram
    then show the same runs. Several axes combine.

    \b
    Examples:
      sensitivity page sweep.nc -o page.html
    """
    import sensitivity as sa
    from sensitivity.page.build import write_page

    path = write_page(sa.open_sweep(sweep_file), output, runs=runs)
    click.echo(f"written: {path}")
