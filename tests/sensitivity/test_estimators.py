"""The estimators are SALib's, intervals included, for several outcomes at once."""

from __future__ import annotations

import warnings

import numpy as np
import pytest
from SALib.analyze import fast as salib_fast
from SALib.analyze import morris as salib_morris
from SALib.analyze import sobol as salib_sobol

from sensitivity import designs, estimators


def problem(factors: int) -> dict[str, object]:
    return {
        "num_vars": factors,
        "names": [f"x{place}" for place in range(factors)],
        "bounds": [[0.0, 1.0]] * factors,
    }


def outcomes_of(design: np.ndarray) -> np.ndarray:
    """Three outcomes: with interactions, far from zero, and tiny."""
    weights = np.arange(1.0, design.shape[1] + 1)
    product = np.prod((np.abs(4 * design - 2) + weights) / (1 + weights), axis=1)
    return np.stack([product, 1e6 + design @ weights, 1e-9 * np.exp(design @ weights)])


OPTIONS = {"resamples": 60, "confidence": 0.9, "seed": 5}


@pytest.mark.parametrize("second_order", [False, True])
@pytest.mark.parametrize(("n", "factors"), [(64, 2), (128, 5)])
def test_sobol_is_salibs(n, factors, second_order) -> None:
    outcomes = outcomes_of(designs.sobol(n, factors, seed=1, second_order=second_order))
    ours = estimators.sobol(outcomes, factors, second_order=second_order, **OPTIONS)
    names = ["S1", "S1_conf", "ST", "ST_conf", *(["S2", "S2_conf"] if second_order else [])]
    assert sorted(ours) == sorted(names)
    for place, outcome in enumerate(outcomes):
        theirs = salib_sobol.analyze(
            problem(factors),
            outcome,
            calc_second_order=second_order,
            num_resamples=60,
            conf_level=0.9,
            seed=5,
        )
        for name in names:
            mine = ours[name][place]
            if name.startswith("S2"):
                np.testing.assert_array_equal(mine, mine.T)
                mine = np.where(np.triu(np.ones_like(mine), 1) > 0, mine, np.nan)
            np.testing.assert_allclose(mine, theirs[name], rtol=1e-9, atol=1e-12, err_msg=name)


@pytest.mark.parametrize("second_order", [False, True])
def test_an_outcome_is_the_same_whatever_stands_beside_it(second_order) -> None:
    outcomes = outcomes_of(designs.sobol(64, 4, seed=1, second_order=second_order))
    whole = estimators.sobol(outcomes, 4, second_order=second_order, **OPTIONS)
    for place in range(len(outcomes)):
        alone = estimators.sobol(outcomes[[place]], 4, second_order=second_order, **OPTIONS)
        for name, values in alone.items():
            np.testing.assert_array_equal(whole[name][[place]], values)


def test_morris_is_salibs() -> None:
    design = designs.morris(30, 6, seed=4)
    outcomes = outcomes_of(design)
    ours = estimators.morris(outcomes, design, levels=4, **OPTIONS)
    for place, outcome in enumerate(outcomes):
        theirs = salib_morris.analyze(
            problem(6), design, outcome, num_resamples=60, conf_level=0.9, seed=5
        )
        for name in ("mu", "mu_star", "sigma", "mu_star_conf"):
            np.testing.assert_allclose(
                ours[name][place], np.asarray(theirs[name], dtype=float), rtol=1e-10, atol=1e-15
            )


def test_fast_is_salibs() -> None:
    design = designs.fast(257, 4, seed=2)
    outcomes = outcomes_of(design)
    ours = estimators.fast(outcomes, 4, harmonics=4, **OPTIONS)
    for place, outcome in enumerate(outcomes):
        with warnings.catch_warnings():
            # SALib says with every call that intervals of this method are a rough guide.
            warnings.simplefilter("ignore", UserWarning)
            theirs = salib_fast.analyze(
                problem(4), outcome, num_resamples=60, conf_level=0.9, seed=5
            )
        for name in ("S1", "ST", "S1_conf", "ST_conf"):
            np.testing.assert_allclose(ours[name][place], theirs[name], rtol=1e-9, atol=1e-12)


def test_without_resamples_there_are_no_intervals() -> None:
    outcomes = outcomes_of(designs.sobol(32, 3, seed=1, second_order=False))
    options = {**OPTIONS, "resamples": 0}
    ours = estimators.sobol(outcomes, 3, second_order=False, **options)
    assert np.isfinite(ours["ST"]).all()
    assert np.isnan(ours["ST_conf"]).all()


@pytest.mark.parametrize("seed", [0, 1])
def test_the_bootstrap_repeats_with_its_seed(seed) -> None:
    outcomes = outcomes_of(designs.sobol(32, 3, seed=1, second_order=False))
    options = {**OPTIONS, "seed": seed}
    first, second = (
        estimators.sobol(outcomes, 3, second_order=False, **options)["ST_conf"] for _ in range(2)
    )
    other = estimators.sobol(outcomes, 3, second_order=False, **{**options, "seed": 2})["ST_conf"]
    np.testing.assert_array_equal(first, second)
    assert not np.array_equal(first, other)


def test_what_varies_by_rounding_only_does_not_vary() -> None:
    outcomes = np.array([[3.0, 3.0, 3.0 + 4e-16], [0.0, 0.0, 0.0], [1.0, 1.0, 1.0 + 1e-9]])
    assert estimators.varies(outcomes).tolist() == [False, False, True]
