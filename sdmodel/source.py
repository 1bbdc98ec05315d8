"""What a model file says: frozen, with the place of every part in the text."""

from __future__ import annotations

import bisect
import hashlib
import re
from dataclasses import dataclass, field
from functools import cached_property

from sdmodel.errors import Problem
from sdmodel.expr import Call, Expr, Op, Ref, Table, Tables
from sdmodel.names import key

# A lone carriage return (old Macintosh files) ends a line too.
_LINE_END = re.compile(r"\r\n|\r|\n")


@dataclass(frozen=True, slots=True)
class Span:
    """A stretch of the text, from `start` up to but not including `end`, in characters."""

    start: int
    end: int


@dataclass(frozen=True)
class SourceText:
    """The text of a file as it stands, byte for byte, and the places in it.

    Examples
    --------
    >>> import sdmodel as sd
    >>> fewer = sd.SourceText("fewer.cin", "contacts = 6")  # no file need be there
    >>> sd.load("models/epidemic.mdl").with_changes(fewer).constants["contacts"]
    6.0
    """

    path: str
    text: str
    encoding: str = "utf-8"
    bom: bytes = b""

    @cached_property
    def _line_starts(self) -> list[int]:
        return [0, *(match.end() for match in _LINE_END.finditer(self.text))]

    @cached_property
    def _lines(self) -> dict[int, str]:
        """The lines asked for: one text, also where a long line has thousands of problems."""
        return {}

    def place(self, offset: int) -> tuple[int, int]:
        """Return line and column, from 1, of a character offset."""
        line = bisect.bisect_right(self._line_starts, max(offset, 0)) - 1
        return line + 1, offset - self._line_starts[line] + 1

    def offset(self, line: int, column: int) -> int:
        """Return the character offset of a line and column, from 1."""
        return self._line_starts[line - 1] + column - 1

    def line(self, number: int) -> str:
        """Return the text of a line, without its end."""
        if number not in self._lines:
            starts = self._line_starts
            end = starts[number] if number < len(starts) else len(self.text)
            self._lines[number] = self.text[starts[number - 1] : end].rstrip("\r\n")
        return self._lines[number]

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
class DimensionMapping:
    """How the elements of one range stand for those of another, as in ``A: a1, a2 -> (B: b2, b1)``.

    `elements` has, for each element of the owner in its order, the element or the subrange of the
    target; it is empty where both have the same order.
    """

    target: str
    elements: tuple[str, ...] = ()
    at: int = -1


@dataclass(frozen=True, slots=True)
class Dimension:
    """A range of subscripts: its elements in order, and what they map to.

    `elements` may name other ranges, which stand for their elements; ``(a1-a3)`` is written out
    by the reader. `equivalent` is the other range of ``A <-> B``, whose elements it shares.
    `external` is the call of GET DIRECT SUBSCRIPT that gives the elements when the model is loaded.
    `places` is where each of `elements` stands in the text; empty where they are not written there.
    """

    name: str
    elements: tuple[str, ...] = ()
    mappings: tuple[DimensionMapping, ...] = ()
    equivalent: str = ""
    external: Call | None = None
    comment: str = ""
    group: str = ""
    at: int = -1
    span: Span = Span(-1, -1)
    places: tuple[int, ...] = field(default=(), compare=False)

    @property
    def key(self) -> str:
        """What all spellings of the name share."""
        return key(self.name)


@dataclass(frozen=True, slots=True)
class Variable:
    """One entry of the file: a variable with its equation, units, range and comment.

    A subscripted variable may have several entries, each for the elements in `subscripts` but
    those in `exceptions` (``:EXCEPT:``). `equation` is None for a lookup definition, which has a
    `table` instead, and for a data variable without one.

    `data` is how a data variable is read over Time, and empty for other variables: "interpolate"
    (the default of Vensim), "forward" (``:LOOK FORWARD:``), "backward" (``:HOLD BACKWARD:``) or
    "raw" (``:RAW:``). Before external data is read, its equation is the call of GET DIRECT DATA or
    None; afterwards it has a `table`. `lookup` marks a lookup variable, also one whose points are
    yet to be read (GET DIRECT LOOKUPS). `mode` is how its table is read when called. A data
    variable with an equation of plain arithmetic (``x := 2 * y``) keeps both, and is computed as
    any other.
    `non_negative` marks a stock or flow of XMILE that never falls below zero; `kind` is what XMILE
    calls the variable ("stock", "flow", "aux"), empty for Vensim.
    """

    name: str
    equation: Expr | None
    text: str = ""
    table: Table | Tables | None = None
    units: str = ""
    units_at: int = -1
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
    subscripts: tuple[str, ...] = ()
    exceptions: tuple[tuple[str, ...], ...] = ()
    data: str = ""
    lookup: bool = False
    mode: str = "interpolate"
    non_negative: bool = False
    kind: str = ""

    @property
    def key(self) -> str:
        """What all spellings of the name share."""
        return key(self.name)


@dataclass(frozen=True, slots=True)
class UnitDefinition:
    """A unit of measure that the file defines: its other names, and what it is made of.

    `formula` is a unit as text, such as ``kg*m/s^2``, empty where there is none (XMILE alone has
    them).
    """

    name: str
    aliases: tuple[str, ...] = ()
    formula: str = ""
    at: int = -1


@dataclass(frozen=True, slots=True)
class Macro:
    """Equations under a name, made anew for every call.

    The first of `outputs` is the macro's own name: its value is that of the call. A name with a
    ``$`` behind it belongs to the model, and so does Time.
    """

    name: str
    inputs: tuple[str, ...]
    outputs: tuple[str, ...]
    variables: tuple[Variable, ...]
    at: int = -1


@dataclass(frozen=True, slots=True)
class RealityInput:
    """A test input, ``name :TEST INPUT: target = equation``: what a variable is to be for a while.

    `comparison` is the sign between the two. Of an entry that could not be read, `problem` says
    why, and `target` and `equation` are None.
    """

    name: str
    target: Ref | None = None
    comparison: Op = Op.EQ
    equation: Expr | None = None
    text: str = ""
    subscripts: tuple[str, ...] = ()
    comment: str = ""
    group: str = ""
    at: int = -1
    span: Span = Span(-1, -1)
    problem: Problem | None = None

    @property
    def key(self) -> str:
        """What all spellings of the name share."""
        return key(self.name)


@dataclass(frozen=True, slots=True)
class RealityConstraint:
    """A reality check, ``name :THE CONDITION: condition :IMPLIES: consequence``.

    An empty condition is None. `units` holds Vensim's type and priority of the check, as written.
    Of an entry that could not be read, `problem` says why, and `consequence` is None.
    """

    name: str
    condition: Expr | None = None
    consequence: Expr | None = None
    condition_text: str = ""
    consequence_text: str = ""
    subscripts: tuple[str, ...] = ()
    units: str = ""
    comment: str = ""
    group: str = ""
    at: int = -1
    span: Span = Span(-1, -1)
    problem: Problem | None = None

    @property
    def key(self) -> str:
        """What all spellings of the name share."""
        return key(self.name)


@dataclass(frozen=True)
class SourceModel:
    """A model as its file says it; never changed, only made anew.

    `remarks` name what was read but has no meaning, such as a text. `constraints` and `inputs` are
    its reality checks, which no run looks at. `subranges` tells that ranges which share elements
    belong together, as in Vensim; in XMILE they do not. `parts` are the keys of constants that the
    file has not: see `sdmodel.parts`. `files` are those that the model itself names (GET XLS and
    the like) and that its numbers came from: each as it is written there, with its SHA-256.
    `notes` are what its runs are to tell of how it was made.
    """

    source: SourceText
    variables: tuple[Variable, ...]
    method: str = "euler"
    sketch: str = ""
    problems: tuple[Problem, ...] = field(default=())
    dimensions: tuple[Dimension, ...] = ()
    macros: tuple[Macro, ...] = ()
    settings: str = ""
    remarks: tuple[str, ...] = ()
    subranges: bool = True
    unit_definitions: tuple[UnitDefinition, ...] = ()
    parts: tuple[str, ...] = ()
    constraints: tuple[RealityConstraint, ...] = ()
    inputs: tuple[RealityInput, ...] = ()
    files: tuple[tuple[str, str], ...] = ()
    notes: tuple[str, ...] = ()

    @cached_property
    def by_key(self) -> dict[str, Variable]:
        """Every variable by its key; the first entry where there are several."""
        return {name: entries[0] for name, entries in self.entries.items()}

    @cached_property
    def units(self) -> dict[str, str]:
        """The unit of every variable, by name as the file has it."""
        return {one.name: one.units for one in self.by_key.values()}

    @cached_property
    def entries(self) -> dict[str, tuple[Variable, ...]]:
        """All entries of every variable by its key."""
        found: dict[str, list[Variable]] = {}
        for variable in self.variables:
            found.setdefault(variable.key, []).append(variable)
        return {name: tuple(entries) for name, entries in found.items()}
