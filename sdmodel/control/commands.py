"""The lines of a command script as commands: ``CLASS>COMMAND|argument|argument``."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass

from sdmodel.errors import Problem
from sdmodel.source import SourceText

_LINE = re.compile(r"[^\r\n]+")
_HEAD = re.compile(r"\s*(?P<group>\w+)\s*>\s*(?P<name>\w+)\s*(?P<rest>\|.*)?", re.S)
_AND = re.compile(r"(?<!&)&(?!&)")


@dataclass(frozen=True, slots=True)
class Command:
    """One command, from `at` to `end` of the script; `starts` is where each argument begins."""

    at: int
    end: int
    group: str
    name: str
    arguments: tuple[str, ...] = ()
    starts: tuple[int, ...] = ()

    @property
    def shown(self) -> str:
        """What it is called."""
        return f"{self.group}>{self.name}"

    def argument(self, number: int) -> str:
        """Return an argument without blanks and quotes around it; nothing where there is none."""
        if number >= len(self.arguments):
            return ""
        text = self.arguments[number].strip()
        return text[1:-1] if len(text) > 1 and text[0] == text[-1] == '"' else text

    def names(self, number: int) -> list[str]:
        """Return an argument that is a list with commas."""
        parts = (one.strip().strip('"').strip() for one in self.argument(number).split(","))
        return [one for one in parts if one]


def parse_commands(source: SourceText) -> tuple[list[Command], list[Problem]]:
    r"""Return the commands of a script, and a problem for each line that is none.

    A line that begins with ``!`` is a comment, ``&`` joins commands, ``&&`` stands for one ``&``.

    Examples
    --------
    >>> text = "! two runs\nSIMULATE>RUNNAME|slow & MENU>RUN|o\n"
    >>> [(one.shown, one.argument(0)) for one in parse_commands(SourceText("a.cmd", text))[0]]
    [('SIMULATE>RUNNAME', 'slow'), ('MENU>RUN', 'o')]
    """
    found: list[Command] = []
    problems: list[Problem] = []
    for line in _LINE.finditer(source.text):
        if line.group().lstrip().startswith("!") or not line.group().strip():
            continue
        for start, text in _parts(line):
            head = _HEAD.fullmatch(text)
            if head is None:
                at = start + len(text) - len(text.lstrip())
                cure = "write CLASS>COMMAND|argument, such as MENU>RUN|o; a comment begins with !"
                problems.append(source.problem(at, "this is no command", cure=cure))
                continue
            starts, arguments, at = [], [], start + head.start("rest") + 1
            for one in (head["rest"] or "").split("|")[1:]:
                starts.append(at)
                arguments.append(one.replace("&&", "&"))
                at += len(one) + 1
            where = start + head.start("group")
            names = head["group"].upper(), head["name"].upper()
            found.append(Command(where, start + len(text), *names, tuple(arguments), tuple(starts)))
    return found, problems


def _parts(line: re.Match[str]) -> Iterator[tuple[int, str]]:
    """Yield the commands of a line with the places where they begin."""
    start = 0
    for mark in _AND.finditer(line.group()):
        yield line.start() + start, line.group()[start : mark.start()]
        start = mark.end()
    yield line.start() + start, line.group()[start:]
