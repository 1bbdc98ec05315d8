"""`sdmodel watch`: a model checked and run again at each save."""

from __future__ import annotations

import json
import time
from dataclasses import asdict
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sdmodel.cli.options import data_options, json_option, model_argument
from sdmodel.cli.text import without_nan
from sdmodel.errors import counted

if TYPE_CHECKING:
    from sdmodel.watching import Look, Verdict


@click.command()
@model_argument
@click.option("--most", default=8, show_default=True, help="How many changed courses are shown.")
@click.option("--profile", help="Which checks; see `sdmodel check --list`.")
@click.option("--times", type=int, metavar="N", help="Stop after N saves; without it, by Ctrl+C.")
@data_options
@json_option
def watch(
    model: str,
    most: int,
    profile: str | None,
    times: int | None,
    data: tuple[str, ...],
    allow: tuple[str, ...],
    json_: bool,
) -> None:
    """Check and run MODEL at each save, and show what changed since the last run.

    The run is by the file's own method. Told are the equations that say something else, the
    variables whose course changed most, with the time where it did, and the findings of
    `sdmodel check` that are new or gone. With --json each save is one line.

    \b
    Examples:
      sdmodel watch models/core.mdl
      sdmodel watch models/core.mdl --profile vensim-classic
    """
    from sdmodel.checks.rules import narrowed, read_rules
    from sdmodel.watching import Session
    from sdmodel.watching.files import Files

    rules = None
    if profile is not None:
        rules = narrowed(read_rules(Path(model).with_suffix(".toml")), profile=profile)
    session = Session(model, data, allow, rules)
    files = Files(session.watched)
    tell = _as_json if json_ else _as_text
    tell(session.look(), session.verdict(), most, first=True)
    left = times
    try:
        while left is None or left > 0:
            files.wait()
            look = session.look()
            tell(look, session.verdict(), most, first=False)
            left = None if left is None else left - 1
    except KeyboardInterrupt:
        click.echo()


def _as_json(look: Look, verdict: Verdict, most: int, *, first: bool) -> None:
    answer: dict[str, Any] = {
        "ok": not look.errors,
        "rewritten": [asdict(one) for one in look.rewritten],
        "moved": [asdict(one) for one in look.moved[:most]],
        "findings": [one.to_dict() for one in verdict.findings],
        "seconds": look.seconds + verdict.seconds,
    }
    click.echo(json.dumps(without_nan(answer), ensure_ascii=False))


def _as_text(look: Look, verdict: Verdict, most: int, *, first: bool) -> None:
    stamp = time.strftime("%H:%M:%S")
    took = f"{look.seconds + verdict.seconds:.2f} s"
    if look.errors:
        click.secho(f"{stamp}  {counted(len(look.errors), 'error')}, {took}", fg="red")
    else:
        what = "watching" if first else "no equation changed" * (not look.rewritten)
        click.secho(f"{stamp}  {what or ''}{_listed(look)}, {took}", bold=True)
    for one in look.moved[:most]:
        click.echo(f"    {one}")
    if len(look.moved) > most:
        click.echo(f"    and {len(look.moved) - most:,} more")
    if look.rewritten and not look.moved:
        click.echo("    nothing in the run changed")
    for finding in verdict.fresh:
        click.echo(str(finding))
    for finding in verdict.gone:
        problem = finding.problem
        click.secho(f"    gone: {finding.code} {problem.message}", fg="green")


def _listed(look: Look) -> str:
    shown = [str(one) for one in look.rewritten[:5]]
    more = len(look.rewritten) - len(shown)
    return "; ".join([*shown, f"{more} more"] if more > 0 else shown)
