"""Running again what was run: one run with all its courses, or a random part to verify the rest."""

from __future__ import annotations

import json
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.control.changes import changed_again
from sensitivity.errors import StoreError
from sensitivity.store import open_sweep
from sensitivity.studies.chunks import Job, made_by, prepare, simulate
from sensitivity.studies.store import Store, is_store, undamaged
from sensitivity.studies.study import restored

if TYPE_CHECKING:
    import xarray as xr

    import sdmodel as sd

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
        Every variable over time; NaN from the instant on at which a number overflowed. A run
        that failed by leaving a limit, or in another arm, is whole.
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


def replay(kept: str | Path, run: int, model: sd.Model | None = None) -> Replay:
    """Run one run of a study or sweep again, and return all of its courses.

    Parameters
    ----------
    kept
        A store that `run_study` wrote, with this run in it, or a file that `save` wrote.
    run
        The number of the run, counted from 0 as in the table of failed runs.
    model
        The model, where it is not where it was; a store has its own copy.

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

    path = Path(kept)
    job, outcomes, status = _stored(path, model, run) if is_store(path) else _saved(path, model)
    study, runs = job.study, job.study.plan.runs
    if not 0 <= run < runs:
        raise StoreError(f"{path} has no run {run}: give one from 0 to {runs - 1:,}")
    row = study.space.scale(study.plan.rows(run, run + 1))
    values = dict(zip(study.space.names, map(float, row[0]), strict=True)) | dict(study.fixed)
    chunk = job.chunk(run, run + 1)
    same = np.array_equal(chunk.outcomes[:, 0], outcomes[:, run], equal_nan=True)
    same &= np.array_equal(chunk.status[:, 0], status[:, run])
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


def _stored(path: Path, model: sd.Model | None, run: int) -> tuple[Job, Any, Any]:
    store = Store.open(path, model)
    if 0 <= run < store.runs and store.mark(run // store.chunk_runs) is None:
        raise StoreError(f"run {run} of {path} is still to be run: go on with the study first")
    return store.job, store.array("outcomes"), store.array("status")


def _saved(path: Path, model: sd.Model | None) -> tuple[Job, Any, Any]:
    """Make a sweep's job again from what its file says."""
    import sdmodel as sd

    swept = open_sweep(path)
    if "identity" not in swept.attrs:
        raise StoreError(f"{path} was written by a version that could not play runs again")
    with undamaged(path):
        identity, file = json.loads(swept.attrs["identity"]), Path(swept.attrs["model_file"])
    if model is None:
        if not file.is_file():
            raise StoreError(f"the model of {path} is no longer at {file}: say where (--model)")
        model = sd.load(file)
    with undamaged(path):
        changes = identity.get("origin", {}).get("changes", ())
        if model.digest != identity["model_digest"] and changes:
            with suppress(sd.SDError):
                model = changed_again(model, changes)
        if model.digest != identity["model_digest"]:
            raise StoreError(
                f"{model.path} has changed since {path} was made: find the version it was made with"
            )
        study = restored(model, identity)
    job = prepare(study, pilot_runs=0)
    return job, swept["outcomes"].values, swept["status"].values


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


def verify(
    store: str | Path,
    *,
    share: float = SHARE,
    seed: int | None = None,
    model: sd.Model | None = None,
) -> Verification:
    """Read every chunk of a store, and run a random part of its runs again.

    Parameters
    ----------
    store
        A store that `run_study` wrote.
    share
        The share of the runs to run again, in pieces of 64 runs; at least one piece.
    seed
        Of the choice; another choice each time when left out.
    model
        The model, where the store's own copy cannot be loaded by itself.

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
    if not 0 < share <= 1:
        raise StoreError(f"share is {share:g}: give more than 0, and 1 for all runs")
    if seed is not None and seed < 0:
        raise StoreError(f"seed is {seed}: give a whole number from 0 on, or none")
    kept = Store.open(store, model)
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
