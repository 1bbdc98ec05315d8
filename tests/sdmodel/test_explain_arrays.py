"""What subscripted variables, data and macros look like to people."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import pytest
from click.testing import CliRunner

import sdmodel as sd
from sdmodel.cli import main
from sdmodel.explain import MOST_ENTRIES

EQUATIONS = """
A: a1, a2, a3 ~ ~ |
rate[a1] = 0.5 ~ 1/Month [0,1] ~ Share that leaves. |
rate[A] :EXCEPT: [a1] = fast + 0.25*Time ~ ~ |
fast = 0.25 ~ 1/Month ~ |
level[A] = INTEG(-rate[A]*level[A], 8) ~ ton ~ |
"""


@pytest.fixture
def path(tmp_path: Path, mdl: Callable[..., str]) -> Path:
    """Lay out a model with one variable of two equations."""
    place = tmp_path / "arrays.mdl"
    place.write_text(mdl(EQUATIONS), encoding="utf-8")
    return place


def test_every_equation_is_told_with_its_subscripts(path: Path) -> None:
    model = sd.load(path)
    rate = model.variable("rate")
    assert rate.ranges == ("A",)
    assert rate.entries == (("rate[a1]", "0.5"), ("rate[A] :EXCEPT: [a1]", "fast + 0.25*Time"))
    assert (rate.units, rate.high, rate.comment) == ("1/Month", 1.0, "Share that leaves.")
    assert rate.uses == ("fast",)
    assert model.variable("fast").used_by == ("rate",)
    assert model.variable("rate[a2]") == rate
    assert model.variables.count("rate") == 1


def test_an_explanation_prints_all_of_them(path: Path) -> None:
    lines = str(sd.load(path).explain("rate")).splitlines()
    assert lines[:2] == ["rate[a1] = 0.5", "rate[A] :EXCEPT: [a1] = fast + 0.25*Time"]
    assert lines[2].startswith("  auxiliary over A, 1/Month, between 0 and 1; ")
    level = str(sd.load(path).explain("level"))
    assert "rate   auxiliary: 0.5 (and 1 more)" in level


def test_hundreds_of_equations_are_cut_short(model: Callable[..., sd.Model]) -> None:
    count = MOST_ENTRIES + 7
    rows = [f"A: {', '.join(f'a{i}' for i in range(count))} ~ ~ |"]
    rows += [f"x[a{i}] = {i} ~ ~ |" for i in range(count)]
    text = str(model("\n".join(rows)).explain("x"))
    assert f"x[a{MOST_ENTRIES - 1}] =" in text
    assert f"x[a{MOST_ENTRIES}] =" not in text
    assert "and 7 more equations" in text


def test_data_without_an_equation_is_a_bare_name(path: Path, mdl: Callable[..., str]) -> None:
    path.write_text(mdl("seen ~ ton ~ |\nx = seen ~ ~ |"), encoding="utf-8")
    table = path.with_suffix(".tab")
    table.write_text("Time\tseen\n0\t1\n4\t9\n", encoding="utf-8")
    lines = str(sd.load(path, data=[table]).explain("seen")).splitlines()
    assert lines[0] == "seen"
    assert lines[1].startswith("  data, ton; ")


def test_the_call_of_a_macro_is_shown_as_written(model: Callable[..., sd.Model]) -> None:
    made = model(
        ":MACRO: HALF(x)\nHALF = x/2 ~ ~ |\n:END OF MACRO:\ny = HALF(z) ~ ~ |\nz = 3 ~ ~ |"
    )
    assert str(made.explain("y")).splitlines()[0] == "y = HALF(z)"
    assert made.variable("y").uses == ("z",)
    assert made.variable("z").used_by == ("y",)
    assert [name for name in made.variables if "HALF" in name] == []


@pytest.mark.parametrize("verb", ["show", "run"])
def test_the_terminal_shows_stocks_with_subscripts(path: Path, verb: str) -> None:
    done = CliRunner().invoke(main, [verb, str(path)])
    assert done.exit_code == 0, done.output
    for name in ["level[A]"] if verb == "show" else ["level[a1]", "level[a2]", "level[a3]"]:
        assert name in done.output
    assert "ton" in done.output


def test_show_says_that_there_are_no_stocks(path: Path, mdl: Callable[..., str]) -> None:
    path.write_text(mdl("x = 1"), encoding="utf-8")
    assert "It has no stocks." in CliRunner().invoke(main, ["show", str(path)]).output


def test_one_element_can_be_run_and_compared(path: Path) -> None:
    path.with_suffix(".toml").write_text("[scenarios.slow]\nset.fast = 0.1\n", encoding="utf-8")
    chosen = ["--of", "level[a2]", "--json"]
    ran = json.loads(CliRunner().invoke(main, ["run", str(path), *chosen]).output)
    assert ran["variables"]["level[a2]"]["unit"] == "ton"
    assert list(ran["variables"]) == ["level[a2]"]
    both = json.loads(CliRunner().invoke(main, ["compare", str(path), *chosen]).output)
    assert both["scenarios"]["slow"]["level[a2]"] > both["scenarios"]["base run"]["level[a2]"]


def test_a_table_of_many_elements_is_cut_short(path: Path, mdl: Callable[..., str]) -> None:
    elements = ", ".join(f"a{i}" for i in range(70))
    path.write_text(mdl(f"A: {elements} ~ ~ |\ns[A] = INTEG(1, 0) ~ ~ |"), encoding="utf-8")
    done = CliRunner().invoke(main, ["run", str(path)])
    assert "s[a59]" in done.output
    assert "s[a60]" not in done.output
    assert "and 10 more; name some with --of" in done.output
