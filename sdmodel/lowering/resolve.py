"""Names and subscripts in an equation: which variable, and which of its elements at each place."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

from sdmodel.dimensions import Dimensions
from sdmodel.errors import Problem, counted, did_you_mean, near_names
from sdmodel.expr import (
    At,
    Axis,
    Call,
    Const,
    Expr,
    Lookup,
    Op,
    Pick,
    Position,
    Ref,
    Table,
    apply,
    children,
    where,
    with_children,
)
from sdmodel.functions.registry import REGISTRY
from sdmodel.functions.vectors import REDUCING, VECTOR
from sdmodel.lowering.arrays import Arrays, Region, places
from sdmodel.names import key, readable, whole_number
from sdmodel.source import SourceModel

COMPUTED = "@"  # a call that picks an element by computed positions, as in x[i + 1]


@dataclass
class _Scope:
    """What a function such as SUM runs over: the axes of ``range!``, by range."""

    free: bool = False
    counting: bool = False
    axes: dict[str, tuple[Axis, tuple[str, ...]]] = field(default_factory=dict)


class Resolver:
    """Resolves the equation of one entry; counts its axes."""

    def __init__(
        self, model: SourceModel, dimensions: Dimensions, arrays: Arrays, region: Region, name: str
    ) -> None:
        self.model, self.dimensions, self.arrays = model, dimensions, arrays
        self.region, self.name = region, name
        self.count = len(region.axes)
        self.problems: list[Problem] = []

    def _refuse(self, node: Ref | Call, message: str, cure: str, **more: object) -> None:
        self.problems.append(
            self.model.source.problem(
                node.at,
                f"in the equation of {readable(self.name)!r}: {message}",
                kind=str(more.get("kind", "definition")),
                variable=self.name,
                name=str(more.get("name", "")),
                near=more.get("near", ()),  # type: ignore[arg-type]
                cure=cure,
            )
        )

    def resolve(self, expr: Expr) -> Expr:
        """Return the expression with places in stead of subscripts; keys in stead of names."""
        done: list[Expr] = []
        todo: list[tuple[Expr, tuple[_Scope, ...], bool]] = [(expr, (), False)]
        while todo:
            node, scopes, ready = todo.pop()
            below = children(node)
            if below and not ready:
                function = key(node.function) if isinstance(node, Call) else ""
                if function in REDUCING or function in VECTOR or self._refused(function):
                    scopes = (*scopes, _Scope(function in VECTOR, function == "elmcount"))
                todo.append((node, scopes, True))
                todo.extend((child, scopes, False) for child in reversed(below))
                continue
            original = node
            if below:
                new = tuple(done[len(done) - len(below) :])
                del done[len(done) - len(below) :]
                if any(a is not b for a, b in zip(new, below, strict=True)):
                    node = with_children(node, new)
            done.append(self._node(node, original, scopes))
        return done[0]

    def _refused(self, function: str) -> bool:
        """Return whether there is no such function: what ``range!`` means in it is not known."""
        known = ("", COMPUTED)
        return not (function in known or function in REGISTRY or function in self.model.entries)

    def _node(self, node: Expr, original: Expr, scopes: tuple[_Scope, ...]) -> Expr:
        if isinstance(node, Ref):
            return self._ref(node, scopes)
        if isinstance(node, Call):
            function = key(node.function)
            if function == COMPUTED:
                return self._computed(node, original)
            if node.args and (function in REDUCING or function in VECTOR):
                return replace(node, axes=tuple(axis for axis, _ in scopes[-1].axes.values()))
            entries = self.model.entries.get(function, ())
            if entries and entries[0].table is not None:
                return self._table_call(node, function, scopes)
        return node

    # References ---------------------------------------------------------------------------------

    def _ref(self, node: Ref, scopes: tuple[_Scope, ...]) -> Expr:
        name = key(node.name)
        if name not in self.model.entries and not node.subscripts:
            found = self._range_as_number(node, name, scopes)
            if found is not None:
                return found
        if name not in self.arrays.shapes:
            if node.subscripts and name in self.model.entries:
                self._refuse(
                    node,
                    f"{node.name!r} has no subscripts where it is defined",
                    f"write {node.name} without the brackets",
                )
            return Ref(name, (), node.at)
        where = self._places(node, name, node.subscripts, scopes)
        return Ref(name, (), node.at, where)

    def _range_as_number(self, node: Ref, name: str, scopes: tuple[_Scope, ...]) -> Expr | None:
        """Return the number a range stands for: the place of its present element."""
        dimensions = self.dimensions
        bare = key(node.name[:-1])
        if node.name.endswith("!") and dimensions.is_range(bare):
            if not scopes:
                self._outside(node, node.name)
                return Const(0.0, node.at)
            axis, elements = self._bound(bare, scopes)
            return self._position(axis, bare, elements)
        if dimensions.is_range(name):
            if scopes and scopes[-1].counting:
                return Ref(name, (), node.at)
            found = self._present(name, scopes)
            if found is None and any(name in scope.axes for scope in scopes):
                self._half_summed(node, repr(node.name), node.name)
                return Const(0.0, node.at)
            if found is None:
                message = f"the range {node.name!r} does not stand left of the equals sign"
                cure = f"use {node.name}! inside SUM, or name an element"
                self._refuse(node, message, cure, name=node.name)
                return Const(0.0, node.at)
            return self._position(found[0], name, found[1])
        if dimensions.is_element(name):
            family = dimensions.family(name)
            return Const(float(dimensions.position(name, family) + 1), node.at)
        return None

    def _position(self, axis: Axis, name: str, elements: tuple[str, ...]) -> Position:
        numbers = (self.dimensions.position(one, name) for one in elements)
        return Position(At(axis, places(numbers)))

    def _places(
        self, node: Ref | Call, name: str, subscripts: tuple[str, ...], scopes: tuple[_Scope, ...]
    ) -> tuple[At, ...]:
        shape = self.arrays.shapes[name]
        spelled = node.name if isinstance(node, Ref) else node.function
        if not subscripts:
            # XMILE: the whole array within a function, element by element elsewhere.
            subscripts = tuple("*" if scopes else one for one in self.arrays.ranges[name])
        if len(subscripts) != len(shape.elements):
            self._refuse(
                node,
                f"{spelled!r} has {counted(len(shape.elements), 'subscript')}, here it is given "
                f"{len(subscripts)}",
                f"write {spelled}[{', '.join(shape.ranges)}]",
            )
            return tuple(At(None, (0,)) for _ in shape.elements)
        found = []
        for place, subscript in enumerate(subscripts):
            found.append(self._place(node, name, place, subscript, scopes))
        return tuple(found)

    def _place(
        self, node: Ref | Call, name: str, place: int, subscript: str, scopes: tuple[_Scope, ...]
    ) -> At:
        index = self.arrays.index(name, place)
        spelled = node.name if isinstance(node, Ref) else node.function
        if subscript == COMPUTED:
            return At(None, (0,))
        axis_elements = self._subscript(name, place, subscript, scopes)
        if axis_elements is None:
            self._unknown(node, spelled, name, place, subscript, scopes)
            return At(None, (0,))
        axis, elements = axis_elements
        missing = [one for one in elements if one not in index]
        if missing:
            shown = self.dimensions.shown(missing[0])
            self._refuse(
                node,
                f"{spelled!r} is not defined for {shown!r} (subscript {place + 1})",
                "define it for that element, or use a range that leaves it out",
                name=spelled,
            )
            return At(None, (0,))
        return At(axis, places(index[one] for one in elements))

    def _subscript(
        self, name: str, place: int, subscript: str, scopes: tuple[_Scope, ...]
    ) -> tuple[Axis | None, tuple[str, ...]] | None:
        """Return the axis and elements that a subscript stands for; None where it is unknown."""
        index, own = self.arrays.index(name, place), self.arrays.ranges[name][place]
        known = key(subscript)
        if subscript.startswith("*"):
            part = key(subscript[2:]) if subscript.startswith("*:") else own
            if self.dimensions.is_range(part) or part == own:
                if not scopes:
                    return self._present(part, scopes)
                elements = self.dimensions.elements(part) if part != own else tuple(index)
                return self._bound(part, scopes, elements)
            return None
        if known.endswith("!"):
            known = key(known[:-1])
            if not self.dimensions.is_range(known) or not scopes:
                return None
            return self._bound(known, scopes)
        if known in index and not self.dimensions.is_range(known):
            return None, (known,)
        if self.dimensions.is_range(known):
            found = self._present(known, scopes)
            if found is None and known in index:
                return None, (known,)
            if found is None and any(scope.free for scope in scopes):
                return self._bound(known, scopes)
            return found
        number = whole_number(known)
        if number is not None and 1 <= number <= len(index):
            return None, (tuple(index)[number - 1],)
        head, _, tail = known.rpartition(".")
        if head and key(head) == own and key(tail) in index:
            return None, (key(tail),)
        return (None, (known,)) if self.dimensions.is_element(known) else None

    def _bound(
        self, name: str, scopes: tuple[_Scope, ...], elements: tuple[str, ...] | None = None
    ) -> tuple[Axis, tuple[str, ...]]:
        scope = scopes[-1].axes if scopes else {}
        if name not in scope:
            elements = self.dimensions.elements(name) if elements is None else elements
            scope[name] = Axis(self.count, len(elements)), elements
            self.count += 1
        return scope[name]

    def _present(
        self, name: str, scopes: tuple[_Scope, ...]
    ) -> tuple[Axis, tuple[str, ...]] | None:
        """Return the axis that a range without ``!`` runs along, and its element at each place."""
        own = self.region.scope
        if name in own:
            return own[name]
        for scope in reversed(scopes):
            if name in scope.axes and scope.free:
                return scope.axes[name]
        for present, (axis, elements) in own.items():
            found = self.dimensions.counterparts(name, present)
            if found is not None and all(one in found for one in elements):
                return axis, tuple(found[one] for one in elements)
        # An exception or a subrange may leave only elements that the range named here has too.
        mine = set(self.dimensions.elements(name))
        for axis, elements in own.values():
            if set(elements) <= mine:
                return axis, elements
        return None

    def _unknown(
        self,
        node: Ref | Call,
        spelled: str,
        name: str,
        place: int,
        subscript: str,
        scopes: tuple[_Scope, ...],
    ) -> None:
        shape = self.arrays.shapes[name]
        bare = subscript.rstrip("!")
        if self.dimensions.is_range(bare) and subscript.endswith("!"):
            self._outside(node, subscript)
            return
        if any(key(bare) in scope.axes for scope in scopes):
            self._half_summed(node, f"{bare!r} of {spelled!r}", bare)
            return
        if self.dimensions.is_range(bare):
            left = ", ".join(self.region.scope) or "no range"
            message = (
                f"the range {bare!r} of {spelled!r} does not stand left of the equals sign "
                f"({left} does), and nothing maps it to what does"
            )
            cure = f"use {bare}! inside SUM, name an element, or map the ranges (->)"
            self._refuse(node, message, cure, name=bare)
            return
        near = near_names(bare, [*shape.elements[place], *self.dimensions.names])
        message = (
            f"{subscript!r} is no element of {shape.ranges[place]!r}, subscript of {spelled!r}"
        )
        cure = did_you_mean(near) or f"there are: {', '.join(shape.elements[place][:8])}"
        self._refuse(node, message, cure, kind="unknown name", name=bare, near=near)

    def _half_summed(self, node: Ref | Call, what: str, bare: str) -> None:
        message = f"the range {what} stands beside {bare + '!'!r}, and not left of the equals sign"
        cure = f"write {bare}! here too, or give this part a variable of its own"
        self._refuse(node, message, cure, name=bare)

    def _outside(self, node: Ref | Call, subscript: str) -> None:
        bare = subscript.rstrip("!")
        message = f"{subscript!r} stands outside of SUM and its like"
        cure = f"put it into SUM(...), or write {bare!r} without the exclamation mark"
        self._refuse(node, message, cure, name=bare)

    def _computed(self, node: Call, original: Expr) -> Expr:
        """Return the element at computed positions, from 1; outside of the array no number."""
        base, *positions = node.args
        assert isinstance(original, Call)
        written = original.args[0]
        if not (isinstance(base, Ref) and base.where and isinstance(written, Ref)):
            self._refuse(node, "only a subscripted variable has elements", "name one")
            return Const(0.0, node.at)
        sizes = self.arrays.sizes[base.name]
        if len(written.subscripts) != len(sizes):
            return Const(0.0, node.at)  # refused already
        computed = iter(positions)
        offset: Expr = Const(0.0)
        stride, strides = 1, list[int]()
        for size in reversed(sizes):
            strides.append(stride)
            stride *= size
        for subscript, size, step in zip(written.subscripts, sizes, reversed(strides), strict=True):
            if subscript != COMPUTED:
                continue
            place = apply(Op.TRUNC, next(computed) + 0.5)
            inside = apply(Op.AND, place >= 1, place <= size)
            offset = offset + where(inside, (place - 1) * step, math.nan)
        return Pick(base, offset, stride)

    # Lookups ------------------------------------------------------------------------------------

    def _table_call(self, node: Call, name: str, scopes: tuple[_Scope, ...]) -> Expr:
        entry = self.model.entries[name][0]
        if len(node.args) != 1:
            reason = f"the lookup {entry.name!r} is read at one value"
            self._refuse(node, reason, f"write {entry.name}(x)")
            return Const(0.0, node.at)
        table = self.arrays.table(name)
        if isinstance(table, Table):
            return Lookup(table, node.args[0], entry.mode, node.at)
        where = self._places(node, name, node.subscripts, scopes)
        sizes = self.arrays.shapes[name].sizes
        return Lookup(table, node.args[0], entry.mode, node.at, where, sizes)
