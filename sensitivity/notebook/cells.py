"""The pieces that cells show: tables with bars, everything from a model escaped."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape

_CELL = "text-align:{};padding:.15em .8em .15em 0;vertical-align:top"


class Markup(str):
    """Text that is HTML already; all other text is escaped."""

    __slots__ = ()


def written(value: object) -> str:
    """Return a value as HTML; a number in three digits, a dash for none.

    Examples
    --------
    >>> written("a < b"), written(0.12345), written(float("nan")), written(Markup("<b>"))
    ('a &lt; b', '0.123', '-', '<b>')
    """
    if isinstance(value, Markup):
        return value
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:.3g}"
    return escape(str(value))


def frame(title: str, about: str, *parts: str) -> str:
    """Return what a cell shows: a title, a line about it, and parts below."""
    return (
        f'<div style="line-height:1.4"><div><b>{escape(title)}</b></div>'
        f'<div style="opacity:.75">{escape(about)}</div>{"".join(parts)}</div>'
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    """Return a table: numbers to the right, everything else to the left."""
    top = "".join(f'<th style="{_CELL.format("left")}">{escape(one)}</th>' for one in heads)
    body = "".join(f"<tr>{''.join(map(_cell, row))}</tr>" for row in rows)
    return (
        f'<div style="overflow-x:auto"><table style="margin:.4em 0"><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(value: object) -> str:
    side = "right" if isinstance(value, int | float) else "left"
    return f'<td style="{_CELL.format(side)}">{written(value)}</td>'


def more(label: str, *parts: str) -> str:
    """Return parts that are opened by hand; nothing where there are none."""
    inside = "".join(parts)
    return f"<details><summary>{escape(label)}</summary>{inside}</details>" if inside else ""


def bar(share: float, colour: str) -> Markup:
    """Return a bar as long as a share of the column, none for what is not a number.

    Examples
    --------
    >>> "width:50%" in bar(0.5, "#000"), bar(float("nan"), "#000")
    (True, '')
    """
    if not math.isfinite(share):
        return Markup("")
    width = round(100 * min(max(share, 0.0), 1.0))
    return Markup(
        '<div style="width:8em;margin-top:.35em"><div style="height:.7em;'
        f'width:{width}%;background:{colour}"></div></div>'
    )
