"""`sdmodel validate`: the table, the page with the same figures, and the exit status."""

from __future__ import annotations

import json
import re
from collections.abc import Callable
from html import unescape
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from sdmodel.cli import main

ROOT = Path(__file__).resolve().parents[2]
CORE = str(ROOT / "models" / "core.mdl")
Text = Callable[..., str]


def validate(*words: str) -> Result:
    return CliRunner().invoke(main, ["validate", *words])


@pytest.fixture
def leaking(tmp_path: Path, mdl: Text) -> str:
    """Lay out a model that loses what it is said to keep."""
    path = tmp_path / "leak.mdl"
    path.write_text(mdl("x = INTEG(1 - 0.1, 0) ~ ~ |"), encoding="utf-8")
    text = '[conservation."<x>"]\nstocks = ["x"]\ninflows = ["1"]\n'
    path.with_suffix(".expectations.toml").write_text(text, encoding="utf-8")
    return str(path)


def test_a_model_that_passes() -> None:
    done = validate(CORE, "--only", "V2, v14")
    assert done.exit_code == 0, done.output
    assert "V2 Conservation" in done.output
    assert "core: 1 pass, 1 not applicable" in done.output


def test_a_failure_is_exit_status_1_with_its_details(leaking: str) -> None:
    done = validate(leaking, "--only", "V2")
    assert done.exit_code == 1
    assert "does not hold" in done.output


def test_the_page_has_the_same_figures_and_loads_nothing(leaking: str, tmp_path: Path) -> None:
    page = tmp_path / "page.html"
    done = validate(leaking, "--only", "V2,V18", "-o", str(page), "--seed", "7", "--draws", "50")
    assert done.exit_code == 1
    text = page.read_text(encoding="utf-8")
    assert "<x>" not in text.replace("</x>", "")
    shown = unescape(re.sub(r"<[^>]+>", " ", text))
    report = json.loads(validate(leaking, "--only", "V2,V18", "--json").output)
    assert len(report["results"]) == 2
    for one in report["results"]:
        assert one["text"] in shown
        assert " ".join(one["text"].split()[:4]) in " ".join(done.output.split())
    assert not re.search(r"(?:src|href)=\"(?!#)", text)
    assert "http" not in text
    for recorded in ("digest", "expectations", "seed 7", "draws 50", "method euler", "numpy"):
        assert recorded in " ".join(shown.split())


def test_json_has_everything() -> None:
    report = json.loads(validate(CORE, "--only", "V2", "--json").output)
    assert report["ok"] is True
    assert report["results"][0]["status"] == "pass"
    assert report["provenance"]["seed"] == 1


@pytest.mark.parametrize(
    ("words", "message"),
    [
        (("--only", "V22"), "did you mean 'V2'"),
        (("--only", "units"), "there are: V1, V2"),
        (("--expectations", CORE), "not valid TOML"),
        (("-o", "page.pdf"), "a report is written as .html"),
        (("--draws", "0"), "0 is not in the range"),
    ],
)
def test_bad_input_is_a_message(words: tuple[str, ...], message: str) -> None:
    done = validate(CORE, *words)
    assert done.exit_code in (1, 2)
    assert message in done.output
    assert "Traceback" not in done.output
