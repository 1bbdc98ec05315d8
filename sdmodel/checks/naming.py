"""Checks of names against the patterns of a profile."""

from __future__ import annotations

import re
from collections.abc import Iterator

from sdmodel.checks.profiles import SWITCH, WORDS, fitting
from sdmodel.checks.records import STYLE
from sdmodel.checks.registry import EVERYWHERE, check
from sdmodel.checks.subject import Subject
from sdmodel.errors import Problem
from sdmodel.source import Variable


@check(
    "SD601",
    "name out of style",
    severity=STYLE,
    meaning=(
        "The name of a variable, range or element is not as the profile wants it for its kind. "
        'The default profile wants nothing; "vensim-classic" wants stocks to begin with a capital '
        "letter, and auxiliaries and constants with a small one or to be in capitals; "
        '"locomotion" wants words joined by underscores, constants in capitals, switches to begin '
        "with SWITCH. [checks.names] sets a regular expression for each kind."
    ),
    cure="rename it, or change the pattern",
    example="capital = INTEG(investment, 10) ~ $ ~ |   where stocks begin with a capital",
    profiles=EVERYWHERE,
)
def names_out_of_style(subject: Subject) -> Iterator[Problem]:
    """Compare names with the patterns of their kinds."""
    patterns = {kind: re.compile(one) for kind, one in subject.rules.patterns.items()}
    if not patterns:
        return
    for one, name, kind, at in _names(subject):
        pattern = patterns.get(kind)
        plain = name.strip('"')
        if pattern is not None and not pattern.fullmatch(plain):
            wanted = WORDS.get(pattern.pattern, f"should be as {pattern.pattern!r} says")
            better = fitting(plain, pattern)
            cure = f"rename it {better!r}" if better else "rename it, or change the pattern"
            yield subject.at(one, f"the {kind} {name!r} {wanted}", cure, at=at, name=name)


def _names(subject: Subject) -> Iterator[tuple[Variable, str, str, int]]:
    for one in subject.variables:
        kind = subject.kinds[one.key]
        if kind == "constant" and SWITCH.search(one.name):
            kind = "switch"
        yield one, one.name, kind, one.at
    first = subject.source.variables[0]
    for range_ in subject.source.dimensions:
        yield first, range_.name, "range", range_.at
        for name, at in zip(range_.elements, range_.places, strict=False):
            yield first, name, "element", at
