"""Find places for bodies on a page: one after the other, then again and again, ever cooler."""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sdmodel.sketch.bodies import Body, Item
from sdmodel.sketch.geometry import Floats
from sdmodel.sketch.scene import Link, Scene

GRID = (60, 40)
MARGIN = 30
_WARM, _COLD = 24.0, 1.0
# How far stocks with their flows should be from others, in pixels, for names to have room.
_APART = 130
# What a pixel from the middle of the page costs.
_PULL = 0.005


def arranged(
    bodies: Sequence[Body],
    links: Sequence[Link],
    page: tuple[int, int],
    *,
    start: Floats | None = None,
    rounds: int = 22,
    top: int = 0,
    scale: float = 1.0,
    seed: int = 0,
) -> Scene:
    """Return the bodies on a page, without one upon another and with few arrows crossing.

    Each body in turn goes to one of the places of the grid, the cheaper the likelier (a heat
    bath), while the temperature falls; the last rounds take the cheapest. The same input always
    gives the same page.

    Parameters
    ----------
    bodies, links
        What is to be placed.
    page : (int, int)
        Width and height in pixels.
    start : array (B, 2), optional
        Where to start from; rows that are NaN have no place yet.
    rounds : int
        How often every body is moved.
    top : int
        Height at the top of the page to keep free.
    scale : float
        How much longer than usual arrows may be.
    seed : int
        Another one gives another page, as good on average.
    """
    places = np.full((len(bodies), 2), np.nan) if start is None else np.array(start)
    scene = Scene(bodies, links, places, scale)
    scene.here = ~np.isnan(places[:, 0])
    chance = np.random.Generator(np.random.PCG64((len(bodies), seed)))
    grids = [_grid(body, page, top) for body in bodies]
    _put_all(scene, grids, page)
    middle = np.array(page) / 2
    order = np.arange(len(bodies))
    heat = _WARM if start is None else _WARM / 4
    cooling = (_COLD / heat) ** (1 / max(1, rounds - 4))
    for turn in range(rounds):
        cold = turn >= rounds - 3
        chance.shuffle(order)
        moved = False
        for body in order:
            candidates = _candidates(scene, int(body), grids[body], chance)
            cost = scene.cost(int(body), candidates) + _crowding(scene, int(body), candidates)
            # What is linked to nothing on the page is drawn to the rest.
            cost = cost + _PULL * np.hypot(*(candidates - middle).T)
            if not cold:
                # The place with the least cost plus Gumbel noise is a draw from Boltzmann's law.
                cost = cost + heat * -_gumbel(chance, len(cost))
            best = candidates[int(np.argmin(cost))]
            moved |= bool((best != scene.place[body]).any())
            scene.place[body] = best
        heat *= cooling
        if cold and not moved:
            break
    return scene


def _gumbel(chance: np.random.Generator, count: int) -> Floats:
    return np.asarray(-np.log(-np.log(chance.random(count) * (1 - 2e-16) + 1e-16)))


def extent(items: Sequence[Item]) -> tuple[int, int, int, int]:
    """Return how far items reach to the left, top, right and bottom of their body's centre."""
    return (
        min(i.x - i.width for i in items),
        min(i.y - i.height for i in items),
        max(i.x + i.width for i in items),
        max(i.y + i.height for i in items),
    )


def _grid(body: Body, page: tuple[int, int], top: int) -> Floats:
    """Return the places at which all of a body is on the page, (P, 2)."""
    left, up, right, down = extent(body.items)
    corners = [point for pipe in body.pipes for point in pipe.points()]
    up = min([up, *(y for _, y in corners)])
    low = (MARGIN - left, MARGIN + top - up)
    high = (page[0] - MARGIN - right, page[1] - MARGIN - down)
    axes = []
    for axis, step in enumerate(GRID):
        first = -(-low[axis] // step) * step
        axes.append(np.arange(first, max(high[axis], first) + 1, step, dtype=float))
    x, y = np.meshgrid(*axes, indexing="ij")
    return np.stack([x.ravel(), y.ravel()], axis=1)


def _put_all(scene: Scene, grids: Sequence[Floats], page: tuple[int, int]) -> None:
    """Place the bodies that have no place: the largest first, then what is linked to most."""
    middle = np.array(page) / 2
    while not scene.here.all():
        waiting = np.flatnonzero(~scene.here)
        rank = [
            (-len(scene.bodies[n].items) // 2, -len(scene.neighbours(int(n))), int(n))
            for n in waiting
        ]
        body = min(rank)[2]
        scene.place[body] = grids[body][0]
        cost = scene.cost(body, grids[body])
        cost = cost + 4 * _PULL * np.hypot(*(grids[body] - middle).T)
        cost = cost + _crowding(scene, body, grids[body])
        scene.place[body] = grids[body][int(np.argmin(np.round(cost, 6)))]
        scene.here[body] = True


def _crowding(scene: Scene, body: int, places: Floats) -> Floats:
    """Return what it costs stocks and flows to be so near to others that names find no room."""
    total = np.zeros(len(places))
    if not scene.bodies[body].rooted:
        return total
    mine = np.array(extent(scene.bodies[body].items), dtype=float)
    for other, there in enumerate(scene.bodies):
        if other == body or not scene.here[other] or not there.rooted:
            continue
        theirs = np.array(extent(there.items), dtype=float)
        gap = np.maximum(
            scene.place[other] + theirs[:2] - places - mine[2:],
            places + mine[:2] - scene.place[other] - theirs[2:],
        ).max(axis=1)
        total += np.maximum(_APART - gap, 0.0)
    return total


def surroundings(scene: Scene, page: tuple[int, int], top: int = 0) -> list[Floats]:
    """Return for each body the places round what it is linked to."""
    chance = np.random.Generator(np.random.PCG64(0))
    return [
        _candidates(scene, number, _grid(body, page, top), chance)
        for number, body in enumerate(scene.bodies)
    ]


def _candidates(
    scene: Scene, body: int, grid: Floats, chance: np.random.Generator, near: int = 90
) -> Floats:
    """Return where a body may go: round what it is linked to, where it is, and some others."""
    if scene.bodies[body].rooted:
        # What moves much would leave behind the names round it.
        near //= 3
        middle = scene.place[body]
    else:
        items = scene.neighbours(body)
        middle = scene.centres()[items].mean(axis=0) if len(items) else scene.place[body]
    away = np.abs(grid - middle).max(axis=1) if len(grid) > near else np.zeros(len(grid))
    nearest = np.argsort(away, kind="stable")[:near]
    if scene.bodies[body].rooted:
        return np.concatenate([scene.place[body][None], grid[nearest]])
    drawn = chance.integers(len(grid), size=12)
    return np.concatenate([scene.place[body][None], grid[nearest], grid[drawn]])
