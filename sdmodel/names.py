"""Vensim's naming rule: which spellings mean the same variable."""

from __future__ import annotations

import functools
import re

# A backslash at the end of a line only says that the line goes on.
_CONTINUATION = re.compile(r"\\[ \t]*(\r\n|\r|\n)[ \t]*")


def tidy(name: str) -> str:
    r"""Return a name on one line with single blanks; quotes and underscores stay as written.

    >>> tidy("research people at half \\\n\t\tcapacity")
    'research people at half capacity'
    """
    joined = _CONTINUATION.sub("", name.strip()) if "\\" in name else name
    return " ".join(joined.split())  # by words, for a model may have a million elements


def whole_number(text: str) -> int | None:
    """Return a number of at most 18 plain digits; None for everything else.

    >>> whole_number("12"), whole_number("²"), whole_number("9" * 5000)
    (12, None, None)
    """
    plain = text.isascii() and text.isdigit() and len(text) <= 18
    return int(text) if plain else None


@functools.lru_cache(maxsize=1 << 16)
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
    return " ".join(text.replace("_", " ").split()).casefold()


def of_the_model(name: str) -> str:
    """Return the name in the model of what a macro calls ``name$``; the quotes stand round both.

    >>> of_the_model("birth rate$"), of_the_model('"R&D$"')
    ('birth rate', '"R&D"')
    """
    text = tidy(name)
    quote = '"' if text.endswith('"') else ""
    return text.removesuffix(quote).rstrip("$").strip() + quote


def element_key(name: str) -> str:
    """Return the key of a variable or of one element of it, however it is spelled.

    >>> element_key('Stock_A[ a1, "B 2" ]')
    'stock a[a1,b 2]'
    """
    whole = key(name)
    if not whole.endswith("]") or name.strip().endswith('"'):
        return whole
    head, _, inside = whole.rpartition("[")
    return f"{key(head)}[{','.join(key(one) for one in inside[:-1].split(','))}]"


def readable(name: str) -> str:
    """Return a hidden name as people may read it; other names as they are.

    >>> readable("#SSHAPE 3 > input"), readable("#graphical function of y"), readable("x")
    ('input in macro SSHAPE', 'graphical function of y', 'x')
    """
    if not name.startswith("#"):
        return name
    head, mark, inside = name[1:].rpartition(" > ")
    if not mark:
        return name[1:]
    macro = head.rpartition(" > ")[2].lstrip("#").rpartition(" ")[0]
    return f"{inside} in macro {macro}"
