"""Pieces of Markdown, with every text kept as it is."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence


def cell(text: object) -> str:
    r"""Return a text as it may stand in a cell of a table or in a paragraph, letter by letter.

    >>> cell("a_b | <c>")
    'a\\_b \\| &lt;c&gt;'
    """
    plain = " ".join(str(text).split()).replace("&", "&amp;").replace("<", "&lt;")
    return re.sub(r"([\\`*_{}\[\]|#$~^])", r"\\\1", plain.replace(">", "&gt;"))


def code(text: object) -> str:
    """Return a text in letters of one width, as it may stand in a cell."""
    return f"`` {' '.join(str(text).split())} ``".replace("|", r"\|") if str(text).strip() else ""


def table(heads: Sequence[str], rows: Iterable[Sequence[str]]) -> str:
    """Return a table, or nothing where there are no rows."""
    lines = [f"| {' | '.join(row)} |" for row in rows]
    if not lines:
        return ""
    return "\n".join([f"| {' | '.join(heads)} |", "| --- " * len(heads) + "|", *lines])


def fenced(text: str, language: str) -> str:
    """Return a block whose lines stay as they are."""
    longest = max((len(ticks) for ticks in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text.rstrip()}\n{fence}"
