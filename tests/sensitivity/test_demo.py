"""The demo: all its files, a page that needs nothing else, and no half-written leftovers."""

from __future__ import annotations

import re
from html.parser import HTMLParser
from pathlib import Path
from xml.etree import ElementTree

import pandas as pd
import pytest
import xarray as xr
from click.testing import CliRunner

import sdmodel as sd
import sensitivity as sa
from sensitivity.demo import main
from sensitivity.report import page, paragraph, picture, section, table, whole

CORE = Path(__file__).resolve().parents[2] / "models" / "core.mdl"
FIGURES = ("scenarios", "ranking", "fan", "scatter")
DATA = ("runs.nc", "sweep.nc", "base_run.csv", "base_run.tab", "outcomes.csv", "ranking.csv")


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Run the short form once; return the folder it wrote and what it printed."""
    out = tmp_path_factory.mktemp("demo")
    done = CliRunner().invoke(main, ["--short", "--out", str(out)], catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return out, done.output


class Links(HTMLParser):
    """Collects what a page refers to, and the names its own links may lead to."""

    def __init__(self) -> None:
        super().__init__()
        self.tags: list[str] = []
        self.sources: list[str] = []
        self.targets: list[str] = []
        self.anchors: set[str] = set()
        self.unnamed: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        """Note a tag's references."""
        named = {key: value or "" for key, value in attrs}
        self.tags.append(tag)
        if "src" in named:
            self.sources.append(named["src"])
        if "href" in named:
            self.targets.append(named["href"])
        if "id" in named:
            self.anchors.add(named["id"])
        if tag == "img" and not named.get("alt"):
            self.unnamed.append(named["src"][:40])


def test_it_writes_every_file_and_leaves_no_parts(demo: tuple[Path, str]) -> None:
    out, _ = demo
    expected = {"report.html", *DATA} | {
        f"figures/{f}.{s}" for f in FIGURES for s in ("png", "svg")
    }
    found = {path.relative_to(out).as_posix() for path in out.rglob("*") if path.is_file()}
    assert found == expected
    assert [path.name for path in out.iterdir() if path.is_dir()] == ["figures"]


def test_the_page_needs_nothing_else(demo: tuple[Path, str]) -> None:
    text = (demo[0] / "report.html").read_text(encoding="utf-8")
    links = Links()
    links.feed(text)
    assert len(links.sources) == len(FIGURES) + 1  # and the model's picture
    assert all(source.startswith("data:image/") for source in links.sources)
    assert {target[1:] for target in links.targets} <= links.anchors
    assert all(target.startswith("#") for target in links.targets)
    assert not {"script", "link", "iframe"} & set(links.tags)
    assert links.unnamed == []
    assert "url(" not in text
    assert "@import" not in text


def test_the_page_says_where_it_comes_from(demo: tuple[Path, str]) -> None:
    out, _ = demo
    text = (out / "report.html").read_text(encoding="utf-8")
    sweep = sa.open_sweep(out / "sweep.nc")
    for fact in (
        sd.load(CORE).digest,
        f"seed {sweep.attrs['seed']}",
        f"{int(sweep.attrs['runs']):,} runs",
        "LSODA",
        "Vensim itself was not run",
        sd.load(CORE).check_integration().verdict,
    ):
        assert fact in re.sub(r"&#x27;", "'", text).replace("&quot;", '"')


def test_the_short_form_says_so(demo: tuple[Path, str]) -> None:
    out, printed = demo
    assert "Short form" in printed
    assert "This is the short form" in (out / "report.html").read_text(encoding="utf-8")


def test_the_terminal_shows_scenarios_ranking_and_files(demo: tuple[Path, str]) -> None:
    _, printed = demo
    model = sd.load(CORE)
    assert all(scenario.label in printed for scenario in model.settings.scenarios.values())
    assert "runs/s" in printed
    first = sa.ranking(sa.open_sweep(demo[0] / "sweep.nc")).index[0]
    assert first in printed
    assert "report.html" in printed


def test_the_data_are_those_of_the_runs(demo: tuple[Path, str]) -> None:
    out, _ = demo
    model = sd.load(CORE)
    base = model.run()
    with xr.open_dataset(out / "runs.nc", engine="h5netcdf") as runs:
        assert runs.sizes["scenario"] == 1 + len(model.settings.scenarios)
        stored = runs["values"].sel(variable="relative knowledge").isel(scenario=0)
        assert stored.values.tolist() == base.values("relative knowledge").tolist()
    outcomes = pd.read_csv(out / "outcomes.csv", index_col=0)
    final = base.values("relative knowledge")[-1]
    assert outcomes.loc["Base run", "final relative knowledge"] == pytest.approx(final, rel=1e-12)
    ranked = pd.read_csv(out / "ranking.csv", index_col=0)
    assert set(ranked.index) == {*model.settings.levers, *model.settings.uncertainties}


def test_the_svg_figures_are_well_formed(demo: tuple[Path, str]) -> None:
    for name in FIGURES:
        root = ElementTree.parse(demo[0] / "figures" / f"{name}.svg").getroot()
        assert root.tag.endswith("svg")


def test_a_wrong_model_is_refused_in_words(tmp_path: Path) -> None:
    bad = tmp_path / "bad.mdl"
    bad.write_text("x = (1 + ~ ~ |\n", encoding="utf-8")
    done = CliRunner().invoke(main, [str(bad), "--out", str(tmp_path / "out")])
    assert done.exit_code == 1
    assert f"{bad}:1:" in done.stderr
    assert not (tmp_path / "out").exists()


def test_text_is_escaped_and_links_meet_their_headings(tmp_path: Path) -> None:
    drawn = tmp_path / "a.svg"
    drawn.write_text("<svg/>", encoding="utf-8")
    parts = (
        paragraph("a < b & c"),
        table(("x", "<y>"), [("1", "<2>")]),
        picture(drawn, '"quoted"', "c < d"),
    )
    text = page("T <1>", "lead", [section("Is it so?", *parts)])
    assert "a &lt; b &amp; c" in text
    assert "<2>" not in text
    assert 'alt="&quot;quoted&quot;"' in text
    assert '<a href="#is-it-so">' in text
    assert '<h2 id="is-it-so">' in text


def test_a_failed_write_leaves_the_old_file(tmp_path: Path) -> None:
    target = tmp_path / "kept.txt"
    target.write_text("old", encoding="utf-8")

    def fail() -> None:
        with whole(target) as path:
            path.write_text("half", encoding="utf-8")
            raise RuntimeError("power cut")

    with pytest.raises(RuntimeError, match="power cut"):
        fail()
    assert target.read_text(encoding="utf-8") == "old"
    assert list(tmp_path.iterdir()) == [target]
