"""Bands from counts: exact counting, percentiles as good as the bins, and any order the same."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from sensitivity.studies import bands

AT = np.array([0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975])


def courses(seed: int, runs: int) -> np.ndarray:
    """Courses that spread as time goes on: all alike at first, then skewed, then in two heaps."""
    random = np.random.default_rng(seed)
    skewed = np.exp(random.normal(size=runs))
    heaps = np.where(random.random(runs) < 0.3, -5.0, 5.0) + random.normal(size=runs)
    return np.stack([np.full(runs, 2.5), skewed, heaps])[None]


@pytest.mark.parametrize("runs", [1000, 100_000])
def test_percentiles_are_off_by_less_than_half_a_per_cent_of_the_runs(runs: int) -> None:
    all_runs = courses(1, runs)
    edges = bands.edges_of(all_runs[:, :, : min(runs, 2048)])
    counts, extremes = bands.count(all_runs, edges)
    found = bands.quantiles(counts, extremes, edges, AT)
    assert (counts.sum(axis=2) == runs).all()
    np.testing.assert_array_equal(found[0, :, 0], 2.5)
    for time in (1, 2):
        reached = (all_runs[0, time][:, None] <= found[0, :, time]).mean(axis=0)
        np.testing.assert_allclose(reached, AT, atol=0.005)


def test_runs_beyond_the_pilot_are_counted_too() -> None:
    edges = bands.edges_of(courses(1, 2048))
    far = courses(2, 4000) + 100.0
    counts, extremes = bands.count(far, edges)
    assert (counts[0, :, -1] == 4000).all()
    found = bands.quantiles(counts, extremes, edges, AT)
    assert (found[0, :, 1] >= far[0, 1].min()).all()
    assert (found[0, :, 1] <= far[0, 1].max()).all()


@given(cut=st.lists(st.integers(1, 499), max_size=5, unique=True), seed=st.integers(0, 9))
@settings(deadline=None, max_examples=30)
def test_counts_add_up_however_runs_are_cut(cut: list[int], seed: int) -> None:
    whole = courses(seed, 500)
    edges = bands.edges_of(courses(99, 2048))
    together, extremes = bands.count(whole, edges)
    pieces = [bands.count(part, edges) for part in np.split(whole, sorted(cut), axis=2)]
    np.testing.assert_array_equal(sum(part.astype(int) for part, _ in pieces), together)
    least = np.min([one[0] for _, one in pieces], axis=0)
    np.testing.assert_array_equal(least, extremes[0])


def test_no_runs_no_bands() -> None:
    none = np.zeros((2, 3, 0))
    edges = bands.edges_of(none)
    counts, extremes = bands.count(none, edges)
    assert np.isnan(bands.quantiles(counts, extremes, edges, AT)).all()
