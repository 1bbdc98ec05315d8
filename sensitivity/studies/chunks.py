"""Running a piece of a study: rows of the design in, outcomes and what is kept of courses out.

A chunk depends on the study and on its rows only: not on the chunks before it, on threads or on
the machine (of one kind of processor). That is why studies can be split, resumed and verified.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.outcomes import FAILED
from sensitivity.studies import bands

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from numpy.typing import NDArray

    import sdmodel as sd
    from sensitivity.measures import Measures
    from sensitivity.methods import Plan
    from sensitivity.studies.study import Study

    Floats = NDArray[np.float64]
    Progress = Callable[[int, int], None]
    Reason = tuple[str, str]

# So many runs give the edges of the bins. Of a design that can grow they are taken whether it
# has them already or not, so that its edges stay where they are.
PILOT, LEAST_PILOT = 2048, 16
NOT_FINITE = "no longer a finite number"


@dataclass(frozen=True, slots=True)
class Chunk:
    """What is kept of the runs from `first` up to `last`.

    Parameters
    ----------
    outcomes, status
        (outcome, run).
    failed_time, failed_reason
        For each run when it failed, and why, as a place in `reasons` counted from 1; 0 for a
        sound run.
    reasons
        What went wrong, as (variable, cause).
    counts, extremes
        Of the bands: how many courses lie between edges, and the least and largest values.
    courses
        (series, time, run), where they are kept.
    made_by
        The engine that ran them: another processor may give other last digits.
    """

    first: int
    last: int
    outcomes: Floats
    status: NDArray[np.int8]
    failed_time: Floats
    failed_reason: NDArray[np.uint16]
    reasons: tuple[Reason, ...]
    counts: NDArray[np.uint32]
    extremes: Floats
    courses: Floats | None
    made_by: str = ""

    @property
    def arrays(self) -> dict[str, NDArray[Any]]:
        """The arrays by the name they have in a store."""
        named: dict[str, NDArray[Any]] = {
            "outcomes": self.outcomes,
            "status": self.status,
            "failed_time": self.failed_time,
            "failed_reason": self.failed_reason,
            "counts": self.counts,
            "extremes": self.extremes,
        }
        return named if self.courses is None else named | {"courses": self.courses}

    def failures(self) -> Iterator[tuple[int, float, str, str]]:
        """Yield the failed runs in order: run, time, variable and cause."""
        for run in np.flatnonzero(self.failed_reason):
            variable, cause = self.reasons[int(self.failed_reason[run]) - 1]
            yield self.first + int(run), float(self.failed_time[run]), variable, cause

    @property
    def digest(self) -> str:
        """SHA-256 over every number and every reason."""
        return digest_of(self.arrays, self.reasons)


def digest_of(arrays: Mapping[str, NDArray[Any]], reasons: Sequence[Sequence[str]]) -> str:
    """Return the SHA-256 of the arrays of a chunk and of its reasons."""
    found = hashlib.sha256()
    for name in sorted(arrays):
        array = np.ascontiguousarray(arrays[name])
        found.update(f"{name} {array.dtype.str} {array.shape};".encode())
        found.update(array.view(np.uint8).reshape(-1).data)
    for variable, cause in reasons:
        found.update(f"{variable!r}: {cause!r};".encode())
    return found.hexdigest()


@dataclass(frozen=True)
class Job:
    """A study made ready: what each of its chunks needs to know.

    Parameters
    ----------
    times
        The saved times.
    edges
        Of the bins of the bands.
    base
        The courses (time, 1) of the run with every factor at its default, by arm and variable.
    reference
        The courses (time) of the runs that outcomes are compared with, by name and variable.
    base_cause
        Why the base run failed; empty if it did not.
    integration
        The name of the method of integration that the runs reported.
    provenance
        What took part in the runs.
    """

    study: Study
    measures: Measures
    times: Floats
    edges: Floats
    base: Mapping[str, Mapping[str, Floats]]
    reference: Mapping[str, Mapping[str, Floats]]
    base_cause: str
    integration: str
    provenance: Mapping[str, Any]

    @cached_property
    def spread(self) -> NDArray[np.int64]:
        """The rows in which all factors vary freely; found anew on each machine."""
        return self.study.plan.row.spread(self.study.plan)

    def __getstate__(self) -> dict[str, Any]:
        """Leave out what is large and can be found again."""
        return {name: value for name, value in self.__dict__.items() if name != "spread"}

    def run(
        self,
        first: int,
        last: int,
        *,
        threads: int | None = None,
        progress: Progress | None = None,
    ) -> Raw:
        """Run the model for rows of the design, in every arm that is needed."""
        study = self.study
        rows = study.space.scale(study.plan.rows(first, last))
        return simulate(study, self.measures, rows, threads, progress)

    def keep(self, raw: Raw, first: int, last: int) -> Chunk:
        """Take from runs what is kept of them."""
        study, measures = self.study, self.measures
        outcomes, status = measures.take(self.times, raw.courses, raw.failed, self.reference)
        reasons: dict[Reason, int] = {}
        failed_time = np.full(last - first, np.nan)
        failed_reason = np.zeros(last - first, dtype=np.uint16)
        for run, when, variable, cause in sorted(raw.failures):
            if not failed_reason[run]:
                place = reasons.setdefault((variable, cause), len(reasons) + 1)
                failed_time[run], failed_reason[run] = when, place
        for run in np.flatnonzero((status == FAILED).any(axis=0) & (failed_reason == 0)).tolist():
            place = reasons.setdefault(("an outcome", NOT_FINITE), len(reasons) + 1)
            failed_reason[run] = place
        courses = (
            np.stack([raw.courses[""][name] for name in study.series])
            if study.series
            else (np.zeros((0, len(self.times), last - first)))
        )
        sound = np.isfinite(courses).all(axis=(0, 1)) & ~raw.failed[""]
        spread = np.zeros(last - first, dtype=bool)
        inside = slice(*np.searchsorted(self.spread, [first, last]))
        spread[self.spread[inside] - first] = True
        counts, extremes = bands.count(courses[:, :, sound & spread], self.edges)
        if not sound.all():
            courses = np.where(sound, courses, np.nan)
        return Chunk(
            first=first,
            last=last,
            outcomes=outcomes,
            status=status,
            failed_time=failed_time,
            failed_reason=failed_reason,
            reasons=tuple(reasons),
            counts=counts,
            extremes=extremes,
            courses=courses if study.courses else None,
            made_by=made_by(raw.provenance),
        )

    def chunk(self, first: int, last: int, *, threads: int | None = None) -> Chunk:
        """Run rows of the design and take what is kept of them."""
        return self.keep(self.run(first, last, threads=threads), first, last)


def made_by(provenance: Mapping[str, Any]) -> str:
    """Say by what runs were made, as far as their last digits may depend on it."""
    return f"sdmodel {provenance['sdmodel']}, {provenance['engine']}"


@dataclass(frozen=True, slots=True)
class Raw:
    """Runs as they come from the model: courses (time, run) by arm and variable."""

    times: Floats
    courses: Mapping[str, Mapping[str, Floats]]
    failed: Mapping[str, NDArray[np.bool_]]
    failures: list[tuple[int, float, str, str]]
    integration: str
    provenance: Mapping[str, Any]


def simulate(
    study: Study,
    measures: Measures,
    rows: Floats,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Raw:
    """Run the model for values of the factors, one row each, once in every arm."""
    import pandas as pd

    courses: dict[str, dict[str, Floats]] = {}
    failed: dict[str, NDArray[np.bool_]] = {}
    failures: list[tuple[int, float, str, str]] = []
    batch: sd.RunBatch | None = None
    options = dict(study.options)
    if threads is not None:
        options["threads"] = threads
    for place, (arm, settings) in enumerate(measures.arms.items()):
        own = study.series if arm == "" else ()
        wanted = list(dict.fromkeys([*measures.variables(arm), *own]))
        table = pd.DataFrame(rows, columns=list(study.space.names))
        # What an arm sets wins over what was drawn, and that over what the study fixes.
        for name, value in {**study.fixed, **settings}.items():
            table[name] = value
        batch = study.model.run_many(
            table,
            outputs=wanted,
            method=study.integration,
            progress=_part(progress, place, len(measures.arms)),
            **options,
        )
        courses[arm] = {name: batch.values[i] for i, name in enumerate(wanted)}
        failed[arm] = ~np.asarray(batch.ok, dtype=bool)
        found = batch.failures
        failures += zip(
            (int(run) for run in found["run"]),
            (float(when) for when in found["time"]),
            (str(one) if not arm else f"{one} @ {arm}" for one in found["variable"]),
            (str(cause) for cause in found["cause"]),
            strict=True,
        )
        failures += _not_finite(batch.times, courses[arm], failed[arm])
        beyond = measures.violations(batch.times, courses[arm])
        for run, when, variable, cause in beyond:
            failed[arm][run] = True
            failures.append((run, when, variable, cause))
    assert batch is not None
    return Raw(
        np.asarray(batch.times, dtype=float),
        courses,
        failed,
        failures,
        batch.method,
        dict(batch.provenance),
    )


def _not_finite(
    times: Floats, courses: Mapping[str, Floats], failed: NDArray[np.bool_]
) -> Iterator[tuple[int, float, str, str]]:
    """Yield runs in which a number is not finite although nobody said so."""
    for name, course in courses.items():
        finite = np.isfinite(course)
        for run in np.flatnonzero(~finite.all(axis=0) & ~failed):
            yield int(run), float(times[np.argmin(finite[:, run])]), name, NOT_FINITE


def _part(progress: Progress | None, place: int, arms: int) -> Progress | None:
    """Report runs in each of several arms as parts of the runs of the design."""
    if progress is None:
        return None

    def report(done: int, total: int) -> None:
        progress((place * total + done) // arms, total)

    return report


def prepare(study: Study, threads: int | None = None, *, pilot_runs: int = PILOT) -> Job:
    """Run the base case and a pilot, from which the bands take their edges."""
    measures = study.measures
    base = simulate(study, measures, np.array([list(study.space.defaults.values())]), threads)
    pilot = np.zeros((len(study.series), len(base.times), 0))
    if study.series and pilot_runs:
        unit = _pilot(study.plan, pilot_runs)
        raw = simulate(study, measures, study.space.scale(unit), threads)
        pilot = np.stack([raw.courses[""][name] for name in study.series])
        pilot = pilot[:, :, np.isfinite(pilot).all(axis=(0, 1)) & ~raw.failed[""]]
    return Job(
        study=study,
        measures=measures,
        times=base.times,
        edges=bands.edges_of(pilot),
        base=base.courses,
        reference=_references(study, measures),
        base_cause=base.failures[0][3] if base.failures else "",
        integration=base.integration,
        provenance=base.provenance,
    )


def _pilot(plan: Plan, runs: int) -> Floats:
    """Return rows of the design in which all factors vary freely, the first ones there are."""
    if plan.nested:
        free = len(plan.row.spread(plan)) // plan.samples
        plan = replace(plan, samples=max(LEAST_PILOT, 2 ** int(np.ceil(np.log2(runs / free)))))
    rows = plan.row.spread(plan)[:runs]
    return plan.rows(0, int(rows[-1]) + 1)[rows]


def _references(study: Study, measures: Measures) -> dict[str, dict[str, Floats]]:
    """Run what outcomes are compared with: every factor at its default but for some settings."""
    import pandas as pd

    found = {}
    for name, settings in measures.references.items():
        wanted = list(measures.compared(name))
        values = study.space.defaults | dict(study.fixed) | settings
        batch = study.model.run_many(
            pd.DataFrame([values]), outputs=wanted, method=study.integration, **study.options
        )
        found[name] = {one: batch.values[i][:, 0] for i, one in enumerate(wanted)}
    return found
