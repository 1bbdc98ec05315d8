"""The command lines as Markdown, from what click knows of them."""

from __future__ import annotations

import inspect
from collections.abc import Iterator

import click

from _ext.markdown import cell, fenced, table
from sdmodel.cli import main as sdmodel_command
from sensitivity.cli import main as sensitivity_command

COMMANDS: dict[str, click.Group] = {"sdmodel": sdmodel_command, "sensitivity": sensitivity_command}


def reference(command: str) -> str:
    """Return the whole help of a command: what it is, then a section for each of its verbs."""
    group = COMMANDS[command]
    parts = [paragraphs(group.help or "")]
    context = click.Context(group, info_name=command)
    for name in sorted(group.commands):
        verb = group.commands[name]
        if not verb.hidden:
            parts.append(section(verb, click.Context(verb, info_name=name, parent=context)))
    return "\n\n".join(parts)


def section(verb: click.Command, context: click.Context) -> str:
    """Return the help of one verb: its text, its usage and a table of its options."""
    usage = " ".join([context.command_path, *verb.collect_usage_pieces(context)])
    rows = [[f"`{said[0]}`", cell(said[1])] for said in options(verb, context)]
    return "\n\n".join(
        [
            f"## {context.command_path}",
            fenced(usage, "text"),
            paragraphs(verb.help or ""),
            table(["option", "what it does"], rows),
        ]
    )


def options(verb: click.Command, context: click.Context) -> Iterator[tuple[str, str]]:
    """Yield each option as it is written, and its help with default or range."""
    for parameter in verb.get_params(context):
        if isinstance(parameter, click.Option) and (said := parameter.get_help_record(context)):
            yield said


def paragraphs(text: str) -> str:
    r"""Return a help text as Markdown; what stands after click's `\b` keeps its lines."""
    found = []
    for part in inspect.cleandoc(text).split("\n\n"):
        kept, _, lines = part.rpartition("\b\n")
        if kept or part.startswith("\b"):
            found.append(fenced(lines, "text"))
        else:
            found.append(cell(part))
    return "\n\n".join(found)
