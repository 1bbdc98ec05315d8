"""Checking units: where two sides differ, what both are in, and what is said to do."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import sdmodel as sd
from sdmodel.cli import main
from sdmodel.frontends import parse as parse_file
from sdmodel.frontends.mdl import parse
from sdmodel.frontends.text import decode
from sdmodel.functions import functions
from sdmodel.source import SourceText
from sdmodel.units import UnitFinding, UnitReport, check_units
from sdmodel.units.rules import POWER, parse_rule

CONTROL = (
    "INITIAL TIME=0 ~Month~|\nFINAL TIME=9 ~Month~|\nTIME STEP=1 ~Month~|\nSAVEPER=1 ~Month~|\n"
)
# One of each; the tests add an equation for x.
GIVEN = """
stock = INTEG(flow, 5) ~ Widget ~|
flow = stock/delay ~ Widget/Month ~|
delay = 4 ~ Month ~|
share = 0.5 ~ Dmnl ~|
people = 3 ~ Person ~|
area = 9 ~ Meter^2 ~|
price = 2 ~ $/Widget ~|
curve((0,0),(1,1)) ~ $ ~|
vector[place] = 1, 2 ~ Widget ~|
place: here, there ~~|
"""


def check(equations: str) -> UnitReport:
    text = equations + "\n" + CONTROL
    found = parse(SourceText("m.mdl", text))
    assert not found.problems
    return check_units(found)


def of_x(equation: str, units: str) -> tuple[UnitReport, int]:
    """Return the report, and the column of the first character of the equation."""
    line = f"x = {equation} ~ {units} ~|"
    return check(line + GIVEN), 5


@pytest.mark.parametrize(
    ("equation", "units"),
    [
        ("5", "$/Person"),
        ("-5*2", "Widget"),
        ("stock + 0", "Widget"),
        ("MAX(flow, 0)*delay", "widgets"),
        ("2*stock/people", "Widget/Person"),
        ("SQRT(area)", "Meter"),
        ("area^0.5", "Meter"),
        ("area^(-1/2)", "1/Meter"),
        ("POWER(area, 2)", "Meter**4"),
        ("share^share", "Dmnl"),
        ("3^share", "1"),
        ("EXP(-Time/delay)*stock", "Widget"),
        ("IF THEN ELSE(stock > 2*stock :AND: share, stock, 0)", "Widget"),
        ("XIDZ(stock, people, stock/people)", "Widget/Person"),
        ("ZIDZ(1, people)", "1/Person"),
        ("SMOOTH3I(flow, delay, 3)", "Widget/Month"),
        ("DELAY N(flow, delay, 0, 3)", "Widget/Month"),
        ("DELAY FIXED(flow, delay, :NA:)", "Widget/Month"),
        ("RAMP(flow, delay, delay)", "Widget"),
        ("stock*PULSE(delay, delay)", "Widget"),
        ("TREND(stock, delay, 0)", "1/Month"),
        ("NPV(flow, 1/delay, 0, 1)", "Widget"),
        ("curve(share)", "Dollars"),
        ("LOOKUP AREA(curve, share, share)", "$"),
        ("WITH LOOKUP(share, ((0,0),(1,1)))", "Person"),
        ("SUM(vector[place!])", "Widget"),
        ("ELMCOUNT(place)*stock", "Widget"),
        ("RANDOM NORMAL(0, 9, stock, stock, 7)", "Widget"),
        ("RANDOM 0 1()*stock", "Widget"),
        ("SAMPLE IF TRUE(Time > delay, stock, 5)", "Widget"),
        ("TIME STEP*flow", "Widget"),
        ("MODULO(Time, delay)", "Month"),
        ("INTEG(0, 0)", "Person"),
        ("STEP(stock, delay) - stock*(1 - share)", "Widget"),
        ("GET TIME VALUE(0, delay, 1)", "Month"),
    ],
)
def test_nothing_is_found_where_units_agree(equation: str, units: str) -> None:
    report, _ = of_x(equation, units)
    assert list(report) == []
    assert report.ok
    assert not report


@pytest.mark.parametrize(
    ("equation", "units", "part", "actual", "expected", "cure"),
    [
        ("stock", "Widget/Month", "stock", "Widget", "Widget/Month", "divide by a time in Month"),
        ("flow", "Widget", "flow", "Widget/Month", "Widget", "multiply by a time in Month"),
        ("stock + flow", "Widget", "flow", "Widget/Month", "Widget", "multiply by a time"),
        ("stock + flow", "Widget/Month", "stock", "Widget", "Widget/Month", "divide by a time"),
        ("stock + 1", "Widget", "1 ", "a number", "Widget", "give the number a name"),
        ("MAX(stock, 3)", "Widget", "3", "a number", "Widget", "give the number a name"),
        ("MIN(stock, people)", "Widget", "people", "Person", "Widget", "Widget/Person"),
        ("stock*(share + people)", "Widget", "people", "Person", "Dmnl", "divide by a constant"),
        ("share*(stock > people)", "Dmnl", "people", "Person", "Widget", "convert"),
        ("EXP(delay)", "Dmnl", "delay", "Month", "Dmnl", "divide by a time"),
        ("LN(people)*share", "Dmnl", "people", "Person", "Dmnl", "divide by a constant in Person"),
        ("SMOOTH(stock, people)", "Widget", "people", "Person", "Month", "Month/Person"),
        ("IF THEN ELSE(share, stock, people)", "Widget", "people", "Person", "Widget", "convert"),
        ("INTEG(stock/people, stock)", "Widget", "stock/", "Widget/Person", "Widget/Month", "con"),
        (
            "INTEG(flow - stock, 0)",
            "Widget",
            "stock,",
            "Widget",
            "Widget/Month",
            "divide by a time",
        ),
        ("INTEG(flow, people)", "Widget", "people", "Person", "Widget", "convert by a constant"),
        ("area^share", "Meter", "area", "Meter^2", "Dmnl", "divide by a reference in Meter^2"),
        ("share^people", "Dmnl", "people", "Person", "Dmnl", "divide by a constant in Person"),
        ("price*stock", "Widget", "price", "$", "Widget", "convert by a constant in Widget/$"),
        ("curve(share)*share", "Widget", "curve", "$", "Widget", "convert"),
        ("PULSE(delay, people)", "1", "people", "Person", "Month", "convert"),
        ("stock + stock + people + people", "?", "", "", "", ""),
        ("5*share", "Person", "5", "Dmnl", "Person", "multiply by a constant in Person"),
        ("PULSE(delay, delay)", "Person", "PULSE", "Dmnl", "Person", "multiply by a constant"),
        ("XIDZ(stock, people, stock)", "Widget/Person", "stock)", "Widget", "Widget/Person", "mu"),
    ],
)
def test_a_mismatch_has_its_place_and_both_sides(
    equation: str, units: str, part: str, actual: str, expected: str, cure: str
) -> None:
    if units == "?":  # two against two: the first counts, and both others are told
        report = check(f"x = {equation} ~ ~|" + GIVEN)
        assert [one.actual for one in report.mismatches] == ["Person", "Person"]
        return
    report, first = of_x(equation, units)
    (found,) = report.mismatches
    assert found.variable == "x"
    assert (found.actual, found.expected) == (actual, expected)
    assert (found.line, found.column) == (1, first + f"{equation} ".index(part))
    assert cure in found.cure
    assert not report.ok


def test_everything_is_found_at_once() -> None:
    report, _ = of_x("SMOOTH(stock + people, share) + LN(area)*stock", "$")
    assert [one.actual for one in report.mismatches] == ["Person", "Dmnl", "Meter^2"]
    # What is around a mismatch is not known, so that x itself is not reported.
    assert all(one.expected != "$" for one in report.mismatches)


@pytest.mark.parametrize(
    ("equation", "units", "part"),
    [
        ("STEP(stock, 10)", "Widget", "10"),
        ("share*(Time > 7)", "Dmnl", "7"),
        ("SMOOTH(stock, 3)", "Widget", "3"),
        ("curve(delay)", "$", "delay"),
        ("WITH LOOKUP(Time, ((0,0),(1,1)))", "$", "Time"),
    ],
)
def test_what_may_be_meant_is_suspicious_and_no_mismatch(
    equation: str, units: str, part: str
) -> None:
    report, first = of_x(equation, units)
    (found,) = report
    assert found.kind == "suspicious"
    assert report.ok
    assert found.column == first + equation.index(part)


def test_missing_units_are_inferred_and_listed_apart() -> None:
    report = check(
        "a = b*2 ~~| b = c/d ~~| c = 6 ~ Person ~| d = 2 ~ Month ~| e = 5 ~~|"
        "f = c + g ~ Person ~| g = 3 ~~| h = h2/d ~ Person ~| h2 = k ~~| k = 1 ~~|"
    )
    assert report.ok
    assert not report.suspicious
    implied = {one.variable: one.expected for one in report.missing}
    rate = "Person/Month"
    assert implied == {
        "a": rate,
        "b": rate,
        "e": "",
        "g": "Person",
        "h2": "Person*Month",
        "k": "Person*Month",
    }


def test_what_contradicts_an_inferred_unit_says_so() -> None:
    report = check("a = b + c ~ Person ~| b = 2 ~~| c = 3 ~ Person ~| d = b ~ Widget ~|")
    (found,) = report.mismatches
    assert found.variable == "d"
    assert "(the units of 'b' are inferred)" in found.message


def test_without_any_declared_unit_a_contradiction_is_only_suspicious() -> None:
    report = check("a = Time ~~| b = a + 1/Time ~~|")
    assert report.ok
    assert [one.variable for one in report.suspicious] == ["b"]


def test_a_unit_that_cannot_be_read_is_told_with_its_place() -> None:
    report = check("a = 2\n~ Widget/(Month [0,1]\n~ Water. |\nb = a ~ Widget ~|")
    (found,) = report.syntax
    assert (found.line, found.column, found.actual) == (2, 10, "Widget/(Month")
    assert not report.ok
    assert not report.mismatches
    assert not report.missing


def test_slips_of_the_pen_are_told() -> None:
    report = check("a = 2 ~ 1/Yeer ~| b = 3 ~ Year ~| c = 3 ~ Year ~| d = 1 ~ tons per Year ~|")
    slip, per = report.suspicious
    assert (slip.actual, slip.expected, slip.column) == ("Yeer", "Year", 9)
    assert "'per'" in per.message
    report = check("a = b ~ 1/Yeer ~| b = 3 ~ 1/Year ~| c = 4 ~ Year ~|")
    assert "did you mean" in report.mismatches[0].cure


def test_run_controls_share_the_unit_of_time() -> None:
    text = CONTROL.replace("FINAL TIME=9 ~Month", "FINAL TIME=9 ~Year")
    report = check_units(parse(SourceText("m.mdl", text)))
    assert [(one.variable, one.actual) for one in report.mismatches] == [("FINAL TIME", "Year")]


def test_without_a_unit_of_time_nothing_is_said_of_time() -> None:
    text = "s = INTEG(f, 3) ~ kg ~| f = 2 ~ kg/Day ~| TIME STEP = 1 ~~| x = Time + 1 ~ Day ~|"
    report = check_units(parse(SourceText("m.mdl", text)))
    assert not report.mismatches
    assert [one.variable for one in report.missing] == ["TIME STEP"]


def test_elements_of_a_variable_have_one_unit() -> None:
    report = check("x[here] = 2 ~ kg ~| x[there] = 3 ~ ton ~| place: here, there ~~|")
    (found,) = report.mismatches
    assert (found.actual, found.expected) == ("ton", "kg")


def test_macros_are_checked_call_by_call() -> None:
    text = """:MACRO: FOLLOW(input, time of it)
FOLLOW = INTEG((input - FOLLOW)/time of it, input) ~ input ~|
:END OF MACRO:
good = FOLLOW(weight, pause) ~ kg ~|
bad = FOLLOW(weight, weight) ~ kg ~|
wrong = FOLLOW(weight, pause) ~ Month ~|
out = DELAYP(rate, pause : inside) ~ kg/Month ~|
inside ~ kg ~|
weight = 3 ~ kg ~| pause = 2 ~ Month ~| rate = 1 ~ kg/Month ~|
"""
    found = check(text).mismatches
    assert [(one.variable, one.line) for one in found] == [
        ("FOLLOW in macro FOLLOW", 5),
        ("wrong", 6),
    ]
    assert [(one.actual, one.expected) for one in found] == [("Dmnl", "kg/Month"), ("kg", "Month")]


def test_synonyms_of_the_settings_are_followed() -> None:
    text = "x = y ~ crate ~| y = 2 ~ Boxes ~|\n" + CONTROL
    behind = "\\\\\\---/// Sketch\nV300\n///---\\\\\\\n:L<%^E!@\n22:Box,Crate\n"
    assert check_units(parse(SourceText("m.mdl", text))).mismatches
    assert list(check_units(parse(SourceText("m.mdl", text + behind)))) == []


def test_xmile_units_are_checked() -> None:
    text = """<xmile><sim_specs time_units="Months"><start>0</start><stop>9</stop></sim_specs>
<model_units><unit name="Joule"><eqn>kg*m^2/s^2</eqn><alias>J</alias></unit></model_units>
<model><variables>
<stock name="Heat"><eqn>5</eqn><inflow>sun</inflow><units>kg*m^2/s^2</units></stock>
<flow name="sun"><eqn>power</eqn><units>J/Month</units></flow>
<aux name="power"><eqn>3</eqn><units>J/Day</units></aux>
</variables></model></xmile>"""
    report = check_units(parse_file(decode("m.xmile", text.encode())))
    (found,) = report
    assert (found.variable, found.actual, found.expected) == ("sun", "J/Day", "J/Month")
    assert text.splitlines()[found.line - 1][found.column - 1 :].startswith("power")


def test_the_core_model_is_consistent() -> None:
    report = sd.load(Path(__file__).parents[2] / "models" / "core.mdl").check_units()
    assert list(report) == []
    assert report.checked == report.equations > 60


def test_an_expression_may_be_as_deep_as_it_likes() -> None:
    deep = "(" * 3000 + "stock" + " + stock)*share" * 3000
    wide = " + ".join(["stock"] * 3000 + ["people"])
    assert of_x(deep, "Widget")[0].ok
    assert len(of_x(wide, "Widget")[0].mismatches) == 1
    assert of_x("SQRT(" * 500 + "area" + ")" * 500, "Dmnl")[0].checked > 0


def test_every_function_has_a_rule_of_its_length() -> None:
    compared = 0
    for info in functions():
        if info.units == POWER:
            continue
        rule = parse_rule(info.units)
        assert len(rule.args) == info.most, info.name
        letters = {letter for pattern in rule.args for letter in pattern.letters}
        assert set(rule.result.letters) <= letters <= {"x", "y"}, info.name
        compared += 1
    assert compared > 100


def test_a_report_is_a_sequence_with_a_table() -> None:
    report, _ = of_x("stock + 1", "$")
    assert len(report) == 1
    assert isinstance(report[0], UnitFinding)
    assert report[:1] == tuple(report)
    assert list(report.table["kind"]) == ["mismatch"]
    assert "column" in report.table
    assert "1 mismatch" in str(report)
    assert "^" in str(report)
    assert UnitReport().table.shape[0] == 0


def test_the_command_lists_what_is_asked_for(tmp_path: Path, mdl: Callable[..., str]) -> None:
    path = tmp_path / "m.mdl"
    equations = "a = STEP(b, 2) ~ kg ~|\nb = 3 ~ kg ~|\nc = 1 ~ ~|\nTIME STEP = 1 ~ Day ~|"
    path.write_text(mdl(equations), encoding="utf-8")
    run = CliRunner().invoke
    plain = run(main, ["units", str(path)])
    assert plain.exit_code == 0
    assert "1 suspicious place" in plain.output
    full = run(main, ["units", str(path), "--missing", "--suspicious"])
    assert "Without units" in full.output
    assert "STEP needs Day" in full.output
    path.write_text(mdl(equations.replace("STEP(b, 2)", "b*b")), encoding="utf-8")
    wrong = run(main, ["units", str(path)])
    assert wrong.exit_code == 1
    assert "kg^2" in wrong.output
    assert '"actual": "kg^2"' in run(main, ["units", str(path), "--json"]).output
