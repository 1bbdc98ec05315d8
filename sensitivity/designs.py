"""Designs on the unit cube: which points of the space each method wants to see run.

The points are those SALib gives for the same seed. Sobol's are put together here, because its
loop over every number takes seconds where this takes milliseconds.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

MORRIS_LEVELS = 4
FAST_HARMONICS = 4


def sobol(n: int, factors: int, *, seed: int, second_order: bool) -> Floats:
    """Return Saltelli's design: n blocks, each of two points and all their crossings.

    A block is A, then A with one factor after the other taken from B, then (for the second
    order) B with one factor after the other taken from A, then B.

    Examples
    --------
    >>> sobol(4, 3, seed=1, second_order=False).shape
    (20, 3)
    """
    from scipy.stats import qmc

    # `seed=`, not the newer `rng=`: for the same number they give different points, and SALib
    # uses the former.
    base = qmc.Sobol(d=2 * factors, scramble=True, seed=seed).random(n)
    a, b = base[:, None, :factors], base[:, None, factors:]
    own = np.eye(factors, dtype=bool)
    blocks = [a, np.where(own, b, a), *([np.where(own, a, b)] if second_order else []), b]
    return np.concatenate(blocks, axis=1).reshape(-1, factors)


def morris(n: int, factors: int, *, seed: int, second_order: bool = False) -> Floats:
    """Return n trajectories of factors + 1 points, each step moving one factor on a grid.

    Examples
    --------
    >>> morris(10, 3, seed=0).shape
    (40, 3)
    """
    from SALib.sample.morris import sample

    design: Floats = sample(_cube(factors), n, num_levels=MORRIS_LEVELS, seed=seed)
    return design


def fast(n: int, factors: int, *, seed: int, second_order: bool = False) -> Floats:
    """Return one search curve of n points for each factor.

    Examples
    --------
    >>> fast(65, 2, seed=0).shape
    (130, 2)
    """
    from SALib.sample.fast_sampler import sample

    design: Floats = sample(_cube(factors), n, M=FAST_HARMONICS, seed=seed)
    # arcsin(sin(x)) may leave the unit interval by the last bit.
    return np.clip(design, 0.0, 1.0)


def _cube(factors: int) -> dict[str, object]:
    return {
        "num_vars": factors,
        "names": [str(factor) for factor in range(factors)],
        "bounds": [[0.0, 1.0]] * factors,
    }
