"""What a variable of the file says beside its equation: units, bounds, comment, places."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import replace

from sdmodel.expr import Expr
from sdmodel.frontends.xmile.entries import Draft, Part
from sdmodel.frontends.xmile.markup import Element
from sdmodel.names import tidy
from sdmodel.source import Span, Variable


def about(draft: Draft) -> Variable:
    """Return a variable with all but its equation."""
    element = draft.element
    low, high = _bounds(element)
    units, doc = element.one("units"), element.one("doc")
    return Variable(
        draft.name,
        None,
        units=tidy(units.text) if units is not None else "",
        units_at=units.passage.first if units is not None else -1,
        low=low,
        high=high,
        comment=re.sub(r"\s+", " ", doc.text) if doc is not None else "",
        group=draft.group,
        at=draft.at,
        span=Span(element.at, element.end),
        kind=draft.kind,
        non_negative=draft.non_negative,
    )


def _bounds(element: Element) -> tuple[float | None, float | None]:
    scale = element.one("range") or element.one("scale")
    if scale is None:
        return None, None
    found: list[float | None] = []
    for name in ("min", "max"):
        try:
            found.append(float(scale.get(name)))
        except ValueError:
            found.append(None)
    return found[0], found[1]


def variable(draft: Draft, part: Part, value: Expr | None) -> Variable:
    """Return the variable of one part; a table without an equation is a lookup."""
    made = replace(about(draft), subscripts=part.subscripts, exceptions=part.exceptions)
    if part.equation is None and part.table is not None:
        return replace(made, table=part.table, lookup=True, mode=part.mode)
    if part.equation is not None:
        text = part.equation.text
        first = part.equation.first
        end = part.equation.at(len(text.rstrip()) - 1) + 1
        made = replace(made, text=tidy(text), equation_span=Span(first, end))
    return replace(made, equation=value)


def tables(draft: Draft) -> Iterator[Variable]:
    """Yield the lookups of a variable that has a value too and is read as a table elsewhere."""
    if not draft.called or draft.pure:
        return
    for part in draft.parts:
        if part.table is not None:
            yield Variable(
                draft.table_name, None, table=part.table, lookup=True, mode=part.mode,
                at=draft.at, subscripts=part.subscripts, exceptions=part.exceptions,
            )  # fmt: skip
