"""The largest distance between two distributions (Kolmogorov and Smirnov), factor by factor."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

# With fewer draws on one side a distance says nothing.
FEWEST = 20


def distances(design: Floats, holds: Flags, weights: Floats | None = None) -> tuple[Floats, Floats]:
    """Return each factor's largest distance between the two distributions, and where it points.

    Parameters
    ----------
    design
        Draws, factors.
    holds
        Which draws are compared with the others; for several questions at once, one column each.
    weights
        How often each draw counts; once when left out.

    Returns
    -------
    tuple
        Distances, and 1 where the draws that hold have higher values, -1 where lower ones; of
        each factor, and each column of `holds` if it has columns.

    Examples
    --------
    >>> import numpy as np
    >>> design = np.array([[0.0, 5.0], [1.0, 4.0], [2.0, 5.0], [3.0, 4.0]])
    >>> distances(design, np.array([False, False, True, True]))
    (array([1., 0.]), array([1., 1.]))
    """
    flags = holds.reshape(len(holds), -1)
    counted = np.ones(len(flags)) if weights is None else weights
    inside = np.where(flags, counted[:, None], 0.0)
    outside = counted[:, None] - inside
    sizes = [np.maximum(side.sum(axis=0), 1.0) for side in (inside, outside)]
    found = np.empty((design.shape[1], flags.shape[1]))
    for factor in range(design.shape[1]):
        order = np.argsort(design[:, factor], kind="stable")
        values = design[order, factor]
        # Draws of equal value are one step of both distributions.
        last = np.append(values[1:] != values[:-1], True)
        apart = (
            np.cumsum(outside[order], axis=0)[last] / sizes[1]
            - np.cumsum(inside[order], axis=0)[last] / sizes[0]
        )
        place = np.abs(apart).argmax(axis=0)
        found[factor] = np.take_along_axis(apart, place[None], axis=0)[0]
    shape = (len(found), *holds.shape[1:])
    return np.abs(found).reshape(shape), np.where(found >= 0, 1.0, -1.0).reshape(shape)


def chance(distance: Floats, first: Floats | int, second: Floats | int) -> Floats:
    """Return how probable so large a distance is by chance, in the limit of many draws.

    Examples
    --------
    >>> import numpy as np
    >>> chance(np.array([0.0, 0.5]), 100, 100).round(6)
    array([1., 0.])
    """
    from scipy.special import kolmogorov

    found: Floats = kolmogorov(np.sqrt(first * second / (first + second)) * distance)
    return found
