r"""Every piece of a model file, from its first byte to its last: nothing lies between them.

A reader that knows every piece can change one and leave all others. Of a `.mdl` file pieces are
the words of equations, units, comments, what parts them, blanks, groups, the heads of macros, and
the lines of sketch and settings; of an XMILE file tags, text between them, and comments.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import NamedTuple

from sdmodel.editing.text import is_xmile
from sdmodel.editing.vensim import sheet
from sdmodel.frontends.entries import EQUATION, Entry
from sdmodel.frontends.mdl import sections
from sdmodel.frontends.tokens import LexicalError, tokens
from sdmodel.source import SourceText

_LINE = re.compile(r"[^\r\n]*(?:\r\n|\r|\n)|[^\r\n]+\Z")
_MARKUP = re.compile(r"<!--.*?-->|<!\[CDATA\[.*?\]\]>|<\?.*?\?>|<[^>]*>|[^<]+|<", re.DOTALL)


class Piece(NamedTuple):
    """A piece of a file: what it is, and its text."""

    kind: str
    text: str


def pieces(source: SourceText) -> Iterator[Piece]:
    r"""Yield every piece of a model file; joined, they are its text.

    >>> [one.text for one in pieces(SourceText("m.mdl", "{UTF-8}\na = 2*b ~ m ~|\n"))]
    ['{UTF-8}\n', 'a', ' ', '=', ' ', '2', '*', 'b', ' ', '~', ' m ', '~', '', '|', '\n']
    """
    if is_xmile(source):
        for match in _MARKUP.finditer(source.text):
            yield Piece("tag" if match.group().startswith("<") else "text", match.group())
        return
    text, place = source.text, 0
    for entry in sheet(source).entries:
        yield from _between(text, place, entry.whole.start)
        yield from _entry(text, entry)
        place = entry.whole.end
    end, settings = sections(text)
    yield from _between(text, place, end)
    yield from (Piece("sketch", line) for line in _LINE.findall(text[end:settings]))
    yield from (Piece("settings", line) for line in _LINE.findall(text[settings:]))


def _between(text: str, start: int, end: int) -> Iterator[Piece]:
    if start < end:
        yield Piece("blank", text[start:end])


def _entry(text: str, entry: Entry) -> Iterator[Piece]:
    """Yield the pieces of an entry: of an equation its words, of others the whole."""
    if entry.kind != EQUATION:
        yield Piece(entry.kind, text[entry.whole.start : entry.whole.end])
        return
    try:
        for word in tokens(text, entry.equation.start, entry.equation.end):
            yield Piece(word.kind, word.text)
    except LexicalError:  # as far as it can be told
        yield Piece("unread", text[entry.equation.start : entry.equation.end])
    place = entry.equation.end
    for kind, part in zip(("units", "comment", "flags"), entry.fields[1:], strict=False):
        yield Piece("mark", text[place : part.start])
        yield Piece(kind, text[part.start : part.end])
        place = part.end
    yield from ([Piece("mark", text[place : entry.whole.end])] if place < entry.whole.end else [])
