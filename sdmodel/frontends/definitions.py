"""One entry of a `.mdl` file as a variable: its equation, table, list of numbers or data."""

from __future__ import annotations

import math
import re
from dataclasses import replace

from sdmodel.expr import Call, Expr
from sdmodel.frontends.entries import Entry
from sdmodel.frontends.expressions import parse_expression
from sdmodel.frontends.leftside import LeftSide
from sdmodel.frontends.lists import is_list, is_tabbed, parse_tabbed, parse_values
from sdmodel.frontends.points import parse_table
from sdmodel.frontends.tokens import ExpressionError, Token
from sdmodel.names import key, tidy
from sdmodel.source import Span, Variable

_EXTERNAL_DATA = frozenset({"get direct data", "get xls data", "get 123 data", "get odbc data"})
_EXTERNAL_LOOKUPS = frozenset({"get direct lookups", "get xls lookups", "get 123 lookups"})
_CONTINUATION = re.compile(r"\\[ \t]*(\r\n|\r|\n)\s*")
_WHITE = re.compile(r"\s+")
# Blanks, and the backslashes by which a line goes on in the next.
_LINE_ENDS = re.compile(r"(?:\s|\\(?=[ \t]*[\r\n]))+")
_RANGE = re.compile(r"\[([^\[\]]*)\]\Z")


def define(text: str, words: list[Token], left: LeftSide, end: int) -> Variable:
    """Return the variable that the words of an entry define; `end` is where its equation stops."""
    start = Variable(
        left.name, None, at=left.at, subscripts=left.subscripts, exceptions=left.exceptions
    )
    if left.behind >= len(words):
        return replace(start, data=left.data or "interpolate")
    sign = words[left.behind]
    if sign.text == "(" and not left.data and not left.exceptions:
        return _lookup(text, words[left.behind :], start, end)
    if sign.text not in ("=", "==", ":="):
        raise ExpressionError(
            sign.at,
            f"'=' must follow the name, not {tidy(sign.text)!r}",
            "write name = expression; names with other characters than letters, digits, "
            "blanks, _, $ and ' stand in double quotes",
        )
    body = words[left.behind + 1 :]
    equation = _right_side(text, body, end, listed=bool(left.subscripts))
    data = left.data or ("interpolate" if sign.text == ":=" else "")
    return replace(
        _external(start, equation, data),
        text=shown(text[body[0].at : body[-1].end]),
        unchangeable=sign.text == "==",
        equation_span=Span(body[0].at, body[-1].end),
    )


def _right_side(text: str, body: list[Token], end: int, *, listed: bool) -> Expr:
    """Return what stands right of the equals sign; a list of numbers is for subscripts only."""
    if is_tabbed(body):
        if not listed:
            what = "a list of numbers needs subscripts left of the equals sign"
            raise ExpressionError(body[0].at, what, "write x[Range] = TABBED ARRAY(...)")
        return parse_tabbed(text, body)
    if listed and is_list(body):
        return parse_values(body, end)
    return parse_expression(body, end)


def _external(start: Variable, equation: Expr, data: str) -> Variable:
    """Mark what will be a data variable or a lookup once a file beside the model is read."""
    called = key(equation.function) if isinstance(equation, Call) else ""
    if called in _EXTERNAL_LOOKUPS:
        return replace(start, equation=equation, lookup=True)
    if called in _EXTERNAL_DATA:
        data = data or "interpolate"
    return replace(start, equation=equation, data=data)


def _lookup(text: str, body: list[Token], start: Variable, end: int) -> Variable:
    span = Span(body[0].at, body[-1].end)
    found = replace(start, text=shown(text[span.start : end]), lookup=True, equation_span=span)
    if len(body) > 2 and key(body[1].text) in _EXTERNAL_LOOKUPS:
        if sum((word.text == "(") - (word.text == ")") for word in body) > 0:
            what = "this lookup is never closed"
            raise ExpressionError(body[0].at, what, "add the missing ')'")
        equation = parse_expression(body, end)
        if not isinstance(equation, Call):
            what = "only one call can stand in a lookup"
            raise ExpressionError(body[1].at, what, "write name(GET DIRECT LOOKUPS(...))")
        return replace(found, equation=equation)
    table, i = parse_table(body, 0, end)
    if i < len(body):
        what = f"{tidy(body[i].text)!r} cannot stand after a lookup"
        raise ExpressionError(body[i].at, what, "remove it")
    return replace(found, table=table)


def described(variable: Variable, text: str, entry: Entry, group: str) -> Variable:
    """Return the variable with its group and what stands behind its equation: units to flags."""
    units, low, high, step = _units(text[entry.units.start : entry.units.end])
    comment = plain(text[entry.comment.start : entry.comment.end])
    flags = text[entry.flags.start : entry.flags.end].upper()
    if comment[:4].upper() == ":SUP" and " " not in comment:  # one '~' too few
        comment, flags = "", ":SUP"
    return replace(
        variable,
        units=units,
        units_at=_first_word(text, entry.units) if units else -1,
        low=low,
        high=high,
        step=step,
        comment=comment,
        group=group,
        supplementary=":SUP" in flags,
        span=entry.whole,
    )


def _first_word(text: str, span: Span) -> int:
    """Return where the first word of a part stands."""
    part = text[span.start : span.end]
    return span.end - len(part.lstrip(" \t\r\n\\"))


def shown(text: str) -> str:
    """Return an equation on one line, as people read it."""
    return _WHITE.sub(" ", _CONTINUATION.sub("", text)).strip()


def plain(text: str) -> str:
    """Return a comment on one line."""
    return _LINE_ENDS.sub(" ", text).strip()


def _units(text: str) -> tuple[str, float | None, float | None, float | None]:
    text = _CONTINUATION.sub(" ", text).strip()
    match = _RANGE.search(text) if text.endswith("]") else None
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
