"""Which elements of the drawing stand elsewhere in another version of a file."""

from __future__ import annotations

from collections.abc import Iterator

from sdmodel.comparing.sequences import numbered
from sdmodel.errors import ReadError, counted
from sdmodel.frontends.sketch import Element, Kind, View, read_sketch
from sdmodel.names import key

MOST_NAMED = 8
Elements = dict[tuple[object, int], Element]


def moved_elements(old: str, new: str) -> Iterator[tuple[str, str]]:
    """Yield each view that differs, and in what."""
    try:
        before, after = _views(old), _views(new)
    except ReadError:
        return  # `sdmodel sketch --check` tells what is wrong with a drawing
    for name, view in after.items():
        if name not in before:
            yield f"view {name}", f"new, with {counted(len(view.elements), 'element')}"
        else:
            said = "; ".join(_differences(before[name], view))
            if said:
                yield f"view {name}", said
    for name in before.keys() - after.keys():
        yield f"view {name}", "removed"


def _views(text: str) -> dict[str, View]:
    found = read_sketch(text)
    names = numbered(view.name for view in found)
    return {
        name if count == 0 else f"{name} ({count + 1})": view
        for (name, count), view in zip(names, found, strict=True)
    }


def _differences(old: View, new: View) -> Iterator[str]:
    before, after = _elements(old), _elements(new)
    shared = [one for one in after if one in before]
    moved = [one for one in shared if _place(before[one]) != _place(after[one])]
    for word, keys, source in (
        ("moved", moved, after),
        ("drawn", [one for one in after if one not in before], after),
        ("no longer drawn", [one for one in before if one not in after], before),
    ):
        if keys:
            yield f"{word}: {_named([source[one] for one in keys])}"
    if (
        not moved
        and len(shared) == len(before) == len(after)
        and len(old.arrows) != len(new.arrows)
    ):
        yield f"{len(old.arrows)} arrows, now {len(new.arrows)}"


def _elements(view: View) -> Elements:
    keys = [(one.kind, key(one.name) if one.kind is Kind.VARIABLE else "") for one in view.elements]
    return dict(zip(numbered(keys), view.elements, strict=True))


def _place(one: Element) -> tuple[int, int]:
    return one.x, one.y


def _named(elements: list[Element]) -> str:
    names = [one.name for one in elements if one.kind is Kind.VARIABLE]
    others = len(elements) - len(names)
    shown = ", ".join(names[:MOST_NAMED])
    if len(names) > MOST_NAMED:
        shown += f" and {len(names) - MOST_NAMED} more"
    more = counted(others, "valve, cloud or comment") if others else ""
    return " and ".join(filter(None, (shown, more)))
