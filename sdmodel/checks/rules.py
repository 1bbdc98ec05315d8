"""What is checked and how strictly: the table ``[checks]`` of a model's TOML file."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

from sdmodel.checks.profiles import KINDS, NAMES
from sdmodel.checks.records import ERROR, Check
from sdmodel.checks.registry import DEFAULT, PROFILES, codes
from sdmodel.errors import SDError, SettingsError, did_you_mean, near_names
from sdmodel.settings_file import read_toml

# Numbers that say nothing by themselves; the list of the LOCOMOTION project.
ORDINARY = (*map(float, range(11)), -1.0, 100.0)


@dataclass(frozen=True, slots=True)
class Rules:
    """What is checked and how strictly.

    `select` are the only checks carried out, by code, where there are any, and `ignore` those left
    out; both beside `profile`. `ordinary_numbers` may stand in equations, and others fewer than
    `repeated_numbers` times. Euler's method needs `steps_per_time_constant` time steps in the
    shortest time constant. `names` are patterns for kinds of variables, in addition to those of the
    profile.

    Examples
    --------
    >>> from sdmodel.checks.registry import CHECKS
    >>> Rules(profile="all").wants(CHECKS["SD202"]), Rules().wants(CHECKS["SD202"])
    (True, False)
    """

    profile: str = DEFAULT
    select: frozenset[str] = frozenset()
    ignore: frozenset[str] = frozenset()
    ordinary_numbers: tuple[float, ...] = ORDINARY
    repeated_numbers: int = 3
    steps_per_time_constant: float = 2.0
    names: Mapping[str, str] = field(default_factory=dict)

    def __post_init__(self) -> None:
        if self.profile not in PROFILES:
            hint = did_you_mean(near_names(self.profile, PROFILES)) or ", ".join(PROFILES)
            raise SDError(f"there is no profile {self.profile!r}; {hint}")

    def wants(self, one: Check) -> bool:
        """Tell whether a check is carried out; errors are always told."""
        if one.severity == ERROR:
            return True
        if one.code in self.ignore:
            return False
        return one.code in self.select if self.select else self.profile in one.profiles

    @property
    def patterns(self) -> dict[str, str]:
        """What the name of each kind of variable should look like."""
        return {**NAMES[self.profile], **self.names}


def read_rules(path: Path) -> Rules:
    """Read the table ``[checks]`` of a TOML file; without it the rules are the ordinary ones."""
    return rules_of(read_toml(path), path) if path.is_file() else Rules()


def rules_of(raw: Mapping[str, Any], path: Path) -> Rules:
    """Return the rules that the tables of a TOML file set."""
    table = raw.get("checks", {})
    if not isinstance(table, dict):
        raise SettingsError(str(path), "checks must be a table: [checks]")
    try:
        return _read(table)
    except SDError as error:
        raise SettingsError(str(path), f"[checks]: {error}") from None


def _read(table: Mapping[str, Any]) -> Rules:
    rules = Rules()
    for word, value in table.items():
        if word not in Rules.__slots__:
            hint = did_you_mean(near_names(word, Rules.__slots__)) or ", ".join(Rules.__slots__)
            raise SDError(f"nothing is called {word!r} here; {hint}")
        rules = replace(rules, **{word: _value(word, value)})
    return rules


def _value(word: str, value: Any) -> Any:
    match word:
        case "profile" if isinstance(value, str):
            return value
        case "select" | "ignore" if _all(value, str):
            return codes(value)
        case "ordinary_numbers" if _all(value, (int, float)):
            return tuple(map(float, value))
        case "repeated_numbers" if isinstance(value, int) and value > 1:
            return value
        case "steps_per_time_constant" if isinstance(value, int | float) and value > 0:
            return float(value)
        case "names" if isinstance(value, dict):
            return {kind: _pattern(kind, pattern) for kind, pattern in value.items()}
    raise SDError(f"{word} = {value!r} is of the wrong kind")


def _all(value: Any, kind: type | tuple[type, ...]) -> bool:
    return isinstance(value, list) and all(
        isinstance(one, kind) and not isinstance(one, bool) for one in value
    )


def _pattern(kind: str, pattern: Any) -> str:
    if kind not in KINDS:
        hint = did_you_mean(near_names(kind, KINDS)) or ", ".join(KINDS)
        raise SDError(f"names: there is no kind {kind!r} of variable; {hint}")
    try:
        re.compile(pattern)
    except (re.error, TypeError):
        raise SDError(f"names: {pattern!r} is no regular expression") from None
    return str(pattern)


def narrowed(
    rules: Rules,
    *,
    select: Sequence[str] = (),
    ignore: Sequence[str] = (),
    profile: str | None = None,
) -> Rules:
    """Return rules changed by what was asked for on the command line."""
    if select:
        rules = replace(rules, select=codes(select))
    if ignore:
        rules = replace(rules, ignore=rules.ignore | codes(ignore))
    return replace(rules, profile=profile) if profile else rules
