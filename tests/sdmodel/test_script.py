"""Command scripts: they do what the same calls by hand do, or say line by line what they do not."""

from __future__ import annotations

import csv
import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import sdmodel as sd
from sdmodel.cli import main
from sdmodel.control.running import ScriptPlan

ROOT = Path(__file__).resolve().parents[2]
POND = """
fish = INTEG(births - caught, 100) ~ fish ~ |
births = fish*birth rate*crowding(fish/room) ~ ~ |
caught = IF THEN ELSE(Time >= 2, catch, 0) ~ ~ |
birth rate = 0.2 ~ ~ |
room = 500 ~ ~ |
catch = 5 ~ ~ |
narrow = 3 ~ ~ [1,4] |
crowding((0,1),(1,0)) ~ ~ |
"""
Load = "SPECIAL>LOADMODEL|pond.mdl\n"


@pytest.fixture
def folder(tmp_path: Path, mdl: Callable[..., str], monkeypatch: pytest.MonkeyPatch) -> Path:
    """Lay out a model with its control files in a folder that is not the present one."""
    place = tmp_path / "work"
    place.mkdir()
    (place / "pond.mdl").write_text(mdl(POND, FINAL_TIME=8), encoding="utf-8")
    (place / "more.cin").write_text("birth rate = 0.5\ncatch = 7\n", encoding="utf-8")
    (place / "flat.cin").write_text("crowding((0,1),(1,1))\n", encoding="utf-8")
    (place / "few.lst").write_text("fish\nroom\n", encoding="utf-8")
    (place / "s.vsc").write_text("100,M,1234,,0\n", encoding="utf-8")
    (place / "o.voc").write_text("", encoding="utf-8")
    (place / "p.vpd").write_text("", encoding="utf-8")
    monkeypatch.chdir(tmp_path)
    return place


def script(folder: Path, text: str) -> Path:
    path = folder / "run.cmd"
    path.write_text(text, encoding="utf-8")
    return path


def runs_of(folder: Path, text: str) -> list[sd.Run]:
    return done(ScriptPlan(sd.read_script(script(folder, Load + text))))


def done(plan: ScriptPlan) -> list[sd.Run]:
    return [run for step, run in plan.run() if isinstance(step, sd.Simulation)]


def by_hand(folder: Path, values: dict[str, float], *changes: str) -> sd.Run:
    model = sd.load(folder / "pond.mdl").with_changes(*(folder / one for one in changes))
    return model.run(values, method="vensim")


def rows(path: Path, separator: str = "\t") -> list[list[str]]:
    with path.open(encoding="utf-8", newline="") as file:
        return list(csv.reader(file, delimiter=separator))


# What a run is set to ---------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("text", "values", "changes"),
    [
        ("", {}, ()),
        ("SIMULATE>SETVAL|catch=9\n", {"catch": 9}, ()),
        ("simulate>setval| CATCH = 9 \n", {"catch": 9}, ()),
        ("SIMULATE>SETVAL|catch=8\nSIMULATE>SETVAL|catch=9\n", {"catch": 9}, ()),
        ("SIMULATE>SETVAL|FINAL TIME=4\n", {"FINAL TIME": 4}, ()),
        ("SIMULATE>SETVAL|crowding((0,1),(1,1))\n", {}, ("flat.cin",)),
        ("SIMULATE>READCIN|more.cin\n", {}, ("more.cin",)),
        ('SIMULATE>READCIN|"more"\n', {}, ("more.cin",)),
        ("SIMULATE>READCIN|MORE.CIN\nSIMULATE>ADDCIN|flat.cin\n", {}, ("more.cin", "flat.cin")),
        ("SIMULATE>READCIN|more.cin,flat.cin\n", {}, ("more.cin", "flat.cin")),
        ("SIMULATE>READCIN|more.cin\nSIMULATE>READCIN|flat.cin\n", {}, ("flat.cin",)),
        ("SIMULATE>READCIN|more.cin\nSIMULATE>READCIN|\n", {}, ()),
        ("SIMULATE>SETVAL|catch=9\nSIMULATE>READCIN|more.cin\n", {"catch": 9}, ("more.cin",)),
        ("SIMULATE>READCIN|more.cin&SIMULATE>SETVAL|catch=9\n", {"catch": 9}, ("more.cin",)),
        ("! SIMULATE>SETVAL|catch=9\n\n", {}, ()),
    ],
)
def test_a_run_is_the_same_by_hand(
    text: str, values: dict[str, float], changes: tuple[str, ...], folder: Path
) -> None:
    (run,) = runs_of(folder, text + "MENU>RUN|o\n")
    wanted = by_hand(folder, values, *changes)
    assert run.columns == wanted.columns
    np.testing.assert_array_equal(run.times, wanted.times)
    np.testing.assert_allclose(run.table, wanted.table, rtol=1e-14)


def test_values_hold_for_one_run_and_files_until_others_are_read(folder: Path) -> None:
    first, second, third = runs_of(
        folder,
        "SIMULATE>RUNNAME|a.vdfx|o\nSIMULATE>READCIN|more.cin\nSIMULATE>SETVAL|room=100\nMENU>RUN|o\n"
        "SIMULATE>RUNNAME|b\nMENU>RUN|o\nSIMULATE>READCIN|\nSIMULATE>RUNNAME|c\nMENU>RUN1|o\n",
    )
    assert [one.name for one in (first, second, third)] == ["a", "b", "c"]
    assert first.overrides == {"birth rate": 0.5, "catch": 7, "room": 100}
    assert second.overrides == {"birth rate": 0.5, "catch": 7}
    assert third.overrides == {}


def test_a_value_outside_its_range_is_set_as_vensim_does(folder: Path) -> None:
    (run,) = runs_of(folder, "SIMULATE>SETVAL|narrow=9\nMENU>RUN|o\n")
    assert run.values("narrow")[0] == 9


def test_data_and_models_are_named_as_on_windows(folder: Path) -> None:
    (folder / "sub").mkdir()
    (folder / "sub" / "m.mdl").write_text(
        "d~~|x = d*2~~|INITIAL TIME=0~~|FINAL TIME=2~~|TIME STEP=1~~|SAVEPER=1~~|", "utf-8"
    )
    (folder / "sub" / "d.dat").write_text("d\n0\t1\n2\t5\n", encoding="utf-8")
    text = 'SPECIAL>LOADMODEL|"sub\\m.mdl"\nSIMULATE>DATA|"sub\\d"\nMENU>RUN|o\n'
    (run,) = done(ScriptPlan(sd.read_script(script(folder, text))))
    assert run.values("x").tolist() == [2, 6, 10]


# What is written --------------------------------------------------------------------------------


def test_tables(folder: Path) -> None:
    made = runs_of(
        folder,
        "MENU>RUN|o\n"
        "MENU>VDF2TAB|!|!|few.lst\n"
        "MENU>VDF2CSV|Current.vdf|down.csv|few.lst|*\n"
        "MENU>VDF2TAB|Current|out/all.tsv|few.lst|+|2|2|6|:first\tsecond&&third\n"
        "MENU>VDF2TAB|Current|out/all.tsv|few.lst|+!||7||:again\n"
        "MENU>VDF2TAB|Current|nothing.tab||!C|8\n",
    )[0]
    fish = made.values("fish")
    across = rows(folder / "Current.tab")
    assert [row[0] for row in across] == ["Time", "fish", "room"]
    assert [float(one) for one in across[1][1:]] == fish.tolist()
    down = rows(folder / "down.csv", ",")
    assert down == [list(one) for one in zip(*across, strict=True)]
    added = rows(folder / "out" / "all.tsv")
    assert [row[:3] for row in added[:3]] == [
        ["Time", "", ""], ["fish", "first", "second&third"], ["room", "first", "second&third"],
    ]  # fmt: skip
    assert [float(one) for one in added[0][3:]] == [2, 4, 6]
    assert [float(one) for one in added[1][3:]] == fish[[2, 4, 6]].tolist()
    assert [float(one) for one in added[3][2:]] == fish[[7, 8]].tolist()
    assert added[3][:2] == ["fish", "again"]
    names = [row[0] for row in rows(folder / "nothing.tab")]
    assert names == [one for one in made.columns if one not in made.fixed]


def test_a_data_file_is_data(folder: Path) -> None:
    (run,) = runs_of(folder, "MENU>RUN|o\nMENU>VDF2DAT|!|a|few.lst\n")
    lines = (folder / "a.dat").read_text(encoding="utf-8").splitlines()
    assert lines[0] == "fish"
    assert [float(one.split("\t")[1]) for one in lines[1:10]] == run.values("fish").tolist()
    assert lines[10:] == ["room", "0\t500"]


def test_a_save_list_keeps_columns(folder: Path) -> None:
    kept, full = runs_of(
        folder,
        "SIMULATE>SAVELIST|few\nMENU>RUN|o\nSIMULATE>SAVELIST|\nSIMULATE>RUNNAME|all\nMENU>RUN|o\n"
        "MENU>VDF2TAB|Current.vdf|a.tab\nSPECIAL>CLEARRUNS\nFILE>DELETE|Current.vdf\nMENU>EXIT\n",
    )
    assert kept.columns == ("fish", "room")
    assert full.columns == by_hand(folder, {}).columns
    assert [row[0] for row in rows(folder / "a.tab")] == ["Time", "fish", "room"]


# What is refused --------------------------------------------------------------------------------

REFUSED = [
    ("MENU>GAME|o", "MENU>GAME is not done here"),
    ("SIMULATE>SETVALUE|a=1", "did you mean 'SIMULATE>SETVAL'"),
    ("WORKBENCH>CAUSES TREE", "this is no command"),
    ("fish = 3", "this is no command"),
    ("SIMULATE>READCIN|mor.cin", "did you mean 'more.cin'?"),
    ("SIMULATE>READCIN|?Which scenario", "would ask for its argument in a window"),
    ("SIMULATE>RUNNAME|a/b", "is no name of a run"),
    ("SIMULATE>SETVAL|", "sets nothing"),
    ("SPECIAL>LOADMODEL|pond.vpmx", "is no model in text form"),
    ("SPECIAL>LOADMODEL|pnd.mdl", "did you mean 'pond.mdl'?"),
    ("MENU>VDF2TAB|other.vdf|a.tab", "no run named 'other.vdf' was made"),
    ("MENU>VDF2TAB|!|../a.tab", "lies outside of the script's folder"),
    ("MENU>VDF2TAB|!|C:\\a.tab", "is a path of another machine"),
    ("MENU>VDF2TAB|!|a.tab||E", "the option 'E' of MENU>VDF2TAB is not done here"),
    ("MENU>VDF2TAB|!|a.tab|||often", "'often' is no number"),
    ("MENU>VDF2DAT|!|a.dat||*", "has no orientation"),
    ("SIMULATE>READCIN|../../etc/passwd", "lies outside of the script's folder"),
    ("FILE>DELETE|pond.mdl", "no run of this script"),
    ("MENU>RUN_SENSITIVITY|o", "has no file for its sensitivity"),
]


def test_every_line_that_is_not_done_is_named(folder: Path) -> None:
    text = Load + "MENU>RUN|o\nMENU>VDF2TAB|!|a.tab\n" + "".join(f"{one}\n" for one, _ in REFUSED)
    with pytest.raises(sd.SDError) as caught:
        sd.read_script(script(folder, text))
    problems = caught.value.problems  # type: ignore[attr-defined]
    assert [one.line for one in problems] == [*range(4, 4 + len(REFUSED))]
    for problem, (line, said) in zip(problems, REFUSED, strict=True):
        assert said in str(problem)
        assert problem.cure
        assert problem.text == line
    assert not (folder / "a.tab").exists()


def test_nothing_is_run_before_all_is_checked(folder: Path) -> None:
    (folder / "bad.cin").write_text("cach = 1\n", encoding="utf-8")
    (folder / "bad.lst").write_text("fishs\n", encoding="utf-8")
    text = (
        "MENU>RUN|o\nMENU>VDF2TAB|!|a.tab\nSIMULATE>READCIN|bad.cin\nSIMULATE>SETVAL|romm = 3\n"
        "MENU>RUN|o\nMENU>VDF2TAB|!|b.tab|bad.lst\nSIMULATE>SAVELIST|few.lst\nSIMULATE>READCIN|\n"
        "SIMULATE>RUNNAME|c\nMENU>RUN|o\nMENU>VDF2TAB|!|pond.mdl\n"
    )
    with pytest.raises(sd.SDError) as caught:
        runs_of(folder, text)
    found = [(Path(one.path).name, one.line) for one in caught.value.problems]  # type: ignore[attr-defined]
    assert found == [("bad.cin", 1), ("run.cmd", 5), ("bad.lst", 1), ("run.cmd", 12)]
    told = str(caught.value)
    assert "did you mean 'catch'?" in told
    assert "did you mean 'fish'?" in told
    assert "pond.mdl is read by this script" in told
    assert not (folder / "a.tab").exists()


def test_a_run_that_kept_too_little_cannot_be_written(folder: Path) -> None:
    (folder / "one.lst").write_text("births\n", encoding="utf-8")
    text = "SIMULATE>SAVELIST|few.lst\nMENU>RUN|o\nMENU>VDF2TAB|!|a.tab|one.lst\n"
    with pytest.raises(sd.SDError, match="did not keep 'births'"):
        runs_of(folder, text)


def test_no_model_and_what_follows_the_end(folder: Path) -> None:
    with pytest.raises(sd.SDError, match="no model is loaded here"):
        sd.read_script(script(folder, "MENU>RUN|o\n"))
    read = sd.read_script(script(folder, "MENU>EXIT\nMENU>GAME|o\nSPECIAL>NOINTERACTION|1\n"))
    assert read.steps == ()
    assert [one.partition(":")[0] for one in read.remarks] == ["line 2", "line 3"]


def test_other_folders_can_be_allowed(folder: Path, tmp_path: Path) -> None:
    (tmp_path / "up.cin").write_text("catch = 9\n", encoding="utf-8")
    path = script(
        folder, Load + "SIMULATE>READCIN|../up.cin\nMENU>RUN|o\nMENU>VDF2TAB|!|../a.tab\n"
    )
    with pytest.raises(sd.SDError, match="2 problems"):
        sd.read_script(path)
    (folder / "link.cin").symlink_to(tmp_path / "up.cin")
    with pytest.raises(sd.SDError, match="outside"):
        sd.read_script(script(folder, "SIMULATE>READCIN|link.cin\n"))
    script(folder, Load + "SIMULATE>READCIN|../up.cin\nMENU>RUN|o\nMENU>VDF2TAB|!|../a.tab\n")
    (run,) = done(ScriptPlan(sd.read_script(path, allow=[tmp_path]), (tmp_path,)))
    assert run.overrides == {"catch": 9}
    assert (tmp_path / "a.tab").exists()


def test_sensitivity_and_optimisation_are_read_for_others_to_run(folder: Path) -> None:
    text = (
        Load + "SIMULATE>SENSITIVITY|s\nSIMULATE>SENSSAVELIST|few.lst\nSIMULATE>PAYOFF|p.vpd\n"
        "SIMULATE>OPTPARM|o.voc\nSIMULATE>REPORT|1\nSIMULATE>RUNNAME|many\nSIMULATE>SETVAL|catch=2\n"
        "MENU>RUN_SENSITIVITY|o\nMENU>SENS2FILE|!|!\nSIMULATE>RUNNAME|best\nMENU>RUN_OPTIMIZE|o\n"
    )
    read = sd.read_script(script(folder, text))
    many, best = read.simulations
    assert (many.kind, many.name, best.kind, best.name) == (
        "sensitivity", "many", "optimisation", "best",
    )  # fmt: skip
    named = (many.sensitivity, many.sensitivity_save_list, best.payoff, best.optimisation)
    assert [one.name for one in named if one] == ["s.vsc", "few.lst", "p.vpd", "o.voc"]
    assert many.values == ((8, 17, "catch=2"),)
    assert best.values == ()
    (export,) = read.exports
    assert (export.kind, export.run, export.path.name) == ("SENS2FILE", "many", "many.tab")
    with pytest.raises(sd.UnsupportedError) as caught:
        ScriptPlan(read)
    assert [one.line for one in caught.value.problems] == [9, 10, 12]
    cures = [one.cure for one in caught.value.problems]
    assert cures[0] == cures[2] == f"sensitivity run {folder / 'run.cmd'}"
    assert "remove the line" in cures[1]


def test_the_result_of_an_optimisation_is_yet_to_come(folder: Path) -> None:
    text = (
        Load + "SIMULATE>PAYOFF|p\nSIMULATE>OPTPARM|o\nSIMULATE>RUNNAME|best\nMENU>RUN_OPTIMIZE|o\n"
        "SIMULATE>READCIN|best.out\nSIMULATE>RUNNAME|after\nMENU>RUN|o\n"
    )
    read = sd.read_script(script(folder, text))
    assert [one.name for one in read.simulations[1].changes] == ["best.out"]
    with pytest.raises(sd.UnsupportedError, match="sdmodel script does no optimisation"):
        ScriptPlan(read)
    with pytest.raises(sd.SDError, match=r"there is no file 'best\.out'"):
        sd.read_script(script(folder, Load + "SIMULATE>READCIN|best.out\n"))


def test_any_text_is_read_or_refused(folder: Path) -> None:
    """Whatever stands in a script, there is no traceback, and nothing is written by reading it."""
    rng = np.random.default_rng(3)
    words = [
        "SPECIAL>LOADMODEL", "MENU>RUN", "SIMULATE>READCIN", "SIMULATE>SETVAL", "MENU>VDF2TAB",
        "MENU>VDF2DAT", "FILE>DELETE", "|", "|", "|", "|", "pond.mdl", "more.cin", "few.lst", "!",
        "o", "&", "\n", "\n", "\n", "\0", "..", "/", "a" * 300, ",", '"', "?", "=", "catch", "3",
        "*", ":",
    ]  # fmt: skip
    read = refused = 0
    before = set(folder.iterdir())
    path = script(folder, "")
    for _ in range(400):
        path.write_text("".join(rng.choice(words, rng.integers(1, 12))), encoding="utf-8")
        try:
            read += len(sd.read_script(path).steps) >= 0
        except sd.SDError:
            refused += 1
    assert read > 5
    assert refused > 100
    assert set(folder.iterdir()) - before == {path}


# In the terminal --------------------------------------------------------------------------------


def test_the_verb(folder: Path) -> None:
    path = str(script(folder, Load + "SIMULATE>READCIN|more.cin\nSIMULATE>RUNNAME|a\nMENU>RUN|o\n"))
    told = CliRunner().invoke(main, ["script", path, "--check"])
    assert told.exit_code == 0, told.output
    assert "1 runs and 0 files are asked for" in told.stdout
    told = CliRunner().invoke(main, ["script", path])
    assert "run a: more.cin" in told.stdout
    assert "nothing is written of a; --keep .nc writes every run" in told.stdout
    told = CliRunner().invoke(main, ["script", path, "--keep", ".csv", "--json"])
    assert json.loads(told.stdout)["steps"][0]["name"] == "a"
    kept = rows(folder / "a.csv", ",")
    np.testing.assert_allclose(
        [float(row[kept[0].index("fish")]) for row in kept[1:]],
        by_hand(folder, {}, "more.cin").values("fish"),
        rtol=1e-14,
    )
    script(folder, "MENU>GAME|o\n")
    told = CliRunner().invoke(main, ["script", path])
    assert told.exit_code == 1
    assert f"{path}:1:1: MENU>GAME is not done here" in told.stderr


def test_what_the_settings_of_the_model_name_is_not_read(folder: Path) -> None:
    place = folder / "pond.mdl"
    place.write_text(place.read_text("utf-8") + "10:flat.cin\n13:history\n", encoding="utf-8")
    path = str(script(folder, Load + "MENU>RUN|o\nMENU>VDF2TAB|!|a.tab\n"))
    told = CliRunner().invoke(main, ["script", path]).stdout
    assert "pond.mdl names flat.cin in its settings (changes)" in told
    assert "pond.mdl names history in its settings (data)" in told
    wanted = by_hand(folder, {}).values("fish")
    fish = next(row for row in rows(folder / "a.tab") if row[0] == "fish")
    assert [float(one) for one in fish[1:]] == wanted.tolist()


def test_the_example(tmp_path: Path) -> None:
    for one in (
        "epidemic.mdl",
        "epidemic.toml",
        "epidemic.cmd",
        "epidemic.lst",
        "epidemic_slow.cin",
    ):
        (tmp_path / one).write_bytes((ROOT / "models" / one).read_bytes())
    told = CliRunner().invoke(main, ["script", str(tmp_path / "epidemic.cmd")])
    assert told.exit_code == 0, told.output
    found = rows(tmp_path / "epidemic_runs.tab")
    assert [row[:2] for row in found[1:]] == [
        ["Infected", "free"], ["Dead", "free"], ["beds", "free"],
        ["Infected", "slow"], ["Dead", "slow"], ["beds", "slow"],
    ]  # fmt: skip
    assert float(found[5][-1]) < float(found[2][-1]) / 10


def test_a_changes_file_that_sets_nothing_is_told(folder: Path) -> None:
    (folder / "none.cin").write_text("{catch = 7}\n", encoding="utf-8")
    path = script(folder, f"{Load}SIMULATE>READCIN|none.cin\nSIMULATE>RUNNAME|a\nMENU>RUN|O\n")
    for more in ([], ["--check"]):
        said = CliRunner().invoke(main, ["script", str(path), *more])
        assert said.exit_code == 0, said.output
        assert f"{(folder / 'none.cin').resolve()} sets nothing" in said.output
