"""The server: on this machine only, a handful of addresses, and nothing of the file system."""

from __future__ import annotations

import errno
import json
import os
import select
import socket
import sys
from contextlib import suppress
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler
from importlib.resources import files
from secrets import compare_digest, token_urlsafe
from socketserver import TCPServer, ThreadingMixIn
from threading import Lock, Thread
from typing import Any

from sdmodel.errors import SDError
from sdmodel.serving.live import Live, News
from sdmodel.style import css

HOST = "127.0.0.1"
# How often a waiting thread looks whether its reader is still there.
_PULSE = 0.5
# A browser opens connections ahead of need; one that says nothing for so long is closed.
_PATIENCE = 20.0
_OWN = {
    "": ("shell.html", "text/html; charset=utf-8"),
    "live.js": ("live.js", "text/javascript; charset=utf-8"),
    "live.css": ("live.css", "text/css; charset=utf-8"),
}
_HEADERS = {
    "Cache-Control": "no-store",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cross-Origin-Opener-Policy": "same-origin",
}
_POLICY = "; ".join(
    (
        "default-src 'none'",
        "script-src 'self'",
        "style-src 'self'",
        "connect-src 'self'",
        "frame-src 'self'",
        "img-src data:",
        "base-uri 'none'",
        "form-action 'none'",
        "frame-ancestors 'none'",
    )
)


class Server(ThreadingMixIn, TCPServer):
    """Serves a model under edit at `url`, from `start` to `close`.

    The address holds a random word, so that nobody else on this machine can read the model.

    Raises
    ------
    SDError
        If the port is not free.
    """

    daemon_threads = False  # so that closing waits for all of them
    # On Windows it would let two servers have the same port.
    allow_reuse_address = os.name != "nt"

    def __init__(self, live: Live, port: int = 0) -> None:
        self.live = live
        self.word = token_urlsafe(12)
        self._open: set[socket.socket] = set()
        self._lock = Lock()
        self._thread = Thread(target=self.serve_forever, args=(0.05,), name="sdmodel serve")
        try:
            super().__init__((HOST, port), Handler)
        except OSError as error:
            if error.errno == errno.EADDRINUSE:
                why = f"port {port} is in use by another program"
            else:
                why = f"port {port} cannot be opened ({error.strerror})"
            raise SDError(f"{why}; give another with --port, or none for a free one") from error

    @property
    def port(self) -> int:
        """The port, also where a free one was chosen."""
        return int(self.socket.getsockname()[1])

    @property
    def url(self) -> str:
        """The address of the page."""
        return f"http://{HOST}:{self.port}/{self.word}/"

    @property
    def hosts(self) -> frozenset[str]:
        """The names under which a browser on this machine may know the server."""
        return frozenset(f"{name}:{self.port}" for name in (HOST, "localhost"))

    def start(self) -> None:
        """Begin to answer, in a thread."""
        self._thread.start()

    def close(self) -> None:
        """Stop answering; when this returns, no thread and no connection is left."""
        self.live.close()
        if self._thread.is_alive():
            self.shutdown()
            self._thread.join()
        with self._lock:
            for connection in self._open:
                with suppress(OSError):
                    connection.shutdown(socket.SHUT_RDWR)
        self.server_close()

    def process_request(self, request: Any, client_address: Any) -> None:
        """Take note of a connection, and answer it in a thread."""
        with self._lock:
            self._open.add(request)
        super().process_request(request, client_address)

    def shutdown_request(self, request: Any) -> None:
        """End a connection."""
        with self._lock:
            self._open.discard(request)
        super().shutdown_request(request)

    def handle_error(self, request: Any, client_address: Any) -> None:
        """Say nothing of a reader who has gone."""
        if not isinstance(sys.exception(), OSError):
            super().handle_error(request, client_address)


class Handler(BaseHTTPRequestHandler):
    """Answers one request; each connection has one."""

    server: Server
    timeout = _PATIENCE
    server_version, sys_version = "sdmodel", ""

    def do_GET(self) -> None:
        """Answer one of the few addresses there are, to a browser that means this machine."""
        # A page elsewhere may give its own name the address of this machine: it is told nothing.
        if self.headers.get("Host", "") not in self.server.hosts:
            return self._refuse(HTTPStatus.FORBIDDEN, "this server is for this machine only")
        word, slash, name = self.path.removeprefix("/").partition("/")
        if not (slash and compare_digest(word.encode(), self.server.word.encode())):
            return self._refuse(HTTPStatus.NOT_FOUND, "nothing is here: use the address shown")
        if name in _OWN:
            file, kind = _OWN[name]
            body = files("sdmodel.serving").joinpath(file).read_bytes()
            if file.endswith(".css"):
                body = css().encode() + body
            return self._answer(HTTPStatus.OK, kind, body, _POLICY)
        if name == "page" and self.server.live.page:
            body = self.server.live.page.encode()
            return self._answer(HTTPStatus.OK, _OWN[""][1], body, "frame-ancestors 'self'")
        if name == "events":
            return self._events()
        return self._refuse(HTTPStatus.NOT_FOUND, "nothing is here")

    def log_message(self, format: str, *args: object) -> None:
        """Say nothing of requests."""

    def _events(self) -> None:
        self._head(HTTPStatus.OK, "text/event-stream; charset=utf-8", _POLICY)
        known = -1
        while not self.server.live.over:
            news = self.server.live.wait(known, _PULSE)
            if news.number > known:
                known = news.number
                self.wfile.write(_event(news))
            if self._gone():
                return

    def _gone(self) -> bool:
        """Tell whether the reader has closed the connection: it never says anything more."""
        return bool(select.select([self.connection], [], [], 0)[0])

    def _answer(self, status: HTTPStatus, kind: str, body: bytes, policy: str) -> None:
        self._head(status, kind, policy, len(body))
        self.wfile.write(body)

    def _refuse(self, status: HTTPStatus, why: str) -> None:
        self._answer(status, "text/plain; charset=utf-8", why.encode(), _POLICY)

    def _head(self, status: HTTPStatus, kind: str, policy: str, length: int | None = None) -> None:
        self.send_response(status)
        said = {"Content-Type": kind, "Content-Security-Policy": policy, **_HEADERS}
        if length is not None:
            said["Content-Length"] = str(length)
        for name, value in said.items():
            self.send_header(name, value)
        self.end_headers()


def _event(news: News) -> bytes:
    # JSON has no line ends of its own, so that it is one line of the stream.
    return f"data: {json.dumps(news.to_dict())}\n\n".encode()
