"""Checks of the text, one by one: what they tell of, and what they leave alone."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

import sdmodel as sd
from sdmodel.checks.rules import Rules
from sdmodel.checks.subject import Subject
from sdmodel.checks.whole import Whole

CLOCK = "INITIAL TIME=0 ~Day~|FINAL TIME=10 ~Day~|SAVEPER=1 ~Day~|TIME STEP={step} ~Day~|"
Found = Callable[..., list[tuple[str, str]]]


@pytest.fixture
def found(tmp_path: Path) -> Found:
    """Write a model and return what one check says of it, as (variable, message)."""

    def check(
        code: str, equations: str, *, step: str = "0.5", settings: str = "", **rules: object
    ) -> list[tuple[str, str]]:
        path = tmp_path / "m.mdl"
        path.write_text(equations + CLOCK.format(step=step), encoding="utf-8")
        path.with_suffix(".toml").write_text(settings, encoding="utf-8")
        wanted = Rules(select=frozenset([code]), **rules)  # type: ignore[arg-type]
        found = sd.check(path, wanted)
        assert {one.code for one in found} <= {code}, [str(one) for one in found]
        return [(one.problem.variable, one.problem.message) for one in found]

    return check


def names(told: list[tuple[str, str]]) -> list[str]:
    return [name for name, _ in told]


def test_used_is_what_equations_lookups_macros_and_outcomes_name(found: Found) -> None:
    used = (
        ":MACRO: M(i) M= i*deep$ ~~| :END OF MACRO: deep=2 ~~|"
        "f((0,0),(1,1)) ~~|a=1 ~~|b=2 ~~|c=3 ~~|x= INTEG(f(a)+M(b), c) ~~|"
    )
    assert found("SD101", used) == []
    assert names(found("SD101", used + "d=4 ~~|g((0,0),(1,1)) ~~|")) == ["d", "g"]
    assert found("SD101", used + "d=4 ~~:SUPPLEMENTARY:|") == []
    checked = "no d:THE CONDITION: d = 0 :IMPLIES: a >= 0 ~~|"
    assert found("SD101", used + "d=4 ~~|" + checked) == []
    settings = '[outcomes."end"]\nof = "d"\n'
    assert found("SD101", used + "d=4 ~~|", settings=settings) == []
    # A lever that nothing uses moves nothing.
    settings = '[levers."d"]\nlow = 0\nhigh = 9\n'
    assert names(found("SD101", used + "d=4 ~~|", settings=settings)) == ["d"]


def test_a_variable_that_uses_itself_alone_is_unused(found: Found) -> None:
    assert names(found("SD102", "x= INTEG(-x, 1) ~~|")) == ["x"]
    assert found("SD102", "x= INTEG(-x, 1) ~~|y=x ~~:SUPPLEMENTARY:|") == []


@pytest.mark.parametrize(
    ("entry", "told"),
    [
        ("x=5 ~kg[0,9]~|", []),
        ("x=-1 ~kg[0,?]~|", ["'x' is -1, below its least value 0"]),
        ("x=10 ~kg[?,9]~|", ["'x' is 10, above its most 9"]),
        ("k:a,b~~|x[k]=1,12 ~kg[0,9]~|", ["'x[b]' is 12, above its most 9"]),
        ("x=Time ~kg[0,1]~|", []),  # what is computed may leave it
    ],
)
def test_constants_keep_to_their_ranges(found: Found, entry: str, told: list[str]) -> None:
    assert [message for _, message in found("SD105", entry)] == told


def test_stocks_have_flows(found: Found) -> None:
    assert names(found("SD103", "x=INTEG(0,1)~~|y=INTEG(-0,1)~~|z=INTEG(x-x,1)~~|")) == ["x", "y"]


def test_names_stand_for_one_thing(found: Found) -> None:
    told = found("SD104", "k:a,b~~|a=1~~|step=3~~|c=4~~|")
    assert [message for _, message in told] == [
        "the element 'a' has the name of a variable",
        "'step' is also the name of the function STEP",
    ]


def test_macros_hide_nothing(found: Found) -> None:
    macro = ":MACRO: M(rate) M= rate*inside ~~| inside=2 ~~| :END OF MACRO:"
    told = found("SD106", macro + "rate=1~~|x=M(rate)~~|inside=1~~|")
    assert [message for _, message in told] == [
        "in the macro 'M', 'rate' hides the model's variable",
        "in the macro 'M', 'inside' hides the model's variable",
    ]
    assert found("SD106", macro + "other=1~~|x=M(other)~~|") == []


def test_variables_are_drawn(found: Found) -> None:
    mark = "\\\\\\---/// Sketch information\n"
    line = "10,1,drawn,100,100,20,10,8,3,0,0,0,0,0,0\n"
    page = f"{mark}V300  Do not\n*View 1\n$x\n{line}///---\\\\\\\n"
    equations = "drawn=1~~|hidden=2~~|" + CLOCK.format(step=1)
    assert found("SD107", equations.replace(CLOCK.format(step=1), "")) == []  # there is no sketch
    told = found("SD107", equations.replace(CLOCK.format(step=1), ""), step="1 ~Day~|\n" + page)
    assert names(told) == ["hidden"]


def test_numbers_have_names(found: Found) -> None:
    text = "x= Time*0.3+0.3 ~~|y= 0.3-x+0.7*100-3 ~~|z= 0.3 ~~|w= INTEG(z, 0.3) ~~|"
    assert found("SD201", text) == [("x", "the number 0.3 stands in equations 4 times, in line 1")]
    assert found("SD201", text, repeated_numbers=5) == []
    assert names(found("SD202", text)) == ["x", "x", "y", "y", "w"]
    assert found("SD202", text, ordinary_numbers=(0.3, 0.7, 3.0, 100.0)) == []


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("d=5 ~Day[0,9]~|x= Time/d ~~|", ["x"]),
        ("d=5 ~Day[1,9]~|x= Time/d ~~|", []),
        ("d=5 ~Day[0,9]~|x= ZIDZ(Time, d) ~~|", []),
        ("d=5 ~Day[0,9]~|x= IF THEN ELSE(d > 0, Time/d, 0) ~~|", []),
        ("d=5 ~Day[-1,9]~|x= MAX(1, Time/d) ~~|", ["x"]),
    ],
)
def test_divisors_cannot_be_set_to_zero(found: Found, text: str, told: list[str]) -> None:
    assert names(found("SD204", text)) == told


@pytest.mark.parametrize(
    ("condition", "step", "is_told"),
    [
        ("Time = 3", "0.5", False),
        ("Time = 3", "0.1", True),
        ("Time = half", "0.5", True),
        ("stock = 3", "0.5", True),
        ("stock = 0", "0.5", False),
        ("stock = :NA:", "0.5", False),
        ("switch = 1", "0.5", False),
        ("half <> 1", "0.5", True),
        ("INTEGER(stock) = 3", "0.5", False),
        ("MODULO(Time, 4) = 0", "0.1", False),
        ("count = 3", "0.5", False),
        ("MAX(count, switch)+1 = 2*count", "0.5", False),
        ("(stock > 3) = switch", "0.5", False),
    ],
)
def test_fractions_are_not_compared_for_equality(
    found: Found, condition: str, step: str, is_told: bool
) -> None:
    text = (
        "stock=INTEG(half, 0)~~|half=0.5~~|switch=1~~|count=IF THEN ELSE(stock>3, switch, 2)~~|"
        f"x= IF THEN ELSE({condition}, 1, 0) ~~|"
    )
    assert names(found("SD205", text, step=step)) == ["x"] * is_told


def test_whole_numbers_are_followed_through_circles(tmp_path: Path) -> None:
    path = tmp_path / "m.mdl"
    text = "n=INTEG(m, 0)~~|m=n+1~~|k:a,b~~|c[k]=1,2~~|d[k]=1,2.5~~|" + CLOCK.format(step=1)
    path.write_text(text, encoding="utf-8")
    model = sd.load(path)
    whole = Whole(Subject(model, Rules()))
    one = {v.key: v.equation for v in model.source.variables}
    assert not whole.is_whole(one["m"])  # type: ignore[arg-type]
    assert whole._variable("c", 0)
    assert not whole._variable("d", 0)


def test_lookups_have_names(found: Found) -> None:
    assert names(found("SD206", "x= WITH LOOKUP(Time, ((0,1),(9,2))) ~~|")) == ["x"]


def test_units_are_missed_only_where_others_have_them(found: Found) -> None:
    bare = "a=1~~|b=2~~|c=3~~|d=4~~|e=5~~|"
    assert found("SD301", bare) == []
    assert len(found("SD301", bare, profile="vensim-classic")) == 5
    some = "a=1~kg~|b=2~kg~|c=3~kg~|d=4~~|"
    assert names(found("SD301", some)) == ["d"]


def test_comments_units_and_clocks(found: Found) -> None:
    assert names(found("SD302", "a=1~kg~Said.|b=2~kg~|")) == ["b"]
    assert names(found("SD304", "a=1~kg/(Day~|")) == ["a"]
    assert found("SD306", "a=1~~|") == []
    spelled = "a=1~kg/Day~|b=2~kg/Day~|c=3~kg/days~|d=1~Dmnl~|e=1~dmnl~|f=1~kg/kg~|"
    assert names(found("SD307", spelled)) == ["c", "e"]


@pytest.mark.parametrize(("step", "told"), [("0.5", 0), ("0.1", 1), ("2", 0), ("0.375", 1)])
def test_steps_are_powers_of_two(found: Found, step: str, told: int) -> None:
    assert len(found("SD402", "x=1~~|", step=step)) == told


@pytest.mark.parametrize(
    ("step", "cure"),
    [("0.5", ""), ("0.1", ""), ("0.3", "TIME STEP = 0.25 does"), ("4", "TIME STEP = 1 does")],
)
def test_steps_fit(tmp_path: Path, step: str, cure: str) -> None:
    path = tmp_path / "m.mdl"
    path.write_text("x=1~~|" + CLOCK.format(step=step), encoding="utf-8")
    told = sd.check(path, Rules(select=frozenset(["SD401"])))
    assert [one.problem.cure for one in told] == [cure] * bool(cure)


def test_points_of_lookups_rise(found: Found) -> None:
    text = "f([(0,0)-(9,9)],(0,0),(2,1),(1,2)) ~~|g(0,1,1,3,5,6,7,8) ~~|h((0,0),(1,1)) ~~|"
    assert names(found("SD502", text)) == ["f"]
    assert names(found("SD503", text)) == ["g"]
    inline = "x= WITH LOOKUP(Time, ((0,1),(9,2),(3,3))) ~~|"
    assert names(found("SD502", inline)) == ["x"]


def test_names_are_as_the_profile_wants(found: Found) -> None:
    text = "stock=INTEG(flow,1)~~|flow=2~~|Level=INTEG(GDP growth,1)~~|GDP growth=Time~~|Rate=3~~|"
    assert found("SD601", text) == []
    classic = found("SD601", text, profile="vensim-classic")
    assert names(classic) == ["stock", "Rate"]
    own = found("SD601", text, profile="vensim-classic", names={"stock": "s.*", "constant": ".*"})
    assert [message for _, message in own] == ["the stock 'Level' should be as 's.*' says"]
    switches = "SWITCH_A=1~~|policy switch=0~~|MY_RATE=1~~|"
    assert names(found("SD601", switches, profile="locomotion")) == ["policy switch"]
