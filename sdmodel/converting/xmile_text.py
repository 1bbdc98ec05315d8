"""Equations as XMILE 1.0 spells them."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import reduce
from itertools import product

from sdmodel.converting.names import Names
from sdmodel.converting.notes import Collector
from sdmodel.converting.printing import ATOM, LOOSEST, XMILE, Printer, Written, constant
from sdmodel.converting.to_xmile import in_xmile
from sdmodel.converting.trees import READ, Equations
from sdmodel.expr import (
    Apply,
    At,
    Axis,
    Call,
    Const,
    Expr,
    Op,
    Position,
    Ref,
    apply,
    fix_axes,
    literal,
    rewrite,
    walk,
    where,
    wrap,
)
from sdmodel.functions.vectors import VECTOR
from sdmodel.names import key
from sdmodel.source import Variable

MOST_TERMS = 2_000  # that a sum may be written out in
CLOCK = {
    "time": "TIME",
    "time step": "DT",
    "initial time": "STARTTIME",
    "final time": "STOPTIME",
    "self": "SELF",
}
_SUMS = {
    "sum": ("SUM", Op.ADD),
    "prod": ("PROD", Op.MUL),
    "vmin": ("MIN", None),
    "vmax": ("MAX", None),
}
_PLAIN = re.compile(r"[^\W\d_]\w*")
_WORDS = frozenset({"if", "then", "else", "and", "or", "not", "mod"})
_OF_OPERATORS = {Op.MIN: "MIN", Op.MAX: "MAX", Op.ABS: "ABS"}


def identifier(name: str) -> str:
    r"""Return a name as equations have it.

    >>> identifier("birth rate"), identifier("GDP (2000)"), identifier("mod")
    ('birth_rate', '"GDP (2000)"', '"mod"')
    """
    plain = name.replace(" ", "_")
    if _PLAIN.fullmatch(plain) and name.casefold() not in _WORDS:
        return plain
    return '"' + name.replace("\\", "\\\\").replace('"', '\\"') + '"'


@dataclass
class XmileDimensions:
    """The dimensions of the new file: XMILE has no part of one that is not a dimension itself."""

    equations: Equations
    names: Names
    found: dict[str, tuple[str, ...]] = field(default_factory=dict)
    _made: dict[tuple[str, tuple[str, ...]], str] = field(default_factory=dict)

    def of(self, variable: str) -> tuple[str, ...]:
        """Return the dimensions of a variable, by its key."""
        arrays = self.equations.arrays
        ranges = arrays.ranges.get(variable, ())
        return tuple(map(self._name, ranges, self.equations.elements(variable)))

    def _name(self, range_: str, elements: tuple[str, ...]) -> str:
        if (range_, elements) not in self._made:
            dimensions = self.equations.dimensions
            known = dimensions.ranges.get(range_)
            spelled = known.name if known is not None else dimensions.shown(range_)
            if known is None or dimensions.elements(range_) != elements:
                spelled = self.names.fresh(f"{spelled} part")
            self._made[range_, elements] = spelled
            self.found[spelled] = tuple(map(dimensions.shown, elements))
        return self._made[range_, elements]


@dataclass
class XmileText:
    """Writes the equations of one variable; `present` are the axes of an apply-to-all equation."""

    equations: Equations
    dimensions: XmileDimensions
    names: Names
    collector: Collector
    entry: Variable
    controls: Mapping[str, float]
    present: dict[Axis, str] = field(default_factory=dict)

    def __call__(self, expr: Expr) -> str:
        """Return the text of an equation."""
        found = in_xmile(
            rewrite(expr, self._array), self.entry, self.collector, self.equations.model.method
        )
        return Printer(XMILE, self._leaf)(found)

    def fits_all(self, expr: Expr) -> bool:
        """Return whether one equation can stand for all elements."""
        region = self.equations.region(self.entry)
        own = dict(zip(region.axes, self.dimensions.of(self.entry.key), strict=True))
        for node in walk(expr):
            if isinstance(node, Call) and key(node.function) in VECTOR - {"elmcount"}:
                return False
            if isinstance(node, Position) and not _is_identity(node.where):
                return False
            if not isinstance(node, Ref) or not node.where:
                continue
            for at, dimension in zip(node.where, self.dimensions.of(node.name), strict=True):
                if at.axis in own and (own[at.axis] != dimension or not _is_identity(at)):
                    return False
        self.present = own
        return True

    # Arrays -------------------------------------------------------------------------------------

    def _array(self, node: Expr) -> Expr:
        """Return a function of arrays as XMILE has it, or written out element by element."""
        if not isinstance(node, Call):
            return node
        name = key(node.function)
        if name in _SUMS and node.axes:
            return self._sum(node, *_SUMS[name])
        if name == "lookup extrapolate" and isinstance(node.args[0], Ref):
            known = node.args[0].name in self.equations.prolonged
            return Call(READ, node.args, node.at) if known else node
        if name == "elmcount" and isinstance(node.args[0], Ref):
            return Const(float(len(self.equations.dimensions.elements(node.args[0].name))))
        if name == "vector select":
            return self._select(node)
        if name == "vector elm map" and isinstance(node.args[0], Ref):
            return self._shifted(node.args[0], node.args[1])
        if name == "vector sort order" and isinstance(node.args[0], Ref):
            return self._sorted(node.args[0], node.args[1])
        if name in VECTOR or (node.axes and name not in _SUMS):
            self._refuse(f"uses {node.function}, and XMILE has no such function of arrays")
        return node

    def _refuse(self, what: str) -> None:
        cure = "keep this model as .mdl, or write the equation for each element"
        self.collector.refuse(self.entry.name, self.entry.at, what, cure)

    def _known(self, expr: Expr) -> float | None:
        """Return the number that an argument is, or that the constant it names has."""
        entries = self.equations.model.entries.get(expr.name, ()) if isinstance(expr, Ref) else ()
        if len(entries) == 1 and entries[0].equation is not None:
            expr = entries[0].equation
        return literal(expr)

    def _sum(self, node: Call, name: str, op: Op | None) -> Expr:
        body = node.args[0]
        if isinstance(body, Ref) and self._is_starred(body, node.axes):
            return Call(name, (body,))
        return _joined(self._terms(body, node.axes), name, op)

    def _terms(self, body: Expr, axes: Sequence[Axis]) -> list[Expr]:
        if math.prod(axis.size for axis in axes) > MOST_TERMS:
            self._refuse(f"sums over more than {MOST_TERMS:,} elements that XMILE cannot name")
            return [Const(0.0)]
        every = product(*(range(axis.size) for axis in axes))
        return [fix_axes(body, dict(zip(axes, chosen, strict=True))) for chosen in every]

    def _is_starred(self, ref: Ref, axes: Sequence[Axis]) -> bool:
        """Return whether all that is summed over are whole dimensions of the array."""
        sizes = self.equations.arrays.sizes[ref.name] if ref.where else ()
        running = [(at, size) for at, size in zip(ref.where, sizes, strict=True) if at.axis in axes]
        return len({at.axis for at, _ in running}) == len(running) == len(axes) and all(
            tuple(at.places) == tuple(range(size)) for at, size in running
        )

    def _select(self, node: Call) -> Expr:
        """Return VECTOR SELECT written out: sum, minimum, mean, maximum or product."""
        chosen, value, missing, action, *_ = node.args
        number = self._known(action)
        if number not in (0, 1, 2, 3, 4) or not node.axes:
            self._refuse("uses VECTOR SELECT in a way that XMILE cannot say")
            return node
        flags = [apply(Op.NE, one, 0) for one in self._terms(chosen, node.axes)]
        values = self._terms(value, node.axes)
        neutral = {0: 0.0, 1: 1e300, 2: 0.0, 3: -1e300, 4: 1.0}[int(number)]
        kept = [where(flag, one, neutral) for flag, one in zip(flags, values, strict=True)]
        name, op = {1: ("MIN", None), 3: ("MAX", None), 4: ("PROD", Op.MUL)}.get(
            int(number), ("SUM", Op.ADD)
        )
        found = _joined(kept, name, op)
        count = _joined([where(flag, 1, 0) for flag in flags], "SUM", Op.ADD)
        if number == 2:
            found = found / Call("MAX", (count, Const(1.0)))
        return where(count > 0, found, missing)

    def _sorted(self, vector: Ref, direction: Expr) -> Expr:
        """Return one place of VECTOR SORT ORDER, from 0, by RANK, from 1."""
        if not vector.where or any(at.axis for at in vector.where):
            self._refuse("uses VECTOR SORT ORDER in a way that XMILE cannot say")
            return vector
        self.collector.note(
            self.entry.name, self.entry.at, "is written with RANK, which not all tools read as "
            "the place of the n-th smallest", "compare its values in the tool you use", lost=True
        )  # fmt: skip
        size = self.equations.arrays.sizes[vector.name][-1]
        place = vector.where[-1].places[0]
        every = At(Axis(-1, size), range(size))
        whole = replace(vector, where=(*vector.where[:-1], every))
        up, down = (Call("RANK", (whole, wrap(nth))) - 1 for nth in (place + 1, size - place))
        known = self._known(direction)
        return where(direction > 0, up, down) if known is None else (up if known > 0 else down)

    def _shifted(self, base: Ref, offset: Expr) -> Expr:
        """Return VECTOR ELM MAP as an element at a computed place."""
        sizes = self.equations.arrays.sizes.get(base.name, ())
        if not base.where or any(at.axis is not None for at in base.where):
            self._refuse("uses VECTOR ELM MAP in a way that XMILE cannot say")
            return base
        place = 0
        for at, size in zip(base.where, sizes, strict=True):
            place = place * size + at.places[0]
        index: Expr = Const(float(place)) + offset if place else offset
        positions: list[Expr] = []
        stride = math.prod(sizes)
        for size in sizes:
            stride //= size
            one: Expr = Call("INT", (index / float(stride),)) if stride > 1 else index
            if positions:  # of the first dimension, what lies outside of the array stays outside
                one = Call("MOD", (one, Const(float(size))))
            positions.append(one + 1)
        return Call("@", (Ref(base.name), *positions))

    # Text ---------------------------------------------------------------------------------------

    def _leaf(self, node: Expr, inner: Sequence[Written]) -> Written:
        match node:
            case Const():
                if math.isinf(node.value):
                    return Written("INF" if node.value > 0 else "(-INF)")
                return constant(node.value)
            case Ref():
                return Written(self._reference(node))
            case Position():
                axis = node.where.axis
                if axis is None:
                    return constant(float(node.where.places[0] + 1))
                return Written(identifier(self.present.get(axis, "*")))
            case Apply(Op.WHERE):
                condition, yes, no = inner
                text = f"IF {condition.within(1)} THEN {yes.within(1)} ELSE {no.text}"
                return Written(text, LOOSEST)
            case Apply() if node.op in _OF_OPERATORS:
                return Written(f"{_OF_OPERATORS[node.op]}({', '.join(one.text for one in inner)})")
            case Call():
                return self._call(node, inner)
            case _:
                self._refuse("has an equation that XMILE cannot say")
                return Written("0")

    def _call(self, node: Call, inner: Sequence[Written]) -> Written:
        args = ", ".join(one.text for one in inner)
        if node.function == "MOD":
            return Written(f"{inner[0].within(ATOM)} MOD {inner[1].within(ATOM)}", 6)
        if node.function == "@":
            return Written(f"{inner[0].text}[{', '.join(one.text for one in inner[1:])}]")
        if node.function == READ:
            return Written(f"LOOKUP({args})")
        return Written(f"{node.function}({args})")

    def _reference(self, ref: Ref) -> str:
        if ref.name in CLOCK and ref.name not in self.equations.model.by_key:
            return CLOCK[ref.name]
        if ref.name in self.controls:
            return CLOCK.get(ref.name) or constant(self.controls[ref.name]).within(ATOM)
        name = identifier(self.names[self._spelled(ref.name)])
        if not ref.where:
            return name
        elements = self.equations.elements(ref.name)
        parts = (self._subscript(at, own) for at, own in zip(ref.where, elements, strict=True))
        return f"{name}[{', '.join(parts)}]"

    def _spelled(self, name: str) -> str:
        known = self.equations.model.by_key.get(name)
        return known.name if known is not None else name

    def _subscript(self, at: At, elements: tuple[str, ...]) -> str:
        if at.axis is None:
            return identifier(self.equations.dimensions.shown(elements[at.places[0]]))
        return identifier(self.present[at.axis]) if at.axis in self.present else "*"


def _is_identity(at: At) -> bool:
    return at.axis is None or tuple(at.places) == tuple(range(at.axis.size))


def _joined(terms: list[Expr], name: str, op: Op | None) -> Expr:
    """Return terms added, multiplied, or compared two by two."""
    if op is not None:
        return reduce(lambda a, b: Apply(op, (a, b)), terms)
    while len(terms) > 1:
        pairs = [terms[i : i + 2] for i in range(0, len(terms), 2)]
        terms = [Call(name, tuple(pair)) if len(pair) > 1 else pair[0] for pair in pairs]
    return terms[0]
