"""Where values lie in the table of a workspace, and how they are seen as arrays."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sdmodel.expr import At, Axis, Lookup, Table, flat_places
from sdmodel.kernel import Array
from sdmodel.program import Phase

Slots = NDArray[np.intp]


@dataclass(frozen=True, slots=True)
class Value:
    """Rows of the table from `start` on: one for each place of the axes, the last fastest."""

    start: int
    axes: tuple[Axis, ...] = ()
    phase: Phase = field(default=Phase.CONSTANT, compare=False)

    @property
    def sizes(self) -> tuple[int, ...]:
        """How many places each axis has."""
        return tuple(axis.size for axis in self.axes)

    @property
    def count(self) -> int:
        """How many rows there are."""
        return math.prod(self.sizes)

    def view(self, table: Array) -> Array:
        """Return the rows as an array over axes and runs."""
        if not self.axes:
            single: Array = table[self.start]
            return single
        rows = table[self.start : self.start + self.count]
        return rows.reshape(*self.sizes, table.shape[1])

    def spread(self, table: Array, axes: Sequence[Axis]) -> Array:
        """Return the same in a form that broadcasts over more axes."""
        if not self.axes or self.axes == tuple(axes):
            return self.view(table)
        sizes = [axis.size if axis in self.axes else 1 for axis in axes]
        return self.view(table).reshape(*sizes, table.shape[1])

    def rows(self, axes: Sequence[Axis]) -> Slots:
        """Return the row for each place of more axes."""
        own = np.arange(self.start, self.start + self.count, dtype=np.intp)
        sizes = [axis.size if axis in self.axes else 1 for axis in axes]
        full = [axis.size for axis in axes]
        return np.ascontiguousarray(np.broadcast_to(own.reshape(sizes), full)).reshape(-1)


def joined(values: Sequence[Value]) -> tuple[Axis, ...]:
    """Return all the axes of some values, by number."""
    found = {axis for value in values for axis in value.axes}
    return tuple(sorted(found, key=lambda axis: axis.number))


def axes_of(where: Sequence[At]) -> tuple[Axis, ...]:
    """Return the axes of a reference's places, by number."""
    found = {place.axis for place in where if place.axis is not None}
    return tuple(sorted(found, key=lambda axis: axis.number))


def tables_of(node: Lookup, axes: Sequence[Axis]) -> list[Table | None]:
    """Return the table that a lookup reads at each place of its own axes."""
    if isinstance(node.table, Table):
        return [node.table]
    return [node.table.tables[i] for i in flat_places(node.sizes, axes, node.where).tolist()]
