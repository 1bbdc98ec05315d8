"""Checks of equations: numbers without a name, comparisons and divisions that are traps."""

from __future__ import annotations

from collections.abc import Iterator

from sdmodel.checks.records import STYLE
from sdmodel.checks.registry import CLASSIC, LOCOMOTION, check
from sdmodel.checks.subject import Subject
from sdmodel.checks.whole import Whole
from sdmodel.errors import Problem
from sdmodel.expr import Apply, Call, Const, Expr, Op, Ref, children, literal, walk
from sdmodel.functions.registry import NOT_AVAILABLE
from sdmodel.names import key
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
            told = f"in line{'s' * (len(lines) > 1)} {told}"
            message = f"the number {value:g} stands in equations {len(places)} times, {told}"
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


@check(
    "SD204",
    "range allows zero",
    severity=STYLE,
    meaning=(
        "A constant that something is divided by has a range that includes zero. Nothing is wrong "
        "with the model's own run, but a slider or a study may set it to zero."
    ),
    profiles=(CLASSIC, LOCOMOTION),
    cure="let the range begin above zero, or use ZIDZ or XIDZ",
    example="delay = 5 ~ Year [0,20] ~ |   and an equation with stock/delay",
)
def ranges_with_zero(subject: Subject) -> Iterator[Problem]:
    """Look at the ranges of constants that stand below a fraction."""
    for variable, equation in subject.equations():
        for divisor in _unguarded(equation):
            one = subject.source.by_key.get(key(divisor.name))
            if one is None or subject.kinds[one.key] != "constant":
                continue
            entries = subject.source.entries[one.key]
            if any(e.low is not None and e.low <= 0 <= (e.high or 0) for e in entries):
                message = (
                    f"in the equation of {variable.name!r}: it divides by {one.name!r}, whose "
                    "range includes zero"
                )
                cure = "let the range begin above zero, or use ZIDZ or XIDZ"
                yield subject.at(variable, message, cure, at=divisor.at)


def _unguarded(equation: Expr) -> Iterator[Ref]:
    """Yield the variables that something is divided by, but in branches of IF THEN ELSE."""
    todo = [equation]
    while todo:
        node = todo.pop()
        if isinstance(node, Call) and key(node.function) == "if then else":
            todo += node.args[:1]
            continue
        if isinstance(node, Apply) and node.op is Op.DIV and isinstance(node.args[1], Ref):
            yield node.args[1]
        todo += children(node)


@check(
    "SD205",
    "equality of fractions",
    meaning=(
        "Two values that are no whole numbers are compared for equality. The last digit of a "
        "computed number is a matter of rounding, so that the comparison may never hold, or stop "
        "holding with another TIME STEP. Comparisons with zero, with :NA: and of whole numbers "
        "are passed over; Time counts as whole where INITIAL TIME is and TIME STEP is a power of "
        "two."
    ),
    cure="compare by < and >, or the size of the difference with a small number",
    example="start = IF THEN ELSE(Time = 3, 1, 0) ~ ~ |   with TIME STEP = 0.1",
)
def equal_fractions(subject: Subject) -> Iterator[Problem]:
    """Yield comparisons by = and <> whose sides may be fractions."""
    whole = Whole(subject)
    for variable, equation in subject.equations():
        for node in walk(equation):
            if not (isinstance(node, Apply) and node.op in (Op.EQ, Op.NE)):
                continue
            if any(literal(one) in (0.0, NOT_AVAILABLE) for one in node.args):
                continue
            fraction = next((one for one in node.args if not whole.is_whole(one)), None)
            if fraction is not None:
                what = f"{fraction.name!r}" if isinstance(fraction, Ref) else "a computed number"
                message = (
                    f"in the equation of {variable.name!r}: {what} is compared for equality, but "
                    "may be a fraction"
                )
                cure = "compare by < and >, or the difference with a small number"
                yield subject.at(variable, message, cure, at=node.at)


@check(
    "SD206",
    "lookup in place",
    severity=STYLE,
    meaning=(
        "A lookup is written inside of an equation (WITH LOOKUP), where it has no name, no units "
        "and no comment of its own, and cannot be used again or scaled in a study."
    ),
    profiles=(LOCOMOTION,),
    cure="define the lookup as a variable and call it",
    example="effect = WITH LOOKUP(pressure, ((0,1),(2,0))) ~ Dmnl ~ |",
)
def lookups_in_place(subject: Subject) -> Iterator[Problem]:
    """Yield calls of WITH LOOKUP."""
    for variable, equation in subject.equations():
        for node in walk(equation):
            if isinstance(node, Call) and key(node.function) == "with lookup":
                message = f"in the equation of {variable.name!r}: a lookup without a name"
                cure = "define it as a variable and call it"
                yield subject.at(variable, message, cure, at=node.at)
