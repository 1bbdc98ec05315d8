"""`sdmodel reality`: the reality checks of a model, and what would break them."""

from __future__ import annotations

from dataclasses import asdict
from typing import TYPE_CHECKING, Any

import click

from sdmodel.cli.options import data_options, json_option, model_argument, read_settings
from sdmodel.cli.text import as_json, console, plain, table

if TYPE_CHECKING:
    from sdmodel.reality import Counterexample, RealityReport

COLOURS = {"held": "green", "failed": "bold red", "refused": "yellow", "never active": "yellow"}


@click.command()
@model_argument
@click.argument("settings", metavar="[NAME=VALUE]...", nargs=-1)
@click.option(
    "--break",
    "break_",
    is_flag=True,
    help="Also look for the smallest change of the model's levers that breaks each check.",
)
@click.option("--check", "check", metavar="NAME", help="With --break, look at this check only.")
@click.option(
    "--budget",
    type=click.IntRange(1),
    default=4_000,
    show_default=True,
    help="With --break, how many settings of the levers are tried for each check.",
)
@data_options
@json_option
@click.pass_context
def reality(
    ctx: click.Context,
    model: str,
    settings: tuple[str, ...],
    break_: bool,
    check: str | None,
    budget: int,
    data: tuple[str, ...],
    allow: tuple[str, ...],
    json_: bool,
) -> None:
    """Run the reality checks that MODEL has: its constraints, under their test inputs.

    A check holds, fails, was never active, or was refused. The exit status is 1 unless all hold.
    See docs/reality_checks.md.

    \b
    Examples:
      sdmodel reality model.mdl
      sdmodel reality model.mdl "birth rate=0.05"
      sdmodel reality model.mdl --break --check "no food no births"
    """
    import sdmodel as sd

    loaded = sd.load(model, data=data, allow=allow)
    report = loaded.reality_checks(read_settings(settings))
    found = sd.counterexamples(loaded, check, budget=budget) if break_ else ()
    if json_:
        answer: dict[str, Any] = {"ok": report.passed, "verdict": report.verdict, **asdict(report)}
        if break_:
            answer["counterexamples"] = [asdict(one) for one in found]
        as_json(answer)
    else:
        _print(report)
        _print_broken(found)
    ctx.exit(0 if report.passed else 1)


def _print(report: RealityReport) -> None:
    from rich.text import Text

    out = console()
    if report.results:
        rows = table(f"Reality checks of {report.model}", ["check", "verdict", "what was found"])
        for column in rows.columns[1:]:
            column.justify = "left"
        for one in report.results:
            name, told = plain(one.name, one.told.removeprefix(one.verdict).lstrip(": "))
            rows.add_row(name, Text(one.verdict, style=COLOURS[one.verdict]), told)
        out.print(rows)
    out.print(*plain(report.verdict))


def _print_broken(found: tuple[Counterexample, ...]) -> None:
    out = console()
    for one in found:
        out.print(*plain(f"\n{one}"))
        if one.values:
            set_ = " ".join(f'"{name}={value!r}"' for name, value in one.values.items())
            out.print(*plain(f"  to see it: sdmodel reality MODEL {set_}"))
