"""A page with bodies on it, and what it costs to have one of them elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sdmodel.sketch.bodies import Body, Item, Look
from sdmodel.sketch.geometry import Bools, Floats, crosses, overlap, runs_through

# What each fault costs; a pixel of an arrow is the unit, ten to one.
OVERLAP = 400.0
_NEVER = 1e6
_THROUGH, _CROSSING, _OVER_PIPE = 70.0, 22.0, 32.0
# Free room round each item, and round a name that an arrow passes.
ROOM, CLEARANCE = (9.0, 5.0), (5.0, 3.0)
_TOO_SHORT = 42.0


@dataclass(frozen=True, slots=True, eq=False)
class Link:
    """An arrow from one item to another; `initial` if only a stock's initial value uses it."""

    start: Item
    end: Item
    initial: bool = False


class Scene:
    """Bodies, their places, and the links among their items.

    Arrays over all items have the body's number in `of`, offsets in `offset` (M, 2) and half sizes
    in `half` (M, 2); pipes are straight pieces `pieces` (S, 2, 2) of the bodies `piece_of`.
    `place` (B, 2) are the centres of the bodies; `here` tells which are on the page yet. With a
    larger `scale` arrows may be as much longer.
    """

    def __init__(
        self, bodies: Sequence[Body], links: Sequence[Link], place: Floats, scale: float = 1.0
    ) -> None:
        self.scale = scale
        self.bodies, self.links = list(bodies), list(links)
        self.place = np.array(place, dtype=float)
        self.here = np.ones(len(bodies), dtype=bool)
        items = [(n, item) for n, body in enumerate(bodies) for item in body.items]
        number = {id(item): m for m, (_, item) in enumerate(items)}
        self.items = [item for _, item in items]
        self.of = np.array([n for n, _ in items], dtype=np.intp)
        self.offset = np.array([(i.x, i.y) for i in self.items], dtype=float)
        self.half = np.array([(i.width, i.height) for i in self.items], dtype=float)
        boxes = np.array([item.look is Look.STOCK for item in self.items], dtype=float)
        self.room = np.array(ROOM) + 12 * boxes[:, None]
        self.start = np.array([number[id(one.start)] for one in links], dtype=np.intp)
        self.end = np.array([number[id(one.end)] for one in links], dtype=np.intp)
        pieces = [
            (n, line[i : i + 2])
            for n, body in enumerate(bodies)
            for line in (pipe.points() for pipe in body.pipes)
            for i in range(len(line) - 1)
        ]
        self.piece_of = np.array([n for n, _ in pieces], dtype=np.intp)
        self.pieces = np.array([line for _, line in pieces], dtype=float).reshape(-1, 2, 2)
        self._relate()

    def _relate(self) -> None:
        """Tell which items an arrow ends at, and which arrows share an end."""
        # A valve and its name are one; a link to either is no fault of the other.
        twin: dict[tuple[int, str], int] = {}
        self.same = np.array(
            [
                twin.setdefault((int(n), item.name), m) if item.look.value in _FLOW else m
                for m, (n, item) in enumerate(zip(self.of, self.items, strict=True))
            ],
            dtype=np.intp,
        )
        start, end = self.same[self.start], self.same[self.end]
        self.ends_at: Bools = (start[:, None] == self.same) | (end[:, None] == self.same)
        self.share: Bools = (
            (start[:, None] == start)
            | (start[:, None] == end)
            | (end[:, None] == start)
            | (end[:, None] == end)
        )
        self.inner: Bools = self.of[self.start] == self.of[self.end]

    def centres(self) -> Floats:
        """Return where each item is, (M, 2)."""
        return np.asarray(self.place[self.of] + self.offset)

    def neighbours(self, body: int) -> NDArray[np.intp]:
        """Return the items on the page that links join to a body."""
        a, b = self.of[self.start], self.of[self.end]
        ends = np.concatenate(
            [self.end[(a == body) & (b != body)], self.start[(b == body) & (a != body)]]
        )
        return np.asarray(ends[self.here[self.of[ends]]])

    def cost(self, body: int, places: Floats) -> Floats:
        """Return what each of some places (P, 2) costs for a body, the others staying.

        Places where it lies on something else cost so much that the rest is not worked out.
        """
        centre = self.centres()
        others = np.flatnonzero(self.here[self.of] & (self.of != body))
        mine = np.flatnonzero(self.of == body)
        total = OVERLAP * self._lying(places, centre, mine, others)
        free = total == total.min()
        total[free] += self._arrows(body, places[free], centre, mine, others)
        total[~free] += _NEVER
        return np.round(total, 6)

    def _lying(
        self, places: Floats, centre: Floats, mine: NDArray[np.intp], others: NDArray[np.intp]
    ) -> Floats:
        """Return on how much a body lies at each place: items, and pipes on items or each other."""
        at = places[:, None] + self.offset[mine]  # (P, K, 2)
        room, body = self.half + self.room, self.of[mine[0]]
        met = overlap(at[:, :, None], room[mine][:, None], centre[others], room[others])
        count = met.sum(axis=(1, 2)).astype(float)
        resting = (self.piece_of != body) & self.here[self.piece_of]
        lying = self.pieces[resting] + self.place[self.piece_of[resting]][:, None]
        carried = self.pieces[self.piece_of == body]
        if len(lying):
            hit = runs_through(lying[:, 0], lying[:, 1], at[:, :, None], room[mine][:, None])
            count += hit.sum(axis=(1, 2))
        if len(carried):
            moving = carried + places[:, None, None]  # (P, S, 2, 2)
            a, b = moving[:, :, None, 0], moving[:, :, None, 1]
            count += runs_through(a, b, centre[others], room[others]).sum(axis=(1, 2))
            if len(lying):
                count += crosses(a, b, lying[:, 0], lying[:, 1]).sum(axis=(1, 2))
        return np.asarray(count)

    def _arrows(
        self,
        body: int,
        places: Floats,
        centre: Floats,
        mine: NDArray[np.intp],
        others: NDArray[np.intp],
    ) -> Floats:
        """Return what arrows cost at each place: its own, and those in whose way it is."""
        a_body, b_body = self.of[self.start], self.of[self.end]
        moved = (a_body == body) | (b_body == body)
        shown = (self.here[a_body] | (a_body == body)) & (self.here[b_body] | (b_body == body))
        own, still = np.flatnonzero(moved & shown), np.flatnonzero(shown & ~moved)
        first, last = centre[self.start[still]], centre[self.end[still]]
        clear = self.half + CLEARANCE
        at = places[:, None] + self.offset[mine]
        through = runs_through(first, last, at[:, :, None], clear[mine][:, None])
        through &= ~self.ends_at[np.ix_(still, mine)].T
        total = _THROUGH * through.sum(axis=(1, 2)).astype(float)
        carried = self.pieces[self.piece_of == body]
        if len(carried):
            moving = carried + places[:, None, None]
            met = crosses(moving[:, :, None, 0], moving[:, :, None, 1], first, last)
            total += _OVER_PIPE * met.sum(axis=(1, 2))
        if len(own):
            total += self._links(body, places, centre, own, still, others)
        return np.asarray(total)

    def _links(
        self,
        body: int,
        places: Floats,
        centre: Floats,
        own: NDArray[np.intp],
        still: NDArray[np.intp],
        others: NDArray[np.intp],
    ) -> Floats:
        """Return what the arrows to and from a body cost at each place."""

        def end_of(items: NDArray[np.intp]) -> Floats:
            moves = (self.of[items] == body)[:, None]
            return np.asarray(np.where(moves, places[:, None] + self.offset[items], centre[items]))

        a, b = end_of(self.start[own]), end_of(self.end[own])  # (P, A, 2)
        gap = np.abs(a - b) - self.half[self.start[own]] - self.half[self.end[own]]
        gap = np.hypot(*np.moveaxis(np.maximum(gap, 0.0), -1, 0))
        length = np.hypot(*np.moveaxis(a - b, -1, 0))
        length = length / self.scale
        cost = length / 10 + 10 * (length / 260) ** 3
        cost += np.maximum(_TOO_SHORT - gap / self.scale, 0.0)
        total = np.asarray(np.where(self.inner[own], 0.0, cost).sum(axis=1))

        clear = self.half + CLEARANCE
        through = runs_through(a[:, :, None], b[:, :, None], centre[others], clear[others])
        total += _THROUGH * (through & ~self.ends_at[np.ix_(own, others)]).sum(axis=(1, 2))
        met = crosses(
            a[:, :, None], b[:, :, None], centre[self.start[still]], centre[self.end[still]]
        )
        total += _CROSSING * (met & ~self.share[np.ix_(own, still)]).sum(axis=(1, 2))
        if 1 < len(own) < 40:
            met = crosses(a[:, :, None], b[:, :, None], a[:, None], b[:, None])
            total += _CROSSING / 2 * (met & ~self.share[np.ix_(own, own)]).sum(axis=(1, 2))
        seen = self.here[self.piece_of] | (self.piece_of == body)
        if seen.any():
            moves = (self.piece_of[seen] == body)[:, None]
            base = np.where(moves, places[:, None], self.place[self.piece_of[seen]])
            line = self.pieces[seen] + base[:, :, None]  # (P, S, 2, 2)
            met = crosses(a[:, :, None], b[:, :, None], line[:, None, :, 0], line[:, None, :, 1])
            total += _OVER_PIPE * met.sum(axis=(1, 2))
        return total


_FLOW = ("valve", "flow")
