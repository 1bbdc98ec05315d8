from __future__ import annotations

import re

import numpy as np
import pytest

import sensitivity as sa


@pytest.mark.parametrize("name", sorted(sa.METHODS))
@pytest.mark.parametrize("factors", [2, 7])
def test_every_row_keeps_its_promises(name, factors) -> None:
    """Cost, block, range, index names and the rows for fans are what the design really has."""
    samples = 128
    plan = sa.Plan(name, samples=samples, factors=factors, resamples=10)
    design = plan.design()
    assert design.shape == (plan.runs, factors)
    assert design.min() >= 0
    assert design.max() <= 1
    assert plan.runs % plan.block == 0
    spread = plan.row.spread(plan)
    assert len(np.unique(spread)) == len(spread)
    assert spread.max() < plan.runs
    outcomes = np.stack([design.sum(axis=1), design[:, 0] ** 2])
    found = plan.analyse(outcomes, design if plan.row.wants_x else None)
    assert {index.removesuffix("_conf") for index in found} == set(plan.row.indices)
    assert all(values.shape == (2, factors) for values in found.values())
    assert set(plan.row.indices) <= set(plan.row.meanings)
    strongest = np.abs(found[plan.row.ranks_by][1]).argmax()
    assert strongest == 0


def test_costs() -> None:
    assert sa.Plan("sobol", samples=1024, factors=8).runs == 10_240
    assert sa.Plan("sobol", samples=1024, factors=8, second_order=True).runs == 18_432
    assert sa.Plan("morris", samples=10, factors=8).runs == 90
    assert sa.Plan("fast", samples=100, factors=8).runs == 800


def test_the_spread_of_sobol_is_its_independent_points() -> None:
    plan = sa.Plan("sobol", samples=8, factors=3)
    base = plan.design()[plan.row.spread(plan)]
    assert len(base) == 16
    # Scrambled Sobol points of one sequence are all distinct, crossings repeat coordinates.
    assert all(len(np.unique(column)) == 16 for column in base.T)


@pytest.mark.parametrize(
    ("options", "message"),
    [
        (
            {"method": "sobl"},
            "no method named 'sobl'; did you mean 'sobol'? Choose from: sobol, morris, fast",
        ),
        (
            {"samples": 1000},
            "method sobol needs samples that are a power of 2, not 1000: use 512 (2,560 runs) or "
            "1024 (5,120 runs)",
        ),
        ({"samples": 0}, "power of 2, not 0: use 4 (20 runs)"),
        ({"samples": -3}, "power of 2, not -3: use 4 (20 runs)"),
        (
            {"method": "morris", "samples": 2},
            "method morris needs at least 4 trajectories, not 2: use 10 to 100 (40 to 400 runs)",
        ),
        (
            {"method": "fast", "samples": 64},
            "method fast needs at least 65 samples per factor, not 64: use 257 or more (771 runs)",
        ),
        (
            {"method": "fast", "samples": 65, "factors": 1},
            "method fast needs at least 2 factors: use sobol for a single one",
        ),
        (
            {"method": "morris", "second_order": True},
            "method morris has no second-order indices: use sobol for them",
        ),
        ({"factors": 0}, "there is nothing to vary: the space has no factors"),
        ({"seed": -1}, "seed is -1: give a whole number from 0 on, so it can be repeated"),
        ({"seed": None}, "seed is None: give a whole number from 0 on"),
        ({"seed": True}, "seed is True: give a whole number from 0 on"),
        ({"seed": 2**32}, "seed is 4294967296: give one below 4294967296"),
        ({"confidence": 95.0}, "confidence is 95: give a share between 0 and 1, such as 0.95"),
        (
            {"resamples": 1},
            "resamples is 1: give 2 or more (200 is usual), or 0 for no intervals",
        ),
    ],
)
def test_plans_that_do_not_fit(options, message) -> None:
    with pytest.raises(sa.MethodError, match=re.escape(message)):
        sa.Plan(**{"method": "sobol", "samples": 128, "factors": 3, **options})


def test_morris_without_its_design() -> None:
    plan = sa.Plan("morris", samples=10, factors=2)
    with pytest.raises(sa.MethodError, match="method morris needs the design as well as the outc"):
        plan.analyse(np.zeros((1, 30)), None)
