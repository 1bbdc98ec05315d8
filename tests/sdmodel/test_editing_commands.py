"""The verbs that change a model file."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import sdmodel as sd
from sdmodel.cli import main

MODEL = (
    "births = people * rate ~ person ~ |\n\n"
    "rate = 0.1 ~ 1/Year ~ |\n"
    "people = INTEG(births, 100) ~ person ~ |\n"
    "Age: young, old ~~|\n"
    "weight[Age] = 1, 2 ~~|\n"
    "curve((0,0),(1,1)) ~~|\n"
    "INITIAL TIME=0~~|\nFINAL TIME=3~~|\nTIME STEP=1~~|\nSAVEPER=1~~|\n"
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "people.mdl"
    place.write_text(MODEL, encoding="utf-8")
    return place


def call(*words: object) -> Result:
    return CliRunner().invoke(main, [str(word) for word in words])


def done(*words: object) -> str:
    result = call(*words)
    assert result.exit_code == 0, result.output
    return result.output


def test_set(path: Path) -> None:
    said = done("set", path, "rate=0.20", "weight=3,4", "curve=(0,0),(1,3)", "weight[old] = 5")
    assert said == f"{path}: 6 lines of difference\n"
    changed = MODEL.replace("= 0.1", "= 0.20").replace("1, 2", "3, 5").replace("(1,1)", "(1,3)")
    assert path.read_text(encoding="utf-8") == changed
    assert done("set", path, "rate=0.20") == f"{path}: nothing to change\n"


def test_a_dry_run_shows_the_lines_and_writes_nothing(path: Path) -> None:
    said = done("set", path, "rate=0.2", "-n")
    assert [line for line in said.splitlines() if line[0] in "+-"][2:] == [
        "-rate = 0.1 ~ 1/Year ~ |",
        "+rate = 0.2 ~ 1/Year ~ |",
    ]
    answer = json.loads(done("set", path, "rate=0.2", "--dry-run", "--json"))
    assert answer == {"path": str(path), "saved": False, "changed": True, "diff": said, "notes": []}
    assert path.read_text(encoding="utf-8") == MODEL
    assert done("set", path, "rate=0.1", "-n") == f"{path}: nothing would change\n"


def test_edit_rename_add_delete(path: Path) -> None:
    other = path.with_name("other.mdl")
    done("edit", path, "births", "--equation", "people*rate/2", "--units", "person/Year",
         "--comment", "Half.", "--limits", "0,?", "-o", other)  # fmt: skip
    assert path.read_text(encoding="utf-8") == MODEL
    info = sd.load(other).variable("births")
    assert (info.equation, info.units, info.comment, info.low, info.high) == (
        "people*rate/2", "person/Year", "Half.", 0.0, None,
    )  # fmt: skip
    control = path.with_suffix(".lst")
    control.write_bytes(b"rate\nbirths\n")
    done("rename", path, "rate", "birth rate", "--also", control)
    assert control.read_bytes() == b"birth rate\nbirths\n"
    done("add", path, "twice", "2*births", "--units", "person", "--after", "births")
    assert "\n\ntwice = 2*births ~ person ~ |\n\nbirth rate" in path.read_text(encoding="utf-8")
    done("delete", path, "twice")
    assert path.read_text(encoding="utf-8") == MODEL.replace("rate", "birth rate")


def test_rename_tells_which_control_files_hold_the_old_name_and_leaves_them(path: Path) -> None:
    texts = {
        "a.cin": "births = 2\nRate = 0.2\nrate = 0.3\n",
        "b.lst": "births\n",
        "c d.vsc": "10,S,1,,0\nrate=RANDOM_UNIFORM(0,1)\n",
        "e.voc": "0<=rate<=1\n",
        "f.vpd": "*C\nrate/1\n",
        "g.cmd": "SIMULATE>SETVAL|rate=2\nSPECIAL>NOINTERACTION\n",
        "h.txt": "rate\n",
    }
    for name, text in texts.items():
        path.with_name(name).write_text(text, encoding="utf-8")
    path.with_name("i.CIN").write_bytes(b"rate = \0\n")
    named = path.with_name("e.voc")
    words = ("rename", path, "rate", "birth rate", "--also", named)
    told = json.loads(done(*words, "-n", "--json"))["notes"]
    here = path.parent
    assert [one.partition(" ")[0] for one in told[:1] + told[2:]] == [
        f"{here / 'a.cin'}:2:", f"{here / 'f.vpd'}:2:", f"{here / 'g.cmd'}:1:", "not",
    ]  # fmt: skip
    assert "still names 'rate' (and in line 3); --also" in told[0]
    assert told[1].startswith(f"{here / 'c d.vsc'}:2: still names 'rate'; --also '{here}")
    assert done(*words).splitlines()[1:] == [f"note: {one}" for one in told]
    kept = {name: path.with_name(name).read_text(encoding="utf-8") for name in texts}
    assert kept == texts | {"e.voc": "0<=birth rate<=1\n"}


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (["set", "rte=1"], "did you mean 'rate'"),
        (["set", "rate"], "sets nothing: write NAME=VALUE"),
        (["set", "rate=much"], "'much' is not a number"),
        (["set", "curve=(0,a)"], "no list of points"),
        (["set", "TIME STEP=0"], "TIME STEP is 0: it must be above zero"),
        (["set", "TIME STEP=-1"], "TIME STEP is -1: it must be above zero"),
        (["set", "FINAL TIME=-1"], "FINAL TIME (-1) is before INITIAL TIME (0)"),
        (["set", "SAVEPER=-1"], "SAVEPER is -1: it must be above zero, or zero for every step"),
        (["edit", "TIME STEP", "--equation", "rate - 0.1"], "TIME STEP is 0"),
        (["set", "TIME STEP=0", "--dry-run"], "TIME STEP is 0"),
        (["edit", "rate"], "nothing to change of 'rate'"),
        (["edit", "births", "--equation", "rte"], "no variable is named 'rte'"),
        (["edit", "births", "--limits", "1,2,3,4"], "write low, high and step"),
        (["rename", "rate", "births"], "is taken already"),
        (["add", "SUM", "2"], "'SUM' is the name of a function of Vensim"),
        (["delete", "rate"], "'rate' is used by 'births'"),
        (["set", "rate=0.3", "-o", "SELF"], "it exists already"),
    ],
)
def test_refusals_are_messages_and_leave_the_file(path: Path, words: list[str], why: str) -> None:
    verb, *rest = [str(path) if word == "SELF" else word for word in words]
    result = call(verb, path, *rest)
    assert result.exit_code == 1
    assert why in result.output
    assert path.read_text(encoding="utf-8") == MODEL


def test_run_controls_that_run_and_those_that_never_did_are_set(path: Path) -> None:
    done("set", path, "INITIAL TIME=5", "FINAL TIME=9")  # only together do they run
    done("set", path, "SAVEPER=0")  # every step
    broken = path.read_text(encoding="utf-8").replace("TIME STEP=1", "TIME STEP=0")
    path.write_text(broken, encoding="utf-8")
    done("set", path, "rate=0.3")  # the step is not of this edit's making
    done("set", path, "TIME STEP=0.5")
    assert len(sd.load(path).run(method="vensim").times) == 9


def test_only_edits_that_reach_the_run_controls_work_them_out(
    path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done("set", path, "FINAL TIME=9")
    done("add", path, "half", "1")
    done("add", path, "shift", "half * 2")
    done("edit", path, "FINAL TIME", "--equation", "8 + shift")
    looked = []
    monkeypatch.setattr("sdmodel.editing.edit.check_clock", looked.append)
    sd.edit(path).set("rate", 0.3).check()
    assert not looked
    sd.edit(path).set("half", 2).check()
    sd.edit(path).set("TIME STEP", 0.5).check()
    assert len(looked) == 4  # what is there before, and after
    monkeypatch.undo()
    with pytest.raises(sd.OverrideError, match="FINAL TIME .* is before INITIAL TIME"):
        sd.edit(path).set("half", -9).save()
