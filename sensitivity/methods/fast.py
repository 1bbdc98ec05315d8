"""The extended Fourier amplitude sensitivity test (eFAST): variance shares from search curves.

Saltelli, Tarantola and Chan (1999), Technometrics 41, pp. 39-56. The design, the estimators and
the random numbers of the intervals are those of SALib.
"""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.errors import MethodError
from sensitivity.methods.bootstrap import half_width
from sensitivity.methods.points import cut, every_run
from sensitivity.methods.row import Method
from sensitivity.methods.sobol import SHARES

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensitivity.methods.plan import Plan

    Floats = NDArray[np.float64]
    Indices = dict[str, Floats]

# How many harmonics of a factor's frequency are counted as its own.
HARMONICS = 4


def design(n: int, factors: int, *, seed: int) -> Floats:
    """Return one search curve of n points for each factor.

    Examples
    --------
    >>> design(65, 2, seed=0).shape
    (130, 2)
    """
    random = np.random.default_rng(seed)
    own = math.floor((n - 1) / (2 * HARMONICS))
    highest = math.floor(own / (2 * HARMONICS))
    if highest >= factors - 1:
        others = np.floor(np.linspace(1, highest, factors - 1))
    else:
        others = np.arange(factors - 1) % highest + 1.0
    angles = 2 * math.pi / n * np.arange(n)
    curves = np.empty((factors, n, factors))
    for factor in range(factors):
        frequencies = np.insert(others, factor, own)
        phase = 2 * math.pi * random.random()
        waves = np.sin(angles[:, None] * frequencies + phase)
        curves[factor] = 0.5 + 1 / math.pi * np.arcsin(waves)
    # arcsin(sin(x)) may leave the unit interval by the last bit.
    return np.clip(curves.reshape(-1, factors), 0.0, 1.0)


def indices(
    outcomes: Floats, factors: int, *, resamples: int, confidence: float, seed: int
) -> Indices:
    """Return first-order and total indices.

    Parameters
    ----------
    outcomes
        One row per outcome; runs search curve after search curve, one curve per factor.
    factors
        How many factors were varied.
    resamples, confidence, seed
        Of the intervals, which rest on half curves and are only a rough guide.

    Returns
    -------
    dict
        ``S1``, ``S1_conf``, ``ST`` and ``ST_conf`` as (outcomes, factors).
    """
    curves = outcomes.reshape(len(outcomes), factors, -1)
    n = curves.shape[2]
    first, total = _spectral_shares(curves)
    # The legacy generator, because these are the numbers that SALib draws for the same seed.
    random = np.random.RandomState(seed)
    window = np.arange(math.ceil(n * 0.5))
    first_resampled = np.empty((resamples, len(outcomes), factors))
    total_resampled = np.empty_like(first_resampled)
    for factor in range(factors):
        for resample in range(resamples):
            part = curves[:, factor, (random.randint(0, n) + window) % n]
            first_resampled[resample, :, factor], total_resampled[resample, :, factor] = (
                _spectral_shares(part)
            )
    return {
        "S1": first,
        "S1_conf": half_width(first_resampled, confidence),
        "ST": total,
        "ST_conf": half_width(total_resampled, confidence),
    }


def _spectral_shares(curves: Floats) -> tuple[Floats, Floats]:
    n = curves.shape[-1]
    frequency = math.floor((n - 1) / (2 * HARMONICS))
    spectrum = np.abs(np.fft.fft(curves)[..., 1 : math.ceil(n / 2)] / n) ** 2
    variance = spectrum.sum(axis=-1)
    own = spectrum[..., np.arange(1, HARMONICS + 1) * frequency - 1].sum(axis=-1)
    others = spectrum[..., : math.floor(frequency / 2.0)].sum(axis=-1)
    flat = variance <= 0.0
    safe = np.where(flat, 1.0, variance)
    return np.where(flat, 0.0, own / safe), np.where(flat, 0.0, 1.0 - others / safe)


def _check(plan: Plan) -> None:
    # More points than 4 M^2, so that a factor's harmonics stay clear of the others' frequencies.
    least = 4 * HARMONICS**2 + 1
    if plan.samples < least:
        raise MethodError(
            f"method fast needs at least {least} samples per factor, not {plan.samples}: use 257 "
            f"or more ({257 * plan.factors:,} runs)"
        )
    if plan.factors < 2:
        raise MethodError("method fast needs at least 2 factors: use sobol for a single one")


def _analyse(plan: Plan, outcomes: Floats, _unit: Floats | None) -> Indices:
    return indices(
        outcomes,
        plan.factors,
        resamples=plan.resamples,
        confidence=plan.confidence,
        seed=plan.seed,
    )


FAST = Method(
    name="fast",
    about="the same shares as sobol by Fourier analysis; every run must succeed",
    indices=("ST", "S1"),
    meanings=SHARES,
    default_samples=1024,
    formula="n D runs; n above 64",
    cost=lambda plan: plan.samples * plan.factors,
    block=lambda plan: plan.runs,
    rows=cut(lambda plan: design(plan.samples, plan.factors, seed=plan.seed)),
    analyse=_analyse,
    check=_check,
    spread=every_run,
    can_drop=False,
    caution="intervals of fast rest on half curves: a rough guide only",
)
