"""XML to elements that know where in the file each of their characters stands.

Model files in the wild use prefixes nobody declared and entities of HTML; both are taken. Nothing
is ever fetched, and a file that defines entities of its own is refused, since a few lines of them
can stand for gigabytes.
"""

from __future__ import annotations

import bisect
import html.entities
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from itertools import pairwise
from xml.parsers import expat

from sdmodel.errors import Problem
from sdmodel.source import SourceText

DEEPEST = 200  # elements within each other; Stella's files have about ten

_NOT_BLANK = re.compile(r"\S")
_ENTITY = re.compile(r"&([A-Za-z][A-Za-z0-9]*);")
_OF_XML = {"amp", "lt", "gt", "quot", "apos"}
_ATTRIBUTE = re.compile(r"""[^\s=<>"']*\s+([^\s=<>"']+)\s*=\s*("[^"]*"|'[^']*')""")
_ENCODING = re.compile(r"""(<\?xml[^>]*?)\s+encoding\s*=\s*("[^"]*"|'[^']*')""")


@dataclass(frozen=True, slots=True)
class Passage:
    """Text of the file as XML means it, and the offset in the file of each of its characters."""

    text: str
    starts: tuple[int, ...] = (0,)
    offsets: tuple[int, ...] = (0,)

    def at(self, index: int) -> int:
        """Return the offset in the file of a character."""
        piece = max(bisect.bisect_right(self.starts, index) - 1, 0)
        return self.offsets[piece] + index - self.starts[piece]

    @property
    def first(self) -> int:
        """The offset of the first character that is not blank."""
        found = _NOT_BLANK.search(self.text)
        return self.at(found.start() if found else 0)


@dataclass(slots=True)
class Element:
    """An element: its name, attributes, children, text, and where it begins and ends."""

    name: str
    attributes: dict[str, str]
    at: int
    end: int = -1
    inside: int = -1
    children: list[Element] = field(default_factory=list)
    pieces: list[tuple[str, int]] = field(default_factory=list)

    def all(self, *names: str) -> Iterator[Element]:
        """Yield the children of these names."""
        return (child for child in self.children if child.name in names)

    def one(self, name: str) -> Element | None:
        """Return the first child of this name."""
        return next(self.all(name), None)

    def get(self, attribute: str, default: str = "") -> str:
        """Return an attribute, whatever its prefix and case."""
        for name, value in self.attributes.items():
            if name.rpartition(":")[2].lower() == attribute:
                return value
        return default

    def everything(self) -> Iterator[Element]:
        """Yield the element and all below it."""
        todo = [self]
        while todo:
            element = todo.pop()
            yield element
            todo.extend(element.children)

    @property
    def passage(self) -> Passage:
        """The text directly within the element."""
        if not self.pieces:
            return Passage("", (0,), (self.inside if self.inside >= 0 else self.at,))
        starts, length = [], 0
        for text, _ in self.pieces:
            starts.append(length)
            length += len(text)
        joined = "".join(text for text, _ in self.pieces)
        return Passage(joined, tuple(starts), tuple(at for _, at in self.pieces))

    @property
    def text(self) -> str:
        """The text directly within the element, without blanks around it."""
        return "".join(text for text, _ in self.pieces).strip()


def attribute_at(source: SourceText, element: Element, name: str) -> int:
    """Return the offset of the value of an attribute, or of the element where it has none."""
    place = source.text.find(next(iter(element.name), "<"), element.at) + len(element.name)
    while found := _ATTRIBUTE.match(source.text, place):
        if found[1].rpartition(":")[2].lower() == name:
            return found.start(2) + 1
        place = found.end()
    return element.at


class MarkupError(ValueError):
    """The file is no XML, or XML that is not read."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.message)


def read_markup(source: SourceText) -> Element:
    """Return the outermost element of a file.

    Raises
    ------
    MarkupError
        If the text is not well-formed, defines entities, or is nested too deeply.
    """
    return _Reader(source).read()


class _Reader:
    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.lead = len(source.text) - len(source.text.lstrip())
        text = self._without_encoding(source.text[self.lead :])
        self.text, self._places, self._shifts = _spelled_out(text)
        self.data = self.text.encode("utf-8", "surrogatepass")
        self.ascii = len(self.data) == len(self.text)
        self._seen = (0, 0)  # a place in bytes, and the same place in characters
        self.open: list[Element] = []
        self.root: Element | None = None
        self.parser = expat.ParserCreate("utf-8")
        self.parser.ordered_attributes = True
        self.parser.StartElementHandler = self._start
        self.parser.EndElementHandler = self._end
        self.parser.CharacterDataHandler = self._text
        self.parser.StartDoctypeDeclHandler = self._doctype

    def _without_encoding(self, text: str) -> str:
        """Blank out the encoding, which is settled when the bytes have become text."""
        found = _ENCODING.match(text)
        if found is None:
            return text
        return text[: found.end(1)] + " " * (found.end() - found.end(1)) + text[found.end() :]

    def read(self) -> Element:
        try:
            self.parser.Parse(self.data, True)
        except expat.ExpatError as error:
            raise MarkupError(self._explained(error)) from None
        assert self.root is not None
        return self.root

    def _char(self, byte: int) -> int:
        """Return which character a byte is in; cheap when asked in the order of the file."""
        if self.ascii:
            return byte
        known_byte, known_char = self._seen
        if byte < known_byte:
            known_byte, known_char = 0, 0
        char = known_char + len(self.data[known_byte:byte].decode("utf-8", "ignore"))
        self._seen = (byte, char)
        return char

    def _in_file(self, char: int) -> int:
        """Return the offset in the file of a character of what is parsed."""
        piece = bisect.bisect_right(self._places, char) - 1
        return self.lead + char + (self._shifts[piece] if piece >= 0 else 0)

    def _offset(self, byte: int) -> int:
        return self._in_file(self._char(byte))

    def _start(self, name: str, flat: list[str]) -> None:
        at = self._offset(self.parser.CurrentByteIndex)
        if len(self.open) >= DEEPEST:
            reason = f"more than {DEEPEST} elements stand within each other here"
            raise MarkupError(self.source.problem(at, reason, cure="is this really a model?"))
        element = Element(name, dict(zip(flat[::2], flat[1::2], strict=True)), at)
        if self.open:
            self.open[-1].children.append(element)
        else:
            self.root = element
        self.open.append(element)
        close = self.source.text.find(">", at)
        element.inside = close + 1 if close >= 0 else at

    def _end(self, name: str) -> None:
        element = self.open.pop()
        at = self._offset(self.parser.CurrentByteIndex)
        # Of <a/> the place behind it is given, where its parent may be closed.
        empty = at == element.inside and self.source.text.endswith("/>", 0, at)
        if not empty and self.source.text.startswith("</", at):
            at = self.source.text.find(">", at) + 1
        element.end = at

    def _text(self, text: str) -> None:
        if not self.open:
            return
        first = self._char(self.parser.CurrentByteIndex)
        low = bisect.bisect_right(self._places, first)
        high = bisect.bisect_left(self._places, first + len(text))
        starts = [first, *self._places[low:high], first + len(text)]
        for start, end in pairwise(starts):
            piece = text[start - first : end - first]
            self.open[-1].pieces.append((piece, self._in_file(start)))

    def _doctype(self, *_: object) -> None:
        at = self._offset(self.parser.CurrentByteIndex)
        at = max(self.source.text.rfind("<!DOCTYPE", 0, at + 1), 0)
        reason = "a document type (<!DOCTYPE ...>) is not read: it may define or fetch anything"
        raise MarkupError(
            self.source.problem(at, reason, kind="unsupported", cure="delete it; XMILE has none")
        )

    def _explained(self, error: expat.ExpatError) -> Problem:
        at = self._offset(max(self.parser.ErrorByteIndex, 0))
        at = min(at, len(self.source.text))
        inner = self.open[-1].name if self.open else ""
        known = expat.errors.codes
        if error.code == known[expat.errors.XML_ERROR_TAG_MISMATCH]:
            line = self.source.place(self.open[-1].at)[0]
            reason = f"this does not close <{inner}>, which was opened in line {line}"
            cure = f"write </{inner}> there, or close it before"
        elif error.code == known[expat.errors.XML_ERROR_NO_ELEMENTS] and not self.open:
            reason, cure = "there is no XML in this file", "save the model as XMILE once more"
        elif error.code in (
            known[expat.errors.XML_ERROR_NO_ELEMENTS],
            known[expat.errors.XML_ERROR_UNCLOSED_TOKEN],
            known[expat.errors.XML_ERROR_UNCLOSED_CDATA_SECTION],
        ):
            if self.open and error.code == known[expat.errors.XML_ERROR_NO_ELEMENTS]:
                at = self.open[-1].at
            reason = f"<{inner}> is never closed" if inner else "this is never closed"
            cure = "the file may be cut off: fetch or save it once more"
        elif error.code == known[expat.errors.XML_ERROR_UNDEFINED_ENTITY]:
            reason, cure = (
                "nobody defines this entity",
                "write the character itself, or &amp; for &",
            )
        elif error.code == known[expat.errors.XML_ERROR_DUPLICATE_ATTRIBUTE]:
            reason, cure = "this attribute is given twice", "delete one of the two"
        elif error.code == known[expat.errors.XML_ERROR_JUNK_AFTER_DOC_ELEMENT]:
            reason, cure = "something stands behind the end of the model", "delete it"
        else:
            reason = "this is no well-formed XML" + (f" (within <{inner}>)" if inner else "")
            cure = "in a text, write &lt; for < and &amp; for &"
        return self.source.problem(at, reason, cure=cure)


def _spelled_out(text: str) -> tuple[str, list[int], list[int]]:
    """Replace entities of HTML by their characters; tell from where on offsets are shifted."""
    places, shifts, parts = list[int](), list[int](), list[str]()
    last = length = shift = 0
    for found in _ENTITY.finditer(text):
        name = found[1]
        meant = html.entities.html5.get(name + ";")
        if name in _OF_XML or meant is None:
            continue
        parts += (text[last : found.start()], meant)
        length += found.start() - last + len(meant)
        shift += len(found[0]) - len(meant)
        last = found.end()
        places.append(length)
        shifts.append(shift)
    return "".join([*parts, text[last:]]) if parts else text, places, shifts
