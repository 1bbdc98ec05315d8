"""`sdmodel watch`: what it prints at each save."""

from __future__ import annotations

import json
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator
from pathlib import Path
from queue import Empty, Queue

import pytest

ROOT = Path(__file__).resolve().parents[3]
TANK = """level= INTEG (inflow-level/10, 100) ~ litre ~ |
inflow= 5 ~ litre/Minute ~ |
INITIAL TIME = 0 ~ Minute ~ |
FINAL TIME = 20 ~ Minute ~ |
SAVEPER = 1 ~ Minute ~ |
TIME STEP = 0.125 ~ Minute ~ |
"""


class Watching:
    """A running `sdmodel watch`, with its lines."""

    def __init__(self, path: Path, *options: str) -> None:
        self.path = path
        self.process = subprocess.Popen(
            [sys.executable, "-u", "-m", "sdmodel", "watch", str(path), *options],
            stdout=subprocess.PIPE,
            text=True,
            cwd=ROOT,
        )
        self.lines: Queue[str] = Queue()
        self.reader = threading.Thread(target=self._read, daemon=True)
        self.reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as lines:
            for line in lines:
                self.lines.put(line.rstrip("\n"))

    def until(self, text: str) -> list[str]:
        """Return the lines up to the one that holds a text."""
        found: list[str] = []
        while not found or text not in found[-1]:
            try:
                found.append(self.lines.get(timeout=60))
            except Empty:
                pytest.fail(f"{text!r} never came after {found}")
        return found


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tank.mdl"
    path.write_text(TANK, encoding="utf-8")
    return path


Start = Callable[..., Watching]


@pytest.fixture
def start(path: Path) -> Iterator[Start]:
    """Start the verb on the file; it is ended with the test."""
    running: list[Watching] = []

    def begin(*options: str) -> Watching:
        running.append(Watching(path, *options))
        return running[-1]

    yield begin
    for one in running:
        one.process.kill()
        one.process.wait()
        one.reader.join()


def test_each_save_is_told(path: Path, start: Start) -> None:
    watching = start("--times", "3")
    watching.until("watching")
    path.write_text(TANK.replace("inflow= 5", "inflow= 6"), encoding="utf-8")
    watching.until("inflow: 5 -> 6, ")
    watching.until("level: 9% of its peak at 20, 56.68 -> 65.35")
    path.write_text(TANK.replace("inflow= 5", "inflow= 6 +"), encoding="utf-8")
    watching.until("1 error")
    assert ":2:11: error SD001: in the equation of 'inflow'" in watching.until("SD001")[-1]
    path.write_text(TANK.replace("inflow= 5", "inflow= 6"), encoding="utf-8")
    watching.until("no equation changed")
    watching.until("gone: SD001")
    assert watching.process.wait(timeout=60) == 0


def test_each_save_is_a_line_of_json(path: Path, start: Start) -> None:
    watching = start("--times", "1", "--json")
    first = json.loads(watching.lines.get(timeout=60))
    assert first["ok"] is True
    assert first["moved"] == []
    assert [one["code"] for one in first["findings"]] == ["SD303"]
    path.write_text(TANK.replace("inflow= 5", "inflow= 6"), encoding="utf-8")
    second = json.loads(watching.lines.get(timeout=60))
    assert [one["name"] for one in second["rewritten"]] == ["inflow"]
    assert {one["name"] for one in second["moved"]} == {"inflow", "level"}
    assert watching.process.wait(timeout=60) == 0
