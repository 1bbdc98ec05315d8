from __future__ import annotations

import numpy as np
import pytest
from SALib.analyze import sobol as salib_sobol

import sensitivity as sa
from sensitivity.over_time import indices_over_time

TIMES = 9


def courses_of(design: np.ndarray) -> np.ndarray:
    """Two series over time: one still at the start and ever more of a product, one linear."""
    weights = np.arange(1.0, design.shape[1] + 1)
    product = np.prod((np.abs(4 * design - 2) + weights) / (1 + weights), axis=1)
    instants = np.arange(TIMES)[:, None]
    return np.stack(
        [3.0 + instants * product + instants**2 * design[:, 0], design @ weights + instants]
    )


def over_time(plan: sa.Plan, courses: np.ndarray, failed: np.ndarray | None = None, **options):
    lost = np.zeros(plan.runs, dtype=bool) if failed is None else failed
    return indices_over_time(
        plan,
        lambda place, instants: courses[place, instants],
        *courses.shape[:2],
        lost,
        plan.design(),
        **options,
    )


@pytest.mark.parametrize("second_order", [False, True])
def test_they_are_salibs_at_every_instant(second_order) -> None:
    plan = sa.Plan("sobol", 64, 3, seed=5, second_order=second_order, resamples=60, confidence=0.9)
    courses = courses_of(plan.design())
    found = over_time(plan, courses)
    names = {"S1", "ST"} | ({"S2"} if second_order else set())
    assert set(found) == names | {f"{name}_conf" for name in names} | {
        "course_mean",
        "course_variance",
        "note",
    }
    problem = {"num_vars": 3, "names": list("abc"), "bounds": [[0.0, 1.0]] * 3}
    for place, instant in np.ndindex(2, TIMES):
        if (place, instant) == (0, 0):
            continue
        theirs = salib_sobol.analyze(
            problem,
            courses[place, instant],
            calc_second_order=second_order,
            num_resamples=60,
            conf_level=0.9,
            seed=5,
        )
        for name in sorted(set(found) & set(theirs)):
            mine = found[name][place, instant]
            upper = ~np.isnan(theirs[name])
            np.testing.assert_allclose(mine[upper], theirs[name][upper], rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize("method", ["sobol", "morris", "fast"])
def test_where_nothing_varies_there_is_no_index(method) -> None:
    plan = sa.Plan(method, 128, 3, resamples=20)
    found = over_time(plan, courses_of(plan.design()))
    for name in plan.row.indices:
        missing = np.isnan(found[name]).any(axis=2)
        assert missing[0].tolist() == [True] + [False] * (TIMES - 1)
        assert not missing[1].any()
    assert found["course_mean"][0, 0] == 3.0
    assert found["course_variance"][0, 0] == 0.0
    assert found["note"].tolist() == ["it does not vary at 1 of 9 times, which have no indices", ""]


@pytest.mark.parametrize("method", sorted(sa.METHODS))
def test_memory_makes_no_difference(method) -> None:
    row = sa.METHODS[method]
    sizes = {"hdmr": 512, "all-combinations": 3}
    size = sizes.get(method, 128 if row.default_samples > 1 else 1)
    groups = (0, 1, 1) if row.groups == "must" else ()
    plan = sa.Plan(method, size, 3, resamples=10, groups=groups)
    courses = np.repeat(courses_of(plan.design()), 20, axis=1)  # more than one group of instants
    whole, narrow = over_time(plan, courses), over_time(plan, courses, memory=1)
    assert set(whole) == set(narrow)
    for name, values in whole.items():
        np.testing.assert_array_equal(values, narrow[name])


def test_no_more_is_read_at_once_than_fits() -> None:
    plan = sa.Plan("sobol", 2**15, 3, resamples=0)  # 24 instants together
    course, reads = np.zeros((40, plan.runs)), []

    def read(_series: int, instants: slice) -> np.ndarray:
        reads.append(instants.stop - instants.start)
        return course[instants]

    lost = np.zeros(plan.runs, dtype=bool)
    indices_over_time(plan, read, 1, 40, lost, memory=2 * 2 * 24 * 8 * plan.runs)
    assert reads == [40]
    reads.clear()
    indices_over_time(plan, read, 1, 40, lost, memory=1)
    assert reads == [24, 16]


@pytest.mark.parametrize("method", ["sobol", "morris"])
def test_blocks_with_failed_runs_are_left_out(method) -> None:
    """The indices are those of the same design without these blocks."""
    plan = sa.Plan(method, 128, 3, resamples=0)
    courses, design = courses_of(plan.design()), plan.design()
    failed = np.zeros(plan.runs, dtype=bool)
    failed[[1, plan.block + 2, plan.block + 3]] = True
    found = over_time(plan, np.where(failed, np.nan, courses), failed)
    rest = slice(2 * plan.block, None)
    for place, instant in ((0, 3), (1, 0)):
        by_hand = plan.analyse(courses[place, instant][None, rest], design[rest])
        for name in plan.row.indices:
            np.testing.assert_array_equal(found[name][place, instant], by_hand[name][0])
    assert f"of {plan.runs} runs 3 failed; the 2 of 128" in found["note"][1]


def test_a_gap_at_one_instant_counts_there_only() -> None:
    plan = sa.Plan("sobol", 128, 3, resamples=0)
    courses = courses_of(plan.design())
    gaps = courses.copy()
    gaps[1, 4, 7] = np.inf
    whole, found = over_time(plan, courses), over_time(plan, gaps)
    np.testing.assert_array_equal(
        np.delete(found["ST"], 4, axis=1), np.delete(whole["ST"], 4, axis=1)
    )
    assert np.isfinite(found["ST"][1, 4]).all()
    assert not np.array_equal(found["ST"][1, 4], whole["ST"][1, 4])
    assert "1 failed" in found["note"][1]
    assert np.isfinite(found["course_mean"]).all()


def test_fast_has_none_where_a_run_failed() -> None:
    plan = sa.Plan("fast", 128, 3, resamples=0)
    failed = np.zeros(plan.runs, dtype=bool)
    failed[3] = True
    found = over_time(plan, courses_of(plan.design()), failed)
    assert np.isnan(found["ST"]).all()
    assert np.isnan(found["course_mean"]).all()
    assert "method fast cannot leave runs out" in found["note"][0]


def test_mean_and_variance_are_of_the_free_runs() -> None:
    plan = sa.Plan("sobol", 64, 3, resamples=0)
    courses = courses_of(plan.design())
    found = over_time(plan, courses)
    free = courses[:, :, plan.row.spread(plan)]
    np.testing.assert_allclose(found["course_mean"], free.mean(axis=2), rtol=1e-12)
    np.testing.assert_allclose(found["course_variance"], free.var(axis=2), rtol=1e-12, atol=1e-12)


@pytest.mark.parametrize("method", ["sobol", "morris"])
def test_a_sweep_keeps_them(method, ishigami_model, ishigami_space) -> None:
    """At the last time they are the indices of the final value."""
    options = {"method": method, "samples": 64, "resamples": 20, "over_time": True}
    found = sa.sweep(ishigami_model, ishigami_space, ["income", "Y out"], **options)
    for name in sa.METHODS[method].indices:
        last = found[f"{name}_over_time"].isel(time=-1)
        np.testing.assert_array_equal(last, found[name])
    assert found[f"{sa.METHODS[method].ranks_by}_over_time"].dims == ("series", "time", "factor")
    assert found["course_variance_over_time"].dims == ("series", "time")
    assert found["note_over_time"].dims == ("series",)
    assert found["note_over_time"].attrs["role"] == "index over time"
    parts = sa.sweep(ishigami_model, ishigami_space, ["income", "Y out"], chunk=7, **options)
    for name in found.data_vars:
        np.testing.assert_array_equal(found[name], parts[name])


def test_a_sweep_with_failed_runs(ishigami_model, ishigami_space) -> None:
    ishigami_model.fails = lambda columns: columns["angle one"] > 2.9
    with pytest.warns(sa.SweepWarning):
        found = sa.sweep(ishigami_model, ishigami_space, "income", samples=128, over_time=True)
    np.testing.assert_array_equal(found["ST_over_time"].isel(time=-1), found["ST"])
    assert f"{found.attrs['failed_runs']} failed" in found["note_over_time"].item()


def test_it_is_kept_on_disk(ishigami_model, ishigami_space, tmp_path) -> None:
    found = sa.sweep(
        ishigami_model, ishigami_space, "income", samples=64, second_order=True, over_time=True
    )
    again = sa.open_sweep(sa.save(found, tmp_path / "a.nc"))
    assert again["S2_over_time"].dims == ("series", "time", "factor", "other factor")
    np.testing.assert_array_equal(again["S2_over_time"], found["S2_over_time"])


def test_what_does_not_fit(ishigami_model, ishigami_space) -> None:
    options = {"samples": 64, "over_time": True}
    with pytest.raises(
        sa.MethodError, match="courses of 1 variables at 11 times in 320 runs take 0"
    ):
        sa.sweep(ishigami_model, ishigami_space, "income", memory=1000, **options)
    with pytest.raises(sa.MethodError, match="over_time needs courses: name variables in keep_ser"):
        sa.sweep(ishigami_model, ishigami_space, "income", keep_series=(), **options)
    assert 320 not in ishigami_model.calls  # the design was not run in vain
    plan = sa.Plan("morris", 16, 2)
    with pytest.raises(sa.MethodError, match="morris needs the design as well as the courses"):
        indices_over_time(plan, lambda *_: np.zeros((1, 48)), 1, 1, np.zeros(48, dtype=bool))
