"""Optimisation control files: what they say, and that known parameters are found again."""

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
from sensitivity.control.payoff import Payoff
from sensitivity.control.together import together
from tests.sensitivity.conftest import VENSIM_OPTIONS

EPIDEMIC = Path(__file__).parents[2] / "models" / "epidemic.mdl"
CORE = EPIDEMIC.with_name("core.mdl")
TRUE = {"infectivity": 0.034, "illness": 6.5}
SEARCHED = (".01<=infectivity=.03<=.06", "4<=illness=9<=14")


@pytest.fixture(scope="module")
def epidemic() -> sd.Model:
    return sd.load(EPIDEMIC)


@pytest.fixture
def file(tmp_path: Path) -> Callable[..., Path]:
    """Return a maker of files from their lines."""

    def write(name: str, *lines: str) -> Path:
        path = tmp_path / name
        path.write_text("\n".join([*lines, ""]))
        return path

    return write


def data_of(
    run: sd.Run, path: Path, series: dict[str, str], every: int, noise: float = 0.0
) -> Path:
    """Write what a run saved as data, with errors in proportion to the values if asked for."""
    random = np.random.default_rng(7)
    lines = []
    for name, called in series.items():
        lines.append(called)
        values = run.values(name)[::every]
        values = values * (1 + noise * random.standard_normal(len(values)))
        lines += [f"{t:g}\t{v!r}" for t, v in zip(run.times[::every], values.tolist(), strict=True)]
    path.write_text("\n".join(lines) + "\n")
    return path


# What the file says ---------------------------------------------------------------------------

WRITTEN_BY_VENSIM = f"""{VENSIM_OPTIONS}1.000000<="illness"=5<=1000.000000
.01<=infectivity <=.06"""


def test_a_file_as_vensim_writes_it(file, epidemic) -> None:
    read = sd.read_voc(file("a.voc", WRITTEN_BY_VENSIM), epidemic)
    assert (read.optimizer, read.starts, read.sensitivity) == ("POWELL", "RRANDOM", "OFF")
    assert (read.iterations, read.restarts, read.passes) == (1000, 3, 2)
    illness, infectivity = read.searched
    assert (illness.name, illness.low, illness.start, illness.high) == ("illness", 1, 5, 1000)
    assert infectivity.start == epidemic.constants["infectivity"]
    assert [(one.line, one.message.split(":")[-1]) for one in read.notes] == [
        (15, " nothing is done"),
        (17, " this file counts"),
    ]


def test_keywords_may_be_cut_and_the_last_counts(file, epidemic) -> None:
    lines = (
        ":opti = off {only a look}",
        ":Multi Start=grid",
        ":MULT=Vector",
        ':COMMENT first "try',
        ":sens = payoff_percent",
        ":TOLE=5",
        "{a comment",
        " over two lines}",
        "fatality with care <= illness <= 14 | frac=.1",
    )
    read = sd.read_voc(file("a.voc", *lines), epidemic)
    assert (read.optimizer, read.starts) == ("OFF", "VECTOR")
    assert (read.sensitivity, read.amount) == ("PAYOFF_PERCENT", 10)
    assert read.comments == ('first "try',)
    assert [one.line for one in read.notes] == [6, 9, 9]


WRONG = (
    (("0<=illnes=5<=9",), 1, 4, "did you mean 'illness'?"),
    (("0<=deaths=5<=9",), 1, 4, "computed, not constant"),
    (("9<=illness=5<=4",), 1, 1, "not below max"),
    (("illness=5=6",), 1, 1, "is not min <= constant"),
    (("0<=illness=x<=9",), 1, 12, "no variable named 'x'"),
    ((":OPTIMISE=x", "0<=illness<=9"), 1, 1, "there is no 'x'"),
    ((":HELLO=x", "0<=illness<=9"), 1, 1, "no option 'HELLO'"),
    ((":OPTI=MCMC", "0<=illness<=9"), 1, 1, "MCMC is not offered"),
    ((":SENS=PAYOFF_VALUE=-4", "0<=illness<=9"), 1, 1, "no amount above 0"),
    ((":MAX_=2.5", "0<=illness<=9"), 1, 1, "not a whole number"),
    (("0<=illness<=9", ":OPTI=POWELL"), 2, 1, "above the constants"),
    ((":OPTI=OFF", "0<=illness<=9"), 1, 1, "nothing to do"),
    ((":MULT=RANDOM", "illness<=9"), 1, 1, "need both ends"),
    ((":OPTI=POWELL",), 1, 1, "no constant is searched"),
    (('0<="illness<=9',), 1, 4, "never closed"),
)


@pytest.mark.parametrize(("lines", "line", "column", "told"), WRONG)
def test_a_mistake_is_named_with_its_place(lines, line, column, told, file, epidemic) -> None:
    with pytest.raises(sd.ReadError) as caught:
        sd.read_voc(file("a.voc", *lines), epidemic)
    (problem,) = caught.value.problems
    assert told in str(problem)
    assert (problem.line, problem.column) == (line, column)


def test_each_element_of_an_array_is_searched_by_itself(written, file) -> None:
    model = written("R: a1, a2 ~ |\nrate[R] = 1,2 ~ |\ntotal = SUM(rate[R!]) ~ |")
    read = sd.read_voc(file("a.voc", "0<=rate[R]=5<=9"), model)
    assert [(one.name, one.start) for one in read.searched] == [("rate[a1]", 5), ("rate[a2]", 5)]


# What is found --------------------------------------------------------------------------------


@pytest.mark.parametrize("optimizer", ["powell", "evolution"])
def test_known_parameters_are_found_again(optimizer, file, epidemic, tmp_path) -> None:
    run = epidemic.run(TRUE, method="vensim")
    data = data_of(run, tmp_path / "seen.dat", {"Infected": "Infected", "Dead": "buried"}, 10)
    model = sd.load(EPIDEMIC, data=[data])
    voc = file("a.voc", ":OPTIMIZER=Powell", *SEARCHED)
    vpd = file("a.vpd", "*C", "Infected/.01", "Dead|buried/.1")
    found = sa.run_voc(voc, vpd, model, optimizer=optimizer)
    assert found.converged
    assert found.before < -1000
    assert found.payoff == pytest.approx(0, abs=1e-9)
    for name, value in TRUE.items():
        assert found.values[name] == pytest.approx(value, rel=1e-6)
    assert found.constants["touches"].tolist() == ["", ""]


def test_with_noise_they_are_found_nearly(file, epidemic, tmp_path) -> None:
    run = epidemic.run(TRUE, method="vensim")
    data = data_of(run, tmp_path / "seen.dat", {"Infected": "Infected", "Dead": "buried"}, 10, 0.1)
    model = sd.load(EPIDEMIC, data=[data])
    voc = file("a.voc", *SEARCHED)
    # Errors in proportion to the values are even errors of the logarithms, with sd 0.1.
    found = sa.run_voc(voc, file("a.vpd", "*CL", "Infected/10", "Dead|buried/10"), model)
    assert found.converged
    for name, value in TRUE.items():
        assert found.values[name] == pytest.approx(value, rel=0.02)
    # The true parameters fit a little less well: by a chi-square of two parameters.
    there = Payoff(sd.read_vpd(tmp_path / "a.vpd", model), sd.without_ranges(model))
    payoff = float(there.of(pd.DataFrame([TRUE]))[0])
    assert 0 < found.payoff - payoff < 14
    # 31 + 30 errors of variance 1: their squares add up to about 61.
    assert -100 < found.payoff < -30


def test_parameters_of_the_core_model_are_found_again(file, tmp_path) -> None:
    core = sd.load(CORE)
    true = {"network exposure": 0.62, "education effort": 0.35}
    run = core.run(true, method="vensim")
    data = data_of(run, tmp_path / "seen.dat", {"relative knowledge": "relative knowledge"}, 5)
    lines = ("0<=network exposure=.2<=1", "0<=education effort=.8<=1")
    voc = file("a.voc", *lines)
    found = sa.run_voc(
        voc, file("a.vpd", "*C", "relative knowledge/100"), sd.load(CORE, data=[data])
    )
    for name, value in true.items():
        assert found.values[name] == pytest.approx(value, rel=1e-4)


@pytest.fixture
def hill(written) -> sd.Model:
    """Return a model whose payoff has two tops, the higher one at x = 4, y = -1."""
    return written(
        "x = 0 ~ |\ny = 0 ~ |\n"
        "height = EXP(-(x+4)^2) + 2*EXP(-(x-4)^2) - 0.1*(y+1)^2 ~ |\n"
        "noise = 5 ~ |\nlevel = INTEG(height, 0) ~ |"
    )


HILL = ("-9<=x=-4<=9", "-9<=y=0<=9")


def test_one_start_may_find_the_lower_top_and_many_the_higher(hill, file) -> None:
    vpd = file("a.vpd", "*PF", "height/1")
    for starts in ("RANDOM", "RRANDOM", "GRID", "VECTOR"):
        found = sa.run_voc(file("a.voc", f":MULT={starts}", *HILL), vpd, hill)
        assert found.values["x"] == pytest.approx(4, abs=1e-4), starts
        assert found.values["y"] == pytest.approx(-1, abs=1e-4), starts
        assert found.payoff == pytest.approx(2, abs=1e-6)
    assert sa.run_voc(file("a.voc", *HILL), vpd, hill, optimizer="evolution").values[
        "x"
    ] == pytest.approx(4, abs=1e-4)


def test_the_same_seed_finds_the_same(hill, file) -> None:
    vpd = file("a.vpd", "*PF", "height/1")
    voc = file("a.voc", ":MULT=RANDOM", ":SEED=3", *HILL)
    one, again = sa.run_voc(voc, vpd, hill, starts=3), sa.run_voc(voc, vpd, hill, starts=3)
    assert one.values == again.values
    pd.testing.assert_frame_equal(one.starts, again.starts)
    assert len(one.starts) == 4


def test_a_grid_without_optimizer_only_looks(hill, file) -> None:
    voc = file("a.voc", ":OPTI=OFF", ":MULT=GRID", ":TRACE=ON", *HILL)
    found = sa.run_voc(voc, file("a.vpd", "*PF", "height/1"), hill, starts=100)
    assert found.runs == 101
    assert found.trace is not None
    assert len(found.trace) == 101
    assert found.payoff == found.trace["payoff"].max()
    assert found.origin["optimizer"] == "none"


def test_a_grid_of_many_constants_is_refused(written, file) -> None:
    names = [f"x{number}" for number in range(11)]
    model = written("\n".join([*(f"{name} = 1 ~ |" for name in names), "level = INTEG(x0, 0) ~ |"]))
    voc = file("a.voc", ":MULT=GRID", *(f"0<={name}<=2" for name in names))
    with pytest.raises(sa.MethodError, match="at least 2,048 points"):
        sa.run_voc(voc, file("a.vpd", "*PF", "level/1"), model)


def test_an_end_that_is_touched_is_told(hill, file, tmp_path) -> None:
    voc = file("a.voc", "-9<=x=3<=3.5", "y=0<=9")
    found = sa.run_voc(voc, file("a.vpd", "*PF", "height/1"), hill)
    assert found.constants["touches"].tolist() == ["max", ""]
    assert found.values["y"] == pytest.approx(-1, abs=1e-3)


def test_when_the_iterations_run_out_it_has_not_converged(hill, file) -> None:
    voc = file("a.voc", ":MAX_ITERATIONS=1", *HILL)
    found = sa.run_voc(voc, file("a.vpd", "*PF", "height/1"), hill)
    assert not found.converged
    assert "ran out" in found.message


def test_payoff_sensitivity_finds_where_the_payoff_has_fallen(hill, file) -> None:
    lines = (":SENS=PAYOFF_VALUE=.4", "3<=x=3.9<=9", "-9<=y=0<=9")
    found = sa.run_voc(file("a.voc", *lines), file("a.vpd", "*PF", "height/1"), hill)
    assert found.sensitivity is not None
    y = found.sensitivity.loc["y"]
    assert (y["lower"], y["upper"]) == pytest.approx((-3, 1), abs=1e-3)  # 0.1 * 2^2 = 0.4
    x = found.sensitivity.loc["x"]
    reach = np.sqrt(-np.log(0.8))
    assert (x["lower"], x["upper"]) == pytest.approx((4 - reach, 4 + reach), abs=1e-3)


def test_a_percentage_of_every_constant_ranks_them(hill, file) -> None:
    lines = (":SENS=ALL_CONSTANTS=10", "3<=x=3.9<=9", "-9<=y=0<=9")
    found = sa.run_voc(file("a.voc", *lines), file("a.vpd", "*PF", "height/1"), hill)
    assert found.sensitivity is not None
    assert found.sensitivity.index.tolist() == ["x", "y", "noise"]
    expected = 2 - (2 * np.exp(-(0.4**2)))
    assert found.sensitivity["largest_change"].tolist() == pytest.approx(
        [expected, 0.001, 0], abs=1e-4
    )


def test_where_no_run_has_a_payoff_it_says_why(written, file) -> None:
    model = written("x = 1 ~ |\nlevel = INTEG(EXP(999*x), 1) ~ |")
    voc = file("a.voc", "1<=x=2<=3")
    with pytest.raises(sa.StudyError, match="no run has a payoff: at the start level fails"):
        sa.run_voc(voc, file("a.vpd", "*PF", "level/1"), model)


def test_what_moves_the_steps_is_not_searched(hill, file) -> None:
    with pytest.raises(sa.StudyError, match="a.voc:1: 'TIME STEP' moves the steps"):
        sa.run_voc(file("a.voc", ".1<=TIME STEP<=1"), file("a.vpd", "*PF", "height/1"), hill)


# The command and the files --------------------------------------------------------------------


def test_the_command_writes_a_changes_file_that_gives_the_payoff(file, tmp_path) -> None:
    voc = file("a.voc", ":MULT=RANDOM", ":REST=1", ":SENS=PARAMETER_PERCENT", "0<=distancing<=.9")
    vpd = file("a.vpd", "*PF", "Dead/-1")
    args = ["run", str(voc), "--model", str(EPIDEMIC), "--payoff", str(vpd)]
    done = CliRunner().invoke(main, args, catch_exceptions=False)
    assert done.exit_code == 0
    assert "converged" in done.output
    *head, line = (tmp_path / "a.out").read_text().splitlines()
    assert head[0].startswith("{payoff -")
    assert f"{{epidemic {sd.load(EPIDEMIC).digest}}}" in head
    name, value = line.split(" = ")
    model = sd.load(EPIDEMIC)
    run = model.run({name: float(value)}, method="vensim", outputs=["Dead"])
    told = json.loads(CliRunner().invoke(main, [*args, "--json"]).stdout)
    assert told["payoff"] == -run.values("Dead")[-1]
    assert told["values"] == {"distancing": float(value)}
    starts = pd.read_csv(tmp_path / "a_endpoint.tab", sep="\t")
    assert starts["payoff"].max() == pytest.approx(told["payoff"])
    assert (tmp_path / "a_sensitivity.tab").is_file()


@pytest.mark.parametrize(
    ("args", "told"),
    [
        ([], "name it, as in --payoff"),
        (["--store"], "--store has no meaning"),
        (["--threads", "2"], "--threads has no meaning"),
        (["--payoff", str(EPIDEMIC), "-o", "a.csv"], "end it in .out"),
    ],
)
def test_what_does_not_go_together_is_refused(args, told, file) -> None:
    voc = file("a.voc", "0<=distancing<=.9")
    done = CliRunner().invoke(main, ["run", str(voc), "--model", str(EPIDEMIC), *args])
    assert done.exit_code == 2
    assert told in done.output


def test_searches_together_do_not_see_each_other() -> None:
    def walk(steps: int) -> Callable[[Callable[[np.ndarray], float]], list[float]]:
        return lambda ask: [ask(np.array([float(step)])) for step in range(steps)]

    def many(points: np.ndarray) -> np.ndarray:
        return points[:, 0] * 2

    assert together([walk(1), walk(3), walk(0)], many) == [[0], [0, 2, 4], []]


def test_an_error_ends_all_searches() -> None:
    def many(points: np.ndarray) -> np.ndarray:
        raise sa.StudyError("no")

    def one(ask: Callable[[np.ndarray], float]) -> float:
        return ask(np.zeros(1))

    with pytest.raises(sa.StudyError, match="no"):
        together([one, one, one], many)
