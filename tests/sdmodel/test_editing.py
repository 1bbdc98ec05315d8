"""Changes to the text of a model: what was asked changes, and not one byte else."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.desk import edit

HEAD = b"\xef\xbb\xbf{UTF-8}\r\n"
SKETCH = (
    "\\\\\\---/// Sketch information - do not modify anything except names\r\n"
    "V300  Do not put anything below this section - it will be ignored\r\n"
    "*View 1\r\n$192-192-192,0,Arial|12||0-0-0\r\n10,1,births,100,100,40,20,8,3,0,0,0,0,0,0\r\n"
    "///---\\\\\\\r\n:L\x7f<%^E!@\r\n1:run.vdf\r\n15:0,0,0,0,0,0\r\n5:births\r\n"
)
# Every way an entry may be written: wrapped, without units, parts missing, one number for all.
MODEL = (
    "births = \r\n\tpeople * \\\r\n\t\tbirth rate {a \u00fc}\r\n\t~\tperson/Year\r\n"
    "\t~\tHow many\\\r\n"
    "\t\tare born.\r\n\t|\r\n\r\n"
    "birth rate = 0.030\r\n\t~\t1/Year [0,?,0.010]\r\n\t~\t\r\n\t|\r\n\r\n"
    "people = INTEG(births - 3, 1e2) ~~|\r\n"
    "Age: young, old ~~|\r\n"
    "weight[Age] = 1.0,\t-2 ~ kg ~ of each |\r\n"
    "height[Age, Age] = 1,2;3,4; ~ ~ Two by two ~ :SUPPLEMENTARY |\r\n"
    "width[Age] = 7 |\r\n"
    "depth[young] = 1 ~~|\r\n depth[old] = - 2 ~m~|\r\n"
    "curve([(0,0)-(10,10)],(0,0),(1, 2.50),(2,3)) ~~|\r\n"
    "flat(0,1,2, 5,6,7) ~~|\r\n"
    "effect = WITH LOOKUP(Time, ([(0,0)-(1,1)],(0,1),(9,2))) ~~|\r\n"
    "**************\r\n\t.Control\r\n**************~\r\n\t\tSimulation Control\r\n\t|\r\n"
    "INITIAL TIME = 0~~|\r\nFINAL TIME = 2~Year~|\r\nTIME STEP = 1~~|\r\nSAVEPER = TIME STEP~~|\r\n"
    + SKETCH
)


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "people.mdl"
    place.write_bytes(HEAD + MODEL.encode())
    return place


def test_nothing_changed_is_nothing_written(path: Path) -> None:
    before = path.stat().st_ino
    one = edit(path)
    assert not one.changed
    assert one.diff() == ""
    assert one.save() == path
    assert path.stat().st_ino == before


@pytest.mark.parametrize(
    ("name", "value", "old", "new"),
    [
        ("Birth_Rate", 0.031, "0.030\r\n", "0.031\r\n"),
        ("birth rate", "3.1e-02", "0.030\r\n", "3.1e-02\r\n"),
        ("weight[old]", 4, "1.0,\t-2", "1.0,\t4"),
        ("weight", [1, 5], "1.0,\t-2", "1.0,\t5"),
        ("weight", np.array([-1.5, -2]), "1.0,\t-2", "-1.5,\t-2"),
        ("height[old,young]", 0.5, "1,2;3,4;", "1,2;0.5,4;"),
        ("height", [[1, 2], [3, 9]], "1,2;3,4;", "1,2;3,9;"),
        ("width", 8, "[Age] = 7 |", "[Age] = 8 |"),
        ("depth[old]", 3, "= - 2 ~m", "= 3 ~m"),
        ("curve", [(0, 0), (1, 2.5), (2, 4)], "(2,3))", "(2,4))"),
        ("curve", [(0, 0), (5, 1)], "(0,0),(1, 2.50),(2,3))", "(0,0),(5,1))"),
        ("flat", [(0, 5), (1, 6), (3, 7)], "flat(0,1,2,", "flat(0,1,3,"),
        ("flat", [(0, 5), (1, 6)], "flat(0,1,2, 5,6,7)", "flat(0,1,5,6)"),
        ("effect", [(0, 1), (9, 3)], "(9,2)))", "(9,3)))"),
        ("FINAL TIME", 5, "FINAL TIME = 2~", "FINAL TIME = 5~"),
    ],
)  # fmt: skip
def test_set_changes_the_literal_alone(
    path: Path, name: str, value: object, old: str, new: str
) -> None:
    assert MODEL.count(old) == 1
    one = edit(path).set(name, value)
    assert one.text.raw == HEAD + MODEL.replace(old, new).encode()
    one.save()
    assert path.read_bytes() == HEAD + MODEL.replace(old, new).encode()


def test_set_is_what_an_override_of_a_run_does(path: Path) -> None:
    model = sd.load(path)
    over = model.run({"birth rate": 0.2, "weight[old]": 3})
    run = model.edit().set("birth rate", 0.2).set("weight[old]", 3).model.run()
    assert np.array_equal(run.table, over.table)


@pytest.mark.parametrize(
    ("name", "value", "why"),
    [
        ("birht rate", 1, "did you mean 'birth rate'"),
        ("births", 1, "is no constant but computed"),
        ("birth rate", "much", "'much' is not a number"),
        ("birth rate", float("nan"), "not a finite number"),
        ("birth rate", -1, r"outside of its limits \[0, inf\]"),
        ("width[old]", 8, r"one number stands for all of \[Age\]"),
        ("weight", [1, 2, 3], "3 values for 2 elements"),
        ("weight[middle]", 1, "there is no element"),
        ("height[young]", 1, "there is no element"),
        ("curve", 3, "set by the points of a lookup"),
        ("curve", [(1, 1), (0, 0)], "must rise in x"),
        ("births", [(0, 1), (1, 1)], "has no points"),
    ],
)
def test_set_refuses_what_it_cannot_do(path: Path, name: str, value: object, why: str) -> None:
    with pytest.raises(sd.SDError, match=why):
        edit(path).set(name, value)


@pytest.mark.parametrize(
    ("name", "units", "old", "new"),
    [
        ("births", "people/Year", "~\tperson/Year\r\n", "~\tpeople/Year\r\n"),
        ("birth rate", "1/Month", "~\t1/Year [0", "~\t1/Month [0"),
        ("birth rate", "", "~\t1/Year [0", "~\t[0"),
        ("people", "person", "1e2) ~~|", "1e2) ~ person ~|"),
        ("height", "m", "1,2;3,4; ~ ~ Two", "1,2;3,4; ~ m ~ Two"),
        ("width", "m", "= 7 |", "= 7 ~ m |"),
        ("depth", "cm", "- 2 ~m~|", "- 2 ~cm~|"),
        ("depth[young]", "cm", "depth[young] = 1 ~~|", "depth[young] = 1 ~ cm ~|"),
    ],
)
def test_units(path: Path, name: str, units: str, old: str, new: str) -> None:
    assert MODEL.count(old) == 1
    one = edit(path).units(name, units)
    assert one.text.raw == HEAD + MODEL.replace(old, new).encode()
    if "[" not in name:
        assert one.model.variable(name).units == units


@pytest.mark.parametrize(
    ("name", "comment", "old", "new"),
    [
        ("births", "Few.", "How many\\\r\n\t\tare born.", "Few."),
        ("births", "", "How many\\\r\n\t\tare born.", ""),
        ("birth rate", "In \u00df.", "\t~\t\r\n\t|", "\t~\tIn \u00df.\r\n\t|"),
        ("people", "All", "1e2) ~~|", "1e2) ~~ All |"),
        ("width", "Wide", "= 7 |", "= 7 ~ ~ Wide |"),
        ("height", "More", "Two by two ~", "More ~"),
        (
            "births", "x" * 60 + " " + "y" * 60,
            "How many\\\r\n\t\tare born.", "x" * 60 + " \\\r\n\t\t" + "y" * 60,
        ),
    ],
)  # fmt: skip
def test_comment(path: Path, name: str, comment: str, old: str, new: str) -> None:
    assert MODEL.count(old) == 1
    one = edit(path).comment(name, comment)
    assert one.text.raw == HEAD + MODEL.replace(old, new).encode()
    assert one.model.variable(name).comment == comment


@pytest.mark.parametrize(
    ("name", "limits", "old", "new"),
    [
        ("birth rate", (0, 1, 0.01), "[0,?,0.010]", "[0,1,0.010]"),
        ("birth rate", (0, 0.5), "[0,?,0.010]", "[0,0.5]"),
        ("birth rate", (), "~\t1/Year [0,?,0.010]", "~\t1/Year"),
        ("births", (0,), "person/Year\r\n", "person/Year [0,?]\r\n"),
        ("people", (0, "1e9"), "1e2) ~~|", "1e2) ~ [0,1e9] ~|"),
        ("width", (0, 9), "= 7 |", "= 7 ~ [0,9] |"),
    ],
)
def test_limits(path: Path, name: str, limits: tuple[float, ...], old: str, new: str) -> None:
    assert MODEL.count(old) == 1
    one = edit(path).limits(name, *limits)
    assert one.text.raw == HEAD + MODEL.replace(old, new).encode()


@pytest.mark.parametrize(
    ("limits", "why"), [(("a", "b"), "'a' is not a number"), ((5, 1), "5 is greater than 1")]
)
def test_limits_that_are_none_are_refused(path: Path, limits: tuple[float, ...], why: str) -> None:
    with pytest.raises(sd.OverrideError, match=why):
        edit(path).limits("birth rate", *limits)


def test_an_equation_over_several_lines_gets_the_line_ends_of_the_file(path: Path) -> None:
    one = edit(path).equation("births", "people*\n\t\tbirth rate/2")
    old = "people * \\\r\n\t\tbirth rate {a \u00fc}"
    assert (
        one.text.raw == HEAD + MODEL.replace(old, "people*\r\n\t\tbirth rate/2 {a \u00fc}").encode()
    )


def test_a_constant_becomes_a_lookup_and_a_lookup_a_constant(path: Path) -> None:
    one = edit(path).equation("width", "((0,0),(1,1))")
    assert one.text.text == MODEL.replace("width[Age] = 7", "width[Age] ((0,0),(1,1))").join(
        ["{UTF-8}\r\n", ""]
    )
    assert one.equation("width", "7").text.text.count("width[Age] = 7 |") == 1
    flat = edit(path).equation("curve", "2*Time")
    assert "\ncurve= 2*Time ~~|" in flat.text.text
    assert flat.model.run().values("curve")[-1] == 4.0


@pytest.mark.parametrize(
    ("equation", "why"),
    [
        ("1 ~ x ~ y |\r\nz = 3", "would define 'z' too"),
        ("1 ~ m", "it would change variables"),
        ("(1", "this bracket is never closed"),
        ("", "the equation is empty"),
    ],
)
def test_what_is_no_single_equation_is_refused(path: Path, equation: str, why: str) -> None:
    with pytest.raises(sd.SDError, match=why):
        edit(path).equation("births", equation)


def test_what_would_end_a_part_is_refused(path: Path) -> None:
    for bad in ("a ~ b", "a | b"):
        with pytest.raises(sd.ModelError, match="cannot hold"):
            edit(path).comment("births", bad)
    with pytest.raises(sd.ModelError, match=r"cannot hold '\['"):
        edit(path).units("births", "m [0,1]")


# Saving -------------------------------------------------------------------------------------------


def test_a_file_changed_by_others_is_not_overwritten(path: Path) -> None:
    one = edit(path).set("birth rate", 0.1)
    theirs = path.read_bytes().replace(b"1e2", b"1e3")
    path.write_bytes(theirs)
    with pytest.raises(sd.SDError, match="changed by somebody else"):
        one.save()
    assert path.read_bytes() == theirs


def test_a_model_that_could_be_run_is_not_broken(path: Path) -> None:
    one = edit(path).equation("births", "poeple * 2")
    with pytest.raises(sd.UnknownNameError, match="did you mean 'people'"):
        one.save()
    assert path.read_bytes() == HEAD + MODEL.encode()


def test_a_model_with_mistakes_can_be_mended_one_by_one(path: Path) -> None:
    path.write_bytes((HEAD + MODEL.encode()).replace(b"= 7 |", b"= poeple |"))
    one = edit(path).set("birth rate", 0.5)
    with pytest.raises(sd.UnknownNameError):
        one.model  # noqa: B018
    with pytest.raises(sd.UnknownNameError, match="no variable is named 'brths'") as told:
        one.equation("people", "INTEG(brths, 3)").save()
    assert len(told.value.problems) == 1  # the one that was there is not told again
    one.save()
    edit(path).equation("width", "7").save()
    assert path.read_bytes() == HEAD + MODEL.replace("0.030\r\n", "0.5\r\n").encode()


def test_permissions_and_links_are_kept(path: Path, tmp_path: Path) -> None:
    path.chmod(0o755)
    link = tmp_path / "link.mdl"
    link.symlink_to(path)
    edit(link).set("birth rate", 0.5).save()
    assert link.is_symlink()
    assert b"= 0.5\r\n" in path.read_bytes()
    assert path.stat().st_mode & 0o777 == 0o755
    other = edit(path).set("birth rate", 0.6).save(tmp_path / "new" / "other.mdl")
    assert b"= 0.6\r\n" in other.read_bytes()
    assert b"= 0.5\r\n" in path.read_bytes()
    assert sorted(os.listdir(other.parent)) == ["other.mdl"]


@pytest.mark.parametrize(
    ("raw", "encoding"),
    [(b"gr\xf6\xdfe", "cp1252"), (b"plain", "cp1252"), ("gr\u00f6\u00dfe".encode(), "utf-8")],
)
def test_the_encoding_of_the_file_is_kept(tmp_path: Path, raw: bytes, encoding: str) -> None:
    path = tmp_path / "m.mdl"
    text = raw + b" = 1 ~ ~ |\nINITIAL TIME=0~~|FINAL TIME=1~~|TIME STEP=1~~|SAVEPER=1~~|\n"
    path.write_bytes(text)
    name = raw.decode(encoding)
    edit(path).comment(name, "\u00fc").save()
    assert path.read_bytes() == text.replace(b" ~ |", " ~ \u00fc |".encode(encoding), 1)
    assert sd.load(path).variable(name).comment == "\u00fc"
    if encoding == "cp1252":
        with pytest.raises(sd.ReadError, match="cannot hold '→'"):
            edit(path).comment(name, "\u2192")


def test_the_difference_is_one_that_git_can_apply(path: Path, tmp_path: Path) -> None:
    one = edit(path).set("birth rate", 0.1).units("people", "person")
    folder = tmp_path / "work"
    folder.mkdir()
    copy = folder / path.name
    copy.write_bytes(path.read_bytes())
    patch = one.diff().replace(path.as_posix(), path.name).encode()
    command = ["git", "apply", "-p1", "--whitespace=nowarn", "-"]
    done = subprocess.run(command, input=patch, cwd=folder, capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
    assert copy.read_bytes() == one.text.raw
    assert repr(one).endswith("4 lines of difference>")
