from __future__ import annotations

import re

import numpy as np
import pytest
import xarray as xr

import sdmodel as sd
import sensitivity as sa


@pytest.mark.parametrize("method", sorted(sa.METHODS))
def test_a_stored_sweep_comes_back_the_same(
    ishigami_model, ishigami_space, tmp_path, method, small
) -> None:
    row = sa.METHODS[method]
    if row.can_drop or method == "one-at-a-time":
        ishigami_model.fails = lambda columns: columns["angle one"] > 3.0
    options = {"method": method, "samples": small[method], "second_order": row.pairs}
    outcomes = ["Y out", sa.growth("income", "growth/decade of $")]
    if ishigami_model.fails is None:
        made = sa.sweep(ishigami_model, ishigami_space, outcomes, **options)
    else:
        with pytest.warns(sa.SweepWarning):
            made = sa.sweep(ishigami_model, ishigami_space, outcomes, **options)
    path = sa.save(made, tmp_path / "new folder" / "sweep.nc")
    read = sa.open_sweep(path)
    xr.testing.assert_equal(read, made)
    assert read.attrs == made.attrs
    again = sa.analyse(read)
    for name in sa.METHODS[method].indices:
        np.testing.assert_array_equal(again[name].values, made[name].values)
        np.testing.assert_array_equal(read[name].values, made[name].values)
    assert [one.name for one in path.parent.iterdir()] == ["sweep.nc"]


def test_a_failing_write_leaves_the_old_file(
    ishigami_model, ishigami_space, tmp_path, monkeypatch
) -> None:
    made = sa.sweep(ishigami_model, ishigami_space, "Y out", samples=64)
    path = sa.save(made, tmp_path / "sweep.nc")
    before = path.read_bytes()

    def full(*_args: object, **_options: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(xr.Dataset, "to_netcdf", full)
    with pytest.raises(sa.StoreError, match="No space left on device"):
        sa.save(made, path)
    assert path.read_bytes() == before
    assert [one.name for one in tmp_path.iterdir()] == ["sweep.nc"]


def test_a_place_that_cannot_be_written(ishigami_model, ishigami_space, tmp_path) -> None:
    made = sa.sweep(ishigami_model, ishigami_space, "Y out", samples=64)
    (tmp_path / "file").write_text("x")
    with pytest.raises(
        sa.StoreError, match=re.escape(f"cannot write {tmp_path / 'file' / 'a.nc'}")
    ):
        sa.save(made, tmp_path / "file" / "a.nc")


def test_files_that_are_no_sweeps(tmp_path) -> None:
    with pytest.raises(sa.StoreError, match="there is no file nowhere.nc: write one with 'sensiti"):
        sa.open_sweep("nowhere.nc")
    text = tmp_path / "text.nc"
    text.write_text("not netCDF")
    with pytest.raises(sd.SDError, match="text.nc is not a netCDF file, so not a stored sweep"):
        sa.open_sweep(text)
    other = tmp_path / "other.nc"
    xr.Dataset({"a": ("x", [1.0])}).to_netcdf(other, engine="h5netcdf")
    with pytest.raises(sa.StoreError, match="other.nc is a netCDF file but not a stored sweep: gi"):
        sa.open_sweep(other)
