"""A model of which some runs fail: counted, explained, played again, and left out as by hand."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import pytest
import xarray as xr
from click.testing import CliRunner
from matplotlib import pyplot

import sdmodel as sd
import sensitivity as sa
from sensitivity.cli import main
from sensitivity.methods import sobol
from sensitivity.outcomes import FAILED
from sensitivity.studies.opening import open_study

# The stock grows without bound where growth is above 0.95 of its range, and the logarithm of a
# negative number stands in the way where damping is high: two causes, about 5 % together.
MODEL = """{UTF-8}
growth = 0.5 ~ 1/Year [0, 1] ~ of the stock |
damping = 0.2 ~ Dmnl [0, 1] ~ |
push = IF THEN ELSE(growth > 0.96, 400 * Stock, growth * Stock) ~ units/Year ~ |
brake = LN(0.99 - damping) ~ Dmnl ~ |
Stock = INTEG(push + 0.001 * brake - 0.3 * Stock, 1) ~ units ~ |
FINAL TIME = 100 ~ Year ~ |
INITIAL TIME = 0 ~ Year ~ |
TIME STEP = 0.25 ~ Year ~ |
SAVEPER = 1 ~ Year ~ |
"""


@pytest.fixture
def model(tmp_path: Path) -> sd.Model:
    path = tmp_path / "failing.mdl"
    path.write_text(MODEL)
    return sd.load(path)


SPACE = sa.Space([sa.factor("growth", 0, 1)], [sa.factor("damping", 0, 1)])


@pytest.fixture
def stored(model: sd.Model, tmp_path: Path) -> Path:
    study = sa.study(model, SPACE, sa.final("Stock"), samples=1024, resamples=0)
    with pytest.warns(sa.SweepWarning, match="failed"):
        return sa.run_study(study, tmp_path / "failing.study")


def fails(design: np.ndarray) -> np.ndarray:
    return (design[:, 0] > 0.96) | (design[:, 1] > 0.99)


def test_counts_causes_and_places(stored: Path) -> None:
    swept = sa.open_sweep(stored)
    bad = fails(swept["design"].values)
    assert 0.04 < bad.mean() < 0.06
    assert swept.attrs["failed_runs"] == bad.sum()
    np.testing.assert_array_equal(swept["failure"].values, np.flatnonzero(bad))
    table = sa.failed_runs(swept)
    assert len(table) == bad.sum()
    assert (table["variable"] == "Stock").all()
    # LN(0.99 - damping) is wrong from the first step on; growth takes a while to overflow.
    late = table["growth"] > 0.96
    assert (table["time"][late & (table["damping"] < 0.99)] > 1).all()
    assert (table["time"][~late] <= 1).all()


def test_indices_are_those_with_the_same_rows_removed_by_hand(stored: Path) -> None:
    swept = sa.open_sweep(stored)
    outcomes = swept["outcomes"].values[0].reshape(1024, 4)
    sound = ~fails(swept["design"].values).reshape(1024, 4).any(axis=1)
    by_hand = sobol.indices(
        outcomes[sound].reshape(1, -1), 2, second_order=False, resamples=0, confidence=0.95, seed=1
    )
    assert 50 < (~sound).sum() < 200
    for index in ("S1", "ST"):
        np.testing.assert_array_equal(swept[index].values, by_hand[index])
    assert int(swept["blocks_used"].values[0]) == sound.sum()


def test_the_message_says_how_many_where_and_what_it_may_hide(
    model: sd.Model, tmp_path: Path
) -> None:
    study = sa.study(model, SPACE, sa.final("Stock"), samples=1024, resamples=0)
    with pytest.warns(sa.SweepWarning) as told:
        path = sa.run_study(study, tmp_path / "failing.study")
    swept = sa.open_sweep(path)
    text = str(told[0].message)
    assert f"of 4,096 runs {swept.attrs['failed_runs']} failed" in text
    assert "of 1,024 base samples they belong to are left out" in text
    assert "failed runs lie mostly where 'growth' is above 0.96" in text
    assert "Were all that is left out at the lowest or at the highest sound value" in text


def test_a_failed_run_is_played_again_up_to_where_it_fails(stored: Path, tmp_path: Path) -> None:
    table = sa.failed_runs(sa.open_sweep(stored))
    run, row = table.index[0], table.iloc[0]
    again = sa.replay(stored, int(run))
    assert again.same
    assert again.values == pytest.approx({name: row[name] for name in ("growth", "damping")})
    assert "failing.mdl:" in again.cause
    assert "no longer a finite number" in again.cause
    stock = again.courses["Stock"].values
    first = int(np.argmin(np.isfinite(stock)))
    # The table looks at what was saved; all variables together may show it earlier.
    assert again.courses["time"].values[first] <= row["time"]
    assert not np.isfinite(stock[first:]).any()
    done = CliRunner().invoke(
        main, ["replay", str(stored), "--run", str(run), "-o", str(tmp_path / "run.csv")]
    )
    assert done.exit_code == 0, done.output
    assert f"run {run}: " in done.output
    lines = (tmp_path / "run.csv").read_text().splitlines()
    assert len(lines) == 102
    assert "push" in lines[0]


def test_a_run_that_is_not_there(stored: Path) -> None:
    with pytest.raises(sa.StoreError, match=r"has no run 4096: give one from 0 to 4,095"):
        sa.replay(stored, 4096)
    done = CliRunner().invoke(main, ["replay", str(stored), "--run", "-1"])
    assert done.exit_code == 1
    assert "has no run -1" in done.output


def test_limits_make_runs_fail(model: sd.Model, tmp_path: Path) -> None:
    narrow = sa.Space([sa.factor("growth", 0, 0.9)], [sa.factor("damping", 0, 0.9)])
    study = sa.study(model, narrow, sa.final("Stock"), samples=256, limits={"Stock": (None, 1e6)})
    with pytest.warns(sa.SweepWarning, match="failed"):
        path = sa.run_study(study, tmp_path / "limited.study")
    table = sa.failed_runs(sa.open_sweep(path))
    assert len(table) > 20
    assert table["cause"].str.contains("above 1e\\+06, its limit").all()
    again = sa.replay(path, int(table.index[0]))
    assert again.same
    assert "its limit" in again.cause


def test_a_run_of_a_sweep_in_a_file_is_played_again(model: sd.Model, tmp_path: Path) -> None:
    with pytest.warns(sa.SweepWarning, match="failed"):
        swept = sa.sweep(model, SPACE, sa.final("Stock"), samples=64, resamples=0)
    path = sa.save(swept, tmp_path / "sweep.nc")
    for run in (
        int(swept["failure"].values[0]),
        int(np.flatnonzero(swept["status"].values[0] == 0)[0]),
    ):
        again = sa.replay(path, run)
        assert again.same
        assert list(again.values.values()) == swept["design"].values[run].tolist()
        assert bool(again.cause) == (run in swept["failure"].values)
    moved = model.path.rename(tmp_path / "moved.mdl")
    with pytest.raises(sa.StoreError, match="is no longer at .*: say where"):
        sa.replay(path, 1)
    assert sa.replay(path, 1, sd.load(moved)).same
    moved.write_text(MODEL.replace("0.3 * Stock", "0.4 * Stock"))
    with pytest.raises(sa.StoreError, match=r"moved.mdl has changed since .*sweep.nc was made"):
        sa.replay(path, 1, sd.load(moved))


@pytest.fixture
def shown(stored: Path) -> xr.Dataset:
    """Return what is shown of a store whose design is taken to be too large."""
    return open_study(stored, largest=8 * 2 * 1000)


def test_of_a_large_store_the_failed_runs_shown_are_told_with_their_settings(
    stored: Path, shown: xr.Dataset
) -> None:
    whole = sa.failed_runs(sa.open_sweep(stored))
    part = sa.failed_runs(shown)
    assert shown.sizes["sample"] == 1000
    assert shown.attrs["failed_runs"] == len(whole)
    assert 10 < len(part) < len(whole) / 3
    pd.testing.assert_frame_equal(part, whole.loc[part.index])
    where = sa.where_failed(shown)
    assert where.index[0] == "growth"
    assert where["limit"].iloc[0] == pytest.approx(0.96, abs=0.04)


def test_a_large_store_is_drawn_and_searched_by_the_runs_shown(shown: xr.Dataset) -> None:
    assert len(sa.plot_scatter(shown)) == 2
    sa.plot_failed(shown)
    sa.plot_parallel(shown)
    pyplot.close("all")
    # Two of the four runs of a block have all factors drawn anew.
    bad = (shown["status"].values == FAILED).any(axis=0).reshape(-1, 4)
    assert sa.discover(shown, "failed").cases == bad[:, [0, 3]].sum()
    with pytest.raises(sa.AnalysisError, match="analyse the whole sweep, not a part of it"):
        sa.analyse(shown, confidence=0.9)


def test_what_fails_is_found_where_factors_go_together(model: sd.Model) -> None:
    together = sa.Space(uncertainties=list(SPACE), correlations=[("growth", "damping", 0.5)])
    with pytest.warns(sa.SweepWarning, match="failed"):
        swept = sa.sweep(model, together, sa.final("Stock"), method="pawn", samples=1024)
    assert sa.discover(swept, "failed").cases == swept.attrs["failed_runs"]
