"""Published models in JavaScript: every saved value is the compiled engine's."""

from __future__ import annotations

import os
import warnings
from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.errors import SDError
from tests.javascript.running import assert_equal, runs_in_node

PLACE = os.environ.get("SDMODEL_CONFORMANCE")
MODELS = Path(PLACE or ".") / "models"
WORLD3 = "bpowers+simlin/test/metasd/WRLD3-03/wrld3-03.mdl"
SUFFIXES = {".mdl", ".xmile", ".stmx"}
# A matrix times its inverse: beside the diagonal there is nothing but rounding.
ROUNDING = {"invertmatrix": {"product[s1,s2]", "product[s2,s1]"}}
needs_models = pytest.mark.skipif(
    PLACE is None, reason="SDMODEL_CONFORMANCE does not lead to the published models"
)


def assert_same(path: Path) -> int:
    """Return how many columns were compared; of a model that we refuse too, none."""
    try:
        model = sd.load(path)
        with warnings.catch_warnings():
            warnings.simplefilter("ignore")
            want = model.run(method="vensim")
    except SDError:
        return 0
    (found,) = runs_in_node(model.program, [{}])
    assert not found.error
    np.testing.assert_array_equal(found.times, want.times)
    assert found.columns == want.columns
    loose = ROUNDING.get(path.stem, set())
    kept = [i for i, name in enumerate(want.columns) if name not in loose]
    assert_equal(found.table[:, kept], want.table[:, kept], [want.columns[i] for i in kept])
    return len(kept)


@needs_models
def test_world3() -> None:
    assert assert_same(MODELS / WORLD3) == 260


@needs_models
@pytest.mark.slow
def test_all_of_them() -> None:
    paths = sorted(path for path in MODELS.rglob("*") if path.suffix in SUFFIXES)
    compared = [assert_same(path) for path in paths]
    print(f"{np.count_nonzero(compared)} of {len(paths)} models, {sum(compared)} columns")
    assert np.count_nonzero(compared) >= 250
