"""Statements to lines of assembly: loops over the axes of arrays, and one value for each node."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Sequence
from typing import Any

from sdmodel.codegen import whole
from sdmodel.codegen.emit import Emitter, Loop, Value
from sdmodel.codegen.primitives import RULES
from sdmodel.codegen.tables import read, read_one_of
from sdmodel.expr import (
    Apply,
    At,
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
    Tables,
    children,
    references,
)
from sdmodel.program import Layout, Statement

_NEUTRAL = {Op.ADD: 0.0, Op.MUL: 1.0, Op.MIN: float("inf"), Op.MAX: -float("inf")}


class Body:
    """The lines of one function; what was computed or loaded once is not computed again.

    What is computed in a loop is known inside of it only.
    """

    def __init__(self, e: Emitter, layout: Layout, permute: bool) -> None:
        self.e, self.layout, self.permute = e, layout, permute
        self.names: ChainMap[Any, Value] = ChainMap()
        self.done: ChainMap[Any, Value] = ChainMap()
        self.loops: dict[Axis, Loop] = {}
        self.totals: list[str] = []

    def statement(self, statement: Statement, store: bool) -> None:
        """Write one statement; an array's elements are always stored."""
        comment = statement.target.replace("\n", " ")
        self.e.lines.append(f"  ; {comment}")
        if isinstance(statement.value, Block):
            whole.write_block(self.e, self.layout, statement.target, statement.value)
            return
        if statement.axes:
            for ref in references(statement.value):
                if all(place.axis is None for place in ref.where):
                    self.node(ref, (), statement)  # once, before the loop
        self.open(statement.axes)
        value = self.expression(statement)
        slot = self.layout.slots[statement.target]
        if statement.where:
            at = self.flat(slot, self.layout.shapes[statement.target], statement.where)
            self.e.store(value, at)
            self.close(statement.axes)
            return
        self.names[statement.target, ()] = value
        if store:
            self.e.store(value, slot)

    def open(self, axes: Sequence[Axis]) -> None:
        """Begin loops over some axes."""
        for axis in axes:
            self.loops[axis] = Loop(self.e, axis.size)
            self.names, self.done = self.names.new_child(), self.done.new_child()

    def close(self, axes: Sequence[Axis]) -> None:
        """End these loops."""
        for axis in reversed(axes):
            self.loops.pop(axis).close()
            self.names, self.done = self.names.parents, self.done.parents

    def expression(self, statement: Statement) -> Value:
        """Write the value of a statement."""
        results: list[Value] = []
        todo: list[tuple[Expr, bool]] = [(statement.value, False)]
        while todo:
            node, ready = todo.pop()
            below = children(node)
            if isinstance(node, Pick):  # its base is a place and not a value
                below = (node.offset,)
            if below and not ready:
                if isinstance(node, Reduce):
                    self._begin(node)
                todo.append((node, True))
                todo.extend((child, False) for child in reversed(below))
                continue
            args = tuple(results[len(results) - len(below) :]) if below else ()
            del results[len(results) - len(below) :]
            results.append(self.node(node, args, statement))
        return results[0]

    def node(self, node: Expr, args: tuple[Value, ...], statement: Statement) -> Value:
        """Write a node of the values below it."""
        match node:
            case Const():
                return self.e.constant(node.value)
            case Ref():
                return self._load(node)
            case Position():
                return self._position(node.where)
            case Reduce():
                return self._end(node, args[0])
            case Apply():
                what: Any = (node.op, args)
            case Lookup():
                what = (node.table, node.mode, node.where, args)
            case Pick():
                what = (node.base, args)
            case _:
                raise AssertionError(f"{type(node).__name__} is left after lowering")
        found = _known(self.done, what)
        if found is None:
            found = self.done[what] = self.compute(node, args, statement)
        return found

    def compute(
        self, node: Apply | Lookup | Pick, args: tuple[Value, ...], statement: Statement
    ) -> Value:
        """Write what was not computed yet."""
        del statement
        e = self.e
        match node:
            case Apply():
                return RULES[node.op](e, args)
            case Lookup() if isinstance(node.table, Table):
                return read(e, node.table, node.mode, args[0], self.permute)
            case Lookup():
                row = self.flat(0, node.sizes, node.where)
                assert isinstance(node.table, Tables)
                return read_one_of(e, node.table, node.mode, args[0], row)
            case Pick():
                name = node.base.name
                base = self.flat(0, self.layout.shapes[name], node.base.where)
                return whole.pick(e, self.layout.slots[name], base, args[0], node.size)

    def _load(self, node: Ref) -> Value:
        known = node.name, node.where
        found = _known(self.names, known)
        if found is None:
            at: int | str = self.layout.slots[node.name]
            if node.where:
                at = self.flat(int(at), self.layout.shapes[node.name], node.where)
            found = self.names[known] = self.e.load(at)
        return found

    def flat(self, first: int, sizes: Sequence[int], where: Sequence[At]) -> int | str:
        """Return the place of an element, counted from `first`; a number where it is fixed."""
        e, fixed, stride = self.e, first, 1
        total = ""
        for size, one in zip(reversed(sizes), reversed(where), strict=True):
            if one.axis is None:
                fixed += stride * one.places[0]
            else:
                place, start = self._place(one)
                fixed += stride * start
                if stride != 1:
                    place = e.new(f"mul i64 {place}, {stride}").name
                total = e.new(f"add i64 {total}, {place}").name if total else place
            stride *= size
        if not total:
            return fixed
        return e.new(f"add i64 {total}, {fixed}").name if fixed else total

    def _place(self, one: At) -> tuple[str, int]:
        """Return the place along an axis as a name and what is to be added to it."""
        assert one.axis is not None
        index = self.loops[one.axis].i
        if isinstance(one.places, range):
            return index, one.places.start
        table = self.e.whole_table(one.places)
        at = self.e.new(f"getelementptr inbounds i64, ptr {table}, i64 {index}").name
        return self.e.new(f"load i64, ptr {at}").name, 0

    def _position(self, one: At) -> Value:
        if one.axis is None:
            return self.e.constant(float(one.places[0] + 1))
        place, start = self._place(one)
        place = self.e.new(f"add i64 {place}, {start + 1}").name
        return Value(self.e.spread(self.e.new(f"sitofp i64 {place} to double").name))

    # Sums and their like ------------------------------------------------------------------------

    def _begin(self, node: Reduce) -> None:
        e = self.e
        total = e.variable(e.number)
        self.totals.append(total)
        e.line(f"store {e.number} {e.splat(_NEUTRAL[node.op])}, ptr {total}, align 8")
        self.open(node.axes)

    def _end(self, node: Reduce, term: Value) -> Value:
        e, total = self.e, self.totals.pop()
        so_far = e.new(f"load {e.number}, ptr {total}, align 8")
        new = e.as_number(RULES[node.op](e, (so_far, term)))
        e.line(f"store {e.number} {new}, ptr {total}, align 8")
        self.close(node.axes)
        return e.new(f"load {e.number}, ptr {total}, align 8")


def _known(found: ChainMap[Any, Value], what: Any) -> Value | None:
    """Return what is in one of the maps: a chain asks for each thing several times."""
    for one in found.maps:
        value = one.get(what)
        if value is not None:
            return value
    return None
