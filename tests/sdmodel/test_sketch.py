"""Drawings that are laid out: complete, clear, the same each time, and nothing else changed."""

from __future__ import annotations

import importlib.util
import re
from dataclasses import replace
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

import sdmodel as sd
from sdmodel.cli import main
from sdmodel.frontends import read
from sdmodel.frontends.sketch import Element, Kind, View, read_sketch
from sdmodel.sketch.check import LONGEST, check_sketch
from sdmodel.sketch.layout import lay_out
from sdmodel.sketch.sectors import MOST, names_on, sectors, split
from sdmodel.sketch.structure import structure_of
from sdmodel.sketch.write import made_by_hand, with_sketch
from sdmodel.source import SourceModel

CORE = Path(__file__).parents[2] / "models" / "core.mdl"
BEGIN = "\\\\\\---///"

TWO_SECTORS = """{UTF-8}
********************************************************
	.Schools
********************************************************~
	|
Pupils= INTEG (enrolment-graduation, initial pupils) ~ people ~|
enrolment= Staff*pupils per teacher ~ people/Year ~|
graduation= Pupils/duration ~ people/Year ~|
duration= 4 ~ Year ~|
initial pupils= 10 ~ people ~|
pupils per teacher= 3 ~ 1/Year ~|
********************************************************
	.Work
********************************************************~
	|
Staff= INTEG (graduation-"retirement (early, late)", 5) ~ people ~|
"retirement (early, late)"= Staff/30 ~ people/Year ~|
********************************************************
	.Control
********************************************************~
	|
INITIAL TIME= 0 ~ Year ~|
FINAL TIME= 10 ~ Year ~|
TIME STEP= 0.5 ~ Year ~|
SAVEPER= 1 ~ Year ~|
"""


def model_of(tmp_path: Path, text: str) -> SourceModel:
    path = tmp_path / "m.mdl"
    path.write_bytes(text.encode())
    return read(path)


@pytest.fixture(scope="module")
def core() -> SourceModel:
    return read(CORE)


@pytest.fixture(scope="module")
def views(core: SourceModel) -> tuple[View, ...]:
    return lay_out(core)


@pytest.fixture(scope="module")
def schools(tmp_path_factory: pytest.TempPathFactory) -> tuple[SourceModel, tuple[View, ...]]:
    model = model_of(tmp_path_factory.mktemp("schools"), TWO_SECTORS)
    return model, lay_out(model)


# --- A whole model


def test_the_core_model_is_drawn_without_fault(core: SourceModel, views: tuple[View, ...]) -> None:
    report = check_sketch(core, views)
    assert report.problems == ()
    assert sum(view.variables for view in report.views) == 65
    sectors_alone = report.views[1:]
    assert sum(view.arrows for view in sectors_alone) > 70
    assert sum(view.covered for view in sectors_alone) == 0
    assert sum(view.crossings for view in sectors_alone) <= 3
    assert all(view.width <= 1600 and view.height <= 1000 for view in report.views)


def test_there_is_a_view_for_each_group_and_one_of_all(
    core: SourceModel, views: tuple[View, ...]
) -> None:
    groups = dict.fromkeys(v.group for v in core.variables if v.group != "Control")
    assert [view.name for view in views] == ["Overview", *groups]


@pytest.mark.parametrize("processes", [1, 2])
def test_the_same_model_gives_the_same_views(
    schools: tuple[SourceModel, tuple[View, ...]], processes: int
) -> None:
    """However many are drawn at a time."""
    told: list[str] = []
    model, views = schools
    assert len(views) == 3
    assert lay_out(model, tell=told.append, processes=processes) == views
    assert told == [view.name for view in views]


def test_a_drawing_is_read_back_as_it_was(core: SourceModel, views: tuple[View, ...]) -> None:
    assert read_sketch(with_sketch(core.source, views)) == views


@pytest.mark.parametrize("newline", ["\n", "\r\n"])
@pytest.mark.parametrize("drawn", [True, False])
def test_nothing_but_the_drawing_changes(
    tmp_path: Path, views: tuple[View, ...], newline: str, drawn: bool
) -> None:
    text = CORE.read_text(encoding="utf-8")
    before, _, rest = text.partition(BEGIN)
    settings = rest.partition("///---\\\\\\\n")[2]
    assert len(before) > 15_000
    assert settings.startswith(":L")
    whole = (text if drawn else before).replace("\n", newline)
    model = model_of(tmp_path, whole)
    made = with_sketch(model.source, views)
    assert made.startswith(before.replace("\n", newline))
    assert made.count(BEGIN) == len(views)
    assert "\n" not in made.replace("\r\n", "") or newline == "\n"
    if drawn:
        assert made.endswith("///---\\\\\\" + newline + settings.replace("\n", newline))
    assert [v.text for v in model_of(tmp_path, made).variables] == [v.text for v in model.variables]


def test_the_overview_has_every_stock_under_its_sector(
    core: SourceModel, views: tuple[View, ...]
) -> None:
    overview = views[0]
    headings = {
        one.id: one for one in overview.elements if one.kind is Kind.COMMENT and one.shape == 3
    }
    shadows = [one for one in overview.elements if one.kind is Kind.VARIABLE]
    stocks = structure_of(core).stocks
    assert all(one.shadow for one in shadows)
    assert sorted(one.name.casefold() for one in shadows) == sorted(stocks)
    for one in shadows:
        above = [h for h in headings.values() if h.x == one.x and h.y < one.y]
        heading = max(above, key=lambda h: h.y)
        assert heading.text == sd.load(CORE).variable(one.name).group
    assert {arrow.start for arrow in overview.arrows} <= headings.keys()


@pytest.mark.skipif(
    importlib.util.find_spec("simlin") is None, reason="pysimlin has no wheel for this platform"
)
def test_pysimlin_draws_it(tmp_path: Path, core: SourceModel, views: tuple[View, ...]) -> None:
    import simlin

    path = tmp_path / "core.mdl"
    path.write_bytes(with_sketch(core.source, views).encode())
    drawing = simlin.load(path).project.render_svg_string()
    names = structure_of(core).names.values()
    assert len(names) == 65
    assert [name for name in names if name not in drawing] == []


def test_pysd_splits_it_by_its_views(
    tmp_path: Path, core: SourceModel, views: tuple[View, ...]
) -> None:
    import pysd

    path = tmp_path / "core.mdl"
    path.write_bytes(with_sketch(core.source, views).encode())
    pysd.read_vensim(str(path), split_views=True, initialize=False)
    modules = {one.stem for one in (tmp_path / "modules_core").glob("*.py")}
    assert modules >= {"knowledge", "absorption", "people"}


# --- Stocks, flows and shadows


def view_called(views: tuple[View, ...], name: str) -> View:
    (found,) = (view for view in views if view.name == name)
    return found


def joined(view: View) -> set[tuple[str, str, str]]:
    """Return flow, stock or cloud, and what the pipe does there."""
    by_id = {one.id: one for one in view.elements}
    flows = view.flows()
    return {
        (
            flows[pipe.start],
            by_id[pipe.end].name.replace("48", "cloud"),
            {4: "into", 100: "from"}[pipe.shape],
        )
        for pipe in view.arrows
        if pipe.pipe
    }


def test_a_flow_to_another_sector_ends_in_a_cloud_that_says_so(
    schools: tuple[SourceModel, tuple[View, ...]],
) -> None:
    model, views = schools
    here, there = view_called(views, "Schools"), view_called(views, "Work")
    assert ("graduation", "Pupils", "from") in joined(here)
    assert ("graduation", "cloud", "into") in joined(here)
    assert "to Staff" in [one.text for one in here.elements]
    (shadow,) = (one for one in there.elements if one.name == "graduation")
    (staff,) = (one for one in there.elements if one.name == "Staff" and one.boxed)
    assert shadow.shadow
    assert (shadow.id, staff.id) in {(a.start, a.end) for a in there.arrows if not a.pipe}
    assert check_sketch(model, views).problems == ()


def test_names_in_quotes_stay_whole(schools: tuple[SourceModel, tuple[View, ...]]) -> None:
    model, views = schools
    assert "retirement (early, late)" in view_called(views, "Work").flows().values()
    assert ',"retirement (early, late)",' in with_sketch(model.source, views)


def test_what_only_gives_an_initial_value_is_marked(
    schools: tuple[SourceModel, tuple[View, ...]],
) -> None:
    view = view_called(schools[1], "Schools")
    names = {one.id: one.name for one in view.elements}
    assert [names[a.start] for a in view.arrows if a.initial] == ["initial pupils"]


def test_flows_between_stocks_are_one_pipe(views: tuple[View, ...]) -> None:
    people = joined(view_called(views, "People"))
    for flow, source, target in (
        ("crowding out", "Local skilled people", "TNC lab people"),
        ("mobility back", "TNC lab people", "Local skilled people"),
        ("emigration from TNC labs", "TNC lab people", "Diaspora"),
    ):
        assert {one for one in people if one[0] == flow} == {
            (flow, source, "from"),
            (flow, target, "into"),
        }


def test_many_flows_of_one_stock_keep_apart(tmp_path: Path) -> None:
    """Fourteen pipes need more room than the sides of a box have."""
    names = [f"flow number {n}" for n in range(14)]
    terms = "+".join(names[:9]) + "-" + "-".join(names[9:])
    text = f"S= INTEG ({terms}, 0) ~~|\n" + "".join(
        f"{name}= {n} ~~|\n" for n, name in enumerate(names)
    )
    model = model_of(tmp_path, text)
    views = lay_out(model)
    assert len(joined(views[0])) == 28
    assert check_sketch(model, views).problems == ()


def test_a_chain_of_stocks_runs_to_the_right(tmp_path: Path) -> None:
    text = "".join(
        f"Age {n}= INTEG (aging {n}-aging {n + 1}, 1) ~~|\naging {n}= 1 ~~|\n" for n in range(4)
    )
    model = model_of(tmp_path, text + "aging 4= 1 ~~|\n")
    (view,) = lay_out(model)
    boxes = [one for one in view.elements if one.boxed]
    assert [one.name for one in sorted(boxes, key=lambda one: one.x)] == [
        f"Age {n}" for n in range(4)
    ]
    assert len({one.y for one in boxes}) == 1


def test_a_subscripted_variable_is_drawn_once(tmp_path: Path) -> None:
    text = """
    r: r1-r3 ~~|
    S[r]= INTEG (f[r]-g[r], 1) ~~|
    f[r1]= a[r1] ~~|
    f[r2]= a[r1]*2 ~~|
    f[r3]= 0 ~~|
    g[r]= S[r]/4 ~~|
    a[r]= 1, 2, 3 ~~|
    total= SUM(S[r!]) ~~|
    """
    model = model_of(tmp_path, text)
    views = lay_out(model)
    assert check_sketch(model, views).problems == ()
    drawn = [one.name for view in views for one in view.elements if one.kind is Kind.VARIABLE]
    assert sorted(name for name in drawn if name) == ["S", "a", "f", "g", "total"]


# --- Large sectors


def test_a_large_sector_is_split_at_its_weakest_links(tmp_path: Path) -> None:
    """Two bunches with a single link between them, each too small to be split again."""
    bunches = [[f"{mark} {n}" for n in range(MOST // 2 + 8)] for mark in ("left", "right")]
    lines = []
    for bunch in bunches:
        for n, name in enumerate(bunch):
            causes = [bunch[k] for k in (n - 1, n - 2, n - 3) if k >= 0]
            lines.append(f"{name}= {'+'.join(causes) or '1'} ~~|")
    lines.append(f"bridge= {bunches[0][0]}+{bunches[1][0]} ~~|")
    structure = structure_of(model_of(tmp_path, "\n".join(lines)))
    parts = split(structure, sectors(structure))
    assert list(parts) == ["Model 1", "Model 2"]
    for part, bunch in zip(parts.values(), bunches, strict=True):
        assert set(part) - {"bridge"} == set(bunch)
        assert names_on(structure, part) <= MOST


# --- The checker sees each kind of fault


def changed(views: tuple[View, ...], name: str, view: View) -> tuple[View, ...]:
    return tuple(view if one.name == name else one for one in views)


def told(schools: tuple[SourceModel, tuple[View, ...]], view: View) -> tuple[str, ...]:
    model, views = schools
    return check_sketch(model, changed(views, view.name, view)).problems


def test_a_pipe_that_points_backwards_is_told(
    schools: tuple[SourceModel, tuple[View, ...]],
) -> None:
    view = view_called(schools[1], "Schools")
    turned = tuple(
        replace(a, shape={4: 100, 100: 4}[a.shape]) if a.pipe else a for a in view.arrows
    )
    problems = told(schools, replace(view, arrows=turned))
    assert len(problems) == 2
    assert (
        "view 'Schools': 'graduation' drains 'Pupils', but its pipe points the other way: turn it"
        in problems
    )


def test_a_pipe_that_misses_its_stock_is_told(
    schools: tuple[SourceModel, tuple[View, ...]],
) -> None:
    view = view_called(schools[1], "Schools")
    cloud = next(one.id for one in view.elements if one.name == "48")
    stock = next(one.id for one in view.elements if one.boxed)
    moved = tuple(
        replace(a, end=cloud) if a.pipe and a.end == stock and a.shape == 4 else a
        for a in view.arrows
    )
    problems = told(schools, replace(view, arrows=moved))
    assert (
        "view 'Schools': 'enrolment' is a flow of 'Pupils', but no pipe joins them: lead it there"
        in problems
    )


def test_a_variable_drawn_twice_is_told(schools: tuple[SourceModel, tuple[View, ...]]) -> None:
    view = view_called(schools[1], "Schools")
    again = Element(Kind.VARIABLE, 900, "duration", 900, 900, 40, 11, 8, 3)
    problems = told(schools, replace(view, elements=(*view.elements, again)))
    assert problems == (
        "'duration' is drawn 2 times (views Schools, Schools): make all but one a shadow",
    )


def test_a_name_on_another_is_told(schools: tuple[SourceModel, tuple[View, ...]]) -> None:
    view = view_called(schools[1], "Schools")
    place = next(one for one in view.elements if one.name == "Pupils")
    on_it = tuple(
        replace(one, x=place.x + 70, y=place.y) if one.name == "duration" else one
        for one in view.elements
    )
    problems = told(schools, replace(view, elements=on_it))
    assert "view 'Schools': 'duration' lies on 'Pupils': move one of them" in problems


def test_a_long_arrow_is_told(schools: tuple[SourceModel, tuple[View, ...]]) -> None:
    view = view_called(schools[1], "Schools")
    far = tuple(
        replace(one, x=one.x + LONGEST + 400) if one.name == "duration" else one
        for one in view.elements
    )
    problems = told(schools, replace(view, elements=far))
    assert len(problems) == 1
    assert re.search("from 'duration' to 'graduation' is .* long: start it at", problems[0])


def test_crossings_are_counted(tmp_path: Path) -> None:
    model = model_of(tmp_path, "a= 1 ~~|\nb= 1 ~~|\nc= a ~~|\nd= b ~~|\n")

    def drawn(order: str) -> View:
        places = {order[0]: (100, 100), order[1]: (300, 100), "c": (100, 300), "d": (300, 300)}
        lines = [f"10,{ord(n)},{n},{x},{y},20,11,8,3" for n, (x, y) in places.items()]
        lines += [
            f"1,{n},{ord(a)},{ord(b)},0,0,0,0,0,64,0,-1--1--1,,1|(0,0)|"
            for n, (a, b) in enumerate(("ac", "bd"), 1)
        ]
        return read_sketch("\n".join([f"{BEGIN} Sketch", "V300", "*Main", "$", *lines]))[0]

    assert [check_sketch(model, [drawn(o)]).views[0].crossings for o in ("ab", "ba")] == [0, 1]


# --- The command


def call(*arguments: object) -> Result:
    return CliRunner().invoke(main, ["sketch", *map(str, arguments)])


def test_a_drawing_by_hand_is_not_replaced_unasked(tmp_path: Path) -> None:
    path = tmp_path / "core.mdl"
    path.write_bytes(CORE.read_bytes())
    answer = call(path)
    assert answer.exit_code == 1
    assert "it has a drawing made by hand: -o FILE keeps it, --force replaces it" in answer.output
    assert path.read_bytes() == CORE.read_bytes()


def test_a_model_without_a_drawing_gets_one_and_may_get_another(tmp_path: Path) -> None:
    path = tmp_path / "m.mdl"
    path.write_text(TWO_SECTORS, encoding="utf-8")
    answer = call(path)
    assert answer.exit_code == 0, answer.output
    assert "nothing wrong: 3 views of 8 variables" in answer.output
    once = path.read_bytes()
    assert once.startswith(TWO_SECTORS.encode())
    assert not made_by_hand(once.decode())
    assert call(path).exit_code == 0
    assert path.read_bytes() == once
    # Vensim writes the first line of each view its own way.
    saved = once.replace(b"laid out by sdmodel; ", b"")
    path.write_bytes(saved)
    assert call(path).exit_code == 1
    assert path.read_bytes() == saved


def test_another_file_is_written_but_not_over_one_that_is_there(tmp_path: Path) -> None:
    path, other = tmp_path / "m.mdl", tmp_path / "other.mdl"
    path.write_text(TWO_SECTORS, encoding="utf-8")
    other.write_text("mine", encoding="utf-8")
    answer = call(path, "-o", other)
    assert answer.exit_code == 1
    assert "it exists already" in answer.output
    assert other.read_text(encoding="utf-8") == "mine"
    assert call(path, "-o", other, "--force").exit_code == 0
    assert len(read_sketch(other.read_text(encoding="utf-8"))) == 3
    assert path.read_text(encoding="utf-8") == TWO_SECTORS


def test_check_tells_and_its_status_says(tmp_path: Path) -> None:
    good = call(CORE, "--check")
    assert good.exit_code == 0
    assert "nothing wrong: 1 views of 65 variables" in good.output
    path = tmp_path / "core.mdl"
    text = CORE.read_text(encoding="utf-8")
    path.write_text(text.replace(",lab spillover,", ",lab spill,"), encoding="utf-8")
    bad = call(path, "--check", "--json")
    assert bad.exit_code == 1
    assert "'lab spill' is drawn but not in the model" in bad.output


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        ("m.mdl", "a= 1 ~~|\n", "it has no drawing to check"),
        ("m.xmile", "<xmile/>", "only Vensim files (.mdl) have a drawing"),
    ],
)
def test_what_has_no_drawing_is_refused(tmp_path: Path, name: str, text: str, message: str) -> None:
    path = tmp_path / name
    path.write_text(text, encoding="utf-8")
    answer = call(path, "--check")
    assert answer.exit_code == 1
    assert message in answer.output
