from __future__ import annotations

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest
import xarray as xr

import sensitivity as sa
from sensitivity.search.evolution import fronts

LEVERS = {"a": 0.2, "b": 0.3, "size": 2.0, "on": 0.0}


def compute(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    a, b, u = columns["a"], columns["b"], columns["u"]
    return {
        "gain": -((a - u) ** 2) - b - 0.01 * columns["size"] - 0.1 * columns["on"],
        "cost": a + 2.0 * b,
        "noise": np.sin(1e4 * (a + b + 0.1) * (u + 1.3)),
        "a": a,
        "b": b,
    }


@pytest.fixture
def model(fake):
    """Return a model whose best packages are known on paper."""
    names = [*LEVERS, "u", "gain", "cost", "noise"]
    return fake(compute, {**LEVERS, "u": 0.3}, dict.fromkeys(names, ""))


@pytest.fixture
def space() -> sa.Space:
    return sa.Space(
        [
            sa.factor("a", 0, 1, default=0.2),
            sa.factor("b", 0, 1, default=0.3),
            sa.factor("size", 1, 4, kind="integer"),
            sa.factor("on", 0, 1, kind="switch"),
        ],
        [sa.factor("u", 0, 1, default=0.2, distribution="triangular")],
    )


SHORT = {"draws": 16, "fresh": 32, "population": 16, "generations": 6}


@pytest.mark.parametrize(("judge", "a"), [("mean", 0.4), ("regret", 0.5), ("worst", 0.5)])
def test_the_best_package_is_the_one_worked_out_on_paper(model, space, judge, a) -> None:
    """The mean of a triangle is (0 + 0.2 + 1) / 3; the largest regret is least in the middle."""
    found = sa.optimise(
        model,
        space,
        {"gain": "high"},
        judge=judge,
        draws=100,
        fresh=8,
        population=16,
        generations=30,
    )
    assert found.packages == ("1",)
    best = found.package("1")
    # The extremes of 100 draws are not quite 0 and 1.
    assert best["a"] == pytest.approx(a, abs=0.05)
    assert best["b"] == pytest.approx(0.0, abs=0.01)
    assert (best["size"], best["on"]) == (1.0, 0.0)


def test_the_front_is_not_beaten_and_beats_what_stands(model, space) -> None:
    found = sa.optimise(model, space, {"gain": "high", "cost": "low"}, **SHORT)
    scores = found.data["objectives"].values * found.signs
    front = len(found.packages)
    assert (fronts(scores[:front], np.zeros(front, dtype=int)) == 0).all()
    # The levers as they stand are among the first packages, so nothing on the front is beaten.
    assert not (
        (scores[front] >= scores[:front]).all(axis=1) & (scores[front] > scores[:front]).any(axis=1)
    ).any()
    assert (np.diff(scores[:front, 0]) <= 0).all()
    design = found.data["design"].values[:front]
    assert (design[:, 1] < 0.1).all()
    assert set(design[:, 2]) <= {1.0, 2.0, 3.0, 4.0}
    assert set(design[:, 3]) <= {0.0, 1.0}


def test_what_is_told_is_what_the_draws_give(model, space) -> None:
    found = sa.optimise(
        model,
        space,
        {"gain": "high"},
        judge="quantile 0.25",
        require=["gain > -0.2", "cost <= 1"],
        **SHORT,
    )
    data = found.data
    for values, told in (("values", "objectives"), ("fresh_values", "fresh_objectives")):
        gain, cost = data[values].values
        share = ((gain > -0.2) & (cost <= 1)).mean(axis=1)
        np.testing.assert_array_equal(data[told].values[:, 1], share)
        low = np.quantile(gain, 0.25, axis=1, method="inverted_cdf")
        np.testing.assert_array_equal(data[told].values[:, 0], low)
    gain = data["fresh_values"].sel(outcome="final gain").values
    np.testing.assert_allclose(data["regret"].values[0], gain.max(axis=0) - gain)
    # Each value is what the model gives for that package in that draw.
    a, u = data["design"].values[:, :1], data["fresh_draws"].values[:, 0]
    b, size, on = (data["design"].values[:, [place]] for place in (1, 2, 3))
    np.testing.assert_allclose(gain, -((a - u) ** 2) - b - 0.01 * size - 0.1 * on)
    assert not set(data["draws"].values[:, 0]) & set(u)


def test_the_same_seed_gives_the_same_front(model, space) -> None:
    aims = {"gain": "high", "cost": "low"}
    one, same = (sa.optimise(model, space, aims, **SHORT).data for _ in range(2))
    xr.testing.assert_identical(one.drop_attrs(), same.drop_attrs())
    other = sa.optimise(model, space, aims, seed=2, **SHORT).data
    assert not np.array_equal(one["draws"].values, other["draws"].values)


class Stop(Exception):
    """What a user's interrupt is in these tests."""


def test_a_search_that_was_interrupted_goes_on_where_it_was(model, space, tmp_path) -> None:
    aims = {"gain": "high", "cost": "low"}
    whole = sa.optimise(model, space, aims, judge="regret", **SHORT)
    of_one = SHORT["draws"] * SHORT["population"]

    def stop(done: int, total: int) -> None:
        if done >= 3 * of_one:
            raise Stop

    with pytest.raises(Stop):
        sa.optimise(model, space, aims, judge="regret", store=tmp_path, progress=stop, **SHORT)
    kept = sorted(path.name for path in tmp_path.glob("generation-*.npz"))
    assert kept == ["generation-00000.npz", "generation-00001.npz"]
    model.calls.clear()
    told: list[tuple[int, int]] = []
    resumed = sa.optimise(
        model,
        space,
        aims,
        judge="regret",
        store=tmp_path,
        progress=lambda done, total: told.append((done, total)),
        **SHORT,
    )
    assert model.calls.count(of_one) == SHORT["generations"] - 2
    xr.testing.assert_identical(whole.data.drop_attrs(), resumed.data.drop_attrs())
    assert told[-1][0] == told[-1][1]
    assert not list(tmp_path.glob(".*"))

    # More generations begin where these ended.
    model.calls.clear()
    longer = SHORT | {"generations": SHORT["generations"] + 2}
    sa.optimise(model, space, aims, judge="regret", store=tmp_path, **longer)
    assert model.calls.count(of_one) == 2


def test_the_record_of_another_search_is_refused(model, space, tmp_path) -> None:
    sa.optimise(model, space, {"gain": "high"}, store=tmp_path, **SHORT)
    with pytest.raises(sa.StoreError, match="holds another search"):
        sa.optimise(model, space, {"gain": "low"}, store=tmp_path, **SHORT)
    (tmp_path / "generation-00001.npz").write_bytes(b"half a file")
    with pytest.raises(sa.StoreError, match="cannot be read"):
        sa.optimise(model, space, {"gain": "high"}, store=tmp_path, **SHORT)
    (tmp_path / "search.json").write_text("{}")
    with pytest.raises(sa.StoreError, match="not the record of a search"):
        sa.optimise(model, space, {"gain": "high"}, store=tmp_path, **SHORT)


def test_failed_runs_are_counted_and_shunned(model, space) -> None:
    model.fails = lambda columns: (columns["a"] > 0.3) & (columns["u"] > 0.5)
    found = sa.optimise(
        model,
        space,
        {"gain": "high"},
        require="gain > -9",
        draws=64,
        fresh=256,
        population=16,
        generations=10,
    )
    assert not found.data["failed"].values[: len(found.packages)].any()
    assert max(found.package(name)["a"] for name in found.packages) <= 0.3
    model.settings.scenarios["bold"] = type("Told", (), {"values": {"a": 0.9, "b": 0.0}})()
    found = sa.optimise(
        model,
        space,
        {"gain": "high"},
        require="gain > -9",
        draws=64,
        fresh=256,
        population=16,
        generations=2,
    )
    bold = found.data.sel(package="bold")
    failed = int((found.data["fresh_draws"].values > 0.5).sum())
    assert int(bold["fresh_failed"]) == failed > 0
    assert bold["fresh_objectives"].values[1] == pytest.approx(1 - failed / 256)
    u = found.data["fresh_draws"].values[:, 0]
    expected = (-((0.9 - u[u <= 0.5]) ** 2) - 0.02).mean()
    assert bold["fresh_objectives"].values[0] == pytest.approx(expected)
    assert f"{failed:,} fresh runs failed" in " ".join(found.words())


def test_nothing_but_failed_runs_is_said(model, space) -> None:
    model.fails = lambda columns: columns["u"] >= 0
    with pytest.raises(sa.AnalysisError, match="no package has an outcome in any future"):
        sa.optimise(model, space, {"gain": "high"}, **SHORT)


def test_the_search_flatters_its_packages_and_says_so(model, space) -> None:
    """Where outcomes are noise, what was chosen for its luck does not keep it."""
    found = sa.optimise(
        model, space, {"noise": "high"}, draws=8, fresh=2000, population=32, generations=10
    )
    mine, stands = found.optimism()
    assert mine[0] > 0.5
    assert abs(stands[0]) < mine[0]
    seen, fresh = (found.data[name].values[0, 0] for name in ("objectives", "fresh_objectives"))
    assert seen > 0.5
    assert abs(fresh) < 0.1
    assert "better in the futures of the search than in fresh ones" in " ".join(found.words())


def test_where_nothing_is_uncertain_there_is_one_future(model, space) -> None:
    certain = sa.Space(space.levers)
    found = sa.optimise(model, certain, {"gain": "high"}, **SHORT)
    assert (found.data.sizes["draw"], found.data.sizes["fresh_draw"]) == (1, 1)
    with pytest.raises(sa.AnalysisError, match="nothing was uncertain"):
        found.futures("1")


def test_scenarios_are_compared(model, space) -> None:
    def told(**values: float) -> object:
        return type("Told", (), {"values": values})()

    model.settings.scenarios.update(thrift=told(b=0.0), world=told(u=0.0, a=0.0))
    found = sa.optimise(model, space, {"gain": "high"}, **SHORT)
    assert found.references == ("as in the file", "thrift")
    assert found.package("Thrift") == {"a": 0.2, "b": 0.0, "size": 2.0, "on": 0.0}
    found = sa.optimise(model, space, {"gain": "high"}, compare=["world"], **SHORT)
    assert found.references == ("as in the file", "world")
    np.testing.assert_allclose(found.data["fresh_values"].sel(package="world").values, -0.32)
    with pytest.raises(sa.MethodError, match="no scenario 'thrifty'; did you mean 'thrift'"):
        sa.optimise(model, space, {"gain": "high"}, compare=["thrifty"], **SHORT)


def test_it_is_kept_and_read_back(model, space, tmp_path) -> None:
    found = sa.optimise(model, space, {"gain": "high", "cost": "low"}, **SHORT)
    again = sa.Front.open(found.save(tmp_path / "front.nc"))
    xr.testing.assert_identical(found.data, again.data)
    assert list(again.words()) == list(found.words())
    assert again.compromise in again.packages
    short = found.shortfalls()[found.packages.index(found.compromise)]
    assert short.max() == found.shortfalls().max(axis=1).min()
    table = found.table()
    assert list(table.index) == [*found.packages, *found.references]
    assert table.loc["as in the file", "b"] == 0.3
    with pytest.raises(sa.StoreError, match="not a stored sweep"):
        sa.open_sweep(tmp_path / "front.nc")
    with pytest.raises(sa.StoreError, match="there is no file"):
        sa.Front.open(tmp_path / "none.nc")
    sweep = sa.save(sa.sweep(model, space, "gain", samples=8), tmp_path / "sweep.nc")
    with pytest.raises(sa.StoreError, match="not a front"):
        sa.Front.open(sweep)
    Path(tmp_path / "text.nc").write_text("no")
    with pytest.raises(sa.StoreError, match="not a netCDF file"):
        sa.Front.open(tmp_path / "text.nc")
    with pytest.raises(sa.AnalysisError, match="no package '99'"):
        found.package("99")


def test_everything_wrong_with_the_sizes_is_told_at_once(model, space) -> None:
    with pytest.raises(sa.MethodError) as told:
        sa.optimise(model, space, {"gain": "high"}, draws=0, fresh=0, population=1, generations=0)
    for name in ("draws", "fresh", "population", "generations"):
        assert f"{name} is" in str(told.value)
    with pytest.raises(sa.SpaceError, match="no levers"):
        sa.optimise(model, sa.Space(uncertainties=space.uncertainties), {"gain": "high"})


def test_a_search_that_still_rises_says_so(model, space) -> None:
    found = sa.optimise(model, space, {"gain": "high", "cost": "low"}, **SHORT)
    data = found.data.copy(deep=True)
    data["best_so_far"][:] = 0.0
    assert sa.Front(data).moving == ()
    data["best_so_far"][-1, 0] = 1.0
    assert sa.Front(data).moving == ("mean of final gain",)


@pytest.mark.parametrize(
    ("options", "error", "message"),
    [
        ({"fixed": {"A": 0.3}}, sa.SpaceError, "'A' is both fixed and varied"),
        ({"seed": -1}, sa.MethodError, "seed is -1: give a whole number from 0 on"),
        ({"draws": 1.5}, sa.MethodError, "draws is 1.5: give a whole number, at least 1"),
        ({"require": "gain < nan"}, sa.MethodError, "'gain < nan' is not a condition"),
        ({"aims": {"gain": "low", "Gain": "high"}}, sa.MethodError, "an aim more than once"),
        ({"compare": "nosuch"}, sa.MethodError, "has no scenario 'nosuch'"),
    ],
)
def test_what_would_be_passed_over_is_refused(model, space, options, error, message) -> None:
    with pytest.raises(error, match=message):
        sa.optimise(model, space, **({"aims": {"gain": "high"}, **SHORT} | options))


def test_runs_that_leave_their_limits_failed_as_in_a_sweep(model, space) -> None:
    """With cost never below zero, and a shifted cost, no package of low a is left."""
    model.settings = replace(model.settings, never_negative=("cost over a half",))
    model.units["cost over a half"] = ""
    before = model.compute
    model.compute = lambda columns: before(columns) | {"cost over a half": columns["a"] - 0.5}
    found = sa.optimise(model, space, {"a": "low"}, **SHORT)
    assert found.data["failed"].sel(package="as in the file") == SHORT["draws"]
    assert min(found.package(name)["a"] for name in found.packages) >= 0.5
