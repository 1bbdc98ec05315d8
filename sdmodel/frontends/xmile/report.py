"""What is wrong in a file, collected while it is read."""

from __future__ import annotations

import math

from sdmodel.errors import Problem
from sdmodel.frontends.xmile.markup import Element, attribute_at
from sdmodel.source import SourceText


class Report:
    """Collects problems, each with its place."""

    def __init__(self, source: SourceText) -> None:
        self.source = source
        self.problems: list[Problem] = []
        self.remarks: list[str] = []
        self._known: set[Problem] = set()

    def refuse(
        self,
        at: int,
        message: str,
        cure: str,
        *,
        kind: str = "definition",
        variable: str = "",
        name: str = "",
        near: tuple[str, ...] = (),
    ) -> None:
        """Add a problem."""
        found = self.source.problem(
            at, message, kind=kind, variable=variable, cure=cure, name=name or variable, near=near
        )
        if found not in self._known:  # a model used as two modules is read twice
            self._known.add(found)
            self.problems.append(found)

    def unsupported(self, at: int, what: str, cure: str, variable: str = "") -> None:
        """Add a construct that is not offered."""
        self.refuse(at, what, cure, kind="unsupported", variable=variable, name=what)

    def attribute(self, element: Element, name: str) -> int:
        """Return where the value of an attribute stands."""
        return attribute_at(self.source, element, name)

    def number(self, element: Element, text: str, at: int, what: str) -> float | None:
        """Return a number; None, and a problem, where the text is none."""
        try:
            value = float(text) if "_" not in text else math.nan
        except ValueError:
            value = math.nan
        if math.isfinite(value):
            return value
        self.refuse(
            at,
            f"{what} must be a number, not {text[:40]!r}" if text else f"{what} is missing",
            "write a plain number with a decimal point",
            kind="syntax",
        )
        return None
