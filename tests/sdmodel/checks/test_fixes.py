"""`sdmodel check --fix`: only what is safe, only those lines, and the same trajectories."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import sdmodel as sd
from sdmodel.checks.registry import CHECKS
from sdmodel.checks.rules import Rules
from sdmodel.cli import main

MODELS = Path(__file__).resolve().parents[3] / "models"
# Old line ends, a code page, blanks and comments where nobody expects them.
POND = (
    "{UTF-8}\r\n"
    "Fish= INTEG (births-deaths, 10)\r\n\t~\tfish\r\n\t~\tIn the pond.\r\n\t|\r\n"
    "births= Fish*0.5 ~ fish/years ~ Each year. |\r\n"
    "deaths= Fish*share\r\n\t~\tfish / Year\r\n\t~\tOf age.\r\n\t|\r\n"
    "share= 0.25 ~ 1/Year [0,1] ~ Half of the births. |\r\n"
    "fish seen= Fish/2 ~ fish|\r\n"
    "balance= births-deaths ~ fish/Year [?,?] ~ |\r\n"
    "ratio[kind]= births/deaths ~ Dmnl ~ |\r\n"
    "kind: a, b ~~|\r\n"
    "marked= births ~ fish/Year ~ Meant. ~ :SUPPLEMENTARY: |\r\n"
    "INITIAL TIME= 0 ~ ~ Begin. |\r\n"
    "FINAL TIME= 10 ~ Year ~ End. |\r\n"
    "SAVEPER= TIME STEP ~ [0,?] ~ |\r\n"
    "TIME STEP= 0.5 ~ Year [0,?] ~ |\r\n"
    "\\\\\\---/// Sketch information - do not modify anything except names\r\n"
    "V300  Do not put anything below this section - it will be ignored\r\n"
    "*View 1\r\n$192-192-192,0,Times New Roman|12||0-0-0|0-0-0|0-0-255|-1--1--1|-1--1--1|96,96\r\n"
    "///---\\\\\\\r\n:L<%^E!@\r\n15:0,0,0,0,0,0\r\n"
)


@pytest.fixture
def pond(tmp_path: Path) -> Path:
    path = tmp_path / "pond.mdl"
    path.write_bytes(POND.encode())
    return path


def check(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["check", *map(str, arguments)], catch_exceptions=False)


def lines_changed(before: bytes, after: bytes) -> list[tuple[bytes, bytes]]:
    """Return the lines that differ, for texts that have the same lines but for changed ones."""
    old, new = before.split(b"\r\n"), after.split(b"\r\n")
    assert len(old) == len(new)
    return [(a, b) for a, b in zip(old, new, strict=True) if a != b]


def test_what_is_mended_and_nothing_else(pond: Path) -> None:
    before = sd.load(pond).run(method="vensim")
    result = check(pond, "--profile", "vensim-classic", "--fix")
    assert result.exit_code == 0
    assert "mended 3 of SD102, 2 of SD306, 2 of SD307\n" in result.stderr
    assert not {"SD102", "SD306", "SD307"} & {
        one.code for one in sd.check(pond, Rules(profile="vensim-classic"))
    }
    changed = lines_changed(POND.encode(), pond.read_bytes())
    assert [new.decode() for _, new in changed] == [
        "births= Fish*0.5 ~ fish/Year ~ Each year. |",
        "\t~\tfish/Year",
        "fish seen= Fish/2 ~ fish~~\t:SUPPLEMENTARY: |",
        "balance= births-deaths ~ fish/Year [?,?] ~ ~\t:SUPPLEMENTARY: |",
        "ratio[kind]= births/deaths ~ Dmnl ~ ~\t:SUPPLEMENTARY: |",
        "INITIAL TIME= 0 ~ Year ~ Begin. |",
        "SAVEPER= TIME STEP ~ Year [0,?] ~ |",
    ]
    model = sd.load(pond)
    assert all(model.definition(name).supplementary for name in ("fish seen", "balance", "ratio"))
    after = model.run(method="vensim")
    assert after.columns == before.columns
    assert np.array_equal(after.table, before.table, equal_nan=True)


def test_a_second_time_mends_nothing(pond: Path) -> None:
    check(pond, "--profile", "vensim-classic", "--fix")
    once = pond.read_bytes()
    assert "mended" not in check(pond, "--profile", "vensim-classic", "--fix").stderr
    assert pond.read_bytes() == once


def test_only_what_is_chosen_is_mended(pond: Path) -> None:
    check(pond, "--select", "SD307", "--fix")
    assert len(lines_changed(POND.encode(), pond.read_bytes())) == 2
    check(pond, "--fix")  # none of them is in the default profile
    assert len(lines_changed(POND.encode(), pond.read_bytes())) == 2


def test_the_difference_is_shown_without_writing(pond: Path) -> None:
    result = check(pond, "--profile", "vensim-classic", "--fix", "--diff")
    assert pond.read_bytes() == POND.encode()
    assert result.stdout.count("\n+") == 8  # seven lines, and the name of the file
    assert check(pond, "--profile", "vensim-classic", "--diff").stdout == result.stdout


def test_a_broken_file_is_left_alone(pond: Path) -> None:
    pond.write_bytes(POND.replace("Fish*0.5", "Fish*").encode())
    before = pond.read_bytes()
    result = check(pond, "--profile", "all", "--fix")
    assert result.exit_code == 1
    assert "SD001" in result.stdout
    assert pond.read_bytes() == before


def test_a_file_that_is_none_of_vensim_is_refused(tmp_path: Path) -> None:
    path = tmp_path / "pond.xmile"
    path.write_text(
        '<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">'
        "<sim_specs><start>0</start><stop>1</stop><dt>1</dt></sim_specs><model><variables>"
        '<aux name="a"><eqn>TIME*2</eqn></aux></variables></model></xmile>',
        encoding="utf-8",
    )
    result = check(path, "--profile", "vensim-classic", "--fix")
    assert result.exit_code == 1
    assert "only .mdl files are mended" in result.stderr


@pytest.mark.parametrize("name", ["core", "epidemic"])
def test_the_models_of_the_project_run_as_before(name: str, tmp_path: Path) -> None:
    path = tmp_path / f"{name}.mdl"
    path.write_bytes((MODELS / path.name).read_bytes())
    before = sd.load(path).run(method="vensim")
    assert check(path, "--profile", "vensim-classic", "--no-run", "--fix").exit_code == 0
    after = sd.load(path).run(method="vensim")
    assert np.array_equal(after.table, before.table, equal_nan=True)
    assert not [
        one for one in sd.check(path, Rules(profile="vensim-classic"), run=False) if one.fixable
    ]


def test_fixable_checks_are_those_that_are_mended() -> None:
    from sdmodel.checks.fixes import MENDS

    assert set(MENDS) == {code for code, one in CHECKS.items() if one.fixable}
