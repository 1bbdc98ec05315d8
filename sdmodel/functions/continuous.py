"""Random functions with a density.

Each number is a function of seed, variable, step and run alone, so runs are reproducible and do not
depend on the order in which a model is computed. `least` and `most` cut a distribution off after it
was stretched and shifted: where its inverse is known, by drawing from the part between them, else
by drawing anew a few times. What can not be drawn is NaN, which a run reports: a window with
nothing in it, or one that was missed every time (Vensim Reference Manual, RANDOM).
"""

from __future__ import annotations

import math
from collections.abc import Callable

from sdmodel.expr import Expr, Op, Operand, Table, apply, where
from sdmodel.functions.lookups import area_up_to, areas, distinct, ends, slopes, starts
from sdmodel.functions.quantiles import normal_quantile, normal_share
from sdmodel.functions.registry import Build, function

Curve = Callable[[Expr], Expr]


def within(x: Operand, least: Operand, most: Operand) -> Expr:
    """Return x, or the nearer bound where it is beyond one."""
    return apply(Op.MAX, apply(Op.MIN, x, most), least)


def _cut(build: Build, seed: Expr, low: Expr, high: Expr, share: Curve, inverse: Curve) -> Expr:
    """Draw from the part of a distribution between two values, by its inverse.

    `share` is the part below a value, or above it; `inverse` undoes it.
    """
    begin, end = build.auxiliary(share(low)), build.auxiliary(share(high))
    drawn = build.auxiliary(begin + build.draw(seed) * (end - begin))
    # One number more than the window is not empty: rounding must not lead out of it.
    return where(apply(Op.NE, begin, end), within(inverse(drawn), low, high), math.nan)


def _standard(
    build: Build,
    bounds: tuple[Expr, Expr],
    shift: Expr,
    stretch: Expr,
    draw: Callable[[Expr, Expr], Expr],
) -> Expr:
    """Draw on the scale before stretch and shift; without stretch only the shift is left."""
    ends = [build.auxiliary((bound - shift) / stretch) for bound in bounds]
    low = build.auxiliary(apply(Op.MIN, *ends))
    high = build.auxiliary(apply(Op.MAX, *ends))
    value = within(shift + stretch * draw(low, high), *bounds)
    return where(apply(Op.EQ, stretch, 0), within(shift, *bounds), value)


@function(
    "RANDOM UNIFORM", units="x, x, _ -> x", example="RANDOM UNIFORM(5, 5, 0)", value=5, memory=True
)
def random_uniform(build: Build, least: Expr, most: Expr, seed: Expr) -> Operand:
    """Return a number drawn evenly between two bounds, anew each TIME STEP."""
    return least + (most - least) * build.draw(seed)


@function("RANDOM 0 1", example="RANDOM 0 1() < 1", value=1, memory=True)
def random_0_1(build: Build) -> Operand:
    """Return a number drawn evenly between 0 and 1, anew each TIME STEP."""
    return build.draw(0)


@function(
    "RANDOM NORMAL",
    units="x?, x?, x, x, _ -> x",
    example="RANDOM NORMAL(0, 10, 5, 0, 0)",
    value=5,
    memory=True,
)
def random_normal(
    build: Build, least: Expr, most: Expr, mean: Expr, deviation: Expr, seed: Expr
) -> Operand:
    """Return a number drawn from a normal distribution, cut off at two bounds.

    Bounds that are both more than 8 deviations to one side leave nothing to draw from.
    """

    def draw(low: Expr, high: Expr) -> Expr:
        # Above the mean the mirror image is exact where the share below is all but one.
        above = low > 0
        a = build.auxiliary(where(above, -high, low))
        b = build.auxiliary(where(above, -low, high))
        value = _cut(build, seed, a, b, normal_share, lambda p: normal_quantile(build, p))
        value = build.auxiliary(value)
        return where(above, -value, value)

    return _standard(build, (least, most), mean, deviation, draw)


@function(
    "RANDOM EXPONENTIAL",
    units="x?, x?, x?, x, _ -> x",
    example="RANDOM EXPONENTIAL(0, 9, 5, 0, 0)",
    value=5,
    memory=True,
)
def random_exponential(
    build: Build, least: Expr, most: Expr, shift: Expr, stretch: Expr, seed: Expr
) -> Operand:
    """Return a number drawn from an exponential distribution of mean 1, stretched and shifted."""

    def draw(low: Expr, high: Expr) -> Expr:
        return _cut(
            build,
            seed,
            low,
            high,
            lambda x: apply(Op.EXP, -apply(Op.MAX, x, 0)),
            lambda share: -apply(Op.LN, share),
        )

    return _standard(build, (least, most), shift, stretch, draw)


@function(
    "RANDOM WEIBULL",
    units="x?, x?, 1, x?, x, _ -> x",
    example="RANDOM WEIBULL(0, 9, 2, 5, 0, 0)",
    value=5,
    memory=True,
)
def random_weibull(
    build: Build, least: Expr, most: Expr, shape: Expr, shift: Expr, stretch: Expr, seed: Expr
) -> Operand:
    """Return a number drawn from a Weibull distribution of mean 1, stretched and shifted."""
    power = build.auxiliary(where(shape > 0, shape, math.nan))
    scale = build.auxiliary(apply(Op.EXP, -apply(Op.LGAMMA, 1 + 1 / power)))

    def share(x: Expr) -> Expr:
        return apply(Op.EXP, -apply(Op.POW, apply(Op.MAX, x, 0) / scale, power))

    def inverse(share: Expr) -> Expr:
        return scale * apply(Op.POW, -apply(Op.LN, share), 1 / power)

    def draw(low: Expr, high: Expr) -> Expr:
        return _cut(build, seed, low, high, share, inverse)

    return _standard(build, (least, most), shift, stretch, draw)


@function(
    "RANDOM TRIANGULAR",
    units="x?, x?, x, x, x, _ -> x",
    example="RANDOM TRIANGULAR(5, 5, 5, 5, 5, 0)",
    value=5,
    memory=True,
)
def random_triangular(
    build: Build, least: Expr, most: Expr, start: Expr, peak: Expr, stop: Expr, seed: Expr
) -> Operand:
    """Return a number drawn from a triangular distribution, cut off at two bounds."""
    width = build.auxiliary(stop - start)
    left, right = width * (peak - start), width * (stop - peak)

    def share(x: Expr) -> Expr:
        rising = (x - start) * (x - start) / left
        falling = 1 - (stop - x) * (stop - x) / right
        inner = where(x < peak, rising, falling)
        return where(x <= start, 0, where(x >= stop, 1, inner))

    def inverse(p: Expr) -> Expr:
        rising = start + apply(Op.SQRT, p * left)
        falling = stop - apply(Op.SQRT, (1 - p) * right)
        return where(p * width < peak - start, rising, falling)

    ordered = apply(Op.AND, start <= peak, peak <= stop)
    drawn = _cut(build, seed, build.auxiliary(least), build.auxiliary(most), share, inverse)
    value = where(ordered, drawn, math.nan)
    return where(apply(Op.EQ, width, 0), within(start, least, most), value)


@function(
    "RANDOM LOOKUP",
    units="_, x?, x?, x?, x, _ -> x",
    example="RANDOM LOOKUP(example lookup, 0, 9, 5, 0, 0)",
    value=5,
    memory=True,
    lookup=True,
)
def random_lookup(
    build: Build, lookup: Expr, least: Expr, most: Expr, shift: Expr, stretch: Expr, seed: Expr
) -> Operand:
    """Return a number drawn from the density that a lookup shows, stretched and shifted."""
    table = distinct(build.table(lookup))
    if min(table.ys) < 0 or not areas(table).ys[-1] > 0:
        reason = "the lookup of RANDOM LOOKUP is a density: nowhere negative, somewhere positive"
        return build.refuse(lookup, reason, "give it such values")
    first, last = ends(build, lookup)

    def share(x: Expr) -> Expr:
        return area_up_to(build, lookup, within(x, first, last))

    def inverse(area: Expr) -> Expr:
        def before(values: Callable[[Table], Table]) -> Expr:
            """Read by the area below instead of x."""

            def change(table: Table) -> Table:
                table = distinct(table)
                return Table(areas(table).ys, values(table).ys)

            return build.read(lookup, area, "backward", change)

        slope, height = before(slopes), before(lambda table: table)
        rest = build.auxiliary(area - before(areas))
        root = apply(Op.SQRT, apply(Op.MAX, height * height + 2 * slope * rest, 0))
        # 2c / (b + root) and not (root - b) / a: the slope a may be zero.
        return before(starts) + where(rest > 0, 2 * rest / (height + root), 0)

    def draw(low: Expr, high: Expr) -> Expr:
        return _cut(build, seed, low, high, share, inverse)

    return _standard(build, (least, most), shift, stretch, draw)


@function(
    "RANDOM PINK NOISE",
    units="x?, x, time, _ -> x",
    example="RANDOM PINK NOISE(5, 0, 2, 0)",
    value=5,
    memory=True,
)
def random_pink_noise(
    build: Build, mean: Expr, deviation: Expr, correlation_time: Expr, seed: Expr
) -> Operand:
    """Return a normal noise that forgets its past within the correlation time.

    Mean and deviation do not depend on the TIME STEP of the file.
    """

    def normal() -> Expr:
        limits = (build.auxiliary(-6), build.auxiliary(6))
        cut = _cut(build, seed, *limits, normal_share, lambda p: normal_quantile(build, p))
        return build.auxiliary(cut)

    share = build.auxiliary(build.time_step / correlation_time)
    noise = build.stock(mean + deviation * normal())
    white = mean + deviation * apply(Op.SQRT, (2 - share) / share) * normal()
    build.flow(noise, (white - noise) / correlation_time)
    return noise


@function(
    "XMILE LOGNORMAL",
    units="x, x, _ -> x",
    example="XMILE LOGNORMAL(5, 0, 0)",
    value=5,
    memory=True,
    source="XMILE",
    manual="XMILE 1.0, LOGNORMAL",
)
def xmile_lognormal(build: Build, mean: Expr, deviation: Expr, seed: Expr) -> Operand:
    """Return a number drawn from a lognormal distribution of this mean and standard deviation."""
    ratio = deviation / mean
    variance = build.auxiliary(apply(Op.LN, 1 + ratio * ratio))
    normal = normal_quantile(build, build.draw(seed))
    spread = where(variance > 0, apply(Op.SQRT, variance) * normal, 0)
    return mean * apply(Op.EXP, spread - variance / 2)
