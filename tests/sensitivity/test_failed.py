"""Runs that failed: listed, placed in the space, and what leaving them out does."""

from __future__ import annotations

import numpy as np
import pandas as pd
import pytest
from scipy import stats

import sensitivity as sa
from sensitivity.failed import tell_failures
from sensitivity.outcomes import FAILED, OK


@pytest.fixture
def failing(fake, ishigami_model, ishigami_space):
    """Return a maker of sweeps of which the runs that a rule names fail."""

    def make(fails, outcomes="Y out", **options):
        model = fake(
            ishigami_model.compute, ishigami_model.constants, ishigami_model.units, fails=fails
        )
        with pytest.warns(sa.SweepWarning, match="failed"):
            return sa.sweep(model, ishigami_space, outcomes, **({"samples": 256} | options))

    return make


def test_failed_runs_are_listed_with_their_settings(failing) -> None:
    sweep = failing(lambda columns: columns["angle one"] > 2.5)
    table = sa.failed_runs(sweep)
    design = sweep["design"].values
    expected = np.flatnonzero(design[:, 0] > 2.5)
    np.testing.assert_array_equal(table.index, expected)
    np.testing.assert_array_equal(table[list(sweep["factor"].values)], design[expected])
    assert set(table["cause"]) == {"overflow"}
    assert set(table["time"]) == {5.0}
    assert set(table["variable"]) == {"Y out"}


def test_the_distance_is_scipy_s(failing) -> None:
    sweep = failing(lambda columns: columns["angle one"] + columns["angle/two"] > 4.0)
    table = sa.where_failed(sweep)
    # Of a Saltelli block, the first and the last run are drawn independently.
    rows = np.arange(256 * 5).reshape(256, 5)[:, [0, 4]].ravel()
    design = sweep["design"].values[rows]
    failed = np.isin(rows, sweep["failure"].values)
    assert failed.sum() > 5
    for place, name in enumerate(sweep["factor"].values):
        theirs = stats.ks_2samp(design[failed, place], design[~failed, place], method="asymp")
        assert table.loc[name, "distance"] == pytest.approx(theirs.statistic, rel=1e-12)
        size = failed.sum() * (~failed).sum() / len(failed)
        p = stats.kstwobign.sf(np.sqrt(size) * theirs.statistic)
        assert table.loc[name, "p"] == pytest.approx(p, rel=1e-9, abs=1e-12)
    assert set(table.index[:2]) == {"angle one", "angle/two"}
    assert (table["side"][:2] == "above").all()


@pytest.mark.parametrize(("sign", "side"), [(1.0, "above"), (-1.0, "below")])
def test_a_limit_is_found_and_told(failing, sign, side) -> None:
    sweep = failing(lambda columns: sign * columns["Angle_3 (rad)"] > 2.0)
    first = sa.where_failed(sweep).iloc[0]
    assert first.name == "Angle_3 (rad)"
    assert first["side"] == side
    assert first["limit"] == pytest.approx(sign * 2.0, abs=0.05)
    assert first["distance"] == first["share_failed"] == 1.0
    assert first["share_others"] == 0.0
    text = tell_failures(sweep)
    assert text.startswith(f"failed runs lie mostly where 'Angle_3 (rad)' is {side}")
    assert "(100 % of them, 0 % of the others; KS 1.00). Were all that is left out" in text
    assert sweep.attrs["failures_told"] == text


def test_a_switch_is_told_by_the_side_it_is_on(fake) -> None:
    model = fake(
        lambda columns: {"y": columns["x"] + columns["on"]},
        {"x": 0.5, "on": 0.0},
        {"y": "", "x": "", "on": ""},
        fails=lambda columns: (columns["on"] == 1.0) & (columns["x"] > 0.2),
    )
    space = sa.Space([sa.factor("x", 0, 1), sa.factor("on", 0, 1, kind="switch")])
    with pytest.warns(sa.SweepWarning, match="'on' is above 0.5"):
        sweep = sa.sweep(model, space, "y", samples=128)
    table = sa.where_failed(sweep)
    assert table.loc["on", "side"] == "above"
    assert table.loc["on", "limit"] == 0.5


def test_failures_without_a_place_are_not_given_one(failing) -> None:
    """A rule that no factor has a part in: the last digits of a product."""
    sweep = failing(lambda columns: np.modf(np.abs(columns["angle one"]) * 1e6)[0] < 0.02)
    assert tell_failures(sweep).startswith("failed runs lie all over the ranges")


def test_few_failures_are_not_judged(failing) -> None:
    sweep = failing(lambda columns: columns["angle one"] == columns["angle one"].max())
    assert sa.where_failed(sweep)["p"].isna().all()
    assert tell_failures(sweep).startswith("too few runs failed to say where they lie")


def test_filled_in_indices_are_those_of_the_filled_outcomes(failing, ishigami_model) -> None:
    sweep = failing(lambda columns: columns["angle one"] > 2.5, ["Y out", "two and three"])
    bounds = sa.failure_bounds(sweep, "final two and three")
    status, outcomes = sweep["status"].values[1], sweep["outcomes"].values[1]
    plan = sa.Plan("sobol", 256, 3, resamples=0)
    for how, value in (
        ("at_lowest", outcomes[status == OK].min()),
        ("at_highest", outcomes[status == OK].max()),
    ):
        filled = np.where(status == FAILED, value, outcomes)[None]
        expected = pd.Series(plan.analyse(filled, None)["ST"][0], index=sweep["factor"].values)
        pd.testing.assert_series_equal(
            bounds[how].sort_index(), expected.sort_index(), check_names=False
        )
    left_out = sweep["ST"].sel(outcome="final two and three").to_series().sort_index()
    pd.testing.assert_series_equal(
        bounds["left_out"].sort_index(), left_out, check_names=False, check_index_type=False
    )


def test_a_method_that_cannot_leave_runs_out_still_has_bounds(failing) -> None:
    sweep = failing(lambda columns: columns["angle one"] > 2.9, method="fast", samples=129)
    bounds = sa.failure_bounds(sweep)
    assert bounds["left_out"].isna().all()
    assert bounds[["at_lowest", "at_highest"]].notna().all(axis=None)


def test_a_sweep_in_which_every_run_failed(failing) -> None:
    sweep = failing(lambda columns: np.ones(len(columns["angle one"]), dtype=bool))
    assert len(sa.failed_runs(sweep)) == sweep.sizes["sample"]
    assert len(sa.where_failed(sweep)) == 0
    assert tell_failures(sweep) == ""
    with pytest.raises(sa.AnalysisError, match="no sound run at all"):
        sa.failure_bounds(sweep)


def test_a_sweep_in_which_none_failed(ishigami_model, ishigami_space) -> None:
    sweep = sa.sweep(ishigami_model, ishigami_space, "Y out", samples=16)
    assert len(sa.failed_runs(sweep)) == len(sa.where_failed(sweep)) == 0
    assert sweep.attrs["failures_told"] == ""
    bounds = sa.failure_bounds(sweep)
    assert (bounds["at_lowest"] == bounds["left_out"]).all()
