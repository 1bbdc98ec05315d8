"""Euler, RK2 and RK4 with a fixed step, as rows of one table."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np

from sdmodel.integrators.base import Grid, Trajectory
from sdmodel.integrators.slots import Slots, number_step, pipelines_of, slots_of
from sdmodel.kernel import Array, Workspace
from sdmodel.program import HALF_STEP, TIME, Program


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


# Vensim's RK2 goes on at the rates that hold after half a step (Vensim Help, Runge-Kutta
# Integration); Stella's is Heun's method, the mean of the rates at both ends of the step (isee
# systems, Runge-Kutta methods). RK4 is the classical one in both.
TABLEAUS = {
    one.name: one
    for one in (
        Tableau("euler", 1, (0.0,), ((),), (1.0,)),
        Tableau("rk2", 2, (0.0, 0.5), ((), (0.5,)), (0.0, 1.0)),
        Tableau(
            "rk4",
            4,
            (0.0, 0.5, 0.5, 1.0),
            ((), (0.5,), (0.0, 0.5), (0.0, 0.0, 1.0)),
            (1.0, 2.0, 2.0, 1.0),
            6.0,
        ),
        Tableau("heun", 2, (0.0, 1.0), ((), (1.0,)), (1.0, 1.0), 2.0),
    )
}
# Slightly less than one half: an instant midway between two steps belongs to the later one.
_ALMOST_HALF = 0.5 * (1 - 1e-6)


def half_step(step: float) -> float:
    """Return how far ahead test inputs ask whether their instant has come."""
    return _ALMOST_HALF * step


def tableau_of(name: str) -> Tableau:
    """Return the arithmetic of a fixed-step method, or of the sub-steps of an automatic one.

    >>> tableau_of("difference").name, tableau_of("rk4auto").name
    ('euler', 'rk4')
    """
    return TABLEAUS["euler" if name == "difference" else name.removesuffix("auto")]


class Stepper(Protocol):
    """What takes a workspace from one step to the next."""

    @property
    def work(self) -> int:
        """What was done so far: steps, or evaluations of the rates where the step is adapted."""

    def __call__(self, state: Array, now: float, h: float) -> Array:
        """Return the state a step of `h` on; the rates now are in the workspace already."""


class Fixed:
    """Takes each step by one row of the table."""

    def __init__(self, program: Program, work: Workspace, tableau: Tableau) -> None:
        self.workspace, self.tableau = work, tableau
        self.stocks, self.rates, *_ = slots_of(program)
        self.time, self.half = (program.layout.slots[name] for name in (TIME, HALF_STEP))
        self.begin = self.ahead = 0.0
        self.work = 0

    def __call__(self, state: Array, now: float, h: float) -> Array:
        """Return the state a step of `h` on."""
        self.work += 1
        values = self.workspace.values
        self.begin, self.ahead = now, float(values[self.half, 0])
        new = self.onward(state, values[self.rates], now, h)
        values[self.half] = self.ahead
        return new

    def onward(self, state: Array, slope: Array, now: float, h: float) -> Array:
        """Return the state a step on, where `slope` holds at its beginning."""
        tableau, slopes = self.tableau, [slope]
        for fraction, row in zip(tableau.times[1:], tableau.stages[1:], strict=True):
            middle = state.copy()
            with np.errstate(all="ignore"):
                for a, one in zip(row, slopes, strict=True):
                    if a:
                        middle += (a * h) * one
            slopes.append(self.slope(middle, now + fraction * h))
        with np.errstate(all="ignore"):  # what is no number is judged by the caller
            total = slopes[0]
            if len(slopes) > 1:
                total = tableau.weights[0] * slopes[0]
                for weight, one in zip(tableau.weights[1:], slopes[1:], strict=True):
                    total += weight * one
                total = total / tableau.divisor
            new: Array = state + h * total
        return new

    def slope(self, state: Array, time: float) -> Array:
        """Return the rates at a state and time."""
        values = self.workspace.values
        values[self.time] = time
        # STEP and PULSE change at TIME STEPs only, whatever the method (Vensim Help, STEP). They
        # ask whether Time and the half step are past their instant: the sum must stand still.
        values[self.half] = self.ahead - (time - self.begin)
        values[self.stocks] = state
        self.workspace.rates()
        rates: Array = values[self.rates]
        return rates


class _Pipelines:
    """The past of every DELAY FIXED, in a ring of as many steps as the longest delay."""

    def __init__(self, program: Program, work: Workspace, grid: Grid) -> None:
        values = work.values
        self.work, self.lanes = work, np.arange(values.shape[1])
        self.rings: list[tuple[int, int, int, Slots, Array]] = []
        for one in pipelines_of(program):
            # A part of a step counts as a whole one (SDXorg test-models, delay_pipeline).
            delay, initial = values[one.delay], values[one.initial]
            known = np.isfinite(delay)
            initial[~known] = np.nan
            length = np.where(known, np.ceil(delay / grid.step - 1e-6), np.inf)
            length = np.clip(length, 1, grid.steps + 1).astype(np.intp)
            ring = np.empty((int(length.max()), values.shape[1]))
            self.rings.append((one.shown, one.source, one.initial, length, ring))

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
    return run_steps(program, work, grid, Fixed(program, work, tableau), outputs)


def run_steps(
    program: Program,
    work: Workspace,
    grid: Grid,
    stepper: Stepper,
    outputs: Sequence[int],
) -> Trajectory:
    """Integrate over the grid; what remembers changes at the ends of its steps only."""
    values = work.values
    stocks, _, _, memories, sources = slots_of(program)
    wanted = np.array(outputs, dtype=np.intp)
    pipelines = _Pipelines(program, work, grid)
    saved = np.empty((len(wanted), len(grid.saved), values.shape[1]))
    bad = np.full(values.shape[1], -1, dtype=np.intp)
    time = program.layout.slots[TIME]
    h, next_save = grid.step, 0
    for i in range(grid.steps + 1):
        now = grid.start + i * h
        values[time] = now
        number_step(program, work, i)
        work.rates()
        if next_save < len(grid.saved) and grid.saved[next_save] == i:
            saved[:, next_save] = values[wanted]
            note_bad(bad, next_save, values[stocks], saved[:, next_save])
            next_save += 1
        if i == grid.steps:
            break
        held = values[sources]
        pipelines.put(i)
        values[stocks] = stepper(values[stocks], now, h)
        values[memories] = held
        pipelines.show(i + 1)
    return Trajectory(grid.times, saved, bad, stepper.work, grid.notes)


def note_bad(bad: Slots, index: int, state: Array, shown: Array) -> None:
    """Note in `bad` which runs have left the numbers at a saved time, if they had not before."""
    finite = np.isfinite(state).all(axis=0) & np.isfinite(shown).all(axis=0)
    bad[(bad < 0) & ~finite] = index
