"""pysimlin, an engine of its own, gives the same numbers for the macro model in every variable."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import sdmodel as sd

pytestmark = pytest.mark.slow

PATH = Path(__file__).resolve().parents[2] / "models" / "industrial_upgrading.mdl"


@pytest.mark.skipif(
    importlib.util.find_spec("simlin") is None, reason="pysimlin has no wheel for this platform"
)
def test_pysimlin_agrees_in_every_variable() -> None:
    """By Euler at the same step; PySD needs minutes here: `sdmodel crosscheck` asks it too."""
    found = sd.load(PATH).crosscheck(without=["PySD"], limit=300)
    assert not found.differences, found.differences[:3]
    assert found.compared > 1000
    assert found.ran == ("compiled", "reference", "pysimlin")
