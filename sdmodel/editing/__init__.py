"""Changes to a model, of its text or in memory, that leave everything else as it stands."""

from __future__ import annotations

from sdmodel.editing.edit import Edit
from sdmodel.editing.memory import with_additions, with_equation, with_table, without_ranges
from sdmodel.editing.pieces import Piece, pieces

__all__ = [
    "Edit",
    "Piece",
    "pieces",
    "with_additions",
    "with_equation",
    "with_table",
    "without_ranges",
]
