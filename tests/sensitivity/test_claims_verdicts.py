"""Verdicts, and what flips them."""

from __future__ import annotations

import numpy as np
import pytest
from scipy.stats import binomtest, ks_2samp

from sensitivity.claims.flips import crossed, flips, shares
from sensitivity.claims.verdicts import Verdict, percent, verdict, wilson
from sensitivity.distances import chance, distances


def of(holds: int, opposite: int, neither: int, *, sided: bool = True) -> Verdict:
    signs = np.repeat([1, -1, 0], [holds, opposite, neither]).astype(np.int8)
    ones = np.ones(len(signs))
    return verdict(signs, signs.astype(float), 2 * ones, ones > 0, sided=sided)


@pytest.mark.parametrize(
    ("counts", "text"),
    [
        ((900, 100, 0), "supported"),
        ((899, 0, 101), "conditional"),
        ((100, 300, 600), "conditional"),
        ((99, 899, 2), "not supported"),
        ((99, 901, 0), "reversed"),
        ((50, 50, 900), "no effect"),
        ((99, 2, 899), "not supported"),
        ((5, 0, 0), "cannot be judged"),
        ((0, 0, 0), "cannot be judged"),
    ],
)
def test_the_shares_that_decide(counts: tuple[int, int, int], text: str) -> None:
    assert of(*counts).text == text


def test_a_claim_without_direction_has_no_lack_of_effect() -> None:
    assert of(0, 0, 1000, sided=False).text == "not supported"


def test_wilson_is_scipys() -> None:
    for count, total in ((0, 7), (3, 10), (900, 1000), (1, 1)):
        expected = binomtest(count, total).proportion_ci(0.95, "wilson")
        assert wilson(count, total) == pytest.approx((expected.low, expected.high), abs=1e-12)


def test_a_verdict_is_sure_where_its_interval_does_not_reach_the_share_that_decides() -> None:
    assert of(960, 0, 40).sure
    assert not of(905, 0, 95).sure
    assert not of(895, 0, 105).sure
    assert of(500, 0, 500).sure
    assert not of(9, 0, 1).sure


def test_draws_that_are_not_sound_are_left_out_and_effects_are_relative() -> None:
    signs = np.array([1] * 30 + [-1] * 10, dtype=np.int8)
    effect = np.array([2.0] * 30 + [-8.0] * 10)
    found = verdict(signs, effect, np.full(40, 4.0), signs > 0, sided=True)
    assert (found.draws, found.holds, found.text) == (30, 1.0, "supported")
    assert found.effect == (2.0, 2.0, 2.0)
    assert found.relative == (0.5, 0.5, 0.5)


def test_a_share_is_not_rounded_over_what_decides() -> None:
    shown = [percent(x) for x in (0.8975, 0.89996, 0.9, 0.9001, 0.1, 0.0999, 0.5)]
    assert shown == ["89.8%", "89.996%", "90%", "90%", "10%", "9.99%", "50%"]


@pytest.mark.parametrize("ties", [False, True])
def test_distances_are_those_of_kolmogorov_and_smirnov(ties: bool) -> None:
    rng = np.random.default_rng(3)
    design = rng.random((300, 6))
    if ties:
        design = design.round(1)
    holds = rng.random(300) < 0.2 + 0.6 * design[:, 2]
    found, way = distances(design, holds)
    for factor in range(6):
        inside, outside = design[holds, factor], design[~holds, factor]
        expected = ks_2samp(inside, outside, method="asymp")
        assert found[factor] == pytest.approx(expected.statistic, abs=1e-12)
    assert way[2] == 1.0
    assert int(found.argmax()) == 2
    assert chance(found, int(holds.sum()), int((~holds).sum()))[2] < 1e-5


def test_the_factor_that_decides_is_found_with_its_value() -> None:
    rng = np.random.default_rng(4)
    design = rng.random((2000, 3))
    first = flips(["a", "b", "c"], ["A", "B", "C"], ["", "m", ""], design, design[:, 1] < 0.37)[0]
    assert (first.factor, first.unit, first.helps) == ("b", "m", -1)
    assert first.half == pytest.approx(0.37, abs=0.03)
    assert first.ends == (1.0, 0.0)
    assert first.probability < 1e-12


def test_too_few_draws_on_one_side_tell_nothing() -> None:
    design = np.random.default_rng(5).random((100, 2))
    assert flips(["a", "b"], ["a", "b"], ["", ""], design, design[:, 0] > 0.9) == []


def test_where_a_line_crosses_zero() -> None:
    assert np.isnan(crossed(np.array([0.0, 1.0]), np.array([1.0, 2.0])))
    assert crossed(np.array([0.0, 1.0, 2.0]), np.array([1.0, np.nan, -1.0])) == 1.0
    middles, found = shares(np.arange(100.0), np.arange(100) >= 50)
    assert len(middles) == 10
    assert found.tolist() == [0.0] * 5 + [1.0] * 5
