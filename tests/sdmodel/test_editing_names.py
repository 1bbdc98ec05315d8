"""Variables renamed, added and deleted in the text of a model, its sketch and its settings."""

from __future__ import annotations

import tomllib
from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.frontends.sketch import read_sketch, sketch_problems

ROOT = Path(__file__).resolve().parents[2]
MODEL = r"""{UTF-8}
:MACRO: GROW(x, speed)
GROW = INTEG(x * speed * Birth Rate$, births) ~~|
births = x ~ ~ births here are those of the macro |
:END OF MACRO:
********************************************************
	.People
********************************************************~
		births and deaths
	|
births= people * birth_rate \
		* effect of crowding(people / 100) {births}
	~	person/Year
	~	births by birth rate
	|

birth rate  = 0.03 ~ 1/Year [0,1] ~ |
effect of crowding((0,1),(10,0)) ~~|
people = INTEG(births - deaths, 100) ~ person ~ |
deaths = people / 50 * (1 + SUM(weight[Age!])) ~~|
Age: young, old ~~|
Late: old ~~|
weight[Age] = 1, 2 ~~|
share[young] = weight[young] / SUM(weight[Age!]) ~~|
share[Late] = weight[Late] ~~|
grown = GROW(people, "birth rate") ~~|
no births :THE CONDITION: births = 0 :IMPLIES: people <= 100 ~~|
********************************************************
	.Control
********************************************************~
		Simulation Control Parameters
	|
FINAL TIME = 4 ~~|
INITIAL TIME = 0 ~~|
TIME STEP = 1 ~~|
SAVEPER = TIME STEP ~~|

\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything below this section - it will be ignored
*View births
$192-192-192,0,Arial|12||0-0-0|0-0-0|0-0-0|-1--1--1|-1--1--1|96,96,100,0
10,1,people,300,200,40,20,3,3,0,0,0,0,0,0
12,2,48,100,200,10,8,0,3,0,0,-1,0,0,0
1,3,5,1,4,0,0,22,0,0,0,-1--1--1,,1|(250,200)|
1,4,5,2,100,0,0,22,0,0,0,-1--1--1,,1|(150,200)|
11,5,48,200,200,6,8,34,3,0,0,1,0,0,0
10,6,births,200,220,20,11,40,3,0,0,-1,0,0,0
10,7,birth rate,200,300,20,11,8,3,0,0,0,0,0,0
1,8,7,6,0,0,0,0,0,64,0,-1--1--1,,1|(200,260)|
12,9,0,400,400,40,20,8,4,0,0,0,0,0,0
births
12,10,0,500,400,89,48,3,124,0,0,0,0,0,0
birth rate,0,1,0.01
1,11,1,5,1,0,0,0,0,64,0,-1--1--1,,1|(250,150)|
10,12,deaths,400,200,20,11,8,3,0,0,0,0,0,0
1,13,1,12,0,0,0,0,0,64,0,-1--1--1,,1|(350,200)|
\\\---/// Sketch information - do not modify anything except names
V300  Do not put anything below this section - it will be ignored
*Second
$192-192-192,0,Arial|12||0-0-0|0-0-0|0-0-0|-1--1--1|-1--1--1|96,96,100,0
10,1,Birth Rate,300,200,40,20,8,2,0,3,-1,0,0,0,128-128-128,0-0-0,|10||128-128-128
10,2,share,400,200,40,20,8,3,0,0,0,0,0,0
1,3,1,2,0,0,0,0,0,64,0,-1--1--1,,1|(350,200)|
///---\\\
:GRAPH births
:TITLE births
:SCALE
:VAR births
:VAR birth rate
:L<%^E!@
4:Time
5:weight[young]
9:births
15:0,0,0,0,0,0
6:young
6:Age
22:births,birth
"""


@pytest.fixture
def path(tmp_path: Path) -> Path:
    place = tmp_path / "people.mdl"
    place.write_text(MODEL, encoding="utf-8")
    return place


def changed_lines(edit: sd.Edit) -> tuple[list[str], list[str]]:
    """Return the lines that went and those that came."""
    lines = edit.diff().splitlines()[2:]
    went = [line[1:] for line in lines if line.startswith("-")]
    return went, [line[1:] for line in lines if line.startswith("+")]


def same_runs(one: sd.Model, other: sd.Model, old: str = "", new: str = "") -> None:
    ours, theirs = one.run(method="vensim"), other.run(method="vensim")
    assert len(ours.columns) == len(theirs.columns)
    for name in ours.columns:
        head, mark, inside = name.partition("[")
        place = new + mark + inside if head == old else name
        assert np.array_equal(ours.values(name), theirs.values(place), equal_nan=True), name


def test_a_variable_is_renamed_wherever_it_is_meant(path: Path) -> None:
    model = sd.load(path)
    edit = model.edit().rename("birth rate", "births per head & year")
    new = '"births per head & year"'
    _, came = changed_lines(edit)
    assert came == [
        # In the macro, where Birth Rate$ is that of the model.
        'GROW = INTEG(x * speed * "births per head & year$", births) ~~|',
        f"births= people * {new} \\",
        f"{new}  = 0.03 ~ 1/Year [0,1] ~ |",
        f"grown = GROW(people, {new}) ~~|",
        f"10,7,{new},200,300,20,11,8,3,0,0,0,0,0,0",
        f"{new},0,1,0.01",  # a slider
        f"10,1,{new},300,200,40,20,8,2,0,3,-1,0,0,0,128-128-128,0-0-0,|10||128-128-128",
        f":VAR {new}",
    ]
    same_runs(model, edit.model, "birth rate", new)
    assert edit.rename(new, "birth rate").diff().count("\n-") < edit.diff().count("\n-")


def test_what_only_looks_like_the_name_stays(path: Path) -> None:
    """A macro's own variable, comments, titles, the name of a view, of a run and of a unit."""
    model = sd.load(path)
    edit = model.edit().rename("births", "newborn")
    _, came = changed_lines(edit)
    assert came == [
        "newborn= people * birth_rate \\",
        "people = INTEG(newborn - deaths, 100) ~ person ~ |",
        "no births :THE CONDITION: newborn = 0 :IMPLIES: people <= 100 ~~|",
        "10,6,newborn,200,220,20,11,40,3,0,0,-1,0,0,0",
        ":VAR newborn",
    ]
    same_runs(model, edit.model, "births", "newborn")
    assert edit.rename("newborn", "births").text == edit.before


def test_a_lookup_a_range_and_an_element_are_renamed(path: Path) -> None:
    model = sd.load(path)
    lookup = model.edit().rename("effect of crowding", "crowding")
    assert [len(part) for part in changed_lines(lookup)] == [2, 2]
    same_runs(model, lookup.model)
    ages = model.edit().rename("Age", "Age group")
    _, came = changed_lines(ages)
    assert came == [
        "deaths = people / 50 * (1 + SUM(weight[Age group!])) ~~|",
        "Age group: young, old ~~|",
        "weight[Age group] = 1, 2 ~~|",
        "share[young] = weight[young] / SUM(weight[Age group!]) ~~|",
        "6:Age group",
    ]
    same_runs(model, ages.model)
    old = model.edit().rename("young", "under-20")
    _, came = changed_lines(old)
    assert came == [
        'Age: "under-20", old ~~|',
        'share["under-20"] = weight["under-20"] / SUM(weight[Age!]) ~~|',
        '5:weight["under-20"]',
        '6:"under-20"',
    ]


def test_a_name_is_spelled_anew(path: Path) -> None:
    edit = sd.load(path).edit().rename("birth rate", "Birth_Rate")
    assert edit.text.text.count("Birth_Rate") == 8
    assert edit.model.variables.count("Birth_Rate") == 1


@pytest.mark.parametrize(
    ("old", "new", "why"),
    [
        ("brith rate", "x", "did you mean 'birth rate'"),
        ("birth rate", "Births", "'Births' is taken already"),
        ("birth rate", "YOUNG", "'YOUNG' is taken already"),
        ("birth rate", "grow", "'grow' is taken already"),
        ("birth rate", "max", "is the name of a function"),
        ("birth rate", " ", "the new name is empty"),
        ("TIME STEP", "dt", "it must stay"),
        ("birth rate", "time", "taken already"),
    ],
)
def test_a_name_that_cannot_be_had_is_refused(path: Path, old: str, new: str, why: str) -> None:
    with pytest.raises(sd.SDError, match=why):
        sd.load(path).edit().rename(old, new)


@pytest.mark.parametrize("name", ["SUM", "sum[Age]", "Get_XLS_Data", '"MAX"', "Find Zero"])
def test_a_name_of_a_function_of_vensim_is_refused(path: Path, name: str) -> None:
    """Whether or not it is offered here."""
    edit = sd.load(path).edit()
    with pytest.raises(sd.OverrideError, match="is the name of a function of Vensim"):
        edit.add(name, "2")
    with pytest.raises(sd.OverrideError, match="is the name of a function of Vensim"):
        edit.rename("birth rate", name.partition("[")[0])


def test_a_function_of_another_language_and_a_unit_are_names_like_any_other(path: Path) -> None:
    edit = sd.load(path).edit().add("size", "2", "sum").rename("birth rate", "mod")
    assert edit.model.run().values("size")[0] == 2
    assert edit.model.units["size"] == "sum"


# Added and deleted --------------------------------------------------------------------------------


def test_what_is_used_is_not_deleted(path: Path) -> None:
    edit = sd.load(path).edit()
    with pytest.raises(
        sd.ModelError, match="'birth rate' is used by 'births', 'grown', 'the macro"
    ):
        edit.delete("birth rate")
    with pytest.raises(sd.ModelError, match=r"used by 'births'"):
        edit.delete("effect of crowding")
    # Those that use each other go together.
    with pytest.raises(sd.ModelError, match="used by 'grown', 'no births'"):
        edit.delete("deaths", "people", "births")
    gone = edit.delete("deaths", "people", "births", even_if_used=True)
    assert not {"deaths", "people", "births"} & set(gone.source.by_key)
    with pytest.raises(sd.SDError, match="no variable is named 'people'"):
        gone.save()


def test_an_element_is_not_deleted_as_if_it_were_the_variable(path: Path) -> None:
    done = sd.edit(path).add("part[young]", "1").add("part[old]", "2")
    with pytest.raises(sd.OverrideError, match=r"a part of 'part': only a whole variable"):
        done.delete("part[old]")
    assert done.delete("part").text.raw == sd.edit(path).text.raw


def test_a_deleted_variable_leaves_the_sketch_with_its_valve_pipes_cloud_and_arrows(
    path: Path,
) -> None:
    model = sd.load(path)
    edit = model.edit().equation("people", "100").delete("births", even_if_used=True)
    went, came = changed_lines(edit)
    drawn = [line for line in went if line[:1].isdigit()]
    assert [int(line.split(",")[1]) for line in drawn] == [2, 3, 4, 5, 6, 8, 11]
    assert came == ["people = 100 ~ person ~ |"]
    views = read_sketch(edit.source.sketch)
    assert not [
        one for one in sketch_problems(views, edit.model.variables) if "drawn in" not in one
    ]
    # In every view, also as the shadow of itself.
    both = model.edit().equation("births", "3").equation("grown", "1")
    assert "10,1,Birth Rate" in both.text.text
    text = both.delete("birth rate", even_if_used=True).text.text
    assert "10,1,Birth Rate" not in text
    assert "1,3,1,2,0" not in text


def test_deleted_and_added_again_in_its_place_is_the_same_file_but_for_the_sketch(
    path: Path,
) -> None:
    model = sd.load(path)
    edit = model.edit().delete("share")
    assert edit.model.run().columns
    edit = edit.add("share[young]", "weight[young] / SUM(weight[Age!])", after="weight")
    edit = edit.add("share[Late]", "weight[Late]", after="share")
    same_runs(model, edit.model)
    equations = edit.text.text[: edit.text.text.index("\\\\\\---///")]
    whole = MODEL[: MODEL.index("\\\\\\---///")]
    assert equations.replace("~ ~ |", "~~|") == whole.replace("~ ~ |", "~~|")


def test_added_variables_stand_where_they_are_to_be_and_as_their_neighbours(path: Path) -> None:
    model = sd.load(path)
    edit = model.edit().add("R&D", "3", "m", "A note.", after="births")
    entry = '"R&D"=\n\t3\n\t~\tm\n\t~\tA note.\n\t|\n\n'
    assert edit.text.text == MODEL.replace("birth rate  = 0.03", f"{entry}birth rate  = 0.03")
    assert edit.model.variable("R&D").group == "People"
    limited = model.edit().add("floor", "3", "m [0,?]").model.variable("floor")
    assert (limited.units, limited.low, limited.high) == ("m", 0.0, None)
    edit = model.edit().add("curve", "((0,0),(1,1))", group="people").add("y", "(1+2)*3")
    _, came = changed_lines(edit)
    assert came == ["curve((0,0),(1,1)) ~ ~ |", "y = (1+2)*3 ~ ~ |"]
    assert edit.model.run(method="vensim").values("y")[0] == 9.0
    control = model.edit().add("run length", "FINAL TIME - INITIAL TIME", group="Control")
    assert control.text.text.index("run length") > control.text.text.index("SAVEPER = TIME")


@pytest.mark.parametrize(
    ("name", "equation", "more", "why"),
    [
        ("births", "1", {}, "is defined twice"),
        ("new", "1 ~~| other = 2", {}, "would define 'other' too"),
        ("new", "(1", {}, "never closed"),
        ("new", "1", {"after": "brths"}, "did you mean 'births'"),
        ("new", "1", {"group": "Peple"}, "no group is named 'Peple'; did you mean 'People'"),
        ("new", "1", {"comment": "a | b"}, r"cannot hold '\|'"),
    ],
)
def test_an_addition_that_is_not_one_variable_is_refused(
    path: Path, name: str, equation: str, more: dict[str, str], why: str
) -> None:
    with pytest.raises(sd.SDError, match=why):
        sd.load(path).edit().add(name, equation, **more)  # type: ignore[arg-type]


def test_a_model_can_be_written_from_nothing(tmp_path: Path) -> None:
    path = tmp_path / "new.mdl"
    path.write_bytes(b"{UTF-8}\n")
    edit = sd.edit(path)
    for name, value in {
        "SAVEPER": "1",
        "TIME STEP": "1",
        "FINAL TIME": "3",
        "INITIAL TIME": "0",
    }.items():
        edit = edit.add(name, value, "Year")
    edit = edit.add("stock", "INTEG(inflow, 2)").add("inflow", "3", after="stock")
    edit.save()
    assert list(sd.load(path).run(method="vensim").values("stock")) == [2.0, 5.0, 8.0, 11.0]


# Files beside the model ---------------------------------------------------------------------------

TOML = """# births, birth rate
title = "birth rate"
highlights = ['births', "weight[young]"] # birth rate
[levers."birth rate"]
label = "birth rate" # as in births
group = "births"
[uncertainties]
"initial of people" = { low = 1, high = 200 }
[outcomes."birth rate"]
of = "births"
unit = "births"
[scenarios.births]
description = \"\"\"
More births by birth rate\"\"\"
set = { "birth_rate" = 0.04 }
"""


def test_the_settings_beside_a_model_follow_and_nothing_else_in_them(path: Path) -> None:
    beside = path.with_suffix(".toml")
    beside.write_text(TOML, encoding="utf-8")
    model = sd.load(path)
    edit = model.edit().rename("birth rate", "fertility & more").rename("births", "newborn")
    edit = edit.rename("people", "persons").rename("young", "minor")
    expected = TOML
    for old, new in {
        "['births', \"weight[young]\"]": "['newborn', \"weight[minor]\"]",
        '[levers."birth rate"]': '[levers."fertility & more"]',
        '"initial of people" =': '"initial of persons" =',
        'of = "births"': 'of = "newborn"',
        '{ "birth_rate" = 0.04 }': '{ "fertility & more" = 0.04 }',
    }.items():
        assert expected.count(old) == 1
        expected = expected.replace(old, new)
    assert "+++ b/" + beside.as_posix() in edit.diff()
    assert list(edit.model.settings.levers) == ['"fertility & more"']
    assert edit.save() == path
    assert beside.read_text(encoding="utf-8") == expected
    after = sd.load(path)
    ours, theirs = after.run("births", method="vensim"), model.run("births", method="vensim")
    assert np.array_equal(ours.values("newborn"), theirs.values("births"))


CLAIMS = """[arms.births]
label = "births"
set = { births = 1 }
scale = { births = 2 }
add = { "births" = 3 }
[experiments.a]
along = { name = "births", values = [1, 2] }
[[structural]]
variables = ["births", "people"]
paths = [["births", "people"]]
name = "births"
"""
CHECKS = """all:TEST INPUT: births = 3 {births} ~~ births |
none:THE CONDITION: births = 0 :IMPLIES: people >= births now ~~|
"""


def test_claims_and_reality_checks_beside_a_model_follow(path: Path) -> None:
    claims, checks = path.with_suffix(".claims.toml"), path.with_suffix(".reality")
    claims.write_text(CLAIMS, encoding="utf-8")
    checks.write_text(CHECKS, encoding="utf-8")
    sd.edit(path).rename("births", "newborn").save()
    expected = CLAIMS
    for word in ("set = { ", "scale = { ", 'add = { "', 'name = "births", v', '= ["', '[["'):
        old = word if "births" in word else f"{word}births"
        assert expected.count(old) == 1
        expected = expected.replace(old, old.replace("births", "newborn"))
    assert claims.read_text(encoding="utf-8") == expected
    assert checks.read_text(encoding="utf-8") == (
        "all:TEST INPUT: newborn = 3 {births} ~~ births |\n"
        "none:THE CONDITION: newborn = 0 :IMPLIES: people >= births now ~~|\n"
    )


@pytest.mark.parametrize(
    ("suffix", "text", "new"),
    [
        (".lst", "births\r\nbirth rate\r\n", "births\r\nfertility\r\n"),
        (".cin", "Birth_Rate = .5\n births of = 2\x1a", "fertility = .5\n births of = 2\x1a"),
        (".CIN", 'weight[young] =1\n"birth rate"\n', "weight[young] =1\nfertility\n"),
        (
            ".vsc", "20,birth rate,12,,0\nbirth rate=RANDOM_NORMAL(0,1,0.5,1)\n",
            "20,birth rate,12,,0\nfertility=RANDOM_NORMAL(0,1,0.5,1)\n",
        ),
        (
            ".voc", ":OPTIMIZER=birth rate\n0<=birth rate=0.1<=1\n",
            ":OPTIMIZER=birth rate\n0<=fertility=0.1<=1\n",
        ),
        (".vpd", "*C\nbirth rate|data/birth rate", "*C\nfertility|data/fertility"),
        (
            ".cmd", "SPECIAL>LOADMODEL|birth rate.mdl\nSIMULATE>SETVAL|birth rate=2\n",
            "SPECIAL>LOADMODEL|birth rate.mdl\nSIMULATE>SETVAL|fertility=2\n",
        ),
    ],
)  # fmt: skip
def test_control_files_follow_where_they_are_named(
    path: Path, suffix: str, text: str, new: str
) -> None:
    control = path.with_suffix(suffix)
    control.write_bytes(text.encode())
    edit = sd.edit(path)
    edit.rename("birth rate", "fertility").save()
    assert control.read_bytes() == text.encode()
    path.write_text(MODEL, encoding="utf-8")
    edit.rename("birth rate", "fertility", also=[control]).save()
    assert control.read_bytes() == new.encode()


def test_files_beside_are_written_all_or_none(path: Path) -> None:
    control = path.with_suffix(".lst")
    control.write_bytes(b"births\n")
    edit = sd.edit(path).rename("births", "newborn", also=[control])
    control.write_bytes(b"births\ndeaths\n")
    with pytest.raises(sd.SDError, match="changed by somebody else"):
        edit.save()
    assert path.read_text(encoding="utf-8") == MODEL
    other = path.with_suffix(".txt")
    other.write_bytes(b"births\n")
    with pytest.raises(sd.SDError, match="not changed in files of this kind"):
        sd.edit(path).rename("births", "newborn", also=[other])


@pytest.mark.parametrize("name", ["core", "industrial_upgrading", "epidemic"])
def test_every_name_of_the_models_here_can_be_changed_and_changed_back(name: str) -> None:
    """The settings and expectations beside them are long, and name a variable in every way."""
    model = sd.load(f"models/{name}.mdl")
    edit = model.edit()
    for factor in [*model.settings.levers][:3] + [*model.settings.outcomes.values()][:3]:
        old = model.definition(getattr(factor, "of", factor) or model.stocks[0]).name
        there = edit.rename(old, f"{old} (x)")
        assert len(there.files) >= 1
        back = there.rename(f"{old} (x)", old)
        assert back.text == edit.before
        for one in back.files:  # a bare key comes back in quotes
            if one.path.suffix == ".toml":
                assert tomllib.loads(one.now.text) == tomllib.loads(one.before.text)
            assert one.now.text.replace('"', "") == one.before.text.replace('"', "")
