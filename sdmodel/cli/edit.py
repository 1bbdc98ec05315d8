"""The verbs that change a model file: `sdmodel set`, `edit`, `rename`, `add`, `delete`."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from sdmodel.cli.options import data_options, json_option, model_argument
from sdmodel.cli.text import as_json
from sdmodel.errors import OverrideError, SDError, counted

if TYPE_CHECKING:
    from sdmodel.editing import Edit

Command = TypeVar("Command", bound=Callable[..., Any])
_POINT = re.compile(r"\(([^(),]+),([^(),]+)\)")


def edit_options(command: Command) -> Command:
    """Add the options that say where an edited model goes."""
    options = [
        click.option(
            "-o",
            "--output",
            metavar="FILE",
            type=click.Path(dir_okay=False),
            help="Write the changed model to FILE, and leave MODEL as it is.",
        ),
        click.option(
            "-n", "--dry-run", is_flag=True, help="Show the lines that would change; write nothing."
        ),
        json_option,
    ]
    for option in reversed(options):
        command = option(command)
    return data_options(command)


@click.command("set")
@model_argument
@click.argument("settings", nargs=-1, required=True, metavar="NAME=VALUE...")
@edit_options
def set_(
    model: str,
    settings: tuple[str, ...],
    data: tuple[str, ...],
    allow: tuple[str, ...],
    output: str | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Set constants in the file of MODEL; only their numbers change.

    A list of numbers sets the elements of an array, in their order; a list of points in brackets
    those of a lookup.

    \b
    Examples:
      sdmodel set models/core.mdl "network exposure=0.45" --dry-run
      sdmodel set model.mdl "weight[young]=2" "share=0.1,0.2,0.7" "effect=(0,0),(1,2)"
    """
    edit = _opened(model, data, allow)
    for pair in settings:
        name, sign, text = (part.strip() for part in pair.partition("="))
        if pair.startswith('"'):  # a quoted name may hold an equals sign
            name, sign, text = (part.strip() for part in pair.rpartition("="))
        if not (name and sign and text):
            raise OverrideError(
                pair, f"'{pair}' sets nothing: write NAME=VALUE, as in \"birth rate=0.03\""
            )
        edit = edit.set(name, _value(text))
    _finish(edit, output, dry_run, json_)


def _value(text: str) -> Any:
    points = _POINT.findall(text)
    if points:
        try:
            return [(float(x), float(y)) for x, y in points]
        except ValueError:
            raise OverrideError(text, f"'{text}' is no list of points: write (0,0),(1,2)") from None
    parts = [part.strip() for part in text.split(",")]
    return parts if len(parts) > 1 else text


@click.command()
@model_argument
@click.argument("name")
@click.option("--equation", metavar="TEXT", help="What stands right of the equals sign.")
@click.option("--units", metavar="TEXT", help="The unit; its limits stay.")
@click.option("--comment", metavar="TEXT", help="The comment.")
@click.option("--limits", metavar="LOW,HIGH[,STEP]", help="As in 0,1 or 0,?,0.05; none with ''.")
@edit_options
def edit(
    model: str,
    name: str,
    equation: str | None,
    units: str | None,
    comment: str | None,
    limits: str | None,
    data: tuple[str, ...],
    allow: tuple[str, ...],
    output: str | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Change the equation, unit, comment or limits of NAME in the file of MODEL.

    \b
    Examples:
      sdmodel edit models/core.mdl "forgetting" --equation "0.05*Domestic knowledge" --dry-run
      sdmodel edit model.mdl "birth rate" --units "1/Year" --limits 0,0.1
    """
    if equation is units is comment is limits is None:
        raise SDError(
            f"nothing to change of {name!r}: give --equation, --units, --comment or --limits"
        )
    done = _opened(model, data, allow)
    if equation is not None:
        done = done.equation(name, equation)
    if units is not None:
        done = done.units(name, units)
    if limits is not None:
        parts = [one.strip() for one in limits.split(",")] if limits.strip() else []
        if len(parts) > 3:
            raise SDError(f"--limits {limits!r}: write low, high and step, as in 0,1,0.05")
        done = done.limits(name, *(None if one in ("?", "") else one for one in parts))
    if comment is not None:
        done = done.comment(name, comment)
    _finish(done, output, dry_run, json_)


@click.command()
@model_argument
@click.argument("old")
@click.argument("new")
@click.option(
    "--also",
    metavar="FILE",
    multiple=True,
    type=click.Path(exists=True, dir_okay=False),
    help="A file that names it too (.cin, .lst, .vsc, .voc, .vpd, .cmd, .toml, .reality); may "
    "be given several times. MODEL.toml, MODEL.expectations.toml, MODEL.claims.toml and "
    "MODEL.reality are changed without being named; other control files beside MODEL that hold the "
    "old name are told, by line.",
)
@edit_options
def rename(
    model: str,
    old: str,
    new: str,
    also: tuple[str, ...],
    data: tuple[str, ...],
    allow: tuple[str, ...],
    output: str | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Rename a variable, range or element of MODEL wherever the file names it.

    \b
    Examples:
      sdmodel rename models/core.mdl "network exposure" "openness" --dry-run
      sdmodel rename model.mdl "births" "new people" --also base.cin --also save.lst
    """
    _finish(_opened(model, data, allow).rename(old, new, also=also), output, dry_run, json_)


@click.command()
@model_argument
@click.argument("name")
@click.argument("equation")
@click.option("--units", metavar="TEXT", default="", help="Its unit.")
@click.option("--comment", metavar="TEXT", default="", help="Its comment.")
@click.option("--group", metavar="GROUP", default="", help="Put it last in this group.")
@click.option("--after", metavar="NAME", default="", help="Put it behind this variable.")
@edit_options
def add(
    model: str,
    name: str,
    equation: str,
    units: str,
    comment: str,
    group: str,
    after: str,
    data: tuple[str, ...],
    allow: tuple[str, ...],
    output: str | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Add the variable NAME with its EQUATION to the file of MODEL.

    \b
    Examples:
      sdmodel add models/core.mdl "knowledge gap" "1 - relative knowledge" --units dmnl -n
      sdmodel add model.mdl "effect" "((0,0),(1,1))" --after births
    """
    done = _opened(model, data, allow).add(name, equation, units, comment, group=group, after=after)
    _finish(done, output, dry_run, json_)


@click.command()
@model_argument
@click.argument("names", nargs=-1, required=True, metavar="NAME...")
@edit_options
def delete(
    model: str,
    names: tuple[str, ...],
    data: tuple[str, ...],
    allow: tuple[str, ...],
    output: str | None,
    dry_run: bool,
    json_: bool,
) -> None:
    """Delete variables from the file of MODEL, and what its sketch shows of them.

    What other variables use is not deleted; those are named.

    \b
    Example:
      sdmodel delete models/core.mdl "lab share of research" --dry-run
    """
    _finish(_opened(model, data, allow).delete(*names), output, dry_run, json_)


def _opened(model: str, data: tuple[str, ...], allow: tuple[str, ...]) -> Edit:
    import sdmodel as sd

    return sd.edit(model, data=data, allow=allow)


def _finish(done: Edit, output: str | None, dry_run: bool, json_: bool) -> None:
    """Save what was done, or show it, and say so."""
    target = Path(output) if output else Path(done.before.path)
    if output and target.exists() and not dry_run:
        raise SDError(f"{target}: it exists already: give another file")
    diff = done.diff()
    if dry_run:
        done.check()
    else:
        done.save(output)
    if json_:
        facts = {"path": str(target), "saved": not dry_run, "changed": done.changed, "diff": diff}
        as_json({**facts, "notes": list(done.notes)})
        return
    if dry_run:
        click.echo(diff, nl=False)
        if not diff:
            click.echo(f"{target}: nothing would change")
    else:
        lines = sum(
            line[:1] in ("+", "-") and line[:3] not in ("+++", "---") for line in diff.splitlines()
        )
        click.echo(
            f"{target}: {counted(lines, 'line')} of difference"
            if lines
            else f"{target}: nothing to change"
        )
    for note in done.notes:
        click.echo(f"note: {note}", err=dry_run)  # a diff can be applied as it is printed
