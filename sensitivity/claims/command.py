"""The verb ``sensitivity claims``: run them, print the verdicts, write table, data and page."""

from __future__ import annotations

import json
import math
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from rich.table import Table
    from rich.text import Text

    from sensitivity.claims.report import ClaimsReport

STYLES = {
    "supported": "green",
    "conditional": "yellow",
    "not supported": "red",
    "no effect": "dim",
    "reversed": "bold red",
    "cannot be judged": "magenta",
}


@click.command()
@click.argument("model", type=click.Path(exists=True, dir_okay=False))
@click.option(
    "--claims",
    "file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False),
    help="The claims file. Without it, MODEL.claims.toml beside the model, or claims.toml.",
)
@click.option(
    "--only",
    metavar="NAME",
    multiple=True,
    help="Only this claim, the claims of this experiment, or those that cover this id; may be "
    "given several times. The numbers are the same as in a study of all.",
)
@click.option("-n", "--draws", type=int, help="How many draws of the uncertainties.")
@click.option("--seed", type=int, help="Seed of the draws.")
@click.option(
    "--audit",
    is_flag=True,
    help="Judge every claim again under each other form of an equation that the model's "
    "expectations list, and tell which verdicts hang on one.",
)
@click.option("--threads", type=click.IntRange(min=1), help="How many threads; all without it.")
@click.option("--json", "json_", is_flag=True, help="Print the results as JSON.")
@click.option(
    "-o",
    "--output",
    default="out/claims",
    show_default=True,
    type=click.Path(file_okay=False),
    help="Folder for the page, tables and data. Finished arms are kept there, so that an "
    "interrupted study goes on where it was.",
)
def claims(
    model: str,
    file: str | None,
    only: tuple[str, ...],
    draws: int | None,
    seed: int | None,
    audit: bool,
    threads: int | None,
    json_: bool,
    output: str,
) -> None:
    """Tell which claims about MODEL hold, in how many draws, and what flips them.

    \b
    Examples:
      sensitivity claims models/industrial_upgrading.mdl
      sensitivity claims models/industrial_upgrading.mdl --only E06 -n 500
      sensitivity claims models/core.mdl --claims my.claims.toml -o out/mine
    """
    from rich.console import Console

    import sdmodel as sd
    from sensitivity.claims.audit import audited
    from sensitivity.claims.files import write_audit, write_claims
    from sensitivity.claims.study import run_claims
    from sensitivity.tables import console
    from sensitivity.terminal import bar

    folder = Path(output)
    loaded = sd.load(model)
    errors = Console(stderr=True)
    with bar(errors, "claims") as progress:
        report = run_claims(
            loaded,
            file,
            only=only,
            draws=draws,
            seed=seed,
            threads=threads,
            store=folder / "arms",
            progress=progress,
        )
    written = write_claims(report, folder)
    if audit:
        with bar(errors, "audit") as progress:
            forms = audited(
                loaded,
                report,
                threads=threads,
                store=folder / "arms",
                progress=progress,
            )
        written += write_audit(forms, folder)
    if json_:
        click.echo(json.dumps(report.to_dict(), indent=2, ensure_ascii=False))
        return
    out = console()
    out.print(verdicts_table(report))
    for line in summary(report):
        out.print(line, markup=False)
    if audit:
        out.print(f"{len(forms)} verdicts change under another form of one equation", markup=False)
    for path in written:
        click.echo(f"written: {path}")


def verdicts_table(report: ClaimsReport) -> Table:
    """Return one row for each claim: verdict, share, effect, what flips it."""
    from rich import box
    from rich.table import Table
    from rich.text import Text

    table = Table(box=box.SIMPLE_HEAD, pad_edge=False)
    for head in ("claim", "all draws", "plausible", "effect", "flipped by"):
        table.add_column(head, overflow="fold")
    group = None
    for one in report.results:
        claim = one.claim
        if claim.experiment != group:
            group = claim.experiment
            table.add_section()
            title = report.book.experiments[group].title if group else ""
            table.add_row(Text(f"{group} {title}".strip(), style="bold"))
        first = one.flips[0] if one.flips else None
        flipped = (
            "" if first is None else f"{first.label} ({'high' if first.helps > 0 else 'low'} helps)"
        )
        if one.scan is not None and one.scan.break_even == one.scan.break_even:
            flipped += f"; breaks even at {one.scan.break_even:.3g}"
        words = f"{claim.text} [{' '.join(claim.covers)}]" if claim.covers else claim.text
        table.add_row(
            Text(words),
            _told(one.verdict.text, one.verdict.holds, one.verdict.sure),
            Text("-")
            if one.plausible is None
            else _told(one.plausible.text, one.plausible.holds, one.plausible.sure),
            Text("-" if math.isnan(one.verdict.effect[1]) else f"{one.verdict.effect[1]:+.3g}"),
            Text(flipped),
        )
    return table


def _told(verdict: str, share: float, sure: bool) -> Text:
    from rich.text import Text

    from sensitivity.claims.verdicts import UNDECIDED, percent

    doubt = "" if sure or verdict == UNDECIDED else "?"
    return Text(f"{verdict}{doubt} {percent(share)}", style=STYLES[verdict])


def summary(report: ClaimsReport) -> list[str]:
    """Return what stands below the table: counts, plausible draws, coverage, failed runs."""
    counted = ", ".join(f"{n} {text}" for text, n in report.counts().items() if n)
    lines = [f"Over all {len(report.kept):,} draws: {counted}."]
    if report.book.keeps:
        told = ", ".join(f"{n} {text}" for text, n in report.counts(plausible=True).items() if n)
        lines.append(f"Over the {int(report.kept.sum()):,} plausible draws: {told}.")
    lines.append(
        "Shares are of the draws in which a claim holds; ? marks verdicts that more draws could "
        "change; effects are medians, above zero where they point the way of the claim."
    )
    coverage = report.coverage()
    missing = [one for one, where in coverage.items() if not where]
    covered = len(coverage) - len(missing)
    if coverage:
        lines.append(
            f"{covered} of {len(coverage)} ids are dealt with, "
            f"{sum(where == ['not expressible'] for where in coverage.values())} of them as not "
            "expressible" + (f"; nothing deals with {', '.join(missing)}" if missing else "") + "."
        )
    broken = [one.id for one, paths in report.structural if paths]
    if report.structural:
        lines.append(
            f"{len(report.structural) - len(broken)} of {len(report.structural)} checks of the "
            "structure hold" + (f"; not {', '.join(broken)}" if broken else "") + "."
        )
    if report.failures:
        lines.append(
            f"{report.failures:,} runs failed; claims leave out the draws in which one of their "
            "arms did (claims.json says which)."
        )
    lines.append(
        f"{report.provenance['runs']:,} runs of {report.provenance['arms']} arms in "
        f"{report.provenance['seconds']:.0f} s."
    )
    return lines
