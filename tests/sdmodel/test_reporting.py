"""The report of a model: what it tells, that it stands alone, and what it refuses."""

from __future__ import annotations

import json
import re
import shutil
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import sdmodel as sd
from sdmodel.cli.main import main
from sdmodel.documents.feedback import FeedbackLoop, FeedbackLoops
from sdmodel.reporting import printing
from sdmodel.reporting.mainloops import main_loops
from sdmodel.reporting.whole import page
from tests.sdmodel.conftest import TANK, mdl_text

ROOT = Path(__file__).parents[2]
MODELS = ROOT / "models"
VOID = {"meta", "link", "img", "br"}
HOSTILE = r"""
"</script><img src=x onerror=alert(1)>" = INTEG("a \"b\" <i>", 2) ~ <b>kg</b> ~ </p><p>x</script> |
"a \"b\" <i>" = 3 ~ "q" [0,9] ~ it's "quoted" & <u>more</u> |
"""
HOSTILE_TOML = r"""
title = '</title><script>y</script>'
[scenarios.'<s>']
label = '<u>1</u>'
description = '"><script>z</script>'
set = { '"a \"b\" <i>"' = 4 }
"""


class Page(HTMLParser):
    """A report's elements and texts; fails where an element is not closed in its order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.open: list[str] = []
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.texts: dict[str, list[str]] = {}
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open:
            self.texts.setdefault(self.open[-1], []).append(data)


def headings(text: str) -> list[str]:
    return Page(text).texts["h2"]


def test_it_tells_what_is_known_and_needs_nothing_else() -> None:
    model = sd.load(MODELS / "core.mdl")
    report = sd.validate(model, only=["V2", "V20"])
    made = page(model, validation=report, date="2026-01-02")
    assert headings(made) == [
        "The model",
        "Stocks",
        "Main loops",
        "Base run and scenarios",
        "Can it be trusted?",
        "Levers and uncertainties",
        "Where this comes from",
    ]
    assert model.digest in made
    assert "1 pass, 1 not applicable" in made
    found = Page(made)
    for tag, attributes in found.elements:
        assert tag not in ("script", "link", "iframe")
        source = attributes.get("src")
        assert source is None or source.startswith("data:")
    for scenario in model.settings.scenarios.values():
        assert f">{scenario.label}</th>" in made
    assert made == page(model, validation=report, date="2026-01-02")


def test_outcomes_are_those_of_the_runs() -> None:
    model = sd.load(MODELS / "core.mdl")
    made = page(model, date="d")
    outcome = next(iter(model.settings.outcomes.values()))
    row = re.search(rf">{re.escape(outcome.label or outcome.name)}</th>(.*?)</tr>", made, re.S)
    assert row is not None
    shown = re.findall(r'class="nb">([^<]*)<', row[1])
    runs = [model.run(method="vensim")]
    runs += [model.run(one, method="vensim") for one in model.settings.scenarios]
    assert outcome.reduce == "final"
    assert [float(one) for one in shown] == [
        pytest.approx(run.values(outcome.of)[-1], rel=5e-3) for run in runs
    ]


def test_each_stock_has_its_shortest_loop_to_another_stock() -> None:
    found = FeedbackLoops(
        (
            FeedbackLoop("I1", "idle", ("a", "b")),
            FeedbackLoop("B1", "balancing", ("a", "x")),
            FeedbackLoop("B2", "balancing", ("c", "y")),
            FeedbackLoop("R1", "reinforcing", ("a", "x", "b")),
            FeedbackLoop("R2", "reinforcing", ("a", "x", "z", "b")),
        ),
        complete=True,
    )
    assert [one.name for one in main_loops(found, ["a", "b", "c", "d"])] == ["R1", "B2"]


def test_equations_of_the_loops_are_typeset(tmp_path: Path) -> None:
    path = tmp_path / "tank.mdl"
    path.write_text(TANK, encoding="utf-8")
    made = page(sd.load(path))
    assert "level → outflow → level" in made
    assert '<span class="num">d level</span>' in made
    assert "laid out here" in made
    assert "Base run" in headings(made)


def test_text_of_the_model_is_text(tmp_path: Path) -> None:
    path = tmp_path / "hostile.mdl"
    path.write_text(mdl_text(HOSTILE), encoding="utf-8")
    path.with_suffix(".toml").write_text(HOSTILE_TOML, encoding="utf-8")
    found = Page(page(sd.load(path)))
    tags = {tag for tag, _ in found.elements}
    assert not tags & {"script", "u"}
    assert [at["src"] for tag, at in found.elements if tag == "img" and at["src"] == "x"] == []
    assert "".join(found.texts["title"]) == "</title><script>y</script>"


def test_tests_of_another_version_are_told(tmp_path: Path) -> None:
    path = tmp_path / "tank.mdl"
    path.write_text(TANK, encoding="utf-8")
    told = sd.validate(sd.load(path), only=["V2"])
    stored = tmp_path / "tests.json"
    done = CliRunner().invoke(main, ["validate", str(path), "--only", "V2", "--json"])
    stored.write_text(done.output, encoding="utf-8")
    remark = "another version of the model"
    model = sd.load(path)
    assert page(model, validation=stored, date="d") == page(model, validation=told, date="d")
    assert remark not in page(model, validation=stored)
    path.write_text(TANK.replace("= 5", "= 6"), encoding="utf-8")
    assert remark in page(sd.load(path), validation=stored)


@pytest.mark.parametrize("text", ["", "[]", "{}", '{"results": [{}], "provenance": {}}', "\ud800"])
def test_what_is_no_report_of_tests_is_refused(tmp_path: Path, text: str) -> None:
    path = tmp_path / "tests.json"
    path.write_bytes(text.encode("utf-8", "surrogatepass"))
    with pytest.raises(sd.SDError, match=r"no confidence tests: .*sdmodel validate MODEL --json"):
        page(sd.load(MODELS / "epidemic.mdl"), validation=path)


def test_a_scenario_that_cannot_run_is_told(tmp_path: Path) -> None:
    path = tmp_path / "m.mdl"
    path.write_text(mdl_text("s = INTEG(1 / d, 0)\nd = 1"), encoding="utf-8")
    path.with_suffix(".toml").write_text(
        "[scenarios.fine]\nset = { d = 2 }\n[scenarios.broken]\nset = { d = 0 }\n", encoding="utf-8"
    )
    made = page(sd.load(path))
    assert "broken cannot be run" in made
    assert "fine cannot be run" not in made


def test_without_a_browser_the_page_is_there_and_the_cure_is_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: None)
    html, pdf = tmp_path / "r.html", tmp_path / "r.pdf"
    with pytest.raises(sd.SDError, match=r"no browser to print with.*install Chromium, or open"):
        sd.report(sd.load(MODELS / "epidemic.mdl"), html, pdf=pdf)
    assert html.is_file()
    assert [one.name for one in tmp_path.iterdir()] == ["r.html"]


def test_a_browser_that_fails_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(shutil, "which", lambda name: "/bin/false")
    html = tmp_path / "r.html"
    html.write_text("<p>x</p>", encoding="utf-8")
    with pytest.raises(sd.SDError, match="wrote no PDF"):
        printing.print_page(html, tmp_path / "r.pdf")
    assert not (tmp_path / "r.pdf").exists()


def test_it_is_printed(tmp_path: Path) -> None:
    if not any(map(shutil.which, printing.BROWSERS)):
        pytest.skip(f"none of {', '.join(printing.BROWSERS)} is installed")
    html, pdf = tmp_path / "r.html", tmp_path / "r.pdf"
    html.write_text("<p>one page</p>", encoding="utf-8")
    printing.print_page(html, pdf)
    made = pdf.read_bytes()
    assert made.startswith(b"%PDF-")
    assert made.rstrip().endswith(b"%%EOF")
    assert len(re.findall(rb"/Type\s*/Page\b", made)) == 1


def test_the_verb_writes_and_tells(tmp_path: Path) -> None:
    html = tmp_path / "r.html"
    words = ["report", str(MODELS / "epidemic.mdl"), "-o", str(html), "--json"]
    told: dict[str, Any] = json.loads(CliRunner().invoke(main, words).output)
    assert told["page"] == str(html)
    assert "<h1>" in html.read_text(encoding="utf-8")
    both = CliRunner().invoke(main, [*words, "--validate", "--validation", str(html)])
    assert both.exit_code == 2
    assert "take one" in both.output
