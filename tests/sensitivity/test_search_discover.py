from __future__ import annotations

import json
import sys

import numpy as np
import pandas as pd
import pytest

import sensitivity as sa
from sensitivity.search.command import _as_json


def drawn(seed: int, runs: int, factors: int) -> pd.DataFrame:
    values = np.random.default_rng(seed).random((runs, factors))
    return pd.DataFrame(values, columns=[f"factor {place}" for place in range(factors)])


@pytest.fixture
def planted() -> tuple[pd.DataFrame, np.ndarray]:
    """Return runs of eight factors of which three make a box, with one label in twenty wrong."""
    table = drawn(1, 4000, 8)
    inside = (table["factor 0"] > 0.6) & (table["factor 3"] < 0.5) & (table["factor 5"] > 0.3)
    wrong = np.random.default_rng(2).random(len(table)) < 0.05
    return table, np.where(wrong, ~inside, inside)


def limits(found: sa.Discovery, box: int = 0) -> dict[str, tuple[float | None, float | None]]:
    return {one.factor: (one.low, one.high) for one in found.boxes[box].limits}


@pytest.mark.parametrize("method", ["prim", "cart"])
def test_a_planted_box_is_found(planted, method) -> None:
    table, cases = planted
    found = sa.discover(table, cases, method=method, halves=4)
    told = limits(found)
    assert set(told) == {"factor 0", "factor 3", "factor 5"}
    assert told["factor 0"] == (pytest.approx(0.6, abs=0.03), None)
    assert told["factor 3"] == (None, pytest.approx(0.5, abs=0.03))
    assert told["factor 5"] == (pytest.approx(0.3, abs=0.03), None)
    assert all(one.p < 1e-6 for one in found.boxes[0].limits)
    assert found.boxes[0].density == pytest.approx(0.95, abs=0.03)
    assert found.boxes[0].fresh_density == pytest.approx(0.95, abs=0.04)
    assert all(found.stability[name] == 1.0 for name in told)
    assert all(found.stability[name] < 0.5 for name in set(table.columns) - set(told))
    assert f"'factor 0' is at least {told['factor 0'][0]:.3g}" in " ".join(found.words())


def test_shares_are_those_counted_by_hand(planted) -> None:
    table, cases = planted
    found = sa.discover(table, cases, boxes=1, halves=0)
    inside = np.ones(len(table), dtype=bool)
    for one in found.boxes[0].limits:
        column = table[one.factor]
        inside &= column >= one.low if one.low is not None else column <= one.high
    box = found.boxes[0]
    assert box.coverage == (inside & cases).sum() / cases.sum()
    assert box.density == cases[inside].mean()
    assert box.mass == inside.mean()
    assert (found.cases, found.runs) == (cases.sum(), len(table))
    first = box.trajectory[0]
    assert (first.coverage, first.mass, first.limited) == (1.0, 1.0, 0)
    masses = [step.mass for step in box.trajectory]
    assert all(np.diff(masses) < 0)
    for step in box.trajectory:
        seen = box.trajectory[0].density
        assert step.coverage == pytest.approx(step.density * step.mass / seen)


def test_nothing_depends_on_how_a_factor_is_scaled(planted) -> None:
    table, cases = planted
    one = sa.discover(table, cases, halves=0)
    other = sa.discover(np.exp(5.0 * table), cases, halves=0)
    for name, (low, high) in limits(one).items():
        expected = [
            None if end is None else pytest.approx(np.exp(5.0 * end)) for end in (low, high)
        ]
        assert list(limits(other)[name]) == expected
    assert [box.trajectory for box in one.boxes] == [box.trajectory for box in other.boxes]
    assert one.coverage == other.coverage
    # Turned round, a limit from below is one from above.
    turned = limits(sa.discover(1.0 - table, cases, halves=0))
    assert turned["factor 0"][1] == pytest.approx(1.0 - limits(one)["factor 0"][0], abs=0.02)


@pytest.mark.parametrize("method", ["prim", "cart"])
def test_noise_gives_no_box(method) -> None:
    """At 5 % for all limits of a box together: two of thirty are usual, five are not."""
    boxes = 0
    for seed in range(30):
        cases = np.random.default_rng([seed, 1]).random(600) < 0.3
        boxes += len(
            sa.discover(drawn(seed, 600, 8), cases, method=method, boxes=1, halves=0).boxes
        )
    assert boxes <= 4


def test_two_boxes_are_found_one_after_the_other() -> None:
    table = drawn(3, 6000, 5)
    one = (table["factor 0"] > 0.7) & (table["factor 1"] > 0.4)
    other = (table["factor 2"] < 0.25) & (table["factor 3"] < 0.6)
    found = sa.discover(table, (one | other).to_numpy(), halves=0)
    assert {frozenset(limits(found, box)) for box in range(2)} == {
        frozenset({"factor 0", "factor 1"}),
        frozenset({"factor 2", "factor 3"}),
    }
    assert found.coverage == pytest.approx(sum(box.coverage for box in found.boxes))
    assert found.coverage > 0.95
    assert "Together they hold" in " ".join(found.words())


def test_whole_numbers_switches_and_categories() -> None:
    rng = np.random.default_rng(4)
    table = pd.DataFrame(
        {
            "plants": rng.integers(1, 6, 4000),
            "open": rng.random(4000) < 0.5,
            "regime": rng.choice(["left", "right", "centre"], 4000),
            "rate": rng.random(4000),
        }
    )
    cases = (table["plants"] >= 4) & table["open"] & table["regime"].isin(["left", "centre"])
    found = sa.discover(table, cases.to_numpy(), halves=4)
    box = found.boxes[0]
    by_factor = {one.factor: one for one in box.limits}
    assert set(by_factor) == {"plants", "open", "regime"}
    assert by_factor["plants"].low == 4.0
    assert by_factor["open"].low == 1.0
    assert by_factor["regime"].kinds == ("centre", "left")
    assert (box.coverage, box.density) == (1.0, 1.0)
    assert "'regime' is centre or left" in " ".join(found.words())
    assert json.loads(_as_json(found))["boxes"][0]["coverage"] == 1.0
    with pytest.raises(sa.AnalysisError, match="use prim"):
        sa.discover(table, cases.to_numpy(), method="cart")


@pytest.fixture
def sweep(ishigami_model, ishigami_space):
    """Return a sweep in which one run in ten or so fails."""
    ishigami_model.fails = lambda columns: columns["angle one"] > 2.5
    with pytest.warns(sa.SweepWarning):
        return sa.sweep(ishigami_model, ishigami_space, ["Y out", "income"], samples=1024)


def test_a_sweep_is_searched_by_its_independent_runs_only(sweep) -> None:
    found = sa.discover(sweep, "FINAL Y_out > 8", halves=2)
    assert found.runs + found.left_out == 2 * 1024
    values = sweep["outcomes"].values[0].reshape(1024, 5)[:, [0, 4]]
    assert found.cases == (values > 8).sum()
    assert found.left_out == np.isnan(values).sum() > 0
    assert f"{found.left_out:,} more runs have no outcome" in " ".join(found.words())
    assert found.about["model"] == "ishigami"


def test_where_runs_fail_is_found(sweep) -> None:
    found = sa.discover(sweep, "failed", halves=2)
    assert limits(found) == {"angle one": (pytest.approx(2.5, abs=0.05), None)}
    assert (found.boxes[0].coverage, found.left_out) == (pytest.approx(1.0, abs=0.05), 0)
    assert found.boxes[0].density == 1.0


def test_conditions_together_and_flags(sweep) -> None:
    both = sa.discover(sweep, ["final Y out > 3", "final income > 1"], halves=0)
    assert both.where == "final Y out > 3 and final income > 1"
    flags = sweep["design"].values[:, 1] > 1.0
    marked = sa.discover(sweep, flags, halves=0)
    assert set(limits(marked)) == {"angle/two"}


def test_a_table_with_an_outcome(planted) -> None:
    table, cases = planted
    named = table.assign(loss=np.where(cases, 2.0, 1.0))
    found = sa.discover(named, "LOSS > 1.5", halves=0)
    assert limits(found) == limits(sa.discover(table, cases, halves=0))
    named.loc[:99, "loss"] = np.nan
    assert sa.discover(named, "loss > 1.5", halves=0).left_out == 100
    shown = found.table()
    assert len(shown) == sum(len(box.limits) for box in found.boxes)
    assert shown["p"].max() < 0.05


def test_the_same_seed_gives_the_same_boxes(planted) -> None:
    table, cases = planted
    assert sa.discover(table, cases, halves=3) == sa.discover(table, cases, halves=3)


def test_a_wanted_density_is_kept_where_it_can_be(planted) -> None:
    table, cases = planted
    loose, dense = (
        sa.discover(table, cases, density=share, boxes=1, halves=0).boxes[0] for share in (0.5, 0.9)
    )
    assert loose.coverage > dense.coverage
    assert loose.trajectory[loose.chosen].density >= 0.5
    assert dense.trajectory[dense.chosen].density >= 0.9


def test_what_is_wrong_is_said(planted, sweep, monkeypatch) -> None:
    table, cases = planted
    with pytest.raises(sa.MethodError) as told:
        sa.discover(table, cases, method="prism", boxes=0, density=2, peeled=1, mass=0, halves=-1)
    for text in (
        "did you mean 'prim'",
        "boxes is 0",
        "density is",
        "peeled is",
        "mass is",
        "halves",
    ):
        assert text in str(told.value)
    with pytest.raises(
        sa.AnalysisError, match="no outcome 'final Y aut'; did you mean 'final Y out'"
    ):
        sa.discover(sweep, "final Y aut > 3")
    with pytest.raises(sa.AnalysisError, match="0 of 4,000 runs are such"):
        sa.discover(table, cases & False)
    with pytest.raises(sa.AnalysisError, match="4,000 runs but 3 flags"):
        sa.discover(table, np.array([True, False, True]))
    with pytest.raises(sa.AnalysisError, match="'factor 1' has gaps"):
        sa.discover(table.mask(table["factor 1"] > 0.9), cases)
    with pytest.raises(sa.MethodError, match="nothing is sought"):
        sa.discover(sweep, [])
    with pytest.raises(sa.AnalysisError, match="no column besides the outcome"):
        sa.discover(table[["factor 0"]], "factor 0 > 0.5")
    monkeypatch.setitem(sys.modules, "sklearn.tree", None)
    with pytest.raises(sa.MethodError, match="needs scikit-learn"):
        sa.discover(table, cases, method="cart")


def test_categories_of_which_the_searched_runs_lack_the_last() -> None:
    """Each of 400 runs has a category of its own, so half of them are never seen."""
    table = pd.DataFrame(np.random.default_rng(1).random((400, 2)), columns=["a", "b"])
    table["kind"] = [f"kind {run:03d}" for run in range(400)]
    table["y"] = 1.0 * (table["a"] < 0.4)
    found = sa.discover(table, "y > 0.5", halves=3)
    assert found.runs == 400
    assert [limit.factor for box in found.boxes for limit in box.limits if not limit.kinds]


def test_a_table_with_a_name_twice_and_a_seed_that_is_none() -> None:
    table = pd.DataFrame(np.ones((40, 3)), columns=["a", "a", "y"])
    with pytest.raises(sa.AnalysisError, match="the table has several columns 'a'"):
        sa.discover(table, "y > 0.5")
    with pytest.raises(sa.MethodError, match="seed is -1"):
        sa.discover(table, "y > 0.5", seed=-1)
