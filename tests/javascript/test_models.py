"""The JavaScript of a model equals the compiled engine, every saved value."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
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
