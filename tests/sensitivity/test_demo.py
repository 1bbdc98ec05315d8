"""The demo: all its files, a page that needs nothing else, and no half-written leftovers."""

from __future__ import annotations

import base64
import html
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
from sensitivity.demo import SHORT, main
from sensitivity.report import page, paragraph, picture, section, table, whole
from sensitivity.screening import KEPT

CORE = Path(__file__).resolve().parents[2] / "models" / "core.mdl"
FIGURES = ("base_run", "scenarios", "ranking", "fan", "scatter")
DATA = (
    "runs.nc",
    "sweep.nc",
    "base_run.csv",
    "base_run.tab",
    "outcomes.csv",
    "ranking.csv",
    "validation.html",
)
# More factors than Sobol's design has runs for; each pushes the stock by its own weight.
MANY = 60


def run_demo(model: Path, out: Path) -> tuple[Path, str]:
    """Run the short form; return the folder it wrote and what it printed."""
    command = [str(model), "--short", "--out", str(out)]
    done = CliRunner().invoke(main, command, catch_exceptions=False)
    assert done.exit_code == 0, done.output
    return out, done.output


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, str]:
    """Run the demo on the core model, once."""
    return run_demo(CORE, tmp_path_factory.mktemp("demo"))


@pytest.fixture(scope="module")
def large(tmp_path_factory: pytest.TempPathFactory) -> tuple[Path, Path, str]:
    """Run the demo on a model of many factors, once; return the model too."""
    folder = tmp_path_factory.mktemp("large")
    pushes = "+".join(f"{0.9**n:.6f}*push {n}" for n in range(MANY))
    equations = [
        "Level = INTEG(total - Level/life, 1) ~ m ~ Of water. |",
        f"total = {pushes} ~ m/Year ~ All pushes. |",
        *(f"push {n} = 1 ~ m/Year [0,2] ~ The push number {n}. |" for n in range(MANY)),
        "life = 5 ~ Year ~ How long it stays. |",
        "INITIAL TIME = 0 ~ Year ~ |",
        "FINAL TIME = 10 ~ Year ~ |",
        "TIME STEP = 0.25 ~ Year ~ |",
        "SAVEPER = 1 ~ Year ~ |",
        "\\\\\\---/// Sketch information - do not modify anything except names",
        "V300  Do not put anything below this section - it will be ignored",
        "*Water",
        "$192-192-192,0,Arial|10||0-0-0|0-0-0|0-0-255|-1--1--1|-1--1--1|96,96,100,0",
        "10,1,Level,100,100,40,20,3,3,0,0,0,0,0,0",
        "///---\\\\\\",
    ]
    (folder / "large.mdl").write_text("\n".join(equations), encoding="utf-8")
    settings = [f'[uncertainties."push {n}"]' for n in range(1, MANY)]
    settings += ['[levers."push 0"]', '[outcomes.end]\nof = "Level"\nlabel = "Level at the end"']
    settings += [
        f'[scenarios.s{n}]\nlabel = "Push {n}"\n{group}\nset = {{"push {n}" = 2}}'
        for n, group in enumerate(["", 'group = "Early"', 'group = "Early"', 'group = "Late"'])
    ]
    (folder / "large.toml").write_text("\n".join(settings), encoding="utf-8")
    return folder / "large.mdl", *run_demo(folder / "large.mdl", folder / "out")


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


def rows_under(page: str, anchor: str) -> list[list[str]]:
    """Return the cells of the first table below a heading."""
    below = page.split(f'<h2 id="{anchor}">')[1]
    body = below.split("<tbody>")[1].split("</tbody>")[0]
    return [
        [html.unescape(cell) for cell in re.findall(r"<t[hd][^>]*>(.*?)</t[hd]>", row, re.DOTALL)]
        for row in re.findall(r"<tr>(.*?)</tr>", body, re.DOTALL)
    ]


def test_the_confidence_tests_are_those_of_validate(demo: tuple[Path, str]) -> None:
    out, printed = demo
    report = sd.validate(sd.load(CORE), only=SHORT.tests)
    page = (out / "report.html").read_text(encoding="utf-8")
    found = rows_under(page, "can-it-be-trusted")
    assert found == [[f"{one.id} {one.name}", one.status, one.text] for one in report.results]
    assert len(found) == len(SHORT.tests or ()) == 5
    assert all(f"{one.id} {one.name}" in printed for one in report.results)
    assert report.verdict in html.unescape((out / "validation.html").read_text(encoding="utf-8"))


def test_the_page_begins_with_the_picture_and_the_base_run(demo: tuple[Path, str]) -> None:
    page = (demo[0] / "report.html").read_text(encoding="utf-8")
    headings = re.findall(r"<h2 [^>]*>(.*?)</h2>", page)
    assert headings[:5] == [
        "The model",
        "In short",
        "Base run",
        "Scenarios",
        "What it depends on",
    ]
    assert headings.index("Can it be trusted?") < headings.index("Where this comes from")


def test_few_factors_are_not_screened(demo: tuple[Path, str]) -> None:
    out, printed = demo
    assert "Screened" not in printed
    assert not (out / "screening.nc").exists()
    assert sa.open_sweep(out / "sweep.nc").sizes["factor"] == 26


def test_many_factors_are_screened_and_the_strongest_ranked(
    large: tuple[Path, Path, str],
) -> None:
    _, out, printed = large
    screened, swept = (sa.open_sweep(out / f"{name}.nc") for name in ("screening", "sweep"))
    assert screened.sizes["factor"] == MANY
    assert screened.attrs["runs"] == SHORT.trajectories * (MANY + 1)
    strongest = {f"push {n}" for n in range(KEPT)}
    assert set(swept["factor"].values) == strongest
    assert set(pd.read_csv(out / "screening.csv", index_col=0).index[:KEPT]) == strongest
    page = (out / "report.html").read_text(encoding="utf-8")
    counted = f"Screened {MANY} levers and uncertainties with {screened.attrs['runs']:,} runs"
    assert counted in page
    assert f"{MANY} factors with {screened.attrs['runs']:,} runs" in " ".join(printed.split())
    assert "with all 60 the bands would be others" in page
    assert len(rows_under(page, "where-this-comes-from")) == 8  # one for each of the two sweeps


def test_the_levers_that_are_named_are_those_of_the_screening(
    large: tuple[Path, Path, str],
) -> None:
    page = (large[1] / "report.html").read_text(encoding="utf-8")
    named = "with the mean size of their effect in the screening: push"
    assert f"The levers it depends on most, {named} 0 (" in page
    assert f"The uncertainties it depends on most, {named} 1 (" in page


def test_groups_of_scenarios_have_figures_of_their_own(large: tuple[Path, Path, str]) -> None:
    _, out, printed = large
    page = (out / "report.html").read_text(encoding="utf-8")
    found = {path.stem for path in (out / "figures").glob("scenarios*.svg")}
    assert found == {"scenarios_1", "scenarios_2", "scenarios_3"}
    assert re.findall(r"<h3>(.*?)</h3>", page)[:2] == ["Early", "Late"]
    assert printed.index("Base run") < printed.index("Push 0") < printed.index("Early")
    assert printed.index("Early") < printed.index("Push 1") < printed.index("Late")


def test_the_picture_is_the_models_own_drawing(large: tuple[Path, Path, str]) -> None:
    model, out, _ = large
    page = (out / "report.html").read_text(encoding="utf-8")
    drawn = re.findall(r'src="data:image/svg\+xml;base64,([^"]*)"', page)[0]
    assert base64.b64decode(drawn).decode() == sd.picture(sd.load(model))


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
