"""Sensitivity control files: what they say, what is run, and that draws are what they ask for."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner

import sdmodel as sd
import sensitivity as sa
from sensitivity.cli import main

EPIDEMIC = Path(__file__).parents[2] / "models" / "epidemic.mdl"
LARGE = "1e9"


@pytest.fixture(scope="module")
def epidemic() -> sd.Model:
    return sd.load(EPIDEMIC)


@pytest.fixture
def vsc(tmp_path: Path) -> Callable[..., Path]:
    """Return a maker of control files from their lines."""

    def write(*lines: str, name: str = "a.vsc", end: str = "\r\n") -> Path:
        path = tmp_path / name
        path.write_bytes(end.join([*lines, ""]).encode())
        return path

    return write


@pytest.fixture
def table(tmp_path: Path) -> Path:
    path = tmp_path / "rows.tab"
    path.write_text("infectivity\tIllness\tcontacts\n.03\t5\t9\n.035\t\t9\n.02\t8\t9\n")
    return path


def test_the_first_line_says_how_often_by_which_method(vsc, epidemic) -> None:
    drawn = "infectivity=RANDOM UNIFORM(.02,.04)"
    read = sd.read_vsc(vsc("250,g,-5,,0", drawn), epidemic)
    assert (read.runs, read.method, read.seed, read.warnings) == (250, "G", -5, False)
    usual = sd.read_vsc(vsc(",M", drawn), epidemic)
    assert (usual.runs, usual.method, usual.seed, usual.warnings) == (200, "M", 1234, True)


def test_names_and_distributions_take_blanks_underscores_and_any_case(vsc, epidemic) -> None:
    one = sd.read_vsc(vsc("9,M", "Fatality_With  care = Random_Normal(0, .1,-.02,+3e-2)"), epidemic)
    (drawn,) = one.drawn
    assert (drawn.name, drawn.distribution) == ("fatality with care", "RANDOM NORMAL")
    assert (drawn.low, drawn.high, drawn.parameters) == (0, 0.1, {"mean": -0.02, "sd": 0.03})


def test_what_stands_behind_the_end_of_file_mark_does_not_count(vsc, epidemic) -> None:
    path = vsc("9,M", "illness=RANDOM UNIFORM(4,9)", "\x1aillness=RUBBISH", end="\n")
    assert len(sd.read_vsc(path, epidemic).drawn) == 1


WRONG = (
    ("9,Q", "illness=RANDOM UNIFORM(4,9)", 1, 1, "no method 'Q'"),
    ("x,M", "illness=RANDOM UNIFORM(4,9)", 1, 1, "first line must be"),
    ("0,M", "illness=RANDOM UNIFORM(4,9)", 1, 1, "number of runs is 0"),
    ("9,M,x", "illness=RANDOM UNIFORM(4,9)", 1, 1, "the seed is 'x'"),
    ("9,M,1,,2", "illness=RANDOM UNIFORM(4,9)", 1, 1, "warnings is '2'"),
    ("9,F", "", 1, 1, "method F needs a file"),
    ("9,F,1,none.tab", "", 1, 1, "none.tab"),
    ("9,M", "", 1, 1, "nothing to run"),
    ("9,M", "illnes=RANDOM UNIFORM(4,9)", 2, 1, "did you mean 'illness'?"),
    ("9,M", "deaths=RANDOM UNIFORM(4,9)", 2, 1, "computed, not constant"),
    ("9,M", "illness=RANDOM UNIFROM(4,9)", 2, 9, "did you mean 'RANDOM UNIFORM'"),
    ("9,M", "illness=RANDOM UNIFORM(4)", 2, 9, "takes min, max, but here are 1"),
    ("9,M", "illness=RANDOM NORMAL(4,9,x,1)", 2, 27, "mean must be a number, not 'x'"),
    ("9,M", "illness=RANDOM NORMAL(4,9,5,0)", 2, 29, "it must be above 0"),
    ("9,M", "illness=RANDOM BINOMIAL(4,9,1.5,5,0,1)", 2, 29, "from 0 to 1"),
    ("9,M", "illness=RANDOM TRIANGULAR(4,9,5,4,6)", 2, 9, "do not rise"),
    ("9,M", "illness=RANDOM LOOKUP(4,9,contacts,0,1)", 2, 27, "is no lookup"),
    ("9,M", "illness=VECTOR(4,9,0)", 2, 20, "it must be above 0"),
    ("9,M", "illness", 2, 1, "gives nothing a distribution"),
    ("9,M", "illness=RANDOM UNIFORM(4,9", 2, 26, "never closed"),
    ("9,M", 'illness=RANDOM "UNIFORM(4,9)', 2, 16, "never closed"),
)


@pytest.mark.parametrize(("first", "second", "line", "column", "told"), WRONG)
def test_a_mistake_is_named_with_its_place(
    first, second, line, column, told, vsc, epidemic
) -> None:
    with pytest.raises(sd.ReadError) as caught:
        sd.read_vsc(vsc(first, second), epidemic)
    (problem,) = caught.value.problems
    assert told in str(problem)
    assert (problem.line, problem.column) == (line, column)


def test_all_mistakes_are_told_at_once(vsc, epidemic) -> None:
    lines = ("9,M", "illnes=RANDOM UNIFORM(4,9)", "contacts=RANDOM(4,9)", "beds=VECTOR(1)")
    with pytest.raises(sd.ReadError) as caught:
        sd.read_vsc(vsc(*lines), epidemic)
    assert [one.line for one in caught.value.problems] == [2, 3, 4]


def test_what_is_not_done_as_asked_is_noted_line_by_line(vsc, epidemic) -> None:
    path = vsc(
        "9,M,-7,rows.tab,1,trace",
        "illness=RANDOM UNIFORM(9,4)",
        "beds=RANDOM GAMMA(0,9,.5,0,1)",
        "contacts=RANDOM UNIFORM(4,9)",
        "contacts=RANDOM UNIFORM(5,8)",
    )
    read = sd.read_vsc(path, epidemic)
    told = [(one.line, one.message) for one in read.notes]
    assert [line for line, _ in told] == [1, 1, 1, 2, 3, 5]
    for (_, message), part in zip(
        told,
        ("trace", "old generator", "method F only", "left alone", "counts as 1", "twice"),
        strict=True,
    ):
        assert part in message
    assert {one.name: one.low for one in read.drawn} == {"beds": 0, "contacts": 5}


# Method F -------------------------------------------------------------------------------------


def test_method_f_runs_exactly_the_rows_of_its_table(vsc, table, epidemic) -> None:
    swept = sa.run_vsc(vsc("5,F,1234,rows.tab,0"), epidemic, ["infected"])
    runs = pd.DataFrame(
        {"infectivity": [0.03, 0.035, 0.02], "illness": [5.0, 5, 8], "contacts": 9.0}
    )
    assert swept["design"].values.tolist() == runs[["infectivity", "illness"]].values.tolist()
    assert json.loads(swept.attrs["fixed"]) == {"contacts": 9.0}
    expected = epidemic.run_many(runs, outputs=["Infected"]).values
    assert np.array_equal(swept["courses"].values, expected)


def test_a_value_missing_from_the_first_row_is_the_models(vsc, tmp_path, epidemic) -> None:
    (tmp_path / "r.tab").write_text("illness\tbeds\n\t100\n6\t\n")
    read = sd.read_vsc(vsc("1,F,,r.tab"), epidemic)
    assert read.table == {"illness": (epidemic.constants["illness"], 6.0), "beds": (100.0, 100.0)}
    assert [(one.line, one.column) for one in read.notes] == [(2, 1)]


def test_runs_that_are_all_alike_are_run(vsc, tmp_path, epidemic) -> None:
    (tmp_path / "r.tab").write_text("illness\n6\n6\n")
    swept = sa.run_vsc(vsc("1,F,,r.tab"), epidemic, ["Dead"])
    expected = epidemic.run_many(pd.DataFrame({"illness": [6.0, 6.0]}), outputs=["Dead"]).values
    assert np.array_equal(swept["courses"].values, expected)


@pytest.mark.parametrize(
    ("text", "place", "told"),
    [
        ("illnes\n6\n", (1, 1), "did you mean 'illness'?"),
        ("illness\tIllness\n6\t7\n", (1, 9), "two columns"),
        ("illness\n6\t7\n", (2, 3), "no name above"),
        ("illness\nsix\n", (2, 1), "no number"),
        ("illness\n", (1, 1), "no runs"),
    ],
)
def test_mistakes_of_the_table_are_named_there(text, place, told, vsc, tmp_path, epidemic) -> None:
    (tmp_path / "r.tab").write_text(text)
    with pytest.raises(sd.ReadError) as caught:
        sd.read_vsc(vsc("1,F,,r.tab"), epidemic)
    (problem,) = caught.value.problems
    assert told in problem.message
    assert problem.path.endswith("r.tab")
    assert (problem.line, problem.column) == place


# The command ----------------------------------------------------------------------------------


def test_the_command_writes_a_sweep_and_says_what_came_out(vsc, tmp_path) -> None:
    path = vsc("20,L,7,,0", "illness=RANDOM UNIFORM(4,9)", "beds=RANDOM UNIFORM(9,4)")
    (tmp_path / "a.lst").write_text("infected\r\n\r\nDead\r\n\x1a")
    args = ["run", str(path), "--model", str(EPIDEMIC), "--save-list", str(tmp_path / "a.lst")]
    done = CliRunner().invoke(main, args, catch_exceptions=False)
    assert done.exit_code == 0
    assert "20 runs by method L, seed 7, 0 failed" in done.output
    assert "a.vsc:3:6: min 9 is not below max 4" in done.output
    stored = sa.open_sweep(path.with_suffix(".nc"))
    assert stored["courses"].shape == (2, 301, 20)
    assert json.loads(stored.attrs["origin"])["control"] == "a.vsc"
    assert sa.replay(path.with_suffix(".nc"), 3).same
    told = json.loads(CliRunner().invoke(main, [*args, "--json"]).stdout)
    assert told["at the end"]["Dead"]["0.5"] == float(
        stored["percentiles"].sel(series="Dead", quantile=0.5)[-1]
    )


def test_a_store_holds_the_same_runs(vsc, epidemic, tmp_path) -> None:
    path = vsc("20,M,7,,0", "illness=RANDOM UNIFORM(4,9)")
    kept = sa.run_vsc(path, epidemic, ["Dead"], store=tmp_path / "a.study")
    here = sa.run_vsc(path, epidemic, ["Dead"])
    assert np.array_equal(kept["outcomes"], here["outcomes"])
    assert np.array_equal(kept["design"], here["design"])
    assert kept.attrs["origin"] == here.attrs["origin"]
    assert sa.verify(tmp_path / "a.study", share=1.0).ok


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ([], "--model"),
        (["--model", str(EPIDEMIC), "--shard", "1/2"], "--shard belongs to studies"),
        (["--model", str(EPIDEMIC), "--store", "-o", "a.nc"], "ends in .study"),
    ],
)
def test_what_does_not_go_together_is_refused(args, told, vsc) -> None:
    path = vsc("9,M", "illness=RANDOM UNIFORM(4,9)")
    done = CliRunner().invoke(main, ["run", str(path), *args])
    assert done.exit_code == 2
    assert told in done.output


def test_method_f_takes_no_number_of_runs(vsc, table, epidemic) -> None:
    with pytest.raises(sa.MethodError, match="leave the number of runs out"):
        sa.run_vsc(vsc("5,F,1234,rows.tab,0"), epidemic, samples=9)


def test_the_options_of_control_files_are_not_those_of_studies(tmp_path) -> None:
    (tmp_path / "a.toml").write_text("")
    done = CliRunner().invoke(main, ["run", str(tmp_path / "a.toml"), "-n", "5"])
    assert "--samples belongs to the control files .vsc" in done.output


def test_a_save_list_of_what_is_not_there_is_refused(vsc, epidemic) -> None:
    path = vsc("9,M", "illness=RANDOM UNIFORM(4,9)")
    with pytest.raises(sa.OutcomeError, match="did you mean 'Infected'"):
        sa.run_vsc(path, epidemic, ["Infekted"])


@pytest.mark.parametrize(("warnings", "told"), [("0", False), ("1", True)])
def test_the_last_number_says_whether_failed_runs_are_told(warnings, told, vsc, written) -> None:
    model = written("rate = 1 ~ |\nlevel = INTEG(EXP(rate*level), 1) ~ |")
    path = vsc(f"40,M,7,,{warnings}", "rate=RANDOM UNIFORM(-1,9)")
    done = CliRunner().invoke(main, ["run", str(path), "--model", str(model.path)])
    assert done.exit_code == 0
    failed = int(sa.open_sweep(path.with_suffix(".nc")).attrs["failed_runs"])
    assert 0 < failed < 40
    assert f"{failed} failed" in done.output
    assert ("with every factor at its default failed" in done.stderr) == told


def test_one_at_a_time_what_fails_leaves_the_rest(vsc, written) -> None:
    model = written("rate = -1 ~ |\nstart = 1 ~ |\nlevel = INTEG(EXP(rate*level), start) ~ |")
    path = vsc("20,U,7,,0", "rate=RANDOM UNIFORM(-1,9)", "start=RANDOM UNIFORM(1,2)")
    with pytest.warns(sa.SweepWarning, match="failed"):
        swept = sa.run_vsc(path, model, ["level"])
    sound = np.isfinite(swept["outcomes"].values[0])
    assert 20 < sound.sum() < 40
    for factor in (0, 1):
        own = slice(20 * factor, 20 * factor + 20)
        values = swept["outcomes"].values[0, own][sound[own]]
        assert float(swept["range"][0, factor]) == pytest.approx(np.ptp(values))
        assert float(swept["sd"][0, factor]) == pytest.approx(values.std())


def test_whatever_is_in_a_file_ends_in_a_reading_or_a_message(vsc, epidemic, tmp_path) -> None:
    texts = {
        "a.vsc": "9,M,1,,0\nillness=RANDOM NORMAL(4,9,5,1)\nbeds=VECTOR(1,9,2)\n",
        "a.voc": ":OPTI=Powell\n:MULT=GRID\n4<=illness=5<=9|frac=.1\n{x}0<=beds<=500\n",
        "a.vpd": '*CG\nInfected|"Dead"/1\n*PF\nDead/-1\n*P\nbeds/contacts\n',
    }
    read = {"a.vsc": sd.read_vsc, "a.voc": sd.read_voc, "a.vpd": sd.read_vpd}
    random = np.random.default_rng(1)
    letters = list("=<>|/*:{}()[]\"',.-+ \t\n\x1a0aE_\u00e9")
    problems: list[sd.Problem] = []
    for name, text in texts.items():
        for _ in range(150):
            cut = list(text)
            for _ in range(int(random.integers(1, 5))):
                place = int(random.integers(len(cut)))
                cut[place : place + int(random.integers(3))] = str(random.choice(letters))
            path = tmp_path / name
            path.write_text("".join(cut), encoding="utf-8", newline="")
            try:
                read[name](path, epidemic)
            except sd.ReadError as error:
                problems += error.problems
    assert len(problems) > 150
    assert all(one.message and one.path and one.line for one in problems)
