"""A sweep: the space, sampled by a method, run through the model, reduced to outcomes, ranked."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from numbers import Integral
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.analysis import indices_of, tell, with_indices
from sensitivity.errors import MethodError
from sensitivity.failed import tell_failures
from sensitivity.over_time import MEMORY as OVER_TIME
from sensitivity.over_time import indices_over_time, with_over_time
from sensitivity.progress import with_bar
from sensitivity.studies import bands
from sensitivity.studies.chunks import Chunk, Job, prepare
from sensitivity.studies.dataset import Kept, dataset
from sensitivity.studies.runners import in_threads
from sensitivity.studies.running import MEMORY, chunk_runs, tell_base
from sensitivity.studies.study import study as described

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    import sdmodel as sd
    from sensitivity.combinations import Combination
    from sensitivity.outcomes import Outcome
    from sensitivity.space import Space
    from sensitivity.studies.study import Study

    Floats = NDArray[np.float64]
    Progress = Callable[[int, int], None]


@with_bar("sweep")
def sweep(
    model: sd.Model,
    space: Space,
    outcomes: Outcome | Combination | str | Iterable[Outcome | Combination | str] | None = None,
    *,
    method: str = "sobol",
    samples: int | None = None,
    seed: int = 1,
    second_order: bool = False,
    grouped: bool = False,
    quantile: float = 0.5,
    threshold: float | None = None,
    resamples: int = 200,
    confidence: float = 0.95,
    keep_series: Iterable[str] | None = None,
    over_time: bool = False,
    memory: int = OVER_TIME,
    fixed: Mapping[str, float] | None = None,
    arms: Mapping[str, Mapping[str, float]] | None = None,
    limits: Mapping[str, tuple[float | None, float | None]] | None = None,
    integration: str = "vensim",
    time_step: float | None = None,
    final_time: float | None = None,
    save_every: float | None = None,
    threads: int | None = None,
    chunk: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Run a model all over a space and rank what its outcomes depend on.

    Parameters
    ----------
    model
        A model from ``sdmodel.load``.
    space
        The levers and uncertainties to vary; everything else keeps its value in the model.
    outcomes
        What a run is judged by: outcomes, or names of outcomes in the model's TOML file, or
        names of variables, whose final value is meant. All of the TOML file when left out.
    method
        Its name in `METHODS`: ``sobol``, ``morris``, ``fast`` and others.
    samples
        What the method counts: base samples (sobol: a power of 2), trajectories (morris),
        points per factor (fast), levels (all-combinations) or runs; the method's usual number
        when left out.
    seed
        Of the design and the bootstrap; the same seed gives the same sweep.
    second_order
        Whether to rank pairs of factors too (sobol: about twice the runs; hdmr;
        fractional-factorial).
    grouped
        Whether factors of a group move together and are ranked as one (sobol, morris).
    quantile, threshold
        What tells runs from each other in ``regional``: a quantile of the outcome, or a value.
    resamples, confidence
        Of the bootstrap intervals; 0 resamples for no intervals.
    keep_series
        Variables whose percentiles over time are kept for fan charts; those the outcomes are
        taken from when left out.
    over_time
        Whether to rank at every saved time too what the courses of these variables depend on.
    memory
        How many bytes those courses may take while the sweep runs.
    fixed
        Constants to set in every run, such as the levers of one policy.
    arms
        Settings of constants by name, for outcomes that say in which arm they are measured; the
        scenarios of the TOML file need not be given. What an arm sets takes the place of what
        was drawn, and all arms share the other draws.
    limits
        The lowest and highest value of variables, None for no limit: a run that leaves them
        failed. Variables that the TOML file calls ``never_negative`` are added.
    integration, time_step, final_time, save_every, threads
        How the model is run, as in ``Model.run_many``.
    chunk
        Runs to hold in memory at a time; found from the size of the model when left out. It
        does not change the result.
    progress
        Called with the runs done and the runs in all; a bar in a notebook when left out.

    Returns
    -------
    xarray.Dataset
        ``design`` (sample, factor), ``outcomes`` and ``status`` (outcome, sample), the method's
        indices with their intervals (outcome, factor), percentiles over time, failed runs with
        their causes, and everything needed to repeat it in ``attrs``.

    Warns
    -----
    SweepWarning
        When runs failed or outcomes are missing: how many, and what was left out for it.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=16)
    >>> result.attrs["runs"], result["ST"].dims
    (144, ('outcome', 'factor'))
    """
    if not _counts(chunk):
        raise MethodError(f"chunk is {chunk!r}: give the number of runs to hold at a time, or none")
    if not _counts(threads):
        raise MethodError(f"threads is {threads!r}: give 1 or more, or leave it out")
    study = described(
        model,
        space,
        outcomes,
        method=method,
        samples=samples,
        seed=seed,
        second_order=second_order,
        grouped=grouped,
        quantile=quantile,
        threshold=threshold,
        resamples=resamples,
        confidence=confidence,
        series=keep_series,
        courses=over_time,
        fixed=fixed,
        arms=arms,
        limits=limits,
        integration=integration,
        time_step=time_step,
        final_time=final_time,
        save_every=save_every,
    )
    return in_memory(
        study,
        over_time=over_time,
        memory=memory,
        threads=threads,
        chunk=chunk,
        progress=progress,
    )


def in_memory(
    study: Study,
    *,
    over_time: bool = False,
    keep_courses: bool = False,
    memory: int = OVER_TIME,
    threads: int | None = None,
    chunk: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Run a study in memory and rank what its outcomes depend on; see `sweep`.

    With `keep_courses` the courses themselves are in the dataset: (series, time, sample).
    """
    plan = study.plan
    job = prepare(study, threads)
    if job.base_cause:
        tell_base(study, job.base_cause)
    size = chunk if chunk is not None else chunk_runs(job, MEMORY)
    spans = [(first, min(first + size, plan.runs)) for first in range(0, plan.runs, size)]
    if over_time or keep_courses:
        _check_room(job, memory)
    kept = _Memory(job)

    def report(done: int) -> None:
        if progress is not None:
            progress(done, plan.runs)

    started = time.perf_counter()
    in_threads(job, list(enumerate(spans)), kept.keep, report, threads)
    seconds = time.perf_counter() - started

    unit_design = plan.rows(0, plan.runs)
    swept = dataset(job, kept.kept, design=study.space.scale(unit_design), seconds=seconds)
    if keep_courses:
        about = {"long_name": "course in each run; failed runs are missing"}
        swept["courses"] = (("series", "time", "sample"), kept.courses, about)
    if plan.row.wants_x:
        swept["unit_design"] = (("sample", "factor"), unit_design)
        swept["unit_design"].attrs["long_name"] = "the design on the unit cube"
    found = indices_of(swept, plan)
    swept = with_indices(swept, plan, found)
    swept.attrs["failures_told"] = tell_failures(swept)
    tell(found, swept.attrs["failures_told"])
    if over_time:
        unit = unit_design if plan.row.wants_x else None
        shape = swept.sizes["series"], swept.sizes["time"]
        courses = indices_over_time(plan, kept.read, *shape, kept.failed, unit, memory=memory)
        swept = with_over_time(swept, plan, courses)
    return swept


def _check_room(job: Job, memory: int) -> None:
    """Refuse to keep courses that are not there, or that are too large."""
    series, times, runs = len(job.study.series), len(job.times), job.study.plan.runs
    if not series:
        raise MethodError(
            "over_time needs courses: name variables in keep_series (--keep), or leave it out"
        )
    needed = 8 * series * times * runs
    if needed > memory:
        raise MethodError(
            f"the courses of {series} variables at {times} times in {runs:,} runs take "
            f"{needed / 2**20:,.0f} MiB, more than memory = {memory / 2**20:,.0f} MiB: write the "
            "sweep to a store, which keeps them on disk (run_study), raise memory, keep fewer "
            "variables, or save fewer times (save_every)"
        )


class _Memory:
    """Keeps the chunks of a sweep in memory, whatever their size."""

    def __init__(self, job: Job) -> None:
        study, runs = job.study, job.study.plan.runs
        shape = len(study.series), len(job.times)
        self.kept = Kept(
            outcomes=np.full((len(study.outcomes), runs), np.nan),
            status=np.zeros((len(study.outcomes), runs), dtype=np.int8),
            failures=[],
            counts=np.zeros((*shape, bands.BINS), dtype=np.int64),
            extremes=np.full((2, *shape), np.nan),
        )
        self.failed = np.zeros(runs, dtype=bool)
        self.courses = np.full((*shape, runs), np.nan) if study.courses else None

    def keep(self, _number: int, chunk: Chunk) -> None:
        """Put a chunk in its place."""
        kept, here = self.kept, slice(chunk.first, chunk.last)
        kept.outcomes[:, here], kept.status[:, here] = chunk.outcomes, chunk.status
        self.failed[here] = chunk.failed_reason > 0
        kept.failures.extend(chunk.failures())
        np.add(kept.counts, chunk.counts, out=kept.counts)
        np.fmin(kept.extremes[0], chunk.extremes[0], out=kept.extremes[0])
        np.fmax(kept.extremes[1], chunk.extremes[1], out=kept.extremes[1])
        if self.courses is not None and chunk.courses is not None:
            self.courses[:, :, here] = chunk.courses

    def read(self, series: int, instants: slice) -> Floats:
        """Return the courses of one series at some instants."""
        if self.courses is None:
            raise ValueError("no courses were kept")
        return self.courses[series, instants]


def _counts(given: object) -> bool:
    """Tell whether something can be counted with, or is left out."""
    return given is None or (isinstance(given, Integral) and int(given) >= 1)
