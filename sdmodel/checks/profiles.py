"""What the names of variables should look like, by profile: one pattern for each kind."""

from __future__ import annotations

import re
from collections.abc import Mapping

from sdmodel.checks.registry import ALL, CLASSIC, DEFAULT, LOCOMOTION

_ANY = r".+"
# What is named so turns something on or off.
SWITCH = re.compile(r"\bswitch\b|^SWITCH_|_switch$|\bswitch$", re.IGNORECASE)
# Spaced lower-case words, stocks with a capital, constants either plain or all in capitals.
_SMALL = r"[^A-Z].*|[^a-z]+|[A-Z]+[^a-z].*"
_CLASSIC = {
    "stock": r"[^a-z].*",
    "auxiliary": _SMALL,
    "constant": _SMALL,
    "computed constant": _ANY,
    "lookup": _ANY,
    "data": _ANY,
    "switch": _ANY,
    "range": _ANY,
    "element": _ANY,
}
# https://github.com/locomotionH2020/VensimPlugin4SonarQube: words joined by underscores.
_UPPER, _LOWER = r"([A-Z0-9]+_)*[A-Z0-9]+", r"([a-z0-9]+_)*[a-z0-9]+"
_LOCOMOTION = {
    "stock": _LOWER,
    "auxiliary": _LOWER,
    "constant": _UPPER,
    "computed constant": _LOWER,
    "lookup": r"(table_)?" + _LOWER,
    "data": _LOWER,
    "switch": r"SWITCH_" + _UPPER,
    "range": r"([A-Z0-9]+_)*[A-Z0-9]+_I",
    "element": _UPPER,
}
NAMES: Mapping[str, Mapping[str, str]] = {
    DEFAULT: {},
    CLASSIC: _CLASSIC,
    LOCOMOTION: _LOCOMOTION,
    ALL: _CLASSIC,
}
