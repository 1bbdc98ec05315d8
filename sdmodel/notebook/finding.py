"""Names by what they hold: found from a word or two, and shown as a table."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Sequence

from sdmodel.names import key
from sdmodel.notebook.parts import frame, table, written

_SHOWN = 60
_WIDEST = 88
# How alike a word must be to one in a name, where no name holds it as it is written.
_ALIKE = 0.75


def holding(words: str, names: Iterable[str]) -> list[str]:
    """Return the names that hold all words, in any order and spelling of case and blanks.

    First the name that is just this, then those with words that begin so, then those that hold a
    word inside another; where no name holds them, those with words that look alike.

    >>> holding("LABOR", ["labour force", "force"]), holding("rate birth", ["Birth_rate"])
    (['labour force'], ['Birth_rate'])
    """
    wanted = key(words).split()
    if not wanted or len(words) > _WIDEST:
        return []
    known = [(name, key(name)) for name in names]
    found = [(name, text) for name, text in known if all(word in text for word in wanted)]
    if found:
        return [name for name, text in sorted(found, key=lambda one: _rank(one[1], wanted))]
    return [
        name
        for name, text in known
        if all(difflib.get_close_matches(word, text.split(), 1, _ALIKE) for word in wanted)
    ]


def _rank(text: str, wanted: Sequence[str]) -> int:
    """Return how far from what is wanted a name is that holds it."""
    if text.split() == list(wanted):
        return 0
    parts = f" {text.replace('[', ' ').replace(',', ' ')}"
    return 1 if all(f" {word}" in parts for word in wanted) else 2


class Found(tuple[str, ...]):
    """Names that hold what was looked for; a tuple of them, shown as a table.

    Where names are asked for, it can stand as it is: ``run.plot(*run.find("knowledge"))``.
    """

    words: str
    heads: tuple[str, ...]
    row: Callable[[str], Sequence[object]]
    plain: Callable[[str], Sequence[str]]

    def __new__(
        cls,
        words: str,
        names: Iterable[str],
        heads: tuple[str, ...],
        row: Callable[[str], Sequence[object]],
        plain: Callable[[str], Sequence[str]],
    ) -> Found:
        """Look among names; a row of the table, and one of plain text, is made when shown."""
        found = super().__new__(cls, holding(words, names))
        found.words, found.heads, found.row, found.plain = words, heads, row, plain
        return found

    def __repr__(self) -> str:
        """Return a line for each name: what stands in the table, as text."""
        if not self:
            return self._told()
        rows = [[name, *self.plain(name)] for name in self[:_SHOWN]]
        widths = [max(len(row[place]) for row in rows) for place in range(len(rows[0]))]
        lines = [
            "  ".join(f"{cell:<{width}}" for cell, width in zip(row, widths, strict=True)).rstrip()
            for row in rows
        ]
        cut = [line if len(line) <= _WIDEST else f"{line[: _WIDEST - 3]}..." for line in lines]
        return "\n".join([*cut, *([f"and {len(self) - _SHOWN} more"] if self[_SHOWN:] else [])])

    def _repr_html_(self) -> str:
        if not self:
            return written(self._told())
        rows = ([name, *self.row(name)] for name in self[:_SHOWN])
        left = f"; the first {_SHOWN} are shown" if self[_SHOWN:] else ""
        return frame(self._told() + left, "", table(("name", *self.heads), rows))

    def _told(self) -> str:
        count = {0: "no name holds", 1: "1 name holds"}.get(len(self), f"{len(self)} names hold")
        return f"{count} {self.words!r}"
