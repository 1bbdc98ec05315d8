"""First pass: every equation becomes primitives, hidden stocks and memories."""

from __future__ import annotations

import math
from dataclasses import replace
from typing import TypeGuard

import numpy as np
from numpy.typing import NDArray

from sdmodel.dimensions import Dimensions
from sdmodel.errors import counted
from sdmodel.expr import (
    Axis,
    Call,
    Const,
    Expr,
    Lookup,
    Op,
    Ref,
    Table,
    Tables,
    Text,
    Values,
    apply,
    free_axes,
    literal,
    rewrite,
    walk,
    where,
    wrap,
)
from sdmodel.functions.registry import NOT_AVAILABLE, REGISTRY, FunctionInfo, call
from sdmodel.lowering.arrays import MOST_ELEMENTS, Arrays, Region
from sdmodel.lowering.build import Builder
from sdmodel.lowering.known import NotANumber
from sdmodel.lowering.parts import Constants, Expanded
from sdmodel.lowering.resolve import Resolver
from sdmodel.names import key
from sdmodel.program import TIME, Statement
from sdmodel.source import SourceModel, Variable

_WHOLE = Region()
# How far from a point of a raw data variable Time may be by rounding.
_AT_THE_POINT = 1e-6


def calls(equation: Expr | None, function: str) -> TypeGuard[Call]:
    """Return whether an equation is one call of this function."""
    return isinstance(equation, Call) and key(equation.function) == function


class Expander(Builder):
    """Takes the equations apart one by one; is the `Build` that functions see."""

    def __init__(self, model: SourceModel, dimensions: Dimensions, arrays: Arrays) -> None:
        super().__init__(model, dimensions, arrays)
        self._begun: set[str] = set()
        self._open: set[str] = set()

    def run(self) -> Expanded:
        """Expand every equation of the model."""
        for name in self.model.entries:
            self._expand(name)
        return self.result

    def define(self, name: str) -> None:
        """Expand a variable first, so that its value at the start is known."""
        for entry in self.model.entries.get(name, ()):
            if calls(entry.equation, "integ"):
                raise NotANumber(f"it depends on the stock {entry.name!r}")
        if name in self._open:
            raise NotANumber("its definition is circular")
        self._expand(name)

    def _expand(self, name: str) -> None:
        if name in self._begun:
            return
        self._begun.add(name)
        self._open.add(name)
        outer = self.variable, self.at, self.region, self.axes, self.bound
        entries = self.model.entries.get(name, ())
        stocks = [calls(entry.equation, "integ") for entry in entries]
        for entry in entries:
            self.variable, self.at = entry.name, entry.at
            region = self.arrays.regions.get(id(entry)) if entry.subscripts else _WHOLE
            if region is not None and all(axis.size for axis in region.axes):
                self.region, self.axes = region, region.axes
                self._entry(entry, mixed=any(stocks) and not all(stocks))
        self.variable, self.at, self.region, self.axes, self.bound = outer
        self._open.discard(name)

    def _entry(self, entry: Variable, mixed: bool) -> None:
        equation = entry.equation
        if equation is None:
            if entry.data and entry.table is not None:
                self._set(entry.key, self._data(entry))
            elif entry.table is None:
                self._check_empty(entry)
            return
        value = literal(equation)
        if value is not None:
            self._constants(entry, [value])
        elif isinstance(equation, Values):
            self._constants(entry, list(equation.values))
        elif calls(equation, "integ"):
            self._stock(entry, equation, mixed)
        elif calls(equation, "sample if true"):
            self._sample(entry, equation)
        else:
            self._set(entry.key, self.expand(equation))

    def _check_empty(self, entry: Variable) -> None:
        """Refuse an entry without an equation, such as data within a macro, unless that is done."""
        if any(known.variable == entry.name for known in self.model.problems):
            return
        name = entry.name.rpartition(" > ")[2]
        self.result.problems.append(
            self.model.source.problem(
                entry.at,
                f"{name!r} has no equation and no data",
                kind="definition",
                variable=name,
                name=name,
                cure=f"write {name} = and an expression",
            )
        )

    def _data(self, entry: Variable) -> Expr:
        """Return a data variable read over Time; raw data has a value at its own points only."""
        table = self.arrays.table(entry.key)
        places = self.region.where if isinstance(table, Tables) else ()
        sizes = self.result.shapes.get(entry.key, ())

        def read(table: Table | Tables, x: Expr, mode: str) -> Expr:
            return Lookup(table, x, mode, entry.at, places, sizes)

        if entry.data != "raw":
            return read(table, Ref(TIME), entry.data)
        slack = _AT_THE_POINT * apply(Op.MAX, apply(Op.ABS, Ref(TIME)), 1)
        late = Ref(TIME) + slack
        point = read(_points(table), late, "backward")
        near = apply(Op.ABS, Ref(TIME) - point) <= slack
        return where(near, read(table, late, "backward"), NOT_AVAILABLE)

    def _constants(self, entry: Variable, values: list[float]) -> None:
        flat = np.zeros(1, dtype=np.intp)
        if entry.subscripts:
            flat = self.arrays.flat(entry.key, self.region)
        ranges = [one for one in entry.subscripts if self.dimensions.is_range(one)]
        if len(values) == 1 and not isinstance(entry.equation, Values):
            values = values * len(flat)
        full = int(np.prod([len(self.dimensions.elements(one)) for one in ranges]))
        if len(values) == full != len(flat):  # a list for all, of which :EXCEPT: leaves some out
            values = [values[i] for i in self._listed(ranges)]
        if len(values) != len(flat):
            assert entry.equation is not None
            shown = f"{entry.name}[{', '.join(entry.subscripts)}]" if ranges else entry.name
            self.problem(
                entry.equation,
                f"{shown} has {counted(len(flat), 'element')}, but "
                f"{len(values)} numbers are listed",
                "list one number for each element, the last range fastest",
            )
            return
        self._name(entry.key)
        found = Constants(flat, np.array(values, dtype=float))
        self.result.constants.setdefault(entry.key, []).append(found)

    def _listed(self, ranges: list[str]) -> list[int]:
        """Return which numbers of a full list the elements of the present region take."""
        total: NDArray[np.intp] = np.zeros(self.region.axes[0].size, dtype=np.intp)
        for one in ranges:
            order = {e: i for i, e in enumerate(self.dimensions.elements(one))}
            own = [order[element] for element in self.region.scope[key(one)][1]]
            total = total * len(order) + np.array(own, dtype=np.intp)
        return [int(i) for i in total]

    def _name(self, name: str) -> None:
        self.result.owner[name] = self.variable

    def _set(self, name: str, value: Expr) -> None:
        self._name(name)
        region = self.region
        statement = Statement(name, value, self.variable, axes=region.axes, where=region.where)
        self.result.equations.setdefault(name, []).append(statement)

    def _stock(self, entry: Variable, equation: Call, mixed: bool) -> None:
        if len(equation.args) != 2:
            reason = "INTEG takes a rate and an initial value"
            self.problem(equation, reason, "write INTEG(rate, initial value)")
            self._set(entry.key, Const(0.0))
            return
        rate, initial = (self.expand(arg) for arg in equation.args)
        region = self.region
        if mixed:  # other elements are no stocks: the variable shows a hidden one
            self.axes = region.axes
            hidden = self.stock(initial)
            self.flow(hidden, rate)
            self._set(entry.key, hidden)
            return
        self._name(entry.key)
        for found, value in ((self.result.rates, rate), (self.result.initials, initial)):
            found.setdefault(entry.key, []).append(
                Statement(entry.key, value, self.variable, axes=region.axes, where=region.where)
            )

    def _sample(self, entry: Variable, equation: Call) -> None:
        """Inside its own SAMPLE IF TRUE a variable means the value it had one step before.

        The largest value so far is written that way (Vensim Reference Manual, SAMPLE IF TRUE).
        """
        before = len(self.result.memories)
        value = self.expand(equation)
        self._set(entry.key, value)
        if not isinstance(value, Ref) or len(self.result.memories) == before:
            return
        memory = Ref(self.result.memories[-1].name, where=value.where)
        own = self.region.where

        def change(node: Expr) -> Expr:
            if isinstance(node, Ref) and node.name == entry.key and node.where == own:
                return memory
            return node

        self.result.equations[value.name] = [
            replace(one, value=rewrite(one.value, change))
            for one in self.result.equations[value.name]
        ]

    # Expressions --------------------------------------------------------------------------------

    def expand(self, expr: Expr) -> Expr:
        """Return an expression of the file in primitives."""
        resolver = Resolver(self.model, self.dimensions, self.arrays, self.region, self.variable)
        resolved = resolver.resolve(expr)
        self.result.problems += resolver.problems
        found = rewrite(resolved, self._node)
        if self._any_axes():
            self._check_axes(expr, found)
        return found

    def _check_axes(self, expr: Expr, found: Expr) -> None:
        """Refuse a value that has more ranges than stand left of the equals sign."""
        loose = set(free_axes(found)) - set(self.region.axes)
        if loose:
            node = next((one for one in walk(expr) if isinstance(one, Call)), expr)
            self.problem(
                node,
                "this has a value for each element of a range that does not stand left of the "
                "equals sign",
                "write that range left of the equals sign, or name an element",
            )

    def _node(self, node: Expr) -> Expr:
        match node:
            case Call():
                self.at = node.at
                return self._call(node)
            case Text() | Values():
                self.problem(node, "this cannot stand here", "write a number or a variable")
                return Const(0.0)
            case _:
                return node

    def _call(self, node: Call) -> Expr:
        info = REGISTRY.get(key(node.function))
        if info is None or not self._arguments_fit(node, info):
            return Const(0.0, node.at)  # reported already
        if info.memory:
            self.result.memory_users.append((self.variable, info.name))
        self.bound = node.axes
        free = set(free_axes(*node.args)) if self._any_axes() else set()
        if not self._bearable(node, free):
            return Const(0.0, node.at)
        axes = free - set(node.axes)
        if info.family == "random":
            axes |= set(self.region.axes)
        self.axes = tuple(sorted(axes, key=lambda axis: axis.number))
        found = wrap(call(info, self, node.args))
        self.axes, self.bound = self.region.axes, ()
        return found

    def _bearable(self, node: Call, free: set[Axis]) -> bool:
        """Return whether a call runs over so few elements that they fit into memory."""
        size = math.prod(axis.size for axis in free)
        if size > MOST_ELEMENTS:
            reason = f"this runs over {size:,} combinations of elements; at most"
            self.problem(node, f"{reason} {MOST_ELEMENTS:,} are possible", "use shorter ranges")
        return size <= MOST_ELEMENTS

    def _any_axes(self) -> bool:
        return bool(self.arrays.shapes)

    def _arguments_fit(self, node: Call, info: FunctionInfo) -> bool:
        if info.least <= len(node.args) <= info.most:
            return True
        self.problem(
            node,
            f"{info.name} is given {counted(len(node.args), 'argument')}",
            f"write {info.signature}",
        )
        return False


def _points(table: Table | Tables) -> Table | Tables:
    """Return tables that give their own x."""
    if isinstance(table, Table):
        return Table(table.xs, table.xs)
    found = (None if one is None else Table(one.xs, one.xs) for one in table.tables)
    return Tables(tuple(found))
