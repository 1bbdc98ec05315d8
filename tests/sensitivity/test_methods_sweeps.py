"""Methods in a sweep: groups ranked as one, gaps left blank, facts beside the indices."""

from __future__ import annotations

import numpy as np
import pytest

import sensitivity as sa


@pytest.mark.parametrize("method", ["sobol", "morris"])
def test_groups_are_ranked_as_one(ishigami_model, ishigami_space, method, tmp_path) -> None:
    options = {"method": method, "samples": 256, "second_order": method == "sobol"}
    found = sa.sweep(ishigami_model, ishigami_space, "two and three", grouped=True, **options)
    index = sa.METHODS[method].ranks_by
    assert found[index].dims == ("outcome", "factor group")
    assert found["factor group"].values.tolist() == ["angle one", "others"]
    assert found.sizes["factor"] == 3
    table = sa.ranking(found)
    assert list(table.index) == ["others", "angle one"]
    assert table["role"].tolist() == ["uncertainty", "lever"]
    read = sa.open_sweep(sa.save(found, tmp_path / "groups.nc"))
    np.testing.assert_array_equal(sa.analyse(read)[index].values, found[index].values)
    if method == "sobol":
        assert found["S2"].dims == ("outcome", "factor group", "other factor group")
        np.testing.assert_allclose(found[index].values, [[0, 1]], atol=0.1)


def test_a_group_of_levers_and_uncertainties(fake) -> None:
    model = fake(
        lambda columns: {"y": columns["a"] + columns["b"] + 0.1 * columns["c"]},
        {"a": 0.5, "b": 0.5, "c": 0.5},
        {"y": "", "a": "", "b": "", "c": ""},
    )
    space = sa.Space(
        [sa.factor("a", 0, 1, group="g")],
        [sa.factor("b", 0, 1, group="g"), sa.factor("c", 0, 1)],
    )
    table = sa.ranking(sa.sweep(model, space, "y", method="packages"))
    assert table["role"].tolist() == ["lever and uncertainty", "uncertainty"]
    np.testing.assert_allclose(table["contribution"], [1.0, 0.05])


def test_one_at_a_time_leaves_blank_what_failed(ishigami_model, ishigami_space) -> None:
    clean = sa.sweep(ishigami_model, ishigami_space, "income", method="one-at-a-time")
    assert clean["swing"].values[0, 0] > 0
    np.testing.assert_allclose(clean["outcomes"].values[0, 0], clean["base"].values[0], rtol=1e-12)
    ishigami_model.fails = lambda columns: columns["angle/two"] > 3.0
    with pytest.warns(sa.SweepWarning, match="of 7 runs 1 failed; what needs them is left blank"):
        found = sa.sweep(ishigami_model, ishigami_space, "income", method="one-at-a-time")
    assert np.isnan(found["swing"].values[0]).tolist() == [False, True, False]
    assert np.isfinite(found["to_low"].values).all()
    assert found["blocks_used"].item() == 6
    table = sa.ranking(found)
    assert table.index[0] == "angle one"
    assert table.index[-1] == "angle/two"


def test_a_tornado_around_a_failed_default(ishigami_model, ishigami_space) -> None:
    ishigami_model.fails = lambda columns: (
        (columns["angle one"] == 0) & (columns["angle/two"] == 0) & (columns["Angle_3 (rad)"] == 0)
    )
    with pytest.warns(sa.SweepWarning) as told:
        found = sa.sweep(ishigami_model, ishigami_space, "income", method="one-at-a-time")
    assert "the run at the defaults failed, with which all others are compared" in str(
        told[-1].message
    )
    assert found["blocks_used"].item() == 0
    ishigami_model.fails = lambda columns: np.ones_like(columns["angle one"], dtype=bool)
    with pytest.warns(sa.SweepWarning) as told:
        found = sa.sweep(ishigami_model, ishigami_space, "income", method="one-at-a-time")
    assert "of 7 runs 7 failed, and method one-at-a-time cannot leave" in str(told[-1].message)
    assert np.isnan(found["swing"].values).all()


@pytest.mark.parametrize("method", ["delta", "pawn", "hdmr", "rbd-fast", "regional", "sample"])
def test_indices_are_those_of_the_runs_that_succeeded(
    ishigami_model, ishigami_space, method, small
) -> None:
    options = {"method": method, "samples": small[method], "resamples": 20}
    clean = sa.sweep(ishigami_model, ishigami_space, "Y out", **options)
    ishigami_model.fails = lambda columns: columns["angle/two"] > 2.5
    with pytest.warns(sa.SweepWarning, match="runs .* failed and are left out; the indices speak"):
        found = sa.sweep(ishigami_model, ishigami_space, "Y out", **options)
    kept = found["status"].values[0] == 0
    assert 0.05 < 1 - kept.mean() < 0.15
    plan = sa.Plan.from_dict(
        {"method": method, "samples": small[method], "factors": 3, "resamples": 20}
    )
    by_hand = plan.analyse(clean["outcomes"].values[:, kept], clean["unit_design"].values[kept])
    for index, values in by_hand.items():
        np.testing.assert_array_equal(found[index].values, values)
    assert found["blocks_used"].item() == kept.sum()


def test_too_few_runs_for_a_method(ishigami_model, ishigami_space) -> None:
    ishigami_model.fails = lambda columns: columns["angle/two"] > -1.5
    with pytest.warns(sa.SweepWarning) as told:
        found = sa.sweep(ishigami_model, ishigami_space, "Y out", method="delta", samples=128)
    assert "which leaves too few runs, 34 of 128: narrow the ranges" in str(told[-1].message)
    assert np.isnan(found["delta"].values).all()


def test_a_threshold_that_no_run_passes(ishigami_model, ishigami_space) -> None:
    options = {"method": "regional", "samples": 128, "resamples": 20}
    with pytest.warns(sa.SweepWarning, match="fewer than 20 runs are above the threshold, or not"):
        found = sa.sweep(
            ishigami_model, ishigami_space, ["Y out", "income"], threshold=5.0, **options
        )
    assert found["blocks_used"].values.tolist() == [128, 0]
    assert found["share"].values[1] == 0
    assert found["threshold"].dims == ("outcome",)
    again = sa.analyse(found, confidence=0.99)
    np.testing.assert_array_equal(again["distance"].values, found["distance"].values)


def test_signed_indices_are_ranked_by_size(fake) -> None:
    model = fake(
        lambda columns: {"y": columns["a"] - 3 * columns["b"]},
        {"a": 0.5, "b": 0.5},
        {"y": "", "a": "", "b": ""},
    )
    space = sa.Space([sa.factor("a", 0, 1, group="p"), sa.factor("b", 0, 1, group="q")])
    for method, row in sa.METHODS.items():
        if row.signed:
            table = sa.ranking(sa.sweep(model, space, "y", method=method, resamples=20))
            strongest = "q" if method == "packages" else "b"
            assert table.index[0] == strongest, method
            assert table[row.ranks_by].iloc[0] < 0, method
            assert table["first_rank"].tolist() == [1, 2], method


ANY_SAMPLE = [name for name, row in sa.METHODS.items() if row.any_sample]


@pytest.mark.parametrize("method", ANY_SAMPLE)
def test_one_sample_serves_all_methods_that_take_any(
    ishigami_model, ishigami_space, method
) -> None:
    """Analysed by another method, the runs give what a sweep by that method gives."""
    options = {"samples": 512, "resamples": 20}
    sample = sa.sweep(ishigami_model, ishigami_space, "Y out", method="sample", **options)
    runs = len(ishigami_model.calls)
    found = sa.analyse(sample, method=method)
    assert len(ishigami_model.calls) == runs
    own = sa.sweep(ishigami_model, ishigami_space, "Y out", method=method, **options)
    assert set(found.data_vars) == set(own.data_vars)
    for name in found.data_vars:
        np.testing.assert_array_equal(found[name].values, own[name].values)
    for key in ("method", "about", "samples", "plan"):
        assert found.attrs[key] == own.attrs[key]
    np.testing.assert_array_equal(sa.analyse(found, method="sample")["PRCC"], sample["PRCC"])


def test_runs_that_another_method_cannot_use(ishigami_model, ishigami_space) -> None:
    swept = sa.sweep(ishigami_model, ishigami_space, "Y out", samples=64)
    with pytest.raises(sa.AnalysisError, match="the runs of method sobol are not made for pawn"):
        sa.analyse(swept, method="pawn")
    with pytest.raises(sa.AnalysisError, match="pairs by method sobol need 512 runs, not 320"):
        sa.analyse(swept, second_order=True)
    with pytest.raises(sa.MethodError, match="no method named 'pwan'; did you mean 'pawn'"):
        sa.analyse(swept, method="pwan")
    fitted = sa.sweep(ishigami_model, ishigami_space, "Y out", method="hdmr", samples=512)
    paired = sa.analyse(fitted, second_order=True)
    assert paired["S2"].dims == ("outcome", "factor", "other factor")
    with pytest.raises(sa.MethodError, match="method pawn has no second-order indices"):
        sa.analyse(fitted, method="pawn", second_order=True)
    small = sa.sweep(ishigami_model, ishigami_space, "Y out", method="sample", samples=64)
    with pytest.raises(sa.MethodError, match="hdmr needs samples that are a power of 2 of at le"):
        sa.analyse(small, method="hdmr")
    assert "S2" not in sa.analyse(paired, method="pawn")
