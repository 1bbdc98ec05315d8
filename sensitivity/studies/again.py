"""Running again what was run: one run with all its courses, or a random part to verify the rest."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.errors import StoreError
from sensitivity.studies.chunks import made_by, simulate
from sensitivity.studies.store import Store

if TYPE_CHECKING:
    import xarray as xr

# Runs that are run again together: pieces of this size, until the share is reached.
PIECE = 64
SHARE = 0.01


@dataclass(frozen=True)
class Replay:
    """One run of a study once more, with everything it went through.

    Parameters
    ----------
    run
        Its number.
    values
        The value of each factor.
    courses
        Every variable over time; NaN from the instant on at which the run failed.
    cause
        Why it failed, with the place in the model's file; empty for a sound run.
    same
        Whether its outcomes are those in the store, bit for bit.
    """

    run: int
    values: dict[str, float]
    courses: xr.Dataset
    cause: str
    same: bool


def replay(store: str | Path, run: int) -> Replay:
    """Run one run of a stored study again, and return all of its courses.

    Parameters
    ----------
    store
        A store that `run_study` wrote, complete or not.
    run
        The number of the run, counted from 0 as in the table of failed runs.

    Examples
    --------
    >>> import tempfile
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> study = sa.study(model, levers, "relative knowledge", samples=16)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     again = replay(sa.run_study(study, folder + "/levers.study"), 42)
    >>> again.same, again.cause, again.courses.sizes["time"]
    (True, '', 61)
    """
    import pandas as pd

    import sdmodel as sd

    kept = Store.open(store)
    study, runs = kept.job.study, kept.runs
    if not 0 <= run < runs:
        raise StoreError(f"{store} has no run {run}: give one from 0 to {runs - 1:,}")
    row = study.space.scale(study.plan.rows(run, run + 1))
    values = dict(zip(study.space.names, map(float, row[0]), strict=True)) | dict(study.fixed)
    chunk = kept.job.chunk(run, run + 1)
    here = kept.array("outcomes")[:, run], kept.array("status")[:, run]
    same = np.array_equal(chunk.outcomes[:, 0], here[0], equal_nan=True) and np.array_equal(
        chunk.status[:, 0], here[1]
    )
    batch = study.model.run_many(
        pd.DataFrame([values]),
        outputs=study.model.columns,
        method=study.integration,
        **study.options,
    )
    courses = batch.data.isel(run=0, drop=True)
    cause = "; ".join(f"{why} ({what}, at {when:g})" for _, when, what, why in chunk.failures())
    if not bool(batch.ok[0]):
        # A single run says more: which equation, in which line, and what went into it.
        try:
            study.model.run(values, method=study.integration, name=f"run {run}", **study.options)
        except sd.SDError as error:
            cause = str(error)
    return Replay(run, values, courses, cause, same)


@dataclass(frozen=True)
class Verification:
    """What came of running a part of a store again.

    Parameters
    ----------
    runs
        How many were run again.
    differing
        The numbers of those that were not the same, bit for bit.
    damaged
        Chunks whose numbers are not those that were written.
    made_by, here
        What the store was made by, and what ran it again.
    """

    runs: int
    differing: tuple[int, ...]
    damaged: tuple[str, ...]
    made_by: str
    here: str

    @property
    def ok(self) -> bool:
        """Whether all is as it was."""
        return not self.differing and not self.damaged


def verify(store: str | Path, *, share: float = SHARE, seed: int | None = None) -> Verification:
    """Read every chunk of a store, and run a random part of its runs again.

    Parameters
    ----------
    store
        A store that `run_study` wrote.
    share
        The share of the runs to run again, in pieces of 64 runs; at least one piece.
    seed
        Of the choice; another choice each time when left out.

    Examples
    --------
    >>> import tempfile
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> study = sa.study(model, levers, "relative knowledge", samples=16)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = verify(sa.run_study(study, folder + "/levers.study"))
    >>> found.ok, 0 < found.runs <= 64
    (True, True)
    """
    kept = Store.open(store)
    job = kept.job
    damaged, sound = [], []
    for number in range(kept.chunks):
        if kept.mark(number) is None:
            continue
        try:
            kept.read(number)
        except StoreError as error:
            damaged.append(str(error))
        else:
            sound.append(number)
    pieces = [
        (first, min(first + PIECE, kept.span(number)[1]))
        for number in sound
        for first in range(*kept.span(number), PIECE)
    ]
    wanted = max(1, int(np.ceil(share * len(pieces)))) if pieces else 0
    chosen = np.random.default_rng(seed).choice(len(pieces), wanted, replace=False)
    differing: list[int] = []
    outcomes, status = kept.array("outcomes"), kept.array("status")
    for place in np.sort(chosen):
        first, last = pieces[place]
        again = job.chunk(first, last)
        one = np.asarray(outcomes[:, first:last]).view(np.uint64)
        other = np.ascontiguousarray(again.outcomes).view(np.uint64)
        unlike = (one != other).any(axis=0)
        unlike |= (np.asarray(status[:, first:last]) != again.status).any(axis=0)
        if again.courses is not None:
            there = np.ascontiguousarray(kept.array("courses")[:, :, first:last])
            mine = np.ascontiguousarray(again.courses)
            unlike |= (there.view(np.uint64) != mine.view(np.uint64)).any(axis=(0, 1))
        differing += [first + int(run) for run in np.flatnonzero(unlike)]
    one_run = simulate(job.study, job.measures, np.array([list(job.study.space.defaults.values())]))
    return Verification(
        runs=sum(pieces[place][1] - pieces[place][0] for place in chosen),
        differing=tuple(differing),
        damaged=tuple(damaged),
        made_by=made_by(job.provenance),
        here=made_by(one_run.provenance),
    )
