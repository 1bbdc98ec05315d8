"""A model in another format is the same model."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import sdmodel as sd
from sdmodel.cli import main
from sdmodel.frontends import read
from sdmodel.frontends.sketch import read_sketch
from sdmodel.sketch.check import check_sketch

ROOT = Path(__file__).resolve().parents[2]


@pytest.mark.parametrize("name", ["epidemic", "core"])
def test_there_and_back_nothing_changes(name: str, tmp_path: Path) -> None:
    first = ROOT / "models" / f"{name}.mdl"
    there = sd.convert(first, tmp_path / "there.xmile")
    back = sd.convert(there.path, tmp_path / "back.mdl")
    for done in (there, back):
        assert done.comparison is not None
        assert done.comparison.largest <= 1e-9
        assert done.notes == ()
    old, new = sd.load(first), sd.load(back.path)
    assert new.variables
    assert set(new.variables) == set(old.variables)
    assert new.units == {one: old.units[one] for one in new.units}
    clock = {"INITIAL TIME", "FINAL TIME", "TIME STEP", "SAVEPER"}
    said = [
        {one.name: one.comment for one in model.source.variables if one.name not in clock}
        for model in (old, new)
    ]
    assert said[0] == said[1]
    a, b = old.run(method="vensim"), new.run(method="vensim")
    for variable in old.columns:
        assert np.allclose(a.values(variable), b.values(variable), rtol=1e-9, atol=0)


def test_a_file_of_the_same_format_is_refused(tmp_path: Path) -> None:
    with pytest.raises(sd.SDError, match="copy the file"):
        sd.convert(ROOT / "models" / "epidemic.mdl", tmp_path / "again.mdl")
    assert not list(tmp_path.iterdir())


def test_the_drawing_goes_with_the_model(tmp_path: Path) -> None:
    first = ROOT / "models" / "core.mdl"
    there = sd.convert(first, tmp_path / "there.xmile")
    back = sd.convert(there.path, tmp_path / "back.mdl")
    views = read_sketch(back.text)
    assert check_sketch(read(back.path), views).ok
    old = [one for view in read_sketch(first.read_text("utf-8")) for one in view.elements]
    new = [one for view in views for one in view.elements]
    # All that is moved is the corner of the page.
    shift = {
        (a.x - b.x, a.y - b.y) for a in old for b in new if a.boxed and b.boxed and a.name == b.name
    }
    assert len(shift) == 1


def run(*args: object) -> tuple[int, str]:
    done = CliRunner().invoke(main, ["convert", *map(str, args)])
    return done.exit_code, done.output


def test_the_verb_tells_how_far_the_runs_are_apart(tmp_path: Path) -> None:
    target = tmp_path / "m.xmile"
    code, said = run(ROOT / "models" / "epidemic.mdl", target)
    assert code == 0
    assert "28 trajectories compared, largest difference 0 of its peak" in said
    code, said = run(ROOT / "models" / "epidemic.mdl", target)
    assert code != 0
    assert "--force" in said
    code, said = run(ROOT / "models" / "epidemic.mdl", target, "--force", "--json")
    facts = json.loads(said)
    assert facts["notes"] == []
    assert facts["comparison"]["compared"] == 28


def test_what_is_lost_is_told_and_strict_refuses_it(tmp_path: Path) -> None:
    text = (ROOT / "models" / "epidemic.mdl").read_text("utf-8")
    model = tmp_path / "m.mdl"
    model.write_text(text.replace("beds=\n\t200", "beds=\n\tGAME(200)"), "utf-8")
    code, said = run(model, tmp_path / "m.xmile", "--strict")
    assert code != 0
    assert "GAME is left out" in said
    assert not (tmp_path / "m.xmile").exists()
    code, said = run(model, tmp_path / "m.xmile")
    assert code == 0
    assert "'beds' GAME is left out" in said


def test_units_groups_and_ranges_are_kept(tmp_path: Path) -> None:
    text = (
        "{UTF-8}\n***\n\t.Land\n***~\n\t\t|\n"
        "a=3~ha [0,9]~Fields & meadows <old>.|\nb=2*a~ha~|\n"
        "INITIAL TIME=0~Year~|FINAL TIME=2~Year~|TIME STEP=1~Year~|SAVEPER=1~Year~|\n"
        "\\\\\\---///\n///---\\\\\\\n22:ha,hectare,hectares\n15:0,0,0,4,0,0\n"
    )
    first = tmp_path / "a.mdl"
    first.write_text(text, "utf-8")
    back = sd.convert(sd.convert(first, tmp_path / "a.xmile").path, tmp_path / "b.mdl")
    old, new = sd.load(first).source, sd.load(back.path).source
    one, other = old.by_key["a"], new.by_key["a"]
    assert one.group == "Land"
    for what in ("units", "low", "high", "comment", "group"):
        assert getattr(one, what) == getattr(other, what)
    assert (old.method, new.method) == ("rk2", "rk2")
    assert [(u.name, u.aliases) for u in new.unit_definitions] == [("ha", ("hectare", "hectares"))]
    assert [v.name for v in new.variables if v.supplementary] == ["b"]
