"""The compiled engine behind `Model`: the same answers, whatever the batch looks like."""

from __future__ import annotations

import copy
import pickle
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

import sdmodel as sd

CORE = Path(__file__).resolve().parents[2] / "models" / "core.mdl"
METHODS = ["euler", "rk2", "rk4"]


@pytest.fixture(scope="module")
def core() -> sd.Model:
    return sd.load(CORE)


def levers(core: sd.Model, rows: int) -> pd.DataFrame:
    draw = np.random.default_rng(4)
    factors = [*core.settings.levers.values(), *core.settings.uncertainties.values()]
    return pd.DataFrame({f.name: draw.uniform(f.low, f.high, rows) for f in factors})


@pytest.mark.parametrize("method", METHODS)
def test_every_variable_of_the_core_model(core: sd.Model, method: str) -> None:
    compiled = core.run("blended", method=method)
    reference = core.run("blended", method=method, engine="reference")
    assert compiled.columns == reference.columns
    assert compiled.table.shape == (61, 69)
    peak = np.abs(reference.table).max(axis=0)
    assert (np.abs(compiled.table - reference.table) <= 1e-12 * peak).all()
    assert compiled.provenance["engine"].startswith("compiled for ")
    assert reference.provenance["engine"] == "reference"


def test_solvers_agree_across_engines(core: sd.Model) -> None:
    compiled, reference = core.run(), core.run(engine="reference")
    assert compiled.method == reference.method == "LSODA"
    peak = np.abs(reference.table).max(axis=0)
    assert (np.abs(compiled.table - reference.table) <= 1e-6 * peak).all()


@pytest.mark.parametrize("method", METHODS)
def test_a_row_of_a_batch_is_a_single_run(core: sd.Model, method: str) -> None:
    table = levers(core, 19)
    for threads in (1, 2):
        batch = core.run_many(table, method=method, outputs=core.stocks, threads=threads)
        for row in range(len(table)):
            run = core.run(table.iloc[row].to_dict(), method=method, outputs=core.stocks)
            np.testing.assert_array_equal(batch.values[:, :, row], run.table.T)


def test_threads_and_parts_change_nothing(core: sd.Model) -> None:
    table = levers(core, 9000)
    outputs = ["relative knowledge"]
    one = core.run_many(table, outputs=outputs, threads=1)
    two = core.run_many(table, outputs=outputs, threads=2)
    np.testing.assert_array_equal(one.values, two.values)
    part = core.run_many(table[4090:4105].reset_index(drop=True), outputs=outputs)
    np.testing.assert_array_equal(part.values, one.values[:, :, 4090:4105])


def test_two_bad_rows_among_ten_thousand(tmp_path: Path) -> None:
    path = tmp_path / "grow.mdl"
    path.write_text(
        "{UTF-8}\nx = INTEG(rate*x*x + LN(base), 1) ~~|\nrate = 0.01 ~~|\nbase = 1.5 ~~|\n"
        "INITIAL TIME = 0 ~~|\nFINAL TIME = 10 ~~|\nTIME STEP = 0.25 ~~|\nSAVEPER = 1 ~~|\n"
    )
    model = sd.load(path)
    table = pd.DataFrame({"rate": np.linspace(0, 0.02, 10_000), "base": 1.5})
    good = model.run_many(table, method="rk4")
    assert good.ok.all()
    table.loc[1234, "rate"], table.loc[8765, "base"] = 50.0, -1.0
    mixed = model.run_many(table, method="rk4")
    assert np.flatnonzero(~mixed.ok).tolist() == [1234, 8765]
    assert mixed.failures["run"].tolist() == [1234, 8765]
    assert mixed.failures["variable"].tolist() == ["x", "x"]
    assert mixed.failures["time"].tolist() == [1.0, 1.0]
    np.testing.assert_array_equal(mixed.values[:, :, mixed.ok], good.values[:, :, mixed.ok])
    assert np.isnan(mixed.values[0, 1:, 1234]).all()
    same = model.run_many(table, method="rk4", engine="reference")
    assert same.failures["time"].tolist() == mixed.failures["time"].tolist()


def test_run_controls_may_depend_on_what_is_set(tmp_path: Path) -> None:
    path = tmp_path / "control.mdl"
    path.write_text(
        "{UTF-8}\nx = INTEG(1, 0) ~~|\nhorizon = 4 ~~|\nINITIAL TIME = 0 ~~|\n"
        "FINAL TIME = INITIAL TIME + horizon ~~|\nTIME STEP = 0.5 ~~|\nSAVEPER = 1 ~~|\n"
    )
    model = sd.load(path)
    batch = model.run_many(pd.DataFrame({"horizon": [6.0, 6.0]}))
    assert batch.times.tolist() == [0, 1, 2, 3, 4, 5, 6]
    with pytest.raises(sd.OverrideError, match="FINAL TIME differs between the runs"):
        model.run_many(pd.DataFrame({"horizon": [6.0, 5.0]}))


def test_the_assembly_can_be_read(core: sd.Model) -> None:
    text = core.inspect("llvm", outputs=["relative knowledge"])
    assert "define void @batch(" in text
    assert "; relative knowledge" in text
    with pytest.raises(sd.OverrideError, match="nothing called 'c' to inspect"):
        core.inspect("c")


def test_reciprocals_flip_no_threshold(tmp_path: Path) -> None:
    """49 * (1/49) is less than 1: a division must stay one."""
    path = tmp_path / "threshold.mdl"
    path.write_text(
        "{UTF-8}\na = INTEGER(Time/c) ~~|\nb = QUANTUM(Time, c) ~~|\nd = Time/c ~~|\n"
        "e = IF THEN ELSE(Time/c = 1, 7, 0) ~~|\nf = IF THEN ELSE(d >= 1, 7, 0) ~~|\nc = 49 ~~|\n"
        "INITIAL TIME = 0 ~~|\nFINAL TIME = 200 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"
    )
    model = sd.load(path)
    for c in (49, 98, 103, 107, 161, 187):
        runs = [model.run({"c": c}, method="euler", engine=e) for e in ("compiled", "reference")]
        for name in "abef":
            np.testing.assert_array_equal(*(run.values(name) for run in runs))


@pytest.mark.parametrize("engine", ["compiled", "reference"])
def test_one_infinite_row_hides_no_difference_of_run_controls(tmp_path: Path, engine: str) -> None:
    path = tmp_path / "step.mdl"
    path.write_text(
        "{UTF-8}\nk = 1 ~~|\ns = INTEG(s*0.5, 1) ~~|\nTIME STEP = 1/k ~~|\nSAVEPER = 1 ~~|\n"
        "INITIAL TIME = 0 ~~|\nFINAL TIME = 4 ~~|\n"
    )
    model = sd.load(path)
    for values in ([1.0, 0.0, 2.0], [0.0, 1.0], [1.0, 2.0], [1.0] * 4100 + [2.0] * 4100):
        with pytest.raises(sd.OverrideError, match="TIME STEP differs between the runs"):
            model.run_many(pd.DataFrame({"k": values}), engine=engine)
    assert model.run_many(pd.DataFrame({"k": [2.0, 2.0]}), engine=engine).ok.all()


def test_a_model_that_has_run_can_be_copied(core: sd.Model) -> None:
    run = core.run("blended", method="rk4")
    for other in (pickle.loads(pickle.dumps(core)), copy.deepcopy(core)):
        np.testing.assert_array_equal(other.run("blended", method="rk4").table, run.table)


def test_methods_as_objects_are_checked(core: sd.Model) -> None:
    assert core.run(method=sd.FixedStep("Euler")).method == "euler"
    assert core.run(method=sd.SciPy("lsoda", rtol=1e-6)).method == "LSODA"
    with pytest.raises(sd.OverrideError, match="there is no integration method 'foo'"):
        core.run(method=sd.FixedStep("foo"))
    with pytest.raises(sd.OverrideError, match="SciPy takes one of RK45, .* not 'rk4'"):
        core.run(method=sd.SciPy("rk4"))


def test_nearly_even_tables_are_not_taken_for_even(tmp_path: Path) -> None:
    path = tmp_path / "table.mdl"
    path.write_text(
        "{UTF-8}\nt((1e10,0),(10000000000.001,10),(10000000000.003,20)) ~~|\n"
        "x = 10000000000.001 ~~|\ny = t(x+0*Time) ~~|\n"
        "INITIAL TIME = 0 ~~|\nFINAL TIME = 1 ~~|\nTIME STEP = 1 ~~|\nSAVEPER = 1 ~~|\n"
    )
    assert sd.load(path).run(method="euler").values("y")[0] == pytest.approx(10)
