"""Simlin's engine, by way of pysimlin, runs the same file: an optional third implementation."""

from __future__ import annotations

import warnings
from pathlib import Path
from typing import Any


def table_of_file(place: Path, method: str = "") -> Any:
    """Return pysimlin's table of a run of a file, one column a variable or element.

    `method` stands in for that of the file, if one is given.
    """
    import simlin

    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        loaded = simlin.load(place)
        if method and loaded.project is not None:
            loaded.project.set_sim_specs(sim_method=method)
        table = loaded.run(analyze_loops=False).results
    # Simlin writes a full stop in a name as a middle dot: its own stop parts modules.
    return table.rename(columns=lambda name: str(name).replace("\xb7", "."))
