"""Changes files: a run with one equals the run of a model with those numbers and points in it."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pytest
from click.testing import CliRunner

import sdmodel as sd
from sdmodel.cli import main
from sdmodel.control.changes import parse_changes
from sdmodel.model import Model
from sdmodel.source import SourceText

ROOT = Path(__file__).resolve().parents[2]
LANDS = """
Country: china, india, peru
Asia: china, india
Size: small, big
people[Country] = INTEG(birth rate[Country]*people[Country]*effect(Time)*local[Country](Time), 10)
birth rate[Country] = 0.1, 0.2, 0.3
"life (years)" = 60
share[Country,Size] = 0.5
gone[Country] :EXCEPT: [peru] = 1, 2, 3
effect((0,1),(4,1))
local[Asia]((0,1),(4,2))
local[peru]((0,3),(4,3))
total = SUM(share[Country!,big])*"life (years)" + gone[china] + gone[india]
fixed == 4
doubled = "life (years)"*2
title :IS: 'a text'
late = DELAY N(total, 2, 0, order)
order = 3
"""
QUOTED = '"life (years)"'
Write = Callable[[str], Path]


@pytest.fixture
def write(tmp_path: Path) -> Write:
    """Return a writer of changes files."""
    count = iter(range(100))

    def make(text: str) -> Path:
        path = tmp_path / f"changes{next(count)}.cin"
        path.write_bytes(text.encode())
        return path

    return make


def same(one: Model, other: Model) -> None:
    a, b = (m.run(method="vensim", engine="reference") for m in (one, other))
    assert a.columns == b.columns
    np.testing.assert_array_equal(a.table, b.table)


# What an entry may look like --------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "set_"),
    [
        ('"life (years)" = 5', {QUOTED: 5}),
        ('"LIFE (years)"=-5e-1', {QUOTED: -0.5}),
        ("birth_rate[CHINA] = .5", {"birth rate[china]": 0.5}),
        ("birth rate[Asia]= 3,2", {"birth rate[china]": 3, "birth rate[india]": 2}),
        ("birth rate[Country] = 7", dict.fromkeys(("china", "india", "peru"), 7)),
        ("birth rate = 7", dict.fromkeys(("china", "india", "peru"), 7)),
        ("birth rate[Country] = 1,\n 2,\n 3", {"china": 1, "india": 2, "peru": 3}),
        ("birth rate[Country] :EXCEPT: [peru] = 9", {"china": 9, "india": 9}),
        ("birth rate[Country] :EXCEPT: [china] = 9,8,7", {"india": 8, "peru": 7}),
        ("gone[Asia] = 5", {"gone[china]": 5, "gone[india]": 5}),
        ("share[Asia,small] = 2", {"share[china,small]": 2, "share[india,small]": 2}),
        ("share[peru,Size] = 2, 3", {"share[peru,small]": 2, "share[peru,big]": 3}),
        (
            "share[Asia,Size] = 1,2;3,4;",
            {"share[china,small]": 1, "share[china,big]": 2, "share[india,small]": 3,
             "share[india,big]": 4},
        ),
        (
            "share[Asia,Size] = TABBED ARRAY(\n1\t2\n3\t4\n)",
            {"share[china,small]": 1, "share[china,big]": 2, "share[india,small]": 3,
             "share[india,big]": 4},
        ),
        (
            "share[Asia,Size] = 1,2;\r\n 3,4;\r\n\r\norder = 2",
            {"share[china,small]": 1, "share[china,big]": 2, "share[india,small]": 3,
             "share[india,big]": 4, "order": 2},
        ),
        ("0.0<= BIRTH RATE[CHINA] = .015 <= .1 FRAC", {"birth rate[china]": 0.015}),
        ('1<="life (years)"=150<=1000 | toltype = 0.1', {QUOTED: 150}),
        ('10<= "life (years)" <=20', {}),
        ("FINAL TIME = 8", {"FINAL TIME": 8}),
        ("order = 2", {"order": 2}),
        ("title :IS: other text.vdfx", {}),
        ("title:is:'quoted (it is'", {}),
        (":OPTIMIZER=Powell\n:COM payoff = (\n  :max iterations = 9\norder = 2", {"order": 2}),
        ("{a comment = 4}\norder = 3 {another}\n\n\n\x1a nothing = here", {}),
        ("order = 1\r\nORDER = 2\r\n", {"order": 2}),
    ],
)  # fmt: skip
def test_constants(
    line: str, set_: dict[str, float], model: Callable[..., Model], write: Write
) -> None:
    base = model(LANDS)
    changed = base.with_changes(write(line))
    wanted = {
        name if name in base.constants else f"birth rate[{name}]": value
        for name, value in set_.items()
    }
    assert wanted.keys() <= base.constants.keys()
    assert changed.constants == base.constants | wanted
    assert list(changed.constants) == list(base.constants)


@pytest.mark.parametrize(
    ("entry", "points"),
    [
        ("effect((0,2),(4,3))", "((0,2),(4,3))"),
        ("effect (\r\n  (0,2),\r\n (4,3))\r\n", "((0,2),(4,3))"),
        ("effect(0,4,2,3)", "((0,2),(4,3))"),
        ("effect([(0,0)-(10,10)],(0,2),(1,2.5),(4,3))", "((0,2),(1,2.5),(4,3))"),
    ],
)
def test_lookups(entry: str, points: str, model: Callable[..., Model], write: Write) -> None:
    base = model(LANDS)
    same(base.with_changes(write(entry)), base.replace("effect", points))


def test_one_element_of_a_lookup(model: Callable[..., Model], write: Write) -> None:
    new = "((0,5),(4,6))"
    changed = model(LANDS).with_changes(write(f"local[india]{new}"))
    apart = LANDS.replace(
        "local[Asia]((0,1),(4,2))", f"local[china]((0,1),(4,2))\nlocal[india]{new}"
    )
    same(changed, model(apart))
    whole = model(LANDS).with_changes(write(f"local[Asia]{new}"))
    same(whole, model(LANDS.replace("((0,1),(4,2))", new)))


def test_a_run_equals_one_with_overrides(model: Callable[..., Model], write: Write) -> None:
    base = model(LANDS)
    overrides = {"birth rate[china]": 0.4, "share": 0.7, "FINAL TIME": 6.0}
    text = "".join(f"{name} = {value}\n" for name, value in overrides.items())
    changed = base.with_changes(write(text)).run(method="vensim", engine="reference")
    by_hand = base.run(overrides, method="vensim", engine="reference")
    np.testing.assert_array_equal(changed.table, by_hand.table)
    np.testing.assert_array_equal(changed.times, by_hand.times)


def test_the_order_of_a_delay_can_be_changed(model: Callable[..., Model], write: Write) -> None:
    """An override cannot: there are more hidden stocks then."""
    changed = model(LANDS).with_changes(write("order = 1"))
    same(changed, model(LANDS.replace("order = 3", "order = 1")))


def test_later_files_win_and_leave_the_rest(model: Callable[..., Model], write: Write) -> None:
    first, second = write("order = 1\nshare[peru,big] = 1"), write("order = 2\neffect(0,4,3,3)")
    base = model(LANDS)
    both = base.with_changes(first, second)
    assert both.constants["order"] == 2
    assert both.constants["share[peru,big]"] == 1
    same(both, base.with_changes(first).with_changes(second))
    assert base.with_changes(second, first).constants["order"] == 1


def test_changes_survive_another_change(model: Callable[..., Model], write: Write) -> None:
    changed = model(LANDS).with_changes(write("order = 2\neffect(0,4,3,3)"))
    further = changed.replace("total", "1")
    assert further.constants["order"] == 2
    assert changed.digest != model(LANDS).digest


def test_no_change_is_no_change(model: Callable[..., Model], write: Write) -> None:
    base = model(LANDS)
    assert base.with_changes().source == base.source
    assert base.with_changes(write("\n\x1a")).source.source == base.source.source


def test_what_came_from_a_workbook_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "in.csv").write_text("5,6\n", encoding="utf-8")
    (tmp_path / "m.mdl").write_text(
        "R: a,b~~|x[R] = GET DIRECT CONSTANTS('in.csv', ',', 'A1') ~~|y[R] = x[R]*2 ~~|"
        "INITIAL TIME = 0~~|FINAL TIME = 1~~|TIME STEP = 1~~|SAVEPER = 1~~|",
        encoding="utf-8",
    )
    (tmp_path / "c.cin").write_text("x[b] = 9", encoding="utf-8")
    changed = sd.load(tmp_path / "m.mdl").with_changes(tmp_path / "c.cin")
    assert changed.run().values("y")[0].tolist() == [10, 18]


# What is refused --------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("line", "place", "said"),
    [
        ("ordr = 3", (1, 1), "no variable named 'ordr'", ),
        ("\n  birth rates[china] = 3", (2, 3), "did you mean 'birth rate'?"),
        ("doubled = 3", (1, 1), "'doubled' is computed"),
        ("people[china] = 3", (1, 1), "'people' is computed"),
        ("fixed = 3", (1, 1), "marked as unchangeable"),
        ("effect = 3", (1, 1), "'effect' is a lookup, and cannot be a number"),
        ("order((0,1),(1,2))", (1, 1), "'order' is a constant, and cannot be a lookup"),
        ("title = 3", (1, 1), "write title :IS: 'text'"),
        ("titel :IS: 'x'", (1, 1), "did you mean 'title'?"),
        ("order[china] = 3", (1, 1), "'order' has no subscripts"),
        ("birth rate[china,big] = 3", (1, 1), "'birth rate' has 1 subscript"),
        ("birth rate[chin] = 3", (1, 1), "did you mean 'china'?"),
        ("birth rate[big] = 3", (1, 1), "'birth rate' has no element [big]"),
        ("gone[peru] = 3", (1, 1), "'gone' has no element [peru]"),
        ("birth rate[Country] = 3, 4", (1, 1), "has 3 elements, but 2 numbers are listed"),
        ("order = 3, 4", (1, 1), "has 1 element, but 2 numbers are listed"),
        ("order = 2*3", (1, 10), "'*' cannot stand behind the value"),
        ("order = doubled", (1, 9), "a number must stand here"),
        ("order = 1e999", (1, 9), "no finite number"),
        ("order = 3 ~ ~ |", (1, 11), "has no '~'"),
        ("order 3", (1, 8), "'=' must follow the name, and a number"),
        ("order", (1, 6), "'=' must follow the name"),
        ("order := 3", (1, 7), "'=' must follow the name"),
        ("= 3", (1, 1), "the name of a constant or lookup must stand here"),
        ("3 = order", (1, 3), "'<=' must follow the lower limit"),
        ("effect((0,1),(4,2)\norder = 3", (1, 7), "never closed"),
        ("effect(0,1,2)", (1, 7), "do not come in pairs"),
        ("order = 3 <= x", (1, 14), "a number must stand here"),
        (":INTERPOLATE: order = 3", (1, 1), "the name of a constant or lookup must stand here"),
        ('"order = 3', (1, 1), "never closed"),
    ],
)  # fmt: skip
def test_refusals(
    line: str, place: tuple[int, int], said: str, model: Callable[..., Model], write: Write
) -> None:
    path = write(line)
    with pytest.raises(sd.SDError) as caught:
        model(LANDS).with_changes(path)
    (problem,) = caught.value.problems  # type: ignore[attr-defined]
    assert (problem.line, problem.column) == place
    assert problem.path == str(path)
    text = str(problem)
    assert said in text
    assert "^" in text
    assert "cure:" in text


def test_all_problems_of_all_files_at_once(
    model: Callable[..., Model], write: Write, tmp_path: Path
) -> None:
    first, second = write("ordr = 3\norder = 4\neffect(0,1\nfixed = 3"), write("x = 1")
    with pytest.raises(sd.ModelError) as caught:
        model(LANDS).with_changes(first, tmp_path / "changes.cin", second)
    found = [(Path(one.path).name, one.line) for one in caught.value.problems]
    assert found == [(first.name, 1), (first.name, 3), (first.name, 4), ("changes.cin", 0),
                     (second.name, 1)]  # fmt: skip
    assert "'changes0.cin'" in str(caught.value)  # what is near in the folder
    assert "5 problems" in str(caught.value)


def test_a_binary_file_is_refused(model: Callable[..., Model], tmp_path: Path) -> None:
    (tmp_path / "c.cin").write_bytes(b"\x7f\xf7\x17\0\0")
    with pytest.raises(sd.ReadError, match="binary"):
        model(LANDS).with_changes(tmp_path / "c.cin")


def test_xmile_takes_numbers_that_stand_alone(tmp_path: Path) -> None:
    text = (
        '<xmile xmlns="http://docs.oasis-open.org/xmile/ns/XMILE/v1.0" version="1.0"><header/>'
        "<sim_specs><start>0</start><stop>2</stop><dt>1</dt></sim_specs><model><variables>"
        '<aux name="rate"><eqn>2</eqn></aux><aux name="twice"><eqn>rate*f(0)</eqn></aux>'
        '<gf name="f"><xscale min="0" max="1"/><ypts>1,2</ypts></gf></variables></model></xmile>'
    )
    (tmp_path / "m.xmile").write_text(text, encoding="utf-8")
    (tmp_path / "c.cin").write_text("rate = 5", encoding="utf-8")
    (tmp_path / "d.cin").write_text("f(0,1,4,4)", encoding="utf-8")
    model = sd.load(tmp_path / "m.xmile")
    assert model.with_changes(tmp_path / "c.cin").run().values("twice")[0] == 5
    with pytest.raises(sd.UnsupportedError, match="change the file instead"):
        model.with_changes(tmp_path / "d.cin")


def test_any_text_is_read_or_refused() -> None:
    """Whatever stands in a file, there is no traceback."""
    rng = np.random.default_rng(7)
    pieces = [
        "a = 1",
        "b",
        " = ",
        "1",
        "(",
        ")",
        ",",
        "[",
        "]",
        "\n",
        "<=",
        ":IS:",
        '"',
        "~",
        ":",
        "{",
        "}",
    ]
    read = refused = 0
    for _ in range(2000):
        text = "".join(rng.choice(pieces, rng.integers(1, 9)))
        found, problems = parse_changes(SourceText("a.cin", text))
        read, refused = read + len(found), refused + len(problems)
    assert read > 50
    assert refused > 500


# In the terminal --------------------------------------------------------------------------------


def test_the_verbs(tmp_path: Path) -> None:
    model, slow = (str(ROOT / "models" / name) for name in ("epidemic.mdl", "epidemic_slow.cin"))
    loaded = sd.load(model)
    by_hand = loaded.run({"contacts": 6, "distancing": 0.5}, outputs=["Dead"]).values("Dead")[-1]
    done = CliRunner().invoke(main, ["run", model, "--changes", slow, "--of", "Dead", "--json"])
    assert done.exit_code == 0, done.output
    facts = json.loads(done.stdout)
    assert facts["name"] == "epidemic_slow"
    assert facts["variables"]["Dead"]["values"][-1] == pytest.approx(by_hand, rel=1e-9)

    fewer = tmp_path / "fewer.cin"
    fewer.write_text("beds = 9", encoding="utf-8")
    told = ["compare", model, slow, str(fewer), "--of", "Dead", "--json"]
    scenarios = json.loads(CliRunner().invoke(main, told).stdout)["scenarios"]
    assert list(scenarios) == ["base run", "epidemic_slow", "fewer"]
    assert scenarios["epidemic_slow"]["Dead"] == pytest.approx(by_hand, rel=1e-9)
    assert scenarios["fewer"]["Dead"] > scenarios["base run"]["Dead"]

    other = tmp_path / "epidemic_slow.cin"
    other.write_text("beds = 9", encoding="utf-8")
    told = ["compare", model, slow, str(other), "--of", "Dead", "--json"]
    scenarios = json.loads(CliRunner().invoke(main, told).stdout)["scenarios"]
    assert list(scenarios) == ["base run", slow, str(other)]

    fewer.write_text("bed = 9", encoding="utf-8")
    done = CliRunner().invoke(main, ["run", model, "--changes", str(fewer)])
    assert done.exit_code == 1
    assert "did you mean 'beds'?" in done.stderr


@pytest.mark.parametrize("text", ["", "\n \n", "{life = 5}\n", ":OPTIMIZER=Off\n"])
def test_a_file_that_sets_nothing_is_told(text: str, write: Write) -> None:
    path, full = write(text), write("contacts = 6\n")
    told = f"{path} sets nothing: it has no values, only comments or options at most"
    model = sd.load(ROOT / "models" / "epidemic.mdl")
    run = model.with_changes(path, full).run()
    assert run.notes == (told,)
    assert told not in model.run().notes
    for verb, way in (("run", ["--changes"]), ("compare", [])):
        words = [verb, str(ROOT / "models" / "epidemic.mdl"), *way, str(path)]
        shown = CliRunner().invoke(main, words)
        assert shown.exit_code == 0, shown.output
        assert "sets nothing" in " ".join(shown.output.split())
        assert told in json.loads(CliRunner().invoke(main, [*words, "--json"]).output)["notes"]
