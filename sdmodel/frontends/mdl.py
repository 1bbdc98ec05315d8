"""Vensim's `.mdl`: equations in entries ``name = expression ~ units ~ comment |``.

Behind the equations stand the sketch (from a line of backslashes and slashes on) and the settings.
Layout after the Vensim Reference Manual, "Sketch and equation formats".
"""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from itertools import pairwise

from sdmodel.errors import Problem
from sdmodel.expr import Expr
from sdmodel.frontends.expressions import ExpressionError, parse_expression, parse_table
from sdmodel.frontends.tokens import LexicalError, Token, words
from sdmodel.names import tidy
from sdmodel.source import SourceModel, SourceText, Span, Variable

# Old writers drop one of the three backslashes.
_SKETCH_MARK = re.compile(r"\\{2,3}---///")
_SETTINGS_MARK = re.compile(r"///---\\{2,3}")
# Settings line 15, fourth number (Vensim's Simulation Control, "Integration type").
METHODS = {
    "0": "euler",
    "1": "rk4auto",
    "2": "difference",
    "3": "rk2auto",
    "4": "rk2",
    "5": "rk4",
}
_GROUP = re.compile(r"\s*\*{3,}[ \t]*(?:\r\n|\r|\n)\s*\.?(?P<name>[^\r\n~|]*)")
# Blanks, and the backslashes by which a line goes on in the next.
_LINE_ENDS = re.compile(r"(?:\s|\\(?=[ \t]*[\r\n]))+")
_RANGE = re.compile(r"\[([^\[\]]*)\]\s*$")


@dataclass(frozen=True, slots=True)
class Entry:
    """The parts of one entry as stretches of the text; nothing between entries is lost."""

    whole: Span
    equation: Span
    units: Span
    comment: Span
    flags: Span


def parse(source: SourceText) -> SourceModel:
    """Read the text of a `.mdl` file; whatever is wrong is listed in `SourceModel.problems`."""
    text = source.text
    mark = _SKETCH_MARK.search(text)
    end = mark.start() if mark else len(text)
    behind = _SETTINGS_MARK.search(text, end)
    settings_at = behind.start() if behind else len(text)
    sketch = text[end:settings_at]
    problems: list[Problem] = []
    variables: list[Variable] = []
    group = ""
    for entry in entries(source, end, problems):
        head = text[entry.equation.start : entry.equation.end]
        marker = _GROUP.match(head)
        if marker:
            group = marker.group("name").strip()
            continue
        variable = _variable(source, entry, problems)
        if variable is not None:
            variables.append(replace(variable, group=group))
    problems += _duplicates(source, variables)
    method = _method(text[settings_at:])
    return SourceModel(source, tuple(variables), method, sketch, tuple(problems))


def entries(source: SourceText, end: int, problems: list[Problem]) -> list[Entry]:
    """Split the equations into entries, minding quotes and comments inside an equation."""
    text, found = source.text, list[Entry]()
    place = _after_header(text)
    while True:
        start = _skip_blank(text, place, end)
        if start >= end:
            return found
        if text[start : start + 7].upper() == ":MACRO:":
            place = _skip_macro(source, start, end, problems)
            continue
        equation_end = _equation_end(text, start, end)
        stops = [equation_end]
        while stops[-1] < end and text[stops[-1]] == "~":
            stops.append(_next(text, stops[-1] + 1, end))
        if stops[-1] >= end:
            problems.append(
                source.problem(
                    start,
                    "this entry is never closed with '|'",
                    cure="end the entry with ~ units ~ comment |",
                )
            )
        spans = [Span(a + 1, b) for a, b in pairwise(stops)]
        spans += [Span(stops[-1], stops[-1])] * 3
        place = stops[-1] + 1
        found.append(Entry(Span(start, place), Span(start, equation_end), *spans[:3]))


def _after_header(text: str) -> int:
    header = re.match(r"\s*\{[^{}\r\n]*\}", text)
    return header.end() if header else 0


def _skip_blank(text: str, place: int, end: int) -> int:
    match = re.compile(r"(?:\s|\{[^{}]*\})*").match(text, place, end)
    return match.end() if match else place


def _skip_macro(source: SourceText, start: int, end: int, problems: list[Problem]) -> int:
    text = source.text
    match = re.compile(r":MACRO:\s*([^(\r\n]*)", re.I).match(text, start)
    name = match.group(1).strip() if match else ""
    problems.append(
        source.problem(
            start,
            f"macros are not read yet ({name})",
            kind="unsupported",
            name=":MACRO:",
            cure="write the macro's equations out in the model",
        )
    )
    stop = re.compile(r":END OF MACRO:", re.I).search(text, start, end)
    return stop.end() if stop else end


# A quoted name may go on in the next line behind a backslash; a quote left open may not.
_STOP = re.compile(r'"(?:\\[ \t]*(?:\r\n|\r|\n)|\\.|[^"\\\r\n])*"|\{[^{}]*\}|[~|]')


def _equation_end(text: str, start: int, end: int) -> int:
    if _GROUP.match(text, start, end):
        return _next(text, start, end)
    for match in _STOP.finditer(text, start, end):
        if match.group() in "~|":
            return match.start()
    return end


def _next(text: str, start: int, end: int) -> int:
    match = re.compile(r"[~|]").search(text, start, end)
    return match.start() if match else end


def _variable(source: SourceText, entry: Entry, problems: list[Problem]) -> Variable | None:
    text, span = source.text, entry.equation
    name = ""
    try:
        found = words(text, span.start, span.end)
        if not found or found[0].kind not in ("name", "quoted"):
            at = found[0].at if found else span.start
            raise ExpressionError(
                at,
                "an entry begins with the name of a variable",
                "write name = expression ~ units ~ comment |",
            )
        name = tidy(found[0].text)
        variable = _definition(source, found, span.end, problems)
    except (ExpressionError, LexicalError) as error:
        name = name or _name_before(text, span.start, error.at)
        message = f"in the equation of {name!r}: {error}" if name else str(error)
        problems.append(
            source.problem(
                error.at,
                message,
                kind=getattr(error, "kind", "syntax"),
                variable=name,
                cure=error.cure,
            )
        )
        # The name is defined, if wrongly: keep it, so that its users are not reported too.
        variable = Variable(name, None, at=span.start) if name else None
    if variable is None:
        return None
    units, low, high, step = _units(text[entry.units.start : entry.units.end])
    comment = _LINE_ENDS.sub(" ", text[entry.comment.start : entry.comment.end]).strip()
    flags = text[entry.flags.start : entry.flags.end].upper()
    return replace(
        variable,
        units=units,
        low=low,
        high=high,
        step=step,
        comment=comment,
        supplementary=":SUP" in flags,
        span=entry.whole,
    )


def _name_before(text: str, start: int, end: int) -> str:
    """Return the name an entry begins with, if it is over before `end`."""
    found = words(text, start, end)
    named = len(found) > 1 and found[0].kind in ("name", "quoted")
    return tidy(found[0].text) if named else ""


def _definition(
    source: SourceText, found: list[Token], end: int, problems: list[Problem]
) -> Variable | None:
    text, name, at = source.text, tidy(found[0].text), found[0].at
    i = 1
    if i < len(found) and found[i].text in ("[", ":", "<->"):
        what = "a subscript range" if found[i].text in (":", "<->") else "a subscripted variable"
        problems.append(
            source.problem(
                found[i].at,
                f"{name!r} is {what}; subscripts are not read yet",
                kind="unsupported",
                variable=name,
                name="subscripts",
                cure="write one variable for each element",
            )
        )
        return Variable(name, None, at=at)
    if i < len(found) and found[i].text == "(":
        table, i = parse_table(found, i, end)
        if i < len(found):
            raise ExpressionError(
                found[i].at, f"{found[i].text!r} cannot stand after a lookup", "remove it"
            )
        return Variable(
            name, None, _shown(text[found[1].at : end]), table, at=at,
            equation_span=Span(found[1].at, found[-1].end),
        )  # fmt: skip
    if i >= len(found) or found[i].text == ":=" or found[i].kind == "keyword":
        place = found[i].at if i < len(found) else at
        problems.append(
            source.problem(
                place,
                f"{name!r} takes its values from data; data variables are not read yet",
                kind="unsupported",
                variable=name,
                name="data variable",
                cure="give it an equation, such as a lookup of Time",
            )
        )
        return Variable(name, None, at=at)
    if found[i].text not in ("=", "=="):
        raise ExpressionError(
            found[i].at,
            f"'=' must follow the name, not {found[i].text!r}",
            "write name = expression; names with other characters than letters, digits, "
            "blanks, _, $ and ' stand in double quotes",
        )
    body = found[i + 1 :]
    equation: Expr = parse_expression(body, end)
    return Variable(
        name,
        equation,
        _shown(text[body[0].at : body[-1].end]),
        unchangeable=found[i].text == "==",
        at=at,
        equation_span=Span(body[0].at, body[-1].end),
    )


def _shown(text: str) -> str:
    """Return an equation on one line, as people read it."""
    return re.sub(r"\s+", " ", re.sub(r"\\[ \t]*(\r\n|\r|\n)\s*", "", text)).strip()


def _units(text: str) -> tuple[str, float | None, float | None, float | None]:
    text = re.sub(r"\\[ \t]*(\r\n|\r|\n)", " ", text)
    match = _RANGE.search(text)
    if not match:
        return tidy(text), None, None, None
    numbers: list[float | None] = []
    for part in match.group(1).split(","):
        try:
            number = float(part)
        except ValueError:  # '?' leaves a bound open
            number = math.nan
        numbers.append(None if math.isnan(number) else number)  # PySD writes nan for '?'
    numbers += [None] * 3
    return tidy(text[: match.start()]), numbers[0], numbers[1], numbers[2]


def _duplicates(source: SourceText, variables: list[Variable]) -> list[Problem]:
    first: dict[str, Variable] = {}
    problems = []
    for variable in variables:
        known = first.setdefault(variable.key, variable)
        if known is not variable and not (known.equation is None and known.table is None):
            line = source.place(known.at)[0]
            problems.append(
                source.problem(
                    variable.at,
                    f"{variable.name!r} is defined twice; first in line {line}",
                    kind="duplicate",
                    variable=variable.name,
                    cure="rename or delete one of them",
                )
            )
    return problems


def _method(settings: str) -> str:
    # In an old Macintosh file lines end with a carriage return alone.
    match = re.search(r"(?:^|[\r\n])15:\s*\d+\s*,\s*\d+\s*,\s*\d+\s*,\s*(\d+)", settings)
    return METHODS.get(match.group(1), "euler") if match else "euler"
