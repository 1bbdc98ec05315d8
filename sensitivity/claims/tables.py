"""The tables of a claims file: which keys they may have, and where they stand."""

from __future__ import annotations

import math
import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from sensitivity.errors import among

LARGEST = 4 * 2**20
NUMBER = (int, float)
TEXTS: type = list
# Tables of the file and the keys each may have, with their types.
WORDS: Mapping[str, Mapping[str, Any]] = {
    "study": {"draws": int, "seed": int, "ids": TEXTS, "time_step": NUMBER},
    "filter": {"about": str, "keep": list},
    "keep": {"arm": str, "outcome": str, "low": NUMBER, "high": NUMBER},
    "outcomes": {
        "of": str,
        "reduce": str,
        "at": NUMBER,
        "never": NUMBER,
        "label": str,
        "unit": str,
        "between": list,
    },
    "arms": {"label": str, "from": str, "set": dict, "scale": dict, "add": dict, "about": str},
    "experiments": {
        "title": str,
        "question": str,
        "arms": TEXTS,
        "outcomes": TEXTS,
        "along": dict,
        "caveat": str,
    },
    "claims": {
        "experiment": str,
        "text": str,
        "covers": TEXTS,
        "kind": str,
        "arms": TEXTS,
        "outcome": str,
        "outcomes": TEXTS,
        "of": str,
        "expect": str,
        "above": NUMBER,
        "below": NUMBER,
        "weights": list,
        "along": dict,
        "scale": str,
        "because": str,
    },
    "cannot": {"ids": TEXTS, "reason": str, "missing": str},
    "structural": {"id": str, "check": str, "variables": TEXTS, "paths": list},
}


# Those of them that are lists of tables, without names.
LISTS = ("cannot", "structural")


def finite(value: float) -> bool:
    """Tell whether a number is one that a run can be given; an integer may have too many digits.

    Examples
    --------
    >>> finite(2), finite(10**400), finite(math.inf)
    (True, False, False)
    """
    try:
        return math.isfinite(value)
    except OverflowError:
        return False


class Tables:
    """The tables of a file, and everything that is wrong with them."""

    def __init__(self, path: str, text: str, raw: dict[str, Any]) -> None:
        self.path, self.raw = path, raw
        self.lines = text.splitlines()
        self.wrong: list[str] = []

    def fail(self, where: str, reason: str) -> None:
        """Keep what is wrong with a table, with its line."""
        self.wrong.append(f"{self.path}:{self.line_of(where)}: {where}: {reason}")

    def line_of(self, where: str) -> int:
        """Return the line on which a table begins, or 1 where it is not written as one."""
        kind, _, name = where[1:-1].partition(".")
        if kind in LISTS and name:
            heads = [n for n, line in enumerate(self.lines, 1) if f"[[{kind}" in line]
            return heads[int(name) - 1] if int(name) <= len(heads) else 1
        quoted = re.escape(name)
        head = re.compile(rf"""\s*\[\s*{re.escape(kind)}\s*\.\s*["']?{quoted}["']?\s*\]""")
        if not name:
            head = re.compile(rf"\s*\[\s*{re.escape(kind)}\s*\]")
        return next((n for n, line in enumerate(self.lines, 1) if head.match(line)), 1)

    def tables(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the tables of one kind with their names."""
        found = self.raw.get(kind, {})
        if not isinstance(found, dict):
            self.fail(f"[{kind}]", f"must be tables such as [{kind}.NAME]")
            return
        for name, entry in found.items():
            yield name, self.entry(f"[{kind}.{name}]", entry, kind)

    def listed(self, kind: str) -> Iterator[tuple[str, dict[str, Any]]]:
        """Yield the tables of a list with what they are called in messages."""
        found = self.raw.get(kind, [])
        if not isinstance(found, list):
            self.fail(f"[{kind}]", f"must be a list of tables: [[{kind}]]")
            return
        for place, entry in enumerate(found, 1):
            where = f"[{kind}.{place}]"
            yield where, self.entry(where, entry, kind)

    def entry(self, where: str, entry: object, kind: str) -> dict[str, Any]:
        """Return the keys of a table that are known and of the right type."""
        if not isinstance(entry, dict):
            self.fail(where, "must be a table")
            return {}
        good: dict[str, Any] = {}
        for word, value in entry.items():
            wanted = WORDS[kind].get(word)
            if wanted is None:
                self.fail(where, f"has no key '{word}'{among(word, WORDS[kind])}")
            elif not isinstance(value, wanted) or isinstance(value, bool):
                self.fail(where, f"{word} = {value!r} is of the wrong type")
            elif isinstance(value, NUMBER) and not finite(value):
                self.fail(where, f"{word} must be a finite number")
            else:
                good[word] = value
        return good

    def texts(self, where: str, word: str, found: Sequence[object]) -> list[str]:
        """Return the names in a list."""
        good = [one for one in found if isinstance(one, str)]
        if len(good) < len(found):
            self.fail(where, f"{word} must be a list of names")
        return good

    def numbers(self, where: str, word: str, found: Sequence[object]) -> tuple[float, ...]:
        """Return the numbers in a list."""
        good = [
            float(one)
            for one in found
            if isinstance(one, int | float) and not isinstance(one, bool) and finite(one)
        ]
        if len(good) < len(found):
            self.fail(where, f"{word} must be a list of finite numbers")
        return tuple(good)

    def ids(self, where: str, found: Sequence[object]) -> tuple[str, ...]:
        """Return ids, with ranges such as P01-P04 written out."""
        names: list[str] = []
        for text in self.texts(where, "ids", found):
            ends = re.fullmatch(r"([A-Za-z]+)(\d+)-\1(\d+)", text)
            if ends is None:
                names.append(text)
                continue
            first, last = int(ends[2]), int(ends[3])
            if last - first > 9999:
                self.fail(where, f"'{text}' are more than ten thousand ids")
                continue
            names += [f"{ends[1]}{n:0{len(ends[2])}d}" for n in range(first, last + 1)]
        return tuple(dict.fromkeys(names))
