"""Several engines, one model: whoever differs is named, and nobody is silent."""

from __future__ import annotations

import importlib.util
import json
import os
import sys
import tempfile
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import sdmodel as sd
from sdmodel.cli import main
from sdmodel.secondopinion import copies
from sdmodel.secondopinion.compare import compare_values

pytestmark = pytest.mark.slow

needs_pysimlin = pytest.mark.skipif(
    importlib.util.find_spec("simlin") is None, reason="pysimlin is not installed"
)
Limited = Callable[[float], AbstractContextManager[None]]
TIMES = np.arange(3.0)
ARRAYS = """
A: a1, a2 ~ ~ |
B: b1, b2 ~ ~ |
start[A,B] = 1, 2; 3, 4; ~ ~ |
S[A,B] = INTEG(start[A,B]*0.1, start[A,B]) ~ ~ |
total[A] = SUM(S[A,B!]) ~ ~ |
"""
# PySD keeps a first state that is written as a whole number as one, and so cuts the first input.
DEVIATION = "x = 2*Time\nsmoothed = SMOOTHI(1.5 + Time, 3, 1)"


@pytest.fixture
def lay(tmp_path: Path, mdl: Callable[..., str]) -> Callable[..., Path]:
    """Return a function that writes a model."""

    def write(equations: str, name: str = "model.mdl") -> Path:
        path = tmp_path / name
        path.write_text(mdl(equations), encoding="utf-8")
        return path

    return write


@pytest.fixture
def without_simlin(monkeypatch: pytest.MonkeyPatch) -> None:
    """Make pysimlin look as if it were not installed."""
    monkeypatch.setitem(sys.modules, "simlin", None)


@pytest.mark.usefixtures("without_simlin")
def test_all_agree_element_by_element(lay: Callable[..., Path]) -> None:
    found = sd.load(lay(ARRAYS)).crosscheck()
    assert found.ok
    assert found.ran == ("compiled", "reference", "PySD")
    assert (found.compared, found.times) == (10, 5)
    assert found.missing == {}
    assert found.verdict == "compiled, reference, PySD agree in all 10 variables at 5 times"
    assert found.failed == {"pysimlin": "pysimlin is not installed: pip install 'sdmodel[vdf]'"}


@needs_pysimlin
def test_pysd_stands_alone_in_its_known_deviation(lay: Callable[..., Path]) -> None:
    found = sd.load(lay(DEVIATION)).crosscheck()
    assert found.ran == ("compiled", "reference", "PySD", "pysimlin")
    (one,) = found.differences
    assert (one.name, one.alone, one.time) == ("smoothed", "PySD", 1.0)
    assert one.values["compiled"] == one.values["pysimlin"] == pytest.approx(1 + 0.5 / 3)
    assert one.values["PySD"] == 1.0
    assert one.relative == pytest.approx(1 - 1 / (1 + 0.5 / 3))
    assert found.alone == {"PySD": 1}
    assert found.verdict == "PySD stands alone in 1 of 2 variables"
    assert "smoothed at 1: compiled 1.16666667" in str(found)
    assert "PySD stands alone" in str(one)


@pytest.mark.usefixtures("without_simlin")
def test_of_two_voices_none_stands_alone(lay: Callable[..., Path]) -> None:
    found = sd.load(lay(DEVIATION)).crosscheck()
    assert [one.alone for one in found.differences] == [""]
    assert found.verdict == "the engines differ in 1 of 2 variables, and none stands alone"


@pytest.mark.usefixtures("without_simlin")
def test_an_engine_that_cannot_read_a_model_says_why_in_one_line(lay: Callable[..., Path]) -> None:
    found = sd.load(lay("x = GAMMA LN(3 + Time)")).crosscheck()
    assert found.ran == ("compiled", "reference")
    assert found.failed["PySD"].startswith("PySD cannot run: ")
    assert "\n" not in found.failed["PySD"]
    assert found.ok
    assert found.verdict == "no second opinion: only compiled and reference ran the model"
    assert "PySD did not run" in str(found)


def test_the_same_of_xmile(tmp_path: Path) -> None:
    text = """<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
    <sim_specs method="rk4"><start>0</start><stop>4</stop><dt>0.5</dt></sim_specs><model><variables>
    <stock name="level"><eqn>10</eqn><outflow>leak</outflow></stock>
    <flow name="leak"><eqn>level/4</eqn></flow></variables></model></xmile>"""
    path = tmp_path / "tank.xmile"
    path.write_text(text, encoding="utf-8")
    done = CliRunner().invoke(main, ["crosscheck", str(path), "--json"])
    assert list(tmp_path.iterdir()) == [path]
    answer = json.loads(done.output)
    assert done.exit_code == 0
    assert answer["ok"]
    assert "PySD" in answer["ran"]
    assert answer["compared"] == 2


def test_data_of_the_folder_is_found_by_all(lay: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "inner").mkdir()
    (tmp_path / "inner" / "numbers.csv").write_text("rate,0.25\n", encoding="utf-8")
    path = lay("rate = GET DIRECT CONSTANTS('inner/numbers.csv', ',', 'B1')\nx = rate*Time")
    found = sd.load(path).crosscheck()
    assert found.ok
    assert "PySD" in found.ran
    assert found.compared == 2
    assert sorted(one.name for one in tmp_path.iterdir()) == ["inner", "model.mdl"]


def test_too_much_to_copy_is_refused(
    lay: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "numbers.csv").write_text("rate,0.25\n", encoding="utf-8")
    monkeypatch.setattr(copies, "MOST_FILES", 0)
    model = sd.load(lay("rate = GET DIRECT CONSTANTS('numbers.csv', ',', 'B1')"))
    assert "too much to copy" in model.crosscheck().failed["PySD"]


@pytest.mark.usefixtures("without_simlin")
def test_series_come_from_the_files_given(lay: Callable[..., Path], tmp_path: Path) -> None:
    path = lay("seen ~ ~ |\ntwice = 2*seen ~ ~ |")
    table = tmp_path / "series.tab"
    table.write_text("Time\tseen\n0\t1\n4\t9\n", encoding="utf-8")
    done = CliRunner().invoke(main, ["run", str(path), "--data", str(table), "--of", "twice"])
    assert done.exit_code == 0
    assert "18" in done.output
    for verb in ("check", "show", "crosscheck"):
        assert CliRunner().invoke(main, [verb, str(path), "--data", str(table)]).exit_code == 0
    assert CliRunner().invoke(main, ["check", str(path)]).exit_code == 1


def test_a_folder_is_read_only_if_allowed(lay: Callable[..., Path], tmp_path: Path) -> None:
    (tmp_path / "models").mkdir()
    (tmp_path / "shared").mkdir()
    (tmp_path / "shared" / "numbers.csv").write_text("rate,0.25\n", encoding="utf-8")
    path = lay("rate = GET DIRECT CONSTANTS('../shared/numbers.csv', ',', 'B1')", "models/m.mdl")
    refused = CliRunner().invoke(main, ["check", str(path)])
    assert refused.exit_code == 1
    assert "outside of the model's folder" in refused.output
    allowed = CliRunner().invoke(main, ["check", str(path), "--allow", str(tmp_path / "shared")])
    assert allowed.exit_code == 0, allowed.output


@pytest.mark.usefixtures("without_simlin")
def test_the_command_names_the_variable_and_exits_with_one(lay: Callable[..., Path]) -> None:
    done = CliRunner().invoke(main, ["crosscheck", str(lay(DEVIATION))])
    assert done.exit_code == 1
    assert "smoothed" in done.output
    assert "1.16666667" in done.output
    assert "pysimlin: did not run: pysimlin is not installed" in done.output


def test_an_engine_can_be_left_out(lay: Callable[..., Path]) -> None:
    left_out = ["--without", "pysd", "--without", "pysimlin"]
    done = CliRunner().invoke(main, ["crosscheck", str(lay(DEVIATION)), *left_out])
    assert done.exit_code == 0
    assert "PySD: did not run: left out" in done.output
    assert "no second opinion" in done.output


def test_pysd_takes_elements_of_a_constant(lay: Callable[..., Path]) -> None:
    model = sd.load(lay(ARRAYS))
    changed = {"start[a1,b2]": 7.0}
    theirs = model.run(changed, engine="pysd")
    ours = model.run(changed, method="euler")
    assert theirs["S"].shape == (5, 2, 2)
    np.testing.assert_allclose(theirs.values("S"), ours.values("S"))
    assert theirs.values("S")[0, 0, 1] == 7.0


def test_within_the_tolerance_nothing_differs() -> None:
    a = np.array([1.0, 0.0, 1e3])
    near = a * (1 + 0.9e-6) + 1e-9
    assert compare_values("x", TIMES, {"a": a, "b": near}) is None
    found = compare_values("x", TIMES, {"a": a, "b": a + np.array([0.0, 1e-5, 0.0])})
    assert found is not None
    assert (found.time, found.relative, found.alone) == (1.0, 1.0, "")


def test_a_missing_number_differs_from_a_number_and_equals_vensims_na() -> None:
    hole = np.array([1.0, np.nan, 2.0])
    na = np.where(np.isnan(hole), -(2.0**109), hole)
    assert compare_values("x", TIMES, {"a": hole, "b": na}) is None
    found = compare_values("x", TIMES, {"a": hole, "b": np.array([1.0, 5.0, 2.0])})
    assert found is not None
    assert found.relative == np.inf
    assert found.time == 1.0


def test_one_of_our_own_kernels_can_stand_alone() -> None:
    one, two = np.ones(3), np.full(3, 2.0)
    found = compare_values("x", TIMES, {"compiled": two, "reference": one, "PySD": one})
    assert found is not None
    assert found.alone == "compiled"
    both = compare_values(
        "x", TIMES, {"compiled": two, "reference": two, "PySD": one, "pysimlin": one}
    )
    assert both is not None
    assert both.alone == "sdmodel"


@pytest.mark.usefixtures("without_simlin")
def test_an_engine_that_takes_too_long_is_stopped(
    tmp_path: Path,
    lay: Callable[..., Path],
    limited: Callable[[float], AbstractContextManager[None]],
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    never = tmp_path / "never"  # how fast PySD is where this runs must not decide
    never.write_text(f"#!/bin/sh\necho $$ > '{tmp_path}/pid'\nexec sleep 1000\n", encoding="utf-8")
    never.chmod(0o700)
    monkeypatch.setattr(sys, "executable", str(never))
    # A folder of this test's own: others may be making copies at the same time.
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    with limited(100):
        found = sd.load(lay(ARRAYS)).crosscheck(limit=3)
    assert found.failed["PySD"] == (
        "PySD took longer than 3 s and was stopped: --limit, or limit=, gives it more time"
    )
    assert found.ran == ("compiled", "reference")
    assert found.ok
    assert found.compared > 0
    assert "PySD did not run: PySD took longer than 3 s" in str(found)
    assert list(tmp_path.glob("sdmodel-copy-*")) == []
    with pytest.raises(ProcessLookupError):
        os.kill(int((tmp_path / "pid").read_text()), 0)


def test_the_limit_of_the_command(lay: Callable[..., Path]) -> None:
    words = ["crosscheck", str(lay(ARRAYS)), "--without", "pysimlin", "--limit"]
    stopped = CliRunner().invoke(main, [*words, "0.01"])
    assert stopped.exit_code == 0
    assert "PySD: did not run: PySD took longer than 0.01 s and was stopped" in stopped.output
    assert CliRunner().invoke(main, [*words, "0"]).exit_code == 2
    with pytest.raises(sd.OverrideError, match="the time limit is 0 s: it must be above zero"):
        sd.load(lay(ARRAYS)).crosscheck(limit=0)


def test_an_engine_that_breaks_off_says_so(
    lay: Callable[..., Path], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "executable", "/bin/false")
    found = sd.load(lay(ARRAYS)).crosscheck(["pysimlin"])
    assert found.failed["PySD"] == "PySD broke off with status 1"


@pytest.mark.usefixtures("without_simlin")
def test_nothing_of_the_present_folder_is_executed(
    lay: Callable[..., Path], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pysd.py").write_text("raise SystemExit('executed')", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    found = sd.load(lay(ARRAYS)).crosscheck()
    assert "PySD" in found.ran


def test_engines_are_left_out_by_name_in_any_case() -> None:
    model = sd.load(Path(__file__).resolve().parents[2] / "models" / "epidemic.mdl")
    found = model.crosscheck(without=["pysd", "PYSIMLIN"])
    assert found.ran == ("compiled", "reference")
    with pytest.raises(sd.OverrideError, match="did you mean 'PySD'"):
        model.crosscheck(without=["pyds"])
