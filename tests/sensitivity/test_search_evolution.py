from __future__ import annotations

import numpy as np
import pytest

from sensitivity.search.evolution import fronts, offspring, survivors, thin, undominated


def beats(one: np.ndarray, other: np.ndarray, failures: tuple[int, int]) -> bool:
    if failures[0] != failures[1]:
        return failures[0] < failures[1]
    return bool((one >= other).all() and (one > other).any())


@pytest.fixture
def scores() -> np.ndarray:
    return np.random.default_rng(3).integers(0, 6, size=(60, 3)).astype(float)


def test_fronts_are_what_their_definition_says(scores) -> None:
    failures = np.random.default_rng(4).integers(0, 2, size=len(scores))
    found, number = fronts(scores, failures), 0
    left = set(range(len(scores)))
    while left:
        best = {
            one
            for one in left
            if not any(
                beats(scores[other], scores[one], (failures[other], failures[one]))
                for other in left
            )
        }
        assert {one for one in left if found[one] == number} == best
        left, number = left - best, number + 1


def test_the_quick_front_is_the_first_front_each_score_once(scores) -> None:
    first = fronts(scores, np.zeros(len(scores), dtype=int)) == 0
    quick = undominated(scores)
    assert not (quick & ~first).any()
    assert {tuple(one) for one in scores[quick]} == {tuple(one) for one in scores[first]}
    assert len(np.unique(scores[quick], axis=0)) == quick.sum()


def test_thinning_spares_the_ends_and_takes_one_of_the_nearest_two() -> None:
    x = np.sort(np.random.default_rng(5).random(30))
    scores = np.column_stack([x, 1.0 - x])
    kept = thin(scores, 29)
    gone = set(range(30)) - set(kept.tolist())
    gap = int(np.diff(x).argmin())
    assert gone <= {gap, gap + 1}
    few = thin(scores, 5)
    assert len(few) == 5
    assert {0, 29} <= set(few.tolist())


def test_those_with_fewer_failed_runs_live_on() -> None:
    scores = np.array([[9.0, 9.0], [0.0, 1.0], [1.0, 0.0], [0.0, 0.0]])
    assert set(survivors(scores, np.array([1, 0, 0, 0]), 3).tolist()) == {1, 2, 3}
    assert len(survivors(scores, np.zeros(4, dtype=int), 4)) == 4


def test_children_are_new_and_in_range() -> None:
    rng = np.random.default_rng(6)
    genes = np.repeat(rng.random((2, 4)), [14, 1], axis=0)
    scores, failures = rng.random((15, 2)), np.zeros(15, dtype=int)
    children = offspring(genes, scores, failures, np.random.default_rng(7))
    assert children.shape == genes.shape
    assert children.min() >= 0
    assert children.max() <= 1
    assert len(np.unique(np.vstack([genes, children]), axis=0)) == 2 + 15
    again = offspring(genes, scores, failures, np.random.default_rng(7))
    np.testing.assert_array_equal(children, again)


def evolved(judge, levers: int, generations: int) -> np.ndarray:
    rng = np.random.default_rng(8)
    genes = rng.random((60, levers))
    scores, none = judge(genes), np.zeros(60, dtype=int)
    for _ in range(generations):
        children = offspring(genes, scores, none, rng)
        both, judged = np.vstack([genes, children]), np.vstack([scores, judge(children)])
        living = survivors(judged, np.zeros(120, dtype=int), 60)
        genes, scores = both[living], judged[living]
    return scores


def test_a_known_front_is_reached_and_covered() -> None:
    """The first test function of Zitzler, Deb and Thiele 2000: its front is 1 - sqrt(x)."""

    def judge(genes: np.ndarray) -> np.ndarray:
        x, g = genes[:, 0], 1.0 + 9.0 * genes[:, 1:].mean(axis=1)
        return -np.column_stack([x, g * (1.0 - np.sqrt(x / g))])

    first, second = -evolved(judge, 10, 150).T
    assert np.abs(second - (1.0 - np.sqrt(first))).max() < 0.05
    assert np.diff(np.sort(np.concatenate([[0.0], first, [1.0]]))).max() < 0.08


def test_a_known_front_of_three_objectives_is_reached_and_covered() -> None:
    """The second function of Deb, Thiele, Laumanns and Zitzler 2002: an eighth of a sphere."""

    def judge(genes: np.ndarray) -> np.ndarray:
        g = 1.0 + ((genes[:, 2:] - 0.5) ** 2).sum(axis=1)
        a, b = genes[:, 0] * np.pi / 2, genes[:, 1] * np.pi / 2
        found = (np.cos(a) * np.cos(b), np.cos(a) * np.sin(b), np.sin(a))
        return -g[:, None] * np.column_stack(found)

    found = -evolved(judge, 7, 100)
    off = np.abs(np.linalg.norm(found, axis=1) - 1.0)
    assert np.median(off) < 0.01
    assert np.quantile(off, 0.9) < 0.05
    corners = np.linalg.norm(found[:, None] - np.eye(3)[None], axis=2).min(axis=0)
    assert corners.max() < 0.1
    middle = np.linalg.norm(found - 1 / np.sqrt(3), axis=1).min()
    assert middle < 0.2
