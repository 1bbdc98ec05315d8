"""The JavaScript of a model equals the compiled engine, every saved value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.errors import OverrideError
from sdmodel.overrides import check_values
from tests.javascript.running import assert_equal, runs_in_node

MODELS = Path(__file__).resolve().parents[2] / "models"


@pytest.mark.parametrize("name", ["core", "epidemic", "industrial_upgrading"])
def test_our_models(name: str) -> None:
    model = sd.load(MODELS / f"{name}.mdl")
    want = model.run(method="vensim")
    (found,) = runs_in_node(model.program, [{}])
    assert found.columns == want.columns
    np.testing.assert_array_equal(found.times, want.times)
    assert_equal(found.table, want.table, want.columns)
    assert found.problem is None
    assert found.kernel["constants"] == model.constants
    assert found.kernel["time"]["method"] == want.method


def allowed(model: sd.Model, name: str, value: float) -> bool:
    """Whether a value lies within the range that the file gives for a constant."""
    try:
        return bool(check_values(model.source, model.program, {name: value}))
    except OverrideError:
        return False


@pytest.mark.parametrize("name", ["core", "epidemic", "industrial_upgrading"])
def test_our_models_with_other_constants(name: str) -> None:
    model = sd.load(MODELS / f"{name}.mdl")
    draw = np.random.default_rng(7)
    names = [one for one in model.constants if not one.endswith(("TIME", "TIME STEP", "SAVEPER"))]
    changes = [
        {one: model.constants[one] * draw.uniform(0.95, 1.05) for one in draw.choice(names, 9)}
        for _ in range(3)
    ]
    changes = [{k: v for k, v in one.items() if allowed(model, k, v)} for one in changes]
    assert all(changes)
    for found, given in zip(runs_in_node(model.program, changes), changes, strict=True):
        want = model.run(given, method="vensim")
        assert_equal(found.table, want.table, want.columns)
