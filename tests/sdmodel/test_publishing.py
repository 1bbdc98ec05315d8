"""The page a model runs in: whole, closed to the network, escaped, and the same every time."""

from __future__ import annotations

import base64
import hashlib
import json
import re
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import sdmodel as sd
from sdmodel.cli.main import main
from sdmodel.publishing import assets, page, whole
from sdmodel.publishing.levers import levers_of, step_of
from tests.sdmodel.conftest import mdl_text

pytest.importorskip("bokeh", reason="pages need Bokeh, the extra 'page'")

ROOT = Path(__file__).parents[2]
VOID = {"meta", "link", "input", "br"}
RANGED = """
level = INTEG(inflow - level / "stay & rest", 100) ~ litre ~ Water in the tank. |
inflow = 5 ~ litre/Minute [0,10,1] ~ What runs in. |
"stay & rest" = 10 ~ Minute [1,60] ~ |
open valve = 1 ~ dmnl [0,1,1] ~ |
"""
HOSTILE = r"""
"</script><img src=x onerror=alert(1)>" = INTEG("a \"b\" <i>", 2) ~ <b>kg</b> ~ </p><p>x</script> |
"a \"b\" <i>" = 3 ~ "q" [0,9] ~ it's "quoted" & <u>more</u> |
"""
HOSTILE_TOML = r"""
title = '</title><script>y</script>'
[levers.'"a \"b\" <i>"']
label = '"><img src=y>'
group = '<u>group</u>'
[scenarios.'<s>']
label = '<u>1</u>'
description = '"><script>z</script>'
set = { '"a \"b\" <i>"' = 4 }
"""


class Page(HTMLParser):
    """What a page holds; fails where an element is not closed in its order."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str]]] = []
        self.scripts: list[tuple[dict[str, str], str]] = []
        self.texts: list[str] = []
        self.open: list[str] = []
        self.feed(text)
        self.close()
        assert not self.open

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        found = {name: value or "" for name, value in attrs}
        assert not any(name.startswith("on") for name in found), found
        self.elements.append((tag, found))
        if tag == "script":
            self.scripts.append((found, ""))
        if tag not in VOID:
            self.open.append(tag)

    def handle_startendtag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, {name: value or "" for name, value in attrs}))

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            about, text = self.scripts[-1]
            self.scripts[-1] = about, text + data
        elif self.open and self.open[-1] != "style":
            self.texts.append(data)

    def all(self, tag: str) -> list[dict[str, str]]:
        return [found for name, found in self.elements if name == tag]

    @property
    def data(self) -> Any:
        [told] = [text for about, text in self.scripts if about.get("id") == "data"]
        return json.loads(told)


def load(folder: Path, equations: str, toml: str = "") -> sd.Model:
    path = folder / "tank.mdl"
    path.write_text(mdl_text(equations), encoding="utf-8")
    if toml:
        path.with_suffix(".toml").write_text(toml, encoding="utf-8")
    return sd.load(path)


@pytest.fixture(scope="module")
def core_page() -> Page:
    return Page(page(sd.load(ROOT / "models" / "core.mdl")))


def test_every_lever_is_there_with_its_range_and_unit(core_page: Page) -> None:
    settings = sd.load(ROOT / "models" / "core.mdl").settings
    told = [*settings.levers.values(), *settings.uncertainties.values()]
    ranges = {one["id"]: one for one in core_page.all("input") if one.get("type") == "range"}
    for place, one in enumerate(told):
        shown = ranges[f"lever-{place}"]
        assert [float(shown[word]) for word in ("min", "max", "value")] == [
            one.low,
            one.high,
            one.default,
        ]
        assert core_page.data["levers"][place]["unit"] == one.unit
    assert ranges.keys() <= {one["for"] for one in core_page.all("label")}


def test_every_scenario_has_a_button_that_sets_what_the_file_says(core_page: Page) -> None:
    settings = sd.load(ROOT / "models" / "core.mdl").settings
    buttons = [one for one in core_page.all("button") if "data-scenario" in one]
    assert len(buttons) == len(settings.scenarios)
    told = [core_page.data["scenarios"][int(one["data-scenario"])] for one in buttons]
    assert {json.dumps(one["values"]) for one in told} == {
        json.dumps(dict(one.values)) for one in settings.scenarios.values()
    }


def test_nothing_is_loaded_from_anywhere(core_page: Page) -> None:
    for _, found in core_page.elements:
        assert found.get("src", "data:").startswith("data:")
        assert re.match(r"#|data:", found.get("href", "#"))
        assert "url(" not in found.get("style", "")
    assert "url(" not in assets.style()
    assert "@import" not in assets.style()


def test_only_the_scripts_of_the_page_may_run(core_page: Page) -> None:
    [policy] = [one["content"] for one in core_page.all("meta") if "http-equiv" in one]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    assert rules["default-src"] == rules["connect-src"] == "'none'"
    run = [text for about, text in core_page.scripts if not about]
    hashes = [base64.b64encode(hashlib.sha256(one.encode()).digest()).decode() for one in run]
    assert rules["script-src"].split() == [f"'sha256-{one}'" for one in hashes]
    assert len(run) == 3


def test_what_a_server_adds_may_run_and_reach_it(tmp_path: Path) -> None:
    found = Page(page(load(tmp_path, RANGED), extra="<script>let mine = 1;</script>"))
    [policy] = [one["content"] for one in found.all("meta") if "http-equiv" in one]
    code = base64.b64encode(hashlib.sha256(b"let mine = 1;").digest()).decode()
    assert f"'sha256-{code}'" in policy
    assert "connect-src 'self'" in policy


def test_names_units_and_comments_are_text_and_nothing_else(tmp_path: Path) -> None:
    found = Page(page(load(tmp_path, HOSTILE, HOSTILE_TOML)))
    assert len(found.scripts) == 4
    assert not found.all("img")
    assert not found.all("u")
    names = [one["name"] for one in found.data["variables"]]
    assert "</script><img src=x onerror=alert(1)>" in names
    told = "".join(found.texts)
    for text in ('it\'s "quoted" & <u>more</u>', '"><img src=y>', "<u>1</u>", "</title><script>y"):
        assert text in told


def test_without_a_toml_file_constants_with_a_range_are_levers(tmp_path: Path) -> None:
    found = levers_of(load(tmp_path, RANGED))
    assert "gives a range" in found.remark
    told = {one.name: (one.low, one.high, one.step, one.switch) for one in found.levers}
    assert told == {
        "inflow": (0, 10, 1, False),
        '"stay & rest"': (1, 60, 0.5, False),
        "open valve": (0, 1, 1, True),
    }


def test_without_any_range_the_constants_most_used_are_levers_and_the_page_says_so(
    tmp_path: Path,
) -> None:
    model = load(tmp_path, "s = INTEG(a - b, 0)\nd = a + b\na = 4\nb = -2\nunused = 7\nz = s * a")
    found = levers_of(model)
    assert "neither" in found.remark
    told = [(one.name, one.low, one.high) for one in found.levers]
    assert told == [("a", 0.0, 8.0), ("b", -4.0, 0.0)]
    assert found.remark in "".join(Page(page(model)).texts)


def test_a_slider_has_round_steps_that_its_range_holds_a_hundred_times_or_so() -> None:
    for low, high in ((0.0, 1.0), (-3.0, 4.5), (1e-6, 2e-6), (0.0, 7e9), (1960.0, 2020.0)):
        step = step_of(low, high)
        assert 100 <= (high - low) / step <= 250
        assert re.fullmatch(r"[125]0*", f"{step:.3e}".split("e")[0].replace(".", ""))


def test_the_same_model_gives_the_same_bytes(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("SOURCE_DATE_EPOCH", "1600000000")
    model = load(tmp_path, RANGED)
    one = sd.publish(model, tmp_path / "one.html").read_bytes()
    two = sd.publish(sd.load(model.path), tmp_path / "two.html").read_bytes()
    assert one == two
    assert b"2020-09-13" in one
    assert model.digest.encode() in one


def test_without_bokeh_the_cure_is_told(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(assets, "find_spec", lambda name: None)
    with pytest.raises(sd.SDError, match=r"pip install 'sdmodel\[page\]'"):
        page(load(tmp_path, RANGED))


def test_the_verb_writes_a_page(tmp_path: Path) -> None:
    model = load(tmp_path, RANGED)
    target = tmp_path / "page.html"
    done = CliRunner().invoke(main, ["publish", str(model.path), "-o", str(target), "--json"])
    assert done.exit_code == 0, done.output
    assert json.loads(done.output)["bytes"] == target.stat().st_size


def test_what_cannot_run_in_a_page_is_told_and_leaves_no_file(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(program: object) -> str:
        problem = sd.Problem("a page cannot compute this", kind="unsupported", cure="do without")
        raise sd.UnsupportedError([problem])

    monkeypatch.setattr(whole, "kernel_script", refuse)
    model, target = load(tmp_path, RANGED), tmp_path / "page.html"
    done = CliRunner().invoke(main, ["publish", str(model.path), "-o", str(target)])
    assert done.exit_code != 0
    assert "a page cannot compute this" in done.output
    assert not target.exists()
