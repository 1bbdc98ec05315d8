"""Indices over time: all indices of a method, with intervals, of whole courses at all saved times.

The courses may be far larger than memory: they are read a few instants at a time, as many as
fit. How many are read makes no difference to the result, because instants are analysed in groups
whose size depends on the number of runs only.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.analysis import analysed, note_of
from sensitivity.errors import MethodError
from sensitivity.methods import Plan
from sensitivity.outcomes import FAILED, OK

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Read = Callable[[int, slice], Floats]

MEMORY = 2**30
ROLE = "index over time"
SUFFIX = "_over_time"
# Instants analysed together hold about so many numbers, and are at most so many.
_NUMBERS, _TOGETHER = 4_000_000, 64


def indices_over_time(
    plan: Plan,
    read: Read,
    series: int,
    times: int,
    failed: NDArray[np.bool_],
    unit_design: Floats | None = None,
    *,
    memory: int = MEMORY,
) -> dict[str, NDArray[Any]]:
    """Return the indices of every series at every time.

    Parameters
    ----------
    plan
        The method and its numbers.
    read
        Called with the place of a series and a slice of times; returns its values there, one row
        per time and one column per run of the design.
    series, times
        How many there are.
    failed
        Which runs failed. Blocks with such runs are left out, and so are, at an instant, those
        with a value that is not finite.
    unit_design
        The design on the unit cube, for methods that want it.
    memory
        About how many bytes may be used; a few instants are always taken.

    Returns
    -------
    dict
        Each index and the half-width of its interval (``ST`` and ``ST_conf``) over (series,
        time, factor), or over (series, time, factor, other factor); NaN where nothing varies.
        ``mean`` and ``variance`` (series, time) of the runs in which all factors vary freely,
        and ``note`` (series): what was left out.

    Examples
    --------
    >>> import numpy as np
    >>> plan = Plan("sobol", samples=64, factors=2, resamples=0)
    >>> courses = np.outer([0.0, 1.0, 2.0], plan.design()[:, 0])
    >>> found = indices_over_time(
    ...     plan, lambda _, instants: courses[instants], 1, 3, np.zeros(plan.runs, dtype=bool)
    ... )
    >>> found["ST"][0, 2].round(1) + 0.0
    array([1., 0.])
    >>> bool(np.isnan(found["ST"][0, 0]).all())
    True
    """
    unit = None
    if plan.row.wants_x:
        if unit_design is None:
            raise MethodError(f"method {plan.method} needs the design as well as the courses")
        unit = np.asarray(unit_design, dtype=float)
    free = plan.row.spread(plan)
    found: dict[str, NDArray[Any]] = {
        name: np.full((series, times), np.nan) for name in ("mean", "variance")
    }
    notes = []
    for place in range(series):
        lost, still = failed.copy(), 0
        for instants, values in _groups(plan, read, place, times, memory):
            finite = np.isfinite(values)
            lost |= ~finite.all(axis=0)
            whole = (finite & ~failed).reshape(len(values), -1, plan.block)
            sound: NDArray[np.bool_] = np.all(whole, axis=2)
            indices, used, flat = analysed(plan, values, sound, unit)
            still += int(flat.sum())
            for name, part in indices.items():
                if name not in found:
                    found[name] = np.full((series, times, *part.shape[1:]), np.nan)
                found[name][place, instants] = part
            known = np.repeat(sound, plan.block, axis=1)[:, free] & ((used > 0) | flat)[:, None]
            found["mean"][place, instants], found["variance"][place, instants] = _moments(
                values[:, free], known
            )
        notes.append(_note(plan, lost, still, times))
    for name in plan.row.indices:
        found.setdefault(name, np.full((series, times, plan.factors), np.nan))
    return found | {"note": np.array(notes, dtype=str)}


def _groups(
    plan: Plan, read: Read, place: int, times: int, memory: int
) -> Iterator[tuple[slice, Floats]]:
    """Yield a series in groups of instants, reading as many groups together as fit."""
    together = int(np.clip(_NUMBERS // plan.runs, 1, _TOGETHER))
    # What is read takes half of it, and the analysis of one group the other.
    groups = max(1, memory // 2 // (8 * plan.runs * together))
    for first in range(0, times, groups * together):
        values = read(place, slice(first, min(first + groups * together, times)))
        for start in range(0, len(values), together):
            part = np.ascontiguousarray(values[start : start + together], dtype=float)
            yield slice(first + start, first + start + len(part)), part


def _moments(values: Floats, known: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the mean and variance of each row over its known numbers; NaN where none is known."""
    counted = known.sum(axis=1)
    divisor = np.where(counted, counted, np.nan)
    mean = np.where(known, values, 0.0).sum(axis=1) / divisor
    away = np.where(known, values - mean[:, None], 0.0)
    return mean, (away * away).sum(axis=1) / divisor


def _note(plan: Plan, lost: NDArray[np.bool_], still: int, times: int) -> str:
    status = np.where(lost, FAILED, OK).astype(np.int8)
    sound: NDArray[np.bool_] = np.all(~lost.reshape(-1, plan.block), axis=1)
    parts = [note_of(plan, status, sound)]
    if still:
        parts.append(f"it does not vary at {still} of {times} times, which have no indices")
    return "; ".join(part for part in parts if part)


def with_over_time(sweep: xr.Dataset, plan: Plan, found: dict[str, NDArray[Any]]) -> xr.Dataset:
    """Return the sweep with indices over time put in, in place of any it had."""
    import xarray as xr

    stale = [name for name in sweep.data_vars if sweep[name].attrs.get("role") == ROLE]
    # Where groups of factors move together, the indices are about them.
    part = "factor group" if "factor group" in sweep.dims else "factor"
    dims = ("series", "time", part, "other factor")
    about = {"note": "what the indices over time leave out"}
    variables: dict[str, Any] = {}
    for name, values in found.items():
        index = name.removesuffix("_conf")
        meaning = plan.row.meanings.get(index) or about.get(name) or f"{name} over all free runs"
        if name != index:
            meaning = f"half-width of the {plan.confidence:.0%} interval of {index}"
        stored = f"{index}{SUFFIX}{name.removeprefix(index)}"
        attributes = {"role": ROLE, "long_name": meaning, "confidence": plan.confidence}
        variables[stored] = xr.Variable(dims[: values.ndim], values, attributes)
    fresh = sweep.drop_vars(stale).assign(variables)
    if any("other factor" in one.dims for one in variables.values()):
        fresh = fresh.assign_coords({"other factor": sweep["factor"].values})
    return fresh
