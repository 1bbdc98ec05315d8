"""What docs/outcomes.md says can be written so, and all reducers stand in it."""

from __future__ import annotations

import re
import shutil
from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
import sensitivity as sa
from sensitivity.measures import Measures

ROOT = Path(__file__).resolve().parents[2]
TEXT = (ROOT / "docs" / "outcomes.md").read_text(encoding="utf-8")


def blocks(language: str) -> list[str]:
    return re.findall(rf"```{language}\n(.*?)```", TEXT, re.DOTALL)


@pytest.fixture
def model(tmp_path: Path) -> sd.Model:
    """Return the core model with the outcomes of the docs in its file."""
    shutil.copy(ROOT / "models" / "core.mdl", tmp_path)
    own = (ROOT / "models" / "core.toml").read_text(encoding="utf-8")
    never = re.findall(r"`(never_negative = .*?)`", TEXT)
    assert len(never) == 1
    (tmp_path / "core.toml").write_text("\n".join([*never, own, *blocks("toml")]), encoding="utf-8")
    return sd.load(tmp_path / "core.mdl")


def test_the_file_of_the_docs(model: sd.Model) -> None:
    named = re.findall(r'^\[outcomes\."(.*?)"\]', "\n".join(blocks("toml")), re.MULTILINE)
    measures = Measures(model, named)
    assert list(measures.arms) == ["", "autarky", "passive_openness"]
    assert list(measures.references) == [""]
    assert measures.limits == {"Local skilled people": (0.0, None)}
    space = sa.Space.from_settings(model, "levers")
    found = sa.sweep(model, space, named, samples=8, resamples=0)
    assert np.isfinite(found["outcomes"].values).all()
    values = dict(zip(named, found["outcomes"].values, strict=True))
    in_arm = sa.sweep(
        model, space, "relative knowledge @ passive_openness", samples=8, resamples=0
    )["outcomes"].values[0]
    gain = in_arm / values["knowledge without networks"] - 1
    np.testing.assert_array_equal(values["gain from openness"], gain)


def test_the_python_of_the_docs(monkeypatch: pytest.MonkeyPatch) -> None:
    (code,) = blocks("python")
    monkeypatch.chdir(ROOT)
    known: dict[str, object] = {}
    exec(code, known)
    sweep = known["sweep"]
    assert list(sweep["outcome"].values) == [
        "area of relative knowledge below passive_openness",
        "gain from schools",
        "relative knowledge @ autarky",
    ]
    assert "arm 'schools' sets education effort" in sweep.attrs["arms_told"]


def test_every_reducer_is_in_the_table() -> None:
    table = "\n".join(line for line in TEXT.splitlines() if line.startswith("|"))
    assert set(sd.reducers()) <= set(re.findall(r"`(\w+)`", table))


def test_every_function_named_there_is() -> None:
    named = set(re.findall(r"sa\.(\w+)", TEXT))
    assert len(named) > 5
    assert named <= set(sa.__all__)
