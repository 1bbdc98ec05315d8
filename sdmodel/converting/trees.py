"""The equations of a model with every subscript settled: which element of which variable.

The two languages differ most in their arrays, so that a writer must know what the subscripts of an
equation mean, not how they are spelled. Macros are written out before.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace
from functools import cached_property
from itertools import product

from sdmodel.converting.notes import Collector
from sdmodel.dimensions import Dimensions
from sdmodel.expr import (
    At,
    Axis,
    Call,
    Expr,
    Ref,
    Values,
    children,
    fix_axes,
    references,
    rewrite,
    walk,
    with_children,
)
from sdmodel.lowering.arrays import Arrays, Region
from sdmodel.lowering.macros import expand_macros
from sdmodel.lowering.resolve import Resolver
from sdmodel.names import key
from sdmodel.source import SourceModel, Variable

READ = "#read"  # a lookup variable, its first argument, read at the second


class _Names(Resolver):
    """Settles subscripts, and leaves lookup variables and computed places as they are."""

    def _table_call(self, node: Call, name: str, scopes: tuple[object, ...]) -> Expr:
        if len(node.args) != 1:
            return super()._table_call(node, name, scopes)  # type: ignore[arg-type]
        where: tuple[At, ...] = ()
        if name in self.arrays.shapes:
            where = self._places(node, name, node.subscripts, scopes)  # type: ignore[arg-type]
        return Call(READ, (Ref(name, (), node.at, where), node.args[0]), node.at)

    def _computed(self, node: Call, original: Expr) -> Expr:
        return node


def tell_macros(model: SourceModel, collector: Collector) -> None:
    """Take a note of every macro: what it stands for is written out at each of its calls."""
    for macro in model.macros:
        what = "is a macro: its equations are written out wherever it is called"
        collector.note(macro.name, macro.at, what)


class Equations:
    """The variables of a model, array by array and element by element."""

    def __init__(self, model: SourceModel, apart: frozenset[str]) -> None:
        self.model = with_calls_apart(expand_macros(model), apart)
        self.dimensions = Dimensions(self.model)
        self.arrays = Arrays(self.model, self.dimensions)

    @cached_property
    def prolonged(self) -> frozenset[str]:
        """The lookups, by key, that are read beyond their ends wherever they are read."""
        beyond, otherwise = set[str](), set[str]()
        for entry in self.model.variables:
            for node in walk(entry.equation) if entry.equation is not None else ():
                if isinstance(node, Call):
                    otherwise.add(key(node.function))
                    mine = beyond if key(node.function) == "lookup extrapolate" else otherwise
                    mine |= {key(one.name) for one in node.args[:1] if isinstance(one, Ref)}
        return frozenset(beyond - otherwise)

    def elements(self, name: str) -> tuple[tuple[str, ...], ...]:
        """Return the keys of the elements in each dimension of a variable."""
        rank = len(self.arrays.ranges.get(name, ()))
        return tuple(tuple(self.arrays.index(name, place)) for place in range(rank))

    def region(self, entry: Variable) -> Region:
        """Return which elements an entry defines."""
        return self.arrays.regions.get(id(entry), Region())

    def equation(self, entry: Variable) -> Expr | None:
        """Return the equation of an entry with places in stead of subscripts."""
        if entry.equation is None:
            return None
        region = self.region(entry)
        return _Names(self.model, self.dimensions, self.arrays, region, entry.name).resolve(
            entry.equation
        )

    def is_whole(self, name: str) -> bool:
        """Return whether one entry defines all elements of a variable."""
        entries = self.model.entries[name]
        if len(entries) > 1 or name not in self.arrays.shapes:
            return len(entries) == 1
        region = self.region(entries[0])
        whole = tuple(At(axis, range(axis.size)) for axis in region.axes)
        sizes = self.arrays.shapes[name].sizes
        same = tuple(map(key, entries[0].subscripts))
        return (
            region.where == whole
            and tuple(axis.size for axis in region.axes) == sizes
            and len(set(same)) == len(same)
        )

    def each(self, entry: Variable) -> Iterator[tuple[tuple[str, ...], dict[Axis, int]]]:
        """Yield every element of an entry, by keys, and the place on each axis that it has."""
        region, elements = self.region(entry), self.elements(entry.key)
        for chosen in product(*(range(axis.size) for axis in region.axes)):
            places = dict(zip(region.axes, chosen, strict=True))
            yield (
                tuple(
                    names[one.places[places[one.axis] if one.axis is not None else 0]]
                    for one, names in zip(region.where, elements, strict=True)
                ),
                places,
            )

    def values(self, entry: Variable, listed: Values) -> list[float]:
        """Return the numbers of a list, one for each element, in the order of `each`."""
        region = self.region(entry)
        names = [one for one in entry.subscripts if self.dimensions.is_range(one)]
        full = list(product(*(self.dimensions.elements(one) for one in names)))
        found = list(listed.values)
        if len(found) != len(full):
            return found
        # Exceptions leave one axis over what is left: each range has its own element there.
        chosen = []
        for places in product(*(range(axis.size) for axis in region.axes)):
            at = dict(zip(region.axes, places, strict=True))
            own = (region.scope[key(one)] for one in names)
            chosen.append(tuple(elements[at[axis]] for axis, elements in own))
        order = dict(zip(full, found, strict=True))
        return [order[one] for one in chosen]


def at_element(equation: Expr, places: dict[Axis, int]) -> Expr:
    """Return what an equation is at one element."""
    return fix_axes(equation, places) if places else equation


def with_calls_apart(model: SourceModel, functions: frozenset[str]) -> SourceModel:
    """Return the model with some calls, by key, in variables of their own.

    They are those that the other language has only as a whole equation.
    """
    found: list[Variable] = []
    count: dict[str, int] = {}
    for entry in model.variables:
        made = _apart(entry, functions, count.get(entry.key, 0))
        count[entry.key] = count.get(entry.key, 0) + len(made) - 1
        found += made
    return replace(model, variables=tuple(found))


def _apart(entry: Variable, functions: frozenset[str], before: int) -> list[Variable]:
    made: list[Variable] = []

    def change(node: Expr) -> Expr:
        if _function(node) not in functions or _runs(node):
            return node
        name = f"#part {before + len(made) + 1} of {entry.name}"
        made.append(
            Variable(
                name,
                node,
                at=entry.at,
                group=entry.group,
                subscripts=entry.subscripts,
                exceptions=entry.exceptions,
                kind="aux",
            )
        )
        return Ref(name, entry.subscripts, getattr(node, "at", -1))

    top = entry.equation
    if top is None or not children(top):
        return [entry]
    changed = tuple(rewrite(child, change) for child in children(top))
    return [replace(entry, equation=with_children(top, changed)) if made else entry, *made]


def _function(node: Expr) -> str:
    return key(node.function) if isinstance(node, Call) else type(node).__name__.casefold()


def _runs(node: Expr) -> bool:
    """Return whether a call stands within a sum: it has a value for each element summed over."""
    return any("!" in one or "*" in one for ref in references(node) for one in ref.subscripts)
