"""What every engine offers to the integrators: three calls on a table of values."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Protocol

import numpy as np
from numpy.typing import NDArray

from sdmodel.program import Program

Array = NDArray[np.float64]


@dataclass(frozen=True, slots=True)
class Jump:
    """A place where an equation jumps: the slots of the two sides, and of the outcome.

    For a table `right` is -1 and the jump is the segment of `left`. `time_only` jumps depend on
    nothing but Time, so their instants can be found before the run. `holds` tells that the outcome
    stays the same between jumps, so that a solver may hold it still.
    """

    outcome: int
    left: int
    right: int
    op: str
    variable: str
    time_only: bool
    holds: bool

    @property
    def ordering(self) -> bool:
        """Whether the jump is a comparison, so that it happens where both sides are equal."""
        return self.op in ("<", "<=", ">", ">=")


class Workspace(Protocol):
    """The values of a batch: one row for each slot of the layout, one column for each run.

    A workspace belongs to one thread. Time, half step and constants are set in `values` by the
    caller; then `start` fills in constants and initial values, `rates` everything that follows from
    Time and the stocks.
    """

    values: Array

    def start(self) -> None:
        """Compute run constants and the initial values of stocks and memories."""

    def rates(self) -> None:
        """Compute everything else at the present Time and stocks."""


class SwitchedWorkspace(Workspace, Protocol):
    """A workspace that can hold its jumps still, for solvers that look for them."""

    def hold(self, outcomes: Array | None) -> None:
        """Give every jump this outcome until told otherwise; None lets them go."""

    @property
    def jumps(self) -> Sequence[Jump]:
        """The places where equations jump."""

    def jump_sides(self) -> tuple[Array, Array]:
        """Return what stands left and right in every comparison, at the present values."""

    def outcomes(self) -> Array:
        """Return the present outcome of every jump."""


class Kernel(Protocol):
    """A program made ready to compute."""

    program: Program

    def workspace(self, runs: int) -> SwitchedWorkspace:
        """Return a fresh workspace for so many runs."""


def set_constants(program: Program, values: Array, columns: Mapping[str, Array | float]) -> None:
    """Fill in the constants of a program, those in `columns` with other values."""
    places, defaults = program.defaults
    values[places] = defaults[:, None]
    for name, given in columns.items():
        values[program.constant_slots[name]] = given
