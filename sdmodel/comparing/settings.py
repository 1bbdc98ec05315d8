"""The settings of two edited copies of a model, which stand behind its drawing, made into one."""

from __future__ import annotations

import re

from sdmodel.comparing.sequences import numbered, three_way

_GRAPH = re.compile(r":GRAPH[ \t]+(.*)", re.I)  # its lines follow; Vensim's "custom graph"
_BEGIN = re.compile(r":L\W*<%\^E!@")
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")
_UNITS, _METHOD = "22:", "15"

Record = tuple[tuple[str, str], int]


def merge_settings(
    base: str, ours: str, theirs: str, notes: list[str]
) -> tuple[str, list[tuple[str, str, str]]]:
    """Return the merged settings, and the three lines of a method that both sides changed.

    Of what else both changed, the state of the workbench and Vensim's own graphs, ours is kept; a
    note tells of a graph.
    """
    methods: list[tuple[str, str, str]] = []

    def settle(one: Record, was: str | None, our: str | None, their: str | None) -> str | None:
        (kind, name), _ = one
        if kind == _METHOD:
            methods.append(((was or "").strip(), (our or "").strip(), (their or "").strip()))
        if kind == "graph":
            notes.append(f"the graph {name!r} was changed by both sides; ours is kept")
        return our or their

    merged = three_way(_records(base), _records(ours), _records(theirs), settle)
    return "".join(merged.values()), methods


def _records(text: str) -> dict[Record, str]:
    """Return the lines by what they set, those of a graph together; joined they are the text."""
    keys: list[tuple[str, str]] = []
    found: list[str] = []
    within = False
    for line in _LINE.findall(text):
        graph = _GRAPH.match(line)
        within = bool(graph) or (within and not _BEGIN.match(line))
        if within and not graph:
            found[-1] += line
            continue
        if graph:
            keys.append(("graph", graph[1].strip()))
        elif line.startswith(_UNITS):  # each line is a unit with its other names
            keys.append((_UNITS, line.strip()))
        else:
            keys.append((line.partition(":")[0] if line[:1].isdigit() else line[:4], ""))
        found.append(line)
    return dict(zip(numbered(keys), found, strict=True))
