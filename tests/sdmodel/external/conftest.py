"""A model of a few lines, made without a reader, and the files beside it."""

from __future__ import annotations

import re
from collections.abc import Sequence
from pathlib import Path
from typing import Any

import pytest
from openpyxl import Workbook
from openpyxl.workbook.defined_name import DefinedName

from sdmodel.expr import Call, Const, Expr, Text
from sdmodel.external import resolve
from sdmodel.source import Dimension, SourceModel, SourceText, Variable

HEAD = re.compile(
    r"(?P<name>[^\[:=]+?)\s*(?:\[(?P<subscripts>[^\]]*)\])?\s*(?:(?P<mark>:?=|:)(?P<rest>.*))?$"
)


class Beside:
    """A folder with a model in it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        folder.mkdir(exist_ok=True)

    def text(self, name: str, content: str, encoding: str = "utf-8") -> Path:
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content.encode(encoding))
        return path

    def book(self, name: str, names: dict[str, str] | None = None, **sheets: Any) -> Path:
        """Write a workbook: each sheet a dict of cells or a list of rows."""
        book = Workbook()
        book.remove(book.active)
        for title, cells in sheets.items():
            sheet = book.create_sheet(title)
            if isinstance(cells, dict):
                for cell, value in cells.items():
                    sheet[cell] = value
            else:
                for row in cells:
                    sheet.append(row)
        for known, refers in (names or {}).items():
            title, _, local = known.rpartition("!")
            owner = book[title].defined_names if title else book.defined_names
            owner[local] = DefinedName(local, attr_text=refers)
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        book.save(path)
        return path

    def model(self, *lines: str, settings: str = "", **changes: Any) -> SourceModel:
        """Return a model of lines such as ``x[A] := GET DIRECT DATA('f.csv', ',', 'A', 'B2')``.

        ``x[A]`` alone is a data variable without an equation; ``A: a, b`` a range. Further fields
        of the entries are given by name: ``x=dict(data="raw")``.
        """
        source = SourceText(str(self.folder / "m.mdl"), "\n".join(lines))
        dimensions: list[Dimension] = []
        variables: list[Variable] = []
        at = 0
        for line in lines:
            match = HEAD.match(line)
            assert match is not None
            rest, start = (
                (match["rest"] or "").strip(),
                at + line.rfind((match["rest"] or "").strip()),
            )
            if match["mark"] == ":":
                external = call(rest, start) if "(" in rest else None
                listed = tuple(one.strip() for one in rest.split(",")) if external is None else ()
                dimensions.append(Dimension(match["name"], listed, external=external, at=at))
            else:
                subscripts = tuple(
                    one.strip() for one in (match["subscripts"] or "").split(",") if one
                )
                data = "interpolate" if match["mark"] in (":=", None) else ""
                more = {"data": data, **changes.get(match["name"].replace(" ", "_"), {})}
                equation = expression(rest, start) if rest else None
                variables.append(
                    Variable(match["name"], equation, at=at, subscripts=subscripts, **more)
                )
            at += len(line) + 1
        return SourceModel(
            source, tuple(variables), dimensions=tuple(dimensions), settings=settings
        )

    def read(self, *lines: str, data: Sequence[str | Path] = (), **changes: Any) -> SourceModel:
        """Return the model resolved; nothing may be wrong."""
        model = resolve(self.model(*lines, **changes), data)
        assert [str(one) for one in model.problems] == []
        return model

    def refused(self, *lines: str, data: Sequence[str | Path] = (), **changes: Any) -> str:
        """Return the one problem of the resolved model as it is shown."""
        model = resolve(self.model(*lines, **changes), data)
        assert len(model.problems) == 1, model.problems
        return str(model.problems[0])


def call(text: str, at: int = 0) -> Call:
    name, _, rest = text.partition("(")
    return Call(name.strip(), tuple(Text(one) for one in re.findall(r"'([^']*)'", rest)), at)


def expression(text: str, at: int) -> Expr:
    return call(text, at) if "(" in text else Const(float(text))


@pytest.fixture
def beside(tmp_path: Path) -> Beside:
    return Beside(tmp_path / "model")
