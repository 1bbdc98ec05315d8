"""Three versions of a list of keyed items made into one: the frame of every merge here."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Mapping, Sequence
from typing import TypeVar

Key = TypeVar("Key", bound=Hashable)
Item = TypeVar("Item")
# From the three versions of an item to the merged one; None stands for no item.
Settle = Callable[[Key, Item | None, Item | None, Item | None], Item | None]


def three_way(
    base: Mapping[Key, Item],
    ours: Mapping[Key, Item],
    theirs: Mapping[Key, Item],
    settle: Settle[Key, Item],
) -> dict[Key, Item]:
    """Return the merged items in order; `settle` is asked about each that both sides touched.

    >>> three_way({"a": 1, "b": 2}, {"a": 1, "b": 2, "c": 3}, {"a": 9}, lambda *_: None)
    {'a': 9, 'c': 3}
    """
    merged: dict[Key, Item] = {}
    for one in order(list(base), list(ours), list(theirs)):
        was, our, their = base.get(one), ours.get(one), theirs.get(one)
        if our == their or their == was:
            kept = our
        elif our == was:
            kept = their
        else:
            kept = settle(one, was, our, their)
        if kept is not None:
            merged[one] = kept
    return merged


def order(base: Sequence[Key], ours: Sequence[Key], theirs: Sequence[Key]) -> list[Key]:
    """Return the keys of both sides in one order.

    That of ours, unless only theirs was moved about; what the other side has besides stands behind
    what it follows there.

    >>> order("abc", "abxc", "yacb")
    ['y', 'a', 'c', 'b', 'x']
    """
    moved = _common(base, ours) == _common(ours, base)
    first, second = (theirs, ours) if moved else (ours, theirs)
    known, found = set(first), list(first)
    before: Key | None = None
    for one in second:
        if one not in known:
            known.add(one)
            found.insert(0 if before is None else found.index(before) + 1, one)
        before = one
    return found


def _common(one: Iterable[Key], other: Iterable[Key]) -> list[Key]:
    within = set(other)
    return [key for key in one if key in within]


def numbered(keys: Iterable[Key]) -> list[tuple[Key, int]]:
    """Return each key with how often it came before, so that all differ.

    >>> numbered("aba")
    [('a', 0), ('b', 0), ('a', 1)]
    """
    seen: dict[Key, int] = {}
    found = []
    for one in keys:
        found.append((one, seen.get(one, 0)))
        seen[one] = seen.get(one, 0) + 1
    return found
