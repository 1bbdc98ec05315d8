"""Euler, RK2 and RK4 with a fixed step, as rows of one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from sdmodel.errors import OverrideError
from sdmodel.integrators.base import MOST_STEPS, Grid, Trajectory
from sdmodel.kernel import Array, Workspace
from sdmodel.program import (
    FINAL_TIME,
    HALF_STEP,
    SAVEPER,
    STEP_NUMBER,
    TIME,
    TIME_STEP,
    Program,
)


@dataclass(frozen=True, slots=True)
class Tableau:
    """An explicit Runge-Kutta method: stage times, stage weights, and the weights of the sum.

    The sum is divided by `divisor`, so that whole weights add a constant rate up without rounding.
    """

    name: str
    order: int
    times: tuple[float, ...]
    stages: tuple[tuple[float, ...], ...]
    weights: tuple[float, ...]
    divisor: float = 1.0


# RK2 is Heun's method, the mean of the rates at both ends of the step; RK4 the classical one.
TABLEAUS = {
    one.name: one
    for one in (
        Tableau("euler", 1, (0.0,), ((),), (1.0,)),
        Tableau("rk2", 2, (0.0, 1.0), ((), (1.0,)), (1.0, 1.0), 2.0),
        Tableau(
            "rk4",
            4,
            (0.0, 0.5, 0.5, 1.0),
            ((), (0.5,), (0.0, 0.5), (0.0, 0.0, 1.0)),
            (1.0, 2.0, 2.0, 1.0),
            6.0,
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
            delay, initial = values[slots[one.delay]], values[slots[one.initial]]
            known = np.isfinite(delay)
            initial[~known] = np.nan
            length = np.where(known, np.ceil(delay / grid.step - 1e-6), np.inf)
            length = np.clip(length, 1, grid.steps + 1).astype(np.intp)
            ring = np.empty((int(length.max()), values.shape[1]))
            entry = (slots[one.name], slots[one.source], slots[one.initial], length, ring)
            self.rings.append(entry)

    def put(self, i: int) -> None:
        """Take in the values of step `i`."""
        for _, source, _, _, ring in self.rings:
            ring[i % len(ring)] = self.work.values[source]

    def show(self, i: int) -> None:
        """Let what comes next see the values of step `i`."""
        values = self.work.values
        for shown, _, initial, length, ring in self.rings:
            past = (i - length) % len(ring)
            values[shown] = np.where(i >= length, ring[past, self.lanes], values[initial])


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
        if STEP_NUMBER in slots:
            values[slots[STEP_NUMBER]] = i
        work.rates()
        if next_save < len(grid.saved) and grid.saved[next_save] == i:
            saved[:, next_save] = values[wanted]
            _note_bad(bad, next_save, values[stocks], saved[:, next_save])
            next_save += 1
        if i == grid.steps:
            break
        state, now = values[stocks], grid.start + i * h
        held = [values[source].copy() for _, source in memories]
        pipelines.put(i)
        values[stocks] = _step(work, tableau, state, stocks, rates, time, now, h)
        for (name, _), value in zip(memories, held, strict=True):
            values[name] = value
        pipelines.show(i + 1)
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
        with np.errstate(all="ignore"):
            for a, slope in zip(row, slopes, strict=True):
                if a:
                    middle += (a * h) * slope
        values[time] = now + fraction * h
        values[stocks] = middle
        work.rates()
        slopes.append(values[rates])
    with np.errstate(all="ignore"):  # what is no number is judged by the caller
        total = slopes[0]
        if len(slopes) > 1:
            total = tableau.weights[0] * slopes[0]
            for weight, slope in zip(tableau.weights[1:], slopes[1:], strict=True):
                total += weight * slope
            total = total / tableau.divisor
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
    since = now = next_save = float(values[slots[TIME], 0])
    # Steps since the last change of TIME STEP are counted, so that no rounding adds up.
    steps = counted = 0
    last_h = np.nan
    while True:
        values[slots[TIME]] = now
        work.rates()
        h = float(values[slots[TIME_STEP], 0])
        if h != last_h:
            since, counted, last_h = now, 0, h
            values[slots[HALF_STEP]] = half_step(h)
            work.rates()
        # The order matters: a FINAL TIME that is not a number must not count as reached.
        ahead = Grid.build(now, max(float(values[slots[FINAL_TIME], 0]), now), h, h).steps
        if now >= next_save - h * 1e-6:
            saved.append(values[wanted])
            _note_bad(bad, len(times), values[stocks], saved[-1])
            times.append(now)
            saveper = float(values[slots[SAVEPER], 0])
            next_save = now + (saveper if saveper > 0 else h)
        if not ahead:
            break
        if steps == MOST_STEPS:
            reason = f"after {steps:,} steps FINAL TIME is still ahead, at time {now:g}"
            raise OverrideError("FINAL TIME", f"{reason}: look at the equation of FINAL TIME")
        state = values[stocks]
        held = [values[source].copy() for _, source in memories]
        values[stocks] = _step(work, tableau, state, stocks, rates, slots[TIME], now, h)
        for (name, _), value in zip(memories, held, strict=True):
            values[name] = value
        steps, counted = steps + 1, counted + 1
        now = since + counted * h
    return Trajectory(np.array(times), np.stack(saved, axis=1), bad, steps)
