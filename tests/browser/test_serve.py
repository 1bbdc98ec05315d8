"""`sdmodel serve` in a browser: a save is seen, with what the reader had set; a mistake is told."""

from __future__ import annotations

import os
import shutil
import threading
import time
from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Any

import pytest

from sdmodel.publishing import page as made
from sdmodel.serving import Live, Server
from sdmodel.watching import Session
from sdmodel.watching.files import Files

MODELS = Path(__file__).resolve().parents[2] / "models"
LEVER, CONSTANT = "education effort", "network exposure=\n\t"
PAGE = "document.querySelector('iframe:not(.coming)').contentWindow"


@pytest.fixture
def path(tmp_path: Path) -> Path:
    for name in ("core.mdl", "core.toml"):
        shutil.copy(MODELS / name, tmp_path)
    return tmp_path / "core.mdl"


@pytest.fixture
def url(path: Path) -> Iterator[str]:
    session, stop = Session(path), threading.Event()
    live = Live(session, partial(made))
    server = Server(live)

    def watch() -> None:
        files = Files(session.watched)
        live.refresh()
        while files.wait(stop.is_set):
            live.refresh()

    watcher = threading.Thread(target=watch)
    watcher.start()
    server.start()
    yield server.url
    stop.set()
    server.close()
    watcher.join()


@pytest.fixture
def tab(browser: Any) -> Iterator[Any]:
    """Give an empty page that may ask this machine, and nobody else."""
    context = browser.new_context(viewport={"width": 1280, "height": 860})
    page = context.new_page()
    wrong: list[str] = []
    page.on("request", lambda one: None if one.url.startswith(("http://127.0.0.1:", "data:",
                                   "blob:")) else wrong.append(one.url))  # fmt: skip
    page.on("pageerror", lambda error: wrong.append(str(error)))
    page.on("console", lambda said: wrong.append(said.text) if said.type == "error" else None)
    yield page
    context.close()
    assert not wrong, wrong


def save(path: Path, before: str, after: str) -> float:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")
    return time.perf_counter()


def seen(tab: Any, page: int) -> float:
    tab.wait_for_selector(f"body[data-page='{page}']", timeout=60_000)
    return time.perf_counter()


def shot(tab: Any, name: str) -> None:
    folder = os.environ.get("SDMODEL_SHOTS")
    if folder:
        tab.screenshot(path=Path(folder) / f"{name}.png")


def test_an_edit_is_seen_and_a_mistake_is_told(
    tab: Any, url: str, path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    tab.goto(url)
    seen(tab, 1)
    tab.evaluate(f"{PAGE}.sdmodelPage.restore({{changes: {{'{LEVER}': 0.6}}}})")
    before = tab.evaluate(f"{PAGE}.sdmodelPage.lastRun()")
    charts = tab.evaluate(f"{PAGE}.sdmodelPage.state().charts")

    spent, last = [], "0.4"
    for number, value in enumerate(("0.5", "0.4", "0.5", "0.4", "0.55"), start=2):
        saved = save(path, CONSTANT + last, CONSTANT + value)
        spent.append(seen(tab, number) - saved)
        last = value
        if number == 2:
            assert "network exposure" in tab.text_content("#changes summary")
            shot(tab, "serve_edited")
            after = tab.evaluate(f"{PAGE}.sdmodelPage.lastRun()")
            assert after["values"] != before["values"]
            assert "Before" in tab.evaluate(f"{PAGE}.document.getElementById('legend').innerText")
    state = tab.evaluate(f"{PAGE}.sdmodelPage.state()")
    assert state["changes"] == {LEVER: 0.6}
    assert state["charts"] == charts

    saved = save(path, CONSTANT + last, f"{CONSTANT}{last} +")
    tab.wait_for_selector("#errors:not([hidden])")
    told = time.perf_counter() - saved
    said = tab.inner_text("#errors")
    shot(tab, "serve_broken")
    assert "core.mdl:" in said
    assert "^" in said
    # The page of before still runs.
    tab.evaluate(f"{PAGE}.sdmodelPage.restore({{changes: {{'{LEVER}': 0.2}}}})")
    assert tab.evaluate(f"{PAGE}.sdmodelPage.state().changes") == {LEVER: 0.2}

    save(path, f"{CONSTANT}{last} +", CONSTANT + last)
    tab.wait_for_selector("#errors", state="hidden")
    seen(tab, 7)
    assert tab.evaluate(f"{PAGE}.sdmodelPage.state().changes") == {LEVER: 0.2}
    with capsys.disabled():
        print(
            f"\nserve, core model: page seen {min(spent):.2f} to {max(spent):.2f} s after the save "
            f"of an edit, a mistake {told:.2f} s"
        )


def test_on_a_phone(tab: Any, url: str, path: Path) -> None:
    tab.set_viewport_size({"width": 390, "height": 800})
    tab.goto(url)
    seen(tab, 1)
    save(path, CONSTANT + "0.4", CONSTANT + "0.4 * lab retentio")
    tab.wait_for_selector("#errors:not([hidden])")
    shot(tab, "serve_phone")
    assert "lab retention" in tab.inner_text("#errors")
    assert tab.evaluate("document.documentElement.scrollWidth <= innerWidth")
