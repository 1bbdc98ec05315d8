"""Expressions of a modeler, computed by the model itself: variables added in memory.

``BASE RUN(x)`` in an expression is what ``x`` is in the base run at the same time.
"""

from __future__ import annotations

import re
from collections.abc import Iterable, Mapping

import numpy as np

from sdmodel.editing import with_additions
from sdmodel.kernel import Array
from sdmodel.lowering import problems
from sdmodel.model import Model
from sdmodel.names import key

_BASE_RUN = re.compile(r"\bBASE[ _]+RUN\s*\(", re.IGNORECASE)
_PLACEHOLDER = "((0,0),(1,1))"


class Probes:
    """Names for expressions, and a model with a variable for each of them.

    `courses` has the times and values that each ``BASE RUN(x)`` stands for; without them it reads
    a placeholder, which is good enough to see whether the expressions can be understood.
    """

    def __init__(
        self,
        model: Model,
        expressions: Iterable[str],
        courses: Mapping[str, tuple[Array, Array]] | None = None,
    ) -> None:
        self.model = model
        self.names: dict[str, str] = {}
        self.inner: dict[str, str] = {}
        self._taken = {key(name) for name in model.variables}
        self._added: dict[str, str] = {}
        for text in expressions:
            if text not in self.names:
                self._add(text, courses or {})

    def _name(self, stem: str) -> str:
        number = 1
        while key(f"{stem} {number}") in self._taken:
            number += 1
        self._taken.add(key(f"{stem} {number}"))
        return f"{stem} {number}"

    def _add(self, text: str, courses: Mapping[str, tuple[Array, Array]]) -> None:
        outer, rest = "", text
        while (found := _BASE_RUN.search(rest)) is not None:
            end = _closing(rest, found.end())
            inside = rest[found.end() : end].strip()
            outer += rest[: found.start()] + self._course(inside, courses) + "(Time)"
            rest = rest[end + 1 :]
        self.names[text] = name = self._name("expectation")
        self._added[name] = outer + rest

    def _course(self, inside: str, courses: Mapping[str, tuple[Array, Array]]) -> str:
        """Return the lookup of an expression in the base run; each is made once."""
        if inside not in self.inner:
            self.inner[inside] = name = self._name("base run of expectation")
            self._added[name] = _points(*courses[inside]) if inside in courses else _PLACEHOLDER
            # The expression itself has to be understood too, and is what the base run computes.
            own = self._name("expectation in the base run")
            self._added[own] = inside
            self.names.setdefault(inside, own)
        return self.inner[inside]

    def extended(self, model: Model) -> Model:
        """Return a model with these variables added, which may be another than the one given."""
        source = with_additions(model.source, self._added)
        return Model(source, model.settings, model._files)

    def problems(self) -> dict[str, str]:
        """Return what is wrong with the expressions, by their text."""
        own = {key(name): text for text, name in self.names.items()}
        found: dict[str, str] = {}
        for one in problems(with_additions(self.model.source, self._added)):
            text = own.get(key(one.variable), "")
            if text and text not in found:
                message = re.sub(r"^in the equation of '[^']*': ", "", one.message)
                found[text] = message + (f"; {one.cure}" if one.cure else "")
        return found


def _closing(text: str, start: int) -> int:
    """Return where the bracket that is open at `start` closes; the end of the text if nowhere."""
    depth = 1
    for place in range(start, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place
    return len(text)


def _points(times: Array, values: Array) -> str:
    """Write a course as the points of a lookup, every number exactly."""
    known = np.isfinite(values)
    pairs = zip(times[known].tolist(), values[known].tolist(), strict=True)
    return "(" + ",".join(f"({t!r},{v!r})" for t, v in pairs) + ")"
