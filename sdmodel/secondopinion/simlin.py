"""Simlin's engine, by way of pysimlin, runs the same file: an optional third implementation."""

from __future__ import annotations

import warnings
from typing import TYPE_CHECKING, Any

from sdmodel.errors import SDError
from sdmodel.secondopinion.copies import copied

if TYPE_CHECKING:
    from sdmodel.model import Model


def table_of(model: Model) -> tuple[Any, str]:
    """Return pysimlin's table of a run by Euler, one column a variable or element, and its version.

    Raises
    ------
    SDError
        If pysimlin is not installed, or cannot read or run the model.
    """
    try:
        import simlin
    except ImportError:
        raise SDError("pysimlin is not installed: pip install 'sdmodel[vdf]'") from None
    with copied(model.source.source) as place, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        try:
            loaded = simlin.load(place)
            if model.source.method != "euler" and loaded.project is not None:
                loaded.project.set_sim_specs(sim_method="euler")
            table = loaded.run(analyze_loops=False).results
        except Exception as error:  # whatever pysimlin raises is its answer
            reason = f"{type(error).__name__}: {error}"
            raise SDError(f"pysimlin cannot run {model.path}: {reason}") from None
    # Simlin writes a full stop in a name as a middle dot: its own stop parts modules.
    return table.rename(columns=lambda name: str(name).replace("\xb7", ".")), simlin.__version__
