"""Three readers of the same file, ours, PySD and pysimlin, give the same numbers everywhere."""

from __future__ import annotations

import importlib.util
import shutil
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest

import sdmodel as sd

PATH = Path(__file__).parents[2] / "models" / "core.mdl"
CONTROL = {"FINAL TIME", "INITIAL TIME", "SAVEPER", "TIME STEP"}
COLUMNS, TIMES = 65, 61

needs_pysimlin = pytest.mark.skipif(
    importlib.util.find_spec("simlin") is None, reason="pysimlin has no wheel for this platform"
)


@pytest.fixture(scope="module")
def model() -> sd.Model:
    return sd.load(PATH)


@pytest.fixture(scope="module")
def scenarios(model: sd.Model) -> dict[str, dict[str, float]]:
    """Return the base run and two scenarios that exercise the labs and the closed economy."""
    chosen = ("autarky", "labs_with_policy")
    return {"base": {}} | {name: model.settings.scenarios[name].values for name in chosen}


def worst(ours: sd.Run, theirs: pd.DataFrame, names: list[str]) -> tuple[float, int]:
    """Return the worst difference as a multiple of the tolerance, and how many points it covers."""
    largest, points = 0.0, 0
    for name in names:
        a, b = ours.values(name), theirs[name].to_numpy(dtype=float)
        assert a.shape == b.shape == (TIMES,), name
        peak = max(np.abs(a).max(), np.abs(b).max())
        allowed = 1e-6 * np.maximum(np.abs(a), np.abs(b)) + 1e-9 * peak
        difference = np.abs(a - b)
        assert np.isfinite(difference).all(), name
        ratio = np.divide(difference, allowed, out=np.zeros(TIMES), where=difference > 0)
        largest, points = max(largest, float(ratio.max())), points + TIMES
    return largest, points


def all_names(model: sd.Model) -> list[str]:
    return [name for name in model.variables if name not in CONTROL]


# PySD 3.14 uses pandas and chardet in ways whose end they announce.
@pytest.mark.filterwarnings("ignore::DeprecationWarning", "ignore::FutureWarning")
def test_pysd_agrees_in_every_variable(
    model: sd.Model, scenarios: dict[str, dict[str, float]], tmp_path: Path
) -> None:
    import pysd

    # PySD writes its translation beside the model.
    theirs = pysd.read_vensim(str(shutil.copy(PATH, tmp_path)))
    names = all_names(model)
    assert len(names) == COLUMNS
    for scenario, values in scenarios.items():
        # Each run starts from the file's own values: PySD keeps what it was last given.
        table = theirs.run(params=model.constants | values, return_columns=names)
        ours = model.run(values, method="euler")
        difference, points = worst(ours, table, names)
        assert points == COLUMNS * TIMES, scenario
        assert difference <= 1, scenario


@needs_pysimlin
def test_pysimlin_agrees_in_every_variable(
    model: sd.Model, scenarios: dict[str, dict[str, float]]
) -> None:
    import simlin

    def theirs(name: str) -> str:
        return name.casefold().replace(" ", "_")

    other = simlin.load(PATH)
    other.project.set_sim_specs(sim_method="euler")
    names = all_names(model)
    assert len(names) == COLUMNS
    for scenario, values in scenarios.items():
        overrides = {theirs(name): float(value) for name, value in values.items()}
        found = other.run(overrides=overrides, analyze_loops=False).results
        table = found.rename(columns={theirs(name): name for name in names})
        ours = model.run(values, method="euler")
        difference, points = worst(ours, table, names)
        assert points == COLUMNS * TIMES, scenario
        assert difference <= 1, scenario


@needs_pysimlin
def test_pysimlin_finds_no_fault_with_the_units() -> None:
    import simlin

    assert simlin.load(PATH).check() == ()


@needs_pysimlin
@pytest.mark.parametrize(
    ("right", "wrong"),
    [
        (
            "Domestic knowledge*forgetting rate\n\t~\tkn/Year",
            "Domestic knowledge*forgetting rate\n\t~\tkn",
        ),
        ("TNC lab people/career length", "TNC lab people*career length"),
        ("-LN(MIN(1, relative knowledge/", "-LN(MIN(1, Domestic knowledge/"),
    ],
)
def test_the_unit_check_is_awake(tmp_path: Path, right: str, wrong: str) -> None:
    import simlin

    text = PATH.read_text(encoding="utf-8")
    assert text.count(right) == 1
    broken = tmp_path / "broken.mdl"
    broken.write_text(text.replace(right, wrong), encoding="utf-8")
    issues: tuple[Any, ...] = simlin.load(broken).check()
    assert any("unit" in issue.message for issue in issues)
