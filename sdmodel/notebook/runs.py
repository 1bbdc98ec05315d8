"""Runs in a cell: where they come from, and the course of each variable with its ends."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sdmodel.names import key
from sdmodel.notebook.finding import Found
from sdmodel.notebook.parts import course, frame, more, number, table

if TYPE_CHECKING:
    from sdmodel.kernel import Array
    from sdmodel.run import Run, RunBatch

# Rows that are seen at once, and those that can be opened; a large model has thousands.
SHOWN, OPENED = 8, 100
HEADS = ("course", "first", "last", "unit")
_CONTROLS = frozenset({"final time", "initial time", "saveper", "time step"})


def moving(run: Run) -> list[str]:
    """Return the columns that have a course, in the order of the run."""
    return [name for name in run.columns if name not in run.fixed and key(name) not in _CONTROLS]


def unit_of(run: Run | RunBatch, name: str) -> str:
    """Return the unit of a column; an element has that of its variable."""
    return run.units.get(name, run.units.get(name.partition("[")[0], ""))


def unit_of_time(run: Run | RunBatch) -> str:
    """Return the unit of time, where the file says it."""
    return next((unit for name, unit in run.units.items() if key(name) == "time step"), "")


def _span(run: Run | RunBatch) -> str:
    return f"{run.times[0]:g} to {run.times[-1]:g} {unit_of_time(run)}".rstrip()


def html_of_run(run: Run) -> str:
    """Return a run as HTML: its first variables, and the others to be opened."""
    names = moving(run) or list(run.columns)
    still = len(run.columns) - len(names)
    about = f"{_span(run)}, {len(run.times)} saved times, {run.method}, {run.result}" + (
        f"; {still} more are constant" if still else ""
    )
    rows = _rows(run, names)
    parts: list[str] = [table(("variable", *HEADS), rows[:SHOWN])]
    others = rows[SHOWN : SHOWN + OPENED]
    left = len(names) - SHOWN - len(others)
    parts.append(
        more(
            f"{len(others)} more variables" + (f" of {len(names) - SHOWN}" if left > 0 else ""),
            table(("variable", *HEADS), others) if others else "",
        )
    )
    set_here = [[name, float(value), unit_of(run, name)] for name, value in run.overrides.items()]
    parts.append(
        more(f"{len(set_here)} values set", table(("constant", "value", "unit"), set_here))
        if set_here
        else ""
    )
    parts += [more("notes", table((), [[note] for note in run.notes])) if run.notes else ""]
    return frame(f"Run '{run.name}'", about, *parts)


def _rows(run: Run, names: Sequence[str]) -> list[list[object]]:
    return [[name, *row_of(run, name)] for name in names[: SHOWN + OPENED]]


def row_of(run: Run, name: str) -> list[object]:
    """Return the course of a column, its first and last value, and its unit."""
    values = run.values(name)
    first, last = float(values[0]), float(values[-1])
    alt = f"{name}: from {number(first)} to {number(last)}"
    return [course(list(values), alt), first, last, unit_of(run, name)]


def found_in(run: Run, words: str) -> Found:
    """Return the columns of a run that hold some words; see `sdmodel.Run.find`."""

    def plain(name: str) -> Sequence[str]:
        first, last = (number(float(run.values(name)[place])) for place in (0, -1))
        return f"{first} to {last}", unit_of(run, name)

    return Found(words, run.columns, HEADS, lambda name: row_of(run, name), plain)


def html_of_batch(batch: RunBatch) -> str:
    """Return many runs as HTML: where each output ends, and what failed."""
    runs = batch.values.shape[2]
    failed = runs - int(batch.ok.sum())
    about = f"{_span(batch)}, {batch.method}; " + (
        f"{failed:,} runs failed" if failed else "none failed"
    )
    heads = ("output", "median course", "5 % of last values", "median", "95 %", "unit")
    rows = list(_spread(batch, batch.outputs[:SHOWN]))
    left = len(batch.outputs) - SHOWN
    parts = [table(heads, rows), f"and {left} more outputs" if left > 0 else ""]
    if failed:
        first = batch.failures.head(SHOWN)
        parts.append(
            more(
                f"failures: the first {len(first)} of {failed:,}",
                table([str(c) for c in first.columns], first.to_numpy(dtype=object).tolist()),
            )
        )
    return frame(f"Batch of {runs:,} runs", about, *parts)


def _spread(batch: RunBatch, names: Iterable[str]) -> Iterable[list[object]]:
    for place, name in enumerate(names):
        ends = _percentiles(batch.values[place, -1])
        middle = np.array([_percentiles(row)[1] for row in batch.values[place]])
        alt = f"{name}: median from {number(float(middle[0]))} to {number(float(middle[-1]))}"
        yield [name, course(list(middle), alt), *map(float, ends), unit_of(batch, name)]


def _percentiles(values: Array) -> Array:
    """Return the 5th, 50th and 95th percentile of what is a number."""
    sound = values[np.isfinite(values)]
    return np.percentile(sound, (5, 50, 95)) if len(sound) else np.full(3, np.nan)
