"""Parts of a model in one line each."""

from __future__ import annotations

from sdmodel.source import Dimension, RealityConstraint, RealityInput, SourceModel, Variable

Check = RealityConstraint | RealityInput


def shown(one: Variable) -> str:
    """Return the left side of an entry."""
    return f"{one.name}[{','.join(one.subscripts)}]" if one.subscripts else one.name


def checks_of(model: SourceModel) -> list[Check]:
    """Return the test inputs and the reality checks of a model."""
    return [*model.inputs, *model.constraints]


def check_text(one: Check) -> str:
    """Return the right side of a reality check or of a test input."""
    if isinstance(one, RealityInput):
        return f":TEST INPUT: {one.text}"
    return f":THE CONDITION: {one.condition_text} :IMPLIES: {one.consequence_text}"


def limits(one: Variable) -> str:
    """Return the range of a variable as Vensim writes it."""
    ends = (one.low, one.high, one.step)
    if all(end is None for end in ends):
        return ""
    return f"[{', '.join('?' if end is None else f'{end:g}' for end in ends)}]"


def elements(one: Dimension) -> str:
    """Return the right side of a range."""
    mapped = [
        f"{to.target}: {', '.join(to.elements)}" if to.elements else to.target
        for to in one.mappings
    ]
    same = f"<-> {one.equivalent}" if one.equivalent else ""
    return " ".join([", ".join(one.elements), *(f"-> ({to})" for to in mapped), same]).strip()
