"""The drawing in core.mdl: complete, and in step with the equations."""

from __future__ import annotations

import importlib.util
from pathlib import Path

import pytest

import sdmodel as sd
from sdmodel.frontends.sketch import Arrow, Element, Kind, View, read_sketch, sketch_problems
from sdmodel.sketch.check import check_sketch

PATH = Path(__file__).parents[2] / "models" / "core.mdl"


@pytest.fixture(scope="module")
def model() -> sd.Model:
    return sd.load(PATH)


@pytest.fixture(scope="module")
def text() -> str:
    return PATH.read_text(encoding="utf-8")


@pytest.fixture(scope="module")
def views(text: str) -> tuple[View, ...]:
    return read_sketch(text, str(PATH))


def uses(model: sd.Model) -> dict[str, tuple[str, ...]]:
    return {name: tuple(model.variable(name).uses) for name in model.variables}


def test_nothing_is_wrong_with_the_drawing(model: sd.Model, views: tuple[View, ...]) -> None:
    assert [view.name for view in views] == ["Core model"]
    report = check_sketch(model.source, views)
    assert report.problems == ()
    (view,) = report.views
    assert view.variables + view.shadows > 65
    assert (view.crossings, view.covered) == (0, 0)


def test_stocks_are_boxes_and_nothing_else_is(model: sd.Model, views: tuple[View, ...]) -> None:
    boxes = {element.name for element in views[0].elements if element.boxed}
    assert boxes == set(model.stocks)


def test_every_flow_has_its_valve(model: sd.Model, views: tuple[View, ...]) -> None:
    flows = {name for stock in model.stocks for name in flows_of(model, stock)}
    assert set(views[0].flows().values()) == flows
    assert len(flows) == 14


def flows_of(model: sd.Model, stock: str) -> list[str]:
    """Return the flows of a stock; its other causes only give its initial value."""
    used = (model.variable(name) for name in model.variable(stock).uses)
    return [one.name for one in used if one.units.endswith("/Year") or one.units == "1/Year"]


@pytest.mark.skipif(
    importlib.util.find_spec("simlin") is None, reason="pysimlin has no wheel for this platform"
)
def test_pysimlin_draws_every_variable(model: sd.Model) -> None:
    import simlin

    control = {"FINAL TIME", "INITIAL TIME", "SAVEPER", "TIME STEP"}
    drawing = simlin.load(PATH).project.render_svg_string()
    for name in set(model.variables) - control:
        assert name in drawing


# --- The checker sees each kind of fault


def fault(text: str, right: str, wrong: str, model: sd.Model) -> list[str]:
    assert text.count(right) == 1, right
    return sketch_problems(read_sketch(text.replace(right, wrong)), model.variables, uses(model))


def line_of(text: str, start: str) -> str:
    (found,) = (line for line in text.splitlines() if line.startswith(start))
    return found + "\n"


def arrow_line(text: str, views: tuple[View, ...], start: str, end: str) -> str:
    """Return the line of the arrow between two words."""
    words = {one.id: one.name for one in views[0].elements} | views[0].flows()
    (found,) = (
        arrow
        for arrow in views[0].arrows
        if (words[arrow.start], words[arrow.end], arrow.pipe) == (start, end, False)
    )
    return line_of(text, f"1,{found.id},")


def test_a_missing_arrow_is_told(text: str, views: tuple[View, ...], model: sd.Model) -> None:
    line = arrow_line(text, views, "forgetting rate", "forgetting")
    assert fault(text, line, "", model) == [
        "'forgetting' uses 'forgetting rate', but no arrow shows it: draw one"
    ]


def test_an_arrow_too_many_is_told(text: str, views: tuple[View, ...], model: sd.Model) -> None:
    line = arrow_line(text, views, "forgetting rate", "forgetting")
    elsewhere = next(one.id for one in views[0].elements if one.name == "learnable gap")
    fields = line.split(",")
    extra = ",".join(["1", "9001", fields[2], str(elsewhere), *fields[4:]])
    assert fault(text, line, line + extra, model) == [
        "an arrow leads from 'forgetting rate' to 'learnable gap', whose equation does not use it: "
        "remove it"
    ]


def test_an_undrawn_variable_is_told(text: str, views: tuple[View, ...], model: sd.Model) -> None:
    word = next(one for one in views[0].elements if one.name == "career length" and not one.shadow)
    line = line_of(text, f"10,{word.id},")
    problems = fault(text, line, "", model)
    assert "'career length' is drawn in no view: draw it" in problems
    assert any(f"ends at id {word.id}, which is not in the view" in one for one in problems)


def test_a_name_not_in_the_model_is_told(text: str, model: sd.Model) -> None:
    problems = fault(text, ",lab spillover,", ",lab spill,", model)
    assert any("'lab spill' is drawn but not in the model" in one for one in problems)


def word(number: int, name: str, **changed: int) -> Element:
    places = {"x": 9, "y": 9, "width": 9, "height": 9, "shape": 8, "bits": 3} | changed
    return Element(Kind.VARIABLE, number, name, **places)


def valve(number: int) -> Element:
    return Element(Kind.VALVE, number, "0", 9, 9, 6, 8, 34, 3)


@pytest.mark.parametrize(
    ("elements", "arrows", "told"),
    [
        ((word(1, "a"), word(1, "b")), (), "id 1 is taken"),
        (
            (word(1, "a"), word(2, "b")),
            (Arrow(3, 1, 2, thickness=22),),
            "does not start at a valve",
        ),
        ((valve(1), word(2, "b", shape=40)), (), "the valve of 'b' has 0 of 2 pipes"),
        ((valve(1), word(2, "b"), word(3, "a")), (), "valve 1 has no name"),
        ((word(1, "a"), word(2, "b", bits=2)), (Arrow(3, 1, 2),), "enters the shadow of 'b'"),
        ((word(1, "a"),), (Arrow(3, 1, 7),), "arrow 3 ends at id 7"),
    ],
)
def test_faults_within_a_view_are_told(
    elements: tuple[Element, ...], arrows: tuple[Arrow, ...], told: str
) -> None:
    problems = sketch_problems([View("Main", "", elements, arrows)], ["a", "b"])
    assert any(told in one for one in problems), problems


def test_a_line_vensim_would_not_write_is_refused_with_its_place(text: str) -> None:
    broken = text.replace("*Core model\n", "*Core model\n10,900,half a line\n")
    with pytest.raises(
        sd.ReadError, match="this line of the sketch is not as Vensim writes it"
    ) as e:
        read_sketch(broken, "core.mdl")
    assert e.value.line == text[: text.index("*Core model\n")].count("\n") + 2
    assert "cure: open and save the model in Vensim" in str(e.value)


def test_a_file_without_a_drawing_has_no_views() -> None:
    assert read_sketch("a = 1 ~~|") == ()


def test_comments_may_say_anything() -> None:
    lines = [
        "\\\\\\---/// Sketch",
        "V300",
        "*Main",
        "$",
        "12,1,0,9,9,9,9,8,4,0,0",
        "1,2,3",
        "10,2,a,9,9,9,9,8,3",
    ]
    (view,) = read_sketch("\n".join(lines))
    assert [one.kind for one in view.elements] == [Kind.COMMENT, Kind.VARIABLE]


def test_quoted_names_keep_their_commas() -> None:
    lines = ["\\\\\\---/// Sketch", "V300", "*Main", "$", '10,1,"land, arable",9,9,9,9,8,3']
    (view,) = read_sketch("\n".join(lines))
    assert view.elements[0].name == "land, arable"
