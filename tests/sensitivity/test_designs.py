"""The designs are SALib's for the same seed, 0 included."""

from __future__ import annotations

import numpy as np
import pytest
from SALib.sample import fast_sampler, sobol

from sensitivity import designs


def problem(factors: int) -> dict[str, object]:
    return {
        "num_vars": factors,
        "names": [f"x{place}" for place in range(factors)],
        "bounds": [[0.0, 1.0]] * factors,
    }


@pytest.mark.parametrize("second_order", [False, True])
@pytest.mark.parametrize(("factors", "seed"), [(1, 1), (3, 0), (8, 7)])
def test_sobol_design_is_salibs(factors, seed, second_order) -> None:
    ours = designs.sobol(64, factors, seed=seed, second_order=second_order)
    theirs = sobol.sample(problem(factors), 64, calc_second_order=second_order, seed=seed)
    np.testing.assert_array_equal(ours, theirs)


def test_fast_design_is_salibs_within_the_unit_cube() -> None:
    ours = designs.fast(129, 4, seed=3)
    np.testing.assert_array_equal(ours, fast_sampler.sample(problem(4), 129, seed=3).clip(0, 1))
    assert ours.shape == (4 * 129, 4)


def test_morris_steps_move_one_factor_on_the_grid() -> None:
    design = designs.morris(20, 5, seed=2).reshape(20, 6, 5)
    moved = np.diff(design, axis=1) != 0
    assert np.all(moved.sum(axis=2) == 1)
    assert np.all(moved.sum(axis=1) == 1)
    np.testing.assert_allclose(design * 3, np.rint(design * 3), atol=1e-12)


@pytest.mark.parametrize("make", [designs.sobol, designs.morris, designs.fast])
def test_seeds(make) -> None:
    """Zero is a seed like any other; each gives its own design, whatever NumPy's global state."""
    made = {}
    for seed in (0, 1, 2):
        np.random.seed(seed)
        first = make(128, 3, seed=seed, second_order=False)
        np.random.seed(99)
        np.testing.assert_array_equal(first, make(128, 3, seed=seed, second_order=False))
        made[seed] = first
    assert not np.array_equal(made[0], made[1])
    assert not np.array_equal(made[1], made[2])
