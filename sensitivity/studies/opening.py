"""Opening the store of a study as a sweep, as if it had been run in memory."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.errors import StoreError
from sensitivity.methods import Plan
from sensitivity.space import Space
from sensitivity.studies.store import (
    ANALYSIS,
    MARKS,
    description,
    readable,
    undamaged,
    zarr_array,
    zarr_group,
)

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

# A design larger than this is not built; a part of the runs, evenly chosen, stands for it.
LARGEST_DESIGN = 2**30


def open_study(path: Path, largest: int = LARGEST_DESIGN) -> xr.Dataset:
    """Return the sweep that a complete store holds.

    Where its design would take more than `largest` bytes, whole blocks of runs, evenly spread
    over the study, are returned instead of all, with those of the failed runs that are among
    them; indices, percentiles and counts are of all runs, and the attribute ``runs_shown`` says
    how many are there.
    """
    import xarray as xr

    about = description(path)
    if not (path / ANALYSIS).is_file():
        marks = len(list((path / MARKS).glob("*.json")))
        raise StoreError(
            f"{path} is not complete: {marks} chunks are there; run the study again to go on with "
            "it, or merge the other shards"
        )
    # The model itself is not needed.
    with undamaged(path):
        space, plan = (
            Space.from_dict(about["identity"]["space"]),
            Plan.from_dict(about["identity"]["plan"]),
        )
    group = zarr_group(path, "r")
    try:
        swept = xr.load_dataset(path / ANALYSIS, engine="h5netcdf")
    except (OSError, ValueError, KeyError) as error:
        raise StoreError(
            f"{path / ANALYSIS} is damaged ({error}): run the study again, which ranks it anew"
        ) from error
    rows = _rows(plan.runs, plan.block, 8 * plan.factors, largest)
    if rows is None:
        unit = plan.rows(0, plan.runs)
        with readable(path):
            # There may be more room: see `gathered`.
            outcomes = zarr_array(group, "outcomes")[:, : plan.runs]
            status = zarr_array(group, "status")[:, : plan.runs]
        sample = np.arange(plan.runs)
    else:
        unit = np.concatenate([plan.rows(int(r), int(r) + plan.block) for r in rows])
        sample = (rows[:, None] + np.arange(plan.block)).ravel()
        with readable(path):
            outcomes = zarr_array(group, "outcomes").oindex[:, sample]
            status = zarr_array(group, "status").oindex[:, sample]
        swept.attrs["runs_shown"] = len(sample)
        swept = swept.isel(failure=np.isin(swept["failure"].values, sample))
    swept = swept.assign_coords(sample=sample)
    swept["outcomes"] = (("outcome", "sample"), outcomes, {"long_name": "outcome of each run"})
    swept["status"] = (("outcome", "sample"), status, {"long_name": "what became of each run"})
    swept["design"] = (("sample", "factor"), space.scale(unit))
    swept["design"].attrs["long_name"] = "value of each factor"
    if plan.row.wants_x:
        swept["unit_design"] = (("sample", "factor"), unit)
    return swept


def _rows(runs: int, block: int, bytes_a_run: int, largest: int) -> NDArray[np.int64] | None:
    """Return the first runs of the blocks to be shown, or None for all runs."""
    if runs * bytes_a_run <= largest:
        return None
    blocks, fit = runs // block, max(1, largest // (bytes_a_run * block))
    return np.linspace(0, blocks - 1, min(fit, blocks)).astype(np.int64) * block
