"""Stocks with their flows: boxes in rows and columns, pipes straight or round a corner."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import product

from sdmodel.sketch.bodies import BOX, CLOUD, VALVE, Body, Item, Look, Pipe, Side
from sdmodel.sketch.words import label

ACROSS, DOWN = 320, 240
# From the edge of a box to the valve of a cloud's flow, and from there to the cloud.
_TO_VALVE, _TO_CLOUD = 80, 80
_UP_TO_VALVE, _UP_TO_CLOUD = 55, 40
_LEFT, _RIGHT, _TOP, _BOTTOM = (-1, 0), (1, 0), (0, -1), (0, 1)
_INTO, _OUT_OF = (_LEFT, _TOP, _BOTTOM, _RIGHT), (_RIGHT, _BOTTOM, _TOP, _LEFT)

Cell = tuple[int, int]
Ends = tuple[str, str]


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


def arrange(stocks: Sequence[str], flows: Mapping[str, Ends]) -> dict[str, Cell]:
    """Return a column and row for each stock, so that pipes are short, straight and to the right.

    Examples
    --------
    >>> arrange(["young", "old"], {"aging": ("young", "old"), "death": ("old", "")})
    {'young': (0, 0), 'old': (1, 0)}
    """
    inner = [(a, b) for a, b in flows.values() if a and b]
    places = {stock: (number, 0) for number, stock in enumerate(_in_order(stocks, inner))}
    # No more than four boxes fit beside each other on a page.
    cells = list(product(range(min(len(stocks), 4)), range(len(stocks))))
    for number, stock in enumerate(places):
        places[stock] = (number % 4, number // 4)
    best = _cost(places, inner)
    better = True
    while better:
        better = False
        for stock in stocks:
            for cell in cells:
                tried = dict(places)
                taken = next((s for s, c in places.items() if c == cell), None)
                if taken:
                    tried[taken] = places[stock]
                tried[stock] = cell
                cost = _cost(tried, inner)
                if cost < best - 1e-9:
                    places, best, better = tried, cost, True
    left, top = (min(cell[axis] for cell in places.values()) for axis in (0, 1))
    return {stock: (column - left, row - top) for stock, (column, row) in places.items()}


def _in_order(stocks: Sequence[str], inner: Sequence[Ends]) -> list[str]:
    """Return the stocks as material runs through them, from those nothing flows into."""
    order: list[str] = []
    starts = [s for s in stocks if all(b != s for _, b in inner)]
    for start in (*starts, *stocks):
        queue = [start]
        while queue:
            stock = queue.pop(0)
            if stock not in order:
                order.append(stock)
                queue += [b for a, b in inner if a == stock]
    return order


def _cost(places: Mapping[str, Cell], inner: Sequence[Ends]) -> float:
    total = 0.0
    taken = set(places.values())
    for a, b in inner:
        (x1, y1), (x2, y2) = places[a], places[b]
        across, down = x2 - x1, y2 - y1
        if down == 0:
            total += 1.0 if across > 0 else 1.3
            between = [(x, y1) for x in range(min(x1, x2) + 1, max(x1, x2))]
            total += 2.0 * len(between)
        elif across == 0:
            total += 1.6 if down > 0 else 1.8
            between = [(x1, y) for y in range(min(y1, y2) + 1, max(y1, y2))]
            total += 2.0 * len(between)
        else:
            total += 1.5 + abs(across) + abs(down)
            between = [(x2, y1)]
        total += 4.0 * len(taken.intersection(between))
    columns, rows = ({cell[axis] for cell in taken} for axis in (0, 1))
    return total + 0.15 * len(columns) + 0.3 * len(rows)


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
        return (_RIGHT if x2 > x1 else _LEFT), down[1]

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
                shared = [one for one in at_a if one in at_b]
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
        else:
            shared = [one for one in at_a if one in at_b]
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
            away = CLOUD[1] + size.height
            note = Item(Look.NOTE, "", size.width, size.height, text=" ".join(size.lines))
            note.x, note.y = cloud.x, cloud.y + (away if way[0] else way[1] * away)
            self.body.items.append(note)
        self.body.pipes += (
            Pipe(valve, box if fills else cloud, True),
            Pipe(valve, cloud if fills else box, False),
        )
