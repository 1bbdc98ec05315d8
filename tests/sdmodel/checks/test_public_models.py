"""What the ordinary checks say of models of others, looked at one by one: little, and apt."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

import sdmodel as sd
from sdmodel.checks.registry import PROFILES
from sdmodel.checks.rules import Rules

ROOT = Path(__file__).resolve().parents[3]
SHARED = Path(os.environ.get("SDMODEL_CONFORMANCE") or ROOT.parent / "shared" / "conformance")
OURS = [ROOT / "models" / f"{name}.mdl" for name in ("core", "epidemic")]
# World3 reads three curves beyond their ends, adds a bare 1 to what is in 1/year three times, and
# its fastest smooth lasts little over one step. The others test the language: with delays as short
# as a step, a stock that stands still, and constants that nothing uses (SD101, left out below).
TOLD = {
    "bpowers+simlin/test/metasd/WRLD3-03/wrld3-03.mdl": ["SD303"] * 3 + ["SD403"] + ["SD501"] * 3,
    "SDXorg+test-models/samples/teacup/teacup.mdl": [],
    "SDXorg+test-models/samples/SIR/SIR.mdl": [],
    "SDXorg+test-models/samples/simple_harmonic_oscillator/simple_harmonic_oscillator.mdl": [],
    "SDXorg+test-models/tests/delays/test_delays.mdl": ["SD403"],
    "SDXorg+test-models/tests/delay_pipeline/test_pipeline_delays.mdl": ["SD403", "SD404"],
    "SDXorg+test-models/tests/arithmetics_exp/test_arithmetics_exp.mdl": ["SD203", "SD203"],
    "SDXorg+test-models/tests/if_stmt/if_stmt.mdl": [],
    "SDXorg+test-models/tests/smooth_and_stock/test_smooth_and_stock.mdl": ["SD103", "SD303"],
    "SDXorg+test-models/tests/subscript_mixed_assembly/test_subscript_mixed_assembly.mdl": [],
}


def warnings(path: Path) -> list[str]:
    return sorted(one.code for one in sd.check(path) if one.severity != "style")


@pytest.mark.skipif(not (SHARED / "models").is_dir(), reason="the public models are not here")
@pytest.mark.parametrize("name", TOLD)
def test_little_is_told_of_models_of_others(name: str) -> None:
    told = [code for code in warnings(SHARED / "models" / name) if code != "SD101"]
    assert told == TOLD[name]


@pytest.mark.parametrize("path", OURS, ids=lambda path: path.stem)
def test_nothing_is_told_of_our_own(path: Path) -> None:
    assert sd.check(path) == []


@pytest.mark.parametrize("profile", PROFILES)
def test_each_profile_can_be_carried_out(profile: str) -> None:
    found = sd.check(OURS[0], Rules(profile=profile))
    assert all(one.severity != "error" for one in found)
    assert all(one.problem.line and one.problem.cure for one in found)
