"""Random functions that are drawn by proposal and acceptance: gamma and beta.

An expression cannot loop, so a few proposals are drawn at once and the first accepted one counts.
"""

from __future__ import annotations

import math

from sdmodel.expr import Expr, Op, Operand, apply, where
from sdmodel.functions.continuous import within
from sdmodel.functions.registry import Build, function

# Proposals for one number. At least 95 % are accepted, so that all fail once in 2e10 draws.
PROPOSALS = 8
# Whole betas drawn until one lies between the bounds.
BETAS = 4


def unit_gamma(build: Build, order: Expr, seed: Expr, tries: int) -> Expr:
    """Draw from a gamma distribution of an order of at least 1; NaN if no proposal was accepted.

    Marsaglia and Tsang (2000), ACM TOMS 26: the cube of a normal number, accepted as the density
    says.
    """
    base = build.auxiliary(order - 1 / 3)
    slope = build.auxiliary(1 / apply(Op.SQRT, 9 * base))
    chosen: Operand = math.nan
    for number in range(tries):
        if number % 2 == 0:  # Box and Muller (1958): two uniform numbers give two normal ones
            radius = build.auxiliary(apply(Op.SQRT, -2 * apply(Op.LN, build.draw(seed))))
            angle = build.auxiliary(2 * math.pi * build.draw(seed))
        normal = build.auxiliary(radius * apply((Op.COS, Op.SIN)[number % 2], angle))
        root = 1 + slope * normal
        cube = build.auxiliary(root * root * root)
        limit = normal * normal / 2 + base * (1 - cube + apply(Op.LN, cube))
        accepted = apply(Op.AND, cube > 0, apply(Op.LN, build.draw(seed)) < limit)
        chosen = where(accepted, base * cube, chosen)
    return build.auxiliary(chosen)


@function(
    "RANDOM GAMMA",
    units="x?, x?, 1, x?, x, _ -> x",
    example="RANDOM GAMMA(0, 9, 2, 5, 0, 0)",
    value=5,
    memory=True,
)
def random_gamma(
    build: Build, least: Expr, most: Expr, order: Expr, shift: Expr, stretch: Expr, seed: Expr
) -> Operand:
    """Return a number drawn from a gamma distribution, stretched and shifted.

    An order below 1 counts as 1. Four numbers are drawn; if none lies between the bounds the
    value is NaN.
    """
    order = build.auxiliary(apply(Op.MAX, order, 1))
    chosen: Expr = build.auxiliary(math.nan)
    for _ in range(BETAS):
        value = build.auxiliary(shift + stretch * unit_gamma(build, order, seed, PROPOSALS))
        chosen = where(_between(value, least, most), value, chosen)
    return where(apply(Op.EQ, stretch, 0), within(shift, least, most), chosen)


def _between(value: Expr, least: Expr, most: Expr) -> Expr:
    return apply(Op.AND, value >= least, value <= most)


@function(
    "RANDOM BETA",
    units="x?, x?, 1, 1, x?, x, _ -> x",
    example="RANDOM BETA(0, 9, 2, 3, 5, 0, 0)",
    value=5,
    memory=True,
)
def random_beta(
    build: Build,
    least: Expr,
    most: Expr,
    alpha: Expr,
    beta: Expr,
    shift: Expr,
    stretch: Expr,
    seed: Expr,
) -> Operand:
    """Return a number drawn from a beta distribution, stretched and shifted.

    Four numbers are drawn; if none lies between the bounds the value is NaN.
    """

    def part(power: Expr) -> Expr:
        """Return a gamma of any order above 0: of a lower one from the next higher one."""
        small = power < 1
        valid = where(power > 0, where(small, power + 1, power), math.nan)
        drawn = unit_gamma(build, build.auxiliary(valid), seed, PROPOSALS)
        less = apply(Op.POW, build.draw(seed), 1 / power)
        return build.auxiliary(drawn * where(small, less, 1))

    chosen: Expr = build.auxiliary(math.nan)
    for _ in range(BETAS):
        a, b = part(alpha), part(beta)
        value = build.auxiliary(shift + stretch * (a / (a + b)))
        chosen = where(_between(value, least, most), value, chosen)
    return where(apply(Op.EQ, stretch, 0), within(shift, least, most), chosen)
