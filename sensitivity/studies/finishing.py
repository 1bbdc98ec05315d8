"""From the chunks of a complete store to its sweep: indices, bands and notes."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensitivity.analysis import indices_of, tell, with_indices
from sensitivity.errors import AnalysisError, StoreError
from sensitivity.failed import tell_failures
from sensitivity.over_time import indices_over_time, with_over_time
from sensitivity.studies.dataset import Kept, dataset
from sensitivity.studies.store import ANALYSIS, Store

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# What lies in the store's arrays is not kept a second time beside them.
ELSEWHERE = ("outcomes", "status", "design", "unit_design")


def finish(store: Store, memory: int, seconds: float) -> None:
    """Rank what a complete store holds, and keep the ranking in it."""
    from sensitivity.store import save

    swept = analysed(store, memory, seconds)
    lean = swept.drop_vars([name for name in ELSEWHERE if name in swept.variables])
    save(lean.drop_vars("sample"), store.path / ANALYSIS)


def analysed(store: Store, memory: int, seconds: float = 0.0) -> xr.Dataset:
    """Return the sweep of a complete store with its indices."""
    plan = store.job.study.plan
    kept = gathered(store)
    unit = unit_design(store, memory) if plan.row.wants_x else None
    small = 8 * plan.runs * plan.factors <= memory // 4
    design = None
    if kept.failures and small:
        design = store.job.study.space.scale(plan.rows(0, plan.runs))
    swept = dataset(store.job, kept, design=design, seconds=seconds)
    if unit is not None:
        swept["unit_design"] = (("sample", "factor"), unit)
    found = indices_of(swept, plan)
    swept = with_indices(swept, plan, found)
    swept.attrs["failures_told"] = tell_failures(swept) if small else ""
    tell(found, swept.attrs["failures_told"])
    if store.job.study.courses and len(store.job.study.series):
        courses = store.array("courses")

        def read(series: int, instants: slice) -> Floats:
            return np.asarray(courses[series, instants, :], dtype=float)

        failed = np.asarray(store.array("failed_reason")[:]) > 0
        shape = swept.sizes["series"], swept.sizes["time"]
        over_time = indices_over_time(plan, read, *shape, failed, unit, memory=memory // 2)
        swept = with_over_time(swept, plan, over_time)
    return swept


def gathered(store: Store) -> Kept:
    """Put the chunks of a complete store together."""
    missing = store.missing()
    if missing:
        raise StoreError(
            f"{store.path} is not complete: {len(missing)} of {store.chunks} chunks are missing; "
            "run the study again to go on with it, or merge the other shards"
        )
    extremes = np.asarray(store.array("extremes")[:], dtype=float)
    with np.errstate(invalid="ignore"):
        least = np.fmin.reduce(extremes[:, 0], axis=0)
        most = np.fmax.reduce(extremes[:, 1], axis=0)
    counts = np.zeros(store.array("counts").shape[1:], dtype=np.int64)
    for number in range(store.chunks):
        counts += np.asarray(store.array("counts")[number], dtype=np.int64)
    return Kept(
        outcomes=np.asarray(store.array("outcomes")[:], dtype=float),
        status=np.asarray(store.array("status")[:], dtype=np.int8),
        failures=list(store.failures()),
        counts=counts,
        extremes=np.stack([least, most]),
    )


def unit_design(store: Store, memory: int) -> Floats:
    """Return the whole design on the unit cube, if it fits."""
    plan = store.job.study.plan
    needed = 8 * plan.runs * plan.factors
    if needed > memory // 2:
        raise AnalysisError(
            f"method {plan.method} needs its whole design at once, {needed / 2**30:.1f} GB, and "
            f"may take half of {memory / 2**30:.1f} GB: allow {2 * needed / 2**30:.0f} GB, or use "
            "sobol, which needs none"
        )
    return plan.rows(0, plan.runs)
