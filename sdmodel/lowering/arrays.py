"""The shapes of subscripted variables, and which elements each of their entries defines."""

from __future__ import annotations

import itertools
import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from sdmodel.dimensions import Dimensions
from sdmodel.errors import Problem, counted, did_you_mean, near_names
from sdmodel.expr import At, Axis, Table, Tables, flat_places
from sdmodel.names import key
from sdmodel.program import Shape
from sdmodel.source import SourceModel, Variable

# Elements of all arrays together: half a gigabyte where eight runs are computed side by side.
MOST_ELEMENTS = 8_000_000


@dataclass(frozen=True)
class Region:
    """The elements that an entry defines: its axes, their places, and what each range means here.

    `scope` gives, for each range left of the equals sign, its axis and the element at each place.
    """

    axes: tuple[Axis, ...] = ()
    where: tuple[At, ...] = ()
    scope: dict[str, tuple[Axis, tuple[str, ...]]] = field(default_factory=dict)


def places(wanted: Iterable[int]) -> Sequence[int]:
    """Return places as a range where they follow each other.

    >>> places([2, 3, 4]), places([2, 2])
    (range(2, 5), (2, 2))
    """
    found = tuple(wanted)
    if not found:
        return found
    run = range(found[0], found[0] + len(found))
    return run if found == tuple(run) else found


class Arrays:
    """The subscripted variables of a model."""

    def __init__(self, model: SourceModel, dimensions: Dimensions) -> None:
        self.model, self.dimensions = model, dimensions
        self.problems: list[Problem] = []
        self.shapes: dict[str, Shape] = {}
        self.ranges: dict[str, tuple[str, ...]] = {}
        self._index: dict[str, tuple[dict[str, int], ...]] = {}
        self.regions: dict[int, Region] = {}
        self._tables: dict[str, Tables] = {}
        total = 0
        for name, entries in model.entries.items():
            if any(entry.subscripts for entry in entries):
                total += self._shape(name, entries)
                if total > MOST_ELEMENTS:
                    message = f"the arrays of this model have over {MOST_ELEMENTS:,} elements"
                    self._refuse(entries[0], message, "use shorter ranges")
                    break
                self._entries(name, entries)

    def _refuse(self, variable: Variable, message: str, cure: str, **more: object) -> None:
        self.problems.append(
            self.model.source.problem(
                variable.at,
                message,
                kind=str(more.get("kind", "definition")),
                variable=variable.name,
                name=str(more.get("name", variable.name)),
                near=more.get("near", ()),  # type: ignore[arg-type]
                cure=cure,
            )
        )

    # Shapes -------------------------------------------------------------------------------------

    def _shape(self, name: str, entries: tuple[Variable, ...]) -> int:
        """Find the ranges of a variable from all its entries; return how many elements it has."""
        rank = max(len(entry.subscripts) for entry in entries)
        known = [entry for entry in entries if self._fits(entry, rank)]
        ranges, elements = [], []
        for place in range(rank):
            names = dict.fromkeys(key(entry.subscripts[place]) for entry in known)
            found = self._range(names)
            ranges.append(found[0])
            elements.append(found[1])
        self.ranges[name] = tuple(ranges)
        self._index[name] = tuple({e: i for i, e in enumerate(one)} for one in elements)
        spelled = tuple(tuple(self.dimensions.shown(e) for e in one) for one in elements)
        self.shapes[name] = Shape(tuple(self._spelled(one) for one in ranges), spelled)
        return math.prod(len(one) for one in elements)

    def _fits(self, entry: Variable, rank: int) -> bool:
        if len(entry.subscripts) != rank:
            message = (
                f"{entry.name!r} has {counted(len(entry.subscripts), 'subscript')} here, "
                f"elsewhere {rank}"
            )
            self._refuse(entry, message, "give all its entries the same number of subscripts")
            return False
        for subscript in entry.subscripts:
            if not (self.dimensions.is_range(subscript) or self.dimensions.is_element(subscript)):
                near = near_names(subscript, self.dimensions.names)
                message = f"{entry.name!r} has the subscript {subscript!r}, which no range holds"
                cure = did_you_mean(near) or f"define the range: {subscript}: first, second ~~|"
                self._refuse(entry, message, cure, kind="unknown name", name=subscript, near=near)
                return False
        return True

    def _range(self, names: dict[str, None]) -> tuple[str, tuple[str, ...]]:
        """Return the range that holds all subscripts used in one place, and its elements."""
        dimensions = self.dimensions
        used = list(dict.fromkeys(e for name in names for e in dimensions.elements(name)))
        largest = max(names, key=lambda name: len(dimensions.elements(name)), default="")
        of_largest = dimensions.elements(largest)
        if dimensions.is_range(largest) and set(used) <= set(of_largest):
            return largest, of_largest
        if not used:
            return "", ()
        family = dimensions.family(used[0])
        # The smallest range that holds all of them names the dimension; only what is used is kept.
        holding = [r for r in dimensions.ranges if set(used) <= set(dimensions.elements(r))]
        named = min(holding, key=lambda r: len(dimensions.elements(r)), default=family)
        return named, dimensions.in_order(family, used)

    def _spelled(self, name: str) -> str:
        known = self.dimensions.ranges.get(name)
        return known.name if known is not None else name

    def index(self, name: str, place: int) -> dict[str, int]:
        """Return where each element stands in one dimension of a variable."""
        return self._index[name][place]

    # Entries ------------------------------------------------------------------------------------

    def _entries(self, name: str, entries: tuple[Variable, ...]) -> None:
        """Find the region of each entry; no element may be defined twice."""
        sizes = self.shapes[name].sizes
        owner = np.zeros(sizes, dtype=np.int32)
        for number, entry in enumerate(entries, 1):
            region = self._region(name, entry)
            if region is None:
                continue
            self.regions[id(entry)] = region
            at = self.flat(name, region)
            taken = owner.reshape(-1)[at]
            if taken.any():
                first = entries[int(taken[taken > 0][0]) - 1]
                label = self.shapes[name].labels()[int(at[int(np.argmax(taken > 0))])]
                line = self.model.source.place(first.at)[0]
                message = f"{entry.name + label!r} is defined twice; first in line {line}"
                self._refuse(entry, message, "leave it out of one of them (:EXCEPT:)")
            owner.reshape(-1)[at] = number
        undefined = frozenset(np.flatnonzero(owner.reshape(-1) == 0).tolist())
        if undefined:
            shape = self.shapes[name]
            self.shapes[name] = Shape(shape.ranges, shape.elements, undefined)

    def flat(self, name: str, region: Region) -> NDArray[np.intp]:
        """Return which elements a region covers, counted with the last range fastest."""
        return flat_places(self.shapes[name].sizes, region.axes, region.where)

    def _region(self, name: str, entry: Variable) -> Region | None:
        if len(entry.subscripts) != len(self._index[name]):
            return None
        axes: list[Axis] = []
        where: list[At] = []
        scope: dict[str, tuple[Axis, tuple[str, ...]]] = {}
        for place, subscript in enumerate(entry.subscripts):
            index = self._index[name][place]
            elements = self.dimensions.elements(subscript)
            if any(one not in index for one in elements):
                return None  # refused already
            found = places(index[one] for one in elements)
            if not self.dimensions.is_range(subscript):
                where.append(At(None, found))
                continue
            axis = Axis(len(axes), len(elements))
            axes.append(axis)
            where.append(At(axis, found))
            scope[key(subscript)] = axis, elements
        region = Region(tuple(axes), tuple(where), scope)
        return self._without(entry, region) if entry.exceptions else region

    def _without(self, entry: Variable, region: Region) -> Region | None:
        """Return a region without its exceptions: one axis over the elements that are left."""
        names = [one for one in entry.subscripts if self.dimensions.is_range(one)]
        kept = np.ones([axis.size for axis in region.axes], dtype=bool)
        order = {key(one): {e: i for i, e in enumerate(region.scope[key(one)][1])} for one in names}
        for exception in entry.exceptions:
            if len(exception) != len(entry.subscripts):
                message = (
                    f"an exception of {entry.name!r} has {counted(len(exception), 'subscript')}"
                )
                self._refuse(entry, message, f"give {len(entry.subscripts)}, as before :EXCEPT:")
                continue
            chosen: list[list[int]] = []
            for subscript, own in zip(exception, entry.subscripts, strict=True):
                if not (
                    self.dimensions.is_range(subscript) or self.dimensions.is_element(subscript)
                ):
                    near = near_names(subscript, self.dimensions.names)
                    message = f"an exception of {entry.name!r} names {subscript!r}, unknown"
                    cure = did_you_mean(near) or "name a range or one of its elements"
                    self._refuse(
                        entry, message, cure, kind="unknown name", name=subscript, near=near
                    )
                without = self.dimensions.elements(subscript)
                if not self.dimensions.is_range(own):
                    if key(own) not in without:
                        break
                    continue
                known = order[key(own)]
                chosen.append([known[one] for one in without if one in known])
            else:
                kept[np.ix_(*chosen)] = False
        if kept.all() or not names:
            return region
        left = np.nonzero(kept)
        axis = Axis(0, len(left[0]))
        scope = {
            key(own): (axis, tuple(region.scope[key(own)][1][i] for i in found))
            for own, found in zip(names, left, strict=True)
        }
        where: list[At] = []
        number = iter(left)
        for place in region.where:
            if place.axis is None:
                where.append(place)
            else:
                where.append(At(axis, places(place.places[i] for i in next(number).tolist())))
        return Region((axis,), tuple(where), scope)

    def table(self, name: str) -> Table | Tables:
        """Return the points of a lookup or data variable, or those of all its elements."""
        entries = self.model.entries[name]
        first = entries[0].table
        if name not in self.shapes:
            return first if isinstance(first, Table) else Table((0.0,), (0.0,))
        if name not in self._tables:
            found: list[Table | None] = [None] * math.prod(self.shapes[name].sizes)
            for entry in entries:
                region = self.regions.get(id(entry))
                if region is None or entry.table is None:
                    continue
                at = self.flat(name, region).tolist()
                several = isinstance(entry.table, Tables)
                each = entry.table.tables if isinstance(entry.table, Tables) else [entry.table]
                for place, table in zip(at, each if several else each * len(at), strict=False):
                    found[place] = table
            self._tables[name] = Tables(tuple(found), entries[0].at)
        return self._tables[name]

    @cached_property
    def sizes(self) -> dict[str, tuple[int, ...]]:
        """The sizes of every subscripted variable."""
        return {name: shape.sizes for name, shape in self.shapes.items()}


def combinations(axes: Sequence[Axis]) -> Iterable[tuple[int, ...]]:
    """Return every combination of places of some axes, the last fastest."""
    return itertools.product(*(range(axis.size) for axis in axes))
