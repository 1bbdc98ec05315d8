"""Outcomes: what a run is judged by, one number each, taken from one variable's course.

A reducer looks at many runs at once, ``values`` having one row per saved time and one column
per run. A run that failed has no outcome, whatever it had reached before: its number is NaN and
its status says so. NaN with the status ``not reached`` or ``undefined`` is something else: the
run is sound, but the question has no answer in it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sdmodel import reducers, within
from sensitivity.errors import OutcomeError, among, fold, near

if TYPE_CHECKING:
    from numpy.typing import NDArray

    import sdmodel as sd

    Floats = NDArray[np.float64]

# Stored as small integers; their place in this tuple is their number.
STATUSES = ("ok", "failed", "not reached", "undefined")
OK, FAILED, NOT_REACHED, UNDEFINED = range(4)


@dataclass(frozen=True, slots=True)
class Outcome:
    """One number that a run is judged by.

    Parameters
    ----------
    name
        What it is called in tables and figures.
    of
        The variable it is taken from, as the model's file spells it.
    reduce
        How: ``final``, ``peak``, ``lowest``, ``mean``, ``growth``, ``discounted``, ``year_when``,
        ``year_below``, ``year_of_peak``, ``year_of_lowest`` or ``at``.
    at
        The time for ``at``, the level for ``year_when`` and ``year_below``, the rate for
        ``discounted``.
    label, unit
        For figures; the unit follows from the variable's when left out.
    never
        What ``year_when`` and ``year_below`` give where the level is never reached, such as the
        end of the horizon. When left out it is NaN, and such runs are left out of the analysis.
    between
        The first and the last time it looks at; the whole run when left out.

    Examples
    --------
    >>> Outcome("catch-up year", of="relative knowledge", reduce="year_when", at=0.5).at
    0.5
    """

    name: str
    of: str
    reduce: str = "final"
    at: float | None = None
    label: str = ""
    unit: str = ""
    never: float | None = None
    between: tuple[float, float] | None = None

    def __post_init__(self) -> None:
        if self.reduce not in reducers():
            raise OutcomeError(
                f"outcome '{self.name}' is reduced by '{self.reduce}', which is unknown"
                f"{among(self.reduce, reducers())}"
            )
        row = reducers()[self.reduce]
        if row.at and self.at is None:
            raise OutcomeError(f"outcome '{self.name}' ({row.name}) needs at = {row.at}")
        if not row.at and self.at is not None:
            raise OutcomeError(
                f"outcome '{self.name}' ({row.name}) has no use for at = {self.at:g}: leave it "
                "out, or use reduce = 'at' for the value at that time"
            )
        if self.never is not None and not row.level:
            raise OutcomeError(
                f"outcome '{self.name}' ({row.name}) has no use for never = {self.never:g}: only "
                "year_when and year_below may be never reached"
            )

    def measure(
        self, times: Floats, values: Floats, failed: NDArray[np.bool_] | None = None
    ) -> tuple[Floats, NDArray[np.int8]]:
        """Take this outcome from many runs.

        Parameters
        ----------
        times
            The saved times.
        values
            The variable, one row per time and one column per run.
        failed
            Which runs failed. A run with a number that is not finite counts as failed too.

        Returns
        -------
        tuple
            The outcome of each run, and its status as a place in `STATUSES`.

        Examples
        --------
        >>> import numpy as np
        >>> course = np.array([[1.0, 1.0], [3.0, np.nan]])
        >>> final("x").measure(np.array([0.0, 1.0]), course)
        (array([ 3., nan]), array([0, 1], dtype=int8))
        """
        row = reducers()[self.reduce]
        bad = ~np.isfinite(values).all(axis=0)
        if failed is not None:
            bad |= failed
        # Failed columns are given harmless numbers so that no warning about them can arise.
        sound = np.where(bad, 1.0, values) if bad.any() else values
        at = 0.0 if self.at is None else float(self.at)
        kept = within(self, times)
        times, sound = times[kept], sound[kept]
        if row.name == "at" and not times[0] <= at <= times[-1]:
            raise OutcomeError(
                f"outcome '{self.name}' is taken at {at:g}, but the run covers {times[0]:g} to "
                f"{times[-1]:g}: choose a time within it"
            )
        measured = row.reduce(times, sound, at)
        absent = NOT_REACHED if row.level else UNDEFINED
        status = np.where(np.isfinite(measured), OK, absent).astype(np.int8)
        if self.never is not None:
            measured = np.where(status == NOT_REACHED, self.never, measured)
            status[status == NOT_REACHED] = OK
        measured = np.where(status == OK, measured, np.nan)
        return np.where(bad, np.nan, measured), np.where(bad, np.int8(FAILED), status)

    def with_unit(self, units: Mapping[str, str]) -> Outcome:
        """Return this outcome with its unit worked out from the model's, unless it has one."""
        if self.unit:
            return self
        by_fold = {fold(name): unit for name, unit in units.items()}
        time = by_fold.get("time step", "") or by_fold.get("time", "")
        unit = reducers()[self.reduce].unit.format(unit=by_fold.get(fold(self.of), ""), time=time)
        # What has no dimension adds none.
        parts = [part for part in unit.split("*") if fold(part) not in ("", "dmnl", "1", "1/")]
        return replace(self, unit="*".join(parts) if "*" in unit else unit.removesuffix("1/"))

    def to_dict(self) -> dict[str, Any]:
        """Return this outcome as plain values, as it is stored with a sweep."""
        return asdict(self)


def final(of: str, name: str | None = None, **others: Any) -> Outcome:
    """Return the value at the last saved time.

    Examples
    --------
    >>> final("value added").name
    'final value added'
    """
    return Outcome(name or f"final {of}", of, "final", **others)


def peak(of: str, name: str | None = None, **others: Any) -> Outcome:
    """Return the largest value at any saved time.

    Examples
    --------
    >>> peak("infected").name
    'peak infected'
    """
    return Outcome(name or f"peak {of}", of, "peak", **others)


def mean(of: str, name: str | None = None, **others: Any) -> Outcome:
    """Return the plain average over the saved times.

    Examples
    --------
    >>> mean("unemployment").name
    'mean unemployment'
    """
    return Outcome(name or f"mean {of}", of, "mean", **others)


def growth(of: str, name: str | None = None, **others: Any) -> Outcome:
    """Return the steady rate that leads from the first to the last value, per unit of time.

    It is undefined where one of the two is not above zero.

    Examples
    --------
    >>> growth("value added").name
    'growth of value added'
    """
    return Outcome(name or f"growth of {of}", of, "growth", **others)


def discounted(of: str, rate: float, name: str | None = None, **others: Any) -> Outcome:
    """Return the discounted sum: the course times exp(-rate * time since start), integrated.

    Examples
    --------
    >>> discounted("consumption", rate=0.03).name
    'discounted consumption'
    """
    return Outcome(name or f"discounted {of}", of, "discounted", at=rate, **others)


def year_when(
    of: str,
    *,
    above: float | None = None,
    below: float | None = None,
    name: str | None = None,
    **others: Any,
) -> Outcome:
    """Return the first time at which the variable is at or above (or below) a level.

    Between two saved times the crossing is found on the straight line that joins them.

    Examples
    --------
    >>> year_when("relative knowledge", above=0.5).name
    'year when relative knowledge reaches 0.5'
    """
    if above is not None and below is None:
        text = name or f"year when {of} reaches {above:g}"
        return Outcome(text, of, "year_when", at=above, **others)
    if below is not None and above is None:
        text = name or f"year when {of} falls to {below:g}"
        return Outcome(text, of, "year_below", at=below, **others)
    raise OutcomeError(f"year_when('{of}') needs one of above= and below=")


def at(of: str, time: float, name: str | None = None, **others: Any) -> Outcome:
    """Return the value at one time, on a straight line between saved times.

    Examples
    --------
    >>> at("relative knowledge", 2020).name
    'relative knowledge at 2020'
    """
    return Outcome(name or f"{of} at {time:g}", of, "at", at=time, **others)


def from_spec(spec: sd.OutcomeSpec) -> Outcome:
    """Return the outcome described in the TOML file beside a model."""
    return Outcome(
        spec.name,
        spec.of,
        spec.reduce,
        at=spec.at,
        never=spec.never,
        label=spec.label,
        unit=spec.unit,
        between=spec.between,
    )


def choose(
    model: sd.Model, wanted: Outcome | str | Iterable[Outcome | str] | None
) -> list[Outcome]:
    """Return the outcomes of a study, each name once, with units.

    Parameters
    ----------
    model
        The model they are taken from.
    wanted
        Outcomes, names of outcomes in the TOML file beside the model, or names of variables,
        whose final value is meant. Everything in the TOML file when left out.
    """
    known = {fold(name): from_spec(spec) for name, spec in model.settings.outcomes.items()}
    if wanted is None:
        chosen = list(known.values())
        if not chosen:
            raise OutcomeError(
                f"{model.name} names no outcomes: say which variable matters, as in "
                "sensitivity.final('value added') or --of 'value added', or add "
                '[outcomes."final value added"] to the .toml file beside the model'
            )
    else:
        one_or_more = [wanted] if isinstance(wanted, Outcome | str) else list(wanted)
        if not one_or_more:
            raise OutcomeError("no outcome was given: name at least one")
        chosen = [_choose_one(model, known, one) for one in one_or_more]
    twice = sorted({one.name for one in chosen if [o.name for o in chosen].count(one.name) > 1})
    if twice:
        raise OutcomeError(f"two outcomes are called '{twice[0]}': give one another name=")
    return [one.with_unit(model.units) for one in chosen]


def _choose_one(model: sd.Model, known: Mapping[str, Outcome], one: Outcome | str) -> Outcome:
    variables = {fold(name): name for name in (*model.units, *model.columns)}
    spelled = variables.get(fold(one if isinstance(one, str) else one.of), "")
    elements = [element for element in model.columns if element.startswith(f"{spelled}[")]
    if spelled and elements and spelled not in model.columns:
        raise OutcomeError(
            f"'{spelled}' of {model.name} is subscripted, and an outcome is one number: "
            f"name an element, such as '{elements[0]}'"
        )
    if isinstance(one, str):
        if fold(one) in known:
            return known[fold(one)]
        if fold(one) in variables:
            return final(variables[fold(one)])
        hint = near(one, [*(spec.name for spec in known.values()), *variables.values()])
        raise OutcomeError(f"{model.name} has no outcome or variable '{one}'{hint}")
    if fold(one.of) not in variables:
        raise OutcomeError(
            f"outcome '{one.name}' is of '{one.of}', which {model.name} does not have"
            f"{near(one.of, variables.values())}"
        )
    return replace(one, of=variables[fold(one.of)])
