"""RK2 and RK4 with automatic step: Vensim's step control and its tolerance.

What Vensim's Help says (Runge-Kutta Integration; Special Variables; TIME STEP): the step is made
smaller until in every level the error is less than ABSOLUTE TOLERANCE, or less than RELATIVE
TOLERANCE times the level's value; both are variables of the model, 0.001 where it has none; it is
an error if no step is small enough. TIME STEP stays the distance at which inputs, data and
everything that remembers change, and no sub-step is longer.

It does not say how the error is found. Here it is the difference between one step and two half
steps, of which the halves are kept. The level's value is the one at the beginning of the sub-step.
Sub-steps are TIME STEP divided by powers of two, so that their ends meet those of TIME STEPs
exactly; a sub-step is doubled again where the error, which grows as the order says, will allow it.
"""

from __future__ import annotations

import numpy as np

from sdmodel.errors import OverrideError, SolverError
from sdmodel.integrators.base import AutoStep
from sdmodel.integrators.fixed import Fixed, tableau_of
from sdmodel.integrators.slots import Mask, slots_of
from sdmodel.kernel import Array, Workspace
from sdmodel.program import Program

ABSOLUTE, RELATIVE = "absolute tolerance", "relative tolerance"
DEFAULT = 0.001
# No sub-step is shorter than TIME STEP divided by this. Where an equation jumps, even a flow of
# 1e9 into an empty stock is small enough then; Time itself has few digits more.
FINEST = 2**40
# More than any sensible run takes: what creeps is stopped.
MOST_EVALUATIONS = 1_000_000
_EACH_STEP = 100


class Auto(Fixed):
    """Takes each TIME STEP of one run in as many parts as the tolerance asks for."""

    def __init__(self, program: Program, work: Workspace, method: AutoStep) -> None:
        super().__init__(program, work, tableau_of(method.name))
        self.method, self.owners = method, slots_of(program).owners
        self.slots = program.layout.slots
        self.size, self.most = FINEST, MOST_EVALUATIONS
        self.h = 0.0

    def __call__(self, state: Array, now: float, h: float) -> Array:
        """Return the state a TIME STEP on; the rates now are in the workspace already."""
        values = self.workspace.values
        self.begin, self.h, self.ahead = now, h, float(values[self.half, 0])
        absolute, relative = self._tolerances()
        slope: Array = values[self.rates]
        self.work, self.most = self.work + 1, self.most + _EACH_STEP
        position = 0
        while position < FINEST and len(state):
            with np.errstate(all="ignore"):
                allowed = np.maximum(absolute, relative * np.abs(state))
            state, share = self._part(state, slope, position, allowed)
            position += self.size
            if position < FINEST:
                slope = self.slope(state, self._at(position))
            if position % (2 * self.size) == 0 and share * 2 ** (self.tableau.order + 1) <= 1:
                self.size *= 2
        values[self.half] = self.ahead
        return state

    def slope(self, state: Array, time: float) -> Array:
        """Return the rates at a state and time within the TIME STEP."""
        self.work += 1
        if self.work > self.most:
            raise SolverError(
                f"{self.method.name} is still at time {time:g} after {self.work:,} evaluations of "
                "the rates: allow a larger RELATIVE TOLERANCE, use a smaller TIME STEP, or "
                'method="Radau" for a stiff model',
                time=time,
            )
        return super().slope(state, time)

    def _at(self, position: int) -> float:
        return self.begin + self.h * (position / FINEST)

    def _part(
        self, state: Array, slope: Array, position: int, allowed: Array
    ) -> tuple[Array, float]:
        """Return the state one sub-step on, and its error as a share of the tolerance."""
        at = self._at(position)
        whole = self.onward(state, slope, at, self.h * (self.size / FINEST))
        while True:
            size = self.size // 2
            width, middle = self.h * (size / FINEST), self._at(position + size)
            first = self.onward(state, slope, at, width)
            halves = self.onward(first, self.slope(first, middle), middle, width)
            with np.errstate(all="ignore"):
                error = np.abs(halves - whole)
                good = error <= allowed
            if good.all():
                some = error > 0
                return halves, float((error[some] / allowed[some]).max(initial=0.0))
            if size < 2:
                raise self._gave_up(at, good, np.isfinite(state) & np.isfinite(slope))
            self.size, whole = size, first

    def _gave_up(self, time: float, good: Mask, finite: Mask) -> SolverError:
        if not finite.all():
            name = self.owners[int(np.argmin(finite[:, 0]))]
            reason = (
                f"{name!r} is no longer a finite number at time {time:g} ({self.method.name}); "
                "look at its equation there, or at the values given"
            )
        else:
            name = self.owners[int(np.argmin(good[:, 0]))]
            reason = (
                f"{self.method.name} finds no step short enough at time {time:g}: {name!r} changes "
                "too fast there. Allow a larger ABSOLUTE TOLERANCE or RELATIVE TOLERANCE, or try "
                'method="Radau" or "rk4"'
            )
        return SolverError(reason, time=time, variable=name)

    def _tolerances(self) -> tuple[float, float]:
        """Return the tolerances that hold now."""
        found = []
        for name, given in ((ABSOLUTE, self.method.absolute), (RELATIVE, self.method.relative)):
            slot, value = self.slots.get(name), given
            if value is None:
                value = DEFAULT if slot is None else float(self.workspace.values[slot, 0])
            if not 0 <= value < np.inf:
                shown = name.upper()
                raise OverrideError(shown, f"{shown} is {value:g}: it must be a number above zero")
            found.append(value)
        if not any(found):
            reason = "ABSOLUTE TOLERANCE and RELATIVE TOLERANCE are both zero: no step is so exact"
            raise OverrideError("RELATIVE TOLERANCE", reason)
        return found[0], found[1]
