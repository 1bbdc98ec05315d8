"""Which format a data file has, by the ending of its name."""

from __future__ import annotations

from hashlib import sha256
from pathlib import Path

from sdmodel.external.paths import read_bytes
from sdmodel.external.workbook import Book, TextBook

EXCEL_SUFFIXES = (".xlsx", ".xlsm", ".xls")


def open_book(path: Path, name: str) -> Book:
    """Open a workbook or a delimited text file; `name` is how messages call it.

    Raises
    ------
    Refusal
        The file is too large or broken.
    """
    raw = read_bytes(path, name)
    suffix = path.suffix.lower()
    book: Book
    if suffix in EXCEL_SUFFIXES:
        # Late: most models read no workbook.
        from sdmodel.external.excel import open_excel

        book = open_excel(name, raw)
    else:
        book = TextBook(name, raw, suffix)
    book.digest = sha256(raw).hexdigest()
    return book
