"""Lists of numbers right of the equals sign: ``1,2;3,4;`` and ``TABBED ARRAY(...)``."""

from __future__ import annotations

import re

from sdmodel.expr import Values
from sdmodel.frontends.points import signed
from sdmodel.frontends.tokens import ExpressionError, Token, keyword
from sdmodel.names import key

NOT_AVAILABLE = -(2.0**109)  # :NA:, Vensim's number for a missing value

_BLANK = re.compile(r"\{[^{}]*\}|\\[ \t]*(?:\r\n|\r|\n)")
_CELL = re.compile(r"(?P<end>\r\n|\r|\n)|\S+")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
_CURE = "a list holds numbers only, one for each element"


def is_list(words: list[Token]) -> bool:
    """Return whether a comma or semicolon stands outside of all brackets."""
    depth = 0
    for word in words:
        if word.text in ("(", "["):
            depth += 1
        elif word.text in (")", "]"):
            depth -= 1
        elif depth == 0 and word.text in (",", ";"):
            return True
    return False


def parse_values(words: list[Token], end: int) -> Values:
    """Read a list of numbers: commas between them, a semicolon behind each row.

    Examples
    --------
    >>> from sdmodel.frontends.tokens import words
    >>> parse_values(words("1, -2; 3, 4;"), 12).values
    (1.0, -2.0, 3.0, 4.0)
    """
    found: list[float] = []
    rows: list[int] = []
    i, begun = 0, 0
    while i < len(words):
        if words[i].kind == "keyword" and keyword(words[i].text) == ":NA:":
            value, i = NOT_AVAILABLE, i + 1
        else:
            value, i = signed(words, i, end, _CURE)
        found.append(value)
        after = words[i].text if i < len(words) else ""
        if after not in (",", ";", ""):
            what = f"{after!r} cannot stand in a list of numbers"
            raise ExpressionError(words[i].at, what, _CURE)
        if after == ";":
            rows.append(len(found) - begun)
            begun = len(found)
        i += 1
    if rows and begun < len(found):
        rows.append(len(found) - begun)
    return Values(tuple(found), tuple(rows), words[0].at)


def is_tabbed(words: list[Token]) -> bool:
    """Return whether an equation is a TABBED ARRAY."""
    return len(words) > 1 and key(words[0].text) == "tabbed array" and words[1].text == "("


def parse_tabbed(text: str, words: list[Token]) -> Values:
    """Read ``TABBED ARRAY(...)``: numbers with white space between them, one row a line."""
    last = words[-1]
    if last.text != ")":
        raise ExpressionError(words[1].at, "this list is never closed", "add the missing ')'")
    # What means nothing becomes blanks of the same length, so that places stay right.
    start = words[1].end
    body = _BLANK.sub(lambda match: " " * len(match.group()), text[start : last.at])
    found: list[float] = []
    rows = [0]
    for match in _CELL.finditer(body):
        if match.group("end"):
            rows.append(0)
        else:
            found.append(_number(match.group(), start + match.start()))
            rows[-1] += 1
    rows = [row for row in rows if row]
    if not found:
        raise ExpressionError(words[1].at, "this list has no numbers", _CURE)
    return Values(tuple(found), tuple(rows) if len(rows) > 1 else (), words[0].at)


def _number(word: str, at: int) -> float:
    if word.casefold() == ":na:":
        return NOT_AVAILABLE
    if not _NUMBER.fullmatch(word):
        raise ExpressionError(at, f"{word!r} is no number", _CURE)
    return float(word)
