"""The command line: what it prints, what it writes, and that nothing ends in a traceback."""

from __future__ import annotations

import doctest
import json
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pandas as pd
import pytest
import xarray as xr
from click.testing import CliRunner, Result

import sdmodel as sd
from sdmodel.cli import main, options, text
from tests.sdmodel.conftest import TANK as EQUATIONS

ROOT = Path(__file__).resolve().parents[2]
CORE = str(ROOT / "models" / "core.mdl")
VERBS = ("check", "show", "run", "compare", "crosscheck", "units", "validate", "functions")

TANK = (
    EQUATIONS
    + """\\\\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything below this section - it will be ignored
///---\\\\\\
:L<%^E!@
15:0,0,0,0,0,0
"""
)


@pytest.fixture
def tank(tmp_path: Path) -> Path:
    """Lay out a model of four variables, without a .toml beside it."""
    path = tmp_path / "tank.mdl"
    path.write_text(TANK, encoding="utf-8")
    return path


def call(*arguments: object) -> Result:
    """Run a verb; an exception that is not a plain exit is a failure of the test."""
    result = CliRunner().invoke(main, [str(one) for one in arguments], catch_exceptions=False)
    assert "Traceback" not in result.output
    return result


def succeed(*arguments: object) -> str:
    result = call(*arguments)
    assert result.exit_code == 0, result.output
    return result.output


def refuse(*arguments: object) -> str:
    """Run a verb that must refuse: exit status 1 and a message on standard error."""
    result = call(*arguments)
    assert result.exit_code == 1, result.output
    assert result.stderr.strip()
    return result.stderr


def test_help_of_every_verb_has_examples() -> None:
    assert all(f"\n  {verb} " in succeed("--help") for verb in VERBS)
    for verb in VERBS:
        text = succeed(verb, "--help")
        assert f"sdmodel {verb} " in text
        assert "--json" in text


@pytest.mark.parametrize("module", [options, text], ids=["options", "text"])
def test_the_examples_are_right(module: ModuleType) -> None:
    done = doctest.testmod(module)
    assert done.attempted > 0
    assert done.failed == 0


def test_the_module_is_the_command() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "sdmodel", "--version"],
        capture_output=True,
        text=True,
        check=True,
        cwd=ROOT,
    )
    assert "version" in done.stdout


def test_help_loads_nothing_heavy() -> None:
    code = (
        "import sys\nfrom sdmodel.cli import main\n"
        "try: main(['--help'])\nexcept SystemExit: pass\n"
        "print([m for m in ('scipy', 'pandas', 'xarray', 'matplotlib', 'pysd', 'rich.table')"
        " if m in sys.modules])"
    )
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, check=True, cwd=ROOT
    )
    assert done.stdout.splitlines()[-1] == "[]"


def test_check_passes_a_sound_model(tank: Path) -> None:
    assert "nothing wrong" in succeed("check", tank)
    assert json.loads(succeed("check", tank, "--json")) == {
        "model": str(tank),
        "ok": True,
        "problems": [],
    }


def test_check_tells_everything_at_once(tank: Path) -> None:
    text = TANK.replace("inflow-outflow", "inflow-outflw").replace("level/emp", "levle/emp")
    tank.write_text(text, encoding="utf-8")
    result = call("check", tank)
    assert result.exit_code == 1
    assert f"{tank}:2:" in result.output
    assert f"{tank}:9:" in result.output
    assert "'outflow'" in result.output
    answer = json.loads(call("check", tank, "--json").stdout)
    assert not answer["ok"]
    assert [problem["line"] for problem in answer["problems"]] == [2, 9]


def test_check_integration_gives_a_verdict(tank: Path) -> None:
    tank.write_text(TANK.replace("TIME STEP = 0.125", "TIME STEP = 0.0625"), encoding="utf-8")
    answer = json.loads(succeed("check", tank, "--integration", "--json"))
    assert answer["integration"]["ok"] is True
    assert answer["integration"]["verdict"] in succeed("check", tank, "--integration")


def test_check_integration_fails_a_step_that_is_too_long(tank: Path) -> None:
    long = TANK.replace("TIME STEP = 0.125", "TIME STEP = 1").replace("time= 10", "time= 1.1")
    tank.write_text(long, encoding="utf-8")
    result = call("check", tank, "--integration", "--json")
    assert result.exit_code == 1
    assert json.loads(result.stdout)["integration"]["ok"] is False


def test_show_sums_the_model_up() -> None:
    text = succeed("show", CORE)
    for expected in ("Domestic knowledge", "Levers", "education effort", "blended", "Outcomes"):
        assert expected in text
    facts = json.loads(succeed("show", CORE, "--json"))
    assert facts["digest"] == sd.load(CORE).digest
    assert {lever["name"] for lever in facts["levers"]} >= {"education effort"}


def test_show_explains_one_variable() -> None:
    text = succeed("show", CORE, "RELATIVE_knowledge")
    assert "Domestic knowledge/Foreign frontier" in text
    fact = json.loads(succeed("show", CORE, "relative knowledge", "--json"))
    assert fact["uses"] == ["Domestic knowledge", "Foreign frontier"]


def test_run_prints_its_method_and_values(tank: Path) -> None:
    text = succeed("run", tank, "inflow=6", "--method", "rk4")
    assert "rk4" in text
    assert "inflow = 6" in text
    # 60 + 40 exp(-2)
    assert "65.41" in text


def test_run_writes_what_it_ran(tank: Path, tmp_path: Path) -> None:
    for suffix in ("csv", "tab", "nc"):
        out = tmp_path / f"run.{suffix}"
        assert f"written: {out}" in succeed("run", tank, "-o", out, "--final-time", "5")
    frame = pd.read_csv(tmp_path / "run.csv", index_col=0)
    assert list(frame.index) == [0, 1, 2, 3, 4, 5]
    assert {"level", "emptying time"} <= set(frame.columns)
    with xr.open_dataset(tmp_path / "run.nc", engine="h5netcdf") as stored:
        level = stored["values"].sel(variable="level")
        assert str(level["units"].values) == "litre"
        assert level.values.tolist() == pytest.approx(frame["level"].tolist(), rel=1e-12)
    # Nothing but the model and the three files: no part of a file is left behind.
    assert len(list(tmp_path.iterdir())) == 4


def test_run_by_pysd_names_it(tank: Path) -> None:
    answer = json.loads(succeed("run", tank, "--engine", "pysd", "--json"))
    assert "pysd" in answer["method"].lower()
    own = json.loads(succeed("run", tank, "--method", "euler", "--json"))
    other = answer["variables"]["level"]["values"]
    assert own["variables"]["level"]["values"] == pytest.approx(other, rel=1e-9)


def test_run_gives_json(tank: Path) -> None:
    answer = json.loads(succeed("run", tank, "--json", "--save-every", "10", "--of", "LEVEL"))
    assert answer["time"] == [0, 10, 20]
    assert answer["variables"]["level"]["values"][0] == 100
    assert answer["settings"] == {}


def test_run_puts_settings_on_top_of_a_scenario() -> None:
    answer = json.loads(
        succeed("run", CORE, "education effort=0.5", "--scenario", "blended", "--json")
    )
    blended = sd.load(CORE).settings.scenarios["blended"].values
    assert answer["settings"] == {**blended, "education effort": 0.5}


def test_compare_runs_every_scenario_when_none_is_named() -> None:
    settings = sd.load(CORE).settings
    answer = json.loads(succeed("compare", CORE, "--json"))
    assert list(answer["scenarios"]) == ["base run", *settings.scenarios]
    assert answer["at"] == 2020
    assert all(set(row) == set(settings.highlights) for row in answer["scenarios"].values())


@pytest.mark.parametrize("suffix", ["png", "svg", "csv", "tab", "nc"])
def test_compare_writes_figures_and_data(tmp_path: Path, suffix: str) -> None:
    out = tmp_path / f"both.{suffix}"
    text = succeed("compare", CORE, "autarky", "--of", "relative knowledge", "-o", out)
    assert "autarky" in text
    assert "base run" in text
    assert out.stat().st_size > 1000
    assert [path.name for path in tmp_path.iterdir()] == [out.name]


def test_compare_at_another_time() -> None:
    at = json.loads(succeed("compare", CORE, "autarky", "--at", "1990", "--json"))
    assert at["at"] == 1990
    assert "choose a saved time" in refuse("compare", CORE, "--at", "1990.3")


def test_functions_come_from_the_registry() -> None:
    listed = json.loads(succeed("functions", "--json"))
    offered = [one["name"] for one in listed if one["status"] == "offered"]
    assert offered == [one.name for one in sd.functions()]
    assert all(one["cure"] for one in listed if one["status"] != "offered")
    assert "PULSE TRAIN" in succeed("functions")
    assert succeed("functions", "pulse_train").startswith("PULSE TRAIN")
    assert json.loads(succeed("functions", "XIDZ", "--json"))["name"] == "XIDZ"
    assert succeed("functions", "expRnd").startswith("RANDOM EXPONENTIAL(")
    assert "is not offered" in succeed("functions", "QUEUE FIFO")
    assert json.loads(succeed("functions", "MESSAGE", "--json"))["status"] == "not offered"
    assert "functions in its manual" in succeed("functions").splitlines()[-1]


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["run", CORE, "education effort"], "write NAME=VALUE"),
        (["run", CORE, "education effort=much"], "'much' is not a number"),
        (["run", CORE, "education effort=nan"], "education effort"),
        (["run", CORE, "education efort=0.5"], "education effort"),
        (["run", CORE, "relative knowledge=0.5"], "computed"),
        (["run", CORE, "--scenario", "blendet"], "blended"),
        (["run", CORE, "--method", "rk5"], "rk4"),
        (["run", CORE, "--time-step", "-1"], "time step"),
        (["run", CORE, "--engine", "vensim"], "engine"),
        (["run", CORE, "-o", "run.xlsx"], ".csv"),
        (["run", CORE, "--of", "relative knowlege"], "relative knowledge"),
        (["run", CORE, "-o", "/dev/null/run.csv"], "/dev/null"),
        (["compare", CORE, "blendet"], "blended"),
        (["compare", CORE, "-o", "both.docx"], ".png"),
        (["show", CORE, "relative knowlege"], "relative knowledge"),
        (["functions", "PULS TRAIN"], "PULSE TRAIN"),
    ],
)
def test_bad_input_is_refused_with_a_cure(
    arguments: list[str], expected: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    assert expected.lower() in refuse(*arguments).lower()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("verb", ["check", "show", "run", "compare"])
def test_a_file_that_is_no_model_is_refused(verb: str, tmp_path: Path) -> None:
    path = tmp_path / "picture.mdl"
    path.write_bytes(bytes(range(256)) * 4)
    result = call(verb, path)
    assert result.exit_code == 1
    assert str(path) in result.output


def test_a_missing_file_is_refused() -> None:
    result = call("run", "nowhere.mdl")
    assert result.exit_code == 2  # click's own check of its arguments
    assert "nowhere.mdl" in result.stderr
