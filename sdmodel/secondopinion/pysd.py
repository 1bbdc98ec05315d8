"""PySD runs the same file: an independent implementation, by Euler.

PySD translates a model into Python and executes that; so it is used only when a user asks for
``engine="pysd"``, on a copy in a folder of its own.
"""

from __future__ import annotations

import shutil
import tempfile
import warnings
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

from sdmodel.errors import OverrideError, SDError
from sdmodel.frontends import XMILE
from sdmodel.names import key
from sdmodel.overrides import check_values
from sdmodel.run import Run, provenance

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
    try:
        import pysd
    except ImportError:
        raise SDError('engine="pysd" needs PySD: pip install pysd') from None
    checked = check_values(model.source, model.program, overrides)
    values = {model.program.columns[k][0]: v for k, v in checked.items()}
    if time_step is not None and time_step <= 0:
        raise OverrideError("TIME STEP", "time_step must be above zero")
    with tempfile.TemporaryDirectory(prefix="sdmodel-pysd-") as folder:
        suffix = Path(model.path).suffix.lower()
        place = Path(folder) / f"model{suffix if suffix in XMILE else '.mdl'}"
        place.write_bytes(model.source.source.raw)
        with warnings.catch_warnings(), np.errstate(all="ignore"):
            warnings.simplefilter("ignore")
            try:
                read = pysd.read_vensim if place.suffix == ".mdl" else pysd.read_xmile
                loaded = read(str(place))
                table = loaded.run(
                    params=values or None,
                    time_step=time_step,
                    final_time=final_time,
                    saveper=save_every,
                )
            except Exception as error:  # whatever PySD raises is its answer
                reason = f"{type(error).__name__}: {error}"
                raise SDError(f"PySD cannot run {model.path}: {reason}") from None
        shutil.rmtree(Path(folder) / "__pycache__", ignore_errors=True)
    return _run(model, table, values, name, str(pysd.__version__))


def _run(model: Model, table: Any, values: Mapping[str, float], name: str, version: str) -> Run:
    found = {key(str(column)): i for i, column in enumerate(table.columns)}
    shown = [k for k in model.program.display if k in found]
    numbers = table.to_numpy(dtype=float)
    return Run(
        name=name,
        times=np.asarray(table.index, dtype=float),
        columns=tuple(model.program.display[k] for k in shown),
        table=np.ascontiguousarray(numbers[:, [found[k] for k in shown]]),
        units=model.units,
        overrides=dict(values),
        method=f"euler (PySD {version})",
        steps=max(len(table) - 1, 0),
        provenance=provenance(model.digest, model.path.name),
    )
