"""`sdmodel merge` and what git calls: two edited copies of a model made into one."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import click

from sdmodel.errors import counted

if TYPE_CHECKING:
    from sdmodel.comparing.merging import Merge

file_argument = click.Path(exists=True, dir_okay=False)


@click.command()
@click.argument("base", type=file_argument)
@click.argument("ours", type=file_argument)
@click.argument("theirs", type=file_argument)
@click.option(
    "-o", "--output", required=True, type=click.Path(dir_okay=False), help="The merged file."
)
@click.pass_context
def merge(ctx: click.Context, base: str, ours: str, theirs: str, output: str) -> None:
    """Merge OURS and THEIRS, two edited copies of BASE, variable by variable.

    Edits of different variables, or of different parts of one, are both taken. What both changed
    differently is told and stands in the merged file between the marks that git uses; the exit
    status is then 1.

    \b
    Example:
      sdmodel merge base.mdl mine.mdl yours.mdl -o merged.mdl
    """
    import sdmodel as sd

    place = Path(output)
    if place.exists() and any(place.samefile(one) for one in (base, ours, theirs)):
        raise sd.SDError(f"{output} is one of the files to be merged: give -o another name")
    _finish(ctx, sd.merge(base, ours, theirs), place, output)


@click.command("git-merge", hidden=True)
@click.argument("base", type=file_argument)
@click.argument("ours", type=file_argument)
@click.argument("theirs", type=file_argument)
@click.argument("name")
@click.pass_context
def git_merge(ctx: click.Context, base: str, ours: str, theirs: str, name: str) -> None:
    """Merge as git asks for it: the result replaces OURS."""
    import sdmodel as sd

    _finish(ctx, sd.merge(base, ours, theirs), Path(ours), name)


def _finish(ctx: click.Context, merged: Merge, place: Path, name: str) -> None:
    from sdmodel.run import atomic

    with atomic(place) as part:
        part.write_bytes(merged.raw)
    for note in merged.notes:
        click.echo(f"{name}: {note}", err=True)
    for conflict in merged.conflicts:
        click.secho(f"{name}: conflict: {conflict}", fg="red", err=True)
    for problem in merged.broken:
        click.secho(f"merged, but now: {problem}", fg="red", err=True)
    if not merged.clean:
        left = counted(len(merged.conflicts) + len(merged.broken), "conflict")
        click.echo(f"{name}: {left} left to settle by hand", err=True)
    ctx.exit(0 if merged.clean else 1)


@click.command("git-text", hidden=True)
@click.argument("model", type=file_argument)
def git_text(model: str) -> None:
    """Print a model as git compares it: a block for each variable, by name."""
    from sdmodel.comparing.listing import listing
    from sdmodel.frontends import parse, read_bytes
    from sdmodel.frontends.text import decode

    click.echo(listing(parse(decode(model, read_bytes(Path(model))))), nl=False)


@click.command("git-setup")
@click.argument("folder", default=".", type=click.Path(exists=True, file_okay=False))
def git_setup(folder: str) -> None:
    """Make git compare and merge the models of FOLDER's repository by variable.

    Afterwards `git diff`, `git log -p` and `git merge` speak of variables. Everyone who works on
    the repository runs this once; .gitattributes and .gitignore are kept in it, the rest is not.

    \b
    Example:
      sdmodel git-setup
    """
    from sdmodel.comparing.repository import set_up

    for line in set_up(Path(folder)):
        click.echo(line)
