"""Designs, indices and intervals are SALib's, for several outcomes at once; and where not, why."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest
from SALib.analyze import delta as salib_delta
from SALib.analyze import dgsm as salib_dgsm
from SALib.analyze import fast as salib_fast
from SALib.analyze import ff as salib_ff
from SALib.analyze import hdmr as salib_hdmr
from SALib.analyze import morris as salib_morris
from SALib.analyze import pawn as salib_pawn
from SALib.analyze import rbd_fast as salib_rbd
from SALib.analyze import sobol as salib_sobol
from SALib.sample import fast_sampler, finite_diff
from SALib.sample import ff as salib_ff_sample
from SALib.sample import latin as salib_latin
from SALib.sample import morris as salib_morris_sample
from SALib.sample import sobol as salib_sobol_sample
from scipy.stats import ks_2samp

from sensitivity.methods import (
    delta,
    dgsm,
    factorial,
    fast,
    hdmr,
    morris,
    pawn,
    points,
    rbd_fast,
    sobol,
)

OPTIONS = {"resamples": 60, "confidence": 0.9, "seed": 5}
SALIB = {"num_resamples": 60, "conf_level": 0.9, "seed": 5}
CLOSE = {"rtol": 1e-9, "atol": 1e-12}

Function = Callable[[np.ndarray], np.ndarray]


def problem(factors: int, groups: list[str] | None = None) -> dict[str, object]:
    described: dict[str, object] = {
        "num_vars": factors,
        "names": [f"x{place}" for place in range(factors)],
        "bounds": [[0.0, 1.0]] * factors,
    }
    return described | ({"groups": groups} if groups else {})


def ishigami(unit: np.ndarray) -> np.ndarray:
    x = np.pi * (2 * unit - 1)
    return np.sin(x[:, 0]) * (1 + 0.1 * x[:, 2] ** 4) + 7 * np.sin(x[:, 1]) ** 2


def sobol_g(unit: np.ndarray) -> np.ndarray:
    weights = np.array([0, 1, 4.5, 9, 99])
    return np.prod((np.abs(4 * unit - 2) + weights) / (1 + weights), axis=1)


FUNCTIONS = [pytest.param(ishigami, 3, id="ishigami"), pytest.param(sobol_g, 5, id="sobol-g")]


def outcomes_of(function: Function, design: np.ndarray) -> np.ndarray:
    """Three outcomes: as it is, far from zero, and tiny."""
    values = function(design)
    return np.stack([values, 1e5 + values * design[:, 0], 1e-9 * np.exp(values / 10)])


@pytest.mark.parametrize("second_order", [False, True])
@pytest.mark.parametrize(("factors", "seed"), [(1, 1), (3, 0), (8, 7)])
def test_sobol_design(factors, seed, second_order) -> None:
    runs = 64 * (2 + factors * (1 + second_order))
    ours = sobol.design(
        0, runs, factors, groups=tuple(range(factors)), seed=seed, second_order=second_order
    )
    theirs = salib_sobol_sample.sample(
        problem(factors), 64, calc_second_order=second_order, seed=seed
    )
    np.testing.assert_array_equal(ours, theirs)


@pytest.mark.parametrize(("n", "factors"), [(129, 4), (65, 9), (1025, 30), (300, 2)])
def test_fast_design_within_the_unit_cube(n, factors) -> None:
    """With more factors than frequencies too, some of which then share one."""
    theirs = fast_sampler.sample(problem(factors), n, seed=3).clip(0, 1)
    np.testing.assert_array_equal(fast.design(n, factors, seed=3), theirs)


@pytest.mark.parametrize(("n", "factors", "seed"), [(4, 1, 0), (50, 7, 3), (20, 25, 2**31)])
def test_morris_design(n, factors, seed) -> None:
    ours = morris.design(n, factors, groups=tuple(range(factors)), seed=seed)
    np.testing.assert_array_equal(
        ours, salib_morris_sample.morris.sample(problem(factors), n, seed=seed)
    )


@pytest.mark.parametrize("n", [7, 100])
def test_latin_design(n) -> None:
    np.testing.assert_array_equal(
        points.latin(n, 5, seed=3), salib_latin.sample(problem(5), n, seed=3)
    )


@pytest.mark.parametrize("factors", [1, 2, 5, 8])
def test_fractional_design(factors) -> None:
    theirs = salib_ff_sample.sample(problem(factors))[:, :factors]
    np.testing.assert_array_equal((factorial.contrasts(factors, False) + 1) / 2, theirs)


@pytest.mark.parametrize("second_order", [False, True])
@pytest.mark.parametrize(
    ("function", "names"),
    [(ishigami, None), (sobol_g, None), (ishigami, ["a", "b", "a"]), (sobol_g, list("aabcb"))],
)
def test_sobol(function, names, second_order) -> None:
    """Factors of a group move together, and count as one."""
    factors = 3 if function is ishigami else 5
    described = problem(factors, names)
    labels = names or described["names"]
    groups = tuple(list(dict.fromkeys(labels)).index(one) for one in labels)
    parts = max(groups) + 1
    design = sobol.design(
        0, 64 * (2 + parts * (1 + second_order)), factors, groups=groups, seed=1,
        second_order=second_order,
    )  # fmt: skip
    np.testing.assert_array_equal(
        design,
        salib_sobol_sample.sample(described, 64, calc_second_order=second_order, seed=1),
    )
    outcomes = outcomes_of(function, design)
    ours = sobol.indices(outcomes, parts, second_order=second_order, **OPTIONS)
    keys = ["S1", "S1_conf", "ST", "ST_conf", *(["S2", "S2_conf"] if second_order else [])]
    assert sorted(ours) == sorted(keys)
    for place, outcome in enumerate(outcomes):
        theirs = salib_sobol.analyze(described, outcome, calc_second_order=second_order, **SALIB)
        for key in keys:
            mine = ours[key][place]
            if key.startswith("S2"):
                np.testing.assert_array_equal(mine, mine.T)
                mine = np.where(np.triu(np.ones_like(mine), 1) > 0, mine, np.nan)
            np.testing.assert_allclose(mine, theirs[key], **CLOSE, err_msg=key)


@pytest.mark.parametrize("names", [None, list("aabcb")])
def test_morris(names) -> None:
    described = problem(5, names)
    labels = names or described["names"]
    groups = tuple(list(dict.fromkeys(labels)).index(one) for one in labels)
    design = morris.design(30, 5, groups=groups, seed=4)
    np.testing.assert_array_equal(design, salib_morris_sample.morris.sample(described, 30, seed=4))
    outcomes = outcomes_of(sobol_g, design)
    ours = morris.indices(outcomes, design, groups=groups, **OPTIONS)
    several = np.bincount(groups) > 1
    for place, outcome in enumerate(outcomes):
        theirs = salib_morris.analyze(described, design, outcome, **SALIB)
        for name in ("mu", "mu_star", "sigma", "mu_star_conf"):
            expected = np.array(theirs[name], dtype=float)
            if name == "mu":
                # SALib gives the mean of effects up and down, which are no effect of the group.
                expected[several] = np.nan
            np.testing.assert_allclose(
                ours[name][place], expected, rtol=1e-9, atol=1e-12 * np.abs(outcome).max()
            )


@pytest.mark.parametrize(("function", "factors"), FUNCTIONS)
def test_fast(function, factors) -> None:
    outcomes = outcomes_of(function, fast.design(257, factors, seed=2))
    ours = fast.indices(outcomes, factors, **OPTIONS)
    for place, outcome in enumerate(outcomes):
        with warnings.catch_warnings():
            # SALib says with every call that intervals of this method are a rough guide.
            warnings.simplefilter("ignore", UserWarning)
            theirs = salib_fast.analyze(problem(factors), outcome, **SALIB)
        for name in ("S1", "ST", "S1_conf", "ST_conf"):
            np.testing.assert_allclose(ours[name][place], theirs[name], **CLOSE)


@pytest.mark.parametrize(("function", "factors", "n"), [(ishigami, 3, 301), (sobol_g, 5, 256)])
def test_rbd_fast(function, factors, n) -> None:
    design = points.latin(n, factors, seed=3)
    outcomes = outcomes_of(function, design)
    ours = rbd_fast.indices(outcomes, design, **OPTIONS)
    for place, outcome in enumerate(outcomes):
        theirs = salib_rbd.analyze(problem(factors), design, outcome, **SALIB)
        for name in ("S1", "S1_conf"):
            np.testing.assert_allclose(ours[name][place], theirs[name], **CLOSE)


@pytest.mark.parametrize("n", [256, 700])
def test_delta_before_its_bias_is_taken_out(n) -> None:
    design = points.latin(n, 3, seed=3)
    outcomes = outcomes_of(ishigami, design)
    ours = delta.indices(outcomes, design, **(OPTIONS | {"resamples": 0}))
    for factor in range(3):
        x = design[:, factor]
        edges = np.linspace(0, n, len(delta.classes_along(x)) + 1)
        for place, y in enumerate(outcomes):
            grid = np.linspace(y.min(), y.max(), 100)
            theirs = salib_delta.calc_delta(y, grid, x, edges)
            np.testing.assert_allclose(ours["delta"][place, factor], theirs, **CLOSE)
            share = salib_delta.sobol_first(y, x, edges)
            np.testing.assert_allclose(ours["S1"][place, factor], share, **CLOSE)


def test_the_bias_of_delta_is_taken_out_not_doubled() -> None:
    """Equation 30 is twice the estimate less the mean of its resamples.

    SALib puts a resample in the estimate's place, which has the bias already, so that it is left
    with the bias that all resamples have: its mean over many seeds is above the raw estimate,
    where the right value is below.
    """
    n = 200
    design = points.latin(n, 2, seed=3)
    y, x = 3.0 * design[:, 0], design[:, 1]  # the second factor does nothing
    edges = np.linspace(0, n, len(delta.classes_along(x)) + 1)
    grid = np.linspace(y.min(), y.max(), 100)
    np.random.seed(1)
    theirs = np.mean(
        [
            salib_delta.bias_reduced_delta(y, grid, x, edges, 10, 0.95, n, "raw", None, "x", 10)[0]
            for _ in range(10)
        ]
    )
    none = OPTIONS | {"resamples": 0}
    raw = delta.indices(y[None], design, **none)["delta"][0, 1]
    ours = delta.indices(y[None], design, **OPTIONS)["delta"][0, 1]
    assert theirs > raw + 0.01
    assert ours < raw - 0.01
    assert abs(ours) < 0.06


def test_a_class_without_variation_counts_in_delta() -> None:
    """SALib skips it, and so finds nothing where the factor decides everything."""
    x = np.linspace(0, 1, 600)[:, None]
    y = np.where(x[:, 0] < 0.5, 0.0, 1.0)
    ours = delta.indices(y[None], x, **(OPTIONS | {"resamples": 0}))["delta"][0, 0]
    edges = np.linspace(0, 600, len(delta.classes_along(x[:, 0])) + 1)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", UserWarning)
        theirs = salib_delta.calc_delta(y, np.linspace(0, 1, 100), x[:, 0], edges)
    assert theirs < 0.01
    assert 0.2 < ours < 0.5  # one half, less what the kernels lose beyond the ends


@pytest.mark.parametrize(("function", "factors"), FUNCTIONS)
def test_pawn_and_the_run_that_salib_leaves_out(function, factors) -> None:
    # 511 is no multiple of 5: SALib's quantiles then do not hang on the last bit.
    design = points.latin(512, factors, seed=3)
    outcomes = outcomes_of(function, design)
    found = pawn.distances(outcomes, design)
    for place, y in enumerate(outcomes):
        theirs = salib_pawn.analyze(problem(factors), design, y, S=10)
        for factor in range(factors):
            x = design[:, factor]
            edges = np.nanquantile(x, np.arange(0, 1.1, 0.1))
            # The highest value lies in no slice of SALib's, and in the last one here.
            closed = [*edges[:-1], np.inf]
            for ends, compared in ((closed, found[place, factor]), (edges, None)):
                expected = [
                    ks_2samp(y[(x >= low) & (x < high)], y).statistic
                    for low, high in pairwise(ends)
                ]
                if compared is None:
                    salibs = theirs["mean"][factor]
                    np.testing.assert_allclose(np.mean(expected), salibs, **CLOSE)
                else:
                    np.testing.assert_allclose(compared, expected, **CLOSE)
    ours = pawn.indices(outcomes, design, **(OPTIONS | {"resamples": 0}))
    for name, of in (("median", np.median), ("mean", np.mean), ("maximum", np.max)):
        np.testing.assert_allclose(ours[name], of(found, axis=2), **CLOSE)
    np.testing.assert_allclose(ours["CV"], found.std(axis=2) / found.mean(axis=2), **CLOSE)


def test_pawn_where_outcomes_are_equal() -> None:
    design = points.latin(512, 3, seed=3)
    y = np.floor(2 * ishigami(design))
    found = pawn.distances(y[None], design)[0]
    for factor in range(3):
        x = design[:, factor]
        edges = [*np.quantile(x, np.arange(0, 0.95, 0.1)), np.inf]
        expected = [
            ks_2samp(y[(x >= low) & (x < high)], y).statistic for low, high in pairwise(edges)
        ]
        np.testing.assert_allclose(found[factor], expected, **CLOSE)


@pytest.mark.parametrize(("function", "factors"), FUNCTIONS)
def test_hdmr(function, factors) -> None:
    n = 512
    design = points.sequence(0, n, factors, seed=1)
    outcomes = outcomes_of(function, design)
    ours = hdmr.indices(outcomes, design, second_order=True, **(OPTIONS | {"resamples": 0}))
    upper = np.triu_indices(factors, 1)
    for place, outcome in enumerate(outcomes):
        # SALib stops its turns by the outcome's own unit; here the unit makes no difference.
        outcome = outcome / outcome.std()
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", DeprecationWarning)
            theirs = salib_hdmr.analyze(problem(factors), design, outcome, K=1, lambdax=0.01)
        share = (n - 1) / n  # SALib's covariances are over n - 1, its variances over n
        first, pairs = theirs["S"][:factors] * share, theirs["S"][factors:] * share
        options = {"rtol": 1e-7, "atol": 1e-9}
        np.testing.assert_allclose(ours["S1"][place], first, **options)
        np.testing.assert_allclose(ours["S2"][place][upper], pairs, **options)
        np.testing.assert_allclose(
            ours["ST"][place], np.array(theirs["ST"][:factors]) * share, **options
        )
        np.testing.assert_allclose(ours["Sa"][place], theirs["Sa"][:factors], **options)
        np.testing.assert_allclose(ours["Sb"][place], theirs["Sb"][:factors] * share, **options)


@pytest.mark.parametrize(("function", "factors"), FUNCTIONS)
def test_dgsm_and_the_interval_in_its_own_unit(function, factors) -> None:
    design = finite_diff.sample(problem(factors), 64)
    outcomes = outcomes_of(function, design)
    ours = dgsm.indices(outcomes, design, **OPTIONS)
    for place, outcome in enumerate(outcomes):
        theirs = salib_dgsm.analyze(problem(factors), design, outcome, **SALIB)
        np.testing.assert_allclose(ours["dgsm"][place], theirs["dgsm"], rtol=1e-7)
    # The measure does not depend on the outcome's unit, and so neither must its interval; SALib's
    # is a millionth for an outcome in thousands.
    tiny = dgsm.indices(outcomes[:1] * 1e-3, design, **OPTIONS)
    np.testing.assert_allclose(tiny["dgsm_conf"][0], ours["dgsm_conf"][0], rtol=1e-9)
    small = salib_dgsm.analyze(problem(factors), design, outcomes[0] * 1e-3, **SALIB)
    large = salib_dgsm.analyze(problem(factors), design, outcomes[0], **SALIB)
    np.testing.assert_allclose(small["dgsm_conf"], 1e-6 * large["dgsm_conf"], rtol=1e-9)


@pytest.mark.parametrize("factors", [2, 5, 8])
def test_fractional_effects_are_twice_salibs(factors) -> None:
    design = (factorial.contrasts(factors, False) + 1) / 2
    y = np.exp(design @ np.linspace(0.1, 0.5, factors))
    ours = factorial.indices(y[None], factors, second_order=False)["effect"][0]
    theirs = salib_ff.analyze(problem(factors), design, y)["ME"][:factors]
    np.testing.assert_allclose(ours, 2 * theirs, rtol=1e-12)


def test_pairs_are_clear_here_and_mixed_in_salib() -> None:
    """One pair acts: here it alone is seen, by SALib every pair in its column."""

    def function(unit: np.ndarray) -> np.ndarray:
        return unit[:, 1] * unit[:, 2] * 4.0 + 3.0 * unit[:, 0]

    theirs = salib_ff.analyze(
        problem(8),
        salib_ff_sample.sample(problem(8)),
        function(salib_ff_sample.sample(problem(8))),
        second_order=True,
    )
    seen = {
        names for names, effect in zip(theirs["interaction_names"], theirs["IE"], strict=True)
        if abs(effect) > 1e-12
    }  # fmt: skip
    assert ("x1", "x2") in seen
    assert len(seen) > 1
    design = (factorial.contrasts(8, True) + 1) / 2
    ours = factorial.indices(function(design)[None], 8, second_order=True)
    expected = np.zeros((8, 8))
    expected[1, 2] = expected[2, 1] = 2.0
    np.fill_diagonal(expected, np.nan)
    np.testing.assert_allclose(ours["interaction"][0], expected, atol=1e-12)
    np.testing.assert_allclose(ours["effect"][0], [3, 2, 2, 0, 0, 0, 0, 0], atol=1e-12)
