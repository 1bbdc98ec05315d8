"""Which segments cross, and which run through a box; all by broadcasting."""

from __future__ import annotations

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Bools = NDArray[np.bool_]


def crosses(a: Floats, b: Floats, c: Floats, d: Floats) -> Bools:
    """Return where the segments a-b and c-d cross; the last axis holds x and y."""
    ab, cd, ac = b - a, d - c, c - a
    along = ab[..., 0] * cd[..., 1] - ab[..., 1] * cd[..., 0]
    s = ac[..., 0] * cd[..., 1] - ac[..., 1] * cd[..., 0]
    t = ac[..., 0] * ab[..., 1] - ac[..., 1] * ab[..., 0]
    sign = np.sign(along)
    s, t, along = s * sign, t * sign, np.abs(along)
    return np.asarray((s > 0) & (s < along) & (t > 0) & (t < along))


def runs_through(a: Floats, b: Floats, centre: Floats, half: Floats) -> Bools:
    """Return where the segment a-b meets the box around a centre (separating axes)."""
    away = (a + b) / 2 - centre
    reach = np.abs(b - a) / 2
    slant = (b - a) / 2
    return np.asarray(
        (np.abs(away[..., 0]) < half[..., 0] + reach[..., 0])
        & (np.abs(away[..., 1]) < half[..., 1] + reach[..., 1])
        & (
            np.abs(slant[..., 0] * away[..., 1] - slant[..., 1] * away[..., 0])
            < half[..., 0] * reach[..., 1] + half[..., 1] * reach[..., 0]
        )
    )


def overlap(a: Floats, half_a: Floats, b: Floats, half_b: Floats) -> Bools:
    """Return where two boxes share some area."""
    return np.asarray((np.abs(a - b) < half_a + half_b).all(axis=-1))


def arcs(a: Floats, b: Floats, bends: Floats, pieces: int = 10) -> Floats:
    """Return points on arcs from a to b, (N, pieces + 1, 2); a bend is a height over its chord.

    >>> a, b = np.array([[0.0, 0.0]]), np.array([[10.0, 0.0]])
    >>> arcs(a, b, np.array([0.5]), 2).round(6).tolist()
    [[[0.0, 0.0], [5.0, -5.0], [10.0, 0.0]]]
    """
    share = np.linspace(0.0, 1.0, pieces + 1)
    chord = b - a
    # With half the angle of the arc, a point lies at so much of the chord along and beside it.
    half = 2 * np.arctan(2 * np.where(np.abs(bends) < 1e-3, 1e-6, bends))[:, None]
    turn = half * share
    size = np.sin(turn) / np.sin(half)
    along, beside = size * np.cos(half - turn), size * np.sin(half - turn)
    normal = np.stack([chord[:, 1], -chord[:, 0]], axis=1)
    return np.asarray(
        a[:, None] + along[..., None] * chord[:, None] + beside[..., None] * normal[:, None]
    )


def bend_of(a: Floats, b: Floats, through: Floats) -> float:
    """Return the bend of the arc from a to b that goes through a third point.

    >>> a, b = np.array([0.0, 0.0]), np.array([10.0, 0.0])
    >>> round(bend_of(a, b, np.array([5.0, -2.0])), 6)
    0.2
    """
    to_a, to_b = a - through, b - through
    # The angle at which the chord is seen is the same from everywhere on the arc.
    cross = to_a[0] * to_b[1] - to_a[1] * to_b[0]
    dot = float(to_a @ to_b)
    seen = float(np.arctan2(cross, dot))
    if cross == 0 and dot <= 0:
        return 0.0
    half = np.pi - abs(seen)
    return float(-np.sign(seen) * np.tan(half / 2) / 2)
