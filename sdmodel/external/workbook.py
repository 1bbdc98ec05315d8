"""A data file as grids of cells, whatever its format.

Cells are numbers, texts or empty. Nothing is computed: of a formula only the value that was stored
with it is read, and links to other workbooks are not followed.
"""

from __future__ import annotations

import csv
import io
import math
import re
from collections.abc import Sequence

from sdmodel.errors import did_you_mean, near_names
from sdmodel.external.cells import Area, Cell
from sdmodel.external.refusal import Refusal

Value = float | str | None
MOST_CELLS = 10_000_000
_NUMBER = re.compile(r"[+-]?(?:[0-9]+\.?[0-9]*|\.[0-9]+)(?:[eEdD][+-]?[0-9]+)?")


def number(text: str) -> float | None:
    """Return the number that a text is, or None.

    >>> number(" 1.5e3 "), number("1_0"), number("nan")
    (1500.0, None, None)
    """
    stripped = text.strip()
    if not _NUMBER.fullmatch(stripped):
        return None
    value = float(stripped.lower().replace("d", "e"))
    return value if math.isfinite(value) else None


class Grid:
    """The cells of one sheet; outside of what the file holds they are empty.

    `label` names the sheet in messages. In a file of text every cell is text, so `typed` is False
    and what looks like a number is one; in a workbook only numbers are.

    >>> Grid("a.csv", [["x", "1"]], typed=False).at(0, 1)
    1.0
    """

    def __init__(self, label: str, rows: Sequence[Sequence[object]], *, typed: bool = True) -> None:
        self.label, self.typed = label, typed
        self._rows = rows
        self.height = len(rows)
        self.width = max((len(row) for row in rows), default=0)

    def at(self, row: int, column: int) -> Value:
        """Return what a cell holds: a number, a text, or None if it is empty."""
        if not 0 <= row < self.height:
            return None
        cells = self._rows[row]
        raw = cells[column] if 0 <= column < len(cells) else None
        if isinstance(raw, bool):
            return str(raw).upper()
        if isinstance(raw, int | float):
            return float(raw) if math.isfinite(raw) else None
        if raw is None or not str(raw).strip():
            return None
        found = None if self.typed else number(str(raw))
        return str(raw).strip() if found is None else found

    def where(self, row: int, column: int) -> str:
        """Return how a message names a cell and what it holds."""
        value = self.at(row, column)
        place = f"{self.label}, cell {Cell(row, column)}"
        if value is None:
            return f"{place} is empty"
        shown = f"{value:g}" if isinstance(value, float) else repr(value[:40])
        return f"{place} holds {shown}"


class Book:
    """A file with sheets; the base of all formats. `digest` is the SHA-256 of its content."""

    digest = ""

    def __init__(self, name: str) -> None:
        self.name = name
        self._grids: dict[str, Grid] = {}

    @property
    def sheets(self) -> Sequence[str]:
        """The names of the sheets in order."""
        raise NotImplementedError

    def sheet(self, name: str) -> Grid:
        """Return a sheet by its name, whose case means nothing, as in Excel."""
        wanted = name.strip().casefold()
        known = {one.casefold(): one for one in self.sheets}
        if wanted not in known:
            near = near_names(name, self.sheets)
            listed = ", ".join(repr(one) for one in self.sheets[:8])
            raise Refusal(
                f"{self.name} has no sheet {name!r}",
                did_you_mean(near) or f"its sheets are {listed}",
                near=near,
            )
        if wanted not in self._grids:
            self._grids[wanted] = self._read(known[wanted])
        return self._grids[wanted]

    def area(self, name: str, sheet: str) -> Area | None:
        """Return the cells that a defined name stands for, or None if there is no such name."""
        del name, sheet
        return None

    def _read(self, sheet: str) -> Grid:
        raise NotImplementedError


class TextBook(Book):
    """A delimited text file: one sheet, whose "name" in a call is the delimiter.

    A delimiter that is left out is a comma in a ``.csv`` file and a tab in any other.
    """

    def __init__(self, name: str, raw: bytes, suffix: str) -> None:
        super().__init__(name)
        self._text = decode(name, raw)
        self._usual = "," if suffix == ".csv" else "\t"

    @property
    def sheets(self) -> Sequence[str]:
        """The usual delimiter, under which the file is one sheet."""
        return (self._usual,)

    def sheet(self, name: str) -> Grid:
        """Return the file's cells, split at a delimiter."""
        # Some models name a sheet here, as for a workbook; it is no delimiter then.
        given = "\t" if name.strip("\\").lower() in ("t", "tab", "\t") else name.strip(" ")
        delimiter = given if len(given) == 1 and not given.isalnum() else self._usual
        if delimiter in '"\r\n':
            raise Refusal(f"{delimiter!r} cannot separate the cells of a file", "write ',' or ';'")
        if delimiter not in self._grids:
            self._grids[delimiter] = self._split(delimiter)
        return self._grids[delimiter]

    def _split(self, delimiter: str) -> Grid:
        rows: list[list[str]] = []
        cells = 0
        try:
            # Vensim keeps blank lines, and so does this reader.
            for row in csv.reader(io.StringIO(self._text, newline=""), delimiter=delimiter):
                cells += len(row) + 1
                if cells > MOST_CELLS:
                    raise too_many(self.name)
                rows.append(row)
        except csv.Error as error:
            raise Refusal(
                f"{self.name} is no table: {error}", "save it again as comma- or tab-separated text"
            ) from None
        return Grid(self.name, rows, typed=False)


def decode(name: str, raw: bytes) -> str:
    """Return the text of a data file: UTF-8, UTF-16 with its mark, or Windows' code page 1252."""
    if raw.startswith((b"\xff\xfe", b"\xfe\xff")):
        encodings: tuple[str, ...] = ("utf-16",)
    elif b"\0" in raw[:65536]:
        raise Refusal(
            f"{name} is a binary file, not text", "give it the ending of its format, such as .xlsx"
        )
    else:
        encodings = ("utf-8-sig", "cp1252", "latin-1")
    for encoding in encodings:
        try:
            return raw.decode(encoding)
        except UnicodeDecodeError:
            continue
    raise Refusal(f"{name} is not the text its first bytes say", "save it as UTF-8")


def too_many(name: str) -> Refusal:
    """Return the refusal of a sheet with more cells than are read."""
    return Refusal(
        f"{name} has more than {MOST_CELLS:,} cells between its first and its last one",
        "delete what stands far away from the data, or split the file",
    )
