"""The parts of an entry of a `.mdl` file: units, limits and comment, and how they are changed."""

from __future__ import annotations

import re
import textwrap
from dataclasses import dataclass
from functools import lru_cache

from sdmodel.editing.numbers import number_text
from sdmodel.editing.text import Splice, line_end
from sdmodel.errors import Problem, model_error
from sdmodel.frontends.entries import EQUATION, Entry, entries
from sdmodel.frontends.mdl import sections
from sdmodel.names import tidy
from sdmodel.source import SourceText, Span, Variable

Limit = float | str | None
_RANGE = re.compile(r"\[([^\[\]]*)\]\Z")
_BLANK = " \t\r\n\\"
_WIDEST = 80


@dataclass(frozen=True)
class Sheet:
    """The entries of a file, by where they begin."""

    source: SourceText
    entries: tuple[Entry, ...]
    end: int

    def entry(self, variable: Variable) -> Entry:
        """Return the entry of a variable."""
        return next(
            one for one in self.entries if one.whole == variable.span and one.kind == EQUATION
        )


@lru_cache(maxsize=4)
def sheet(source: SourceText) -> Sheet:
    """Return the entries of a file."""
    end, _ = sections(source.text)
    return Sheet(source, tuple(entries(source, end, [])), end)


def units_splices(source: SourceText, variable: Variable, units: str) -> list[Splice]:
    """Return what gives an entry other units; its limits stay."""
    plain_text(source, variable.name, "units", units, "~|[]{}")
    entry = sheet(source).entry(variable)
    words, limits = _units_and_limits(source.text, entry)
    new = tidy(units)
    if words.start == words.end and limits.start < limits.end:
        new = f"{new} " if new else ""
    elif not new and limits.start < limits.end:
        words = Span(words.start, limits.start)
    return _part(source.text, entry, 0, words, new)


def limits_splices(
    source: SourceText, variable: Variable, limits: tuple[Limit, Limit, Limit]
) -> list[Splice]:
    """Return what gives an entry other limits; None leaves one open, three take them away."""
    entry = sheet(source).entry(variable)
    words, old = _units_and_limits(source.text, entry)
    known = (variable.low, variable.high, variable.step)
    spelled = source.text[old.start + 1 : old.end - 1].split(",") if old.end > old.start else []
    pieces = []
    for i, (value, before) in enumerate(zip(limits, known, strict=True)):
        text = "?" if value is None else number_text(value)
        if i < len(spelled) and not isinstance(value, str) and value == before:
            text = spelled[i].strip()
        pieces.append(text)
    while len(pieces) > 2 and pieces[-1] == "?":
        pieces.pop()
    new = "" if all(one is None for one in limits) else f"[{','.join(pieces)}]"
    if old.end > old.start:
        return [Splice(old.start if new or words.end == words.start else words.end, old.end, new)]
    if not new:
        return []
    if words.end > words.start:
        return [Splice(words.end, words.end, f" {new}")]
    return _part(source.text, entry, 0, words, new)


def comment_splices(source: SourceText, variable: Variable, comment: str) -> list[Splice]:
    """Return what gives an entry another comment, its long lines broken as Vensim breaks them."""
    plain_text(source, variable.name, "comment", comment, "~|")
    entry = sheet(source).entry(variable)
    ends = line_end(source.text)
    new = wrapped(comment, ends, backslash=f"\\{ends}" in source.text)
    return _part(source.text, entry, 1, _trimmed(source.text, entry.comment), new)


def wrapped(comment: str, end_of_line: str, *, backslash: bool) -> str:
    """Return a comment with its lines broken as Vensim breaks them."""
    lines = textwrap.wrap(
        " ".join(comment.split()), _WIDEST, break_long_words=False, break_on_hyphens=False
    )
    # Vensim ends a line that goes on with a backslash; files written by hand may not.
    goes_on = " \\" if backslash else ""
    return f"{goes_on}{end_of_line}\t\t".join(lines)


def plain_text(source: SourceText, name: str, what: str, text: str, forbidden: str) -> None:
    """Refuse what would end the part it is to stand in."""
    found = [char for char in forbidden if char in text]
    if found:
        told = f"the {what} of {name!r} cannot hold {found[0]!r}"
        problem = Problem(
            told,
            kind="definition",
            path=source.path,
            variable=name,
            cure="Vensim ends this part of an entry there: leave it out",
        )
        raise model_error([problem])


def _units_and_limits(text: str, entry: Entry) -> tuple[Span, Span]:
    """Return where units and limits stand; an empty span at the place for those that do not."""
    span = _trimmed(text, entry.units)
    found = _RANGE.search(text[span.start : span.end])
    if not found:
        return span, Span(span.end, span.end)
    start = span.start + found.start()
    words = text[span.start : start].rstrip(_BLANK)
    return Span(span.start, span.start + len(words)), Span(start, span.end)


def _trimmed(text: str, span: Span) -> Span:
    """Return a part without the blanks around it; of blanks alone, the place to write at."""
    part = text[span.start : span.end]
    inner = part.strip(_BLANK)
    if inner:
        start = span.start + part.index(inner)
        return Span(start, start + len(inner))
    start = span.start + len(part) - len(part.lstrip(" \t"))
    return Span(start, start)


def _part(text: str, entry: Entry, number: int, span: Span, new: str) -> list[Splice]:
    """Return what puts a text in the place of a part, which may be empty or missing."""
    missing = number + 2 - len(entry.fields)
    if missing > 0:
        if not new:
            return []
        stop = entry.flags.end
        lead = "" if text[stop - 1 : stop] in _BLANK else " "
        return [Splice(stop, stop, f"{lead}{'~ ' * missing}{new} ")]
    if not new or span.end > span.start:
        return [Splice(span.start, span.end, new)]
    part = (entry.units, entry.comment)[number]
    before = "" if span.start > part.start else " "
    behind = "" if span.end < part.end else " "
    return [Splice(span.start, span.end, f"{before}{new}{behind}")]
