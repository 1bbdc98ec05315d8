"""Where runs become outcomes: what to run, what to save of it, and what it comes to.

Whoever runs a model asks a `Measures` which arms are needed and which variables to save, and
gives it the courses, a chunk of runs at a time. It knows nothing of how they were run, and what
it returns for a run does not depend on the others of its chunk.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from numbers import Real
from typing import TYPE_CHECKING

import numpy as np

from sdmodel import reducers
from sensitivity.combinations import Combination, choose_all
from sensitivity.errors import OutcomeError, fold, near
from sensitivity.outcomes import Outcome, sound_runs

if TYPE_CHECKING:
    from numpy.typing import NDArray

    import sdmodel as sd

    Floats = NDArray[np.float64]
    Bools = NDArray[np.bool_]
    Courses = Mapping[str, Floats]
    Violation = tuple[int, float, str, str]

# A course counts as outside its limits only by more than this share of its own size: steps of
# integration leave zeros such as -1e-17 behind.
ROUNDING = 1e-9


class Measures:
    """What is taken from each run of a study; it is built once, and can be pickled.

    Parameters
    ----------
    model
        The model that is run; it is not kept.
    outcomes
        What a run is judged by, as for `sweep`.
    arms
        Settings of constants by name, for outcomes that say in which arm they are measured or
        which run they are compared with. A name that is not among them is a scenario of the
        model's TOML file.
    limits
        The lowest and highest value that variables may have, None where there is no limit. A run
        that leaves them failed. Variables that the TOML file calls ``never_negative`` are added.

    Attributes
    ----------
    outcomes
        The outcomes, with units, in order.
    arms
        The settings of every arm a run is repeated in, in place of what was drawn; the first, by
        the name "", is the run as drawn, with none.
    references
        The settings of every run that outcomes are compared with, each with all factors at their
        defaults; by the name "" the base run.
    limits
        By variable, as the model spells it.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model = sd.load("models/core.mdl")
    >>> gain = sa.combine("a - b", a="relative knowledge", b="relative knowledge @ autarky")
    >>> measures = Measures(model, gain)
    >>> measures.arms
    {'': {}, 'autarky': {'network exposure': 0.0}}
    >>> measures.variables("autarky")
    ('relative knowledge',)
    """

    def __init__(
        self,
        model: sd.Model,
        outcomes: Outcome | Combination | str | Iterable[Outcome | Combination | str] | None = None,
        arms: Mapping[str, Mapping[str, float]] | None = None,
        limits: Mapping[str, tuple[float | None, float | None]] | None = None,
    ) -> None:
        self.outcomes = tuple(choose_all(model, outcomes))
        leaves: list[Outcome] = []
        for one in self.outcomes:
            leaves += [one] if isinstance(one, Outcome) else one.leaves()
        self._leaves = tuple(dict.fromkeys(leaves))
        known, wrong = _Arms(model, arms or {}), list[str]()
        self.arms: dict[str, dict[str, float]] = {"": {}}
        self.references: dict[str, dict[str, float]] = {}
        for leaf in self._leaves:
            for name, found in ((leaf.arm, self.arms), (leaf.reference, self.references)):
                try:
                    if name and name not in found:
                        found[name] = known.settings(name)
                except OutcomeError as error:
                    wrong.append(f"outcome '{leaf.name}': {error}")
            if _compares(leaf) and not leaf.reference:
                self.references[""] = {}
        self.limits = _limits(model, limits or {}, wrong)
        if wrong:
            raise OutcomeError("\n".join(dict.fromkeys(wrong)))

    def variables(self, arm: str = "") -> tuple[str, ...]:
        """Return what to save of the runs in an arm."""
        needed = [leaf.of for leaf in self._leaves if leaf.arm == arm]
        return tuple(dict.fromkeys([*needed, *self.limits]))

    def compared(self, reference: str) -> tuple[str, ...]:
        """Return what to save of a run that outcomes are compared with."""
        needed = [one.of for one in self._leaves if _compares(one) and one.reference == reference]
        return tuple(dict.fromkeys(needed))

    def overruled(self, factors: Iterable[str]) -> dict[str, list[str]]:
        """Return for each arm which of these factors it sets, so that draws do not count there."""
        by_fold = {fold(name): name for name in factors}
        return {
            arm: found
            for arm, settings in self.arms.items()
            if (found := [by_fold[fold(name)] for name in settings if fold(name) in by_fold])
        }

    def take(
        self,
        times: Floats,
        courses: Mapping[str, Courses],
        failed: Mapping[str, Bools],
        reference: Mapping[str, Courses],
    ) -> tuple[Floats, NDArray[np.int8]]:
        """Return the outcomes of a chunk of runs, and what became of each.

        Parameters
        ----------
        times
            The saved times.
        courses
            By arm and variable: one row per time and one column per run.
        failed
            By arm, which runs failed. A course with a number that is not finite failed too.
        reference
            By reference and variable, the course of the run to compare with.

        Returns
        -------
        tuple
            Values and status, each (outcome, run). A run that failed in one arm has failed for
            the outcomes that need that arm, and for no other.
        """
        sound: dict[tuple[str, str], tuple[Bools, Floats]] = {}
        taken: dict[Outcome, tuple[Floats, NDArray[np.int8]]] = {}
        for leaf in self._leaves:
            place = (leaf.arm, leaf.of)
            if place not in sound:
                sound[place] = sound_runs(courses[leaf.arm][leaf.of], failed[leaf.arm])
            bad, values = sound[place]
            other = reference[leaf.reference][leaf.of] if _compares(leaf) else None
            taken[leaf] = leaf.take(times, values, bad, other)
        pairs = [
            taken[one] if isinstance(one, Outcome) else one.work_out(taken.__getitem__)
            for one in self.outcomes
        ]
        return np.stack([one[0] for one in pairs]), np.stack([one[1] for one in pairs])

    def violations(self, times: Floats, courses: Courses) -> list[Violation]:
        """Return the runs of one arm that leave their limits, each with its first instant.

        Parameters
        ----------
        times
            The saved times.
        courses
            By variable: one row per time and one column per run. Numbers that are not finite
            leave no limit; such runs failed anyway.

        Returns
        -------
        list
            Run, time, variable and cause, by run.
        """
        first: dict[int, tuple[int, str, str]] = {}
        for name, (low, high) in self.limits.items():
            course = courses[name]
            finite = np.isfinite(course)
            size = np.abs(np.where(finite, course, 0.0)).max(axis=0) * ROUNDING
            for limit, sign, word in ((low, -1.0, "below"), (high, 1.0, "above")):
                if limit is None:
                    continue
                outside = finite & (sign * (course - limit) > size)
                for run in np.flatnonzero(outside.any(axis=0)):
                    when = int(outside[:, run].argmax())
                    cause = f"{word} {limit:g}, its limit ({course[when, run]:.3g})"
                    if int(run) not in first or when < first[int(run)][0]:
                        first[int(run)] = (when, name, cause)
        return [
            (run, float(times[when]), name, cause)
            for run, (when, name, cause) in sorted(first.items())
        ]


def _compares(one: Outcome) -> bool:
    return reducers()[one.reduce].differs


class _Arms:
    """Finds the settings that an arm's name stands for."""

    def __init__(self, model: sd.Model, given: Mapping[str, Mapping[str, float]]) -> None:
        self.model, self.given = model, given
        self.constants = {fold(name): name for name in model.constants}

    def settings(self, name: str) -> dict[str, float]:
        scenarios = self.model.settings.scenarios
        if name in self.given:
            found = self.given[name]
        elif name in scenarios:
            found = scenarios[name].values
        else:
            known = [*self.given, *scenarios]
            there = f"; there are: {', '.join(known)}" if known else ""
            raise OutcomeError(
                f"there is no arm or scenario '{name}'{near(name, known) or there}"
                + ("" if known else f": give arms={{'{name}': {{'a constant': 1.0}}}}")
            )
        wrong = [
            f"arm '{name}' sets '{one}', which is no constant of {self.model.name}"
            f"{near(one, self.model.constants)}"
            for one in found
            if fold(one) not in self.constants
        ]
        wrong += [
            f"arm '{name}' sets '{one}' to {value}: give a finite number"
            for one, value in found.items()
            if not np.isfinite(value)
        ]
        if wrong:
            raise OutcomeError("\n".join(wrong))
        return {self.constants[fold(one)]: float(value) for one, value in found.items()}


def _limits(
    model: sd.Model,
    given: Mapping[str, tuple[float | None, float | None]],
    wrong: list[str],
) -> dict[str, tuple[float | None, float | None]]:
    """Return limits by the model's spelling, adding what is wrong with them to `wrong`."""
    spelt = {fold(name): name for name in (*model.units, *model.columns)}
    known = dict.fromkeys(model.settings.never_negative, (0.0, None)) | dict(given)
    found: dict[str, tuple[float | None, float | None]] = {}
    for name, ends in known.items():
        if not _is_pair(ends):
            wrong.append(
                f"the limits of '{name}' are {ends!r}: give the lowest and the highest, such as "
                "(0, None)"
            )
            continue
        low, high = ends
        if fold(name) not in spelt:
            wrong.append(
                f"{model.name} has no variable '{name}' to limit{near(name, spelt.values())}"
            )
        elif strange := [one for one in (low, high) if not _is_limit(one)]:
            wrong.append(f"a limit of '{name}' is {strange[0]!r}: give a number, or none")
        elif low is not None and high is not None and not low < high:
            wrong.append(
                f"the limits of '{name}' are {low:g} and {high:g}: give the lower one first"
            )
        else:
            whole = spelt[fold(name)]
            elements = [one for one in model.columns if one.startswith(f"{whole}[")]
            both = (None if low is None else float(low), None if high is None else float(high))
            found |= dict.fromkeys([whole] if whole in model.columns else elements, both)
    return found


def _is_pair(ends: object) -> bool:
    return isinstance(ends, tuple | list) and len(ends) == 2


def _is_limit(one: object) -> bool:
    return one is None or (isinstance(one, Real) and not np.isnan(float(one)))
