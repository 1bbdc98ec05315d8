"""The views of an XMILE file, as those of a Vensim sketch: the same shapes are drawn of both.

XMILE says where the middle of everything is, but not how large a name is; a connector has the
angle at which it leaves (XMILE 1.0, chapter 6). What such a view has beside names, flows,
connectors and aliases, such as graphs and buttons, is left out.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from sdmodel.frontends.sketch import Arrow, Kind, View
from sdmodel.frontends.sketch import Element as Drawn
from sdmodel.frontends.xmile.markup import Element, MarkupError, read_markup
from sdmodel.frontends.xmile.words import plain_name
from sdmodel.names import key
from sdmodel.source import SourceText

_STOCK, _WORD = (45, 20), (55, 11)
_BOX, _PLAIN, _ON_VALVE = 3, 8, 40
_IN, _OUT, _PIPE = 4, 100, 22
# Names stand so far below the middle of a valve.
_BELOW = 20


def read_views(source: SourceText) -> tuple[View, ...]:
    """Return the views of an XMILE file that show variables.

    Examples
    --------
    >>> text = '''<xmile><model><views><view><aux name="birth_rate" x="9" y="9"/></view></views>
    ... </model></xmile>'''
    >>> [one.name for one in read_views(SourceText("pond.stmx", text))[0].elements]
    ['birth rate']
    """
    try:
        root = read_markup(source)
    except MarkupError:
        return ()
    found: list[View] = []
    for model in (one for one in _below(root) if _local(one) == "model"):
        title = model.get("name")
        for one in (view for view in _below(model) if _local(view) == "view"):
            view = _Reader(one).view(one.get("name") or title or f"View {len(found) + 1}")
            if view.elements:
                found.append(view)
    return tuple(found)


def _below(element: Element) -> list[Element]:
    """Return all elements within another, in the order of the file."""
    return sorted((one for one in element.everything() if one is not element), key=lambda e: e.at)


def _local(element: Element) -> str:
    return element.name.rpartition(":")[2]


class _Reader:
    def __init__(self, view: Element) -> None:
        self.parts = _below(view)
        self.elements: list[Drawn] = []
        self.arrows: list[Arrow] = []
        self.ids: dict[str, int] = {}
        self.last = 0

    def view(self, name: str) -> View:
        for one in self.parts:
            place = _place(one)
            if place and _local(one) == "stock":
                self.word(one, place, one.get("name"), _BOX, 3)
            elif place and _local(one) in ("aux", "module"):
                self.word(one, place, one.get("name"), _PLAIN, 3)
            elif place and _local(one) == "alias":
                of = next((part.text for part in one.children if _local(part) == "of"), "")
                self.word(one, place, of, _PLAIN, 2)
        for one in self.parts:
            place = _place(one)
            if place and _local(one) == "flow":
                self.flow(one, place)
        for one in self.parts:
            if _local(one) == "connector":
                self.connector(one)
        return View(name, "", tuple(self.elements), tuple(self.arrows))

    def new(self) -> int:
        self.last += 1
        return self.last

    def add(
        self, kind: Kind, name: str, place: tuple[int, int], half: tuple[int, int], shape: int,
        bits: int = 3,
    ) -> int:  # fmt: skip
        number = self.new()
        self.elements.append(Drawn(kind, number, name, *place, *half, shape, bits))
        return number

    def word(self, one: Element, place: tuple[int, int], name: str, shape: int, bits: int) -> None:
        half = _STOCK if shape == _BOX else _WORD
        if one.get("width") and one.get("height") and shape == _BOX:
            # Where a size is given, the place is that of the corner.
            half = (round(_number(one, "width") / 2), round(_number(one, "height") / 2))
            place = (place[0] + half[0], place[1] + half[1])
        said = _said(name)
        number = self.add(Kind.VARIABLE, said, place, half, shape, bits)
        self.ids.setdefault(f"uid {one.get('uid')}" if bits == 2 else key(said), number)

    def flow(self, one: Element, place: tuple[int, int]) -> None:
        name = _said(one.get("name"))
        points = [p for part in _below(one) if _local(part) == "pt" and (p := _place(part))]
        upright = len(points) > 1 and abs(points[0][0] - points[-1][0]) < abs(
            points[0][1] - points[-1][1]
        )
        valve = self.add(
            Kind.VALVE, "0", place, (8, 6) if upright else (6, 8), 33 if upright else 34
        )
        below = (place[0], place[1] + _BELOW)
        self.ids.setdefault(key(name), self.add(Kind.VARIABLE, name, below, _WORD, _ON_VALVE))
        # The arrow of a cause ends at the valve, as in the file.
        self.ids[key(name)] = valve
        if len(points) < 2:
            return
        turn = _nearest(points, place)
        back, on = points[turn:0:-1], points[turn + 1 : -1]
        for end, shape, way in ((points[0], _OUT, back), (points[-1], _IN, on)):
            corners = tuple(way) or (_between(place, end),)
            self.arrows.append(Arrow(self.new(), valve, self.at(end), shape, _PIPE, points=corners))

    def at(self, point: tuple[int, int]) -> int:
        """Return the stock at a point, or a new cloud."""
        for one in self.elements:
            if (
                one.boxed
                and abs(one.x - point[0]) <= one.width + 3
                and (abs(one.y - point[1]) <= one.height + 3)
            ):
                return one.id
        return self.add(Kind.COMMENT, "48", point, (10, 8), 0)

    def connector(self, one: Element) -> None:
        ends = []
        for word in ("from", "to"):
            part = next((p for p in one.children if _local(p) == word), None)
            if part is None:
                return
            alias = next((p for p in part.children if _local(p) == "alias"), None)
            name = f"uid {alias.get('uid')}" if alias is not None else key(_said(part.text))
            if name not in self.ids:
                return
            ends.append(self.ids[name])
        start, end = (next(e for e in self.elements if e.id == number) for number in ends)
        handle = _handle((start.x, start.y), (end.x, end.y), one.get("angle"))
        self.arrows.append(
            Arrow(self.new(), start.id, end.id, 1 if handle else 0, points=(handle or (0, 0),))
        )


def _said(name: str) -> str:
    return plain_name(name.replace("_", " "))


def _nearest(points: Sequence[tuple[int, int]], place: tuple[int, int]) -> int:
    """Return on which piece of a line a point lies, or nearly so.

    >>> _nearest([(0, 0), (9, 0), (9, 9)], (9, 5))
    1
    """

    def away(piece: int) -> float:
        (ax, ay), (bx, by) = points[piece], points[piece + 1]
        across, down = bx - ax, by - ay
        length = across**2 + down**2
        share = ((place[0] - ax) * across + (place[1] - ay) * down) / length if length else 0.0
        share = min(max(share, 0.0), 1.0)
        return math.hypot(ax + share * across - place[0], ay + share * down - place[1])

    return min(range(len(points) - 1), key=away)


def _between(a: tuple[int, int], b: tuple[int, int]) -> tuple[int, int]:
    return round((a[0] + b[0]) / 2), round((a[1] + b[1]) / 2)


def _handle(a: tuple[int, int], b: tuple[int, int], said: str) -> tuple[int, int] | None:
    """Return the top of the arc that leaves at an angle, counted against the clock from the right.

    >>> _handle((0, 0), (100, 0), "90"), _handle((0, 0), (100, 0), "0")
    ((50, -50), None)
    """
    try:
        leaves = math.radians(float(said))
    except ValueError:
        return None
    across, down = b[0] - a[0], b[1] - a[1]
    length = math.hypot(across, down)
    if not length or not math.isfinite(leaves):
        return None
    turn = math.remainder(leaves - math.atan2(-down, across), 2 * math.pi)
    # An arc's height over its chord, from the angle between both where they meet.
    height = length / 2 * math.tan(max(-2.6, min(2.6, turn)) / 2)
    if abs(height) < 2:
        return None
    x = (a[0] + b[0]) / 2 + down / length * height
    y = (a[1] + b[1]) / 2 - across / length * height
    return round(x), round(y)


def _place(one: Element) -> tuple[int, int] | None:
    if not (one.get("x") and one.get("y")):
        return None
    x, y = _number(one, "x"), _number(one, "y")
    return (round(x), round(y)) if max(abs(x), abs(y)) < 1e6 else None


def _number(one: Element, name: str) -> float:
    try:
        value = float(one.get(name))
    except ValueError:
        return math.inf
    return value if math.isfinite(value) else math.inf
