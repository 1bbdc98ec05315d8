"""The text of a `.mdl` file cut into entries that can be compared: joined, they give it back."""

from __future__ import annotations

import re
from dataclasses import dataclass
from functools import cached_property

from sdmodel.comparing.sequences import numbered
from sdmodel.frontends.definitions import plain
from sdmodel.frontends.entries import END_OF_MACRO, EQUATION, MACRO, Entry, entries
from sdmodel.frontends.leftside import parse_left_side
from sdmodel.frontends.mdl import sections
from sdmodel.frontends.tokens import ExpressionError, Token, tokens, words
from sdmodel.names import key, tidy
from sdmodel.source import SourceText

FIELDS = ("equation", "units", "comment", "flags")
HEAD = ("head",)
Key = tuple[tuple[object, ...], int]
_COMMENT = re.compile(r"\{[^{}]*\}")


@dataclass(frozen=True)
class Part:
    """One entry of the file: `lead` is what stands before it, `tail` closes it.

    `fields` are equation, units, comment and flags as far as they are there; a macro has its head
    as its only one. A part that is no entry (the first line, the name of a group, the end of a
    macro) has its text in `lead` alone.
    """

    name: str
    lead: str
    fields: tuple[str, ...] = ()
    tail: str = ""
    called: tuple[str, ...] = FIELDS

    @property
    def entry(self) -> str:
        """The entry itself."""
        return "~".join(self.fields) + self.tail

    @property
    def text(self) -> str:
        """All of it, as in the file."""
        return self.lead + self.entry

    @cached_property
    def meaning(self) -> tuple[object, ...]:
        """What is left when the layout does not count."""
        return tuple(meaning(place, text) for place, text in enumerate(self.fields))


def meaning(place: int, text: str) -> object:
    """Return one field of an entry, by its place, without its layout."""
    if place:
        return plain(text)
    try:
        return tuple(one for word in tokens(text) for one in _spelled(word))
    except ExpressionError:
        return plain(text)


def _spelled(word: Token) -> list[str]:
    if word.kind == "trivia":  # blanks say nothing, but a comment does
        return [plain(comment) for comment in _COMMENT.findall(word.text)]
    if word.kind == "string":  # the name of a file: its case may matter
        return [word.text]
    return [key(word.text) if word.kind in ("name", "quoted") else word.text.casefold()]


@dataclass(frozen=True)
class Parted:
    """A file: its entries by key, the drawing behind them, and the settings at the end."""

    entries: dict[Key, Part]
    sketch: str
    settings: str

    @property
    def text(self) -> str:
        """The text of the file."""
        return "".join(one.text for one in self.entries.values()) + self.sketch + self.settings


def parted(source: SourceText) -> Parted:
    r"""Cut the text of a file.

    >>> cut = parted(SourceText("m.mdl", "{UTF-8}\n\na = 2 ~ m ~ |\nb=a~m~|\n"))
    >>> [one.name for one in cut.entries.values()], cut.text[:7]
    (['first line', 'a', 'b', 'last line'], '{UTF-8}')
    """
    text = source.text
    sketch_at, settings_at = sections(text)
    place, scope = 0, ""
    keys: list[tuple[object, ...]] = []
    found: list[Part] = []
    if text.startswith("{"):  # {UTF-8}
        place = min(text.find("\n") + 1 or sketch_at, sketch_at)
        keys.append(("first line",))
        found.append(Part("first line", text[:place]))
    for entry in entries(source, sketch_at, []):
        if entry.whole.start < place:  # a group named within the first line
            continue
        lead = text[place : entry.whole.start]
        place = entry.whole.end
        if entry.kind == EQUATION:
            fields, tail = _fields(text, entry)
            name, identity = _identity(text, entry)
            keys.append(("entry", scope, *identity))
            found.append(Part(name, lead, fields, tail))
            continue
        name = tidy(text[entry.equation.start : entry.equation.end])
        shown = text[entry.whole.start : place]
        if entry.kind == MACRO:  # known by its name, so that its head may change as an equation may
            name = tidy(name.partition("(")[0])
            scope = key(name)
            keys.append((MACRO, scope))
            found.append(Part(f"the macro {name}", lead, (shown,), called=HEAD))
            continue
        keys.append((entry.kind, scope if entry.kind == END_OF_MACRO else key(name)))
        found.append(Part(name, lead + shown))
        if entry.kind == END_OF_MACRO:
            scope = ""
    keys.append(("last line",))
    found.append(Part("last line", text[place:sketch_at]))
    marked = dict(zip(numbered(keys), found, strict=True))
    return Parted(marked, text[sketch_at:settings_at], text[settings_at:])


def _fields(text: str, entry: Entry) -> tuple[tuple[str, ...], str]:
    spans = entry.fields
    shown = tuple(text[one.start : one.end] for one in spans)
    return shown, text[spans[-1].end : entry.whole.end]


def _identity(text: str, entry: Entry) -> tuple[str, tuple[object, ...]]:
    """Return the name of what an entry defines, and what tells it apart from others."""
    span = entry.equation
    try:
        found = words(text, span.start, span.end)
        name = tidy(found[0].text)
        if len(found) > 1 and found[1].text in (":", "<->"):
            return name, ("range", key(name))
        left = parse_left_side(found)
    except (ExpressionError, IndexError):
        name = tidy(text[span.start : span.end].partition("=")[0])
        return name, (key(name),)
    own = tuple(map(key, left.subscripts))
    shown = f"{left.name}[{','.join(left.subscripts)}]" if own else left.name
    exceptions = tuple(sorted(tuple(map(key, one)) for one in left.exceptions))
    return shown, (key(left.name), own, exceptions)
