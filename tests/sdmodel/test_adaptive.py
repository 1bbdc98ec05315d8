"""SciPy's solvers: agreement, jumps in time and state, and what they cannot run."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
from sdmodel import OverrideError, SciPy, SolverError
from sdmodel.integrators import adaptive
from sdmodel.model import Model

pytestmark = pytest.mark.usefixtures("every_engine")

Make = Callable[..., Model]
ADAPTIVE = ("RK45", "DOP853", "LSODA", "BDF", "Radau")
CONTROLS = {"INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER"}


# Smooth models -----------------------------------------------------------------------------------


def worst(a: sd.Run, b: sd.Run) -> float:
    """Return the largest difference of any variable, as a share of its peak."""
    found = 0.0
    for name in set(a.columns) - CONTROLS:
        peak = np.abs(a.values(name)).max()
        if peak > 0:
            found = max(found, float(np.abs(a.values(name) - b.values(name)).max() / peak))
    return found


def test_all_methods_agree_on_the_core_model(core: Model) -> None:
    runs = {name: core.run(method=SciPy(name, rtol=1e-8)) for name in ADAPTIVE}
    runs["rk4"] = core.run(method="rk4", time_step=1 / 64)
    found = {
        (a, b): worst(runs[a], runs[b]) for a, b in itertools.combinations(runs, 2)
    }  # fmt: skip
    for pair, size in sorted(found.items(), key=lambda item: -item[1]):
        print(*pair, f"{size:.2g}")
    assert len(found) == 15
    assert max(found.values()) <= 1e-6


@pytest.mark.parametrize("name", ADAPTIVE)
def test_oscillator(model: Make, name: str) -> None:
    made = model("x = INTEG(v, 1)\nv = INTEG(-x, 0)", FINAL_TIME=50)
    run = made.run(method=name)
    np.testing.assert_allclose(run.values("x"), np.cos(run.times), atol=5e-6)
    finer = made.run(method=SciPy(name, 1e-11))
    np.testing.assert_allclose(finer.values("x"), np.cos(run.times), atol=1e-8)


def test_stiff_methods_on_a_stiff_problem(model: Make) -> None:
    """X follows cos t within a thousandth of a time unit; explicit methods crawl."""
    made = model("x = INTEG(-1000*(x-COS(Time))-SIN(Time), 0)", FINAL_TIME=20)
    runs = {name: made.run(method=name) for name in ADAPTIVE}
    for name, run in runs.items():
        np.testing.assert_allclose(run.values("x")[1:], np.cos(run.times[1:]), atol=5e-6)
        print(name, run.steps, "evaluations")
    for name in ("BDF", "Radau", "LSODA"):
        assert runs[name].steps < runs["RK45"].steps / 5


def test_tolerances(model: Make) -> None:
    made = model("x = INTEG(-x, 1)", FINAL_TIME=5)
    errors = []
    for method in (SciPy("RK45", 1e-3), SciPy("RK45", 1e-6), SciPy("RK45", 1e-9)):
        run = made.run(method=method)
        assert run.method == "RK45"
        errors.append(np.abs(run.values("x") - np.exp(-run.times)).max())
    assert errors[0] > 10 * errors[1] > 100 * errors[2] > 0
    loose = made.run(method=SciPy("RK45", 1e-9, atol=1e-2))
    assert np.abs(loose.values("x") - np.exp(-loose.times)).max() > errors[1]


@pytest.mark.parametrize("size", [1e-9, 1.0, 1e12])
def test_tolerances_follow_the_size_of_a_stock(model: Make, size: float) -> None:
    made = model(f"x = INTEG(-x, {size})\ny = INTEG({size}-y, 0)", FINAL_TIME=5)
    run = made.run()
    np.testing.assert_allclose(run.values("x"), size * np.exp(-run.times), rtol=1e-6)
    np.testing.assert_allclose(run.values("y"), size - run.values("x"), rtol=1e-6, atol=1e-7 * size)


def test_stocks_of_zero_stay_zero(model: Make) -> None:
    run = model("x = INTEG(-x, 0)\ny = INTEG(x, 0)").run()
    assert run.method == "LSODA"
    assert not run.values("x").any()
    assert not run.values("y").any()


@pytest.mark.parametrize("name", ADAPTIVE)
def test_trial_steps_outside_the_domain_of_a_logarithm(model: Make, name: str) -> None:
    """After a long calm, x falls suddenly: a step that is too long tries negative values first."""
    made = model("x = INTEG(-5*x*EXP(-(Time-50)^2)+0*LN(x), 1)", FINAL_TIME=100)
    run = made.run(method=name, save_every=100)
    assert run.values("x")[-1] == pytest.approx(math.exp(-5 * math.sqrt(math.pi)), abs=1e-7)


@pytest.mark.parametrize("name", ADAPTIVE)
def test_where_the_domain_ends(model: Make, name: str) -> None:
    """The level x = (1 - t/2)^2 of a leaking tank is empty at 2, and has no further course."""
    made = model("x = INTEG(-SQRT(x-0.01), 1)", FINAL_TIME=4)
    with pytest.raises(SolverError, match=r"'x' is no longer a finite number|gave up") as caught:
        made.run(method=name)
    assert caught.value.variable == "x"
    assert caught.value.time == pytest.approx(2 * math.sqrt(0.99), abs=0.1)


@pytest.mark.parametrize("name", ADAPTIVE)
def test_an_auxiliary_that_is_no_number_is_only_a_warning(model: Make, name: str) -> None:
    made = model("x = INTEG(1, 0)\ny = LN(2.5-x)")
    with pytest.warns(RuntimeWarning, match="'y' is no longer a finite number at time 3"):
        run = made.run(method=name)
    assert run.result == "completed, but 'y' is not finite from time 3 on"
    np.testing.assert_allclose(run.values("x"), run.times, rtol=1e-6)


@pytest.mark.parametrize("name", ADAPTIVE)
def test_unlocated_jumps_are_told(model: Make, name: str) -> None:
    """INTEGER of a stock jumps, but is no comparison: the solver only takes shorter steps."""
    made = model("x = INTEG(1+0*INTEGER(x), 0)")
    run = made.run(method=name)
    assert run.notes == ("jumps inside 'x' are not located",)
    np.testing.assert_allclose(run.values("x"), run.times, rtol=1e-6)


@pytest.mark.parametrize("name", ADAPTIVE)
def test_unlocated_jumps_and_growth_without_bound(model: Make, name: str) -> None:
    made = model("x = INTEG(x^2+0*INTEGER(x), 1)", FINAL_TIME=100, TIME_STEP=0.25)
    with pytest.raises(SolverError, match="'x'") as caught:
        made.run(method=name)
    assert caught.value.time == pytest.approx(1, abs=1e-3)


# Jumps in time -----------------------------------------------------------------------------------

# An input in pieces: from which instant on, its level there, its slope.
Pieces = list[tuple[float, float, float]]
INPUTS: dict[str, Pieces] = {
    "STEP(2, 3.37)": [(0, 0, 0), (3.37, 2, 0)],
    "STEP(2, 3)": [(0, 0, 0), (3, 2, 0)],
    "PULSE(3.37, 1.1)": [(0, 0, 0), (3.37, 1, 0), (4.47, 0, 0)],
    "9*PULSE(7.71, 0)": [(0, 0, 0), (7.71, 9, 0), (7.96, 0, 0)],
    "RAMP(0.5, 3.37, 7.1)": [(0, 0, 0), (3.37, 0, 0.5), (7.1, 1.865, 0)],
    "PULSE TRAIN(1.13, 0.7, 2.3, 9)": [
        (0, 0, 0),
        *((1.13 + 2.3 * (i // 2) + 0.7 * (i % 2), 1.0 - i % 2, 0) for i in range(8)),
    ],
    "IF THEN ELSE(Time > 3.37, 2, 1)": [(0, 1, 0), (3.37, 2, 0)],
    "IF THEN ELSE(Time >= 3.37 :AND: :NOT: Time > 7, 2, 1)": [(0, 1, 0), (3.37, 2, 0), (7, 1, 0)],
    "IF THEN ELSE(3.37 < Time :OR: Time <= 1, Time, 0)": [(0, 0, 1), (1, 0, 0), (3.37, 3.37, 1)],
    "MODULO(Time, 3.3)": [(0, 0, 1), (3.3, 0, 1), (6.6, 0, 1), (9.9, 0, 1)],
    "IF THEN ELSE(MODULO(Time, 4) < 1.3, 1, 0)": [
        (4 * i + d, 1 - bool(d), 0) for i in range(3) for d in (0, 1.3)
    ],
    "INTEGER(Time/1.7)": [(1.7 * i, i, 0) for i in range(6)],
    "QUANTUM(Time, 2.5)": [(2.5 * i, 2.5 * i, 0) for i in range(4)],
    "corner(Time)": [(0, 0, 0.5), (3.37, 1.685, -1), (5.055, 0, 0), (8, 0, 2)],
    "cliff(Time)": [(0, 0, 0), (3.37, 2, -0.25), (7.37, 5, 0)],
    "LOOKUP FORWARD(corner, Time)": [(0, 1.685, 0), (3.37, 0, 0), (8, 4, 0)],
    "LOOKUP BACKWARD(corner, Time)": [(0, 0, 0), (3.37, 1.685, 0), (5.055, 0, 0)],
    "LOOKUP EXTRAPOLATE(short, Time)": [(0, 0, 1), (3.37, 3.37, 0.25)],
    "MAX(Time-3.37, 0)": [(0, 0, 0), (3.37, 0, 1)],
    "MIN(3.37, Time)": [(0, 0, 1), (3.37, 3.37, 0)],
    "ABS(Time-3.37)": [(0, 3.37, -1), (3.37, 0, 1)],
}
TABLES = """
    corner((0,0),(3.37,1.685),(5.055,0),(8,0),(10,4))
    cliff((0,0),(3.37,0),(3.37,2),(7.37,1),(7.37,5),(9,5))
    short((0,0),(3.37,3.37),(3.77,3.47))
"""


def follows(pieces: Pieces, times: np.ndarray, start: float) -> np.ndarray:
    """Return the solution of x' = input - x."""
    found, x = np.empty_like(times), start
    ends = [t for t, _, _ in pieces[1:]] + [times[-1] + 1]
    for (begin, level, slope), end in zip(pieces, ends, strict=True):

        def at(t: np.ndarray | float, begin=begin, level=level, slope=slope, x=x):  # type: ignore[no-untyped-def]
            line = level - slope + slope * (t - begin)
            return line + (x - level + slope) * np.exp(begin - t)

        now = (times >= begin) & (times < end)
        found[now] = at(times[now])
        x = float(at(end))
    return found


@pytest.mark.parametrize("where", ["an input of its own", "inside the rate", "times the state"])
@pytest.mark.parametrize("expression", INPUTS)
def test_jumps_in_time(model: Make, expression: str, where: str) -> None:
    equations = {
        "an input of its own": f"x = INTEG(a-x, 1)\na = {expression}",
        "inside the rate": f"x = INTEG({expression}-x, 1)",
        "times the state": f"x = INTEG(({expression})*(x/x)-x, 1)",
    }[where]
    made = model(equations + TABLES, TIME_STEP=0.25, FINAL_TIME=10)
    run = made.run()
    assert (run.method, run.notes) == ("LSODA", ())
    exact = follows(INPUTS[expression], run.times, 1)
    np.testing.assert_allclose(run.values("x"), exact, rtol=0, atol=1e-7 * max(1, exact.max()))


@pytest.mark.parametrize("expression", ["MODULO(Time, 3.3)", "cliff(Time)"])
def test_the_rates_before_a_jump_are_not_those_behind_it(model: Make, expression: str) -> None:
    """Looked at from before, an input ends where it jumps: no step shrinks on the way there."""
    made = model(f"x = INTEG({expression}-x, 1)" + TABLES, TIME_STEP=0.25, FINAL_TIME=10)
    for name in ("RK45", "DOP853"):
        assert made.run(method=name).steps < 700  # twice to six times as many without


@pytest.mark.parametrize("name", ADAPTIVE)
def test_every_method_restarts_at_jumps(model: Make, name: str) -> None:
    expression = "PULSE TRAIN(1.13, 0.7, 2.3, 9)"
    made = model(f"x = INTEG({expression}-x, 1)", TIME_STEP=0.25, FINAL_TIME=10)
    run = made.run(method=name)
    np.testing.assert_allclose(
        run.values("x"), follows(INPUTS[expression], run.times, 1), rtol=0, atol=1e-7
    )


@pytest.mark.parametrize("step", [0.1, 0.3, 0.7, 1 / 3])
@pytest.mark.parametrize("name", ["euler", "rk4", "LSODA"])
def test_an_input_has_jumped_at_its_own_instant(model: Make, name: str, step: float) -> None:
    """The saved time 0.8999999999999999 is 0.9: rounding must not hide what begins there."""
    for i in range(1, 12):
        instant = float(f"{i * step:.12g}")
        made = model(f"a = STEP(1, {instant})\nx = INTEG(a, 0)", TIME_STEP=step, FINAL_TIME=9)
        run = made.run(method=name)
        assert run.values("a").tolist() == [0] * i + [1] * (len(run.times) - i), instant


def test_jumps_outside_the_run_do_not_matter(model: Make) -> None:
    made = model("x = INTEG(STEP(1, -3)+STEP(1, 4)+STEP(1, 99), 0)", FINAL_TIME=4)
    np.testing.assert_allclose(made.run().values("x"), [0, 1, 2, 3, 4], rtol=1e-7)


def test_pulses_shorter_than_the_solvers_steps_are_not_missed(model: Make) -> None:
    made = model("x = INTEG(PULSE(503, 0)*x, 1)", FINAL_TIME=1000, TIME_STEP=0.125)
    assert made.run(save_every=1000).values("x")[-1] == pytest.approx(math.exp(0.125), rel=1e-7)


# Jumps of the state ------------------------------------------------------------------------------


@pytest.mark.parametrize("name", ADAPTIVE)
@pytest.mark.parametrize("op", [">", ">="])
def test_a_threshold_that_is_passed(model: Make, name: str, op: str) -> None:
    # The initial value is computed once; what it begins still changes with the state.
    made = model(f"x = INTEG(IF THEN ELSE(x {op} 4.31, 3, 1), a*0)\na = 7", FINAL_TIME=8)
    run = made.run(method=name)
    exact = np.where(run.times < 4.31, run.times, 4.31 + 3 * (run.times - 4.31))
    np.testing.assert_allclose(run.values("x"), exact, rtol=1e-9)
    assert run.notes == ()


@pytest.mark.parametrize("op", ["<", "<="])
def test_a_threshold_passed_downwards(model: Make, op: str) -> None:
    run = model(f"x = INTEG(IF THEN ELSE(4.31 {op} x, -1, -3), 8)", FINAL_TIME=8).run()
    exact = np.where(run.times < 3.69, 8 - run.times, 4.31 - 3 * (run.times - 3.69))
    np.testing.assert_allclose(run.values("x"), exact, rtol=1e-8)


@pytest.mark.parametrize(
    ("rate", "slope"),
    [
        ("IF THEN ELSE(x > 5, 3, 1)", 3),
        ("IF THEN ELSE(x >= 5, -1, -2)", -2),
        ("IF THEN ELSE(x < 5, -2, -1)", -2),
        ("IF THEN ELSE(x <= 5, 1, 3)", 3),
        ("IF THEN ELSE(x > 5, 1, 0)", 0),
        ("IF THEN ELSE(x < 5, 1, 0)", 0),
    ],
)
def test_a_run_that_begins_on_a_threshold(model: Make, rate: str, slope: float) -> None:
    run = model(f"x = INTEG({rate}, 5)").run()
    np.testing.assert_allclose(run.values("x"), 5 + slope * run.times, rtol=1e-8)


@pytest.mark.parametrize("name", ["LSODA", "BDF", "Radau"])
def test_a_run_that_begins_a_hair_before_a_threshold(
    model: Make, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The outcome that comes at once holds from the start, though the first steps are shorter."""
    monkeypatch.setattr(adaptive, "MOST_FLIPS", 0)
    made = model("x = INTEG(IF THEN ELSE(x > 5, 3, 1), 5-1e-9)\nfast = INTEG(-1e10*fast, 1)")
    run = made.run(method=name)
    np.testing.assert_allclose(run.values("x"), 5 + 3 * run.times, rtol=1e-7)


def test_a_threshold_passed_at_a_saved_time_and_at_the_end(model: Make) -> None:
    made = model("x = INTEG(IF THEN ELSE(x > 2, 3, 1), 0)\nhigh = IF THEN ELSE(x > 8, 1, 0)")
    run = made.run()
    np.testing.assert_allclose(run.values("x"), [0, 1, 2, 5, 8], rtol=1e-8)
    assert run.values("high")[:4].tolist() == [0] * 4


def test_an_emptying_tank_stops_at_zero(model: Make) -> None:
    run = model("x = INTEG(-IF THEN ELSE(x > 0, 2, 0), 5)", FINAL_TIME=10).run()
    np.testing.assert_allclose(run.values("x"), np.maximum(5 - 2 * run.times, 0), atol=1e-9)


def test_two_switches_at_once(model: Make) -> None:
    made = model(
        """
        x = INTEG(IF THEN ELSE(y > 4.31, 3, 1), 0)
        y = INTEG(IF THEN ELSE(x > 4.31, 3, 1), 0)
        z = INTEG(IF THEN ELSE(x >= 4.31 :AND: y > 4.31, 3, 1), 0)
        """,
        FINAL_TIME=8,
    )
    run = made.run()
    exact = np.where(run.times < 4.31, run.times, 4.31 + 3 * (run.times - 4.31))
    for name in "xyz":
        np.testing.assert_allclose(run.values(name), exact, rtol=1e-8)


def test_switches_between_two_moving_things(model: Make) -> None:
    made = model(
        """
        x = INTEG(IF THEN ELSE(x > limit, 0, 3), 0)
        y = INTEG(IF THEN ELSE(x > 2*y, 1, 0), 1)
        limit = 10-Time
        """,
        FINAL_TIME=4,
    )
    run = made.run()
    np.testing.assert_allclose(run.values("x"), [0, 3, 6, 7.5, 7.5], rtol=1e-8)
    # x passes 2y at 2/3; from then on y grows until 2y is what x stays at.
    np.testing.assert_allclose(run.values("y"), [1, 4 / 3, 7 / 3, 10 / 3, 3.75], rtol=1e-8)


def test_a_switch_of_time_and_state_at_the_same_instant(model: Make) -> None:
    made = model("x = INTEG(IF THEN ELSE(x > 2, 3, 1)+STEP(5, 2), 0)")
    np.testing.assert_allclose(made.run().values("x"), [0, 1, 2, 10, 18], rtol=1e-8)


def test_periodic_switching_is_followed(model: Make) -> None:
    """A flow that is on while an oscillating stock is positive: it jumps at multiples of pi."""
    made = model(
        "x = INTEG(v, 0)\nv = INTEG(-x, 1)\ny = INTEG(IF THEN ELSE(x > 0, 1, 0), 0)",
        FINAL_TIME=40,
        TIME_STEP=0.5,
    )
    run = made.run()
    turns, rest = np.divmod(run.times, 2 * math.pi)
    exact = turns * math.pi + np.minimum(rest, math.pi)
    np.testing.assert_allclose(run.values("y"), exact, atol=1e-5)


@pytest.mark.parametrize("test", ["x = 5", ":NOT: x <> 5", "x = 5 :AND: x >= 5"])
def test_equality_holds_at_no_instant_long_enough_to_matter(model: Make, test: str) -> None:
    run = model(f"x = INTEG(IF THEN ELSE({test}, 100, 1), 0)", FINAL_TIME=8).run()
    np.testing.assert_allclose(run.values("x"), run.times, rtol=1e-8)


@pytest.mark.parametrize("name", ADAPTIVE)
@pytest.mark.parametrize(
    ("equations", "at"),
    [
        ("x = INTEG(IF THEN ELSE(x > 5, -1, 1), 0)", 5),
        ("x = INTEG(IF THEN ELSE(x >= 5, -1, 1), 9)", 4),
        ("x = INTEG(1-IF THEN ELSE(x > 0, 2, 0), 3)", 3),
        # A thermostat without a gap between on and off.
        ("room = INTEG(x-0.1*room, 10)\nx = IF THEN ELSE(room < 20, 5, 0)", 10 * math.log(4 / 3)),
    ],
)
def test_a_switch_that_flips_back_and_forth(
    model: Make, name: str, equations: str, at: float
) -> None:
    made = model(equations, FINAL_TIME=20)
    with pytest.raises(SolverError) as caught:
        made.run(method=name)
    assert caught.value.time == pytest.approx(at, abs=1e-3)
    assert caught.value.variable == "x"
    message = str(caught.value)
    assert f"a switch in 'x' flips back and forth at time {caught.value.time:g};" in message
    assert 'run the model with a fixed step (method="vensim"), or make the switch grad' in message
    assert made.run(method="vensim").result == "completed"


def test_how_often_a_switch_may_flip(model: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    made = model("x = INTEG(v, 0)\nv = INTEG(-400*x, 20)\ny = INTEG(IF THEN ELSE(x > 0, 1, 0), 0)")
    run = made.run()
    np.testing.assert_allclose(run.values("y"), run.times / 2, atol=0.1)
    monkeypatch.setattr(adaptive, "MOST_FLIPS", 5)
    with pytest.raises(SolverError, match="a switch in 'y' flips back and forth"):
        made.run()


# What cannot be run ------------------------------------------------------------------------------

MEMORIES = {
    "DELAY FIXED": "DELAY FIXED(Time, 2, 0)",
    "SAMPLE IF TRUE": "SAMPLE IF TRUE(Time > 2, Time, 0)",
    "a delay whose time changes": "DELAY N(Time, 2+Time, 0, 2)",
}


@pytest.mark.parametrize("what", MEMORIES)
def test_memories_are_refused_by_name(model: Make, what: str) -> None:
    made = model(f"x = INTEG(y, 0)\ny = {MEMORIES[what]}", "rk2")
    for name in ADAPTIVE:
        with pytest.raises(OverrideError) as caught:
            made.run(method=name)
        assert str(caught.value) == (
            f"{name} cannot run {what} in 'y': this is no differential equation, it remembers "
            'from step to step. Use method="vensim", or a smooth delay such as DELAY3 instead'
        )
    run = made.run()
    assert run.method == "rk2"
    assert run.notes == (
        f"the file's own method: 'y' uses {what}, which remembers from step to step",
    )
    assert made.run(method="vensim").notes == ()


def test_equations_with_time_step_run_by_the_files_own_method(model: Make) -> None:
    made = model("x = INTEG((10-x)/TIME STEP, 0)", "rk4", TIME_STEP=0.5)
    run = made.run()
    assert (run.method, run.notes) == (
        "rk4",
        ("the file's own method: 'x' is written with TIME STEP",),
    )
    # Asked for by name a solver runs it: TIME STEP is then a number like others.
    assert made.run(method="LSODA").values("x")[-1] == pytest.approx(10 - 10 * math.exp(-8))
    # As the width of a pulse, or where it is computed once, TIME STEP does no harm.
    harmless = model("x = INTEG(PULSE(1, TIME STEP)+a, 0)\na = INITIAL(3/TIME STEP)", TIME_STEP=0.5)
    assert harmless.run().method == "LSODA"
    assert harmless.run().values("x")[-1] == pytest.approx(24.5, rel=1e-7)


def test_smooth_delays_run_by_every_method(model: Make) -> None:
    made = model(
        """
        a = SMOOTH3I(u, 2, 0)
        b = DELAY3I(u, 2, 0)
        c = DELAY N(u, 2, 0, 3)
        d = SMOOTH N(u, 2, 0, 3)
        u = STEP(1, 0.37)
        """,
        FINAL_TIME=8,
        TIME_STEP=0.25,
    )
    for name in (*ADAPTIVE, "rk4"):
        run = made.run(method=name, time_step=2**-11 if name == "rk4" else None)
        s = np.maximum(run.times - 0.37, 0) * 1.5
        exact = 1 - np.exp(-s) * (1 + s + s**2 / 2)
        for one in "abcd":
            slack = 2e-4 if name == "rk4" else 1e-7  # a fixed step moves 0.37 to a step
            np.testing.assert_allclose(run.values(one), exact, atol=slack)


def test_a_guarded_quotient_may_come_to_rest_at_its_guard(tmp_path: Path) -> None:
    """A trial step beyond the flip of ZIDZ meets 0/0; the step is cut at the flip, not given up."""
    text = """
        Level = INTEG(0.1*(1.2 - Level), 0) ~~|
        gap = MAX(0, 1 - Level) ~~|
        ratio = ZIDZ(gap*3, gap) ~~|
        Filled = INTEG(ratio, 0) ~~|
        INITIAL TIME = 0 ~~| FINAL TIME = 40 ~~| TIME STEP = 0.125 ~~| SAVEPER = 1 ~~|
    """
    path = tmp_path / "guard.mdl"
    path.write_text(text, encoding="utf-8")
    model = sd.load(path)
    for method in ("RK45", "LSODA", "BDF"):
        run = model.run(method=method)
        until = 10 * np.log(1.2 / 0.2)  # Level passes 1; the guard bites within 1e-6 of it
        assert run.values("Filled")[-1] == pytest.approx(3 * until, rel=1e-5), method
