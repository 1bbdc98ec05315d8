"""The registry of checks, by code; each is a row in the file that carries it out."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from typing import TYPE_CHECKING

from sdmodel.checks.records import WARNING, Check
from sdmodel.errors import SDError, did_you_mean, near_names

if TYPE_CHECKING:
    from sdmodel.checks.records import Find

# Profiles: which checks are carried out, and what names should look like.
DEFAULT, CLASSIC, LOCOMOTION, ALL = "default", "vensim-classic", "locomotion", "all"
PROFILES = {
    DEFAULT: "what seldom cries wolf",
    CLASSIC: "Vensim's habits: units, comments, and names by case",
    LOCOMOTION: "the rules of the LOCOMOTION project for large models of many authors",
    ALL: "every check there is; names as in vensim-classic",
}
EVERYWHERE = (DEFAULT, CLASSIC, LOCOMOTION)

CHECKS: dict[str, Check] = {}


def put(one: Check) -> Check:
    """Put a row into the registry."""
    if CHECKS.setdefault(one.code, one) is not one:
        raise ValueError(f"{one.code} is registered twice")
    return one


def check(
    code: str,
    name: str,
    *,
    meaning: str,
    cure: str,
    example: str = "",
    severity: str = WARNING,
    profiles: tuple[str, ...] = EVERYWHERE,
    fixable: bool = False,
    runs: bool = False,
) -> Callable[[Find], Find]:
    """Register a function that yields the problems of a model; see `Check` for the rest."""

    def register(find: Find) -> Find:
        put(
            Check(
                code, name, severity, meaning, cure, example, (*profiles, ALL), fixable, runs, find
            )
        )
        return find

    return register


def codes(named: Iterable[str]) -> frozenset[str]:
    """Return the codes that some words name: a code, the beginning of several, or a name.

    >>> sorted(codes(["SD00"]))[:2]
    ['SD001', 'SD002']
    """
    found: set[str] = set()
    for word in (part.strip() for text in named for part in text.split(",")):
        hit = {
            one.code
            for one in CHECKS.values()
            if (word and one.code.startswith(word.upper())) or one.name == word.casefold()
        }
        if not hit:
            known = [*CHECKS, *(one.name for one in CHECKS.values())]
            hint = did_you_mean(near_names(word, known)) or "`sdmodel check --list` lists them"
            raise SDError(f"there is no check {word!r}; {hint}")
        found |= hit
    return frozenset(found)
