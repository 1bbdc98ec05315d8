"""The pieces that cells show: frames, tables and small pictures, each complete in itself.

A cell has no page round it, so nothing here needs a stylesheet or a script; colours are those of
the notebook, light or dark. Pictures are images with their own text inside, because notebooks
remove drawings from HTML that they do not trust, and because names of a model may hold anything.
"""

from __future__ import annotations

import math
from base64 import b64encode
from collections.abc import Iterable, Sequence
from html import escape

from sdmodel.errors import printable
from sdmodel.style import BLUE

WIDE, HIGH = 132, 26
_CELL = "text-align:{};padding:.15em .8em .15em 0;vertical-align:middle"


class Markup(str):
    """Text that is HTML already; all other text is escaped."""

    __slots__ = ()


def written(value: object) -> str:
    """Return a value as HTML.

    >>> written("<b>"), written(Markup("<b>")), written(1234.5678)
    ('&lt;b&gt;', '<b>', '1,235')
    """
    if isinstance(value, Markup):
        return value
    if isinstance(value, float):
        return number(value)
    return escape(printable(str(value)))


def number(value: float) -> str:
    """Return a number in four digits, as people read it.

    >>> number(0.123456), number(1234567.0), number(5e-7), number(float("nan")), number(2e-320)
    ('0.1235', '1,234,567', '5e-07', '-', '2e-320')
    """
    if not math.isfinite(value):
        return "-" if math.isnan(value) else f"{value}"
    return f"{value:,.0f}" if 1e3 <= abs(value) < 1e9 else f"{value:.4g}"


def frame(title: object, about: object, *parts: str) -> str:
    """Return what a cell shows: a title, a line about it, and parts below."""
    below = f'<div style="opacity:.75">{written(about)}</div>' if about else ""
    return f'<div style="line-height:1.4"><div><b>{written(title)}</b></div>{below}' + (
        f"{''.join(parts)}</div>"
    )


def table(heads: Sequence[str], rows: Iterable[Sequence[object]]) -> Markup:
    """Return a table: numbers to the right, everything else to the left.

    >>> table(["x < y"], [[1.0]]).count("&lt;")
    1
    """
    top = "".join(f'<th style="{_CELL.format("left")}">{written(one)}</th>' for one in heads)
    body = "".join(
        f"<tr>{''.join(_cell(value, first=not place) for place, value in enumerate(row))}</tr>"
        for row in rows
    )
    return Markup(
        f'<div style="overflow-x:auto"><table style="margin:.4em 0"><thead><tr>{top}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )


def _cell(value: object, *, first: bool) -> str:
    style = _CELL.format("right" if isinstance(value, int | float) else "left")
    # A name is not broken while there is room for a comment beside it.
    wide = ";min-width:14em" if first and isinstance(value, str) else ""
    return f'<td style="{style}{wide}">{written(value)}</td>'


def more(label: object, *parts: str) -> str:
    """Return parts that are opened by hand; nothing where there are none."""
    inside = "".join(parts)
    return f"<details><summary>{written(label)}</summary>{inside}</details>" if inside else ""


def image(svg: str, alt: str, style: str = "") -> Markup:
    """Return a drawing as an image."""
    data = b64encode(svg.encode()).decode("ascii")
    return Markup(
        f'<img src="data:image/svg+xml;base64,{data}" alt="{escape(printable(alt))}"'
        f' style="{style}">'
    )


def course(values: Sequence[float], alt: str) -> Markup:
    """Return the course of a variable as a small line; gaps where it is not a number."""
    shown = thinned([float(value) for value in values], 2 * WIDE)
    finite = [value for value in shown if math.isfinite(value) and abs(value) < 1e300]
    if len(finite) < 2:
        return Markup("")
    low, high = min(finite), max(finite)
    # What differs by rounding alone is drawn flat, in the middle.
    flat = high - low <= 1e-9 * max(abs(low), abs(high))
    height, width = HIGH - 4, WIDE - 4
    steps, drawn, pen = [], False, "M"
    for place, value in enumerate(shown):
        if not (math.isfinite(value) and abs(value) < 1e300):
            pen = "M"
            continue
        x = 2 + width * place / (len(shown) - 1)
        y = 2 + height * (0.5 if flat else (high - value) / (high - low))
        steps.append(f"{pen}{x:.1f} {y:.1f}")
        pen, drawn = "L", True
    line = f'<path d="{" ".join(steps)}" fill="none" stroke="{BLUE}" stroke-width="1.8"/>'
    svg = (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDE}" height="{HIGH}" '
        f'viewBox="0 0 {WIDE} {HIGH}">{line}</svg>'
    )
    return image(svg, alt, "vertical-align:middle;margin:0") if drawn else Markup("")


def thinned(values: list[float], most: int) -> list[float]:
    """Return every so many of the values, the last among them.

    >>> thinned([1.0, 2.0, 3.0, 4.0, 5.0], 3)
    [1.0, 3.0, 5.0]
    """
    step = max(1, math.ceil((len(values) - 1) / (most - 1)))
    return values if step == 1 else [*values[:-1:step], values[-1]]
