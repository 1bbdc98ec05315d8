"""Views as the lines of Vensim's sketch language, and their place in a model file."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from sdmodel.frontends.sketch import Arrow, Element, Kind, View, read_sketch
from sdmodel.sketch.words import quoted
from sdmodel.source import SourceText

# Vensim minds only the beginning of the line, and writes it its own way when it saves the model;
# PySD wants it to end so.
_OURS = "laid out by sdmodel"
_MARK = "\\\\\\---///"
_BEGIN = f"{_MARK} Sketch information - {_OURS}; do not modify anything except names"
_VERSION = "V300  Do not put anything below this section - it will be ignored"
_END = "///---\\\\\\"


def written(views: Sequence[View]) -> list[str]:
    r"""Return the lines of a drawing, its end included.

    Examples
    --------
    >>> from sdmodel.frontends.sketch import read_sketch
    >>> word = Element(Kind.VARIABLE, 1, "a", 9, 9, 9, 9, 8, 3)
    >>> lines = written([View("Main", "192-192-192,0", (word,), ())])
    >>> read_sketch("\n".join(lines))[0].elements[0].name
    'a'
    """
    lines: list[str] = []
    for view in views:
        lines += (_BEGIN, _VERSION, f"*{view.name}", f"${view.style}")
        arrows = sorted(view.arrows, key=lambda one: one.id)
        for element in view.elements:
            lines += _element(element)
        lines += map(_arrow, arrows)
    return [*lines, _END]


def _element(one: Element) -> Iterator[str]:
    name = quoted(one.name) if one.kind is Kind.VARIABLE else one.name
    fields = (int(one.kind), one.id, name, one.x, one.y, one.width, one.height)
    style = f",{one.style}" if one.style else ""
    yield ",".join(map(str, (*fields, one.shape, one.bits))) + style
    if one.kind is Kind.COMMENT and one.bits & 4:
        yield one.text


def _arrow(one: Arrow) -> str:
    fields = (
        int(Kind.ARROW), one.id, one.start, one.end, one.shape, int(one.hidden),
        ord(one.polarity or "\0"), one.thickness, 0, 0 if one.pipe else 64, int(one.initial),
        "-1--1--1", "", f"{len(one.points)}|",
    )  # fmt: skip
    return ",".join(map(str, fields)) + "".join(f"({x},{y})|" for x, y in one.points)


def made_by_hand(text: str) -> bool:
    r"""Return whether a model has a drawing that was not written here, or since saved by Vensim.

    Examples
    --------
    >>> made_by_hand("a = 1 ~~|\n")
    False
    >>> made_by_hand("\\\\\\---/// Sketch\n*Main\n10,1,a,9,9,9,9,8,3\n")
    True
    """
    begins = [line for line in text.splitlines() if line.startswith(_MARK)]
    drawn = any(view.elements for view in read_sketch(text))
    return drawn and not all(_OURS in line for line in begins)


def with_sketch(source: SourceText, views: Sequence[View]) -> str:
    """Return the text of a model with another drawing; all else stays as it is."""
    lines = source.text.splitlines(keepends=True)
    newline = "\r\n" if lines and lines[0].endswith("\r\n") else "\n"
    begins = [n for n, line in enumerate(lines) if line.startswith(_MARK)]
    ends = [n for n, line in enumerate(lines) if line.startswith(_END)]
    first = begins[0] if begins else ends[0] if ends else len(lines)
    after = ends[0] + 1 if ends else len(lines)
    before, behind = "".join(lines[:first]), "".join(lines[after:])
    if before and not before.endswith(("\n", "\r")):
        before += newline
    if not ends and not begins:
        before += newline
    return before + "".join(line + newline for line in written(views)) + behind
