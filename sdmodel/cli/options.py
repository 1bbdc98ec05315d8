"""Options that several verbs share, and the reading of NAME=VALUE."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import Any, TypeVar

import click

from sdmodel.errors import OverrideError

Command = TypeVar("Command", bound=Callable[..., Any])

model_argument = click.argument("model", type=click.Path(exists=True, dir_okay=False))
json_option = click.option("--json", "json_", is_flag=True, help="Print JSON for other programs.")
of_option = click.option(
    "--of",
    "names",
    metavar="NAME",
    multiple=True,
    help="A variable to report; may be given several times. "
    "Without it, the model's own highlights, or its stocks.",
)

changes_option = click.option(
    "--changes",
    metavar="FILE",
    multiple=True,
    type=click.Path(dir_okay=False),
    help="A changes file (.cin) with other values for constants and lookups; may be given several "
    "times, and then the later ones win.",
)

save_list_option = click.option(
    "--save-list",
    metavar="FILE",
    type=click.Path(dir_okay=False),
    help="A save list (.lst): the variables to keep, one name a line.",
)


def data_options(command: Command) -> Command:
    """Add the options that say where a model's external data lies."""
    options = [
        click.option(
            "--data",
            metavar="FILE",
            multiple=True,
            type=click.Path(exists=True, dir_okay=False),
            help="A file with the series of data variables (.dat, .tab, .csv, .xlsx, .xls, .vdf); "
            "may be given several times.",
        ),
        click.option(
            "--allow",
            metavar="FOLDER",
            multiple=True,
            type=click.Path(exists=True, file_okay=False),
            help="A folder besides the model's own that it may read data from; may be given "
            "several times.",
        ),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def integration_options(command: Command) -> Command:
    """Add the options that say how the model is integrated."""
    options = [
        click.option(
            "--method",
            metavar="METHOD",
            default="auto",
            show_default=True,
            help="auto (SciPy's LSODA wherever the model allows it), vensim (the method the file "
            "names), euler, rk2, rk4, heun, difference, rk2auto, rk4auto, or one of SciPy's: RK45, "
            "DOP853, LSODA, BDF, Radau.",
        ),
        click.option("--time-step", type=float, help="Use this TIME STEP instead of the file's."),
        click.option("--final-time", type=float, help="Stop at this time."),
        click.option("--save-every", type=float, help="Use this SAVEPER instead of the file's."),
    ]
    for option in reversed(options):
        command = option(command)
    return command


def read_settings(pairs: Iterable[str]) -> dict[str, float]:
    """Read NAME=VALUE arguments; the name may hold blanks and even an equals sign.

    Examples
    --------
    >>> read_settings(["birth rate=0.03", "S = 1e3"])
    {'birth rate': 0.03, 'S': 1000.0}
    """
    settings = {}
    for pair in pairs:
        name, sign, text = (part.strip() for part in pair.rpartition("="))
        if not (name and sign):
            raise OverrideError(
                pair,
                f"'{pair}' sets nothing: write NAME=VALUE, in quotes when the name holds blanks, "
                'as in "birth rate=0.03"',
            )
        try:
            settings[name] = float(text)
        except ValueError:
            raise OverrideError(
                name, f"'{pair}': '{text}' is not a number; write it as in 0.03 or 3e-2"
            ) from None
    return settings
