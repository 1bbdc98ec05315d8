"""`sdmodel sketch`: draw a model anew, or check the drawing it has."""

from __future__ import annotations

import os
import sys
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sdmodel.cli.options import json_option, model_argument
from sdmodel.cli.text import as_json
from sdmodel.errors import SDError

if TYPE_CHECKING:
    from sdmodel.sketch.check import SketchReport


@click.command()
@model_argument
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="Write the model with its drawing to FILE, and leave MODEL as it is.",
)
@click.option("--force", is_flag=True, help="Replace a drawing made by hand, or a file.")
@click.option("--check", is_flag=True, help="Only check the drawing that MODEL has.")
@json_option
@click.pass_context
def sketch(
    ctx: click.Context, model: str, output: str | None, force: bool, check: bool, json_: bool
) -> None:
    """Draw MODEL, a Vensim file, for its views in Vensim.

    There is a view for each group of the file (a large one is split), with stocks, flows and
    causes, variables of other groups as shadows, and an overview of all groups. Only the drawing
    in the file changes. With --check the drawing is compared with the equations, and the exit
    status is 1 if anything is wrong.

    \b
    Examples:
      sdmodel sketch models/core.mdl --check
      sdmodel sketch models/core.mdl -o drawn.mdl
    """
    from sdmodel.frontends import read
    from sdmodel.frontends.sketch import read_sketch
    from sdmodel.run import atomic
    from sdmodel.sketch.check import check_sketch
    from sdmodel.sketch.layout import lay_out
    from sdmodel.sketch.write import with_sketch

    if Path(model).suffix.lower() != ".mdl":
        raise SDError(f"{model}: only Vensim files (.mdl) have a drawing that is read and written")
    source = read(model)
    if check:
        views = read_sketch(source.source.text, model)
        if not views:
            raise SDError(f"{model}: it has no drawing to check: `sdmodel sketch` makes one")
        report = check_sketch(source, views)
        _tell(report, model, json_)
        ctx.exit(0 if report.ok else 1)
    target = Path(output or model)
    if not force:
        _may_replace(target, source.source.text if output is None else None)
    quiet = json_ or not sys.stderr.isatty()
    views = lay_out(source, tell=None if quiet else _progress, processes=os.cpu_count() or 1)
    if not views:
        raise SDError(f"{model}: it has no variables to draw")
    text = with_sketch(source.source, views)
    with atomic(target) as part:
        part.write_bytes(source.source.bom + text.encode(source.source.encoding))
    report = check_sketch(source, views)
    _tell(report, str(target), json_)
    ctx.exit(0 if report.ok else 1)


def _may_replace(target: Path, text: str | None) -> None:
    """Refuse to write over what somebody made; `text` is that of the model drawn in place."""
    from sdmodel.sketch.write import made_by_hand

    if text is None:
        if target.exists():
            raise SDError(f"{target}: it exists already: give another file, or --force")
    elif made_by_hand(text):
        raise SDError(
            f"{target}: it has a drawing made by hand: -o FILE keeps it, --force replaces it"
        )


def _progress(title: str) -> None:
    click.echo(f"drawn: {title}", err=True)


def _tell(report: SketchReport, model: str, json_: bool) -> None:
    if json_:
        as_json({"model": model, "ok": report.ok, **asdict(report)})
        return
    click.echo(str(report))
    count = len(report.problems)
    wrong = f"{count} problem{'s' if count > 1 else ''}" if count else "nothing wrong"
    variables = sum(view.variables for view in report.views)
    click.echo(f"{model}: {wrong}: {len(report.views)} views of {variables} variables")
