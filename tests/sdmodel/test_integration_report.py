"""`check_integration`: a plain verdict, the variable it rests on, and what to do."""

from __future__ import annotations

import math
import warnings
from collections.abc import Callable

import pytest

from sdmodel import SolverError
from sdmodel.model import Model

pytestmark = pytest.mark.usefixtures("every_engine")

Make = Callable[..., Model]
COMPARED = ["half the step", "a quarter of the step", "another method"]
LOGISTIC = "x = INTEG(rate*x*(1-x), 0.05)\nrate = 1\ndouble = 2*x"


def test_a_smooth_model_by_rk4(model: Make) -> None:
    report = model(LOGISTIC, "rk4", FINAL_TIME=10, TIME_STEP=0.25).check_integration()
    assert report.ok
    assert report.verdict.startswith(
        "rk4 with TIME STEP 0.25 is accurate enough: nothing changes by more than "
    )
    assert report.left_out == ()
    table = report.table
    assert table["compared with"].tolist() == COMPARED
    assert table["method"].tolist() == ["rk4", "rk4", "LSODA"]
    assert table["step"].tolist()[:2] == [0.125, 0.0625]
    assert math.isnan(table["step"][2])
    assert 0 < table["largest change"].max() < 1e-5
    assert set(table["variable"]) <= {"x", "double"}
    assert str(report).splitlines()[0] == report.verdict
    assert "another method" in str(report)


def test_euler_with_too_large_a_step(model: Make) -> None:
    made = model(LOGISTIC, FINAL_TIME=10, TIME_STEP=1)
    report = made.check_integration()
    assert not report.ok
    worst = report.table["largest change"].max()
    at = report.table.loc[report.table["largest change"].idxmax()]
    assert report.verdict == (
        f"euler with TIME STEP 1 is not accurate enough: {at['variable']!r} changes by "
        f"{worst:.2g} of its peak at time {at['time']:g} (allowed: 0.001); "
        'use RK4 (method="rk4"), or a TIME STEP well below 0.25'
    )
    # The figure is the change itself: by LSODA the run is as good as exact.
    euler, exact = (made.run(method=name).values("x") for name in ("euler", "LSODA"))
    assert at["compared with"] == "another method"
    assert worst == pytest.approx(abs(exact - euler).max() / max(exact.max(), euler.max()))
    # The cure works.
    assert made.replace("TIME STEP", "1/1024").check_integration().ok


def test_rk4_with_too_large_a_step(model: Make) -> None:
    made = model("x = INTEG(v, 1)\nv = INTEG(-4*x, 0)", "rk4", FINAL_TIME=10, TIME_STEP=0.5)
    report = made.check_integration()
    assert not report.ok
    assert report.verdict.endswith("; use a TIME STEP of 0.125 or less")


def test_overrides_are_checked(model: Make) -> None:
    made = model(LOGISTIC, "rk4", FINAL_TIME=10, TIME_STEP=0.25)
    assert made.check_integration().ok
    assert not made.check_integration({"rate": 12}).ok


def test_two_coarse_runs_that_agree_by_luck_do_not_count(model: Make) -> None:
    """Sampled at whole periods, a wave looks like a constant, for any step that divides them."""
    made = model("x = INTEG(1+SIN(2*3.141592653589793*4*Time+1), 0)", FINAL_TIME=4)
    report = made.check_integration()
    assert report.table["largest change"].tolist()[:2] == pytest.approx([0, 0], abs=1e-12)
    assert not report.ok
    # Over whole periods the wave adds up to nothing, so x ends at 4; by Euler at 4+4 sin 1.
    share = math.sin(1) / (1 + math.sin(1))
    assert report.table["largest change"][2] == pytest.approx(share, rel=1e-5)


def test_memory_functions_are_left_out_by_name(model: Make) -> None:
    made = model(
        """
        x = INTEG(late-0.1*x, 0)
        late = DELAY FIXED(Time, 2, 0)
        kept = SAMPLE IF TRUE(x > 3, x, 0)
        varying = DELAY N(x, 2+x, 0, 2)
        """,
        "rk4",
        TIME_STEP=1 / 64,
    )
    report = made.check_integration()
    said = "counts whole time steps, so that its own meaning changes with them"
    assert report.left_out == (
        f"'late' (DELAY FIXED {said})",
        f"'kept' (SAMPLE IF TRUE {said})",
        f"'varying' (a delay whose time changes {said})",
        "another method: the model is no system of differential equations and runs by RK4 already",
    )
    assert all(one in str(report) for one in report.left_out)
    assert report.table["compared with"].tolist() == COMPARED[:2]


def test_by_euler_the_other_method_of_a_memory_is_rk4(model: Make) -> None:
    made = model("x = INTEG(DELAY FIXED(1, 2, 1)-x, 0)", TIME_STEP=0.5)
    report = made.check_integration()
    assert report.table["method"].tolist() == ["euler", "euler", "rk4"]
    assert report.table["step"].tolist() == [0.25, 0.125, 0.125]
    assert not report.ok
    steady = model("x = INTEG((1-x)*4*TIME STEP, 0)", TIME_STEP=0.5).check_integration()
    assert steady.table["method"].tolist() == ["euler", "euler", "rk4"]
    assert steady.left_out == ()


JUMPY = """
    x = INTEG(inflow-x/20, 5)
    inflow = STEP(0.5, 3.37)+PULSE TRAIN(1, 1.3, 4, 99)/4
    twice = inflow*2
"""


def test_a_model_that_jumps(model: Make) -> None:
    """A jump moved by part of a step is no error of integration: the stock it feeds tells."""
    report = model(JUMPY, "rk4", FINAL_TIME=20, TIME_STEP=1 / 64, SAVEPER=0.5).check_integration()
    assert report.ok
    assert set(report.table["variable"]) == {"x"}
    coarse = model(JUMPY, "rk4", FINAL_TIME=20, TIME_STEP=1).check_integration()
    assert not coarse.ok
    assert "'x' changes by" in coarse.verdict
    assert "(allowed: 0.005)" in coarse.verdict


def test_jumps_at_whole_steps_are_exact_by_euler(model: Make) -> None:
    made = model("x = INTEG(STEP(1, 2)+PULSE(3, 0), 0)", TIME_STEP=0.5, FINAL_TIME=6)
    report = made.check_integration()
    assert report.ok
    assert report.table["largest change"].max() < 1e-7


def test_nothing_changes_in_a_model_without_stocks(model: Make) -> None:
    report = model("a = 2*Time").check_integration()
    assert report.verdict == ("euler with TIME STEP 1 is accurate enough: nothing changes at all")


def test_saved_times_that_differ(model: Make) -> None:
    """SAVEPER is no multiple of the step: only what was saved at the same time is compared."""
    made = model("x = INTEG(1, 0)", "rk4", FINAL_TIME=6, TIME_STEP=0.5, SAVEPER=0.7)
    own, finer = made.run(method="rk4"), made.run(method="rk4", time_step=0.25)
    assert own.times.tolist() != finer.times.tolist()
    assert made.check_integration().ok
    # The final time that the steps reach differs as well.
    short = model("x = INTEG(1, 0)", "rk4", FINAL_TIME=6, TIME_STEP=0.7, SAVEPER=0.35)
    assert short.check_integration().ok
    bad = model("x = INTEG(-x, 1)", FINAL_TIME=6, TIME_STEP=0.7, SAVEPER=0.35)
    assert not bad.check_integration().ok


def test_what_is_no_number_is_named(model: Make) -> None:
    made = model("x = INTEG(-x, 1)\ny = LN(x-0.5)", "rk4", TIME_STEP=0.125)
    with pytest.warns(RuntimeWarning, match="'y' is no longer a finite number") as told:
        report = made.check_integration()
    assert len(told) == 1, "once, and not for every comparison"
    assert report.ok
    assert report.left_out == ("'y', which is not a finite number somewhere",)


def test_a_run_that_fails_is_an_error(model: Make) -> None:
    made = model("x = INTEG(x^2, 1)", FINAL_TIME=20, TIME_STEP=0.5)
    with pytest.raises(SolverError, match="'x' is no longer a finite number"):
        made.check_integration()


def test_a_finer_run_that_fails_is_left_out(model: Make) -> None:
    """By Euler with steps of 1 the pole at 1 is stepped over; finer runs meet it."""
    made = model("x = INTEG(IF THEN ELSE(Time < 2, x^2/4, 0), 1)", FINAL_TIME=40, TIME_STEP=2)
    with warnings.catch_warnings():
        warnings.simplefilter("error")
        report = made.check_integration()
    assert not report.ok
    flips = model("x = INTEG(IF THEN ELSE(x > 2.3, -1, 1)/16, 0)", FINAL_TIME=60, TIME_STEP=0.25)
    report = flips.check_integration()
    assert report.table["compared with"].tolist() == COMPARED[:2]
    assert report.left_out[0].startswith(
        "another method: test.mdl:2: in run 'base', a switch in 'x'"
    )


def test_controls_that_change_cannot_be_compared(model: Make) -> None:
    made = model("x = INTEG(1, 0)", TIME_STEP="1+0*Time")
    report = made.check_integration()
    assert (report.ok, report.verdict) == (False, "nothing could be compared")
    assert report.table.empty
    assert all(
        "the run controls change over time in this model" in one for one in report.left_out[:2]
    )


def test_automatic_steps_are_compared_with_a_smaller_tolerance(model: Make) -> None:
    made = model(LOGISTIC, "rk4auto", FINAL_TIME=10, TIME_STEP=2)
    report = made.check_integration()
    assert report.table["compared with"].tolist() == [
        "half the step",
        "a quarter of the step",
        "a hundredth of the tolerance",
        "another method",
    ]
    assert report.table["method"].tolist() == ["rk4auto"] * 3 + ["LSODA"]
    assert report.ok
    lax = model(
        LOGISTIC + "\nABSOLUTE TOLERANCE = 0.5\nRELATIVE TOLERANCE = 0.5",
        "rk2auto",
        FINAL_TIME=10,
        TIME_STEP=2,
    ).check_integration()
    assert not lax.ok
    assert lax.verdict.endswith(
        "use a RELATIVE TOLERANCE below 0.001, or a TIME STEP of 0.5 or less"
    )
    remembering = model("x = INTEG(DELAY FIXED(1, 2, 1)-x, 0)", "rk4auto", TIME_STEP=0.5)
    report = remembering.check_integration()
    assert report.table["method"].tolist() == ["rk4auto"] * 3 + ["rk4"]
    assert [one.split(" ")[0] for one in report.left_out] == ["'x'"]


def test_difference_equations_are_compared_as_euler_records_them(model: Make) -> None:
    made = model(LOGISTIC, "difference", FINAL_TIME=10, TIME_STEP=1 / 1024, SAVEPER=0.5)
    report = made.check_integration()
    assert report.ok
    assert report.verdict.startswith("euler with TIME STEP")
    assert report.left_out == (
        "how difference equations record auxiliary variables, one step late: they are compared as "
        "Euler records them",
    )


def test_the_core_model(core: Model) -> None:
    report = core.check_integration()
    assert report.ok
    assert report.left_out == ()
    assert report.table["largest change"].max() < 1e-6


def test_what_jumps_without_end_is_given_up_and_told(
    model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = model(
        "x = INTEG(IF THEN ELSE(SIN(20*y) > 0, 1, -1), 1)\ny = INTEG(1, 0)", "rk4", FINAL_TIME=10
    )
    assert "another method" in made.check_integration().table["compared with"].tolist()
    monkeypatch.setattr("sdmodel.integration.LEAST_LOOKS", 20)
    monkeypatch.setattr("sdmodel.integration.MORE_LOOKS", 2)
    report = made.check_integration()
    assert report.table["compared with"].tolist() == COMPARED[:2]
    (told,) = report.left_out
    assert told.startswith("another method: ")
    assert "given up at time " in told
    assert told.endswith(", after the equations were worked out 20 times")
