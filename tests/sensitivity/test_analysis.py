from __future__ import annotations

import numpy as np
import pytest
import xarray as xr

import sensitivity as sa


@pytest.fixture
def stored(ishigami_model, ishigami_space) -> xr.Dataset:
    """Return a small sweep with two outcomes."""
    return sa.sweep(
        ishigami_model, ishigami_space, ["Y out", "two and three"], samples=256, resamples=50
    )


@pytest.mark.parametrize("method", sorted(sa.METHODS))
def test_analysing_again_gives_the_same(ishigami_model, ishigami_space, method, small) -> None:
    options = {"method": method, "samples": small[method], "resamples": 20}
    first = sa.sweep(ishigami_model, ishigami_space, "income", **options)
    runs = len(ishigami_model.calls)
    xr.testing.assert_identical(sa.analyse(first), first)
    assert len(ishigami_model.calls) == runs


def test_other_intervals(stored) -> None:
    wide = sa.analyse(stored, confidence=0.99)
    ratio = wide["ST_conf"] / stored["ST_conf"]
    np.testing.assert_allclose(ratio.values[0], 2.5758293035489 / 1.9599639845400536, rtol=1e-12)
    np.testing.assert_array_equal(wide["ST"], stored["ST"])
    assert wide.attrs["confidence"] == 0.99
    other = sa.analyse(stored, resamples=400, seed=9)
    assert not np.array_equal(other["ST_conf"], stored["ST_conf"])
    assert (other.attrs["resamples"], other.attrs["bootstrap_seed"], other.attrs["seed"]) == (
        400,
        9,
        1,
    )
    # Analysed again as it is now, it stays as it is.
    np.testing.assert_array_equal(sa.analyse(wide)["ST_conf"], wide["ST_conf"])
    none = sa.analyse(stored, resamples=0)
    assert np.isnan(none["ST_conf"].values).all()
    assert np.isfinite(none["ST"].values).all()


def test_a_part_of_a_sweep_is_refused(stored) -> None:
    with pytest.raises(
        sa.AnalysisError, match="the sweep holds 100 runs, but its design has 1,280"
    ):
        sa.analyse(stored.isel(sample=slice(100)))


def test_the_ranking_and_the_places_left_open(stored) -> None:
    table = sa.ranking(stored, "final_two and THREE")
    assert list(table.index) == ["angle/two", "Angle_3 (rad)", "angle one"]
    assert table["first_rank"].tolist() == table["last_rank"].tolist() == [1, 2, 3]
    assert table["role"].tolist() == ["uncertainty", "uncertainty", "lever"]
    assert list(sa.ranking(stored).columns) == [
        "ST",
        "ST_conf",
        "S1",
        "S1_conf",
        "first_rank",
        "last_rank",
        "role",
    ]
    vague = stored.assign(ST_conf=stored["ST_conf"] * 0 + 10.0)
    assert sa.ranking(vague)["first_rank"].tolist() == [1, 1, 1]
    assert sa.ranking(vague)["last_rank"].tolist() == [3, 3, 3]


def test_an_unknown_outcome(stored) -> None:
    message = "the sweep has no outcome 'Y'. Choose from: final Y out, final two and three"
    with pytest.raises(sa.AnalysisError, match=message):
        sa.ranking(stored, "Y")
    with pytest.raises(
        sa.AnalysisError, match=r"'final Y ot'; did you mean 'final Y out'\? Choose"
    ):
        sa.ranking(stored, "final Y ot")
