"""A kernel that is ready soon and runs slowly: for one run, while a model is being written."""

from __future__ import annotations

import copy
import ctypes
import functools
from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from sdmodel.codegen import jit
from sdmodel.codegen.compiled import CompiledKernel
from sdmodel.integrators.base import Grid, Trajectory
from sdmodel.integrators.fixed import Tableau, half_step
from sdmodel.kernel import Array
from sdmodel.program import CONTROL, Program
from sdmodel.reference import ReferenceKernel
from sdmodel.simplify import Simplified, needed

_RATES = ctypes.CFUNCTYPE(None, ctypes.c_void_p)


class DraftKernel(CompiledKernel):
    """A program compiled one run wide and without optimisation.

    The code is made in a tenth of the time that the compiled kernel needs and is some times
    slower. Its numbers are those of the `exact` compiled kernel but for rounding.
    """

    def __init__(self, program: Program) -> None:
        super().__init__(program, exact=True, width=1)

    def _simplified(self, program: Program) -> Simplified:
        return Simplified(program.start, program.step, {})

    def _module(self, key: object, text: str) -> jit.Machine:
        if key not in self._modules:
            self._modules[key] = jit.compile_draft(text)
        return self._modules[key]

    @functools.cached_property
    def reference(self) -> ReferenceKernel:
        """What finds the run controls, and no more of the program than that."""
        start = tuple(needed(self.program.start, CONTROL))
        return ReferenceKernel(replace(self.program, start=start, step=()))

    def run_fixed(
        self,
        columns: Mapping[str, Array | float],
        runs: int,
        grid: Grid,
        tableau: Tableau,
        outputs: Sequence[int],
        threads: int = 1,
    ) -> Trajectory:
        """Integrate over the grid; a run is bad from its first saved time that is not finite."""
        half = half_step(grid.step)
        values, _ = self.batch(columns, runs, grid, tableau, outputs, half, threads)
        finite = np.isfinite(values).all(axis=0)
        bad = np.where(finite.all(axis=0), -1, np.argmin(finite, axis=0))
        return Trajectory(grid.times, values, bad, grid.steps, grid.notes)

    def with_constants(self, program: Program) -> DraftKernel:
        """Return the same code for a program that differs in the values of constants alone."""
        other = copy.copy(self)
        other.program = program
        other.__dict__.pop("reference", None)
        return other

    def rates(self, state: Array) -> None:
        """Compute everything that follows from Time and the stocks of a run, after one was made.

        `state` has the values of one run at one time, as many as the kernel's layout has slots.
        """
        machine = next(iter(self._modules.values()))
        _RATES(machine.address("rates"))(state.ctypes.data)
