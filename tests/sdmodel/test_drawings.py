"""Drawings: what Vensim and XMILE files draw is drawn, as SVG and as a figure alike."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.frontends import read
from sdmodel.frontends.sketch import Arrow, Element, Kind, View, read_sketch
from sdmodel.frontends.xmile.views import read_views
from sdmodel.sketch.figure import drawn_on, save
from sdmodel.sketch.picture import svg
from sdmodel.sketch.shapes import Stroke, Words, drawing
from sdmodel.sketch.views import own_views, views_of
from sdmodel.source import SourceText

ROOT = Path(__file__).parents[2]
CORE = ROOT / "models" / "core.mdl"
SVG = "{http://www.w3.org/2000/svg}"
STOCK = Element(Kind.VARIABLE, 1, "Level", 300, 100, 40, 20, 3, 3)
WORD = Element(Kind.VARIABLE, 2, "rate of change", 100, 100, 40, 11, 8, 3)


def said(view: View) -> list[str]:
    """Return every line of text in a view's drawing."""
    return sorted(
        line for one in drawing(view).shapes if isinstance(one, Words) for line in one.lines
    )


def strokes(view: View) -> list[Stroke]:
    return [one for one in drawing(view).shapes if isinstance(one, Stroke)]


def test_the_figure_says_what_the_svg_says() -> None:
    (view,) = own_views(read(CORE))
    ax = drawn_on(view)
    root = ElementTree.fromstring(svg(view))
    in_svg = sorted(span.text or "" for span in root.iter(f"{SVG}tspan"))
    assert sorted(one.get_text() for one in ax.texts) == in_svg == said(view)
    shapes = [one for one in drawing(view).shapes if not isinstance(one, Words)]
    assert len(ax.patches) == len(shapes)


def test_what_is_hidden_is_not_drawn_and_neither_are_its_arrows() -> None:
    hidden = Element(Kind.VARIABLE, 3, "secret", 100, 200, 40, 11, 8, 2, style="1,0,-1,0,0,0")
    arrows = (Arrow(4, 3, 2), Arrow(5, 1, 2))
    view = View("Main", "", (STOCK, WORD, hidden), arrows)
    assert not any("secret" in line for line in said(view))
    assert len([one for one in strokes(view) if one.head]) == 1
    assert len([one for one in strokes(View("Main", "", (STOCK, WORD), arrows)) if one.head]) == 1


@pytest.mark.parametrize(("sign", "shown"), [("43", "+"), ("45", "\N{MINUS SIGN}"), ("0", "")])
def test_the_sign_of_a_link_stands_at_its_head(sign: str, shown: str) -> None:
    text = (
        "\\\\\\---/// Sketch information\nV300\n*Main\n$\n"
        "10,1,Level,300,100,40,20,3,3\n10,2,rate,100,100,40,11,8,3\n"
        f"1,3,1,2,0,0,{sign},0,0,64,0,-1--1--1,,1|(0,0)|\n"
    )
    (view,) = read_sketch(text)
    signs = [
        one for one in drawing(view).shapes if isinstance(one, Words) and one.lines == (shown,)
    ]
    assert len(signs) == bool(shown)
    for one in signs:
        (arrow,) = [stroke for stroke in strokes(view) if stroke.head]
        assert np.hypot(*(arrow.points[-1] - (one.x, one.y))) < 20


@pytest.mark.parametrize(("shape", "heads"), [(4, 1), (68, 1), (100, 0)])
def test_a_pipe_has_a_head_where_its_record_says_so(shape: int, heads: int) -> None:
    valve = Element(Kind.VALVE, 3, "0", 200, 101, 6, 8, 34, 3)
    pipe = Arrow(4, 3, 1, shape, 22, points=((230, 101),))
    view = View("Main", "", (STOCK, valve), (pipe,))
    filled = [one for one in strokes(view) if one.closed]
    assert len(filled) == 1 + heads  # the valve, and the head
    (line,) = [one for one in strokes(view) if one.width == 5.0]
    # It runs level from the valve to the edge of the box, though their middles differ by a pixel.
    assert (line.points[:, 1] == 101).all()
    assert STOCK.x - STOCK.width - 12 <= line.points[-1, 0] <= STOCK.x - STOCK.width


def test_letters_are_those_of_the_record() -> None:
    style = "0,26,-1,0,0,0,0-0-0,0-0-0,|14|BI|255-0-128,0,0"
    word = Element(Kind.VARIABLE, 1, "x", 9, 9, 40, 11, 8, 3, style=style)
    plain = Element(Kind.VARIABLE, 2, "y", 9, 90, 40, 11, 8, 3, style="0,0,0,0,0,0")
    view = View("Main", "192-192-192,0,Arial|12||0-0-0|0-0-0", (word, plain), ())
    first, second = (one for one in drawing(view).shapes if isinstance(one, Words))
    assert (first.size, first.bold, first.italic, first.colour) == (14, True, True, "#ff0080")
    assert (second.size, second.bold, second.italic) == (12, False, False)


def test_names_lead_to_pages_and_shadows_do_too() -> None:
    shadow = Element(Kind.VARIABLE, 3, "Level", 9, 9, 40, 11, 8, 2)
    view = View("Main", "", (STOCK, WORD, shadow), ())
    root = ElementTree.fromstring(svg(view, lambda name: f"{name}.html" if "e" in name else ""))
    links = [one.get("href") for one in root.iter(f"{SVG}a")]
    assert links == ["level.html", "rate of change.html", "level.html"]
    assert "<Level>" in said(view)


XMILE = """<xmile version="1.0" xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0">
<header><vendor>v</vendor><product version="1">p</product></header>
<sim_specs><start>0</start><stop>4</stop><dt>1</dt></sim_specs>
<model><variables>
<stock name="Water level"><eqn>5</eqn><inflow>rain</inflow></stock>
<flow name="rain"><eqn>strength</eqn></flow><aux name="strength"><eqn>2</eqn></aux>
</variables>
<views><view>
<stock name="Water_level" x="300" y="100"/>
<flow name="rain" x="200" y="100"><pts><pt x="120" y="100"/><pt x="300" y="100"/></pts></flow>
<aux name="strength" x="200" y="200"/>
<connector uid="1" angle="90"><from>strength</from><to>rain</to></connector>
<alias x="400" y="200" uid="7"><of>Water_level</of></alias>
<connector uid="2" angle="10"><from><alias uid="7"/></from><to>strength</to></connector>
<aux name="nowhere" x="bad" y="1"/><connector uid="3"><from>x</from><to>strength</to></connector>
</view></views></model></xmile>"""


def test_an_xmile_view_is_drawn(tmp_path: Path) -> None:
    path = tmp_path / "pond.stmx"
    path.write_text(XMILE, encoding="utf-8")
    model = sd.load(path)
    (view,) = own_views(model.source)
    assert said(view) == ["<Water level>", "Water level", "rain", "strength"]
    assert view.flows() == {next(iter(view.flows())): "rain"}
    pipes = [one for one in view.arrows if one.pipe]
    by_id = {one.id: one for one in view.elements}
    ends = [by_id[one.end] for one in pipes]
    assert [end.boxed for end in ends] == [False, True]
    assert [by_id[one.end].kind for one in pipes] == [Kind.COMMENT, Kind.VARIABLE]
    causes = [(by_id[a.start].name, by_id[a.end].kind) for a in view.arrows if not a.pipe]
    assert causes == [("strength", Kind.VALVE), ("Water level", Kind.VARIABLE)]
    straight, bent = (a for a in view.arrows if not a.pipe)
    assert straight.shape == 0  # it leaves straight up, to what is straight above
    assert bent.shape == 1
    assert len(sd.draw(model).texts) == 4
    assert ">Water level<" in sd.picture(model)


def test_a_pipe_of_xmile_goes_round_its_corners() -> None:
    points = [(100, 100), (100, 200), (300, 200), (300, 100)]
    pts = "".join(f'<pt x="{x}" y="{y}"/>' for x, y in points)
    text = (
        '<xmile><model><views><view><stock name="a" x="100" y="90"/>'
        '<stock name="b" x="300" y="90"/>'
        f'<flow name="f" x="150" y="200"><pts>{pts}</pts></flow></view></views></model></xmile>'
    )
    (view,) = read_views(SourceText("x.stmx", text))
    assert [one.points for one in view.arrows] == [((100, 200),), ((300, 200),)]
    by_id = {one.id: one.name for one in view.elements}
    assert [by_id[one.end] for one in view.arrows] == ["a", "b"]
    lines = [one.points for one in strokes(view) if one.width == 5.0]
    for line in lines:  # every piece is level or upright
        assert (np.abs(np.diff(line, axis=0)).min(axis=1) == 0).all()


def test_xmile_that_cannot_be_read_has_no_views() -> None:
    assert read_views(SourceText("x.stmx", "<xmile><model>")) == ()
    assert read_views(SourceText("x.stmx", "<xmile><model/></xmile>")) == ()


def test_a_model_without_a_drawing_is_laid_out(tmp_path: Path) -> None:
    path = tmp_path / "plain.mdl"
    text = "Level = INTEG(inflow, 3) ~~|\ninflow = 2 * strength ~~|\nstrength = 1 ~~|\n"
    path.write_text(
        f"{text}INITIAL TIME=0~~|\nFINAL TIME=2~~|\nTIME STEP=1~~|\nSAVEPER=1~~|\n",
        encoding="utf-8",
    )
    model = sd.load(path)
    assert own_views(model.source) == ()
    (view,) = views_of(model.source)
    assert {"Level", "inflow", "strength"} <= set(said(view))
    assert {"Level", "inflow", "strength"} <= {one.get_text() for one in sd.draw(model).texts}
    with pytest.raises(sd.SDError, match="no view named 'nope'"):
        sd.draw(model, "nope")


@pytest.mark.parametrize("suffix", [".png", ".pdf", ".svg"])
def test_a_view_is_saved_with_the_same_bytes_each_time(tmp_path: Path, suffix: str) -> None:
    view = View("Main", "", (STOCK, WORD), (Arrow(3, 2, 1),))
    paths = [tmp_path / f"{name}{suffix}" for name in "ab"]
    for path in paths:
        save(view, path)
    first, second = (path.read_bytes() for path in paths)
    assert len(first) > 500
    if suffix != ".svg":  # matplotlib numbers what it clips at random
        assert first == second


def test_a_drawing_is_inside_its_page() -> None:
    for view in own_views(read(CORE)):
        drawn = drawing(view)
        for one in strokes(view):
            assert (one.points >= drawn.low).all()
            assert (one.points <= drawn.high).all()
    empty = svg(View("Empty", "", (), ()))
    assert re.search(r'viewBox="0 0 1 1"', empty)
