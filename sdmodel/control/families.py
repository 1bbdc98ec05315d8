"""The distributions that a sensitivity control file may name, and what stands in their brackets."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from types import MappingProxyType

VECTOR, LOOKUP = "VECTOR", "RANDOM LOOKUP"


@dataclass(frozen=True, slots=True)
class Family:
    """One distribution: its name, and its arguments behind min and max.

    `rules` say of some arguments what they must be; `least` counts the arguments without which it
    cannot be, for old files may leave shift and stretch out.
    """

    name: str
    arguments: tuple[str, ...]
    rules: Mapping[str, str]
    least: int


_SCALE = ("shift", "stretch")
POSITIVE, SHARE, WHOLE = "above 0", "from 0 to 1", "a whole number from 1"
NOT_ZERO = "other than 0"
_STRETCH = {"stretch": NOT_ZERO}


def _family(name: str, *arguments: str, **rules: str) -> Family:
    least = len([one for one in arguments if one not in _SCALE])
    return Family(name, arguments, MappingProxyType(rules), least)


# Vensim Reference Manual, "Distributions" under Sensitivity Simulations; it has no lognormal one.
FAMILIES: Mapping[str, Family] = MappingProxyType(
    {
        one.name: one
        for one in (
            _family("RANDOM UNIFORM"),
            _family("RANDOM NORMAL", "mean", "sd", sd=POSITIVE),
            _family("RANDOM TRIANGULAR", "start", "peak", "stop"),
            _family("RANDOM BETA", "a", "b", *_SCALE, a=POSITIVE, b=POSITIVE, **_STRETCH),
            _family("RANDOM BINOMIAL", "p", "n", *_SCALE, p=SHARE, n=WHOLE, **_STRETCH),
            _family("RANDOM EXPONENTIAL", *_SCALE, **_STRETCH),
            _family("RANDOM GAMMA", "order", *_SCALE, order=POSITIVE, **_STRETCH),
            _family("RANDOM LOGNORMAL", "mean", "sd", mean=POSITIVE, sd=POSITIVE),
            _family(LOOKUP, "lookup", *_SCALE, **_STRETCH),
            _family("RANDOM NEGATIVE BINOMIAL", "p", "n", *_SCALE, p=SHARE, n=WHOLE, **_STRETCH),
            _family("RANDOM POISSON", "mean", *_SCALE, mean=POSITIVE, **_STRETCH),
            _family("RANDOM WEIBULL", "shape", *_SCALE, shape=POSITIVE, **_STRETCH),
            _family(VECTOR, "step", step=POSITIVE),
        )
    }
)


def fits(rule: str, value: float) -> bool:
    """Return whether a number is what a rule says.

    >>> fits(SHARE, 0.3), fits(WHOLE, 2.5)
    (True, False)
    """
    return {
        POSITIVE: value > 0,
        SHARE: 0 <= value <= 1,
        WHOLE: value >= 1 and value == int(value),
        NOT_ZERO: value != 0,
    }[rule]
