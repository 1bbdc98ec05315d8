"""Checks of equations: numbers without a name, comparisons and divisions that are traps."""

from __future__ import annotations

from collections.abc import Iterator

from sdmodel.checks.records import STYLE
from sdmodel.checks.registry import LOCOMOTION, check
from sdmodel.checks.subject import Subject
from sdmodel.errors import Problem
from sdmodel.expr import Const, literal, walk
from sdmodel.source import Variable


def _buried(subject: Subject) -> Iterator[tuple[Variable, Const]]:
    """Yield every number that stands in an equation beside other things."""
    ordinary = frozenset(subject.rules.ordinary_numbers)
    for variable, equation in subject.equations():
        if literal(equation) is None:
            for node in walk(equation):
                if isinstance(node, Const) and node.value not in ordinary:
                    yield variable, node


@check(
    "SD201",
    "repeated number",
    meaning=(
        "The same number in `repeated_numbers` equations or more (3 unless set), other than the "
        "`ordinary_numbers` (0 to 10, -1 and 100). Nobody can change it in one place, no study "
        "can vary it, and no unit or source is told for it."
    ),
    severity=STYLE,
    profiles=(LOCOMOTION,),
    cure="give the number a name: a constant of its own",
    example="flow = stock * 0.27 ~ ~ |   and 0.27 in two more equations",
)
def repeated_numbers(subject: Subject) -> Iterator[Problem]:
    """Yield numbers that stand in several equations."""
    found: dict[float, list[tuple[Variable, Const]]] = {}
    for variable, node in _buried(subject):
        found.setdefault(node.value, []).append((variable, node))
    for value, places in found.items():
        if len(places) >= subject.rules.repeated_numbers:
            variable, first = places[0]
            lines = sorted({subject.source.source.place(node.at)[0] for _, node in places})
            told = ", ".join(map(str, lines[:5])) + (", ..." if len(lines) > 5 else "")
            message = f"the number {value:g} stands in equations {len(places)} times: lines {told}"
            yield subject.at(
                variable, message, "give it a name: a constant of its own", at=first.at
            )


@check(
    "SD202",
    "buried number",
    meaning=(
        "A number inside of an equation, other than the `ordinary_numbers`. It cannot be set in "
        "a run or varied in a study, and has neither unit nor source."
    ),
    severity=STYLE,
    profiles=(),
    cure="give the number a name: a constant of its own",
    example="flow = stock * 0.27 ~ ~ |",
)
def buried_numbers(subject: Subject) -> Iterator[Problem]:
    """Yield every number that stands in an equation beside other things."""
    for variable, node in _buried(subject):
        message = f"in the equation of {variable.name!r}: the number {node.value:g} has no name"
        yield subject.at(variable, message, "make it a constant of its own", at=node.at)
