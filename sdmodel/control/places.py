"""The lines of a control file, each a row of words with its place in the text."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence

from sdmodel.errors import Problem
from sdmodel.frontends.tokens import ExpressionError, Token, words
from sdmodel.source import SourceText

_LINE = re.compile(r"[^\r\n]+")
# A quoted name may hold a brace; a comment may go over several lines.
_COMMENT = re.compile(r'"[^"\r\n]*"|\{[^{}]*\}')
_SHOWN = re.compile(r"[^\r\n]")


def bare(source: SourceText) -> SourceText:
    """Return a text of the same length, with blanks in place of every ``{comment}``.

    >>> bare(SourceText("a.voc", "a{b}=1")).text
    'a   =1'
    """

    def blank(found: re.Match[str]) -> str:
        return _SHOWN.sub(" ", found[0]) if found[0].startswith("{") else found[0]

    return SourceText(source.path, _COMMENT.sub(blank, source.text), source.encoding)


def stripped(source: SourceText) -> Iterator[tuple[int, str]]:
    """Yield each line that holds anything, without the blanks around it, and where it begins."""
    for match in _LINE.finditer(source.text):
        text = match[0].strip()
        if text:
            yield match.start() + match[0].index(text[0]), text


def lines(source: SourceText, problems: list[Problem]) -> Iterator[list[Token]]:
    """Yield the words of each line that has any, and note the lines that cannot be split."""
    for match in _LINE.finditer(source.text):
        try:
            found = words(source.text, match.start(), match.end())
        except ExpressionError as error:
            problems.append(source.problem(error.at, error.message, cure=error.cure))
            continue
        if found:
            yield found


def signed(row: Sequence[Token]) -> float | None:
    """Return the number that some words are, with its sign; None where they are none.

    >>> signed(words("-2.5")), signed(words("2 3")), signed(words("x"))
    (-2.5, None, None)
    """
    if not row or len(row) > 2 or row[-1].kind != "number":
        return None
    if len(row) == 2 and row[0].text not in "+-":
        return None
    value = float(row[-1].text)
    if not math.isfinite(value):
        return None
    return -value if row[0].text == "-" else value


def split(row: Sequence[Token], mark: str) -> list[list[Token]]:
    """Split words at a mark that stands outside brackets.

    >>> [[one.text for one in part] for part in split(words("a[x,y],2"), ",")]
    [['a', '[', 'x', ',', 'y', ']'], ['2']]
    """
    parts: list[list[Token]] = [[]]
    depth = 0
    for one in row:
        depth += (one.text in "[(") - (one.text in "])") if one.kind == "operator" else 0
        if depth == 0 and one.kind == "operator" and one.text == mark:
            parts.append([])
        else:
            parts[-1].append(one)
    return parts


def spelt(source: SourceText, row: Sequence[Token]) -> str:
    """Return some words as they stand in the file."""
    return source.text[row[0].at : row[-1].end].strip() if row else ""
