"""What every row of the table promises, and what plans refuse."""

from __future__ import annotations

import json
import math
import re
from dataclasses import replace

import numpy as np
import pytest

import sensitivity as sa
from sensitivity.methods import bootstrap, sobol


@pytest.fixture
def plan_of(small):
    """Return a maker of small plans of any method."""

    def make(name: str, factors: int, **options: object) -> sa.Plan:
        if sa.METHODS[name].groups == "must":
            options["groups"] = tuple(range(factors))
        return sa.Plan(
            name, **{"samples": small[name], "factors": factors, "resamples": 10, **options}
        )

    return make


@pytest.mark.parametrize("name", sorted(sa.METHODS))
@pytest.mark.parametrize("factors", [2, 7])
def test_every_row_keeps_its_promises(name, factors, plan_of) -> None:
    """Cost, block, range, names of indices and facts, and the rows for fans are as they say."""
    plan = plan_of(name, factors)
    row, design = plan.row, plan.design()
    assert design.shape == (plan.runs, factors)
    assert design.min() >= 0
    assert design.max() <= 1
    assert plan.runs % plan.block == 0
    spread = row.spread(plan)
    assert len(np.unique(spread)) == len(spread)
    assert spread.max() < plan.runs
    outcomes = np.stack([design.sum(axis=1), 5.0 * design[:, 0] + 0.1 * design[:, 1] ** 2])
    found = plan.analyse(outcomes, design if row.wants_x else None)
    names = {index.removesuffix("_conf") for index in found}
    assert names == {*row.indices, *row.facts}
    for index, values in found.items():
        assert values.shape == ((2,) if index in row.facts else (2, factors)), index
        assert np.isfinite(values).all(), index
    assert names <= set(row.meanings)
    strongest = np.abs(found[row.ranks_by][1]).argmax()
    assert strongest == 0


@pytest.mark.parametrize("name", sorted(sa.METHODS))
def test_any_rows_of_a_design_are_those_of_the_whole(name, plan_of) -> None:
    plan = plan_of(name, 5)
    design, runs = plan.design(), plan.runs
    for first, last in (
        (0, runs),
        (0, 1),
        (1, 2),
        (0, 3),
        (5, min(12, runs)),
        (runs - 3, runs),
        (4, 4),
    ):
        np.testing.assert_array_equal(plan.rows(first, last), design[first:last])
    design[:] = np.nan  # what is remembered is not what was handed out
    assert np.isfinite(plan.rows(0, runs)).all()
    with pytest.raises(sa.MethodError, match=f"there are no runs 3 to {runs + 1:,}: {runs:,} in"):
        plan.rows(3, runs + 1)


def test_rows_far_along_a_sequence() -> None:
    """Cut somewhere in ten million runs, and found again from pieces of any size."""
    plan = sa.Plan("sobol", samples=2**19, factors=20)
    assert plan.runs > 10_000_000
    start = 9_876_543
    whole = plan.rows(start, start + 100)
    pieces = [plan.rows(start + place, start + place + 25) for place in range(0, 100, 25)]
    np.testing.assert_array_equal(np.concatenate(pieces), whole)
    # A block is at one point in B's factors before it is at the next.
    assert len(np.unique(whole[:, 0])) < 15


@pytest.mark.parametrize("name", sorted(sa.METHODS))
def test_a_nested_design_begins_a_larger_one(name, plan_of) -> None:
    plan = plan_of(name, 3)
    if plan.nested:
        larger = replace(plan, samples=2 * plan.samples)
        np.testing.assert_array_equal(larger.rows(0, plan.runs), plan.design())
    elif plan.samples > 2:
        larger = replace(plan, samples=2 * plan.samples)
        assert not np.array_equal(larger.rows(0, plan.runs), plan.design())


@pytest.mark.parametrize("name", sorted(sa.METHODS))
def test_outcomes_do_not_meddle_with_each_other(name, plan_of, monkeypatch) -> None:
    """Alone, in company, and in parts that fit the memory, an outcome has the same indices."""
    plan = plan_of(name, 3, second_order=sa.METHODS[name].pairs)
    design = plan.design()
    outcomes = np.stack([np.exp(design @ [1.0, -2.0, 0.5]), design[:, 0] * design[:, 1]])
    unit = design if plan.row.wants_x else None
    both = plan.analyse(outcomes, unit)
    alone = plan.analyse(outcomes[1:], unit)
    monkeypatch.setattr(bootstrap, "WORKING_NUMBERS", 1)
    parts = plan.analyse(outcomes, unit)
    for index, values in both.items():
        np.testing.assert_allclose(values[1:], alone[index], rtol=1e-9, atol=1e-12, err_msg=index)
        np.testing.assert_allclose(values, parts[index], rtol=1e-9, atol=1e-12, err_msg=index)


@pytest.mark.parametrize("name", sorted(sa.METHODS))
def test_the_unit_of_an_outcome_does_not_matter(name, plan_of) -> None:
    """Shares stay, effects take the factor, wherever zero is."""
    plan = plan_of(name, 3)
    design = plan.design()
    outcome = np.exp(design @ [1.0, -2.0, 0.5])
    unit = design if plan.row.wants_x else None
    found = plan.analyse(np.stack([outcome, 1e-3 * outcome + 7.0]), unit)
    for index, values in found.items():
        expected = values[0]
        in_units = plan.row.in_units or index == "threshold"
        if in_units:
            expected = 1e-3 * expected + (7.0 if index == "threshold" else 0.0)
        np.testing.assert_allclose(values[1], expected, rtol=1e-6, atol=1e-9, err_msg=index)


@pytest.mark.parametrize(
    "name", [name for name, row in sa.METHODS.items() if row.default_samples > 9]
)
@pytest.mark.parametrize("seed", [0, 1])
def test_the_bootstrap_repeats_with_its_seed(name, plan_of, seed) -> None:
    """Zero is a seed like any other, and NumPy's global state is nobody's business."""
    plan = plan_of(name, 3, seed=seed)
    design = plan.design()
    outcomes = np.exp(design @ [[1.0], [-2.0], [0.5]]).T
    unit = design if plan.row.wants_x else None
    np.random.seed(3)
    first = plan.analyse(outcomes, unit)
    np.random.seed(4)
    np.testing.assert_array_equal(plan.design(), design)
    second = plan.analyse(outcomes, unit)
    other = replace(plan, seed=7).analyse(outcomes, unit)
    none = replace(plan, resamples=0).analyse(outcomes, unit)
    width = f"{plan.row.ranks_by}_conf"
    np.testing.assert_array_equal(first[width], second[width])
    assert not np.array_equal(first[width], other[width])
    assert (first[width] > 0).all()
    assert np.isnan(none[width]).all()
    assert np.isfinite(none[plan.row.ranks_by]).all()


def test_many_base_samples_are_resampled_in_groups(monkeypatch) -> None:
    """The indices stay as they are, the intervals about as wide, the memory bounded."""
    plan = sa.Plan("sobol", samples=4096, factors=3, second_order=True, resamples=400)
    design = plan.design()
    outcomes = np.stack(
        [np.exp(design @ [1.0, -2.0, 0.5]), design[:, 0] * design[:, 1] + design[:, 2]]
    )
    whole = plan.analyse(outcomes, None)
    monkeypatch.setattr(sobol, "MOST_RESAMPLED", 1000)
    monkeypatch.setattr(sobol, "_TERMS", 1)
    seen = []
    monkeypatch.setattr(
        sobol,
        "resampled_counts",
        lambda n, *rest: seen.append(n) or bootstrap.resampled_counts(n, *rest),
    )
    grouped = plan.analyse(outcomes, None)
    assert seen == [4096 // 5]
    for index in ("S1", "ST", "S2"):
        np.testing.assert_allclose(grouped[index], whole[index], rtol=1e-9, atol=1e-12)
        width = f"{index}_conf"
        found = np.isfinite(whole[width])
        ratio = grouped[width][found] / whole[width][found]
        assert ((ratio > 0.6) & (ratio < 1.6)).all()


def test_counts_do_not_depend_on_the_memory(monkeypatch) -> None:
    whole = np.random.default_rng(3).integers(50, size=(50, 7))
    monkeypatch.setattr(bootstrap, "_ROWS", 8)
    np.testing.assert_array_equal(bootstrap.resampled_counts(50, 7, 3), bootstrap.counts(whole, 50))


def test_what_varies_by_rounding_only_does_not_vary() -> None:
    outcomes = np.array(
        [[3.0, 3.0, 3.0 + 4e-16], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0 + 1e-9], [1.0, np.nan, 2.0]]
    )
    assert bootstrap.varies(outcomes).tolist() == [False, False, True, True]


def test_costs() -> None:
    assert sa.Plan("sobol", samples=1024, factors=8).runs == 10_240
    assert sa.Plan("sobol", samples=1024, factors=8, second_order=True).runs == 18_432
    assert sa.Plan("sobol", samples=1024, factors=3, groups=(0, 1, 0)).runs == 4_096
    assert sa.Plan("morris", samples=10, factors=8).runs == 90
    assert sa.Plan("morris", samples=10, factors=3, groups=(0, 1, 0)).runs == 30
    assert sa.Plan("fast", samples=100, factors=8).runs == 800
    assert sa.Plan("dgsm", samples=128, factors=8).runs == 1152
    assert sa.Plan("hdmr", samples=1024, factors=8).runs == 1024
    assert sa.Plan("one-at-a-time", samples=1, factors=8).runs == 17
    assert sa.Plan("leave-one-out", samples=1, factors=8).runs == 18
    assert sa.Plan("packages", samples=1, factors=3, groups=(0, 1, 0)).runs == 6
    assert sa.Plan("all-combinations", samples=2, factors=8).runs == 256
    assert sa.Plan("all-combinations", samples=4, factors=3, levels=(0, 2, 9)).runs == 32
    assert sa.Plan("fractional-factorial", samples=1, factors=8).runs == 16


def test_the_spread_of_sobol_is_its_independent_points() -> None:
    plan = sa.Plan("sobol", samples=8, factors=3)
    base = plan.design()[plan.row.spread(plan)]
    assert len(base) == 16
    # Scrambled Sobol points of one sequence are all distinct, crossings repeat coordinates.
    assert all(len(np.unique(column)) == 16 for column in base.T)


def test_a_plan_comes_back_from_its_numbers() -> None:
    plan = sa.Plan("morris", samples=10, factors=3, groups=(0, 1, 0), centre=(0.1, 0.5, 1.0))
    assert sa.Plan.from_dict(plan.to_dict()) == plan
    lists = {name: list(v) if isinstance(v, tuple) else v for name, v in plan.to_dict().items()}
    assert sa.Plan.from_dict(lists) == plan


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"method": "sobl"}, "no method named 'sobl'; did you mean 'sobol'? Choose from: sobol"),
        (
            {"samples": 1000},
            "method sobol needs samples that are a power of 2, not 1000: use 512 (2,560 runs) or "
            "1024 (5,120 runs)",
        ),
        ({"samples": 0}, "power of 2 of at least 4, not 0: use 4 (20 runs)"),
        ({"samples": -3}, "power of 2 of at least 4, not -3: use 4 (20 runs)"),
        (
            {"method": "morris", "samples": 2},
            "method morris needs at least 4 trajectories, not 2: use 10 to 100 (40 to 400 runs)",
        ),
        (
            {"method": "morris", "groups": (0, 0, 0)},
            "method morris compares groups of factors, and all are in one: give at least 2 groups",
        ),
        (
            {"method": "fast", "samples": 64},
            "method fast needs at least 65 samples per factor, not 64: use 257 or more (771 runs)",
        ),
        (
            {"method": "fast", "samples": 65, "factors": 1},
            "method fast needs at least 2 factors: use sobol for a single one",
        ),
        (
            {"method": "regional", "samples": 40},
            "method regional needs samples that are a power of 2 of at least 64, not 40: use 64 ("
            "64 runs)",
        ),
        (
            {"method": "hdmr", "samples": 600},
            "method hdmr needs samples that are a power of 2, not 600: use 512 (512 runs) or 1024",
        ),
        (
            {"method": "dgsm", "samples": 100},
            "method dgsm needs samples that are a power of 2, not 100: use 64 (256 runs) or 128 (5",
        ),
        (
            {"method": "sample", "samples": 8},
            "needs samples that are a power of 2 of at least 16, not 8: use 16 (16 runs)",
        ),
        (
            {"method": "latin", "samples": 5},
            "method latin needs at least 13 samples for 3 factors, not 5: use 130 or more",
        ),
        (
            {"method": "one-at-a-time", "samples": 100},
            "method one-at-a-time has one design of 2 D + 1 runs, whatever the samples: leave them "
            "out instead of 100",
        ),
        (
            {"method": "all-combinations", "samples": 1},
            "method all-combinations needs 2 levels or more of each factor, not 1: use 2 for low",
        ),
        (
            {"method": "all-combinations", "samples": 2, "factors": 20},
            "all combinations of 20 factors at 2 levels are 1,048,576 runs, more than 1,000,000: "
            "vary fewer factors, or use fractional-factorial",
        ),
        (
            {"method": "fractional-factorial", "samples": 1, "factors": 65, "second_order": True},
            "tells pairs of up to 64 factors apart, not of 65: screen them with morris first",
        ),
        (
            {"method": "pawn", "second_order": True},
            "method pawn has no second-order indices: use sobol, hdmr or fractional-factorial for",
        ),
        (
            {"method": "pawn", "groups": (0, 1, 0)},
            "method pawn does not move groups of factors together: use sobol, morris or packages",
        ),
        (
            {"method": "packages", "samples": 1},
            'method packages is about groups: give factors one, as in group = "health"',
        ),
        (
            {"method": "packages", "samples": 1, "groups": (0, 0, 0)},
            "method packages compares groups of factors, and all are in one: give at least 2 group",
        ),
        (
            {"method": "dgsm", "levels": (0, 2, 5)},
            "method dgsm takes slopes, but 2 of 3 factors have a few values only: leave them out",
        ),
        ({"groups": (0, 1)}, "groups has 2 entries for 3 factors: give one for each"),
        ({"groups": (0, 2, 0)}, "groups are [0, 2]: number them from 0 on without gaps"),
        ({"centre": (0.1, 0.2, 1.2)}, "centre leaves the unit cube: give defaults within their ra"),
        ({"factors": 0}, "there is nothing to vary: the space has no factors"),
        ({"seed": -1}, "seed is -1: give a whole number from 0 on, so it can be repeated"),
        ({"seed": None}, "seed is None: give a whole number from 0 on"),
        ({"seed": True}, "seed is True: give a whole number from 0 on"),
        ({"seed": 2**32}, "seed is 4294967296: give one below 4294967296"),
        ({"confidence": 95.0}, "confidence is 95: give a share between 0 and 1, such as 0.95"),
        ({"quantile": 1.0}, "quantile is 1: give a share between 0 and 1, such as 0.5"),
        (
            {"resamples": 1},
            "resamples is 1: give 2 or more (200 is usual), or 0 for no intervals",
        ),
        ({"samples": 128.0}, "samples is 128.0: give a whole number"),
        ({"samples": "128"}, "samples is '128': give a whole number"),
        ({"resamples": None}, "resamples is None: give a whole number"),
        ({"confidence": "high"}, "confidence is 'high': give a number"),
        ({"threshold": math.nan}, "threshold is nan: give a number that is finite"),
        ({"groups": 3}, "groups is 3: give a list"),
        ({"centre": [0.5, "0.5", 0.5]}, "centre is [0.5, '0.5', 0.5]: give numbers only"),
    ],
)  # fmt: skip
def test_plans_that_do_not_fit(options, message) -> None:
    with pytest.raises(sa.MethodError, match=re.escape(message)):
        sa.Plan(**{"method": "sobol", "samples": 128, "factors": 3, **options})


def test_whole_numbers_of_numpy_become_those_of_python() -> None:
    plan = sa.Plan("morris", np.int64(16), np.int32(3), seed=np.uint8(7), resamples=np.int64(10))
    assert plan == sa.Plan("morris", 16, 3, seed=7, resamples=10)
    assert json.loads(json.dumps(plan.to_dict()))["samples"] == 16


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(sa.MethodError) as told:
        sa.Plan("pawn", samples=100, factors=3, seed=-1, second_order=True, groups=(0, 1))
    assert len(str(told.value).splitlines()) == 4


@pytest.mark.parametrize("name", [name for name, row in sa.METHODS.items() if row.wants_x])
def test_without_its_design(name, plan_of) -> None:
    plan = plan_of(name, 2)
    message = f"method {name} needs the design as well as the outcomes"
    with pytest.raises(sa.MethodError, match=message):
        plan.analyse(np.zeros((1, plan.runs)), None)
