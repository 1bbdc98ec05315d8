"""Judging a claim in every draw: its effect, its sign, and what counts as no difference."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sdmodel import reducers
from sensitivity.claims.arms import Measured
from sensitivity.claims.book import Claim
from sensitivity.claims.kinds import KINDS, crossing, weights_of

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensitivity.outcomes import Outcome

    Floats = NDArray[np.float64]

# An effect counts above the larger of this share of the outcome's base value ...
BAND = 0.01
# ... and so many times its error of integration.
ERRORS = 10.0


@dataclass(frozen=True, slots=True)
class Judged:
    """A claim in every draw.

    Parameters
    ----------
    effect, sign, band, base
        Per draw: how large, whether the claim holds (1), its opposite (-1) or neither (0), what
        counts as no difference, and the outcome's base value.
    sound
        Which draws have all the numbers needed.
    when
        For a crossover, when it happened.
    """

    effect: Floats
    sign: NDArray[np.int8]
    band: Floats
    base: Floats
    sound: NDArray[np.bool_]
    when: Floats | None = None


def judge(claim: Claim, arms: Mapping[str, Measured], outcomes: Mapping[str, Outcome]) -> Judged:
    """Judge a claim from what its arms gave, in every draw.

    The band is the larger of 1 % of the outcome's base value, which is that of the last item in the
    same draw, and ten times the error of integration. Of an outcome that is a time, the base value
    is the time since the start of the run.
    """
    if KINDS[claim.kind].courses:
        return _judge_courses(claim, arms)
    values = np.array([arms[item.arm].values[item.outcome] for item in claim.items])
    errors = np.array([arms[item.arm].errors[item.outcome] for item in claim.items])
    last = claim.items[-1]
    start = float(arms[last.arm].times[0])
    base = values[-1] - (start if _is_time(outcomes[last.outcome]) else 0.0)
    sound = np.isfinite(values).all(axis=0)
    if claim.logarithms:
        sound &= (values > 0).all(axis=0)
        values = np.where(sound, values, 1.0)
        relative = errors[:, None] / values
        values, base = np.log(values), np.ones(values.shape[1])
        error = _combined(claim, relative)
        if claim.kind == "level":
            claim = replace(claim, level=float(np.log(claim.level)))
    else:
        values = np.where(sound, values, 0.0)
        base = np.where(sound, base, 0.0)
        error = np.broadcast_to(_combined(claim, errors[:, None]), base.shape)
    band = np.maximum(BAND * np.abs(base), ERRORS * error)
    effect, sign = KINDS[claim.kind].judge(claim, values, band)
    return Judged(
        np.where(sound, effect, np.nan),
        np.where(sound, sign, np.int8(0)).astype(np.int8),
        band,
        base,
        sound,
    )


def _judge_courses(claim: Claim, arms: Mapping[str, Measured]) -> Judged:
    courses = np.array([arms[item.arm].courses[item.course] for item in claim.items])
    errors = np.array([arms[item.arm].course_errors[item.course] for item in claim.items])
    sound = np.isfinite(courses).all(axis=(0, 1))
    if claim.logarithms:
        sound &= (courses > 0).all(axis=(0, 1))
        courses = np.where(sound, courses, 1.0)
        error = (errors[:, :, None] / courses).sum(axis=0)
        courses, bases = np.log(courses), np.ones(courses.shape[1:])
    else:
        courses = np.where(sound, courses, 0.0)
        error = errors.sum(axis=0)[:, None]
        bases = np.abs(courses[-1])
    bands = np.maximum(BAND * bases, ERRORS * error)
    effect, sign = KINDS[claim.kind].judge(claim, courses, bands)
    when = crossing(arms[claim.items[0].arm].times, courses)
    return Judged(
        np.where(sound, effect, np.nan),
        np.where(sound, sign, np.int8(0)).astype(np.int8),
        bands[-1],
        bases[-1],
        sound,
        np.where(sound & (sign > 0), when, np.nan),
    )


def _combined(claim: Claim, errors: Floats) -> Floats:
    """Return the error of an effect: of a weighted sum, or of a difference of two items."""
    weights = np.abs(weights_of(claim))
    if len(weights) == len(errors):
        return np.asarray(weights @ errors)
    return np.asarray(np.sort(errors, axis=0)[-2:].sum(axis=0))


def _is_time(outcome: Outcome) -> bool:
    return reducers()[outcome.reduce].unit == "{time}"
