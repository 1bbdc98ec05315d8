"""Addresses in a spreadsheet: ``B2``, a column ``A``, a row ``4``; counted from 0 inside."""

from __future__ import annotations

import re
from dataclasses import dataclass

# The last column and row of a sheet in Excel's file format; they also bound what is typed.
LAST_COLUMN, LAST_ROW = 16_384, 1_048_576
_CELL = re.compile(r"\$?([A-Za-z]{1,3})\$?([0-9]{1,7})")
_COLUMN = re.compile(r"[A-Za-z]{1,3}")
_ROW = re.compile(r"[0-9]{1,7}")


@dataclass(frozen=True, slots=True)
class Cell:
    """The place of a cell, row and column from 0.

    >>> str(Cell(1, 27))
    'AB2'
    """

    row: int
    column: int

    def __str__(self) -> str:
        return f"{letters(self.column)}{self.row + 1}"


@dataclass(frozen=True, slots=True)
class Area:
    """A block of cells in a sheet, both corners included; `sheet` may differ from the one asked."""

    sheet: str
    first: Cell
    last: Cell

    @property
    def height(self) -> int:
        """The number of its rows."""
        return self.last.row - self.first.row + 1

    @property
    def width(self) -> int:
        """The number of its columns."""
        return self.last.column - self.first.column + 1


def letters(column: int) -> str:
    """Return the letters of a column counted from 0.

    >>> letters(0), letters(25), letters(26)
    ('A', 'Z', 'AA')
    """
    found = ""
    column += 1
    while column:
        column, rest = divmod(column - 1, 26)
        found = chr(ord("A") + rest) + found
    return found


def parse_cell(text: str) -> Cell | None:
    """Return the cell that an address names, in any case, or None where it names none.

    >>> parse_cell("b12")
    Cell(row=11, column=1)
    """
    match = _CELL.fullmatch(text.strip())
    if match is None:
        return None
    column, row = parse_column(match[1]), parse_row(match[2])
    return None if column is None or row is None else Cell(row, column)


def parse_column(text: str) -> int | None:
    """Return a column's number from 0, or None where the text is no column.

    >>> parse_column("aa")
    26
    """
    if not _COLUMN.fullmatch(text.strip()):
        return None
    number = 0
    for letter in text.strip().upper():
        number = number * 26 + ord(letter) - ord("A") + 1
    return number - 1 if number <= LAST_COLUMN else None


def parse_row(text: str) -> int | None:
    """Return a row's number from 0, or None where the text is no row."""
    if not _ROW.fullmatch(text.strip()):
        return None
    number = int(text)
    return number - 1 if 1 <= number <= LAST_ROW else None


_AREA = re.compile(
    r"(?:'(?P<quoted>(?:[^']|'')+)'|(?P<plain>[^'!\[\]():,]+))!"
    r"(?P<first>\$?[A-Z]{1,3}\$?[0-9]{1,7})(?::(?P<last>\$?[A-Z]{1,3}\$?[0-9]{1,7}))?"
)


def parse_area(text: str) -> Area | None:
    """Return the block that a defined name stands for; None for formulas and other workbooks.

    >>> parse_area("'My sheet'!$B$2:$C$4")
    Area(sheet='My sheet', first=Cell(row=1, column=1), last=Cell(row=3, column=2))
    """
    match = _AREA.fullmatch(text.strip().lstrip("="))
    if match is None:
        return None
    sheet = match["plain"] or match["quoted"].replace("''", "'")
    first, last = parse_cell(match["first"]), parse_cell(match["last"] or match["first"])
    if first is None or last is None or "[" in sheet:
        return None
    rows = sorted((first.row, last.row))
    columns = sorted((first.column, last.column))
    return Area(sheet, Cell(rows[0], columns[0]), Cell(rows[1], columns[1]))
