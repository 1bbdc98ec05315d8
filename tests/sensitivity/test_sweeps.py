from __future__ import annotations

import json
import re

import numpy as np
import pytest
import xarray as xr

import sensitivity as sa


def same_numbers(one: xr.Dataset, other: xr.Dataset) -> None:
    """Hold two sweeps equal bit for bit, but for when and how long they ran."""
    clocks = ("written", "seconds_running")
    one, other = one.copy(), other.copy()
    for sweep in (one, other):
        for clock in clocks:
            del sweep.attrs[clock]
    xr.testing.assert_identical(one, other)


def test_sobol_finds_ishigamis_indices(ishigami_model, ishigami_space, ishigami_indices) -> None:
    found = sa.sweep(
        ishigami_model, ishigami_space, "Y out", samples=4096, second_order=True, resamples=100
    )
    alone, total = ishigami_indices
    np.testing.assert_allclose(found["S1"].values[0], alone, atol=0.02)
    np.testing.assert_allclose(found["ST"].values[0], total, atol=0.02)
    pair = found["S2"].sel({"factor": "angle one", "other factor": "Angle_3 (rad)"}).item()
    assert pair == pytest.approx(total[2], abs=0.03)
    assert np.all(np.abs(found["S1"].values[0] - alone) < 2 * found["S1_conf"].values[0] + 0.005)
    assert found.sizes["sample"] == 4096 * 8


def test_fast_agrees_with_sobol(ishigami_model, ishigami_space, ishigami_indices) -> None:
    found = sa.sweep(ishigami_model, ishigami_space, "Y out", method="fast", samples=4097)
    alone, total = ishigami_indices
    # Harmonics that fall together leave it a bias of a few hundredths.
    np.testing.assert_allclose(found["S1"].values[0], alone, atol=0.04)
    np.testing.assert_allclose(found["ST"].values[0], total, atol=0.06)


def test_morris_ranks_the_g_function(g_model) -> None:
    weights = [78.0, 12.0, 0.5, 2.0, 97.0, 33.0]
    model, space, alone = g_model(weights)
    found = sa.sweep(model, space, "g", method="morris", samples=200)
    order = np.argsort(-found["mu_star"].values[0])
    assert order.tolist() == np.argsort(weights).tolist()
    assert order.tolist() == np.argsort(-alone).tolist()
    assert list(sa.ranking(found).index) == [f"factor {place}" for place in np.argsort(weights)]


def test_the_layout_of_a_sweep(ishigami_model, ishigami_space, times) -> None:
    found = sa.sweep(
        ishigami_model, ishigami_space, ["Y out", sa.growth("income", label="Growth")], samples=64
    )
    assert found["design"].dims == ("sample", "factor")
    assert found["outcomes"].dims == found["status"].dims == ("outcome", "sample")
    assert found["ST"].dims == found["ST_conf"].dims == ("outcome", "factor")
    assert found["percentiles"].dims == ("series", "quantile", "time")
    assert found["factor"].values.tolist() == ["angle one", "angle/two", "Angle_3 (rad)"]
    assert found["outcome"].values.tolist() == ["final Y out", "growth of income"]
    assert found["outcome_unit"].values.tolist() == ["kn", "1/Year"]
    assert found["outcome_label"].values.tolist() == ["final Y out", "Growth"]
    assert found["role"].values.tolist() == ["lever", "uncertainty", "uncertainty"]
    assert found["series"].values.tolist() == ["Y out", "income"]
    assert found["time"].values.tolist() == times.tolist()
    assert found["time"].attrs["units"] == "Year"
    assert found["base"].values.tolist() == [0.0, pytest.approx(np.exp(0.08) - 1)]
    assert np.all(found["status"] == 0)
    assert found.sizes["failure"] == 0


def test_provenance(ishigami_model, ishigami_space) -> None:
    found = sa.sweep(
        ishigami_model, ishigami_space, "Y out", samples=64, seed=0, save_every=0.5, threads=2
    )
    about = found.attrs
    assert about["model"] == "ishigami"
    assert about["model_digest"] == ishigami_model.digest
    assert (about["method"], about["samples"], about["seed"]) == ("sobol", 64, 0)
    assert about["integration"] == "rk4"
    assert json.loads(about["options"]) == {"method": "vensim", "save_every": 0.5}
    assert ishigami_model.options == {"method": "vensim", "save_every": 0.5, "threads": 2}
    assert json.loads(about["constants"]) == ishigami_model.constants
    assert sa.Space.from_dict(json.loads(about["space"])) == ishigami_space
    outcome = sa.Outcome(**json.loads(about["outcome_definitions"])[0])
    assert outcome == sa.final("Y out", unit="kn")
    versions = json.loads(about["versions"])
    assert {"numpy", "scipy", "SALib"} < set(versions)
    assert versions["sdmodel"] == "1.2.3"
    assert about["runs"] == 64 * 5


@pytest.mark.parametrize("method", sorted(sa.METHODS))
@pytest.mark.parametrize("seed", [0, 1])
def test_the_same_seed_gives_the_same_sweep(
    ishigami_model, ishigami_space, method, seed, small
) -> None:
    options = {"method": method, "samples": small[method], "resamples": 20}
    first = sa.sweep(ishigami_model, ishigami_space, "Y out", seed=seed, **options)
    np.random.seed(4)
    again = sa.sweep(ishigami_model, ishigami_space, "Y out", seed=seed, **options)
    other = sa.sweep(ishigami_model, ishigami_space, "Y out", seed=2, **options)
    same_numbers(first, again)
    by_chance = small[method] > 2
    assert np.array_equal(first["design"], other["design"]) is not by_chance


@pytest.mark.parametrize("chunk", [1, 7, 100])
def test_chunks_do_not_change_a_bit(ishigami_model, ishigami_space, chunk) -> None:
    outcomes = [
        sa.growth("income"),
        sa.mean("income"),
        sa.discounted("income", rate=0.1),
        sa.year_when("income", above=1.5),
        sa.peak("Y out"),
    ]
    ishigami_model.fails = lambda columns: columns["angle one"] > 3.0
    options = {"samples": 64, "resamples": 10}
    with pytest.warns(sa.SweepWarning):
        whole = sa.sweep(ishigami_model, ishigami_space, outcomes, chunk=10**6, **options)
    # The base case, the pilot that gives the bins of the bands, and the design.
    assert ishigami_model.calls == [1, 2048, 320]
    ishigami_model.calls.clear()
    with pytest.warns(sa.SweepWarning):
        cut = sa.sweep(ishigami_model, ishigami_space, outcomes, chunk=chunk, **options)
    assert ishigami_model.calls[:2] == [1, 2048]
    assert max(ishigami_model.calls[2:]) == chunk
    assert sum(ishigami_model.calls[2:]) == 320
    same_numbers(whole, cut)


def test_progress_reaches_the_end_in_order(ishigami_model, ishigami_space) -> None:
    seen: list[tuple[int, int]] = []
    sa.sweep(
        ishigami_model,
        ishigami_space,
        "Y out",
        samples=64,
        chunk=100,
        progress=lambda done, total: seen.append((done, total)),
    )
    assert seen[-1] == (320, 320)
    assert [done for done, _ in seen] == sorted(done for done, _ in seen)
    assert {total for _, total in seen} == {320}


def test_percentiles_are_those_of_the_independent_runs(ishigami_model, ishigami_space) -> None:
    found = sa.sweep(ishigami_model, ishigami_space, "Y out", keep_series="income", samples=256)
    plan = sa.Plan("sobol", samples=256, factors=3)
    rows = plan.row.spread(plan)
    courses = np.exp(np.outer(np.arange(11), 0.02 * (found["design"].values[rows, 0] + 4)))
    expected = np.quantile(courses, found["quantile"].values, axis=1)
    assert found["series"].values.tolist() == ["income"]
    # They are read from counts: a percentile is off by less than half a per cent of the runs.
    np.testing.assert_allclose(found["percentiles"].values[0], expected, rtol=2e-3)
    for time in range(11):
        below = (courses[time, :, None] <= found["percentiles"].values[0, :, time]).mean(axis=0)
        if time:
            np.testing.assert_allclose(below, found["quantile"].values, atol=0.005)
    np.testing.assert_array_equal(found["base_series"].values[0], np.exp(0.08 * np.arange(11)))


@pytest.mark.parametrize("method", ["sobol", "morris"])
def test_percentiles_are_of_all_runs_in_which_everything_moves(
    ishigami_model, ishigami_space, method
) -> None:
    found = sa.sweep(ishigami_model, ishigami_space, "Y out", method=method, samples=256)
    free = 2 * 256 if method == "sobol" else 256 * 4
    assert found["percentiles"].attrs["runs"] == free


def test_no_series(ishigami_model, ishigami_space) -> None:
    found = sa.sweep(ishigami_model, ishigami_space, "Y out", keep_series=(), samples=64)
    assert found.sizes["series"] == 0


def test_integer_and_switch_factors(fake, small) -> None:
    model = fake(
        lambda columns: {"y": columns["plants"] * (1 + columns["tariff"])},
        {"plants": 2.0, "tariff": 0.0},
        {"y": "", "plants": "", "tariff": ""},
    )
    space = sa.Space(
        [
            sa.factor("plants", 1, 5, kind="integer", group="works"),
            sa.factor("tariff", 0, 1, kind="switch"),
        ]
    )
    for method, row in sa.METHODS.items():
        options = {"method": method, "samples": small[method], "resamples": 20}
        if row.continuous:
            message = "takes slopes, but 2 of 2 factors have a few values only: leave them out"
            with pytest.raises(sa.MethodError, match=message):
                sa.sweep(model, space, "y", **options)
            continue
        found = sa.sweep(model, space, "y", **options)
        assert set(np.unique(found["design"].values[:, 0])) <= {1, 2, 3, 4, 5}
        assert set(np.unique(found["design"].values[:, 1])) == {0, 1}
        assert np.isfinite(found[sa.METHODS[method].ranks_by].values).all()


def blows_up(columns: dict[str, np.ndarray]) -> np.ndarray:
    """About one run in twenty, in a corner of the space."""
    return (columns["angle one"] > 1.5) & (columns["angle/two"] > 1.8)


@pytest.mark.parametrize("second_order", [False, True])
def test_failed_runs_are_left_out_with_their_blocks(
    ishigami_model, ishigami_space, second_order
) -> None:
    """The indices equal those of the same sweep with the spoilt blocks cut out by hand."""
    from sensitivity.methods import sobol

    options = {"samples": 256, "second_order": second_order, "resamples": 50, "seed": 3}
    clean = sa.sweep(ishigami_model, ishigami_space, "Y out", **options)
    ishigami_model.fails = blows_up
    with pytest.warns(sa.SweepWarning) as told:
        found = sa.sweep(ishigami_model, ishigami_space, "Y out", **options)
    block = 8 if second_order else 5
    design = clean["design"].values
    failed = blows_up({"angle one": design[:, 0], "angle/two": design[:, 1]})
    spoilt = failed.reshape(256, block).any(axis=1)
    assert 0.02 < failed.mean() < 0.15
    by_hand = sobol.indices(
        clean["outcomes"].values[:, np.repeat(~spoilt, block)],
        3,
        second_order=second_order,
        resamples=50,
        confidence=0.95,
        seed=3,
    )
    for name, values in by_hand.items():
        np.testing.assert_array_equal(found[name].values, values)

    assert found.attrs["failed_runs"] == failed.sum()
    assert found["failure"].values.tolist() == np.flatnonzero(failed).tolist()
    assert set(found["failed_cause"].values) == {"overflow"}
    assert set(found["failed_time"].values) == {5.0}
    assert np.array_equal(np.isnan(found["outcomes"].values[0]), failed)
    assert np.array_equal(found["status"].values[0] == 1, failed)
    assert found["blocks_used"].item() == 256 - spoilt.sum()
    expected = (
        f"outcome 'final Y out': of {len(failed):,} runs {failed.sum():,} failed; the "
        f"{spoilt.sum()} of 256 base samples they belong to are left out"
    )
    assert str(told[0].message).startswith(expected)


def test_failed_runs_spoil_their_trajectory_only(ishigami_model, ishigami_space) -> None:
    from sensitivity.methods import morris

    options = {"method": "morris", "samples": 60, "resamples": 30}
    clean = sa.sweep(ishigami_model, ishigami_space, "Y out", **options)
    ishigami_model.fails = blows_up
    with pytest.warns(sa.SweepWarning, match="of 60 trajectories they belong to are left out"):
        found = sa.sweep(ishigami_model, ishigami_space, "Y out", **options)
    design = clean["design"].values
    failed = blows_up({"angle one": design[:, 0], "angle/two": design[:, 1]})
    kept = np.repeat(~failed.reshape(60, 4).any(axis=1), 4)
    assert 0 < kept.sum() < len(kept)
    by_hand = morris.indices(
        clean["outcomes"].values[:, kept],
        clean["unit_design"].values[kept],
        groups=(0, 1, 2),
        resamples=30,
        confidence=0.95,
        seed=1,
    )
    for name, values in by_hand.items():
        np.testing.assert_array_equal(found[name].values, values)


def test_fast_refuses_failed_runs_but_keeps_the_sweep(ishigami_model, ishigami_space) -> None:
    ishigami_model.fails = blows_up
    message = (
        "method fast cannot leave runs out: use sobol or morris, which can, or narrow the ranges"
    )
    with pytest.warns(sa.SweepWarning, match=re.escape(message)):
        found = sa.sweep(ishigami_model, ishigami_space, "Y out", method="fast", samples=128)
    assert np.isnan(found["ST"].values).all()
    assert found["blocks_used"].item() == 0
    assert np.isfinite(found["outcomes"].values).sum() > 300
    with pytest.raises(sa.AnalysisError, match=re.escape(message)):
        sa.analyse(found)


def test_not_reached_is_counted_apart_from_failed(ishigami_model, ishigami_space) -> None:
    ishigami_model.fails = lambda columns: columns["angle one"] > 3.0
    outcomes = [sa.year_when("income", above=2.0), sa.final("income")]
    with pytest.warns(sa.SweepWarning) as told:
        found = sa.sweep(ishigami_model, ishigami_space, outcomes, samples=256)
    status = found["status"].values
    assert np.array_equal(status[0] == 1, status[1] == 1)
    assert (status[0] == 2).sum() > 100
    assert (status[1] == 2).sum() == 0
    note = str(found["note"].values[0])
    assert f"{(status[0] == 1).sum():,} failed and {(status[0] == 2).sum():,} never reached" in note
    assert "give the outcome never= (such as the last year) to count them" in note
    assert len(told) == 2
    assert found["blocks_used"].values[0] < found["blocks_used"].values[1]

    counted = sa.year_when("income", above=2.0, never=10.0)
    with pytest.warns(sa.SweepWarning):
        again = sa.sweep(ishigami_model, ishigami_space, counted, samples=256)
    assert (again["status"].values == 2).sum() == 0
    assert again["blocks_used"].values[0] == found["blocks_used"].values[1]


def test_a_number_that_is_not_finite_is_a_failure_nobody_reported(fake) -> None:
    def compute(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
        course = np.outer(np.arange(11.0), columns["a"])
        course[7:, columns["a"] > 0.9] = np.inf
        return {"y": course}

    model = fake(compute, {"a": 0.5, "b": 0.5}, {"y": "", "a": "", "b": ""})
    space = sa.Space([sa.factor("a", 0, 1), sa.factor("b", 0, 1)])
    with pytest.warns(sa.SweepWarning):
        found = sa.sweep(model, space, ["y", sa.mean("y")], samples=64)
    failed = found["design"].values[:, 0] > 0.9
    assert found["failure"].values.tolist() == np.flatnonzero(failed).tolist()
    assert set(found["failed_cause"].values) == {"no longer a finite number"}
    assert set(found["failed_time"].values) == {7.0}
    assert found.attrs["failed_runs"] == failed.sum()


def test_when_almost_everything_fails(ishigami_model, ishigami_space) -> None:
    ishigami_model.fails = lambda columns: columns["angle one"] > -3.0
    with pytest.warns(sa.SweepWarning) as told:
        found = sa.sweep(ishigami_model, ishigami_space, "Y out", samples=64)
    assert "with every factor at its default failed (overflow)" in str(told[0].message)
    assert re.search(
        r"failed, which leaves too few base samples, \d of 64: narrow", str(told[1].message)
    )
    assert np.isnan(found["ST"].values).all()
    assert np.isnan(found["base"].values).all()


def test_an_outcome_that_does_not_vary(ishigami_model, ishigami_space) -> None:
    with pytest.warns(sa.SweepWarning) as told:
        found = sa.sweep(ishigami_model, ishigami_space, ["nothing", "Y out"], samples=64)
    assert str(told[0].message) == (
        "outcome 'final nothing': it is 0 in every run, so nothing can be ranked: widen the "
        "ranges, or choose another outcome"
    )
    assert np.isnan(found["ST"].values[0]).all()
    alone = sa.sweep(ishigami_model, ishigami_space, "Y out", samples=64)
    np.testing.assert_array_equal(found["ST"].values[1], alone["ST"].values[0])


def test_what_a_sweep_refuses(ishigami_model, ishigami_space) -> None:
    with pytest.raises(sa.MethodError, match="chunk is 0: give the number of runs to hold"):
        sa.sweep(ishigami_model, ishigami_space, "Y out", chunk=0)
    with pytest.raises(sa.MethodError, match=r"chunk is 1\.5: "):
        sa.sweep(ishigami_model, ishigami_space, "Y out", chunk=1.5)
    with pytest.raises(sa.MethodError, match=r"threads is 0: "):
        sa.sweep(ishigami_model, ishigami_space, "Y out", threads=0)
    with pytest.raises(sa.OutcomeError, match="ishigami has no variable 'incme' to keep; did you"):
        sa.sweep(ishigami_model, ishigami_space, "Y out", keep_series=["incme"])
    with pytest.raises(sa.SpaceError, match="ishigami has no constant 'x'"):
        sa.sweep(ishigami_model, sa.Space([sa.factor("x", 0, 1)]), "Y out")
    assert ishigami_model.calls == []
