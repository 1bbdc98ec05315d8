"""What `sdmodel check` prints, and its exit status."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import sdmodel as sd
from sdmodel.cli import main
from tests.sdmodel.conftest import TANK


@pytest.fixture
def tank(tmp_path: Path) -> Path:
    path = tmp_path / "tank.mdl"
    path.write_text(TANK, encoding="utf-8")
    return path


def change(path: Path, old: str, new: str) -> Path:
    text = path.read_text(encoding="utf-8")
    assert text.count(old) == 1
    path.write_text(text.replace(old, new), encoding="utf-8")
    return path


def call(*arguments: object) -> Result:
    result = CliRunner().invoke(main, ["check", *map(str, arguments)], catch_exceptions=False)
    assert "Traceback" not in result.output
    return result


def test_a_sound_model_has_nothing(tank: Path) -> None:
    assert sd.check(tank) == []
    result = call(tank, "--strict")
    assert result.exit_code == 0
    assert result.stdout == f"{tank}: nothing wrong: 8 variables, 1 of them stocks\n"


def test_a_warning_is_told_and_fails_when_strict(tank: Path) -> None:
    change(tank, "inflow= 5", "inflow= 50")
    result = call(tank)
    assert result.exit_code == 0
    assert result.stdout == (
        f"{tank}:6:9: warning SD105: 'inflow' is 50, above its most 10\n"
        "    6 | inflow= 50\n"
        "                ^\n"
        "      cure: correct the value or the range\n"
        f"{tank}: no errors, 1 warning: 8 variables, 1 of them stocks\n"
    )
    assert call(tank, "--strict").exit_code == 1
    answer = json.loads(call(tank, "--json").stdout)
    assert answer["ok"] is True
    (told,) = answer["problems"]
    assert (told["code"], told["severity"], told["line"], told["column"]) == (
        "SD105",
        "warning",
        6,
        9,
    )
    assert json.loads(call(tank, "--json", "--strict").stdout)["ok"] is False


def test_errors_have_codes_and_come_alone(tank: Path) -> None:
    change(tank, "inflow= 5", "inflow= 50 + inflw")
    result = call(tank)
    assert result.exit_code == 1
    assert f"{tank}:6:14: error SD002: in the equation of 'inflow': no variable" in result.stdout
    assert "did you mean 'inflow'" in result.stdout
    assert [one.code for one in sd.check(tank)] == ["SD002"]


def test_checks_are_chosen_on_the_command_line_and_in_the_settings(tank: Path) -> None:
    change(tank, "inflow= 5", "inflow= 50")
    assert "SD105" not in call(tank, "--ignore", "sd1").stdout
    assert "SD105" not in call(tank, "--select", "SD302").stdout
    assert call(tank, "--select", "SD302").stdout.count("style SD302: ") == 3
    assert "SD302" in call(tank, "--profile", "vensim-classic").stdout
    settings = tank.with_suffix(".toml")
    settings.write_text('[checks]\nprofile = "vensim-classic"\nignore = ["SD105"]\n')
    told = call(tank).stdout
    assert "SD302" in told
    assert "SD105" not in told
    assert {one.code for one in sd.check(tank)} == {"SD302", "SD601"}
    assert "SD302" not in call(tank, "--profile", "default").stdout


@pytest.mark.parametrize(
    ("table", "expected"),
    [
        ("checks = 1", "[checks]"),
        ("[checks]\nprofil = 'all'", "did you mean 'profile'"),
        ("[checks]\nprofile = 'al'", "did you mean 'all'"),
        ("[checks]\nignore = ['SD1x']", "no check 'SD1x'"),
        ("[checks]\nignore = 'SD101'", "wrong kind"),
        ("[checks]\nrepeated_numbers = 1", "wrong kind"),
        ("[checks]\nordinary_numbers = [true]", "wrong kind"),
        ("[checks.names]\nconstants = 'a'", "did you mean 'constant'"),
        ("[checks.names]\nconstant = '('", "no regular expression"),
    ],
)
def test_wrong_settings_are_told(tank: Path, table: str, expected: str) -> None:
    tank.with_suffix(".toml").write_text(table)
    result = call(tank)
    assert result.exit_code == 1
    assert "error SD007: " in result.stdout
    assert expected in result.stdout
    assert [one.code for one in sd.check(tank)] == ["SD007"]


@pytest.mark.parametrize(
    ("options", "expected"),
    [
        (["--select", "SD9"], "no check 'SD9'"),
        (["--profile", "vensim"], "vensim-classic"),
        (["--explain", "unusedinput"], "unused input"),
    ],
)
def test_wrong_options_are_refused(tank: Path, options: list[str], expected: str) -> None:
    result = call(tank, *options)
    assert result.exit_code == 1
    assert expected in result.stderr


def test_pages_need_no_model() -> None:
    assert call("--explain", "SD101").stdout.startswith("SD101 unused input (warning)")
    listed = call("--list").stdout
    assert "SD303" in listed
    assert "--profile locomotion" in listed
    assert call().exit_code == 2
