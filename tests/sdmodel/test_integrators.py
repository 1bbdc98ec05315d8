"""Fixed-step methods, the grid of time steps, and what a run may change about it."""

from __future__ import annotations

import math
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

from sdmodel import AutoStep, FixedStep, OverrideError, SDError, SolverError
from sdmodel.integrators import TABLEAUS, Grid, SciPy, Tableau, method_named
from sdmodel.model import Model

pytestmark = pytest.mark.usefixtures("every_engine")

Make = Callable[..., Model]
FIXED = ("euler", "rk2", "rk4", "heun")
AUTO = ("rk2auto", "rk4auto")
ADAPTIVE = ("RK45", "DOP853", "LSODA", "BDF", "Radau")
EVERY = (*FIXED, *AUTO, *ADAPTIVE)
# Logistic growth at a rate that changes with time: ln(x/(1-x)) = ln(x0/(1-x0)) + t + sin t.
LOGISTIC = """
    x = INTEG(growth, 0.05)
    growth = (1+COS(Time))*x*(1-x)
"""


def logistic(t: np.ndarray) -> np.ndarray:
    return 1 / (1 + 19 * np.exp(-t - np.sin(t)))


# The methods -------------------------------------------------------------------------------------


@pytest.mark.parametrize(("name", "order"), [("euler", 1), ("rk2", 2), ("rk4", 4), ("heun", 2)])
def test_observed_order(model: Make, name: str, order: int) -> None:
    made = model(LOGISTIC, SAVEPER=1, FINAL_TIME=6)
    steps = [2.0**-k for k in {1: range(9, 13), 2: range(6, 10), 4: range(4, 8)}[order]]
    worst = []
    for step in steps:
        run = made.run(method=name, time_step=step)
        worst.append(np.abs(run.values("x") - logistic(run.times)).max())
    observed = [math.log2(a / b) for a, b in pairwise(worst)]
    print(name, "observed orders", *(f"{one:.3f}" for one in observed))
    assert observed == pytest.approx([order] * 3, abs=0.1)
    assert TABLEAUS[name].order == order


@pytest.mark.parametrize("tableau", TABLEAUS.values(), ids=TABLEAUS)
def test_tableau(tableau: Tableau) -> None:
    """Row sums are the stage times; all conditions hold up to its order, and not beyond."""
    count = len(tableau.times)
    assert sum(tableau.weights) == tableau.divisor
    a = np.zeros((count, count))
    for i, row in enumerate(tableau.stages):
        assert len(row) == i, "a stage uses earlier ones only"
        a[i, :i] = row
    b, c = np.array(tableau.weights) / tableau.divisor, np.array(tableau.times)
    np.testing.assert_allclose(a.sum(axis=1), c, rtol=1e-15)
    # One condition for each rooted tree (Butcher), by the order at which it enters.
    conditions = {
        1: [(b.sum(), 1)],
        2: [(b @ c, 1 / 2)],
        3: [(b @ c**2, 1 / 3), (b @ a @ c, 1 / 6)],
        4: [
            (b @ c**3, 1 / 4),
            ((b * c) @ a @ c, 1 / 8),
            (b @ a @ c**2, 1 / 12),
            (b @ a @ a @ c, 1 / 24),
        ],
        5: [(b @ c**4, 1 / 5)],
    }
    for order, rows in conditions.items():
        holds = all(abs(left - right) < 1e-15 for left, right in rows)
        assert holds == (order <= tableau.order), (tableau.name, order)


@pytest.mark.parametrize("tableau", TABLEAUS.values(), ids=TABLEAUS)
def test_polynomials_below_the_order_are_exact(model: Make, tableau: Tableau) -> None:
    power = tableau.order - 1
    made = model(f"x = INTEG({power + 1}*Time^{power}, 2)", FINAL_TIME=3, TIME_STEP=0.5)
    run = made.run(method=tableau.name)
    np.testing.assert_allclose(run.values("x"), 2 + run.times ** (power + 1), rtol=1e-14)


@pytest.mark.parametrize("name", FIXED)
def test_a_constant_flow_adds_up_exactly(model: Make, name: str) -> None:
    made = model("x = INTEG(3, 1)\ny = INTEG(-3, 1)", FINAL_TIME=64, TIME_STEP=0.125)
    run = made.run(method=name)
    np.testing.assert_array_equal(run.values("x"), 1 + 3 * run.times)
    np.testing.assert_array_equal(run.values("x") + run.values("y"), 2)


@pytest.mark.parametrize("method", ["rk4", "rk4auto", "difference"])
def test_the_machine_code_of_a_method_can_be_looked_at(model: Make, method: str) -> None:
    assert "; x" in model("x = INTEG(1, 0)", method).inspect("llvm")


def test_every_tableau_is_a_method() -> None:
    assert tuple(TABLEAUS) == FIXED
    assert [method_named(name.upper()) for name in TABLEAUS] == [FixedStep(n) for n in TABLEAUS]
    assert [method_named(name.upper()) for name in AUTO] == [AutoStep(n) for n in AUTO]
    assert [method_named(name.lower()) for name in ADAPTIVE] == [SciPy(n) for n in ADAPTIVE]
    assert method_named(SciPy("BDF", 1e-4)) == SciPy("BDF", 1e-4)
    with pytest.raises(OverrideError, match="'rk5'; did you mean 'rk2' or 'rk4'|RK45"):
        method_named("rk5")
    with pytest.raises(OverrideError, match="choose from auto, vensim, euler"):
        method_named("magic")


def test_the_rk2_of_vensim_looks_at_the_middle_of_the_step(model: Make) -> None:
    """Vensim Help, Runge-Kutta Integration; in XMILE RK2 is the mean of both ends."""
    made = model("x = INTEG(Time^2, 0)", FINAL_TIME=2)
    assert made.run(method="rk2").values("x").tolist() == [0, 0.25, 2.5]
    assert made.run(method="heun").values("x").tolist() == [0, 0.5, 3]


def test_smoothi_begins_at_its_initial_value(model: Make) -> None:
    """The first step goes on from the initial value, not from the input (Vensim Help, SMOOTHI)."""
    made = model("x = SMOOTHI(10, 4, 2)", FINAL_TIME=2)
    assert made.run(method="euler").values("x").tolist() == [2, 4, 5.5]


def test_oscillator_by_rk4(model: Make) -> None:
    """Half of a unit circle's motion: after 50 time units the position is cos 50."""
    made = model(
        """
        position = INTEG(velocity, 1)
        velocity = INTEG(-position, 0)
        """,
        "rk4",
        FINAL_TIME=50,
        TIME_STEP=1 / 64,
    )
    run = made.run(method="vensim")
    assert run.method == "rk4"
    assert run.values("position")[-1] == pytest.approx(math.cos(50), abs=1e-7)
    assert run.values("position")[-1] == pytest.approx(0.965, abs=5e-4)
    assert run.values("velocity")[-1] == pytest.approx(-math.sin(50), abs=1e-7)


@pytest.mark.parametrize("name", EVERY)
def test_no_stocks(model: Make, name: str) -> None:
    made = model("a = 2*Time+b\nb = 3", FINAL_TIME=2, TIME_STEP=0.5)
    run = made.run(method=name)
    assert run.values("a").tolist() == [3, 4, 5, 6, 7]
    assert run.values("b").tolist() == [3] * 5


@pytest.mark.parametrize("name", EVERY)
def test_a_run_of_no_steps(model: Make, name: str) -> None:
    run = model("x = INTEG(1, 5)", INITIAL_TIME=3, FINAL_TIME=3).run(method=name)
    assert (run.times.tolist(), run.values("x").tolist()) == ([3], [5])


@pytest.mark.parametrize("name", EVERY)
def test_growth_without_bound_is_an_error(model: Make, name: str) -> None:
    """The solution of x' = x^2 is 1/(1-t): it leaves the numbers at 1, fixed steps see it later."""
    made = model("slow = INTEG(1, 0)\nx = INTEG(x^2, 1)", FINAL_TIME=20, TIME_STEP=0.125)
    with pytest.raises(SolverError, match="'x'") as caught:
        made.run(method=name)
    assert caught.value.variable == "x"
    if name not in FIXED:
        assert caught.value.time == pytest.approx(1, abs=2e-2)
    else:
        assert 1 < caught.value.time < 3
    assert f"time {caught.value.time:g}" in str(caught.value)
    assert "test.mdl:3" in str(caught.value)


@pytest.mark.parametrize("name", EVERY)
@pytest.mark.parametrize("initial", ["1/0", "0/0", "LN(-1)"])
def test_initial_values_that_are_no_numbers(model: Make, name: str, initial: str) -> None:
    made = model(f"x = INTEG(1, start)\nstart = {initial}", INITIAL_TIME=2)
    with pytest.raises(SolverError) as caught:
        made.run(method=name)
    assert caught.value.time == 2
    assert caught.value.variable in ("x", "start")


# The grid ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(("start", "step"), [(0, "0.1"), (0, "0.3"), (1960, "0.1"), (-7, "0.7")])
@pytest.mark.parametrize("changing", ["", "+0*Time"])
def test_time_does_not_drift(model: Make, start: int, step: str, changing: str) -> None:
    """Time is counted in whole steps: after a thousand it is right to the last digit."""
    made = model(
        "x = INTEG(1, 0)",
        INITIAL_TIME=start,
        FINAL_TIME=start + 1000 * float(step),
        TIME_STEP=step + changing,
    )
    assert made.program.dynamic_control == bool(changing)
    times = made.run(method="euler").times
    since = np.arange(1001) * int(step[2:]) / 10
    assert len(times) == 1001
    digit = np.spacing(np.maximum(since, np.abs(start + since)))
    assert (np.abs(times - (start + since)) <= digit).all()


def test_saving_every_so_often(model: Make) -> None:
    made = model(LOGISTIC, TIME_STEP=0.125, SAVEPER=0.5, FINAL_TIME=3)
    own = made.run(method="rk4")
    assert own.times.tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3]
    dense = made.run(method="rk4", save_every=0.125)
    assert len(dense.times) == 25
    np.testing.assert_array_equal(dense.values("x")[::4], own.values("x"))
    assert (own.notes, dense.notes, own.steps) == ((), (), 24)
    # The file's own values stay what they are: only what is kept changes.
    assert set(dense.values("SAVEPER")) == {0.5}
    assert made.run(method="rk4", save_every=0).times.tolist() == dense.times.tolist()
    assert made.run(method="LSODA", save_every=1.5).times.tolist() == [0, 1.5, 3]


@pytest.mark.parametrize("save_every", [-1.0, math.nan, math.inf])
def test_a_saveper_that_cannot_be(model: Make, save_every: float) -> None:
    with pytest.raises(OverrideError, match="SAVEPER is (-1|nan|inf): it must be above zero"):
        model(LOGISTIC).run(save_every=save_every)


def test_saveper_that_is_no_multiple_of_the_step(model: Make) -> None:
    run = model("x = INTEG(1, 0)", TIME_STEP=0.25, SAVEPER=0.6, FINAL_TIME=3).run(method="euler")
    assert run.times.tolist() == [0, 0.5, 1.25, 1.75, 2.5, 3]
    np.testing.assert_array_equal(run.values("x"), run.times)
    (note,) = run.notes
    assert note == ("SAVEPER (0.6) is no multiple of the step (0.25): the nearest steps are saved")


def test_saveper_below_the_step_saves_every_step(model: Make) -> None:
    run = model("x = INTEG(1, 0)", TIME_STEP=0.5, SAVEPER=0.125, FINAL_TIME=2).run(method="euler")
    assert run.times.tolist() == [0, 0.5, 1, 1.5, 2]
    assert len(run.notes) == 1


def test_final_time_that_no_step_reaches(model: Make) -> None:
    made = model("x = INTEG(1, 0)", TIME_STEP=0.3, FINAL_TIME=1)
    for name in ("rk4", "LSODA"):
        run = made.run(method=name)
        np.testing.assert_allclose(run.times, [0, 0.3, 0.6, 0.9])
        np.testing.assert_allclose(run.values("x"), run.times, rtol=1e-7)


def test_final_time_of_a_run(model: Make) -> None:
    made = model("x = INTEG(FINAL TIME, 0)", FINAL_TIME=4)
    run = made.run(final_time=2, method="euler")
    assert run.times.tolist() == [0, 1, 2]
    assert run.values("x").tolist() == [0, 2, 4], "the variable FINAL TIME goes along"
    assert run.overrides == {"FINAL TIME": 2}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"time_step": 0.0}, "TIME STEP is 0: it must be above zero"),
        ({"time_step": -1.0}, "TIME STEP is -1: it must be above zero"),
        ({"time_step": math.nan}, "TIME STEP is nan: it must be a finite number"),
        ({"final_time": -1.0}, "FINAL TIME (-1) is before INITIAL TIME (0)"),
        ({"final_time": math.inf}, "FINAL TIME is inf: it must be a finite number"),
        ({"time_step": 1e-9}, "this run would take 4e+09 steps; at most 50,000,000"),
        ({"time_step": 2**-14}, "a run of 6 outputs at 65,537 times would need 0.0029 GiB"),
    ],
)
@pytest.mark.parametrize("name", ["euler", "LSODA"])
def test_grids_that_cannot_be(
    model: Make, given: dict[str, float], message: str, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sdmodel.simulate.LARGEST_RESULT", 3 * 2**20)
    made = model("x = INTEG(1, 0)\ny = 2*x", SAVEPER=0)
    with pytest.raises(SDError) as caught:
        made.run(method=name, **given)
    assert message in str(caught.value)


def test_grid_of_decimal_fractions() -> None:
    grid = Grid.build(0, 0.7, 0.1, 0.1)
    assert grid.steps == 7, "0.7/0.1 is 6.999999999999999 in binary"
    assert Grid.build(0, 100, 1 / 3, 1).saved.tolist() == list(range(0, 301, 3))


# Another time step -------------------------------------------------------------------------------

PULSES = """
    brief = INTEG(PULSE(3, 0), 0)
    long = INTEG(PULSE(3, 1), 0)
    train = INTEG(PULSE TRAIN(1, 0.5, 2, 20), 0)
    written = INTEG(PULSE(5, TIME STEP)/TIME STEP, 0)
"""


@pytest.mark.parametrize("name", FIXED)
@pytest.mark.parametrize("part", [1, 2, 4, 8])
def test_pulses_keep_their_area_when_the_step_is_cut(model: Make, name: str, part: int) -> None:
    run = model(PULSES, FINAL_TIME=8, TIME_STEP=0.25).run(method=name, time_step=0.25 / part)
    area = {one: run.values(one)[-1] for one in ("brief", "long", "train", "written")}
    assert area == pytest.approx({"brief": 0.25, "long": 1, "train": 2, "written": 1}, rel=1e-12)
    assert set(run.values("TIME STEP")) == {0.25}
    assert run.times.tolist() == [0.25 * i for i in range(33)]


def test_overriding_time_step_changes_the_variable_too(model: Make) -> None:
    made = model(PULSES, FINAL_TIME=8, TIME_STEP=0.25)
    run = made.run({"TIME STEP": 0.5}, method="euler")
    assert run.values("brief")[-1] == 0.5
    assert run.times.tolist() == [0.5 * i for i in range(17)]


@pytest.mark.parametrize(("instant", "begins"), [(1.74, 1.5), (1.75, 2), (1.76, 2), (1.5, 1.5)])
def test_a_step_takes_effect_at_the_nearest_time_step(
    model: Make, instant: float, begins: float
) -> None:
    run = model(f"a = STEP(1, {instant})", FINAL_TIME=3, TIME_STEP=0.5).run(method="euler")
    assert run.times[run.values("a") > 0].tolist() == np.arange(begins, 3.5, 0.5).tolist()


# Delays in whole steps ---------------------------------------------------------------------------


@pytest.mark.parametrize("name", FIXED)
def test_delay_fixed(model: Make, name: str) -> None:
    made = model("x = DELAY FIXED(Time, lag, -1)\nlag = 1", FINAL_TIME=3, TIME_STEP=0.5)
    assert made.run(method=name).values("x").tolist() == [-1, -1, 0, 0.5, 1, 1.5, 2]
    # A part of a step counts as a whole one; none at all as one step.
    assert made.run({"lag": 0.6}).values("x").tolist() == [-1, -1, 0, 0.5, 1, 1.5, 2]
    assert made.run({"lag": 0}).values("x").tolist() == [-1, 0, 0.5, 1, 1.5, 2, 2.5]
    assert made.run({"lag": 99}).values("x").tolist() == [-1] * 7


@pytest.mark.parametrize("name", FIXED)
def test_memories_stand_still_within_a_step(model: Make, name: str) -> None:
    """What jumps from step to step is the same at all stages of a step, whatever the method."""
    made = model(
        """
        x = INTEG(DELAY FIXED(Time, 1, 0), 0)
        y = INTEG(SAMPLE IF TRUE(Time > 99, 1, 3), 0)
        """,
        FINAL_TIME=4,
    )
    run = made.run(method=name)
    assert run.values("x").tolist() == [0, 0, 0, 1, 3]
    assert run.values("y").tolist() == [0, 3, 6, 9, 12]
