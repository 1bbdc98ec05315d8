"""From the chunks of a complete store to its sweep: indices, bands and notes."""

from __future__ import annotations

import warnings
from dataclasses import replace
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.analysis import indices_of, tell, with_indices
from sensitivity.errors import AnalysisError, StoreError, SweepWarning
from sensitivity.failed import tell_failures
from sensitivity.over_time import indices_over_time, with_over_time
from sensitivity.studies.dataset import Kept, dataset
from sensitivity.studies.store import ANALYSIS, Store

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from sensitivity.methods import Plan

    Floats = NDArray[np.float64]

# What lies in the store's arrays is not kept a second time beside them.
ELSEWHERE = ("outcomes", "status", "design", "unit_design")
# A design may take this share of the memory: an analysis makes a few copies of it.
SHARE_OF_DESIGN, LEAST_FITTED = 8, 1024


def finish(store: Store, memory: int, seconds: float) -> None:
    """Rank what a complete store holds, and keep the ranking in it."""
    from sensitivity.store import save

    swept = analysed(store, memory, seconds)
    lean = swept.drop_vars([name for name in ELSEWHERE if name in swept.variables])
    save(lean.drop_vars("sample"), store.path / ANALYSIS)


def analysed(store: Store, memory: int, seconds: float = 0.0) -> xr.Dataset:
    """Return the sweep of a complete store with its indices."""
    study, plan = store.job.study, store.job.study.plan
    kept = gathered(store)
    small = 8 * plan.runs * plan.factors <= memory // 4
    design = study.space.scale(plan.rows(0, plan.runs)) if kept.failures and small else None
    swept = dataset(store.job, kept, design=design, seconds=seconds)
    fitting = fitted(plan, memory)
    unit = fitting.rows(0, fitting.runs) if plan.row.wants_x else None
    part = swept
    if fitting != plan:
        failures = np.flatnonzero(swept["failure"].values < fitting.runs)
        part = swept.isel(sample=slice(fitting.runs), failure=failures)
    if unit is not None:
        part["unit_design"] = (("sample", "factor"), unit)
    found = indices_of(part, fitting)
    told = tell_failures(with_indices(part, fitting, found)) if small else ""
    swept = with_indices(swept, plan, found)
    if fitting != plan:
        swept.attrs["runs_ranked"] = fitting.runs
        warnings.warn(
            f"method {plan.method} needs its whole design in memory: the indices rest on the first "
            f"{fitting.runs:,} of {plan.runs:,} runs, everything else on all of them; allow more "
            "memory to use more",
            SweepWarning,
            stacklevel=4,
        )
    swept.attrs["failures_told"] = told
    tell(found, told)
    if study.courses and len(study.series):

        def read(series: int, instants: slice) -> Floats:
            return store.numbers("courses", (series, instants, slice(fitting.runs)))

        failed = store.numbers("failed_reason", slice(fitting.runs)) > 0
        shape = swept.sizes["series"], swept.sizes["time"]
        over_time = indices_over_time(fitting, read, *shape, failed, unit, memory=memory // 2)
        swept = with_over_time(swept, plan, over_time)
    return swept


def fitted(plan: Plan, memory: int) -> Plan:
    """Return a plan, or where its design does not fit, as many of its first samples as do."""
    room = memory // SHARE_OF_DESIGN
    if not plan.row.wants_x or 8 * plan.runs * plan.factors <= room:
        return plan
    blocks = room // (8 * plan.factors * plan.block)
    if plan.nested and blocks >= LEAST_FITTED:
        return replace(plan, samples=2 ** int(np.log2(blocks)))
    needed = 8 * plan.runs * plan.factors * SHARE_OF_DESIGN
    raise AnalysisError(
        f"method {plan.method} needs its whole design in memory, which takes "
        f"{8 * plan.runs * plan.factors / 2**30:.1f} GB: allow {needed / 2**30:.0f} GB, or use "
        "sobol, which needs none"
    )


def gathered(store: Store) -> Kept:
    """Put the chunks of a complete store together."""
    missing = store.missing()
    if missing:
        raise StoreError(
            f"{store.path} is not complete: {len(missing)} of {store.chunks} chunks are missing; "
            "run the study again to go on with it, or merge the other shards"
        )
    # A program that was killed while it made the store larger may have left more room in it.
    runs, chunks = slice(store.runs), slice(store.chunks)
    extremes = store.numbers("extremes", chunks)
    with np.errstate(invalid="ignore"):
        least = np.fmin.reduce(extremes[:, 0], axis=0)
        most = np.fmax.reduce(extremes[:, 1], axis=0)
    counts = np.zeros(store.array("counts").shape[1:], dtype=np.int64)
    for number in range(store.chunks):
        counts += store.numbers("counts", number)
    return Kept(
        outcomes=store.numbers("outcomes", (..., runs)),
        status=store.numbers("status", (..., runs)),
        failures=list(store.failures()),
        counts=counts,
        extremes=np.stack([least, most]),
    )
