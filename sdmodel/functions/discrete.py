"""Random functions that count: Poisson, binomial, negative binomial.

Small means are drawn by adding probabilities up, and there the bounds are exact. Larger ones are
drawn by transformed rejection (Hörmann 1993); of a few proposals the first counts that is accepted
and lies between the bounds, and if there is none the value is NaN, which a run reports.
"""

from __future__ import annotations

import math
from collections.abc import Callable

from sdmodel.expr import Expr, Op, Operand, apply, where, wrap
from sdmodel.functions.continuous import within
from sdmodel.functions.registry import Build, function
from sdmodel.functions.rejection import PROPOSALS, unit_gamma

# From this mean on by rejection; below it a count of 50 or more has a chance under 1e-18.
LARGE = 10
COUNTS = 50
# At least 7 of 10 proposals are accepted, so that all fail once in 2e8 draws.
ATTEMPTS = 16
# Beyond this mean the logarithms of factorials lose the digits that matter.
LARGEST_MEAN = 1e9

Fits = Callable[[Operand], Expr]


def _fits(shift: Expr, stretch: Expr, least: Expr, most: Expr) -> Fits:
    def fits(count: Operand) -> Expr:
        value = shift + stretch * count
        return apply(Op.AND, value >= least, value <= most)

    return fits


def _added_up(
    build: Build, seed: Expr, first: Expr, following: Callable[[Expr, int], Expr], fits: Fits
) -> Expr:
    """Draw a count by adding up the probabilities of those that fit, each from the one before."""
    chance = build.auxiliary(first)
    total: Expr = build.auxiliary(where(fits(0), chance, 0))
    sums = [total]
    for count in range(1, COUNTS):
        chance = build.auxiliary(following(chance, count))
        total = build.auxiliary(total + where(fits(count), chance, 0))
        sums.append(total)
    target = build.auxiliary(build.draw(seed) * total)
    below: Expr = sums[0] < target
    for one in sums[1:-1]:
        below = below + (one < target)
    return build.auxiliary(where(total > 0, below, math.nan))


def _proposed(
    build: Build,
    seed: Expr,
    shape: tuple[Expr, Expr, Expr],
    accepts: Callable[[Expr, Expr, Expr], Expr],
    fits: Fits,
) -> Expr:
    """Draw a count by rejection from a table mountain: `shape` is its width, slope and centre.

    `accepts` is asked for a proposal, the logarithm of a uniform number and the hat there.
    """
    width, slope, centre = shape
    chosen: Operand = math.nan
    for _ in range(ATTEMPTS):
        side = build.auxiliary(build.draw(seed) - 0.5)
        height = build.draw(seed)
        edge = build.auxiliary(0.5 - apply(Op.ABS, side))
        place = build.auxiliary((2 * slope / edge + width) * side + centre)
        count = build.auxiliary(apply(Op.TRUNC, place))
        hat = slope / (edge * edge) + width
        good = apply(Op.AND, place >= 0, accepts(count, apply(Op.LN, height), hat))
        chosen = where(apply(Op.AND, good, fits(count)), count, chosen)
    return build.auxiliary(chosen)


def _poisson(build: Build, mean: Expr, seed: Expr, fits: Fits) -> Expr:
    few = build.auxiliary(apply(Op.MIN, mean, LARGE))
    small = _added_up(
        build, seed, apply(Op.EXP, -few), lambda chance, count: chance * few / count, fits
    )
    many = build.auxiliary(apply(Op.MAX, mean, LARGE))
    width = build.auxiliary(0.931 + 2.53 * apply(Op.SQRT, many))
    slope = build.auxiliary(-0.059 + 0.02483 * width)
    inverse = build.auxiliary(apply(Op.LN, 1.1239 + 1.1328 / (width - 3.4)))
    log_mean = build.auxiliary(apply(Op.LN, many))

    def accepts(count: Expr, log_height: Expr, hat: Expr) -> Expr:
        density = count * log_mean - many - apply(Op.LGAMMA, count + 1)
        return log_height + inverse - apply(Op.LN, hat) <= density

    large = _proposed(build, seed, (width, slope, many + 0.43), accepts, fits)
    known = apply(Op.AND, mean >= 0, mean <= LARGEST_MEAN)
    return where(known, where(mean < LARGE, small, large), math.nan)


@function(
    "RANDOM POISSON",
    units="x?, x?, 1, x?, x, _ -> x",
    example="RANDOM POISSON(0, 9, 2, 5, 0, 0)",
    value=5,
    memory=True,
)
def random_poisson(
    build: Build, least: Expr, most: Expr, mean: Expr, shift: Expr, stretch: Expr, seed: Expr
) -> Operand:
    """Return a count drawn from a Poisson distribution, stretched and shifted."""
    count = _poisson(build, build.auxiliary(mean), seed, _fits(shift, stretch, least, most))
    return _scaled(count, shift, stretch, least, most)


def _scaled(count: Expr, shift: Expr, stretch: Expr, least: Expr, most: Expr) -> Expr:
    without = apply(Op.EQ, stretch, 0)
    return where(without, within(shift, least, most), shift + stretch * count)


@function(
    "RANDOM BINOMIAL",
    units="x?, x?, 1, 1, x?, x, _ -> x",
    example="RANDOM BINOMIAL(0, 9, 0.5, 4, 5, 0, 0)",
    value=5,
    memory=True,
)
def random_binomial(
    build: Build,
    least: Expr,
    most: Expr,
    probability: Expr,
    trials: Expr,
    shift: Expr,
    stretch: Expr,
    seed: Expr,
) -> Operand:
    """Return how many of so many trials succeed, stretched and shifted."""
    whole = build.auxiliary(apply(Op.TRUNC, trials + 0.5))
    many = probability > 0.5
    chance = build.auxiliary(where(many, 1 - probability, probability))
    odds = build.auxiliary(chance / (1 - chance))
    mean = build.auxiliary(whole * chance)

    def turned(count: Operand) -> Expr:
        return where(many, whole - count, count)

    def fits(count: Operand) -> Expr:
        return apply(Op.AND, whole - count >= 0, window(turned(count)))

    window = _fits(shift, stretch, least, most)
    none = apply(Op.EXP, whole * apply(Op.LN, 1 - chance))
    small = _added_up(
        build, seed, none, lambda p, count: p * odds * (whole - count + 1) / count, fits
    )
    spread = build.auxiliary(apply(Op.SQRT, mean * (1 - chance)))
    width = build.auxiliary(1.15 + 2.53 * spread)
    slope = build.auxiliary(-0.0873 + 0.0248 * width + 0.01 * chance)
    scale = build.auxiliary(apply(Op.LN, (2.83 + 5.1 / width) * spread))
    middle = build.auxiliary(apply(Op.TRUNC, (whole + 1) * chance))
    log_odds = build.auxiliary(apply(Op.LN, odds))
    peak = build.auxiliary(apply(Op.LGAMMA, middle + 1) + apply(Op.LGAMMA, whole - middle + 1))

    def accepts(count: Expr, log_height: Expr, hat: Expr) -> Expr:
        ways = apply(Op.LGAMMA, count + 1) + apply(Op.LGAMMA, whole - count + 1)
        density = peak - ways + (count - middle) * log_odds
        return log_height + scale - apply(Op.LN, hat) <= density

    large = _proposed(build, seed, (width, slope, mean + 0.5), accepts, fits)
    known = apply(Op.AND, apply(Op.AND, probability >= 0, probability <= 1), whole >= 0)
    known = apply(Op.AND, known, whole <= LARGEST_MEAN)
    drawn = turned(where(mean < LARGE, small, large))
    return _scaled(where(known, drawn, math.nan), shift, stretch, least, most)


@function(
    "RANDOM NEGATIVE BINOMIAL",
    units="x?, x?, 1, 1, x?, x, _ -> x",
    example="RANDOM NEGATIVE BINOMIAL(0, 9, 0.5, 4, 5, 0, 0)",
    value=5,
    memory=True,
)
def random_negative_binomial(
    build: Build,
    least: Expr,
    most: Expr,
    probability: Expr,
    successes: Expr,
    shift: Expr,
    stretch: Expr,
    seed: Expr,
) -> Operand:
    """Return how many trials it takes to so many successes, stretched and shifted.

    One number is drawn; if it lies outside the bounds the value is NaN.
    """
    wanted = build.auxiliary(apply(Op.TRUNC, successes + 0.5))
    known = apply(Op.AND, apply(Op.AND, probability > 0, probability <= 1), wanted >= 1)
    order = build.auxiliary(where(known, wanted, math.nan))
    # Failures are Poisson with a gamma distributed mean (Greenwood and Yule 1920).
    rate = unit_gamma(build, order, seed, PROPOSALS) * (1 - probability) / probability
    failures = _poisson(build, build.auxiliary(rate), seed, lambda count: wrap(1))
    count = build.auxiliary(wanted + failures)
    inside = _fits(shift, stretch, least, most)(count)
    return _scaled(where(inside, count, math.nan), shift, stretch, least, most)
