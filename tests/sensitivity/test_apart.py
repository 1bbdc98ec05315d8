from __future__ import annotations

from dataclasses import replace
from types import SimpleNamespace

import numpy as np
import pytest

import sensitivity as sa


def compute(columns: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    a, b, u, v = (columns[name] for name in ("a", "b", "u", "v"))
    return {"sum": 3.0 * a + b + 10.0 * u, "product": a * u + b, "mix": a * u + (1.0 - a) * v}


@pytest.fixture
def model(fake):
    """Return a model whose indices can be worked out on paper."""
    units = dict.fromkeys(("a", "b", "u", "v", "sum", "product", "mix"), "")
    return fake(compute, {"a": 0.5, "b": 0.5, "u": 0.5, "v": 0.5}, units)


@pytest.fixture
def space() -> sa.Space:
    return sa.Space(
        [sa.factor("a", 0, 1), sa.factor("b", 0, 1)], [sa.factor("u", 0, 4), sa.factor("v", 0, 1)]
    )


def test_levers_are_ranked_for_the_mean_over_all_futures(model, space) -> None:
    found = sa.lever_indices(model, space, ["sum", "product"], samples=512, draws=32)
    # The spread of u moves neither: 9 to 1 for the sum; with u 2 on average 4 to 1 for the other.
    np.testing.assert_allclose(found["ST"].values, [[0.9, 0.1], [0.8, 0.2]], atol=0.02)
    np.testing.assert_allclose(found["S1"].values, [[0.9, 0.1], [0.8, 0.2]], atol=0.06)
    assert [str(name) for name in found["outcome"].values] == [
        "mean of final sum",
        "mean of final product",
    ]
    assert found.attrs["runs"] == 512 * 4 * 32
    assert list(sa.ranking(found, "mean of final product").index) == ["a", "b"]


def test_a_quantile_and_a_share_of_futures_have_levers_of_their_own(model, space) -> None:
    found = sa.lever_indices(
        model, space, "product", judge="quantile 0.25", require="sum > -9", samples=512, draws=64
    )
    # A quarter of the draws of u lie below 1.
    np.testing.assert_allclose(found["ST"].values[0], [0.5, 0.5], atol=0.03)
    assert "in every run, so nothing can be ranked" in str(found["note"].values[1])
    found = sa.lever_indices(model, space, require="product >= 2.5", samples=256, draws=64)
    assert list(found["outcome"].values) == ["satisficing share"]
    assert (found["ST"].values > 0.1).all()


def test_without_uncertainties_it_is_a_sweep_of_the_levers(model, space) -> None:
    levers = sa.Space(space.levers)
    apart = sa.lever_indices(model, levers, "product", samples=64, seed=3)
    swept = sa.sweep(model, levers, "product", samples=64, seed=3)
    for name in ("S1", "ST", "S1_conf", "ST_conf"):
        np.testing.assert_allclose(apart[name].values, swept[name].values, rtol=1e-12)


def test_a_draw_that_fails_under_some_levers_is_left_out_under_all(model, space) -> None:
    model.fails = lambda columns: (columns["u"] > 3.0) & (columns["a"] > 0.9)
    found = sa.lever_indices(model, space, "product", samples=64, draws=64)
    # A Latin hypercube of 64 has 16 draws above 3 of 4.
    assert (found.attrs["draws"], found.attrs["draws_used"]) == (64, 48)
    assert found.attrs["failed_runs"] > 0
    model.fails = lambda columns: columns["u"] > 1.0
    with pytest.raises(sa.AnalysisError, match="only 16 of 64 futures"):
        sa.lever_indices(model, space, "product", samples=64, draws=64)


def test_uncertainties_are_ranked_anew_for_each_policy(model, space) -> None:
    policies = {"all u": {"a": 1.0}, "all v": {"a": 0.0}, "half": {}}
    found = sa.indices_per_policy(model, space, policies, "mix", samples=512)
    assert found["ST"].dims == ("policy", "outcome", "factor")
    shares = found["ST"].values[:, 0]
    np.testing.assert_allclose(shares[:2], [[1, 0], [0, 1]], atol=0.02)
    # Halves of ranges 4 and 1: variances as 16 to 1.
    np.testing.assert_allclose(shares[2], [16 / 17, 1 / 17], atol=0.02)
    assert found.attrs["runs"] == 3 * 512 * 4


@pytest.mark.parametrize(("method", "samples"), [("sobol", 64), ("morris", 20), ("fast", 128)])
def test_each_policy_has_the_indices_of_a_sweep_under_it(model, space, method, samples) -> None:
    found = sa.indices_per_policy(model, space, {"it": {}}, "mix", method=method, samples=samples)
    swept = sa.sweep(model, space.only("uncertainties"), "mix", method=method, samples=samples)
    one = found.sel(policy="it")
    for name in (name for name in swept.data_vars if swept[name].attrs.get("role") == "index"):
        np.testing.assert_allclose(one[name].values, swept[name].values, rtol=1e-12)
    assert list(sa.ranking(one).index) == list(sa.ranking(swept).index)


def test_what_a_policy_sets_has_no_index(model, space) -> None:
    found = sa.indices_per_policy(model, space, {"held": {"u": 1.0}, "free": {}}, "mix", samples=64)
    assert found["held"].values.tolist() == [[True, False], [False, False]]
    assert np.isnan(found["ST"].values[:, 0]).tolist() == [[True, False], [False, False]]
    assert found["ST"].values[0, 0, 1] == pytest.approx(1.0, abs=0.01)


def test_failed_runs_are_left_out_for_the_policy_they_fail_under(model, space) -> None:
    model.fails = lambda columns: (columns["u"] > 3.0) & (columns["a"] > 0.9)
    found = sa.indices_per_policy(
        model, space, {"bold": {"a": 1.0}, "safe": {"a": 0.5}}, "mix", samples=64
    )
    used = found["blocks_used"].values[:, 0]
    assert used[0] < used[1] == 64
    assert found["failed"].values[0] > 0 == found["failed"].values[1]
    assert "failed" in str(found["note"].values[0, 0])


def test_scenarios_are_policies(model, space) -> None:
    model.settings.scenarios["thrift"] = SimpleNamespace(values={"a": 1.0})
    found = sa.indices_per_policy(model, space, None, "mix", samples=64)
    assert list(found["policy"].values) == ["as in the file", "thrift"]
    named = sa.indices_per_policy(model, space, ["thrift"], "mix", samples=64)
    np.testing.assert_array_equal(named["ST"].values[0], found["ST"].values[1])


def test_what_is_wrong_is_said(model, space) -> None:
    with pytest.raises(sa.MethodError, match=r"sets 'bb', which is no constant.*\n.*sets 'uu'"):
        sa.indices_per_policy(model, space, {"x": {"bb": 1.0, "uu": 1.0}}, "mix")
    with pytest.raises(sa.MethodError, match="no scenario 'thrift'"):
        sa.indices_per_policy(model, space, ["thrift"], "mix")
    with pytest.raises(sa.MethodError, match="no policy was given"):
        sa.indices_per_policy(model, space, {}, "mix")
    with pytest.raises(sa.SpaceError, match="no uncertainties"):
        sa.indices_per_policy(model, sa.Space(space.levers), {"x": {}}, "mix")
    with pytest.raises(sa.SpaceError, match="no levers"):
        sa.lever_indices(model, sa.Space(uncertainties=space.uncertainties), "mix")
    with pytest.raises(sa.MethodError, match="cannot be ranked for regret"):
        sa.lever_indices(model, space, "mix", judge="regret")
    with pytest.raises(sa.MethodError, match="draws is 0"):
        sa.lever_indices(model, space, "mix", draws=0)


def test_runs_that_leave_their_limits_failed_as_in_a_sweep(model, space) -> None:
    model.settings = replace(model.settings, never_negative=("slack",))
    model.units["slack"] = ""
    before = model.compute
    model.compute = lambda columns: before(columns) | {"slack": columns["u"] - 0.2}
    options = {"method": "morris", "samples": 32, "resamples": 10}
    with pytest.warns(sa.SweepWarning):
        swept = sa.sweep(model, space.only("uncertainties"), "sum", **options)
    found = sa.indices_per_policy(model, space, {"a": {"a": 0.5}}, "sum", **options)
    assert int(found.attrs["failed_runs"]) == int(swept.attrs["failed_runs"]) > 0
    np.testing.assert_array_equal(found["status"].values[0], swept["status"].values)
