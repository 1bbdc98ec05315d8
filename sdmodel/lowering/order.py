"""Order of evaluation, and which variables define each other in a circle.

What is ordered are statements. A statement for a whole array is one piece, as long as that gives an
order; where elements of an array need other elements of it, as in a chain of cohorts, the
statements in the circle are taken apart into their elements.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise
from typing import TypeVar

from sdmodel.expr import At, Expr, Pick, Ref, children, fix_axes
from sdmodel.lowering.arrays import combinations
from sdmodel.program import Statement

# Elements that statements may be taken apart into: more would take minutes to compile.
MOST_ELEMENTS = 50_000
MOST_CIRCLES = 20  # to tell at once
Where = tuple[At, ...]
Node = TypeVar("Node", bound=Hashable)


def reads(expr: Expr) -> Iterator[tuple[str, Where]]:
    """Yield what an expression reads: the name, and which elements; none given means all."""
    todo = [expr]
    while todo:
        node = todo.pop()
        if isinstance(node, Pick):
            yield node.base.name, ()
            todo.append(node.offset)
        elif isinstance(node, Ref):
            yield node.name, node.where
        else:
            todo.extend(children(node))


def _meet(a: Sequence[int], b: Sequence[int]) -> bool:
    if isinstance(a, range) and isinstance(b, range):
        return a.start < b.stop and b.start < a.stop
    few, many = (a, b) if len(a) < len(b) else (b, a)
    if isinstance(many, range):
        return any(one in many for one in few)
    return not set(few).isdisjoint(many)


def _overlap(a: Where, b: Where) -> bool:
    """Return whether two sets of elements may share one; dimensions are looked at one by one."""
    if not a or not b:
        return True
    return all(_meet(x.places, y.places) for x, y in zip(a, b, strict=True))


def _element(where: Where) -> tuple[int, ...] | None:
    if where and all(one.axis is None for one in where):
        return tuple(one.places[0] for one in where)
    return None


@dataclass
class _Producers:
    """The statements for one name: single elements by place, others one by one."""

    single: dict[tuple[int, ...], int] = field(default_factory=dict)
    others: list[tuple[int, Where]] = field(default_factory=list)

    def of(self, where: Where) -> Iterator[int]:
        element = _element(where)
        if element is not None:
            if element in self.single:
                yield self.single[element]
        else:
            # Sets, for there may be as many single elements as places.
            wanted = [
                one.places if isinstance(one.places, range) else frozenset(one.places)
                for one in where
            ]
            for place, index in self.single.items():
                if all(one in places for one, places in zip(place, wanted, strict=False)):
                    yield index
        for index, own in self.others:
            if _overlap(where, own):
                yield index


class Graph:
    """Statements, and for each the statements whose results it reads."""

    def __init__(self, parts: Iterable[Statement]) -> None:
        self.parts = list(parts)
        self._by_name: dict[str, _Producers] = {}
        for index, part in enumerate(self.parts):
            found = self._by_name.setdefault(part.target, _Producers())
            element = _element(part.where)
            if element is not None and not part.axes:
                found.single[element] = index
            else:
                found.others.append((index, part.where))
        self.below = [self._below(part) for part in self.parts]

    def _below(self, part: Statement) -> dict[int, None]:
        found: dict[int, None] = {}
        for name, where in reads(part.value):
            known = self._by_name.get(name)
            if known is not None:
                found |= dict.fromkeys(known.of(where))
        return found

    def of(self, name: str) -> Iterator[int]:
        """Yield the statements for a name."""
        known = self._by_name.get(name)
        return iter(()) if known is None else known.of(())

    def reach(self, wanted: Iterable[str]) -> dict[int, None]:
        """Return the statements for the wanted names and all they need."""
        found: dict[int, None] = {}
        todo = [index for name in dict.fromkeys(wanted) for index in self.of(name)][::-1]
        while todo:
            index = todo.pop()
            if index not in found:
                found[index] = None
                todo.extend(reversed(self.below[index]))
        return found


def arrange(
    parts: Iterable[Statement], wanted: Iterable[str] | None = None
) -> tuple[list[Statement], list[list[str]]]:
    """Return what is wanted and all it needs, each after what it reads, and the circles found.

    A circle is a list of names, beginning and ending with the same one; each needs the one before.
    """
    names = None if wanted is None else list(wanted)
    graph = Graph(parts)
    while True:
        chosen = graph.reach(names) if names is not None else dict.fromkeys(range(len(graph.parts)))
        edges = {i: [j for j in graph.below[i] if j in chosen] for i in chosen}
        try:
            order = list(TopologicalSorter(edges).static_order())
            return [graph.parts[i] for i in order], []
        except CycleError:
            tied = _tied(edges)
        size = sum(_size(graph.parts[i]) for i in tied)
        if not any(graph.parts[i].axes for i in tied) or size > MOST_ELEMENTS:
            return _circles(graph, edges)
        graph = Graph(
            piece
            for index, part in enumerate(graph.parts)
            for piece in (_elements(part) if index in tied else [part])
        )


def _size(part: Statement) -> int:
    total = 1
    for axis in part.axes:
        total *= axis.size
    return total


def _tied(edges: Mapping[int, list[int]]) -> set[int]:
    """Return the nodes that lie on some circle."""
    import numpy as np
    from scipy.sparse import coo_array
    from scipy.sparse.csgraph import connected_components

    place = {node: i for i, node in enumerate(edges)}
    rows = [place[i] for i, below in edges.items() for _ in below]
    columns = [place[j] for below in edges.values() for j in below]
    matrix = coo_array((np.ones(len(rows)), (rows, columns)), shape=(len(place), len(place)))
    _, labels = connected_components(matrix, directed=True, connection="strong")
    counts = np.bincount(labels)
    return {i for i, below in edges.items() if counts[labels[place[i]]] > 1 or i in below}


def _elements(part: Statement) -> Iterator[Statement]:
    """Yield a statement for each element of an array's statement."""
    if not part.axes:
        yield part
        return
    for at in combinations(part.axes):
        places = dict(zip(part.axes, at, strict=True))
        where = tuple(
            one if one.axis is None else At(None, (one.places[places[one.axis]],))
            for one in part.where
        )
        value = fix_axes(part.value, places)
        yield Statement(part.target, value, part.variable, part.phase, (), where)


def _circles(
    graph: Graph, edges: Mapping[int, list[int]]
) -> tuple[list[Statement], list[list[str]]]:
    """Return the statements in an order that leaves the circles out, and every circle once."""
    order, circles = _broken(edges)
    named = [[graph.parts[i].target for i in circle] for circle in circles]
    return [graph.parts[i] for i in order], named


def _broken(edges: Mapping[Node, Iterable[Node]]) -> tuple[list[Node], list[list[Node]]]:
    """Return an order that leaves the circles out, and every circle once, or enough of them."""
    left = {node: dict.fromkeys(below) for node, below in edges.items()}
    circles: list[list[Node]] = []
    while True:
        try:
            return list(TopologicalSorter(left).static_order()), circles
        except CycleError as error:
            circle = list(error.args[1])
            circles.append(circle)
            if len(circles) == MOST_CIRCLES:
                return list(left), circles
            for a, b in pairwise(circle):
                left[b].pop(a, None)
                left[a].pop(b, None)


def in_order(
    needs: Mapping[str, Iterable[str]], wanted: Iterable[str]
) -> tuple[list[str], list[list[str]]]:
    """Return what is wanted and all it needs, each after what it needs, and the circles found.

    `needs` maps a name to the names it reads; names that it does not map need nothing and are left
    out. Every circle is reported once, beginning and ending with the same name.

    >>> in_order({"a": ["b"], "b": ["x"]}, ["a"])
    (['b', 'a'], [])
    """
    graph: dict[str, dict[str, None]] = {}
    todo = list(dict.fromkeys(wanted))[::-1]
    while todo:
        name = todo.pop()
        if name in graph or name not in needs:
            continue
        graph[name] = {one: None for one in needs[name] if one in needs}
        todo.extend(reversed(graph[name]))
    return _broken(graph)
