"""The equations of a `.mdl` file as entries: ``equation ~ units ~ comment ~ flags |``.

Layout after the Vensim Reference Manual, "Sketch and equation formats". Nothing is understood here,
only parted: quotes and comments inside an equation may hold what parts entries elsewhere.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from itertools import pairwise

from sdmodel.errors import Problem
from sdmodel.source import SourceText, Span

MOST_ENTRIES = 300_000  # ten times those of the largest models
EQUATION, GROUP, MACRO, END_OF_MACRO = "equation", "group", "macro", "end of macro"

_BLANKS = re.compile(r"\s+|\{([^{}]*)\}")
# The name of a group stands between two rows of stars, in an entry or in a comment.
_GROUP = re.compile(r"\*{3,}+(?P<name>[^*~|{}]*)\*{3,}+")
_OPEN_GROUP = re.compile(r"\*{3,}+[ \t]*(?:\r\n|\r|\n)\s*(?P<name>[^\r\n~|]*)")
_GROUP_COMMENT = re.compile(r"\s*\*{2,}+([^*]+)\*{2,}+\s*")
_MACRO = re.compile(r":\s*MACRO\s*:", re.I)
_END_OF_MACRO = re.compile(r":\s*END\s+OF\s+MACRO\s*:", re.I)
_MACRO_STOP = re.compile(r'"(?:\\.|[^"\\\r\n])*"|\)|[~|]')
_NEXT = re.compile(r"[~|]")
_STOP = re.compile(r'["{~|]')
# A quoted name may go on in the next line behind a backslash; a quote left open may not.
_QUOTED = re.compile(r'"(?:\\[ \t]*(?:\r\n|\r|\n)|\\.|[^"\\\r\n])*"')
_COMMENT = re.compile(r"\{[^{}]*\}")
_LINE_END = re.compile(r"\r\n|\r|\n")
# A line in a comment that looks as an entry begins: the '|' before it was forgotten.
_SWALLOWED = re.compile(r"(?:\r\n|\r|\n)[ \t]*(?=[^\W\d_][^=~|\r\n]*=)")


@dataclass(frozen=True, slots=True)
class Entry:
    """The parts of one entry as stretches of the text; nothing between entries is lost.

    `kind` tells an equation, the name of a group, the head of a macro and the end of one apart;
    the `equation` of a group holds its name, and that of a macro its head behind the keyword.
    """

    whole: Span
    equation: Span
    units: Span
    comment: Span
    flags: Span
    kind: str = EQUATION

    @property
    def fields(self) -> tuple[Span, ...]:
        """The parts that are there: the equation, and one more behind each ``~``."""
        found = [self.equation]
        for one in (self.units, self.comment, self.flags):
            if one.start != found[-1].end + 1:
                break
            found.append(one)
        return tuple(found)


def entries(source: SourceText, end: int, problems: list[Problem]) -> list[Entry]:
    """Part the text before `end` into entries; what is never closed is added to `problems`."""
    return _Splitter(source, end, problems).split()


class _Splitter:
    def __init__(self, source: SourceText, end: int, problems: list[Problem]) -> None:
        self.source, self.text, self.end = source, source.text, end
        self.problems = problems
        self.found: list[Entry] = []

    def split(self) -> list[Entry]:
        place = 0
        while (place := self._skip_blanks(place)) < self.end:
            if len(self.found) >= MOST_ENTRIES:
                what = f"there are over {MOST_ENTRIES:,} entries; the rest is not read"
                cure = "split the model, or is this no model?"
                self.problems.append(self.source.problem(place, what, cure=cure))
                break
            place = self._entry(place)
        return self.found

    def _skip_blanks(self, place: int) -> int:
        """Go past blanks and comments; a comment may name a group."""
        while match := _BLANKS.match(self.text, place, self.end):
            named = _GROUP_COMMENT.fullmatch(match.group(1) or "")
            if named:
                offset = match.start(1)
                self._mark(GROUP, match.span(), (offset + named.start(1), offset + named.end(1)))
            place = match.end()
        return place

    def _mark(self, kind: str, whole: tuple[int, int], inner: tuple[int, int]) -> None:
        nothing = Span(whole[1], whole[1])
        self.found.append(Entry(Span(*whole), Span(*inner), nothing, nothing, nothing, kind))

    def _entry(self, start: int) -> int:
        """Take the entry at `start`; return the place behind it."""
        char = self.text[start]
        if char == "*":
            group = _GROUP.match(self.text, start, self.end)
            group = group or _OPEN_GROUP.match(self.text, start, self.end)
            if group:
                return self._group(start, group)
        elif char == ":":
            macro = _MACRO.match(self.text, start, self.end)
            if macro:
                return self._macro(start, macro.end())
            closing = _END_OF_MACRO.match(self.text, start, self.end)
            if closing:
                self._mark(END_OF_MACRO, closing.span(), closing.span())
                return closing.end()
        return self._equation(start)

    def _group(self, start: int, group: re.Match[str]) -> int:
        behind = _BLANKS.match(self.text, group.end(), self.end)
        place = behind.end() if behind else group.end()
        if self.text[place : place + 1] in ("~", "|"):
            while place < self.end and self.text[place] != "|":
                place = self._next(place + 1)
            place = min(place + 1, self.end)
        else:
            place = group.end()
        self._mark(GROUP, (start, place), group.span("name"))
        return place

    def _macro(self, start: int, place: int) -> int:
        """Take the head of a macro, up to its closing bracket or the end of its line."""
        for match in _MACRO_STOP.finditer(self.text, place, self.end):
            if match.group() == ")":
                self._mark(MACRO, (start, match.end()), (place, match.end()))
                return match.end()
            if match.group() in "~|":
                break
        line = _LINE_END.search(self.text, place, self.end)
        stop = line.start() if line else self.end
        self._mark(MACRO, (start, stop), (place, stop))
        return stop

    def _equation(self, start: int) -> int:
        stops = [self._equation_end(start)]
        forgotten = -1
        while stops[-1] < self.end and self.text[stops[-1]] == "~" and forgotten < 0:
            stops.append(self._next(stops[-1] + 1))
            forgotten = self._forgotten(stops)
        if forgotten >= 0:
            stops = [*(stop for stop in stops if stop < forgotten), forgotten]
        if stops[-1] >= self.end:
            self.problems.append(
                self.source.problem(
                    start,
                    "this entry is never closed with '|'",
                    cure="end the entry with ~ units ~ comment |",
                )
            )
        parts = [Span(a + 1, b) for a, b in pairwise(stops)]
        units, comment, flags = (parts + [Span(stops[-1], stops[-1])] * 3)[:3]
        place = stops[-1] + (self.text[stops[-1] : stops[-1] + 1] == "|")
        self.found.append(Entry(Span(start, place), Span(start, stops[0]), units, comment, flags))
        return place

    def _forgotten(self, stops: list[int]) -> int:
        """Return where another entry begins within the last parts of this one, or -1.

        Units hold no equals sign, and an entry has no more than four parts.
        """
        if len(stops) > 5:
            parts = [(stops[-2], stops[-1])]
        elif len(stops) == 5:
            parts = list(pairwise(stops))
        elif len(stops) == 2 and "=" in self.text[stops[0] : stops[1]]:
            parts = [(stops[0], stops[1])]
        else:
            return -1
        for first, behind in parts:
            swallowed = _SWALLOWED.search(self.text, first, behind)
            if swallowed:
                self.problems.append(
                    self.source.problem(
                        swallowed.end(),
                        "a '|' is missing before this entry",
                        cure="end the entry above with ~ units ~ comment |",
                    )
                )
                return swallowed.end()
        return -1

    def _equation_end(self, start: int) -> int:
        place, odd = start, start  # quotes before `odd` have no partner
        while match := _STOP.search(self.text, place, self.end):
            char, place = match.group(), match.end()
            if char in "~|":
                return match.start()
            if char == '"' and match.start() >= odd:
                closed = _QUOTED.match(self.text, match.start(), self.end)
                if not closed:
                    line = _LINE_END.search(self.text, place, self.end)
                    odd = line.start() if line else self.end
            else:
                closed = _COMMENT.match(self.text, match.start(), self.end)
            place = closed.end() if closed else place
        return self.end

    def _next(self, start: int) -> int:
        match = _NEXT.search(self.text, start, self.end)
        return match.start() if match else self.end
