"""Closed paths of a graph, the shortest first: all of them, or as many as are wanted."""

from __future__ import annotations

import heapq
from collections import deque
from collections.abc import Iterator, Mapping, Sequence

# How many unfinished paths are followed before the search is given up.
MOST_STEPS = 200_000

Graph = Sequence[Sequence[int]]


class Searched:
    """A search for closed paths; `complete` tells, at its end, whether it went through all."""

    def __init__(self, effects: Mapping[str, Sequence[str]], through: str = "") -> None:
        self.names = list(effects)
        place = {name: number for number, name in enumerate(self.names)}
        self.after: Graph = [sorted({place[one] for one in effects[name]}) for name in self.names]
        self.roots = [place[through]] if through else range(len(self.names))
        self.through, self.complete = through, False

    def paths(self) -> Iterator[tuple[str, ...]]:
        """Yield each closed path once, shorter ones first, from its first name in the order given.

        Best-first search: an unfinished path waits in the queue by the least length that it can
        be closed with, so that what is closed first is shortest.

        Examples
        --------
        >>> search = Searched({"a": ["b", "c"], "b": ["a"], "c": ["b"]})
        >>> list(search.paths()), search.complete
        ([('a', 'b'), ('a', 'c', 'b')], True)
        """
        queue: list[tuple[int, tuple[int, ...]]] = []
        away: dict[int, dict[int, int]] = {}
        for root, distances in self._distances():
            away[root] = distances
            if root in distances:
                heapq.heappush(queue, (distances[root], (root,)))
        steps = 0
        while queue:
            steps += 1
            if steps > MOST_STEPS:
                return
            _, path = heapq.heappop(queue)
            root, last = path[0], path[-1]
            if root in self.after[last]:
                yield tuple(self.names[one] for one in path)
            for one in self.after[last]:
                # To reach the root from the root takes a whole loop: here it is nowhere to go.
                if one != root and one in away[root] and one not in path:
                    heapq.heappush(queue, (len(path) + away[root][one], (*path, one)))
        self.complete = True

    def _distances(self) -> Iterator[tuple[int, dict[int, int]]]:
        """Yield for each root how many links every node is from it, against the arrows.

        Where all closed paths are wanted, a path belongs to the first of its nodes: those before
        the root are left out.
        """
        before: list[list[int]] = [[] for _ in self.names]
        for one, others in enumerate(self.after):
            for other in others:
                before[other].append(one)
        for root in self.roots:
            first = 0 if self.through else root
            found: dict[int, int] = {}
            waiting = deque([(root, 0)])
            while waiting:
                node, distance = waiting.popleft()
                for one in before[node]:
                    if one >= first and one not in found:
                        found[one] = distance + 1
                        if one != root:
                            waiting.append((one, distance + 1))
            yield root, found
