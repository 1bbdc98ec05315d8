"""`sdmodel convert`: a model of one format as a file of the other."""

from __future__ import annotations

from dataclasses import asdict
from pathlib import Path

import click

from sdmodel.cli.options import data_options, json_option, model_argument
from sdmodel.cli.text import Refused, as_json


@click.command()
@model_argument
@click.argument("target", type=click.Path(dir_okay=False))
@click.option("--strict", is_flag=True, help="Refuse a model of which anything would be lost.")
@click.option("--no-check", is_flag=True, help="Do not run both models to compare them.")
@click.option(
    "--sketch", is_flag=True, help="Draw a new .mdl file anew, by groups (may take minutes)."
)
@click.option("--force", is_flag=True, help="Replace TARGET where it exists.")
@data_options
@json_option
def convert(
    model: str,
    target: str,
    strict: bool,
    no_check: bool,
    sketch: bool,
    force: bool,
    data: tuple[str, ...],
    allow: tuple[str, ...],
    json_: bool,
) -> None:
    """Write MODEL to TARGET in the other format: Vensim's .mdl as XMILE, or XMILE as .mdl.

    What the other format cannot say is told, by line. Both models are run, and where they would
    differ by more than a millionth nothing is written.

    \b
    Examples:
      sdmodel convert models/core.mdl core.xmile
      sdmodel convert core.xmile again.mdl --strict
    """
    import sdmodel as sd

    if Path(target).exists() and not force:
        raise Refused(f"{target}: it exists already: give another file, or --force")
    done = sd.convert(
        model, target, strict=strict, check=not no_check, sketch=sketch, data=data,
        allow=allow,
    )  # fmt: skip
    if json_:
        comparison = asdict(done.comparison) if done.comparison is not None else None
        notes = [asdict(note) for note in done.notes]
        as_json({"model": model, "target": target, "notes": notes, "comparison": comparison})
    else:
        click.echo(str(done))
