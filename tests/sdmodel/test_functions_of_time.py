"""Test inputs, delays, trends and held values, against paper, manual and recorded runs."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.model import Model

Maker = Callable[..., Model]
Values = Callable[..., list[float]]


# Test inputs ------------------------------------------------------------------------------------


def on(xs: list[float], step: float) -> list[float]:
    """Return the times at which a course is not zero."""
    return [round(i * step, 9) for i, x in enumerate(xs) if x]


def test_step_with_a_step_of_a_tenth_comes_exactly_once_and_in_time(values: Values) -> None:
    for when in (0.1, 0.3, 0.6, 0.7, 1.1, 1.7):
        xs = values(f"x = STEP(2, {when})", TIME_STEP=0.1, FINAL_TIME=2)
        assert set(xs) == {0.0, 2.0}
        assert np.count_nonzero(np.diff(xs)) == 1
        assert on(xs, 0.1)[0] == when
        assert xs[-1] == 2.0


def test_step_between_two_steps_comes_at_the_nearer_one(values: Values) -> None:
    # Manual, STEP: Time + TIME STEP/2 > step time.
    assert on(values("x = STEP(1, 1.3)"), 1)[0] == 1
    assert on(values("x = STEP(1, 1.7)"), 1)[0] == 2
    assert on(values("x = STEP(1, 1.5)"), 1)[0] == 2
    assert on(values("x = STEP(1, -5)"), 1)[0] == 0
    assert on(values("x = STEP(1, 50)"), 1) == []


def test_pulse(values: Values) -> None:
    assert on(values("x = PULSE(1, 2)", FINAL_TIME=6), 1) == [1, 2]
    assert on(values("x = PULSE(1, 0)", FINAL_TIME=6), 1) == [1]
    assert on(values("x = PULSE(1, -3)", FINAL_TIME=6), 1) == [1]
    assert on(values("x = PULSE(1, 0.6)", FINAL_TIME=6), 1) == [1]
    assert on(values("x = PULSE(-2, 4)", FINAL_TIME=6), 1) == [0, 1]
    assert on(values("x = PULSE(0.3, 0.2)", TIME_STEP=0.1), 0.1) == [0.3, 0.4]


def test_a_pulse_without_a_width_keeps_its_width_under_another_step(model: Maker) -> None:
    made = model("filled = INTEG(PULSE(1, 0), 0)")
    for step in (1, 0.5, 0.125):
        run = made.run(method="euler", time_step=step)
        assert run.values("filled")[-1] == pytest.approx(1.0)


def test_pulse_train(values: Values) -> None:
    train = "x = PULSE TRAIN({})"
    assert on(values(train.format("2, 1, 5, 14"), FINAL_TIME=20), 1) == [2, 7, 12]
    assert on(values(train.format("2, 2, 5, 12"), FINAL_TIME=20), 1) == [2, 3, 7, 8, 12]
    assert on(values(train.format("0, 1, 2, 100"), FINAL_TIME=8), 1) == [0, 2, 4, 6, 8]
    assert on(values(train.format("9, 1, 2, 4"), FINAL_TIME=20), 1) == []
    # Manual, PULSE TRAIN: no pulse is shorter than a TIME STEP ...
    assert on(values(train.format("1, 0, 3, 100"), FINAL_TIME=8), 1) == [1, 4, 7]
    assert on(values(train.format("1, 0.2, 3, 100"), FINAL_TIME=8), 1) == [1, 4, 7]
    # ... and where they overlap it is on from start to end.
    assert on(values(train.format("1, 3, 2, 6"), FINAL_TIME=8), 1) == [1, 2, 3, 4, 5, 6]
    assert on(values(train.format("1, 1, 0, 6"), FINAL_TIME=8), 1) == [1, 2, 3, 4, 5, 6]


def test_pulse_train_over_a_whole_run_of_tenths_loses_no_pulse(values: Values) -> None:
    xs = values("x = PULSE TRAIN(0.3, 0.1, 0.7, 100)", TIME_STEP=0.1, FINAL_TIME=70)
    expected = [round(0.3 + 0.7 * k, 1) for k in range(100) if 0.3 + 0.7 * k < 70.05]
    assert on(xs, 0.1) == expected


def test_a_pulse_may_begin_at_the_very_end_of_its_train(values: Values) -> None:
    # Recorded (SDEverywhere, pulsetrain); 3 * 0.1 is a little more than 0.3.
    assert on(values("x = PULSE TRAIN(0, 0.1, 0.3, 0.3)", TIME_STEP=0.1), 0.1) == [0, 0.3]
    assert on(values("x = PULSE TRAIN(1, 1, 2, 3)"), 1) == [1, 3]


def test_ramp(values: Values) -> None:
    # Manual, RAMP: 0 until the start, then a line, then constant from the end on.
    assert values("x = RAMP(2, 1, 3)") == [0, 0, 2, 4, 4]
    assert values("x = RAMP(-1, 0, 2)") == [0, -1, -2, -2, -2]
    assert values("x = RAMP(2, 1, 1)") == [0, 0, 0, 0, 0]
    assert values("x = RAMP(2, 9, 12)") == [0, 0, 0, 0, 0]
    assert values("x = RAMP(1, -2, 100)") == [2, 3, 4, 5, 6]


def test_ramp_with_the_end_before_the_start_goes_on(values: Values) -> None:
    assert values("x = RAMP(2, 1, 0)") == [0, 0, 2, 4, 6]


# Smooths and delays -----------------------------------------------------------------------------


def erlang(order: int, t: float, delay: float) -> float:
    """Return the response of a chain of equal stages to a step from 0 to 1, worked out on paper."""
    u = order * t / delay
    return 1 - math.exp(-u) * sum(u**k / math.factorial(k) for k in range(order))


@pytest.mark.parametrize(
    ("call", "order"),
    [
        ("SMOOTH({input}, 4)", 1),
        ("SMOOTHI({input}, 4, 0)", 1),
        ("SMOOTH3({input}, 4)", 3),
        ("SMOOTH3I({input}, 4, 0)", 3),
        ("SMOOTH N({input}, 4, 0, 5)", 5),
        ("DELAY1({input}, 4)", 1),
        ("DELAY1I({input}, 4, 0)", 1),
        ("DELAY3({input}, 4)", 3),
        ("DELAY3I({input}, 4, 0)", 3),
        ("DELAY N({input}, 4, 0, 5)", 5),
    ],
)
def test_step_responses(call: str, order: int, model: Maker) -> None:
    made = model(f"x = {call.format(input='STEP(1, 0.001)')}", FINAL_TIME=12, TIME_STEP=0.001)
    run = made.run(method="rk4", save_every=1)
    expected = [erlang(order, max(t - 0.001, 0), 4) for t in run.times]
    assert run.values("x") == pytest.approx(expected, abs=1e-3)


@pytest.mark.parametrize(
    "call",
    ["SMOOTH(a, 3)", "SMOOTH3(a, 3)", "DELAY1(a, 3)", "DELAY3(a, 3)", "SMOOTHI(a, 3, a)",
     "DELAY1I(a, 3, a)", "DELAY3I(a, 3, a)", "SMOOTH N(a, 3, a, 4)", "DELAY N(a, 3, a, 2)"],
)  # fmt: skip
def test_in_balance_nothing_moves(call: str, values: Values) -> None:
    assert values(f"x = {call}\na = 5", FINAL_TIME=20) == pytest.approx([5.0] * 21, rel=1e-14)


@pytest.mark.parametrize(
    ("call", "start"),
    [("SMOOTHI(a, 3, 9)", 9), ("DELAY1I(a, 3, 9)", 9), ("SMOOTH3I(a, 3, 9)", 9),
     ("DELAY3I(a, 3, 9)", 9), ("SMOOTH N(a, 3, 9, 2)", 9), ("DELAY N(a, 3, 9, 2)", 9)],
)  # fmt: skip
def test_an_initial_value_is_where_it_begins(call: str, start: float, values: Values) -> None:
    xs = values(f"x = {call}\na = 5", FINAL_TIME=60)
    assert xs[0] == start
    assert xs[-1] == pytest.approx(5.0, abs=1e-6)


@pytest.mark.parametrize("call", ["DELAY1(inflow, lag)", "DELAY3(inflow, lag)"])
def test_material_is_conserved_also_when_the_delay_changes(call: str, model: Maker) -> None:
    made = model(
        f"""
        inflow = 5 + 3*SIN(Time)
        lag = 4 + STEP(3, 5) - STEP(5, 12)
        outflow = {call}
        entered = INTEG(inflow, 0)
        left = INTEG(outflow, 0)
        """,
        FINAL_TIME=30,
        TIME_STEP=0.25,
    )
    run = made.run(method="vensim")
    inside = run.values("entered") - run.values("left") + 5 * 4  # what was in it at first
    assert (inside > 0).all()
    # Once the inflow stops everything leaves.
    emptied = made.replace("inflow", "5 - STEP(5, 10)").run(method="vensim", final_time=200)
    entered, left = emptied.values("entered")[-1], emptied.values("left")[-1]
    assert entered + 5 * 4 == pytest.approx(left, rel=1e-9)


def test_delay_n_lowers_its_order_to_the_steps_it_has_room_for(values: Values) -> None:
    # Recorded (SDXorg, tests/delay_pipeline): a delay of 2.5 steps has two stages, not three.
    control = {"TIME_STEP": 0.5, "FINAL_TIME": 3}
    x = values("x = DELAY N(-1, 1.25, 6, 3)", **control)
    assert x == pytest.approx(
        [6, 6 - 5.6 + 5.6, 1.52, -0.272, -0.8096, -0.95296, -0.9888], rel=1e-9
    )
    assert x == values("x = DELAY N(-1, 1.25, 6, 2)", **control)


@pytest.mark.parametrize(
    "lag", ["STEP(2, 5) + 4", "other", "SMOOTH(4 + STEP(2, 5), 1)", "Time + 4"]
)
def test_delay_n_reads_a_changing_delay_time_one_step_late(lag: str, model: Maker) -> None:
    # Recorded (SDXorg, tests/delays). Where the equations stand in the file must not matter.
    lines = ["inflow = 5 + SIN(Time)", f"lag = {lag}", "other = 4 + level", "level = INTEG(0.5, 0)"]
    late = ["late = DELAY FIXED(lag, TIME STEP, lag)"]  # what the last stage reads
    stage = "flow = DELAY1I(inflow, lag/2, 3)"
    last = "x = INTEG(flow - out, 3*INITIAL(lag)/2)\nout = x/(late/2)"
    chain = model("\n".join([*lines, *late, stage, last]), TIME_STEP=0.5, FINAL_TIME=12)
    expected = chain.run(method="vensim").values("out")
    for order in (lines, lines[::-1]):
        for place in (0, len(order)):
            with_delay = [*order[:place], "x = DELAY N(inflow, lag, 3, 2)", *order[place:]]
            made = model("\n".join(with_delay), TIME_STEP=0.5, FINAL_TIME=12)
            got = made.run(method="vensim").values("x")
            assert got == pytest.approx(expected, rel=1e-12)


def test_delay_n_of_a_delay_time_that_is_known_only_in_the_run(values: Values) -> None:
    text = "x = DELAY N(1, lag, 0, 3)\nlag = stock\nstock = INTEG(0, 6)"
    assert values(text, TIME_STEP=0.25)[-1] > 0


def test_order_of_a_smooth_may_be_computed(model: Maker) -> None:
    made = model(
        "stages = 2 + more\nmore = 1\nx = SMOOTH N(STEP(1, 1), 4, 0, stages)", FINAL_TIME=9
    )
    same = model("x = SMOOTH3(STEP(1, 1), 4)", FINAL_TIME=9)
    assert np.array_equal(made.run().values("x"), same.run().values("x"))
    for order, stages in (
        ("INITIAL(3)", 3),
        ("ACTIVE INITIAL(7, 3)", 3),
        ("INTEGER(3.9)", 3),
        ("2.5", 3),
        ("2.4", 2),
        ("0", 1),
        ("-4", 1),
        ("Time + 3", 3),
        ("IF THEN ELSE(more > 0, 3, 5)", 3),
        ("IF THEN ELSE(more > 1, 5, 3)", 3),
    ):
        changed = made.replace("stages", order)
        count = sum(stock.variable == "x" for stock in changed.program.stocks)
        assert count == stages, order


def test_delay_fixed(values: Values) -> None:
    ramp = {"FINAL_TIME": 8}
    assert values("x = DELAY FIXED(Time, 3, -1)", **ramp) == [-1, -1, -1, 0, 1, 2, 3, 4, 5]
    assert values("x = DELAY FIXED(Time, 1, -1)", **ramp) == [-1, 0, 1, 2, 3, 4, 5, 6, 7]
    # Manual, DELAY FIXED: a delay shorter than TIME STEP is as long as TIME STEP.
    for short in ("0", "0.4", "-2"):
        assert values(f"x = DELAY FIXED(Time, {short}, -1)", **ramp)[:3] == [-1, 0, 1]
    # Recorded (SDXorg, tests/delay_pipeline): a part of a step counts as a whole one.
    assert values("x = DELAY FIXED(Time, 2.5, -1)", **ramp)[:5] == [-1, -1, -1, 0, 1]
    assert values("x = DELAY FIXED(Time, 100, -1)", **ramp) == [-1] * 9
    assert values("x = DELAY FIXED(Time, 1e30, -1)", **ramp) == [-1] * 9


def test_delay_fixed_of_tenths_is_as_long_as_it_says(values: Values) -> None:
    xs = values("x = DELAY FIXED(STEP(1, 0), 0.7, 0)", TIME_STEP=0.1, FINAL_TIME=3)
    assert on(xs, 0.1)[0] == 0.7


def test_delay_fixed_takes_the_delay_of_the_start(values: Values) -> None:
    xs = values("lag = 2 + STEP(5, 1)\nx = DELAY FIXED(Time, lag, -1)", FINAL_TIME=6)
    assert xs == [-1, -1, 0, 1, 2, 3, 4]


def test_delay_fixed_of_itself(values: Values) -> None:
    assert values("x = DELAY FIXED(x + 1, 1, 0)") == [0, 1, 2, 3, 4]


def test_delay_fixed_without_a_finite_delay_has_no_value(model: Maker) -> None:
    with pytest.warns(sd.NonFiniteWarning, match="'x' is no longer a finite number"):
        model("x = DELAY FIXED(1, 0/0, 2)").run(engine="reference")


# Trends and values ------------------------------------------------------------------------------


@pytest.mark.parametrize("growth", [0.03, -0.05])
def test_trend_of_exponential_growth_is_its_rate(growth: float, model: Maker) -> None:
    made = model(
        f"money = INTEG(money*{growth}, 100)\nx = TREND(money, 4, 0)",
        FINAL_TIME=80,
        TIME_STEP=0.125,
    )
    x = made.run(method="rk4").values("x")
    assert x[0] == 0.0
    assert x[-1] == pytest.approx(growth, rel=1e-5)


def test_trend_that_begins_right_stays(model: Maker) -> None:
    text = "money = INTEG(money*0.03, 100)\nx = TREND(money, 4, 0.03)"
    x = model(text, FINAL_TIME=40, TIME_STEP=0.125).run(method="rk4").values("x")
    assert x == pytest.approx([0.03] * len(x), rel=1e-6)


def test_trend_of_what_is_negative_has_the_sign_of_its_growth(values: Values) -> None:
    assert values("x = TREND(-10 - Time, 2, 0)")[-1] < 0
    assert values("x = TREND(0, 2, 0)")[-1] == 0


def test_forecast(model: Maker) -> None:
    # Recorded (SDXorg, tests/forecast): a ramp seen ten months ago, by Euler with half a month.
    text = "seen = DELAY FIXED(10 + RAMP(1, 10, 40), 10, 10)\nx = FORECAST(seen, 5, 10)"
    run = model(text, FINAL_TIME=28, TIME_STEP=0.5, SAVEPER=1).run(method="vensim")
    recorded = [10, 13.0796, 16.0142, 18.7156, 21.1496, 23.3194, 25.2499, 26.975, 28.53]
    assert run.values("x")[20:] == pytest.approx(recorded, rel=1e-5)
    assert run.values("x")[:20] == pytest.approx([10.0] * 20)


def test_forecast_of_a_constant_is_the_constant(values: Values) -> None:
    assert values("x = FORECAST(7, 3, 100)") == [7.0] * 5
    assert values("x = FORECAST(0, 3, 100)") == [0.0] * 5


def test_net_present_value_of_a_constant_stream(values: Values) -> None:
    # With discrete steps this is the geometric series of 1/(1 + r dt).
    rate, step = 0.1, 0.5
    xs = values(f"x = NPV(4, {rate}, 7, 2)", TIME_STEP=step, FINAL_TIME=10)
    weights = [(1 + rate * step) ** -k for k in range(len(xs))]
    expected = [2 * (7 + 4 * step * sum(weights[: k + 1])) for k in range(len(xs))]
    assert xs == pytest.approx(expected, rel=1e-12)


def test_net_present_value_without_interest_is_the_sum(values: Values) -> None:
    assert values("x = NPV(3, 0, 0, 1)") == pytest.approx([3, 6, 9, 12, 15])


# Held values ------------------------------------------------------------------------------------


def test_initial_holds_the_value_of_the_start(values: Values) -> None:
    text = "stock = INTEG(2, 5)\nx = INITIAL(stock * 2 + Time)\n"
    assert values(text) == [10.0] * 5
    assert values(text, INITIAL_TIME=3, FINAL_TIME=5) == [13.0] * 3
    assert values("x = REINITIAL(Time + 1)") == [1.0] * 5


def test_active_initial_breaks_a_circle_at_the_start_only(values: Values) -> None:
    text = "x = ACTIVE INITIAL(stock + 1, 30)\nstock = INTEG(1, x)"
    assert values(text) == [31.0, 32.0, 33.0, 34.0, 35.0]


def test_sample_if_true(values: Values) -> None:
    assert values("x = SAMPLE IF TRUE(MODULO(Time, 2) = 1, Time, -1)") == [-1, 1, 1, 3, 3]
    assert values("x = SAMPLE IF TRUE(Time >= 0, Time, -1)") == [0, 1, 2, 3, 4]
    assert values("x = SAMPLE IF TRUE(Time > 99, Time, -1)") == [-1] * 5


def test_sample_if_true_may_ask_for_its_own_last_value(values: Values) -> None:
    # Manual, SAMPLE IF TRUE: the largest value so far, and the time at which something began.
    largest = "x = SAMPLE IF TRUE(w > x, w, w)\nw = IF THEN ELSE(Time < 3, Time, 0)"
    assert values(largest) == [0, 1, 2, 2, 2]
    began = "x = SAMPLE IF TRUE(:NOT: x :AND: Time >= 2, Time, 0)"
    assert values(began) == [0, 0, 2, 2, 2]
    sampled = "x = SAMPLE IF TRUE(Time >= 1, x + Time, 10)"
    assert values(sampled) == [10, 11, 13, 16, 20]


def test_sample_if_true_in_a_wider_expression_is_no_memory_of_the_whole(model: Maker) -> None:
    with pytest.raises(sd.CircularError, match="these define each other: x -> x"):
        model("x = 1 + SAMPLE IF TRUE(Time > x, 1, 2)")


def test_game_does_nothing(values: Values) -> None:
    assert values("x = GAME(Time * 2)") == [0, 2, 4, 6, 8]


@pytest.mark.parametrize("engine", ["reference", "compiled"])
@pytest.mark.parametrize("method", ["euler", "rk2", "heun", "rk4", "rk2auto", "rk4auto"])
def test_inputs_change_at_time_steps_only(model: Maker, method: str, engine: str) -> None:
    """Whatever the method (Vensim Help, STEP): no stage looks ahead into the next step."""
    text = """
        step = INTEG(STEP(1, 2), 0)
        pulse = INTEG(PULSE(2, 1), 0)
        train = INTEG(PULSE TRAIN(1, 0.5, 2, 3), 0)
    """
    run = model(text, TIME_STEP=0.5, FINAL_TIME=5).run(method=method, engine=engine)
    times = run.times
    np.testing.assert_allclose(run.values("step"), np.maximum(times - 2, 0), atol=1e-12)
    np.testing.assert_allclose(run.values("pulse"), np.clip(times - 2, 0, 1), atol=1e-12)
    # Pulses begin at 1 and 3; the second one is cut behind the step that begins at the end.
    train = np.clip(times - 1, 0, 0.5) + np.clip(times - 3, 0, 0.5)
    np.testing.assert_allclose(run.values("train"), train, atol=1e-12)
