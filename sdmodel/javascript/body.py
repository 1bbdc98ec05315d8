"""Statements to lines of JavaScript: loops over the axes of arrays, and one name for each node."""

from __future__ import annotations

from collections import ChainMap
from collections.abc import Callable, Sequence
from typing import Any

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
    children,
    references,
)
from sdmodel.javascript.fold import Line, folded
from sdmodel.javascript.primitives import Value, applied
from sdmodel.javascript.tables import TableBook
from sdmodel.javascript.text import data, number
from sdmodel.program import Layout, Statement

_NEUTRAL = {Op.ADD: "0", Op.MUL: "1", Op.MIN: "Infinity", Op.MAX: "-Infinity"}


class Body:
    """The lines of one function of the values `v`; nothing is computed or read twice.

    What is computed in a loop is known inside of it only.
    """

    def __init__(self, layout: Layout, tables: TableBook) -> None:
        self.layout, self.tables = layout, tables
        self.lines: list[Line] = []
        self.blocks = [0]
        self.names: ChainMap[Any, Value] = ChainMap()
        self.done: ChainMap[Any, Value] = ChainMap()
        self.loops: dict[Axis, str] = {}
        self.totals: list[str] = []
        self.count = 0

    def fresh(self, letter: str = "t") -> str:
        """Return a name that was not used yet."""
        self.count += 1
        return f"{letter}{self.count}"

    def new(self, value: Value) -> Value:
        """Give a name to what an expression comes to."""
        name = self.fresh()
        self.write(value.code, name)
        return Value(name, value.truth)

    def write(self, code: str, name: str = "") -> None:
        """Write a line in the present block."""
        self.lines.append(Line(code, self.blocks[-1], name))

    def text(self) -> list[str]:
        """Return what was written, as JavaScript."""
        return folded(self.lines)

    def statement(self, statement: Statement, store: bool) -> None:
        """Write one statement; an array's elements are always stored."""
        if isinstance(statement.value, Block):
            self._block(statement.target, statement.value)
            return
        if statement.axes:
            for ref in references(statement.value):
                if all(place.axis is None for place in ref.where):
                    self.node(ref, ())  # once, before the loop
        self.open(statement.axes)
        value = self.expression(statement.value)
        slot = self.layout.slots[statement.target]
        if statement.where:
            at = self.flat(slot, self.layout.shapes[statement.target], statement.where)
            if statement.axes or store:
                self.write(f"v[{at}] = {value.number};")
            self.names[at] = value
            self.close(statement.axes)
            return
        self.names[str(slot)] = value
        if store:
            self.write(f"v[{slot}] = {value.number};")

    def open(self, axes: Sequence[Axis]) -> None:
        """Begin loops over some axes."""
        for axis in axes:
            i = self.loops[axis] = self.fresh("i")
            self.write(f"for (let {i} = 0; {i} < {axis.size}; {i}++) {{")
            self.count += 1
            self.blocks.append(self.count)
            self.names, self.done = self.names.new_child(), self.done.new_child()

    def close(self, axes: Sequence[Axis]) -> None:
        """End these loops."""
        for axis in reversed(axes):
            del self.loops[axis]
            self.blocks.pop()
            self.write("}")
            self.names, self.done = self.names.parents, self.done.parents

    def expression(self, expr: Expr) -> Value:
        """Write the value of an expression."""
        results: list[Value] = []
        todo: list[tuple[Expr, bool]] = [(expr, False)]
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
            first = len(results) - len(below)
            args = tuple(results[first:])
            del results[first:]
            results.append(self.node(node, args))
        return results[0]

    def node(self, node: Expr, args: tuple[Value, ...]) -> Value:
        """Write a node of the values below it."""
        match node:
            case Const():
                return Value(number(node.value))
            case Ref():
                return self._load(node)
            case Position():
                return self._position(node.where)
            case Reduce():
                return self._end(node, args[0])
            case Apply():
                return self._once((node.op, args), lambda: applied(node.op, args))
            case Lookup():
                what = (node.table, node.mode, node.where, args)
                return self._once(what, lambda: self._lookup(node, args[0]))
            case Pick():
                return self._once((node.base, args), lambda: self._pick(node, args[0]))
            case _:
                raise AssertionError(f"{type(node).__name__} is left after lowering")

    def _once(self, what: Any, write: Callable[[], Value]) -> Value:
        found = _known(self.done, what)
        if found is None:
            found = self.done[what] = self.new(write())
        return found

    def _load(self, node: Ref) -> Value:
        at = self.flat(self.layout.slots[node.name], self._sizes(node.name), node.where)
        found = _known(self.names, at)
        if found is None:
            found = self.names[at] = self.new(Value(f"v[{at}]"))
        return found

    def _sizes(self, name: str) -> Sequence[int]:
        return self.layout.shapes.get(name, ())

    def _lookup(self, node: Lookup, x: Value) -> Value:
        row = self.flat(0, node.sizes, node.where)
        return Value(f"{node.mode}({self.tables.name(node.table, row)}, {x.number})")

    def _pick(self, node: Pick, offset: Value) -> Value:
        base = self.flat(0, self._sizes(node.base.name), node.base.where)
        first = self.layout.slots[node.base.name]
        return Value(f"pick(v, {first}, {base} + {offset.number}, {node.size})")

    def _block(self, target: str, node: Block) -> None:
        names = [*(ref.name for ref in node.args), target]
        places = [[self.layout.slots[name], self.layout.size(name)] for name in names]
        self.write(f"block({data(node.function)}, v, {node.outer}, {data(places)});")

    def flat(self, first: int, sizes: Sequence[int], where: Sequence[At]) -> str:
        """Return the place of an element, counted from `first`."""
        fixed, stride = first, 1
        terms: list[str] = []
        if where:
            for size, one in zip(reversed(sizes), reversed(where), strict=True):
                if one.axis is None:
                    fixed += stride * one.places[0]
                else:
                    place, start = self._place(one)
                    fixed += stride * start
                    terms.append(place if stride == 1 else f"{stride} * {place}")
                stride *= size
        return " + ".join([str(fixed), *reversed(terms)])

    def _place(self, one: At) -> tuple[str, int]:
        """Return the place along an axis as a name and what is to be added to it."""
        assert one.axis is not None
        index = self.loops[one.axis]
        if isinstance(one.places, range):
            return index, one.places.start
        return f"{self.tables.places(one.places)}[{index}]", 0

    def _position(self, one: At) -> Value:
        if one.axis is None:
            return Value(str(one.places[0] + 1))
        place, start = self._place(one)
        return Value(f"({place} + {start + 1})")

    # Sums and their like ------------------------------------------------------------------------

    def _begin(self, node: Reduce) -> None:
        total = self.fresh("s")
        self.totals.append(total)
        self.write(f"let {total} = {_NEUTRAL[node.op]};")
        self.open(node.axes)

    def _end(self, node: Reduce, term: Value) -> Value:
        total = self.totals.pop()
        new = applied(node.op, (Value(total), Value(term.number)))
        self.write(f"{total} = {new.code};")
        self.close(node.axes)
        return Value(total)


def _known(found: ChainMap[Any, Value], what: Any) -> Value | None:
    """Return what is in one of the maps: a chain asks for each thing several times."""
    for one in found.maps:
        value = one.get(what)
        if value is not None:
            return value
    return None
