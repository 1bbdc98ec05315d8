"""Names that are used once give way to their expressions: less to read, less to compile."""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass

# Expressions are nested no deeper: neither a browser's reader nor a person's likes it.
DEEPEST = 24

_NAME = re.compile(r"\bt\d+\b")
# What needs no parentheses around it: a name, a number, an element, or a call of such; and what
# stands alone between commas, in parentheses or behind an equals sign.
_WHOLE = re.compile(r"[\w.]+(\[[^\]]*\]|\([^()]*\))?")
_ALONE = re.compile(r"(?:(?<=\()|(?<=, )|(?<=\] = ))(t\d+)(?=[),;])")


@dataclass(slots=True)
class Line:
    """A line of a function in one of its blocks; with a `name` it says what this stands for."""

    code: str
    block: int
    name: str = ""


def folded(lines: Sequence[Line]) -> list[str]:
    """Return lines of JavaScript in which nothing is named that is used only once.

    >>> lines = [Line("v[3]", 0, "t1"), Line("t1 + 2", 0, "t2"), Line("v[4] = t2 * t2;", 0)]
    >>> folded(lines)
    ['const t2 = v[3] + 2;', 'v[4] = t2 * t2;']
    """
    uses = [(name, line.block) for line in lines for name in _NAME.findall(line.code)]
    count, block = Counter(name for name, _ in uses), dict(uses)
    waiting: dict[str, tuple[str, int]] = {}
    found = []
    for line in lines:
        below = [name for name in _NAME.findall(line.code) if name in waiting]
        depth = 1 + max((waiting[name][1] for name in below), default=0)
        code = _ALONE.sub(lambda match: waiting.get(match[0], (match[0],))[0], line.code)
        code = _NAME.sub(lambda match: _closed(waiting.get(match[0], (match[0],))[0]), code)
        if not line.name:
            found.append(code)
        # What is used in a loop further in would be computed at each of its turns.
        elif count[line.name] == 1 and block[line.name] == line.block and depth < DEEPEST:
            waiting[line.name] = code, depth
        elif count[line.name]:
            found.append(f"const {line.name} = {code};")
    return found


def _closed(code: str) -> str:
    return code if _WHOLE.fullmatch(code) else f"({code})"
