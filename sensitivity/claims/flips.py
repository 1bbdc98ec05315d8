"""Which uncertainties flip a claim: regional sensitivity, and the value at which it breaks even.

Draws in which the claim holds are compared with the others, factor by factor, by the largest
distance between their two distributions (Kolmogorov and Smirnov), the regional sensitivity analysis
of Hornberger and Spear 1981, Journal of Environmental Management 12, pp. 7-18.
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.distances import FEWEST, chance, distances

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Flags = NDArray[np.bool_]

BINS = 20
SHOWN = 3
ROUNDING = 1e-9


@dataclass(frozen=True, slots=True)
class Flip:
    """A factor whose value tells draws in which a claim holds from the others.

    Parameters
    ----------
    factor, label, unit
        Which.
    distance
        Between the two distributions: 0 the same, 1 wholly apart.
    probability
        Of so large a distance by chance, corrected for the number of factors (Bonferroni).
    helps
        Whether high values help the claim (1) or low ones (-1).
    half
        The value at which the claim holds in half of the draws nearby; NaN where it does not cross.
    ends
        The share of draws in which it holds near the lowest and the highest values.
    """

    factor: str
    label: str
    unit: str
    distance: float
    probability: float
    helps: int
    half: float
    ends: tuple[float, float]


def shares(values: Floats, holds: Flags) -> tuple[Floats, Floats]:
    """Return the share of draws in which a claim holds along a factor, in bins of equal size.

    Parameters
    ----------
    values, holds
        Of each draw: the factor, and whether the claim holds.

    Returns
    -------
    tuple
        The median value in each bin, and the share.

    Examples
    --------
    >>> import numpy as np
    >>> x = np.linspace(0, 1, 401)
    >>> middles, found = shares(x, x > 0.3)
    >>> round(crossed(middles, found - 0.5), 2)
    0.3
    """
    bins = max(1, min(BINS, len(values) // 10))
    parts = np.array_split(np.argsort(values, kind="stable"), bins)
    middles = np.array([float(np.median(values[part])) for part in parts])
    return middles, np.array([float(holds[part].mean()) for part in parts])


def crossed(places: Floats, heights: Floats) -> float:
    """Return where a line through points first crosses zero; NaN where it does not.

    A line that only touches zero, or leaves it, does not cross it; where it stays at zero on its
    way across, the first such place is meant.

    Examples
    --------
    >>> import numpy as np
    >>> crossed(np.array([0.0, 1.0, 2.0]), np.array([-1.0, 1.0, 2.0]))
    0.5
    >>> crossed(np.array([0.0, 1.0, 2.0, 4.0]), np.array([0.0, 1.0, 1.0, -1.0]))
    3.0
    """
    sound = np.isfinite(heights)
    places, heights = places[sound], heights[sound]
    if not len(heights):
        return math.nan
    # Where arms do not differ, what is left of their difference is rounding.
    sides = np.where(np.abs(heights) > ROUNDING * np.abs(heights).max(), np.sign(heights), 0.0)
    off = np.flatnonzero(sides)
    change = np.flatnonzero(sides[off[:-1]] != sides[off[1:]])
    if not len(change):
        return math.nan
    at = int(off[change[0]])
    if sides[at + 1] == 0:
        return float(places[at + 1])
    step = heights[at + 1] - heights[at]
    return float(places[at] - heights[at] / step * (places[at + 1] - places[at]))


def flips(
    names: list[str], labels: list[str], units: list[str], design: Floats, holds: Flags
) -> list[Flip]:
    """Return the factors that tell most, the strongest first; none where one side is too small."""
    inside, outside = int(holds.sum()), int((~holds).sum())
    if min(inside, outside) < FEWEST or not design.shape[1]:
        return []
    distance, way = distances(design, holds)
    probable = np.minimum(1.0, chance(distance, inside, outside) * len(names))
    found = []
    for place in np.argsort(-distance, kind="stable")[:SHOWN]:
        middles, share = shares(design[:, place], holds)
        found.append(
            Flip(
                names[place],
                labels[place],
                units[place],
                float(distance[place]),
                float(probable[place]),
                int(way[place]),
                crossed(middles, share - 0.5),
                (float(share[0]), float(share[-1])),
            )
        )
    return found
