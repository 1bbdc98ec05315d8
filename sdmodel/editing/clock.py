"""Whether an edit reaches the run controls: only then are they worked out before it is saved."""

from __future__ import annotations

from sdmodel.editing.meaning import Meaning, bare, meaning
from sdmodel.editing.renaming import names_in
from sdmodel.names import key
from sdmodel.program import CONTROL
from sdmodel.source import SourceModel, Variable


def same_clock(before: SourceModel, after: SourceModel) -> bool:
    """Return whether the run controls, and all that they depend on, are what they were.

    A control that calls a macro counts as changed: a macro may use any variable of the model.
    """
    old, new = meaning(before), meaning(after)
    if _shared(old) != _shared(new):
        return False
    macros = {key(one.name) for one in before.macros}
    reached, ahead = set[str](), sorted(CONTROL)
    while ahead:
        name = ahead.pop()
        if name in reached:
            continue
        reached.add(name)
        entries = _entries(before, name)
        if name in macros or entries != _entries(after, name):
            return False
        ahead += [one for entry in entries for one in names_in(entry)]
    return True


def _shared(one: Meaning) -> tuple[object, ...]:
    return one.dimensions, one.macros, one.method, one.settings


def _entries(model: SourceModel, name: str) -> list[Variable]:
    return [bare(one) for one in model.entries.get(name, ())]
