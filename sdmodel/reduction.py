"""How a variable's course in time becomes one number.

A reducer looks at many runs at once, `values` having one row per saved time and one column per run.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sdmodel.errors import OverrideError, did_you_mean, near_names
from sdmodel.kernel import Array
from sdmodel.settings import OutcomeSpec

Reduce = Callable[[Array, Array, float], Array]


@dataclass(frozen=True, slots=True)
class Reducer:
    """One row of the table: a way to take one number from a course.

    Parameters
    ----------
    name
        As it is written after ``reduce =``.
    about
        What it gives, in one line.
    reduce
        From times, values (times, runs) and `at` to one number per run.
    at
        What the outcome's `at` means here; empty when it has no use.
    unit
        The unit of the number, from ``{unit}`` and ``{time}``.
    level
        Whether it looks for a level, which a sound run need not reach: it is NaN then.
    differs
        Whether it looks at differences from a reference run, not at the values themselves.

    Examples
    --------
    >>> import numpy as np
    >>> import sdmodel as sd
    >>> sd.reducers()["peak"].reduce(np.array([0.0, 1.0]), np.array([[3.0], [2.0]]), 0.0)
    array([3.])
    """

    name: str
    about: str
    reduce: Reduce
    at: str = ""
    unit: str = "{unit}"
    level: bool = False
    differs: bool = False


def reducers() -> Mapping[str, Reducer]:
    """Return all reducers by name.

    Examples
    --------
    >>> import sdmodel as sd
    >>> sd.reducers()["year_when"].at
    'the level to reach'
    """
    return REDUCERS


def alone(outcome: OutcomeSpec) -> bool:
    """Return whether a run by itself gives an outcome, with no other run to compare it with.

    >>> alone(OutcomeSpec("final x", of="x")), alone(OutcomeSpec("shortfall", "x", "area_below"))
    (True, False)
    """
    row = REDUCERS.get(outcome.reduce)
    return not (outcome.expression or outcome.arm or (row is not None and row.differs))


def measure(outcome: OutcomeSpec, times: Array, values: Array) -> Array:
    """Take an outcome from the courses of its variable, shape (times, runs): one number a run.

    It is NaN for a run with a number that is not finite, and where it is undefined; where a level
    is not reached it is what the outcome gives for `never`.

    >>> course = np.array([[1.0, 1.0], [3.0, np.nan]])
    >>> measure(OutcomeSpec("final x", of="x"), np.array([0.0, 1.0]), course)
    array([ 3., nan])
    """
    row = REDUCERS.get(outcome.reduce)
    if row is None:
        hint = did_you_mean(near_names(outcome.reduce, REDUCERS)) or ", ".join(REDUCERS)
        reason = f"outcome '{outcome.name}' is reduced by '{outcome.reduce}', which is unknown"
        raise OverrideError(outcome.name, f"{reason}; {hint}")
    if row.at and outcome.at is None:
        raise OverrideError(
            outcome.name, f"outcome '{outcome.name}' ({row.name}) needs at = {row.at}"
        )
    if not alone(outcome):
        raise OverrideError(
            outcome.name,
            f"outcome '{outcome.name}' compares runs, which only a sweep can: "
            "use 'sensitivity sweep'",
        )
    bad = ~np.isfinite(values).all(axis=0)
    sound = np.where(bad, 1.0, values)
    kept = within(outcome, times)
    found = row.reduce(times[kept], sound[kept], 0.0 if outcome.at is None else outcome.at)
    if row.level and outcome.never is not None:
        found = np.where(np.isnan(found), outcome.never, found)
    return np.where(bad, np.nan, found)


class HasWindow(Protocol):
    """What has a name and may look at a part of a run only."""

    @property
    def name(self) -> str:
        """What it is called."""

    @property
    def between(self) -> tuple[float, float] | None:
        """The first and the last time it looks at, or None for the whole run."""


def within(outcome: HasWindow, times: Array) -> NDArray[np.bool_]:
    """Return which of the saved times an outcome looks at, both ends of its window included.

    Raises
    ------
    OverrideError
        If no saved time lies in the window, or the window reaches beyond the run.

    Examples
    --------
    >>> import numpy as np
    >>> import sdmodel as sd
    >>> early = sd.OutcomeSpec("early", of="x", between=(1.0, 2.0))
    >>> sd.within(early, np.array([0.0, 1.0, 2.0, 3.0]))
    array([False,  True,  True, False])
    """
    if outcome.between is None:
        return np.ones(len(times), dtype=bool)
    first, last = outcome.between
    kept: NDArray[np.bool_] = (times >= first) & (times <= last)
    if not kept.any() or first < times[0] or last > times[-1]:
        reason = f"outcome '{outcome.name}' looks between {first:g} and {last:g}, but the run "
        raise OverrideError(
            outcome.name,
            f"{reason}covers {times[0]:g} to {times[-1]:g}: choose a window with saved times in it",
        )
    return kept


def _final(_times: Array, values: Array, _at: float) -> Array:
    last: Array = values[-1].copy()
    return last


def _peak(_times: Array, values: Array, _at: float) -> Array:
    peaks: Array = values.max(axis=0)
    return peaks


def _lowest(_times: Array, values: Array, _at: float) -> Array:
    lowest: Array = values.min(axis=0)
    return lowest


def _year_of_peak(times: Array, values: Array, _at: float) -> Array:
    when: Array = times[values.argmax(axis=0)]
    return when


def _year_of_lowest(times: Array, values: Array, _at: float) -> Array:
    when: Array = times[values.argmin(axis=0)]
    return when


def _weighted_sum(weights: Array, values: Array) -> Array:
    """Add up times one after the other, so that a run's sum does not depend on its neighbours.

    NumPy's own sum along an axis takes another order for one run than for many, and the last
    bits would then depend on how a sweep is cut into chunks.
    """
    total = np.zeros(values.shape[1])
    for weight, row in zip(weights, values, strict=True):
        total += weight * row
    return total


def _mean(times: Array, values: Array, _at: float) -> Array:
    return _weighted_sum(np.ones(len(times)), values) / len(times)


def _growth(times: Array, values: Array, _at: float) -> Array:
    first, last = values[0], values[-1]
    defined = (first > 0) & (last > 0) & (times[-1] > times[0])
    ratio = np.where(defined, last, 1.0) / np.where(defined, first, 1.0)
    span = max(float(times[-1] - times[0]), np.finfo(float).tiny)
    return np.where(defined, ratio ** (1.0 / span) - 1.0, np.nan)


def _slope(times: Array, values: Array, _at: float) -> Array:
    if len(times) < 2:
        return np.full(values.shape[1], np.nan)
    away = times - times.mean()
    return _weighted_sum(away / (away * away).sum(), values)


def _range(_times: Array, values: Array, _at: float) -> Array:
    ranges: Array = values.max(axis=0) - values.min(axis=0)
    return ranges


def _deviation(times: Array, values: Array, at: float) -> Array:
    away = values - _mean(times, values, at)
    deviations: Array = np.sqrt(_mean(times, away * away, at))
    return deviations


def _total(times: Array, values: Array, _at: float) -> Array:
    return _discounted(times, values, 0.0)


def _area_above(times: Array, differences: Array, _at: float) -> Array:
    """Integrate what lies above zero, exactly for straight lines between the saved times."""
    total = np.zeros(differences.shape[1])
    for width, here, there in zip(np.diff(times), differences[:-1], differences[1:], strict=True):
        above = np.maximum(here, 0.0) + np.maximum(there, 0.0)
        spread = np.abs(here) + np.abs(there)
        # Where the line crosses zero it is above it for this share of the interval.
        crosses = (here < 0.0) != (there < 0.0)
        share = np.where(crosses, above / np.where(spread > 0.0, spread, 1.0), 1.0)
        total += 0.5 * width * above * share
    return total


def _area_below(times: Array, differences: Array, at: float) -> Array:
    return _area_above(times, -differences, at)


def _discounted(times: Array, values: Array, rate: float) -> Array:
    # Trapezoidal rule: half of the interval on either side of each saved time.
    gaps = np.diff(times)
    widths = 0.5 * (np.concatenate([[0.0], gaps]) + np.concatenate([gaps, [0.0]]))
    return _weighted_sum(widths * np.exp(-rate * (times - times[0])), values)


def _crossing(times: Array, values: Array, reached: NDArray[np.bool_], level: float) -> Array:
    """Return when each run first is where `reached` says, or NaN where it never is."""
    ever = reached.any(axis=0)
    first = reached.argmax(axis=0)
    before = np.maximum(first - 1, 0)
    runs = np.arange(values.shape[1])
    here, there = values[before, runs], values[first, runs]
    rise = there - here
    crosses = (first > 0) & (rise != 0)
    share = np.where(crosses, (level - here) / np.where(crosses, rise, 1.0), 1.0)
    crossed = times[before] + share * (times[first] - times[before])
    return np.where(ever, crossed, np.nan)


def _year_when(times: Array, values: Array, level: float) -> Array:
    return _crossing(times, values, values >= level, level)


def _year_below(times: Array, values: Array, level: float) -> Array:
    return _crossing(times, values, values <= level, level)


def _passing(times: Array, values: Array, beyond: NDArray[np.bool_], level: float) -> Array:
    """Return when each run first gets to where `beyond` says from where it does not."""
    passed = np.zeros_like(beyond)
    passed[1:] = beyond[1:] & ~beyond[:-1]
    return _crossing(times, values, passed, level)


def _crosses_up(times: Array, values: Array, level: float) -> Array:
    return _passing(times, values, values >= level, level)


def _crosses_down(times: Array, values: Array, level: float) -> Array:
    return _passing(times, values, values <= level, level)


def _at(times: Array, values: Array, time: float) -> Array:
    after = int(np.searchsorted(times, time, side="left"))
    found: Array = values[after].copy()
    if times[after] > time:
        share = float((time - times[after - 1]) / (times[after] - times[after - 1]))
        found = values[after - 1] + share * (values[after] - values[after - 1])
    return found


REDUCERS: Mapping[str, Reducer] = MappingProxyType(
    {
        row.name: row
        for row in (
            Reducer("final", "value at the last saved time", _final),
            Reducer("peak", "largest value at any saved time", _peak),
            Reducer("lowest", "smallest value at any saved time", _lowest),
            Reducer(
                "year_of_peak", "first time with the largest value", _year_of_peak, unit="{time}"
            ),
            Reducer(
                "year_of_lowest",
                "first time with the smallest value",
                _year_of_lowest,
                unit="{time}",
            ),
            Reducer("mean", "plain average over the saved times", _mean),
            Reducer("growth", "steady rate from first to last value", _growth, unit="1/{time}"),
            Reducer(
                "discounted",
                "discounted sum over the run",
                _discounted,
                at="the discount rate per unit of time",
                unit="{unit}*{time}",
            ),
            Reducer(
                "year_when",
                "first time at or above a level",
                _year_when,
                at="the level to reach",
                unit="{time}",
                level=True,
            ),
            Reducer(
                "year_below",
                "first time at or below a level",
                _year_below,
                at="the level to fall to",
                unit="{time}",
                level=True,
            ),
            Reducer(
                "crosses_up",
                "first time it rises to a level from below",
                _crosses_up,
                at="the level to cross",
                unit="{time}",
                level=True,
            ),
            Reducer(
                "crosses_down",
                "first time it falls to a level from above",
                _crosses_down,
                at="the level to cross",
                unit="{time}",
                level=True,
            ),
            Reducer("at", "value at one time", _at, at="the time"),
            Reducer("total", "integral over the run", _total, unit="{unit}*{time}"),
            Reducer("range", "largest less smallest value", _range),
            Reducer("deviation", "standard deviation over the saved times", _deviation),
            Reducer(
                "slope", "slope of the straight line of best fit", _slope, unit="{unit}/{time}"
            ),
            Reducer(
                "area_below",
                "area between a reference run and this one while it is below",
                _area_below,
                unit="{unit}*{time}",
                differs=True,
            ),
            Reducer(
                "area_above",
                "area between a reference run and this one while it is above",
                _area_above,
                unit="{unit}*{time}",
                differs=True,
            ),
        )
    }
)
