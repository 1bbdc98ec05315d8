"""``<dimensions>``: the dimensions of arrays and their elements."""

from __future__ import annotations

from dataclasses import replace

from sdmodel.frontends.xmile.entries import name_of
from sdmodel.frontends.xmile.markup import Element
from sdmodel.frontends.xmile.report import Report
from sdmodel.names import key, whole_number
from sdmodel.source import Dimension, DimensionMapping, Span

LARGEST = 1_000_000


class Ranges:
    """The dimensions of a file by the keys of their names, and those made for ``a:b``."""

    def __init__(self, root: Element, report: Report) -> None:
        self.found: dict[str, Dimension] = {}
        self.positions: dict[str, dict[str, int]] = {}
        self.elements: set[str] = set()
        self.left = LARGEST
        for group in root.all("dimensions"):
            for element in group.all("dim"):
                self._add(_dimension(element, report, self.left), report)

    def _add(self, one: Dimension | None, report: Report) -> None:
        if one is None:
            return
        if one.key in self.found:
            report.refuse(
                one.at,
                f"the dimension {one.name!r} is defined twice",
                "delete one",
                variable=one.name,
            )
            return
        self.left -= len(one.elements)
        if self.left < 0:
            what = f"the dimensions of this file have more than {LARGEST:,} elements"
            report.refuse(one.at, what, "write smaller dimensions", variable=one.name)
            one = replace(one, elements=(), places=())
        self.found[one.key] = one
        self.positions[one.key] = {key(name): i for i, name in enumerate(one.elements)}
        self.elements |= self.positions[one.key].keys()

    def is_dimension(self, name: str) -> bool:
        """Return whether a name is that of a dimension."""
        return key(name) in self.found

    def position(self, dimension: str, element: str) -> int | None:
        """Return where in a dimension an element stands, from 1."""
        place = self.positions.get(key(dimension), {}).get(key(element))
        return None if place is None else place + 1

    def size(self, name: str) -> int:
        """Return how many elements a dimension has; 0 where nobody defines it."""
        return len(self.positions.get(key(name), ()))

    def between(self, dimension: str, first: str, last: str) -> str | None:
        """Return the name of the part of a dimension from one element to another."""
        known = self.found.get(key(dimension))
        if known is None:
            return None
        places = [_place(self, known, one) for one in (first, last)]
        low, high = places
        if low is None or high is None or low > high:
            return None
        name = f"{known.name} from {known.elements[low - 1]} to {known.elements[high - 1]}"
        if key(name) not in self.found:
            self.left -= high - low + 1
            if self.left < 0:
                return None
            part = Dimension(name, known.elements[low - 1 : high], at=known.at)
            self.found[key(name)] = part
            self.positions[key(name)] = {key(one): i for i, one in enumerate(part.elements)}
        return name


def _place(ranges: Ranges, dimension: Dimension, name: str) -> int | None:
    """Return the place of an element given by name or by number."""
    known = ranges.position(dimension.key, name)
    number = whole_number(name)
    if known is None and number is not None and 1 <= number <= len(dimension.elements):
        return number
    return known


def _dimension(element: Element, report: Report, left: int) -> Dimension | None:
    name = name_of(element)
    at = report.attribute(element, "name")
    if not key(name):
        report.refuse(element.at, "this <dim> has no name", 'write name="..."', kind="syntax")
        return None
    written = list(element.all("elem"))
    elements = tuple(name_of(one) for one in written)
    stand = tuple(report.attribute(one, "name") for one in written)
    size = element.get("size").strip()
    if not elements and size:
        number = whole_number(size)
        if number is None or not 0 < number <= LARGEST:
            report.refuse(
                report.attribute(element, "size"),
                f"the size of the dimension {name!r} must be a number from 1 to {LARGEST:,}",
                'write size="3", or name the elements',
                variable=name,
            )
            return Dimension(name, (), at=at)
        # One more than is left is refused by the caller; nobody waits for millions of names.
        elements = tuple(str(i + 1) for i in range(min(number, max(left, 0) + 1)))
    if not elements:
        report.refuse(
            at,
            f"the dimension {name!r} has no elements",
            'write <elem name="..."/> within it, or size="3"',
            variable=name,
        )
    # Converters from Vensim keep a mapping so, the elements in the same order.
    mappings = tuple(
        DimensionMapping(one.text, at=one.passage.first)
        for one in element.children
        if one.name.rpartition(":")[2] == "maps_to" and one.text
    )
    span = Span(element.at, element.end)
    return Dimension(name, elements, mappings, at=at, span=span, places=stand)
