"""Runs written as `.dat`: as many points of each series as Vensim wrote of the same model."""

from __future__ import annotations

import warnings
from pathlib import Path

import pytest

import sdmodel as sd
from sdmodel.external.series import read_series, series_name
from tests.conformance.recorded import PLACE, cases

pytestmark = pytest.mark.skipif(PLACE is None, reason="the models of other people are not here")


def points(path: Path) -> dict[object, int]:
    return {series_name(one.name): len(one.points) for one in read_series(path)}


def test_what_has_one_point_and_what_has_all(tmp_path: Path) -> None:
    """Of constants and INITIAL(...) Vensim writes the first time only, of all else every time."""
    compared = 0
    for name, case in cases().items():
        if not (name.startswith("sde:") and name.endswith(".mdl")) or case.workbooks:
            continue
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", sd.NonFiniteWarning)
            run = sd.load(case.model, data=case.data).run(method="vensim", engine="reference")
        ours, theirs = points(run.save(tmp_path / "run.dat")), points(case.run)
        shared = ours.keys() & theirs.keys()
        assert {one: ours[one] == 1 for one in shared} == {
            one: theirs[one] == 1 for one in shared
        }, name
        compared += len(shared)
    assert compared > 1400
