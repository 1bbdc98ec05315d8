"""What flips a claim: distances of distributions, and the value at which it breaks even."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays
from scipy.stats import ks_2samp, kstwobign

import sdmodel as sd
import sensitivity as sa
from sensitivity.claims.flips import crossed, flips, shares
from sensitivity.distances import FEWEST, chance, distances

# The end is lever*(slope - 1.3) + other*tilt: above zero where the slope is above 1.3.
EQUATIONS = """
stock = INTEG(lever*(slope-1.3)+other*tilt, 0) ~ m
lever = 0 ~ m/Day [0,2]
slope = 1 ~ 1 [0,2]
other = 0 ~ m/Day [-1,1]
tilt = 1 ~ 1 [0,1]
idle = 0 ~ 1 [-3,3]
"""
SETTINGS = """
[uncertainties.slope]
label = "Slope"
[uncertainties.idle]
[uncertainties.other]
low = -0.2
high = 0.2
[outcomes.end]
of = "stock"
"""
CLAIMS = """
[study]
draws = 200
[arms.push]
from = "base"
set = { lever = 1 }
[arms.push_tilted]
from = "push"
set = { tilt = 0.9 }
[arms.fixed]
from = "push"
set = { slope = 1.5 }
[arms.fixed_base]
from = "base"
set = { slope = 1.5 }
[claims.pays]
text = "A push pays"
kind = "above"
arms = ["push", "base"]
outcome = "end"
[claims.level]
text = "It pays whatever the other does"
kind = "level"
arms = ["push"]
outcome = "end"
below = 0
[claims.tilted]
text = "The tilt helps"
kind = "above"
arms = ["fixed", "fixed_base"]
outcome = "end"
[claims.fixed]
text = "The other helps"
kind = "level"
arms = ["fixed_base"]
outcome = "end"
above = 0
"""


@pytest.fixture
def report(written: Callable[..., sd.Model]) -> sa.ClaimsReport:
    return sa.run_claims(written(EQUATIONS, SETTINGS, CLAIMS))


def test_a_break_even_value_is_where_it_is_in_the_equations(report) -> None:
    pays = report["pays"]
    assert pays.verdict.text == "conditional"
    first = pays.flips[0]
    assert (first.factor, first.label, first.unit, first.helps) == ("slope", "Slope", "1", 1)
    assert first.distance == 1.0
    assert first.half == pytest.approx(1.3, abs=0.1)
    assert first.ends == (0.0, 1.0)
    assert first.probability < 1e-12
    assert pays.scan is not None
    # The effect is a straight line, so between the points of the grid too.
    assert pays.scan.break_even == pytest.approx(1.3, abs=1e-9)
    assert pays.scan.values[[0, -1]].tolist() == [0.0, 2.0]
    np.testing.assert_allclose(pays.scan.effect, 10 * (pays.scan.values - 1.3), atol=1e-9)
    idle = next(one for one in pays.flips if one.factor == "idle")
    assert idle.probability == 1.0


def test_low_values_help_the_opposite(report) -> None:
    first = report["level"].flips[0]
    assert (first.factor, first.helps) == ("slope", -1)
    assert first.ends[0] > 0.9
    assert first.ends[1] < 0.1


def test_what_the_arms_set_flips_nothing(report) -> None:
    """Where an arm sets a factor, its draws are not what the arm was run with."""
    assert report["tilted"].verdict.holds == 1.0
    assert report["tilted"].flips == ()
    fixed = report["fixed"]
    assert {one.factor for one in fixed.flips} == {"other", "idle"}
    assert fixed.flips[0].factor == "other"
    assert fixed.scan is not None
    assert fixed.scan.break_even == pytest.approx(0.0, abs=1e-9)
    assert len(fixed.scan.values) == len(fixed.scan.effect) == len(fixed.scan.band) == 41


def test_what_a_form_sets_flips_nothing(written) -> None:
    model = written(EQUATIONS, SETTINGS, CLAIMS)
    found = sa.run_claims(model, only="fixed", form={"idle": 1}, scans=False)["fixed"]
    assert {one.factor for one in found.flips} == {"other"}


def test_without_scans_there_is_no_break_even_value(written) -> None:
    found = sa.run_claims(written(EQUATIONS, SETTINGS, CLAIMS), scans=False)
    assert found["pays"].scan is None
    assert found["pays"].flips[0].factor == "slope"


@given(
    design=arrays(float, (40, 3), elements=st.integers(0, 9).map(lambda n: n / 3)),
    holds=arrays(bool, 40),
)
@settings(max_examples=25, deadline=None)
def test_distances_are_scipys_also_with_ties(design: np.ndarray, holds: np.ndarray) -> None:
    if not 0 < holds.sum() < 40:
        holds[0] = not holds[0]
    found, way = distances(design, holds)
    for factor in range(3):
        inside, outside = design[holds, factor], design[~holds, factor]
        expected = ks_2samp(inside, outside, method="asymp")
        assert found[factor] == pytest.approx(expected.statistic, abs=1e-12)
        sides = [
            ks_2samp(inside, outside, alternative=side, method="asymp").statistic
            for side in ("less", "greater")
        ]
        if abs(sides[0] - sides[1]) > 1e-9:  # "less": the first distribution has higher values
            assert way[factor] == (1.0 if sides[0] > sides[1] else -1.0)


def test_a_distance_does_not_depend_on_scale_or_order() -> None:
    rng = np.random.default_rng(1)
    design, holds = rng.random((300, 4)), rng.random(300) < 0.4
    found, way = distances(design, holds)
    order = rng.permutation(300)
    for other in (distances(np.exp(9 * design), holds), distances(design[order], holds[order])):
        np.testing.assert_allclose(other[0], found, rtol=0, atol=1e-15)
        np.testing.assert_array_equal(other[1], way)
    mirrored, back = distances(-design, holds)
    np.testing.assert_allclose(mirrored, found, rtol=0, atol=1e-15)
    np.testing.assert_array_equal(back, -way)


def test_chance_is_kolmogorovs_limit() -> None:
    distance = np.array([0.0, 0.1, 0.2, 1.0])
    expected = kstwobign.sf(np.sqrt(60 * 140 / 200) * distance)
    np.testing.assert_allclose(chance(distance, 60, 140), expected, rtol=1e-12)


def test_chance_alone_seldom_looks_like_a_flip() -> None:
    """Of a hundred studies in which nothing matters, about five tell a factor at 5 %."""
    rng = np.random.default_rng(7)
    told = 0
    for _ in range(100):
        design, holds = rng.random((100, 5)), rng.random(100) < 0.5
        names = [str(n) for n in range(5)]
        told += flips(names, names, names, design, holds)[0].probability < 0.05
    assert told <= 12


@pytest.mark.parametrize(("holding", "told"), [(FEWEST - 1, 0), (FEWEST, 3), (180, 3), (181, 0)])
def test_too_few_draws_on_either_side_tell_nothing(holding: int, told: int) -> None:
    rng = np.random.default_rng(2)
    holds = np.arange(200) < holding
    names = ["a", "b", "c", "d"]
    assert len(flips(names, names, names, rng.random((200, 4)), holds)) == told
    assert flips([], [], [], np.zeros((200, 0)), holds) == []


@pytest.mark.parametrize(
    ("heights", "expected"),
    [
        ([-1, 1, 1, 1], 0.5),
        ([3, 1, -1, 1], 1.5),  # the first of several
        ([0, 0, 1, 1], np.nan),  # it leaves zero, and has no other side
        ([0, 1, 1, -1], 2.5),
        ([1, 0, 1, 1], np.nan),  # it touches zero
        ([1, 0, -1, -1], 1.0),
        ([1, 0, 0, -1], 1.0),
        ([1, 1e-15, -1e-16, 1], np.nan),  # rounding
        ([1, -1e-15, 1e-16, -1], 1.0),
        ([0, 0, 0, 0], np.nan),
        ([np.nan, -1, np.nan, 1], 2.0),
        ([np.nan] * 4, np.nan),
        ([5, 4, 3, 2], np.nan),
    ],
)
def test_where_a_line_crosses_zero(heights: list[float], expected: float) -> None:
    found = crossed(np.arange(4.0), np.array(heights, dtype=float))
    np.testing.assert_allclose(found, expected, atol=1e-12)
    turned = crossed(np.arange(4.0), -np.array(heights, dtype=float))
    np.testing.assert_allclose(turned, expected, atol=1e-12)


@given(values=arrays(float, 57, elements=st.floats(-5, 5)), holds=arrays(bool, 57))
@settings(max_examples=30, deadline=None)
def test_shares_are_of_all_draws(values: np.ndarray, holds: np.ndarray) -> None:
    middles, found = shares(values, holds)
    assert len(middles) == 5
    assert np.all(np.diff(middles) >= 0)
    sizes = [len(part) for part in np.array_split(np.arange(57), 5)]
    assert np.dot(sizes, found) == pytest.approx(holds.sum())
