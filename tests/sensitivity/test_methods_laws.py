"""What the methods find where the answer is known on paper."""

from __future__ import annotations

import math

import numpy as np
import pytest
from scipy.stats import ks_2samp, pearsonr, rankdata, spearmanr

import sensitivity as sa
from sensitivity.distances import chance, distances
from sensitivity.methods import combinations, delta, factorial, leave_one_out, one_at_a_time, scores
from sensitivity.methods.fitting import groups_of, plan_for, unit_defaults, values_of


def found_by(name: str, function, factors: int, samples: int, **options: object):
    plan = sa.Plan(name, samples=samples, factors=factors, **options)
    design = plan.design()
    return {
        index: values[0]
        for index, values in plan.analyse(
            function(design)[None], design if plan.row.wants_x else None
        ).items()
    }


def ishigami(unit: np.ndarray) -> np.ndarray:
    x = np.pi * (2 * unit - 1)
    return np.sin(x[:, 0]) * (1 + 0.1 * x[:, 2] ** 4) + 7 * np.sin(x[:, 1]) ** 2


@pytest.mark.parametrize(
    ("name", "samples", "off"),
    [
        ("sobol", 4096, 0.02),
        ("fast", 2049, 0.05),
        ("rbd-fast", 4096, 0.03),
        ("delta", 4096, 0.03),
    ],
)
def test_ishigami(name, samples, off, ishigami_indices) -> None:
    alone, total = ishigami_indices
    found = found_by(name, ishigami, 3, samples, resamples=0)
    np.testing.assert_allclose(found["S1"], alone, atol=off)
    if "ST" in found:
        np.testing.assert_allclose(found["ST"], total, atol=max(off, 0.06))


def test_hdmr_of_what_splines_can_follow() -> None:
    """Shares of x1 + 2 x2^2 + 3 x1 x3 over the unit cube, worked out on paper."""

    def function(unit: np.ndarray) -> np.ndarray:
        return unit[:, 0] + 2 * unit[:, 1] ** 2 + 3 * unit[:, 0] * unit[:, 2]

    parts = np.array([6.25 / 12, 16 / 45, 2.25 / 12, 9 / 144])
    shares = parts / parts.sum()
    found = found_by("hdmr", function, 3, 4096, second_order=True, resamples=20)
    np.testing.assert_allclose(found["S1"], shares[:3], atol=0.005)
    total = [shares[0] + shares[3], shares[1], shares[2] + shares[3]]
    np.testing.assert_allclose(found["ST"], total, atol=0.005)
    assert found["S2"][0, 2] == pytest.approx(shares[3], abs=0.005)
    assert found["R2"] > 0.999
    assert np.abs(found["Sb"]).max() < 0.005
    assert (found["ST_conf"] < 0.03).all()


def test_hdmr_says_how_far_it_follows() -> None:
    """A double sine is beyond splines of two pieces: what is missing in S1 is missing in R2."""
    found = found_by("hdmr", ishigami, 3, 2048, resamples=0)
    assert 0.8 < found["R2"] < 0.95


def test_dgsm_bounds_the_total_share(ishigami_indices) -> None:
    """The mean squared slopes of Ishigami's function are known: Sobol and Kucherenko (2009)."""
    found = found_by("dgsm", ishigami, 3, 4096, resamples=100)
    variance = 49 / 8 + 0.1 * math.pi**4 / 5 + 0.01 * math.pi**8 / 18 + 0.5
    slopes = np.array(
        [
            0.5 * (1 + 0.2 * math.pi**4 / 5 + 0.01 * math.pi**8 / 9),
            49 / 2,
            0.5 * 0.16 * math.pi**6 / 7,
        ]
    )
    expected = slopes * (2 * math.pi) ** 2 / (math.pi**2 * variance)
    np.testing.assert_allclose(found["dgsm"], expected, rtol=0.03)
    assert (found["dgsm"] + found["dgsm_conf"] > ishigami_indices[1]).all()


def test_sobol_of_groups_is_that_of_their_factors_together(ishigami_indices) -> None:
    """Group 0 holds the two factors that interact, so nothing is left between the groups."""
    alone, _ = ishigami_indices
    found = found_by("sobol", ishigami, 3, 4096, groups=(0, 1, 0), second_order=True, resamples=0)
    np.testing.assert_allclose(found["S1"], [1 - alone[1], alone[1]], atol=0.02)
    np.testing.assert_allclose(found["ST"], found["S1"], atol=0.03)
    np.testing.assert_allclose(found["S2"][0, 1], 0.0, atol=0.03)


@pytest.mark.parametrize("method", ["one-at-a-time", "leave-one-out", "packages"])
def test_categories_in_no_order_start_from_their_default(method) -> None:
    kinds = sa.factor("kind", values=[3, 1, 2], kind="categorical", default=1, group="a")
    space = sa.Space([kinds, sa.factor("b", 0, 4, default=3, group="b")])
    plan = plan_for(space, method)
    assert space.scale(np.array([plan.centre])).tolist() == [[1.0, 3.0]]


def test_factors_without_influence() -> None:
    """The second factor does nothing: nothing is found, within what chance leaves."""

    def first_only(unit: np.ndarray) -> np.ndarray:
        return np.exp(2 * unit[:, 0])

    for name in ("rbd-fast", "delta"):
        found = found_by(name, first_only, 2, 2048)
        assert abs(found["S1"][1]) < 0.02
        assert found["S1"][0] > 0.9
    assert abs(found["delta"][1]) < 0.03
    assert found["delta"][0] > 0.6
    pawn = found_by("pawn", first_only, 2, 2048)
    assert pawn["maximum"][0] == pytest.approx(0.9, abs=0.01)  # the outermost of ten slices
    assert pawn["maximum"][1] < 0.15
    regional = found_by("regional", first_only, 2, 2048)
    assert regional["distance"][0] == 1.0
    assert regional["p_value"][0] < 1e-9
    assert regional["p_value"][1] > 0.05
    assert regional["direction"][0] == 1.0


def test_monotone_changes_of_the_outcome_leave_distributions_in_order() -> None:
    """Distances of ranks and distributions see through a change of scale; shares do not."""
    for name in ("pawn", "regional", "latin"):
        straight = found_by(name, lambda unit: unit @ [3.0, 1.0, 0.1], 3, 512, resamples=20)
        bent = found_by(name, lambda unit: np.exp(5 * unit @ [3.0, 1.0, 0.1]), 3, 512, resamples=20)
        for index, values in straight.items():
            if index != "threshold":
                np.testing.assert_allclose(bent[index], values, rtol=1e-9, atol=1e-12)


@pytest.mark.parametrize(
    ("options", "level"), [({}, 0.5), ({"quantile": 0.9}, 0.9), ({"threshold": 1.25}, None)]
)
def test_regional_is_the_test_of_kolmogorov_and_smirnov(options, level) -> None:
    plan = sa.Plan("regional", samples=512, factors=2, resamples=0, **options)
    design = plan.design()
    y = design[:, 0] + 0.5 * design[:, 1]
    found = plan.analyse(y[None], design)
    limit = 1.25 if level is None else np.quantile(y, level)
    above = y > limit
    assert found["threshold"] == limit
    assert found["share"] == above.mean()
    for factor in range(2):
        test = ks_2samp(design[above, factor], design[~above, factor], method="asymp")
        assert found["distance"][0, factor] == pytest.approx(test.statistic, rel=1e-12)
        expected = chance(np.array([test.statistic]), above.sum(), (~above).sum())
        np.testing.assert_allclose(found["p_value"][0, factor], expected, rtol=1e-9)
    assert (found["direction"] == 1).all()


def test_regional_where_one_side_is_empty() -> None:
    plan = sa.Plan("regional", samples=64, factors=2, threshold=5.0)
    design = plan.design()
    found = plan.analyse(np.stack([design[:, 0], 10 * design[:, 0]]), design)
    assert np.isnan(found["distance"][0]).all()
    assert np.isnan(found["distance_conf"][0]).all()
    assert found["share"][0] == 0
    assert np.isfinite(found["distance"][1]).all()


def test_weighted_distances_are_those_of_repeated_draws() -> None:
    random = np.random.default_rng(2)
    design = np.round(random.random((60, 3)), 1)  # with ties
    holds = random.random((60, 4)) < design[:, :1]
    weights = random.integers(0, 4, 60)
    again = np.repeat(np.arange(60), weights)
    distance, way = distances(design, holds, weights.astype(float))
    for column in range(4):
        expected, direction = distances(design[again], holds[again, column])
        np.testing.assert_allclose(distance[:, column], expected, atol=1e-12)
        np.testing.assert_array_equal(way[:, column], direction)


@pytest.mark.parametrize("name", ["latin", "sample"])
def test_scores_are_those_of_regression_and_correlation(name) -> None:
    plan = sa.Plan(name, samples=128, factors=3, resamples=0)
    design = plan.design()
    y = np.exp(2 * design[:, 0]) - design[:, 1] + np.floor(4 * design[:, 2]) * design[:, 0]
    found = plan.analyse(y[None], design)
    ranks, target = rankdata(design, axis=0), rankdata(y)
    for factor in range(3):
        assert found["spearman"][0, factor] == pytest.approx(spearmanr(design[:, factor], y)[0])
        others = np.column_stack([np.delete(ranks, factor, axis=1), np.ones(128)])
        left = [
            values - others @ np.linalg.lstsq(others, values, rcond=None)[0]
            for values in (ranks[:, factor], target)
        ]
        assert found["PRCC"][0, factor] == pytest.approx(pearsonr(*left)[0], abs=1e-12)
    standard = (ranks - ranks.mean(axis=0)) / ranks.std(axis=0)
    goal = (target - target.mean()) / target.std()
    slopes, rest, *_ = np.linalg.lstsq(standard, goal, rcond=None)
    np.testing.assert_allclose(found["SRRC"][0], slopes, atol=1e-12)
    assert found["R2"][0] == pytest.approx(1 - rest[0] / 128, abs=1e-12)


@pytest.mark.parametrize("name", ["latin", "sample"])
@pytest.mark.parametrize("seed", range(5))
def test_rounding_is_no_partial_correlation(name, seed) -> None:
    """Where one factor explains an outcome to the last digit, the others have nothing left."""
    plan = sa.Plan(name, samples=256, factors=3, resamples=0, seed=seed)
    design = plan.design()
    found = plan.analyse(np.stack([2 * design[:, 0], -(design[:, 1] ** 3)]), design)
    np.testing.assert_allclose(found["PRCC"], [[1, 0, 0], [0, -1, 0]], atol=1e-12)


def test_scores_of_dependent_factors_tell_them_apart() -> None:
    """The second factor only follows the first, which alone moves the outcome."""
    random = np.random.default_rng(4)
    first = random.random(500)
    x = np.column_stack([first, 0.8 * first + 0.2 * random.random(500)])
    found = scores.indices(
        first[None] + 0.05 * random.random(500), x, resamples=0, confidence=0.95, seed=1
    )
    assert found["spearman"][0, 1] > 0.9
    assert abs(found["PRCC"][0, 1]) < 0.15
    assert found["PRCC"][0, 0] > 0.9


@pytest.mark.parametrize("factors", [2, 3, 6, 11])
def test_fractional_factorial_recovers_every_effect_and_pair(factors) -> None:
    """Any sum of factors and products of two of them, in far fewer runs than all combinations."""
    random = np.random.default_rng(factors)
    main, pairs = random.normal(size=factors), np.triu(random.normal(size=(factors, factors)), 1)
    signs = factorial.contrasts(factors, True)
    assert len(signs) < 2**factors or factors < 6
    y = signs @ main + np.einsum("ri,ij,rj->r", signs, pairs, signs)
    found = factorial.indices(y[None], factors, second_order=True)
    np.testing.assert_allclose(found["effect"][0], 2 * main, atol=1e-12)
    expected = 2 * (pairs + pairs.T)
    np.fill_diagonal(expected, np.nan)
    np.testing.assert_allclose(found["interaction"][0], expected, atol=1e-12)


@pytest.mark.parametrize("factors", [3, 8, 13])
def test_main_effects_are_clear_of_pairs_without_the_second_order(factors) -> None:
    random = np.random.default_rng(factors)
    main, pairs = random.normal(size=factors), np.triu(random.normal(size=(factors, factors)), 1)
    signs = factorial.contrasts(factors, False)
    y = signs @ main + np.einsum("ri,ij,rj->r", signs, pairs, signs)
    found = factorial.indices(y[None], factors, second_order=False)
    np.testing.assert_allclose(found["effect"][0], 2 * main, atol=1e-12)


def test_all_combinations() -> None:
    """Each is there once; the effect of a factor hangs on the others as the product says."""
    plan = sa.Plan("all-combinations", samples=3, factors=3, levels=(0, 2, 0))
    design = plan.design()
    assert len(np.unique(design, axis=0)) == len(design) == 18
    assert set(design[:, 1]) == {0.0, 1.0}
    assert set(design[:, 2]) == {0.0, 0.5, 1.0}
    y = design[:, 0] * (1 + design[:, 1]) - 2 * design[:, 2]
    found = combinations.indices(y[None], combinations.levels(plan))
    np.testing.assert_allclose(found["effect"][0], [1.5, 0.5, -2], atol=1e-12)
    np.testing.assert_allclose(found["least"][0], [1, 0, -2], atol=1e-12)
    np.testing.assert_allclose(found["most"][0], [2, 1, -2], atol=1e-12)


def test_one_at_a_time_leaves_the_rest_at_default() -> None:
    start = (0.25, 0.5, 1.0)
    design = one_at_a_time.design(start)
    moved = (design != start).sum(axis=1)
    assert moved.tolist() == [0, 1, 1, 1, 1, 1, 0]
    y = design[:, 0] ** 2 + design[:, 1] * design[:, 2]
    found = one_at_a_time.indices(y[None])
    np.testing.assert_allclose(found["to_low"][0], [-0.0625, -0.5, -0.5])
    np.testing.assert_allclose(found["to_high"][0], [0.9375, 0.5, 0.0])
    np.testing.assert_allclose(found["swing"][0], [1.0, 1.0, 0.5])
    y[3] = np.nan  # the second factor low
    gap = one_at_a_time.indices(y[None])
    assert np.isnan([gap["swing"][0, 1], gap["to_low"][0, 1]]).all()
    assert np.isfinite(gap["swing"][0, [0, 2]]).all()
    assert gap["to_high"][0, 1] == found["to_high"][0, 1]


@pytest.mark.parametrize("groups", [(0, 1, 2, 3), (0, 1, 0, 1)])
def test_contributions(groups) -> None:
    """Of a sum, the parts make up the package; of a product they do not: the synergy."""
    start = (0.0, 0.5, 0.2, 0.0)
    design = leave_one_out.design(start, groups)
    weights = np.array([1.0, 2.0, 3.0, 4.0])
    additive = leave_one_out.indices((design @ weights)[None])
    gains = (1 - np.array(start)) * weights
    expected = np.bincount(groups, weights=gains)
    for index in ("contribution", "alone"):
        np.testing.assert_allclose(additive[index][0], expected, atol=1e-12)
    np.testing.assert_allclose(additive["package"], gains.sum())
    np.testing.assert_allclose(additive["synergy"], 0.0, atol=1e-12)
    product = leave_one_out.indices(np.prod(design, axis=1)[None])
    assert product["package"][0] == 1.0
    assert product["synergy"][0] == pytest.approx(1 - product["alone"][0].sum())
    assert product["synergy"][0] > 0


def test_where_defaults_lie_and_how_many_values_there_are() -> None:
    space = sa.Space(
        [
            sa.factor("a", 0, 4, default=1, group="x"),
            sa.factor("b", 1, 100, default=7, distribution="lognormal"),
            sa.factor("c", 0, 1, kind="switch", default=1, group="x"),
            sa.factor("d", 1, 4, kind="integer", default=3),
            sa.factor("e", -1, 2, default=-1),
            sa.factor("f", 0, 3, default=2, distribution="triangular"),
        ]
    )
    centre = unit_defaults(space)
    np.testing.assert_allclose(np.array(centre)[[0, 2, 3, 4]], [0.25, 0.75, 0.625, 0.0], atol=1e-12)
    scaled = space.scale(np.array([centre]))[0]
    np.testing.assert_allclose(scaled, list(space.defaults.values()), rtol=1e-12)
    assert values_of(space) == (0, 0, 2, 4, 0, 0)
    assert groups_of(space) == (0, 1, 0, 2, 3, 4)
    assert groups_of(space.without("a", "c")) == ()
    plan = plan_for(space, "all-combinations")
    assert plan.runs == 2**6
    assert plan_for(space, "all-combinations", 9).runs == 9 * 9 * 2 * 4 * 9 * 9
    assert plan_for(space, "sobol", 64, grouped=True).runs == 64 * 7
    assert plan_for(space, "sobol", 64).runs == 64 * 8
    with pytest.raises(sa.MethodError, match="dgsm takes slopes, but 2 of 6 factors have a few"):
        plan_for(space, "dgsm")


def test_a_default_outside_its_range() -> None:
    space = sa.Space([sa.factor("a", 0, 4, default=5), sa.factor("b", 0, 1, default=-1)])
    with pytest.raises(sa.SpaceError) as told:
        plan_for(space, "one-at-a-time")
    assert str(told.value).splitlines() == [
        "'a' has its default 5 outside 0 to 4, and the design starts from it: widen the range",
        "'b' has its default -1 outside 0 to 1, and the design starts from it: widen the range",
    ]


@pytest.mark.parametrize("resamples", [0, 100])
def test_the_floor_of_delta_is_what_factors_without_influence_get(resamples) -> None:
    """Of a skewed outcome no bootstrap takes it out; it does not depend on the unit."""
    unit = np.random.default_rng(4).random((1024, 20))
    skewed = np.exp(2 * unit[:, :2].sum(axis=1))
    options = {"resamples": resamples, "confidence": 0.95, "seed": 1}
    found = delta.indices(np.stack([skewed, 1e-9 * skewed]), unit, **options)
    nothing = found["delta"][0, 2:]
    assert found["floor"].shape == (2,)
    assert found["floor"][0] > 0.03
    assert abs(found["floor"][0] - nothing.mean()) < 2 * nothing.std()
    assert (found["delta"][0, :2] > 2 * found["floor"][0]).all()
    np.testing.assert_allclose(found["floor"][1], found["floor"][0], rtol=1e-9)
