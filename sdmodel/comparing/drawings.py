"""The drawings of two edited copies of a model made into one.

What a drawing says has no meaning for a run: where both sides changed the same thing, ours is kept
and a note says so. Elements are known by the numbers at the beginning of their lines; two new ones
with one number are told apart by giving that of theirs another, in the arrows too.
"""

from __future__ import annotations

import re
from collections.abc import Iterator

from sdmodel.comparing.sequences import numbered, three_way

_BEGIN = re.compile(r"^\\{2,3}---///.*$", re.MULTILINE)
_LINE = re.compile(r"[^\n]*\n|[^\n]+\Z")
_ARROW, _COMMENT, _TEXT_FOLLOWS = "1", "12", 4
_NAMED = frozenset(("10", "11", "12"))

Key = tuple[object, int]
Lines = dict[Key, str]


def merge_drawings(base: str, ours: str, theirs: str, notes: list[str]) -> str:
    """Return one drawing of three versions; what could not be kept is told in `notes`."""

    def settle(view: Key, was: str | None, our: str | None, their: str | None) -> str | None:
        if our is None or their is None:
            notes.append(f"the view {view[0]!r} was deleted by one side and changed by the other")
            return our or their
        return _merge_view(str(view[0]), was or "", our, their, notes)

    merged = three_way(_views(base), _views(ours), _views(theirs), settle)
    return "".join(merged.values())


def _views(text: str) -> dict[Key, str]:
    """Return the text of each view by its name; joined they are the drawing."""
    starts = [found.start() for found in _BEGIN.finditer(text)]
    if not starts:
        return {("", 0): text} if text else {}
    ends = [*starts[1:], len(text)]
    pages = [text[a:b] for a, b in zip(starts, ends, strict=True)]
    pages[0] = text[: starts[0]] + pages[0]
    return dict(zip(numbered(map(_name, pages)), pages, strict=True))


def _name(page: str) -> str:
    found = re.search(r"^\*(.*)$", page, re.MULTILINE)
    return found[1].strip() if found else ""


def _merge_view(view: str, base: str, ours: str, theirs: str, notes: list[str]) -> str:
    was, our, their = map(_records, (base, ours, theirs))
    their = _renumbered(was, our, their)
    kept: list[str] = []

    def settle(one: Key, was: str | None, our: str | None, their: str | None) -> str | None:
        if our is None or their is None:
            return None if was is not None else our or their
        kept.append(_called(our))
        return our

    merged = three_way(was, our, their, settle)
    if kept:
        what = ", ".join(sorted(set(kept)))
        notes.append(f"view {view!r}: both sides moved or changed {what}; ours is kept")
    return "".join(_without_loose_ends(merged).values())


def _records(page: str) -> Lines:
    """Return the lines of a view, a comment with its text, by the number of the element."""
    keys: list[object] = []
    found: list[str] = []
    lines = iter(_LINE.findall(page))
    for line in lines:
        cells = line.split(",", 9)
        if len(cells) > 1 and (cells[0] == _ARROW or cells[0] in _NAMED) and cells[1].isdigit():
            keys.append(int(cells[1]))
            if cells[0] == _COMMENT and len(cells) > 8 and _bits(cells[8]) & _TEXT_FOLLOWS:
                line += next(lines, "")
        else:
            keys.append(line[:1])
        found.append(line)
    return dict(zip(numbered(keys), found, strict=True))


def _bits(cell: str) -> int:
    return int(cell) if cell.isdigit() else 0


def _numbers(lines: Lines) -> Iterator[int]:
    return (one for one, _ in lines if isinstance(one, int))


def _renumbered(base: Lines, ours: Lines, theirs: Lines) -> Lines:
    """Return theirs with other numbers for the new elements whose number ours has given away."""
    taken = {one for one in _numbers(ours) if (one, 0) not in base}
    new = [one for one in _numbers(theirs) if (one, 0) not in base]
    free = max([*_numbers(ours), *_numbers(theirs)], default=0) + 1
    other: dict[int, int] = {}
    while True:  # two arrows that read the same differ once what they join has another number
        clash = [
            one
            for one in new
            if one in taken
            and one not in other
            and ours[one, 0] != _with_numbers(theirs[one, 0], other)
        ]
        if not clash:
            break
        other |= {one: free + len(other) + place for place, one in enumerate(clash)}
    if not other:
        return theirs
    changed: Lines = {}
    for (one, count), line in theirs.items():
        is_new = isinstance(one, int) and (one, 0) not in base
        number = other.get(one, one) if isinstance(one, int) else one
        changed[number, count] = _with_numbers(line, other) if is_new else line
    return changed


def _with_numbers(line: str, other: dict[int, int]) -> str:
    cells = line.split(",")
    for place in (1, 2, 3) if cells[0] == _ARROW else (1,):
        if cells[place].isdigit():
            number = int(cells[place])
            cells[place] = str(other.get(number, number))
    return ",".join(cells)


def _without_loose_ends(lines: Lines) -> Lines:
    """Leave out arrows from or to what one side deleted."""
    known = set(_numbers(lines))

    def held(line: str) -> bool:
        cells = line.split(",")
        ends = cells[2:4] if cells[0] == _ARROW else []
        return all(int(end) in known for end in ends if end.isdigit())

    return {one: line for one, line in lines.items() if held(line)}


def _called(line: str) -> str:
    cells = line.split(",")
    if cells[0] == "10" and len(cells) > 2:
        return repr(cells[2].strip('"'))
    return {"1": "an arrow", "11": "a valve", "12": "a comment"}.get(cells[0], "its header")
