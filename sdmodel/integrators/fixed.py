"""Euler, RK2 and RK4 with a fixed step, as rows of one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sdmodel.errors import OverrideError
from sdmodel.integrators.base import Grid, Trajectory
from sdmodel.kernel import Array, Workspace
from sdmodel.program import (
    FINAL_TIME,
    HALF_STEP,
    SAVEPER,
    TIME,
    TIME_STEP,
    Pipeline,
    Program,
)


@dataclass(frozen=True, slots=True)
class Tableau:
    """An explicit Runge-Kutta method: stage times, stage weights, and the weights of the sum."""

    name: str
    order: int
    times: tuple[float, ...]
    stages: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]


# RK2 is Heun's method, the mean of the rates at both ends of the step; RK4 the classical one.
TABLEAUS = {
    one.name: one
    for one in (
        Tableau("euler", 1, (0.0,), ((),), (1.0,)),
        Tableau("rk2", 2, (0.0, 1.0), ((), (1.0,)), (0.5, 0.5)),
        Tableau(
            "rk4",
            4,
            (0.0, 0.5, 0.5, 1.0),
            ((), (0.5,), (0.0, 0.5), (0.0, 0.0, 1.0)),
            (1 / 6, 1 / 3, 1 / 3, 1 / 6),
        ),
    )
}
Slots = NDArray[np.intp]
# Slightly less than one half: an instant midway between two steps belongs to the later one.
_ALMOST_HALF = 0.5 * (1 - 1e-6)


def half_step(step: float) -> float:
    """Return how far ahead test inputs ask whether their instant has come."""
    return _ALMOST_HALF * step


class _Pipelines:
    """The past of every DELAY FIXED, in a ring of as many steps as the longest delay."""

    def __init__(self, program: Program, work: Workspace, grid: Grid) -> None:
        slots, values = program.layout.slots, work.values
        self.work, self.lanes = work, np.arange(values.shape[1])
        self.rings: list[tuple[int, int, int, Slots, Array]] = []
        for one in program.pipelines:
            # A part of a step counts as a whole one (SDXorg test-models, delay_pipeline).
            length = np.ceil(_delay(one, values[slots[one.delay]]) / grid.step - 1e-6)
            length = np.clip(length, 1, grid.steps + 1).astype(np.intp)
            ring = np.empty((int(length.max()), values.shape[1]))
            entry = (slots[one.name], slots[one.source], slots[one.initial], length, ring)
            self.rings.append(entry)

    def advance(self, i: int) -> None:
        """Put the values of step `i` in, and show those that step `i + 1` sees."""
        values = self.work.values
        for shown, source, initial, length, ring in self.rings:
            ring[i % len(ring)] = values[source]
            past = (i + 1 - length) % len(ring)
            arrived = i + 1 >= length
            values[shown] = np.where(arrived, ring[past, self.lanes], values[initial])


def _delay(one: Pipeline, delay: Array) -> Array:
    if not np.isfinite(delay).all():
        raise OverrideError(one.variable, f"the delay time of {one.variable!r} is not finite")
    return delay


def run_fixed(
    program: Program,
    work: Workspace,
    grid: Grid,
    tableau: Tableau,
    outputs: Sequence[int],
) -> Trajectory:
    """Integrate a started workspace over the grid; `outputs` are the slots to save."""
    values, slots = work.values, program.layout.slots
    stocks = np.array([slots[s.name] for s in program.stocks], dtype=np.intp)
    rates = np.array([slots[s.rate] for s in program.stocks], dtype=np.intp)
    memories = [(slots[m.name], slots[m.source]) for m in program.memories]
    wanted = np.array(outputs, dtype=np.intp)
    pipelines = _Pipelines(program, work, grid)
    saved = np.empty((len(wanted), len(grid.saved), values.shape[1]))
    bad = np.full(values.shape[1], -1, dtype=np.intp)
    time = slots[TIME]
    h, next_save = grid.step, 0
    for i in range(grid.steps + 1):
        values[time] = grid.start + i * h
        work.rates()
        if next_save < len(grid.saved) and grid.saved[next_save] == i:
            saved[:, next_save] = values[wanted]
            _note_bad(bad, next_save, values[stocks], saved[:, next_save])
            next_save += 1
        if i == grid.steps:
            break
        state, now = values[stocks], grid.start + i * h
        held = [values[source].copy() for _, source in memories]
        pipelines.advance(i)
        values[stocks] = _step(work, tableau, state, stocks, rates, time, now, h)
        for (name, _), value in zip(memories, held, strict=True):
            values[name] = value
    return Trajectory(grid.times, saved, bad, grid.steps, grid.notes)


def _step(
    work: Workspace,
    tableau: Tableau,
    state: Array,
    stocks: Slots,
    rates: Slots,
    time: int,
    now: float,
    h: float,
) -> Array:
    """Return the state one step on; the rates at its beginning are in the workspace already."""
    values = work.values
    slopes = [values[rates]]
    for fraction, row in zip(tableau.times[1:], tableau.stages[1:], strict=True):
        middle = state.copy()
        for a, slope in zip(row, slopes, strict=True):
            if a:
                middle += (a * h) * slope
        values[time] = now + fraction * h
        values[stocks] = middle
        work.rates()
        slopes.append(values[rates])
    if len(slopes) == 1:
        only: Array = state + h * slopes[0]
        return only
    total = tableau.weights[0] * slopes[0]
    for weight, slope in zip(tableau.weights[1:], slopes[1:], strict=True):
        total += weight * slope
    new: Array = state + h * total
    return new


def _note_bad(bad: Slots, index: int, state: Array, shown: Array) -> None:
    finite = np.isfinite(state).all(axis=0) & np.isfinite(shown).all(axis=0)
    bad[(bad < 0) & ~finite] = index


def run_dynamic(
    program: Program, work: Workspace, tableau: Tableau, outputs: Sequence[int]
) -> Trajectory:
    """Integrate one run whose TIME STEP, SAVEPER or FINAL TIME change while it runs."""
    values, slots = work.values, program.layout.slots
    if values.shape[1] != 1:
        raise OverrideError("TIME STEP", "the run controls change over time: one run at a time")
    if program.pipelines:
        reason = "DELAY FIXED counts whole time steps, so TIME STEP must not change over time"
        raise OverrideError("TIME STEP", reason)
    stocks = np.array([slots[s.name] for s in program.stocks], dtype=np.intp)
    rates = np.array([slots[s.rate] for s in program.stocks], dtype=np.intp)
    memories = [(slots[m.name], slots[m.source]) for m in program.memories]
    wanted = np.array(outputs, dtype=np.intp)
    times: list[float] = []
    saved: list[Array] = []
    bad = np.full(1, -1, dtype=np.intp)
    now = next_save = float(values[slots[TIME], 0])
    steps = 0
    while True:
        values[slots[TIME]] = now
        work.rates()
        h = float(values[slots[TIME_STEP], 0])
        grid = Grid.build(now, max(now, float(values[slots[FINAL_TIME], 0])), h, h)
        values[slots[HALF_STEP]] = half_step(h)
        over = now > grid.final - h / 2 and grid.steps == 0
        if now >= next_save - h * 1e-6:
            saved.append(values[wanted])
            _note_bad(bad, len(times), values[stocks], saved[-1])
            times.append(now)
            next_save = now + float(values[slots[SAVEPER], 0])
        if over:
            break
        state = values[stocks]
        held = [values[source].copy() for _, source in memories]
        values[stocks] = _step(work, tableau, state, stocks, rates, slots[TIME], now, h)
        for (name, _), value in zip(memories, held, strict=True):
            values[name] = value
        now += h
        steps += 1
    return Trajectory(np.array(times), np.stack(saved, axis=1), bad, steps)
