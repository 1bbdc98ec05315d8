"""Excel's workbooks: `.xlsx` and `.xlsm` by calamine, the older `.xls` by xlrd.

Calamine lays out a sheet densely, so that two cells far apart would take all memory; the sheet's
extent is therefore looked up first. xlrd bounds its sheets itself.
"""

from __future__ import annotations

import io
import zipfile
from collections.abc import Iterator, Sequence
from typing import Any
from xml.parsers import expat

from sdmodel.external.cells import Area, Cell, parse_area, parse_cell
from sdmodel.external.refusal import Refusal
from sdmodel.external.workbook import MOST_CELLS, Book, Grid, too_many

MOST_UNPACKED = 512 * 2**20
_MOST_PARTS = 10_000
_CHUNK = 2**16


def open_excel(name: str, raw: bytes) -> Book:
    """Open a workbook, told by its first bytes rather than by its ending."""
    if raw.startswith(b"PK"):
        return XlsxBook(name, raw)
    if raw.startswith(b"\xd0\xcf\x11\xe0"):
        return XlsBook(name, raw)
    raise _broken(name, "it is neither .xlsx nor .xls inside")


def _broken(name: str, reason: object) -> Refusal:
    return Refusal(f"{name} cannot be read as a workbook: {reason}", "save it again in Excel")


class XlsxBook(Book):
    """A workbook in Excel's present format, a zip archive of XML parts."""

    def __init__(self, name: str, raw: bytes) -> None:
        super().__init__(name)
        try:
            self._archive = zipfile.ZipFile(io.BytesIO(raw))
            parts = self._archive.infolist()
        except (zipfile.BadZipFile, ValueError, NotImplementedError, EOFError) as error:
            raise _broken(name, error) from None
        if len(parts) > _MOST_PARTS or sum(part.file_size for part in parts) > MOST_UNPACKED:
            raise Refusal(
                f"{name} would unpack to more than {MOST_UNPACKED / 2**20:.0f} MiB",
                "keep only what the model needs in it, or split it",
            )
        self._names: list[tuple[str, str, str]] = []
        self._parts: list[tuple[str, str]] = []
        self._read_index()
        from python_calamine import CalamineWorkbook

        try:
            self._book = CalamineWorkbook.from_filelike(io.BytesIO(raw))
        except Exception as error:  # a file can be broken in more ways than the library names
            raise _broken(name, error) from None

    @property
    def sheets(self) -> Sequence[str]:
        """The names of the sheets in order."""
        return [name for name, _ in self._parts]

    def area(self, name: str, sheet: str) -> Area | None:
        """Return the cells of a defined name: the sheet's own first, then the workbook's."""
        wanted, own = name.strip().casefold(), sheet.strip().casefold()
        for scope in (own, ""):
            for known, where, refers in self._names:
                if known.casefold() == wanted and where.casefold() == scope:
                    area = parse_area(refers)
                    if area is None:
                        raise Refusal(
                            f"the name {name!r} in {self.name} stands for {refers[:80]!r}, "
                            "not for one block of cells",
                            "let it name cells such as Sheet1!$B$2:$B$9, or write their address",
                        )
                    return area
        return None

    def _read_index(self) -> None:
        """Read the names of sheets and cells, and which part of the archive is which sheet."""
        ids: list[tuple[str, str]] = []
        names: list[tuple[str, str]] = []
        for tag, attributes, text in _elements(self, "xl/workbook.xml", ("sheet", "definedName")):
            if tag == "sheet":
                link = next((v for k, v in attributes.items() if k.split(":")[-1] == "id"), "")
                ids.append((attributes.get("name", ""), link))
            else:
                names.append((attributes.get("name", ""), attributes.get("localSheetId", "")))
                self._names.append((names[-1][0], names[-1][1], text))
        targets = {
            attributes.get("Id", ""): attributes.get("Target", "")
            for _, attributes, _ in _elements(self, "xl/_rels/workbook.xml.rels", ("Relationship",))
        }
        for sheet, link in ids:
            target = targets.get(link, "")
            part = target.lstrip("/") if target.startswith("/") else f"xl/{target}"
            self._parts.append((sheet, part))
        self._names = [(name, self._scope(where), refers) for name, where, refers in self._names]

    def _scope(self, number: str) -> str:
        index = int(number) if number.isdecimal() and len(number) < 9 else -1
        return self._parts[index][0] if 0 <= index < len(self._parts) else ""

    def _read(self, sheet: str) -> Grid:
        label = f"{self.name}, sheet {sheet!r}"
        self._check_extent(label, dict(self._parts)[sheet])
        try:
            rows = self._book.get_sheet_by_name(sheet).to_python(skip_empty_area=False)
        except Exception as error:
            raise _broken(self.name, error) from None
        return Grid(label, rows)

    def _check_extent(self, label: str, part: str) -> None:
        rows = columns = row = column = 0
        for tag, attributes, _ in _elements(self, part, ("row", "c", "v", "is"), texts=False):
            if tag == "row":
                given = attributes.get("r", "")
                row = int(given) if given.isdecimal() and len(given) < 9 else row + 1
                column = 0
            elif tag == "c":
                cell = parse_cell(attributes.get("r", ""))
                column = column + 1 if cell is None else cell.column + 1
                row = row if cell is None else cell.row + 1
            else:  # cells without a value are only coloured
                rows, columns = max(rows, row), max(columns, column)
        if rows * columns > MOST_CELLS:
            raise too_many(label)

    def part(self, name: str) -> Iterator[bytes]:
        """Yield a part of the archive in pieces; no more than was announced."""
        try:
            with self._archive.open(name) as file:
                while piece := file.read(_CHUNK):
                    yield piece
        except KeyError:
            raise _broken(self.name, f"the part {name} is missing") from None
        except (zipfile.BadZipFile, OSError, RuntimeError, EOFError, ValueError) as error:
            raise _broken(self.name, error) from None
        except Exception as error:  # zlib's and lzma's own errors
            if isinstance(error, Refusal):
                raise
            raise _broken(self.name, error) from None


def _elements(
    book: XlsxBook, part: str, wanted: Sequence[str], *, texts: bool = True
) -> Iterator[tuple[str, dict[str, str], str]]:
    """Yield the wanted elements of an XML part with their attributes and text.

    Nothing outside of the part is fetched, and a part with a document type is refused, so that no
    entity grows.
    """
    parser = expat.ParserCreate(namespace_separator=" ")
    parser.buffer_text = True
    found: list[tuple[str, dict[str, str], list[str]]] = []
    inside: list[str] = []

    def start(tag: str, attributes: dict[str, str]) -> None:
        name = tag.rpartition(" ")[2]
        if name in wanted:
            plain = {key.rpartition(" ")[2]: value for key, value in attributes.items()}
            found.append((name, plain, []))
            inside.append(name)

    def end(tag: str) -> None:
        if inside and tag.rpartition(" ")[2] == inside[-1]:
            inside.pop()

    def data(text: str) -> None:
        if inside and found:
            found[-1][2].append(text)

    def doctype(*_: Any) -> None:
        raise _broken(book.name, f"the part {part} has a document type")

    parser.StartElementHandler = start
    parser.EndElementHandler = end
    parser.StartDoctypeDeclHandler = doctype
    if texts:
        parser.CharacterDataHandler = data
    try:
        for piece in book.part(part):
            parser.Parse(piece, False)
            # The last one may still be growing.
            while len(found) > 1:
                tag, attributes, text = found.pop(0)
                yield tag, attributes, "".join(text)
        parser.Parse(b"", True)
    except expat.ExpatError as error:
        raise _broken(book.name, f"the part {part}: {error}") from None
    for tag, attributes, text in found:
        yield tag, attributes, "".join(text)


class XlsBook(Book):
    """A workbook in the binary format of Excel 97 to 2003."""

    def __init__(self, name: str, raw: bytes) -> None:
        super().__init__(name)
        import xlrd

        try:
            self._book = xlrd.open_workbook(
                file_contents=raw, logfile=io.StringIO(), ragged_rows=True, on_demand=True
            )
        except Exception as error:
            raise _broken(name, error) from None

    @property
    def sheets(self) -> Sequence[str]:
        """The names of the sheets in order."""
        names: list[str] = self._book.sheet_names()
        return names

    def area(self, name: str, sheet: str) -> Area | None:
        """Return the cells of a defined name."""
        known = self._book.name_map.get(name.strip().lower(), [])
        asked = sheet.strip().casefold()
        own = [one for one in known if self._scope(one.scope).casefold() == asked]
        for one in own + [one for one in known if one.scope < 0]:
            try:
                refers, top, below, left, right = one.area2d()
                first, last = Cell(top, left), Cell(below - 1, right - 1)
                return Area(str(refers.name), first, last)
            except Exception:
                raise Refusal(
                    f"the name {name!r} in {self.name} does not stand for one block of cells",
                    "write the address of the cells",
                ) from None
        return None

    def _scope(self, index: int) -> str:
        names = self.sheets
        return names[index] if 0 <= index < len(names) else ""

    def _read(self, sheet: str) -> Grid:
        import xlrd

        try:
            found = self._book.sheet_by_name(sheet)
            numeric = (xlrd.XL_CELL_NUMBER,)
            rows = [
                [
                    cell.value if cell.ctype in numeric else self._shown(cell.ctype, cell.value)
                    for cell in found.row(row)
                ]
                for row in range(found.nrows)
            ]
        except Exception as error:
            raise _broken(self.name, error) from None
        return Grid(f"{self.name}, sheet {sheet!r}", rows)

    def _shown(self, ctype: int, value: Any) -> str | None:
        import xlrd

        if ctype in (xlrd.XL_CELL_EMPTY, xlrd.XL_CELL_BLANK):
            return None
        if ctype == xlrd.XL_CELL_BOOLEAN:
            return str(bool(value)).upper()
        if ctype == xlrd.XL_CELL_ERROR:
            return str(xlrd.error_text_from_code.get(value, "#ERROR"))
        if ctype == xlrd.XL_CELL_DATE:
            return f"the date {value:g}"
        return str(value)
