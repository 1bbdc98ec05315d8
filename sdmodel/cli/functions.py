"""`sdmodel functions`: what the equations may use, straight from the registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import click

from sdmodel.cli.options import json_option
from sdmodel.cli.text import Refused, as_json, console, number, plain, table
from sdmodel.errors import did_you_mean, near_names
from sdmodel.names import key

if TYPE_CHECKING:
    from sdmodel.functions import FunctionInfo


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

    known = {key(function.name): function for function in sd.functions()}
    if name is None:
        if json_:
            as_json([_facts(function) for function in known.values()])
            return
        rows = table(f"{len(known)} functions", ["function", "what it is"])
        rows.columns[1].justify = "left"
        for function in known.values():
            rows.add_row(*plain(function.signature, function.summary))
        console().print(rows)
        return

    if key(name) not in known:
        near = near_names(name, (function.name for function in known.values()))
        hint = did_you_mean(near) or "`sdmodel functions` lists them all"
        raise Refused(f"no function named '{name}'; {hint}")
    function = known[key(name)]
    if json_:
        as_json(_facts(function))
        return
    click.echo(f"{function.signature}\n\n{function.summary}\n")
    click.echo(f"Example:  {function.example} = {number(function.value)}  (time 0, TIME STEP 1)")
    click.echo(f"Manual:   {function.manual}")
    if function.memory:
        click.echo("It remembers, so only methods with a fixed step (vensim, rk4 ...) can run it.")


def _facts(function: FunctionInfo) -> dict[str, Any]:
    return {
        "name": function.name,
        "signature": function.signature,
        "summary": function.summary,
        "example": function.example,
        "value": function.value,
        "manual": function.manual,
        "memory": function.memory,
    }
