"""`sdmodel check`: everything wrong with a model, and what merely looks so, at once."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from sdmodel.cli.options import data_options, json_option
from sdmodel.cli.text import as_json
from sdmodel.errors import SDError, counted

if TYPE_CHECKING:
    from sdmodel.checks import Finding
    from sdmodel.checks.rules import Rules
    from sdmodel.integration import IntegrationReport
    from sdmodel.model import Model


@click.command()
@click.argument("model", type=click.Path(exists=True, dir_okay=False), required=False)
@click.option(
    "--integration",
    is_flag=True,
    help="Also run the model with another method and with half and a quarter of its TIME STEP, "
    "and say whether the step is small enough.",
)
@click.option("--select", metavar="CODE", multiple=True, help="Carry out these checks alone.")
@click.option("--ignore", metavar="CODE", multiple=True, help="Leave these checks out.")
@click.option("--profile", help="Which checks, and what names should look like; see --list.")
@click.option("--strict", is_flag=True, help="Exit with status 1 for warnings too.")
@click.option("--no-run", is_flag=True, help="Leave out the checks that run the model.")
@click.option("--fix", is_flag=True, help="Mend what can be mended without changing any run.")
@click.option("--diff", is_flag=True, help="Show what --fix would write, and write nothing.")
@click.option("--explain", metavar="CODE", help="Print the page of a check, and nothing else.")
@click.option("--list", "list_", is_flag=True, help="List all checks and profiles.")
@data_options
@json_option
@click.pass_context
def check(
    ctx: click.Context,
    model: str | None,
    integration: bool,
    select: tuple[str, ...],
    ignore: tuple[str, ...],
    profile: str | None,
    strict: bool,
    no_run: bool,
    fix: bool,
    diff: bool,
    explain: str | None,
    list_: bool,
    data: tuple[str, ...],
    allow: tuple[str, ...],
    json_: bool,
) -> None:
    """Tell everything that is wrong with MODEL, or looks so, with file, line and column.

    Each finding has a code, which --explain tells more of. The exit status is 1 if there are
    errors. A table [checks] in the TOML file beside MODEL sets the same options for good; a CODE
    may be the beginning of several, as in SD3.

    \b
    Examples:
      sdmodel check models/core.mdl
      sdmodel check models/core.mdl --profile vensim-classic --ignore SD107
      sdmodel check models/core.mdl --integration
      sdmodel check models/core.mdl --profile vensim-classic --diff
      sdmodel check --explain SD101
    """
    from sdmodel.checks import page

    if explain is not None:
        click.echo(page.explained(explain))
        return
    if list_:
        click.echo(page.listed())
        return
    if model is None:
        raise click.UsageError("name a model, or a check with --explain CODE")
    rules, found, loaded = _found(model, select, ignore, profile, data, allow, run=not no_run)
    if (fix or diff) and loaded is not None:
        text = _mend(loaded, rules, found, write=fix and not diff)
        if diff:
            click.echo(text, nl=False)
            return
        rules, found, loaded = _found(model, select, ignore, profile, data, allow, run=not no_run)
    grave = {one.severity for one in found}
    report = loaded.check_integration() if loaded is not None and integration else None
    fails = "error" in grave or (strict and "warning" in grave)
    sound = not fails and (report is None or report.ok)
    if json_:
        _print_json(model, sound, found, report)
    else:
        _print(model, found, loaded, report)
    ctx.exit(0 if sound else 1)


def _found(
    model: str,
    select: Sequence[str],
    ignore: Sequence[str],
    profile: str | None,
    data: Sequence[str],
    allow: Sequence[str],
    *,
    run: bool,
) -> tuple[Rules, list[Finding], Model | None]:
    """Return the rules, what was found by them, and the model unless it was refused."""
    import sdmodel as sd
    from sdmodel.checks.checking import check_model, faults_of
    from sdmodel.checks.rules import Rules, narrowed, read_rules

    try:
        loaded = sd.load(model, data=data, allow=allow)
        rules = read_rules(Path(model).with_suffix(".toml"))
    except SDError as error:
        return Rules(), faults_of(error), None
    rules = narrowed(rules, select=select, ignore=ignore, profile=profile)
    return rules, check_model(loaded, rules, run=run), loaded


def _mend(model: Model, rules: Rules, found: Sequence[Finding], *, write: bool) -> str:
    """Mend the file of a model, or only return what that would change."""
    from sdmodel.checks.fixes import mended
    from sdmodel.checks.subject import Subject

    edit, done = mended(model, Subject(model, rules), found)
    if write and done:
        edit.save()
        codes = Counter(one.code for one in done)
        told = ", ".join(f"{count} of {code}" for code, count in sorted(codes.items()))
        click.echo(f"{model.path}: mended {told}", err=True)
    return edit.diff()


def _print_json(
    model: str, sound: bool, found: Sequence[Finding], report: IntegrationReport | None
) -> None:
    answer: dict[str, Any] = {"model": model, "ok": sound}
    answer["problems"] = [one.to_dict() for one in found]
    if report is not None:
        answer["integration"] = {
            "ok": report.ok,
            "verdict": report.verdict,
            "table": report.table.reset_index(drop=True).to_dict("records"),
        }
    as_json(answer)


def _print(
    model: str, found: Sequence[Finding], loaded: Model | None, report: IntegrationReport | None
) -> None:
    for one in found:
        click.echo(str(one))
    counts = Counter(one.severity for one in found)
    if loaded is None:
        click.echo(f"{model}: {counted(len(found), 'problem')}", err=True)
        return
    told = [counted(counts[grave], grave) for grave in ("warning",) if counts[grave]]
    if counts["style"]:
        told.append(f"{counts['style']} of style")
    click.echo(
        f"{model}: {'no errors, ' + ', '.join(told) if told else 'nothing wrong'}: "
        f"{len(loaded.variables)} variables, {len(loaded.stocks)} of them stocks"
    )
    fixable = sum(one.fixable for one in found)
    if fixable:
        click.echo(f"{fixable} can be mended by `sdmodel check --fix`", err=True)
    if report is not None:
        click.echo(str(report))
