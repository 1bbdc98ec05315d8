"""The answer: saved values by name, with units and with where they came from."""

from __future__ import annotations

import json
import math
import os
import platform
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field, replace
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sdmodel.errors import Problem, SDError, UnknownNameError, did_you_mean, near_names
from sdmodel.kernel import Array
from sdmodel.names import element_key, key
from sdmodel.notebook.finding import Found, holding
from sdmodel.notebook.runs import found_in, html_of_batch, html_of_run
from sdmodel.program import Shape
from sdmodel.version import __version__

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from matplotlib.axes import Axes


class NonFiniteWarning(RuntimeWarning):
    """An auxiliary variable was not a finite number somewhere in a run."""


@dataclass(frozen=True, eq=False)
class Run:
    """One run: every saved value, by the names of the file.

    `times` (times,) are in the model's unit of time; `result` says how the run ended; `steps`
    counts time steps, or evaluations of the rates under an adaptive solver; `provenance` records
    model hash, method and versions; `fixed` names the columns that hold one value for all times.

    Examples
    --------
    >>> import sdmodel as sd
    >>> run = sd.load("models/core.mdl").run()
    >>> run["relative knowledge"].attrs["units"]
    'dmnl'
    >>> run.method
    'LSODA'
    """

    name: str
    times: Array
    columns: tuple[str, ...]
    table: Array
    units: Mapping[str, str]
    overrides: Mapping[str, float]
    method: str
    result: str = "completed"
    steps: int = 0
    notes: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)
    shapes: Mapping[str, Shape] = field(default_factory=dict)
    fixed: frozenset[str] = frozenset()

    def __repr__(self) -> str:
        """Return what a person wants to know first."""
        span = f"{self.times[0]:g} to {self.times[-1]:g}"
        return (
            f"<Run {self.name!r}: {len(self.columns)} variables, {len(self.times)} saved times "
            f"from {span}, {self.method}, {self.result}>"
        )

    def values(self, name: str) -> Array:
        """Return the saved values of a variable, shape (times,).

        Of a subscripted variable the shape is (times, elements of each range); an element without
        an equation is NaN.
        """
        found = self._array(name)
        if found is None:
            return self.table[:, self._column(name)]
        shown, shape = found
        values = np.full((len(self.times), math.prod(shape.sizes)), np.nan)
        for place, label in enumerate(shape.labels()):
            if place not in shape.undefined:
                values[:, place] = self.table[:, self._column(shown + label)]
        return values.reshape(-1, *shape.sizes)

    def _array(self, name: str) -> tuple[str, Shape] | None:
        """Return the name and the ranges of a variable all of whose elements were saved."""
        wanted = key(name)
        shape = self.shapes.get(wanted)
        if shape is None:
            return None
        index = self._index
        keys = [wanted + one for i, one in enumerate(shape.keys()) if i not in shape.undefined]
        if not keys or any(one not in index for one in keys):
            return None
        first = self.columns[index[keys[0]]]
        return first[: first.rindex("[")], shape

    @cached_property
    def _index(self) -> dict[str, int]:
        return {element_key(column): index for index, column in enumerate(self.columns)}

    def _column(self, name: str) -> int:
        found = self._index.get(element_key(name))
        if found is not None:
            return found
        near = near_names(name, self.columns) or tuple(holding(name, self.columns)[:3])
        raise UnknownNameError(
            [
                Problem(
                    f"this run has no variable named {name!r}",
                    kind="unknown name",
                    name=name,
                    near=near,
                    cure=did_you_mean(near) or "run.columns lists what was saved",
                )
            ]
        )

    def __getitem__(self, name: str) -> xr.DataArray:
        """Return a variable as a labelled array over time and its ranges, with its units."""
        import xarray as xr

        found = self._array(name)
        if found is None:
            spelled = self.columns[self._column(name)]
            coords: dict[str, Any] = {"time": self.times}
        else:
            spelled, shape = found
            ranges = _distinct(list(shape.ranges))
            coords = {"time": self.times, **dict(zip(ranges, shape.elements, strict=True))}
            coords = {dim: np.asarray(values) for dim, values in coords.items()}
        units = self.units.get(spelled, self.units.get(spelled.partition("[")[0], ""))
        return xr.DataArray(
            self.values(spelled).copy(),
            coords=coords,
            dims=tuple(coords),
            name=spelled,
            attrs={"units": units},
        )

    def __contains__(self, name: str) -> bool:
        """Return whether the run has a variable of this name, or an element of it."""
        return element_key(name) in self._index or self._array(name) is not None

    def find(self, words: str) -> Found:
        """Return the columns whose names hold some words, with their ends and units.

        Case, blanks and underscores do not matter, nor the order; where no name holds the words,
        names with similar ones are found.

        Examples
        --------
        >>> import sdmodel as sd
        >>> sd.load("models/core.mdl").run().find("knowledge foreign")
        foreign knowledge inflow  0.002144 to 0.03992  kn/Year
        """
        return found_in(self, words)

    def plot(self, *names: str, ax: Axes | Sequence[Axes] | None = None) -> Axes | list[Axes]:
        """Draw variables over time; those of one unit share axes.

        Parameters
        ----------
        names
            Variables or elements of them; the first few that move when left out.
        ax
            Where to draw: axes, or one for each unit; on a new figure when left out. Runs that
            are drawn on the same axes are told apart.

        Returns
        -------
        Axes or list of Axes
            Matplotlib's; a list where there are several units.

        Examples
        --------
        >>> import sdmodel as sd
        >>> sd.load("models/core.mdl").run().plot("relative knowledge").get_ylabel()
        'relative knowledge [dmnl]'
        """
        from sdmodel.notebook.plotting import plot

        return plot(self, names, ax)

    def _repr_html_(self) -> str:
        return html_of_run(self)

    def _ipython_key_completions_(self) -> list[str]:
        whole = (column.partition("[")[0] for column in self.columns)
        return list(dict.fromkeys([*(one for one in whole if one in self), *self.columns]))

    @property
    def data(self) -> xr.Dataset:
        """All variables as one dataset over time."""
        import xarray as xr

        data = xr.Dataset({name: self[name] for name in self.columns})
        return data.assign_attrs(self._attributes())

    def to_dataframe(self) -> pd.DataFrame:
        """Return a table: one row a saved time (index "Time"), one column a variable."""
        import pandas as pd

        index = pd.Index(self.times, name="Time")
        return pd.DataFrame(self.table.copy(), index=index, columns=list(self.columns))

    def _attributes(self) -> dict[str, Any]:
        return {
            "run": self.name,
            "method": self.method,
            "result": self.result,
            "steps": self.steps,
            "overrides": json.dumps(dict(self.overrides)),
            "notes": "; ".join(self.notes),
            **self.provenance,
        }

    def save(self, path: str | Path, *, across: bool = False) -> Path:
        """Write the run to a file, all or nothing; the suffix says the format.

        ``.nc`` (netCDF4, with everything needed to repeat the run), ``.csv``, ``.tab`` or ``.tsv``
        (a table as Vensim exports it, one row a time; with `across` one row a variable),
        ``.dat`` (Vensim's data format; of a constant the first time only) or ``.parquet`` (needs
        pyarrow).
        """
        from sdmodel.export.writing import check_format, write

        place = Path(path)
        suffix = check_format(place, across=across)
        with atomic(place) as part:
            write(self, part, suffix, self._attributes(), across=across)
        return place


@dataclass(frozen=True, eq=False)
class RunBatch:
    """Many runs: `values[output, time, run]`, and which of them failed.

    A failed run is NaN from its first bad value on, and is named in `failures`.

    Examples
    --------
    >>> import pandas as pd, sdmodel as sd
    >>> table = pd.DataFrame({"network exposure": [0.2, 0.5, 0.8]})
    >>> batch = sd.load("models/core.mdl").run_many(table, outputs=["relative knowledge"])
    >>> batch.values.shape, bool(batch.ok.all())
    ((1, 61, 3), True)
    """

    outputs: tuple[str, ...]
    times: Array
    values: Array
    ok: np.ndarray[Any, np.dtype[np.bool_]]
    failures: pd.DataFrame
    units: Mapping[str, str]
    method: str
    notes: tuple[str, ...] = ()
    provenance: Mapping[str, Any] = field(default_factory=dict)

    def __repr__(self) -> str:
        runs = self.values.shape[2]
        failed = f", {runs - int(self.ok.sum())} failed" if not self.ok.all() else ""
        return (
            f"RunBatch of {runs:,} runs{failed}: {', '.join(map(repr, self.outputs[:3]))}"
            f"{f' and {len(self.outputs) - 3} more' if len(self.outputs) > 3 else ''}, "
            f"{self.times[0]:g} to {self.times[-1]:g}, {self.method}"
        )

    def _repr_html_(self) -> str:
        return html_of_batch(self)

    @property
    def data(self) -> xr.Dataset:
        """All outputs as one dataset over (run, time)."""
        import xarray as xr

        _refuse_name({"run", "ok"}, self.outputs)
        arrays = {
            name: (("run", "time"), self.values[i].T, {"units": self.units.get(name, "")})
            for i, name in enumerate(self.outputs)
        }
        coords = {
            "run": np.arange(self.values.shape[2]),
            "time": self.times,
            "ok": ("run", self.ok),
        }
        attrs = {"method": self.method, "notes": "; ".join(self.notes), **self.provenance}
        return xr.Dataset(arrays, coords=coords, attrs=attrs)


class atomic:
    """Give a temporary name to write to; it takes the real name only when all went well."""

    def __init__(self, path: Path) -> None:
        self.path = path

    def __enter__(self) -> Path:
        """Return a name in the same folder, with the same suffix."""
        try:
            self.path.parent.mkdir(parents=True, exist_ok=True)
            handle, name = tempfile.mkstemp(
                dir=self.path.parent, prefix=".", suffix=self.path.suffix
            )
        except OSError as error:
            raise SDError(f"{self.path}: cannot be written: {error.strerror}") from None
        os.close(handle)
        self.part = Path(name)
        return self.part

    def __exit__(self, kind: object, *rest: object) -> None:
        """Put the file in its place, or remove what was begun."""
        try:
            if kind is None:
                self.part.chmod(0o666 & ~_umask())
                self.part.replace(self.path)
        except OSError as error:  # a folder of that name
            raise SDError(f"{self.path}: cannot be written: {error.strerror}") from None
        finally:
            self.part.unlink(missing_ok=True)


def _umask() -> int:
    mask = os.umask(0)
    os.umask(mask)
    return mask


def narrowed(run: Run, names: Sequence[str]) -> Run:
    """Return a run with some of its columns only."""
    table = np.empty((len(run.times), len(names)))
    for column, name in enumerate(names):
        table[:, column] = run.values(name)
    return replace(run, columns=tuple(names), table=table)


def provenance(digest: str, model: str) -> dict[str, Any]:
    """Return what every output records about where it came from."""
    import scipy

    return {
        "model": model,
        "digest": digest,
        "sdmodel": __version__,
        "numpy": np.__version__,
        "scipy": scipy.__version__,
        "python": platform.python_version(),
        "machine": platform.machine(),
    }


def compare(*runs: Run) -> xr.Dataset:
    """Put runs side by side: one dataset with a dimension "scenario" named after the runs.

    Variables that not all runs have are left out; times that differ are an error.

    Examples
    --------
    >>> import sdmodel as sd
    >>> model = sd.load("models/core.mdl")
    >>> both = sd.compare(model.run(), model.run("autarky"))
    >>> [str(name) for name in both.scenario.values]
    ['base', 'autarky']
    """
    import xarray as xr

    if len(runs) < 2:
        raise SDError("compare takes two runs or more")
    names = _distinct([run.name for run in runs])
    first = runs[0]
    for run in runs[1:]:
        if run.times.shape != first.times.shape or not np.array_equal(run.times, first.times):
            raise SDError(
                f"{first.name!r} and {run.name!r} were saved at different times: "
                "give both the same final_time and save_every"
            )
    shared = [name for name in first.columns if all(name in run for run in runs)]
    _refuse_name({"scenario"}, shared)
    arrays = [xr.Dataset({name: run[name] for name in shared}) for run in runs]
    joined = xr.concat(arrays, dim="scenario", combine_attrs="drop_conflicts")
    return joined.assign_coords(scenario=names).assign_attrs(
        method=", ".join(dict.fromkeys(run.method for run in runs)),
        overrides=json.dumps({n: dict(r.overrides) for n, r in zip(names, runs, strict=True)}),
        **first.provenance,
    )


def _refuse_name(taken: set[str], names: Sequence[str]) -> None:
    """Refuse a variable that has the name of a dimension it would stand beside."""
    for name in names:
        if name in taken:
            raise SDError(
                f"a variable named {name!r} cannot stand in a dataset whose runs are told apart "
                f"by {name!r}: leave it out (outputs=), or take its values from the runs"
            )


def _distinct(names: Sequence[str]) -> list[str]:
    found: list[str] = []
    for name in names:
        others = (f"{name} ({number})" for number in range(2, len(names) + 2))
        found.append(next(one for one in (name, *others) if one not in found))
    return found
