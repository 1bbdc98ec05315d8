"""Give a model the numbers that it takes from files: the only place where such files are opened."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field, replace
from itertools import product
from math import prod
from pathlib import Path

from sdmodel.dimensions import Dimensions
from sdmodel.errors import Problem, did_you_mean
from sdmodel.expr import Call, Const, Expr, Ref, Table, Tables, Values, rewrite, walk
from sdmodel.external import getters
from sdmodel.external.formats import open_book
from sdmodel.external.paths import Folders, read_tags
from sdmodel.external.refusal import Refusal
from sdmodel.external.series import SeriesFiles
from sdmodel.external.workbook import Book
from sdmodel.names import key
from sdmodel.source import Dimension, Macro, SourceModel, Variable

_SETTINGS_MARK = re.compile(r"///---\\{2,3}")
# Series of one variable, and numbers of all: what fits into memory with room to spare.
MOST_PLACES = 1_000_000


def resolve(
    model: SourceModel,
    data: Sequence[str | Path] = (),
    *,
    allow: Sequence[str | Path] = (),
) -> SourceModel:
    """Return a model in which all external data has become numbers.

    Ranges get the elements of GET DIRECT SUBSCRIPT, constants the numbers of GET DIRECT CONSTANTS,
    data and lookup variables the points of GET DIRECT DATA and LOOKUPS (or GET XLS ...), and data
    variables without an equation their series out of the files `data`.

    Parameters
    ----------
    model : SourceModel
        As its file says it.
    data : sequence of str or Path
        Files of time series: `.dat`, `.tab`, `.csv`, `.xlsx`, `.xls`, `.vdf`.
    allow : sequence of str or Path
        Folders beside the model's own from which it may read.

    Returns
    -------
    SourceModel
        Whatever is wrong with the files is in its `problems`, at the place of the call; cells that
        were passed over are in its `remarks`.

    Examples
    --------
    >>> from sdmodel.source import SourceText
    >>> plain = SourceModel(SourceText("m.mdl", "x = 1 ~~|"), (Variable("x", Const(1.0)),))
    >>> resolve(plain) is plain
    True
    """
    if not data and not _asks(model):
        return model
    reading = _Reading(model, data, allow)
    model = replace(model, dimensions=tuple(map(reading.dimension, model.dimensions)))
    reading.known = Dimensions(model)
    variables = tuple(one for one in map(reading.variable, model.variables) if one is not None)
    macros = tuple(map(reading.macro, model.macros))
    return replace(
        model,
        variables=variables,
        macros=macros,
        problems=(*model.problems, *reading.problems),
        remarks=(*model.remarks, *reading.remarks),
        files=tuple(sorted((dict(model.files) | reading.files).items())),
    )


def _asks(model: SourceModel) -> bool:
    """Return whether anything in a model needs a file."""
    inner = [one for macro in model.macros for one in macro.variables]
    return any(one.external is not None for one in model.dimensions) or any(
        _needs_series(one) or (one.equation is not None and _reads(one.equation))
        for one in (*model.variables, *inner)
    )


def _needs_series(variable: Variable) -> bool:
    return bool(variable.data) and variable.equation is None and variable.table is None


def _reads(equation: Expr) -> bool:
    return any(getters.kind_of(node) for node in walk(equation))


def _settings(model: SourceModel) -> str:
    if model.settings:
        return model.settings
    mark = _SETTINGS_MARK.search(model.source.text)
    return model.source.text[mark.end() :] if mark else ""


@dataclass
class _Reading:
    """One reading of a model's files; each file is opened once."""

    model: SourceModel
    data: Sequence[str | Path]
    allow: Sequence[str | Path]
    problems: list[Problem] = field(default_factory=list)
    remarks: list[str] = field(default_factory=list)
    files: dict[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        tags = read_tags(_settings(self.model))
        self.folders = Folders(self.model.source.path, self.allow, tags)
        self.known = Dimensions(self.model)
        self.books: dict[Path, Book | Refusal] = {}
        self.used = _names_used(self.model)
        self.series = SeriesFiles(self.data)
        for refusal in self.series.problems:
            self._refuse(refusal, -1, "")

    def open_file(self, name: str) -> Book:
        """Return a file that the model names, opened at most once."""
        path = self.folders.find(name)
        if path not in self.books:
            try:
                self.books[path] = open_book(path, name)
            except Refusal as refusal:
                self.books[path] = refusal
        book = self.books[path]
        if isinstance(book, Refusal):
            raise book
        self.files[name] = book.digest
        return book

    def _refuse(self, refusal: Refusal, at: int, variable: str) -> None:
        if at < 0:
            path = self.model.source.path
            problem = Problem(
                refusal.message, refusal.kind, path, cure=refusal.cure, near=refusal.near
            )
        else:
            problem = self.model.source.problem(
                at,
                refusal.message,
                kind=refusal.kind,
                variable=variable,
                cure=refusal.cure,
                name=variable,
                near=refusal.near,
            )
        self.problems.append(problem)

    def dimension(self, one: Dimension) -> Dimension:
        """Return a range with its elements."""
        if one.external is None:
            return one
        try:
            if getters.kind_of(one.external) != "subscript":
                raise Refusal(
                    f"{one.external.function} gives no elements of a range",
                    "write GET DIRECT SUBSCRIPT, or list the elements",
                )
            return replace(one, elements=getters.subscripts(one.external, self.open_file))
        except Refusal as refusal:
            self._refuse(refusal, _place(one.external, one.at), one.name)
            return one

    def macro(self, macro: Macro) -> Macro:
        """Return a macro whose own variables have their numbers."""
        if not any(one.equation is not None and _reads(one.equation) for one in macro.variables):
            return macro
        found = (one if one.equation is None else self.variable(one) for one in macro.variables)
        return replace(macro, variables=tuple(one for one in found if one is not None))

    def variable(self, one: Variable) -> Variable | None:
        """Return an entry with its numbers; None for data that is neither there nor used."""
        try:
            if _needs_series(one):
                return self._from_series(one)
            if one.equation is None or not _reads(one.equation):
                return one
            return self._from_call(one, one.equation)
        except Refusal as refusal:
            at = one.at if one.equation is None else _place(_getter(one.equation), one.at)
            self._refuse(refusal, at, one.name)
            return replace(one, equation=_without_getters(one.equation))

    def _from_call(self, one: Variable, equation: Expr) -> Variable:
        kind = getters.kind_of(equation)
        if not isinstance(equation, Call) or kind in ("", "subscript"):
            inner = _getter(equation)
            raise Refusal(
                f"{inner.function} stands inside of an equation",
                "let it be the whole equation of a variable of its own"
                if getters.kind_of(inner) != "subscript"
                else "let it define a range: name: GET DIRECT SUBSCRIPT(...)",
            )
        sizes = self._sizes(one)
        wanted = self._wanted(one)
        if kind == "constants":
            values = getters.constants(equation, self.open_file, sizes, wanted)
            if not sizes:
                return replace(one, equation=Const(values[0], equation.at))
            return replace(one, equation=Values(values, at=equation.at))
        found, remarks = getters.tables(equation, self.open_file, prod(sizes), wanted)
        self.remarks += [f"{one.name}: {remark}" for remark in remarks]
        points = _together(found, bool(sizes), equation.at)
        if kind == "lookups":
            return replace(one, equation=None, table=points, lookup=True)
        # A plain equals sign does as well as := in Vensim.
        return replace(one, equation=None, table=points, data=one.data or "interpolate")

    def _sizes(self, one: Variable) -> tuple[int, ...]:
        ranges = [name for name in one.subscripts if self.known.is_range(name)]
        sizes = tuple(len(self.known.elements(name)) for name in ranges)
        if prod(sizes) > MOST_PLACES:
            raise Refusal(
                f"{one.name!r} has {prod(sizes):,} elements; "
                f"at most {MOST_PLACES:,} are read from files",
                "split the ranges",
            )
        if 0 in sizes:
            empty = next(name for name in ranges if not self.known.elements(name))
            raise Refusal(f"the range {empty!r} has no elements", "give it elements first")
        return sizes

    def _elements(self, one: Variable) -> Iterable[tuple[str, ...]]:
        return product(*(self.known.elements(name) for name in one.subscripts))

    def _wanted(self, one: Variable) -> list[bool]:
        """Return for each element whether the entry defines it (``:EXCEPT:``)."""
        if not one.exceptions:
            return [True] * prod(self._sizes(one))
        out = [[set(self.known.elements(name)) for name in names] for names in one.exceptions]
        return [
            not any(
                len(sets) == len(place)
                and all(element in some for element, some in zip(place, sets, strict=True))
                for sets in out
            )
            for place in self._elements(one)
        ]

    def _from_series(self, one: Variable) -> Variable | None:
        sizes, wanted = self._sizes(one), self._wanted(one)
        found: list[Table | None] = []
        missing: list[str] = []
        for place, needed in zip(self._elements(one), wanted, strict=True):
            series = self.series.find(one.name, place) if needed else None
            found.append(series.table() if series is not None else None)
            if needed and series is None:
                shown = ",".join(self.known.shown(element) for element in place)
                missing.append(f"{one.name}[{shown}]" if shown else one.name)
        if not missing:
            return replace(one, table=_together(found, bool(sizes), one.at))
        if len(missing) == sum(wanted) and one.key not in self.used:
            self.remarks.append(f"{one.name} has no data, and nothing uses it; it is left out")
            return None
        raise self._without(one, missing)

    def _without(self, one: Variable, missing: Sequence[str]) -> Refusal:
        names = ", ".join(repr(name) for name in missing[:3])
        names += f" and {len(missing) - 3:,} more" if len(missing) > 3 else ""
        has = "has" if len(missing) == 1 else "have"
        if not self.data:
            return Refusal(
                f"{names} {has} no equation and no data: no data file was given",
                f"load(path, data=['file.dat']), or --data file.dat in the terminal, with a series "
                f"named {one.name!r}; or write an equation",
            )
        near = tuple(name for name in self.series.near(one.name) if key(name) != one.key)
        files = ", ".join(path.name for path in self.series.paths)
        return Refusal(
            f"{names} {has} no equation and no series in {files}",
            did_you_mean(near)
            or f"load(path, data=[...]), or --data FILE, with a file that has {missing[0]!r}",
            near=near,
        )


def _together(found: Sequence[Table | None], several: bool, at: int) -> Table | Tables | None:
    if several:
        return Tables(tuple(found), at=at)
    one = found[0]
    return None if one is None else replace(one, at=at)


def _getter(equation: Expr) -> Call:
    """Return the first call in an equation that reads a file."""
    return next(node for node in walk(equation) if isinstance(node, Call) and getters.kind_of(node))


def _without_getters(equation: Expr | None) -> Expr | None:
    """Return what is left to check: calls that were refused are not to be refused once more."""
    if equation is None or getters.kind_of(equation):
        return None
    return rewrite(equation, lambda node: Const(0.0) if getters.kind_of(node) else node)


def _place(call: Call, otherwise: int) -> int:
    return call.at if call.at >= 0 else otherwise


def _names_used(model: SourceModel) -> set[str]:
    """Return the keys of all names that some equation uses."""
    inner = [one for macro in model.macros for one in macro.variables]
    found: set[str] = set()
    for variable in (*model.variables, *inner):
        if variable.equation is None:
            continue
        for node in walk(variable.equation):
            if isinstance(node, Ref):
                found.add(key(node.name))
            elif isinstance(node, Call):
                found.add(key(node.function))
    return found
