"""Changes to the text of a model that leave everything else as it stands."""

from __future__ import annotations

from sdmodel.errors import model_error
from sdmodel.frontends import parse, written
from sdmodel.source import SourceModel, SourceText, Variable


def with_equation(model: SourceModel, variable: Variable, equation: str) -> SourceModel:
    """Return the model with another right-hand side for one variable.

    Raises
    ------
    ReadError, ModelError
        If the text is not one equation.
    """
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
