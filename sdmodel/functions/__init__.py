"""Every function of the language, each defined once."""

from __future__ import annotations

from sdmodel.functions import (
    arithmetic,
    continuous,
    data,
    dates,
    discrete,
    financial,
    inputs,
    lookups,
    markets,
    rejection,
    rounding,
    smooths,
    stateful,
    vectors,
    xmile,
)
from sdmodel.functions.manual import MANUAL, Entry, advice
from sdmodel.functions.registry import REGISTRY, FunctionInfo
from sdmodel.names import key


def find(name: str) -> FunctionInfo | None:
    """Return what is known of a function, by any spelling of its name."""
    return REGISTRY.get(key(name))


def functions() -> list[FunctionInfo]:
    """Return the table of all functions, by name.

    >>> [one.signature for one in functions() if one.name == "XIDZ"]
    ['XIDZ(numerator, denominator, otherwise)']
    """
    return sorted(REGISTRY.values(), key=lambda info: info.name)


__all__ = [
    "MANUAL",
    "REGISTRY",
    "Entry",
    "FunctionInfo",
    "advice",
    "arithmetic",
    "continuous",
    "data",
    "dates",
    "discrete",
    "financial",
    "find",
    "functions",
    "inputs",
    "lookups",
    "markets",
    "rejection",
    "rounding",
    "smooths",
    "stateful",
    "vectors",
    "xmile",
]
