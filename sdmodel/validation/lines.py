"""Where in a TOML file something stands: its reader gives values without places."""

from __future__ import annotations

import re


def line_of(text: str, table: str, entry: str = "", fragment: str = "", count: int = 0) -> int:
    r"""Return the line, from 1, of a table's entry, or of a fragment within it; 0 if unknown.

    `table` and `entry` name a header as in ``[loops.R1]``; of an array of tables ``[[extreme]]``
    the one numbered `count` from 0 is meant.

    >>> line_of('a = 1\n[loops.R1]\npolarity = "+"', "loops", "R1", "polarity")
    3
    """
    lines = text.splitlines()
    starts = [i for i, line in enumerate(lines) if _heads(line, table, entry)]
    if not starts and entry:
        starts = [i for i, line in enumerate(lines) if _heads(line, table, "")]
    first = starts[min(count, len(starts) - 1)] if starts else 0
    wanted = [fragment, entry] if fragment else [entry]
    for one in filter(None, wanted):
        for i in range(first, len(lines)):
            if i > first and _is_header(lines[i]) and (starts or table):
                break
            if one in lines[i]:
                return i + 1
    return first + 1 if starts else 0


def _is_header(line: str) -> bool:
    return bool(re.match(r"\s*\[", line)) and "=" not in line and "," not in line


def _heads(line: str, table: str, entry: str) -> bool:
    found = re.match(r"\s*\[\[?\s*(.*?)\s*\]", line)
    if found is None:
        return False
    spelled = found[1].replace('"', "").replace("'", "")
    return spelled == (f"{table}.{entry}" if entry else table)
