"""Statements to functions `start` and `rates` on a block of runs; large models in pieces."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field

from sdmodel.codegen.body import Body
from sdmodel.codegen.emit import Emitter, array_definition, whole_definition
from sdmodel.expr import Block, references
from sdmodel.program import Layout, Statement
from sdmodel.simplify import size

# Nodes in one function: the compiler's time grows faster than a function's length.
PIECE = 400


@dataclass
class Code:
    """Functions written so far, with what they need around them."""

    width: int
    layout: Layout
    permute: bool = False
    vector_math: bool = True
    functions: list[str] = field(default_factory=list)
    declared: dict[str, str] = field(default_factory=dict)
    tables: dict[tuple[float, ...], str] = field(default_factory=dict)
    wholes: dict[tuple[int, ...], str] = field(default_factory=dict)

    def emitter(self) -> Emitter:
        """Return an emitter that shares tables and declarations."""
        e = Emitter(self.width, self.vector_math)
        e.declared, e.tables, e.wholes = self.declared, self.tables, self.wholes
        return e

    def text(self) -> str:
        """Return the module."""
        arrays = [array_definition(name, values) for values, name in self.tables.items()]
        arrays += [whole_definition(name, values) for values, name in self.wholes.items()]
        return "\n".join([*arrays, *self.functions, *self.declared.values(), ""])


def write_function(
    code: Code, name: str, statements: Sequence[Statement], stored: set[str]
) -> None:
    """Write a function of the values `%v` that computes statements and stores some of them."""
    # A function of whole arrays finds its arguments in memory.
    blocks = (one.value for one in statements if isinstance(one.value, Block))
    stored = stored | {ref.name for block in blocks for ref in block.args}
    pieces = _pieces(statements)
    if len(pieces) == 1:
        _write(code, name, statements, stored)
        return
    where = {s.target: i for i, piece in enumerate(pieces) for s in piece}
    crossing = set(stored)
    for i, piece in enumerate(pieces):
        for statement in piece:
            crossing |= {
                ref.name for ref in references(statement.value) if where.get(ref.name, i) != i
            }
    for i, piece in enumerate(pieces):
        _write(code, f"{name}_{i}", piece, crossing)
    calls = [f"  call void @{name}_{i}(ptr %v)" for i in range(len(pieces))]
    head = f"define void @{name}(ptr noalias %v) {{"
    code.functions.append("\n".join([head, *calls, "  ret void", "}"]))


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


def _write(code: Code, name: str, statements: Sequence[Statement], stored: set[str]) -> None:
    e = code.emitter()
    body = Body(e, code.layout, code.permute)
    for statement in statements:
        body.statement(statement, statement.target in stored)
    linkage = "" if name in ("start", "rates") else "internal "
    head = f"define {linkage}void @{name}(ptr noalias %v) noinline {{"
    code.functions.append("\n".join([head, *e.body(), "  ret void", "}"]))
