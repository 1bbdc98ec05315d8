"""What a model says, whatever its places and spelling: an edit changes what it should, no more."""

from __future__ import annotations

import re
from dataclasses import dataclass, fields, replace

from sdmodel.errors import Problem, model_error
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
    return Meaning(
        tuple(map(bare, model.variables)),
        tuple(
            replace(one, at=-1, span=_NOWHERE, mappings=_mappings(one)) for one in model.dimensions
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


def bare(variable: Variable) -> Variable:
    """Return a variable without its places."""
    return replace(variable, at=-1, units_at=-1, span=_NOWHERE, equation_span=_NOWHERE, text="")


def _mappings(one: Dimension) -> tuple[DimensionMapping, ...]:
    return tuple(replace(mapping, at=-1) for mapping in one.mappings)


def check(new: SourceModel, expected: Meaning, what: str, at: int) -> None:
    """Refuse a text that does not mean what is expected.

    Raises
    ------
    ReadError, ModelError
        With what reading it said, or else with the first thing that is not as it should be.
    """
    got = meaning(new)
    if got == expected:
        return
    known = set(expected.problems)
    fresh = [one for one, told in zip(new.problems, got.problems, strict=True) if told not in known]
    if fresh:
        raise model_error(fresh)
    raise model_error([_difference(new, got, expected, what, at)])


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


def with_fields(old: Meaning, got: Meaning, place: int, names: tuple[str, ...]) -> Meaning:
    """Return a meaning in which one variable has some fields of the same variable in another."""
    if not 0 <= place < len(got.variables):
        return old
    new = {name: getattr(got.variables[place], name) for name in names}
    changed = replace(old.variables[place], **new)
    return replace(old, variables=(*old.variables[:place], changed, *old.variables[place + 1 :]))
