from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import sensitivity as sa
from sensitivity.distributions import DISTRIBUTIONS, scale, unit

U = np.linspace(0.0, 1.0, 2001)
INNER = U[1:-1]


def test_uniform() -> None:
    np.testing.assert_allclose(scale(sa.factor("x", -2, 6), U), -2 + 8 * U, rtol=1e-14)


@pytest.mark.parametrize("mode", [1.0, 2.5, 5.0])
def test_triangular_is_scipys(mode) -> None:
    one = sa.factor("x", 1, 5, default=mode, distribution="triangular")
    expected = stats.triang.ppf(U, c=(mode - 1) / 4, loc=1, scale=4)
    np.testing.assert_allclose(scale(one, U), expected, rtol=1e-12)


def test_normal_is_scipys_truncated_normal() -> None:
    one = sa.factor("x", 0, 8, default=3, distribution="normal")
    expected = stats.truncnorm.ppf(INNER, (0 - 3) / 2, (8 - 3) / 2, loc=3, scale=2)
    np.testing.assert_allclose(scale(one, INNER), expected, rtol=1e-9)


def test_lognormal_is_the_exponential_of_a_truncated_normal() -> None:
    one = sa.factor("x", 0.01, 1, distribution="lognormal")
    deviation = np.log(100) / 4
    normal = stats.truncnorm.ppf(INNER, -2, 2, loc=np.log(0.1), scale=deviation)
    np.testing.assert_allclose(scale(one, INNER), np.exp(normal), rtol=1e-9)
    assert one.default == pytest.approx(0.1)


# What a distribution cannot be without.
NEEDS = {"beta": {"a": 2.0, "b": 3.5}}
CONTINUOUS = sorted(set(DISTRIBUTIONS) - {"discrete"})


@pytest.mark.parametrize("name", CONTINUOUS)
def test_every_distribution_rises_from_low_to_high(name) -> None:
    one = sa.factor("x", 0.5, 4, default=1.5, distribution=name, **NEEDS.get(name, {}))
    values = scale(one, U)
    assert values[0] == pytest.approx(0.5)
    assert values[-1] == pytest.approx(4.0)
    assert np.all(np.diff(values) > 0)
    assert values.min() >= 0.5
    assert values.max() <= 4.0


def test_whole_numbers_are_equally_likely() -> None:
    drawn = scale(sa.factor("plants", 2, 5, kind="integer"), (np.arange(4000) + 0.5) / 4000)
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [2, 3, 4, 5]
    assert counts.tolist() == [1000, 1000, 1000, 1000]
    assert scale(sa.factor("plants", 2, 5, kind="integer"), np.array([0.0, 1.0])).tolist() == [2, 5]


def test_whole_numbers_of_another_distribution() -> None:
    one = sa.factor("plants", 0, 10, kind="integer", distribution="triangular", default=7)
    drawn = scale(one, U)
    assert set(drawn) == set(range(11))
    values, counts = np.unique(drawn, return_counts=True)
    assert values[counts.argmax()] == 7


def test_a_switch_is_one_or_the_other() -> None:
    switch = sa.factor("tariff", 0, 1, kind="switch")
    assert scale(switch, np.array([0.0, 0.49, 0.5, 1.0])).tolist() == [0, 0, 1, 1]
    assert switch.default == 0


# Against scipy.stats -----------------------------------------------------------------------------

LOG = np.log


def _lognormal_of(median: float, deviation: float, low: float, high: float):
    ends = [(LOG(end) - LOG(median)) / deviation for end in (low, high)]
    normal = stats.truncnorm(*ends, loc=LOG(median), scale=deviation)
    return lambda x: normal.cdf(LOG(x))


KNOWN = {
    "uniform": ({"distribution": "uniform"}, stats.uniform(2, 6).cdf),
    "loguniform": ({"distribution": "loguniform"}, stats.loguniform(2, 8).cdf),
    "triangular": (
        {"distribution": "triangular", "default": 7, "mode": 3},
        stats.triang(1 / 6, 2, 6).cdf,
    ),
    "triangular at its end": (
        {"distribution": "triangular", "mode": 2},
        stats.triang(0, 2, 6).cdf,
    ),
    "normal": (
        {"distribution": "normal", "mean": 4, "sd": 3},
        stats.truncnorm((2 - 4) / 3, (8 - 4) / 3, 4, 3).cdf,
    ),
    "narrow normal": (
        {"distribution": "normal", "mean": 4, "sd": 0.01},
        stats.norm(4, 0.01).cdf,
    ),
    "lognormal": (
        {"distribution": "lognormal", "median": 3, "log_sd": 0.4},
        _lognormal_of(3, 0.4, 2, 8),
    ),
    "beta": ({"distribution": "beta", "a": 2, "b": 0.7}, stats.beta(2, 0.7, 2, 6).cdf),
}


@pytest.mark.parametrize(("options", "below"), KNOWN.values(), ids=KNOWN)
def test_draws_have_scipys_distribution(options, below) -> None:
    one = sa.factor("x", 2, 8, **options)
    drawn = scale(one, np.random.default_rng(11).random(20_000))
    assert stats.kstest(drawn, below).pvalue > 0.01
    places = np.linspace(0.001, 0.999, 999)
    np.testing.assert_allclose(below(scale(one, places)), places, atol=1e-9)


@pytest.mark.parametrize(("options", "below"), KNOWN.values(), ids=KNOWN)
def test_the_way_back_is_the_share_below(options, below) -> None:
    one = sa.factor("x", 2, 8, **options)
    values = np.linspace(2.0, 8.0, 301)
    np.testing.assert_allclose(unit(one, values), below(values), atol=1e-12)
    assert unit(one, np.array([2.0, 8.0])).tolist() == [0.0, 1.0]
    drawn = scale(one, np.random.default_rng(5).random(500))
    np.testing.assert_allclose(scale(one, unit(one, drawn)), drawn, rtol=1e-9)
    assert np.isnan(unit(one, np.array([1.99, 8.01, np.nan]))).all()


# Values from a list ------------------------------------------------------------------------------


def test_values_come_as_often_as_their_weights_say() -> None:
    one = sa.factor("x", values=[1, 2.5, 7], weights=[1, 5, 2])
    assert (one.distribution, one.low, one.high, one.default) == ("discrete", 1, 7, 2.5)
    drawn = scale(one, (np.arange(8000) + 0.5) / 8000)
    values, counts = np.unique(drawn, return_counts=True)
    assert values.tolist() == [1, 2.5, 7]
    assert counts.tolist() == [1000, 5000, 2000]
    assert scale(one, np.array([0.0, 1.0])).tolist() == [1, 7]


def test_values_without_weights_are_all_alike() -> None:
    one = sa.factor(
        "mode", values=[30, 10, 20], labels=["rail", "road", "none"], kind="categorical"
    )
    assert one.default == 30
    drawn = scale(one, (np.arange(3000) + 0.5) / 3000)
    assert drawn[::1000].tolist() == [30, 10, 20]  # in the order they were given
    assert np.unique(drawn, return_counts=True)[1].tolist() == [1000, 1000, 1000]


STEPPED = {
    "values": sa.factor("x", values=[1, 2, 7], weights=[1, 5, 2]),
    "categories": sa.factor("x", values=[3, 1, 2], kind="categorical"),
    "switch": sa.factor("x", 0, 1, kind="switch"),
    "whole numbers": sa.factor("x", 2, 6, kind="integer"),
    "peaked whole numbers": sa.factor("x", 2, 6, kind="integer", distribution="triangular", mode=3),
    "whole values": sa.factor("x", values=[1, 2, 7], kind="integer"),
}


@pytest.mark.parametrize("one", STEPPED.values(), ids=STEPPED)
def test_steps_go_back_to_the_middle_of_their_share(one) -> None:
    fine = (np.arange(100_000) + 0.5) / 100_000
    drawn = scale(one, fine)
    for value in np.unique(drawn):
        place = unit(one, np.array([value]))
        assert scale(one, place) == value
        assert place[0] == pytest.approx(fine[drawn == value].mean(), abs=1e-5)
    assert np.isnan(unit(one, np.array([1.5, 99.0]))).all()
