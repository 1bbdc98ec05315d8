"""What a model file says: frozen, with the place of every part in the text."""

from __future__ import annotations

import bisect
import hashlib
from dataclasses import dataclass, field
from functools import cached_property

from sdmodel.errors import Problem
from sdmodel.expr import Expr, Table
from sdmodel.names import key


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the text, from `start` up to but not including `end`, in characters."""

    start: int
    end: int


@dataclass(frozen=True)
class SourceText:
    """The text of a file as it stands, byte for byte, and the places in it."""

    path: str
    text: str
    encoding: str = "utf-8"
    bom: bytes = b""

    @cached_property
    def _line_starts(self) -> list[int]:
        starts, text = [0], self.text
        for index, char in enumerate(text):
            # A lone carriage return (old Macintosh files) ends a line too.
            if char == "\n" or (char == "\r" and text[index + 1 : index + 2] != "\n"):
                starts.append(index + 1)
        return starts

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column, from 1, of a character offset."""
        line = bisect.bisect_right(self._line_starts, max(offset, 0)) - 1
        return line + 1, offset - self._line_starts[line] + 1

    def line(self, number: int) -> str:
        """Return the text of a line, without its end."""
        starts = self._line_starts
        end = starts[number] if number < len(starts) else len(self.text)
        return self.text[starts[number - 1] : end].rstrip("\r\n")

    def problem(
        self,
        offset: int,
        message: str,
        *,
        kind: str = "syntax",
        variable: str = "",
        cure: str = "",
        name: str = "",
        near: tuple[str, ...] = (),
        loop: tuple[str, ...] = (),
    ) -> Problem:
        """Return a `Problem` at a character offset, with the line it stands in."""
        line, column = self.place(offset)
        return Problem(
            message=message,
            kind=kind,
            path=self.path,
            line=line,
            column=column,
            variable=variable,
            cure=cure,
            text=self.line(line),
            name=name,
            near=near,
            loop=loop,
        )

    @cached_property
    def raw(self) -> bytes:
        """The bytes of the file."""
        return self.bom + self.text.encode(self.encoding)

    @cached_property
    def digest(self) -> str:
        """SHA-256 of the bytes, in hexadecimal: the name of exactly this model."""
        return hashlib.sha256(self.raw).hexdigest()


@dataclass(frozen=True, slots=True)
class Variable:
    """One entry of the file: a variable with its equation, units, range and comment.

    `equation` is None for a data variable and for a lookup definition, which has a `table` instead.
    """

    name: str
    equation: Expr | None
    text: str = ""
    table: Table | None = None
    units: str = ""
    low: float | None = None
    high: float | None = None
    step: float | None = None
    comment: str = ""
    group: str = ""
    supplementary: bool = False
    unchangeable: bool = False
    at: int = -1
    span: Span = Span(-1, -1)
    equation_span: Span = Span(-1, -1)

    @property
    def key(self) -> str:
        """What all spellings of the name share."""
        return key(self.name)


@dataclass(frozen=True)
class SourceModel:
    """A model as its file says it; never changed, only made anew."""

    source: SourceText
    variables: tuple[Variable, ...]
    method: str = "euler"
    sketch: str = ""
    problems: tuple[Problem, ...] = field(default=())

    @cached_property
    def by_key(self) -> dict[str, Variable]:
        """Every variable by its key; the first one where a name is defined twice."""
        found: dict[str, Variable] = {}
        for variable in self.variables:
            found.setdefault(variable.key, variable)
        return found
