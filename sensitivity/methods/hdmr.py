"""HDMR from a random sample: the outcome as a sum of curves and surfaces fitted by splines.

Li, Rabitz and others (2010), Journal of Physical Chemistry A 114, pp. 6022-6032: a curve of each
factor, fitted in turns until they settle, then a surface of each pair, fitted to what is left;
the shares of the outcome's variance are covariances with these terms. With all runs it gives
what SALib does to an outcome of unit variance, but that SALib divides a covariance over n - 1 by
a variance over n; in another unit SALib stops its turns sooner or later. Intervals come from
random halves of the runs, whose spread is about that of the whole sample's estimate.
"""

from __future__ import annotations

from itertools import combinations
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.errors import MethodError
from sensitivity.methods.bootstrap import half_width, in_parts
from sensitivity.methods.points import (
    every_run,
    needs_power_of_two,
    of_the_sequence,
    one,
    unit_of,
)
from sensitivity.methods.row import Method
from sensitivity.methods.sobol import SHARES, square

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensitivity.methods.plan import Plan

    Floats = NDArray[np.float64]
    Indices = dict[str, Floats]

_INTERVALS = 2  # of the splines along a factor
_WIDTH = _INTERVALS + 3  # splines of a factor
_RIDGE = 0.01
_SETTLED = 1e-3
_TURNS = 100
_LEAST = 512
# The spread over so many halves is known well enough, and each asks for all pairs anew.
_HALVES = 20


def indices(
    outcomes: Floats,
    unit_design: Floats,
    *,
    second_order: bool,
    resamples: int,
    confidence: float,
    seed: int,
) -> Indices:
    """Return the shares of variance of each factor, alone and with its pairs.

    Parameters
    ----------
    outcomes
        One row per outcome, one column per run.
    unit_design
        Runs, factors.
    second_order
        Whether the shares of pairs are wanted besides.
    resamples, confidence, seed
        Of the intervals; more than 20 halves are not taken.

    Returns
    -------
    dict
        ``ST``, ``S1``, ``Sa`` and ``Sb`` with their ``_conf`` as (outcomes, factors), ``R2`` as
        (outcomes) and, if asked for, ``S2`` and ``S2_conf`` as (outcomes, factors, factors).
    """
    n, factors = unit_design.shape
    pairs = list(combinations(range(factors), 2))
    splines = [_splines(unit_design[:, factor]) for factor in range(factors)]
    # Without a unit, so that the same turns settle it whatever the unit.
    runs = outcomes.T / outcomes.std(axis=1)
    point = _fit(splines, runs, pairs)
    random = np.random.default_rng(seed)
    halves = []
    for _ in range(min(resamples, _HALVES)):
        half = np.sort(random.permutation(n)[: n // 2])
        halves.append(_fit([spline[half] for spline in splines], runs[half], pairs))
    found: Indices = {"R2": point["R2"]}
    for name in ("ST", "S1", "Sa", "Sb", *(["S2"] if second_order else [])):
        again = np.array([half[name] for half in halves]).reshape(-1, *point[name].shape)
        found[name], found[f"{name}_conf"] = point[name], half_width(again, confidence)
    if second_order:
        for name in ("S2", "S2_conf"):
            found[name] = square(found[name], factors, pairs)
    return found


def _splines(x: Floats) -> Floats:
    """Return the cubic splines of a factor, (runs, splines), over the range it has."""
    from scipy.interpolate import BSpline

    # To the ends of its own range, as SALib does.
    inside = (x - x.min()) / np.ptp(x)
    found = np.empty((len(x), _WIDTH))
    for place in range(_WIDTH):
        knots = np.arange(place - 3, place + 2) / _INTERVALS
        # Outside its knots a piece goes on as a polynomial, which is not meant.
        element = BSpline.basis_element(knots, extrapolate=False)(inside)
        found[:, place] = np.nan_to_num(element) * _INTERVALS**3
    return found


def _fit(splines: list[Floats], runs: Floats, pairs: list[tuple[int, int]]) -> Indices:
    centred = runs - runs.mean(axis=0)
    variance = (centred**2).mean(axis=0)
    curves = _curves(splines, centred)
    left = centred - curves.sum(axis=0)
    whole = curves.sum(axis=0)
    surfaces = np.empty((len(pairs), runs.shape[1]))
    for place, (one_of, other) in enumerate(pairs):
        basis = (splines[one_of][:, :, None] * splines[other][:, None, :]).reshape(len(runs), -1)
        fitted = basis @ _solved(basis.T @ basis, basis.T @ left)
        surfaces[place] = _covariance(fitted, centred)
        whole += fitted
    first: Floats = np.array([_covariance(curve, centred) for curve in curves]) / variance
    second = surfaces / variance
    structural = curves.var(axis=1) / variance
    correlative = np.array([_covariance(curve, whole - curve) for curve in curves]) / variance
    total = first.copy()
    for place, members in enumerate(pairs):
        total[list(members)] += second[place]
    return {
        "ST": total.T,
        "S1": first.T,
        "Sa": structural.T,
        "Sb": correlative.T,
        "S2": second.T,
        "R2": 1.0 - ((centred - whole) ** 2).mean(axis=0) / variance,
    }


def _covariance(left: Floats, right: Floats) -> Floats:
    found: Floats = ((left - left.mean(axis=0)) * (right - right.mean(axis=0))).mean(axis=0)
    return found


def _solved(gram: Floats, right: Floats) -> Floats:
    return np.asarray(np.linalg.solve(gram + _RIDGE * np.eye(len(gram)), right), dtype=float)


def _curves(splines: list[Floats], centred: Floats) -> Floats:
    """Return the fitted curve of each factor, (factors, runs, outcomes).

    Factors take turns, each fitted to what the others leave, until an outcome's curves settle;
    all in terms of products of the splines, which are few.
    """
    factors, number = len(splines), centred.shape[1]
    basis = np.concatenate(splines, axis=1)
    products = (basis.T @ basis).reshape(factors, _WIDTH, factors, _WIDTH)
    targets = (basis.T @ centred).reshape(factors, _WIDTH, number)
    fitted = np.array([_solved(products[j, :, j], targets[j]) for j in range(factors)])
    moving = np.arange(number)
    for _ in range(_TURNS):
        before = (fitted[:, :, moving] ** 2).sum(axis=1)
        for j in range(factors):
            others = np.tensordot(products[j], fitted[:, :, moving], axes=2)
            own = products[j, :, j] @ fitted[j][:, moving]
            fitted[j][:, moving] = _solved(
                products[j, :, j], targets[j][:, moving] - (others - own)
            )
        change = np.abs((fitted[:, :, moving] ** 2).sum(axis=1) - before).max(axis=0)
        moving = moving[change > _SETTLED]
        if not len(moving):
            break
    return np.stack([spline @ own for spline, own in zip(splines, fitted, strict=True)])


def _check(plan: Plan) -> None:
    needs_power_of_two(plan, _LEAST)
    if plan.factors < 2:
        raise MethodError("method hdmr needs at least 2 factors: use sobol for a single one")


def _analyse(plan: Plan, outcomes: Floats, unit_design: Floats | None) -> Indices:
    unit = unit_of(plan, unit_design)
    return in_parts(
        lambda part: indices(
            part,
            unit,
            second_order=plan.second_order,
            resamples=plan.resamples,
            confidence=plan.confidence,
            seed=plan.seed,
        ),
        outcomes,
        plan.factors * outcomes.shape[1],
    )


HDMR = Method(
    name="hdmr",
    about="the same shares as sobol from few runs, by splines fitted to them",
    indices=("ST", "S1", "Sa", "Sb"),
    meanings=SHARES
    | {
        "Sa": "share of variance of this factor's own curve, were factors independent",
        "Sb": "share that it owes to its dependence on other factors",
        "R2": "share of the outcome's variance that the splines reproduce",
    },
    facts=("R2",),
    default_samples=2048,
    formula="n runs, however many factors; n a power of 2 from 512 on",
    cost=lambda plan: plan.samples,
    block=one,
    rows=of_the_sequence,
    analyse=_analyse,
    check=_check,
    spread=every_run,
    least=lambda _plan: 256,
    wants_x=True,
    pairs=True,
    dependent=True,
    any_sample=True,
    nested=True,
    caution="surfaces of pairs fit chance too where n is small: look at R2, and double n",
)
