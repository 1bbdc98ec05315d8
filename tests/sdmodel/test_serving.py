"""The page of a model under edit: told at each save, on this machine only, and nothing besides."""

from __future__ import annotations

import http.client
import json
import re
import signal
import socket
import subprocess
import sys
import threading
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

import sdmodel as sd
from sdmodel.cli.main import main
from sdmodel.model import Model
from sdmodel.serving import Live, Server
from sdmodel.watching import Session
from tests.sdmodel.conftest import TANK

ROOT = Path(__file__).parents[2]


def stub(model: Model) -> str:
    """Give a page in place of the real one: what is tested here is how it is served."""
    return f"<!DOCTYPE html><title>{model.name}</title>{model.constants['inflow']:g}"


class Tab:
    """An open event stream, as a browser holds it."""

    def __init__(self, server: Server) -> None:
        self.connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
        self.connection.request("GET", f"/{server.word}/events")
        self.answer = self.connection.getresponse()

    def next(self) -> dict[str, Any]:
        """Return what is told next."""
        line = self.answer.readline().decode()
        assert line.startswith("data: ")
        assert self.answer.readline() == b"\n"
        return dict(json.loads(line.removeprefix("data: ")))

    def close(self) -> None:
        self.answer.close()
        self.connection.close()


@pytest.fixture
def path(tmp_path: Path) -> Path:
    path = tmp_path / "tank.mdl"
    path.write_text(TANK, encoding="utf-8")
    return path


@pytest.fixture
def live(path: Path) -> Live:
    return Live(Session(path), stub)


@pytest.fixture
def server(live: Live) -> Iterator[Server]:
    server = Server(live)
    server.start()
    yield server
    server.close()


def ask(server: Server, name: str, host: str | None = None, method: str = "GET") -> Any:
    connection = http.client.HTTPConnection("127.0.0.1", server.port, timeout=30)
    headers = {} if host is None else {"Host": host}
    connection.request(method, name, headers=headers)
    answer = connection.getresponse()
    answer.text = answer.read().decode()  # type: ignore[attr-defined]
    connection.close()
    return answer


def save(path: Path, before: str, after: str) -> None:
    text = path.read_text(encoding="utf-8")
    assert before in text
    path.write_text(text.replace(before, after, 1), encoding="utf-8")


def serving() -> list[str]:
    """Return the threads that answer requests."""
    return [one.name for one in threading.enumerate() if "process_request" in one.name]


def test_a_save_is_told_with_a_new_page(live: Live, server: Server, path: Path) -> None:
    live.refresh()
    tab = Tab(server)
    assert tab.answer.headers["Content-Type"].startswith("text/event-stream")
    first = tab.next()
    assert (first["page"], first["errors"], first["changes"]) == (1, [], [])
    assert ask(server, f"/{server.word}/page").text.endswith("5")

    save(path, "inflow= 5", "inflow= 6")
    live.refresh()
    news = tab.next()
    assert (news["page"], news["errors"]) == (2, [])
    assert news["changes"] == ["inflow: 5 -> 6"]
    assert any(one.startswith("level: ") for one in news["moved"])
    assert ask(server, f"/{server.word}/page").text.endswith("6")
    tab.close()


def test_a_broken_save_is_told_with_its_place_and_the_old_page_stays(
    live: Live, server: Server, path: Path
) -> None:
    live.refresh()
    save(path, "level/emptying time", "level/emptying tim")
    live.refresh()
    tab = Tab(server)
    news = tab.next()
    assert news["page"] == 1
    (error,) = news["errors"]
    line = TANK.splitlines().index("outflow= level/emptying time") + 1
    assert (error["path"], error["line"], error["column"]) == ("tank.mdl", line, 16)
    assert "emptying time" in error["text"]  # what was meant
    caret = error["text"].splitlines()[2]
    assert caret.index("^") == error["text"].splitlines()[1].index("emptying tim")
    assert ask(server, f"/{server.word}/page").text.endswith("5")

    save(path, "emptying tim\n", "emptying time\n")
    live.refresh()
    while (news := tab.next())["errors"]:
        pass
    assert news["page"] == 2
    tab.close()


def test_a_model_that_never_ran_has_no_page_yet(live: Live, server: Server, path: Path) -> None:
    save(path, "level/emptying time", "level/")
    live.refresh()
    tab = Tab(server)
    assert tab.next()["page"] == 0
    assert ask(server, f"/{server.word}/page").status == 404
    assert ask(server, f"/{server.word}/").status == 200
    tab.close()


def test_what_the_page_cannot_do_is_told(path: Path) -> None:
    def refuse(model: Model) -> str:
        raise sd.SDError(f"{model.name} is too deep for a browser")

    live = Live(Session(path), refuse)
    live.refresh()
    assert [one.problem.message for one in live.news.errors] == ["tank is too deep for a browser"]


def test_findings_of_the_checks_follow(live: Live, path: Path) -> None:
    save(path, "emptying time= 10", "emptying time= 99")
    live.refresh()
    assert live.news.checked
    told = live.news.to_dict()["findings"]
    assert told
    assert [one["message"] for one in told] == [one.problem.message for one in sd.check(path)]


NOWHERE = (
    "/", "/page", "/events", "/live.js", "/W", "/wrong/", "/W/tank.mdl", "/W/../tank.mdl",
    "/W/%2e%2e/tank.mdl", "/W/server.py", "/W/live.js/", "/W//etc/passwd", "/W/?a", "/W/shell.html",
)  # fmt: skip
STRANGERS = ("", "evil.example", "127.0.0.1", "127.0.0.1:1", "0.0.0.0:{}", "localhost.evil.org:{}")


def test_nothing_else_is_served(live: Live, server: Server) -> None:
    live.refresh()
    for name in NOWHERE:
        answer = ask(server, name.replace("W", server.word))
        assert answer.status == 404, name
        assert "tank" not in answer.text


def test_another_host_is_refused(live: Live, server: Server) -> None:
    live.refresh()
    for host in STRANGERS:
        for name in ("", "page", "events"):
            answer = ask(server, f"/{server.word}/{name}", host.format(server.port))
            assert answer.status == 403, host
            assert "tank" not in answer.text


def test_this_machine_is_answered_with_strict_headers(live: Live, server: Server) -> None:
    live.refresh()
    for host in (None, f"localhost:{server.port}"):
        for name in ("", "page", "live.js", "live.css"):
            answer = ask(server, f"/{server.word}/{name}", host)
            assert answer.status == 200
            assert answer.headers["X-Content-Type-Options"] == "nosniff"
            assert "frame-ancestors" in answer.headers["Content-Security-Policy"]
            assert not [one for one in answer.headers if one.startswith("Access-Control")]
    assert server.socket.getsockname()[0] == "127.0.0.1"


@pytest.mark.parametrize("method", ["POST", "PUT", "DELETE", "OPTIONS", "HEAD"])
def test_only_reading_is_offered(server: Server, method: str) -> None:
    assert ask(server, f"/{server.word}/", method=method).status == 501


def test_a_closed_tab_leaves_no_thread(live: Live, server: Server) -> None:
    live.refresh()
    tabs = [Tab(server) for _ in range(5)]
    for tab in tabs:
        tab.next()
    assert len(serving()) == 5
    for tab in tabs:
        tab.close()
    until = time.monotonic() + 30
    while serving() and time.monotonic() < until:
        time.sleep(0.02)
    assert serving() == []


def test_closing_leaves_no_thread_whatever_is_open(live: Live) -> None:
    live.refresh()
    before = set(threading.enumerate())
    server = Server(live)
    server.start()
    tab = Tab(server)
    tab.next()
    silent = socket.create_connection(("127.0.0.1", server.port))
    while len(serving()) < 2:
        time.sleep(0.01)
    server.close()
    assert set(threading.enumerate()) == before
    assert tab.answer.readline() in (b"", b"data: ")
    silent.close()
    tab.close()


def test_a_port_in_use_is_told(live: Live, server: Server) -> None:
    with pytest.raises(sd.SDError, match=f"port {server.port} is in use.*--port"):
        Server(live, server.port)


def test_the_verb_serves_until_interrupted(path: Path) -> None:
    pytest.importorskip("bokeh", reason="pages need Bokeh, the extra 'page'")
    process = subprocess.Popen(
        [sys.executable, "-u", "-m", "sdmodel", "serve", str(path), "--no-open"],
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
        cwd=ROOT,
    )
    assert process.stdout is not None
    told = re.match(r"http://127\.0\.0\.1:(\d+)/(\S+)/ ", process.stdout.readline())
    assert told is not None
    connection = http.client.HTTPConnection("127.0.0.1", int(told[1]), timeout=60)
    connection.request("GET", f"/{told[2]}/events")
    events = connection.getresponse()

    def page_after(known: int) -> dict[str, Any]:
        while True:
            line = events.readline()
            assert line
            if line.startswith(b"data: ") and (news := json.loads(line[6:]))["page"] > known:
                return dict(news)

    first = page_after(0)
    save(path, "inflow= 5", "inflow= 6")
    assert page_after(first["page"])["changes"] == ["inflow: 5 -> 6"]
    process.send_signal(signal.SIGINT)
    _, err = process.communicate(timeout=60)
    assert (process.returncode, err) == (0, "")
    connection.close()


def test_the_verb_tells_what_is_wrong(server: Server, path: Path) -> None:
    done = CliRunner().invoke(main, ["serve", str(path), "--no-open", "--port", str(server.port)])
    assert done.exit_code != 0
    assert "is in use" in done.output
