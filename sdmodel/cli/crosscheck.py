"""`sdmodel crosscheck`: several engines run one model, and whoever differs is named."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING

import click

from sdmodel.cli.options import data_options, json_option, model_argument
from sdmodel.cli.text import as_json, console, plain, table

if TYPE_CHECKING:
    from sdmodel.secondopinion.compare import CrossCheck

SHOWN = 20


@click.command()
@model_argument
@click.option(
    "--without",
    multiple=True,
    type=click.Choice(["PySD", "pysimlin"], case_sensitive=False),
    help="Leave this engine out.",
)
@click.option(
    "--limit",
    type=click.FloatRange(min=0, min_open=True),
    default=60.0,
    show_default=True,
    metavar="SECONDS",
    help="Stop PySD or pysimlin after so long: PySD may need minutes for a large model.",
)
@data_options
@json_option
@click.pass_context
def crosscheck(
    ctx: click.Context,
    model: str,
    without: tuple[str, ...],
    limit: float,
    data: tuple[str, ...],
    allow: tuple[str, ...],
    json_: bool,
) -> None:
    """Run MODEL by every engine there is, by Euler, and tell who differs where.

    The engines are this program's own two, PySD and, where it is installed, pysimlin. The exit
    status is 0 if all that can run the model agree in everything they share, and 1 if not.

    \b
    Examples:
      sdmodel crosscheck models/core.mdl
      sdmodel crosscheck models/core.mdl --json | jq .verdict
    """
    import sdmodel as sd

    found = sd.load(model, data=data, allow=allow).crosscheck(without, limit=limit)
    if json_:
        as_json({"ok": found.ok, "verdict": found.verdict, "alone": found.alone, **asdict(found)})
    else:
        _print(found)
    ctx.exit(0 if found.ok else 1)


def _print(found: CrossCheck) -> None:
    out = console()
    for engine in found.ran:
        names = found.missing.get(engine, ())
        more = f" and {len(names) - 5} more" if len(names) > 5 else ""
        lacks = f"; lacks {', '.join(names[:5])}{more}" if names else ""
        out.print(*plain(f"{engine}: ran{lacks}"))
    for engine, error in found.failed.items():
        out.print(*plain(f"{engine}: did not run: {error}"))
    if found.differences:
        columns = ["variable", "time", *found.ran, "relative", "alone"]
        rows = table("\nDifferences, each where it is worst", columns)
        for one in found.differences[:SHOWN]:
            values = (f"{one.values[e]:.9g}" if e in one.values else "" for e in found.ran)
            cells = (one.name, f"{one.time:g}", *values, f"{one.relative:.2g}", one.alone)
            rows.add_row(*plain(*cells))
        out.print(rows)
        if len(found.differences) > SHOWN:
            out.print(f"and {len(found.differences) - SHOWN} more; --json lists all")
    out.print(*plain(f"{found.model}: {found.verdict}"))
