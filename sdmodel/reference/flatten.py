"""Statements become a list of primitives, each a few NumPy calls over all runs of a batch."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

import numpy as np

from sdmodel.expr import (
    JUMPS,
    ORDERINGS,
    Apply,
    Axis,
    Block,
    Const,
    Expr,
    Lookup,
    Op,
    Pick,
    Position,
    Reduce,
    Ref,
    Table,
    flat_places,
    fold,
)
from sdmodel.kernel import Jump
from sdmodel.program import HALF_STEP, RUN_NUMBER, STEP_NUMBER, TIME, Phase, Program, Statement
from sdmodel.reference.values import Slots, Value, axes_of, joined, tables_of

Node = Apply | Lookup | Reduce | Pick | Block | Ref


@dataclass(frozen=True, slots=True)
class Instruction:
    """`out` takes the value of a node of other values; `rows` are those of a gather or scatter.

    Without a node it is a copy. `jump` is the first of the jumps that can be held, one a row.
    """

    out: Value
    node: Node | None
    args: tuple[Value, ...]
    jump: int = -1
    rows: Slots | None = None
    first: int = 0
    tables: tuple[Table | None, ...] = ()


@dataclass(frozen=True, slots=True)
class Code:
    """Instructions in order, where they jump, and what is computed already."""

    instructions: list[Instruction] = field(default_factory=list)
    jumps: list[Jump] = field(default_factory=list)
    done: dict[Any, Value] = field(default_factory=dict)
    tables: dict[int, Table] = field(default_factory=dict)


class Flattener:
    """Turns statements into instructions; equal expressions are computed once."""

    def __init__(self, program: Program) -> None:
        self.layout = program.layout
        self.count = len(program.layout)
        self.numbers: dict[tuple[str, ...], tuple[int, list[float]]] = {}
        constants = {program.variable_of(name) for name in program.constants}
        self.phases = dict.fromkeys(constants, Phase.CONSTANT)
        self.phases |= {one.target: Phase.CONSTANT for one in program.start}
        changing = (program.stocks, program.memories, program.pipelines)
        self.phases |= {one.name: Phase.STATE for kind in changing for one in kind}
        for one in program.step:
            self.phases[one.target] = max(one.phase, self.phases.get(one.target, Phase.CONSTANT))
        self.phases |= {TIME: Phase.TIME, HALF_STEP: Phase.CONSTANT}
        self.phases |= {STEP_NUMBER: Phase.STATE, RUN_NUMBER: Phase.CONSTANT}

    def literals(self, values: list[float], axes: tuple[Axis, ...]) -> Value:
        """Return the place of some numbers that never change."""
        # repr tells 0.0 from -0.0, and finds NaN again
        known = tuple(map(repr, values))
        if known not in self.numbers:
            self.numbers[known] = self.count, values
            self.count += len(values)
        return Value(self.numbers[known][0], axes)

    def flatten(self, statements: Sequence[Statement]) -> Code:
        """Return the instructions of some statements."""
        code = Code()
        for statement in statements:
            self._statement(statement, code)
        return code

    def _statement(self, statement: Statement, code: Code) -> None:
        start = self.layout.slots[statement.target]
        shape = self.layout.shapes.get(statement.target, ())
        if isinstance(statement.value, Block):
            self._block(statement.value, statement.target, code)
            return
        rows: Slots | None = None
        place: Value | None = Value(start)
        if statement.where:
            rows = start + flat_places(shape, statement.axes, statement.where)
            place = _together(rows, statement.axes)
        value = self._expression(statement, place, code)
        if value == place:
            return
        out = place or Value(-1, statement.axes)
        code.instructions.append(Instruction(out, None, (value,), rows=None if place else rows))

    def _expression(self, statement: Statement, target: Value | None, code: Code) -> Value:
        def flat(node: Expr, args: Sequence[Value]) -> Value:
            # What is computed last goes where the statement wants it.
            place = target if node is statement.value else None
            return self._node(node, tuple(args), statement.variable, place, code)

        return fold(statement.value, flat)

    def _node(
        self, node: Expr, args: tuple[Value, ...], variable: str, place: Value | None, code: Code
    ) -> Value:
        match node:
            case Const():
                return self.literals([node.value], ())
            case Position():
                axes = axes_of([node.where])
                return self.literals([float(i + 1) for i in node.where.places], axes)
            case Ref():
                return self._ref(node, code)
            case Apply():
                what: Any = (node.op, args)
                axes = joined(args)
            case Lookup():
                what = (node.table, node.mode, node.where, args)
                axes = joined([*args, Value(0, axes_of(node.where))])
            case Reduce():
                what = (node.op, node.axes, args)
                axes = tuple(axis for axis in args[0].axes if axis not in node.axes)
            case Pick():
                what = (node.base, args[1])
                axes = joined([args[1], Value(0, axes_of(node.base.where))])
            case _:
                raise AssertionError(f"{type(node).__name__} is left after lowering")
        if what in code.done:
            return code.done[what]
        phase = max(arg.phase for arg in args)
        fits = place is not None and place.axes == axes
        out = Value(place.start if place is not None and fits else self.count, axes, phase)
        self.count += 0 if fits else out.count
        code.done[what] = out
        one = self._instruction(node, out, args, variable, phase, code)
        code.instructions.append(one)
        return out

    def _instruction(
        self,
        node: Apply | Lookup | Reduce | Pick,
        out: Value,
        args: tuple[Value, ...],
        variable: str,
        phase: Phase,
        code: Code,
    ) -> Instruction:
        first, rows, tables = 0, None, tuple[Table | None, ...]()
        if isinstance(node, Pick):
            name = node.base.name
            first = self.layout.slots[name]
            own = axes_of(node.base.where)
            shape = self.layout.shapes[name]
            # The place that the offset counts from, at each place of all axes.
            base = flat_places(shape, own, node.base.where)
            rows = Value(0, own).rows(out.axes)
            rows = np.asarray(base, dtype=np.intp)[rows]
            args = args[1:]
        if isinstance(node, Lookup):
            own = axes_of(node.where)
            each = tables_of(node, own)
            tables = tuple(each)
            at = Value(0, own).rows(out.axes) if own else np.zeros(out.count, dtype=np.intp)
            rows = at
        jump = -1
        if phase is not Phase.CONSTANT and isinstance(node, Apply | Lookup):
            jump = self._jumps(node, out, args, variable, phase, code, rows, tables)
        return Instruction(out, node, args, jump, rows, first, tables)

    def _jumps(
        self,
        node: Apply | Lookup,
        out: Value,
        args: tuple[Value, ...],
        variable: str,
        phase: Phase,
        code: Code,
        rows: Slots | None,
        tables: tuple[Table | None, ...],
    ) -> int:
        """Note where an instruction jumps, row by row; return the first that can be held."""
        time_only = phase is Phase.TIME
        if isinstance(node, Apply):
            if node.op not in JUMPS:
                return -1
            kind = node.op.value
            holds = node.op in ORDERINGS or (time_only and node.op is not Op.REMAINDER)
        elif node.mode in ("forward", "backward"):
            kind, holds = node.mode, time_only
        elif time_only:
            # A corner of an input over time counts too: there is nothing to hold still, but a
            # solver should restart there.
            kind, holds, time_only = "corner", False, True
        else:
            return -1
        first = len(code.jumps)
        sides = [arg.rows(out.axes).tolist() for arg in args]
        right = sides[1] if len(sides) > 1 else [-1] * out.count
        for i in range(out.count):
            slot = out.start + i
            code.jumps.append(Jump(slot, sides[0][i], right[i], kind, variable, time_only, holds))
            table = tables[int(rows[i])] if rows is not None and tables else None
            if table is not None:
                code.tables[slot] = table
        return first if holds else -1

    def _ref(self, node: Ref, code: Code) -> Value:
        start, phase = self.layout.slots[node.name], self.phases.get(node.name, Phase.CONSTANT)
        if not node.where:
            return Value(start, (), phase)
        axes = axes_of(node.where)
        shape = self.layout.shapes[node.name]
        rows = start + flat_places(shape, axes, node.where)
        found = _together(rows, axes)
        if found is not None:
            return Value(found.start, found.axes, phase)
        what = (node.name, node.where)
        if what not in code.done:
            out = Value(self.count, axes, phase)
            self.count += out.count
            code.instructions.append(Instruction(out, node, (), rows=rows))
            code.done[what] = out
        return code.done[what]

    def _block(self, node: Block, target: str, code: Code) -> None:
        args = tuple(self._whole(ref.name, node.outer) for ref in node.args)
        code.instructions.append(Instruction(self._whole(target, node.outer), node, args))

    def _whole(self, name: str, outer: int) -> Value:
        """Return a whole array as what it is at each outer place."""
        size = math.prod(self.layout.shapes.get(name, ()))
        return Value(self.layout.slots[name], (Axis(0, outer), Axis(1, size // outer)))


def _together(rows: Slots, axes: tuple[Axis, ...]) -> Value | None:
    """Return rows that follow each other as a value; None where they do not."""
    if len(rows) == 0 or rows[-1] - rows[0] != len(rows) - 1 or not (np.diff(rows) == 1).all():
        return None
    return Value(int(rows[0]), axes)
