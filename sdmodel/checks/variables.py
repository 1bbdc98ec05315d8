"""Checks of variables: whether they are used, and whether they are what their entry says."""

from __future__ import annotations

from collections.abc import Iterator

from sdmodel.checks.records import STYLE
from sdmodel.checks.registry import CLASSIC, LOCOMOTION, check
from sdmodel.checks.subject import Subject
from sdmodel.errors import Problem, ReadError
from sdmodel.expr import Call, Expr, literal
from sdmodel.frontends.sketch import Kind, read_sketch
from sdmodel.functions.registry import REGISTRY
from sdmodel.names import key

_INPUTS = ("constant", "computed constant", "lookup", "data")


def _idle(subject: Subject) -> Iterator[tuple[str, str]]:
    """Yield name and kind of what nothing uses."""
    for one in subject.variables:
        if one.key not in subject.named and not one.supplementary:
            yield one.name, subject.kinds[one.key]


@check(
    "SD101",
    "unused input",
    meaning=(
        "A constant, lookup or data variable that no equation uses: whatever it is set to, "
        "nothing changes. Mostly a rest of an older version, or a name that was meant in an "
        "equation and is not there. One marked ``:SUPPLEMENTARY:`` is passed over."
    ),
    cure="use it, or delete it",
    example="old rate = 0.3 ~ 1/Year ~ |   used by no equation",
)
def unused_inputs(subject: Subject) -> Iterator[Problem]:
    """Yield what can be set but is not used."""
    for name, kind in _idle(subject):
        if kind in _INPUTS:
            one = subject.model.definition(name)
            message = f"no equation uses the {kind} {one.name!r}"
            yield subject.at(one, message, "use it, or delete it; or mark it :SUPPLEMENTARY:")


@check(
    "SD102",
    "unmarked output",
    meaning=(
        "A computed variable that no equation uses and that is not marked ``:SUPPLEMENTARY:``: "
        "an output, or a piece of structure that was never connected. The mark says that it is "
        "meant."
    ),
    severity=STYLE,
    profiles=(CLASSIC, LOCOMOTION),
    fixable=True,
    cure="mark it :SUPPLEMENTARY:",
    example="share = stock / total ~ Dmnl ~ Only looked at. |",
)
def unmarked_outputs(subject: Subject) -> Iterator[Problem]:
    """Yield what is computed but neither used nor marked."""
    for name, kind in _idle(subject):
        if kind in ("auxiliary", "stock"):
            one = subject.model.definition(name)
            message = f"no equation uses {one.name!r}, and it is not marked as an output"
            yield subject.at(one, message, "mark it :SUPPLEMENTARY:, or connect or delete it")


@check(
    "SD105",
    "outside its range",
    meaning=(
        "A constant whose value lies outside of the range that its own entry declares. Sliders "
        "and studies that keep to the range could then never reach the model's own run."
    ),
    cure="correct the value or the range",
    example="share = 1.2 ~ Dmnl [0,1] ~ |",
)
def outside_ranges(subject: Subject) -> Iterator[Problem]:
    """Compare constants with the ranges of their entries."""
    constants = subject.model.program.constants
    for one in subject.source.variables:
        if one.low is None and one.high is None:
            continue
        low = float("-inf") if one.low is None else one.low
        high = float("inf") if one.high is None else one.high
        for element in _elements(subject, one.key):
            value = constants.get(element)
            if value is None or low <= value <= high:
                continue
            side = f"below its least value {low:g}" if value < low else f"above its most {high:g}"
            shown = one.name + element.removeprefix(one.key)
            message = f"{shown!r} is {value:g}, {side}"
            yield subject.at(
                one, message, "correct the value or the range", at=one.equation_span.start
            )


def _elements(subject: Subject, name: str) -> list[str]:
    return subject.model.program.elements(name)


@check(
    "SD103",
    "stock without flows",
    meaning=(
        "A stock whose net flow is zero by its equation: it never changes. A flow was "
        "forgotten, or it is a constant that looks like a stock."
    ),
    cure="give it a flow, or make it a constant",
    example="Capital = INTEG(0, 100) ~ $ ~ |",
)
def still_stocks(subject: Subject) -> Iterator[Problem]:
    """Yield stocks with a net flow of zero."""
    for one in subject.source.variables:
        if _net_flow(one.equation) == 0:
            message = f"the stock {one.name!r} has no flows, so it never changes"
            yield subject.at(one, message, "give it a flow, or make it a constant")


def _net_flow(equation: Expr | None) -> float | None:
    """Return the net flow of a stock where that is a number."""
    if isinstance(equation, Call) and key(equation.function) == "integ" and equation.args:
        return literal(equation.args[0])
    return None


@check(
    "SD104",
    "shadowed name",
    meaning=(
        "One name for two things: an element of a range that is named like a variable, or a "
        "variable named like a function. Each is found by where it stands, but readers, and "
        "other programs, will take one for the other."
    ),
    cure="rename one of them",
    example="sector: energy, water   while the model has a variable 'water'",
)
def shadowed_names(subject: Subject) -> Iterator[Problem]:
    """Yield elements named like variables, and variables named like functions."""
    known = subject.source.by_key
    for one in subject.variables:
        info = REGISTRY.get(one.key)
        if info is not None:
            message = f"{one.name!r} is also the name of the function {info.name}"
            yield subject.at(one, message, "give the variable another name")
    for range_ in subject.source.dimensions:
        for name, place in zip(range_.elements, range_.places, strict=False):
            if key(name) in known:
                other = known[key(name)]
                message = f"the element {name!r} has the name of a variable"
                line = subject.source.source.place(other.at)[0]
                cure = f"rename one of them; the variable is defined in line {line}"
                yield subject.at(other, message, cure, at=place, name=name)


@check(
    "SD106",
    "shadowing macro",
    meaning=(
        "An input or variable of a macro that is named like a variable of the model. Inside of "
        "the macro it hides the model's, which readers easily take it for."
    ),
    severity=STYLE,
    profiles=(LOCOMOTION,),
    cure="rename it inside of the macro",
    example=":MACRO: GROW(rate) ... :END OF MACRO: while the model has a variable 'rate'",
)
def shadowing_macros(subject: Subject) -> Iterator[Problem]:
    """Yield what macros name like variables of the model."""
    known = subject.source.by_key
    for macro in subject.source.macros:
        inside = {key(one): one for one in macro.inputs}
        inside |= {one.key: one.name for one in macro.variables if one.key != key(macro.name)}
        for name, shown in inside.items():
            if name in known:
                line = subject.source.source.place(known[name].at)[0]
                message = f"in the macro {macro.name!r}, {shown!r} hides the model's variable"
                cure = f"rename it in the macro; the model's is defined in line {line}"
                yield subject.at(known[name], message, cure, at=macro.at, name=shown)


@check(
    "SD107",
    "not drawn",
    meaning=(
        "A variable that no view of the sketch shows, in a model that has a sketch. In Vensim "
        "it can then be found by its equation alone."
    ),
    severity=STYLE,
    profiles=(CLASSIC,),
    cure="draw it in a view, or use it and nothing else",
    example="a variable of the equations that no view of the sketch shows",
)
def undrawn(subject: Subject) -> Iterator[Problem]:
    """Yield variables that no view shows."""
    try:
        views = read_sketch(subject.source.sketch)
    except ReadError:
        return  # a drawing that cannot be read is `sdmodel sketch`'s to tell of
    drawn = {key(e.name) for view in views for e in view.elements if e.kind is Kind.VARIABLE}
    if not drawn:
        return
    for one in subject.variables:
        if one.key not in drawn:
            yield subject.at(one, f"{one.name!r} is drawn in no view", "draw it in a view")
