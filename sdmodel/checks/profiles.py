"""What the names of variables should look like, by profile: one pattern for each kind."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sdmodel.checks.registry import ALL, CLASSIC, DEFAULT, LOCOMOTION

# What is named so turns something on or off.
SWITCH = re.compile(r"\bswitch\b|^switch_|_switch$", re.IGNORECASE)

_CAPITAL = r"[^a-z].*"
# A small letter first, or an abbreviation or word in capitals.
_SMALL = r"[^A-Z].*|[^a-z]+|[A-Z]+[^a-z].*"
_LOWER, _UPPER = r"([a-z0-9]+_)*[a-z0-9]+", r"([A-Z0-9]+_)*[A-Z0-9]+"
_SWITCHED, _INDEX = rf"SWITCH_{_UPPER}", rf"{_UPPER}_I"

# The patterns in words, as said of a name that is not so.
WORDS = {
    _CAPITAL: "should begin with a capital letter",
    _SMALL: "should begin with a small letter, or be in capitals",
    _LOWER: "should be small letters joined by underscores",
    _UPPER: "should be capitals joined by underscores",
    _SWITCHED: "should be capitals joined by underscores, SWITCH_ in front",
    _INDEX: "should be capitals joined by underscores, with _I behind",
}
# The kinds that [checks.names] may have patterns for.
KINDS = (
    "stock",
    "auxiliary",
    "constant",
    "computed constant",
    "lookup",
    "data",
    "switch",
    "range",
    "element",
)
_CLASSIC = {"stock": _CAPITAL, "auxiliary": _SMALL, "constant": _SMALL}
# https://github.com/locomotionH2020/VensimPlugin4SonarQube
_LOCOMOTION = dict(zip(KINDS, (_LOWER,) * 2 + (_UPPER,) + (_LOWER,) * 3, strict=False)) | {
    "switch": _SWITCHED,
    "range": _INDEX,
    "element": _UPPER,
}
NAMES: Mapping[str, Mapping[str, str]] = {
    DEFAULT: {},
    CLASSIC: _CLASSIC,
    LOCOMOTION: _LOCOMOTION,
    ALL: _CLASSIC,
}


def fitting(name: str, pattern: re.Pattern[str]) -> str:
    """Return the name written as a pattern wants it, where case and underscores are enough.

    >>> fitting("birth rate", re.compile(_UPPER)), fitting("stock", re.compile(_CAPITAL))
    ('BIRTH_RATE', 'Stock')
    """
    joined = "_".join(name.split())
    tried = (
        name[:1].upper() + name[1:],
        name[:1].lower() + name[1:],
        joined.lower(),
        joined.upper(),
        f"SWITCH_{joined.upper()}",
        f"{joined.upper()}_I",
    )
    return next((one for one in tried if pattern.fullmatch(one)), "")
