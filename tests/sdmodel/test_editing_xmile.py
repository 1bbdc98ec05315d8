"""Changes to the text of an XMILE file: what was asked changes, and not one byte else."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.editing import pieces

MODEL = """<?xml version="1.0" encoding="utf-8" ?>
<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
  <header><name>births</name></header>
  <sim_specs method="Euler" time_units="Year">
    <start>0</start>
    <stop>4</stop>
    <dt reciprocal="true">4</dt>
  </sim_specs>
  <dimensions><dim name="Age"><elem name="young"/><elem name="old"/></dim></dimensions>
  <model>
    <variables>
      <stock name="people">
        <doc>All   of them.</doc>
        <eqn>100</eqn>
        <inflow>births</inflow>
        <units>person</units>
      </stock>
      <flow name="births">
        <eqn>people * birth_rate * IF people &lt; 1e6 THEN 1 ELSE "effect of
crowding" {births}</eqn>
      </flow>
      <aux name="birth rate"><!-- births --><eqn>0.030</eqn><range min="0" max="1"/></aux>
      <aux name="effect of\\ncrowding">
        <eqn>people / 1e6</eqn>
        <gf><xscale min="0" max="2"/><yscale min="0" max="1"/><ypts>1, 0.50,0</ypts></gf>
      </aux>
      <aux name="weight"><dimensions><dim name="Age"/></dimensions>
        <element subscript="young"><eqn>1</eqn></element>
        <element subscript="old"><eqn>2.0</eqn></element>
      </aux>
      <aux name="R&amp;D"><eqn>weight[young] + weight[old]</eqn></aux>
      <aux name="alone"><eqn>1</eqn></aux>
    </variables>
    <views><view>
      <stock x="1" y="2" name="people"/>
      <flow x="1" y="3" name="births"><pts><pt x="1" y="1"/></pts></flow>
      <aux x="4" y="5" name="birth rate"/>
      <connector uid="1"><from>birth_rate</from><to>births</to></connector>
      <alias x="1" y="1" uid="2"><of>birth_rate</of></alias>
      <graph><plot><entity name="birth_rate"/></plot></graph>
      <text_box>births by birth rate</text_box>
    </view></views>
  </model>
</xmile>
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "people.stmx"
    place.write_bytes(MODEL.encode())
    return place


def only(edit: sd.Edit, *changes: tuple[str, str]) -> None:
    """Check that these passages changed, each of which is there once, and nothing else."""
    expected = MODEL
    for old, new in changes:
        assert expected.count(old) == 1, old
        expected = expected.replace(old, new)
    assert edit.text.text == expected


def test_the_pieces_are_the_file(path: Path) -> None:
    assert "".join(one.text for one in pieces(sd.edit(path).text)) == MODEL


def test_set(path: Path) -> None:
    edit = sd.edit(path)
    only(edit.set("Birth_Rate", 0.031), (">0.030<", ">0.031<"))
    only(edit.set("weight[old]", 2.5), (">2.0<", ">2.5<"))
    only(edit.set("weight", [1, 3]), (">2.0<", ">3<"))
    only(edit.set("FINAL TIME", 8), ("<stop>4<", "<stop>8<"))
    only(edit.set("TIME STEP", 0.5), ('reciprocal="true">4<', 'reciprocal="true">2<'))
    points = edit.set("effect of crowding", [(0, 1), (1, 0.5), (2, 0.25)])
    only(points, ("1, 0.50,0<", "1, 0.50,0.25<"))
    with pytest.raises(sd.OverrideError, match="spread evenly"):
        edit.set("effect of crowding", [(0, 1), (1.5, 0.5), (2, 0.25)])
    with pytest.raises(sd.OverrideError, match="outside of its limits"):
        edit.set("birth rate", 2)
    with pytest.raises(sd.OverrideError, match="no constant"):
        edit.set("SAVEPER", 2)
    model = sd.load(path)
    over = model.run({"birth rate": 0.2, "weight[old]": 5}, method="vensim")
    run = model.edit().set("birth rate", 0.2).set("weight[old]", 5).model.run(method="vensim")
    assert np.array_equal(run.table, over.table)


def test_equation_units_comment_limits(path: Path) -> None:
    edit = sd.edit(path)
    only(edit.equation("R&D", "3 < 4"), ("weight[young] + weight[old]", "3 &lt; 4"))
    only(edit.equation("people", "50"), ("<eqn>100<", "<eqn>50<"))
    only(edit.units("people", "heads"), (">person<", ">heads<"))
    only(
        edit.units("R&D", "a&b"),
        ("weight[old]</eqn></aux>", "weight[old]</eqn><units>a&amp;b</units></aux>"),
    )
    only(edit.units("birth rate", "1/Year"), ("</eqn><range", "</eqn><units>1/Year</units><range"))
    only(edit.comment("people", "Few."), (">All   of them.<", ">Few.<"))
    only(
        edit.comment("births", "New."),
        ('name="births">\n        <eqn>', 'name="births">\n        <doc>New.</doc>\n        <eqn>'),
    )
    only(edit.comment("alone", "x"), ('name="alone"><eqn>', 'name="alone"><doc>x</doc><eqn>'))
    only(edit.limits("birth rate", 0, 2), ('min="0" max="1"/></aux>', 'min="0" max="2"/></aux>'))
    only(edit.limits("birth rate"), ('<range min="0" max="1"/></aux>', "</aux>"))
    only(
        edit.limits("people", 0),
        ("</units>\n      </stock>", '</units>\n        <range min="0"/>\n      </stock>'),
    )
    # The elements of an array share what is said of it.
    kilos = edit.units("weight", "kg")
    assert kilos.model.variable("weight").units == "kg"
    assert kilos.text.text.replace("<units>kg</units>", "").split() == MODEL.split()
    with pytest.raises(sd.ModelError, match="does not only change 'INITIAL TIME'"):
        edit.units("INITIAL TIME", "Month")
    with pytest.raises(sd.OverrideError, match="no step"):
        edit.limits("people", 0, 1, 0.1)


def test_rename(path: Path) -> None:
    model = sd.load(path)
    edit = model.edit().rename("birth rate", "fertility & more")
    only(
        edit,
        ("people * birth_rate *", 'people * "fertility &amp; more" *'),
        ('<aux name="birth rate"><!--', '<aux name="fertility &amp; more"><!--'),
        ('y="5" name="birth rate"', 'y="5" name="fertility &amp; more"'),
        ("<from>birth_rate<", '<from>"fertility &amp; more"<'),
        ("<of>birth_rate<", '<of>"fertility &amp; more"<'),
        ('entity name="birth_rate"', 'entity name="fertility_&amp;_more"'),
    )
    ours, theirs = edit.model.run(method="vensim"), model.run(method="vensim")
    assert np.array_equal(ours.values("people"), theirs.values("people"))
    assert edit.rename("fertility & more", "birth rate").model.variables == model.variables
    births = model.edit().rename("births", "newborn")
    only(
        births,
        ("<inflow>births<", "<inflow>newborn<"),
        ('<flow name="births">', '<flow name="newborn">'),
        ('y="3" name="births"', 'y="3" name="newborn"'),
        ("<to>births<", "<to>newborn<"),
    )
    with pytest.raises(sd.OverrideError, match="names of dimensions"):
        model.edit().rename("Age", "Group")


def test_add_and_delete(path: Path) -> None:
    edit = sd.edit(path)
    added = edit.add("twice", "2*people < 3", "person", "A & B.", after="people")
    new = (
        '</stock>\n      <aux name="twice">\n      \t<doc>A &amp; B.</doc>\n'
        "      \t<eqn>2*people &lt; 3</eqn>\n      \t<units>person</units>\n      </aux>\n"
        "      <flow"
    )
    only(added, ("</stock>\n      <flow", new))
    assert added.model.run(method="vensim").values("twice")[0] == 0.0
    assert added.delete("twice").text == edit.text
    with pytest.raises(sd.ModelError, match="'birth rate' is used by 'births'"):
        edit.delete("birth rate")
    text = edit.equation("births", "1").delete("birth rate").text.text
    assert "birth_rate" not in text
    assert 'name="birth rate"' not in text
    assert text.count("<connector") == text.count("<alias") == 0
    assert "<text_box>births by birth rate" in text


def test_files_with_modules_keep_their_names() -> None:
    edit = sd.edit("tests/fuzz/corpus/modules.stmx")
    name = edit.source.variables[-1].name
    for change in (
        lambda: edit.rename(name, "x y"),
        lambda: edit.delete(name, even_if_used=True),
        lambda: edit.add("y", "1"),
    ):
        with pytest.raises(sd.OverrideError, match="files with modules"):
            change()


@pytest.mark.parametrize("name", ["SIZE", "smth1", "Log10"])
def test_a_name_of_a_function_of_xmile_is_refused(path: Path, name: str) -> None:
    edit = sd.load(path).edit()
    for ask in (lambda: edit.add(name, "2"), lambda: edit.rename("alone", name)):
        with pytest.raises(sd.OverrideError, match="is the name of a function of XMILE"):
            ask()
    assert edit.add("xidz", "2").model.constants["xidz"] == 2  # one of Vensim's
