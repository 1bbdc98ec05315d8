"""Changes to the text of a model that leave everything else as it stands."""

from __future__ import annotations

from sdmodel.errors import model_error
from sdmodel.frontends.mdl import parse
from sdmodel.source import SourceModel, SourceText, Variable


def with_equation(model: SourceModel, variable: Variable, equation: str) -> SourceModel:
    """Return the model with another right-hand side for one variable.

    Raises
    ------
    ReadError, ModelError
        If the text is not one equation.
    """
    old, span = model.source, variable.equation_span
    text = old.text[: span.start] + equation.strip() + old.text[span.end :]
    changed = parse(SourceText(old.path, text, old.encoding, old.bom))
    if [v.key for v in changed.variables] == [v.key for v in model.variables]:
        return changed
    problem = old.problem(
        span.start,
        f"this is not one equation for {variable.name!r}: {equation!r}",
        kind="definition",
        variable=variable.name,
        cure="give only what stands right of the equals sign",
    )
    raise model_error([problem])
