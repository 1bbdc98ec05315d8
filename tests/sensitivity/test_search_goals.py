from __future__ import annotations

import numpy as np
import pytest

import sensitivity as sa
from sensitivity.search.goals import Aim, Condition, Goals


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("final income >= 3", [False, True, True]),
        ("final income > 3", [False, False, True]),
        ("final income<=3", [True, True, False]),
        ("'final income' < 3e0", [True, False, False]),
    ],
)
def test_a_condition_is_read_and_holds(text, values) -> None:
    one = Condition.read(text)
    assert one.of == "final income"
    assert one.holds(np.array([2.0, 3.0, 4.0])).tolist() == values
    assert not one.holds(np.array([np.nan]))[0]
    assert Condition.read(str(one)) == one


@pytest.mark.parametrize("text", ["income", "income = 3", "income >= much", ">= 3", ""])
def test_what_is_no_condition_is_refused(text) -> None:
    with pytest.raises(sa.MethodError, match="is not a condition: write an outcome"):
        Condition.read(text)


@pytest.fixture
def values() -> np.ndarray:
    """Return packages, draws: with gaps, and a package that has nothing."""
    drawn = np.random.default_rng(1).normal(size=(5, 21))
    drawn[1, [3, 7]] = np.nan
    drawn[2] = np.nan
    return drawn


@pytest.mark.parametrize("way", ["high", "low"])
def test_judging_is_what_numpy_says_of_what_is_there(values, way) -> None:
    sign = 1.0 if way == "high" else -1.0
    best = sign * np.nanmax(sign * values, axis=0)

    def judged(how: str, share: float = 0.0) -> np.ndarray:
        aim = Aim("x", way, how, share)
        scores = aim.scores(values, best)
        assert scores[2] == -np.inf
        return np.delete(aim.shown(scores), 2)

    def by_hand(reduce) -> list[float]:
        return [reduce(row[np.isfinite(row)]) for row in np.delete(values, 2, axis=0)]

    worst = np.min if way == "high" else np.max
    np.testing.assert_allclose(judged("mean"), by_hand(np.mean))
    np.testing.assert_array_equal(judged("worst"), by_hand(worst))
    for how, share in (("quantile", 0.1), ("quantile", 0.0), ("quantile", 1.0), ("median", 0.5)):
        expected = [
            sign * np.quantile(sign * row[np.isfinite(row)], share, method="inverted_cdf")
            for row in np.delete(values, 2, axis=0)
        ]
        np.testing.assert_array_equal(judged(how, share), expected)
    behind = np.abs(best - np.delete(values, 2, axis=0))
    np.testing.assert_allclose(judged("regret"), np.nanmax(behind, axis=1))
    np.testing.assert_allclose(judged("mean regret"), np.nanmean(behind, axis=1))


def test_a_package_that_is_best_everywhere_has_no_regret() -> None:
    values = np.array([[[1.0, 2.0, 3.0], [3.0, 4.0, 5.0], [0.0, 4.0, 1.0]]])
    goals = Goals((Aim("x", "high", "regret"),), (), (sa.final("x", "x"),))
    regret = goals.shown(goals.scores(values, goals.best(values)))[:, 0]
    assert regret.tolist() == [2.0, 0.0, 4.0]


def test_a_draw_without_an_outcome_is_one_in_which_nothing_holds(fake) -> None:
    model = fake(dict, {"a": 0.0}, {"a": "", "x": "", "y": ""})
    goals = Goals.of(model, {}, "mean", ["x >= 1", "y < 5"])
    values = np.array([[[0.0, 1.0, 2.0, np.nan]], [[0.0, 9.0, 1.0, 1.0]]])
    assert goals.share(values).tolist() == [0.25]
    assert goals.names == ("satisficing share",)
    assert goals.ways == ("high",)


def test_everything_wrong_is_told_at_once(fake) -> None:
    model = fake(dict, {"a": 0.0}, {"a": "", "income": ""})
    with pytest.raises(sa.MethodError) as told:
        Goals.of(model, {"incom": "hihg"}, {"incom": "mena", "b": "mean"}, ["nothing"])
    for text in (
        "the aim of 'incom' is 'hihg'; did you mean 'high'?",
        "'nothing' is not a condition",
        "judged by 'mena'; did you mean 'mean'",
        "'b' is judged but is no aim",
        "has no outcome or variable 'incom'; did you mean 'income'?",
    ):
        assert text in str(told.value)
    with pytest.raises(sa.MethodError, match="nothing is wanted"):
        Goals.of(model, {}, "mean", ())
    with pytest.raises(sa.MethodError, match=r"'quantile 2' needs a share"):
        Goals.of(model, {"income": "high"}, "quantile 2", ())


def test_a_lever_is_an_aim_under_its_own_name(fake) -> None:
    model = fake(dict, {"a": 0.0}, {"a": "", "income": ""})
    goals = Goals.of(model, {"A": "low", "income": "high"}, "worst", ())
    assert goals.names == ("a", "worst of final income")
    assert [one.name for one in goals.outcomes] == ["a", "final income"]
