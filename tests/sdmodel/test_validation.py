"""The confidence tests: each is passed by a model that deserves it, failed by one that does not."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.names import key
from sdmodel.validation.bounds import design
from sdmodel.validation.registry import CHECKS

Validate = Callable[..., sd.ValidationResult]
Text = Callable[..., str]

TANKS = """
upper = INTEG(filling - flow, 10) ~ litre ~ Water above. [L] |
lower = INTEG(flow - drain, 0) ~ litre ~ Water below. [L] |
filling = 2 ~ litre/Minute [0,5] ~ What comes in. [J] |
flow = upper/emptying time ~ litre/Minute ~ Torricelli 1643. |
drain = lower/emptying time ~ litre/Minute ~ Torricelli 1643. |
emptying time = 4 ~ Minute [1,10] ~ Measured. [D] |
share below = lower/(upper + lower) ~ dmnl ~ A definition. |
"""
LEVERS = '[levers.filling]\n[uncertainties."emptying time"]\n'
FINE = {"TIME_STEP": 0.125, "SAVEPER": 1}


@pytest.fixture
def validated(tmp_path: Path, mdl: Text) -> Validate:
    """Return a maker of results: ``validated("V2", equations, expectations, settings)``."""

    def make(
        test: str,
        equations: str = TANKS,
        expectations: str = "",
        settings: str = "",
        draws: int = 200,
        method: str = "rk4",
        **controls: object,
    ) -> sd.ValidationResult:
        path = tmp_path / "tanks.mdl"
        path.write_text(mdl(equations, method, **(FINE | controls)), encoding="utf-8")
        path.with_suffix(".toml").write_text(settings, encoding="utf-8")
        path.with_suffix(".expectations.toml").write_text(expectations, encoding="utf-8")
        return sd.validate(sd.load(path), only=[test], draws=draws, also=())[test]

    return make


# V1: units --------------------------------------------------------------------------------------


CLOCK = "".join(
    f"{name} = {value} ~ Minute ~ |\n"
    for name, value in {
        "INITIAL TIME": 0,
        "FINAL TIME": 4,
        "TIME STEP": 0.125,
        "SAVEPER": 1,
    }.items()
)


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("", "", "0 errors in 11 variables"),
        ("flow = upper/emptying time", "flow = upper", "1 equations whose sides differ"),
        ("~ dmnl ~", "~ ~", "1 variables without unit"),
        ("~ dmnl ~", "~ litre/ ~", "1 units that cannot be read"),
    ],
)
def test_units(old: str, new: str, told: str, tmp_path: Path) -> None:
    path = tmp_path / "tanks.mdl"
    path.write_text("{UTF-8}" + TANKS.replace(old, new) + CLOCK, encoding="utf-8")
    result = sd.validate(sd.load(path), only=["V1"])["V1"]
    assert told in result.text
    assert (result.status, result.figure) == (("fail", 1) if old else ("pass", 0))


def test_without_units_there_is_nothing_to_compare(validated: Validate) -> None:
    assert validated("V1", "x = 1 ~ ~ |").status == "not applicable"


# V2: conservation -------------------------------------------------------------------------------

WATER = (
    '[conservation.water]\nstocks = ["upper", "lower"]\ninflows = ["filling"]\noutflows = ["{}"]\n'
)


def test_what_is_conserved_passes(validated: Validate) -> None:
    result = validated("V2", expectations=WATER.format("drain"))
    assert result.status == "pass"
    assert result.figure < 1e-12


def test_a_leak_fails_where_it_is_largest(validated: Validate) -> None:
    result = validated("V2", expectations=WATER.format("0.9*drain"))
    assert result.status == "fail"
    assert result.rows[0][:2] == ("conservation", "water")
    assert result.rows[0][5] == 4.0  # the drain grows to the end


def test_weights_and_elements(validated: Validate) -> None:
    model = """
    place: here, there ~ ~ |
    people[place] = INTEG(births[place], 1) ~ ~ |
    births[here] = 1 ~ ~ |
    births[there] = 2 ~ ~ |
    """
    flow = '[conservation.{}]\nstocks = {}\ninflows = ["{}"]\n'
    whole = flow.format("all", '["people"]', "SUM(births[place!])")
    one = flow.format("one", '["people[there]"]', "births[there]")
    double = flow.format("double", '["people[here]"]', "2*births[here]")
    double += 'weights = { "people[here]" = 2 }\n'
    result = validated("V2", model, whole + one + double)
    assert (result.status, len(result.rows)) == ("pass", 3)
    wrong = validated("V2", model, double.replace("= 2 }", "= 3 }"))
    assert wrong.status == "fail"


def test_identities(validated: Validate) -> None:
    text = '[identity.shares]\nleft = "share below*(upper + lower)"\nright = "{}"\n'
    assert validated("V2", expectations=text.format("lower")).status == "pass"
    assert validated("V2", expectations=text.format("upper")).status == "fail"


def test_a_scenario_may_break_what_the_base_run_keeps(validated: Validate) -> None:
    leaking = TANKS.replace("flow - drain", "flow - drain - leak") + "leak = 0 ~ ~ |"
    settings = "[scenarios.rust]\nset = { leak = 0.1 }\n"
    assert validated("V2", leaking, WATER.format("drain")).status == "pass"
    result = validated("V2", leaking, WATER.format("drain"), settings)
    assert result.status == "fail"
    assert result.rows[0][4] == "rust"


# V3: bounds -------------------------------------------------------------------------------------


def test_bounds_that_hold_under_every_draw(validated: Validate) -> None:
    result = validated("V3", expectations='[bounds]\n"share below" = [0, 1]\n', settings=LEVERS)
    assert result.status == "pass"
    assert "200 draws of 2 factors" in result.text
    assert "3 within bounds" in result.text


def test_a_violation_can_be_run_again(validated: Validate, tmp_path: Path) -> None:
    greedy = TANKS.replace("drain = lower/emptying time", "drain = 3 - emptying time/10")
    result = validated("V3", greedy, settings=LEVERS)
    assert result.status == "fail"
    _, variable, time, value, must, parameters = result.rows[0]
    assert (variable, must) == ("lower", "0 to inf")
    pairs = dict(re.findall(r'"([^"=]+)=([^"]+)"', str(parameters)))
    model = sd.load(tmp_path / "tanks.mdl")
    run = model.run({name: float(text) for name, text in pairs.items()}, method="vensim")
    at = int(np.flatnonzero(run.times == time)[0])
    assert run.values("lower")[at] == value < 0


def test_a_signed_stock_may_be_negative(validated: Validate) -> None:
    greedy = TANKS.replace("drain = lower/emptying time", "drain = 3")
    result = validated("V3", greedy, '[bounds]\nsigned = ["lower"]\n', LEVERS)
    assert result.status == "pass"


def test_what_is_not_finite_is_a_violation(validated: Validate) -> None:
    broken = TANKS + "odd = LN(2 - filling) ~ ~ |"
    result = validated("V3", broken, settings=LEVERS)
    assert result.status == "fail"
    assert {row[1] for row in result.rows} == {"odd"}
    assert {row[4] for row in result.rows} == {"finite"}


def test_bounds_need_something_to_draw(validated: Validate) -> None:
    assert validated("V3").status == "not applicable"


def test_a_design_is_a_latin_hypercube_over_whole_ranges() -> None:
    factors = {
        "share": sd.Factor("share", -1.0, 3.0, 0.0),
        "plants": sd.Factor("plants", 1, 3, 2, kind="integer"),
        "open": sd.Factor("open", 0, 1, 0, kind="switch"),
    }
    drawn = design(factors, 400, seed=3)
    layers = np.floor((drawn["share"] + 1) * 100).astype(int)
    assert sorted(layers) == list(range(400))
    assert set(drawn["plants"]) == {1, 2, 3}
    assert sorted(drawn["open"]) == [0] * 200 + [1] * 200
    assert np.array_equal(design(factors, 400, seed=3)["share"], drawn["share"])
    assert not np.array_equal(design(factors, 400, seed=4)["share"], drawn["share"])


# V4: extreme conditions -------------------------------------------------------------------------

CASE = "[[extreme]]\nname = 'drought'\nset = {{ filling = {} }}\nexpect = [{}]\n"


@pytest.mark.parametrize(
    ("statement", "holds"),
    [
        ('"upper >= 0"', True),
        ('"upper <= BASE RUN(upper)"', True),
        ('"upper < BASE RUN(upper)"', False),  # at the start they are the same
        ('{ that = "upper < BASE RUN(upper)", after = 0 }', True),
        ('{ that = "upper = 2*BASE RUN(lower + upper) - 10", at = 0 }', True),
        ('{ that = "upper < 3.7", at = 4 }', True),
        ('{ that = "upper < 3.6", at = 4 }', False),
        ('{ that = "upper = 3.6", at = 4, tolerance = 0.1 }', True),
        ('{ that = "lower > 0", at = 99 }', False),  # no such time was saved
        ('"IF THEN ELSE(filling > 0, 1, 2) = 2"', True),
        ('"upper <> upper"', False),
    ],
)
def test_statements(statement: str, holds: bool, validated: Validate) -> None:
    result = validated("V4", expectations=CASE.format(0, statement))
    assert (result.status == "pass") is holds
    assert (result.rows[0][-1] == "holds") is holds


def test_a_case_may_leave_the_range_and_replace_equations(validated: Validate) -> None:
    text = CASE.format(-50, '"lower < 0", "upper < BASE RUN(upper)"')
    text += 'replace = { drain = "1000" }\nafter = 1\n'
    assert validated("V4", expectations=text).status == "pass"


def test_a_case_that_does_not_run_fails(validated: Validate) -> None:
    text = CASE.format(0, '"upper >= 0"') + 'replace = { flow = "1/(2 - Time)" }\n'
    result = validated("V4", expectations=text)
    assert result.status == "fail"
    assert "no longer a finite number" in str(result.rows[0][-1])


def test_the_scenario_of_a_case_counts(validated: Validate) -> None:
    text = "[[extreme]]\nname = 'x'\nscenario = 'dry'\nexpect = ['filling = 0']\n"
    settings = "[scenarios.dry]\nset = { filling = 0 }\n"
    assert validated("V4", expectations=text, settings=settings).status == "pass"
    assert validated("V4", TANKS, text, settings.replace("= 0 }", "= 1 }")).status == "fail"


# V5: equilibrium --------------------------------------------------------------------------------

REST = "[equilibrium]\nsettle = 200\nhold = 50\n"
TWO_WELLS = "x = INTEG({}, 0.9) ~ ~ |\n"


def test_a_stable_rest_passes(validated: Validate) -> None:
    result = validated("V5", expectations=REST)
    assert result.status == "pass"
    assert result.figure < 1e-6
    assert len(result.rows) == 4


def test_a_push_into_another_state_is_a_finding(validated: Validate) -> None:
    drifting = "x = INTEG(0, 5) ~ ~ |\ny = INTEG(x - y, 0) ~ ~ |\n"
    result = validated("V5", drifting, REST)
    assert result.status == "finding"
    verdicts = {(row[0], row[-1]) for row in result.rows}
    assert verdicts == {("x", "moves to another state"), ("y", "returns")}


def test_what_never_rests_fails(validated: Validate) -> None:
    result = validated("V5", "x = INTEG(1, 0) ~ ~ |", REST)
    assert result.status == "fail"
    assert "x still moves" in result.text


def test_hidden_stocks_are_started_too(validated: Validate) -> None:
    delayed = "x = INTEG(SMOOTH3(1, 5) + DELAY3(x, 2) - 2*x, 5) ~ ~ |"
    result = validated("V5", delayed, REST)
    assert result.status == "pass"
    assert len(result.rows) == 2 * 7


def test_a_model_that_remembers_cannot_be_set(validated: Validate) -> None:
    result = validated("V5", "x = INTEG(DELAY FIXED(1, 2, 0) - x, 5) ~ ~ |", REST)
    assert result.status == "not run"
    assert "DELAY FIXED" in result.text


# V6: integration --------------------------------------------------------------------------------


def test_integration_error(validated: Validate) -> None:
    assert validated("V6").status == "pass"
    coarse = validated("V6", method="euler", TIME_STEP=1)
    assert coarse.status == "fail"
    assert coarse.figure > 1e-3


# V10, V11: structure and parameters -------------------------------------------------------------


def test_every_equation_needs_a_source(validated: Validate) -> None:
    result = validated("V10")
    assert result.status == "fail"
    assert [row[0] for row in result.rows] == ["share below"]
    named = '[structure]\ndefinitions = ["share below"]\n'
    assert validated("V10", expectations=named).status == "pass"


AUDIT = """
[structure]
definitions = ["share below"]
[[audit]]
claim = "P97"
variable = "drain"
form = "in proportion"
alternative = "{} = 3"
"""


def test_an_audited_form_needs_a_live_alternative(validated: Validate) -> None:
    live = validated("V10", expectations=AUDIT.format("emptying time"))
    assert (live.status, live.rows[0][-1]) == ("pass", "can be told apart")
    dead = TANKS + "spare = 1 ~ dmnl ~ [J] |"
    idle = validated("V10", dead, AUDIT.format("spare"))
    assert (idle.status, idle.rows[0][-1]) == ("finding", "the alternative changes nothing")


@pytest.mark.parametrize(
    ("old", "new", "lacks"),
    [
        ("litre/Minute [0,5] ~ What", "[0,5] ~ What", "unit"),
        (" ~ Measured. [D]", " ~", "comment, evidence flag"),
        (" [J]", "", "evidence flag"),
        ("[D]", "[J]", ""),
    ],
)
def test_parameters(old: str, new: str, lacks: str, validated: Validate) -> None:
    assert validated("V11", settings=LEVERS).status == "pass"
    assert old in TANKS
    result = validated("V11", TANKS.replace(old, new), settings=LEVERS)
    assert [row[2] for row in result.rows] == ([lacks] if lacks else [])


def test_what_is_judged_is_varied_or_a_setting(validated: Validate) -> None:
    result = validated("V11")
    assert result.status == "fail"
    assert "neither varied nor listed" in str(result.rows[0][2])
    assert validated("V11", expectations='[parameters]\nsettings = ["Filling"]').status == "pass"


# V14, V17, V18, V19, V20 ------------------------------------------------------------------------


def test_the_log_of_surprises(validated: Validate, tmp_path: Path) -> None:
    assert validated("V14").status == "not applicable"
    named = 'surprises = "log.md"\n'
    assert validated("V14", expectations=named).status == "fail"
    (tmp_path / "log.md").write_text("# Surprises\n", encoding="utf-8")
    assert validated("V14", expectations=named).status == "fail"
    (tmp_path / "log.md").write_text("# Surprises\n\n## It oscillates\n", encoding="utf-8")
    assert validated("V14", expectations=named).status == "pass"


def test_alternatives_are_reported(validated: Validate) -> None:
    settings = "[scenarios.more]\nset = { filling = 4 }\n[outcomes.end]\nof = 'lower'\n"
    text = "[alternatives.plug]\nlabel = 'plugged'\nreplace = { flow = '-filling/10' }\n"
    result = validated("V17", expectations=text, settings=settings)
    assert result.status == "finding"
    assert result.figure == 1
    assert result.rows[0][0] == "plugged"
    assert result.rows[0][3] == "base > more"


def test_a_run_has_the_same_bits_again(validated: Validate) -> None:
    result = validated("V18")
    assert (result.status, result.figure) == ("pass", 0)


def test_a_second_engine_agrees(validated: Validate) -> None:
    result = validated("V19", expectations='[second_engine]\nwithout = ["pysimlin"]\n')
    assert result.status == "pass"
    assert "PySD" in result.text


def test_without_a_second_engine_nothing_is_passed(validated: Validate) -> None:
    result = validated("V19", expectations='[second_engine]\nwithout = ["pysimlin", "PySD"]\n')
    assert result.status == "not run"


BUDGET = '[budget]\ncost = "filling"\ndiscount = 0.05\nscenarios = ["early", "late"]\n'
EQUAL = "[scenarios.early]\nset = {{ filling = 1 }}\n[scenarios.late]\nset = {{ filling = {} }}\n"


@pytest.mark.parametrize(("late", "status"), [("1.0005", "pass"), ("1.1", "fail")])
def test_equal_budgets(late: str, status: str, validated: Validate) -> None:
    assert validated("V20", TANKS, BUDGET, EQUAL.format(late)).status == status


# All of them ------------------------------------------------------------------------------------


@pytest.mark.parametrize("number", ["V2", "V4", "V5", "V13", "V14", "V17", "V20"])
def test_nothing_expected_is_never_a_pass(number: str, validated: Validate) -> None:
    assert validated(number).status == "not applicable"


def test_the_deferred_are_named_with_their_reason(validated: Validate) -> None:
    result = validated("V7", expectations='[deferred]\nV7 = "no data yet"\n')
    assert (result.status, result.text) == ("not run", "deferred: no data yet")
    assert "no reason is given" in validated("V8").text


def test_an_error_in_a_test_of_a_package_is_told(validated: Validate, tmp_path: Path) -> None:
    def breaks(study: sd.ValidationStudy, test: sd.ConfidenceTest) -> sd.ValidationResult:
        raise sd.SDError("it cannot be done")

    validated("V14")
    model, mine = sd.load(tmp_path / "tanks.mdl"), sd.ConfidenceTest("V99", "Mine", "", breaks)
    report = sd.validate(model, only=["v99", "V2"], also=[mine])
    assert [one.id for one in report.results] == ["V2", "V99"]
    assert report["V99"].status == "fail"
    assert not report.passed


def test_no_test_is_left_out_and_each_says_what_passes() -> None:
    assert set(CHECKS) == {f"V{number}" for number in range(1, 22)}
    assert all(one.passes for one in CHECKS.values())


def test_the_same_seed_gives_the_same_report(validated: Validate, tmp_path: Path) -> None:
    greedy = TANKS.replace("drain = lower/emptying time", "drain = 3 - emptying time/10")
    first = validated("V3", greedy, settings=LEVERS)
    again = validated("V3", greedy, settings=LEVERS)
    assert first.rows == again.rows
    assert len(first.rows) == 20


def test_the_core_model_passes_what_is_expected_of_it() -> None:
    core = sd.load(Path(__file__).resolve().parents[2] / "models" / "core.mdl")
    report = sd.validate(core, only=["V2", "V4", "V5", "V10", "V11", "V13"])
    assert report.passed
    assert {one.status for one in report.results} == {"pass", "finding"}
    assert len(report["V4"].rows) >= 40
    pushed = {row[0] for row in report["V5"].rows if row[-1] != "returns"}
    assert {key(str(name)) for name in pushed} == {"foreign frontier"}
    assert set(report.table.columns) == {"name", "status", "figure", "text"}
