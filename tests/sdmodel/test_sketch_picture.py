"""Views as pictures: everything drawn, arrows that end at what they point to, names as text."""

from __future__ import annotations

import re
from pathlib import Path
from xml.etree import ElementTree

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.frontends.sketch import Arrow, Element, Kind, View, read_sketch
from sdmodel.sketch.picture import svg
from sdmodel.sketch.words import unquoted

ROOT = Path(__file__).parents[2]
MODELS = [ROOT / "models" / name for name in ("core.mdl", "industrial_upgrading.mdl")]
SVG = "{http://www.w3.org/2000/svg}"


def views() -> list[View]:
    return [
        view for path in MODELS for view in read_sketch(path.read_text(encoding="utf-8"), str(path))
    ]


def points(path: str) -> np.ndarray:
    return np.array([pair.split() for pair in re.findall(r"[ML] ([-\d.]+ [-\d.]+)", path)], float)


@pytest.mark.parametrize("view", views(), ids=lambda view: view.name)
def test_a_view_shows_every_name_cause_and_pipe_within_its_frame(view: View) -> None:
    root = ElementTree.fromstring(svg(view))
    shown = {" ".join(span.text or "" for span in text) for text in root.iter(f"{SVG}text")}
    words = [one for one in view.elements if one.kind is Kind.VARIABLE]
    named = {f"<{unquoted(one.name)}>" if one.shadow else unquoted(one.name) for one in words}
    assert named <= shown
    assert {one.text for one in view.elements if one.text} <= shown
    drawn = list(root.iter(f"{SVG}path"))
    causes = [one for one in drawn if "marker-end" in one.attrib]
    pipes = [one for one in drawn if one.get("stroke-width") == "5.0"]
    assert len(causes) == sum(not arrow.pipe and not arrow.hidden for arrow in view.arrows)
    assert len(pipes) == sum(arrow.pipe and not arrow.hidden for arrow in view.arrows)
    x, y, width, height = map(float, root.get("viewBox", "").split())
    for one in (*causes, *pipes):
        course = points(one.get("d", ""))
        assert (course >= (x, y)).all()
        assert (course <= (x + width, y + height)).all()


@pytest.mark.parametrize("place", [(300, 100), (100, 300), (260, 240), (-60, 130)])
@pytest.mark.parametrize("through", [(), ((180, 190),)])
def test_an_arrow_ends_at_the_edge_of_its_target(
    place: tuple[int, int], through: tuple[tuple[int, int], ...]
) -> None:
    start = Element(Kind.VARIABLE, 1, "cause", *place, 40, 11, 8, 3)
    end = Element(Kind.VARIABLE, 2, "Stock", 100, 100, 40, 20, 3, 3)
    arrow = Arrow(3, 1, 2, shape=1 if through else 0, points=through)
    root = ElementTree.fromstring(svg(View("Main", "", (start, end), (arrow,))))
    (cause,) = [one for one in root.iter(f"{SVG}path") if "marker-end" in one.attrib]
    course = points(cause.get("d", ""))
    # Two pixels of air between the head and the box, which is met from outside.
    away = np.abs(course - (100, 100)) - (42, 22)
    assert (away.max(axis=1) >= -0.1).all()
    assert away[-1].max() == pytest.approx(0, abs=0.6)
    assert np.hypot(*(course[-1] - course[-2])) >= 0.9  # a head has a direction


def test_a_view_is_found_by_name_and_a_wrong_one_refused() -> None:
    model = sd.load(MODELS[1])
    names = [view.name for view in read_sketch(model.source.source.text)]
    assert sd.picture(model, names[1].upper()) == sd.picture(model, names[1])
    assert sd.picture(model) == sd.picture(model, names[0])
    with pytest.raises(sd.SDError, match=f"no view named 'Wrld'; did you mean '{names[1]}'"):
        sd.picture(model, "Wrld")


def test_a_model_without_a_drawing_has_no_picture(tmp_path: Path) -> None:
    path = tmp_path / "plain.mdl"
    path.write_text(
        "x = 1 ~ ~ |\nINITIAL TIME = 0 ~ ~ |\nFINAL TIME = 1 ~ ~ |\nTIME STEP = 1 ~ ~ |\n"
        "SAVEPER = 1 ~ ~ |\n",
        encoding="utf-8",
    )
    assert sd.picture(sd.load(path)) == ""
