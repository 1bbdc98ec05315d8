"""PySD runs the same file: an independent implementation, by Euler.

PySD translates a model into Python and executes that; so it is used only when a user asks for
``engine="pysd"`` or a cross-check, on a copy in a folder of its own.
"""

from __future__ import annotations

import warnings
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sdmodel.errors import OverrideError, SDError
from sdmodel.names import element_key, key
from sdmodel.overrides import check_values
from sdmodel.parts import part_key
from sdmodel.run import Run, provenance
from sdmodel.running import fixed_columns
from sdmodel.secondopinion.copies import copied

if TYPE_CHECKING:
    from sdmodel.model import Model


def run_pysd(
    model: Model,
    overrides: Mapping[str, float],
    name: str,
    time_step: float | None,
    final_time: float | None,
    save_every: float | None,
) -> Run:
    """Run a model through PySD; steps and saved times as in `Model.run`."""
    checked = check_values(model.source, model.program, overrides)
    values = {model.program.columns[k][0]: v for k, v in checked.items()}
    for spelled in values:
        if part_key(spelled).partition("[")[0] in model.source.parts:
            reason = f"PySD reads the model's file, which has no {spelled!r}: leave that out"
            raise OverrideError(spelled, reason)
    if time_step is not None and time_step <= 0:
        raise OverrideError("TIME STEP", "time_step must be above zero")
    table, version = table_of(
        model,
        _params(model, checked),
        time_step=time_step,
        final_time=final_time,
        saveper=save_every,
    )
    return _run(model, table, values, name, version)


def table_of(model: Model, params: Any = None, **how: float | None) -> tuple[Any, str]:
    """Return PySD's table of a run, one column a variable or element, and PySD's version.

    Raises
    ------
    SDError
        If PySD is not installed, or cannot read or run the model.
    """
    try:
        import pysd
    except ImportError:
        raise SDError("PySD is not installed: pip install pysd") from None
    files = [str(path.resolve()) for path in model.data_files]
    with copied(model.source.source) as place:
        try:
            table = table_of_file(place, files, params, **how)
        except Exception as error:  # whatever PySD raises is its answer
            reason = f"{type(error).__name__}: {error}"
            raise SDError(f"PySD cannot run {model.path}: {reason}") from None
    return table, str(pysd.__version__)


def table_of_file(
    place: Path, files: Sequence[str] = (), params: Any = None, **how: float | None
) -> Any:
    """Return PySD's table of a run of a file; PySD writes beside it, and executes what it wrote."""
    import pysd

    with warnings.catch_warnings(), np.errstate(all="ignore"):
        warnings.simplefilter("ignore")
        read = pysd.read_vensim if place.suffix == ".mdl" else pysd.read_xmile
        loaded = read(str(place), data_files=list(files) or None)
        return loaded.run(params=params or None, **how)


def _params(model: Model, checked: Mapping[str, float]) -> dict[str, Any]:
    """Return overrides as PySD takes them: a subscripted constant as a whole array."""
    program, found = model.program, dict[str, Any]()
    for name in dict.fromkeys(map(program.variable_of, checked)):
        shown, shape = program.display[name], program.shapes.get(name)
        if shape is None:
            found[shown] = checked[name]
            continue
        import xarray as xr

        labels = shape.keys()
        values = [
            checked.get(name + one, program.constants.get(name + one, np.nan)) for one in labels
        ]
        coords = dict(zip(shape.ranges, map(list, shape.elements), strict=True))
        array = np.reshape(np.asarray(values, dtype=float), shape.sizes)
        found[shown] = xr.DataArray(array, coords, list(shape.ranges))
    return found


def _run(model: Model, table: Any, values: Mapping[str, float], name: str, version: str) -> Run:
    found = {element_key(str(column)): i for i, column in enumerate(table.columns)}
    # A name in quotes may end in a bracket without being an element.
    found |= {key(str(column)): i for i, column in enumerate(table.columns)}
    shown = [k for k in model.program.columns if k in found]
    numbers = table.to_numpy(dtype=float)
    return Run(
        name=name,
        times=np.asarray(table.index, dtype=float),
        columns=tuple(model.program.columns[k][0] for k in shown),
        table=np.ascontiguousarray(numbers[:, [found[k] for k in shown]]),
        units=model.units,
        overrides=dict(values),
        method=f"euler (PySD {version})",
        steps=max(len(table) - 1, 0),
        provenance=provenance(model.digest, model.path.name),
        shapes=model.program.shapes,
        fixed=fixed_columns(model.source, model.program),
    )
