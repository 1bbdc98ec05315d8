"""How much room a name takes: widths of letters, and lines broken as Vensim breaks them."""

from __future__ import annotations

import functools
import math
import re
from dataclasses import dataclass

SIZE = 10  # points
# At 96 dots an inch a point is 4/3 of a pixel.
_EM = SIZE * 4 / 3
LINE = 14
_PLAIN = re.compile(r"[^\W\d_][\w\s$']*")
WIDEST = 112
# Widths of Helvetica (which Arial shares) in thousandths of an em, for the common characters.
_WIDTHS = {
    222: "ijl'",
    278: "ft/I.,:;! []|\\",
    333: 'r-()`"',
    500: "ckvxyszJ",
    556: "abdeghnopqu0123456789$?_#L",
    584: "+=<>~",
    611: "FTZ",
    667: "ABEKPSVXY&",
    722: "CDHNRUw",
    778: "GOQ",
    833: "mM",
    889: "%",
    944: "W",
    1015: "@",
}
_WIDTH_OF = {letter: width for width, letters in _WIDTHS.items() for letter in letters}


@dataclass(frozen=True, slots=True)
class Label:
    """A name broken into lines, with half the width and height of the box it needs, in pixels."""

    lines: tuple[str, ...]
    width: int
    height: int


def unquoted(name: str) -> str:
    """Return a name without the quotes that a file needs round some characters.

    >>> unquoted('"GDP (2000)"'), unquoted("birth rate")
    ('GDP (2000)', 'birth rate')
    """
    inside = len(name) > 1 and name[0] == name[-1] == '"'
    return name[1:-1].replace('\\"', '"') if inside else name


def quoted(name: str) -> str:
    """Return a name as a file has it: in quotes where it has other than letters and digits.

    >>> quoted("GDP (2000)"), quoted("birth rate")
    ('"GDP (2000)"', 'birth rate')
    """
    return name if _PLAIN.fullmatch(name) else '"' + name.replace('"', '\\"') + '"'


@functools.lru_cache(maxsize=1 << 15)
def text_width(text: str, scale: float = 1.0) -> float:
    """Return the width of a text in Arial of 10 points, in pixels.

    >>> round(text_width("birth rate"))
    53
    """
    # Letters of other scripts may be as wide as high.
    return (
        scale
        * _EM
        / 1000
        * sum(_WIDTH_OF.get(letter, 600 if ord(letter) < 0x2E80 else 1000) for letter in text)
    )


@functools.lru_cache(maxsize=1 << 14)
def label(name: str, widest: float = WIDEST, scale: float = 1.0) -> Label:
    """Break a name into the fewest lines that fit a width, as even as they can be.

    >>> label("research people at half capacity").lines
    ('research people', 'at half capacity')
    """
    words = name.split(" ")
    limit = max(widest, *(text_width(word, scale) for word in words))
    lines = _wrap(words, limit, scale)
    while len(lines) > 3 and limit < 2 * widest:
        limit += widest / 8
        lines = _wrap(words, limit, scale)
    # The narrowest width that needs no further line.
    for narrower in range(math.ceil(limit), 0, -2):
        if any(text_width(word, scale) > narrower for word in words):
            break
        tried = _wrap(words, narrower, scale)
        if len(tried) > len(lines):
            break
        lines = tried
    width = max(text_width(line, scale) for line in lines)
    return Label(tuple(lines), math.ceil(width / 2) + 6, round(LINE * scale * len(lines) / 2) + 4)


def _wrap(words: list[str], limit: float, scale: float) -> list[str]:
    lines = [words[0]]
    for word in words[1:]:
        longer = f"{lines[-1]} {word}"
        if text_width(longer, scale) <= limit:
            lines[-1] = longer
        else:
            lines.append(word)
    return lines
