"""Functions of whole arrays that no loop of primitives expresses, in NumPy for every engine.

Each takes arrays of shape (outer, elements, runs), where `outer` counts the combinations of the
ranges that are no part of the vector, and fills `out` of the same form. None may raise: what has
no answer becomes NaN.
"""

from __future__ import annotations

from collections.abc import Callable

import numpy as np
from numpy.typing import NDArray

from sdmodel.allocation import ALLOCATIONS

Array = NDArray[np.float64]
BlockFunction = Callable[..., None]


def sort_order(vector: Array, direction: Array, out: Array) -> None:
    """Fill in the places, from 0, of the elements in rising or falling order; ties keep theirs."""
    sign = np.where(direction > 0, 1.0, -1.0)
    out[...] = np.argsort(sign * vector, axis=1, kind="stable")


def rank(vector: Array, direction: Array, out: Array) -> None:
    """Fill in the rank of each element, from 1."""
    sort_order(vector, direction, out)
    out[...] = np.argsort(out, axis=1, kind="stable") + 1.0


def invert(matrix: Array, out: Array) -> None:
    """Fill in the inverse of square matrices, rows in order; NaN for one without an inverse."""
    outer, cells, runs = matrix.shape
    size = round(cells**0.5)
    stacked = matrix.transpose(0, 2, 1).reshape(outer * runs, size, size)
    found = np.full_like(stacked, np.nan)
    for i, one in enumerate(stacked):
        if np.isfinite(one).all():
            try:
                found[i] = np.linalg.inv(one)
            except np.linalg.LinAlgError:
                continue
    out[...] = found.reshape(outer, runs, cells).transpose(0, 2, 1)


BLOCKS: dict[str, BlockFunction] = {
    "sort order": sort_order,
    "rank": rank,
    "invert": invert,
    **ALLOCATIONS,
}
