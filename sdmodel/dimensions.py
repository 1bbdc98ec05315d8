"""Ranges of subscripts: which elements they have, which belong together, what maps to what."""

from __future__ import annotations

from collections.abc import Iterable
from functools import cached_property

from sdmodel.errors import Problem, counted, did_you_mean, near_names
from sdmodel.names import key, tidy
from sdmodel.source import Dimension, DimensionMapping, SourceModel

LARGEST_RANGE = 1_000_000
MOST_COPIED = 4 * LARGEST_RANGE  # of ranges named within ranges, in all


class Dimensions:
    """The ranges of a model, by the keys of their names.

    Elements are known by their keys too. Ranges that share elements form a family, whose elements
    stand in the order of the range that has all of them. Whatever is wrong is in `problems`.

    Examples
    --------
    >>> from sdmodel.source import SourceModel, SourceText
    >>> ranges = (Dimension("Age", ("young", "Old")), Dimension("Late", ("Old",)))
    >>> known = Dimensions(SourceModel(SourceText("m.mdl", ""), (), dimensions=ranges))
    >>> known.elements("AGE"), known.family("late")
    (('young', 'old'), 'age')
    """

    def __init__(self, model: SourceModel) -> None:
        self.model = model
        self.problems: list[Problem] = []
        self.readable = True  # whether what a subscript means can be told at all
        self.ranges: dict[str, Dimension] = {}
        self._elements: dict[str, tuple[str, ...]] = {}
        self._spelled: dict[str, str] = {}
        self._copied = 0
        for one in model.dimensions:
            known = self.ranges.setdefault(one.key, one)
            if known is not one:
                self._refuse(one.at, one.name, "is defined twice", "delete one of the two ranges")
        for one in self.ranges.values():
            self._one_meaning(one)
            self._flatten(one)
        if self.readable:
            for one in self.ranges.values():
                for mapping in one.mappings:
                    self._mapping(one, mapping)

    def _refuse(self, at: int, name: str, what: str, cure: str) -> None:
        """Refuse a range whose elements are then not known."""
        self.readable = False
        self._tell(at, name, f"the range {name!r} {what}", cure)

    def _tell(self, at: int, range_: str, message: str, cure: str, **more: object) -> None:
        self.problems.append(
            self.model.source.problem(
                at,
                message,
                kind=str(more.get("kind", "definition")),
                variable=range_,
                name=str(more.get("name", range_)),
                near=more.get("near", ()),  # type: ignore[arg-type]
                cure=cure,
            )
        )

    # Names --------------------------------------------------------------------------------------

    def _one_meaning(self, one: Dimension) -> None:
        """Refuse a range whose name also means something else in the same place."""
        own = [i for i, name in enumerate(one.elements) if key(name) == one.key]
        if own and len(one.elements) == 1:
            cure = f"name its elements: {one.name}: first, second ~~|"
            self._refuse(one.at, one.name, "has nothing but itself as an element", cure)
        elif own:
            self._refuse_name(
                one,
                own[0],
                f"{tidy(one.elements[own[0]])!r} names both the range "
                f"{one.name!r} and one of its elements",
            )
        if not self.model.subranges:  # XMILE has no ranges within ranges
            for i, name in enumerate(one.elements):
                other = self.ranges.get(key(name))
                if other is not None and other is not one:
                    line = self.model.source.place(other.at)[0]
                    message = f"{name!r} is an element of {one.name!r} and, in line {line}, a range"
                    self._refuse_name(one, i, message)
            return
        variable = self.model.by_key.get(one.key)
        if variable is not None:
            self.readable = False
            line = self.model.source.place(variable.at)[0]
            message = f"{one.name!r} is a range and, in line {line}, a variable"
            self._tell(one.at, one.name, message, "rename one of the two")

    def _refuse_name(self, one: Dimension, place: int, message: str) -> None:
        self.readable = False
        name = tidy(one.elements[place])
        at = one.places[place] if one.places else one.at
        cure = f"rename one of the two; [{name}] could mean either"
        self._tell(at, one.name, message, cure, name=name)

    def _mapping(self, owner: Dimension, mapping: DimensionMapping) -> None:
        """Refuse a mapping to what is not there."""
        if key(mapping.target) not in self.ranges:
            near = near_names(mapping.target, [d.name for d in self.ranges.values()])
            message = f"the range {owner.name!r} maps to {mapping.target!r}, unknown"
            cure = did_you_mean(near) or f"define it: {mapping.target}: first, second ~~|"
            self._tell(
                mapping.at,
                owner.name,
                message,
                cure,
                kind="unknown name",
                name=mapping.target,
                near=near,
            )
            return
        given = mapping.elements or self.elements(mapping.target)
        own = len(self._elements[owner.key])
        if own != len(given) and owner.external is None:
            message = f"the range {owner.name!r} has {counted(own, 'element')}, but maps to "
            message += f"{len(given):,} of {mapping.target!r}"
            cure = f"name one of {mapping.target} for each element: -> ({mapping.target}: ...)"
            self._tell(mapping.at, owner.name, message, cure)
            return
        known = dict.fromkeys(self.elements(mapping.target))
        for name in mapping.elements:
            if not self.is_range(name) and key(name) not in known:
                shown = [self.shown(one) for one in known]
                near = near_names(name, shown)
                message = f"the range {owner.name!r} maps to {name!r}, which {mapping.target!r} "
                message += "does not hold"
                cure = did_you_mean(near) or f"there are: {', '.join(shown[:8])}"
                self._tell(
                    mapping.at,
                    owner.name,
                    message,
                    cure,
                    kind="unknown name",
                    name=name,
                    near=near,
                )

    # Elements -----------------------------------------------------------------------------------

    def _flatten(self, one: Dimension) -> tuple[str, ...]:
        """Find the elements of a range, those of the ranges in it included; without recursion."""
        if one.key in self._elements:
            return self._elements[one.key]
        todo, active = [one], {one.key}
        while todo:
            top = todo[-1]
            below = [self.ranges[k] for k in self._parts(top) if k in self.ranges]
            open_ = [d for d in below if d.key not in self._elements]
            circle = next((d for d in open_ if d.key in active), None)
            if circle is not None:
                reason = f"contains itself, by way of {circle.name!r}"
                self._refuse(top.at, top.name, reason, "name elements in it, not the range itself")
                self._elements[circle.key] = ()
                continue
            if open_:
                todo.append(open_[0])
                active.add(open_[0].key)
                continue
            self._elements[top.key] = self._own(top)
            active.discard(top.key)
            todo.pop()
        return self._elements[one.key]

    def _parts(self, one: Dimension) -> list[str]:
        if one.equivalent:
            return [key(one.equivalent)]
        return [key(name) for name in one.elements if key(name) != one.key]

    def _own(self, one: Dimension) -> tuple[str, ...]:
        if one.equivalent:
            other = key(one.equivalent)
            if other not in self.ranges:
                near = near_names(one.equivalent, [d.name for d in self.ranges.values()])
                cure = did_you_mean(near) or "define the other range first"
                self._refuse(one.at, one.name, f"is to equal {one.equivalent!r}, unknown", cure)
            return self._elements.get(other, ())
        found: dict[str, None] = {}
        for name in one.elements:
            known = key(name)
            if known in self.ranges and known != one.key:
                before = self._copied
                self._copied += len(self._elements[known])
                if before <= MOST_COPIED < self._copied:
                    reason = f"and others within ranges come to over {MOST_COPIED:,} elements"
                    self._refuse(one.at, one.name, reason, "name the elements instead of ranges")
                if self._copied > MOST_COPIED:
                    return ()
                found |= dict.fromkeys(self._elements[known])
            else:
                found[known] = None
                self._spelled.setdefault(known, tidy(name).strip('"'))
        if not found and one.external is None and self._copied <= MOST_COPIED:
            self._refuse(one.at, one.name, "has no elements", "write name: first, second, third")
        if len(found) > LARGEST_RANGE:
            reason = f"has {len(found):,} elements; at most {LARGEST_RANGE:,} are read"
            self._refuse(one.at, one.name, reason, "split the range")
            return ()
        return tuple(found)

    @cached_property
    def element_ranges(self) -> dict[str, list[str]]:
        """The ranges, by key, that each element is in."""
        found: dict[str, list[str]] = {}
        for name, elements in self._elements.items():
            for element in elements:
                found.setdefault(element, []).append(name)
        return found

    def is_range(self, name: str) -> bool:
        """Return whether a name is that of a range."""
        return key(name) in self.ranges

    def is_element(self, name: str) -> bool:
        """Return whether a name is that of an element of some range."""
        return key(name) in self.element_ranges

    def elements(self, name: str) -> tuple[str, ...]:
        """Return the keys of a range's elements in order; an element is its own only one."""
        return self._elements.get(key(name), (key(name),))

    def shown(self, element: str) -> str:
        """Return an element as the file spells it where it is defined."""
        return self._spelled.get(element, element)

    @cached_property
    def names(self) -> list[str]:
        """All ranges and elements, as spelled."""
        return [*(d.name for d in self.ranges.values()), *self._spelled.values()]

    # Families -----------------------------------------------------------------------------------

    @cached_property
    def _families(self) -> dict[str, str]:
        """The family, by the key of its leading range, of every range."""
        if not self.model.subranges:
            return {name: name for name in self.ranges}
        leader = {name: name for name in self.ranges}

        def find(name: str) -> str:
            while leader[name] != name:
                name = leader[name]
            return name

        for ranges in self.element_ranges.values():
            for other in ranges[1:]:
                a, b = find(ranges[0]), find(other)
                if a != b:
                    small, large = sorted((a, b), key=lambda n: len(self._elements[n]))
                    if len(self._elements[a]) == len(self._elements[b]):
                        order = list(self.ranges)
                        large, small = sorted((a, b), key=order.index)
                    leader[small] = large
        return {name: find(name) for name in self.ranges}

    def family(self, name: str) -> str:
        """Return the key of the range that leads the family of a range or element."""
        known = key(name)
        if known in self.ranges:
            return self._families[known]
        return self._families[self.element_ranges[known][0]]

    def in_order(self, family: str, wanted: Iterable[str]) -> tuple[str, ...]:
        """Return the wanted elements of a family in its order."""
        order = {element: i for i, element in enumerate(self._all(family))}
        return tuple(sorted(set(wanted), key=lambda one: order.get(one, len(order))))

    @cached_property
    def _numbers(self) -> dict[str, dict[str, int]]:
        """The place of each element in its family, from 0, by family."""
        families = dict.fromkeys(self._families.values())
        return {
            family: {element: i for i, element in enumerate(self._all(family))}
            for family in families
        }

    def position(self, element: str, range_: str) -> int:
        """Return the place, from 0, of an element in the whole family of a range.

        That is what a range means as a number (SDXorg test-models, subscript_definition).
        """
        return self._numbers[self._families[range_]][element]

    def _all(self, family: str) -> tuple[str, ...]:
        members = [name for name, leader in self._families.items() if leader == family]
        members.remove(family)
        every = dict.fromkeys(self._elements[family])
        for name in members:
            every |= dict.fromkeys(self._elements[name])
        return tuple(every)

    # Mappings -----------------------------------------------------------------------------------

    def counterparts(self, wanted: str, present: str) -> dict[str, str] | None:
        """Return, for each element of the range `present`, the element of `wanted` it stands for.

        `present` is a range left of the equals sign, `wanted` another one named right of it. None
        where nothing ties the two together.
        """
        wanted, present = key(wanted), key(present)
        mine, theirs = self.elements(wanted), self.elements(present)
        direct = self._mapped([self.ranges[wanted]], wanted, present)
        if direct is not None:
            return direct
        if set(theirs) <= set(mine) and self.family(wanted) == self.family(present):
            return {element: element for element in theirs}
        found = self._mapped(self._kin(wanted), wanted, present)
        if found is not None:
            return found
        for owners in ([self.ranges[present]], self._kin(present)):
            back = self._mapped(owners, present, wanted)
            turned = {mine_: theirs_ for theirs_, mine_ in (back or {}).items()}
            if back and set(theirs) <= set(turned):
                return {element: turned[element] for element in theirs}
        return None

    def _mapped(
        self, owners: Iterable[Dimension], owner: str, target: str
    ) -> dict[str, str] | None:
        """Return for each element of `target` the element of `owner` mapped to it."""
        own, wanted = set(self.elements(owner)), self.elements(target)
        for dimension in owners:
            for mapping in dimension.mappings:
                turned = self._turned(dimension, mapping)
                if all(turned.get(element) in own for element in wanted):
                    return {element: turned[element] for element in wanted}
        return None

    def _kin(self, owner: str) -> list[Dimension]:
        """Return a range and those of its family, whose mappings hold for its elements too."""
        first = self.ranges[owner]
        family = self._families[owner]
        rest = [self.ranges[n] for n, lead in self._families.items() if lead == family]
        return [first, *(one for one in rest if one is not first)]

    def _turned(self, owner: Dimension, mapping: DimensionMapping) -> dict[str, str]:
        own = self._elements[owner.key]
        if not mapping.elements:
            return dict(zip(self.elements(mapping.target), own, strict=False))
        found: dict[str, str] = {}
        # Each entry stands for one element of the owner, or for all elements of a range in it.
        for element, name in zip(own, mapping.elements, strict=False):
            for target in self.elements(name):
                found.setdefault(target, element)
        return found
