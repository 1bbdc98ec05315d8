from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pandas as pd
import pytest
from click.testing import CliRunner, Result

import sensitivity as sa
from sensitivity.cli import main

CORE = Path(__file__).parents[2] / "models" / "core.mdl"
SIZES = ("--draws", 8, "--fresh", 800, "--population", 12, "--generations", 3)


def run(*arguments: object) -> Result:
    return CliRunner().invoke(main, [str(one) for one in arguments])


@pytest.fixture(scope="module")
def kept(tmp_path_factory) -> tuple[Path, str]:
    """Return a front of the core model, and what was printed of it."""
    path = tmp_path_factory.mktemp("search") / "front.nc"
    done = run(
        *("optimise", CORE, "--maximise", "final relative knowledge"),
        *("--minimise", "education effort", "--require", "brain drain <= 0.25"),
        *("--judge", "final relative knowledge=quantile 0.1", *SIZES, "-o", path),
    )
    assert done.exit_code == 0, done.output
    return path, done.output


@pytest.fixture
def front(kept) -> Path:
    return kept[0]


def text_of(figure) -> str:
    found = [one.get_text() for one in figure.findobj(lambda one: hasattr(one, "get_text"))]
    return " ".join(" ".join(found).split())


def test_optimise_prints_and_writes(kept) -> None:
    path, output = kept
    found = sa.Front.open(path)
    assert found.objectives == (
        "quantile 0.1 of final relative knowledge",
        "education effort",
        "satisficing share",
    )
    assert f"{found.compromise} (compromise)" in output
    assert f"Compromise: package {found.compromise}" in output
    assert "in fresh ones; with the levers as in the file" in output
    for name in ("front.nc", "front-front.png", "front-futures.png"):
        assert (path.parent / name).stat().st_size > 0
    assert len(list((path.parent / "front.search").glob("generation-*.npz"))) == 3


def test_optimise_goes_on_and_prints_json(front) -> None:
    done = run(
        *("optimise", CORE, "--maximise", "final relative knowledge"),
        *("--minimise", "education effort", "--require", "brain drain <= 0.25"),
        *("--judge", "final relative knowledge=quantile 0.1", *SIZES[:-1], 4),
        *("--json", "-o", front.with_name("front.nc")),
    )
    assert done.exit_code == 0, done.output
    rows = json.loads(done.output)
    assert rows[-1]["package"] in sa.Front.open(front).references
    assert 0 <= rows[0]["education effort"] <= 1


def test_optimise_refuses(tmp_path) -> None:
    both = run(
        *("optimise", CORE, "--maximise", "brain drain", "--minimise", "brain drain"),
        *("-o", tmp_path / "a.nc"),
    )
    assert both.exit_code == 2
    assert "'brain drain' is to be had high and low" in both.output
    wrong = run("optimise", CORE, "--maximise", "brain drian", "-o", tmp_path / "a.nc")
    assert wrong.exit_code == 1
    assert "did you mean 'brain drain'" in wrong.output
    assert "Traceback" not in wrong.output


def test_discover_in_the_futures_of_a_package(front, tmp_path) -> None:
    where = "final relative knowledge < 0.2"
    done = run(
        "discover", front, "--where", where, "--package", "as in the file", "-o", tmp_path / "b.png"
    )
    assert done.exit_code == 0, done.output
    found = sa.discover(sa.Front.open(front).futures("as in the file"), where)
    assert found.boxes
    for line in found.words():
        assert " ".join(line.split()) in " ".join(done.output.split())
    assert (tmp_path / "b.png").stat().st_size > 0
    told = run(
        "discover",
        front,
        "--where",
        where,
        "--package",
        "as in the file",
        "--json",
        "-o",
        tmp_path / "b.json",
    )
    assert json.loads(told.stdout) == json.loads((tmp_path / "b.json").read_text())
    assert json.loads(told.stdout)["cases"] == found.cases


def test_discover_in_a_sweep(ishigami_model, ishigami_space, tmp_path) -> None:
    path = sa.save(
        sa.sweep(ishigami_model, ishigami_space, "Y out", samples=1024), tmp_path / "sweep.nc"
    )
    done = run("discover", path, "--where", "final Y out > 6", "--method", "cart", "--boxes", 1)
    assert done.exit_code == 0, done.output
    assert "angle" in done.output
    for arguments, text in (
        (("--where", "final Y out > 900"), "0 of 2,048 runs are such"),
        (("--where", "final Y out > 6", "--package", "1"), "not a front"),
        (("--where", "failed"), "0 of 2,048 runs are such"),
    ):
        refused = run("discover", path, *arguments)
        assert refused.exit_code == 1
        assert text in refused.output


def test_the_front_is_drawn_with_what_it_is_compared_with(front) -> None:
    found = sa.Front.open(front)
    figure = found.draw()
    words = text_of(figure)
    for text in ("as in the file", "passive openness", f"compromise: {found.compromise}"):
        assert text in words
    assert "less is better" in words
    assert "share of futures in which all conditions hold" in words
    assert f"core {found.data.attrs['model_digest'][:8]}, NSGA-II, 12 x" in words
    points = figure.axes[0].collections[0].get_offsets()
    fresh = found.data["fresh_objectives"].values[: len(found.packages), :2]
    np.testing.assert_allclose(points, fresh)
    words = text_of(found.draw_futures())
    assert "regret in final relative knowledge" in words
    assert "800 fresh futures" in words


def test_many_objectives_are_drawn_on_parallel_axes(front) -> None:
    found = sa.Front.open(front)
    data = found.data.assign_coords(objective=["one", "two", "three"])
    figure = sa.Front(data).draw()
    assert "up is better" in text_of(figure)
    heights = np.array(
        [line.get_ydata() for line in figure.axes[0].get_lines() if len(line.get_ydata()) == 3]
    )
    assert len(heights) >= len(found.packages) + len(found.references)
    # The best of each axis stands at its top, whichever way is better.
    assert heights.max(axis=0).tolist() == [1, 1, 1]
    assert heights.min(axis=0).tolist() == [0, 0, 0]


def test_boxes_are_drawn(tmp_path) -> None:
    table = pd.DataFrame(np.random.default_rng(1).random((800, 3)), columns=["a", "b", "c"])
    table["kind"] = np.where(table["c"] > 0.5, "new", "old")
    cases = ((table["a"] > 0.6) & (table["kind"] == "new")).to_numpy()
    figure = sa.discover(table[["a", "b", "kind"]], cases, halves=2).draw()
    words = text_of(figure)
    assert "box 1: coverage" in words
    assert " new " in words
    assert "kind (p" in words
    assert "prim, 800 runs searched" in words
    noise = np.random.default_rng(4).random(800) < 0.5
    assert "told from chance" in text_of(sa.discover(table[["b"]], noise, halves=0).draw())
