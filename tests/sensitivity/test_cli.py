from __future__ import annotations

import json
from pathlib import Path

import click
import pytest
from click.testing import CliRunner, Result

import sdmodel as sd
import sensitivity as sa
from sensitivity.cli import main
from sensitivity.figures.table import FIGURES

CORE = Path(__file__).parents[2] / "models" / "core.mdl"


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.fixture
def model_file(ishigami_model, ishigami_space, tmp_path, monkeypatch) -> Path:
    """Return a file that loads as the Ishigami model with its levers."""
    path = tmp_path / "ishigami.mdl"
    path.write_text("{UTF-8}")
    ishigami_model.settings.levers.update({one.name: one for one in ishigami_space.levers})
    ishigami_model.settings.uncertainties.update(
        {one.name: one for one in ishigami_space.uncertainties}
    )
    monkeypatch.setattr(sd, "load", lambda _path, **_files: ishigami_model)
    return path


@pytest.fixture
def stored(model_file, tmp_path) -> Path:
    """Return a stored sweep with two outcomes."""
    path = tmp_path / "sweep.nc"
    done = run("sweep", model_file, "--of", "Y out", "--of", "income", "-n", 128, "-o", path)
    assert done.exit_code == 0, done.output
    return path


def test_sweep_ranks_and_writes(model_file, tmp_path) -> None:
    path = tmp_path / "deep" / "sweep.nc"
    done = run("sweep", model_file, "--of", "Y out", "-n", 256, "--seed", 0, "-o", path)
    assert done.exit_code == 0, done.output
    assert "final Y out [kn], 0 at default" in done.output
    assert "method sobol, n = 256, 1,280 runs (0 failed), seed 0, integration" in done.output
    assert f"written: {path}" in done.output
    kept = sa.open_sweep(path)
    assert kept.attrs["seed"] == 0
    assert kept["role"].values.tolist() == ["lever", "uncertainty", "uncertainty"]


def test_sweep_options(model_file, ishigami_model, tmp_path) -> None:
    path = tmp_path / "a.nc"
    done = run(
        *("sweep", model_file, "--of", "Y out", "--what", "uncertainties", "--method", "morris"),
        *("-n", 16, "--keep", "income", "--integration", "rk4", "--save-every", 0.5),
        *("--time-step", 0.125, "--confidence", 0.9, "--json", "-o", path),
    )
    assert done.exit_code == 0, done.output
    data = json.loads(done.output)
    assert data["method"] == "morris"
    assert data["runs"] == 16 * 3
    assert data["confidence"] == 0.9
    assert {row["factor"] for row in data["outcomes"][0]["factors"]} == {
        "angle/two",
        "Angle_3 (rad)",
    }
    assert ishigami_model.options == {"method": "rk4", "save_every": 0.5, "time_step": 0.125}
    assert sa.open_sweep(path)["series"].values.tolist() == ["income"]


def test_sweep_tells_of_failed_runs(model_file, ishigami_model, tmp_path) -> None:
    ishigami_model.fails = lambda columns: columns["angle one"] > 3.0
    done = run("sweep", model_file, "--of", "Y out", "-n", 128, "-o", tmp_path / "a.nc")
    assert done.exit_code == 0, done.output
    assert "note: outcome 'final Y out': of 640 runs" in done.stderr


def test_a_sweep_that_cannot_be_ranked_keeps_its_runs(model_file, ishigami_model, tmp_path) -> None:
    ishigami_model.fails = lambda columns: columns["angle one"] > 3.0
    path = tmp_path / "a.nc"
    options = ("--method", "fast", "-n", 128, "-o", path)
    done = run("sweep", model_file, "--of", "Y out", *options)
    assert done.exit_code == 1
    assert f"nothing could be ranked; the runs are kept in {path}" in done.stderr
    assert "method fast cannot leave runs out" in done.stderr
    assert sa.open_sweep(path).attrs["failed_runs"] > 0


def test_rank(stored) -> None:
    done = run("rank", stored)
    assert done.exit_code == 0
    assert "final Y out [kn]" in done.output
    assert "final income [$/Year]" in done.output
    assert "ST: share of the outcome's variance in which this factor has a part" in done.output
    one = run("rank", stored, "--of", "FINAL income")
    assert "Y out" not in one.output
    assert "angle one" in one.output


def test_rank_as_json(stored) -> None:
    done = run("rank", stored, "--of", "final income", "--json", "--confidence", 0.5)
    data = json.loads(done.output)
    assert data["confidence"] == 0.5
    (outcome,) = data["outcomes"]
    assert outcome["outcome"] == "final income"
    assert outcome["unit"] == "$/Year"
    assert outcome["note"] == ""
    best = outcome["factors"][0]
    assert best["factor"] == "angle one"
    assert best["first_rank"] == best["last_rank"] == 1
    assert best["role"] == "lever"
    assert best["ST"] == pytest.approx(1.0, abs=0.15)


def test_plot_draws_everything_into_a_folder(stored, tmp_path) -> None:
    done = run("plot", stored, "-o", tmp_path / "figures")
    assert done.exit_code == 0, done.output
    assert sorted(one.name for one in (tmp_path / "figures").iterdir()) == [
        "fan-income.png",
        "fan-y-out.png",
        "ranking-final-income.png",
        "ranking-final-y-out.png",
        "scatter-final-income.png",
        "scatter-final-y-out.png",
    ]


def test_plot_one_file(stored, tmp_path) -> None:
    done = run("plot", stored, "--figure", "fan", "--of", "income", "-o", tmp_path / "fan.svg")
    assert done.exit_code == 0, done.output
    assert "<svg" in (tmp_path / "fan.svg").read_text()
    done = run("plot", stored, "-o", tmp_path / "ranking.pdf")
    assert (tmp_path / "ranking.pdf").read_bytes().startswith(b"%PDF")


def test_plot_draws_what_fits_the_method(model_file, tmp_path) -> None:
    path = tmp_path / "screening.nc"
    options = ("--method", "morris", "-n", 16, "--over-time", "-o", path)
    done = run("sweep", model_file, "--of", "Y out", *options)
    assert done.exit_code == 0, done.output
    done = run("plot", path, "-o", tmp_path / "figures")
    assert done.exit_code == 0, done.output
    assert sorted(one.name.partition("-")[0] for one in (tmp_path / "figures").iterdir()) == [
        "fan",
        "morris",
        "over",
        "ranking",
        "scatter",
    ]
    done = run("plot", path, "--figure", "tornado", "-o", tmp_path / "tornado.svg")
    assert done.exit_code == 0, done.output
    assert "<svg" in (tmp_path / "tornado.svg").read_text()


@pytest.mark.parametrize(
    ("figure", "message"),
    [
        ("over-time", "the sweep has no indices over time: make it with over_time=True (--over-"),
        ("morris", "method sobol gives no mu_star and sigma to draw: use method morris"),
        ("failed", "no run of the sweep failed: there is nothing to draw"),
    ],
)
def test_plot_says_what_a_figure_needs(stored, tmp_path, figure, message) -> None:
    done = run("plot", stored, "--figure", figure, "-o", tmp_path / "figures")
    assert done.exit_code == 1
    assert message in done.stderr


def test_plot_help_names_every_figure() -> None:
    text = run("plot", "--help").output.split("Figures:")[1]
    for name, row in FIGURES.items():
        assert f"\n    {name} " in text
        assert row.about.split()[0] in text


def test_plot_beside_the_sweep(stored) -> None:
    done = run("plot", stored, "--of", "income")
    assert done.exit_code == 0, done.output
    assert (stored.parent / "fan-income.png").is_file()
    assert not list(stored.parent.glob("ranking*"))


def test_methods_lists_the_table() -> None:
    done = run("methods")
    assert done.exit_code == 0
    assert all(name in done.output for name in sa.METHODS)


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--of", "Y ot"), "has no outcome or variable 'Y ot'; did you mean 'Y out'?"),
        ((), "ishigami names no outcomes: say which variable matters"),
        (("--of", "Y out", "-n", 1000), "power of 2, not 1000: use 512 (2,560 runs) or 1024"),
        (("--of", "Y out", "--method", "sobl"), "no method named 'sobl'; did you mean 'sobol'?"),
        (("--of", "Y out", "--seed", -1), "seed is -1: give a whole number from 0 on"),
        (("--of", "Y out", "--confidence", 95), "confidence is 95: give a share between 0 and 1"),
    ],
)
def test_bad_sweeps_give_one_message(model_file, tmp_path, arguments, message) -> None:
    done = run("sweep", model_file, *arguments, "-o", tmp_path / "a.nc")
    assert done.exit_code == 1
    assert message in done.stderr
    assert done.stderr.startswith("sensitivity: ")
    assert isinstance(done.exception, SystemExit)
    assert not (tmp_path / "a.nc").exists()


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("rank", "nowhere.nc"), "'nowhere.nc' does not exist"),
        (("sweep", "nowhere.mdl", "-o", "a.nc"), "'nowhere.mdl' does not exist"),
        (("sweep", __file__), "Missing option '-o'"),
        (("swep",), "No such command 'swep'"),
    ],
)
def test_bad_usage_ends_with_two(arguments, message) -> None:
    done = run(*arguments)
    assert done.exit_code == 2
    assert message in done.stderr


def test_bad_files_and_names(stored, tmp_path) -> None:
    done = run("rank", __file__)
    assert done.exit_code == 1
    assert "test_cli.py is not a netCDF file" in done.stderr
    done = run("rank", stored, "--of", "finl income")
    assert done.exit_code == 1
    assert "the sweep has no outcome 'finl income'; did you mean 'final income'?" in done.stderr
    done = run("plot", stored, "--of", "nobody")
    assert done.exit_code == 1
    assert "the sweep has nothing named 'nobody' to draw. Choose from: final Y out, final inc" in (
        done.stderr
    )
    done = run("plot", stored, "-o", tmp_path / "figure.docx")
    assert done.exit_code == 1
    assert "is neither a folder nor one of .png, .pdf, .svg" in done.stderr


def test_a_mistake_of_ours_is_not_hidden(model_file, ishigami_model, tmp_path) -> None:
    def broken(_columns: object) -> None:
        raise ZeroDivisionError

    ishigami_model.compute = broken
    done = run("sweep", model_file, "--of", "Y out", "-o", tmp_path / "a.nc")
    assert isinstance(done.exception, ZeroDivisionError)


def test_every_verb_has_examples() -> None:
    assert isinstance(main, click.Group)
    for name in ("sweep", "rank", "plot"):
        done = run(name, "--help")
        assert done.exit_code == 0
        assert f"sensitivity {name}" in done.output.split("Examples:")[1]
