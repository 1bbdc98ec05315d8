"""Is a drawing complete, in step with the equations, and readable? Told view by view."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np

from sdmodel.frontends.sketch import Arrow, Element, Kind, View, sketch_problems
from sdmodel.names import key
from sdmodel.sketch.geometry import Floats, arcs, bend_of, crosses, runs_through
from sdmodel.sketch.structure import Structure, structure_of
from sdmodel.sketch.words import label, text_width
from sdmodel.source import SourceModel

# An arrow longer than this, from edge to edge, is hard to follow: a shadow would be better.
LONGEST = 600
_CLOUD = "48"
_ARC, _HEAD, _NO_HEAD = 1, 4, 100


@dataclass(frozen=True, slots=True)
class ViewReport:
    """What one view holds, and how clear it is.

    `crossings` counts where arrows cross each other, `covered` the names an arrow runs through;
    `longest` is the longest arrow from edge to edge, `width` and `height` the page; in pixels.
    """

    name: str
    variables: int
    shadows: int
    arrows: int
    crossings: int
    covered: int
    longest: int
    width: int
    height: int


@dataclass(frozen=True, slots=True)
class SketchReport:
    """What is wrong with a drawing, and the figures of each view."""

    problems: tuple[str, ...]
    views: tuple[ViewReport, ...]

    @property
    def ok(self) -> bool:
        """Whether nothing is wrong."""
        return not self.problems

    def __str__(self) -> str:
        """Return the problems, then a line for each view."""
        lines = list(self.problems)
        width = max((len(view.name) for view in self.views), default=0)
        for view in self.views:
            lines.append(
                f"{view.name:<{width}}  {view.variables:3} variables, {view.shadows:3} shadows, "
                f"{view.arrows:3} arrows; {view.crossings:3} crossings, {view.covered:2} names "
                f"covered; longest arrow {view.longest:3}, page {view.width} x {view.height}"
            )
        return "\n".join(lines)


def check_sketch(model: SourceModel, views: Sequence[View]) -> SketchReport:
    """Check a drawing of a model.

    Every variable must be drawn exactly once beside its shadows, with an arrow or pipe from each
    of its causes and from nothing else; pipes must join the stocks that their flows fill and
    drain; no name may lie on another, and no arrow be longer than `LONGEST`.

    Parameters
    ----------
    model : SourceModel
        As `sdmodel.frontends.read` returns it.
    views : sequence of View
        As `sdmodel.frontends.sketch.read_sketch` returns them.

    Examples
    --------
    >>> import sdmodel as sd
    >>> from sdmodel.frontends.sketch import read_sketch
    >>> source = sd.load("models/core.mdl").source
    >>> check_sketch(source, read_sketch(source.sketch)).ok
    True
    """
    problems = list(against_equations(model, views))
    reports = []
    for view in views:
        problems += _overlaps(view)
        lines = _lines(view)
        problems += _long(view, lines)
        reports.append(_report(view, lines))
    return SketchReport(tuple(problems), tuple(reports))


def against_equations(model: SourceModel, views: Sequence[View]) -> tuple[str, ...]:
    """Return where a drawing and the equations differ, without a look at how clear it is."""
    structure = structure_of(model)
    uses = {structure.names[name]: tuple(causes) for name, causes in structure.causes.items()}
    problems = sketch_problems(views, list(structure.names.values()), uses)
    problems += _drawn_twice(views, structure)
    for view in views:
        problems += _pipes(view, structure)
    return tuple(problems)


def _drawn_twice(views: Sequence[View], structure: Structure) -> Iterator[str]:
    where: dict[str, list[str]] = {}
    for view in views:
        for one in view.elements:
            if one.kind is Kind.VARIABLE and not one.shadow:
                where.setdefault(key(one.name), []).append(view.name)
    for name, found in where.items():
        if len(found) > 1 and name in structure.names:
            yield (
                f"'{structure.names[name]}' is drawn {len(found)} times (views "
                f"{', '.join(found)}): make all but one a shadow"
            )


def _pipes(view: View, structure: Structure) -> Iterator[str]:
    """Yield pipes that join the wrong stocks, and stocks whose flow is drawn but not joined."""
    by_id = {one.id: one for one in view.elements}
    flows = view.flows()
    joined: set[tuple[str, str]] = set()
    for arrow in view.arrows:
        end = by_id.get(arrow.end)
        if not arrow.pipe or end is None or not end.boxed or not flows.get(arrow.start):
            continue
        flow, stock = key(flows[arrow.start]), key(end.name)
        joined.add((flow, stock))
        into = flow in structure.inflows.get(stock, ())
        out = flow in structure.outflows.get(stock, ())
        shown, box = flows[arrow.start], end.name
        if not into and not out:
            yield (
                f"view '{view.name}': the pipe of '{shown}' joins '{box}', of which it is no "
                "flow: lead it to another stock or a cloud"
            )
        elif (arrow.shape == _HEAD and not into) or (arrow.shape == _NO_HEAD and not out):
            yield (
                f"view '{view.name}': '{shown}' {'fills' if into else 'drains'} '{box}', but its "
                "pipe points the other way: turn it"
            )
    boxes = {key(one.name): one.name for one in view.elements if one.boxed and not one.shadow}
    ends = structure.ends()
    for shown in flows.values():
        flow = key(shown)
        for stock in ends.get(flow, ()):
            if stock in boxes and (flow, stock) not in joined:
                yield (
                    f"view '{view.name}': '{shown}' is a flow of '{boxes[stock]}', but no pipe "
                    "joins them: lead it there"
                )


def _extent(one: Element) -> tuple[float, float]:
    """Return half the width and height that a word is seen to take."""
    if one.boxed or one.kind is not Kind.VARIABLE:
        return one.width, one.height
    shown = f"<{one.name}>" if one.shadow else one.name
    size = label(shown, max(2.0 * one.width, 20.0))
    return max(text_width(line) for line in size.lines) / 2, 7.0 * len(size.lines)


def _overlaps(view: View) -> Iterator[str]:
    words = [
        one
        for one in view.elements
        if one.kind is not Kind.COMMENT or one.name == _CLOUD or one.text
    ]
    reach = [_extent(one) for one in words]
    for n, one in enumerate(words):
        for m in range(n):
            other = words[m]
            if (
                abs(one.x - other.x) < reach[n][0] + reach[m][0]
                and abs(one.y - other.y) < reach[n][1] + reach[m][1]
            ):
                yield (
                    f"view '{view.name}': {_called(one)} lies on {_called(other)}: move one of them"
                )


def _called(one: Element) -> str:
    if one.kind is Kind.VARIABLE:
        return f"'{one.name}'"
    if one.kind is Kind.VALVE:
        return f"valve {one.id}"
    return f"'{one.text}'" if one.text else f"cloud {one.id}"


def _lines(view: View) -> list[tuple[Arrow, Element, Element, Floats, Floats]]:
    """Return for each arrow its ends, its arc (11, 2) and half sizes of its ends."""
    by_id = {one.id: one for one in view.elements}
    found = []
    for arrow in view.arrows:
        start, end = by_id.get(arrow.start), by_id.get(arrow.end)
        if arrow.pipe or arrow.hidden or start is None or end is None:
            continue
        a, b = np.array([start.x, start.y], float), np.array([end.x, end.y], float)
        bend = 0.0
        if arrow.shape == _ARC and arrow.points:
            bend = bend_of(a, b, np.array(arrow.points[0], float))
        line = arcs(a[None], b[None], np.array([bend]))[0]
        found.append((arrow, start, end, line, np.array([_extent(start), _extent(end)])))
    return found


Lines = list[tuple[Arrow, Element, Element, Floats, Floats]]


def _gap(start: Element, end: Element, half: Floats) -> float:
    away = np.abs(np.array([start.x - end.x, start.y - end.y])) - half.sum(axis=0)
    return float(np.hypot(*np.maximum(away, 0.0)))


def _long(view: View, lines: Lines) -> Iterator[str]:
    for _, start, end, _, half in lines:
        gap = _gap(start, end, half)
        # Headings have no shadows that an arrow could start at.
        if gap > LONGEST and start.kind is not Kind.COMMENT:
            yield (
                f"view '{view.name}': the arrow from {_called(start)} to {_called(end)} is "
                f"{gap:.0f} long: start it at a shadow nearer by"
            )


def _report(view: View, lines: Lines) -> ViewReport:
    flows = view.flows()
    # A valve and the name written at it are one.
    one_of = {one.id: flows.get(one.id) or one.name or str(one.id) for one in view.elements}
    crossings = covered = 0
    words = [one for one in view.elements if one.kind is Kind.VARIABLE]
    centre = np.array([(one.x, one.y) for one in words], float).reshape(-1, 2)
    half = np.array([_extent(one) for one in words], float).reshape(-1, 2)
    hit = np.zeros(len(words), dtype=bool)
    for n, (_, start, end, line, _) in enumerate(lines):
        for _, other_start, other_end, other, _ in lines[:n]:
            if {start.id, end.id} & {other_start.id, other_end.id}:
                continue
            met = crosses(line[:-1, None], line[1:, None], other[:-1], other[1:])
            crossings += int(met.sum())
        ends = {one_of[start.id], one_of[end.id]}
        free = np.array([one.name not in ends for one in words], dtype=bool)
        through = runs_through(line[:-1, None], line[1:, None], centre, half).any(axis=0)
        hit |= through & free
    covered = int(hit.sum())
    longest = max((_gap(start, end, half) for _, start, end, _, half in lines), default=0.0)
    variables = sum(one.kind is Kind.VARIABLE and not one.shadow for one in view.elements)
    reach = [(one.x + one.width, one.y + one.height) for one in view.elements]
    return ViewReport(
        view.name,
        variables,
        len(words) - variables,
        len(lines),
        crossings,
        covered,
        round(longest),
        max((x for x, _ in reach), default=0),
        max((y for _, y in reach), default=0),
    )
