"""Changes to a model, of its text or in memory, that leave everything else as it stands."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

from sdmodel.errors import Problem, model_error
from sdmodel.expr import Table
from sdmodel.frontends import mdl, parse, written
from sdmodel.names import key
from sdmodel.source import SourceModel, SourceText, Span, Variable


def with_equation(model: SourceModel, variable: Variable, equation: str) -> SourceModel:
    """Return the model with another right-hand side for one variable.

    Raises
    ------
    ReadError, ModelError
        If the text is not one equation.
    """
    if variable.key in model.parts:
        what = f"{variable.name!r} stands for a part of another variable, it has no equation"
        cure = "set it in a run, or replace the equation of that variable"
        raise model_error([Problem(what, "definition", variable=variable.name, cure=cure)])
    old, span = model.source, variable.equation_span
    spelled = written(old, span.start, equation.strip())
    text = old.text[: span.start] + spelled + old.text[span.end :]
    changed = parse(SourceText(old.path, text, _encoding(old, equation), old.bom))
    # Of a model with external data some entries were dropped: it is compared as its file has it.
    if _around(changed) == _around(model) or _around(changed) == _around(parse(old)):
        return changed
    problem = old.problem(
        span.start,
        f"this is not one equation for {variable.name!r}: {equation!r}",
        kind="definition",
        variable=variable.name,
        cure="give only what stands right of the equals sign",
    )
    raise model_error([problem])


def _around(model: SourceModel) -> list[tuple[str, str, str]]:
    """Return what a change of an equation must leave as it is."""
    return [(v.key, v.units, v.comment) for v in model.variables]


def _encoding(old: SourceText, equation: str) -> str:
    """Return the encoding of the text, or UTF-8 where it cannot hold the equation."""
    try:
        equation.encode(old.encoding)
    except UnicodeEncodeError:
        return "utf-8"
    return old.encoding


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
