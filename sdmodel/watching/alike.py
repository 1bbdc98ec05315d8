"""What two versions of a model have in common."""

from __future__ import annotations

from operator import attrgetter

from sdmodel.source import SourceModel

# All of an entry but its right side, and what only people read.
LEFT = attrgetter(
    "name", "subscripts", "exceptions", "data", "lookup", "mode", "kind", "non_negative",
    "unchangeable",
)  # fmt: skip
# What settings are read against.
SAID = attrgetter("name", "subscripts", "units", "low", "high", "step", "comment", "table")
_RANGE = attrgetter("key", "elements", "mappings", "equivalent", "external")


def same_frame(old: SourceModel, new: SourceModel) -> bool:
    """Tell whether all but the entries of variables is the same, and of these there are as many."""
    return (
        not new.problems
        and len(old.variables) == len(new.variables)
        and list(map(_RANGE, old.dimensions)) == list(map(_RANGE, new.dimensions))
        and old.macros == new.macros
        and old.method == new.method
        and old.settings == new.settings
    )
