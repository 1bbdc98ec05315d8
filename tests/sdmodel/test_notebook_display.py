"""What a notebook shows: models, runs and names as HTML, completion, and plots on given axes."""

from __future__ import annotations

import base64
import re
import subprocess
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from shutil import which

import matplotlib as mpl
import nbclient
import nbformat
import numpy as np
import pandas as pd
import pytest

import sdmodel as sd
from sdmodel.notebook.finding import holding
from sdmodel.notebook.plotting import apart

ROOT = Path(__file__).resolve().parents[2]
HOSTILE = """"a </script><img src=x onerror='alert(1)'> & b\""""


@pytest.fixture(autouse=True)
def no_windows() -> Iterator[None]:
    from matplotlib import pyplot

    mpl.use("Agg")
    yield
    pyplot.close("all")


@pytest.fixture(scope="module")
def core() -> sd.Model:
    return sd.load(ROOT / "models" / "core.mdl")


@pytest.fixture(scope="module")
def run(core: sd.Model) -> sd.Run:
    return core.run(name="base run")


@pytest.fixture(scope="module")
def hostile(tmp_path_factory: pytest.TempPathFactory) -> sd.Model:
    """Return a model whose name, unit and comment would be code in a careless page."""
    path = tmp_path_factory.mktemp("hostile") / "bad.mdl"
    path.write_text(
        "{UTF-8}\n"
        f"{HOSTILE} = INTEG(0.1*{HOSTILE}, 1)\n\t~ <i>kg</i>\n\t~ <script>alert(2)</script>\n\t|\n"
        "FINAL TIME = 4 ~ <b>Year</b> ~~|\nINITIAL TIME = 0 ~~|\n"
        "SAVEPER = 1 ~~|\nTIME STEP = 1 ~ <b>Year</b> ~~|\n",
        encoding="utf-8",
    )
    return sd.load(path)


class Tags(HTMLParser):
    """Collects tags and the attributes that could run something."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.open: list[str] = []
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        if tag not in ("img", "br"):
            self.open.append(tag)
        assert not [name for name, _ in attrs if name.startswith("on")]
        for name, value in attrs:
            assert name != "src" or str(value).startswith("data:image/svg+xml;base64,")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag


PLAIN = {"div", "b", "table", "thead", "tbody", "tr", "th", "td", "details", "summary", "img"}


def pictures(html: str) -> list[str]:
    found = re.findall(r'src="data:image/svg\+xml;base64,([^"]+)"', html)
    return [base64.b64decode(one).decode() for one in found]


def test_a_model_shows_its_size_its_drawing_and_what_can_be_set(core: sd.Model) -> None:
    html = core._repr_html_()
    assert "69 variables, 6 stocks, 38 constants; 1960 to 2020 Year, rk4 by 0.25" in html
    (drawing,) = pictures(html)
    assert drawing == sd.picture(core)
    for what in ("6 stocks", "7 levers", "19 uncertainties", "7 scenarios", "7 outcomes"):
        assert f"<summary>{what}</summary>" in html
    assert "Blended learning" in html
    assert repr(core) == "<Model 'core': 69 variables, 6 stocks>"


def test_a_model_without_drawing_or_settings_shows_the_rest(hostile: sd.Model) -> None:
    html = hostile._repr_html_()
    assert pictures(html) == []
    assert "<summary>1 stocks</summary>" in html
    assert "levers" not in html


def test_a_run_shows_the_course_of_its_variables(run: sd.Run) -> None:
    html = run._repr_html_()
    assert "Run &#x27;base run&#x27;" in html
    assert "1960 to 2020 Year, 61 saved times, LSODA, completed; 38 more are constant" in html
    moving = [name for name in run.columns if name not in run.fixed]
    rows = re.findall(r"<tr><td[^>]*>(.*?)</td>", html)
    assert rows == moving
    drawn = pictures(html)
    assert len(drawn) == len(moving)
    # The frontier rises: its line ends higher up, which is a smaller y, than it begins.
    heights = [float(y) for y in re.findall(r"[ML][\d.]+ ([\d.]+)", drawn[0])]
    assert len(heights) == 61
    assert heights == sorted(heights, reverse=True)
    assert repr(run).startswith("<Run 'base run': 69 variables")


def test_a_run_shows_what_was_set_and_what_was_noted(core: sd.Model) -> None:
    html = core.run("autarky")._repr_html_()
    assert "1 values set" in html
    assert re.search(r"network exposure</td><td[^>]*>0</td><td[^>]*>dmnl", html)


def test_a_gap_in_a_course_is_a_gap_in_its_line() -> None:
    from sdmodel.notebook.parts import course

    (drawn,) = pictures(course([1.0, 2.0, float("nan"), 2.0, 1.0], "gap"))
    assert re.findall("[ML]", drawn.split('d="')[1]) == ["M", "L", "M", "L"]
    assert pictures(course([float("nan"), float("inf"), 1.0], "nothing to join")) == []


def test_a_batch_shows_where_its_outputs_end_and_what_failed(core: sd.Model) -> None:
    table = pd.DataFrame({"network exposure": [0.0, 0.5, 1.0]})
    batch = core.run_many(table, outputs=["relative knowledge"])
    html = batch._repr_html_()
    assert "Batch of 3 runs" in html
    assert "none failed" in html
    middle = float(np.percentile(batch.values[0, -1], 50))
    assert f">{middle:.4g}<" in html


def test_a_batch_lists_its_failures(hostile: sd.Model, tmp_path: Path) -> None:
    path = tmp_path / "grows.mdl"
    path.write_text(
        "{UTF-8}\nx = INTEG(rate*x*x, 1) ~~|\nrate = 0.1 ~~|\nFINAL TIME = 400 ~~|\n"
        "INITIAL TIME = 0 ~~|\nSAVEPER = 1 ~~|\nTIME STEP = 1 ~~|\n",
        encoding="utf-8",
    )
    batch = sd.load(path).run_many(pd.DataFrame({"rate": [0.0, 0.5]}))
    html = batch._repr_html_()
    assert "1 runs failed" in html
    assert "failures: the first 1 of 1" in html


def test_nothing_of_a_model_becomes_markup(hostile: sd.Model) -> None:
    run = hostile.run()
    batch = hostile.run_many(pd.DataFrame(index=range(2)))
    for html in (
        hostile._repr_html_(),
        run._repr_html_(),
        batch._repr_html_(),
        hostile.find("script")._repr_html_(),
        run.find("<img")._repr_html_(),
        run.find("<b>nothing")._repr_html_(),
    ):
        assert "&lt;" in html
        found = Tags(html)
        assert set(found.tags) <= PLAIN
        assert not found.open
        assert not any("<img" in one or "<script" in one for one in pictures(html))


def test_names_are_found_by_the_words_they_hold(core: sd.Model, run: sd.Run) -> None:
    wanted = [name for name in core.variables if "knowledge" in name.casefold()]
    assert sorted(core.find("KNOWLEDGE")) == sorted(wanted)
    assert core.find("knowledge_relative") == core.find("Relative Knowledge")
    assert core.find("") == ()
    assert core.find("no such words") == ()
    assert run.find("knowledge") == core.find("knowledge")


def test_words_at_the_beginning_come_first_and_likeness_last() -> None:
    names = ["available labour", "labour force"]
    assert holding("lab", names) == ["available labour", "labour force"]
    assert holding("our", ["labour", "our share"]) == ["our share", "labour"]
    assert holding("labor", ["labour force", "capital"]) == ["labour force"]
    assert holding("labur capital", ["labour force"]) == []


def test_what_is_found_reads_as_a_table(core: sd.Model) -> None:
    found = core.find("knowledge")
    text = repr(found).splitlines()
    assert len(text) == len(found)
    assert all(line.startswith(name) for line, name in zip(text, found, strict=True))
    assert max(map(len, text)) <= 88
    html = found._repr_html_()
    assert "5 names hold &#x27;knowledge&#x27;" in html
    comment = core.variable("relative knowledge").comment.split(",")[0]
    assert comment in html


def test_a_name_that_is_only_a_part_is_answered_with_whole_ones(
    core: sd.Model, run: sd.Run
) -> None:
    with pytest.raises(sd.UnknownNameError) as caught:
        run["knowledge"]
    assert set(caught.value.near) < set(core.find("knowledge"))
    with pytest.raises(sd.UnknownNameError, match="did you mean 'relative knowledge'"):
        core.explain("relative knowlegde")
    with pytest.raises(sd.UnknownNameError, match="did you mean 'relative knowledge'"):
        core.variable("knowledge")


def test_a_model_gives_its_variables_by_name(core: sd.Model) -> None:
    assert core["Relative_Knowledge"] == core.explain("relative knowledge")
    assert list(core) == core.variables
    assert "relative  KNOWLEDGE" in core
    assert "knowledge" not in core
    assert 3 not in core


def test_a_subscripted_variable_is_completed_whole_and_by_element() -> None:
    macro = sd.load(ROOT / "models" / "industrial_upgrading.mdl")
    keys = macro.run("korea")._ipython_key_completions_()
    assert {"Knowledge", "Knowledge[production]"} <= set(keys)
    assert len(keys) == len(set(keys))


def test_one_unit_is_drawn_on_one_pair_of_axes(run: sd.Run) -> None:
    from matplotlib.axes import Axes

    ax = run.plot("relative knowledge")
    assert isinstance(ax, Axes)
    assert ax.get_xlabel() == "Time [Year]"
    assert ax.get_ylabel() == "relative knowledge [dmnl]"
    (line,) = ax.get_lines()
    assert np.array_equal(np.asarray(line.get_ydata()), run.values("relative knowledge"))
    assert not ax.texts


def test_each_unit_has_its_own_axes(run: sd.Run) -> None:
    axes = run.plot("Diaspora", "relative knowledge", "TNC lab people")
    assert isinstance(axes, list)
    assert [len(ax.get_lines()) for ax in axes] == [2, 1]
    assert [ax.get_ylabel() for ax in axes] == ["[thousand persons]", "relative knowledge [dmnl]"]
    assert [text.get_text() for text in axes[0].texts] == ["TNC lab people", "Diaspora"]


def test_runs_on_the_same_axes_are_told_apart(core: sd.Model, run: sd.Run) -> None:
    from matplotlib import pyplot

    _, ax = pyplot.subplots()
    for one in (run, core.run("autarky"), run):
        assert one.plot("relative knowledge", ax=ax) is ax
    lines = ax.get_lines()
    assert [line.get_label() for line in lines] == ["base run", "autarky", "base run (2)"]
    assert len({line.get_color() for line in lines}) == 3
    assert sorted(text.get_text() for text in ax.texts) == sorted(
        str(line.get_label()) for line in lines
    )
    assert {text.get_color() for text in ax.texts} == {line.get_color() for line in lines}


def test_axes_that_do_not_fit_are_refused(run: sd.Run) -> None:
    from matplotlib import pyplot

    figure, (left, right) = pyplot.subplots(1, 2)
    with pytest.raises(sd.SDError, match=r"2 units .* 1 axes"):
        run.plot("Diaspora", "relative knowledge", ax=left)
    assert run.plot("Diaspora", "relative knowledge", ax=[left, right]) == [left, right]
    with pytest.raises(sd.SDError, match="'Diaspora' in 'thousand persons'"):
        run.plot("relative knowledge", ax=left)
    with pytest.raises(sd.UnknownNameError, match="relative knowledge"):
        run.plot("relative knowlege")
    assert len(figure.axes) == 2


def test_many_lines_have_a_legend(run: sd.Run) -> None:
    names = [name for name in run.columns if run.units[name] == "dmnl" and name not in run.fixed]
    assert len(names) > 6
    ax = run.plot(*names)
    assert not isinstance(ax, list)
    legend = ax.get_legend()
    assert legend is not None
    assert [text.get_text() for text in legend.get_texts()] == names
    assert not ax.texts


def test_a_subscripted_variable_is_drawn_whole() -> None:
    run = sd.load(ROOT / "models" / "industrial_upgrading.mdl").run("korea")
    ax = run.plot("Knowledge")
    assert not isinstance(ax, list)
    assert len(ax.get_lines()) == run.values("Knowledge").shape[1]
    assert not isinstance(run.plot("knowledge[Production]"), list)


def test_names_at_the_ends_of_lines_never_touch() -> None:
    drawn = np.random.default_rng(1)
    for _ in range(200):
        places = sorted(drawn.uniform(0, 60, drawn.integers(1, 7)).tolist())
        moved = apart(places, 10.0)
        assert np.diff(moved).min(initial=10.0) >= 10.0 - 1e-9
        assert sum(moved) == pytest.approx(sum(places))
        if np.diff(places).min(initial=10.0) >= 10.0:
            assert moved == places


def test_sliders_stand_in_a_frame_that_reaches_nothing(core: sd.Model) -> None:
    pytest.importorskip("bokeh", reason="the page needs Bokeh")
    shown = core.sliders(height=500)
    frame = Frame(shown._repr_html_())
    assert frame.tags == ["iframe"]
    assert frame.said["sandbox"] == "allow-scripts"
    assert frame.said["srcdoc"] == shown.page
    assert "height:500px" in str(frame.said["style"])
    assert repr(shown) == (
        "<Sliders of 'core': shown in a notebook; sdmodel.publish writes a file>"
    )
    with pytest.raises(sd.SDError, match="at least 240 pixels"):
        core.sliders(height=10)


def test_a_hostile_name_stays_in_its_frame(hostile: sd.Model) -> None:
    pytest.importorskip("bokeh", reason="the page needs Bokeh")
    html = hostile.sliders(title="</iframe><script>alert(3)</script>")._repr_html_()
    frame = Frame(html)
    assert frame.tags == ["iframe"]
    assert html.count("<") == 2
    inside = str(frame.said["srcdoc"])
    assert "<script>alert" not in inside
    assert "<img" not in inside


@pytest.mark.skipif(which("chromium") is None, reason="there is no chromium")
def test_the_page_of_a_cell_runs_the_model(core: sd.Model, run: sd.Run, tmp_path: Path) -> None:
    pytest.importorskip("bokeh", reason="the page needs Bokeh")
    (tmp_path / "cell.html").write_text(core.sliders().page, encoding="utf-8")
    done = subprocess.run(
        [
            "chromium",
            *("--headless", "--no-sandbox", "--disable-gpu", "--disable-quic", "--no-first-run"),
            *("--disable-background-networking", "--disable-component-update", "--disable-sync"),
            f"--user-data-dir={tmp_path / 'profile'}",
            "--virtual-time-budget=20000",
            "--dump-dom",
            (tmp_path / "cell.html").as_uri(),
        ],
        capture_output=True,
        text=True,
        timeout=120,
        check=True,
    )
    last = core.run(method="vensim").values("relative knowledge")[-1]
    assert f"<b>{last:.4g}</b>" in done.stdout
    assert last == pytest.approx(run.values("relative knowledge")[-1], rel=1e-3)


class Frame(HTMLParser):
    """Collects the tags of a cell, and the attributes of the last."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.said: dict[str, str | None] = {}
        self.feed(text)

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.said = dict(attrs)


COMPLETE = """
from IPython.core.completer import provisionalcompleter
for typed in ('run["rela', 'model["rela', 'run["relative k'):
    with provisionalcompleter():
        print([one.text for one in get_ipython().Completer.completions(typed, len(typed))])
"""


def test_a_kernel_shows_html_and_pictures_and_completes(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    monkeypatch.setenv("PYTHONWARNINGS", "error::UserWarning,error::RuntimeWarning")
    cells = [
        "import sdmodel as sd\nmodel = sd.load('models/core.mdl')\nmodel",
        "run = model.run()\nrun",
        "run.find('knowledge')",
        "run.plot('relative knowledge');",
        COMPLETE,
    ]
    notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(one) for one in cells])
    nbclient.NotebookClient(
        notebook, timeout=120, kernel_name="python3", resources={"metadata": {"path": str(ROOT)}}
    ).execute()
    kinds = [[set(one.get("data", {})) for one in cell.outputs] for cell in notebook.cells]
    assert kinds[:3] == [[{"text/html", "text/plain"}]] * 3
    assert [one for one in kinds[3] if "image/png" in one]
    assert "relative knowledge" in notebook.cells[2].outputs[0].data["text/plain"]
    completed = notebook.cells[4].outputs[0].text.splitlines()
    # IPython gives the rest of a name from the last word on.
    assert ["relative knowledge" in line for line in completed] == [True, True, False]
    assert completed[2] == "['knowledge']"
