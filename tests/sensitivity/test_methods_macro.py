"""On outcomes of the macro model too, what is found is what SALib finds, by every method of its."""

from __future__ import annotations

import warnings
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import delta, dgsm, fast, ff, hdmr, morris, pawn, rbd_fast, sobol

import sdmodel as sd
import sensitivity as sa
from sensitivity.methods.delta import classes_along
from sensitivity.methods.pawn import SLICES

FACTORS = (
    "budget share",
    "lever weight[schooling]",
    "lever weight[network entry]",
    "rule after[opening]",
    "frontier growth rate",
    "catch up rate",
)
VARIABLES = ("relative income", "overall relative knowledge", "dependence")
YEARS = (1990, 2020)
RESAMPLES, CONFIDENCE, SEED = 40, 0.9, 7
SALIB = {"num_resamples": RESAMPLES, "conf_level": CONFIDENCE, "seed": SEED}
UPPER = np.triu_indices(len(FACTORS), 1)

Found = dict[str, np.ndarray]
Salibs = Callable[[dict[str, object], np.ndarray, np.ndarray], Found]


def plan(method: str, samples: int = 1, **options: object) -> sa.Plan:
    return sa.Plan(
        method, samples, len(FACTORS), seed=SEED, resamples=RESAMPLES, confidence=CONFIDENCE,
        **options,
    )  # fmt: skip


PLANS = {
    "sobol": plan("sobol", 32, second_order=True),
    "morris": plan("morris", 12),
    "fast": plan("fast", 97),
    "rbd-fast": plan("rbd-fast", 512),
    "delta": plan("delta", 512),
    "pawn": plan("pawn", 512),
    "hdmr": plan("hdmr", 512, second_order=True),
    "dgsm": plan("dgsm", 16),
    "fractional-factorial": plan("fractional-factorial"),
}


@pytest.fixture
def problem() -> dict[str, object]:
    """Return SALib's description of the factors; a new one each time, for its ff adds to it."""
    unit = [[0.0, 1.0]] * len(FACTORS)
    return {"num_vars": len(FACTORS), "names": list(FACTORS), "bounds": unit}


@pytest.fixture(scope="module")
def designs() -> dict[str, np.ndarray]:
    return {method: one.design() for method, one in PLANS.items()}


@pytest.fixture(scope="module")
def outcomes(designs: dict[str, np.ndarray]) -> dict[str, np.ndarray]:
    """Return, by method, the outcomes that both analysers get, from one batch of runs."""
    model = sd.load(Path(__file__).parents[2] / "models" / "industrial_upgrading.mdl")
    space = sa.Space.from_settings(model)
    space = space.without(*set(space.names) - set(FACTORS))
    assert space.names == FACTORS
    assert set(space.roles) == {"lever", "uncertainty"}
    # Methods that take the same points share their runs.
    table, place = np.unique(np.concatenate(list(designs.values())), axis=0, return_inverse=True)
    runs = pd.DataFrame(space.scale(table), columns=list(space.names))
    batch = model.run_many(runs, outputs=list(VARIABLES))
    assert batch.ok.all()
    years = [int(np.flatnonzero(batch.times == year)[0]) for year in YEARS]
    values = np.asarray(batch.values, dtype=float)[:, years].reshape(-1, len(table))
    ends = np.cumsum([len(design) for design in designs.values()])[:-1]
    parts = np.split(values[:, place.ravel()], ends, axis=1)
    return dict(zip(designs, parts, strict=True))


def of_sobol(problem: dict[str, object], _x: np.ndarray, y: np.ndarray) -> Found:
    return sobol.analyze(problem, y, calc_second_order=True, **SALIB)


def of_morris(problem: dict[str, object], x: np.ndarray, y: np.ndarray) -> Found:
    found = morris.analyze(problem, x, y, **SALIB)
    return {name: found[name] for name in ("mu", "mu_star", "mu_star_conf", "sigma")}


def of_fast(problem: dict[str, object], _x: np.ndarray, y: np.ndarray) -> Found:
    return fast.analyze(problem, y, **SALIB)


def of_rbd_fast(problem: dict[str, object], x: np.ndarray, y: np.ndarray) -> Found:
    return rbd_fast.analyze(problem, x, y, **SALIB)


def of_delta(_problem: dict[str, object], x: np.ndarray, y: np.ndarray) -> Found:
    """Return what SALib finds before it takes the bias out, which it does by other resamples."""
    edges = np.linspace(0, len(y), len(classes_along(x[:, 0])) + 1)
    grid = np.linspace(y.min(), y.max(), 100)
    return {
        "delta": np.array([delta.calc_delta(y, grid, own, edges) for own in x.T]),
        "S1": np.array([delta.sobol_first(y, own, edges) for own in x.T]),
    }


def of_hdmr(problem: dict[str, object], x: np.ndarray, y: np.ndarray) -> Found:
    """In the unit and with the divisor that we take."""
    found = hdmr.analyze(problem, x, y / y.std(), K=1, lambdax=0.01)
    share, factors = (len(y) - 1) / len(y), len(FACTORS)
    pairs = np.full((factors, factors), np.nan)
    pairs[UPPER] = found["S"][factors:] * share
    return {
        "S1": found["S"][:factors] * share,
        "S2": pairs,
        "ST": np.array(found["ST"][:factors]) * share,
        "Sa": found["Sa"][:factors],
        "Sb": found["Sb"][:factors] * share,
    }


def of_dgsm(problem: dict[str, object], x: np.ndarray, y: np.ndarray) -> Found:
    return {"dgsm": dgsm.analyze(problem, x, y, **SALIB)["dgsm"]}


def of_factorial(problem: dict[str, object], x: np.ndarray, y: np.ndarray) -> Found:
    """SALib's effect is of half a factor's range."""
    return {"effect": 2 * ff.analyze(problem, x, y)["ME"][: len(FACTORS)]}


CASES: dict[str, tuple[Salibs, set[str]]] = {
    "sobol": (of_sobol, {"S1", "S1_conf", "ST", "ST_conf", "S2", "S2_conf"}),
    "morris": (of_morris, {"mu", "mu_star", "mu_star_conf", "sigma"}),
    "fast": (of_fast, {"S1", "S1_conf", "ST", "ST_conf"}),
    "rbd-fast": (of_rbd_fast, {"S1", "S1_conf"}),
    "delta": (of_delta, {"delta", "S1"}),
    "hdmr": (of_hdmr, {"S1", "S2", "ST", "Sa", "Sb"}),
    "dgsm": (of_dgsm, {"dgsm"}),
    "fractional-factorial": (of_factorial, {"effect"}),
}


def differences(
    method: str, problem: dict[str, object], x: np.ndarray, outcomes: np.ndarray
) -> dict[str, float]:
    """Return the largest difference of each index, as a share of the index's largest size."""
    settled = {"resamples": 0} if method == "delta" else {}
    used = PLANS[method]
    ours = sa.Plan.from_dict(used.to_dict() | settled).analyse(outcomes, x)
    salibs, names = CASES[method]
    worst = dict.fromkeys(names, 0.0)
    for place, y in enumerate(outcomes):
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")  # SALib's remarks on its own methods
            theirs = salibs(problem, x, y)
        assert names <= set(theirs)
        for name in names:
            mine, expected = ours[name][place], np.asarray(theirs[name], dtype=float)
            if name.startswith("S2"):
                mine, expected = mine[UPPER], expected[UPPER]
            assert np.isfinite(expected).all()
            assert np.ptp(expected) > 0
            apart = np.abs(mine - expected).max() / np.abs(expected).max()
            worst[name] = max(worst[name], float(apart))
    return worst


def test_the_outcomes_vary(outcomes: dict[str, np.ndarray]) -> None:
    """Equal indices of outcomes that stand still would say nothing."""
    for method, values in outcomes.items():
        assert values.shape == (len(VARIABLES) * len(YEARS), PLANS[method].runs)
        assert (values.std(axis=1) > 0.01 * np.abs(values.mean(axis=1))).all(), method


@pytest.mark.parametrize("method", CASES)
def test_indices_of_the_macro_model_are_salibs(problem, designs, outcomes, method) -> None:
    worst = differences(method, problem, designs[method], outcomes[method])
    assert max(worst.values()) < 1e-9, worst


def test_pawn_of_the_macro_model_is_salibs_but_for_one_run(problem, designs, outcomes) -> None:
    """Of the last slice SALib leaves a run out, which moves no distance by more than its share."""
    x = designs["pawn"]
    ours = PLANS["pawn"].analyse(outcomes["pawn"], x)
    least = len(x) // SLICES
    for place, y in enumerate(outcomes["pawn"]):
        theirs = pawn.analyze(problem, x, y, S=SLICES)
        for name in ("median", "mean", "maximum", "minimum"):
            apart = np.abs(ours[name][place] - np.asarray(theirs[name], dtype=float))
            assert (apart <= 1 / least / (SLICES if name == "mean" else 1)).all(), name


def test_every_method_that_salib_has_is_compared() -> None:
    own = {"regional", "latin", "sample", "one-at-a-time", "leave-one-out", "packages"}
    assert {*CASES, "pawn"} == set(PLANS) == set(sa.METHODS) - own - {"all-combinations"}
