"""Trees, causes strips, and the verbs show, draw and doc."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import sdmodel as sd
from sdmodel.cli.main import main
from sdmodel.documents.facts import Facts
from sdmodel.documents.findings import checked
from sdmodel.documents.reporting import GAP, MET, MINIMUM, NONE, checklist
from sdmodel.documents.site import pages
from sdmodel.documents.trees import Branch, causes_tree, tree, uses_tree
from sdmodel.errors import Problem
from sdmodel.sketch.views import own_views

ROOT = Path(__file__).parents[2]
CORE = str(ROOT / "models" / "core.mdl")
ARRAYS = """
Region: north, south ~~|
Level[Region] = INTEG(gain[Region] * k, 1) ~ kg ~ |
gain[north] = Time ~ kg ~ |
gain[south] = 2 * Time ~ kg ~ |
k = 0.5 ~ ~ |
total = SUM(Level[Region!]) + k ~ kg ~ |
INITIAL TIME = 0 ~ ~ |
FINAL TIME = 4 ~ ~ |
TIME STEP = 1 ~ ~ |
SAVEPER = 1 ~ ~ |
"""


@pytest.fixture(scope="module")
def core() -> sd.Model:
    return sd.load(CORE)


@pytest.fixture
def arrays(tmp_path: Path) -> sd.Model:
    path = tmp_path / "arrays.mdl"
    path.write_text("{UTF-8}" + ARRAYS, encoding="utf-8")
    return sd.load(path)


def invoke(*args: str, code: int = 0) -> str:
    done = CliRunner().invoke(main, args)
    assert done.exit_code == code, done.output
    return done.output


# Trees ------------------------------------------------------------------------------------------


def walk(branch: Branch, path: tuple[str, ...] = ()) -> list[tuple[Branch, tuple[str, ...]]]:
    return [(branch, path)] + [
        found for one in branch.branches for found in walk(one, (*path, branch.name))
    ]


@pytest.mark.parametrize("depth", [1, 2, 4, 30])
def test_a_tree_shows_every_cause_or_says_why_not(core: sd.Model, depth: int) -> None:
    whole = causes_tree(core, "domestic innovation", depth)
    expanded = []
    for branch, path in walk(whole):
        causes = core.variable(branch.name).uses
        if branch.branches:
            assert tuple(one.name for one in branch.branches) == causes
            expanded.append(branch.name)
        elif branch.mark == "loop":
            assert branch.name in path
        elif branch.mark == "more":
            assert len(path) == depth
        elif branch.mark == "again":
            assert any(other.name == branch.name and other.branches for other, _ in walk(whole))
        else:
            assert causes == ()
    assert len(expanded) == len(set(expanded))


def test_uses_are_causes_the_other_way_round(core: sd.Model) -> None:
    for one in uses_tree(core, "Domestic knowledge", 1).branches:
        below = [branch.name for branch in causes_tree(core, one.name, 1).branches]
        assert "Domestic knowledge" in below


def test_what_stands_in_a_tree_already_is_not_repeated() -> None:
    near = {"a": ["b", "c"], "b": ["d"], "c": ["d"], "d": ["e"], "e": []}
    lines = list(tree("a", near.__getitem__, 9).lines())
    assert lines == ["a", "├─ b", "│  └─ d", "│     └─ e", "└─ c", "   └─ d  (see above)"]


# Causes strips ----------------------------------------------------------------------------------


def test_a_strip_draws_what_moves_and_names_what_does_not(core: sd.Model) -> None:
    runs = [core.run("autarky"), core.run({"research productivity": 0.02}, name="half")]
    axes = sd.causes_strip(core, "domestic innovation", runs)
    titles = [ax.get_title(loc="left") for ax in axes]
    assert titles == ["domestic innovation", "research people", "Domestic knowledge"]
    for ax, name in zip(axes, titles, strict=True):
        assert ax.get_ylabel() == sd.style.unit(core.units[name])
        for line, run in zip(ax.get_lines(), runs, strict=True):
            np.testing.assert_array_equal(line.get_ydata(), run.values(name))
    told = axes[-1].get_xlabel()
    assert told.startswith("Time (Year)\n")
    assert "research productivity = 0.04 | 0.02" in told
    assert "research elasticity = 0.5" in told
    legend = axes[0].figure.legends[0]
    assert [text.get_text() for text in legend.get_texts()] == ["autarky", "half"]


def test_a_strip_of_an_element_shows_that_element_of_its_causes(arrays: sd.Model) -> None:
    run = arrays.run(method="vensim")
    axes = sd.causes_strip(arrays, "Level[south]", [run])
    assert [ax.get_title(loc="left") for ax in axes] == ["Level[south]", "gain"]
    (line,) = axes[1].get_lines()
    np.testing.assert_array_equal(line.get_ydata(), run.values("gain[south]"))
    whole = sd.causes_strip(arrays, "total", [run])
    assert len(whole[1].get_lines()) == 2
    assert whole[1].get_title(loc="left") == "Level: 2 of 2 elements"


def test_a_strip_can_be_drawn_on_a_figure_and_needs_something_that_moves(core: sd.Model) -> None:
    from matplotlib.figure import Figure

    figure = Figure()
    axes = sd.causes_strip(core, "forgetting", [core.run()], figure=figure)
    assert all(ax.figure is figure for ax in axes)
    with pytest.raises(sd.SDError, match="no run to draw"):
        sd.causes_strip(core, "forgetting", [])
    with pytest.raises(sd.UnknownNameError, match="did you mean 'forgetting'"):
        sd.causes_strip(core, "forgeting")


# The checklist and what is found ----------------------------------------------------------------


def asked(model: sd.Model) -> dict[str, str]:
    found = Facts(model, own_views(model.source))
    return {one.asks: one.status for one in checklist(found, checked(found))}


def test_the_checklist_follows_the_facts(core: sd.Model, tmp_path: Path) -> None:
    found = Facts(core, own_views(core.source))
    lines = checklist(found, checked(found))
    assert all(one.status in (MET, NONE) for one in lines if one.level == MINIMUM)
    assert all(one.add for one in lines if one.status == GAP)
    whole = asked(core)
    assert whole["A unit for every variable"] == MET
    assert whole["Diagrams of the structure"] == MET

    path = tmp_path / "bare.mdl"
    path.write_text(
        "x = INTEG(RANDOM UNIFORM(0,1,3), 1) ~ ~ |\nb = 5 ~ kg ~ made up |\n"
        "INITIAL TIME = 0 ~ ~ |\nFINAL TIME = 2 ~ ~ |\nTIME STEP = 1 ~ ~ |\nSAVEPER = 1 ~ ~ |\n",
        encoding="utf-8",
    )
    bare = sd.load(path)
    status = asked(bare)
    for gap in (
        "A unit for every variable",
        "What each variable means",
        "Diagrams of the structure",
        "Where each parameter, table and series is from",
        "What each scenario sets",
    ):
        assert status[gap] == GAP
    assert status["Every equation and algorithm"] == MET
    assert "random" not in status["Number of runs, seeds and distributions of random draws"]
    assert status["Number of runs, seeds and distributions of random draws"] not in (MET, NONE)


def test_findings_from_outside_stand_on_both_pages(core: sd.Model) -> None:
    problem = Problem("hidden <number>", "W101", variable="forgetting", line=7, cure="name it")
    made = pages(core, date="2020-02-02", findings=[problem])
    for name in ("checks.html", "variables/v-forgetting.html"):
        assert "hidden &lt;number&gt;" in made[name].decode("utf-8")
    assert "hidden" not in made["variables/v-relative-knowledge.html"].decode("utf-8")


# The verbs --------------------------------------------------------------------------------------


def test_show_prints_trees_and_loops() -> None:
    text = invoke("show", CORE, "forgetting", "--depth", "1")
    assert "├─ Domestic knowledge  ...\n└─ forgetting rate" in text
    assert "tree" not in invoke("show", CORE, "forgetting", "--depth", "0")
    fact = json.loads(invoke("show", CORE, "forgetting", "--json"))
    assert [one["name"] for one in fact["causes_tree"]["branches"]] == fact["uses"]
    listed = json.loads(invoke("show", CORE, "--loops", "--most", "3", "--json"))
    assert len(listed["loops"]) == 3
    assert not listed["complete"]
    through = invoke("show", CORE, "--loops", "--through", "Foreign frontier")
    assert through.splitlines()[1].startswith("R1 reinforcing: Foreign frontier -> ")


def test_show_draws_a_strip_and_says_what_it_needs(tmp_path: Path) -> None:
    target = tmp_path / "strip.png"
    text = invoke("show", CORE, "forgetting", "--strip", "-o", str(target), "--scenario", "autarky")
    assert "2 panels, 2 runs" in text
    assert target.read_bytes().startswith(b"\x89PNG")
    assert "--strip needs a variable" in invoke("show", CORE, "--strip", code=1)
    assert "figures are" in invoke("show", CORE, "forgetting", "--strip", "-o", "x.exe", code=1)


def test_draw_writes_one_view_or_all(tmp_path: Path) -> None:
    assert invoke("draw", CORE, "-o", str(tmp_path / "core.svg")).strip().endswith("core.svg")
    assert (tmp_path / "core.svg").read_text(encoding="utf-8").startswith("<svg")
    answer = json.loads(invoke("draw", CORE, "-o", str(tmp_path / "all"), "--json"))
    assert answer["views"] == ["Core model"]
    assert [Path(one).name for one in answer["written"]] == ["01-v-core-model.svg"]
    assert "pictures are" in invoke("draw", CORE, "-o", str(tmp_path / "x.txt"), code=1)
    wrong = invoke("draw", CORE, "--view", "Cor model", "-o", str(tmp_path / "x.svg"), code=1)
    assert "did you mean 'Core model'" in wrong
    assert not (tmp_path / "x.svg").exists()


def test_doc_writes_pages(tmp_path: Path) -> None:
    text = invoke("doc", CORE, "-o", str(tmp_path / "pages"), "--date", "2020-02-02")
    assert "69 variables" in text
    front = (tmp_path / "pages" / "index.html").read_text(encoding="utf-8")
    assert "2020-02-02" in front
    assert (tmp_path / "pages" / "files" / "core.mdl").read_bytes() == Path(CORE).read_bytes()
