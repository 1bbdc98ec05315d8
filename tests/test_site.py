"""The site is built without a warning, whole, and without anything from elsewhere.

No notebook is run here: their pages lie in docs/tutorials, and must be those of the notebooks.
"""

from __future__ import annotations

import importlib.util
import os
import re
import subprocess
import sys
from collections.abc import Iterator
from html.parser import HTMLParser
from pathlib import Path
from urllib.parse import unquote

import pytest

import sdmodel as sd
import sensitivity as sa
from sdmodel.checks.registry import CHECKS
from sdmodel.cli import main as sdmodel_command
from sensitivity.cli import main as sensitivity_command

ROOT = Path(__file__).resolve().parents[1]
DOCS = ROOT / "docs"
NEEDED = ("sphinx", "myst_parser", "pydata_sphinx_theme")
MISSING = [name for name in NEEDED if importlib.util.find_spec(name) is None]
PAGES = sorted(
    path.relative_to(DOCS).with_suffix("").as_posix()
    for path in DOCS.rglob("*.md")
    if "_ext" not in path.parts
)


class Page(HTMLParser):
    """What a page links to, what it loads, and where in it one can link to."""

    def __init__(self, path: Path) -> None:
        super().__init__()
        self.links: list[str] = []
        self.loads: list[str] = []
        self.places: set[str] = set()
        self.feed(path.read_text(encoding="utf-8"))

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        said = {name: value or "" for name, value in attrs}
        self.places |= {said["id"]} if "id" in said else set()
        if tag == "a" and "href" in said:
            self.links.append(said["href"])
        elif tag in ("script", "img", "link", "iframe") and (where := said.get("src", "")):
            self.loads.append(where)
        elif tag == "link":
            self.loads.append(said.get("href", ""))


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Build the site, strictly."""
    if MISSING:
        pytest.skip(f"not installed: {', '.join(MISSING)} (pip install 'sdmodel[docs]')")
    out = tmp_path_factory.mktemp("site")
    done = subprocess.run(
        [sys.executable, "-m", "sphinx", "-W", "--keep-going", "-n", "-q", str(DOCS), str(out)],
        capture_output=True,
        text=True,
        cwd=ROOT,
        env={**os.environ, "MPLBACKEND": "Agg"},
    )
    assert done.returncode == 0, done.stderr
    assert done.stderr == ""
    return out


@pytest.fixture(scope="module")
def pages(site: Path) -> dict[Path, Page]:
    return {path: Page(path) for path in site.rglob("*.html") if "_static" not in path.parts}


def inside(page: Path, link: str) -> tuple[Path, str] | None:
    """Return the file and the place that a link leads to; nothing if it leads elsewhere."""
    if re.match(r"[a-z]+:|//", link):
        return None
    name, _, place = unquote(link).partition("#")
    return ((page.parent / name).resolve() if name else page), place


@pytest.mark.slow
def test_every_page_is_there_and_can_be_reached(site: Path, pages: dict[Path, Page]) -> None:
    expected = {site / f"{name}.html" for name in PAGES}
    assert len(expected) > 30
    assert expected <= set(pages)
    reached, new = set(), {site / "index.html"}
    while new:
        reached |= new
        there = {hit[0] for at in new for link in pages[at].links if (hit := inside(at, link))}
        new = (there & set(pages)) - reached
    assert expected - reached == set()


@pytest.mark.slow
def test_every_link_within_leads_somewhere(pages: dict[Path, Page]) -> None:
    wrong = []
    for at, page in pages.items():
        for link in (*page.links, *page.loads):
            hit = inside(at, link.partition("?")[0])
            if hit is None:
                continue
            path, place = hit
            if not path.exists() or (place and path in pages and place not in pages[path].places):
                wrong.append(f"{at.name}: {link}")
    assert wrong == []


@pytest.mark.slow
def test_nothing_is_loaded_from_elsewhere(site: Path, pages: dict[Path, Page]) -> None:
    far = [one for page in pages.values() for one in page.loads if re.match(r"(https?:)?//", one)]
    assert far == []
    sheets = [path.read_text(encoding="utf-8") for path in site.rglob("*.css")]
    assert sheets
    fetched = [one for text in sheets for one in re.findall(r"url\(['\"]?(https?:[^)]+)\)", text)]
    assert fetched == []


def names() -> Iterator[str]:
    yield from (f"sdmodel.{name}" for name in sd.__all__)
    yield from (f"sensitivity.{name}" for name in sa.__all__)


@pytest.mark.slow
def test_every_public_name_is_described_once(site: Path, pages: dict[Path, Page]) -> None:
    described = [
        place
        for name in ("sdmodel", "sensitivity")
        for place in pages[site / "reference" / f"{name}.html"].places
    ]
    assert set(names()) <= set(described)
    text = (site / "reference" / "sdmodel.html").read_text(encoding="utf-8")
    assert text.count('id="sdmodel.load"') == 1
    assert "The model file: Vensim" in text  # from its docstring


@pytest.mark.slow
def test_every_verb_function_check_and_method_is_there(site: Path) -> None:
    def text(name: str) -> str:
        return (site / "reference" / f"{name}.html").read_text(encoding="utf-8")

    for command, group in (("sdmodel", sdmodel_command), ("sensitivity", sensitivity_command)):
        shown = text(f"{command}_command")
        verbs = [name for name, verb in group.commands.items() if not verb.hidden]
        assert [verb for verb in verbs if f'id="{command}-{verb}"' not in shown] == []
    functions = re.sub(r"<[^>]+>", "", text("functions"))
    assert [one.name for one in sd.functions() if one.name not in functions] == []
    assert [code for code in CHECKS if f">{code}<" not in text("check_codes")] == []
    assert [name for name in sa.METHODS if f">{name}<" not in text("methods_table")] == []
    assert len(sd.functions()) > 100
    assert len(CHECKS) > 20


def test_the_pages_of_notebooks_are_those_of_the_notebooks() -> None:
    """When they are not: `make tutorials` runs the notebooks that changed."""
    spec = importlib.util.spec_from_file_location("render", DOCS / "render_notebooks.py")
    assert spec is not None
    assert spec.loader is not None
    render = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(render)
    notebooks = sorted((ROOT / "notebooks").glob("*.ipynb"))
    assert notebooks
    assert [path.stem for path in notebooks if render.is_stale(path)] == []
    told = {path.stem for path in (DOCS / "tutorials").glob("*.md")} - {"index"}
    assert told == {path.stem for path in notebooks}
    for path in (DOCS / "tutorials").glob("*.md"):
        text = path.read_text(encoding="utf-8")
        assert str(ROOT) not in text
        shown = re.findall(r"!\[[^\]]*\]\(([^)]+)\)", text)
        assert [one for one in shown if not (path.parent / one).exists()] == []
