"""Loops: found in the equations, given a sign by nudging, and cut."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.validation.graph import Dependencies, Signs

Text = Callable[..., str]

# Growth that slows down, with a switch in the loop that slows it.
GROWTH = """
firms = INTEG(births - deaths, 10) ~ ~ |
births = birth rate*firms*held room ~ ~ |
deaths = firms/lifetime ~ ~ |
room = 1 - firms/places ~ ~ |
held room = crowding switch*room + (1 - crowding switch)*room of base(Time) ~ ~ |
crowding switch = 1 ~ ~ |
room of base((0,1),(100,1)) ~ ~ |
birth rate = 0.5 ~ ~ |
lifetime = 5 ~ ~ |
places = 100 ~ ~ |
"""
CROWDING = """
[loops.B1]
label = "crowding"
polarity = "-"
path = ["firms", "room", "held room", "births"]
held = "held room"
live = "room"
link = "room"
switch = "crowding switch"
base_path = "room of base"
"""
BIRTHS = '[loops.R1]\npolarity = "+"\npath = ["firms", "births"]\n'
SETTINGS = """
[scenarios.more_births]
set = { "birth rate" = 1 }
[outcomes.firms]
of = "firms"
"""


@pytest.fixture
def loops(tmp_path: Path, mdl: Text) -> Callable[..., sd.ValidationResult]:
    """Return a maker of the result of V13."""

    def make(expectations: str, equations: str = GROWTH, settings: str = SETTINGS):  # type: ignore[no-untyped-def]
        path = tmp_path / "firms.mdl"
        text = mdl(equations, "rk4", FINAL_TIME=40, TIME_STEP=0.125, SAVEPER=1)
        path.write_text(text, encoding="utf-8")
        path.with_suffix(".toml").write_text(settings, encoding="utf-8")
        path.with_suffix(".expectations.toml").write_text(expectations, encoding="utf-8")
        return sd.validate(sd.load(path), only=["V13"])["V13"]

    return make


def test_a_loop_with_a_switch(loops: Callable[..., sd.ValidationResult]) -> None:
    result = loops(CROWDING)
    assert result.status == "pass"
    ((name, present, sign, live, effect, where),) = result.rows
    assert (name, present, sign, where) == ("B1 crowding", "every link", "-", "more_births, firms")
    assert live.startswith("same bits in")
    # Crowding held, twice the births give far more firms than there are places for.
    assert float(effect.split()[0]) < 40 < float(effect.split()[4])


def test_a_switch_that_is_not_inert_is_found(loops: Callable[..., sd.ValidationResult]) -> None:
    result = loops(CROWDING, GROWTH.replace("crowding switch*room +", "crowding switch*0.9*room +"))
    assert result.status == "fail"
    assert str(result.rows[0][3]).startswith("differs in")


def test_a_cut_that_misses_the_base_run_is_found(
    loops: Callable[..., sd.ValidationResult],
) -> None:
    # The course is that of `link`, but the equation holds something else.
    result = loops(CROWDING.replace('link = "room"', 'link = "births"'))
    assert result.status == "fail"
    assert "base run is missed" in str(result.rows[0][4])


def test_a_missing_link_is_named(loops: Callable[..., sd.ValidationResult]) -> None:
    result = loops(BIRTHS.replace('"firms", "births"', '"firms", "room", "births"'))
    assert result.status == "fail"
    assert result.rows[0][1] == "lacks room -> births"


def test_the_wrong_sign_fails(loops: Callable[..., sd.ValidationResult]) -> None:
    assert loops(BIRTHS).status == "pass"
    result = loops(BIRTHS.replace('"+"', '"-"'))
    assert result.status == "fail"
    assert result.rows[0][2] == "+, but - declared"


def test_a_changing_sign_is_a_finding(loops: Callable[..., sd.ValidationResult]) -> None:
    humped = "x = INTEG(0.1*x*(2 - x), 0.1) ~ ~ |\ny = x*(2 - x) ~ ~ |\n"
    model = humped.replace("0.1*x*(2 - x)", "0.1*y + 0.05")
    result = loops('[loops.R]\npolarity = "+"\npath = ["x", "y"]\n', model, "")
    assert result.status == "finding"
    assert "- at" in str(result.rows[0][2])


def test_a_model_without_switches_is_cut_too(loops: Callable[..., sd.ValidationResult]) -> None:
    text = CROWDING[: CROWDING.index("held =")] + 'cut = "room"\n'
    with_switch, without = loops(CROWDING), loops(text)
    assert without.status == "pass"
    assert without.rows[0][3] == "no switch to test"
    assert without.rows[0][4:] == with_switch.rows[0][4:]


def test_elements_have_courses_of_their_own(loops: Callable[..., sd.ValidationResult]) -> None:
    model = """
    town: a, b ~ ~ |
    people[town] = INTEG(0.1*held people[town], start[town]) ~ ~ |
    start[a] = 1 ~ ~ |
    start[b] = 2 ~ ~ |
    held people[town] = on*people[town] + (1 - on)*course[town](Time) ~ ~ |
    on = 1 ~ ~ |
    course[a]((0,0),(1,0)) ~ ~ |
    course[b]((0,0),(1,0)) ~ ~ |
    """
    text = '[loops.R]\npath = ["people", "held people"]\npolarity = "+"\n'
    text += 'switch = "on"\nbase_path = "course"\nlink = "people"\n'
    result = loops(text, model, "")
    assert result.status == "pass"
    assert result.rows[0][4] == "below 1% everywhere"
    one = loops(text.replace('base_path = "course"', 'base_path = "course[a]"'), model, "")
    assert one.status == "fail"  # the other town follows the points of the file
    assert "base run is missed" in str(one.rows[0][4])


# The graph and the signs --------------------------------------------------------------------------


def test_what_a_stock_begins_with_is_no_link(model: Callable[..., sd.Model]) -> None:
    made = model(
        """
        x = INTEG(y, z)
        y = 1 + INITIAL(x)
        z = 3
        s = SMOOTHI(y, z, 2)
        look((0,0),(1,1))
        w = look(s)
        """
    )
    uses = Dependencies(made).uses
    assert uses["x"] == {"y"}
    assert uses["y"] == frozenset()
    assert uses["s"] == {"y", "z"}
    assert uses["w"] == {"look", "s"}


@pytest.mark.parametrize(
    ("equation", "sign"),
    [
        ("3*x", 1),
        ("1/x", -1),
        ("x*x - 2*x*x", -1),
        ("SMOOTH(x, 5)", 1),
        ("-DELAY3(x, 5)", -1),
        ("1/DELAY N(x + 1, 5, 1, 4)", -1),
        ("INTEG(-SMOOTH3(x, 5), 1)", -1),
        ("INTEG(-x, 5)", -1),
        ("MAX(x, 1000)", 0),
        ("IF THEN ELSE(Time > 99, x, 0)", 0),
    ],
)
def test_signs_of_links(equation: str, sign: int, model: Callable[..., sd.Model]) -> None:
    made = model(f"x = INTEG(1, 2)\ny = {equation}")
    assert set(Signs(made).of_link("x", "y")) == {float(sign)}


def test_the_sign_of_a_link_is_that_of_its_equation_alone(model: Callable[..., sd.Model]) -> None:
    made = model("x = INTEG(1, 2)\na = 2*x\nb = a - 3*x\n")
    signs = Signs(made)
    assert set(signs.of_link("a", "b")) == {1.0}
    assert set(signs.of_link("x", "b")) == {-1.0}
    assert np.array_equal(signs.times, [0, 1, 2, 3, 4])
