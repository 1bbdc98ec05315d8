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
DIMENSIONLESS = ("", "dmnl", "1", "dimensionless")


def sound_runs(
    values: Floats, failed: NDArray[np.bool_] | None = None
) -> tuple[NDArray[np.bool_], Floats]:
    """Return which runs failed, and the courses with harmless numbers in place of theirs.

    The harmless numbers keep NumPy from warning; nothing is ever measured by them.
    """
    bad = np.asarray(~np.isfinite(values).all(axis=0), dtype=bool)
    if failed is not None:
        bad |= failed
    return bad, np.where(bad, 1.0, values) if bad.any() else values


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
        How: a name in ``sdmodel.reducers()``, such as ``final``, ``peak``, ``total`` or
        ``area_below``.
    at
        The time for ``at``, the level for ``year_when``, ``year_below``, ``crosses_up`` and
        ``crosses_down``, the rate for ``discounted``.
    label, unit
        For figures; the unit follows from the variable's when left out.
    never
        What counts where a level is never reached, such as the end of the horizon. When left out
        it is NaN, and such runs are left out of the analysis.
    between
        The first and the last time it looks at; the whole run when left out.
    arm
        The scenario it is measured in: each run is repeated there, with the scenario's settings
        in place of what was drawn. The run as drawn when left out.
    reference
        For ``area_below`` and ``area_above``: the scenario whose run it is compared with, every
        factor at its default. The base run when left out.

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
    arm: str = ""
    reference: str = ""

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
                f"{', '.join(one.name for one in reducers().values() if one.level)} may be never "
                "reached"
            )
        if self.reference and not row.differs:
            raise OutcomeError(
                f"outcome '{self.name}' ({row.name}) has no use for reference = "
                f"'{self.reference}': only "
                f"{', '.join(one.name for one in reducers().values() if one.differs)} compare"
            )

    @property
    def alone(self) -> bool:
        """Whether a run by itself gives it, with no other run to compare it with."""
        return not (self.arm or reducers()[self.reduce].differs)

    def measure(
        self,
        times: Floats,
        values: Floats,
        failed: NDArray[np.bool_] | None = None,
        reference: Floats | None = None,
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
        reference
            The variable's course in the reference run, for an outcome that compares.

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
        bad, sound = sound_runs(values, failed)
        return self.take(times, sound, bad, reference)

    def take(
        self,
        times: Floats,
        sound: Floats,
        bad: NDArray[np.bool_],
        reference: Floats | None = None,
    ) -> tuple[Floats, NDArray[np.int8]]:
        """Do as `measure` does, for what `sound_runs` gave: many outcomes can share it."""
        row = reducers()[self.reduce]
        at = 0.0 if self.at is None else float(self.at)
        if row.differs and reference is None:
            raise OutcomeError(
                f"outcome '{self.name}' ({row.name}) compares with a reference run, and there is "
                "none here: measure it in a sweep"
            )
        kept = within(self, times)
        if not kept.all():
            times, sound = times[kept], sound[kept]
            reference = None if reference is None else reference[kept]
        if row.name == "at" and not times[0] <= at <= times[-1]:
            raise OutcomeError(
                f"outcome '{self.name}' is taken at {at:g}, but the run covers {times[0]:g} to "
                f"{times[-1]:g}: choose a time within it"
            )
        if row.differs and reference is not None:
            sound = sound - reference[:, None]
        # What is too large for a number comes out as infinite, and so as undefined.
        with np.errstate(over="ignore", invalid="ignore"):
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
        own = by_fold.get(fold(self.of), "") or by_fold.get(fold(self.of.partition("[")[0]), "")
        unit = reducers()[self.reduce].unit
        if "{unit}" in unit and fold(own) in DIMENSIONLESS:
            # What has no dimension adds none.
            unit = {"{unit}*{time}": "{time}", "{unit}/{time}": "1/{time}"}.get(unit, unit)
        if not time:
            unit = {"{unit}*{time}": "{unit}", "{unit}/{time}": "{unit}"}.get(unit, unit)
        return replace(self, unit=unit.format(unit=own, time=time).removesuffix("1/"))

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


def area_below(of: str, reference: str = "", name: str | None = None, **others: Any) -> Outcome:
    """Return the area between a reference run and this one, wherever this one is below.

    The reference is the run of a scenario with every factor at its default; the base run when no
    scenario is named. Where the two cross is found on straight lines between saved times.

    Examples
    --------
    >>> area_below("value added").name
    'area of value added below the base run'
    """
    text = name or f"area of {of} below {reference or 'the base run'}"
    return Outcome(text, of, "area_below", reference=reference, **others)


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
        arm=spec.arm,
        reference=spec.reference,
    )


def choose(
    model: sd.Model, wanted: Outcome | str | Iterable[Outcome | str] | None
) -> list[Outcome]:
    """Return outcomes that a run gives by itself, each name once, with units.

    Parameters
    ----------
    model
        The model they are taken from.
    wanted
        Outcomes, names of outcomes in the TOML file beside the model, or names of variables,
        whose final value is meant. When left out, all of the TOML file but those that compare
        runs.
    """
    known = {
        fold(name): from_spec(spec)
        for name, spec in model.settings.outcomes.items()
        if not spec.expression
    }
    if wanted is None:
        chosen = [one for one in known.values() if one.alone]
        if not chosen:
            raise no_outcomes(model)
    else:
        one_or_more = [wanted] if isinstance(wanted, Outcome | str) else list(wanted)
        if not one_or_more:
            raise OutcomeError("no outcome was given: name at least one")
        chosen = [choose_one(model, known, one) for one in one_or_more]
    for one in chosen:
        if not one.alone:
            raise OutcomeError(
                f"outcome '{one.name}' compares runs, which only a sweep does: choose another here"
            )
    refuse_twice([one.name for one in chosen])
    return [one.with_unit(model.units) for one in chosen]


def no_outcomes(model: sd.Model) -> OutcomeError:
    """Return what to say where a model's TOML file names no outcome."""
    return OutcomeError(
        f"{model.name} names no outcomes: say which variable matters, as in "
        "sensitivity.final('value added') or --of 'value added', or add "
        '[outcomes."final value added"] to the .toml file beside the model'
    )


def refuse_twice(names: Iterable[str]) -> None:
    """Refuse two outcomes of one name."""
    given = list(names)
    twice = sorted({name for name in given if given.count(name) > 1})
    if twice:
        raise OutcomeError(f"two outcomes are called '{twice[0]}': give one another name=")


def choose_one(model: sd.Model, known: Mapping[str, Outcome], one: Outcome | str) -> Outcome:
    """Return one outcome, its variable spelt as in the model; `known` are those of the TOML."""
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
