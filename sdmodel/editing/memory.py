"""Changes to a model in memory; its file is left alone."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sdmodel.editing.text import Splice, as_utf8, is_xmile, spliced, with_line_ends
from sdmodel.errors import Problem, model_error
from sdmodel.expr import Table
from sdmodel.frontends import mdl, parse, written
from sdmodel.frontends.points import parse_table
from sdmodel.frontends.tokens import ExpressionError, words
from sdmodel.names import key
from sdmodel.source import SourceModel, SourceText, Span, Variable


def with_equation(model: SourceModel, variable: Variable, equation: str) -> SourceModel:
    """Return the model with another right-hand side for one variable.

    Raises
    ------
    ReadError, ModelError
        If the text is not one equation.
    """
    old = model.source
    splices = equation_splices(model, variable, equation)
    changed = parse(as_utf8(old, spliced(old.text, splices)))
    # Of a model with external data some entries were dropped: it is compared as its file has it.
    if _around(changed) == _around(model) or _around(changed) == _around(parse(old)):
        return changed
    raise model_error([_no_equation(old, variable, equation)])


def equation_splices(model: SourceModel, variable: Variable, equation: str) -> list[Splice]:
    """Return what gives one entry of a model another right-hand side."""
    if variable.key in model.parts:
        what = f"{variable.name!r} stands for a part of another variable, it has no equation"
        cure = "set it in a run, or replace the equation of that variable"
        raise model_error([Problem(what, "definition", variable=variable.name, cure=cure)])
    old, span = model.source, variable.equation_span
    if span.start < 0:
        what = f"{variable.name!r} has no equation in the file that could be replaced"
        cure = "its values come from elsewhere: a data file, or the settings of runs"
        at = max(variable.at, 0)
        raise model_error(
            [old.problem(at, what, variable=variable.name, cure=cure, kind="definition")]
        )
    lines = with_line_ends(equation.strip(), old.text)
    start = span.start
    if not is_xmile(old) and is_table(lines) != (variable.lookup and variable.table is not None):
        start, lines = _with_sign(old.text, variable, lines)
    return [Splice(start, span.end, written(old, start, lines))]


def is_table(text: str) -> bool:
    """Return whether a text is the points of a lookup in brackets, and no equation.

    >>> is_table("((0,0),(1,1))"), is_table("(1 + 2) * 3")
    (True, False)
    """
    try:
        found = words(text)
        _, behind = parse_table(found, 0, len(text))
    except ExpressionError:
        return False
    return behind == len(found)


def _with_sign(text: str, variable: Variable, right: str) -> tuple[int, str]:
    """Return where the right side of an entry begins that becomes a lookup, or is one no more."""
    start = variable.equation_span.start
    if variable.lookup:
        return start, f"= {right}"
    sign = words(text, variable.at, start)[-1]
    return (sign.at, right) if sign.text in ("=", "==", ":=") else (start, right)


def _no_equation(old: SourceText, variable: Variable, equation: str) -> Problem:
    return old.problem(
        variable.equation_span.start,
        f"this is not one equation for {variable.name!r}: {equation!r}",
        kind="definition",
        variable=variable.name,
        cure="give only what stands right of the equals sign",
    )


def _around(model: SourceModel) -> list[tuple[str, str, str]]:
    """Return what a change of an equation must leave as it is."""
    return [(v.key, v.units, v.comment) for v in model.variables]


def with_additions(model: SourceModel, equations: Mapping[str, str]) -> SourceModel:
    """Return the model with further variables, each a name and its equation in Vensim's language.

    The text of the file stays as it is: what is added lives in memory alone. An equation that is
    not one, or that defines anything else, becomes a problem of the model returned, under the name
    of the variable it was meant for.
    """
    added: list[Variable] = []
    problems: list[Problem] = []
    for name, equation in equations.items():
        text = f'"{name}"{equation}' if equation.startswith("(") else f'"{name}" = {equation}'
        found = mdl.parse(SourceText(model.source.path, f"{text} ~ ~ |"))
        problems += [replace(one, variable=name) for one in found.problems]
        if not found.problems and [one.key for one in found.variables] != [key(name)]:
            problems.append(Problem(f"this is not one equation: {equation!r}", variable=name))
        added += [replace(one, name=name, at=0, span=Span(0, 0)) for one in found.variables]
    return replace(
        model,
        variables=(*model.variables, *added),
        problems=(*model.problems, *problems),
    )


def without_ranges(model: SourceModel) -> SourceModel:
    """Return the model with no limits on what its constants may be set to."""
    free = tuple(replace(one, low=None, high=None) for one in model.variables)
    return replace(model, variables=free)


def with_table(
    model: SourceModel, entry: Variable, xs: Sequence[float], ys: Sequence[float]
) -> SourceModel:
    """Return the model with other points in one lookup."""
    table = Table(tuple(map(float, xs)), tuple(map(float, ys)))
    changed = (replace(one, table=table) if one is entry else one for one in model.variables)
    return replace(model, variables=tuple(changed))
