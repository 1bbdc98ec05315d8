"""How each arrow bends, so that it passes names and crosses little."""

from __future__ import annotations

from dataclasses import dataclass, replace

import numpy as np
from numpy.typing import NDArray

from sdmodel.sketch.bodies import Look
from sdmodel.sketch.geometry import Bools, Floats, arc, crosses, runs_through
from sdmodel.sketch.scene import CLEARANCE, Scene

# Heights of arcs over their chords, and what each costs: a slight bend reads best.
_BENDS = {
    0.0: 1.5, 0.1: 0.0, -0.1: 0.0, 0.18: 1.0, -0.18: 1.0, 0.27: 4.0, -0.27: 4.0,
    0.38: 9.0, -0.38: 9.0, 0.5: 16.0, -0.5: 16.0,
}  # fmt: skip
_PIECES = 10
_THROUGH, _CROSSING, _OVER_PIPE, _LONG = 60.0, 16.0, 16.0, 1 / 40


@dataclass(frozen=True, slots=True)
class Route:
    """An arrow's way: the numbers of its items, its bend and the points of its arc.

    `faults` counts what it crosses or runs through.
    """

    start: int
    end: int
    bend: float
    points: Floats
    faults: int = 0


def routed(scene: Scene, sweeps: int = 4) -> list[Route]:
    """Return a route for each link of a scene."""
    centre = scene.centres()
    options = [_options(scene, centre, number) for number in range(len(scene.links))]
    base = [np.array([_alone(scene, centre, number, one) for one in some])
            for number, some in enumerate(options)]
    chosen = [some[int(np.argmin(cost))] for some, cost in zip(options, base, strict=True)]
    boxes = [_bounds(route.points) for route in chosen]
    for _ in range(sweeps):
        changed = False
        for number, some in enumerate(options):
            cost = base[number].copy()
            others = [
                k for k in range(len(chosen)) if k != number and not scene.share[number, k]
            ]
            akin = [k for k in range(len(chosen)) if k != number and scene.share[number, k]]
            for place, one in enumerate(some):
                cost[place] += _CROSSING * _count(one.points, _bounds(one.points), chosen, boxes, others)
                cost[place] += _CROSSING / 2 * _count(one.points[1:-1], _bounds(one.points), chosen, boxes, akin)
            best = some[int(np.argmin(np.round(cost, 6)))]
            changed |= best is not chosen[number]
            chosen[number], boxes[number] = best, _bounds(best.points)
        if not changed:
            break
    return [
        replace(route, faults=_faults(scene, centre, number, chosen, boxes))
        for number, route in enumerate(chosen)
    ]


def _faults(
    scene: Scene, centre: Floats, number: int, chosen: list[Route], boxes: list[Floats]
) -> int:
    route = chosen[number]
    others = [k for k in range(len(chosen)) if k != number and not scene.share[number, k]]
    crossed = _count(route.points, boxes[number], chosen, boxes, others)
    names, pipes = _in_the_way(scene, centre, number, route)
    return int(crossed + names + pipes)


def _options(scene: Scene, centre: Floats, number: int) -> list[Route]:
    """Return every bend, to the valve of a flow or to its name."""
    found = []
    start, end = int(scene.start[number]), int(scene.end[number])
    for a in _ends(scene, start):
        for b in _ends(scene, end):
            found += [
                Route(a, b, bend, arc(centre[a], centre[b], bend, _PIECES)) for bend in _BENDS
            ]
    return found


def _ends(scene: Scene, item: int) -> list[int]:
    if scene.items[item].look is not Look.FLOW:
        return [item]
    return [int(m) for m in np.flatnonzero(scene.same == scene.same[item])][::-1]


def _alone(scene: Scene, centre: Floats, number: int, route: Route) -> float:
    """Return what a route costs by itself: names and pipes in its way, its bend and length."""
    names, pipes = _in_the_way(scene, centre, number, route)
    steps = np.diff(route.points, axis=0)
    length = float(np.hypot(steps[:, 0], steps[:, 1]).sum())
    return _THROUGH * names + _OVER_PIPE * pipes + _BENDS[route.bend] + _LONG * length


def _in_the_way(scene: Scene, centre: Floats, number: int, route: Route) -> tuple[int, int]:
    """Return how many names and pipes a route runs through."""
    clear = scene.half + CLEARANCE
    points = route.points
    met = runs_through(points[:-1, None], points[1:, None], centre, clear).any(axis=0)
    met &= ~scene.ends_at[number]
    # The name at a valve is in the way of an arrow to the valve itself.
    for end in (route.start, route.end):
        twins: Bools = (scene.same == scene.same[end]) & (np.arange(len(scene.items)) != end)
        if twins.any():
            through = runs_through(points[:-1, None], points[1:, None], centre, scene.half - 2)
            met |= through.any(axis=0) & twins
    pipes = 0
    if len(scene.pieces):
        line = scene.pieces + scene.place[scene.piece_of][:, None]
        # Inside the boxes at its ends an arrow is not drawn.
        inside = _inside(points, centre, scene.half, (route.start, route.end))
        pieces = crosses(points[:-1, None], points[1:, None], line[:, 0], line[:, 1])
        pipes = int(pieces[~(inside[:-1] | inside[1:])].sum())
    return int(met.sum()), pipes


def _inside(points: Floats, centre: Floats, half: Floats, ends: tuple[int, int]) -> Bools:
    found: Bools = np.zeros(len(points), dtype=bool)
    for end in ends:
        found |= (np.abs(points - centre[end]) <= half[end] + 4).all(axis=1)
    return found


def _bounds(points: Floats) -> NDArray[np.float64]:
    return np.concatenate([points.min(axis=0), points.max(axis=0)])


def _count(
    points: Floats, box: Floats, chosen: list[Route], boxes: list[Floats], others: list[int]
) -> float:
    """Return how often a line crosses others."""
    if not others:
        return 0.0
    around = np.array([boxes[k] for k in others])
    near = (around[:, :2] <= box[2:]).all(axis=1) & (around[:, 2:] >= box[:2]).all(axis=1)
    if not near.any():
        return 0.0
    lines = np.array([chosen[others[k]].points for k in np.flatnonzero(near)])
    met = crosses(
        points[:-1, None, None], points[1:, None, None], lines[None, :, :-1], lines[None, :, 1:]
    )
    return float(met.sum())
