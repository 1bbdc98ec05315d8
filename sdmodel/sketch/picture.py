"""A view of a model's drawing as an SVG picture."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from html import escape
from typing import Protocol

import numpy as np

from sdmodel.errors import SDError, did_you_mean, near_names
from sdmodel.frontends.sketch import Arrow, Element, Kind, View, read_sketch
from sdmodel.names import key
from sdmodel.sketch.geometry import Floats, arcs, bend_of
from sdmodel.sketch.words import LINE, SIZE, label, text_width
from sdmodel.source import SourceModel

_MARGIN = 24
_BOX = 3
_CLOUD = "48"
_HEAD_AT_END = 4
INK, SOFT, PIPE = "#1b1f24", "#6a7480", "#5a6572"
_PIXELS = 4 / 3  # a point, at 96 dots an inch


class HasSource(Protocol):
    """A model, as far as it was read from a file."""

    @property
    def source(self) -> SourceModel:
        """What the file says."""


def picture(model: HasSource, view: str = "") -> str:
    """Return a view of a model's drawing as SVG; empty where its file has no drawing.

    Parameters
    ----------
    model
        A loaded model; only Vensim's files (.mdl) have drawings that are read.
    view
        The name of the view; the first, which may be an overview, when left out.

    Raises
    ------
    SDError
        If there is no such view.

    Examples
    --------
    >>> import sdmodel as sd
    >>> sd.picture(sd.load("models/core.mdl"))[:4]
    '<svg'
    """
    text = model.source.source.text
    path = model.source.source.path
    views = [one for one in read_sketch(text, path) if one.elements]
    if not views:
        return ""
    if not view:
        return svg(views[0])
    for one in views:
        if key(one.name) == key(view):
            return svg(one)
    names = [one.name for one in views]
    hint = did_you_mean(near_names(view, names)) or f"there are: {', '.join(names)}"
    raise SDError(f"{path}: there is no view named '{view}'; {hint}")


def svg(view: View) -> str:
    """Return a view as SVG: stocks, pipes with valves, causes as thin arrows, shadows in grey.

    Examples
    --------
    >>> word = Element(Kind.VARIABLE, 1, "R&D", 9, 9, 9, 9, 8, 3)
    >>> "R&amp;D" in svg(View("Main", "", (word,), ()))
    True
    """
    by_id = {one.id: one for one in view.elements}
    arrows = [
        (arrow, by_id[arrow.start], by_id[arrow.end])
        for arrow in view.arrows
        if not arrow.hidden and arrow.start in by_id and arrow.end in by_id
    ]
    pipes = [part for arrow in arrows if arrow[0].pipe for part in _pipe(*arrow)]
    causes = [_cause(*arrow) for arrow in arrows if not arrow[0].pipe]
    drawn = [part for one in view.elements for part in _element(one)]
    boxes = [_box(one) for one in view.elements]
    bends = [_course(*arrow) for arrow in arrows]
    low = np.min([*(a for a, _ in boxes), *(one.min(axis=0) for one in bends)], axis=0) - _MARGIN
    high = np.max([*(b for _, b in boxes), *(one.max(axis=0) for one in bends)], axis=0) + _MARGIN
    width, height = (high - low).round().astype(int)
    body = "\n".join([*causes, *pipes, *drawn])
    return f"""<svg xmlns="http://www.w3.org/2000/svg" width="{width}" height="{height}" \
viewBox="{low[0]:.0f} {low[1]:.0f} {width} {height}" \
font-family="Arial, Helvetica, 'Liberation Sans', sans-serif" font-size="{SIZE * _PIXELS:.1f}">
<title>{escape(view.name)}</title>
<defs><marker id="head" viewBox="0 0 10 10" refX="9" refY="5" markerWidth="8" markerHeight="8" \
orient="auto"><path d="M 0 1 L 10 5 L 0 9 z" fill="{SOFT}"/></marker></defs>
<rect x="{low[0]:.0f}" y="{low[1]:.0f}" width="{width}" height="{height}" fill="white"/>
{body}
</svg>
"""


def _size(one: Element) -> tuple[float, float]:
    """Return half the width and height that an element is seen to take."""
    if one.kind is not Kind.VARIABLE or one.boxed:
        return one.width, one.height
    lines = _lines(one)
    return max(map(text_width, lines)) / 2 + 2, LINE * len(lines) / 2


def _box(one: Element) -> tuple[Floats, Floats]:
    centre, half = np.array([one.x, one.y], float), np.array(_size(one), float)
    return centre - half, centre + half


def _lines(one: Element) -> tuple[str, ...]:
    return label(one.name, max(2.0 * one.width, 20.0)).lines


def _element(one: Element) -> Iterator[str]:
    if one.kind is Kind.VALVE:
        x, y, w, h = one.x, one.y, 7, 6
        outline = f"M {x - w} {y - h} L {x + w} {y + h} L {x + w} {y - h} L {x - w} {y + h} z"
        yield f'<path d="{outline}" fill="white" stroke="{PIPE}" stroke-width="1.3"/>'
    elif one.kind is Kind.COMMENT and not one.text:
        if one.name == _CLOUD:
            yield (
                f'<ellipse cx="{one.x}" cy="{one.y}" rx="{one.width}" ry="{one.height}" '
                f'fill="white" stroke="{PIPE}" stroke-dasharray="3 2"/>'
            )
    elif one.kind is Kind.COMMENT:
        points, bold = _font(one.style)
        if one.shape & 15 == _BOX:
            yield _rectangle(one, "#eaf2f8", 6)
        yield _words(one, (one.text,), INK, points, bold=bold)
    else:
        if one.boxed:
            yield _rectangle(one, "white", 0)
        yield _words(one, _lines(one), SOFT if one.shadow else INK, SIZE)


def _font(style: str) -> tuple[float, bool]:
    """Read the size and weight of a comment's letters from the end of its line."""
    parts = style.split("|")
    size = parts[1] if len(parts) > 2 else ""
    return float(size) if size.isdecimal() else SIZE, len(parts) > 2 and "B" in parts[2]


def _rectangle(one: Element, fill: str, corner: int) -> str:
    return (
        f'<rect x="{one.x - one.width}" y="{one.y - one.height}" width="{2 * one.width}" '
        f'height="{2 * one.height}" rx="{corner}" fill="{fill}" stroke="{INK}"/>'
    )


def _words(
    one: Element, lines: Sequence[str], colour: str, points: float, *, bold: bool = False
) -> str:
    first = one.y - (len(lines) - 1) * LINE / 2
    spans = "".join(
        f'<tspan x="{one.x}" y="{first + number * LINE:g}">{escape(line)}</tspan>'
        for number, line in enumerate(lines)
    )
    weight = ' font-weight="bold"' if bold else ""
    size = "" if points == SIZE else f' font-size="{points * _PIXELS:.1f}"'
    # White round the letters, so that an arrow behind them does not strike them out.
    halo = ' stroke="white" stroke-width="3" paint-order="stroke"' if one.shape & 15 != _BOX else ""
    return (
        f'<text text-anchor="middle" dominant-baseline="central" fill="{colour}"{weight}{size}'
        f"{halo}>{spans}</text>"
    )


def _course(arrow: Arrow, start: Element, end: Element) -> Floats:
    """Return the points of an arrow from the middle of its start to that of its end, (N, 2)."""
    a, b = np.array([start.x, start.y], float), np.array([end.x, end.y], float)
    points = np.array(arrow.points, float).reshape(-1, 2)
    if arrow.pipe:
        return np.vstack([a, points, b])
    bend = bend_of(a, b, points[0]) if arrow.shape == 1 and len(points) else 0.0
    return np.asarray(arcs(a[None], b[None], np.array([bend]), 60)[0])


def _outside(course: Floats, one: Element, gap: float) -> Floats:
    """Return the part of a course before it enters an element, cut at the edge."""
    centre, half = np.array([one.x, one.y], float), np.array(_size(one), float) + gap
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
    kept = course[: first - 1] if first > 1 and np.hypot(*(edge - outer)) < 1 else course[:first]
    return np.vstack([kept, edge])


def _cause(arrow: Arrow, start: Element, end: Element) -> str:
    course = _outside(_course(arrow, start, end), end, 2.0)
    course = _outside(course[::-1], start, 0.0)[::-1]
    dashes = ' stroke-dasharray="4 3"' if arrow.initial else ""
    return (
        f'<path d="{_path(course)}" fill="none" stroke="{SOFT}" stroke-width="0.9"{dashes} '
        'marker-end="url(#head)"/>'
    )


def _pipe(arrow: Arrow, start: Element, end: Element) -> Iterator[str]:
    course = _outside(_course(arrow, start, end), end, 1.0)
    headed = arrow.shape == _HEAD_AT_END
    tip, before = course[-1], course[-2]
    length = float(np.hypot(*(tip - before))) or 1.0
    along = (tip - before) / length
    if headed:
        course = np.vstack([course[:-1], tip - 9 * along])
    for colour, width in ((PIPE, 5.0), ("white", 2.6)):
        yield f'<path d="{_path(course)}" fill="none" stroke="{colour}" stroke-width="{width}"/>'
    if headed:
        across = np.array([-along[1], along[0]])
        corners = [tip, tip - 10 * along + 6 * across, tip - 10 * along - 6 * across]
        yield f'<path d="{_path(np.array(corners))} z" fill="white" stroke="{PIPE}"/>'


def _path(points: Floats) -> str:
    return "M " + " L ".join(f"{x:.1f} {y:.1f}" for x, y in points)
