"""Difference equations: Euler's numbers, recorded as Vensim's "Diff" does.

Results are stored before auxiliaries are computed anew: "levels at a time, and the auxiliaries that
led to them" (Vensim Help, Computational Sequence, step 3).
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

from sdmodel import FixedStep, SolverError
from sdmodel.model import Model

pytestmark = pytest.mark.usefixtures("every_engine")

Make = Callable[..., Model]
GROWTH = """
    x = INTEG(growth, start)
    start = 2*half
    half = 1
    growth = rate*x
    rate = 0.5
    twice = 2*growth
"""


def test_auxiliaries_stand_beside_the_levels_they_led_to(model: Make) -> None:
    made = model(GROWTH, "difference", FINAL_TIME=3)
    run = made.run(method="vensim")
    assert run.method == "difference"
    assert run.values("x").tolist() == [2, 3, 4.5, 6.75]
    np.testing.assert_array_equal(run.values("growth"), [np.nan, 1, 1.5, 2.25])
    np.testing.assert_array_equal(run.values("twice"), [np.nan, 2, 3, 4.5])
    assert set(run.values("rate")) == {0.5}
    assert set(run.values("start")) == {2}
    assert run.times.tolist() == [0, 1, 2, 3]
    assert run.result == "completed"
    (note,) = run.notes
    assert note.startswith("difference equations: auxiliary variables are recorded one step late")


def test_the_levels_are_those_of_euler(model: Make) -> None:
    made = model(GROWTH, FINAL_TIME=3, TIME_STEP=0.125, SAVEPER=0.5)
    late, euler = made.run(method=FixedStep("difference")), made.run(method="euler")
    dense = made.run(method="euler", save_every=0.125)
    np.testing.assert_array_equal(late.values("x"), euler.values("x"))
    # Between two saved times lie four steps: the step before is meant, not the saved time before.
    np.testing.assert_array_equal(late.values("growth")[1:], dense.values("growth")[3::4])
    assert late.steps == euler.steps


def test_what_initial_values_need_has_a_value_at_the_start(model: Make) -> None:
    made = model("x = INTEG(1, a+1)\na = 3+Time\nb = 3+Time", "difference", FINAL_TIME=2)
    run = made.run(method="vensim")
    assert run.values("a").tolist() == [3, 3, 4]
    np.testing.assert_array_equal(run.values("b"), [np.nan, 3, 4])


def test_another_name_of_a_level_is_a_level(model: Make) -> None:
    made = model("x = DELAY FIXED(Time, 1, 7)\ny = x+0", "difference", FINAL_TIME=2)
    run = made.run(method="vensim")
    assert run.values("x").tolist() == [7, 0, 1]
    np.testing.assert_array_equal(run.values("y"), [np.nan, 7, 0])


def test_batches(model: Make) -> None:
    made = model(GROWTH, "difference", FINAL_TIME=3, TIME_STEP=0.5, SAVEPER=1)
    table = pd.DataFrame({"rate": [0.1, 0.5, 0.9]})
    batch = made.run_many(table, outputs=["x", "growth"])
    assert batch.ok.all()
    assert len(batch.failures) == 0
    for row, rate in enumerate(table["rate"]):
        alone = made.run({"rate": rate}, method="vensim")
        for output, name in enumerate(("x", "growth")):
            np.testing.assert_array_equal(batch.values[output, :, row], alone.values(name))


def test_runs_that_leave_the_numbers(model: Make) -> None:
    made = model("x = INTEG(1e300*a*x, 1)\ny = LN(a)\na = 0", "difference", FINAL_TIME=4)
    with pytest.raises(SolverError, match="'x' is no longer a finite number at time 2"):
        made.run({"a": 1}, method="vensim")
    table = pd.DataFrame({"a": [1.0, 1e-300, 0.0]})
    batch = made.run_many(table, outputs=["x"])
    assert batch.ok.tolist() == [False, True, True]
    assert batch.failures["time"].tolist() == [2]
    with pytest.raises(SolverError, match="'x' is no longer a finite number"):
        made.replace("x", "INTEG(a, LN(-1))").run({"a": 1}, method="vensim")


def test_run_controls_that_change(model: Make) -> None:
    made = model(
        GROWTH + "\nTIME STEP = IF THEN ELSE(Time < 2, 1, 0.5)", "difference", FINAL_TIME=3
    )
    run = made.run(method="vensim")
    assert run.times.tolist() == [0, 1, 2, 2.5, 3]
    assert run.values("x").tolist() == [2, 3, 4.5, 5.625, 7.03125]
    np.testing.assert_array_equal(run.values("growth"), [np.nan, 1, 1.5, 2.25, 2.8125])
    assert run.notes[-1].startswith("difference equations")
    assert run.result == "completed"
