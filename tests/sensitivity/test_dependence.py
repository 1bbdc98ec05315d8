"""Inputs that go together: each keeps its distribution, and their ranks correlate as is said."""

from __future__ import annotations

import re

import numpy as np
import pytest
from scipy import stats
from scipy.stats import qmc

import sensitivity as sa

PAIRS = (("a", "B_b", 0.6), ("b b", "c", -0.4))


def space(correlations=PAIRS) -> sa.Space:
    return sa.Space(
        [sa.factor("lever", 0, 1)],
        [
            sa.factor("a", 0, 10),
            sa.factor("b b", 1, 100, distribution="loguniform"),
            sa.factor("alone", 2, 3),
            sa.factor("c", 0, 4, distribution="triangular", mode=1),
        ],
        correlations,
    )


def design(n: int, seed: int = 3) -> np.ndarray:
    return qmc.LatinHypercube(5, seed=seed).random(n)


def test_ranks_correlate_as_is_said() -> None:
    n = 20_000
    drawn = space().scale(design(n))
    found = stats.spearmanr(drawn).statistic
    expected = np.eye(5)
    for i, j, rho in ((1, 2, 0.6), (2, 4, -0.4)):
        expected[i, j] = expected[j, i] = rho
    # The standard error of a rank correlation is below 1/sqrt(n - 1).
    assert np.abs(found - expected).max() < 4 / np.sqrt(n - 1)


def test_every_factor_keeps_its_distribution() -> None:
    drawn = space().scale(np.random.default_rng(8).random((20_000, 5)))
    assert stats.kstest(drawn[:, 2], stats.loguniform(1, 100).cdf).pvalue > 0.01
    assert stats.kstest(drawn[:, 4], stats.triang(0.25, 0, 4).cdf).pvalue > 0.01


def test_factors_that_go_with_none_before_them_keep_their_numbers() -> None:
    u = design(500)
    free = space(()).scale(u)
    bound = space().scale(u)
    kept = [0, 1, 3]
    assert np.array_equal(bound[:, kept], free[:, kept])
    assert not np.allclose(bound[:, [2, 4]], free[:, [2, 4]])
    assert np.array_equal(space((("a", "c", 0.0),)).scale(u), free)


def test_a_design_may_be_carried_over_in_pieces() -> None:
    u = design(301)
    whole = space().scale(u)
    for size in (1, 7, 100):
        pieces = [space().scale(u[first : first + size]) for first in range(0, len(u), size)]
        assert np.array_equal(np.vstack(pieces), whole)


def test_the_way_back() -> None:
    u = np.clip(design(500), 1e-6, 1 - 1e-6)
    np.testing.assert_allclose(space().unit(space().scale(u)), u, atol=1e-9)
    values = space().scale(design(500, seed=9))
    np.testing.assert_allclose(space().scale(space().unit(values)), values, rtol=1e-9)


def test_the_ends_of_the_unit_cube() -> None:
    ends = space().scale(np.array([[0.0] * 5, [1.0] * 5, [0, 1, 0, 1, 0]]))
    assert np.isfinite(ends).all()


def test_parts_of_a_space_keep_the_correlations_among_them() -> None:
    assert space().correlated
    assert space().only("uncertainties").correlations == PAIRS
    assert space().only("levers").correlations == ()
    assert not space().only("levers").correlated
    assert space().without("A").correlations == PAIRS[1:]
    assert sa.Space.from_dict(space().to_dict()) == space()
    assert "correlations" not in space(()).to_dict()


def test_the_table_shows_what_goes_together() -> None:
    shown = space().table()["goes with"]
    assert shown["b b"] == "a 0.6, c -0.4"
    assert shown["lever"] == ""


def test_a_method_that_needs_independence() -> None:
    space(()).refuse_dependence("sobol")
    space((("a", "c", 0.0),)).refuse_dependence("sobol")
    message = (
        "sobol needs independent inputs, for it shares the variance out among them, but these go "
        "together: 'a' with 'B_b' (0.6), 'b b' with 'c' (-0.4). Choose delta or pawn, or leave the "
        "correlations out"
    )
    with pytest.raises(sa.SpaceError, match=re.escape(message)):
        space().refuse_dependence("sobol", ["delta", "pawn"])


@pytest.mark.parametrize(
    ("pairs", "message"),
    [
        ([("a", "d d", 0.5)], "correlations: no factor is named 'd d'"),
        ([("a", "bb", 0.5)], "correlations: no factor is named 'bb'; did you mean 'b b'?"),
        ([("a", "A", 0.5)], "the correlation of 'a' with 'A' is of a factor with itself: name two"),
        ([("a", "c", 1.0)], "'a' with 'c' is 1: it must lie between -1 and 1, ends excluded"),
        ([("a", "c", float("nan"))], "'a' with 'c' is nan: it must lie between -1 and 1"),
        ([("a", "c", 0.5), ("C", "a", 0.4)], "'C' with 'a' is there twice: leave one out"),
        ([("lever", "c", 0.5)], "'lever' with 'c' binds a lever to an uncertainty: a lever is"),
    ],
)
def test_factors_that_cannot_go_together(pairs, message) -> None:
    with pytest.raises(sa.SpaceError, match=re.escape(message)):
        space(tuple(pairs))


def test_all_that_is_wrong_is_told_at_once() -> None:
    with pytest.raises(sa.SpaceError) as caught:
        space((("a", "z", 0.5), ("a", "c", 2), ("lever", "a", 0.1)))
    assert len(str(caught.value).splitlines()) == 3


def test_categories_have_no_ranks() -> None:
    mode = sa.factor("mode", values=[3, 1, 2], kind="categorical")
    with pytest.raises(sa.SpaceError, match="the values of 'mode' are in no order"):
        sa.Space([mode, sa.factor("a", 0, 1)], correlations=[("a", "mode", 0.5)])


@pytest.mark.parametrize("rhos", [(0.9, 0.9, -0.9), (0.95, -0.95, 0.95), (0.8, 0.8, -0.3)])
def test_correlations_that_contradict_each_other_and_their_cure(rhos) -> None:
    def pairs(part: float) -> tuple[tuple[str, str, float], ...]:
        names = (("a", "b b"), ("b b", "c"), ("a", "c"))
        return tuple((*pair, part * rho) for pair, rho in zip(names, rhos, strict=True))

    with pytest.raises(sa.SpaceError, match="these correlations contradict each other") as caught:
        space(pairs(1.0))
    (part,) = re.findall(r"weaker: ([0-9.]+) times", str(caught.value))
    assert space(pairs(float(part))).correlated
    with pytest.raises(sa.SpaceError):
        space(pairs(float(part) + 0.011))
