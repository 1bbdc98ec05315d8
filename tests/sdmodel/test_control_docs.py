"""Each example of docs/control_files.md is run, and does what the page says of it."""

from __future__ import annotations

import re
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import sdmodel as sd
from sdmodel.cli import main
from sdmodel.control.running import ScriptPlan

ROOT = Path(__file__).resolve().parents[2]
PAGE = (ROOT / "docs" / "control_files.md").read_text(encoding="utf-8")
MODEL = """
initial nonrenewable resources = 1e12
crowding multiplier from industry table((0,1),(200,1))
"Infection Duration (ti)" = 4
State: Alabama, Alaska
"Input Scale (f)"[State] = 1
Input vdf file name :IS: 'a.vdf'
stringvar name :IS: 'a text'
sub: s1, s2, s3
constant name 2[sub] = 1
lookup name 1((1,0),(5,1))
country: China, Peru
norm frac birth[country] = 0.1
immunity loss time = 50
constant name 3 = 110
total = lookup name 1(Time) + SUM(constant name 2[sub!])
"""


def rows() -> list[tuple[str, str, str, str]]:
    """Return kind, text, outcome and what is said of each example; lines stand apart in a cell."""
    found = []
    for line in re.findall(r"^\| (\.\w+ \|.*) \|$", PAGE, re.M):
        kind, example, outcome, said = (
            one.replace(r"\|", "|").strip() for one in re.split(r"(?<!\\)\|", line)
        )
        text = "\n".join(re.findall(r"`([^`]*)`", example))
        found.append((kind, text, outcome, "".join(re.findall(r"`([^`]*)`", said))))
    return found


def of(kind: str) -> list[tuple[str, str, str]]:
    return [tuple(rest) for first, *rest in rows() if first == kind]  # type: ignore[misc]


def test_the_page_has_its_examples() -> None:
    assert len(rows()) == 58
    assert {kind for kind, *_ in rows()} == {".cin", ".lst", ".dat", ".cmd"}
    assert {outcome for *_, outcome, _ in rows()} == {"runs", "read", "refused"}
    assert all(said for *_, outcome, said in rows() if outcome == "refused")


@pytest.mark.parametrize(("text", "outcome", "said"), of(".cin"))
def test_changes_files(
    text: str, outcome: str, said: str, model: Callable[..., sd.Model], tmp_path: Path
) -> None:
    path = tmp_path / "a.cin"
    path.write_text(text + "\n\x1a", encoding="utf-8")
    base = model(MODEL)
    if outcome == "refused":
        with pytest.raises(sd.SDError, match=re.escape(said)):
            base.with_changes(path)
        return
    changed = base.with_changes(path)
    assert (changed.source.variables != base.source.variables) == (outcome == "runs")
    changed.run(engine="reference")


@pytest.mark.parametrize(("text", "outcome", "said"), of(".lst"))
def test_save_lists(
    text: str, outcome: str, said: str, model: Callable[..., sd.Model], tmp_path: Path
) -> None:
    path = tmp_path / "a.lst"
    path.write_text(text + "\n", encoding="utf-8")
    base = model(MODEL)
    if outcome == "refused":
        with pytest.raises(sd.SDError, match=re.escape(said)):
            sd.read_save_list(path, base)
        return
    names = sd.read_save_list(path, base)
    assert len(names) >= 2
    assert list(base.run(engine="reference", outputs=names).columns) == names


@pytest.mark.parametrize(("text", "outcome", "said"), of(".dat"))
def test_data_files(
    text: str, outcome: str, said: str, mdl: Callable[..., str], tmp_path: Path
) -> None:
    path = tmp_path / "a.dat"
    path.write_text(text + "\n", encoding="utf-8")
    name = "A Values" if "[" in text else text.split("\n")[0].partition(" <")[0]
    left = "A Values[A]" if "[" in text else f'"{name}"'
    place = tmp_path / "m.mdl"
    place.write_text(mdl(f"A: A1, A2 ~ ~ |\n{left} ~ ~ |\n", FINAL_TIME=9), encoding="utf-8")
    assert outcome == "runs"
    found = sd.load(place, data=[path]).run(engine="reference", method="vensim").values(name)
    if "[" in text:
        assert found[0].tolist() == [0, 5]
    else:
        assert found[[0, -1]].tolist() == [1000, 4000]


@pytest.fixture
def folder(tmp_path: Path, mdl: Callable[..., str]) -> Path:
    (tmp_path / "m.mdl").write_text(mdl("x = y + d ~ ~ |\ny = 2 ~ ~ |\nd ~ ~ |"), encoding="utf-8")
    (tmp_path / "a.cin").write_text("y = 3\n", encoding="utf-8")
    (tmp_path / "b.out").write_text(":COM best\n1 <= y = 4 <= 5\n", encoding="utf-8")
    (tmp_path / "d.dat").write_text("d\n0\t1\n9\t5\n", encoding="utf-8")
    (tmp_path / "e.dat").write_text("e\n0\t1\n9\t5\n", encoding="utf-8")
    (tmp_path / "s.lst").write_text("x\ny\n", encoding="utf-8")
    for name in ("s.vsc", "p.vpd", "o.voc"):
        (tmp_path / name).write_text("", encoding="utf-8")
    return tmp_path


@pytest.mark.parametrize(("text", "outcome", "said"), of(".cmd"))
def test_command_scripts(text: str, outcome: str, said: str, folder: Path) -> None:
    before = "SPECIAL>LOADMODEL|m.mdl\nSIMULATE>DATA|d\nSIMULATE>RUNNAME|r\n"
    if ">VDF2" in text or "FILE>" in text:
        before += "MENU>RUN|o\n"
    after = "" if text.startswith(("MENU>", "FILE>")) or "RUN_" in text else "MENU>RUN|o\n"
    if "LOADMODEL" in text:
        after = "SIMULATE>DATA|d\n" + after
    path = folder / "a.cmd"
    path.write_text(f"{before}{text}\n{after}", encoding="utf-8")
    there = set(folder.iterdir())
    if outcome == "refused":
        with pytest.raises(sd.SDError, match=re.escape(said)) as caught:
            ScriptPlan(sd.read_script(path))
        line = max(one.line for one in caught.value.problems)  # type: ignore[attr-defined]
        assert line == len(f"{before}{text}".splitlines())
        assert set(folder.iterdir()) == there
        return
    script = sd.read_script(path)
    runs = [run for step, run in ScriptPlan(script).run() if isinstance(step, sd.Simulation)]
    assert len(runs) == (0 if text == "MENU>EXIT" else 1)
    written = {one.name for one in set(folder.iterdir()) - there}
    assert written == {one.path.name for one in script.exports}
    assert bool(written) == (">VDF2" in text)
    if "CIN" in text:
        assert runs[0].values("y")[0] == (3 if "a.cin" in text else 4)


@pytest.fixture
def copied(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Make a folder with the example's files the present one."""
    (tmp_path / "models").mkdir()
    for one in (ROOT / "models").glob("epidemic*"):
        (tmp_path / "models" / one.name).write_bytes(one.read_bytes())
    monkeypatch.chdir(tmp_path)


@pytest.mark.usefixtures("copied")
def test_the_commands_of_the_page_run() -> None:
    told = re.findall(r"^    sdmodel (.*)$", PAGE, re.M)
    assert len(told) == 5
    for line in told:
        done = CliRunner().invoke(main, line.split())
        assert done.exit_code == 0, f"{line}: {done.output}"
    assert {one.name for one in Path().glob("*.*")} == {"scenarios.png", "run.tab"}


@pytest.mark.usefixtures("copied")
def test_the_python_of_the_page_runs() -> None:
    (block,) = re.findall(r"```python\n(.*?)```", PAGE, re.S)
    found: dict[str, object] = {}
    exec(block, found)
    run, script = found["run"], found["script"]
    assert isinstance(run, sd.Run)
    assert run.columns == ("Infected", "Dead", "beds")
    assert isinstance(script, sd.Script)
    assert len(script.simulations) == 2
