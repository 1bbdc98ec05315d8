"""Two versions of a model run side by side: which trajectories differ, and by how much."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sdmodel.errors import SDError
from sdmodel.kernel import Array
from sdmodel.names import element_key
from sdmodel.run import Run

if TYPE_CHECKING:
    import pandas as pd

    from sdmodel.model import Model

# Two trajectories are the same where they agree to this share of their own value, and to that
# share of the column's peak.
RELATIVE, OF_PEAK = 1e-6, 1e-9
MOST_SHOWN = 10


@dataclass(frozen=True)
class Behaviour:
    """Which trajectories differ between two versions of a model.

    Attributes
    ----------
    table
        A row for each variable that differs and is no constant, the largest change first: `name`,
        `unit`, `change` (the largest difference as a share of the largest absolute value in either
        version), `time` (where it is), `old` and `new` (the values there), `old_final` and
        `new_final`.
    compared
        How many trajectories both versions have.
    runs
        The two runs, under the names of the new version; empty where one could not be run.
    notes
        What could not be compared, and why.
    """

    table: pd.DataFrame
    compared: int
    runs: tuple[Run, ...] = ()
    notes: tuple[str, ...] = ()

    def __bool__(self) -> bool:
        """Whether any trajectory differs."""
        return len(self.table) > 0

    def __str__(self) -> str:
        """Say what changed most."""
        lines = [
            f"  {row.name}: {row.change:.3g} of its peak at {row.time:g} "
            f"({row.old:.5g} -> {row.new:.5g} {row.unit})".rstrip()
            for row in self.table.set_index("name", drop=False).head(MOST_SHOWN).itertuples(False)
        ]
        lines.insert(0, f"{len(self.table)} of {self.compared} trajectories differ")
        if len(self.table) > MOST_SHOWN:
            lines.append(f"  and {len(self.table) - MOST_SHOWN} more")
        return "\n".join([*lines, *self.notes])


def compare_behaviour(old: Model, new: Model, renamed: Mapping[str, str], method: str) -> Behaviour:
    """Run both versions and compare what both have; `renamed` has old keys by new ones."""
    runs, notes = [], []
    for model, which in ((old, "old"), (new, "new")):
        try:
            runs.append(model.run(method=method, name=which))
        except SDError as error:
            notes.append(f"the {which} version does not run: {error}")
    if len(runs) < 2:
        return Behaviour(_table([]), 0, (), tuple(notes))
    first, second = runs
    pairs = _pairs(first, second, renamed)
    times, here, there = np.intersect1d(first.times, second.times, return_indices=True)
    if not len(times):
        notes.append("the versions share no saved time: nothing was compared")
        return Behaviour(_table([]), 0, (), tuple(notes))
    if len(times) < max(len(first.times), len(second.times)):
        span = f"{len(times)} saved times from {times[0]:g} to {times[-1]:g}"
        notes.append(f"compared at the {span} that both versions have")
    rows = []
    fixed = new.constants
    for was, now in pairs:
        row = _difference(times, first.table[here, was], second.table[there, now])
        name = second.columns[now]
        if row and name not in fixed:
            rows.append({"name": name, "unit": _unit(second, name), **row})
    return Behaviour(_table(rows), len(pairs), _alike(runs, pairs), tuple(notes))


def _pairs(old: Run, new: Run, renamed: Mapping[str, str]) -> list[tuple[int, int]]:
    """Return the columns of both runs that are one variable."""
    places = {element_key(name): place for place, name in enumerate(old.columns)}
    found = []
    for place, name in enumerate(new.columns):
        own = element_key(name)
        variable, bracket, inside = own.partition("[")
        was = places.get(renamed.get(variable, variable) + bracket + inside)
        if was is not None:
            found.append((was, place))
    return found


def _unit(run: Run, name: str) -> str:
    return run.units.get(name, run.units.get(name.partition("[")[0], ""))


def _difference(times: Array, old: Array, new: Array) -> dict[str, float]:
    """Return the largest difference, or nothing where there is none worth telling."""
    odd = np.isnan(old) != np.isnan(new)
    gap = np.where(odd, np.inf, np.abs(old - new))
    gap = np.where(np.isnan(gap), 0.0, gap)  # both are NaN, or both the same infinity
    size = np.maximum(np.abs(old), np.abs(new))
    peak = float(np.max(size, initial=0.0, where=np.isfinite(size)))
    bound = RELATIVE * np.where(np.isfinite(size), size, 0.0) + OF_PEAK * peak
    if not np.any(gap > bound):
        return {}
    place = int(np.argmax(gap))
    return {
        "change": float(gap[place] / peak),
        "time": float(times[place]),
        "old": float(old[place]),
        "new": float(new[place]),
        "old_final": float(old[-1]),
        "new_final": float(new[-1]),
    }


def _table(rows: list[dict[str, object]]) -> pd.DataFrame:
    import pandas as pd

    columns = ["name", "unit", "change", "time", "old", "new", "old_final", "new_final"]
    table = pd.DataFrame(rows, columns=columns)
    return table.sort_values("change", ascending=False, kind="stable", ignore_index=True)


def _alike(runs: list[Run], pairs: list[tuple[int, int]]) -> tuple[Run, ...]:
    """Return both runs with the same columns, under the names of the new version."""
    old, new = runs
    names = tuple(new.columns[now] for _, now in pairs)
    was, now = (list(side) for side in zip(*pairs, strict=True)) if pairs else ([], [])
    return (
        replace(old, columns=names, table=old.table[:, was], units=new.units),
        replace(new, columns=names, table=new.table[:, now]),
    )
