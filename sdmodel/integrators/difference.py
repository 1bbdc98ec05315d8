"""Difference equations: Euler's steps, recorded another way.

Vensim's "Diff" computes as Euler does, but stores results before it computes the auxiliaries anew:
beside the levels at a time stand the auxiliaries that led to them, those of the step before. At
INITIAL TIME auxiliaries have no value yet, but for those that initial values need (Vensim Help,
Selecting an Integration Technique; Computational Sequence).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sdmodel.expr import Ref
from sdmodel.integrators.base import Grid, Trajectory
from sdmodel.integrators.slots import Mask
from sdmodel.kernel import Array
from sdmodel.program import CONTROL, TIME, Phase, Program

UNKNOWN_NOTE = (
    "difference equations: auxiliary variables are recorded one step late, beside the stocks they "
    "led to, and have no value at INITIAL TIME"
)


@dataclass(frozen=True, eq=False)
class Late:
    """Which outputs are recorded one step late, and which of them have no value at the start."""

    late: Mask
    unknown: Mask

    @classmethod
    def of(cls, program: Program, outputs: Sequence[int]) -> Late:
        """Tell auxiliaries from levels, constants, Time and the run controls."""
        levels = {TIME, *CONTROL}
        for kind in (program.stocks, program.memories, program.pipelines):
            levels |= {one.name for one in kind}
        late, unknown = set(), set()
        initial = {statement.target for statement in program.start}
        for statement in program.step:
            # Another name of a level, such as DELAY FIXED gives to its hidden one, is a level.
            same = isinstance(statement.value, Ref) and statement.value.name in levels
            if statement.phase is Phase.CONSTANT or statement.target in levels or same:
                continue
            late.add(statement.target)
            if statement.target not in initial:
                unknown.add(statement.target)
        names = [program.layout.name_of(slot) for slot in outputs]
        return cls(
            np.array([name in late for name in names], dtype=bool),
            np.array([name in unknown for name in names], dtype=bool),
        )

    def mixed(self, now: Array, before: Array, *, first: bool = False) -> Array:
        """Return what is recorded at a time, of the values now and one step before."""
        shape = (-1, *(1,) * (now.ndim - 1))
        if first:
            return np.where(self.unknown.reshape(shape), np.nan, now)
        return np.where(self.late.reshape(shape), before, now)


def with_steps_before(grid: Grid) -> Grid:
    """Return a grid on which the step before each saved one is saved too."""
    both = np.union1d(np.maximum(grid.saved - 1, 0), grid.saved)
    return replace(grid, saved=both.astype(np.intp))


def as_recorded(late: Late, run: Trajectory, wide: Grid, grid: Grid) -> Trajectory:
    """Return a run by Euler over the wider grid as difference equations record it on `grid`."""
    here = np.searchsorted(wide.saved, grid.saved)
    before = np.searchsorted(wide.saved, np.maximum(grid.saved - 1, 0))
    values = late.mixed(run.values[:, here], run.values[:, before])
    values[:, 0] = late.mixed(run.values[:, 0], run.values[:, 0], first=True)
    judged = np.isfinite(values)
    judged[:, 0] |= late.unknown[:, None]
    fine = judged.all(axis=0)
    bad = np.where(fine.all(axis=0), -1, np.argmin(fine, axis=0)).astype(np.intp)
    # A stock that is not among the outputs was looked at as well.
    hidden = (bad < 0) & (run.bad >= 0)
    bad[hidden] = np.searchsorted(grid.saved, wide.saved[run.bad[hidden]])
    bad = np.minimum(bad, len(grid.saved) - 1)
    notes = (*run.notes, UNKNOWN_NOTE)
    return Trajectory(grid.times, values, bad, run.steps, notes, run.errors, 1)
