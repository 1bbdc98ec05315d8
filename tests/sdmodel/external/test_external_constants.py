"""GET DIRECT CONSTANTS and SUBSCRIPT: which cells are read, and in which order."""

from __future__ import annotations

from typing import Any

import pytest

from sdmodel.expr import Const, Values
from sdmodel.source import SourceModel

TABLE = "c,C1,C2\nB1,1,2\nB2,3,4\nB3,5,6\n"
RANGES = ("B: B1, B2, B3", "C: C1, C2", "D: D1, D2")


def numbers(model: SourceModel, entry: int = 0) -> tuple[float, ...]:
    equation = model.variables[entry].equation
    assert isinstance(equation, Values)
    return equation.values


@pytest.mark.parametrize(
    ("left", "cell", "expected"),
    [
        ("x[C]", "B2", (1, 2)),
        ("x[B]", "b2*", (1, 3, 5)),
        ("x[B,C]", "B2", (1, 2, 3, 4, 5, 6)),
        ("x[C,B]", "B2*", (1, 3, 5, 2, 4, 6)),
        ("x[D1,B,C]", "B2", (1, 2, 3, 4, 5, 6)),
        ("x[B,D1]", "B2*", (1, 3, 5)),
        ("x[C,C]", "$B$3", (3, 4, 5, 6)),
    ],
)
def test_the_last_range_runs_right_unless_turned(
    beside: Any, left: str, cell: str, expected: tuple[float, ...]
) -> None:
    beside.text("c.csv", TABLE)
    model = beside.read(*RANGES, f"{left} = GET DIRECT CONSTANTS('c.csv', ',', '{cell}')")
    assert numbers(model) == expected


@pytest.mark.parametrize("function", ["GET XLS CONSTANTS", "Get_Direct_Constants"])
@pytest.mark.parametrize("left", ["x", "x[B2]"])
def test_a_single_number(beside: Any, function: str, left: str) -> None:
    beside.book("a.xlsx", a={"B2": 2050})
    model = beside.read(*RANGES, f"{left} = {function}('a.xlsx', 'A', 'B2')")
    assert model.variables[0].equation == Const(2050.0)
    assert model.variables[0].equation.at == model.source.text.index(
        "GET" if "XLS" in function else "Get"
    )


def test_blank_lines_of_a_text_file_count(beside: Any) -> None:
    beside.text("h.csv", "h,\nA,1\n\nC,3\n")
    model = beside.read("x = GET DIRECT CONSTANTS('h.csv', ',', 'B4')")
    assert model.variables[0].equation == Const(3.0)


@pytest.mark.parametrize(
    ("file", "separator", "given"),
    [
        ("f.csv", ",", "sheet name"),
        ("f.csv", ";", ";"),
        ("f.tab", "\t", ""),
        ("f.txt", "\t", "tab"),
    ],
)
def test_delimiters(beside: Any, file: str, separator: str, given: str) -> None:
    beside.text(file, separator.join(["x", "1.5e1"]), "utf-8-sig")
    model = beside.read(f"x = GET DIRECT CONSTANTS('{file}', '{given}', 'B1')")
    assert model.variables[0].equation == Const(15.0)


def test_an_old_code_page(beside: Any) -> None:
    beside.text("f.csv", "größe,7\n", "cp1252")
    model = beside.read("x = GET DIRECT CONSTANTS('f.csv', ',', 'B1')")
    assert model.variables[0].equation == Const(7.0)


def test_names_of_cells_in_a_workbook(beside: Any) -> None:
    sheets: dict[str, Any] = {"One": {"A1": 9}, "Two": {"B2": 1, "B3": 2, "B4": 3}}
    names = {
        "column": "Two!$B$2:$B$4",
        "first": "'Two'!$B$2",
        "Two!own": "Two!$B$3",
        "own": "One!$A$1",
    }
    beside.book("n.xlsx", names, **sheets)
    get = "GET DIRECT CONSTANTS('n.xlsx', '{}', '{}')"
    model = beside.read(
        *RANGES,
        f"a[B] = {get.format('Two', 'COLUMN*')}",
        f"b[B] = {get.format('Two', 'first*')}",
        f"c = {get.format('Two', 'own')}",
        f"d = {get.format('One', 'own')}",
    )
    assert numbers(model, 0) == numbers(model, 1) == (1, 2, 3)
    assert [one.equation for one in model.variables[2:]] == [Const(2.0), Const(9.0)]


def test_a_named_block_must_have_the_shape(beside: Any) -> None:
    beside.book("n.xlsx", {"column": "Two!$B$2:$B$4"}, Two={"B2": 1, "B3": 2, "B4": 3})
    shown = beside.refused(*RANGES, "a[B] = GET DIRECT CONSTANTS('n.xlsx', 'Two', 'column')")
    assert (
        "m.mdl:4:8: the name stands for 3 rows and 1 column of n.xlsx, sheet 'Two', but " in shown
    )
    assert "but 1 row and 3 columns are needed" in shown
    assert "put a * behind it" in shown


def test_a_name_for_a_formula_or_another_workbook_is_refused(beside: Any) -> None:
    names = {"moving": "OFFSET(S!$A$1,1,1)", "far": "[1]S!$A$1"}
    beside.book("n.xlsx", names, S={"A1": 1})
    for name in names:
        shown = beside.refused(f"a = GET DIRECT CONSTANTS('n.xlsx', 'S', '{name}')")
        assert f"the name '{name}' in n.xlsx stands for" in shown
        assert "not for one block of cells" in shown


def test_a_cell_without_a_number_is_a_problem(beside: Any) -> None:
    beside.book("data.xlsx", S={"B3": 1, "B4": "abc"})
    shown = beside.refused(*RANGES, "a[B] = GET DIRECT CONSTANTS('data.xlsx', 'S', 'B3*')")
    assert shown.startswith(f"{beside.folder}/m.mdl:4:8: ")
    assert "data.xlsx, sheet 'S', cell B4 holds 'abc', no number (and 1 cells more)" in shown
    assert "reads 3 rows and 1 column from cell B3 on" in shown


def test_cells_of_excepted_elements_may_be_empty(beside: Any) -> None:
    beside.text("f.csv", "1,,3\n")
    except_b2 = {"exceptions": (("B2",),)}
    line = "x[B] = GET DIRECT CONSTANTS('f.csv', ',', 'A1')"
    assert numbers(beside.read(*RANGES, line, x=except_b2)) == (1, -(2.0**109), 3)
    assert "cell B1 is empty, no number" in beside.refused(*RANGES, line)


def test_three_ranges_at_once_are_refused(beside: Any) -> None:
    beside.text("f.csv", "1,2,3\n")
    shown = beside.refused(*RANGES, "x[B,C,D] = GET DIRECT CONSTANTS('f.csv', ',', 'A1')")
    assert "fills at most two ranges at once, not 3" in shown


@pytest.mark.parametrize(
    ("line", "reason"),
    [
        ("x = GET DIRECT CONSTANTS('f.csv', ',')", "takes 3 arguments, not 2: file, sheet, cell"),
        ("x = GET DIRECT CONSTANTS('f.csv', ',', 'B 2')", "f.csv has no cell or name 'B 2'"),
        ("x = GET DIRECT CONSTANTS('f.xlsx', 'Sheat', 'B2')", "f.xlsx has no sheet 'Sheat'"),
        ("x = GET DIRECT CONSTANTS('f.xlsx', 'Sheet', 'nome')", "no cell or name 'nome'"),
        ("x = GET DIRECT SUBSCRIPT('f.csv', ',', 'A1', 'A', '')", "let it define a range"),
        ("R: GET DIRECT DATA('f.csv', ',', 'A', 'B1')", "gives no elements of a range"),
    ],
)
def test_what_is_wrong_with_a_call(beside: Any, line: str, reason: str) -> None:
    beside.text("f.csv", "1,2\n")
    beside.book("f.xlsx", {"name": "Sheet!$A$1"}, Sheet={"A1": 1})
    assert reason in beside.refused(line)


def test_all_problems_at_once(beside: Any) -> None:
    beside.text("f.csv", "1,2\n")
    model = beside.model(
        "x = GET DIRECT CONSTANTS('f.csv', ',', 'C1')",
        "y = GET DIRECT CONSTANTS('g.csv', ',', 'A1')",
    )
    from sdmodel.external import resolve

    found = resolve(model).problems
    assert [(one.variable, one.line) for one in found] == [("x", 1), ("y", 2)]
    assert found[1].cure == "did you mean 'f.csv'?"


# Subscripts -------------------------------------------------------------------------------------

SUBS = [["", "x", "y"], ["", 1, 2.5], ["", None, "z"], ["", "w"]]


@pytest.mark.parametrize(
    ("first", "last", "prefix", "expected"),
    [
        ("B1", "C3", "", ("x", "y", "1", "2.5", "z")),
        ("B1", "B", "p", ("px", "p1", "pw")),
        ("b1", "1", "", ("x", "y")),
        ("C2", "C2", "n", ("n2.5",)),
        ("B3", "", "", ("z", "w")),
        ("names", "", "", ("x", "y")),
    ],
)
def test_elements(
    beside: Any, first: str, last: str, prefix: str, expected: tuple[str, ...]
) -> None:
    beside.book("s.xlsx", {"names": "S!$B$1:$C$1"}, S=SUBS)
    call = f"GET DIRECT SUBSCRIPT('s.xlsx', 'S', '{first}', '{last}', '{prefix}')"
    assert beside.read(f"R: {call}").dimensions[0].elements == expected


def test_elements_give_constants_their_size(beside: Any) -> None:
    beside.text("s.csv", "a,1\nb,2\nc,3\n")
    model = beside.read(
        "R: GET XLS SUBSCRIPT('s.csv', ',', 'A1', 'A', '')",
        "x[R] = GET XLS CONSTANTS('s.csv', ',', 'B1*')",
    )
    assert numbers(model) == (1, 2, 3)


def test_repeated_and_missing_elements(beside: Any) -> None:
    beside.text("s.csv", "a,A\n")
    shown = beside.refused("R: GET DIRECT SUBSCRIPT('s.csv', ',', 'A1', 'B1', '')")
    assert "s.csv, cell B1 holds 'A', an element that came before" in shown
    shown = beside.refused("R: GET DIRECT SUBSCRIPT('s.csv', ',', 'A5', 'A', '')")
    assert "s.csv has no elements from cell A5 on" in shown
    shown = beside.refused("R: GET DIRECT SUBSCRIPT('s.csv', ',', 'A1', '?', '')")
    assert "'?' is no cell, column or row of s.csv" in shown
