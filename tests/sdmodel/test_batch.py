"""Many runs at once: the same numbers as single runs, however they are divided."""

from __future__ import annotations

import math
import re
import threading
import warnings
from collections.abc import Callable

import numpy as np
import pandas as pd
import pytest

import sdmodel as sd
from sdmodel import OverrideError, SDError, SolverError, simulate
from sdmodel.model import Model

pytestmark = pytest.mark.usefixtures("every_engine")

Make = Callable[..., Model]
FIXED = ("euler", "rk2", "rk4")
# Every kind of memory, table, test input and function whose NumPy loop has a fast path.
MIXED = """
    x = INTEG(growth-loss, start)
    start = 4
    rate = 0.3
    growth = rate*x*(1-x/limit)*ABS(1-x/limit)^power
    power = 1.1
    limit = 50
    loss = IF THEN ELSE(x > half, EXP(-x/half)*shape(x), SQRT(x)*0.1)
    half = 12.5
    shape((0,0),(10,1),(20,1.5),(60,0.5))
    smooth = SMOOTH3(x, lag)
    lag = 2.5
    late = DELAY FIXED(growth, lag, 0.25)
    seen = SAMPLE IF TRUE(MODULO(Time, 2) < 1, LN(x), -1)
    wave = SIN(x)+COS(Time)*TAN(rate)+ARCTAN(x)-STEP(rate, lag)
    all = x+smooth+late+seen+wave+PULSE TRAIN(1, 0.5, lag, 8)
"""
OUTPUTS = ["x", "smooth", "late", "seen", "wave", "all"]
SETTABLE = {
    "start": (1, 20),
    "rate": (0.05, 0.9),
    "power": (0.5, 2),
    "limit": (30, 70),
    "half": (5, 25),
    "lag": (0.6, 4),
}


def design(rows: int, seed: int = 1) -> pd.DataFrame:
    draw = np.random.default_rng(seed)
    return pd.DataFrame({n: draw.uniform(a, b, rows) for n, (a, b) in SETTABLE.items()})


@pytest.fixture
def mixed(model: Make) -> Model:
    return model(MIXED, FINAL_TIME=10, TIME_STEP=0.25, SAVEPER=0.5)


def assert_same(a: np.ndarray, b: np.ndarray) -> None:
    """Bit for bit: NaN equals NaN, but -0 is not 0."""
    assert a.shape == b.shape
    assert a.tobytes() == b.tobytes()


# The numbers do not depend on how the runs are divided -------------------------------------------


@pytest.mark.parametrize("method", FIXED)
def test_a_batch_of_one_is_a_single_run(mixed: Model, method: str) -> None:
    row = design(1)
    batch = mixed.run_many(row, method=method, outputs=OUTPUTS)
    run = mixed.run(dict(row.iloc[0]), method=method)
    assert_same(batch.times, run.times)
    for name, values in zip(OUTPUTS, batch.values, strict=True):
        assert_same(values[:, 0].copy(), run.values(name).copy())


@pytest.mark.parametrize("rows", [1, 7, 8, 9, 1025])
def test_a_batch_is_its_single_runs(mixed: Model, rows: int) -> None:
    table = design(rows)
    batch = mixed.run_many(table, method="rk4", outputs=OUTPUTS)
    assert batch.values.shape == (len(OUTPUTS), 21, rows)
    assert batch.ok.all()
    for row in {0, 1, 6, 7, 8, rows // 2, rows - 2, rows - 1} & set(range(rows)):
        run = mixed.run(dict(table.iloc[row]), method="rk4")
        for name, values in zip(OUTPUTS, batch.values, strict=True):
            assert_same(values[:, row].copy(), run.values(name).copy())


@pytest.mark.parametrize("size", [1, 8, 13, 50, 51])
@pytest.mark.parametrize("threads", [None, 1, 3])
def test_parts_and_threads_change_nothing(
    mixed: Model, size: int, threads: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    table = design(50)
    whole = mixed.run_many(table, outputs=OUTPUTS)
    monkeypatch.setattr(simulate, "RUNS_AT_A_TIME", size)
    parts = mixed.run_many(table, outputs=OUTPUTS, threads=threads)
    assert_same(parts.values, whole.values)
    assert (parts.notes, parts.method) == (whole.notes, whole.method)


def test_the_same_table_twice(mixed: Model) -> None:
    table = design(40)
    first = mixed.run_many(table, outputs=OUTPUTS)
    assert_same(mixed.run_many(table, outputs=OUTPUTS).values, first.values)
    run, again = mixed.run(method="rk2"), mixed.run(method="rk2")
    assert_same(run.table.copy(), again.table.copy())


def test_order_of_rows_columns_and_outputs(mixed: Model) -> None:
    table = design(40)
    batch = mixed.run_many(table, outputs=OUTPUTS)
    turned = mixed.run_many(table.iloc[::-1, ::-1], outputs=OUTPUTS[::-1])
    assert_same(turned.values[::-1, :, ::-1].copy(), batch.values)
    shuffled = table.set_index(pd.Index(range(100, 140)))
    assert_same(mixed.run_many(shuffled, outputs=OUTPUTS).values, batch.values)


def test_a_lever_at_its_default_changes_nothing(mixed: Model, core: Model) -> None:
    plain = mixed.run(method="euler")
    for name, value in mixed.constants.items():
        assert_same(mixed.run({name: value}, method="euler").table.copy(), plain.table.copy())
    levers = {name: core.constants[name] for name in core.settings.levers}
    assert len(levers) > 3
    table = pd.DataFrame([levers] * 3)
    batch, base = core.run_many(table), core.run(method="vensim")
    for name, values in zip(batch.outputs, batch.values, strict=True):
        for row in range(3):
            assert_same(values[:, row].copy(), base.values(name).copy())


@pytest.mark.parametrize("seed", range(3))
def test_order_of_the_equations_changes_nothing(model: Make, mixed: Model, seed: int) -> None:
    lines = [line for line in MIXED.splitlines() if line.strip()]
    shuffled = [lines[i] for i in np.random.default_rng(seed).permutation(len(lines))]
    assert shuffled != lines
    other = model("\n".join(shuffled), FINAL_TIME=10, TIME_STEP=0.25, SAVEPER=0.5)
    table = design(9)
    assert_same(
        other.run_many(table, outputs=OUTPUTS).values,
        mixed.run_many(table, outputs=OUTPUTS).values,
    )


def test_every_variable_can_be_an_output(mixed: Model) -> None:
    names = [name for name in mixed.variables if name != "shape"]
    batch = mixed.run_many(design(2), outputs=names)
    assert batch.outputs == tuple(names)
    assert np.isfinite(batch.values).all()
    table = design(2)
    for name in SETTABLE:
        np.testing.assert_array_equal(batch.values[names.index(name)], [table[name]] * 21)
    assert mixed.run_many(table).outputs == ("x",), "stocks, when nothing is named"


# Failures are rows -------------------------------------------------------------------------------


@pytest.mark.parametrize("method", FIXED)
def test_a_row_that_fails_leaves_the_others_alone(model: Make, method: str) -> None:
    made = model("x = INTEG(a*x^2, 1)\na = 0.1\ny = 2*x", FINAL_TIME=6, TIME_STEP=0.125)
    good = np.linspace(0.01, 0.1, 9)
    clean = made.run_many(pd.DataFrame({"a": good}), method=method, outputs=["x", "y"])
    assert clean.ok.all()
    assert clean.failures.empty
    table = pd.DataFrame({"a": np.insert(good, [2, 7], [30, 1e300])})
    batch = made.run_many(table, method=method, outputs=["x", "y"])
    assert batch.ok.tolist() == [row not in (2, 8) for row in range(11)]
    assert_same(batch.values[:, :, batch.ok].copy(), clean.values)
    assert batch.failures["run"].tolist() == [2, 8]
    assert batch.failures["variable"].tolist() == ["x", "x"]
    assert batch.failures["cause"].tolist() == ["no longer a finite number"] * 2
    for row, time in zip(batch.failures["run"], batch.failures["time"], strict=True):
        at = int(np.searchsorted(batch.times, time))
        assert np.isfinite(batch.values[:, :at, row]).all()
        assert np.isnan(batch.values[:, at:, row]).all()
        assert at > 0


def test_a_row_of_no_numbers_from_the_start(model: Make) -> None:
    made = model("x = INTEG(1, 1/a)\na = 1\nb = LN(a)", FINAL_TIME=2)
    batch = made.run_many(pd.DataFrame({"a": [1, 0, 2, -1]}), outputs=["x", "b"])
    assert batch.ok.tolist() == [True, False, True, False]
    assert batch.failures[["run", "time", "variable"]].values.tolist() == [[1, 0, "x"], [3, 0, "b"]]
    np.testing.assert_allclose(batch.values[0, :, 2], [0.5, 1.5, 2.5])
    # Of an auxiliary that nobody asked for, nothing is said.
    assert made.run_many(pd.DataFrame({"a": [-1]}), outputs=["x"]).ok.all()


def test_a_delay_of_no_length(model: Make) -> None:
    made = model("x = DELAY FIXED(Time, 1/a, -1)\na = 1", FINAL_TIME=3)
    batch = made.run_many(pd.DataFrame({"a": [1, 0, 0.5]}), outputs=["x"])
    assert batch.ok.tolist() == [True, False, True]
    np.testing.assert_array_equal(batch.values[0, :, [0, 2]], [[-1, 0, 1, 2], [-1, -1, 0, 1]])
    with pytest.warns(RuntimeWarning, match="'x' is no longer a finite number at time 1"):
        made.run({"a": 0})


@pytest.mark.parametrize("method", ["LSODA", "RK45", "Radau"])
def test_a_solver_that_gives_up_on_a_row(model: Make, method: str) -> None:
    made = model("y = INTEG(1, 0)\nx = INTEG(a*x^2, 1)\na = 0.1", FINAL_TIME=2)
    batch = made.run_many(pd.DataFrame({"a": [0.1, 1, 0.25]}), method=method, outputs=["y", "x"])
    assert batch.method == method
    assert batch.ok.tolist() == [True, False, True]
    (failure,) = batch.failures.to_dict("records")
    assert (failure["run"], failure["variable"]) == (1, "x")
    assert failure["time"] == pytest.approx(1, abs=1e-3)
    assert "'x'" in failure["cause"]
    assert f"time {failure['time']:g}" in failure["cause"]
    assert np.isnan(batch.values[:, :, 1]).all()
    for row, a in ((0, 0.1), (2, 0.25)):
        exact = 1 / (1 - a * batch.times)
        np.testing.assert_allclose(batch.values[1, :, row], exact, rtol=1e-6)
        # A row is the run it would be alone.
        run = made.run({"a": a}, method=method)
        assert_same(batch.values[1, :, row].copy(), run.values("x").copy())


def test_a_switch_that_flips_fails_its_row_only(model: Make) -> None:
    made = model("x = INTEG(IF THEN ELSE(x > top, -1, 1), 0)\ntop = 2")
    batch = made.run_many(pd.DataFrame({"top": [2, 99]}), method="LSODA")
    assert batch.ok.tolist() == [False, True]
    assert "flips back and forth at time 2" in batch.failures["cause"][0]
    np.testing.assert_allclose(batch.values[0, :, 1], batch.times, rtol=1e-7)


@pytest.mark.parametrize("method", ["LSODA", "BDF"])
def test_threads_and_solvers(model: Make, method: str) -> None:
    """LSODA keeps state of its own in old versions, and warnings are switched for all threads."""
    made = model("x = INTEG(-a*x, 1)\na = 0.1")
    table = pd.DataFrame({"a": np.linspace(0.1, 2, 12)})
    one = made.run_many(table, method=method, threads=1)
    before = warnings.filters[:]
    four = made.run_many(table, method=method, threads=4)
    assert warnings.filters == before
    assert_same(four.values, one.values)


def test_two_threads_of_ones_own(mixed: Model) -> None:
    """A model may be run from several threads at once."""
    table, found = design(20), []

    def work() -> None:
        found.append(mixed.run_many(table, outputs=OUTPUTS).values)
        found.append(mixed.run(method="rk4").table)

    workers = [threading.Thread(target=work) for _ in range(3)]
    for one in workers:
        one.start()
    for one in workers:
        one.join()
    shapes = {values.shape: values for values in found}
    assert len(found) == 6
    assert len(shapes) == 2
    for values in found:
        assert_same(values.copy(), shapes[values.shape].copy())


# Run controls ------------------------------------------------------------------------------------


def test_controls_in_the_table_must_be_the_same_in_all_rows(
    model: Make, monkeypatch: pytest.MonkeyPatch
) -> None:
    made = model("x = INTEG(1, 0)\nhorizon = 4\nFINAL TIME = INITIAL TIME+horizon")
    same = made.run_many(pd.DataFrame({"horizon": [2, 2], "TIME STEP": [0.5, 0.5]}))
    assert same.times.tolist() == [0, 0.5, 1, 1.5, 2]
    with pytest.raises(OverrideError, match="FINAL TIME differs between the runs of one batch"):
        made.run_many(pd.DataFrame({"horizon": [2, 3]}))
    # Also where the rows are worked on apart, and even if the times are as many.
    moved = pd.DataFrame({"INITIAL TIME": [0, 1]})
    for options in ({"method": "LSODA"}, {"method": "euler"}):
        with pytest.raises(OverrideError, match="split the table"):
            made.run_many(moved, **options)
    monkeypatch.setattr(simulate, "RUNS_AT_A_TIME", 1)
    with pytest.raises(OverrideError, match="split the table"):
        made.run_many(moved, method="euler")


def test_controls_that_change_over_time(model: Make) -> None:
    made = model("x = INTEG(a, 0)\na = 1", TIME_STEP="IF THEN ELSE(Time < 2, 1, 0.5)")
    batch = made.run_many(pd.DataFrame({"a": [1, 2, 5]}))
    assert batch.times.tolist() == [0, 1, 2, 2.5, 3, 3.5, 4]
    np.testing.assert_array_equal(batch.values[0], np.outer(batch.times, [1, 2, 5]))
    other = model("x = INTEG(a, 0)\na = 1", TIME_STEP="IF THEN ELSE(Time < a, 1, 0.5)")
    assert other.run_many(pd.DataFrame({"a": [2, 2]})).values.shape == (1, 7, 2)
    with pytest.raises(OverrideError, match="must have the same saved times: split the table"):
        other.run_many(pd.DataFrame({"a": [2, 1]}))


@pytest.mark.parametrize("method", ["vensim", "rk4", "LSODA"])
def test_timing_of_a_batch(model: Make, method: str) -> None:
    made = model("x = INTEG(-a*x+PULSE(1, 0), 1)\na = 0.1", TIME_STEP=0.25, SAVEPER=1)
    timing = {"time_step": 0.125, "final_time": 3, "save_every": 0.5}
    batch = made.run_many(pd.DataFrame({"a": [0.1, 0.2]}), method=method, **timing)
    run = made.run({"a": 0.2}, method=method, **timing)
    assert batch.times.tolist() == [0, 0.5, 1, 1.5, 2, 2.5, 3]
    assert_same(batch.values[0, :, 1].copy(), run.values("x").copy())
    assert batch.method == run.method


# What is refused, and what is told ---------------------------------------------------------------


def test_a_result_that_would_not_fit(mixed: Model, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(simulate, "LARGEST_RESULT", 2**20)
    with pytest.raises(SDError) as caught:
        mixed.run_many(design(2000), outputs=OUTPUTS)
    assert str(caught.value) == (
        "2,000 runs of 6 outputs at 21 times would need 0.0019 GiB: name fewer outputs=, set "
        "save_every=, or split the table"
    )
    assert mixed.run_many(design(2000), outputs=["x"], save_every=10).values.shape == (1, 2, 2000)


def test_an_empty_table(mixed: Model) -> None:
    for table in (pd.DataFrame(), pd.DataFrame({"rate": []}, dtype=float)):
        with pytest.raises(SDError, match="the table has no rows: there is nothing to run"):
            mixed.run_many(table)


def test_a_table_without_columns_repeats_the_base_run(mixed: Model) -> None:
    batch = mixed.run_many(pd.DataFrame(index=range(3)), outputs=["x"])
    base = mixed.run(method="vensim").values("x")
    np.testing.assert_array_equal(batch.values[0], np.column_stack([base] * 3))


@pytest.mark.parametrize("threads", [0, -2])
def test_threads_that_cannot_be(mixed: Model, threads: int) -> None:
    with pytest.raises(OverrideError, match=f"threads is {threads}: give 1 or more"):
        mixed.run_many(design(2), threads=threads)


def test_memories_are_refused_in_a_batch_too(mixed: Model) -> None:
    message = "LSODA cannot run DELAY FIXED in 'late', SAMPLE IF TRUE in 'seen'"
    with pytest.raises(OverrideError, match=message):
        mixed.run_many(design(2), method="LSODA")
    batch = mixed.run_many(design(2), method="auto")
    assert batch.method == "euler"
    assert len(batch.notes) == 1
    assert re.match("the file's own method: 'late' uses DELAY FIXED", batch.notes[0])


@pytest.mark.parametrize("method", ["vensim", "BDF"])
@pytest.mark.parametrize("threads", [None, 2])
def test_progress(
    model: Make, method: str, threads: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(simulate, "RUNS_AT_A_TIME", 8)
    made = model("x = INTEG(-a*x, 1)\na = 0.1")
    told: list[tuple[int, int]] = []
    table = pd.DataFrame({"a": np.linspace(0.1, 1, 30)})
    made.run_many(
        table, method=method, threads=threads, progress=lambda done, all_: told.append((done, all_))
    )
    done = [one for one, _ in told]
    assert done == sorted(set(done))
    assert done[-1] == 30
    assert {all_ for _, all_ in told} == {30}
    assert len(done) >= 4, "there is something to see"


@pytest.mark.parametrize("error", [KeyboardInterrupt, SolverError, ZeroDivisionError])
@pytest.mark.parametrize("threads", [None, 2])
def test_what_progress_raises_comes_through(
    mixed: Model, error: type[BaseException], threads: int | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ctrl-C in the middle of a sweep ends it; parts that were not begun are not run."""
    monkeypatch.setattr(simulate, "RUNS_AT_A_TIME", 4)
    begun: list[int] = []
    run = simulate.trajectory

    def counting(*args: object, **more: object) -> object:
        begun.append(1)
        return run(*args, **more)  # type: ignore[arg-type]

    monkeypatch.setattr(simulate, "trajectory", counting)

    def stop(done: int, runs: int) -> None:
        if done >= 8:
            raise error("stop")

    alive = threading.active_count()
    with pytest.raises(error, match="stop"):
        mixed.run_many(design(400), threads=threads, progress=stop)
    assert threading.active_count() == alive
    assert 2 <= len(begun) < 100
    assert mixed.run_many(design(4)).ok.all(), "the model is none the worse"


def test_labels_of_a_batch(mixed: Model) -> None:
    batch = mixed.run_many(design(3), outputs=["x", "Late"])
    data = batch.data
    assert dict(data.sizes) == {"run": 3, "time": 21}
    assert list(data.data_vars) == ["x", "late"], "as the file spells them"
    assert data.attrs["method"] == "euler"
    assert data.attrs["digest"] == mixed.digest
    assert data["ok"].values.tolist() == [True] * 3
    np.testing.assert_array_equal(data["late"].values, batch.values[1].T)
    assert isinstance(batch, sd.RunBatch)
    assert math.isclose(float(data["time"][-1]), 10)


def test_a_batch_says_in_a_line_what_it_is(mixed: Model) -> None:
    names = list(OUTPUTS)
    batch = mixed.run_many(design(3), outputs=names)
    shown = repr(batch)
    assert "3 runs" in shown
    assert repr(names[0]) in shown
    assert "\n" not in shown
    assert len(shown) < 300
