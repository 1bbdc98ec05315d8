"""What a browser is told of a model that is being edited: the last good page, and what is wrong."""

from __future__ import annotations

import time
from collections.abc import Callable
from dataclasses import dataclass, field, replace
from pathlib import Path
from threading import Condition
from typing import Any

from sdmodel.checks.checking import faults_of
from sdmodel.checks.records import Finding
from sdmodel.errors import SDError
from sdmodel.model import Model
from sdmodel.watching import Session


@dataclass(frozen=True, slots=True)
class News:
    """How things stand after a save.

    `number` counts what was told, `page` the pages that were made: it stays while the model cannot
    be run, for then `errors` say why. `changes` is what the last save did; `findings` is what the
    checks say, and `checked` that they had their say on this save.
    """

    number: int = 0
    page: int = 0
    at: str = ""
    seconds: float = 0.0
    errors: tuple[Finding, ...] = ()
    changes: tuple[str, ...] = ()
    moved: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    checked: bool = False

    def to_dict(self) -> dict[str, Any]:
        """Return it as plain values, for JSON."""
        return {
            "page": self.page,
            "at": self.at,
            "seconds": round(self.seconds, 3),
            "errors": [_told(one) for one in self.errors],
            "changes": list(self.changes),
            "moved": list(self.moved),
            "findings": [_told(one) for one in self.findings],
            "checked": self.checked,
        }


@dataclass
class Live:
    """A model under edit, for any number of readers that wait for news of it.

    `make` gives the page of a model; it is called once for each save that can be run.
    """

    session: Session
    make: Callable[[Model], str]
    most: int = 8
    page: str = field(default="", init=False)
    news: News = field(default_factory=News, init=False)
    over: bool = field(default=False, init=False)
    _told: Condition = field(default_factory=Condition, init=False)

    def refresh(self) -> None:
        """Look at the model, make its page where it can be run, and check it."""
        look, start = self.session.look(), time.perf_counter()
        errors, page = look.errors, ""
        if not errors:
            try:
                page = self.make(self.session.model)
            except SDError as error:
                errors = tuple(faults_of(error))
        seconds = look.seconds + time.perf_counter() - start
        self._tell(
            page,
            at=time.strftime("%H:%M:%S"),
            seconds=seconds,
            errors=errors,
            changes=tuple(map(str, look.rewritten[: self.most])),
            moved=tuple(map(str, look.moved[: self.most])),
            checked=False,
        )
        self._tell("", findings=self.session.verdict().findings, checked=True)

    def wait(self, known: int, seconds: float) -> News:
        """Return the news once there is more than number `known`, or after so many seconds."""
        with self._told:
            self._told.wait_for(lambda: self.over or self.news.number > known, seconds)
            return self.news

    def close(self) -> None:
        """Let everybody who waits go."""
        with self._told:
            self.over = True
            self._told.notify_all()

    def _tell(self, page: str, **said: Any) -> None:
        with self._told:
            count = self.news.page + 1 if page else self.news.page
            self.page = page or self.page
            self.news = replace(self.news, number=self.news.number + 1, page=count, **said)
            self._told.notify_all()


def _told(one: Finding) -> dict[str, Any]:
    # The browser knows which model it is; the folder it lies in would only be long.
    problem = replace(one.problem, path=Path(one.problem.path).name)
    return {
        "severity": one.severity,
        "code": one.code,
        "message": problem.message,
        "path": problem.path,
        "line": problem.line,
        "column": problem.column,
        "text": str(replace(one, problem=problem)),
    }
