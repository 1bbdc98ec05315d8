"""Points of the unit cube that several methods share, and parts of designs by their place.

A sequence is addressed: rows far along it are computed without those before. Any other design
is made whole, once, and cut.
"""

from __future__ import annotations

from functools import lru_cache
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.errors import MethodError

if TYPE_CHECKING:
    from collections.abc import Callable

    from numpy.typing import NDArray

    from sensitivity.methods.plan import Plan

    Floats = NDArray[np.float64]


def sequence(first: int, last: int, dimensions: int, seed: int) -> Floats:
    """Return points first to last of the scrambled Sobol sequence.

    Examples
    --------
    >>> bool((sequence(0, 8, 3, 1)[5:7] == sequence(5, 7, 3, 1)).all())
    True
    """
    from scipy.stats import qmc

    # `seed=`, not the newer `rng=`: for the same number they give different points, and SALib
    # uses the former.
    engine = qmc.Sobol(d=dimensions, scramble=True, seed=seed)
    points = np.empty((last - first, dimensions))
    done = 0
    if first:
        engine.fast_forward(first)
    elif last:
        # SciPy warns of a beginning that is not a power of two: here it may be part of one.
        points[0], done = engine.random(1)[0], 1
    points[done:] = engine.random(last - first - done) if last - first > done else 0.0
    return points


def latin(n: int, dimensions: int, seed: int) -> Floats:
    """Return a Latin hypercube of n points: each of n slices of each factor is met once.

    The points are SALib's for the same seed.

    Examples
    --------
    >>> sorted((latin(4, 2, 1)[:, 0] * 4).astype(int).tolist())
    [0, 1, 2, 3]
    """
    random = np.random.default_rng(seed)
    width = 1.0 / n
    low = np.arange(n)[:, None] * width
    high = np.arange(1, n + 1)[:, None] * width
    points = low + (high - low) * random.random((n, dimensions))
    for column in range(dimensions):
        random.shuffle(points[:, column])
    return points


def cut(design: Callable[[Plan], Floats]) -> Callable[[Plan, int, int], Floats]:
    """Make of a whole design one that gives any of its rows; the last designs are remembered."""

    @lru_cache(maxsize=2)
    def whole(plan: Plan) -> Floats:
        made = design(plan)
        made.flags.writeable = False
        return made

    def rows(plan: Plan, first: int, last: int) -> Floats:
        return whole(plan)[first:last].copy()

    return rows


def of_the_sequence(plan: Plan, first: int, last: int) -> Floats:
    """Return rows of the design that is the sequence itself."""
    return sequence(first, last, plan.factors, plan.seed)


def every_run(plan: Plan) -> NDArray[np.int64]:
    """Return the places of all runs."""
    return np.arange(plan.runs)


def one(_plan: Plan) -> int:
    """Return the size of a block where every run stands for itself."""
    return 1


def needs_power_of_two(plan: Plan, least: int, per: int = 1) -> None:
    """Refuse sample sizes that are not a power of 2 from `least` on, and say which would do.

    A sample is `per` runs.
    """
    n = plan.samples
    if n >= least and n & (n - 1) == 0:
        return
    smallest = 1 << (least - 1).bit_length()
    below, above = 2 ** max(0, n.bit_length() - 1), 2 ** max(n, 1).bit_length()
    options = sorted({max(smallest, below), max(smallest, above)})
    text = " or ".join(f"{option} ({option * per:,} runs)" for option in options)
    least_of_all = f" of at least {smallest}" if n < smallest else ""
    raise MethodError(
        f"method {plan.method} needs samples that are a power of 2{least_of_all}, not {n}: "
        f"use {text}"
    )


def needs_no_size(plan: Plan) -> None:
    """Refuse a sample size where the number of factors alone settles the design."""
    if plan.samples != 1:
        raise MethodError(
            f"method {plan.method} has one design of {plan.row.formula}, whatever the samples: "
            f"leave them out instead of {plan.samples}"
        )


def unit_of(plan: Plan, unit_design: Floats | None) -> Floats:
    """Return the design where an analysis needs it; refuse to go on without."""
    if unit_design is None:
        raise MethodError(f"method {plan.method} needs the design as well as the outcomes")
    return unit_design
