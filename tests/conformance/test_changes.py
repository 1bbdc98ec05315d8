"""The thirteen changes files that came with World3-03, against changes made by hand."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
from tests.conformance.recorded import PLACE, PUBLISHED

FOLDER = PLACE / "models" / PUBLISHED / "WRLD3-03" if PLACE else Path()
pytestmark = pytest.mark.skipif(PLACE is None, reason="the models of other people are not here")
FILES = sorted(FOLDER.glob("*.CIN")) if PLACE else []


@cache
def world3() -> sd.Model:
    return sd.load(FOLDER / "wrld3-03.mdl")


def test_there_are_thirteen() -> None:
    assert len(FILES) == 13
    assert all(path.read_bytes().endswith(b"\x1a") for path in FILES)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_a_run_equals_one_changed_by_hand(path: Path) -> None:
    """What the file says is found here by a search of its text, not by the reader of such files."""
    text = " ".join(path.read_bytes().partition(b"\x1a")[0].decode("ascii").split())
    lookups = re.findall(r"\b([A-Za-z][\w ]*?) ?(\( ?(?:\([^()]*\),? ?)+\))", text)
    constants = re.findall(r"\b([A-Za-z][\w ]*?) ?= ?([-\d.eE]+)", text)
    assert len(lookups) + len(constants) == len(re.findall(r"\b[A-Za-z][\w ]{5,}", text)) > 0

    by_hand = world3()
    for name, points in lookups:
        by_hand = by_hand.replace(name, points)
    overrides = {name: float(value) for name, value in constants}
    how = {"method": "vensim", "engine": "reference"}
    wanted = by_hand.run(overrides, **how)
    found = world3().with_changes(path).run(**how)
    assert found.columns == wanted.columns
    np.testing.assert_allclose(found.table, wanted.table, rtol=1e-13)
    assert np.isfinite(found.values("population")).all()
    assert not np.array_equal(found.values("population"), world3().run(**how).values("population"))
