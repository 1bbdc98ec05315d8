"""How each arrow bends, so that it passes names and crosses little."""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sdmodel.sketch.bodies import Look
from sdmodel.sketch.geometry import Bools, Floats, arcs, crosses, runs_through
from sdmodel.sketch.scene import CLEARANCE, OVERLAP, Scene

# Heights of arcs over their chords, and what each costs: a slight bend reads best.
_BENDS = {
    0.0: 1.5, 0.1: 0.0, -0.1: 0.0, 0.18: 1.0, -0.18: 1.0, 0.27: 4.0, -0.27: 4.0,
    0.38: 9.0, -0.38: 9.0, 0.5: 16.0, -0.5: 16.0,
}  # fmt: skip
_PIECES = 10
_THROUGH, _CROSSING, _OVER_PIPE, _LONG = 60.0, 16.0, 20.0, 1 / 12
# Of two arrows that share an end, crossing near it is less of a fault.
_CROSSING_AKIN = 8.0
# How many places are tried for a name whose arrows are at fault.
_TRIED = 14


@dataclass(frozen=True, slots=True, eq=False)
class Route:
    """An arrow's way: the numbers of its items, its bend and the points of its arc (11, 2).

    `faults` counts what it crosses or runs through, `cost` weighs that against bend and length.
    """

    start: int
    end: int
    bend: float
    points: Floats
    faults: int = 0
    cost: float = 0.0


class Router:
    """The routes of all links of a scene, each the best beside the others.

    `points` (L, 11, 2) are the arcs as they now are.
    """

    def __init__(self, scene: Scene) -> None:
        self.scene = scene
        self.shown: Bools = np.zeros(len(scene.links), dtype=bool)
        self.points = np.zeros((len(scene.links), _PIECES + 1, 2))
        self.routes: list[Route] = []
        for number in range(len(scene.links)):
            self.routes.append(self.best(number))
            self.take(number, self.routes[number])

    def take(self, number: int, route: Route) -> None:
        """Let a link have a route."""
        self.routes[number] = route
        self.points[number] = route.points
        self.shown[number] = True

    def settle(self, sweeps: int = 4) -> None:
        """Choose each route anew beside the others, until none changes."""
        for _ in range(sweeps):
            changed = False
            for number, old in enumerate(self.routes):
                new = self.best(number)
                changed |= (new.start, new.end, new.bend) != (old.start, old.end, old.bend)
                self.take(number, new)
            if not changed:
                break

    def best(self, number: int) -> Route:
        """Return the best route of a link beside the others as they are."""
        centre = self.scene.centres()
        ways = self._ways(number)
        starts, ends, bends = zip(*ways, strict=True)
        lines = arcs(centre[list(starts)], centre[list(ends)], np.array(bends), _PIECES)
        heads, tails = lines[:, :-1], lines[:, 1:]  # (O, 10, 2)
        faults = self._names(number, ways, heads, tails, centre)
        cost = _THROUGH * faults
        pipes = self._pipes(ways, lines, centre)
        cost += _OVER_PIPE * pipes
        faults += pipes
        for akin, weight in ((False, _CROSSING), (True, _CROSSING_AKIN)):
            met = self._crossings(number, heads, tails, akin=akin)
            cost += weight * met
            faults += 0 if akin else met
        steps = np.hypot(*np.moveaxis(tails - heads, -1, 0)).sum(axis=1)
        cost += _LONG * steps + np.array([_BENDS[bend] for _, _, bend in ways])
        least = int(np.argmin(np.round(cost, 6)))
        a, b, bend = ways[least]
        return Route(a, b, bend, lines[least], int(faults[least]), float(cost[least]))

    def on_item(self, item: int) -> float:
        """Return what it costs that arcs run through an item."""
        half = self.scene.half[item] + CLEARANCE
        lines = self.points[self.shown & ~self.scene.ends_at[:, item]]
        met = runs_through(lines[:, :-1], lines[:, 1:], self.scene.centres()[item], half)
        return _THROUGH * float(met.any(axis=1).sum())

    def _ways(self, number: int) -> list[tuple[int, int, float]]:
        """Return every bend, to the valve of a flow or to its name."""
        scene = self.scene
        start, end = int(scene.start[number]), int(scene.end[number])
        back = bool(((scene.start == end) & (scene.end == start)).any())
        # An arrow and the one back bulge to their own sides; one along a pipe keeps off it.
        bends = [
            bend
            for bend in _BENDS
            if not ((back and bend <= 0) or (scene.inner[number] and bend == 0))
        ]
        return [(a, b, bend) for a in self._ends(start) for b in self._ends(end) for bend in bends]

    def _ends(self, item: int) -> list[int]:
        if self.scene.items[item].look is not Look.FLOW:
            return [item]
        same = np.flatnonzero(self.scene.same == self.scene.same[item])
        return [int(m) for m in same][::-1]

    def _names(
        self,
        number: int,
        ways: list[tuple[int, int, float]],
        heads: Floats,
        tails: Floats,
        centre: Floats,
    ) -> Floats:
        """Return how many names each way runs through; an end's own other part counts too."""
        scene = self.scene
        clear = scene.half + CLEARANCE
        met = runs_through(heads[:, :, None], tails[:, :, None], centre, clear).any(axis=1)
        met &= ~scene.ends_at[number]
        for place, (a, b, _) in enumerate(ways):
            for end in (a, b):
                for twin in np.flatnonzero(scene.same == scene.same[end]):
                    if twin != end:
                        half = scene.half[twin] - 2
                        hit = runs_through(heads[place], tails[place], centre[twin], half)
                        met[place, twin] = hit.any()
        return np.asarray(met.sum(axis=1), dtype=float)

    def _pipes(self, ways: list[tuple[int, int, float]], lines: Floats, centre: Floats) -> Floats:
        """Return how many pieces of pipes each way crosses, outside the boxes at its ends."""
        scene = self.scene
        if not len(scene.pieces):
            return np.zeros(len(ways))
        pipe = scene.pieces + scene.place[scene.piece_of][:, None]
        met = crosses(lines[:, :-1, None], lines[:, 1:, None], pipe[:, 0], pipe[:, 1])
        inside: Bools = np.zeros(lines.shape[:2], dtype=bool)
        for ends in zip(*[(a, b) for a, b, _ in ways], strict=True):
            at = list(ends)
            reach = scene.half[at] + 4
            inside |= (np.abs(lines - centre[at][:, None]) <= reach[:, None]).all(axis=2)
        met &= ~(inside[:, :-1] | inside[:, 1:])[:, :, None]
        return np.asarray(met.sum(axis=(1, 2)), dtype=float)

    def _crossings(self, number: int, heads: Floats, tails: Floats, *, akin: bool) -> Floats:
        """Return how often each way crosses the arcs of others, or of those with the same end."""
        share = self.scene.share[number]
        others = self.shown & (share if akin else ~share)
        others[number] = False
        if akin:
            heads, tails = heads[:, 1:-1], tails[:, 1:-1]
        lines = self.points[others]
        low = np.minimum(heads, tails).min(axis=(0, 1))
        high = np.maximum(heads, tails).max(axis=(0, 1))
        near = ((lines.min(axis=1) <= high) & (lines.max(axis=1) >= low)).all(axis=1)
        lines = lines[near]
        if not len(lines):
            return np.zeros(len(heads))
        met = crosses(heads[:, :, None, None], tails[:, :, None, None], lines[:, :-1], lines[:, 1:])
        return np.asarray(met.sum(axis=(1, 2, 3)), dtype=float)


def routed(scene: Scene) -> Router:
    """Return routes for the links of a scene."""
    router = Router(scene)
    router.settle()
    return router


def polish(router: Router, candidates: list[Floats], passes: int = 3) -> None:
    """Move names whose arrows are at fault to where their arcs have fewer faults.

    `candidates` are the places that each body may have; stocks stay where they are.
    """
    scene = router.scene
    for _ in range(passes):
        moved = False
        for body, places in enumerate(candidates):
            links = np.flatnonzero((scene.of[scene.start] == body) | (scene.of[scene.end] == body))
            if scene.bodies[body].rooted or not len(links):
                continue
            if any(router.routes[n].faults for n in links) or _covered(router, body):
                moved |= _moved(router, body, links, places)
        router.settle(2)
        if not moved:
            break


def _moved(router: Router, body: int, links: NDArray[np.intp], places: Floats) -> bool:
    scene, before = router.scene, router.scene.place[body].copy()
    cost = scene.cost(body, places)
    order = np.argsort(cost, kind="stable")[:_TRIED]
    # Nowhere upon something else, unless it lies so already.
    order = order[cost[order] < OVERLAP]
    kept = [router.routes[n] for n in links]
    best, least, found = before, _total(router, body, links) - 1e-6, kept
    for place in places[order]:
        scene.place[body] = place
        for n in links:
            router.take(int(n), router.best(int(n)))
        total = _total(router, body, links)
        if total < least:
            best, least, found = place, total, [router.routes[n] for n in links]
    scene.place[body] = best
    for n, route in zip(links, found, strict=True):
        router.take(int(n), route)
    return found is not kept


def _total(router: Router, body: int, links: NDArray[np.intp]) -> float:
    return sum((router.routes[n].cost for n in links), _covered(router, body))


def _covered(router: Router, body: int) -> float:
    return sum((router.on_item(int(m)) for m in np.flatnonzero(router.scene.of == body)), 0.0)
