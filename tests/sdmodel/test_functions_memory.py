"""Functions that remember from step to step, financial functions, and functions of XMILE."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.model import Model

Maker = Callable[..., Model]
Values = Callable[..., list[float]]


# Depreciation -----------------------------------------------------------------------------------


def test_depreciation_as_recorded(values: Values, every_engine: str) -> None:
    # SDEverywhere models, depreciate: two investments, twenty years, recorded by Vensim.
    text = """
    new = IF THEN ELSE(Time = 2022, 1000, IF THEN ELSE(Time = 2026, 2500, 0))
    lifetime = 20
    x = DEPRECIATE STRAIGHTLINE(1e6 * new, lifetime, 1, 0)
    """
    xs = values(text, INITIAL_TIME=2020, FINAL_TIME=2050)
    assert xs == [0.0] * 2 + [5e7] * 4 + [1.75e8] * 16 + [1.25e8] * 4 + [0.0] * 5


def test_depreciation_that_begins_in_balance_stays(values: Values, every_engine: str) -> None:
    xs = values("x = DEPRECIATE STRAIGHTLINE(7, 6, 2, 7)", FINAL_TIME=20, TIME_STEP=0.5)
    assert xs == pytest.approx([7.0] * 41)


@pytest.mark.parametrize("step", [1, 0.5, 0.25, 0.1])
def test_every_investment_is_written_off_once(step: float, model: Maker) -> None:
    # What is invested before the first half of a period ends is shown and passed on in full.
    text = "str = PULSE(2, 2) * 6\ntotal = INTEG(x, 0)\nx = DEPRECIATE STRAIGHTLINE(str, 8, 2, 0)"
    run = model(text, FINAL_TIME=20, TIME_STEP=step, SAVEPER=1).run(method="vensim")
    xs = run.values("x")
    assert xs[2] == pytest.approx(6 * 2 / 8)
    assert xs[5] == pytest.approx(6 * 2 / 8)
    assert xs[15:] == pytest.approx(np.zeros(6), abs=1e-9)
    assert run.values("total")[-1] == pytest.approx(6 * 2, rel=1e-9)


def test_depreciation_needs_a_lifetime_known_before_the_run(model: Maker) -> None:
    with pytest.raises(sd.ModelError) as caught:
        model("x = DEPRECIATE STRAIGHTLINE(1, stock, 1, 0)\nstock = INTEG(1, 5)")
    message = caught.value.problems[0].message
    assert "lifetime / fiscal period must be known before the run" in message
    assert caught.value.problems[0].cure == "write it as a number or a constant"
    with pytest.raises(sd.ModelError, match="a lifetime is 1 to 1000 fiscal periods, not 5000"):
        model("x = DEPRECIATE STRAIGHTLINE(1, 5000, 1, 0)")


# Present values -------------------------------------------------------------------------------


def test_net_present_value_at_the_end_of_each_period(values: Values) -> None:
    # The manual says that NPVE is what spreadsheets compute: the first payment is discounted too.
    rate = 0.1
    xs = values(f"x = NPVE(4, {rate}, 0, 1)")
    expected = [4 * sum((1 + rate) ** -k for k in range(1, n + 2)) for n in range(5)]
    assert xs == pytest.approx(expected, rel=1e-12)


def test_net_present_value_of_a_continuous_stream_by_fine_steps(values: Values) -> None:
    xs = values("x = NPV(4, 0.1, 0, 1)", FINAL_TIME=10, TIME_STEP=1 / 1024)
    assert xs[-1] == pytest.approx(4 / 0.1 * (1 - math.exp(-1)), rel=2e-3)


# Smooths and delays: facts that are easily got wrong ---------------------------------------------


def test_smooth_with_an_initial_value_moves_from_its_first_step_on(
    values: Values, every_engine: str
) -> None:
    # Its first value is the initial one, and by Euler the first step moves from there already.
    assert values("x = SMOOTHI(10, 2, 4)") == pytest.approx([4, 7, 8.5, 9.25, 9.625])


def test_a_state_that_begins_whole_does_not_stay_whole(values: Values, every_engine: str) -> None:
    # An array of whole numbers would cut the fractions of what is added off.
    assert values("x = SMOOTH(STEP(1, 1), 4)") == pytest.approx([0, 0, 0.25, 0.4375, 0.578125])
    assert values("x = INTEG(0.5, 1)") == [1, 1.5, 2, 2.5, 3]
    assert values("x = DELAY1I(1, 4, 0)")[1] == 0.25


def test_a_variable_may_be_named_like_a_constant_of_another_language(values: Values) -> None:
    assert values("pi = 3\nx = pi * 2")[0] == 6
    assert values("e = 5\nx = EXP(0) * e")[0] == 5
    assert values("inf = 2\nx = inf + 1")[0] == 3


@pytest.mark.parametrize("name", ["DELAY MATERIAL", "DELAY INFORMATION"])
def test_discrete_delays_of_a_constant_time_are_delay_fixed(name: str, values: Values) -> None:
    more = ", 99" if name == "DELAY MATERIAL" else ""
    text = "lag = 2\nin = Time^2\nx = {}(in, lag, 7{})"
    assert values(text.format(name, more)) == values(text.format("DELAY FIXED", ""))
    assert values(text.format(name, more)) == [7, 7, 0, 1, 4]


@pytest.mark.parametrize("name", ["DELAY MATERIAL", "DELAY INFORMATION"])
def test_discrete_delays_of_a_changing_time_are_refused(name: str, model: Maker) -> None:
    more = ", 0" if name == "DELAY MATERIAL" else ""
    with pytest.raises(sd.ModelError) as caught:
        model(f"x = {name}(Time, 1 + Time, 0{more})")
    problem = caught.value.problems[0]
    assert f"the delay time of {name} must not change" in problem.message
    assert problem.cure == "give it a constant delay time, or use DELAY N with a high order"
    assert problem.kind == "unsupported"


# Special stocks --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("SINTEG(2, 1, :NA:, :NA:, :NA:, :NA:, :NA:)", [1, 3, 5, 7, 9]),
        ("SINTEG(2, 1, 0, 6, :NA:, :NA:, :NA:)", [1, 3, 5, 6, 6]),
        ("SINTEG(-2, 5, 0, 100, :NA:, :NA:, :NA:)", [5, 3, 1, 0, 0]),
        # What went beyond a bound is lost.
        ("SINTEG(4 - 3*STEP(2, 2), 0, 0, 5, :NA:, :NA:, :NA:)", [0, 4, 5, 3, 1]),
        # Within the threshold of the special value it takes that value, and goes on from there.
        ("SINTEG(-1, 1.505, :NA:, :NA:, :NA:, 0.5, 0.01)", [1.505, 0.5, -0.5, -1.5, -2.5]),
    ],
)
def test_special_integration(
    call: str, expected: list[float], values: Values, every_engine: str
) -> None:
    assert values(f"x = {call}") == pytest.approx(expected)


def test_special_integration_to_whole_multiples_is_refused(model: Maker) -> None:
    with pytest.raises(sd.ModelError) as caught:
        model("x = SINTEG(1, 0, :NA:, :NA:, 1, :NA:, :NA:)")
    assert "SINTEG is read without a quantum" in caught.value.problems[0].message
    assert "QUANTUM" in caught.value.problems[0].cure


# Time ---------------------------------------------------------------------------------------------


def test_time_base(values: Values) -> None:
    assert values("x = TIME BASE(1970, 0.25)", INITIAL_TIME=2, FINAL_TIME=4) == [
        1970.5,
        1970.75,
        1971,
    ]


def test_get_time_value(values: Values) -> None:
    # SDXorg test-models, get_time_value: measure 0 is Time plus the offset.
    assert values("x = GET TIME VALUE(0, -3, 0)", INITIAL_TIME=5, FINAL_TIME=7) == [2, 3, 4]
    assert values("x = GET TIME VALUE(1, Time, 0)", INITIAL_TIME=5, FINAL_TIME=7) == [10, 11, 12]


@pytest.mark.parametrize(
    ("call", "message"),
    [
        ("GET TIME VALUE(2, 0, 0)", "GET TIME VALUE may not read the clock"),
        ("GET TIME VALUE(0, 0, stock)", "the measure of GET TIME VALUE must be known before"),
        ("GET TIME VALUE(stock, 0, 0)", "what GET TIME VALUE is relative to must be known"),
    ],
)
def test_other_measures_of_time_are_refused(call: str, message: str, model: Maker) -> None:
    with pytest.raises(sd.ModelError) as caught:
        model(f"x = {call}\nstock = INTEG(1, 0)")
    assert message in caught.value.problems[0].message
    assert caught.value.problems[0].cure


# XMILE ------------------------------------------------------------------------------------------


def test_previous(values: Values, every_engine: str) -> None:
    assert values("x = PREVIOUS(Time^2, 7)") == [7, 0, 1, 4, 9]
    assert values("x = PREVIOUS(PREVIOUS(Time, 8), 9)") == [9, 8, 0, 1, 2]


def test_previous_value_of_itself(values: Values) -> None:
    assert values("count = PREVIOUS(next, 0)\nnext = count + 1\nx = next") == [1, 2, 3, 4, 5]


@pytest.mark.parametrize(
    ("x", "floor"), [(2.7, 2), (-2.7, -3), (-2, -2), (0, 0), (-0.1, -1), (1e300, 1e300)]
)
def test_xmile_int_rounds_down(x: float, floor: float, values: Values) -> None:
    assert values(f"x = XMILE INT({x})")[0] == floor


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("XMILE PULSE(6, 1)", [0, 0, 12, 0, 0, 0, 0, 0, 0]),
        ("XMILE PULSE(6, 1, 0)", [0, 0, 12, 0, 0, 0, 0, 0, 0]),
        ("XMILE PULSE(6, 1, 1.5)", [0, 0, 12, 0, 0, 12, 0, 0, 12]),
        ("XMILE PULSE(6, 1, 0.5)", [0, 0] + [12] * 7),
        ("XMILE PULSE(6, -1, 2)", [0, 0, 12, 0, 0, 0, 12, 0, 0]),
    ],
)
def test_xmile_pulse(call: str, expected: list[float], values: Values, every_engine: str) -> None:
    assert values(f"x = {call}", TIME_STEP=0.5) == expected


def test_xmile_pulse_adds_up_to_its_magnitude(model: Maker) -> None:
    for step in (0.1, 0.25, 1):
        made = model("s = INTEG(XMILE PULSE(6, 1, 2), 0)", TIME_STEP=step, SAVEPER=1)
        assert made.run(method="vensim").values("s") == pytest.approx([0, 0, 6, 6, 12])
