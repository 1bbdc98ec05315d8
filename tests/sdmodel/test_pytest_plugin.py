"""Model files as tests of pytest: what is collected, what is told, and that it is asked for."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.test_layers import HEAVY

Text = Callable[..., str]
ROOT = Path(__file__).resolve().parents[2]


def pytest_in(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Run pytest in a folder, with the plugin and no other."""
    command = [sys.executable, "-m", "pytest", "-p", "sdmodel.pytest_plugin", "-p"]
    return subprocess.run(
        [*command, "no:cacheprovider", "-v", *words],
        capture_output=True,
        text=True,
        cwd=folder,
        env={**os.environ, "PYTHONPATH": str(ROOT), "PYTEST_ADDOPTS": "", "COLUMNS": "200"},
    )


@pytest.fixture
def folder(tmp_path: Path, mdl: Text) -> Path:
    """Lay out a sound model, a faulty one, one that cannot be read, and no model."""
    sound = (
        "x = 1 ~ person [0,4] ~ |\ny = 2*x ~ person ~ |\n"
        "holds :THE CONDITION: x = 0 :IMPLIES: y = 0 ~ ~ |\n"
    )
    (tmp_path / "sub").mkdir()
    place = tmp_path / "sub" / "sound.mdl"
    place.write_text(mdl(sound), encoding="utf-8")
    place.with_suffix(".reality").write_text(
        "beside :THE CONDITION: y = RC STEP(y, 2) :IMPLIES: y > 1 ~ ~ |", encoding="utf-8"
    )
    place.with_suffix(".expectations.toml").write_text(
        "[bounds]\ny = [0, 1]\n[[extreme]]\nname = 'none'\nset = { x = 0 }\nexpect = ['y = 1']\n",
        encoding="utf-8",
    )
    faulty = (
        "x = 1 ~ person ~ |\ny = x ~ Day ~ |\n"
        "fails :THE CONDITION: x = 5 :IMPLIES: y < 3 ~ ~ |\n"
        "idle :THE CONDITION: x + y > 9 :IMPLIES: y < 3 ~ ~ |\n"
        "unknown :THE CONDITION: z = 5 :IMPLIES: y < 3 ~ ~ |\n"
    )
    (tmp_path / "faulty.mdl").write_text(mdl(faulty), encoding="utf-8")
    (tmp_path / "broken.mdl").write_text(mdl("x = ("), encoding="utf-8")
    (tmp_path / "nothing.mdl").write_bytes(b"\x00\x01")
    (tmp_path / "notes.txt").write_text("x = 1 ~ ~ |", encoding="utf-8")
    (tmp_path / "test_own.py").write_text("def test_own(): pass\n", encoding="utf-8")
    return tmp_path


def test_every_model_file_becomes_tests(folder: Path) -> None:
    done = pytest_in(folder, "--sdmodel", "-rs", ".")
    told = {
        line.split(" ")[0] if "idle" not in line else "idle": line
        for line in done.stdout.splitlines()
        if "::" in line and "%]" in line
    }
    verdicts = {
        line.partition(" ")[0]: next(
            word for word in ("PASSED", "FAILED", "SKIPPED") if word in line
        )
        for line in told.values()
    }
    assert verdicts == {
        "broken.mdl::loads": "FAILED",
        "faulty.mdl::loads": "PASSED",
        "faulty.mdl::units": "FAILED",
        "faulty.mdl::fails": "FAILED",
        "faulty.mdl::idle": "SKIPPED",
        "faulty.mdl::unknown": "FAILED",
        "nothing.mdl::loads": "FAILED",
        "sub/sound.mdl::loads": "PASSED",
        "sub/sound.mdl::units": "PASSED",
        "sub/sound.mdl::holds": "PASSED",
        "sub/sound.mdl::beside": "PASSED",
        "sub/sound.mdl::expectations": "FAILED",
        "test_own.py::test_own": "PASSED",
    }
    assert done.returncode == 1
    # Failures are what a person needs to know, with file and line.
    assert "Traceback" not in done.stdout
    assert "def runtest" not in done.stdout
    assert "faulty.mdl:4: fails: failed at 0: y < 3, but the sides are 5 and 3" in done.stdout
    assert "its input at 0.5 of the way" in done.stdout
    assert "faulty.mdl:6: unknown: refused" in done.stdout
    assert "no variable is named 'z'" in done.stdout
    assert "broken.mdl:2:5" in done.stdout
    assert "V4 Extreme conditions: fail" in done.stdout
    assert "its condition was true at no time" in done.stdout


def test_without_the_option_there_are_none(folder: Path) -> None:
    without = pytest_in(folder, ".")
    assert without.returncode == 0
    assert "1 passed" in without.stdout
    assert ".mdl" not in without.stdout


def test_the_plugin_alone_loads_nothing_heavy() -> None:
    code = (
        "import sys, sdmodel.pytest_plugin; print(*(m for m in sys.argv[1:] if m in sys.modules))"
    )
    names = [*HEAVY, "llvmlite", "click", "rich"]
    done = subprocess.run(
        [sys.executable, "-c", code, *names], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.split() == []
