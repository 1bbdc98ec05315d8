"""Equations as Vensim spells them."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import product

from sdmodel.converting.names import Names, bare
from sdmodel.converting.notes import Collector
from sdmodel.converting.printing import VENSIM, Printer, Written, constant, number
from sdmodel.converting.to_vensim import in_vensim
from sdmodel.converting.trees import READ, Equations
from sdmodel.expr import (
    Apply,
    At,
    Axis,
    Call,
    Const,
    Expr,
    Lookup,
    Op,
    Position,
    Ref,
    Table,
    apply,
    fix_axes,
    rewrite,
    walk,
)
from sdmodel.frontends.lists import NOT_AVAILABLE
from sdmodel.functions.vectors import REDUCING, VECTOR
from sdmodel.names import key, whole_number
from sdmodel.sketch.words import quoted
from sdmodel.source import Variable

CLOCK = {
    "time": "Time",
    "time step": "TIME STEP",
    "initial time": "INITIAL TIME",
    "final time": "FINAL TIME",
    "saveper": "SAVEPER",
}
LARGEST = 1e38  # stands for infinity, which Vensim has not
MOST_TERMS = 2_000
_READERS = {"extrapolate": "LOOKUP EXTRAPOLATE", "backward": "LOOKUP BACKWARD"}
_FREE = VECTOR - {"elmcount", "vector elm map"}  # take a range as it is, without a mark
_SUMS = {"sum": Op.ADD, "prod": Op.MUL}


class VensimRanges:
    """The ranges of the new file, and the names of their elements.

    In XMILE two dimensions may have elements of the same name, or numbers alone; in Vensim every
    name means one thing.
    """

    def __init__(self, equations: Equations, names: Names) -> None:
        self.names: dict[str, str] = {}
        self.elements: dict[str, dict[str, str]] = {}
        dimensions = equations.dimensions
        shared: dict[tuple[str, ...], str] = {}
        for name, one in dimensions.ranges.items():
            self.names[name] = names.fresh(bare(one.name))
        for name in dimensions.ranges:
            own: dict[str, str] = {}
            for element in dimensions.elements(name):
                spelled = bare(dimensions.shown(element))
                if whole_number(spelled) is not None:
                    own[element] = names.fresh(f"{self.names[name]}{spelled}")
                elif (element,) in shared:
                    own[element] = shared[element,]
                else:
                    own[element] = shared[element,] = names.fresh(spelled)
            self.elements[name] = own


@dataclass
class VensimText:
    """Writes the equations of one entry; `present` are the axes of its left side, by range."""

    equations: Equations
    ranges: VensimRanges
    names: Names
    collector: Collector
    entry: Variable
    present: dict[Axis, str] = field(default_factory=dict)
    tables: list[tuple[str, Table]] = field(default_factory=list)

    def __call__(self, expr: Expr) -> str:
        """Return the text of an equation."""
        return Printer(VENSIM, self._leaf)(in_vensim(rewrite(expr, self._array)))

    def fits_all(self, expr: Expr) -> bool:
        """Return whether one equation can stand for all elements of an array."""
        axes = self.equations.region(self.entry).axes
        ranges = self.equations.arrays.ranges.get(self.entry.key, ())
        own = dict(zip(axes, ranges, strict=True))
        for node in walk(expr):
            if isinstance(node, Position) and node.where.axis in own:
                return False
            if isinstance(node, Call) and node.function == "@":
                return False
            if not isinstance(node, Ref):
                continue
            elements = self.equations.elements(node.name)
            for at, names in zip(node.where, elements, strict=True):
                if at.axis in own:
                    there = tuple(names[place] for place in at.places)
                    if there != self.equations.dimensions.elements(own[at.axis]):
                        return False
        self.present = own
        return True

    def left(self, elements: Sequence[str] = ()) -> str:
        """Return the left side: of one element, by keys, or of the whole array."""
        name = self._named(self.entry.key)
        ranges = self.equations.arrays.ranges.get(self.entry.key, ())
        if not ranges:
            return name
        if not elements:
            return f"{name}[{','.join(quoted(self.ranges.names[one]) for one in ranges)}]"
        return f"{name}[{','.join(map(self.element, ranges, elements))}]"

    def element(self, range_: str, element: str) -> str:
        """Return an element of a range as the new file spells it."""
        known = self.ranges.elements.get(range_, {})
        return quoted(known.get(element) or self.equations.dimensions.shown(element))

    # Arrays -------------------------------------------------------------------------------------

    def _refuse(self, what: str) -> None:
        cure = "keep this model as XMILE, or write the equation for each element"
        self.collector.refuse(self.entry.name, self.entry.at, what, cure)

    def _array(self, node: Expr) -> Expr:
        if not isinstance(node, Call):
            return node
        name = key(node.function)
        if name in ("mean", "size", "stddev"):
            return self._statistic(name, node)
        if name == "elmcount" and isinstance(node.args[0], Ref):
            return Const(float(len(self.equations.dimensions.elements(node.args[0].name))))
        if name == "@" and isinstance(node.args[0], Ref):
            return self._computed(node.args[0], node.args[1:])
        if (
            name in REDUCING
            and len(set(map(self._running, node.args, [node.axes] * 9)))
            and not (self._are_named(node))
        ):
            return self._written_out(name, node)
        if name == "rank":
            self._refuse("uses RANK, and Vensim has no such function")
        return node

    def _running(self, expr: Expr, axes: tuple[Axis, ...]) -> int:
        return sum(
            at.axis in axes for node in walk(expr) if isinstance(node, Ref) for at in node.where
        )

    def _statistic(self, name: str, node: Call) -> Expr:
        count = float(math.prod(axis.size for axis in node.axes))
        if name == "size":
            return Const(count)
        mean = self._array(Call("SUM", node.args, node.at, axes=node.axes)) / count
        if name == "mean":
            return mean
        distance = node.args[0] - mean
        squares = self._array(Call("SUM", (distance * distance,), node.at, axes=node.axes))
        return Call("SQRT", (squares / (count - 1),))

    def _written_out(self, name: str, node: Call) -> Expr:
        """Return a sum over what is no range, term by term."""
        if name not in _SUMS or math.prod(axis.size for axis in node.axes) > MOST_TERMS:
            self._refuse(f"uses {node.function} over elements that are no range")
            return Const(0.0)
        every = product(*(range(axis.size) for axis in node.axes))
        terms = [fix_axes(node.args[0], dict(zip(node.axes, one, strict=True))) for one in every]
        total = terms[0]
        for term in terms[1:]:
            total = Apply(_SUMS[name], (total, term))
        return total

    def _are_named(self, node: Call) -> bool:
        """Return whether each axis that a call runs over is a range of its own."""
        named: dict[Axis, str] = {}
        for ref in (one for arg in node.args for one in walk(arg) if isinstance(one, Ref)):
            for at, names in zip(ref.where, self.equations.elements(ref.name), strict=True):
                if at.axis in node.axes:
                    range_ = self._range(ref, at, names)
                    if range_ is None or named.setdefault(at.axis, range_) != range_:
                        return False
        return len(set(named.values())) == len(named)

    def _range(self, ref: Ref, at: At, names: tuple[str, ...]) -> str | None:
        """Return the range whose elements a reference runs over, its own before others."""
        wanted = tuple(names[place] for place in at.places)
        dimensions = self.equations.dimensions
        own = self.equations.arrays.ranges[ref.name]
        every = (*own, *dimensions.ranges)
        return next((one for one in every if dimensions.elements(one) == wanted), None)

    def _computed(self, base: Ref, positions: Sequence[Expr]) -> Expr:
        """Return the element at computed places, from 1, as VECTOR ELM MAP counts, from 0."""
        sizes = self.equations.arrays.sizes[base.name]
        original = [at.places[0] for at in base.where]
        free = iter(positions)
        spelled = self._at_signs(base)
        offset: Expr = Const(0.0)
        stride = math.prod(sizes)
        for place, (size, computed) in enumerate(zip(sizes, spelled, strict=True)):
            stride //= size
            if not computed:
                continue
            number_ = Call("INTEGER", (next(free) + 0.5,))
            inside = apply(Op.AND, number_ >= 1, number_ <= size)
            step = Apply(Op.MUL, (number_ - 1, Const(float(stride)))) if stride > 1 else number_ - 1
            outside = Const(float(math.prod(sizes)) * 2)
            one = Call("IF THEN ELSE", (inside, step, outside))
            offset = one if offset == Const(0.0) else offset + one
            original[place] = 0
        where = tuple(At(None, (place,)) for place in original)
        return Call("VECTOR ELM MAP", (Ref(base.name, (), base.at, where), offset))

    def _at_signs(self, base: Ref) -> list[bool]:
        """Return which subscripts of a reference are computed, as its entry has it written."""
        assert self.entry.equation is not None
        for node in walk(self.entry.equation):
            if isinstance(node, Ref) and node.at == base.at and key(node.name) == base.name:
                return [one == "@" for one in node.subscripts]
        return [False] * len(base.where)

    # Text ---------------------------------------------------------------------------------------

    def _leaf(self, node: Expr, inner: Sequence[Written]) -> Written:
        match node:
            case Const():
                return _constant(node.value)
            case Ref():
                return Written(self._reference(node, marked=True))
            case Position() if node.where.axis is None:
                return constant(float(node.where.places[0] + 1))
            case Lookup() if isinstance(node.table, Table):
                return self._lookup(node.table, node.mode, inner[0].text)
            case Table():
                return Written(points(node))
            case Call():
                return self._call(node, inner)
            case _:
                self._refuse("has an equation that Vensim cannot say")
                return Written("0")

    def _call(self, node: Call, inner: Sequence[Written]) -> Written:
        if node.function == READ and isinstance(node.args[0], Ref):
            mode = self.equations.model.by_key[node.args[0].name].mode
            if mode == "interpolate":
                return Written(f"{inner[0].text}({inner[1].text})")
            return Written(f"{_READERS[mode]}({inner[0].text}, {inner[1].text})")
        if key(node.function) in _FREE:
            inner = [
                Written(self._reference(arg, marked=False)) if isinstance(arg, Ref) else one
                for arg, one in zip(node.args, inner, strict=True)
            ]
        return Written(f"{node.function}({', '.join(one.text for one in inner)})")

    def _lookup(self, table: Table, mode: str, x: str) -> Written:
        if mode == "interpolate":
            return Written(f"WITH LOOKUP ({x}, {points(table)})")
        name = self.names.fresh(f"{self.names[self.entry.name]} lookup")
        self.tables.append((quoted(name), table))
        return Written(f"{_READERS[mode]}({quoted(name)}, {x})")

    def _named(self, name: str) -> str:
        if name in CLOCK:
            return CLOCK[name]
        known = self.equations.model.by_key.get(name)
        return quoted(self.names[known.name if known is not None else name])

    def _reference(self, ref: Ref, *, marked: bool) -> str:
        name = self._named(ref.name)
        if not ref.where:
            return name
        parts = list[str]()
        ranges = self.equations.arrays.ranges[ref.name]
        elements = self.equations.elements(ref.name)
        for at, range_, names in zip(ref.where, ranges, elements, strict=True):
            if at.axis is None:
                parts.append(self.element(range_, names[at.places[0]]))
            elif at.axis in self.present:
                parts.append(quoted(self.ranges.names[self.present[at.axis]]))
            else:
                found = self._range(ref, at, names) or range_
                parts.append(quoted(self.ranges.names[found]) + "!" * marked)
        return f"{name}[{','.join(parts)}]"


def _constant(value: float) -> Written:
    if value == NOT_AVAILABLE:
        return Written(":NA:")
    if math.isinf(value):
        return constant(math.copysign(LARGEST, value))
    return constant(value)


def points(table: Table) -> str:
    """Return the points of a lookup as Vensim has them, the limits of its graph before them.

    >>> points(Table((0.0, 2.0), (1.0, 5.0)))
    '([(0,1)-(2,5)],(0,1),(2,5))'
    """
    pairs = ",".join(f"({number(x)},{number(y)})" for x, y in zip(table.xs, table.ys, strict=True))
    ends = [number(pick(axis)) for pick in (min, max) for axis in (table.xs, table.ys)]
    return f"([({ends[0]},{ends[1]})-({ends[2]},{ends[3]})],{pairs})"
