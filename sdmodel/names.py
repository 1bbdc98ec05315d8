"""Vensim's naming rule: which spellings mean the same variable."""

from __future__ import annotations

import re

_BLANKS = re.compile(r"[\s_]+")
# A backslash at the end of a line only says that the line goes on.
_CONTINUATION = re.compile(r"\\[ \t]*(\r\n|\r|\n)[ \t]*")


def tidy(name: str) -> str:
    r"""Return a name on one line with single blanks; quotes and underscores stay as written.

    >>> tidy("research people at half \\\n\t\tcapacity")
    'research people at half capacity'
    """
    joined = _CONTINUATION.sub("", name.strip())
    return re.sub(r"\s+", " ", joined)


def key(name: str) -> str:
    r"""Return what all spellings of one variable share.

    Case, and the difference between blanks and underscores, mean nothing (Vensim Reference Manual,
    "Variable names"); quotes only allow otherwise forbidden characters.

    >>> key('Birth_Rate') == key("birth  rate") == key('"birth rate"')
    True
    """
    text = tidy(name)
    if len(text) > 1 and text[0] == text[-1] == '"':
        text = text[1:-1].replace('\\"', '"')
    return _BLANKS.sub(" ", text).strip().casefold()
