"""What changes files do to a model: its text gets other numbers and points, and nothing else."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from itertools import product
from pathlib import Path

from sdmodel.control.changes import Change, parse_changes
from sdmodel.control.files import read_control
from sdmodel.dimensions import Dimensions
from sdmodel.errors import Problem, ReadError, counted, did_you_mean, model_error, near_names
from sdmodel.expr import Table, Tables, Values
from sdmodel.frontends import XMILE, parse
from sdmodel.frontends.tokens import words
from sdmodel.names import key, tidy
from sdmodel.program import Program
from sdmodel.source import SourceModel, SourceText, Variable

_TEXT = re.compile(r":\s*IS\s*:", re.I)
Element = tuple[str, ...]
New = float | Table
File = str | Path | SourceText  # the last of a changes file that is no file


def changed(model: SourceModel, program: Program, files: Sequence[File]) -> SourceModel:
    """Return the model as some changes files want it; of two entries for one value the last counts.

    Raises
    ------
    ReadError, ModelError
        With everything that is wrong in all of the files.
    """
    changing = Changing(model, program, files)
    made = changing.made()
    return replace(made, notes=(*model.notes, *map(sets_nothing, changing.silent)))


def sets_nothing(file: SourceText) -> str:
    """Return what is told of a changes file after which a run is what it was before."""
    return f"{file.path} sets nothing: it has no values, only comments or options at most"


class Changing:
    """A model, and what changes files want changed in it; raises all that is wrong with them."""

    def __init__(self, model: SourceModel, program: Program, files: Sequence[File]) -> None:
        self.model, self.program = model, program
        self.known = Dimensions(model)
        self.new: dict[str, dict[Element, New]] = {}
        self.silent: list[SourceText] = []  # the files that set nothing
        self._problems: list[Problem] = []
        problems: list[Problem] = []
        for file in files:
            try:
                source = file if isinstance(file, SourceText) else read_control(file)
            except ReadError as error:
                problems += error.problems
                continue
            found, wrong = parse_changes(source)
            for change in found:
                self._take(change)
            if all(change.value is None for change in found):
                self.silent.append(source)
            problems += sorted(wrong + self._problems, key=lambda one: (one.line, one.column))
            self._problems.clear()
        if problems:
            raise model_error(problems)

    def overrides(self) -> dict[str, float] | None:
        """Return the changes as values that a run can be given, if that is all they are."""
        found: dict[str, float] = {}
        for name, new in self.new.items():
            entry, structural = self.model.by_key[name], name in self.program.structural
            for place, value in new.items():
                if isinstance(value, Table) or structural or not within(entry, value):
                    return None
                label = f"[{','.join(place)}]" if place else ""
                found[self.program.columns[name + label][0]] = value
        return found

    # What is to be changed ----------------------------------------------------------------------

    def _take(self, change: Change) -> None:
        """Note one change, or what is wrong with it."""
        name = key(change.name)
        entries = self.model.entries.get(name)
        if isinstance(change.value, str):
            if name not in self._texts():
                what = f"the model has no text (:IS:) named {change.name!r}"
                near = near_names(change.name, self._texts().values())
                self._refuse(change, what, did_you_mean(near) or "only a text can get a text", near)
            return  # no run reads a text
        if entries is None:
            self._unknown(change)
            return
        refused = self._refusal(entries[0], isinstance(change.value, Table))
        if refused:
            self._refuse(change, *refused)
            return
        places = self._places(change, entries)
        if places is None or change.value is None:
            return
        if not isinstance(change.value, Values):
            self.new.setdefault(name, {}).update(dict.fromkeys(places, change.value))
            return
        values = self._listed(change, places)
        if values is not None:
            self.new.setdefault(name, {}).update(zip(places, values, strict=True))

    def _refuse(
        self, change: Change, what: str, cure: str, near: tuple[str, ...] = (), kind: str = ""
    ) -> None:
        self._problems.append(
            change.source.problem(
                change.at, what, kind=kind or "definition", name=change.name, cure=cure, near=near
            )
        )

    def _unknown(self, change: Change) -> None:
        if key(change.name) in self._texts():
            what = f"{change.name!r} is a text, and cannot be a number"
            self._refuse(change, what, f"write {change.name} :IS: 'text'")
            return
        settable = [one.name for one in self.model.by_key.values() if self._refusal(one) is None]
        near = near_names(change.name, settable)
        near = near or near_names(change.name, [one.name for one in self.model.by_key.values()])
        cure = did_you_mean(near) or "`sdmodel show MODEL` lists its variables"
        what = f"the model has no variable named {change.name!r}"
        self._refuse(change, what, cure, near, "unknown name")

    def _refusal(self, one: Variable, points: bool | None = None) -> tuple[str, str] | None:
        """Return why a variable cannot be changed, or not to a number or to points, and a cure."""
        line = self.model.source.place(one.at)[0]
        at = f"{self.model.source.path}:{line}"
        is_table = one.lookup and not one.data
        if one.key in self.model.parts:
            return f"{one.name!r} stands for a part of another variable", "set it in a run"
        if one.unchangeable:
            cure = "write it with a single = there"
            return f"{one.name!r} is marked as unchangeable (==) in {at}", cure
        if not is_table and not self._is_constant(one.key):
            short = one.text if len(one.text) <= 50 else one.text[:47] + "..."
            what = f"{one.name!r} is computed ({one.name} = {short} in {at}), not constant"
            cure = "a changes file sets constants and lookups; change the equation in the model"
            return what, cure
        if points is not None and points != is_table:
            if is_table:
                what = f"{one.name!r} is a lookup, and cannot be a number"
                return what, f"write {one.name}((0,0),(1,2))"
            what = f"{one.name!r} is a constant, and cannot be a lookup"
            return what, f"write {one.name} = 5"
        return None

    def _is_constant(self, name: str) -> bool:
        elements = self.program.elements(name)
        constants, columns = self.program.constants, self.program.columns
        return bool(elements) and all(one in constants and one in columns for one in elements)

    def _texts(self) -> dict[str, str]:
        """Return the names of the model's texts by key."""
        text, found = self.model.source.text, {}
        for match in _TEXT.finditer(text):
            start = text.rfind("|", 0, match.start()) + 1
            left = words(text, start, match.start())
            if left:
                found[key(left[0].text)] = tidy(left[0].text)
        return found

    # Elements -----------------------------------------------------------------------------------

    def _elements(
        self, subscripts: Sequence[str], exceptions: Sequence[Sequence[str]]
    ) -> Iterator[Element]:
        out = [[set(self.known.elements(name)) for name in names] for names in exceptions]
        for place in product(*(self.known.elements(name) for name in subscripts)):
            if not any(
                all(one in some for one, some in zip(place, sets, strict=True)) for sets in out
            ):
                yield place

    def _places(self, change: Change, entries: Sequence[Variable]) -> list[Element] | None:
        """Return the elements a change is for; None, with a problem, if one is not there."""
        defined = {
            place: None
            for one in entries
            for place in self._elements(one.subscripts, one.exceptions)
        }
        if not change.subscripts:
            return list(defined)
        count = len(entries[0].subscripts)
        if count != len(change.subscripts):
            has = counted(count, "subscript") if count else "no subscripts"
            cure = f"write {change.name}[{','.join(entries[0].subscripts)}]" if count else ""
            self._refuse(change, f"{change.name!r} has {has}", cure or f"write {change.name} alone")
            return None
        for name in change.subscripts:
            if not (self.known.is_range(name) or self.known.is_element(name)):
                near = near_names(name, self.known.names)
                cure = did_you_mean(near) or "`sdmodel show MODEL NAME` shows its subscripts"
                what = f"there is no range or element named {name!r}"
                self._refuse(change, what, cure, near, "unknown name")
                return None
        places = list(self._elements(change.subscripts, change.exceptions))
        missing = [place for place in places if place not in defined]
        if missing:
            shown, there = self._shown(missing[0]), [self._shown(one) for one in defined]
            what = f"{change.name!r} has no element {shown}"
            near = near_names(shown, there)
            self._refuse(
                change, what, did_you_mean(near) or f"there is {', '.join(there[:5])}", near
            )
            return None
        return places

    def _shown(self, place: Element) -> str:
        return f"[{','.join(map(self.known.shown, place))}]"

    def _listed(self, change: Change, places: Sequence[Element]) -> Sequence[float] | None:
        assert isinstance(change.value, Values)
        values = change.value.values
        if change.exceptions:  # a list for all, of which :EXCEPT: leaves some out
            full = list(self._elements(change.subscripts, ()))
            if len(values) == len(full):
                wanted = set(places)
                values = tuple(v for v, one in zip(values, full, strict=True) if one in wanted)
        if len(values) == len(places):
            return values
        what = f"{change.shown!r} has {counted(len(places), 'element')}, but "
        what += f"{counted(len(values), 'number')} {'is' if len(values) == 1 else 'are'} listed"
        self._refuse(change, what, "list one number for each element, the last range fastest")
        return None

    # The changed text ---------------------------------------------------------------------------

    def made(self) -> SourceModel:
        """Return the changed model, read anew from its changed text."""
        if not self.new:
            return self.model
        edits: list[tuple[int, int, str]] = []
        for name, new in self.new.items():
            for entry in self.model.entries[name]:
                edits += self._edits(entry, new)
        if self._problems:
            raise model_error(self._problems)
        text = self.model.source.text
        for start, end, instead in sorted(edits, reverse=True):
            text = text[:start] + instead + text[end:]
        old = self.model.source
        return parse(SourceText(old.path, text, old.encoding, old.bom))

    def _edits(self, entry: Variable, new: dict[Element, New]) -> Iterator[tuple[int, int, str]]:
        """Yield what is to stand in the text of an entry, as (start, end, text)."""
        places = list(self._elements(entry.subscripts, entry.exceptions))
        if not any(place in new for place in places):
            return
        span = entry.equation_span
        own = list(dict.fromkeys(self._value(entry, place, new) for place in places))
        if span.start < 0 or (len(own) > 1 and self._is_xmile):
            self._problems.append(
                self.model.source.problem(
                    entry.at,
                    f"a changes file cannot change {entry.name!r} in an XMILE file",
                    kind="unsupported",
                    name=entry.name,
                    cure="there it changes numbers that stand alone; change the file instead",
                )
            )
        elif len(own) == 1:
            yield span.start, span.end, own[0]
        elif not entry.lookup:
            every = self._elements(entry.subscripts, ())
            listed = (self._value(entry, place, new) for place in every)
            yield span.start, span.end, ", ".join(listed)
        else:  # points for each element in an entry of its own
            left = [f"{entry.name}{self._shown(place)}" for place in places]
            parts = [a + self._value(entry, b, new) for a, b in zip(left, places, strict=True)]
            yield entry.at, span.end, parts[0]
            yield entry.span.end, entry.span.end, "".join(f"\n{one} ~ ~ |" for one in parts[1:])

    @property
    def _is_xmile(self) -> bool:
        return Path(self.model.source.path).suffix.lower() in XMILE

    def _value(self, entry: Variable, place: Element, new: dict[Element, New]) -> str:
        """Return the value of an element as a model has it."""
        value = new.get(place)
        if isinstance(value, Table):
            return _points(value)
        if entry.lookup:
            return _points(self._table(entry, place))
        if value is None:
            label = f"[{','.join(place)}]" if place else ""
            value = self.program.constants.get(entry.key + label, 0.0)  # 0 where :EXCEPT: has it
        return _number(value)

    def _table(self, entry: Variable, place: Element) -> Table:
        """Return the points that an element of a lookup has so far."""
        table: Table | Tables | None = entry.table
        if isinstance(table, Tables):
            table = table.tables[list(self._elements(entry.subscripts, ())).index(place)]
        assert table is not None
        return table


def within(entry: Variable, value: float) -> bool:
    """Return whether a value lies in the range that a model gives for a constant."""
    low = -math.inf if entry.low is None else entry.low
    high = math.inf if entry.high is None else entry.high
    return low <= value <= high


def _number(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _points(table: Table) -> str:
    pairs = zip(table.xs, table.ys, strict=True)
    return f"({','.join(f'({_number(float(x))},{_number(float(y))})' for x, y in pairs)})"
