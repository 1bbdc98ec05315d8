"""Which column and row each of some joined stocks stands in."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from itertools import product

Cell = tuple[int, int]
Ends = tuple[str, str]


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


def bends_late(source: Cell, target: Cell, taken: Collection[Cell]) -> bool:
    """Return whether a pipe to another row and column best runs across first and then up or down.

    That is so unless more stocks stand in that way than in the other.
    """
    late, early = _way_round(source, target), _way_round(target, source)
    return len(late.intersection(taken)) <= len(early.intersection(taken))


def _way_round(source: Cell, target: Cell) -> set[Cell]:
    """Return the cells that a pipe crosses, first across and then up or down."""
    (x1, y1), (x2, y2) = source, target
    across = {(x, y1) for x in range(min(x1, x2), max(x1, x2) + 1)}
    down = {(x2, y) for y in range(min(y1, y2), max(y1, y2) + 1)}
    return (across | down) - {source, target}


def _cost(places: Mapping[str, Cell], inner: Sequence[Ends]) -> float:
    total = 0.0
    taken = set(places.values())
    for a, b in inner:
        (x1, y1), (x2, y2) = places[a], places[b]
        across, down = x2 - x1, y2 - y1
        between = _way_round(places[a], places[b])
        if down == 0:
            total += (1.0 if across > 0 else 1.3) + 2.0 * len(between)
        elif across == 0:
            total += (1.6 if down > 0 else 1.8) + 2.0 * len(between)
        else:
            total += 1.5 + abs(across) + abs(down)
            if not bends_late(places[a], places[b], taken):
                between = _way_round(places[b], places[a])
        total += 4.0 * len(taken.intersection(between))
    columns, rows = ({cell[axis] for cell in taken} for axis in (0, 1))
    return total + 0.15 * len(columns) + 0.3 * len(rows)
