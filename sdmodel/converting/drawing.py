"""The view of an XMILE file as a sketch of Vensim: the same places, pipes and arrows."""

from __future__ import annotations

import math
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field

from sdmodel.frontends.sketch import Arrow, Kind, View
from sdmodel.frontends.sketch import Element as Drawn
from sdmodel.frontends.xmile.markup import Element, MarkupError, read_markup
from sdmodel.frontends.xmile.words import plain_name
from sdmodel.names import key
from sdmodel.sketch.page import STYLE
from sdmodel.sketch.words import label
from sdmodel.source import SourceText

MARGIN = 80  # left of and above what is drawn, in pixels
_GREY = "0,3,-1,0,0,0,128-128-128,0-0-0,|10||128-128-128"
_PLAIN, _HIDDEN = "0,0,0,0,0,0", "0,0,-1,0,0,0"
_TO, _FROM, _THICK = 4, 100, 22  # of the two halves of a pipe
Point = tuple[float, float]


@dataclass
class _Sheet:
    """The sketch on its way; `ids` has each variable's own element, `places` all of them."""

    named: Callable[[str], str]
    ends: Mapping[str, tuple[str, str]]
    shift: Point
    elements: list[Drawn] = field(default_factory=list)
    arrows: list[Arrow] = field(default_factory=list)
    ids: dict[str, int] = field(default_factory=dict)
    aliases: dict[str, int] = field(default_factory=dict)
    number: int = 0

    def next(self) -> int:
        """Return an id that nothing has."""
        self.number += 1
        return self.number

    def add(self, kind: Kind, name: str, at: Point, size: Point, shape: int, bits: int) -> int:
        """Add an element at a place of the view; return its id."""
        x, y = (round(value + move) for value, move in zip(at, self.shift, strict=True))
        style = _GREY if kind is Kind.VARIABLE and bits == 2 else _PLAIN
        style = style if kind is Kind.VARIABLE and shape != 40 else _HIDDEN
        width, height = round(size[0]), round(size[1])
        one = Drawn(kind, self.next(), name, x, y, width, height, shape, bits, style=style)
        self.elements.append(one)
        return one.id

    def word(self, name: str, at: Point, *, stock: bool = False, shadow: bool = False) -> int:
        """Add a variable."""
        box = label(name)
        size = (max(box.width, 40), max(box.height, 20)) if stock else (box.width, box.height)
        return self.add(Kind.VARIABLE, name, at, size, 3 if stock else 8, 2 if shadow else 3)

    def flow(self, name: str, at: Point, points: list[Point]) -> None:
        """Add a valve with its name and both halves of its pipe."""
        valve = self.add(Kind.VALVE, "0", at, (6, 8), 34, 3)
        box = label(name)
        below = (at[0], at[1] + 10 + box.height)
        size = (box.width, box.height)
        self.ids[key(name)] = self.add(Kind.VARIABLE, name, below, size, 40, 3)
        stocks = self.ends.get(key(name), ("", ""))
        for stock, point, shape in zip(stocks, (points[0], points[-1]), (_FROM, _TO), strict=True):
            end = self.ids.get(stock) if stock else None
            if end is None:
                end = self.add(Kind.COMMENT, "48", point, (10, 8), 0, 3)
            middle = self._turn(at, point, points[1:-1])
            self.arrows.append(
                Arrow(self.next(), valve, end, shape, _THICK, points=(self._moved(middle),))
            )

    def _turn(self, valve: Point, end: Point, corners: list[Point]) -> Point:
        """Return where half of a pipe turns, or its middle where it is straight."""
        if abs(valve[0] - end[0]) < 1 or abs(valve[1] - end[1]) < 1 or not corners:
            return ((valve[0] + end[0]) / 2, (valve[1] + end[1]) / 2)
        return min(corners, key=lambda one: math.dist(one, end))

    def _moved(self, point: Point) -> tuple[int, int]:
        return round(point[0] + self.shift[0]), round(point[1] + self.shift[1])


def drawing(
    source: SourceText, named: Callable[[str], str], ends: Mapping[str, tuple[str, str]]
) -> View | None:
    """Return the drawing of an XMILE file; None where it has none.

    Parameters
    ----------
    source
        The file.
    named
        Gives a variable its name in the new file, or nothing where it is not in it.
    ends
        The stocks that each flow drains and fills, by keys, as `Structure.ends` has them.
    """
    view = _main_view(source)
    if view is None:
        return None
    placed = [one for one in view.children if _place(one) is not None]
    corner = [min(place[axis] for one in placed if (place := _place(one))) for axis in (0, 1)]
    sheet = _Sheet(named, ends, (MARGIN - corner[0], MARGIN - corner[1]))
    for one in placed:
        name, at = named(plain_name(one.get("name"))), _place(one)
        if one.name in ("stock", "aux", "gf") and name and at and key(name) not in sheet.ids:
            sheet.ids[key(name)] = sheet.word(name, at, stock=one.name == "stock")
    for one in placed:
        name, at = named(plain_name(one.get("name"))), _place(one)
        if one.name == "flow" and name and at and key(name) not in sheet.ids:
            sheet.flow(name, at, _points(one, at))
    for one in placed:
        known, at = one.one("of"), _place(one)
        name = named(plain_name(known.text)) if known is not None else ""
        if one.name == "alias" and name and at:
            sheet.aliases[one.get("uid")] = sheet.word(name, at, shadow=True)
    for one in view.all("connector"):
        _connect(sheet, one)
    return View("View 1", STYLE, tuple(sheet.elements), tuple(sheet.arrows))


def _main_view(source: SourceText) -> Element | None:
    """Return the view of the main model that shows stocks and flows."""
    try:
        root = read_markup(source)
    except MarkupError:
        return None
    for model in root.everything():
        if model.name != "model" or model.get("name"):
            continue
        views = (view for group in model.all("views") for view in group.all("view"))
        for view in views:
            if any(_place(one) and one.get("name") for one in view.children):
                return view
    return None


def _place(one: Element) -> Point | None:
    """Return the middle of an element; with a width, x and y are its upper left corner."""
    try:
        x, y = float(one.get("x")), float(one.get("y"))
        width, height = float(one.get("width") or 0), float(one.get("height") or 0)
    except ValueError:
        return None
    return x + width / 2, y + height / 2


def _points(flow: Element, at: Point) -> list[Point]:
    group = flow.one("pts")
    found = [place for one in group.all("pt") if (place := _place(one))] if group else []
    return found if len(found) > 1 else [(at[0] - 40, at[1]), (at[0] + 40, at[1])]


def _connect(sheet: _Sheet, connector: Element) -> None:
    begin, end = connector.one("from"), connector.one("to")
    if begin is None or end is None:
        return
    alias = begin.one("alias")
    start = (
        sheet.aliases.get(alias.get("uid"))
        if alias is not None
        else sheet.ids.get(key(sheet.named(plain_name(begin.text))))
    )
    target = sheet.ids.get(key(sheet.named(plain_name(end.text))))
    if start is not None and target is not None and start != target:
        sheet.arrows.append(Arrow(sheet.next(), start, target, points=((0, 0),)))
