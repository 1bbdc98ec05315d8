from __future__ import annotations

from itertools import pairwise

import numpy as np
import pytest
from scipy.stats import binom

from sensitivity.search.prim import Step, chosen, paste, peel
from sensitivity.search.regions import HIGH, KIND, LOW, Ranked, Region, chances, pruned, shares


def ranked(x: np.ndarray, categorical: list[int] | None = None) -> Ranked:
    kinds = np.zeros(x.shape[1], dtype=bool)
    kinds[categorical or []] = True
    return Ranked.of(list(x.T), kinds)


def by_brute_force(
    x: np.ndarray, cases: np.ndarray, inside: np.ndarray, categorical: set[int], share: float
) -> list[np.ndarray]:
    """Return every slice that may go next, by its definition, as the runs that would be left."""
    number = max(1, int(share * inside.sum()))
    left = []
    for place in range(x.shape[1]):
        column = x[:, place]
        values = np.sort(column[inside])
        if place in categorical:
            for kind in np.unique(values):
                left.append(inside & (column != kind))
            continue
        low = inside & (column >= values[number])
        if low.sum() == inside.sum():
            low = inside & (column > values[0])
        high = inside & (column <= values[-number - 1])
        if high.sum() == inside.sum():
            high = inside & (column < values[-1])
        left += [low, high]
    return left


def test_every_step_is_the_best_of_all_that_could_be_taken() -> None:
    rng = np.random.default_rng(1)
    x = np.column_stack(
        [
            rng.random(200),
            rng.integers(0, 4, 200),  # few values, so that slices are thick
            rng.integers(0, 3, 200),  # categories
            rng.normal(size=200).round(1),
        ]
    )
    cases = (x[:, 0] + 0.3 * (x[:, 2] == 1) + 0.1 * x[:, 1] + 0.2 * rng.random(200)) > 0.9
    given = ranked(x, [2])
    steps = peel(given, cases, 0.07, 15)
    assert len(steps) > 10
    kinds_cut = False
    for before, after in pairwise(steps):
        inside, left = before.region.inside(given), after.region.inside(given)
        assert (left.sum(), (left & cases).sum()) == (after.runs, after.cases)
        gains = [
            (cases[one].mean() - cases[inside].mean()) / (inside.sum() - one.sum())
            for one in by_brute_force(x, cases, inside, {2}, 0.07)
            if 15 <= one.sum() < inside.sum()
        ]
        gain = (cases[left].mean() - cases[inside].mean()) / (inside.sum() - left.sum())
        assert gain == pytest.approx(max(gains), abs=1e-12)
        kinds_cut |= any(side[1] == KIND for side in after.region.sides(given))
    assert kinds_cut
    last = steps[-1].region.inside(given)
    assert last.sum() == steps[-1].cases or all(
        one.sum() < 15 or one.sum() == last.sum()
        for one in by_brute_force(x, cases, last, {2}, 0.07)
    )


def test_pasting_widens_without_loss() -> None:
    rng = np.random.default_rng(2)
    x = rng.random((1000, 3))
    cases = (x[:, 0] > 0.5) & (x[:, 1] < 0.4)
    given = ranked(x)
    tight = Region.whole(given).cut((0, LOW), 700).cut((1, HIGH), 200).cut((2, LOW), 300)
    wide = paste(tight, given, cases, 0.05)
    inside, before = wide.inside(given), tight.inside(given)
    assert (inside | ~before).all()
    assert cases[inside].mean() >= cases[before].mean()
    # What chance had cut off comes back whole; what is real stays.
    assert wide.low[2] < 20
    assert x[inside, 0].min() == pytest.approx(0.5, abs=0.02)
    assert x[inside, 1].max() == pytest.approx(0.4, abs=0.02)


def test_the_chance_of_a_limit_is_that_of_the_binomial_distribution() -> None:
    rng = np.random.default_rng(3)
    x = rng.random((400, 3))
    cases = rng.random(400) < np.where(x[:, 0] > 0.5, 0.6, 0.2)
    given = ranked(x)
    region = Region.whole(given).cut((0, LOW), 200).cut((1, HIGH), 300)
    inside = region.inside(given)
    found = chances(region, given, cases)
    assert set(found) == {(0, LOW), (1, HIGH)}
    for side, other in (((0, LOW), (1, HIGH)), ((1, HIGH), (0, LOW))):
        wider = region.fits(given, other)
        expected = binom.sf((inside & cases).sum() - 1, inside.sum(), cases[wider].mean())
        assert found[side] == pytest.approx(expected)
    assert pruned(region, given, cases).sides(given) == [(0, LOW)]


def test_shares_by_hand() -> None:
    inside = np.array([1, 1, 1, 1, 0, 0, 0, 0, 0, 0], dtype=bool)
    cases = np.array([1, 1, 1, 0, 1, 1, 0, 0, 0, 0], dtype=bool)
    assert shares(inside, cases) == (3 / 5, 3 / 4, 4 / 10)
    assert np.isnan(shares(~(inside | True), cases)[1])


def test_which_step_is_taken() -> None:
    region = Region.whole(ranked(np.zeros((2, 1))))
    steps = [Step(region, *counts, 0) for counts in ((100, 40), (60, 38), (45, 36), (20, 19))]
    # Coverage 0.95, 0.9, 0.475; gained 0.39, 0.67, 0.92.
    assert chosen(steps, None) == 2
    assert chosen(steps, 0.6) == 1
    assert chosen(steps, 0.95) == 3
    assert chosen(steps, 0.99) == 2
