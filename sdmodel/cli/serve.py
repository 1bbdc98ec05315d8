"""`sdmodel serve`: a model's page in the browser, made again at each save."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import click

from sdmodel.cli.options import data_options, model_argument


@click.command()
@model_argument
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    default=0,
    help="The port to listen at; a free one is taken where it is left out.",
)
@click.option("--open/--no-open", "open_", default=True, help="Whether to open a browser.")
@click.option(
    "--sweep",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="A stored sweep (.nc) whose ranking and bands the page shows.",
)
@click.option(
    "--claims",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="The claims.json of `sensitivity claims`, shown as a table.",
)
@data_options
def serve(
    model: str,
    port: int,
    open_: bool,
    sweep: str | None,
    claims: str | None,
    data: tuple[str, ...],
    allow: tuple[str, ...],
) -> None:
    """Show MODEL in the browser, and show it again at each save, until Ctrl+C.

    The page is that of `sdmodel publish`. Each save of the model, its settings or its data makes
    it anew, with the levers as they were set and the run before as a ghost; while the model has
    errors they are shown with their place, and the last page that ran stays usable. The server
    listens on this machine only.

    \b
    Examples:
      sdmodel serve models/core.mdl
      sdmodel serve models/core.mdl --port 8000 --no-open
    """
    from sdmodel.publishing import page
    from sdmodel.serving import Live, Server
    from sdmodel.watching import Session
    from sdmodel.watching.files import Files

    session = Session(model, data, allow)
    live = Live(session, partial(page, sweep=sweep, claims=claims))
    files = Files([*session.watched, *(Path(one) for one in (sweep, claims) if one)])
    server = Server(live, port)
    server.start()
    try:
        click.echo(f"{server.url}  (Ctrl+C ends it)")
        live.refresh()
        if open_:
            click.launch(server.url)
        while files.wait():
            live.refresh()
    except KeyboardInterrupt:
        click.echo()
    finally:
        server.close()
