"""GET DIRECT DATA and LOOKUPS, and series given when a model is loaded."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from sdmodel.expr import Table, Tables
from sdmodel.external import resolve

WIDE = ",,2000,2001,2002\n,a,1,2,3\n,b,4,5,6\n"
LONG = "t,a,b\n2000,1,4\n2001,2,5\n2002,3,6\n"
YEARS = (2000.0, 2001.0, 2002.0)
A, B = Table(YEARS, (1.0, 2.0, 3.0)), Table(YEARS, (4.0, 5.0, 6.0))


@pytest.mark.parametrize(
    ("file", "where"),
    [("wide.csv", "'1', 'C2'"), ("long.csv", "'A', 'B2'"), ("long.csv", "'a', 'b2*'")],
)
@pytest.mark.parametrize("mark", ["=", ":="])
def test_series_lie_side_by_side(beside: Any, file: str, where: str, mark: str) -> None:
    beside.text("wide.csv", WIDE)
    beside.text("long.csv", LONG)
    model = beside.read("R: r1, r2", f"x[R] {mark} GET DIRECT DATA('{file}', ',', {where})")
    one = model.variables[0]
    assert (one.equation, one.table, one.data) == (None, Tables((A, B)), "interpolate")


def test_one_series_and_its_mode(beside: Any) -> None:
    beside.text("long.csv", LONG)
    line = "x := GET XLS DATA('long.csv', ',', 'A', 'C2')"
    one = beside.read(line, x={"data": "raw"}).variables[0]
    assert (one.table, one.data, one.lookup) == (B, "raw", False)


def test_lookups(beside: Any) -> None:
    beside.text("long.csv", LONG)
    line = "x[R] = GET DIRECT LOOKUPS('long.csv', ',', 'A', 'B2')"
    one = beside.read("R: r1, r2", line, x={"lookup": True}).variables[0]
    assert (one.equation, one.table, one.data, one.lookup) == (None, Tables((A, B)), "", True)


def test_a_lookup_may_jump_and_data_may_not(beside: Any) -> None:
    beside.text("f.csv", "0,1\n1,2\n1,3\n2,4\n")
    one = beside.read("x = GET DIRECT LOOKUPS('f.csv', ',', 'A', 'B1')").variables[0]
    assert one.table == Table((0, 1, 1, 2), (1, 2, 3, 4))
    shown = beside.refused("x = GET DIRECT DATA('f.csv', ',', 'A', 'B1')")
    assert "f.csv, cell A3 holds 1, which does not go on from 1 before it" in shown


def test_empty_cells_and_texts_are_read_over(beside: Any) -> None:
    """As Vensim does (public test models directdata_invalidcell, get_with_missing_values_xlsx)."""
    beside.text("f.csv", "0,1,2,,4\n5,,TEXT,8,9\n")
    model = beside.read("x = GET DIRECT DATA('f.csv', ',', '1', 'A2')")
    assert model.variables[0].table == Table((0, 4), (5, 9))
    assert model.remarks == ("x: f.csv, cell C2 holds 'TEXT', no number; it is left out",)


def test_times_that_begin_anew_behind_a_gap_are_another_table(beside: Any) -> None:
    beside.text("f.csv", "0,1,2,,0,1\n5,6,7,,8,9\n")
    model = beside.read("x = GET DIRECT DATA('f.csv', ',', '1', 'A2')")
    assert model.variables[0].table == Table((0, 1, 2), (5, 6, 7))


def test_times_may_fall(beside: Any) -> None:
    beside.text("f.csv", "2,1,0\n5,6,7\n")
    model = beside.read("x = GET DIRECT DATA('f.csv', ',', '1', 'A2')")
    assert model.variables[0].table == Table((0, 1, 2), (7, 6, 5))


def test_named_times_and_data(beside: Any) -> None:
    names = {
        "S!time": "S!$C$1:$E$1",
        "S!both": "S!$C$2:$E$3",
        "other": "S!$C$3:$D$3",
        "year": "S!$C$1:$E$3",
    }
    rows = [[None, None, *YEARS], [None, None, 1, 2, 3], [None, None, 4, 5, 6]]
    beside.book("n.xlsx", names, S=rows)
    get = "GET DIRECT DATA('n.xlsx', 'S', '{}', '{}')"
    model = beside.read("R: r1, r2", f"x[R] = {get.format('time', 'both')}")
    assert model.variables[0].table == Tables((A, B))
    shown = beside.refused(f"x = {get.format('time', 'other')}")
    assert "1 series of 3 times are needed" in shown
    shown = beside.refused(f"x = {get.format('year', 'other')}")
    assert "the name 'year' stands for 3 rows and 3 columns; times stand in one row" in shown


@pytest.mark.parametrize(
    ("where", "reason"),
    [
        ("'4', 'B2'", "no times stand in row 4 of long.csv: long.csv, cell B4 holds 2"),
        ("'A', 'D2'", "the series from cell D2 on in long.csv has no numbers"),
        ("'A1', 'B2'", "'A1' is no row, column or name of long.csv"),
        ("'E', 'B2'", "no times stand in column E of long.csv: long.csv, cell E2 is empty"),
    ],
)
def test_what_is_wrong_with_a_series(beside: Any, where: str, reason: str) -> None:
    beside.text("long.csv", LONG)
    if "row 4" in reason:
        beside.text("long.csv", "t,a\n2000,1\n,\n,x\n")
        reason = reason.replace("cell B4 holds 2", "cell B4 holds 'x'")
    assert reason in beside.refused(f"x = GET DIRECT DATA('long.csv', ',', {where})")


def test_a_call_inside_of_an_equation_is_refused(beside: Any) -> None:
    from dataclasses import replace

    from sdmodel.expr import wrap

    model = beside.model("x = GET DIRECT DATA('f.csv', ',', 'A', 'B1')")
    inner = model.variables[0].equation
    doubled = replace(model.variables[0], equation=wrap(2) * inner)
    found = resolve(replace(model, variables=(doubled,))).problems
    assert found[0].message == "GET DIRECT DATA stands inside of an equation"
    assert found[0].column == 5


# Files of series --------------------------------------------------------------------------------

DAT = (
    "Simple 1\n0\t10\n5 20 a remark\n7\t\nA_Values[R1] <TIME> / measured\n0\t1\n9\t2\n\n"
    '1995 price\n1\t3\n"a / b"[R2]\n0 4\n\x1a9 9'
)


def test_dat(beside: Any) -> None:
    path = beside.text("d.dat", DAT)
    model = beside.read(
        "R: R1, R2", "simple_1", "a values[R1]", "1995 Price", '"a / b"[R2]', data=[path]
    )
    tables = [one.table for one in model.variables]
    assert tables == [
        Table((0, 5), (10, 20)),
        Table((0, 9), (1, 2)),
        Table((1,), (3,)),
        Table((0,), (4,)),
    ]


@pytest.mark.parametrize("file", ["down.csv", "across.csv", "down.tab", "down.xlsx"])
def test_tables_in_both_directions(beside: Any, file: str) -> None:
    beside.text("down.csv", 'A title\n\nTime,"x[r1, s]","X[R2,S]",note\n0,1,4,\n1,2,,hm\n2,3,6,\n')
    beside.text("across.csv", 'Time,0,1,2\n"x[r1,s]",1,2,3\n"x[r2,s]",4,,6\n')
    beside.text("down.tab", "Time\tx[r1,s]\tx[r2,s]\n0\t1\t4\n1\t2\t\n2\t3\t6\n")
    rows = [["Time", "x[r1,s]", "x[r2,s]"], [0, 1, 4], [1, 2, None], [2, 3, 6]]
    beside.book("down.xlsx", Readme=[["nothing"]], Data=rows)
    model = beside.read("R: r1, r2", "S: s", "x[R,S]", data=[beside.folder / file])
    assert model.variables[0].table == Tables((Table((0, 1, 2), (1, 2, 3)), Table((0, 2), (4, 6))))


def test_a_constant_of_another_run_is_one_point(beside: Any) -> None:
    path = beside.text("run.tab", "Time\tc\tv\n0\t7\t1\n1\t\t2\n")
    assert beside.read("c", data=[path]).variables[0].table == Table((0,), (7,))


def test_the_first_file_counts(beside: Any) -> None:
    one = beside.text("one.dat", "x\n0 1\n")
    two = beside.text("two.dat", "x\n0 2\ny\n0 3\n")
    model = beside.read("x", "y", data=[one, two])
    assert [variable.table for variable in model.variables] == [
        Table((0,), (1,)),
        Table((0,), (3,)),
    ]


def test_each_entry_looks_for_its_own_series(beside: Any) -> None:
    path = beside.text("d.dat", "e[e1]\n0 1\ne[e2]\n0 2\n")
    model = beside.read("E: e1, e2", "e[e1]", "e[E]", data=[path])
    assert [one.table for one in model.variables] == [
        Table((0,), (1,)),
        Tables((Table((0,), (1,)), Table((0,), (2,)))),
    ]


def test_data_that_is_missing_but_used(beside: Any) -> None:
    from dataclasses import replace

    from sdmodel.expr import Ref
    from sdmodel.source import Variable

    path = beside.text("d.dat", "Stock A[r1]\n0 1\n")
    model = beside.model("R: r1, r2", "Stocks A[R]")
    use = Variable("y", Ref("stocks_a", ("r1",)))
    model = replace(model, variables=(*model.variables, use))
    (problem,) = resolve(model, [path]).problems
    assert problem.kind == "definition"
    assert (problem.line, problem.near) == (2, ("Stock A",))
    assert problem.message == (
        "'Stocks A[r1]', 'Stocks A[r2]' have no equation and no series in d.dat"
    )
    assert problem.cure == "did you mean 'Stock A'?"
    (problem,) = resolve(model).problems
    assert "have no equation and no data: no data file was given" in problem.message
    assert problem.cure == (
        "load(path, data=['file.dat']), or --data file.dat in the terminal, with a series named "
        "'Stocks A'; or write an equation"
    )


def test_one_missing_element_is_a_problem_whether_used_or_not(beside: Any) -> None:
    path = beside.text("d.dat", "x[r1]\n0 1\n")
    shown = beside.refused("R: r1, r2", "x[R]", data=[path])
    assert "'x[r2]' has no equation and no series in d.dat" in shown
    assert "load(path, data=[...]), or --data FILE, with a file that has 'x[r2]'" in shown


def test_data_that_nothing_uses_may_be_missing(beside: Any) -> None:
    model = beside.read("observed", "y = 1")
    assert [one.name for one in model.variables] == ["y"]
    assert model.remarks == ("observed has no data, and nothing uses it; it is left out",)


@pytest.mark.parametrize(
    ("name", "content", "reason"),
    [
        ("d.dat", "0 1\n1 2\n", "d.dat holds no series"),
        ("d.csv", "a,b\nc,d\n", "d.csv: cannot tell names of series from times"),
        ("d.csv", "\n\n", "d.csv holds no table of series"),
        ("d.dat", "x\0\n", "d.dat is a binary file, not text"),
        ("d.vdf", "nothing", "d.vdf"),
    ],
)
def test_files_without_series(beside: Any, name: str, content: str, reason: str) -> None:
    path = beside.text(name, content)
    shown = beside.refused("y = 1", data=[path])
    assert reason in shown
    assert "cure: " in shown


def test_two_values_at_one_time(beside: Any) -> None:
    path = beside.text("d.dat", "x\n0 1\n0 2\n")
    assert "d.dat: 'x' has two values at 0: 1 and 2" in beside.refused("x", data=[path])


def test_a_data_file_that_is_not_there(beside: Any) -> None:
    beside.text("data.dat", "x\n0 1\n")
    shown = beside.refused("y = 1", data=[beside.folder / "dato.dat"])
    assert "there is no data file" in shown
    assert "did you mean 'data.dat'?" in shown


def test_vdf_without_its_library(beside: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys

    monkeypatch.setitem(sys.modules, "simlin", None)
    path = beside.text("d.vdf", "x")
    shown = beside.refused("y = 1", data=[path])
    assert "d.vdf: reading .vdf files needs pysimlin, which is not installed" in shown
    assert "pip install 'sdmodel[vdf]'" in shown


def test_vdf_through_its_library(beside: Any, monkeypatch: pytest.MonkeyPatch) -> None:
    import sys
    from types import SimpleNamespace

    import pandas as pd

    frame = pd.DataFrame({"a_b[r1]": [1.0, float("nan"), 3.0]}, index=[0.0, 1.0, 2.0])

    def load_vdf(path: Path) -> pd.DataFrame:
        assert path.name == "d.vdf"
        return frame

    monkeypatch.setitem(sys.modules, "simlin", SimpleNamespace(load_vdf=load_vdf))
    path = beside.text("d.vdf", "x")
    model = beside.read("R: r1", "A b[R]", data=[path])
    assert model.variables[0].table == Tables((Table((0, 2), (1, 3)),))
