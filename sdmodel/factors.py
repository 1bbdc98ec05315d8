"""Levers and uncertainties: what a study varies, over which values, and how these are drawn."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from sdmodel.parts import WORDS, part_key
from sdmodel.source import Variable

KINDS = ("continuous", "integer", "categorical", "switch")
# What may be said of a distribution beside the range; `sensitivity` knows which takes what.
PARAMETERS = ("mean", "sd", "median", "log_sd", "mode", "a", "b")
LISTS = ("values", "weights", "labels")
KEYS: dict[str, type | tuple[type, ...]] = {
    "low": (int, float),
    "high": (int, float),
    "label": str,
    "group": str,
    "distribution": str,
    "kind": str,
    **dict.fromkeys(PARAMETERS, (int, float)),
    **dict.fromkeys((*LISTS, *WORDS), list),
}


@dataclass(frozen=True, slots=True)
class Factor:
    """A constant that a study varies: a lever (policy can move it) or an uncertainty (nobody can).

    `low`, `high`, `default` are in `unit`; `distribution` says how values are drawn between them,
    and `parameters` what it needs beside them, such as a ``mode``. A factor with `values` takes
    these alone, each as often as its weight in `weights` says, or all alike; `labels` say what
    they stand for. A ``categorical`` one has values that are in no order.

    Examples
    --------
    >>> import sdmodel as sd
    >>> exposure = sd.load("models/core.mdl").settings.levers["network exposure"]
    >>> exposure.low, exposure.default, exposure.high
    (0.0, 0.4, 1.0)
    """

    name: str
    low: float
    high: float
    default: float
    unit: str = ""
    label: str = ""
    group: str = ""
    distribution: str = "uniform"
    kind: str = "continuous"
    parameters: Mapping[str, float] = field(default_factory=dict, hash=False)
    values: tuple[float, ...] = ()
    weights: tuple[float, ...] = ()
    labels: tuple[str, ...] = ()


def spread_out(table: Mapping[str, dict[str, Any]], wrong: list[str], kind: str) -> dict[str, Any]:
    """Return the entries of a table of factors, with one for each part of a lookup or stock.

    An entry with ``scale = [0.8, 1.2]`` is one named ``scale of NAME`` with that range.
    """
    found: dict[str, Any] = {}
    said = {part_key(name) for name in table}
    for name, entry in table.items():
        words = [word for word in WORDS if word in entry]
        rest = {word: value for word, value in entry.items() if word not in WORDS}
        where = f'[{kind}."{name}"]'
        if words and (clash := [word for word in ("low", "high", "values") if word in rest]):
            wrong.append(f"{where} has {words[0]} beside {clash[0]}: give one or the other")
            continue
        for word in words:
            ends = numbers(entry[word])
            if ends is None or len(ends) != 2:
                wrong.append(f"{where}: {word} = {entry[word]!r} must be [low, high]")
                continue
            if part_key(f"{word} of {name}") in said:
                wrong.append(f"{where}: {word} has a table of its own: leave one out")
            label = f"{rest['label']} ({word})" if "label" in rest else ""
            part = {**rest, "low": ends[0], "high": ends[1], "label": label}
            found[f"{word} of {name}"] = part
        if not words:
            found[name] = rest
    return found


def numbers(found: object) -> tuple[float, ...] | None:
    """Return a list of finite numbers, or None where it is none.

    >>> numbers([1, 2.5]), numbers([1, True]), numbers("ab")
    ((1.0, 2.5), None, None)
    """
    if not isinstance(found, list):
        return None
    fits = all(isinstance(one, int | float) and not isinstance(one, bool) for one in found)
    if not fits or not all(abs(one) < math.inf for one in found):
        return None
    try:
        return tuple(float(one) for one in found)
    except OverflowError:  # an integer of hundreds of digits
        return None


def read_factor(
    entry: Mapping[str, Any], where: str, spelled: str, default: float, said: Variable
) -> tuple[Factor | None, list[str]]:
    """Return a factor as an entry of the TOML file has it, and all that is wrong with it."""
    wrong = list(_wrong_lists(entry, where))
    values = numbers(entry.get("values", [])) or ()
    low: float | None
    high: float | None
    if values:
        low, high = min(values), max(values)
        if default not in values:
            shown = ", ".join(f"{one:g}" for one in values)
            wrong.append(f"{where}: the default {default:g} is not among its values ({shown})")
    else:
        low, high = entry.get("low", said.low), entry.get("high", said.high)
        if entry.get("kind") == "categorical" and "values" not in entry:
            wrong.append(f"{where} is categorical: give its values, such as values = [1, 2, 3]")
        wrong += [] if wrong else _wrong_range(where, low, high, default)
    kind = entry.get("kind", "continuous")
    if kind not in KINDS:
        wrong.append(f"{where}: kind is '{kind}', but must be one of {', '.join(KINDS)}")
    if wrong or low is None or high is None:
        return None, wrong
    return (
        Factor(
            name=spelled,
            low=float(low),
            high=float(high),
            default=default,
            unit=said.units,
            label=entry.get("label", ""),
            group=entry.get("group", "") or said.group,
            distribution=entry.get("distribution", "discrete" if values else "uniform"),
            kind=kind,
            parameters={one: float(entry[one]) for one in PARAMETERS if one in entry},
            values=values,
            weights=numbers(entry.get("weights", [])) or (),
            labels=tuple(entry.get("labels", ())),
        ),
        [],
    )


def _wrong_range(
    where: str, low: float | None, high: float | None, default: float
) -> Iterator[str]:
    if low is None or high is None:
        yield (
            f"{where} has no range: give low and high here, or [low,high] behind the unit "
            "in the .mdl"
        )
    elif not (math.isfinite(low) and math.isfinite(high)):
        yield f"{where}: its range in the .mdl is open: give low and high here"
    elif not low < high:
        yield f"{where}: low ({low:g}) must be below high ({high:g})"
    elif not low <= default <= high:
        yield f"{where}: the default {default:g} is outside {low:g} to {high:g}"


def _wrong_lists(entry: Mapping[str, Any], where: str) -> Iterator[str]:
    for word in ("values", "weights"):
        if word in entry and not numbers(entry[word]):
            yield f"{where}: {word} = {entry[word]!r} must be a list of numbers"
    labels = entry.get("labels", [])
    if not all(isinstance(one, str) and one.strip() for one in labels):
        yield f"{where}: labels = {labels!r} must be a list of texts"
    if "values" not in entry:
        for word in ("weights", "labels"):
            if word in entry:
                yield f"{where} has {word} but no values: give values, one for each"
        return
    for word in ("low", "high"):
        if word in entry:
            yield f"{where} has {word} beside values, which say it all: leave {word} out"
