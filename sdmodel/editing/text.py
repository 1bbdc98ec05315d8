"""Pieces of a text put in place of others, and the encoding of the whole kept."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable
from dataclasses import replace
from typing import NamedTuple

from sdmodel.errors import ReadError
from sdmodel.frontends import XMILE
from sdmodel.frontends.text import decode
from sdmodel.source import SourceText

_LINE_END = re.compile(r"\r\n|\r|\n")
UTF8 = "{UTF-8}"


class Splice(NamedTuple):
    """What stands from `start` to `end` of a text, in characters, becomes `text`."""

    start: int
    end: int
    text: str


def spliced(text: str, splices: Iterable[Splice]) -> str:
    """Return the text with all splices made; they may not overlap.

    >>> spliced("a = 1 + 2", [Splice(8, 9, "4"), Splice(4, 5, "3")])
    'a = 3 + 4'
    """
    parts, place = list[str](), 0
    for one in sorted(splices):
        if one.start < place:
            raise ValueError(f"two changes of the text meet at {one.start}")
        parts += (text[place : one.start], one.text)
        place = one.end
    return "".join([*parts, text[place:]])


def line_end(text: str) -> str:
    r"""Return how the lines of a text end: as most of them do.

    >>> line_end("a\r\nb\r\nc\n"), line_end("a")
    ('\r\n', '\n')
    """
    found = Counter(_LINE_END.findall(text))
    return found.most_common(1)[0][0] if found else "\n"


def with_line_ends(new: str, text: str) -> str:
    r"""Return a passage to be put into a text, with its line ends; other ends than newlines stay.

    >>> with_line_ends("a\nb", "x\r\ny")
    'a\r\nb'
    """
    return new if "\r" in new else new.replace("\n", line_end(text))


def with_text(old: SourceText, text: str) -> SourceText:
    """Return another text of the same file, in the same encoding.

    A file of plain ASCII that does not say ``{UTF-8}`` takes other characters in the Windows code
    page 1252, as Vensim reads it.

    Raises
    ------
    ReadError
        If the encoding cannot hold it: another one would change lines nobody asked to change.
    """
    new = replace(old, text=text)
    wanted = [new]
    undecided = old.encoding == "utf-8" and not old.bom and old.text.isascii()
    if undecided and not text.isascii() and not is_xmile(old) and not says_utf8(text):
        wanted = [replace(new, encoding="cp1252")]
    for one in wanted:
        try:
            if decode(one.path, one.raw) == one:
                return one
        except (UnicodeEncodeError, ReadError):
            continue
    at = next((i for i, char in enumerate(text) if not _holds(wanted[0].encoding, char)), 0)
    problem = new.problem(
        at,
        f"the encoding of this file ({wanted[0].encoding}) cannot hold {text[at : at + 1]!r}",
        cure="use other characters, or first save the file as UTF-8, with {UTF-8} as its first "
        "line",
    )
    raise ReadError([problem])


def says_utf8(text: str) -> bool:
    """Return whether a `.mdl` file says at its beginning that it is in UTF-8."""
    return UTF8 in text[:200]


def as_utf8(old: SourceText, text: str) -> SourceText:
    """Return another text of the same file, in UTF-8 where its encoding cannot hold it."""
    new = replace(old, text=text)
    try:
        new.text.encode(old.encoding)
    except UnicodeEncodeError:
        return replace(new, encoding="utf-8")
    return new


def is_xmile(source: SourceText) -> bool:
    """Return whether a file is XMILE."""
    return source.path.lower().endswith(XMILE)


def _holds(encoding: str, char: str) -> bool:
    try:
        char.encode(encoding)
    except UnicodeEncodeError:
        return False
    return True
