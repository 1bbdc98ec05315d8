"""What is drawn of a view: lines, boxes and words, in the order in which they cover each other."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field

import numpy as np

from sdmodel.frontends.sketch import Arrow, Element, Kind, View
from sdmodel.names import key
from sdmodel.sketch.geometry import Floats, arcs, bend_of
from sdmodel.sketch.words import LINE, SIZE, label, text_width, unquoted
from sdmodel.style import INK, SOFT, TINT

POINT = 4 / 3  # pixels in a point, at 96 dots an inch
_MARGIN = 24
_BOX, _LOOPS = 3, {4: False, 5: True}
_CLOUD = "48"
_CURVED, _SQUARE, _NO_HEAD = 1, 2, 32
# Bits of a comment that shows a graph, a slider or the like: only its name is written.
_DEVICE = 56
# Which bits of a word's record say that its own letters count.
_COLOUR, _SIZE, _ATTRIBUTES = 2, 8, 16
_RGB = re.compile(r"(\d{1,3})-(\d{1,3})-(\d{1,3})")


@dataclass(frozen=True, slots=True, eq=False)
class Stroke:
    """A line through points (N, 2); closed ones may be filled. `head` puts an arrowhead at its end.

    `about` is the key of the variable that a shape belongs to, here and below.
    """

    points: Floats
    colour: str
    width: float
    fill: str = ""
    dashes: tuple[float, ...] = ()
    closed: bool = False
    head: bool = False
    about: str = ""


@dataclass(frozen=True, slots=True)
class Rectangle:
    """A box round a centre, by half its width and height."""

    x: float
    y: float
    width: float
    height: float
    colour: str
    fill: str
    corner: float = 0.0
    about: str = ""


@dataclass(frozen=True, slots=True)
class Words:
    """Lines of text round a centre; `size` in points."""

    x: float
    y: float
    lines: tuple[str, ...]
    colour: str = INK
    size: float = SIZE
    bold: bool = False
    italic: bool = False
    halo: bool = True
    about: str = ""


Shape = Stroke | Rectangle | Words


@dataclass(frozen=True, slots=True, eq=False)
class Drawing:
    """The shapes of a view, from back to front, and the corners of the page, (x, y) each."""

    name: str
    shapes: tuple[Shape, ...]
    low: Floats = field(default_factory=lambda: np.zeros(2))
    high: Floats = field(default_factory=lambda: np.ones(2))


@dataclass(frozen=True, slots=True)
class _Font:
    size: float
    colour: str = INK
    bold: bool = False
    italic: bool = False

    @property
    def line(self) -> float:
        """The height of a line, in pixels."""
        return LINE * self.size / SIZE


def drawing(view: View) -> Drawing:
    """Return what is drawn of a view.

    Examples
    --------
    >>> word = Element(Kind.VARIABLE, 1, "Time", 9, 9, 9, 9, 8, 2)
    >>> [one.lines for one in drawing(View("Main", "", (word,), ())).shapes]
    [('<Time>',)]
    """
    page = _Page(view)
    shapes = tuple(page.shapes())
    corners = [corner for one in shapes for corner in _corners(one)]
    if not corners:
        return Drawing(view.name, ())
    points = np.vstack(corners)
    low, high = points.min(axis=0) - _MARGIN, points.max(axis=0) + _MARGIN
    return Drawing(view.name, shapes, np.floor(low), np.ceil(high))


def _corners(one: Shape) -> Iterator[Floats]:
    if isinstance(one, Stroke):
        yield one.points
        return
    centre = np.array([one.x, one.y], float)
    if isinstance(one, Rectangle):
        half = np.array([one.width, one.height], float)
    else:
        wide = max(text_width(line, one.size / SIZE) for line in one.lines) / 2
        half = np.array([wide, LINE * one.size / SIZE * len(one.lines) / 2])
    yield np.vstack([centre - half, centre + half])


class _Page:
    def __init__(self, view: View) -> None:
        self.view = view
        self.size = _default_size(view.style)
        self.valves = {place: key(name) for place, name in view.flows().items()}
        self.seen = [one for one in view.elements if not one.hidden]
        self.by_id = {one.id: one for one in self.seen}
        self.halves: dict[int, tuple[float, float]] = {}

    def shapes(self) -> Iterator[Shape]:
        """Yield causes, then pipes over them, then what both lead to."""
        arrows = [
            (one, self.by_id[one.start], self.by_id[one.end])
            for one in self.view.arrows
            if not one.hidden and one.start in self.by_id and one.end in self.by_id
        ]
        for arrow in arrows:
            if not arrow[0].pipe:
                yield from self.cause(*arrow)
        for arrow in arrows:
            if arrow[0].pipe:
                yield from self.pipe(*arrow)
        for one in self.seen:
            yield from self.element(one)

    # Words, boxes, valves and clouds ------------------------------------------------------------

    def font(self, one: Element) -> _Font:
        """Return the letters of an element: its own where its record has any."""
        fields = one.style.split(",")
        own = int(fields[1]) if len(fields) > 1 and fields[1].isdecimal() else 0
        parts = next((part.split("|") for part in fields[6:] if "|" in part), [""] * 4)
        parts += [""] * (4 - len(parts))
        size = self.size
        if own & _SIZE and parts[1].isdecimal():
            size = float(parts[1])
        colour = _rgb(parts[3]) if own & _COLOUR else ""
        attributes = parts[2] if own & _ATTRIBUTES else ""
        plain = SOFT if one.shadow else INK
        return _Font(size, colour or plain, "B" in attributes, "I" in attributes)

    def lines(self, one: Element) -> tuple[str, ...]:
        """Return the lines of a name, as wide as its record lets them be."""
        name = unquoted(one.name)
        shown = f"<{name}>" if one.shadow else name
        return label(shown, max(2.0 * one.width, 20.0), self.font(one).size / SIZE).lines

    def half(self, one: Element) -> tuple[float, float]:
        """Return half the width and height that an element is seen to take."""
        if one.id not in self.halves:
            self.halves[one.id] = self._half(one)
        return self.halves[one.id]

    def _half(self, one: Element) -> tuple[float, float]:
        if one.kind is not Kind.VARIABLE or one.boxed:
            return one.width, one.height
        lines, font = self.lines(one), self.font(one)
        wide = max(text_width(line, font.size / SIZE) for line in lines)
        return wide / 2 + 2, font.line * len(lines) / 2

    def element(self, one: Element) -> Iterator[Shape]:
        about = key(one.name) if one.kind is Kind.VARIABLE else self.valves.get(one.id, "")
        if one.kind is Kind.VALVE:
            yield _valve(one, about)
        elif one.kind is Kind.VARIABLE:
            if one.boxed:
                yield Rectangle(one.x, one.y, one.width, one.height, INK, "white", 0.0, about)
            yield self.words(one, self.lines(one), about)
        elif not one.text:
            if one.name == _CLOUD:
                yield _cloud(one)
        elif one.bits & _DEVICE:
            name = label(one.text.partition(",")[0], max(2.0 * one.width, 20.0))
            yield Rectangle(one.x, one.y, one.width, one.height, SOFT, TINT)
            yield Words(one.x, one.y, name.lines, SOFT, italic=True, halo=False)
        else:
            shape = one.shape & 15
            if shape == _BOX:
                yield Rectangle(one.x, one.y, one.width, one.height, INK, TINT, 6.0)
            elif shape in _LOOPS:
                yield _loop(one, against=_LOOPS[shape])
            size = self.font(one).size / SIZE
            yield self.words(one, label(one.text, max(2.0 * one.width, 20.0), size).lines)

    def words(self, one: Element, lines: tuple[str, ...], about: str = "") -> Words:
        font, boxed = self.font(one), one.shape & 15 == _BOX
        return Words(
            one.x, one.y, lines, font.colour, font.size, font.bold, font.italic, not boxed, about
        )

    # Arrows and pipes ---------------------------------------------------------------------------

    def cause(self, arrow: Arrow, start: Element, end: Element) -> Iterator[Shape]:
        whole = _course(arrow, start, end)
        course = self.outside(whole, end, 2.0)
        course = self.outside(course[::-1], start, 0.0)[::-1]
        colour = _rgb(arrow.colour) or SOFT
        head = not arrow.shape & _NO_HEAD
        dashes = (4.0, 3.0) if arrow.initial else ()
        yield Stroke(course, colour, 0.9, dashes=dashes, head=head)
        if arrow.polarity:
            yield _polarity(arrow.polarity, course, colour, self.size)

    def pipe(self, arrow: Arrow, start: Element, end: Element) -> Iterator[Shape]:
        course = _straightened(_course(arrow, start, end), self.half(end), end)
        about = self.valves.get(arrow.start, "")
        tip, before = course[-1], course[-2]
        along = (tip - before) / (float(np.hypot(*(tip - before))) or 1.0)
        headed = not arrow.shape & _NO_HEAD
        if headed:
            course = np.vstack([course[:-1], tip - 9 * along])
        for colour, width in ((SOFT, 5.0), ("white", 2.6)):
            yield Stroke(course, colour, width, about=about)
        if headed:
            across = np.array([-along[1], along[0]])
            corners = [tip, tip - 10 * along + 6 * across, tip - 10 * along - 6 * across]
            yield Stroke(np.array(corners), SOFT, 1.0, "white", closed=True, about=about)

    def outside(self, course: Floats, one: Element, gap: float) -> Floats:
        """Return the part of a course before it enters an element, cut at the edge."""
        centre, half = np.array([one.x, one.y], float), np.array(self.half(one), float) + gap
        within = (np.abs(course - centre) < half).all(axis=1)
        first = int(np.argmax(within)) if within.any() else len(course)
        if first in (0, len(course)):
            return course
        inner, outer = course[first], course[first - 1]
        # How far along the last piece the edge lies: the side that is entered last decides.
        with np.errstate(divide="ignore", invalid="ignore"):
            step = inner - outer
            entry = (np.abs(outer - centre) - half) / np.abs(step)
        share = float(np.nanmax(np.where(np.isfinite(entry), np.clip(entry, 0.0, 1.0), 0.0)))
        edge = outer + share * step
        # A head takes its direction from the last piece, which must not be a mere dot.
        near = first > 1 and np.hypot(*(edge - outer)) < 1
        return np.vstack([course[: first - 1] if near else course[:first], edge])


def _default_size(style: str) -> float:
    """Return the size of letters that the line of a view names."""
    parts = style.split("|")
    size = parts[1] if len(parts) > 1 else ""
    return float(size) if size.isdecimal() and 4 <= int(size) <= 48 else SIZE


def _rgb(said: str) -> str:
    """Return a colour as its record has it, or nothing for the default.

    >>> _rgb("255-0-128"), _rgb("-1--1--1")
    ('#ff0080', '')
    """
    found = _RGB.fullmatch(said)
    values = [int(one) for one in found.groups()] if found else []
    return "#" + "".join(f"{one:02x}" for one in values) if values and max(values) < 256 else ""


def _valve(one: Element, about: str) -> Stroke:
    x, y = one.x, one.y
    # On an upright pipe the valve lies on its side, as its record is then wider than high.
    w, h = (6, 7) if one.width > one.height else (7, 6)
    corners = [(x - w, y - h), (x + w, y + h), (x + w, y - h), (x - w, y + h)]
    if one.width > one.height:
        corners = [(x - w, y - h), (x + w, y - h), (x - w, y + h), (x + w, y + h)]
    return Stroke(np.array(corners, float), SOFT, 1.3, "white", closed=True, about=about)


def _cloud(one: Element) -> Stroke:
    turn = np.linspace(0.0, 2 * np.pi, 85)
    bulge = 0.92 + 0.28 * np.abs(np.sin(3.5 * turn))
    x = one.x + 1.15 * one.width * bulge * np.cos(turn)
    y = one.y + 1.15 * one.height * bulge * np.sin(turn)
    return Stroke(np.stack([x, y], axis=1)[:-1], SOFT, 1.0, "white", closed=True)


def _loop(one: Element, *, against: bool) -> Stroke:
    """Return the circular arrow round the letter of a feedback loop, against the clock or not."""
    turn = np.linspace(-0.9 * np.pi, 0.75 * np.pi, 40)
    turn = -np.pi - turn if against else turn
    radius = max(one.width, one.height, 10)
    points = np.stack([one.x + radius * np.cos(turn), one.y + radius * np.sin(turn)], axis=1)
    return Stroke(points, SOFT, 1.3, head=True)


def _polarity(sign: str, course: Floats, colour: str, size: float) -> Words:
    """Return the sign of a link, beside its head."""
    tip = course[-1]
    back = course[int(np.argmin(np.abs(np.hypot(*(course - tip).T) - 14)))]
    along = (tip - back) / (float(np.hypot(*(tip - back))) or 1.0)
    x, y = tip - 12 * along + 9 * np.array([along[1], -along[0]])
    shown = {"-": "\N{MINUS SIGN}"}.get(sign, sign)
    return Words(float(x), float(y), (shown,), colour, size, bold=True)


def _course(arrow: Arrow, start: Element, end: Element) -> Floats:
    """Return the points of an arrow from the middle of its start to that of its end, (N, 2)."""
    a, b = np.array([start.x, start.y], float), np.array([end.x, end.y], float)
    points = np.array(arrow.points, float).reshape(-1, 2)
    if arrow.pipe or arrow.shape & 15 == _SQUARE:
        return np.vstack([a, points, b])
    bend = bend_of(a, b, points[0]) if arrow.shape & 15 == _CURVED and len(points) else 0.0
    return np.asarray(arcs(a[None], b[None], np.array([bend]), 60)[0])


def _straightened(course: Floats, half: tuple[float, float], end: Element) -> Floats:
    """Return a pipe that meets the edge of its end without a bend, where it comes level with it."""
    x, y = course[-2] if len(course) > 2 else course[0]
    wide, high = half[0] + 1.0, half[1] + 1.0
    if abs(y - end.y) <= high:
        tip = (end.x + np.copysign(wide, x - end.x), y)
    else:
        x = x if abs(x - end.x) <= wide else end.x
        tip = (x, end.y + np.copysign(high, y - end.y))
    line = np.vstack([course[:-1], tip])
    if len(line) == 3:
        line = _squared(line)
    return line


def _squared(line: Floats) -> Floats:
    """Return a pipe whose handle is hardly off its line, straight from valve to end."""
    (ax, ay), (px, py), (bx, by) = line
    if abs(ay - py) < 6 and abs(py - by) < 1:
        return np.array([[ax, ay], [bx, ay]])
    if abs(ax - px) < 6 and abs(px - bx) < 1:
        return np.array([[ax, ay], [ax, by]])
    return line
