"""Tables as MENU>VDF2TAB and MENU>VDF2CSV lay them out: no times, further columns, appended."""

from __future__ import annotations

import csv
from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

if TYPE_CHECKING:
    from sdmodel.run import Run


def write_vensim_table(
    run: Run,
    names: Sequence[str],
    path: Path,
    separator: str,
    *,
    down: bool = False,
    axis: bool = True,
    append: bool = False,
    extra: Sequence[str] = (),
) -> None:
    """Write some columns of a run as a table, each name followed by the extra cells."""
    lines = [[name, *extra, *_numbers(run.values(name))] for name in names]
    if axis:
        lines.insert(0, ["Time", *("" for _ in extra), *_numbers(run.times)])
    rows = zip(*lines, strict=True) if down else lines
    with path.open("a" if append else "w", encoding="utf-8", newline="") as file:
        csv.writer(file, delimiter=separator, lineterminator="\n").writerows(rows)


def at_times(run: Run, every: float | None, first: float | None, last: float | None) -> list[int]:
    """Return which of the saved times lie between two times, at a distance from the first.

    Examples
    --------
    >>> import sdmodel as sd
    >>> run = sd.load("models/epidemic.mdl").run()
    >>> run.times[at_times(run, 50, 100, None)].tolist()
    [100.0, 150.0, 200.0, 250.0, 300.0]
    """
    start = run.times[0] if first is None else first
    stop = run.times[-1] if last is None else last
    slack = 1e-9 * max(abs(start), abs(stop), 1.0)
    inside = (run.times >= start - slack) & (run.times <= stop + slack)
    if every:
        steps = (run.times - start) / every
        inside &= np.abs(steps - np.round(steps)) * every <= slack
    return np.flatnonzero(inside).tolist()


def _numbers(values: np.ndarray[tuple[int], np.dtype[np.float64]]) -> list[str]:
    return [repr(value) if np.isfinite(value) else "" for value in values.tolist()]
