"""`sdmodel functions`: what the equations may use, straight from the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdmodel.cli.options import json_option
from sdmodel.cli.text import Refused, as_json, console, number, plain, table
from sdmodel.errors import did_you_mean, near_names
from sdmodel.names import key

if TYPE_CHECKING:
    from sdmodel.functions import Entry, FunctionInfo


@click.command()
@click.argument("name", required=False)
@json_option
def functions(name: str | None, json_: bool) -> None:
    """List the functions that equations may use, or explain the one called NAME.

    \b
    Examples:
      sdmodel functions
      sdmodel functions "PULSE TRAIN"
      sdmodel functions --json
    """
    import sdmodel as sd
    from sdmodel.functions import MANUAL

    known = {key(function.name): function for function in sd.functions()}
    missing = [entry for entry in MANUAL if not entry.offered]
    if name is None:
        if json_:
            as_json([*(_facts(one) for one in known.values()), *(_missing(one) for one in missing)])
            return
        _print_all(list(known.values()), missing)
        return

    if key(name) not in known:
        for entry in missing:
            if key(entry.name) == key(name):
                if json_:
                    as_json(_missing(entry))
                    return
                click.echo(
                    f"{entry.name} ({entry.source}) is not offered.\n\nInstead:  {entry.cure}"
                )
                return
        # XMILE's own name for a function that is called otherwise here
        meant = next((one.meant for one in MANUAL if key(one.name) == key(name)), "")
        if key(meant) not in known:
            near = near_names(name, (function.name for function in known.values()))
            hint = did_you_mean(near) or "`sdmodel functions` lists them all"
            raise Refused(f"no function named '{name}'; {hint}")
        name = meant
    function = known[key(name)]
    if json_:
        as_json(_facts(function))
        return
    click.echo(f"{function.signature}\n\n{function.summary}\n")
    click.echo(f"Example:  {function.example} = {number(function.value)}  (time 0, TIME STEP 1)")
    click.echo(f"Manual:   {function.manual}")
    click.echo(f"Kind:     {function.family}")
    click.echo(f"Units:    {function.units}")
    if function.memory:
        click.echo("It remembers, so only methods with a fixed step (vensim, rk4 ...) can run it.")


def _print_all(known: list[FunctionInfo], missing: list[Entry]) -> None:
    rows = table(f"{len(known)} functions", ["function", "what it is", "example", "manual"])
    rows.columns[1].justify = "left"
    for one in known:
        example = f"{one.example} = {number(one.value)}"
        rows.add_row(*plain(one.signature, one.summary, example, one.source))
    console().print(rows)
    rows = table("In the manuals, but not offered", ["function", "manual", "what to do instead"])
    rows.columns[2].justify = "left"
    for entry in missing:
        rows.add_row(*plain(entry.name, entry.source, entry.cure))
    console().print(rows)
    for line in _counts():
        click.echo(line)


def _counts() -> list[str]:
    """How many of each manual's functions there are."""
    from sdmodel.functions import MANUAL

    lines = []
    for source in ("Vensim", "XMILE"):
        listed = [entry.offered for entry in MANUAL if entry.source == source]
        lines.append(f"{source}: {sum(listed)} of the {len(listed)} functions in its manual")
    return lines


def _missing(entry: Entry) -> dict[str, Any]:
    return {
        "name": entry.name,
        "source": entry.source,
        "status": "not offered",
        "cure": entry.cure,
    }


def _facts(function: FunctionInfo) -> dict[str, Any]:
    return {
        "name": function.name,
        "source": function.source,
        "status": "offered",
        "signature": function.signature,
        "summary": function.summary,
        "family": function.family,
        "example": function.example,
        "value": function.value,
        "manual": function.manual,
        "memory": function.memory,
        "units": function.units,
    }
