"""V12: how often a scenario's effect has one sign, and that `sdmodel validate` finds the test."""

from __future__ import annotations

import tomllib
from importlib.metadata import EntryPoint
from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.validation import registry
from sensitivity.space import Space, factor
from sensitivity.validator import latin_hypercube, shape, validators

ROOT = Path(__file__).resolve().parents[2]
MODEL = """{{UTF-8}}
x = INTEG(gain*push + sure*drive, 1) ~ dmnl ~ |
gain = 0 ~ dmnl [-1,1] ~ |
sure = 1 ~ dmnl [0.5,1] ~ |
push = 0 ~ dmnl [0,1] ~ |
drive = 0 ~ dmnl [0,1] ~ |
INITIAL TIME = 0 ~ ~ |
FINAL TIME = 4 ~ ~ |
TIME STEP = 1 ~ ~ |
SAVEPER = 1 ~ ~ |
"""
SETTINGS = """
[uncertainties.gain]
[uncertainties.sure]
[outcomes.end]
of = "x"
[scenarios.pushed]
set = { push = 1 }
[scenarios.driven]
set = { drive = 1 }
"""


@pytest.fixture
def model(tmp_path: Path) -> sd.Model:
    path = tmp_path / "push.mdl"
    path.write_text(MODEL.format(), encoding="utf-8")
    path.with_suffix(".toml").write_text(SETTINGS, encoding="utf-8")
    return sd.load(path)


def test_signs_are_counted(model: sd.Model) -> None:
    result = sd.validate(model, only=["V12"], also=validators())["V12"]
    assert result.status == "finding"
    found = {row[0]: row for row in result.rows}
    assert found["driven"][2:] == (1.0, 0.0, 0.0, "robust")
    _, _, up, down, none, verdict = found["pushed"]
    # The gain is drawn evenly between -1 and 1, and below 0.0025 its effect is under a hundredth.
    assert up == pytest.approx(0.49875, abs=0.002)
    assert down == pytest.approx(0.49875, abs=0.002)
    assert up + down + none == 1
    assert verdict == "depends on what is drawn"
    assert result.figure == 1
    assert "half the step turns 0 signs" in result.text
    assert "in 100% of draws" in result.text


def test_a_coarse_step_turns_signs(tmp_path: Path) -> None:
    path = tmp_path / "stiff.mdl"
    # Euler's factor of a step is 1 - speed: 2.5 makes it -1.5, and half the step gives -0.25.
    text = MODEL.format().replace(
        "gain*push + sure*drive, 1", "-(2.5 + gain*0)*x + sure*0, push + 1"
    )
    path.write_text(text.replace("FINAL TIME = 4", "FINAL TIME = 3"), encoding="utf-8")
    path.with_suffix(".toml").write_text(SETTINGS, encoding="utf-8")
    result = sd.validate(sd.load(path), only=["V12"], also=validators())["V12"]
    assert "half the step turns 1000 signs" in result.text


def test_without_uncertainties_there_is_nothing_to_draw(tmp_path: Path) -> None:
    path = tmp_path / "push.mdl"
    path.write_text(MODEL.format(), encoding="utf-8")
    result = sd.validate(sd.load(path), only=["V12"], also=validators())["V12"]
    assert result.status == "not applicable"
    assert "no uncertainties and no scenarios and no outcomes" in result.text


def test_draws_follow_the_distribution() -> None:
    peaked = factor("peaked", 0.0, 1.0, default=0.5, distribution="triangular")
    drawn = latin_hypercube(Space([peaked]), 1000, seed=1)["peaked"].to_numpy()
    assert np.mean((drawn > 0.25) & (drawn < 0.75)) == pytest.approx(0.75, abs=0.002)


@pytest.mark.parametrize(
    ("course", "told"),
    [
        ([1, 2, 3], "up"),
        ([3, 3.001, 3], "flat"),
        ([0, 5, 1, 6], "up, down, up"),
        ([10, 9.99, 0], "down"),
        ([0, np.nan], "failed"),
    ],
)
def test_shapes(course: list[float], told: str) -> None:
    assert shape(np.array(course, dtype=float)) == told


def test_the_package_offers_it(model: sd.Model, monkeypatch: pytest.MonkeyPatch) -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    offered = project["entry-points"][registry.GROUP]
    points = [EntryPoint(name, value, registry.GROUP) for name, value in offered.items()]
    monkeypatch.setattr(registry, "entry_points", lambda group: points)
    assert sd.validate(model, only=["V12"])["V12"].status == "finding"
    broken = [EntryPoint("V12", "sensitivity.validator:nothing", registry.GROUP)]
    monkeypatch.setattr(registry, "entry_points", lambda group: broken)
    result = sd.validate(model, only=["V12"])["V12"]
    assert result.status == "not run"
    assert "sensitivity.validator:nothing did not load" in result.text
