from __future__ import annotations

import numpy as np
import pytest
from scipy import stats

import sensitivity as sa
from sensitivity.distributions import DISTRIBUTIONS, scale

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


@pytest.mark.parametrize("name", sorted(DISTRIBUTIONS))
def test_every_distribution_rises_from_low_to_high(name) -> None:
    one = sa.factor("x", 0.5, 4, default=1.5, distribution=name)
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
