"""Checks of what an entry says beside its equation: units and comments."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from sdmodel.checks.records import STYLE
from sdmodel.checks.registry import CLASSIC, EVERYWHERE, LOCOMOTION, check
from sdmodel.checks.subject import Subject
from sdmodel.errors import Problem
from sdmodel.units import UnitFinding

# With fewer variables that have units than this share, a model does without them.
_HAS_UNITS = 0.5


def _problems(found: Iterable[UnitFinding]) -> Iterator[Problem]:
    for one in found:
        yield Problem(
            one.message, "check", one.path, one.line, one.column, one.variable, one.cure, one.text
        )


@check(
    "SD301",
    "missing units",
    meaning=(
        "A variable without units, in a model at least half of whose variables have some. What "
        "its equations imply is told where they do. A model that does without units is left "
        'alone; the profiles "vensim-classic" and "locomotion" tell of it too.'
    ),
    severity=STYLE,
    profiles=EVERYWHERE,
    cure="declare them; Dmnl for what has none",
    example="rate = 0.3 ~ ~ The share a year. |",
)
def missing_units(subject: Subject) -> Iterator[Problem]:
    """Yield variables without units, unless the model does without them."""
    missing = subject.units.missing
    bare = len(missing) > (1 - _HAS_UNITS) * len(subject.source.by_key)
    if not bare or subject.rules.profile != "default":
        yield from _problems(missing)


@check(
    "SD302",
    "missing comment",
    meaning=(
        "A variable without a comment: what it is, and where the number or the form comes from, "
        "is known to its author alone."
    ),
    severity=STYLE,
    profiles=(CLASSIC, LOCOMOTION),
    cure="say in the comment what it is and where it comes from",
    example="rate = 0.3 ~ 1/Year ~ |",
)
def missing_comments(subject: Subject) -> Iterator[Problem]:
    """Yield variables without comments."""
    entries = subject.source.entries
    for one in subject.variables:
        if not any(entry.comment for entry in entries[one.key]):
            message = f"{one.name!r} has no comment"
            yield subject.at(one, message, "say what it is and where it comes from")


@check(
    "SD303",
    "units differ",
    meaning=("The two sides of an equation, or the parts of a sum, have different units."),
    cure="as told with the message; `sdmodel units` tells more",
    example="births = population ~ people/Year ~ |",
)
def units_differ(subject: Subject) -> Iterator[Problem]:
    """Yield what `check_units` says of equations."""
    yield from _problems(subject.units.mismatches)


@check(
    "SD304",
    "unreadable units",
    meaning=("Units that cannot be read, so that nothing can be compared with them."),
    cure="write them as in widget/(Month*person)",
    example="rate = 0.3 ~ 1/(Year ~ |",
)
def unreadable_units(subject: Subject) -> Iterator[Problem]:
    """Yield what `check_units` says of the units themselves."""
    yield from _problems(subject.units.syntax)


@check(
    "SD305",
    "suspicious units",
    meaning=(
        "Units that may be meant but break when a unit is changed: a bare number for a time, a "
        "lookup of a quantity with units, a name of a unit that looks like a slip."
    ),
    severity=STYLE,
    profiles=(CLASSIC, LOCOMOTION),
    cure="as told with the message",
    example="a unit that is used once and looks like another",
)
def suspicious_units(subject: Subject) -> Iterator[Problem]:
    """Yield what `check_units` finds suspicious."""
    yield from _problems(subject.units.suspicious)
