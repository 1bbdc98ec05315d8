"""The page of a check, for the command line and for `docs/checks.md`."""

from __future__ import annotations

import textwrap

from sdmodel.checks import checking  # fills the registry
from sdmodel.checks.records import Check
from sdmodel.checks.registry import ALL, CHECKS, PROFILES, codes
from sdmodel.errors import SDError

_WIDTH = 100


def explained(code: str) -> str:
    """Return the page of the check that a code or name says.

    Examples
    --------
    >>> print(explained("sd003").splitlines()[0])
    SD003 circular (error)
    """
    found = sorted(codes([code]))
    if len(found) != 1:
        raise SDError(f"{code!r} is the beginning of several: {', '.join(found)}")
    one = CHECKS[found[0]]
    paragraphs = [f"{one.code} {one.name} ({_manner(one)})", _filled(one.meaning)]
    if one.example:
        paragraphs.append("Example:\n" + textwrap.indent(one.example, "    "))
    paragraphs.append(_filled(f"Cure: {one.cure}."))
    paragraphs.append(_filled(f"Profiles: {', '.join(one.profiles)}."))
    return "\n\n".join(paragraphs)


def listed() -> str:
    """Return a line for each check and each profile."""
    lines = [f"{one.code}  {one.name:<26} {_manner(one)}" for one in _rows()]
    lines.append("")
    lines += [f"--profile {name:<16} {what}" for name, what in PROFILES.items()]
    return "\n".join(lines)


def markdown() -> str:
    """Return the part of `docs/checks.md` that the registry says: a table, and all sections."""
    lines = ["| code | check | severity | on in | mended by `--fix` |", "|---|---|---|---|---|"]
    for one in _rows():
        link = f"[{one.code}](#{one.code.lower()}-{one.name.replace(' ', '-')})"
        on = ", ".join(name for name in one.profiles if name != ALL) or "`all` only"
        lines.append(
            f"| {link} | {one.name} | {one.severity} | {on} | {'yes' if one.fixable else ''} |"
        )
    for one in _rows():
        lines += ["", f"### {one.code} {one.name}", "", _filled(one.meaning)]
        if one.example:
            lines += ["", "```text", one.example, "```"]
        lines += ["", _filled(f"Cure: {one.cure}.")]
    return "\n".join(lines) + "\n"


def _rows() -> list[Check]:
    assert checking.ROWS
    return sorted(CHECKS.values(), key=lambda one: one.code)


def _manner(one: Check) -> str:
    told = [one.severity]
    told += ["mended by --fix"] * one.fixable + ["runs the model"] * one.runs
    return ", ".join(told)


def _filled(text: str) -> str:
    return textwrap.fill(" ".join(text.split()), _WIDTH)
