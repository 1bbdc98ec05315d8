"""Order of evaluation, and which variables define each other in a circle."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from graphlib import CycleError, TopologicalSorter
from itertools import pairwise


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
        below = {one: None for one in needs[name] if one in needs}
        graph[name] = below
        todo.extend(reversed(below))
    circles: list[list[str]] = []
    while True:
        try:
            return list(TopologicalSorter(graph).static_order()), circles
        except CycleError as error:
            circle = list(error.args[1])
            circles.append(circle)
            for a, b in pairwise(circle):
                graph[b].pop(a, None)
                graph[a].pop(b, None)
