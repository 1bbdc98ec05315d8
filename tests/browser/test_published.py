"""The published page in a browser: it answers, asks nobody, and can be used by everybody."""

from __future__ import annotations

import json
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path
from typing import Any
from urllib.parse import quote

import pytest

import sdmodel as sd
from tests.sdmodel.conftest import mdl_text

Page = Any
ROOT = Path(__file__).parents[2]
BREAKING = """
level = INTEG(rate, 1) ~ litre ~ |
rate = level ^ power ~ litre/Day ~ |
power = 1 ~ dmnl [0,40,1] ~ |
"""
# What the chart of a column draws for this run, by Bokeh's own account.
DRAWN = """(name) => {
  const found = [];
  for (const document of Bokeh.documents) for (const plot of document.roots()) {
    found.push(...plot.renderers.map((one) => Array.from(one.data_source.data.y || [])));
  }
  return found;
}"""
WIDER = "document.documentElement.scrollWidth > document.documentElement.clientWidth"


@pytest.fixture(scope="module")
def core(tmp_path_factory: pytest.TempPathFactory) -> Path:
    pytest.importorskip("bokeh", reason="pages need Bokeh, the extra 'page'")
    model = sd.load(ROOT / "models" / "core.mdl")
    return sd.publish(model, tmp_path_factory.mktemp("page") / "core.html")


@pytest.fixture
def opened(page: Page, core: Path) -> Callable[..., Page]:
    """Open the page of the core model and wait until it has drawn."""

    def opens(fragment: str = "", width: int = 1280, height: int = 900) -> Page:
        page.set_viewport_size({"width": width, "height": height})
        page.goto(f"{core.as_uri()}{fragment}")
        until(page, "document.querySelectorAll('#charts .reading b').length > 3")
        return page

    return opens


def until(page: Page, expression: str) -> None:
    """Wait until something is so; the page's own rules forbid the driver to look by itself."""
    for _ in range(200):
        if page.evaluate(expression):
            return
        page.wait_for_timeout(50)
    pytest.fail(f"never so: {expression}")


def state(page: Page) -> dict[str, Any]:
    found: dict[str, Any] = page.evaluate("sdmodelPage.state()")
    return found


def slider(page: Page, name: str) -> Any:
    return page.get_by_role("slider", name=name, exact=True)


def test_a_slider_moves_the_lines(opened: Callable[..., Page]) -> None:
    page = opened()
    before = page.evaluate(DRAWN)
    reading = page.locator("#charts .reading").first
    told = reading.inner_text()
    slider(page, "Education").evaluate(
        "one => { one.value = 1; one.dispatchEvent(new Event('input')); }"
    )
    until(page, f"document.querySelector('#charts .reading').innerText !== {json.dumps(told)}")
    assert page.evaluate(DRAWN) != before
    assert "base run" in reading.inner_text()
    assert state(page)["changes"] == {"education effort": 1}


def test_what_is_drawn_is_what_the_engine_gives(opened: Callable[..., Page]) -> None:
    page = opened("#education%20effort=0.9")
    model = sd.load(ROOT / "models" / "core.mdl")
    run = model.run({"education effort": 0.9}, method="vensim")
    name = state(page)["charts"][0]
    wanted = run.values(name).tolist()
    drawn = [one for one in page.evaluate(DRAWN) if len(one) == len(wanted)]
    assert any(one == pytest.approx(wanted, rel=1e-9) for one in drawn)


def test_keys_move_a_slider_by_its_step_and_to_its_ends(opened: Callable[..., Page]) -> None:
    page = opened()
    lever = slider(page, "Education")
    lever.focus()
    for key, value in (("ArrowRight", 0.45), ("PageDown", 0.0), ("End", 1.0), ("Home", 0.0)):
        page.keyboard.press(key)
        assert state(page)["changes"] == {"education effort": pytest.approx(value)}, key
    assert lever.get_attribute("aria-valuetext") == "0 dmnl"


def test_the_page_can_be_gone_through_with_the_keyboard(opened: Callable[..., Page]) -> None:
    page = opened()
    seen = set()
    for _ in range(30):
        page.keyboard.press("Tab")
        seen.add(page.evaluate("document.activeElement.id || document.activeElement.className"))
    assert "skip" in seen
    assert "lever-0" in seen
    assert "lever-0-value" in seen


def test_a_link_restores_what_is_set_and_tells_what_it_cannot(opened: Callable[..., Page]) -> None:
    page = opened("#education%20effort=0.9&no%20such%20thing=3&network%20exposure=x")
    assert state(page)["changes"] == {"education effort": 0.9}
    told = page.locator("#news").inner_text()
    assert "no such thing" in told
    assert "network exposure" in told
    assert slider(page, "Education").input_value() == "0.9"
    page.get_by_role("button", name="Autarky").click()
    until(page, "location.hash.includes('network')")
    assert "network%20exposure=0" in page.evaluate("location.hash")
    page.get_by_role("button", name="Back to the base run").click()
    until(page, "location.hash === ''")


def test_a_scenario_is_kept_and_compared_with_the_base_run(opened: Callable[..., Page]) -> None:
    page = opened()
    page.get_by_role("button", name="Autarky").click()
    page.get_by_role("button", name="Keep this run").click()
    page.get_by_role("button", name="Back to the base run").click()
    page.wait_for_selector("#table tbody tr")
    heads = page.locator("#table thead th").all_inner_texts()
    assert heads[1:] == ["Base run", "Autarky", "This run"]
    model = sd.load(ROOT / "models" / "core.mdl")
    name = state(page)["charts"][0]
    closed = model.run("autarky", method="vensim").values(name)[-1]
    cell = page.locator("#table tbody tr").first.locator("td").nth(1).inner_text()
    assert float(cell.split()[0]) == pytest.approx(closed, rel=1e-3)
    page.get_by_role("button", name="Remove Autarky").click()
    assert page.locator("#compare").is_hidden()


def test_state_and_last_run_go_into_another_page(opened: Callable[..., Page]) -> None:
    page = opened("#education%20effort=0.9")
    told = json.loads(json.dumps(page.evaluate("[sdmodelPage.state(), sdmodelPage.lastRun()]")))
    page = opened()
    page.evaluate(
        "([state, run]) => { sdmodelPage.restore(state); sdmodelPage.showGhost(run); }", told
    )
    assert state(page) == told[0]
    assert "Before" in page.locator("#legend").inner_text()


def test_any_variable_can_be_added_and_looked_into(opened: Callable[..., Page]) -> None:
    page = opened()
    page.get_by_label("Add a chart of").fill("FORGETTING")
    page.get_by_role("button", name="Add", exact=True).click()
    assert state(page)["charts"][-1] == "forgetting"
    page.get_by_label("Look into").fill("forgetting")
    page.get_by_role("button", name="Show", exact=True).click()
    told = page.locator("#inspected").inner_text()
    assert "Domestic knowledge*forgetting rate" in told
    assert "What moves it" in told
    page.get_by_label("Add a chart of").fill("no such thing")
    page.get_by_role("button", name="Add", exact=True).click()
    assert "no such thing" in page.locator("#news").inner_text()


def test_pipes_are_as_wide_as_what_flows(opened: Callable[..., Page]) -> None:
    page = opened()
    widths = "[...document.querySelectorAll('#sketch path[stroke=white][fill=none]')]" + (
        ".map(one => parseFloat(one.style.strokeWidth))"
    )
    until(page, f"{widths}.some(one => one > 5)")
    late = page.evaluate(widths)
    page.locator("#moment").evaluate(
        "one => { one.value = 0; one.dispatchEvent(new Event('input')); }"
    )
    assert page.evaluate(widths) != late
    assert max(late) <= 14
    page.locator("#sketch a").first.click()
    assert page.locator("#sketch a.chosen").count() >= 1


def test_a_run_that_breaks_down_is_told_of(page: Page, tmp_path: Path) -> None:
    path = tmp_path / "breaking.mdl"
    path.write_text(mdl_text(BREAKING), encoding="utf-8")
    page.goto(f"{sd.publish(sd.load(path), tmp_path / 'page.html').as_uri()}#power=40")
    page.wait_for_selector("#alarm:not([hidden])")
    assert "no finite number" in page.locator("#alarm").inner_text()
    page.get_by_role("button", name="Back to the base run").click()
    page.wait_for_selector("#alarm", state="hidden")


@pytest.mark.parametrize("width", [390, 768, 1280])
def test_nothing_is_wider_than_the_window(opened: Callable[..., Page], width: int) -> None:
    page = opened(width=width, height=844)
    assert not page.evaluate(WIDER)
    charts = page.locator("#charts").bounding_box()
    assert charts["y"] < 844
    if width < 960:
        button = page.get_by_role("button", name="Levers", exact=True)
        assert button.bounding_box()["y"] < 844
        button.click()
        assert slider(page, "Education").is_visible()
        assert not page.evaluate(WIDER)


@pytest.fixture(scope="session")
def axe(tmp_path_factory: pytest.TempPathFactory) -> str:
    npm = shutil.which("npm")
    if npm is None:
        pytest.skip("npm is not installed")
    folder = tmp_path_factory.mktemp("axe")
    command = [npm, "install", "--no-save", "--no-audit", "--no-fund", "axe-core@4"]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    if done.returncode:
        pytest.skip("axe-core cannot be installed here: npm reaches no registry")
    return (folder / "node_modules" / "axe-core" / "axe.min.js").read_text(encoding="utf-8")


@pytest.mark.parametrize("width", [390, 1280])
def test_no_serious_barrier_is_found(opened: Callable[..., Page], axe: str, width: int) -> None:
    page = opened(f"#{quote('education effort')}=0.9", width=width, height=844)
    page.get_by_role("button", name="Keep this run").click()
    if width < 960:
        page.get_by_role("button", name="Levers", exact=True).click()
    page.evaluate(axe)
    found = page.evaluate("axe.run()")
    assert len(found["passes"]) > 20
    serious = [
        f"{one['id']}: {node['html'][:200]} {node['failureSummary']}"
        for one in found["violations"]
        if one["impact"] in ("serious", "critical")
        for node in one["nodes"][:3]
    ]
    assert not serious, "\n".join(serious)
