"""Which variable, entry or element a user means by a name."""

from __future__ import annotations

from collections.abc import Sequence

from sdmodel.errors import OverrideError, Problem, UnknownNameError, did_you_mean, near_names
from sdmodel.names import element_key, key
from sdmodel.notebook.finding import holding
from sdmodel.program import Program
from sdmodel.source import SourceModel, Variable


def definition_of(source: SourceModel, name: str) -> Variable:
    """Return the first entry of a variable, named alone or by one of its elements.

    Raises
    ------
    UnknownNameError
        If there is none, with the names that are near.
    """
    found = source.by_key.get(key(name))
    if found is None and name.strip().endswith("]"):
        found = source.by_key.get(key(name[: name.rindex("[")]) if "[" in name else "")
    if found is not None:
        return found
    names = [one.name for one in source.by_key.values()]
    near = near_names(name, names) or tuple(holding(name, names)[:3])
    problem = Problem(
        f"the model has no variable named {name!r}",
        kind="unknown name",
        path=source.source.path,
        name=name,
        near=near,
        cure=did_you_mean(near) or "`sdmodel show MODEL` lists its variables",
    )
    raise UnknownNameError([problem])


def entry_of(source: SourceModel, name: str) -> Variable:
    """Return the entry of a variable that has the subscripts given; of one entry that one."""
    found = definition_of(source, name)
    entries = source.entries[found.key]
    if len(entries) == 1:
        return found
    spelled = {f"{one.name}[{','.join(one.subscripts)}]": one for one in entries}
    for shown, one in spelled.items():
        if element_key(shown) == element_key(name):
            return one
    choices = ", ".join(repr(one) for one in spelled)
    raise OverrideError(name, f"{found.name!r} has several equations: name one of {choices}")


def selected(source: SourceModel, program: Program, wanted: Sequence[str]) -> list[str]:
    """Return the columns that some names stand for: of a subscripted variable all its elements.

    Raises
    ------
    UnknownNameError, OverrideError
        If there is no such variable or element, or if it has no course in time.
    """
    if isinstance(wanted, str):
        raise OverrideError("outputs", f"outputs is a list of names: write [{wanted!r}]")
    names: list[str] = []
    for name in wanted:
        known = element_key(name)
        if known in program.columns:
            names.append(program.columns[known][0])
            continue
        found = definition_of(source, name)
        if found.key not in program.display:
            reason = f"{found.name!r} is a lookup and has no course in time"
            raise OverrideError(found.name, f"{reason}: name the variable that reads it")
        elements = [program.columns[k][0] for k in program.elements(found.key)]
        if known != found.key:
            near = near_names(name, elements)
            hint = did_you_mean(near) or f"there is {', '.join(elements[:5])}"
            raise OverrideError(name, f"{found.name!r} has no element {name!r}; {hint}")
        names += elements
    return names
