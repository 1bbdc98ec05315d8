"""The sketch of a `.mdl` file as views of XMILE: the same places, pipes and arrows."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from xml.sax.saxutils import escape, quoteattr

from sdmodel.converting.to_items import Item
from sdmodel.converting.xmile_text import identifier
from sdmodel.frontends.sketch import Arrow, Element, Kind, View
from sdmodel.names import key

GAP = 100  # between two views, in pixels


@dataclass
class _Page:
    """One view of the sketch on its way."""

    view: View
    items: Mapping[str, Item]
    drawn: set[str]

    def lines(self) -> Iterator[str]:
        """Yield the lines of the view."""
        flows = self.view.flows()
        names = {one.id: self._item(one.name) for one in self.view.elements if _is_word(one)}
        names |= {valve: self._item(name) for valve, name in flows.items()}
        aliases = set[int]()
        for one in self.view.elements:
            item = names.get(one.id)
            if item is None or one.on_valve:
                continue
            if one.kind is Kind.VALVE:
                if item.name not in self.drawn and item.kind == "flow":
                    self.drawn.add(item.name)
                    yield from self._flow(one, item)
                continue
            place = f'x="{one.x}" y="{one.y}"'
            if one.shadow or item.name in self.drawn:
                aliases.add(one.id)
                yield f'        <alias {place} uid="{one.id}">'
                yield f"          <of>{escape(identifier(item.name))}</of>"
                yield "        </alias>"
            elif item.kind != "flow":
                self.drawn.add(item.name)
                yield f"        <{item.kind} {place} name={quoteattr(item.name)}/>"
            else:  # a flow without a valve: a point where its pipe would be
                self.drawn.add(item.name)
                ends = [(one.x - 40, one.y), (one.x + 40, one.y)]
                yield from _pipe(one.x, one.y, item.name, ends)
        yield from self._connectors(names, aliases)

    def _item(self, name: str) -> Item | None:
        return self.items.get(key(name))

    def _flow(self, valve: Element, item: Item) -> Iterator[str]:
        """Yield a flow: its pipe runs from the stock it drains, or a cloud, to what it fills."""
        by_id = {one.id: one for one in self.view.elements}
        pipes = [one for one in self.view.arrows if one.pipe and one.start == valve.id]
        ends = [(by_id[one.end], one) for one in pipes if one.end in by_id][:2]
        if len(ends) < 2:
            points = [(valve.x - 40, valve.y), (valve.x + 40, valve.y)]
        else:
            ends.sort(key=lambda end: self._direction(end[0], item))
            (source, out), (target, into) = ends
            points = [
                (source.x, source.y),
                *_bends(out, source, valve)[::-1],
                *_bends(into, target, valve),
                (target.x, target.y),
            ]
        yield from _pipe(valve.x, valve.y, item.name, points)

    def _direction(self, end: Element, flow: Item) -> int:
        """Return where an end of a pipe comes: a drained stock, a cloud, a stock that is filled."""
        stock = self._item(end.name) if _is_word(end) else None
        if stock is None:
            return 0
        return 1 if flow.name in stock.inflows else -1

    def _connectors(self, names: Mapping[int, Item | None], aliases: set[int]) -> Iterator[str]:
        by_id = {one.id: one for one in self.view.elements}
        for arrow in self.view.arrows:
            source, target = names.get(arrow.start), names.get(arrow.end)
            start, end = by_id.get(arrow.start), by_id.get(arrow.end)
            if arrow.pipe or source is None or target is None or start is None or end is None:
                continue
            angle = math.degrees(math.atan2(start.y - end.y, end.x - start.x))
            origin = escape(identifier(source.name))
            if arrow.start in aliases:
                origin = f'<alias uid="{arrow.start}"/>'
            yield f'        <connector uid="{arrow.id}" angle="{angle:g}">'
            yield f"          <from>{origin}</from>"
            yield f"          <to>{escape(identifier(target.name))}</to>"
            yield "        </connector>"


def views_of(views: Sequence[View], items: Sequence[Item]) -> Iterator[str]:
    """Yield the lines of the drawing; nothing where the model has none.

    Tools that read XMILE show one view of a model, so the views of Vensim stand below each other.
    """
    if not any(view.elements for view in views):
        return
    known = {item.entry.key: item for item in items}
    drawn: set[str] = set()
    yield "    <views>"
    yield "      <view>"
    bottom, number = 0, 0
    for view in views:
        if view.elements:
            page = _moved(view, bottom + GAP - min(one.y for one in view.elements), number)
            bottom = max(one.y for one in page.elements)
            number = max(
                *(one.id for one in page.elements), *(one.id for one in page.arrows), number
            )
            yield from _Page(page, known, drawn).lines()
    yield "      </view>"
    yield "    </views>"


def _moved(view: View, down: int, number: int) -> View:
    """Return a view further down, its ids behind those of the views before it."""
    elements = (replace(one, y=one.y + down, id=one.id + number) for one in view.elements)
    arrows = (
        replace(
            one,
            id=one.id + number,
            start=one.start + number,
            end=one.end + number,
            points=tuple((x, y + down) for x, y in one.points),
        )
        for one in view.arrows
    )
    return replace(view, elements=tuple(elements), arrows=tuple(arrows))


def _is_word(one: Element) -> bool:
    return one.kind is Kind.VARIABLE


def _bends(pipe: Arrow, end: Element, valve: Element) -> list[tuple[int, int]]:
    """Return where a pipe turns between its valve and its end: across first, or along."""
    if end.x == valve.x or end.y == valve.y:
        return []
    near = pipe.points[0] if pipe.points else (end.x, valve.y)
    if abs(near[1] - valve.y) <= abs(near[0] - valve.x):
        return [(end.x, valve.y)]
    return [(valve.x, end.y)]


def _pipe(x: int, y: int, name: str, points: Sequence[tuple[int, int]]) -> Iterator[str]:
    yield f'        <flow x="{x}" y="{y}" name={quoteattr(name)}>'
    yield "          <pts>"
    yield from (f'            <pt x="{a}" y="{b}"/>' for a, b in points)
    yield "          </pts>"
    yield "        </flow>"
