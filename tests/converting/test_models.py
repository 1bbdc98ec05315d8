"""A model in another format is the same model."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["epidemic", "core"])
def test_there_and_back_nothing_changes(name: str, tmp_path: Path) -> None:
    first = ROOT / "models" / f"{name}.mdl"
    there = sd.convert(first, tmp_path / "there.xmile")
    back = sd.convert(there.path, tmp_path / "back.mdl")
    for done in (there, back):
        assert done.comparison is not None
        assert done.comparison.largest <= 1e-9
        assert done.notes == ()
    old, new = sd.load(first), sd.load(back.path)
    assert new.variables
    assert set(new.variables) == set(old.variables)
    assert new.units == {one: old.units[one] for one in new.units}
    clock = {"INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER"}
    said = [
        {one.name: one.comment for one in model.source.variables if one.name not in clock}
        for model in (old, new)
    ]
    assert said[0] == said[1]
    a, b = old.run(method="vensim"), new.run(method="vensim")
    for variable in old.columns:
        assert np.allclose(a.values(variable), b.values(variable), rtol=1e-9, atol=0)


def test_a_file_of_the_same_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(sd.SDError, match="copy the file"):
        sd.convert(ROOT / "models" / "epidemic.mdl", tmp_path / "again.mdl")
    assert not list(tmp_path.iterdir())
