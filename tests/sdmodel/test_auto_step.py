"""RK2 and RK4 with automatic step: Vensim's tolerance, and TIME STEP as the beat of the model.

Each expectation follows from Vensim's Help: Runge-Kutta Integration, Special Variables (ABSOLUTE
and RELATIVE TOLERANCE), TIME STEP, STEP.
"""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from sdmodel import AutoStep, OverrideError, SciPy, SolverError
from sdmodel.integrators import auto
from sdmodel.model import Model

pytestmark = pytest.mark.usefixtures("every_engine")

Make = Callable[..., Model]
AUTO = ("rk2auto", "rk4auto")
# y follows a cosine, and for a moment a thousand times faster: stiff from 4.8 to 5.2 only.
STIFF = """
    y = INTEG(-speed*(y-COS(Time)), 0)
    speed = 1+most*EXP(-((Time-5)/0.1)^2)
    most = 999
"""


@pytest.fixture
def stiff(model: Make) -> Model:
    """Return a model that needs short steps for a short time."""
    return model(STIFF, "rk4auto", FINAL_TIME=10, TIME_STEP=0.5)


def exact(model: Model, name: str = "y") -> np.ndarray:
    return model.run(method=SciPy("Radau", 1e-11)).values(name)


def test_a_stiff_model_against_fixed_steps(stiff: Model) -> None:
    """Fixed steps must be short all the time; here they are short where they have to be."""
    truth = exact(stiff)
    own = stiff.run(method="vensim")
    assert own.method == "rk4auto"
    assert np.abs(own.values("y") - truth).max() < 1e-3
    assert own.steps < 1000, "evaluations of the rates"
    for part in (1, 32, 128):
        fixed = stiff.run(method="rk4", time_step=0.5 / part)
        assert not np.abs(fixed.values("y") - truth).max() < 1, "the fixed step is too long"
    fine = stiff.run(method="rk4", time_step=0.5 / 256)
    assert np.abs(fine.values("y") - truth).max() < 1e-3
    assert 4 * fine.steps > 20 * own.steps
    low = stiff.run(method="rk2auto")
    assert np.abs(low.values("y") - truth).max() < 5e-3
    print("evaluations: RK4 auto", own.steps, "RK2 auto", low.steps, "RK4", 4 * fine.steps)


def test_a_relaxation_oscillator(model: Make) -> None:
    made = model(
        "x = INTEG(v, 2)\nv = INTEG(20*(1-x*x)*v-x, 0)", "rk4auto", FINAL_TIME=40, TIME_STEP=1
    )
    own = made.run(method="vensim")
    assert np.abs(own.values("x") - exact(made, "x")).max() < 1e-3
    with pytest.raises(SolverError):
        made.run(method="rk4")


@pytest.mark.parametrize("name", AUTO)
def test_the_error_follows_the_tolerance(stiff: Model, name: str) -> None:
    truth, worst, work = exact(stiff), [], []
    for tolerance in (1e-3, 1e-5, 1e-7):
        run = stiff.run(method=AutoStep(name, tolerance, tolerance))
        worst.append(np.abs(run.values("y") - truth).max())
        work.append(run.steps)
    assert worst[0] > 10 * worst[1] > 100 * worst[2]
    assert worst[2] < 1e-5
    assert work == sorted(work)


def test_tolerances_are_variables_of_the_model(stiff: Model, model: Make) -> None:
    """0.001 where the model has none; the method object goes before both."""
    own = stiff.run(method="rk4auto")
    same = stiff.run(method=AutoStep("rk4auto", 0.001, 0.001))
    np.testing.assert_array_equal(own.values("y"), same.values("y"))
    strict = stiff.run(method=AutoStep("rk4auto", 1e-7, 1e-6))
    told = model(
        STIFF + "\nABSOLUTE TOLERANCE = 1e-7\nRELATIVE TOLERANCE = tenth/1e5\ntenth = 0.1",
        "rk4auto",
        FINAL_TIME=10,
        TIME_STEP=0.5,
    )
    np.testing.assert_allclose(
        told.run(method="vensim").values("y"), strict.values("y"), rtol=1e-12
    )
    assert told.run({"tenth": 100}, method="vensim").steps < strict.steps
    back = told.run(method=AutoStep("rk4auto", 0.001, 0.001))
    np.testing.assert_array_equal(back.values("y"), own.values("y"))


@pytest.mark.parametrize("either", [{"absolute": 1e-9}, {"relative": 1e-9}])
def test_either_tolerance_is_enough(model: Make, either: dict[str, float]) -> None:
    """An error counts as too large only if it exceeds both."""
    made = model("x = INTEG(x, 1000)", "rk4auto", FINAL_TIME=1)
    lax = made.run(method=AutoStep("rk4auto", 1e9, 1e9))
    assert made.run(method=AutoStep("rk4auto", **({"absolute": 1e9, "relative": 1e9} | either))) \
        .values("x").tolist() == lax.values("x").tolist()  # fmt: skip
    assert made.run(method=AutoStep("rk4auto", 1e-9, 1e-12)).steps > 5 * lax.steps


@pytest.mark.parametrize(
    ("tolerances", "message"),
    [
        ("ABSOLUTE TOLERANCE = -1", "ABSOLUTE TOLERANCE is -1: it must be a number above zero"),
        ("RELATIVE TOLERANCE = 1/0", "RELATIVE TOLERANCE is inf: it must be a number above zero"),
        ("RELATIVE TOLERANCE = 0\nABSOLUTE TOLERANCE = 0", "are both zero: no step is so exact"),
    ],
)
def test_tolerances_that_cannot_be(model: Make, tolerances: str, message: str) -> None:
    made = model("x = INTEG(1, 0)\n" + tolerances, "rk4auto")
    with pytest.raises(OverrideError, match=message):
        made.run(method="vensim")


def test_methods_that_cannot_be(stiff: Model) -> None:
    with pytest.raises(OverrideError, match="the absolute tolerance is -1: it must be a number"):
        AutoStep("rk4auto", -1)
    with pytest.raises(OverrideError, match="the relative tolerance is nan"):
        AutoStep("rk4auto", relative=math.nan)
    with pytest.raises(OverrideError, match="AutoStep takes one of rk2auto, rk4auto, not 'rk4'"):
        stiff.run(method=AutoStep("rk4"))


def test_no_step_short_enough_is_an_error(model: Make) -> None:
    made = model("x = INTEG(IF THEN ELSE(Time > 1.3, 1e30, 0), 0)", "rk4auto")
    with pytest.raises(
        SolverError, match="rk4auto finds no step short enough at time 1.3: 'x'"
    ) as e:
        made.run(method="vensim")
    assert (e.value.variable, e.value.time) == ("x", pytest.approx(1.3))
    assert 'method="Radau"' in str(e.value)
    # Where a flow of a billion sets in, the shortest step will do.
    made = model("x = INTEG(IF THEN ELSE(Time >= 2, 1e9, 0), 0)", "rk4auto")
    np.testing.assert_allclose(
        made.run(method="vensim").values("x"), [0, 0, 0, 1e9, 2e9], atol=1e-2
    )


def test_a_run_that_creeps_is_stopped(stiff: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(auto, "MOST_EVALUATIONS", 100)
    monkeypatch.setattr(auto, "_EACH_STEP", 0)
    with pytest.raises(SolverError, match="rk4auto is still at time .* after 101 evaluations"):
        stiff.run(method="rk4auto")


@pytest.mark.parametrize("name", AUTO)
def test_a_smooth_model_is_left_at_the_time_step(model: Make, name: str) -> None:
    made = model("x = INTEG(3, 1)", FINAL_TIME=8)
    run = made.run(method=name)
    np.testing.assert_array_equal(run.values("x"), 1 + 3 * run.times)
    assert run.times.tolist() == list(range(9))
    assert set(run.values("TIME STEP")) == {1}


# TIME STEP stays the beat of the model -----------------------------------------------------------


@pytest.mark.parametrize("name", AUTO)
def test_inputs_change_at_time_steps_only(model: Make, name: str) -> None:
    """STEP changes at TIME STEP intervals only, whatever the method (Vensim Help, STEP)."""
    made = model(
        """
        stepped = INTEG(STEP(1, 2.3), 0)
        later = INTEG(STEP(1, 2.6), 0)
        pulsed = INTEG(PULSE(2, 1), 0)
        fast = INTEG(-300*(fast-COS(3*Time)), 1)
        """,
        FINAL_TIME=5,
    )
    run = made.run(method=name)
    assert run.steps > 500, "sub-steps are taken"
    for variable, values in (
        ("stepped", [0, 0, 0, 1, 2, 3]),
        ("later", [0, 0, 0, 0, 1, 2]),
        ("pulsed", [0, 0, 0, 1, 1, 1]),
    ):
        np.testing.assert_allclose(run.values(variable), values, atol=1e-12)


@pytest.mark.parametrize("name", AUTO)
def test_what_remembers_stands_still_within_a_time_step(model: Make, name: str) -> None:
    made = model(
        """
        x = INTEG(DELAY FIXED(Time, 1, 0), 0)
        y = INTEG(largest, 0)
        largest = SAMPLE IF TRUE(Time > largest, Time, 0)
        fast = INTEG(-300*(fast-COS(3*Time)), 1)
        """,
        FINAL_TIME=4,
    )
    run = made.run(method=name)
    assert run.steps > 500
    np.testing.assert_allclose(run.values("x"), [0, 0, 0, 1, 3], atol=1e-12)
    assert run.values("largest").tolist() == [0, 1, 2, 3, 4]


# Batches, engines, run controls ------------------------------------------------------------------


@pytest.mark.parametrize("name", AUTO)
def test_a_run_does_not_depend_on_its_batch(stiff: Model, name: str) -> None:
    table = pd.DataFrame({"most": [0.0, 999.0, 20.0]})
    batch = stiff.run_many(table, outputs=["y"], method=name, threads=2)
    assert batch.method == name
    for row, most in enumerate(table["most"]):
        alone = stiff.run({"most": most}, method=name)
        np.testing.assert_array_equal(batch.values[0, :, row], alone.values("y"))
        one = stiff.run_many(table[row : row + 1], outputs=["y"], method=name)
        np.testing.assert_array_equal(one.values[0, :, 0], alone.values("y"))


def test_a_run_that_fails_leaves_the_others_alone(model: Make) -> None:
    made = model("x = INTEG(a*x^2, 1)\na = 0", "rk4auto", FINAL_TIME=4)
    batch = made.run_many(pd.DataFrame({"a": [0.1, 1.0, 0.0]}))
    assert batch.ok.tolist() == [True, False, True]
    assert batch.failures["variable"].tolist() == ["x"]
    assert "finds no step short enough" in batch.failures["cause"][0]


def test_both_engines_take_the_same_steps(stiff: Model) -> None:
    here, there = (stiff.run(method="rk4auto", engine=e) for e in ("compiled", "reference"))
    np.testing.assert_allclose(here.values("y"), there.values("y"), rtol=1e-10, atol=1e-12)
    assert here.steps == there.steps


@pytest.mark.parametrize("name", AUTO)
def test_run_controls_that_change(model: Make, name: str) -> None:
    made = model(
        "x = INTEG(-50*(x-COS(Time)), 1)\nTIME STEP = IF THEN ELSE(Time < 2, 1, 0.5)",
        name,
        FINAL_TIME=4,
    )
    run = made.run(method="vensim")
    assert run.times.tolist() == [0, 1, 2, 2.5, 3, 3.5, 4]
    steady = made.replace("TIME STEP", "0.5").run(method=SciPy("LSODA", 1e-10))
    np.testing.assert_allclose(
        run.values("x"), steady.values("x")[[0, 2, 4, 5, 6, 7, 8]], atol=3e-3
    )


def test_a_shorter_time_step(stiff: Model) -> None:
    run = stiff.run(method="rk4auto", time_step=0.125)
    assert run.times.tolist() == stiff.run(method="euler").times.tolist()
    assert np.abs(run.values("y") - exact(stiff)).max() < 1e-3
    assert set(run.values("TIME STEP")) == {0.5}
