"""Pages in headless Chromium, without a network: `SDMODEL_BROWSER=1 pytest tests/browser`."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest

# Those of playwright.sync_api, which need not be installed.
Browser = Page = Route = Any

NAMES = ("chromium", "chromium-browser", "google-chrome")
FLAGS = ["--no-sandbox", "--disable-gpu", "--disable-quic", "--disable-background-networking"]
# What a page may take from elsewhere: nothing but its own file and what stands in it.
LOCAL = ("file:", "data:", "blob:", "about:")


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave these out unless asked for: a browser takes its time."""
    here = Path(__file__).parent
    if os.environ.get("SDMODEL_BROWSER"):
        return
    for item in items:
        if here in item.path.parents:
            item.add_marker(pytest.mark.skip(reason="set SDMODEL_BROWSER=1 to open pages"))


@pytest.fixture(scope="session")
def browser() -> Iterator[Browser]:
    """Give a Chromium that was installed with the system."""
    driver = pytest.importorskip("playwright.sync_api", reason="playwright is not installed")
    program = next(filter(None, map(shutil.which, NAMES)), None)
    if program is None:
        pytest.skip(f"none of {', '.join(NAMES)} is installed")
    with driver.sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=FLAGS)
        yield browser
        browser.close()


@pytest.fixture
def page(browser: Browser) -> Iterator[Page]:
    """Give an empty page; whatever it asks the network for, or stumbles over, fails the test."""
    context = browser.new_context()
    wrong: list[str] = []

    def answer(route: Route) -> None:
        if route.request.url.startswith(LOCAL):
            route.continue_()
        else:
            wrong.append(f"the page asks for {route.request.url}")
            route.abort()

    context.route("**/*", answer)
    page = context.new_page()
    page.on("pageerror", lambda error: wrong.append(f"the page stumbles: {error}"))
    page.on("console", lambda message: wrong.extend(_failures(message)))
    yield page
    context.close()
    assert not wrong, wrong


def _failures(message: Any) -> list[str]:
    return [f"the console says: {message.text}"] if message.type == "error" else []
