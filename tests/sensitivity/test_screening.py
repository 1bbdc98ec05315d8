"""Screening: when it is needed, which factors it keeps, and what it says of the rest."""

from __future__ import annotations

import math

import numpy as np
import pytest

import sensitivity as sa
from sensitivity.screening import Screening, only, share_of_variance, strongest, too_dear

# A sum of independent factors: each one's effect is its weight, its variance weight^2 / 12.
WEIGHTS = {f"factor {place}": 0.8**place for place in range(20)} | {"idle": 0.0}


@pytest.fixture
def linear(fake):
    """Return a weighted sum as a model, and its space, in an order that says nothing."""

    def compute(columns):
        return {"sum": sum(weight * columns[name] for name, weight in WEIGHTS.items())}

    names = sorted(WEIGHTS, reverse=True)
    model = fake(compute, dict.fromkeys(names, 0.5), {"sum": "kn", **dict.fromkeys(names, "")})
    return model, sa.Space([], [sa.factor(name, 0, 1) for name in names])


def test_it_is_needed_by_the_number_of_runs() -> None:
    for factors in (1, 26, 46, 47, 310):
        for samples in (128, 2048):
            runs = samples * (factors + 2)
            assert too_dear(factors, samples) == (runs > 100_000)
            assert too_dear(factors, samples, most=runs) is False
            assert too_dear(factors, samples, most=runs - 1) is True


def test_the_strongest_are_kept_in_order(linear) -> None:
    model, space = linear
    screened = sa.sweep(model, space, "sum", method="morris", samples=4)
    for most in (1, 5, 20):
        assert strongest(screened, most) == tuple(list(WEIGHTS)[:most])
    assert strongest(screened, 99) == tuple(list(WEIGHTS)[:20])  # the idle one is left out


def test_factors_that_are_left_out_keep_their_default(linear) -> None:
    model, space = linear
    part = only(space, ("factor 3", "factor 0"))
    assert set(part.names) == {"factor 0", "factor 3"}
    swept = sa.sweep(model, part, "sum", samples=64)
    rest = 0.5 * sum(w for name, w in WEIGHTS.items() if name not in part.names)
    varied = swept["design"].values @ [WEIGHTS[name] for name in part.names]
    np.testing.assert_allclose(swept["outcomes"].values[0], varied + rest, rtol=1e-12)


def test_what_is_kept_is_told_as_shares(linear) -> None:
    model, space = linear
    screened = sa.sweep(model, space, "sum", method="morris", samples=4)
    kept = strongest(screened, 5)
    swept = sa.sweep(model, only(space, kept), "sum", samples=512)
    share = share_of_variance(model, space, swept, samples=2048, seed=1)
    weights = np.array(list(WEIGHTS.values()))
    assert share == pytest.approx((weights[:5] ** 2).sum() / (weights**2).sum(), rel=0.03)
    screening = Screening(screened, kept, share)
    assert screening.effects == pytest.approx(weights[:5].sum() / weights.sum(), rel=1e-9)
    assert f"{share:.0%}" in screening.coverage
    assert f"{screening.effects:.0%}" in screening.coverage
    assert "variance" not in Screening(screened, kept, math.nan).coverage


def test_an_outcome_that_nothing_moves_is_refused(linear) -> None:
    model, space = linear
    with pytest.warns(sa.SweepWarning, match="nothing can be ranked"):
        screened = sa.sweep(model, only(space, ("idle",)), "sum", method="morris", samples=4)
    with pytest.raises(sa.AnalysisError, match="'final sum' tells no factors apart: it is"):
        strongest(screened)
