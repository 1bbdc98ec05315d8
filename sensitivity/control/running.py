"""Running a sensitivity control file: in memory, or into a store."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import sdmodel as sd
from sensitivity.control.changes import changed
from sensitivity.control.drawn import control_study
from sensitivity.progress import with_bar
from sensitivity.store import open_sweep
from sensitivity.studies.running import run_study
from sensitivity.sweeps import in_memory

if TYPE_CHECKING:
    import xarray as xr

    Progress = Callable[[int, int], None]


@with_bar("sweep")
def run_vsc(
    path: str | Path,
    model: sd.Model,
    save: Iterable[str] | str | Path | None = None,
    *,
    changes: Sequence[str | Path | sd.SourceText] = (),
    samples: int | None = None,
    store: str | Path | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    r"""Run one of Vensim's sensitivity control files.

    Parameters
    ----------
    path
        The `.vsc` file; a table that it names lies in the same folder.
    model
        A model from ``sdmodel.load``.
    save
        The variables to keep, or the `.lst` file that names them; the stocks when left out. Of a
        subscripted variable every element is kept.
    changes
        Changes files (`.cin`), as of ``Model.with_changes``: what they set stands in every run.
    samples
        Another number of runs than the file's.
    store
        A folder ending in ``.study`` to run into, which can be gone on with; else all is kept in
        memory.
    threads, progress
        As in `sweep`.

    Returns
    -------
    xarray.Dataset
        A sweep: ``design`` has the value of each constant in each run, ``courses`` the whole
        trajectories (series, time, sample; in a store, its array of that name), ``percentiles``
        the bands over time for `plot_fan`, ``outcomes`` the final values. The attribute
        ``origin`` says which file asked for it and what in it was not done as asked.

    Examples
    --------
    >>> import sdmodel as sd
    >>> path = Path("out/two.vsc")
    >>> _ = path.parent.mkdir(exist_ok=True), path.write_text(
    ...     "30,M,7,,0\ninfectivity=RANDOM UNIFORM(.02,.04)\nillness=RANDOM NORMAL(4,12,8,2)\n")
    >>> swept = run_vsc(path, sd.load("models/epidemic.mdl"), ["Infected"])
    >>> swept["courses"].dims, swept.sizes["sample"]
    (('series', 'time', 'sample'), 30)
    """
    model, told = changed(model, changes)
    control = sd.read_vsc(path, model)
    made = control_study(control, model, saved_names(save, model), samples, told)
    if store is not None:
        return open_sweep(run_study(made, store, threads=threads, progress=progress))
    return in_memory(made, keep_courses=True, threads=threads, progress=progress)


def saved_names(save: Iterable[str] | str | Path | None, model: sd.Model) -> list[str]:
    """Return the names of a save list: given, or one a line in a file, or the stocks."""
    if save is None:
        return model.stocks
    if isinstance(save, str | Path):
        return sd.read_save_list(save, model)
    return list(save)
