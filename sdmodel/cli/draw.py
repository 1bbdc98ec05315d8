"""`sdmodel draw`: a view of a model as a picture."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import click

from sdmodel.cli.options import json_option, model_argument
from sdmodel.cli.text import as_json
from sdmodel.errors import SDError

if TYPE_CHECKING:
    from sdmodel.frontends.sketch import View

FORMATS = (".svg", ".png", ".pdf")


@click.command()
@model_argument
@click.option(
    "-o",
    "--output",
    metavar="FILE",
    required=True,
    type=click.Path(),
    help="A picture (.svg, .png or .pdf); or a folder, for an SVG of every view.",
)
@click.option("--view", metavar="NAME", default="", help="Which view; the first when left out.")
@json_option
def draw(model: str, output: str, view: str, json_: bool) -> None:
    """Draw a view of MODEL as its file has it, or one laid out where the file has none.

    What Vensim or an XMILE file draws is drawn: stocks, pipes and valves, clouds, arrows with
    their curves and signs, shadows, comments. To keep a new layout in a Vensim file, see
    `sdmodel sketch`.

    \b
    Examples:
      sdmodel draw models/core.mdl -o core.svg
      sdmodel draw models/industrial_upgrading.mdl --view Firms -o firms.png
      sdmodel draw models/industrial_upgrading.mdl -o all_views/
    """
    from sdmodel.frontends import read
    from sdmodel.sketch.picture import view_named
    from sdmodel.sketch.views import views_of

    target = Path(output)
    suffix = target.suffix.lower()
    if suffix and suffix not in FORMATS:
        raise SDError(f"{output}: pictures are {', '.join(FORMATS)}; a folder takes all views")
    quiet = json_ or not sys.stderr.isatty()
    views = list(
        views_of(read(model), tell=None if quiet else _progress, processes=os.cpu_count() or 1)
    )
    if not views:
        raise SDError(f"{model}: it has no variables to draw")
    names = [one.name for one in views]
    wanted = views if not suffix and not view else [view_named(views, view, model)]
    written = []
    for one in wanted:
        place = target if suffix else target / f"{_file(views.index(one), one.name)}.svg"
        _write(one, place)
        written.append(str(place))
    if json_:
        as_json({"model": model, "views": names, "written": written})
    else:
        click.echo("\n".join(written))


def _progress(title: str) -> None:
    click.echo(f"laid out: {title}", err=True)


def _file(place: int, name: str) -> str:
    from sdmodel.documents.filenames import file_name

    return f"{place + 1:02d}-{file_name(name)}"


def _write(view: View, place: Path) -> None:
    from sdmodel.run import atomic
    from sdmodel.sketch.figure import save
    from sdmodel.sketch.picture import svg

    with atomic(place) as part:
        if place.suffix.lower() == ".svg":
            part.write_text(svg(view), encoding="utf-8", newline="\n")
        else:
            save(view, part)
