"""The registries as Markdown tables: functions, checks, methods."""

from __future__ import annotations

from collections.abc import Callable

import sdmodel as sd
import sensitivity as sa
from _ext.markdown import cell, code, table
from sdmodel.checks.registry import CHECKS, PROFILES
from sdmodel.functions import MANUAL


def offered() -> str:
    """Return every function that an equation may use."""
    heads = ["function", "what it is", "example", "kind"]
    return table(
        heads,
        [
            [
                code(one.signature),
                cell(one.summary),
                code(f"{one.example} = {one.value:g}"),
                cell(one.family + (", remembers" if one.memory else "")),
            ]
            for one in sd.functions()
        ],
    )


def otherwise() -> str:
    """Return the functions of the manuals that go by another name here."""
    rows = [
        [code(one.name), cell(one.source), code(one.meant)]
        for one in MANUAL
        if one.offered and one.meant and one.meant != one.name
    ]
    return table(["function", "of", "is here"], rows)


def refused() -> str:
    """Return the functions of the manuals that are not offered, and what to write instead."""
    rows = [[code(one.name), cell(one.source), cell(one.cure)] for one in MANUAL if not one.offered]
    return table(["function", "of", "what to do instead"], rows)


def checks() -> str:
    """Return every check, each linked to its section of the page on checks."""
    rows = [
        [
            f"[{one.code}](../checks.md#{one.code.lower()}-{one.name.replace(' ', '-')})",
            cell(one.name),
            cell(one.severity),
            ", ".join(map(cell, one.profiles)),
            "yes" if one.fixable else "",
            "yes" if one.runs else "",
        ]
        for one in CHECKS.values()
    ]
    return table(["code", "name", "severity", "profiles", "mended", "runs"], rows)


def profiles() -> str:
    """Return the sets of checks that may be chosen by name."""
    return table(["profile", "what it is"], [[code(k), cell(v)] for k, v in PROFILES.items()])


def methods() -> str:
    """Return every method of sensitivity analysis, each linked to its section."""
    rows = [
        [
            f"[{one.name}](../methods.md#{one.name})",
            cell(one.about),
            cell(", ".join(one.indices)),
            cell(one.formula),
            str(one.default_samples),
        ]
        for one in sa.METHODS.values()
    ]
    return table(["method", "what it tells", "indices", "runs", "samples by default"], rows)


TABLES: dict[str, Callable[[], str]] = {
    one.__name__: one for one in (offered, otherwise, refused, checks, profiles, methods)
}
