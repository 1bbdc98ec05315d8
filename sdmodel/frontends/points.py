"""The points of a lookup: ``([(0,0)-(1,1)],(x,y),...)`` or ``(x1,x2,...,y1,y2,...)``."""

from __future__ import annotations

from itertools import pairwise

from sdmodel.expr import Table
from sdmodel.frontends.tokens import ExpressionError, Token


def parse_table(words: list[Token], i: int, end: int) -> tuple[Table, int]:
    """Read the points from word `i` on; return them and the number of the word behind them.

    Points that do not rise in x are sorted, as Vensim does it (public test model
    "subscripted_lookups", lookup2dim[B,E]).
    """
    if i >= len(words) or words[i].text != "(":
        at = words[i].at if i < len(words) else end
        raise ExpressionError(at, "the points of a lookup must stand here", "such as ((0,0),(1,2))")
    opened = words[i]
    i = _behind_limits(words, i + 1)
    points: list[tuple[float, float]] = []
    flat: list[float] = []
    while i < len(words) and words[i].text != ")":
        if words[i].text == "(":
            x, i = signed(words, i + 1, end, "lookup points are plain numbers")
            i = _expect(words, i, ",", end)
            y, i = signed(words, i, end, "lookup points are plain numbers")
            i = _expect(words, i, ")", end)
            points.append((x, y))
        else:
            value, i = signed(words, i, end, "lookup points are plain numbers")
            flat.append(value)
        if i < len(words) and words[i].text == ",":
            i += 1
    if i >= len(words):
        raise ExpressionError(opened.at, "this lookup is never closed", "add the missing ')'")
    if flat and (points or len(flat) % 2):
        raise ExpressionError(
            opened.at,
            "the points of this lookup do not come in pairs",
            "write (x,y),(x,y) or all x values and then as many y values",
        )
    if flat:
        half = len(flat) // 2
        points = list(zip(flat[:half], flat[half:], strict=True))
    if not points:
        raise ExpressionError(opened.at, "this lookup has no points", "add at least one (x,y)")
    if any(b < a for (a, _), (b, _) in pairwise(points)):
        points.sort(key=lambda point: point[0])
    return Table(tuple(x for x, _ in points), tuple(y for _, y in points), opened.at), i + 1


def _behind_limits(words: list[Token], i: int) -> int:
    """Skip the limits of the graph editor, which are no data."""
    if i < len(words) and words[i].text == "[":
        while i < len(words) and words[i].text != "]":
            i += 1
        i += 1
        if i < len(words) and words[i].text == ",":
            i += 1
    return i


def signed(words: list[Token], i: int, end: int, cure: str) -> tuple[float, int]:
    """Read a number with its signs at word `i`; return it and the number of the next word."""
    sign = 1.0
    while i < len(words) and words[i].text in ("-", "+"):
        sign, i = (-sign if words[i].text == "-" else sign), i + 1
    if i < len(words) and words[i].kind == "number":
        return sign * float(words[i].text), i + 1
    at = words[i].at if i < len(words) else end
    raise ExpressionError(at, "a number must stand here", cure)


def _expect(words: list[Token], i: int, text: str, end: int) -> int:
    if i < len(words) and words[i].text == text:
        return i + 1
    at = words[i].at if i < len(words) else end
    raise ExpressionError(at, f"{text!r} must stand here", "write each point as (x,y)")
