"""Running a study into its store: begun, gone on with, made larger, and ranked when complete."""

from __future__ import annotations

import time
import warnings
from collections.abc import Callable
from numbers import Integral
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.errors import MethodError, StoreError, SweepWarning
from sensitivity.progress import with_bar
from sensitivity.studies import runners
from sensitivity.studies.chunks import prepare
from sensitivity.studies.finishing import finish, fitted
from sensitivity.studies.store import SUFFIX, Store, is_store, sweep_up

if TYPE_CHECKING:
    from sensitivity.studies.chunks import Job
    from sensitivity.studies.study import Study

    Progress = Callable[[int, int], None]

MEMORY = 2 * 2**30
LEAST_MEMORY = 512 * 2**20
# What Python and the libraries take before the first run.
LIBRARIES = 384 * 2**20
# Chunks of about so many runs: large enough for the engine and for the disk, small enough that
# little is lost when a program dies.
CHUNK_RUNS = 16_384
# A chunk's courses are there at most so often: as they come, as they are kept, as they are packed.
COPIES = 6


@with_bar("study")
def run_study(
    study: Study,
    store: str | Path,
    *,
    memory: int = MEMORY,
    threads: int | None = None,
    workers: int | None = None,
    scheduler: str | None = None,
    shard: tuple[int, int] = (1, 1),
    progress: Progress | None = None,
) -> Path:
    """Run a study into a store, or go on with one that was interrupted.

    Parameters
    ----------
    study
        From `study` or `read_study`.
    store
        A folder, such as ``out/levers.study``. Where it holds a part of the same study already,
        only what is missing is run; the result is the same, bit for bit.
    memory
        Bytes that runs and analysis may take; the least is 512 MB.
    threads
        How many runs this machine works on at once; all processors when left out.
    workers
        Run in so many processes started here instead of in threads.
    scheduler
        Run on the Dask cluster whose scheduler has this address.
    shard
        ``(2, 5)`` runs the second of five parts only, for job arrays. The parts may go into one
        store on a common disk, or into one each, to be put together by `merge`.
    progress
        Called with the runs done and the runs in all; a bar in a notebook when left out.

    Returns
    -------
    pathlib.Path
        The store. When all runs are there it holds the indices too: see `open_sweep`.

    Examples
    --------
    >>> import tempfile
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> study = sa.study(model, levers, "relative knowledge", samples=16)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     path = sa.run_study(study, folder + "/levers.study")
    ...     sa.open_sweep(path).sizes["sample"]
    144
    """
    path = Path(store)
    _check(path, memory, shard, threads, workers, scheduler)
    fitted(study.plan, memory)  # refuses what could be run, but not be ranked
    kept = opened(study, path, memory, threads)
    missing = kept.missing(shard)
    todo = [(number, kept.span(number)) for number in missing]
    before = sum(last - first for first, last in (kept.span(k) for k in range(kept.chunks)))
    before -= sum(last - first for first, last in (kept.span(k) for k in kept.missing()))
    total = before + sum(last - first for _, (first, last) in todo)

    def report(done: int) -> None:
        if progress is not None:
            progress(before + done, total)

    started = time.perf_counter()
    if todo and (workers is not None or scheduler is not None):
        with runners.cluster(workers, scheduler) as client:
            runners.on_cluster(kept.job, todo, kept.write, report, client)
    else:
        runners.in_threads(kept.job, todo, kept.write, report, threads)
    if kept.complete:
        sweep_up(path)
        finish(kept, memory, time.perf_counter() - started)
    return path


def opened(study: Study, path: Path, memory: int, threads: int | None) -> Store:
    """Return the store of a study: a new one, or the one that is there, made larger if needed."""
    if not is_store(path):
        job = prepare(study, threads)
        if job.base_cause:
            tell_base(study, job.base_cause)
        try:
            return Store.create(path, job, chunk_runs(job, memory))
        except StoreError:
            if not is_store(path):  # another shard has just made it
                raise
    store = Store.open(path, study.model)
    there, here = store.job.study, study
    if there.identity == here.identity:
        return store
    larger = there.with_samples(here.plan.samples)
    if larger.identity == here.identity and here.plan.samples > there.plan.samples:
        if here.plan.nested and store.chunk_runs % here.plan.block == 0:
            return store.grown(here.plan.samples)
        raise StoreError(
            f"{path} holds {there.plan.samples:,} samples by method {here.plan.method}, to which "
            "none can be added: give another store for the larger study"
        )
    raise StoreError(f"{path} holds another study: {_difference(there, here)}: give another store")


def chunk_runs(job: Job, memory: int) -> int:
    """Return how many runs make a chunk: whole blocks, as many as a power of 2."""
    measures, series = job.measures, job.study.series
    variables = sum(len({*measures.variables(arm), *series}) for arm in measures.arms)
    bytes_a_run = 8 * len(job.times) * max(1, variables) * COPIES
    most = min(CHUNK_RUNS, max(1, (memory - LIBRARIES) // bytes_a_run))
    block = min(job.study.plan.block, most)
    if job.study.plan.block > most:
        return int(most)
    return int(block * 2 ** int(np.log2(most // block)))


def tell_base(study: Study, cause: str) -> None:
    """Warn that the run with every factor at its default failed."""
    warnings.warn(
        f"the run of {study.model.name} with every factor at its default failed ({cause}): compare "
        "with it only after that is mended",
        SweepWarning,
        stacklevel=3,
    )


def _check(
    path: Path,
    memory: int,
    shard: tuple[int, int],
    threads: int | None,
    workers: int | None,
    scheduler: str | None,
) -> None:
    wrong = _wrong_kinds(memory, shard, threads, workers)
    if wrong:
        raise MethodError("\n".join(wrong))
    part, parts = shard
    if path.suffix != SUFFIX:
        wrong.append(f"'{path}' does not end in {SUFFIX}: a store is a folder, say study{SUFFIX}")
    if memory < LEAST_MEMORY:
        wrong.append(f"memory is {memory / 2**20:,.0f} MB: give 512 MB or more")
    if not 1 <= part <= parts:
        wrong.append(f"shard {part}/{parts} does not exist: give 1/{max(1, parts)} and so on")
    if threads is not None and threads < 1:
        wrong.append(f"threads is {threads}: give 1 or more, or leave it out for all processors")
    if workers is not None and workers < 1:
        wrong.append(f"workers is {workers}: give 1 or more, or leave it out for threads")
    if workers is not None and scheduler is not None:
        wrong.append("workers and scheduler are two ways of running: give one of them")
    if wrong:
        raise MethodError("\n".join(wrong))


def _wrong_kinds(memory: object, shard: object, threads: object, workers: object) -> list[str]:
    """Name what is no whole number, or no pair of them."""

    def whole(given: object) -> bool:
        return isinstance(given, Integral) and not isinstance(given, bool)

    wrong = []
    if not whole(memory):
        wrong.append(f"memory is {memory!r}: give a whole number of bytes, such as 2 * 2**30")
    if not (isinstance(shard, tuple) and len(shard) == 2 and all(map(whole, shard))):
        wrong.append(f"shard is {shard!r}: give two whole numbers, (2, 5) for the second of five")
    for name, given in (("threads", threads), ("workers", workers)):
        if given is not None and not whole(given):
            wrong.append(f"{name} is {given!r}: give a whole number, or leave it out")
    return wrong


def _difference(there: Study, here: Study) -> str:
    """Name what two studies differ in."""
    one, other = there.identity, here.identity
    found = []
    for name in one | other:
        value, its = one.get(name), other.get(name)
        if value == its:
            continue
        if name == "plan":
            found += _fields(one[name], other[name])
        elif isinstance(value, str | bool):
            found.append(f"its {name.replace('_', ' ')} is {value}, here {its}")
        else:
            found.append(f"its {name} differ")
    return " and ".join(found)


def _fields(one: dict[str, Any], other: dict[str, Any]) -> list[str]:
    return [
        f"its {name.replace('_', ' ')} is {value}, here {other[name]}"
        for name, value in one.items()
        if value != other[name]
    ]
