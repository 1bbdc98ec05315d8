"""Files of time series given when a model is loaded: Vensim's `.dat`, tables, workbooks, `.vdf`."""

from __future__ import annotations

import re
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

from sdmodel.errors import did_you_mean, near_names
from sdmodel.expr import Table
from sdmodel.external.formats import EXCEL_SUFFIXES, open_book
from sdmodel.external.paths import read_bytes
from sdmodel.external.points import Point, table
from sdmodel.external.refusal import Refusal
from sdmodel.external.workbook import Grid, TextBook, decode, number
from sdmodel.names import key

_ELEMENTS = re.compile(r"\[([^\[\]]*)\]$")
# Behind the name of a series: its time base, and a comment.
_TAIL = re.compile(r"\s*(?:<[^<>]*>\s*)?(?:/.*)?$")
Name = tuple[str, tuple[str, ...]]


def series_name(text: str) -> Name:
    """Return what all spellings of a series' name share: its variable and its elements.

    >>> series_name('Stock_A[a1, "B 2"]')
    ('stock a', ('a1', 'b 2'))
    """
    stripped = text.strip()
    match = _ELEMENTS.search(stripped)
    if match is None:
        return key(stripped), ()
    elements = tuple(key(one) for one in match[1].split(","))
    return key(stripped[: match.start()]), elements


@dataclass(frozen=True, slots=True)
class Series:
    """One series as a file has it; `where` names the file in messages."""

    name: str
    where: str
    points: tuple[Point, ...]

    def table(self) -> Table:
        """Return its points in order of time."""
        return table(self.points, f"{self.where}: {self.name!r}", steps=False)


class SeriesFiles:
    """All series of some files by name; of one that stands in several files, the first counts."""

    def __init__(self, paths: Sequence[str | Path]) -> None:
        self.paths = [Path(one) for one in paths]
        self.problems: list[Refusal] = []
        self._found: dict[Name, Series] = {}
        for path in self.paths:
            try:
                for one in read_series(path):
                    self._found.setdefault(series_name(one.name), one)
            except Refusal as refusal:
                self.problems.append(refusal)

    def find(self, variable: str, elements: Sequence[str] = ()) -> Series | None:
        """Return the series of a variable, or of one element of it."""
        return self._found.get((key(variable), tuple(key(one) for one in elements)))

    def near(self, variable: str) -> tuple[str, ...]:
        """Return names of series that look like a variable's."""
        names = {_ELEMENTS.sub("", one.name).strip() for one in self._found.values()}
        return near_names(variable, names)


def read_series(path: Path) -> Iterator[Series]:
    """Yield the series of a file by the ending of its name.

    Raises
    ------
    Refusal
        The file cannot be read, or is not laid out as series.
    """
    if not path.exists():
        present = [one.name for one in path.parent.iterdir()] if path.parent.is_dir() else []
        near = near_names(path.name, present)
        cure = did_you_mean(near) or "correct the path in load(path, data=[...])"
        raise Refusal(f"there is no data file {str(path)!r}", cure, near=near)
    suffix = path.suffix.lower()
    if suffix in (".vdf", ".vdfx"):
        from sdmodel.external.vdf import read_vdf

        read_bytes(path, path.name)
        yield from (Series(name, path.name, points) for name, points in read_vdf(path))
    elif suffix in EXCEL_SUFFIXES:
        yield from _sheets(path)
    elif suffix == ".dat":
        yield from _dat(path.name, decode(path.name, read_bytes(path, path.name)))
    else:
        book = TextBook(path.name, read_bytes(path, path.name), suffix)
        yield from tabular(book.sheet(""))


def _sheets(path: Path) -> Iterator[Series]:
    book = open_book(path, path.name)
    refused: list[Refusal] = []
    for sheet in book.sheets:
        try:
            yield from tabular(book.sheet(sheet))
        except Refusal as refusal:
            refused.append(refusal)
    if refused and len(refused) == len(book.sheets):
        raise refused[0]


def _dat(where: str, text: str) -> Iterator[Series]:
    """Yield the series of Vensim's `.dat`: a line with the name, then lines of time and value.

    A name may begin with a number; a line of points begins with two. What stands under one name in
    several places is one series. The file may end with the end-of-file mark of DOS.
    """
    found: dict[Name, tuple[str, list[Point]]] = {}
    points: list[Point] | None = None
    for line in text.partition("\x1a")[0].splitlines():
        fields = line.split(None, 2)
        if not fields:
            continue
        time = number(fields[0])
        value = number(fields[1]) if len(fields) > 1 else None
        if time is not None and (value is not None or len(fields) == 1):
            if value is not None and points is not None:
                points.append(Point(time, value))
            continue
        name = _plain(line.strip())
        _, points = found.setdefault(series_name(name), (name, []))
    if not found:
        raise Refusal(
            f"{where} holds no series",
            "a .dat file has a line with a name, then lines of time and value",
        )
    for name, points in found.values():
        yield Series(name, where, tuple(points))


def _plain(line: str) -> str:
    """Return a name without the time base and the comment behind it."""
    if line.startswith('"'):
        end = line.find('"', 1)
        close = line.find("]", end)
        stop = close + 1 if close >= 0 and line[end + 1 : end + 2].strip() in ("", "[") else end + 1
        return line[:stop]
    return _TAIL.sub("", line) or line


def tabular(grid: Grid) -> Iterator[Series]:
    """Yield the series of a table whose time runs down its first column or along its first row.

    Which of the two it is, the names tell: they stand where no times do. Rows and columns without
    a name are left out, and so are cells without a number.

    >>> grid = Grid("a.csv", [["Time", "1", "2"], ["x", "5", "6"]], typed=False)
    >>> [(one.name, one.table().ys) for one in tabular(grid)]
    [('x', (5.0, 6.0))]
    """
    top = next((row for row in range(grid.height) if _filled(grid, row) > 1), None)
    if top is None:
        raise Refusal(f"{grid.label} holds no table of series", _LAYOUT)
    across = [grid.at(top, column) for column in range(1, grid.width)]
    down = [grid.at(row, 0) for row in range(top + 1, grid.height)]
    numbers_across = sum(isinstance(one, float) for one in across)
    numbers_down = sum(isinstance(one, float) for one in down)
    names_across = sum(isinstance(one, str) for one in across)
    names_down = sum(isinstance(one, str) for one in down)
    if numbers_down and names_across and names_across >= numbers_across:
        times = [(row, grid.at(row, 0)) for row in range(top + 1, grid.height)]
        for column in range(1, grid.width):
            name = grid.at(top, column)
            if isinstance(name, str):
                cells = [(time, grid.at(row, column)) for row, time in times]
                yield Series(name, grid.label, _numbers(cells))
    elif numbers_across and names_down:
        times = [(column, grid.at(top, column)) for column in range(1, grid.width)]
        for row in range(top + 1, grid.height):
            name = grid.at(row, 0)
            if isinstance(name, str):
                cells = [(time, grid.at(row, column)) for column, time in times]
                yield Series(name, grid.label, _numbers(cells))
    else:
        raise Refusal(f"{grid.label}: cannot tell names of series from times", _LAYOUT)


_LAYOUT = (
    "put the times into the first column and the names of the series into the first row, "
    "or the other way round"
)


def _filled(grid: Grid, row: int) -> int:
    return sum(grid.at(row, column) is not None for column in range(grid.width))


def _numbers(cells: Sequence[tuple[object, object]]) -> tuple[Point, ...]:
    return tuple(
        Point(time, value)
        for time, value in cells
        if isinstance(time, float) and isinstance(value, float)
    )
