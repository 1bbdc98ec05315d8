"""The table of runs that a sensitivity control file names under method F.

The first line has names of constants with tabs between them, each other line their values in one
run; a value that is missing is that of the run before (Vensim Reference Manual, "Sensitivity
Control").
"""

from __future__ import annotations

import re

from sdmodel.control.naming import Names, why
from sdmodel.errors import Problem, SDError
from sdmodel.external.workbook import number
from sdmodel.source import SourceText

_LINE = re.compile(r"[^\r\n]+")
Rows = dict[str, tuple[float, ...]]


def read_rows(source: SourceText, names: Names) -> tuple[Rows, list[Problem], list[Problem]]:
    """Return the constants with their values run by run, what is wrong, and what was noted."""
    problems: list[Problem] = []
    notes: list[Problem] = []
    rows = [one for one in _LINE.finditer(source.text) if one[0].strip()]
    if len(rows) < 2:
        message = "there are no runs: the first line has names, each other line values"
        return {}, [source.problem(0, message)], notes
    columns = _head(source, names, rows[0], problems)
    found: dict[str, list[float]] = {}
    for row in rows[1:]:
        cells = _cells(row)
        for at, text in cells[len(columns) :]:
            if text:
                problems.append(source.problem(at, f"{text!r} has no name above it"))
        for place, elements in enumerate(columns):
            at, text = cells[place] if place < len(cells) else (row.end(), "")
            value = number(text) if text else None
            if text and value is None:
                problems.append(source.problem(at, f"{text!r} is no number"))
                continue
            for one in elements:
                given = found.setdefault(one, [])
                if value is not None:
                    given.append(value)
                elif given:
                    given.append(given[-1])
                else:
                    told = f"no value of {one!r} comes before: its value in the model is taken"
                    notes.append(source.problem(at, told, kind="unsupported"))
                    given.append(names.model.constants[one])
    if problems:
        return {}, problems, notes
    return {one: tuple(values) for one, values in found.items()}, problems, notes


def _head(
    source: SourceText, names: Names, row: re.Match[str], problems: list[Problem]
) -> list[tuple[str, ...]]:
    columns: list[tuple[str, ...]] = []
    seen: set[str] = set()
    for at, text in _cells(row):
        try:
            elements = names.constants(text) if text else ()
        except SDError as error:
            problems.append(source.problem(at, why(error, names.model.source.source.path)))
            elements = ()
        if seen.intersection(elements):
            problems.append(source.problem(at, f"{text!r} has two columns: keep one"))
        seen.update(elements)
        columns.append(elements)
    return columns


def _cells(row: re.Match[str]) -> list[tuple[int, str]]:
    """Return the cells of a line with the places where they begin."""
    cells, at = [], row.start()
    for text in row[0].split("\t"):
        cells.append((at, text.strip().strip('"') if text.count('"') == 2 else text.strip()))
        at += len(text) + 1
    return cells
