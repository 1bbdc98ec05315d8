"""The sketch and the settings of a `.mdl` file: names in them, and what goes with a variable."""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Sequence
from dataclasses import replace
from typing import NamedTuple

from sdmodel.editing.text import Splice
from sdmodel.editing.words import VARIABLE, Renamed, in_lines
from sdmodel.errors import ReadError
from sdmodel.frontends.mdl import sections
from sdmodel.frontends.sketch import Kind, View, read_sketch
from sdmodel.names import key

_LINE = re.compile(r"([^\r\n]*)(?:\r\n|\r|\n|\Z)")
_OBJECT = re.compile(r'(?P<kind>\d+),(?P<id>\d+),(?P<name>"(?:\\.|[^"\\])*"|[^,]*),(?P<rest>.*)')
_CONTROL = re.compile(r'(?P<name>"(?:\\.|[^"\\])*"|[^,]*),(?:-?[\d.eE+-]+,|Graph\b|Table\b)')
_BEGIN = re.compile(r"\\{2,3}---///")
# Settings that name a variable (the workbench's and the axis's) or subscripts, and lines of a
# graph; Vensim's manual, "Custom graph definition".
_NAMES_VARIABLE = re.compile(r"(?:[45]:|:VAR[ \t]+|:X-AXIS[ \t]+)", re.I)
_NAMES_SUBSCRIPT = re.compile(r"6:")
_ARROW, _WORD, _VALVE, _COMMENT = 1, 10, 11, 12
_TEXT_FOLLOWS, _ON_VALVE = 4, 32
_CLOUD = "48"


class _Line(NamedTuple):
    """A line of a sketch that has an object: where it is, and its fields."""

    start: int
    end: int  # behind its line end, and behind the line of text that may follow
    kind: int
    id: int
    name: str
    name_at: int
    fields: list[str]
    text: str = ""
    text_at: int = -1


def _views(text: str) -> Iterator[list[_Line]]:
    """Yield the objects of each view."""
    start, stop = sections(text)
    view: list[_Line] = []
    place = start
    while place < stop:
        match = _LINE.match(text, place, stop)
        assert match is not None
        place = match.end()
        if _BEGIN.match(match[1]):
            yield view
            view = []
        found = _OBJECT.fullmatch(match[1])
        if not found:
            continue
        fields = found["rest"].split(",")
        one = _Line(
            match.start(), place, int(found["kind"]), int(found["id"]), found["name"],
            match.start() + found.start("name"), fields,
        )  # fmt: skip
        if one.kind == _COMMENT and _number(fields, 5) & _TEXT_FOLLOWS:
            said = _LINE.match(text, place, stop)
            assert said is not None
            one = one._replace(end=said.end(), text=said[1], text_at=place)
            place = said.end()
        view.append(one)
    yield view


def _number(fields: list[str], i: int) -> int:
    try:
        return int(fields[i])
    except (ValueError, IndexError):
        return 0


def renaming(text: str, renamed: Renamed) -> Iterator[Splice]:
    """Yield what renames a name in the sketch and in the settings."""
    if renamed.kind == VARIABLE:
        for one in (line for view in _views(text) for line in view):
            if one.kind == _WORD and renamed.means(one.name, inside=False):
                yield Splice(one.name_at, one.name_at + len(one.name), renamed.new)
            shown = _CONTROL.match(one.text)
            if shown and renamed.means(shown["name"], inside=False):
                yield Splice(one.text_at, one.text_at + shown.end("name"), renamed.new)
    _, settings = sections(text)
    pattern = _NAMES_VARIABLE if renamed.kind == VARIABLE else None

    def names_from(line: str) -> int | None:
        found = _NAMES_VARIABLE.match(line) or (None if pattern else _NAMES_SUBSCRIPT.match(line))
        return found.end() if found else None

    yield from in_lines(text, settings, len(text), renamed, names_from)


def removing(text: str, names: Collection[str]) -> Iterator[Splice]:
    """Yield what takes variables out of the sketch, by their keys, with their arrows and valves.

    A cloud that no pipe leads to any more goes too. What is left may have gaps in its numbers, as
    Vensim's own sketches have.
    """
    for view in _views(text):
        gone = set[int]()
        for before, one in zip([None, *view], view, strict=False):
            if one.kind == _WORD and key(one.name) in names:
                gone.add(one.id)
                if _number(one.fields, 4) & _ON_VALVE and before and before.kind == _VALVE:
                    gone.add(before.id)
        if not gone:
            continue
        arrows = [one for one in view if one.kind == _ARROW]
        ends = {one.id: {_whole(one.name), _number(one.fields, 0)} for one in arrows}
        cut = {number for number, pair in ends.items() if pair & gone}
        clouds = {one.id for one in view if one.kind == _COMMENT and one.name == _CLOUD}
        kept = {end for number, pair in ends.items() if number not in cut for end in pair}
        lost = {end for number in cut for end in ends[number]} & clouds - kept
        for one in view:
            if one.id in (cut if one.kind == _ARROW else gone | lost):
                yield Splice(one.start, one.end, "")


def _whole(text: str) -> int:
    return int(text) if text.lstrip("-").isdigit() else -1


def only_removed(old: str, new: str, names: Collection[str]) -> bool:
    """Return whether a sketch has lost some variables, and what hung on them, and nothing else."""
    if old == new:
        return True
    try:
        before, after = read_sketch(old), read_sketch(new)
    except ReadError:  # of lines that are not read, the order of what is left tells
        lines = iter(old.splitlines())
        return all(any(line == other for other in lines) for line in new.splitlines())
    if len(before) != len(after):
        return False
    for one, other in zip(before, after, strict=True):
        left = {(element.kind, element.id) for element in other.elements}
        gone = [element for element in one.elements if (element.kind, element.id) not in left]
        kept = [element for element in one.elements if (element.kind, element.id) in left]
        ids = {element.id for element in gone}
        arrows = [arrow for arrow in one.arrows if not {arrow.start, arrow.end} & ids]
        if kept != list(other.elements) or arrows != list(other.arrows):
            return False
        # Of a name with quotes in it the reader of sketches does not tell enough.
        told = {e.id for e in one.elements if e.kind is Kind.VARIABLE and "\\" not in e.name}
        if any(e.id in told and key(e.name) not in names for e in gone):
            return False
        if any(e.id in told and key(e.name) in names for e in kept):
            return False
    return True


def renamed_views(views: Sequence[View], renamed: Renamed) -> list[View]:
    """Return views as they are to be read after a variable is renamed."""
    if renamed.kind != VARIABLE:
        return list(views)

    def name(old: str) -> str:
        if "\\" in old or "\\" in renamed.new:  # of these it does not tell enough
            return ""
        return renamed.new if renamed.means(old, inside=False) else old

    return [
        replace(
            view,
            elements=tuple(
                replace(one, name=key(name(one.name)), text="") for one in view.elements
            ),
        )
        for view in views
    ]
