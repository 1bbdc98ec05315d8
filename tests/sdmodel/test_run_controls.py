"""Run controls that are computed or change, and the numbers of steps and runs."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import replace

import numpy as np
import pytest

from sdmodel import OverrideError
from sdmodel.expr import Ref
from sdmodel.integrators import dynamic, method_named
from sdmodel.model import Model
from sdmodel.program import RUN_NUMBER, STEP_NUMBER, check, layout_of
from sdmodel.reference import ReferenceKernel
from sdmodel.simulate import Timing, batch, trajectory

pytestmark = pytest.mark.usefixtures("every_engine")

Make = Callable[..., Model]
FIXED = ("euler", "rk2", "rk4", "heun")
AUTO = ("rk2auto", "rk4auto")


def test_time_step_that_changes(model: Make) -> None:
    made = model(
        "x = INTEG(x, 1)\nTIME STEP = IF THEN ELSE(Time < 2, 1, 0.5)\npulse = PULSE(2.5, 0)",
        FINAL_TIME=4,
    )
    run = made.run()
    assert run.method == "euler"
    assert run.notes == ("the file's own method: the run controls change over time",)
    assert run.times.tolist() == [0, 1, 2, 2.5, 3, 3.5, 4]
    assert run.values("x").tolist() == [1, 2, 4, 6, 9, 13.5, 20.25]
    # A pulse of one TIME STEP is one step wide, by the step that holds at that time.
    assert run.values("pulse").tolist() == [0, 0, 0, 1, 0, 0, 0]


def test_half_a_step_is_that_of_the_present_time_step(model: Make) -> None:
    """At 2 the step is 0.5 already: a step at 2.4 has not come, as it would have by steps of 1."""
    made = model("a = STEP(1, 2.4)\nTIME STEP = IF THEN ELSE(Time < 2, 1, 0.5)", FINAL_TIME=4)
    run = made.run()
    assert dict(zip(run.times, run.values("a"), strict=True)) == {
        0: 0, 1: 0, 2: 0, 2.5: 1, 3: 1, 3.5: 1, 4: 1,
    }  # fmt: skip


def test_saveper_and_final_time_that_change(model: Make) -> None:
    made = model(
        "x = INTEG(1, 0)\nSAVEPER = IF THEN ELSE(Time < 2, 1, 2)\n"
        "FINAL TIME = IF THEN ELSE(x < 6, 100, 8)",
        TIME_STEP=0.5,
    )
    for name in FIXED:
        run = made.run(method=name)
        assert run.times.tolist() == [0, 1, 2, 4, 6, 8]
        assert run.values("x").tolist() == [0, 1, 2, 4, 6, 8]


def test_saveper_that_changes_and_is_no_multiple(model: Make) -> None:
    """As with a fixed SAVEPER the nearest steps are saved, and instants do not drift."""
    changing = {"SAVEPER": "0.6+0*Time", "TIME_STEP": 0.25, "FINAL_TIME": 3}
    run = model("x = INTEG(1, 0)", **changing).run()
    assert run.times.tolist() == [0, 0.5, 1.25, 1.75, 2.5, 3]
    assert run.notes[0] == (
        "SAVEPER (0.6) is no multiple of the step (0.25): the nearest steps are saved"
    )
    below = model("x = INTEG(1, 0)", SAVEPER="0.125+0*Time", TIME_STEP=0.5, FINAL_TIME=2).run()
    assert below.times.tolist() == [0, 0.5, 1, 1.5, 2]
    assert "SAVEPER (0.125) is no multiple of the step (0.5)" in below.notes[0]
    every = model("x = INTEG(1, 0)", SAVEPER="0*Time", TIME_STEP=0.5, FINAL_TIME=1).run()
    assert every.times.tolist() == [0, 0.5, 1]
    assert len(every.notes) == 1
    with pytest.raises(OverrideError, match="SAVEPER is -1 at time 2: it must be above zero"):
        model("x = INTEG(1, 0)", SAVEPER="1-2*(Time > 1)").run()


@pytest.mark.parametrize("name", FIXED)
def test_controls_that_change_as_vensim_ran_them(model: Make, name: str) -> None:
    """Recorded by Vensim (SDXorg test-models, control_vars), whatever the method."""
    made = model(
        """
        var = Time
        INITIAL TIME = IF THEN ELSE(Time < 3, 0, 0.2)
        FINAL TIME = IF THEN ELSE(Time < 5, 10, 50)
        SAVEPER = IF THEN ELSE(Time < 10, TIME STEP, 5)
        TIME STEP = IF THEN ELSE(Time < 4, 1, 0.5)
        """
    )
    run = made.run(method=name)
    halves = [4 + i / 2 for i in range(12)]
    assert run.times.tolist() == [0, 1, 2, 3, *halves, 10, *range(15, 51, 5)]
    assert run.values("FINAL TIME").tolist() == [10] * 6 + [50] * 19
    assert run.values("INITIAL TIME").tolist() == [0] * 3 + [0.2] * 22


def test_changing_controls_and_what_they_exclude(model: Make) -> None:
    made = model("x = INTEG(1, 0)", TIME_STEP="1+0*Time")
    with pytest.raises(OverrideError, match="the run controls change over time in this model"):
        made.run(time_step=0.5)
    with pytest.raises(OverrideError, match="LSODA cannot run run controls that change over time"):
        made.run(method="LSODA")
    delayed = model("x = DELAY FIXED(Time, 2, 0)", TIME_STEP="1+0*Time")
    with pytest.raises(OverrideError, match="DELAY FIXED counts whole time steps"):
        delayed.run()


def test_a_final_time_that_runs_away(model: Make, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(dynamic, "MOST_STEPS", 100)
    made = model("x = INTEG(1, 0)", FINAL_TIME="Time + 10")
    with pytest.raises(OverrideError, match="after 100 steps FINAL TIME is still ahead, at time"):
        made.run()


@pytest.mark.parametrize(
    ("name", "equation"), [("FINAL TIME", "9+0*LN(2-Time)"), ("TIME STEP", "1+0*SQRT(1-Time)")]
)
def test_changing_controls_that_leave_the_numbers(model: Make, name: str, equation: str) -> None:
    """A FINAL TIME that is no number must not pass for one that is reached."""
    made = model("x = INTEG(1, 0)", **{name: equation})
    with pytest.raises(OverrideError, match=f"{name} is nan: it must be a finite number"):
        made.run()


def test_run_controls_that_are_computed(model: Make) -> None:
    """Computed once a run, they may depend on what a run sets."""
    made = model("x = INTEG(1, 0)\nhorizon = 6\nFINAL TIME = INITIAL TIME+horizon", TIME_STEP="1/4")
    assert not made.program.dynamic_control
    assert made.run({"horizon": 3}).values("x")[-1] == pytest.approx(3, rel=1e-7)
    assert made.run(final_time=2, method="euler").times[-1] == 2


# The numbers of step and run ---------------------------------------------------------------------


def numbered(model: Model) -> ReferenceKernel:
    """Return a kernel in which `a` reads the number of the step, and `b` that of the run."""
    program = model.program
    names = [*program.layout.names, STEP_NUMBER, RUN_NUMBER]
    reads = {"a": Ref(STEP_NUMBER), "b": Ref(RUN_NUMBER)}
    step = tuple(replace(s, value=reads.get(s.target, s.value)) for s in program.step)
    constants = {**program.constants, RUN_NUMBER: 0.0}
    layout = layout_of(names, {})
    places = {name: layout.slots[name] for name in constants}
    made = replace(program, constant_slots=places, layout=layout, step=step, constants=constants)
    check(made)
    return ReferenceKernel(made)


NUMBERED = "x = INTEG(a, 0)\na = Time\nb = Time"


@pytest.mark.parametrize("name", [*FIXED, *AUTO])
@pytest.mark.parametrize("changing", ["", "+0*Time"])
def test_the_number_of_a_step_holds_at_all_its_stages(
    model: Make, name: str, changing: str
) -> None:
    kernel = numbered(model(NUMBERED, TIME_STEP="0.5" + changing, FINAL_TIME=2))
    slots = [kernel.program.layout.slots[one] for one in ("x", "a")]
    done = trajectory(kernel, {}, 1, method_named(name), Timing(), slots)
    np.testing.assert_allclose(done.values[0, :, 0], [0, 0, 0.5, 1.5, 3], atol=1e-14)
    assert done.values[1, :, 0].tolist() == [0, 1, 2, 3, 4]


@pytest.mark.parametrize("name", ["euler", "rk4auto"])
def test_the_number_of_a_run_is_that_in_its_whole_batch(
    model: Make, name: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("sdmodel.simulate.RUNS_AT_A_TIME", 2)
    kernel = numbered(model(NUMBERED))
    slots = [kernel.program.layout.slots["b"]]
    done = batch(kernel, {}, 5, method_named(name), Timing(), slots, None, None)
    assert done.values[0].tolist() == [[0, 1, 2, 3, 4]] * 5
    given = {RUN_NUMBER: np.full(5, 7.0)}
    done = batch(kernel, given, 5, method_named(name), Timing(), slots, None, None)
    assert set(done.values.ravel()) == {7}
