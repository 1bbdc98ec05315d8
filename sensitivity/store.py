"""Sweeps on disk: one netCDF file each, written whole or not at all."""

from __future__ import annotations

import os
import tempfile
from pathlib import Path
from typing import TYPE_CHECKING, Final

from sensitivity.errors import StoreError
from sensitivity.studies.opening import open_study
from sensitivity.studies.store import is_store

if TYPE_CHECKING:
    import xarray as xr

ENGINE: Final = "h5netcdf"
PACKED: Final = {"zlib": True, "complevel": 1}


def save(sweep: xr.Dataset, path: str | Path) -> Path:
    """Write a sweep to a netCDF file, in place of any file that was there.

    It is written beside its place and moved there when complete, so that nobody ever reads half
    a file.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=16)
    >>> save(result, "out/example.nc").name
    'example.nc'
    """
    path = Path(path)
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        handle, name = tempfile.mkstemp(prefix=f".{path.name}.", suffix=".part", dir=path.parent)
        os.close(handle)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror or error}") from error
    part = Path(name)
    try:
        # A screening's design is large and has few different numbers.
        packed = {name: PACKED for name in ("design", "unit_design") if name in sweep.data_vars}
        sweep.to_netcdf(part, engine=ENGINE, encoding=packed)
        part.chmod(0o666 & ~_umask())
        os.replace(part, path)
    except OSError as error:
        raise StoreError(f"cannot write {path}: {error.strerror or error}") from error
    finally:
        part.unlink(missing_ok=True)
    return path


def open_sweep(path: str | Path) -> xr.Dataset:
    """Read a stored sweep into memory.

    Parameters
    ----------
    path
        A file from `save`, or the store of a complete study from `run_study`. Of a study whose
        design would take more than a gigabyte, whole blocks of runs, evenly spread, are returned
        with the failed ones among them, and the attribute ``runs_shown`` says how many; its
        indices are those of all runs.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=16)
    >>> open_sweep(save(result, "out/example.nc")).attrs["method"]
    'sobol'
    """
    import xarray as xr

    path = Path(path)
    if is_store(path):
        return open_study(path)
    if not path.is_file():
        raise StoreError(f"there is no file {path}: write one with 'sensitivity sweep -o {path}'")
    try:
        sweep = xr.load_dataset(path, engine=ENGINE)
    except (OSError, ValueError, KeyError) as error:
        raise StoreError(f"{path} is not a netCDF file, so not a stored sweep ({error})") from error
    if "sensitivity_format" not in sweep.attrs:
        raise StoreError(
            f"{path} is a netCDF file but not a stored sweep: give one that 'sensitivity sweep' or "
            "sensitivity.save wrote"
        )
    return sweep


def _umask() -> int:
    # The mask can only be read by setting it.
    mask = os.umask(0)
    os.umask(mask)
    return mask
