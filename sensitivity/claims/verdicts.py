"""What becomes of a claim over many draws: shares with intervals, a verdict, the size of it."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# What must hold in so many of the draws counts as supported.
MOST = 0.9
SUPPORTED, CONDITIONAL, UNSUPPORTED = "supported", "conditional", "not supported"
REVERSED, NO_EFFECT, UNDECIDED = "reversed", "no effect", "cannot be judged"
VERDICTS = (SUPPORTED, CONDITIONAL, UNSUPPORTED, NO_EFFECT, REVERSED, UNDECIDED)
PERCENTS = (5.0, 50.0, 95.0)
# Fewer draws than this tell nothing about a share.
FEWEST = 10


@dataclass(frozen=True, slots=True)
class Verdict:
    """The verdict on a claim over some draws.

    Parameters
    ----------
    draws
        How many were judged; those without a number are left out.
    holds, opposite
        Shares of them in which the claim, or its opposite, holds.
    interval
        Of the share that holds, at 95 % (Wilson).
    text
        One of `VERDICTS`.
    sure
        Whether the interval lies on one side of the share that decides.
    effect
        Its 5th, 50th and 95th percentile, above zero where it points the way of the claim.
    relative
        The same in relation to the outcome's base value in each draw.
    """

    draws: int
    holds: float
    opposite: float
    interval: tuple[float, float]
    text: str
    sure: bool
    effect: tuple[float, float, float]
    relative: tuple[float, float, float]


def wilson(count: int, total: int, z: float = 1.959963984540054) -> tuple[float, float]:
    """Return Wilson's interval of a share.

    Reference: Wilson 1927, Journal of the American Statistical Association 22, p. 209.

    Examples
    --------
    >>> low, high = wilson(90, 100)
    >>> round(low, 3), round(high, 3)
    (0.826, 0.945)
    """
    if not total:
        return 0.0, 1.0
    share = count / total
    middle = share + z * z / (2 * total)
    half = z * math.sqrt(share * (1 - share) / total + z * z / (4 * total * total))
    scale = 1 + z * z / total
    return max(0.0, (middle - half) / scale), min(1.0, (middle + half) / scale)


def percent(share: float) -> str:
    """Write a share, with more digits where rounding would carry it over what decides.

    Examples
    --------
    >>> percent(0.8975), percent(0.5), percent(0.9)
    ('89.8%', '50%', '90%')
    """
    if math.isnan(share):
        return "-"
    digits = 0
    for least in (MOST, 1 - MOST):
        while digits < 4 and (round(100 * share, digits) < round(100 * least, 9)) != (
            share < least
        ):
            digits += 1
    return f"{share:.{digits}%}"


def verdict(
    signs: NDArray[np.int8], effect: Floats, base: Floats, sound: NDArray[np.bool_], *, sided: bool
) -> Verdict:
    """Judge a claim over draws.

    Parameters
    ----------
    signs, effect, base
        Of each draw: whether the claim holds (1), its opposite (-1) or neither (0); how large
        the effect is; and the outcome's base value.
    sound
        Which draws count.
    sided
        Whether the claim has a direction; without one, draws where it does not hold are effects.

    Examples
    --------
    >>> import numpy as np
    >>> ones = np.ones(100)
    >>> verdict(ones.astype(np.int8), ones, ones, ones > 0, sided=True).text
    'supported'
    """
    total = int(sound.sum())
    held = int((signs[sound] > 0).sum())
    against = int((signs[sound] < 0).sum())
    interval = wilson(held, total)
    if total < FEWEST:
        nothing = (math.nan, math.nan, math.nan)
        share = held / total if total else math.nan
        other = against / total if total else math.nan
        return Verdict(total, share, other, interval, UNDECIDED, False, nothing, nothing)
    shares = {
        SUPPORTED: (held, MOST),
        REVERSED: (against, MOST),
        NO_EFFECT: (total - held - against if sided else 0, MOST),
        CONDITIONAL: (held, 1 - MOST),
    }
    text = next(
        (text for text, (count, least) in shares.items() if count / total >= least), UNSUPPORTED
    )
    deciding = {text: shares[text]} if text in shares and text != CONDITIONAL else shares
    sure = not any(
        low < least < high
        for count, least in deciding.values()
        for low, high in [wilson(count, total)]
    )
    found = np.where(base != 0, effect / np.where(base != 0, np.abs(base), 1.0), np.nan)[sound]
    return Verdict(
        total,
        held / total,
        against / total,
        interval,
        text,
        sure,
        _percentiles(effect[sound]),
        _percentiles(found),
    )


def _percentiles(values: Floats) -> tuple[float, float, float]:
    sound = values[np.isfinite(values)]
    if not len(sound):
        return math.nan, math.nan, math.nan
    low, middle, high = np.percentile(sound, PERCENTS)
    return float(low), float(middle), float(high)
