"""Small plots as SVG: the points of a lookup, the course of a variable."""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass
from html import escape

from sdmodel import style
from sdmodel.documents.html import Html

WIDTH, HEIGHT = 420, 230
_LEFT, _RIGHT, _TOP, _BOTTOM = 62, 14, 12, 40
MOST_LINES = 8


@dataclass(frozen=True, slots=True)
class Line:
    """One line of a plot."""

    name: str
    xs: Sequence[float]
    ys: Sequence[float]


def ticks(low: float, high: float, most: int = 6) -> list[float]:
    """Return round numbers between two others, not many.

    >>> ticks(0.0, 0.97), ticks(1960.0, 2020.0)
    ([0.0, 0.2, 0.4, 0.6, 0.8], [1960.0, 1970.0, 1980.0, 1990.0, 2000.0, 2010.0, 2020.0])
    """
    if not high > low:
        return [low]
    rough = (high - low) / most
    size = 10.0 ** math.floor(math.log10(rough))
    step = next((n * size for n in (1, 2, 2.5, 5) if n * size >= rough * (1 - 1e-9)), 10 * size)
    first, last = math.ceil(low / step - 1e-9), math.floor(high / step + 1e-9)
    return [round(n * step, 12 - math.floor(math.log10(step))) for n in range(first, last + 1)]


def plot(
    lines: Sequence[Line],
    x: str,
    y: str,
    label: str,
    *,
    marks: bool = False,
    base: str = "",
    named: bool = True,
) -> Html:
    """Return lines over one pair of axes; nothing where no point is a number.

    `x` and `y` stand at the axes, `label` is read where the picture is not seen; `marks` shows
    each point. The line `base` is the one the others are compared with; unless they are `named`
    below the picture, somebody else puts a `legend`.
    """
    lines = lines[:MOST_LINES]
    points = [
        [(a, b) for a, b in zip(one.xs, one.ys, strict=True) if _drawable(a) and _drawable(b)]
        for one in lines
    ]
    every = [point for one in points for point in one]
    if not every:
        return Html("")
    across = _axis([a for a, _ in every], round_ends=False)
    up = _axis([b for _, b in every], round_ends=True)

    def px(value: float) -> float:
        return _LEFT + (value - across[0]) / (across[1] - across[0]) * (WIDTH - _LEFT - _RIGHT)

    def py(value: float) -> float:
        return HEIGHT - _BOTTOM - (value - up[0]) / (up[1] - up[0]) * (HEIGHT - _TOP - _BOTTOM)

    parts = []
    for value in ticks(*up, most=4):
        parts.append(
            f'<path d="M {_LEFT} {py(value):.1f} H {WIDTH - _RIGHT}" stroke="{style.LINE}"/>'
            f'<text x="{_LEFT - 6}" y="{py(value) + 4:.1f}" text-anchor="end">{_told(value)}</text>'
        )
    for value in ticks(*across, most=6):
        parts.append(
            f'<path d="M {px(value):.1f} {HEIGHT - _BOTTOM} v 4" stroke="{style.SOFT}"/>'
            f'<text x="{px(value):.1f}" y="{HEIGHT - _BOTTOM + 17}" text-anchor="middle">'
            f"{_told(value)}</text>"
        )
    for look, course in zip(_looks(lines, base), points, strict=True):
        drawn = " ".join(f"{px(a):.1f},{py(b):.1f}" for a, b in course)
        parts.append(f'<polyline points="{drawn}" fill="none" stroke-width="2"{_stroke(look)}/>')
        if marks:
            parts += (
                f'<circle cx="{px(a):.1f}" cy="{py(b):.1f}" r="3" fill="{look.colour}"/>'
                for a, b in course
            )
    parts.append(
        f'<path d="M {_LEFT} {_TOP} V {HEIGHT - _BOTTOM} H {WIDTH - _RIGHT}" fill="none" '
        f'stroke="{style.SOFT}"/>'
        f'<text x="{(_LEFT + WIDTH - _RIGHT) / 2:.0f}" y="{HEIGHT - 6}" text-anchor="middle">'
        f"{escape(_short(x))}</text>"
        f'<text transform="translate(13 {(_TOP + HEIGHT - _BOTTOM) / 2:.0f}) rotate(-90)" '
        f'text-anchor="middle">{escape(_short(y, 30))}</text>'
    )
    body = "\n".join(parts)
    return Html(
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{WIDTH}" height="{HEIGHT}" '
        f'viewBox="0 0 {WIDTH} {HEIGHT}" role="img" aria-label="{escape(label)}" '
        f'font-family="Arial, Helvetica, sans-serif" font-size="12" fill="{style.INK}">\n'
        f"{body}\n</svg>{legend(lines, base) if named else ''}"
    )


def legend(lines: Sequence[Line], base: str = "") -> Html:
    """Return which line is which; nothing where there is one line only."""
    if len(lines) < 2:
        return Html("")
    items = "".join(
        '<li><svg width="34" height="10" aria-hidden="true">'
        f'<path d="M 0 5 H 34" stroke-width="2.5"{_stroke(look)}/></svg> {escape(one.name)}</li>'
        for look, one in zip(_looks(lines, base), lines, strict=True)
    )
    return Html(f'<ul class="letters soft">{items}</ul>')


def _looks(lines: Sequence[Line], base: str) -> list[style.Look]:
    # By place, for two lines may have one name.
    places = [str(place) for place in range(len(lines))]
    first = next((place for place in places if base and lines[int(place)].name == base), "")
    looks = style.looks(places, first)
    return [looks[place] for place in places]


def _stroke(look: style.Look) -> str:
    dashes = f' stroke-dasharray="{look.svg_dash}"' if look.svg_dash else ""
    return f' stroke="{look.colour}"{dashes}'


def _drawable(value: float) -> bool:
    return math.isfinite(value) and abs(value) < 1e300


def _axis(values: Sequence[float], *, round_ends: bool) -> tuple[float, float]:
    low, high = min(values), max(values)
    # What differs by rounding alone is drawn flat.
    if high - low <= 1e-9 * max(abs(low), abs(high)):
        room = abs(low) / 2 or 1.0
        return low - room, high + room
    if not round_ends:
        return low, high
    inside = ticks(low, high, most=4)
    step = inside[1] - inside[0] if len(inside) > 1 else high - low
    return math.floor(low / step + 1e-9) * step, math.ceil(high / step - 1e-9) * step


def _told(value: float) -> str:
    return f"{value:.10g}" if abs(value) < 1e5 else f"{value:.4g}"


def _short(text: str, longest: int = 60) -> str:
    return text if len(text) <= longest else text[: longest - 3] + "..."
