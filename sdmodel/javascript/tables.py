"""The constant arrays that functions share: points of lookups, and places of elements."""

from __future__ import annotations

from collections.abc import Sequence

from sdmodel.expr import Table, Tables
from sdmodel.javascript.text import data, numbers


class TableBook:
    """Gives each table one name, and writes them all."""

    def __init__(self) -> None:
        self._names: dict[object, str] = {}
        self._lines: list[str] = []

    def name(self, table: Table | Tables, row: str) -> str:
        """Return the name of a table; of several, the one in a row."""
        if isinstance(table, Table):
            return self._table(table)
        if row.isdecimal():
            one = table.tables[int(row)]
            return "noTable" if one is None else self._table(one)
        each = ["noTable" if one is None else self._table(one) for one in table.tables]
        return f"{self._known(tuple(each), '[' + ', '.join(each) + ']')}[{row}]"

    def places(self, places: Sequence[int]) -> str:
        """Return the name of a list of places."""
        return self._known(("places", *places), data([int(one) for one in places]))

    def lines(self) -> list[str]:
        """Return the lines that make all of them."""
        return self._lines

    def _table(self, table: Table) -> str:
        xs, ys = list(table.xs), list(table.ys)
        # repr tells 0.0 from -0.0
        return self._known(repr((xs, ys)), f"table({numbers(xs)}, {numbers(ys)})")

    def _known(self, what: object, code: str) -> str:
        if what not in self._names:
            self._names[what] = f"k{len(self._names)}"
            self._lines.append(f"const {self._names[what]} = {code};")
        return self._names[what]
