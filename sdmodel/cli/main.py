"""The group of verbs, and the one place where an error becomes a message."""

from __future__ import annotations

import warnings
from typing import Any, TextIO

import click

from sdmodel import __version__
from sdmodel.cli.check import check
from sdmodel.cli.compare import compare
from sdmodel.cli.convert import convert
from sdmodel.cli.crosscheck import crosscheck
from sdmodel.cli.diff import diff
from sdmodel.cli.doc import doc
from sdmodel.cli.draw import draw
from sdmodel.cli.edit import add, delete, edit, rename, set_
from sdmodel.cli.functions import functions
from sdmodel.cli.merge import git_merge, git_setup, git_text, merge
from sdmodel.cli.publish import publish
from sdmodel.cli.reality import reality
from sdmodel.cli.report import report
from sdmodel.cli.run import run
from sdmodel.cli.script import script
from sdmodel.cli.serve import serve
from sdmodel.cli.show import show
from sdmodel.cli.sketch import sketch
from sdmodel.cli.text import Refused
from sdmodel.cli.units import units
from sdmodel.cli.validate import validate
from sdmodel.cli.watch import watch
from sdmodel.errors import SDError


class Verbs(click.Group):
    """A group whose errors are messages: what was wrong, where, and what to do."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the verb, and turn whatever sdmodel refuses into a message."""
        try:
            with warnings.catch_warnings():
                warnings.showwarning = _print_warning
                return super().invoke(ctx)
        except SDError as error:
            raise Refused(str(error)) from error
        except BrokenPipeError:
            raise  # the reader of a pipe has gone; click ends quietly
        except OSError as error:
            raise Refused(_about_the_file(error)) from error


def _print_warning(
    message: Warning | str,
    category: type[Warning],
    filename: str,
    lineno: int,
    file: TextIO | None = None,
    line: str | None = None,
) -> None:
    """Show a warning as its text alone; the line of code it came from helps nobody here."""
    click.secho(f"sdmodel: {message}", fg="yellow", err=True)


def _about_the_file(error: OSError) -> str:
    """Say which file could not be read or written, and why, without the number of the error."""
    reason = error.strerror or str(error)
    return f"{error.filename}: {reason}" if error.filename else reason


@click.group(cls=Verbs, context_settings={"help_option_names": ["-h", "--help"]})
@click.version_option(__version__, prog_name="sdmodel")
def main() -> None:
    """Read, check, run and compare system dynamics models from Vensim and XMILE files.

    A model is one .mdl, .xmile or .stmx file; a .toml of the same name beside it, where there
    is one, names its levers, scenarios and outcomes. Names are written as in Vensim, in quotes
    when they hold blanks.

    \b
    A first round:
      sdmodel check models/core.mdl
      sdmodel show  models/core.mdl "relative knowledge"
      sdmodel run   models/core.mdl "education effort=0.6" -o run.csv
      sdmodel compare models/core.mdl --of "relative knowledge" -o scenarios.png

    Every verb takes --json for other programs to read.
    """


main.add_command(check)
main.add_command(show)
main.add_command(run)
main.add_command(compare)
main.add_command(crosscheck)
main.add_command(convert)
main.add_command(diff)
main.add_command(merge)
main.add_command(git_setup)
main.add_command(git_merge)
main.add_command(git_text)
main.add_command(units)
main.add_command(validate)
main.add_command(reality)
main.add_command(functions)
main.add_command(sketch)
for verb in (set_, edit, rename, add, delete):
    main.add_command(verb)
main.add_command(script)
main.add_command(doc)
main.add_command(draw)
main.add_command(publish)
main.add_command(watch)
main.add_command(serve)
main.add_command(report)
