"""What a model says, whatever its places and spelling: an edit changes what it should, no more."""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, fields, replace

from sdmodel.editing.text import is_xmile
from sdmodel.errors import Problem, model_error
from sdmodel.expr import Call, Expr, Ref, rewrite
from sdmodel.names import key
from sdmodel.source import (
    Dimension,
    DimensionMapping,
    Macro,
    SourceModel,
    Span,
    UnitDefinition,
    Variable,
)

_LINE_NUMBER = re.compile(r"\bline \d+")
_NOWHERE = Span(-1, -1)
# What stands right of the equals sign; an equation may turn a constant into a lookup.
RIGHT_SIDE = ("equation", "table", "data", "lookup", "unchangeable", "mode")


@dataclass(frozen=True)
class Meaning:
    """All that a file says but for where it stands, each part comparable.

    `variables` have no places and no text of their equations: the tree of an equation tells more.
    """

    variables: tuple[Variable, ...]
    dimensions: tuple[Dimension, ...]
    macros: tuple[Macro, ...]
    units: tuple[UnitDefinition, ...]
    method: str
    sketch: str
    settings: str
    problems: tuple[tuple[str, str], ...]
    remarks: tuple[str, ...]


def meaning(model: SourceModel) -> Meaning:
    """Return what a model says."""
    variables = tuple(map(bare, shown(model)))
    return Meaning(
        tuple(_keyed(one) for one in variables) if is_xmile(model.source) else variables,
        tuple(
            replace(one, at=-1, span=_NOWHERE, mappings=_mappings(one))
            for one in model.dimensions
            # The reader of XMILE makes a range for a part of one, as in x[first:last].
            if one.span.start >= 0 or not is_xmile(model.source)
        ),
        tuple(
            replace(one, at=-1, variables=tuple(map(bare, one.variables))) for one in model.macros
        ),
        tuple(replace(one, at=-1) for one in model.unit_definitions),
        model.method,
        model.sketch,
        model.settings,
        tuple((one.variable, _LINE_NUMBER.sub("line", one.message)) for one in model.problems),
        tuple(_LINE_NUMBER.sub("line", one) for one in model.remarks),
    )


def shown(model: SourceModel) -> list[Variable]:
    """Return the variables that the file itself has.

    The reader of XMILE makes others, out of delays and graphical functions, with names of its own.
    """
    return [one for one in model.variables if not one.name.startswith("#")]


def place_of(model: SourceModel, entry: Variable) -> int:
    """Return the number of an entry among those that are compared."""
    return next(i for i, one in enumerate(shown(model)) if one is entry)


def _keyed(variable: Variable) -> Variable:
    """Return a variable in which names are their keys: XMILE spells them in several ways."""
    return renamed_in(variable, key)


def renamed_in(variable: Variable, name: Callable[[str], str]) -> Variable:
    """Return a variable with other names in it."""

    def change(node: Expr) -> Expr:
        if isinstance(node, Ref):
            return replace(node, name=name(node.name))
        return replace(node, function=name(node.function)) if isinstance(node, Call) else node

    equation = None if variable.equation is None else rewrite(variable.equation, change)
    return replace(variable, name=name(variable.name), equation=equation)


def bare(variable: Variable) -> Variable:
    """Return a variable without its places."""
    return replace(variable, at=-1, units_at=-1, span=_NOWHERE, equation_span=_NOWHERE, text="")


def _mappings(one: Dimension) -> tuple[DimensionMapping, ...]:
    return tuple(replace(mapping, at=-1) for mapping in one.mappings)


def check(new: SourceModel, got: Meaning, expected: Meaning, what: str, at: int) -> None:
    """Refuse a text that does not mean what is expected.

    Raises
    ------
    ReadError, ModelError
        With what reading it said, or else with the first thing that is not as it should be.
    """
    if got == expected:
        return
    known = set(expected.problems)
    fresh = [one for one, told in zip(new.problems, got.problems, strict=True) if told not in known]
    if fresh:
        raise model_error(fresh)
    raise model_error([_difference(new, got, expected, what, at)])


def refuse_more(before: Sequence[Problem], now: Sequence[Problem]) -> None:
    """Refuse a model that has more problems than it had, naming the new ones."""
    if len(now) <= len(before):
        return
    known = {_LINE_NUMBER.sub("line", one.message) for one in before}
    fresh = [one for one in now if _LINE_NUMBER.sub("line", one.message) not in known]
    raise model_error(fresh or now)


def _difference(new: SourceModel, got: Meaning, expected: Meaning, what: str, at: int) -> Problem:
    differing = [
        one.name for one in fields(Meaning) if getattr(got, one.name) != getattr(expected, one.name)
    ]
    known = {one.key for one in expected.variables}
    more = [one.name for one in got.variables if one.key not in known]
    told = (
        f"it would define {more[0]!r} too" if more else f"it would change {' and '.join(differing)}"
    )
    return new.source.problem(
        min(at, len(new.source.text)),
        f"{what}: {told}",
        kind="definition",
        cure="give only what stands in that place: no '~' or '|', and one equation",
    )


def with_fields(old: Meaning, places: Sequence[int], new: Mapping[str, object]) -> Meaning:
    """Return a meaning in which the variables at some places have other fields."""
    variables = list(old.variables)
    for place in places:
        variables[place] = replace(variables[place], **new)  # type: ignore[arg-type]
    return replace(old, variables=tuple(variables))
