"""The page of a sweep: what stands in it, what it loads, and which runs it shows."""

from __future__ import annotations

from collections import Counter
from html.parser import HTMLParser
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from bokeh.models import ColumnDataSource, CustomJS, Select
from click.testing import CliRunner

import sensitivity as sa
from sensitivity.cli import main
from sensitivity.page import build
from sensitivity.page.build import write_page
from sensitivity.page.ranked import ranked_chart
from sensitivity.page.runs import runs_charts
from sensitivity.page.shown import AXES, Shown, called

HOSTILE = "</script><script>bad()</script><img src=x onerror='bad()'> & \"q\" $$x$$"


class Tags(HTMLParser):
    """Counts the tags of a page and gathers what they load."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.count: Counter[str] = Counter()
        self.loaded: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.count[tag] += 1
        self.loaded += [str(value) for name, value in attrs if name in ("src", "href", "srcset")]


@pytest.fixture
def found(ishigami_model, ishigami_space) -> xr.Dataset:
    """Return a sweep with two outcomes and indices over time."""
    outcomes = ["Y out", sa.year_when("income", above=1.5, name="when")]
    with pytest.warns(sa.SweepWarning, match="never reached the level"):
        return sa.sweep(
            ishigami_model, ishigami_space, outcomes, samples=64, resamples=20, over_time=True
        )


def source_of(chart: object) -> dict[str, np.ndarray]:
    (source,) = (
        one
        for one in chart.select({"type": ColumnDataSource})  # type: ignore[attr-defined]
        if "heights" in one.data
    )
    return source.data


def test_the_page_loads_nothing(found, tmp_path) -> None:
    path = write_page(found, tmp_path / "deep" / "page.html")
    text = path.read_text(encoding="utf-8")
    tags = Tags(text)
    assert all(link.startswith("#") for link in tags.loaded), tags.loaded
    assert tags.count["link"] == 0
    assert "Sweep of ishigami" in text
    assert "ishigami 01234567; sobol, n = 64, seed 1; 320 runs, none failed" in text
    assert "never reached the level" in text
    for heading in ("What it depends on", "When it depends on what", "Runs"):
        assert f">{heading}</h2>" in text
    assert [one.name for one in path.parent.iterdir()] == ["page.html"]


def test_names_are_data(found, tmp_path) -> None:
    plain = Tags(write_page(found, tmp_path / "plain.html").read_text(encoding="utf-8"))
    names = {
        kind: [f"{HOSTILE} {kind} {place}" for place in range(found.sizes[kind])]
        for kind in ("factor", "outcome", "series")
    }
    changed = found.assign_coords(
        **names,
        factor_label=("factor", names["factor"]),
        factor_unit=("factor", names["factor"]),
        outcome_label=("outcome", names["outcome"]),
        outcome_unit=("outcome", names["outcome"]),
        series_unit=("series", names["series"]),
    )
    changed.attrs |= {"model": HOSTILE, "about": HOSTILE}
    text = write_page(changed, tmp_path / "hostile.html").read_text(encoding="utf-8")
    hostile = Tags(text)
    assert hostile.count == plain.count
    assert hostile.loaded == plain.loaded
    assert "<script>bad" not in text
    assert text.count("bad()") > 10  # the names are in it, escaped


def test_runs_are_chosen_evenly_and_say_so(found) -> None:
    shown = Shown.of(found, 100)
    assert len(shown.rows) == 100
    assert set(shown.rows) <= set(sa.METHODS["sobol"].spread(sa.Plan("sobol", 64, 3)).tolist())
    assert "Shown are 100 of 128 sound runs" in shown.about
    assert "Shown are 128 sound runs" in Shown.of(found, 2000).about
    strongest = [shown.factors[place] for place in shown.axes[0]]
    names = [str(found["factor"].values[place]) for place in strongest]
    assert names == list(sa.ranking(found, "final Y out").index[:AXES])


def test_lines_run_across_the_axes(found) -> None:
    shown = Shown.of(found, 50)
    data = source_of(runs_charts(found, shown))
    heights = np.array(data["heights"])
    assert heights.shape == (50, 4)
    design = found["design"].values[shown.rows][:, list(shown.factors)]
    first = design[:, shown.axes[0][0]]
    np.testing.assert_allclose(heights[:, 0], (first + np.pi) / (2 * np.pi))
    outcomes = found["outcomes"].values[0, shown.rows]
    np.testing.assert_array_equal(data["outcome 0"], outcomes)
    assert heights[:, 3].min() == 0.0
    assert heights[:, 3].max() == 1.0
    assert np.argmax(heights[:, 3]) == np.argmax(outcomes)


def test_a_run_without_an_outcome_has_none_on_the_page(found) -> None:
    shown = Shown.of(found, 2000)
    data = source_of(runs_charts(found, shown))
    lost = found["status"].values[1, shown.rows] != 0
    assert lost.any()
    np.testing.assert_array_equal(np.isnan(data["outcome 1"]), lost)


def test_failed_runs_are_not_shown(ishigami_model, ishigami_space, tmp_path) -> None:
    ishigami_model.fails = lambda columns: columns["angle one"] > 2.5
    with pytest.warns(sa.SweepWarning):
        swept = sa.sweep(ishigami_model, ishigami_space, "Y out", samples=64, resamples=0)
    rows = Shown.of(swept, 2000).rows
    assert not set(rows) & set(swept["failure"].values)
    text = write_page(swept, tmp_path / "a.html").read_text(encoding="utf-8")
    assert f"{swept.attrs['failed_runs']} of them failed" in text
    assert "When it depends on what" not in text
    ishigami_model.fails = lambda columns: np.ones(len(columns["angle one"]), dtype=bool)
    with pytest.warns(sa.SweepWarning):
        lost = sa.sweep(ishigami_model, ishigami_space, "Y out", samples=64, resamples=0)
    with pytest.raises(sa.AnalysisError, match="the sweep has no sound run to show"):
        write_page(lost, tmp_path / "b.html")
    assert not (tmp_path / "b.html").exists()


def test_the_ranking_has_every_outcome_that_is_ranked(found) -> None:
    chart = ranked_chart(found)
    (choice,) = chart.select({"type": Select})
    assert choice.options == called(found, "outcome") == ["final Y out (kn)", "when (Year)"]
    (script,) = choice.js_property_callbacks["change:value"]
    assert isinstance(script, CustomJS)
    for outcome, table in zip(found["outcome"].values, script.args["tables"], strict=True):
        expected = sa.ranking(found, str(outcome))
        np.testing.assert_array_equal(table.data["value"], expected["ST"])
        np.testing.assert_allclose(table.data["low"], expected["ST"] - expected["ST_conf"])


def test_labels_are_told_apart(found) -> None:
    twice = found.assign_coords(factor_label=("factor", ["angle", "angle", "three"]))
    assert called(twice, "factor") == [
        "angle (angle one) (rad)",
        "angle (angle/two) (rad)",
        "three (rad)",
    ]


def test_the_verb(found, tmp_path, monkeypatch) -> None:
    stored = sa.save(found, tmp_path / "sweep.nc")
    path = tmp_path / "page.html"
    done = CliRunner().invoke(main, ["page", str(stored), "--runs", "20", "-o", str(path)])
    assert done.exit_code == 0, done.output
    assert f"written: {path}" in done.output
    assert "Shown are 20 of 128 sound runs" in path.read_text(encoding="utf-8")
    monkeypatch.setattr(build, "find_spec", lambda _name: None)
    other = tmp_path / "other.html"
    done = CliRunner().invoke(main, ["page", str(stored), "-o", str(other)])
    assert done.exit_code == 1
    assert "the page needs Bokeh: install it with pip install 'sdmodel[page]'" in done.stderr
    assert not other.exists()


def test_help_has_an_example() -> None:
    done = CliRunner().invoke(main, ["page", "--help"])
    assert done.exit_code == 0
    assert "sensitivity page sweep.nc -o page.html" in done.output


def test_the_example_is_right(tmp_path, monkeypatch) -> None:
    import doctest
    import shutil

    shutil.copytree(Path(__file__).parents[2] / "models", tmp_path / "models")
    monkeypatch.chdir(tmp_path)
    failed, run = doctest.testmod(build)
    assert run > 0
    assert failed == 0
