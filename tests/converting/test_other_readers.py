"""What is written is read by others too: pysimlin runs it as sdmodel does."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.names import element_key

ROOT = Path(__file__).resolve().parents[2]
needs_pysimlin = pytest.mark.skipif(
    importlib.util.find_spec("simlin") is None, reason="pysimlin has no wheel for this platform"
)


@needs_pysimlin
@pytest.mark.parametrize("name", ["core", "epidemic"])
def test_pysimlin_agrees_in_every_variable(name: str, tmp_path: Path) -> None:
    from sdmodel.secondopinion.simlin import table_of_file

    model = sd.load(ROOT / "models" / f"{name}.mdl")
    done = sd.convert(model, tmp_path / "m.xmile")
    table = table_of_file(done.path)
    columns = {element_key(column): column for column in table.columns}
    run = model.run(method="vensim")
    times = np.searchsorted(table.index.to_numpy(), run.times - 1e-9)
    compared = 0
    for column in run.columns:
        if element_key(column) in columns:
            other = table[columns[element_key(column)]].to_numpy()[times]
            assert np.allclose(run.values(column), other, rtol=1e-9, atol=1e-12), column
            compared += 1
    assert compared >= len(run.columns) - 4  # but the clock


@needs_pysimlin
def test_pysimlin_draws_the_sketch(tmp_path: Path) -> None:
    import simlin

    done = sd.convert(ROOT / "models" / "core.mdl", tmp_path / "m.xmile")
    project = simlin.load(done.path).project
    assert project is not None
    drawn = project.render_svg_string()
    for name in ("Foreign frontier", "Diaspora"):
        assert name.split()[0] in drawn
    # Every variable but the lookups' is drawn once; the rest are aliases.
    for kind in ("stock", "flow"):
        assert done.text.count(f"<{kind} x=") == done.text.count(f"<{kind} name=") > 0
