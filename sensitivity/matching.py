"""Which names of a space a model knows, and how it spells them."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence

import sdmodel as sd
from sensitivity.errors import fold, near

# The names of parts of lookups and stocks, which `sdmodel.Model.with_parts` makes constants.
PART = re.compile(r"(scale|stretch|shift|initial) of ")


def settable_in(model: sd.Model) -> dict[str, str]:
    """Return what a run may set, by its folded name: constants, and arrays of nothing else."""
    constants = {fold(name): name for name in model.constants}
    arrays = {fold(name): name for name in model.units if fold(name) not in constants}
    elements: dict[str, list[str]] = {}
    for name in map(fold, model.columns):
        elements.setdefault(name.partition("[")[0], []).append(name)
    whole = {
        key: name
        for key, name in arrays.items()
        if key in elements and all(one in constants for one in elements[key])
    }
    return constants | whole


def strange(names: Sequence[str], settable: Mapping[str, str], model: sd.Model) -> list[str]:
    """Return why some names cannot be varied."""
    known = {fold(name) for name in (*model.units, *model.columns)}
    chosen = [fold(name) for name in names]
    wrong = []
    for name, key in zip(names, chosen, strict=True):
        head = key.partition("[")[0]
        if key in settable:
            if head != key and head in chosen:
                wrong.append(f"'{settable[head]}' has '{name}' in it: leave one out")
        elif key in known:
            wrong.append(
                f"'{name}' is computed in {model.name}, not a constant, so it cannot be varied"
            )
        elif PART.match(key):
            wrong.append(f"'{name}' is no constant of {model.name}: let Space.prepare make it one")
        else:
            hint = near(name, settable.values())
            wrong.append(f"{model.name} has no constant '{name}'{hint}")
    return wrong
