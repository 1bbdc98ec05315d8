"""The whole language of `.mdl` files: ranges, subscripts, lists, data, macros, remarks."""

from __future__ import annotations

import os
import time
from pathlib import Path

import pytest

from sdmodel.expr import Apply, Call, Const, Op, Ref, Table, Text, Values
from sdmodel.frontends.lists import NOT_AVAILABLE
from sdmodel.frontends.mdl import parse
from sdmodel.frontends.text import decode
from sdmodel.source import Dimension, DimensionMapping, SourceModel, SourceText, Variable

ROOT = Path(__file__).resolve().parents[2]
SHARED = Path(os.environ.get("SDMODEL_CONFORMANCE") or ROOT.parent / "shared" / "conformance")
PUBLISHED = sorted(SHARED.glob("models/**/*.mdl"))  # none where they do not lie beside the project


def read(text: str) -> SourceModel:
    model = parse(SourceText("test.mdl", text))
    assert model.problems == ()
    return model


def one(text: str) -> Variable:
    (variable,) = read(text).variables
    return variable


@pytest.mark.parametrize("path", [ROOT / "models" / "core.mdl", *PUBLISHED], ids=lambda p: p.stem)
def test_published_models_are_read_whole(path: Path) -> None:
    model = parse(decode(path.name, path.read_bytes()))
    assert model.problems == ()
    assert model.variables
    text = model.source.text
    for variable in model.variables:
        span = variable.equation_span
        if variable.equation is not None or variable.table is not None:
            assert span.start < span.end
            parsed = parse(SourceText("x.mdl", text[variable.span.start : variable.span.end]))
            assert [v.equation for v in parsed.variables] == [variable.equation]


def test_world3_is_read_quickly() -> None:
    for path in (one for one in PUBLISHED if one.name == "wrld3-03.mdl"):
        raw = path.read_bytes()
        took = []
        for _ in range(3):
            begun = time.perf_counter()
            parse(decode(path.name, raw))
            took.append(time.perf_counter() - begun)
        assert min(took) < 0.15


# Ranges -----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "elements"),
    [
        ("D: a1, a 2, \\\n\ta3", ("a1", "a 2", "a3")),
        ("D : (a1-a3), last", ("a1", "a2", "a3", "last")),
        ("D:first,(a 9-a 11)", ("first", "a 9", "a 10", "a 11")),
        ("D: (A08-A10)", ("A08", "A09", "A10")),
        ("D: (x1y1-x1y2)", ("x1y1", "x1y2")),
        ('D: ("a-1"-"a-2"), "b c"', ('"a-1"', '"a-2"', '"b c"')),
        ("D: (a3-A4)", ("a3", "a4")),
        ("D: a {the first}, b", ("a", "b")),
        ("D: a', b'", ("a'", "b'")),
    ],
)
def test_elements(text: str, elements: tuple[str, ...]) -> None:
    (dimension,) = read(f"{text} ~ ~ what it is |").dimensions
    assert (dimension.name, dimension.elements) == ("D", elements)
    assert (dimension.comment, dimension.at) == ("what it is", 0)


@pytest.mark.parametrize(
    ("text", "mappings"),
    [
        ("D: a, b -> E", [DimensionMapping("E")]),
        ("D: (a1-a2)->E", [DimensionMapping("E")]),
        ("D: a, b -> (E: e2, e1)", [DimensionMapping("E", ("e2", "e1"))]),
        (
            "D: a, b -> E, (F: SubF, (f1-f2)), G",
            [
                DimensionMapping("E"),
                DimensionMapping("F", ("SubF", "f1", "f2")),
                DimensionMapping("G"),
            ],
        ),
        ("D: a -> E -> F", [DimensionMapping("E"), DimensionMapping("F")]),
    ],
)  # fmt: skip
def test_mappings(text: str, mappings: list[DimensionMapping]) -> None:
    (dimension,) = read(f"{text} ~~|").dimensions
    assert [(m.target, m.elements) for m in dimension.mappings] == [
        (m.target, m.elements) for m in mappings
    ]
    for mapping in dimension.mappings:
        assert text[mapping.at :].startswith(mapping.target)


def test_ranges_that_are_others_or_lie_outside() -> None:
    model = read(
        "*****\n .Sets\n*****\nD <-> E ~~|\n"
        "F: GET DIRECT SUBSCRIPT('f.xlsx', 'sheet', 'A2', 'A', '') -> D ~~|"
    )
    same, outside = model.dimensions
    assert (same.name, same.equivalent, same.elements) == ("D", "E", ())
    assert outside.external is not None
    assert outside.external.args[0] == Text("f.xlsx")
    assert outside.external.args[4] == Text("")
    assert [mapping.target for mapping in outside.mappings] == ["D"]
    assert (same.group, outside.group) == ("Sets", "Sets")
    text = model.source.text
    assert text[same.span.start : same.span.end] == "D <-> E ~~|"
    assert isinstance(outside, Dimension)


# Left sides -------------------------------------------------------------------------------------


def test_left_sides() -> None:
    assert one("x[DimA, B1] = 1 ~~|").subscripts == ("DimA", "B1")
    assert one('x["a b",DimA\'] = 1 ~~|').subscripts == ('"a b"', "DimA'")
    several = one("x[D, E] :EXCEPT: [A1,B2], [A3, B1] = 1 ~~|")
    assert several.subscripts == ("D", "E")
    assert several.exceptions == (("A1", "B2"), ("A3", "B1"))
    assert several.equation == Const(1.0)


def test_entries_of_one_name() -> None:
    model = read("x[a] = 1 ~~|\nx[b] = 2 ~~|\nx[D] :EXCEPT: [a], [b] = 3 ~ m ~ doc |")
    assert len(model.entries["x"]) == 3
    assert model.by_key["x"].subscripts == ("a",)


@pytest.mark.parametrize(
    ("text", "name"),
    [
        ("x = 1 ~~|\nX = 2 ~~|", "X"),
        ("x[a] = 1 ~~|\nx[A] = 2 ~~|", "x[a]"),
        ("x[a] = 1 ~~|\nx = 2 ~~|", "x"),
        ("x = 1 ~~|\nx[a] = 2 ~~|", "x"),
        ("x ~~|\nx = 2 ~~|", "x"),
        ("x[D] :EXCEPT: [a],[b] = 1 ~~|\nx[D] :EXCEPT: [b],[a] = 2 ~~|", "x[d]"),
    ],
)
def test_doubled_entries(text: str, name: str) -> None:
    (problem,) = parse(SourceText("test.mdl", text)).problems
    assert problem.message == f"{name!r} is defined twice; first in line 1"
    assert (problem.kind, problem.line) == ("duplicate", 2)


# Right sides ------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "subscripts"),
    [
        ("y[A1]", ("A1",)),
        ("y[DimA!, B1]", ("DimA!", "B1")),
        ('y["a, b" , DimA\' !]', ('"a, b"', "DimA'!")),
        ("y[sectors\\\n\t\t]", ("sectors",)),
    ],
)
def test_subscripts_of_a_reference(text: str, subscripts: tuple[str, ...]) -> None:
    assert one(f"x = {text} ~~|").equation == Ref("y", subscripts)


def test_calls() -> None:
    assert one("x = t[A, B](2) ~~|").equation == Call("t", (Const(2.0),), subscripts=("A", "B"))
    assert one("x = F(1, y : lo, hi[A]) ~~|").equation == Call(
        "F", (Const(1.0), Ref("y")), outputs=(Ref("lo"), Ref("hi", ("A",)))
    )
    both = one("x = F(1:a) + G(2:b) ~~|").equation
    assert isinstance(both, Apply)
    assert [arg.outputs for arg in both.args if isinstance(arg, Call)] == [(Ref("a"),), (Ref("b"),)]
    assert one("x = A FUNCTION OF(a, -b) ~~|").equation == Call(
        "A FUNCTION OF", (Ref("a"), Apply(Op.NEG, (Ref("b"),)))
    )
    assert one("x = F() ~~|").equation == Call("F", ())


@pytest.mark.parametrize(
    ("text", "values", "rows"),
    [
        ("1, 2, 3", (1.0, 2.0, 3.0), ()),
        ("1,-2;\n\t3,+4;\n", (1.0, -2.0, 3.0, 4.0), (2, 2)),
        ("1,2;3,4", (1.0, 2.0, 3.0, 4.0), (2, 2)),
        ("1e3, {none} :NA:", (1000.0, NOT_AVAILABLE), ()),
        ("5;", (5.0,), (1,)),
        ("TABBED ARRAY(\n\t1\t-2\n\t3e0  4 )", (1.0, -2.0, 3.0, 4.0), (2, 2)),
        ("tabbed array( 1 2 3\r\n )", (1.0, 2.0, 3.0), ()),
        ("TABBED ARRAY(\r 1 2 {a\r b} \\\r 3 \r 4 5 :NA:)", (1, 2, 3, 4, 5, NOT_AVAILABLE), (3, 3)),
    ],
)  # fmt: skip
def test_lists(text: str, values: tuple[float, ...], rows: tuple[int, ...]) -> None:
    variable = one(f"x[A] = {text} ~~|")
    assert variable.equation == Values(values, rows)
    found = variable.equation_span
    assert f"x[A] = {text} ~~|"[found.start : found.end] == text.strip()


def test_one_number_is_no_list() -> None:
    assert one("x[A] = 3 ~~|").equation == Const(3.0)


# Data and lookups -------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("x", "interpolate"),
        ("x[A]", "interpolate"),
        ("x :INTERPOLATE:", "interpolate"),
        ("x:RAW:", "raw"),
        ("x[A]:LOOK FORWARD:", "forward"),
        ("x [A] :hold  backward:", "backward"),
    ],
)
def test_data_variables_without_equation(text: str, data: str) -> None:
    variable = one(f"{text} ~ m ~ from a file |")
    assert (variable.equation, variable.data, variable.units) == (None, data, "m")
    assert not variable.lookup


@pytest.mark.parametrize(
    ("text", "data"),
    [
        ("x := GET XLS DATA('f.xls', 's', 'A', 'B2')", "interpolate"),
        ("x = GET DIRECT DATA('f.xls', 's', 'A', 'B2')", "interpolate"),
        ("x:RAW::=GET DIRECT DATA('f.xls', 's', 'A', 'B2')", "raw"),
        ("x[A]:HOLD BACKWARD: := GET DIRECT DATA('f.csv', ',', 'A', 'B2')", "backward"),
    ],
)
def test_data_from_files(text: str, data: str) -> None:
    variable = one(f"{text} ~~|")
    assert variable.data == data
    assert isinstance(variable.equation, Call)
    assert isinstance(variable.equation.args[0], Text)


def test_a_data_equation_keeps_its_arithmetic() -> None:
    variable = one("x :RAW: := 2 * y ~~|")
    assert (variable.data, variable.text) == ("raw", "2 * y")
    assert variable.equation == Apply(Op.MUL, (Const(2.0), Ref("y")))
    assert one("x = GET DIRECT CONSTANTS('f.xls', 's', 'A2*') ~~|").data == ""


def test_lookups() -> None:
    plain = one("t[A]( [(0,0)-(9,9),(1,1),(2,2)], (0,1),\n (1,2) ) ~~|")
    assert plain.lookup
    assert (plain.table, plain.subscripts) == (Table((0.0, 1.0), (1.0, 2.0)), ("A",))
    for text in (
        "t(GET DIRECT LOOKUPS('f', 's', '1', 'E2'))",
        "t = GET XLS LOOKUPS('f', 's', '1')",
    ):
        outside = one(f"{text} ~~|")
        assert outside.lookup
        assert outside.table is None
        assert isinstance(outside.equation, Call)
        assert outside.equation.args[0] == Text("f")


def test_points_that_fall_are_sorted() -> None:
    assert one("t((2,-3),(1,-7),(0,-1)) ~~|").table == Table((0.0, 1.0, 2.0), (-1.0, -7.0, -3.0))
    assert one("t(2,1,1,10,20,30) ~~|").table == Table((1.0, 1.0, 2.0), (20.0, 30.0, 10.0))


# Macros -----------------------------------------------------------------------------------------


def test_macros() -> None:
    model = read(
        "x = F(1, 2 : y) ~~|\n*****\n .Tools\n*****~ ~ |\n"
        ":MACRO: F(first input, b : other)\nF = a * TIME STEP$ ~ m ~ |\na = b ~~|\n"
        "other = 2 ~~|\n:END OF MACRO:\nz = 3 ~~|\n:macro: NONE()\nNONE = 1 ~~|\n:end of macro:"
    )
    first, second = model.macros
    assert (first.name, first.inputs) == ("F", ("first input", "b"))
    assert first.outputs == ("F", "other")
    assert [v.name for v in first.variables] == ["F", "a", "other"]
    assert Ref("TIME STEP$") in first.variables[0].equation.args  # type: ignore[union-attr]
    assert model.source.place(first.at) == (5, 1)
    assert (second.inputs, second.outputs) == ((), ("NONE",))
    assert [v.name for v in model.variables] == ["x", "z"]


# The rest of a file -----------------------------------------------------------------------------


def test_texts_are_remarks_and_reality_checks_are_no_variables() -> None:
    model = read(
        "a = 1 ~~|\nno work[s]:THE CONDITION:\n work[s]=0:IMPLIES:output[s] <= 0 ~~|\n"
        "stop:TEST INPUT: a = RC STEP(a, 0) ~~|\nlabel :IS: 'a text' ~~|"
    )
    assert [v.name for v in model.variables] == ["a"]
    assert model.remarks == ("line 5: 'label' is a text and has no values",)
    assert [one.name for one in model.constraints] == ["no work"]
    assert [one.name for one in model.inputs] == ["stop"]


@pytest.mark.parametrize(
    "marker",
    [
        "********\n\t.A group\n********~\n\t\tWhat it is\n\t|\n",
        "****** .A group ******~ text |\n",
        "********\n\t.A group\n********\n",
        "{****** .A group ******}\n",
        "{**A group**}\n",
    ],
)
def test_groups(marker: str) -> None:
    model = read(f"a = 1 ~~|\n{marker}b = 2 ~~|\nD: d ~~|")
    assert [v.group for v in model.variables] == ["", "A group"]
    assert model.dimensions[0].group == "A group"


@pytest.mark.parametrize("flags", ["~:SUPPLEMENTARY", "~ :SUP", "~ :supplementary \n\t"])
def test_supplementary(flags: str) -> None:
    assert one(f"a = 1 ~ m ~ doc {flags}|").supplementary
    assert one("a = 1 ~ m ~ :SUPPLEMENTARY |").supplementary
    assert not one("a = 1 ~ m ~ :SUPPLEMENTARY by nature |").supplementary


def test_the_settings_are_kept() -> None:
    settings = "///---\\\\\\\n:L<%^E!@\n1:run.vdf\n15:0,0,0,5,0,0\n30:?data=f.xlsx\n"
    model = read(f"a = 1 ~~|\n\\\\\\---/// Sketch\nV300\n{settings}")
    assert model.settings == settings
    assert model.sketch == "\\\\\\---/// Sketch\nV300\n"
    assert model.method == "rk4"
    assert read("a = 1 ~~|").settings == ""
    without_sketch = read(f"a = 1 ~~|\n{settings}")
    assert (without_sketch.settings, without_sketch.sketch) == (settings, "")


def test_comments_stand_anywhere() -> None:
    assert one("x[A] {of all} = {first} 1, {second | ~} 2 ~~|").equation == Values((1.0, 2.0))
    assert one("x = F({none} a, b {last}) ~~|").equation == Call("F", (Ref("a"), Ref("b")))


def test_odd_quotes_in_a_line_are_no_names() -> None:
    model = read('a = 1 ~ m ~ "The room" temperature" |\n"a b" = 2 ~ 3" ~ 5" x 3" |')
    assert [v.name for v in model.variables] == ["a", '"a b"']
