"""Checks of what an entry says beside its equation: units and comments."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator

from sdmodel.checks.records import STYLE
from sdmodel.checks.registry import CLASSIC, EVERYWHERE, LOCOMOTION, check
from sdmodel.checks.subject import Subject
from sdmodel.errors import Problem
from sdmodel.program import CONTROL, TIME_STEP
from sdmodel.source import Variable
from sdmodel.units import UnitFinding
from sdmodel.units.algebra import Unit
from sdmodel.units.names import UnitNames, fold
from sdmodel.units.reading import UnitError

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


def clock_units(subject: Subject) -> str:
    """Return the units of TIME STEP as they are spelled; empty where it has none."""
    one = subject.source.by_key.get(TIME_STEP)
    return one.units if one is not None else ""


@check(
    "SD306",
    "clock without units",
    severity=STYLE,
    meaning=(
        "INITIAL TIME, FINAL TIME or SAVEPER has no units though TIME STEP has: all four are in "
        "the model's unit of time."
    ),
    profiles=(CLASSIC, LOCOMOTION),
    fixable=True,
    cure="give it the units of TIME STEP",
    example="SAVEPER = 1 ~ ~ |   where TIME STEP is in Year",
)
def clocks_without_units(subject: Subject) -> Iterator[Problem]:
    """Compare the run controls with TIME STEP."""
    wanted = clock_units(subject)
    for name in CONTROL if wanted else ():
        one = subject.source.by_key.get(name)
        if one is not None and not one.units:
            message = f"{one.name!r} has no units; TIME STEP is in {wanted}"
            yield subject.at(one, message, f"declare {wanted}")


@check(
    "SD307",
    "units spelled otherwise",
    severity=STYLE,
    meaning=(
        "Units that most entries spell in one way are spelled in another here, as Years beside "
        "Year. They are taken for the same, by Vensim too where its list of synonyms says so; but "
        "the eye, and other programs, stumble."
    ),
    profiles=(CLASSIC, LOCOMOTION),
    fixable=True,
    cure="spell them as most entries do",
    example="delay = 3 ~ years ~ |   where all others are in Year",
)
def units_spelled_otherwise(subject: Subject) -> Iterator[Problem]:
    """Yield entries whose units are spelled as the fewer ones do."""
    for one, wanted in other_spellings(subject):
        message = f"the units of {one.name!r}, {one.units}, are spelled {wanted} elsewhere"
        yield subject.at(one, message, f"write {wanted}", at=one.units_at)


def other_spellings(subject: Subject) -> Iterator[tuple[Variable, str]]:
    """Yield entries with units that most others spell in another way, and that way.

    What has no dimension may be a fraction here and $/$ there, which says something: there only
    the same words count as the same.
    """
    names = UnitNames(subject.source.unit_definitions)
    groups: dict[tuple[Unit, str], list[Variable]] = {}
    for one in subject.source.variables:
        if one.units:
            try:
                unit = names.read(one.units)
            except UnitError:
                continue
            groups.setdefault((unit, "" if unit else fold(one.units)), []).append(one)
    for entries in groups.values():
        counts = Counter(one.units for one in entries)
        usual, _ = counts.most_common(1)[0]
        yield from ((one, usual) for one in entries if one.units != usual)
