"""Changes files of sensitivity runs, and whole command scripts."""

from __future__ import annotations

import csv
import json
import re
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner, Result

import sdmodel as sd
import sensitivity as sa
from sdmodel.cli import main as sdmodel_command
from sensitivity.cli import main

ROOT = Path(__file__).parents[2]
DOCS = (ROOT / "docs" / "vensim_control.md").read_text(encoding="utf-8")
BEGIN = "SPECIAL>LOADMODEL|epidemic.mdl\nSIMULATE>RUNNAME|r\n"
DRAWN = "SIMULATE>SENSITIVITY|s.vsc\nMENU>RUN_SENSITIVITY|o\n"
SEARCHED = "SIMULATE>OPTPARM|o.voc\nSIMULATE>PAYOFF|p.vpd\nMENU>RUN_OPTIMIZE|o\n"
ON = ("contacts", "distancing")  # what epidemic_slow.cin sets, in its order


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay out the epidemic with control files, in a folder that is not the present one."""
    place = tmp_path / "work"
    place.mkdir()
    for one in (ROOT / "models").glob("epidemic*"):
        (place / one.name).write_bytes(one.read_bytes())
    for name, text in {
        "s.vsc": "6,L,7,,0\ninfectivity=RANDOM UNIFORM(.02,.04)\nillness=RANDOM UNIFORM(5,9)\n",
        "wrong.vsc": "6,L,7,,0\nilness=RANDOM UNIFORM(5,9)\n",
        "o.voc": ":MAX_ITERATIONS=2\n0<=distancing=.1<=0.9\n",
        "p.vpd": "*PF\nDead/-1\ndistancing/-500\n",
        "s.lst": "Dead\nbeds\n",
        "a.cin": "contacts = 7\n",
        "b.cin": "contacts = 6\nbeds = 300\n",
    }.items():
        (place / name).write_text(text, encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return place


def script(folder: Path, text: str) -> Path:
    path = folder / "whole.cmd"
    path.write_text(text, encoding="utf-8")
    return path


def run(*args: str | Path) -> Result:
    return CliRunner().invoke(main, ["run", *map(str, args)])


def done(*args: str | Path) -> Result:
    told = run(*args)
    assert told.exit_code == 0, told.output
    return told


def last_row(path: Path, name: str) -> list[float]:
    with path.open(encoding="utf-8", newline="") as file:
        rows = {row[0]: row[1:] for row in csv.reader(file, delimiter="\t")}
    return [float(one) for one in rows[name]]


# Changes files ----------------------------------------------------------------------------------


def test_runs_with_changes_are_those_of_the_changed_model(folder: Path) -> None:
    model = sd.load(folder / "epidemic.mdl")
    files = [folder / "a.cin", folder / "b.cin"]
    swept = sa.run_vsc(folder / "s.vsc", model, ["Dead"], changes=files)
    changed = model.with_changes(*files)
    assert changed.constants["contacts"] == 6
    wanted = sa.run_vsc(folder / "s.vsc", changed, ["Dead"])
    plain = sa.run_vsc(folder / "s.vsc", model, ["Dead"])
    assert np.array_equal(swept["courses"], wanted["courses"])
    assert not np.allclose(swept["courses"], plain["courses"])
    assert np.array_equal(swept["design"], plain["design"])
    told = json.loads(swept.attrs["origin"])["changes"]
    assert [one["file"] for one in told] == ["a.cin", "b.cin"]
    assert [one["digest"] for one in told] == [sd.read_control(one).digest for one in files]
    assert "changes" not in json.loads(plain.attrs["origin"])
    found = sa.run_voc(folder / "o.voc", folder / "p.vpd", model, changes=files)
    assert found.values == sa.run_voc(folder / "o.voc", folder / "p.vpd", changed).values
    found.save(folder / "found.out")
    head = (folder / "found.out").read_text(encoding="utf-8")
    assert "{changes a.cin: contacts = 7}" in head
    assert f"{{changes b.cin: sha256 {told[1]['digest']}}}" in head


@pytest.mark.parametrize("store", [False, True])
def test_a_run_with_changes_is_played_again_from_what_was_written(
    store: bool, folder: Path
) -> None:
    given = ["--model", folder / "epidemic.mdl", "--save-list", folder / "s.lst"]
    slow = folder / "epidemic_slow.cin"
    done(folder / "s.vsc", *given, "--changes", slow, *(["--store"] if store else []))
    slow.unlink()
    if store:
        (folder / "epidemic.mdl").unlink()
        assert sa.verify(folder / "s.study", share=1.0).ok
    kept = folder / ("s.study" if store else "s.nc")
    again = sa.replay(kept, 4)
    assert again.same
    assert [float(again.courses[one][0]) for one in ON] == [6, 0.5]
    if not store:
        model = sd.load(folder / "epidemic.mdl")
        assert sa.replay(kept, 4, model).same
        with pytest.raises(sa.StoreError, match="has changed since"):
            sa.replay(kept, 4, model.replace("illness", "8.5"))


def test_mistakes_in_changes_are_told_with_their_place(folder: Path) -> None:
    (folder / "a.cin").write_text("contacs = 7\n", encoding="utf-8")
    told = run(folder / "s.vsc", "--model", folder / "epidemic.mdl", "--changes", folder / "a.cin")
    assert told.exit_code == 1
    assert "a.cin:1:1" in told.stderr
    assert "did you mean 'contacts'?" in told.stderr


# Scripts ----------------------------------------------------------------------------------------


def test_a_script_does_what_its_parts_do_by_hand(folder: Path) -> None:
    told = done(
        script(
            folder,
            BEGIN + "SIMULATE>READCIN|epidemic_slow.cin\nSIMULATE>SETVAL|beds=400\n"
            f"SIMULATE>SAVELIST|s.lst\n{DRAWN}MENU>VDF2TAB|!|base.tab\n"
            f"SIMULATE>RUNNAME|best\n{SEARCHED}MENU>VDF2TAB|best.vdf|best.tab\n"
            "SIMULATE>ADDCIN|best.out\nSIMULATE>RUNNAME|after\nMENU>RUN|o\nMENU>VDF2TAB|!|!\n",
        ),
        "--json",
    )
    model = sd.load(folder / "epidemic.mdl")
    slow = model.with_changes(folder / "epidemic_slow.cin")
    with_beds = slow.with_changes(sd.SourceText("", "beds = 400"))
    swept = sa.open_sweep(folder / "r.nc")
    wanted = sa.run_vsc(folder / "s.vsc", with_beds, folder / "s.lst")
    assert np.array_equal(swept["courses"], wanted["courses"])
    assert swept["series"].values.tolist() == ["Dead", "beds"]
    assert sa.replay(folder / "r.nc", 3).same
    kept = json.loads(swept.attrs["origin"])["changes"]
    assert [one["file"] for one in kept] == ["epidemic_slow.cin", "whole.cmd"]
    assert kept[1]["text"] == "beds=400"
    base = with_beds.run(method="vensim", outputs=["Dead"]).values("Dead")
    assert last_row(folder / "base.tab", "Dead") == base.tolist()
    # SETVAL holds for one run: the search is without it.
    best = sa.run_voc(folder / "o.voc", folder / "p.vpd", slow)
    steps = json.loads(told.stdout)["steps"]
    assert [one["step"] for one in steps] == [
        "sensitivity", "export", "optimisation", "export", "run", "export",
    ]  # fmt: skip
    assert steps[2]["values"] == best.values
    assert 0.1 < best.values["distancing"] < 0.9
    ends = slow.run(best.values, method="vensim", outputs=["Dead"]).values("Dead")
    for name in ("best", "after"):
        np.testing.assert_allclose(last_row(folder / f"{name}.tab", "Dead"), ends, rtol=1e-12)


def test_data_and_models_are_those_of_the_script(folder: Path) -> None:
    (folder / "seen.dat").write_text("Infected\n10\t90\n20\t2000\n", encoding="utf-8")
    (folder / "p.vpd").write_text("*C\nInfected/.01\n", encoding="utf-8")
    (folder / "o.voc").write_text(":MAX_ITERATIONS=1\n.02<=infectivity<=.06\n", encoding="utf-8")
    path = script(folder, f"{BEGIN}SIMULATE>DATA|seen.dat\n{SEARCHED}")
    told = json.loads(done(path, "--json").stdout)["steps"][0]
    assert told["origin"]["data"] == ["seen.dat"]
    model = sd.load(folder / "epidemic.mdl", data=[folder / "seen.dat"])
    assert told["values"] == sa.run_voc(folder / "o.voc", folder / "p.vpd", model).values
    script(folder, BEGIN + SEARCHED)
    assert run(path).exit_code == 1


def test_nothing_is_run_before_all_is_checked(folder: Path) -> None:
    (folder / "o.voc").write_text("0<=distanci<=1\n", encoding="utf-8")
    (folder / "wrong.lst").write_text("Dad\n", encoding="utf-8")
    path = script(
        folder,
        f"{BEGIN}MENU>RUN|o\nMENU>VDF2TAB|!|a.tab\n{DRAWN}{SEARCHED}"
        "SIMULATE>READCIN|r.out\nSIMULATE>SETVAL|bed=3\nMENU>RUN|o\n"
        "SIMULATE>SENSSAVELIST|wrong.lst\nMENU>RUN_SENSITIVITY|o\n",
    )
    before = set(folder.iterdir())
    told = run(path)
    assert told.exit_code == 1
    for place in ("o.voc:1:", "whole.cmd:11:", "wrong.lst:1:1"):
        assert place in told.stderr
    assert "3 problems" in told.stderr
    assert set(folder.iterdir()) == before
    refused = CliRunner().invoke(sdmodel_command, ["script", str(path)])
    assert refused.exit_code == 1
    assert f"sensitivity run {path}" in refused.stderr


def test_what_an_optimisation_finds_is_not_what_lies_there(folder: Path) -> None:
    """An .out of last time says nothing of what this time's has, and is no input of the script."""
    (folder / "r.out").write_text("nothing like it = 3\n", encoding="utf-8")
    done(script(folder, f"{BEGIN}{SEARCHED}SIMULATE>READCIN|r.out\nMENU>RUN|o\n"))
    assert "distancing = " in (folder / "r.out").read_text(encoding="utf-8")
    told = run(script(folder, f"{BEGIN}SIMULATE>READCIN|r.out\n{SEARCHED}"))
    assert "r.out is read by this script, and cannot be written too" in told.stderr


def test_options_hold_for_the_steps_of_a_script(folder: Path) -> None:
    path = script(folder, BEGIN + DRAWN)
    before = set(folder.iterdir())
    assert "1 steps and 0 files" in done(path, "--check").stdout
    assert set(folder.iterdir()) == before
    told = done(path, "-n", "4", "--store").stdout
    assert "sensitivity r" in told
    assert "4 runs by method L" in told
    assert sa.verify(folder / "r.study", share=1.0).ok
    told = done(script(folder, BEGIN + "SIMULATE>SETVAL|beds=4\nMENU>RUN|o\n")).stdout
    assert "run r: beds=4" in told
    assert "nothing is written of r" in told
    for option in ("--changes", "--model", "--data", "--payoff", "--save-list"):
        refused = run(path, option, folder / "a.cin")
        assert refused.exit_code == 2
        assert f"{option} has no meaning for a .cmd: the script itself says it" in refused.stderr
    assert run(folder / "s.vsc", "--check").exit_code == 2


# The page ---------------------------------------------------------------------------------------


def rows() -> list[tuple[str, str, str]]:
    """Return lines, outcome and what is said of each example of the page."""
    found = []
    for line in re.findall(r"^\| \.cmd \| (.*) \|$", DOCS, re.M):
        example, outcome, said = (
            one.replace(r"\|", "|").strip() for one in re.split(r"(?<!\\)\|", line)
        )
        found.append(("\n".join(re.findall(r"`([^`]*)`", example)), outcome, said))
    return found


def test_the_page_has_its_examples() -> None:
    assert len(rows()) == 14
    assert [one for _, one, _ in rows()].count("runs") == 7


@pytest.mark.parametrize(("text", "outcome", "said"), rows())
def test_the_lines_of_the_page(text: str, outcome: str, said: str, folder: Path) -> None:
    path = script(folder, f"{BEGIN}{text}\n")
    before = set(folder.iterdir())
    told = run(path)
    written = {one.name for one in set(folder.iterdir()) - before}
    if outcome == "refused":
        assert told.exit_code == 1
        assert all(one in told.stderr for one in re.findall(r"`([^`]*)`", said))
        assert not written
        return
    assert told.exit_code == 0, told.output
    wanted = {"MENU>RUN_SENSITIVITY": "r.nc", "MENU>RUN_OPTIMIZE": "r.out", "VDF2TAB": "a.tab"}
    assert written == {file for line, file in wanted.items() if line in text}


def test_the_script_of_the_page(folder: Path) -> None:
    (block,) = re.findall(r"```cmd\n(.*?)```", DOCS, re.S)
    for suffix, old in ((".vsc", "s.vsc"), (".voc", "o.voc"), (".vpd", "p.vpd")):
        (folder / old).rename(folder / f"epidemic{suffix}")
    (folder / "observed.dat").write_text("buried\n0\t1\n300\t5\n", encoding="utf-8")
    done(script(folder, block))
    assert {"many.nc", "best.out", "after.tab"} <= {one.name for one in folder.iterdir()}
    assert len(last_row(folder / "after.tab", "Dead")) == 301
