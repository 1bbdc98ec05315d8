"""The family of GET DIRECT and GET XLS functions: which cells each of them reads.

After Vensim's help on GET DIRECT CONSTANTS, DATA, LOOKUPS and SUBSCRIPT. The last subscript runs
to the right and the one before it down, turned round by a ``*`` behind the cell; series lie side by
side, across the direction in which time runs.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import prod

from sdmodel.errors import counted
from sdmodel.expr import Call, Expr, Table, Text
from sdmodel.external.cells import Area, Cell, letters, parse_cell, parse_column, parse_row
from sdmodel.external.points import Point, table
from sdmodel.external.refusal import Refusal
from sdmodel.external.workbook import Book, Grid
from sdmodel.names import key

# Vensim's number for a missing value, :NA:.
MISSING = -(2.0**109)
KINDS = ("subscript", "constants", "data", "lookups")
Opener = Callable[[str], Book]
_CALLS = {f"get {family} {kind}": kind for family in ("direct", "xls") for kind in KINDS}
_ARGUMENTS = {
    "subscript": ("file", "sheet", "first cell", "last cell", "prefix"),
    "constants": ("file", "sheet", "cell"),
    "data": ("file", "sheet", "row or column of times", "cell"),
    "lookups": ("file", "sheet", "row or column of x", "cell"),
}


def kind_of(expr: Expr | None) -> str:
    """Return which kind of reading a call asks for, one of `KINDS`; empty for all else.

    >>> kind_of(Call("Get_Direct  Data", ()))
    'data'
    """
    return _CALLS.get(key(expr.function), "") if isinstance(expr, Call) else ""


def arguments(call: Call) -> tuple[str, ...]:
    """Return the texts a call is given; the last two of a SUBSCRIPT may be left out."""
    names = _ARGUMENTS[kind_of(call)]
    least = 3 if kind_of(call) == "subscript" else len(names)
    if not least <= len(call.args) <= len(names):
        raise Refusal(
            f"{call.function} takes {len(names)} arguments, not {len(call.args)}: "
            + ", ".join(names),
            "write each of them in single quotes",
        )
    texts: list[str] = []
    for name, argument in zip(names, call.args, strict=False):
        if not isinstance(argument, Text):
            raise Refusal(
                f"the {name} of {call.function} is not a text in single quotes",
                "write it in single quotes; string variables are not offered",
                kind="unsupported",
            )
        texts.append(argument.value)
    return (*texts, *[""] * (len(names) - len(texts)))


@dataclass(frozen=True, slots=True)
class Spot:
    """Where reading begins: a cell of a grid, and the block if a defined name gave one."""

    grid: Grid
    cell: Cell
    area: Area | None = None


def _spot(book: Book, sheet: str, address: str) -> Spot:
    cell = parse_cell(address)
    if cell is not None:
        return Spot(book.sheet(sheet), cell)
    area = book.area(address, sheet)
    if area is None:
        raise Refusal(
            f"{book.name} has no cell or name {address!r}",
            "write an address such as B2, or a name defined in the workbook",
        )
    return Spot(book.sheet(area.sheet), area.first, area)


# Subscripts -------------------------------------------------------------------------------------


def subscripts(call: Call, open_file: Opener) -> tuple[str, ...]:
    """Return the elements that GET DIRECT SUBSCRIPT finds: across, then down; no empty cells.

    The last cell may be a column or a row alone: the block then runs as far down or across as the
    sheet is filled.
    """
    file, sheet, first, last, prefix = arguments(call)
    book = open_file(file)
    spot = _spot(book, sheet, first)
    rows, columns = _block(spot, book, last)
    found: dict[str, str] = {}
    for row in rows:
        for column in columns:
            value = spot.grid.at(row, column)
            if value is None:
                continue
            name = prefix + (_shortest(value) if isinstance(value, float) else value)
            if key(name) in found:
                raise Refusal(
                    f"{spot.grid.where(row, column)}, an element that came before",
                    "name each element once",
                )
            found[key(name)] = name
    if not found:
        raise Refusal(f"{spot.grid.label} has no elements from cell {spot.cell} on", "fill them in")
    return tuple(found.values())


def _shortest(value: float) -> str:
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(value)


def _block(spot: Spot, book: Book, last: str) -> tuple[range, range]:
    """Return the rows and columns from a spot to what `last` names."""
    end_row, end_column = spot.grid.height - 1, spot.grid.width - 1
    corner, text = parse_cell(last), last.strip()
    row, column = parse_row(text), parse_column(text)
    if corner is not None:
        end_row, end_column = min(end_row, corner.row), min(end_column, corner.column)
    elif row is not None:
        end_row = min(end_row, row)
    elif column is not None:
        end_column = min(end_column, column)
    elif not text and spot.area is not None:
        end_row = min(end_row, spot.area.last.row)
        end_column = min(end_column, spot.area.last.column)
    elif text:
        raise Refusal(
            f"{text!r} is no cell, column or row of {book.name}",
            "write the last cell such as B9, a column such as B, or a row such as 9",
        )
    return range(spot.cell.row, end_row + 1), range(spot.cell.column, end_column + 1)


# Constants --------------------------------------------------------------------------------------


def constants(
    call: Call, open_file: Opener, sizes: Sequence[int], wanted: Sequence[bool]
) -> tuple[float, ...]:
    """Return the numbers of GET DIRECT CONSTANTS, last range fastest.

    `sizes` are those of the ranges left of the equals sign. A place that is not `wanted`
    (``:EXCEPT:``) has its cell but may be empty.
    """
    file, sheet, address = arguments(call)
    if len(sizes) > 2:
        raise Refusal(
            f"{call.function} fills at most two ranges at once, not {len(sizes)}",
            "write one equation for each element of the other ranges",
        )
    turned = address.strip().endswith("*")
    spot = _spot(open_file(file), sheet, address.strip().rstrip("*").strip())
    down, right = (1, *sizes)[-2:] if sizes else (1, 1)
    _check_shape(spot, (right, down) if turned else (down, right))
    values: list[float] = []
    wrong: list[str] = []
    for place in range(prod(sizes)):
        i, j = divmod(place, right)
        row, column = spot.cell.row + (j if turned else i), spot.cell.column + (i if turned else j)
        value = spot.grid.at(row, column)
        if not isinstance(value, float):
            if wanted[place]:
                wrong.append(spot.grid.where(row, column))
            value = MISSING
        values.append(value)
    if wrong:
        more = f" (and {len(wrong) - 1} cells more)" if len(wrong) > 1 else ""
        raise Refusal(
            f"{wrong[0]}, no number{more}",
            f"{call.function} reads {_blocks(down, right, turned)} from cell {spot.cell} on: "
            "write numbers there, or correct the cell; a * behind it turns the block round",
        )
    return tuple(values)


def _blocks(down: int, right: int, turned: bool) -> str:
    rows, columns = (right, down) if turned else (down, right)
    return f"{counted(rows, 'row')} and {counted(columns, 'column')}"


def _check_shape(spot: Spot, shape: tuple[int, int]) -> None:
    """Refuse a named block of another shape; a name for one cell says where the block begins."""
    area = spot.area
    if area is None or (area.height, area.width) in (shape, (1, 1)):
        return
    raise Refusal(
        f"the name stands for {_blocks(area.height, area.width, False)} of {spot.grid.label}, "
        f"but {_blocks(*shape, False)} are needed",
        "let the name stand for as many cells, or put a * behind it if rows and columns are turned",
    )


# Data and lookups -------------------------------------------------------------------------------


@dataclass(frozen=True, slots=True)
class _Line:
    """The cells along which time (or x) runs: a row or a column, from `first` up to `stop`."""

    grid: Grid
    across: bool
    at: int
    first: int
    stop: int

    def cell(self, place: int) -> tuple[int, int]:
        return (self.at, place) if self.across else (place, self.at)


def tables(
    call: Call, open_file: Opener, count: int, wanted: Sequence[bool]
) -> tuple[tuple[Table | None, ...], tuple[str, ...]]:
    """Return the series of GET DIRECT DATA or LOOKUPS, and remarks on cells left out.

    Cells without a number are left out, as Vensim does: their times are read over. So are times
    that are none. A place that is not `wanted` (``:EXCEPT:``) has its cells but gives None.
    """
    file, sheet, line_at, address = arguments(call)
    steps = kind_of(call) == "lookups"
    book = open_file(file)
    spot = _spot(book, sheet, address.strip().rstrip("*").strip())
    line = _line(book, sheet, line_at, spot)
    times = _times(line, steps)
    _check_series(spot, line, count)
    found: list[Table | None] = []
    remarks: list[str] = []
    for place in range(count):
        if not wanted[place]:
            found.append(None)
            continue
        points: list[Point] = []
        for offset, time in times:
            row, column = _shifted(spot.cell, line, place, offset)
            value = spot.grid.at(row, column)
            if isinstance(value, float):
                points.append(Point(time, value))
            elif value is not None:
                remarks.append(f"{spot.grid.where(row, column)}, no number; it is left out")
        first = Cell(*_shifted(spot.cell, line, place, 0))
        where = f"the series from cell {first} on in {spot.grid.label}"
        found.append(table(points, where, steps=steps))
    return tuple(found), tuple(remarks)


def _shifted(cell: Cell, line: _Line, place: int, offset: int) -> tuple[int, int]:
    """Return the row and column of a series' value: `place` aside and `offset` along its times."""
    if line.across:
        return cell.row + place, cell.column + offset
    return cell.row + offset, cell.column + place


def _line(book: Book, sheet: str, text: str, spot: Spot) -> _Line:
    area = book.area(text, sheet)
    if area is not None:
        grid = book.sheet(area.sheet)
        if area.height > 1 and area.width > 1:
            raise Refusal(
                f"the name {text!r} stands for {_blocks(area.height, area.width, False)}; "
                "times stand in one row or one column",
                "let the name stand for one row or one column",
            )
        if area.height > 1:
            return _Line(grid, False, area.first.column, area.first.row, area.last.row + 1)
        return _Line(grid, True, area.first.row, area.first.column, area.last.column + 1)
    row, column = parse_row(text), parse_column(text)
    if row is not None:
        return _Line(spot.grid, True, row, spot.cell.column, spot.grid.width)
    if column is not None:
        return _Line(spot.grid, False, column, spot.cell.row, spot.grid.height)
    raise Refusal(
        f"{text!r} is no row, column or name of {book.name}",
        "write the number of the row with the times, such as 1, or the letter of their column, "
        "such as A",
    )


def _times(line: _Line, steps: bool) -> list[tuple[int, float]]:
    """Return where the times stand, counted from the first cell, and the times, in order.

    What is no number is passed over. Where times begin anew behind such a cell, another table has
    begun, which is not read.
    """
    found: list[tuple[int, float]] = []
    direction, gap = 0.0, False
    for place in range(line.first, line.stop):
        time = line.grid.at(*line.cell(place))
        if not isinstance(time, float):
            gap = True
            continue
        if found:
            step = time - found[-1][1]
            turns = step * direction < 0 or (step == 0 and not steps)
            if turns and gap:
                break
            if turns:
                raise Refusal(
                    f"{line.grid.where(*line.cell(place))}, which does not go on from "
                    f"{found[-1][1]:g} before it",
                    "let the times rise from cell to cell, each of them once",
                )
            direction = direction or step
        found.append((place - line.first, time))
        gap = False
    if not found:
        stands = f"row {line.at + 1}" if line.across else f"column {letters(line.at)}"
        first = line.grid.where(*line.cell(line.first))
        raise Refusal(
            f"no times stand in {stands} of {line.grid.label}: {first}",
            "name the row or the column that holds the times as numbers",
        )
    return found if direction >= 0 else found[::-1]


def _check_series(spot: Spot, line: _Line, count: int) -> None:
    area = spot.area
    if area is None or (area.height, area.width) == (1, 1):
        return
    along, aside = (area.width, area.height) if line.across else (area.height, area.width)
    if aside != count or along != line.stop - line.first:
        raise Refusal(
            f"the name stands for {_blocks(area.height, area.width, False)} of {spot.grid.label}; "
            f"{count} series of {counted(line.stop - line.first, 'time')} are needed",
            "let the names of the times and of the data stand for cells side by side",
        )
