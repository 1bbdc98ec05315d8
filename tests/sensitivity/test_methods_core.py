"""On an outcome of the core model too, indices are SALib's, and many times are as good as one."""

from __future__ import annotations

import json
import warnings
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from SALib.analyze import delta, fast, ff, hdmr, morris, rbd_fast, sobol

import sdmodel as sd
import sensitivity as sa
from sensitivity.analysis import plan_of
from sensitivity.methods.delta import classes_along

NAME = "relative knowledge"


@pytest.fixture(scope="module")
def core() -> sd.Model:
    return sd.load(Path(__file__).parents[2] / "models" / "core.mdl")


@pytest.fixture(scope="module")
def space(core) -> sa.Space:
    return sa.Space.from_settings(core, "levers")


def salibs(name: str, problem: dict, x: np.ndarray, y: np.ndarray) -> dict[str, np.ndarray]:
    """Return what SALib finds, by our names of the indices."""
    some = {"num_resamples": 30, "seed": 1}
    factors = problem["num_vars"]
    if name == "sobol":
        return sobol.analyze(problem, y, calc_second_order=False, **some)
    if name == "morris":
        return morris.analyze(problem, x, y, **some)
    if name == "fast":
        return fast.analyze(problem, y, **some)
    if name == "rbd-fast":
        return rbd_fast.analyze(problem, x, y, **some)
    if name == "hdmr":
        found = hdmr.analyze(problem, x, y / y.std(), K=1)
        share = (len(y) - 1) / len(y)
        return {
            "S1": found["S"][:factors] * share,
            "ST": np.array(found["ST"][:factors]) * share,
        }
    if name == "delta":
        edges = np.linspace(0, len(y), len(classes_along(x[:, 0])) + 1)
        return {"S1": [delta.sobol_first(y, x[:, place], edges) for place in range(factors)]}
    return {"effect": 2 * ff.analyze(problem, x, y)["ME"][:factors]}


@pytest.mark.parametrize(
    "method", ["sobol", "morris", "fast", "rbd-fast", "hdmr", "delta", "fractional-factorial"]
)
def test_indices_of_the_core_model_are_salibs(core, space, method, small) -> None:
    options = {"method": method, "samples": small[method], "resamples": 30}
    found = sa.sweep(core, space, NAME, **options)
    x, y = plan_of(found).design(), found["outcomes"].values[0]
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")  # SALib's remarks on its own methods
        theirs = salibs(method, space.problem(), x, y)
    compared = 0
    for index in found.data_vars:
        if index in theirs and found[index].dims == ("outcome", "factor"):
            expected = np.asarray(theirs[index], dtype=float)
            np.testing.assert_allclose(
                found[index].values[0], expected, rtol=1e-8, atol=1e-11, err_msg=index
            )
            compared += 1
    assert compared >= 1


def test_indices_at_all_times_are_those_of_each_time_alone(core, space) -> None:
    """A course of many times is one analysis of many outcomes."""
    plan = sa.Plan("sobol", samples=64, factors=len(space), resamples=30)
    design = space.scale(plan.design())
    batch = core.run_many(pd.DataFrame(design, columns=list(space.names)), outputs=[NAME])
    course = np.asarray(batch.values[0], dtype=float)[1:]
    together = plan.analyse(course, None)
    for place in (0, len(course) // 2, len(course) - 1):
        alone = plan.analyse(course[place : place + 1], None)
        for index, values in alone.items():
            np.testing.assert_allclose(together[index][place], values[0], rtol=1e-9, atol=1e-12)
    stored = sa.sweep(core, space, NAME, samples=64, resamples=30)
    np.testing.assert_allclose(stored["ST"].values[0], together["ST"][-1], rtol=1e-9)
    assert json.loads(stored.attrs["plan"])["samples"] == 64
