"""Stocks with their flows: boxes in rows and columns, pipes straight or round a corner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence

from sdmodel.sketch.arrange import Cell, Ends, arrange, bends_late
from sdmodel.sketch.bodies import BOX, CLOUD, VALVE, Body, Item, Look, Pipe, Side
from sdmodel.sketch.words import label

ACROSS, DOWN = 320, 240
# From the edge of a box to the valve of a cloud's flow, and from there to the cloud.
_TO_VALVE, _TO_CLOUD = 80, 80
_UP_TO_VALVE, _UP_TO_CLOUD = 55, 40
_LEFT, _RIGHT, _TOP, _BOTTOM = (-1, 0), (1, 0), (0, -1), (0, 1)
_INTO, _OUT_OF = (_LEFT, _TOP, _BOTTOM, _RIGHT), (_RIGHT, _BOTTOM, _TOP, _LEFT)


def stock_flow_bodies(
    stocks: Sequence[str], flows: Mapping[str, Ends], names: Mapping[str, str]
) -> list[Body]:
    """Return a body for each set of stocks that flows join.

    Parameters
    ----------
    stocks : sequence of str
        The stocks to draw, by key.
    flows : mapping of str to (str, str)
        For each flow to draw the stock it drains and the stock it fills; "" or a stock that is
        not among `stocks` becomes a cloud, which says where it comes from or goes.
    names : mapping of str to str
        How each key is shown.
    """
    inside = {
        flow: (a if a in stocks else "", b if b in stocks else "") for flow, (a, b) in flows.items()
    }
    beyond = {
        flow: next((end for end in pair if end and end not in stocks), "")
        for flow, pair in flows.items()
    }
    return [
        _Component(
            part, {f: e for f, e in inside.items() if set(e) & set(part)}, names, beyond
        ).body
        for part in _joined(stocks, inside)
    ]


def _joined(stocks: Sequence[str], flows: Mapping[str, Ends]) -> Iterator[list[str]]:
    left = list(stocks)
    while left:
        found = [left[0]]
        for stock in found:
            for a, b in flows.values():
                other = b if a == stock else a if b == stock else ""
                if other and other not in found:
                    found.append(other)
        yield [stock for stock in stocks if stock in found]
        left = [stock for stock in left if stock not in found]


class _Component:
    """One set of joined stocks while its body is made."""

    def __init__(
        self,
        stocks: Sequence[str],
        flows: Mapping[str, Ends],
        names: Mapping[str, str],
        beyond: Mapping[str, str],
    ) -> None:
        self.names, self.beyond = names, beyond
        self.body = Body()
        self.cells = arrange(stocks, flows)
        self.boxes: dict[str, Item] = {}
        for stock in stocks:
            size = label(names[stock], 2 * BOX[0] - 16)
            column, row = self.cells[stock]
            self.boxes[stock] = Item(
                Look.STOCK,
                stock,
                max(BOX[0], size.width + 4),
                max(BOX[1], size.height + 6),
                column * ACROSS,
                row * DOWN,
            )
        self.body.items += self.boxes.values()
        self._plan(flows)

    def _plan(self, flows: Mapping[str, Ends]) -> None:
        """Give each flow a side of its boxes, then draw side by side what shares one."""
        sides: dict[tuple[str, Cell], list[str]] = {}
        ways: dict[str, tuple[Cell, Cell]] = {}
        for flow, (a, b) in flows.items():
            if a and b:
                ways[flow] = self._ways(a, b)
                sides.setdefault((a, ways[flow][0]), []).append(flow)
                sides.setdefault((b, ways[flow][1]), []).append(flow)
        for flow, (a, b) in flows.items():
            if a and b:
                continue
            stock, wanted = (b, _INTO) if b else (a, _OUT_OF)
            column, row = self.cells[stock]

            def crowd(way: Cell, stock: str = stock, column: int = column, row: int = row) -> float:
                here = len(sides.get((stock, way), ()))
                beside = (column + way[0], row + way[1]) in self.cells.values()
                return 2 * here + 3 * beside

            way = min(wanted, key=crowd)
            ways[flow] = (way, way)
            sides.setdefault((stock, way), []).append(flow)
        self.flows = flows
        for (stock, way), sharing in sides.items():
            if len(sharing) > 2 or (way[0] and self._apart(sharing)):
                room = 30 * len(sharing) - 10
                box = self.boxes[stock]
                if way[0]:
                    box.height = max(box.height, room)
                else:
                    box.width = max(box.width, 2 * room)
        for flow, (a, b) in flows.items():
            out, into = ways[flow]
            if a and b:
                self._between(flow, a, b, out, sides[a, out], sides[b, into])
            else:
                self._cloud(flow, b or a, bool(b), out, sides[b or a, out])

    def _ways(self, a: str, b: str) -> tuple[Cell, Cell]:
        """Return the side of its stock that a flow leaves by, and the one it comes in by."""
        (x1, y1), (x2, y2) = self.cells[a], self.cells[b]
        if y1 == y2 and abs(x1 - x2) > 1:
            return _TOP, _TOP
        if y1 == y2:
            return (_RIGHT, _LEFT) if x2 > x1 else (_LEFT, _RIGHT)
        down = (_BOTTOM, _TOP) if y2 > y1 else (_TOP, _BOTTOM)
        if x1 == x2:
            return down
        right = x2 > x1
        if bends_late(self.cells[a], self.cells[b], self.cells.values()):
            return (_RIGHT if right else _LEFT), down[1]
        return down[0], (_LEFT if right else _RIGHT)

    def _apart(self, sharing: Sequence[str]) -> bool:
        """Return whether pipes on one side of a box need room for a name under each."""
        outside = all("" in self.flows[flow] for flow in sharing)
        return len(sharing) > 2 or (len(sharing) == 2 and outside)

    def _slot(self, flow: str, sharing: Sequence[str], *, upright: bool) -> int:
        """Return how far from the middle of a box's side a pipe runs."""
        wide = len(sharing) > 2 if upright else self._apart(sharing)
        step = (120 if wide else 60) if upright else (60 if wide else 32)
        return round((sharing.index(flow) - (len(sharing) - 1) / 2) * step)

    def _valve(self, flow: str, x: int, y: int, side: Side, *, upright: bool) -> Item:
        valve = Item(Look.VALVE, flow, *(VALVE[::-1] if upright else VALVE), x, y, side, upright)
        size = label(self.names[flow])
        away = {
            Side.BELOW: (0, VALVE[1] + size.height),
            Side.ABOVE: (0, -VALVE[1] - size.height),
            Side.RIGHT: (VALVE[1] + 2 + size.width, 0),
            Side.LEFT: (-VALVE[1] - 2 - size.width, 0),
        }[side]
        name = Item(Look.FLOW, flow, size.width, size.height, x + away[0], y + away[1])
        self.body.items += (valve, name)
        return valve

    def _between(
        self, flow: str, a: str, b: str, out: Cell, at_a: Sequence[str], at_b: Sequence[str]
    ) -> None:
        source, target = self.boxes[a], self.boxes[b]
        corners: tuple[Cell | None, Cell | None] = (None, None)
        if out[0]:
            y = source.y + self._slot(flow, at_a, upright=False)
            side = Side.ABOVE if len(at_a) > 1 and at_a.index(flow) == 0 else Side.BELOW
            if source.y == target.y:
                shared = max(at_a, at_b, key=len)
                y = source.y + self._slot(flow, shared, upright=False)
                side = Side.ABOVE if len(shared) > 1 and shared.index(flow) == 0 else Side.BELOW
                x = (source.x + out[0] * source.width + target.x - out[0] * target.width) // 2
            else:
                turn = target.x + self._slot(flow, at_b, upright=True)
                corners = (None, (turn, y))
                x = (source.x + out[0] * source.width + turn) // 2
            valve = self._valve(flow, x, y, side, upright=False)
        elif source.y == target.y:  # over what lies between
            over = source.y - max(source.height, target.height) - 60
            over -= 50 * at_a.index(flow)
            x1 = source.x + self._slot(flow, at_a, upright=True)
            x2 = target.x + self._slot(flow, at_b, upright=True)
            corners = ((x1, over), (x2, over))
            valve = self._valve(flow, (x1 + x2) // 2, over, Side.ABOVE, upright=False)
        elif source.x != target.x:
            turn = source.x + self._slot(flow, at_a, upright=True)
            y = target.y + self._slot(flow, at_b, upright=False)
            side = Side.ABOVE if len(at_b) > 1 and at_b.index(flow) == 0 else Side.BELOW
            into = -1 if target.x > turn else 1
            corners = ((turn, y), None)
            x = (target.x + into * target.width + turn) // 2
            valve = self._valve(flow, x, y, side, upright=False)
        else:
            shared = max(at_a, at_b, key=len)
            x = source.x + self._slot(flow, shared, upright=True)
            side = Side.LEFT if len(shared) > 1 and shared.index(flow) == 0 else Side.RIGHT
            y = (source.y + target.y) // 2
            valve = self._valve(flow, x, y, side, upright=True)
        self.body.pipes += (
            Pipe(valve, target, True, corners[1]),
            Pipe(valve, source, False, corners[0]),
        )

    def _cloud(self, flow: str, stock: str, fills: bool, way: Cell, sharing: Sequence[str]) -> None:
        box = self.boxes[stock]
        place = sharing.index(flow)
        cloud = Item(Look.CLOUD, "", *CLOUD)
        if way[0]:
            y = box.y + self._slot(flow, sharing, upright=False)
            x = box.x + way[0] * (box.width + _TO_VALVE)
            mixed = len(sharing) == 2 and not self._apart(sharing)
            side = Side.ABOVE if mixed and place == 0 else Side.BELOW
            valve = self._valve(flow, x, y, side, upright=False)
            cloud.x, cloud.y = x + way[0] * _TO_CLOUD, y
        else:
            x = box.x + self._slot(flow, sharing, upright=True)
            y = box.y + way[1] * (box.height + _UP_TO_VALVE)
            side = Side.LEFT if len(sharing) == 2 and place == 0 else Side.RIGHT
            valve = self._valve(flow, x, y, side, upright=True)
            cloud.x, cloud.y = x, y + way[1] * _UP_TO_CLOUD
        self.body.items.append(cloud)
        beyond = self.beyond.get(flow, "")
        if beyond:
            size = label(f"{'from' if fills else 'to'} {self.names[beyond]}")
            note = Item(Look.NOTE, "", size.width, size.height, text=" ".join(size.lines))
            aside = CLOUD[0] + 4 + size.width
            if way[0]:
                note.x, note.y = cloud.x + way[0] * aside, cloud.y
            elif len(sharing) > 1:
                note.x, note.y = cloud.x + (-aside if place == 0 else aside), cloud.y
            else:
                note.x, note.y = cloud.x, cloud.y + way[1] * (CLOUD[1] + size.height)
            self.body.items.append(note)
        self.body.pipes += (
            Pipe(valve, box if fills else cloud, True),
            Pipe(valve, cloud if fills else box, False),
        )
