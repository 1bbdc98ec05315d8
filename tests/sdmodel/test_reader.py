"""The reader of `.mdl` files: nothing lost, every way of writing understood, every place known."""

from __future__ import annotations

import codecs
import os
import random
import re
from collections.abc import Callable
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sdmodel import ReadError, UnknownNameError
from sdmodel.expr import Const, Table
from sdmodel.frontends.entries import EQUATION, entries
from sdmodel.frontends.mdl import parse
from sdmodel.frontends.text import decode
from sdmodel.frontends.tokens import tokens
from sdmodel.model import Model, load
from sdmodel.source import SourceModel, SourceText

ROOT = Path(__file__).resolve().parents[2]
Maker = Callable[..., Model]
Values = Callable[..., list[float]]


def published() -> list[Path]:
    """Return the models that others published, where they lie beside this repository."""
    place = os.environ.get("SDMODEL_CONFORMANCE") or ROOT.parent / "shared" / "conformance"
    return sorted(Path(place).glob("models/**/*.mdl"))


FILES = [ROOT / "models" / "core.mdl", *published()]


def read(text: str) -> SourceModel:
    return parse(SourceText("test.mdl", text))


# Nothing is lost -------------------------------------------------------------------------------


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_bytes_come_back(path: Path) -> None:
    raw = path.read_bytes()
    model = parse(decode(str(path), raw))
    assert model.source.raw == raw
    assert len(model.source.digest) == 64


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_the_words_of_every_equation_join_to_the_text(path: Path) -> None:
    source = decode(str(path), path.read_bytes())
    sketch = re.search(r"\\+---///", source.text)
    found = entries(source, sketch.start() if sketch else len(source.text), [])
    assert found
    for entry in found:
        span = entry.equation
        text = source.text[span.start : span.end]
        if entry.kind != EQUATION:
            continue  # the name of a group is no equation
        words = tokens(source.text, span.start, span.end)
        assert "".join(word.text for word in words) == text
        assert [word.at for word in words] == [span.start, *(word.end for word in words)][:-1]


def test_the_entries_of_the_core_model_cover_its_equations(core_text: str) -> None:
    source = SourceText("core.mdl", core_text)
    end = core_text.index("\\\\\\---///")
    found = entries(source, end, [])
    between = [b.whole.start - a.whole.end for a, b in pairwise(found)]
    assert found[0].whole.start == len("{UTF-8}\n")
    assert set(between) <= {1, 2}  # only the line ends between entries
    assert core_text[found[-1].whole.end : end].strip() == ""


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a+b",
        "a\\\n\t+b",
        '"a|b~c" * {note ~ |} 3.5e-2',
        "IF THEN ELSE(a>=b :AND: :NOT: c<>d, 1, 'x.csv')",
        "été_1 + $x + it's + rate in %",
        "\r\n a \r b \n",
    ],
)
def test_the_words_join_to_the_text(text: str) -> None:
    assert "".join(word.text for word in tokens(text)) == text


# Encodings and line ends ------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [
        ("größe = 3 ~ m² ~ |".encode(), "utf-8"),
        (codecs.BOM_UTF8 + "größe = 3 ~ m² ~ |".encode(), "utf-8"),
        ("größe = 3 ~ m² ~ |".encode("cp1252"), "cp1252"),
        (codecs.BOM_UTF16_LE + "größe = 3 ~ m² ~ |".encode("utf-16-le"), "utf-16-le"),
        (codecs.BOM_UTF16_BE + "größe = 3 ~ m² ~ |".encode("utf-16-be"), "utf-16-be"),
        ("größe = 3 ~ m² ~ \x81|".encode("latin-1"), "latin-1"),
    ],
)
def test_encodings(raw: bytes, encoding: str) -> None:
    model = parse(decode("test.mdl", raw))
    assert model.source.encoding == encoding
    assert model.source.raw == raw
    (variable,) = model.variables
    assert (variable.name, variable.units, variable.equation) == ("größe", "m²", Const(3.0))


@pytest.mark.parametrize("raw", [b"\xff\xfea\x00b", b"\xff\xfe\x00\xd8a\x00", b"\xfe\xff\xd8"])
def test_broken_utf_16_is_refused(raw: bytes) -> None:
    with pytest.raises(ReadError, match="x.mdl: this is no text in UTF-16"):
        decode("x.mdl", raw)


@pytest.mark.parametrize("end", ["\n", "\r\n", "\r"])
def test_line_ends(end: str, mdl: Callable[..., str]) -> None:
    equations = "stock = INTEG(\\\n\t\tinflow, \\\n 2) ~ ~ |\ninflow = 3 ~ ~ |"
    text = mdl(equations, method="rk4").replace("\n", end)
    model = Model(parse(decode("test.mdl", text.encode())))
    assert model.variable("inflow").line == 5
    assert model.source.method == "rk4"
    assert model.source.source.line(5) == "inflow = 3 ~ ~ |"
    assert model.run(method="vensim").values("stock").tolist() == [2.0, 5.0, 8.0, 11.0, 14.0]


# The parts of an entry --------------------------------------------------------------------------


def test_every_part_of_an_entry() -> None:
    model = read(
        "********************\n\t.People and work\n********************~\n\t\tText.\n\t|\n\n"
        "birth rate=\n\t0.03\n\t~\t1/Year [0,0.1,0.005]\n\t~\tA comment \\\n\t\ton two lines.\n"
        "\t~\t:SUPPLEMENTARY \n\t|\n\n"
        "fixed == 4 ~ ~ |"
    )
    first, second = model.variables
    assert (first.name, first.text, first.units) == ("birth rate", "0.03", "1/Year")
    assert (first.low, first.high, first.step) == (0.0, 0.1, 0.005)
    assert first.comment == "A comment on two lines."
    assert first.group == second.group == "People and work"
    assert first.supplementary
    assert not first.unchangeable
    assert second.unchangeable
    assert not second.supplementary
    text = model.source.text
    assert text[first.span.start : first.span.end].startswith("birth rate=")
    assert text[first.span.start : first.span.end].endswith(":SUPPLEMENTARY \n\t|")
    assert text[first.equation_span.start : first.equation_span.end] == "0.03"
    assert model.source.place(first.at) == (7, 1)
    assert model.problems == ()


@pytest.mark.parametrize(
    ("units", "expected"),
    [
        ("", ("", None, None, None)),
        ("dmnl", ("dmnl", None, None, None)),
        ("Month [0,?]", ("Month", 0.0, None, None)),
        ("Month [?,10]", ("Month", None, 10.0, None)),
        ("[0,1]", ("", 0.0, 1.0, None)),
        ("$/(Year*person) [-1e3, 1E3, 0.5]", ("$/(Year*person)", -1000.0, 1000.0, 0.5)),
        ("Degrees [-inf, inf]", ("Degrees", -np.inf, np.inf, None)),
        ("Minute [nan, nan]", ("Minute", None, None, None)),
        ("a long \\\n\t\tunit [0,1]", ("a long unit", 0.0, 1.0, None)),
        ("[]", ("", None, None, None)),
    ],
)
def test_units_and_ranges(units: str, expected: tuple[Any, ...]) -> None:
    (variable,) = read(f"a = 1 ~ {units} ~ |").variables
    assert (variable.units, variable.low, variable.high, variable.step) == expected


@pytest.mark.parametrize(
    ("written", "name"),
    [
        ("plain", "plain"),
        ("two words", "two words"),
        ("two  \t words", "two words"),
        ("two_words", "two_words"),
        ("broken \\\n\t\tname", "broken name"),
        ("it's 100% of $3", "it's 100% of $3"),
        ("année_1", "année_1"),
        ("λ", "λ"),
        ('"a|b"', '"a|b"'),
        ('"a~b"', '"a~b"'),
        ('"say \\"hello\\" | ~"', '"say \\"hello\\" | ~"'),
        ('"a\\\\b"', '"a\\\\b"'),
        ('"R&D/GDP (in %)"', '"R&D/GDP (in %)"'),
        ('"a {no comment} b"', '"a {no comment} b"'),
        ('"broken \\\n\t\tand | quoted"', '"broken and | quoted"'),
        ('"broken \\\r\n\t\tand | quoted"', '"broken and | quoted"'),
    ],
)
def test_names(written: str, name: str) -> None:
    model = read(f"{written} = 7 ~ unit ~ c |\nx = {written} + 1 ~ ~ |")
    assert model.problems == ()
    first, second = model.variables
    assert (first.name, first.units, first.comment) == (name, "unit", "c")
    assert second.equation is not None
    assert {first.key} == {model.by_key[first.key].key}
    x = Model(read(f"{written}=7~~|x={written}+1~~|INITIAL TIME=0~~|FINAL TIME=1~~|TIME STEP=1~~|"))
    assert x.run().values("x")[-1] == 8.0
    assert x.run().values(name)[-1] == 7.0


def test_comments_inside_equations(values: Values) -> None:
    text = "a = 2 {the first} + {| and ~} 3 {last} ~ ~ |\nx {of all} = a * {*5} 2 ~ ~ |"
    assert values(text)[0] == 10.0


def test_comments_between_entries() -> None:
    model = read("{UTF-8}\n{ one | } a = 1 ~ ~ | {two\nlines} b = 2 ~ ~ | {end}")
    assert [v.name for v in model.variables] == ["a", "b"]


def test_units_and_comment_may_be_missing() -> None:
    model = read("a = 1 |\nb = 2 ~ m |\nc = 3 ~~ text |")
    assert [(v.name, v.units, v.comment) for v in model.variables] == [
        ("a", "", ""),
        ("b", "m", ""),
        ("c", "", "text"),
    ]
    assert model.problems == ()


def test_missing_final_bar() -> None:
    model = read("a = 1 ~ ~ |\nb = 2 ~ m ~ comment")
    (problem,) = model.problems
    assert str(problem) == (
        "test.mdl:2:1: this entry is never closed with '|'\n"
        "    2 | b = 2 ~ m ~ comment\n"
        "        ^\n"
        "      cure: end the entry with ~ units ~ comment |"
    )
    assert [v.name for v in model.variables] == ["a", "b"]


def test_quotes_in_comments_need_no_partner() -> None:
    model = read('a = 1 ~ m ~ He said "no |\nb = 2 ~ 3" pipes ~ "yes" it\'s |')
    assert [v.name for v in model.variables] == ["a", "b"]
    assert model.problems == ()


@pytest.mark.parametrize(
    ("text", "problems"),
    [
        ("", 3),
        ("\ufeff", 3),
        ("{UTF-8}\n", 3),
        ("\\\\\\---/// Sketch\nV300\n*V\n///---\\\\\\\n", 3),
    ],
    ids=["empty", "only a mark", "only a header", "only a sketch"],
)
def test_files_without_equations(text: str, problems: int) -> None:
    model = Model(parse(decode("empty.mdl", text.encode())))
    assert model.source.variables == ()
    assert len(model.problems()) == problems
    assert model.problems()[0].message == "INITIAL TIME is not defined"


def test_the_sketch_is_kept_and_not_read_as_equations(mdl: Callable[..., str]) -> None:
    model = read(mdl("a = 1"))
    assert model.sketch.startswith("\\\\\\---/// Sketch information")
    assert model.sketch.endswith("ignored\n")
    assert read(mdl("a = 1").replace("\\\\\\---", "\\\\---")).by_key["a"].name == "a"


@pytest.mark.parametrize(
    ("number", "method"),
    [
        ("0", "euler"),
        ("1", "rk4auto"),
        ("2", "difference"),
        ("3", "rk2auto"),
        ("4", "rk2"),
        ("5", "rk4"),
        ("9", "euler"),
    ],
)
def test_the_method_of_the_settings(number: str, method: str) -> None:
    text = (
        f"a=1~~|\n\\\\\\---/// S\n///---\\\\\\\n:L<%^E!@\n1:x.vdf\n15:0,0,0,{number},0,0\n19:1,2\n"
    )
    assert read(text).method == method
    assert read(text.replace("\n", "\r")).method == method


def test_without_settings_the_method_is_euler() -> None:
    assert read("a=1~~|").method == "euler"


# Lookups ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "points",
    [
        "((0,0),(1,2),(3,4))",
        "([(0,0)-(10,10)],(0,0),(1,2),(3,4))",
        "([(0,0)-(10,10),(0,0),(2,2)],(0,0),(1,2),(3,4))",
        "(0,1,3,0,2,4)",
        "( [(0,0)-(10,10)] , ( 0 , 0 ) , \\\n\t(1,2), (3,4) )",
        "((0,0),(1,2){half},(3,4))",
        "((-0,+0),(1.0,2e0),(.3e1,4.))",
    ],
)
def test_forms_of_a_lookup(points: str) -> None:
    (variable,) = read(f"look {points} ~ unit ~ |").variables
    assert variable.table == Table((0.0, 1.0, 3.0), (0.0, 2.0, 4.0))
    assert variable.equation is None
    assert variable.units == "unit"


def test_lookup_named_inline_and_called(values: Values) -> None:
    text = "look((0,0),(2,20))\nx = look(1) + WITH LOOKUP(0.5, ([(0,0)-(1,1)],(0,0),(1,10)))"
    assert values(text)[0] == 15.0
    assert values("look(0,2,0,20)\nx = LOOK ( 1 )")[0] == 10.0


@pytest.mark.parametrize(
    ("points", "message"),
    [
        ("()", "this lookup has no points"),
        ("((1,2)", "this lookup is never closed"),
        ("((1,2),(3))", "',' must stand here"),
        ("((1,2,3))", "')' must stand here"),
        ("(1,2,3)", "the points of this lookup do not come in pairs"),
        ("((1,2),3,4)", "the points of this lookup do not come in pairs"),
        ("((a,2))", "a number must stand here"),
        ("((1,2)) + 3", "'+' cannot stand after a lookup"),
    ],
)
def test_broken_lookups(points: str, message: str) -> None:
    (problem,) = read(f"look{points} ~ ~ |").problems
    assert problem.message == f"in the equation of 'look': {message}"
    assert problem.line == 1
    assert problem.cure


# Size and depth ---------------------------------------------------------------------------------


def test_a_sum_of_thousands_of_terms(values: Values) -> None:
    text = "a = 2\nx = " + " + ".join(["a"] * 2000)
    assert values(text)[-1] == 4000.0


@pytest.mark.parametrize("method", ["vensim", "LSODA"])
def test_thousands_of_nested_brackets(model: Maker, method: str) -> None:
    deep = "(" * 2000 + "a" + "+1)" * 2000
    made = model(f"a = 1\nx = {deep}\nstock = INTEG(x, 0)")
    assert made.run(method=method).values("x")[0] == 2001.0
    assert made.variable("x").uses == ("a",)


def test_thousands_of_nested_calls_and_signs(values: Values) -> None:
    assert values("x = " + "ABS(" * 2000 + "-3" + ")" * 2000)[0] == 3.0
    assert values("x = " + "-" * 2001 + "3")[0] == -3.0


def test_a_chain_of_thousands_of_variables(model: Maker) -> None:
    lines = ["v0 = 1", *(f"v{i} = v{i - 1} + 1" for i in range(1, 2000))]
    assert model("\n".join(reversed(lines))).run().values("v1999")[-1] == 2000.0


def test_enormous_names(model: Maker, limited: Callable[..., Any]) -> None:
    # Many different letters: with few of them even names this long are compared quickly.
    letters = random.Random(1).choices([chr(0x4E00 + i) for i in range(500)], k=200_000)
    name, other = "n" + "".join(letters) + "n", "n" + "".join(letters[::-1]) + "n"
    with limited(10):
        assert model(f"{name} = 3\nx = {name} + 1").run().values("x")[0] == 4.0
        with pytest.raises(UnknownNameError, match="define it, or correct the name"):
            model(f"{name} = 3\nx = {other} + 1")


def test_many_broken_lines_behind_a_name_take_no_longer() -> None:
    # A carriage return and line feed may be parted in two ways; 2^200 of them would never end.
    model = read("a = b c" + "\\\r\n" * 200 + "+ 1 ~ ~ |\nb c = 2 ~ ~ |")
    assert [v.name for v in model.variables] == ["a", "b c"]
    assert read("a = b :" + " " * 50_000 + "+ 1 ~ ~ |").problems


# Names in equations -----------------------------------------------------------------------------


@pytest.mark.parametrize("spelling", ["Birth Rate", "birth_rate", "BIRTH  RATE", '"birth rate"'])
def test_spellings_of_a_name_mean_the_same(spelling: str, values: Values) -> None:
    assert values(f"birth rate = 4\nx = {spelling} * 2")[0] == 8.0


@pytest.mark.parametrize(
    "spelling", ["Time", "time", "TIME", "INITIAL TIME + Time", "Initial_Time + TIME"]
)
def test_spellings_of_the_clock(spelling: str, values: Values) -> None:
    assert values(f"x = {spelling}") == [0.0, 1.0, 2.0, 3.0, 4.0]


@pytest.mark.parametrize("name", ["pi", "lambda", "import", "None", "e", "inf", "nan", "max", "$"])
def test_words_of_other_languages_are_plain_names(name: str, model: Maker) -> None:
    run = model(f"{name} = 3\nx = {name} + 1").run()
    assert run.values(name)[0] == 3.0
    assert run.values("x")[0] == 4.0


def test_a_variable_may_be_named_as_a_function_is(values: Values) -> None:
    assert values("max = 3\nx = max + MAX(1, 2)")[0] == 5.0


def test_a_lookup_may_be_named_as_a_function_is(values: Values) -> None:
    assert values("max((0,0),(10,100))\nx = max(1)")[0] == 10.0


# Files ------------------------------------------------------------------------------------------


def test_load_reads_a_file_of_any_suffix_spelling(tmp_path: Path, mdl: Callable[..., str]) -> None:
    path = tmp_path / "My Model.MDL"
    path.write_text(mdl("a = 1"), encoding="utf-8")
    model = load(str(path))
    assert model.path == path
    assert model.name == "My Model"
    assert repr(model) == "<Model 'My Model': 5 variables, 0 stocks>"
