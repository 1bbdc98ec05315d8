"""Reality checks of our own models, in files beside them; other runs; whatever a file may hold."""

from __future__ import annotations

import importlib.util
import json
from collections.abc import Callable
from pathlib import Path

import hypothesis
import pytest
from click.testing import CliRunner, Result
from hypothesis import strategies as st

import sdmodel as sd
from sdmodel.cli import main

Maker = Callable[..., sd.Model]
Text = Callable[..., str]
ROOT = Path(__file__).resolve().parents[2]
MODELS = ROOT / "models"


# Our own models ---------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "count"), [("core", 6), ("epidemic", 4)])
def test_our_own_models_hold(name: str, count: int) -> None:
    report = sd.load(MODELS / f"{name}.mdl").reality_checks()
    assert report.counts["held"] == len(report.results) == count


@pytest.mark.parametrize(
    ("name", "equation", "broken"),
    [
        (
            "domestic innovation",
            "research productivity",
            {
                "no people no innovation",
                "knowledge has two sources only",
                "closing does not help at once",
            },
        ),
        ("return migration", "1", {"nobody returns who has not left"}),
        ("education", "10 + youth cohort", {"no youth no education"}),
        (
            "foreign knowledge inflow",
            "catch up rate*Domestic knowledge",
            {
                "no contact no learning from abroad",
                "knowledge has two sources only",
                "closing does not help at once",
            },
        ),
    ],
)
def test_a_mistake_in_an_equation_is_caught(
    core: sd.Model, name: str, equation: str, broken
) -> None:
    report = core.replace(name, equation).reality_checks()
    assert {one.name for one in report.results if one.verdict == "failed"} == broken


def test_a_counterexample_of_the_core_model_replays(core: sd.Model) -> None:
    (found,) = sd.counterexamples(core, "closing does not help at once", budget=1_500)
    assert 1 <= len(found.values) <= 2
    again = core.reality_checks(found.values)
    assert again["closing does not help at once"] == found.result
    assert again.counts["failed"] == 1
    assert set(found.values) <= {*core.settings.levers, *core.settings.uncertainties}


@pytest.mark.skipif(importlib.util.find_spec("simlin") is None, reason="there is no pysimlin here")
def test_why_our_checks_stand_beside_the_model(tmp_path: Path) -> None:
    """When pysimlin passes over them too, they may move into the models."""
    import simlin

    own = (MODELS / "epidemic.reality").read_text(encoding="utf-8").removeprefix("{UTF-8}\n")
    text = (MODELS / "epidemic.mdl").read_text(encoding="utf-8")
    path = tmp_path / "epidemic.mdl"
    path.write_text(text.replace("{UTF-8}\n", "{UTF-8}\n" + own, 1), encoding="utf-8")
    assert sd.load(path).reality_checks().passed
    with pytest.raises(simlin.SimlinRuntimeError, match="THE CONDITION"):
        simlin.load(str(path))


# A file beside a model --------------------------------------------------------------------------


def beside(tmp_path: Path, mdl: Text, equations: str, checks: str) -> sd.Model:
    path = tmp_path / "m.mdl"
    path.write_text(mdl(equations), encoding="utf-8")
    path.with_suffix(".reality").write_text(checks, encoding="utf-8")
    return sd.load(path)


def test_checks_in_the_model_and_beside_it_are_one_list(tmp_path: Path, mdl: Text) -> None:
    made = beside(
        tmp_path,
        mdl,
        "x = 1\nTI :TEST INPUT: x = 0\nown :THE CONDITION: TI :IMPLIES: x = 0",
        "{UTF-8}\nlimit = 5 ~ ~ |\nother :THE CONDITION: TI :IMPLIES: x < limit ~ ~ |\n"
        "RC START TIME = 3 ~ ~ |\n"
        "late :THE CONDITION: x = RC STEP(x, 9) :IMPLIES: x < limit ~ ~ |\n",
    )
    report = made.reality_checks()
    assert [(one.name, one.verdict) for one in report.results] == [
        ("own", "held"),
        ("other", "held"),
        ("late", "failed"),
    ]
    assert (report["late"].time, report["late"].line) == (3.0, 5)
    assert made.variables == [
        "x",
        "INITIAL TIME",
        "FINAL TIME",
        "TIME STEP",
        "SAVEPER",
    ]  # what only the checks use is no part of the model


def test_a_model_in_xmile_can_have_them_too(tmp_path: Path) -> None:
    from tests.sdmodel.conftest import xmile_text

    path = tmp_path / "m.xmile"
    made = '<aux name="Output"><eqn>Workers * 3</eqn></aux>'
    path.write_text(xmile_text('<aux name="Workers"><eqn>4</eqn></aux>' + made), encoding="utf-8")
    path.with_suffix(".reality").write_text(
        "no work :THE CONDITION: workers = 0 :IMPLIES: output = 0 ~ ~ |\n"
        "wrong :THE CONDITION: workers = 0 :IMPLIES: output = pay ~ ~ |",
        encoding="utf-8",
    )
    held, refused = sd.load(path).reality_checks().results
    assert held.verdict == "held"
    assert "line 2: no variable is named 'pay'" in refused.text


def test_what_is_wrong_in_it_is_told_with_its_own_lines(tmp_path: Path, mdl: Text) -> None:
    checks = "{UTF-8}\nx = 2 ~ ~ |\nown :THE CONDITION: x = 0 :IMPLIES: x = 0 ~ ~ |\ny = ( ~ ~ |\n"
    made = beside(tmp_path, mdl, "x = 1\nown :THE CONDITION: x = 0 :IMPLIES: x = 0", checks)
    with pytest.raises(sd.ReadError) as caught:
        made.reality_checks()
    told = [(one.path.rpartition("/")[2], one.line, one.kind) for one in caught.value.problems]
    assert sorted(told) == [
        ("m.reality", 2, "duplicate"),
        ("m.reality", 3, "duplicate"),
        ("m.reality", 4, "syntax"),
    ]
    assert made.run().result == "completed"


# Another run ------------------------------------------------------------------------------------


def test_another_run_is_compared_with_if_it_is_given(model: Maker) -> None:
    made = model(
        "i: a, b ~~|\nrate[i] = 0.1, 0.2 ~~|\nk = 1 ~~|\nL[i] = INTEG(L[i]*rate[i]*k, 1) ~~|\n"
        "same[i] :THE CONDITION: k = RC STEP(k, 0, 2) :IMPLIES: L[i] "
        "<= RC COMPARE CHECK('base', L[i], 0, 1, 2) ~~|\n"
        "far[i] :THE CONDITION: k = RC STEP(k, 0, 2) :IMPLIES: L[i] "
        "<= RC COMPARE CHECK('Base', L[i], 1, 0.9, 2) ~~|\n"
        "driven :THE CONDITION: rate[a] = RC COMPARE('base', L[b], 2, 2) "
        ":IMPLIES: rate[a] > 1 ~~|\n"
    )
    assert {one.verdict for one in made.reality_checks().results} == {"refused"}
    base = made.run(method="vensim")
    report = made.reality_checks(runs={"base": base})
    found = {one.name: one for one in report.results}
    assert found["same[a]"].verdict == found["same[b]"].verdict == "held"
    # L is held at 1.1^2 and 1.2^2; at time 3, nine tenths of 1.1^3 are less, those of 1.2^3 more.
    assert (found["far[a]"].verdict, found["far[a]"].time) == ("failed", 3.0)
    assert found["far[a]"].right == pytest.approx(0.9 * 1.1**3)
    assert found["far[b]"].verdict == "held"
    # Before its start the rate is what it was; then twice L[b] of the other run, which is 1.44.
    assert (found["driven"].verdict, found["driven"].judged) == ("held", 3)


# The verb, and the confidence test --------------------------------------------------------------


def reality(*words: str) -> Result:
    return CliRunner().invoke(main, ["reality", *words])


@pytest.fixture
def shop(tmp_path: Path, mdl: Text) -> str:
    path = tmp_path / "shop.mdl"
    path.write_text(
        mdl(
            "workers = 4 ~ person [0,10] ~ |\nidle = 1 ~ ~ |\nmade = workers*3 ~ ~ |\n"
            "no work :THE CONDITION: workers = 0 :IMPLIES: made = 0 ~ ~ |\n"
            "small :THE CONDITION: idle = 1 :IMPLIES: made < 20 ~ ~ |\n"
        ),
        encoding="utf-8",
    )
    return str(path)


def test_the_verb_tells_the_verdicts_and_what_breaks_them(shop: str) -> None:
    done = reality(shop)
    assert done.exit_code == 0, done.output
    assert "shop: 2 held" in done.output
    again = reality(shop, "workers=7")
    assert again.exit_code == 1
    assert "made < 20, but the sides are 21 and 20" in again.output
    broken = reality(shop, "--break", "--check", "small")
    assert '"workers=6.67"' in broken.output
    assert reality(shop, "--check", "smal", "--break").exit_code == 1
    assert "did you mean 'small'" in reality(shop, "--check", "smal", "--break").output


def test_the_verb_prints_json(shop: str) -> None:
    answer = json.loads(reality(shop, "--break", "--json").output)
    assert answer["ok"] is True
    assert [one["verdict"] for one in answer["results"]] == ["held", "held"]
    assert answer["results"][0]["time"] is None
    small = answer["counterexamples"][1]
    assert small["values"] == {"workers": 6.67}
    assert small["result"]["verdict"] == "failed"


def test_validate_has_them_as_a_test(shop: str, model: Maker, core: sd.Model) -> None:
    (found,) = sd.validate(sd.load(shop), only=["V21"]).results
    assert (found.status, found.text) == ("pass", "2 held")
    checks = "a :THE CONDITION: x = 0 :IMPLIES: x = 1\nb :THE CONDITION: x + x > 5 :IMPLIES: x = 0"
    (failed,) = sd.validate(model(f"x = 1\n{checks}"), only=["V21"]).results
    assert (failed.status, failed.text, failed.figure) == ("fail", "1 failed, 1 never active", 1)
    assert failed.rows[0][:5] == ("a", "failed", 0.0, "x = 1", 0.0)
    only = model("x = 1\nb :THE CONDITION: x + x > 5 :IMPLIES: x = 0")
    assert sd.validate(only, only=["V21"]).results[0].status == "finding"
    without = sd.validate(model("x = 1"), only=["V21"])
    assert (without.results[0].status, without.passed) == ("not applicable", False)
    assert sd.validate(core, only=["V21"]).passed


# Whatever a file may hold -----------------------------------------------------------------------

SPOKEN = """
x y[i] y[a] y[z] i a Stock table Time TI TI2[i] TI2[a] 0 1 0.5 1e9 = < > <= >= <> + - * / ( ) ,
:AND: :OR: :NOT: :IMPLIES: :NA: RC_STEP(x,0) RC_STEP(y[i],x) RC_STEP_CHECK(0,y[i],1) MAX(
RC_DECAY(Stock,0) RC_RAMP_CHECK(x,Stock,0,0,1,1) TIME_STEP table(x) SUM(y[i!]) 'text' :CROSSING:
"""
WORDS = st.sampled_from(SPOKEN.split())
WORLD = """
i: a, b ~~|
x = 1 ~~|
y[i] = x*2 ~~|
Stock = INTEG(x - 0.1*Stock, 1) ~~|
table((0,0),(1,1)) ~~|
TI :TEST INPUT: Stock = RC STEP(Stock, 0) ~~|
TI2[i] :TEST INPUT: y[i] = 3*y[i] ~~|
"""


@hypothesis.settings(max_examples=60, deadline=None, derandomize=True)
@hypothesis.given(
    condition=st.lists(WORDS, max_size=7),
    consequence=st.lists(WORDS, min_size=1, max_size=5),
    own=st.sampled_from(["", "[i]", "[a]", "[z]"]),
)
def test_no_check_is_ever_more_than_refused(condition, consequence, own) -> None:
    from sdmodel.frontends.mdl import parse
    from sdmodel.frontends.text import decode
    from tests.sdmodel.conftest import mdl_text

    check = f"c{own} :THE CONDITION: {' '.join(condition)} :IMPLIES: {' '.join(consequence)} ~~|"
    made = sd.Model(parse(decode("test.mdl", mdl_text(WORLD + check).encode())))
    plain = sd.Model(parse(decode("test.mdl", mdl_text(WORLD).encode())))
    report = made.reality_checks()
    assert {one.verdict for one in report.results} <= {"held", "failed", "never active", "refused"}
    assert all(one.text for one in report.results if one.verdict == "refused")
    assert made.variables == plain.variables
