"""Statements to functions of the values `v`, each short enough for a browser's optimiser."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sdmodel.expr import Block, Pick, Ref, references, walk
from sdmodel.javascript.body import Body
from sdmodel.javascript.tables import TableBook
from sdmodel.program import Layout, Statement
from sdmodel.simplify import size

# Nodes in one function. V8 leaves functions of more than 60 kB of bytecode to its interpreter.
PIECE = 1000


@dataclass
class Script:
    """Functions written so far, and the tables they share."""

    layout: Layout
    tables: TableBook = field(default_factory=TableBook)
    functions: list[str] = field(default_factory=list)

    def write(self, name: str, statements: Sequence[Statement], stored: set[str]) -> None:
        """Write a function that computes statements and stores some of them."""
        pieces = _pieces(statements)
        stored = stored | _by_place(statements) | _across(pieces)
        for i, piece in enumerate(pieces):
            body = Body(self.layout, self.tables)
            for statement in piece:
                body.statement(statement, statement.target in stored)
            self._function(f"{name}{i}", body.text())
        self._function(name, [f"{name}{i}(v);" for i in range(len(pieces))])

    def _function(self, name: str, lines: Sequence[str]) -> None:
        self.functions.append("\n".join([f"function {name}(v) {{", *lines, "}"]))


def _pieces(statements: Sequence[Statement]) -> list[list[Statement]]:
    pieces: list[list[Statement]] = [[]]
    total = 0
    for statement in statements:
        cost = size(statement.value)
        if total + cost > PIECE and pieces[-1]:
            pieces.append([])
            total = 0
        pieces[-1].append(statement)
        total += cost
    return pieces


def _by_place(statements: Sequence[Statement]) -> set[str]:
    """Return the names whose elements are looked for at computed places, or all at once."""
    found: set[str] = set()
    for statement in statements:
        for node in walk(statement.value):
            match node:
                case Ref() if any(place.axis is not None for place in node.where):
                    found.add(node.name)
                case Pick():
                    found.add(node.base.name)
                case Block():
                    found |= {ref.name for ref in node.args}
                case _:
                    pass
    return found


def _across(pieces: Sequence[Sequence[Statement]]) -> set[str]:
    """Return the names that one piece computes and another one reads."""
    written: dict[str, set[int]] = {}
    for i, piece in enumerate(pieces):
        for statement in piece:
            written.setdefault(statement.target, set()).add(i)
    return {
        ref.name
        for i, piece in enumerate(pieces)
        for statement in piece
        for ref in references(statement.value)
        if written.get(ref.name, set()) - {i}
    }
