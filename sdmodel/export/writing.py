"""The formats a run is written in, and what each of them holds."""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Mapping
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sdmodel.errors import SDError

if TYPE_CHECKING:
    from sdmodel.run import Run

TABLES = {".csv": ",", ".tab": "\t", ".tsv": "\t"}
SUFFIXES = (".nc", *TABLES, ".dat", ".parquet")


def check_format(path: Path, *, across: bool = False) -> str:
    """Return the suffix that says how a run is to be written there, or say why it cannot be.

    Examples
    --------
    >>> check_format(Path("run.TAB"), across=True)
    '.tab'
    """
    suffix = path.suffix.lower()
    if suffix not in SUFFIXES:
        *most, last = SUFFIXES
        raise SDError(
            f"{path}: a run is saved as {', '.join(most)} or {last}, not {suffix or 'this'}"
        )
    if across and suffix not in TABLES:
        raise SDError(f"{path}: only tables ({', '.join(TABLES)}) can have time run across")
    if suffix == ".parquet" and find_spec("pyarrow") is None:
        raise SDError(
            f"{path}: writing .parquet needs pyarrow, which is not installed here: "
            "pip install pyarrow, or write .nc or .csv"
        )
    return suffix


def write(
    run: Run, part: Path, suffix: str, attributes: Mapping[str, Any], *, across: bool = False
) -> None:
    """Write a run to a file in the format of a suffix; `attributes` say where it came from."""
    if suffix == ".dat":
        with part.open("w", encoding="utf-8", newline="\n") as file:
            file.writelines(_dat(run))
    elif suffix == ".nc":
        _store(run, part, attributes)
    elif suffix == ".parquet":
        frame = run.to_dataframe()
        told: dict[Hashable, Any] = dict(attributes.items())
        frame.attrs = told | {"units": dict(zip(run.columns, _units(run), strict=True))}
        frame.to_parquet(part, engine="pyarrow")
    else:
        frame = run.to_dataframe()
        frame = frame.T if across else frame
        frame.to_csv(part, sep=TABLES[suffix], index_label="Time", lineterminator="\n")


def _units(run: Run) -> list[str]:
    units = run.units
    return [units.get(one, units.get(one.partition("[")[0], "")) for one in run.columns]


def _store(run: Run, part: Path, attributes: Mapping[str, Any]) -> None:
    """One array, names as a coordinate: a name may hold what a store forbids in its own."""
    import xarray as xr

    coords = {
        "time": run.times,
        "variable": list(run.columns),
        "units": ("variable", _units(run)),
    }
    stored = xr.Dataset({"values": (("time", "variable"), run.table)}, coords, attributes)
    stored.to_netcdf(part, engine="h5netcdf")


def _dat(run: Run) -> Iterator[str]:
    """Yield the lines of a `.dat` file: a name, then time and value; of what never changes one.

    A value that is no finite number has no point, as the format has no sign for it.
    """
    times = [_number(time) for time in run.times]
    for place, name in enumerate(run.columns):
        yield f"{name}\n"
        values = run.table[:1, place] if name in run.fixed else run.table[:, place]
        for time, value in zip(times, values, strict=False):
            if np.isfinite(value):
                yield f"{time}\t{_number(value)}\n"


def _number(value: float) -> str:
    """Return a number that is read back as the same one."""
    return str(int(value)) if value.is_integer() and abs(value) < 1e15 else repr(float(value))
