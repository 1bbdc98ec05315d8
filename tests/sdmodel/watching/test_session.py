"""A model looked at save after save: what is told, and that nothing is kept that is stale."""

from __future__ import annotations

import shutil
from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.checks.facts import Facts
from sdmodel.watching import Session

MODELS = Path(__file__).resolve().parents[3] / "models"
TANK = """level= INTEG (inflow-outflow, initial level)
    ~ litre ~ |
inflow= 5
    ~ litre/Minute [0,10,1] ~ |
outflow= level/emptying time
    ~ litre/Minute ~ |
emptying time= 10
    ~ Minute [1,60] ~ |
initial level= 100 ~ litre ~ |
old value= 3 ~ litre ~ |
INITIAL TIME = 0 ~ Minute ~ |
FINAL TIME = 20 ~ Minute ~ |
SAVEPER = 1 ~ Minute ~ |
TIME STEP = 0.125 ~ Minute ~ |
"""


class Desk:
    """A file, the session that looks at it, and changes to the file."""

    def __init__(self, path: Path, text: str) -> None:
        self.path, self.text = path, text
        self.write(text)
        self.session = Session(path)
        self.session.look()
        self.session.verdict()

    def write(self, text: str) -> None:
        self.text = text
        self.path.write_text(text, encoding="utf-8")

    def change(self, old: str, new: str) -> None:
        assert self.text.count(old) == 1
        self.write(self.text.replace(old, new))

    @property
    def facts(self) -> Facts:
        assert self.session._facts is not None
        return self.session._facts

    def agrees(self) -> bool:
        """Whether what is kept is what reading and running the file anew gives."""
        run = sd.load(self.path).run(method="vensim")
        columns = self.facts.program.columns
        slots = [slot for _, slot in columns.values()]
        same = np.allclose(self.facts.values[slots].T, run.table, rtol=1e-12, atol=0.0)
        return same and [name for name, _ in columns.values()] == list(run.columns)


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path / "tank.mdl", TANK)


def test_a_constant_changes_the_run_without_compiling(desk: Desk) -> None:
    desk.change("inflow= 5", "inflow= 6")
    look = desk.session.look()
    assert look.reused
    assert [str(one) for one in look.rewritten] == ["inflow: 5 -> 6"]
    moved = {one.name: one for one in look.moved}
    assert set(moved) == {"level", "outflow", "inflow"}
    # From 50 + 50 exp(-t/10) to 60 + 40 exp(-t/10), by Euler's method.
    left = (1 - 0.125 / 10) ** 160
    assert moved["level"].time == 20
    assert moved["level"].before == pytest.approx(50 + 50 * left, rel=1e-12)
    assert moved["level"].after == pytest.approx(60 + 40 * left, rel=1e-12)
    assert moved["level"].share == pytest.approx(10 * (1 - left) / 100, rel=1e-12)
    assert moved["inflow"].share == pytest.approx(1 / 6)
    assert desk.agrees()


def test_an_equation_changes_the_run(desk: Desk) -> None:
    desk.change("level/emptying time", "2*level/emptying time")
    look = desk.session.look()
    assert not look.reused
    assert [one.name for one in look.rewritten] == ["outflow"]
    assert {one.name for one in look.moved} == {"level", "outflow"}
    assert desk.agrees()


@pytest.mark.parametrize(
    ("old", "new", "told"),
    [
        ("inflow= 5", "inflow= 5+1", "inflow: 5 -> 5+1"),
        ("inflow= 5", "inflow== 6", "inflow: 5 -> 6"),
        ("initial level= 100", "initial level= 50", "initial level: 100 -> 50"),
        ("FINAL TIME = 20", "FINAL TIME = 30", "FINAL TIME: 20 -> 30"),
        ("TIME STEP = 0.125", "TIME STEP = 0.25", "TIME STEP: 0.125 -> 0.25"),
        ("TIME STEP = 0.125", "TIME STEP = 0.5", "TIME STEP: 0.125 -> 0.5"),
        ("SAVEPER = 1", "SAVEPER = TIME STEP", "SAVEPER: 1 -> TIME STEP"),
        ("old value= 3 ~ litre", "new value= level ~ litre", "old value: removed"),
        (
            "inflow= 5",
            "inflow= 5 ~ ~|\nextra[kind]= 1,2 ~~|\nkind: a,b",
            "extra: added",
        ),
        ("[0,10,1] ~ |", "[0,20,1] ~ |", "inflow range: [0.0, 10.0] -> [0.0, 20.0]"),
        ("~ Minute [1,60] ~ |", "~ Minutes [1,60] ~ |", "emptying time units: Minute -> Minutes"),
        ("[0,10,1] ~ |", "[0,10,1] ~ Rain. |", "inflow comment: nothing -> Rain."),
    ],
)
def test_whatever_changes_the_run_is_that_of_the_file(
    desk: Desk, old: str, new: str, told: str
) -> None:
    desk.change(old, new)
    look = desk.session.look()
    assert not look.errors
    assert told in [str(one) for one in look.rewritten]
    assert desk.agrees()
    before = desk.text
    desk.write(TANK)
    desk.session.look()
    assert desk.agrees()
    desk.write(before)
    assert desk.session.look().rewritten
    assert desk.agrees()


def test_a_comment_changes_nothing_in_the_run(desk: Desk) -> None:
    desk.change("old value= 3 ~ litre ~ |", "old value= 3 ~ litre ~ A rest. |")
    look = desk.session.look()
    assert look.reused
    assert look.moved == ()
    assert [one.what for one in look.rewritten] == ["comment"]


def test_findings_come_and_go(desk: Desk) -> None:
    assert [one.code for one in desk.session.verdict().findings] == ["SD101"]
    desk.change("inflow= 5", "inflow= 50")
    desk.session.look()
    verdict = desk.session.verdict()
    assert [one.code for one in verdict.fresh] == ["SD105"]
    assert verdict.gone == ()
    # Lines added above move a finding, and make it neither new nor gone.
    desk.write("{A\ncomment}\n" + desk.text)
    desk.session.look()
    verdict = desk.session.verdict()
    assert (verdict.fresh, verdict.gone) == ((), ())
    assert [one.problem.line for one in verdict.findings] == [5, 12]
    assert list(verdict.findings) == sd.check(desk.path)
    desk.change("inflow= 50", "inflow= 7")
    desk.session.look()
    verdict = desk.session.verdict()
    assert [one.code for one in verdict.gone] == ["SD105"]


def test_errors_appear_and_vanish(desk: Desk) -> None:
    desk.change("level/emptying time", "level/emptyingtime")
    look = desk.session.look()
    assert [one.code for one in look.errors] == ["SD002"]
    verdict = desk.session.verdict()
    assert verdict.findings == look.errors == verdict.fresh
    desk.change("inflow= 5", "inflow= 6")
    assert desk.session.look().errors
    assert desk.session.verdict().fresh == ()
    desk.change("level/emptyingtime", "level/emptying time")
    look = desk.session.look()
    # What changed since the last version that could be run.
    assert [str(one) for one in look.rewritten] == ["inflow: 5 -> 6"]
    assert look.moved
    assert [one.code for one in desk.session.verdict().gone] == ["SD002"]
    assert desk.agrees()


@pytest.mark.parametrize("broken", ["", "level= INTEG (inf", TANK[:200], "\0\1\2" * 50])
def test_half_a_file_is_told_and_then_forgotten(desk: Desk, broken: str) -> None:
    desk.write(broken)
    assert desk.session.look().errors
    assert desk.session.verdict().findings
    desk.write(TANK.replace("inflow= 5", "inflow= 6"))
    look = desk.session.look()
    assert [one.name for one in look.rewritten] == ["inflow"]
    assert desk.agrees()


def test_a_missing_file_is_told(desk: Desk) -> None:
    desk.path.unlink()
    (error,) = desk.session.look().errors
    assert "cannot be read" in error.problem.message


def test_a_run_that_fails_is_a_finding(desk: Desk) -> None:
    desk.change("TIME STEP = 0.125", "TIME STEP = 0")
    assert not desk.session.look().errors
    assert "SD405" in [one.code for one in desk.session.verdict().fresh]
    desk.change("TIME STEP = 0", "TIME STEP = 0.125")
    desk.session.look()
    assert "SD405" in [one.code for one in desk.session.verdict().gone]
    assert desk.agrees()


def test_code_of_a_version_that_could_not_run_is_not_used(desk: Desk) -> None:
    desk.change("TIME STEP = 0.125", "TIME STEP = 0")
    desk.change("level/emptying time", "2*level/emptying time")
    desk.session.look()
    desk.change("TIME STEP = 0", "TIME STEP = 0.125")
    assert not desk.session.look().reused
    assert desk.agrees()


def test_units_are_checked_where_they_changed(desk: Desk) -> None:
    desk.change("inflow= 5\n    ~ litre/Minute", "inflow= 5\n    ~ litre")
    assert desk.session.look().reused
    assert "SD303" in [one.code for one in desk.session.verdict().fresh]
    desk.change("inflow= 5", "inflow= 6")
    desk.session.look()
    assert list(desk.session.verdict().findings) == sd.check(desk.path)


def test_the_settings_beside_it_are_read_anew(desk: Desk) -> None:
    desk.session.settings.write_text('[levers]\n"inflw" = { low = 0, high = 9 }\n')
    assert [one.code for one in desk.session.look().errors] == ["SD007"]
    desk.session.settings.write_text('[checks]\nignore = ["SD101"]\n')
    assert not desk.session.look().errors
    assert desk.session.verdict().findings == ()


def test_the_macro_model_agrees_after_each_change(tmp_path: Path) -> None:
    for suffix in ("mdl", "toml"):
        shutil.copy(MODELS / f"core.{suffix}", tmp_path)
    text = (tmp_path / "core.mdl").read_text(encoding="utf-8")
    desk = Desk(tmp_path / "core.mdl", text)
    assert desk.agrees()
    desk.change("network exposure=\n\t0.4", "network exposure=\n\t0.45")
    assert desk.session.look().reused
    assert desk.agrees()
    desk.change("Domestic knowledge*forgetting rate", "Domestic knowledge*forgetting rate*1.1")
    assert not desk.session.look().reused
    assert desk.agrees()
