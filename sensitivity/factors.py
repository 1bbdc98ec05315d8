"""A lever or uncertainty described in Python, and all that can be wrong with one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator
from dataclasses import replace

import sdmodel as sd
from sensitivity.distribution import Distribution
from sensitivity.distributions import DISTRIBUTIONS, KINDS, centre, distribution
from sensitivity.errors import SpaceError, among, fold


def factor(
    name: str,
    low: float | None = None,
    high: float | None = None,
    *,
    default: float | None = None,
    unit: str = "",
    label: str = "",
    group: str = "",
    distribution: str = "",
    kind: str = "continuous",
    values: Iterable[float] = (),
    weights: Iterable[float] = (),
    labels: Iterable[str] = (),
    **parameters: float,
) -> sd.Factor:
    """Describe one lever or uncertainty in Python, without a levers file.

    Parameters
    ----------
    name
        The constant's name as in the model, blanks and all; an element of an array is
        ``x[a,b]``. A part of a lookup or stock is ``scale of NAME``, ``stretch of NAME``,
        ``shift of NAME`` (whose points are then at stretch*x + shift and scale*y) or
        ``initial of NAME``; see `Space.prepare`.
    low, high
        The ends of its range; left out where there are values.
    default
        Its usual value; the middle of the range when left out. For a part of a lookup give the 1
        or 0 that leaves it as it is.
    group
        The name of the group that it moves with, where a method takes groups.
    distribution
        ``uniform`` (the default), ``loguniform``, ``triangular``, ``normal``, ``lognormal``,
        ``beta`` or ``discrete`` (the default with values); none of them leaves the range.
    kind
        ``continuous``, ``integer`` (whole numbers only), ``categorical`` (values in no order) or
        ``switch`` (either low or high).
    values, weights, labels
        The values of a discrete or categorical factor, how often each comes relative to the
        others, and what it stands for.
    parameters
        ``mode`` (triangular), ``mean`` and ``sd`` (normal), ``median`` and ``log_sd`` (lognormal)
        instead of the default and a quarter of the range; ``a`` and ``b`` (beta).

    Examples
    --------
    >>> factor("tax rate", 0.1, 0.3, unit="Dmnl").default
    0.2
    >>> factor("delay", 1, 9, distribution="normal", mean=4, sd=1.5).default
    4.0
    >>> factor("plants", values=[1, 2, 5], weights=[3, 2, 1]).default
    1.0
    """
    listed = tuple(map(float, values))
    if listed:
        low = min(listed) if low is None else low
        high = max(listed) if high is None else high
    if low is None or high is None:
        raise SpaceError(f"'{name}' has no range: give low and high, or values")
    made = sd.Factor(
        name=name,
        low=float(low),
        high=float(high),
        default=math.nan if default is None else float(default),
        unit=unit,
        label=label,
        group=group,
        distribution=distribution or ("discrete" if listed else "uniform"),
        kind=kind,
        parameters={word: float(value) for word, value in parameters.items()},
        values=listed,
        weights=tuple(map(float, weights)),
        labels=tuple(labels),
    )
    return made if default is not None else replace(made, default=_usual(made))


def _usual(one: sd.Factor) -> float:
    """Return the value a factor has where nothing else is said."""
    row = DISTRIBUTIONS.get(one.distribution)
    if one.values:
        return one.values[0] if one.kind == "categorical" else _median(one)
    if row is not None and row.centre in one.parameters:
        return one.parameters[row.centre]
    if one.kind == "switch":
        return one.low
    positive = row is not None and row.positive and one.low > 0
    middle = math.sqrt(one.low * one.high) if positive else 0.5 * (one.low + one.high)
    return float(math.floor(middle)) if one.kind == "integer" else middle


def _median(one: sd.Factor) -> float:
    """Return the value up to which half of all draws lie, of a factor with sound weights."""
    weights = one.weights or (1.0,) * len(one.values)
    half, passed = 0.5 * sum(weights), 0.0
    for value, weight in zip(one.values, weights, strict=False):
        passed += weight
        if passed >= half:
            return value
    return one.values[-1]


def faults(one: sd.Factor) -> Iterator[str]:
    """Yield everything because of which a factor cannot be varied as it is described.

    Examples
    --------
    >>> list(faults(sd.Factor("tax rate", 0.3, 0.1, 0.2)))
    ["'tax rate' has low 0.3 above high 0.1: exchange them"]
    """
    who = f"'{one.name}'"
    if not (math.isfinite(one.low) and math.isfinite(one.high)):
        yield (
            f"{who} has no end to its range ({one.low:g} to {one.high:g}): give finite low and high"
        )
        return
    if not math.isfinite(one.high - one.low):
        yield f"{who} runs from {one.low:g} to {one.high:g}, too wide for numbers: narrow it"
    if one.low == one.high:
        yield f"{who} has low = high = {one.low:g}, so it would not vary: widen it or leave it out"
    elif one.low > one.high:
        yield f"{who} has low {one.low:g} above high {one.high:g}: exchange them"
    if one.kind not in KINDS:
        yield f"{who} has kind '{one.kind}'{among(one.kind, KINDS)}"
    row = distribution(one.distribution)
    if row is None:
        yield f"{who} has distribution '{one.distribution}'{among(one.distribution, DISTRIBUTIONS)}"
        return
    if not row.lists:
        yield from _of_values(one, who)
    yield from _of_distribution(one, who, row)
    yield from _of_kind(one, who)


def _of_distribution(one: sd.Factor, who: str, row: Distribution) -> Iterator[str]:
    for word in one.parameters:
        if word not in row.parameters:
            takes = f"it takes {', '.join(row.parameters)}" if row.parameters else "leave it out"
            yield f"{who} is {row.name} and has no use for {word}: {takes}"
    for word in row.needs:
        if word not in one.parameters:
            yield f"{who} is {row.name} and needs {word}, a number above 0"
    for word in (*row.widths, *row.needs):
        value = one.parameters.get(word, 1.0)
        if not (math.isfinite(value) and value > 0):
            yield f"{who} is {row.name} with {word} = {value:g}: it must be above 0"
    if row.positive and one.low <= 0:
        yield f"{who} is {row.name} and has low {one.low:g}: it must be above 0"
    if row.centre and not one.low <= centre(one) <= one.high:
        about = row.centre if row.centre in one.parameters else "default"
        yield (
            f"{who} is {row.name} about its {about} {centre(one):g}, which lies outside "
            f"{one.low:g} to {one.high:g}: widen the range, or make it uniform"
        )


def _of_values(one: sd.Factor, who: str) -> Iterator[str]:
    if one.distribution != "discrete":
        if one.values:
            yield f"{who} has values, so it is discrete: leave its distribution out"
        return
    values = one.values
    if not values:
        yield f"{who} is discrete and has no values: give values = [1, 2, 3] or the like"
        return
    shown = ", ".join(f"{value:g}" for value in values)
    if not all(map(math.isfinite, values)):
        yield f"{who} has values {shown}: give finite numbers"
    elif len(set(values)) < len(values):
        yield f"{who} has a value twice ({shown}): give it once, with a greater weight"
    elif one.kind != "categorical" and list(values) != sorted(values):
        told = ", ".join(f"{value:g}" for value in sorted(values))
        yield f"{who} has values {shown}: write them rising, {told}, or make it categorical"
    elif (one.low, one.high) != (min(values), max(values)):
        yield f"{who} has values {shown}, but runs from {one.low:g} to {one.high:g}"
    if one.default not in values:
        yield f"{who} has default {one.default:g}, which is not among its values {shown}"
    for what, given in (("weights", one.weights), ("labels", one.labels)):
        if given and len(given) != len(values):
            yield f"{who} has {len(values)} values, but {len(given)} {what}: give one for each"
    if not all(math.isfinite(weight) and weight > 0 for weight in one.weights):
        yield f"{who} has a weight that is not above 0: leave out the value it is of"
    if len({fold(label) for label in one.labels}) < len(one.labels):
        yield f"{who} has a label twice: give each value its own"


def _of_kind(one: sd.Factor, who: str) -> Iterator[str]:
    ends = (*one.values, one.low, one.high)
    if one.kind == "integer" and not all(float(end).is_integer() for end in ends):
        yield f"{who} takes whole numbers only, but runs from {one.low:g} to {one.high:g}"
    elif one.kind == "integer" and not float(one.default).is_integer():
        yield f"{who} takes whole numbers only, but has default {one.default:g}"
    if one.kind == "categorical" and one.distribution != "discrete":
        yield f"{who} is categorical, so it takes values from a list: give values"
    if one.kind == "switch" and one.distribution != "uniform":
        yield (
            f"{who} is a switch, so it is either low or high: leave its distribution out, or give "
            "values with weights and no kind"
        )
    elif one.kind == "switch" and one.default not in (one.low, one.high):
        yield (
            f"{who} is a switch, either {one.low:g} or {one.high:g}, but has default "
            f"{one.default:g}"
        )
