"""Where the numbers of an entry stand in the text, and how a number is written."""

from __future__ import annotations

import math
import re
from collections.abc import Mapping, Sequence

from sdmodel.editing.text import Splice
from sdmodel.expr import Call, Expr, Lookup, Table, Values, literal, walk
from sdmodel.frontends.lists import is_tabbed
from sdmodel.frontends.tokens import Token, words
from sdmodel.source import SourceText, Span, Variable

_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_PASSED_OVER = re.compile(r"\{[^{}]*\}|\\[ \t]*(?:\r\n|\r|\n)")
_CELL = re.compile(r"\S+")
_WIDEST = 80
Point = tuple[float, float]


def number_text(value: float | str) -> str:
    """Return a number as it is written; one given as text stays as it was typed.

    >>> number_text(0.1), number_text(3.0), number_text("2.50"), number_text(1e21)
    ('0.1', '3', '2.50', '1e+21')

    Raises
    ------
    ValueError
        If it is not a finite number.
    """
    if isinstance(value, str):
        text = value.strip()
        if not _NUMBER.fullmatch(text):
            raise ValueError(f"{value!r} is not a number; write it as in 0.03 or 3e-2")
        number_text(float(text))
        return text
    number = float(value)
    if not math.isfinite(number):
        raise ValueError(f"{value!r} is not a finite number")
    return f"{number:.0f}" if number.is_integer() and abs(number) < 1e15 else repr(number)


def numbers_of(source: SourceText, entry: Variable) -> list[Span]:
    """Return where the numbers of a constant's entry stand; nothing where it is no constant."""
    span = entry.equation_span
    if span.start < 0:
        return []
    if isinstance(entry.equation, Values):
        return _listed(source.text, span)
    if entry.equation is not None and literal(entry.equation) is not None:
        return [span]
    return []


def _listed(text: str, span: Span) -> list[Span]:
    found = words(text, span.start, span.end)
    if not is_tabbed(found):
        return signed_numbers(found)
    start = found[1].end
    body = _PASSED_OVER.sub(lambda match: " " * len(match.group()), text[start : found[-1].at])
    return [Span(start + m.start(), start + m.end()) for m in _CELL.finditer(body)]


def signed_numbers(found: Sequence[Token]) -> list[Span]:
    """Return where the numbers among some words stand, each with its signs."""
    spans, start = list[Span](), -1
    for word in found:
        if word.text in ("-", "+"):
            start = word.at if start < 0 else start
        elif word.kind in ("number", "keyword"):  # :NA:
            spans.append(Span(word.at if start < 0 else start, word.end))
            start = -1
        else:
            start = -1
    return spans


def changed_numbers(
    source: SourceText, spans: Sequence[Span], values: Mapping[int, float | str]
) -> list[Splice]:
    """Return the splices that give some of the numbers other values; equal ones stay as spelled."""
    splices = []
    for i, value in values.items():
        start, end = spans[i].start, spans[i].end
        new = number_text(value)
        if isinstance(value, str) or _value(source.text[start:end]) != float(new):
            splices.append(Splice(start, end, new))
    return splices


def _value(text: str) -> float | None:
    text = text.replace(" ", "").replace("\t", "")
    return float(text) if _NUMBER.fullmatch(text) else None


def table_in(equation: Expr | None) -> Table | None:
    """Return the one table within an equation, such as that of WITH LOOKUP, or None."""
    if equation is None:
        return None
    found = list[Table]()
    for node in walk(equation):
        if isinstance(node, Call):
            found += [one for one in node.args if isinstance(one, Table)]
        elif isinstance(node, Lookup) and isinstance(node.table, Table):
            found.append(node.table)
    return found[0] if len(found) == 1 else None


def changed_points(
    source: SourceText, span: Span, table: Table, points: Sequence[Point], end_of_line: str
) -> list[Splice]:
    """Return the splices that give a table other points.

    As many points as before take the places of the old ones, and equal numbers stay as spelled;
    otherwise the list of points is written anew, the limits of the graph before it left alone.
    """
    found = [word for word in words(source.text, span.start, span.end) if word.at >= table.at]
    depth = 0
    for i, word in enumerate(found):
        depth += (word.text == "(") - (word.text == ")")
        if depth == 0:
            found = found[1:i]
            break
    if found and found[0].text == "[":
        behind = next(i for i, word in enumerate(found) if word.text == "]") + 1
        found = found[behind + (behind < len(found) and found[behind].text == ",") :]
    paired = bool(found) and found[0].text == "("
    wanted = [x for point in points for x in point]
    if not paired:
        wanted = [*(x for x, _ in points), *(y for _, y in points)]
    spans = signed_numbers(found)
    if len(spans) == len(wanted):
        return changed_numbers(source, spans, dict(enumerate(wanted)))
    pieces = [number_text(x) for x in wanted]
    if paired:
        pieces = [f"({number_text(x)},{number_text(y)})" for x, y in points]
    text = _wrapped(pieces, end_of_line)
    return [Splice(found[0].at, found[-1].end, text)]


def _wrapped(pieces: Sequence[str], end_of_line: str) -> str:
    """Join the points of a lookup, with lines broken as Vensim breaks them."""
    lines, line = list[str](), ""
    for piece in pieces:
        if line and len(line) + len(piece) > _WIDEST:
            lines.append(line)
            line = ""
        line += f"{piece},"
    lines.append(line.removesuffix(","))
    return f"\\{end_of_line}\t\t".join(lines)
