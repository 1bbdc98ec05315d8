"""Vensim's `.mdl`: equations, behind them the sketch, and then the settings of runs.

Layout after the Vensim Reference Manual, "Sketch and equation formats".
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace

from sdmodel.errors import Problem
from sdmodel.frontends.definitions import define, described, plain
from sdmodel.frontends.entries import END_OF_MACRO, EQUATION, GROUP, Entry, entries
from sdmodel.frontends.leftside import CONDITION, LeftSide, parse_left_side
from sdmodel.frontends.macrohead import MacroHead, parse_macro_head
from sdmodel.frontends.ranges import RangeReader
from sdmodel.frontends.reality import constraint, test_input
from sdmodel.frontends.tokens import ExpressionError, LexicalError, Token, words
from sdmodel.names import key, tidy
from sdmodel.source import (
    Dimension,
    Macro,
    RealityConstraint,
    RealityInput,
    SourceModel,
    SourceText,
    UnitDefinition,
    Variable,
)

# Old writers drop one of the three backslashes.
_SKETCH_MARK = re.compile(r"\\{2,3}---///")
_SETTINGS_MARK = re.compile(r"///---\\{2,3}")
# In an old Macintosh file lines end with a carriage return alone.
MOST_PROBLEMS = 2_000
_CONFLICT = re.compile(r"^<{7} .*$(?=[\s\S]*?^={7}\s*$[\s\S]*?^>{7} )", re.MULTILINE)
_METHOD = re.compile(r"(?:^|[\r\n])15:\s*\d+\s*,\s*\d+\s*,\s*\d+\s*,\s*(\d+)")
_SYNONYMS = re.compile(r"^22:(.*[^\s,].*)$", re.MULTILINE)
# Settings line 15, fourth number (Vensim's Simulation Control, "Integration type").
METHODS = {
    "0": "euler",
    "1": "rk4auto",
    "2": "difference",
    "3": "rk2auto",
    "4": "rk2",
    "5": "rk4",
}


def parse(source: SourceText, reader: Reader | None = None) -> SourceModel:
    """Read the text of a `.mdl` file; whatever is wrong is listed in `SourceModel.problems`."""
    text = source.text
    unsettled = tuple(_unsettled(source))
    if unsettled:  # what stands between the marks belongs to two files
        return SourceModel(source, (), problems=unsettled)
    end, settings_at = sections(text)
    reader = reader or Reader(source)
    for entry in entries(source, end, reader.problems):
        reader.take(entry)
        if len(reader.problems) > MOST_PROBLEMS:
            reader.stop(entry)
            break
    reader.close_macro(None)
    reader.problems += duplicates(source, reader.model.variables)
    settings = text[settings_at:]
    method = _METHOD.search(settings)
    return SourceModel(
        source,
        tuple(reader.model.variables),
        METHODS.get(method.group(1), "euler") if method else "euler",
        text[end:settings_at],
        tuple(reader.problems),
        tuple(reader.dimensions),
        tuple(reader.macros.values()),
        settings,
        tuple(reader.remarks),
        unit_definitions=_synonyms(settings, settings_at),
        constraints=tuple(reader.constraints),
        inputs=tuple(reader.inputs),
    )


def _unsettled(source: SourceText) -> Iterator[Problem]:
    """Yield a problem for each conflict that a merge has left in the file."""
    for mark in _CONFLICT.finditer(source.text):
        what = "a merge has left a conflict here, which is not settled"
        cure = "keep one of the two versions, and delete the lines with the marks"
        yield source.problem(mark.start(), what, cure=cure)


def sections(text: str) -> tuple[int, int]:
    """Return where the equations of a file end, and where its settings begin behind the sketch."""
    mark = _SKETCH_MARK.search(text)
    behind = _SETTINGS_MARK.search(text, mark.start() if mark else 0)
    settings_at = behind.start() if behind else len(text)
    return (mark.start() if mark else settings_at), settings_at


def _synonyms(settings: str, start: int) -> tuple[UnitDefinition, ...]:
    """Return the units that the settings make one: ``22:$,Dollar,Dollars,$s``."""
    found = []
    for line in _SYNONYMS.finditer(settings):
        first, *others = (tidy(name) for name in line[1].split(",") if name.strip())
        found.append(UnitDefinition(first, tuple(others), at=start + line.start(1)))
    return tuple(found)


@dataclass(slots=True)
class _Scope:
    """Where equations are collected: the model, or a macro with its head (None if broken)."""

    variables: list[Variable] = field(default_factory=list)
    head: MacroHead | None = None
    at: int = -1


class Reader:
    """Takes the entries of a file one after the other."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.model = self.scope = _Scope()
        self.problems: list[Problem] = []
        self.dimensions: list[Dimension] = []
        self.macros: dict[str, Macro] = {}
        self.remarks: list[str] = []
        self.constraints: list[RealityConstraint] = []
        self.inputs: list[RealityInput] = []
        self.group = ""
        self.ranges = RangeReader()

    def take(self, entry: Entry) -> None:
        """Read one entry; whatever is wrong becomes a problem."""
        if entry.kind == EQUATION:
            self.equation(entry)
        elif entry.kind == GROUP:
            name = self.source.text[entry.equation.start : entry.equation.end]
            self.group = plain(name).lstrip(".").strip()
        elif entry.kind == END_OF_MACRO:
            self.close_macro(entry)
        else:
            self.close_macro(None)
            self._open_macro(entry)

    def _problem(self, at: int, message: str, cure: str, variable: str = "", **more: str) -> None:
        self.problems.append(
            self.source.problem(at, message, cure=cure, variable=variable, **more)  # type: ignore[arg-type]
        )

    def stop(self, entry: Entry) -> None:
        """Say that reading ends here: this is no model, or one that begins with other mistakes."""
        what = f"there are over {MOST_PROBLEMS:,} problems up to here; the rest is not read"
        self._problem(entry.whole.start, what, "correct those before, or is this no model?")

    # Equations ----------------------------------------------------------------------------------

    def equation(self, entry: Entry) -> None:
        """Read one equation or range; whatever is wrong becomes a problem."""
        text, span = self.source.text, entry.equation
        name, left = "", None
        try:
            found = words(text, span.start, span.end)
            if not found or found[0].kind not in ("name", "quoted"):
                raise ExpressionError(
                    found[0].at if found else span.start,
                    "an entry begins with the name of a variable",
                    "write name = expression ~ units ~ comment |",
                )
            name = tidy(found[0].text)
            if len(found) > 1 and found[1].text in (":", "<->"):
                self._range(entry, found)
                return
            left = parse_left_side(found)
            if left.remark:
                line, _ = self.source.place(left.at)
                self.remarks.append(f"line {line}: {left.name!r} {left.remark}")
                return
            if left.reality:
                self._reality(entry, found, left)
                return
            variable = define(text, found, left, span.end)
        except ExpressionError as error:
            lexical = isinstance(error, LexicalError)
            name = name or (_name_before(text, span.start, error.at) if lexical else "")
            where = f"in the equation of {name!r}: " if name else ""
            self._problem(error.at, where + error.message, error.cure, name, kind=error.kind)
            if not name:
                return
            # The name is defined, if wrongly: keep it, so that its users are not reported too.
            subscripts = left.subscripts if left else ()
            variable = Variable(name, None, at=span.start, subscripts=subscripts)
        self.scope.variables.append(described(variable, text, entry, self.group))

    def _reality(self, entry: Entry, found: list[Token], left: LeftSide) -> None:
        """Read a part of a reality check; what is wrong with it stops no run of the model."""
        if left.reality == CONDITION:
            self.constraints.append(constraint(self.source, entry, found, left, self.group))
        else:
            self.inputs.append(test_input(self.source, entry, found, left, self.group))

    def _range(self, entry: Entry, found: list[Token]) -> None:
        text = self.source.text
        try:
            one = self.ranges.read(found, entry.equation.end)
        except ExpressionError as error:
            name = tidy(found[0].text)
            message = f"in the range {name!r}: {error.message}"
            self._problem(error.at, message, error.cure, name, kind=error.kind)
            return
        comment = plain(text[entry.comment.start : entry.comment.end])
        self.dimensions.append(replace(one, comment=comment, group=self.group, span=entry.whole))

    # Macros -------------------------------------------------------------------------------------

    def _open_macro(self, entry: Entry) -> None:
        span = entry.equation
        self.scope = _Scope(at=entry.whole.start)
        try:
            found = words(self.source.text, span.start, span.end)
            self.scope.head = parse_macro_head(found, span.end)
        except ExpressionError as error:
            self._problem(error.at, error.message, error.cure, name=":MACRO:")

    def close_macro(self, entry: Entry | None) -> None:
        """End the macro that is open; without an entry its end is missing."""
        scope, head = self.scope, self.scope.head
        if scope is self.model:
            if entry is not None:
                what = ":END OF MACRO: ends nothing"
                cure = "remove it, or add the missing :MACRO: NAME(inputs)"
                self._problem(entry.whole.start, what, cure)
            return
        self.scope = self.model
        if entry is None:
            name = head.name if head else "this macro"
            cure = "write :END OF MACRO: behind its last equation"
            self._problem(scope.at, f":END OF MACRO: is missing for {name!r}", cure)
        if head is None:
            return
        self.problems += duplicates(self.source, scope.variables)
        if entry is not None:
            self._check_macro(head, scope.variables)
        if key(head.name) in self.macros:
            what = f"the macro {head.name!r} is defined twice"
            self._problem(head.at, what, "rename or delete one of them", kind="duplicate")
            return
        outputs = (head.name, *head.outputs)
        self.macros[key(head.name)] = Macro(
            head.name, head.inputs, outputs, tuple(scope.variables), scope.at
        )

    def _check_macro(self, head: MacroHead, variables: list[Variable]) -> None:
        defined = {variable.key: variable for variable in variables}
        for output in (head.name, *head.outputs):
            if key(output) not in defined:
                what = f"the macro {head.name!r} has no equation for its output {output!r}"
                cure = f"write {output} = ... before :END OF MACRO:"
                self._problem(head.at, what, cure, output, kind="definition")
        for one in head.inputs:
            if key(one) in defined:
                what = f"{one!r} is an input of the macro {head.name!r} and takes no equation"
                cure = "rename or delete one of them"
                self._problem(defined[key(one)].at, what, cure, one, kind="duplicate")


def _name_before(text: str, start: int, end: int) -> str:
    """Return the name an entry begins with, if it is over before `end`."""
    found = words(text, start, end)
    named = len(found) > 1 and found[0].kind in ("name", "quoted")
    return tidy(found[0].text) if named else ""


def duplicates(source: SourceText, variables: list[Variable]) -> list[Problem]:
    """Return a problem for each entry that repeats an earlier one.

    Entries of one name are parts of one variable where their subscripts differ.
    """
    first: dict[str, Variable] = {}
    parts: dict[tuple[str, object, object], Variable] = {}
    problems = []
    for variable in variables:
        name = variable.key
        own = tuple(map(key, variable.subscripts))
        left_out = frozenset(tuple(map(key, one)) for one in variable.exceptions)
        known = first.setdefault(name, variable)
        if known.subscripts and own:
            known = parts.setdefault((name, own, left_out), variable)
        if known is not variable and not _is_broken(known):
            line = source.place(known.at)[0]
            shown = f"[{','.join(own)}]" if own and known.subscripts else ""
            problems.append(
                source.problem(
                    variable.at,
                    f"{variable.name + shown!r} is defined twice; first in line {line}",
                    kind="duplicate",
                    variable=variable.name,
                    cure="rename or delete one of them",
                )
            )
    return problems


def _is_broken(variable: Variable) -> bool:
    """Return whether the definition of a variable was refused already."""
    nothing = variable.equation is None and variable.table is None
    return nothing and not variable.data and not variable.lookup
