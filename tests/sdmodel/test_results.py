"""Many runs, files of results, and runs side by side."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import xarray as xr

import sdmodel as sd
from sdmodel.model import Model

Maker = Callable[..., Model]


# Many runs --------------------------------------------------------------------------------------


def test_run_many_equals_run(core: Model) -> None:
    table = pd.DataFrame({"network exposure": [0.2, 0.9, 0.5], "Gap_Curvature": [0, 0.5, 1]})
    batch = core.run_many(table)
    assert (batch.outputs, batch.method) == (tuple(core.stocks), "rk4")
    assert batch.ok.all()
    assert batch.failures.empty
    for row in range(3):
        single = core.run(table.iloc[row].to_dict(), method="vensim")
        assert np.array_equal(batch.times, single.times)
        for place, name in enumerate(batch.outputs):
            assert np.array_equal(batch.values[place, :, row], single.values(name))


@pytest.mark.parametrize(
    "column",
    [[1, 2], [1.0, 2.0], ["1", "2"], pd.array([1, 2], dtype="Int64"), pd.Categorical([1, 2])],
)
def test_columns_of_numbers_of_every_kind(column: object, model: Maker) -> None:
    made = model("a = 5\nx = a * 10")
    table = pd.DataFrame({"a": column}, index=["first", "second"])
    assert made.run_many(table, outputs=["x"]).values[0, 0].tolist() == [10.0, 20.0]


def test_many_runs_to_another_end(model: Maker) -> None:
    made = model("x = INTEG(a, 0)\na = 1\nleft = FINAL TIME - Time")
    batch = made.run_many(pd.DataFrame({"a": [1, 2]}), final_time=2, outputs=["x", "left"])
    assert batch.times.tolist() == [0, 1, 2]
    assert batch.values[0].T.tolist() == [[0, 1, 2], [0, 2, 4]]
    assert batch.values[1, :, 0].tolist() == [2, 1, 0]


def test_a_table_without_columns_repeats_the_base_run(model: Maker) -> None:
    batch = model("x = 5").run_many(pd.DataFrame(index=range(3)), outputs=["x"])
    assert batch.values[0].tolist() == [[5.0] * 3] * 5


def test_run_many_as_a_dataset(core: Model) -> None:
    table = pd.DataFrame({"network exposure": np.linspace(0, 1, 5)})
    seen: list[tuple[int, int]] = []
    batch = core.run_many(
        table, outputs=["relative knowledge"], progress=lambda *done: seen.append(done), threads=2
    )
    data = batch.data
    assert seen[-1] == (5, 5)
    assert dict(data.sizes) == {"run": 5, "time": 61}
    assert data["relative knowledge"].dims == ("run", "time")
    assert data["relative knowledge"].attrs == {"units": "dmnl"}
    assert data.attrs["digest"] == core.digest
    assert data["ok"].values.all()
    final = data["relative knowledge"].isel(time=-1)
    assert (np.diff(final.values) > 0).all()  # more exposure, more knowledge


# Files of results -------------------------------------------------------------------------------


@pytest.fixture
def run(sir: Model) -> sd.Run:
    """Return a run with a name that stores forbid."""
    return sir.run({"contacts": 3}, name="wild", method="vensim")


def test_save_as_netcdf(run: sd.Run, tmp_path: Path) -> None:
    assert run.save(tmp_path / "out" / "run.nc") == tmp_path / "out" / "run.nc"
    with xr.open_dataset(tmp_path / "out" / "run.nc", engine="h5netcdf") as data:
        assert data["variable"].values.tolist() == list(run.columns)
        assert '"share of ill/total"' in data["variable"].values
        assert np.array_equal(data["values"].values, run.table)
        assert np.array_equal(data["time"].values, run.times)
        units = dict(zip(data["variable"].values, data["units"].values, strict=True))
        assert units == {name: run.units[name] for name in run.columns}
        assert data.attrs["digest"] == run.provenance["digest"]
        assert json.loads(data.attrs["overrides"]) == {"contacts": 3.0}
        assert (data.attrs["run"], data.attrs["method"], data.attrs["steps"]) == (
            "wild",
            "euler",
            80,
        )
        ill = data["values"].sel(variable='"share of ill/total"')
        assert np.array_equal(ill.values, run.values("share of ill/total"))


@pytest.mark.parametrize(("suffix", "separator"), [(".csv", ","), (".tab", "\t"), (".CSV", ",")])
def test_save_as_a_table(suffix: str, separator: str, run: sd.Run, tmp_path: Path) -> None:
    path = run.save(tmp_path / f"run{suffix}")
    with path.open(newline="") as file:
        head, *rows = csv.reader(file, delimiter=separator)
    assert tuple(head) == ("Time", *run.columns)
    table = np.array([[float(one) for one in row] for row in rows])
    assert np.array_equal(table[:, 0], run.times)
    assert np.array_equal(table[:, 1:], run.table)
    assert b"\r" not in path.read_bytes()


def test_saving_replaces_the_old_file_and_leaves_nothing_else(run: sd.Run, tmp_path: Path) -> None:
    path = tmp_path / "run.csv"
    path.write_text("old")
    run.save(path)
    assert path.read_text().startswith("Time,")
    assert [one.name for one in tmp_path.iterdir()] == ["run.csv"]


def test_what_fails_in_the_middle_leaves_the_old_file(
    run: sd.Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "run.csv"
    path.write_text("old")

    def fail(*arguments: Any, **options: Any) -> None:
        raise ValueError("no")

    monkeypatch.setattr(pd.DataFrame, "to_csv", fail)
    with pytest.raises(ValueError, match="no"):
        run.save(path)
    assert path.read_text() == "old"
    assert [one.name for one in tmp_path.iterdir()] == ["run.csv"]


def test_data_of_a_run_keeps_names_with_a_slash(run: sd.Run) -> None:
    assert run.data['"share of ill/total"'].attrs == {"units": "dmnl"}


# Runs side by side ------------------------------------------------------------------------------


def test_compare(core: Model) -> None:
    runs = [core.run(method="vensim"), core.run("autarky", method="vensim")]
    both = sd.compare(*runs)
    assert both.sizes["scenario"] == 2
    assert both["scenario"].values.tolist() == ["base", "autarky"]
    for run in runs:
        for name in ("relative knowledge", "Domestic knowledge"):
            one = both[name].sel(scenario=run.name)
            assert np.array_equal(one.values, run.values(name))
            assert one.attrs == {"units": core.units[name]}
    assert both.attrs["method"] == "rk4"
    assert both.attrs["digest"] == core.digest
    overrides = json.loads(both.attrs["overrides"])
    assert overrides == {"base": {}, "autarky": {"network exposure": 0.0}}


def test_compare_runs_of_one_name_and_of_several_methods(model: Maker) -> None:
    made = model("x = INTEG(a, 0)\na = 1\nb = 2")
    both = sd.compare(made.run(), made.run(method="vensim", outputs=["x", "b"]), made.run({"b": 3}))
    assert both["scenario"].values.tolist() == ["base", "base (2)", "run"]
    assert set(both.data_vars) == {"x", "b"}
    assert both.attrs["method"] == "LSODA, euler"


def test_compare_gives_every_run_a_name_of_its_own(model: Maker) -> None:
    made = model("x = 1")
    runs = [made.run(name=name) for name in ("a", "a", "a (2)", "a")]
    names = sd.compare(*runs)["scenario"].values.tolist()
    assert len(set(names)) == 4
    assert names[:2] == ["a", "a (2)"]


def test_compare_models_that_differ(core: Model) -> None:
    other = core.replace("gap curvature", "1")
    both = sd.compare(core.run(method="vensim"), other.run(method="vensim", name="logistic"))
    assert float(both["gap curvature"].sel(scenario="logistic")[0]) == 1.0
