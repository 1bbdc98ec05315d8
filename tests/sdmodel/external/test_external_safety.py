"""Which files may be read, how large they may be, and broken files."""

from __future__ import annotations

import os
import zipfile
from pathlib import Path
from typing import Any

import pytest

from sdmodel.errors import Problem
from sdmodel.expr import Const
from sdmodel.external import excel, paths, resolve, workbook

GET = "x = GET DIRECT CONSTANTS('{}', ',', 'A1')"


def only(beside: Any, file: str, **more: Any) -> Problem:
    (problem,) = resolve(beside.model(GET.format(file)), **more).problems
    assert isinstance(problem, Problem)
    return problem


def test_folders_below_the_model_and_backslashes(beside: Any) -> None:
    beside.text("data/Sub/F.CSV", "7\n")
    for name in (
        "data/Sub/F.CSV",
        "data\\Sub\\F.CSV",
        "DATA/sub/f.csv",
        "./data/../data/Sub/F.CSV",
    ):
        assert beside.read(GET.format(name)).variables[0].equation == Const(7.0)


@pytest.mark.parametrize("absolute", [True, False])
def test_outside_of_the_folder_only_where_allowed(
    beside: Any, tmp_path: Path, absolute: bool
) -> None:
    other = tmp_path / "other"
    other.mkdir()
    (other / "f.csv").write_text("7\n")
    name = str(other / "f.csv") if absolute else "../other/f.csv"
    problem = only(beside, name)
    assert problem.message == f"the file {name!r} lies outside of the model's folder"
    assert f"load(path, allow=[{str(other)!r}])" in problem.cure
    found = resolve(beside.model(GET.format(name)), allow=[other])
    assert found.variables[0].equation == Const(7.0)
    assert found.problems == ()


def test_what_lies_outside_is_not_told(beside: Any) -> None:
    for name in (
        "/etc/no such file",
        "../../no such file",
        "C:\\data\\f.csv",
        "\\\\host\\share\\f",
    ):
        problem = only(beside, name)
        assert "lies outside of the model's folder" in problem.message
        assert problem.near == ()


def test_a_link_out_of_the_folder_is_refused(beside: Any, tmp_path: Path) -> None:
    (tmp_path / "secret.csv").write_text("7\n")
    (beside.folder / "f.csv").symlink_to(tmp_path / "secret.csv")
    (beside.folder / "d").symlink_to(tmp_path)
    for name in ("f.csv", "d/secret.csv"):
        assert "lies outside of the model's folder" in only(beside, name).message


@pytest.mark.skipif(not hasattr(os, "mkfifo"), reason="needs named pipes")
def test_a_pipe_or_a_folder_is_no_file(beside: Any) -> None:
    os.mkfifo(beside.folder / "pipe.csv")
    (beside.folder / "folder").mkdir()
    for name in ("pipe.csv", "folder", ""):
        assert only(beside, name).message == f"{name!r} is not a file"


def test_a_file_that_is_not_there(beside: Any) -> None:
    beside.text("data.csv", "7\n")
    problem = only(beside, "dato.csv")
    assert problem.message == f"there is no file 'dato.csv' in {beside.folder}"
    assert problem.cure == "did you mean 'data.csv'?"


def test_tags_stand_for_files(beside: Any) -> None:
    beside.text("data/a.csv", "7\n")
    lines = "9:run\n30:?Input=data/a.csv\n30:?away=/etc/passwd\n15:0,0,0,5\n"
    model = beside.read(GET.format("?input"), settings=lines)
    assert model.variables[0].equation == Const(7.0)
    shown = beside.refused(GET.format("?inpud"), settings=lines)
    assert "the model's settings do not say which file '?inpud' stands for" in shown
    assert "did you mean '?input'?" in shown
    shown = beside.refused(GET.format("?away"), settings=lines)
    assert "the file '?away' (/etc/passwd) lies outside of the model's folder" in shown


def test_tags_behind_the_sketch(beside: Any) -> None:
    from dataclasses import replace

    from sdmodel.source import SourceText

    beside.text("a.csv", "7\n")
    model = beside.model(GET.format("?a"))
    text = model.source.text + "\n\\\\\\---/// Sketch\n///---\\\\\\\n:L\n30:?a=a.csv\n"
    model = replace(model, source=SourceText(model.source.path, text))
    assert resolve(model).variables[0].equation == Const(7.0)


def test_a_model_without_a_file_reads_only_what_is_allowed(beside: Any) -> None:
    from dataclasses import replace

    from sdmodel.source import SourceText

    beside.text("a.csv", "7\n")
    model = beside.model(GET.format("a.csv"))
    model = replace(model, source=SourceText("", model.source.text))
    assert "lies outside" in resolve(model).problems[0].message
    assert resolve(model, allow=[beside.folder]).variables[0].equation == Const(7.0)


# Sizes ------------------------------------------------------------------------------------------


def test_the_size_of_a_file_is_bounded(beside: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    with open(beside.folder / "f.csv", "wb") as file:
        file.truncate(paths.LARGEST_FILE + 2**20)
    problem = only(beside, "f.csv")
    assert problem.message == "the file 'f.csv' has 65 MiB; at most 64 MiB are read"


def test_the_cells_of_a_text_file_are_bounded(beside: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(workbook, "MOST_CELLS", 100)
    beside.text("f.csv", "1,2,3\n" * 50)
    assert "f.csv has more than 100 cells" in only(beside, "f.csv").message


def test_two_cells_far_apart_do_not_take_all_memory(beside: Any) -> None:
    beside.book("f.xlsx", S={"A1": 1, "XFD1048576": 2})
    shown = beside.refused("x = GET DIRECT CONSTANTS('f.xlsx', 'S', 'A1')")
    assert (
        "f.xlsx, sheet 'S' has more than 10,000,000 cells between its first and its last" in shown
    )


def test_cells_that_are_only_coloured_do_not_count(beside: Any) -> None:
    from openpyxl import load_workbook
    from openpyxl.styles import Font

    path = beside.book("f.xlsx", S={"A1": 1})
    book = load_workbook(path)
    book["S"]["XFD1048576"].font = Font(bold=True)
    book.save(path)
    model = beside.read("x = GET DIRECT CONSTANTS('f.xlsx', 'S', 'A1')")
    assert model.variables[0].equation == Const(1.0)


def test_a_bomb_is_not_unpacked(beside: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    path = beside.book("f.xlsx", S={"A1": 1})
    with zipfile.ZipFile(path, "a", zipfile.ZIP_DEFLATED) as archive:
        archive.writestr("xl/media/zeros", b"\0" * 2**21)
    monkeypatch.setattr(excel, "MOST_UNPACKED", 2**20)
    assert only(beside, "f.xlsx").message == "f.xlsx would unpack to more than 1 MiB"


# Broken files -----------------------------------------------------------------------------------


def replaced(path: Path, part: str, content: str) -> None:
    with zipfile.ZipFile(path) as archive:
        parts = {name: archive.read(name) for name in archive.namelist()}
    with zipfile.ZipFile(path, "w") as archive:
        for name, old in parts.items():
            archive.writestr(name, content if name == part else old)


def test_entities_are_refused(beside: Any) -> None:
    path = beside.book("f.xlsx", S={"A1": 1})
    laughs = '<!DOCTYPE a [<!ENTITY b "ha"><!ENTITY c "&b;&b;">]><workbook>&c;</workbook>'
    replaced(path, "xl/workbook.xml", laughs)
    assert "the part xl/workbook.xml has a document type" in only(beside, "f.xlsx").message


@pytest.mark.parametrize(
    ("name", "content"),
    [
        ("f.xlsx", b"a,b\n"),
        ("f.xlsx", b"PK\x03\x04 nothing more"),
        ("f.xls", b"\xd0\xcf\x11\xe0 nothing more"),
        ("f.xls", b""),
    ],
)
def test_no_workbook_inside(beside: Any, name: str, content: bytes) -> None:
    (beside.folder / name).write_bytes(content)
    problem = only(beside, name)
    assert f"{name} cannot be read as a workbook: " in problem.message
    assert problem.cure == "save it again in Excel"


def test_a_workbook_cut_off_anywhere_is_a_problem(beside: Any) -> None:
    path = beside.book("f.xlsx", S={"A1": 1})
    raw = path.read_bytes()
    for length in range(4, len(raw), 97):
        path.write_bytes(raw[:length])
        assert "cannot be read as a workbook" in only(beside, "f.xlsx").message


def test_a_workbook_with_a_byte_changed_never_crashes(beside: Any) -> None:
    path = beside.book("f.xlsx", S={"A1": 1})
    raw = path.read_bytes()
    for place in range(0, len(raw), 41):
        path.write_bytes(raw[:place] + bytes([raw[place] ^ 0x55]) + raw[place + 1 :])
        found = resolve(beside.model("x = GET DIRECT CONSTANTS('f.xlsx', 'S', 'A1')"))
        assert found.problems or found.variables[0].equation == Const(1.0)


def test_dates_truths_and_formulas_are_no_numbers(beside: Any) -> None:
    import datetime

    cells = {"A1": datetime.date(2020, 1, 1), "A2": True, "A3": "12", "A4": "=1+1"}
    beside.book("f.xlsx", S=cells)
    holds = ["holds '2020-01-01'", "holds 'TRUE'", "holds '12'", "is empty"]
    for row, what in enumerate(holds, 1):
        shown = beside.refused(f"x = GET DIRECT CONSTANTS('f.xlsx', 'S', 'A{row}')")
        assert f"f.xlsx, sheet 'S', cell A{row} {what}, no number" in shown


def test_a_binary_file_is_no_text(beside: Any) -> None:
    (beside.folder / "f.csv").write_bytes(b"PK\0\0")
    assert "f.csv is a binary file, not text" in only(beside, "f.csv").message


def test_each_file_is_opened_once(beside: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    beside.text("f.csv", "1,2\n")
    opened: list[Path] = []
    real = paths.read_bytes

    def counted(path: Path, name: str) -> bytes:
        opened.append(path)
        return real(path, name)

    monkeypatch.setattr("sdmodel.external.formats.read_bytes", counted)
    beside.read(GET.format("f.csv"), GET.format("./f.csv").replace("x", "y"))
    assert len(opened) == 1
