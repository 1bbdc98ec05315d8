"""The compiled kernel: the same program as the reference, in machine code."""

from __future__ import annotations

import ctypes
import functools
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor

import numpy as np
from numpy.typing import NDArray

from sdmodel.codegen import driver, jit
from sdmodel.codegen.rates import Code, write_function
from sdmodel.codegen.switched import write_switched
from sdmodel.integrators.base import Grid, Trajectory
from sdmodel.integrators.fixed import Tableau, half_step, run_fixed
from sdmodel.integrators.slots import PipelineSlots, pipelines_of
from sdmodel.kernel import Array, Jump, set_constants
from sdmodel.program import HALF_STEP, STEP_NUMBER, TIME, Phase, Program
from sdmodel.reference import ReferenceKernel
from sdmodel.simplify import Simplified, needed, run_constants, simplify

_AT_A_TIME = 1024
_LARGEST_PAST = 2**29
_MOST_PIPELINES = 500  # each has code of its own
_P = ctypes.c_void_p
_D = ctypes.c_double
_SWITCHED = ctypes.CFUNCTYPE(None, _P, _P, _P, _P, _P, ctypes.c_bool)
_BATCH = ctypes.CFUNCTYPE(None, *[_P] * 9, _D, _D, _D)
_START = ctypes.CFUNCTYPE(None, _P)


class CompiledKernel:
    """A program compiled for this processor.

    Fixed-step runs are computed `width` at a time, a single one too, with the other lanes as
    padding; SciPy's solvers get a scalar function. `exact` leaves out the vector math library.
    """

    def __init__(self, program: Program, *, exact: bool = False, width: int | None = None) -> None:
        self.program, self.exact = program, exact
        self.width = width or jit.widest()
        self.parts = self._simplified(program)
        self.layout = program.layout.extended(self.parts.extra)
        self.slots = self.layout.slots
        self._modules: dict[object, jit.Machine] = {}

    def _simplified(self, program: Program) -> Simplified:
        return simplify(program)

    # Assembly -----------------------------------------------------------------------------------

    def _code(self, width: int) -> Code:
        return Code(
            width,
            self.layout,
            permute=width == 8 and jit.can_permute(),
            vector_math=not self.exact,
        )

    def batch_text(self, outputs: Sequence[int], tableau: Tableau) -> str:
        """Return the assembly of a fixed-step batch that saves these slots."""
        program, code = self.program, self._code(self.width)
        stocks = [s.name for s in program.stocks]
        lasting = run_constants(program) | set(self.parts.extra) | {TIME, *stocks}
        lasting |= {m.name for m in program.memories} | {p.name for p in program.pipelines}
        write_function(code, "start", self.parts.start, lasting)
        stored = {s.rate for s in program.stocks} | {m.source for m in program.memories}
        stored |= {p.source for p in program.pipelines}
        moving = {s.target for s in self.parts.step}
        stored |= {program.layout.name_of(slot) for slot in outputs} & moving
        write_function(code, "rates", needed(self.parts.step, stored), stored)
        plan = driver.Plan(
            time=self.slots[TIME],
            half_step=self.slots[HALF_STEP],
            stocks=self.slots[stocks[0]] if stocks else 0,
            rates=self.slots[program.stocks[0].rate] if stocks else 0,
            count=len(program.layout.block(stocks)),
            memories=tuple(
                driver.Copied(self.slots[m.name], self.slots[m.source], self.layout.size(m.name))
                for m in program.memories
            ),
            pipelines=tuple(driver.Pipe(*one) for one in self.pipelines),
            outputs=len(outputs),
            step=self.slots.get(STEP_NUMBER, -1),
        )
        code.functions.append(driver.write_batch(self.width, plan, tableau))
        return code.text()

    @functools.cached_property
    def pipelines(self) -> list[PipelineSlots]:
        """Where the parts of every DELAY FIXED lie."""
        return pipelines_of(self.program)

    @functools.cached_property
    def _switched(self) -> tuple[str, list[Jump]]:
        code = self._code(1)
        changing = (self.program.stocks, self.program.memories, self.program.pipelines)
        phases = {one.name: Phase.STATE for kind in changing for one in kind}
        for one in self.parts.step:
            phases[one.target] = max(one.phase, phases.get(one.target, Phase.CONSTANT))
        phases[TIME] = Phase.TIME
        jumps = write_switched(code, self.parts.step, phases)
        stocks = {s.name for s in self.program.stocks}
        lasting = run_constants(self.program) | set(self.parts.extra) | {TIME} | stocks
        lasting |= {m.name for m in self.program.memories}
        lasting |= {p.name for p in self.program.pipelines}
        write_function(code, "start", self.parts.start, lasting)
        return code.text(), jumps

    def switched_text(self) -> str:
        """Return the assembly of the scalar functions for SciPy's solvers."""
        return self._switched[0]

    @property
    def jumps(self) -> Sequence[Jump]:
        """The places where equations jump."""
        return self._switched[1]

    def _module(self, key: object, text: str) -> jit.Machine:
        if key not in self._modules:
            self._modules[key] = jit.compile_module(text)
        return self._modules[key]

    # Running ------------------------------------------------------------------------------------

    def workspace(self, runs: int) -> CompiledWorkspace:
        """Return a fresh workspace for so many runs."""
        machine = self._module("switched", self.switched_text())
        return CompiledWorkspace(self, machine, runs)

    def batch(
        self,
        columns: Mapping[str, Array | float],
        runs: int,
        grid: Grid,
        tableau: Tableau,
        outputs: Sequence[int],
        half: float,
        threads: int = 1,
    ) -> tuple[Array, Array]:
        """Run a whole batch; return `values[output, save, run]` and which runs went bad."""
        key = (tuple(outputs), tableau.name)
        machine = self._modules.get(key)
        if machine is None:
            machine = self._module(key, self.batch_text(outputs, tableau))
        function = _BATCH(machine.address("batch"))
        width = self.width
        blocks = -(-runs // width)
        padded = blocks * width
        over = np.empty((max(len(columns), 1), padded))
        for row, values in enumerate(columns.values()):
            over[row, :runs] = values
            over[row, runs:] = over[row, runs - 1]
        given = self.program.constant_slots
        slots = np.array([given[name] for name in columns], dtype=np.int64)
        saves = np.full(grid.steps + 1, -1, dtype=np.int64)
        saves[grid.saved] = np.arange(len(grid.saved))
        # A row length that is no power of two keeps rows from competing for the same cache lines.
        row = padded + 8
        out = np.empty((len(outputs), len(grid.saved), row))
        bad = np.empty(padded)

        def work(first: int, last: int) -> None:
            state = np.zeros((len(self.layout), width))
            set_constants(self.program, state, {})
            layout = self.program.layout
            count = len(layout.block(s.name for s in self.program.stocks))
            kept = len(layout.block(m.name for m in self.program.memories))
            size = count * (len(tableau.times) + 1) + kept + 1
            scratch = np.empty((size, width))
            ints = np.array(
                [first, last, grid.steps, len(grid.saved), len(slots), padded, row, *outputs],
                dtype=np.int64,
            )
            past = np.empty((len(self.pipelines) * (grid.steps + 1), width))
            arrays = (state, scratch, ints, slots, over, saves, out, bad, past)
            function(*(a.ctypes.data for a in arrays), grid.start, grid.step, half)

        share = max(1, -(-blocks // (max(threads, 1) * 8)))
        spans = [(b, min(b + share, blocks)) for b in range(0, blocks, share)]
        if threads <= 1 or len(spans) == 1:
            work(0, blocks)
        else:
            with ThreadPoolExecutor(threads) as pool:
                list(pool.map(lambda span: work(*span), spans))
        return out[:, :, :runs], np.isnan(bad[:runs])

    @property
    def label(self) -> str:
        """What outputs record of the engine: the processor decides the last digits."""
        short = ", exact" if self.exact else ""
        return f"compiled for {jit.target_name()}, {self.width} lanes{short}"

    @functools.cached_property
    def reference(self) -> ReferenceKernel:
        """The same program in NumPy: finds the run controls, and what went wrong in a run."""
        return ReferenceKernel(self.program)

    def run_fixed(
        self,
        columns: Mapping[str, Array | float],
        runs: int,
        grid: Grid,
        tableau: Tableau,
        outputs: Sequence[int],
        threads: int = 1,
    ) -> Trajectory:
        """Integrate a batch over the grid; `outputs` are slots of the layout."""
        # Machine code keeps the whole past of a DELAY FIXED; too long a one goes into a ring.
        pipes = len(self.pipelines)
        past = 8 * self.width * pipes * grid.steps * threads
        if past > _LARGEST_PAST or pipes > _MOST_PIPELINES:
            return self._by_reference(columns, np.arange(runs), grid, tableau, outputs)
        half = half_step(grid.step)
        values, flagged = self.batch(columns, runs, grid, tableau, outputs, half, threads)
        bad = np.full(runs, -1, dtype=np.intp)
        wrong = np.flatnonzero(flagged)
        for first in range(0, len(wrong), _AT_A_TIME):
            rows = wrong[first : first + _AT_A_TIME]
            bad[rows] = self._by_reference(columns, rows, grid, tableau, outputs).bad
        return Trajectory(grid.times, values, bad, grid.steps, grid.notes)

    def _by_reference(
        self,
        columns: Mapping[str, Array | float],
        rows: NDArray[np.intp],
        grid: Grid,
        tableau: Tableau,
        outputs: Sequence[int],
    ) -> Trajectory:
        """Run some rows by the reference kernel, which looks at every saved time."""
        program, slots = self.program, self.program.layout.slots
        work = self.reference.workspace(len(rows))
        chosen = {n: v[rows] if isinstance(v, np.ndarray) else v for n, v in columns.items()}
        set_constants(program, work.values, chosen)
        work.values[slots[HALF_STEP]] = half_step(grid.step)
        work.values[slots[TIME]] = 0.0
        work.start()
        return run_fixed(program, work, grid, tableau, outputs)


class CompiledWorkspace:
    """The values of some runs, computed one by one; see `sdmodel.kernel.Workspace`."""

    def __init__(self, kernel: CompiledKernel, machine: jit.Machine, runs: int) -> None:
        self.kernel, self._machine = kernel, machine
        count, jumps = len(kernel.layout), max(len(kernel.jumps), 1)
        self._all = np.zeros((runs, count))
        self.values = self._all.T  # behind the slots of the layout stand the values taken out
        self._held = np.zeros((runs, jumps))
        self._left = np.ones((runs, jumps))
        self._right = np.zeros((runs, jumps))
        self._outcomes = np.zeros((runs, jumps))
        self._hold = False
        self._start_function = _START(machine.address("start"))
        self._function = _SWITCHED(machine.address("switched"))
        self._calls = [
            (
                self._all[i].ctypes.data,
                self._held[i].ctypes.data,
                self._left[i].ctypes.data,
                self._right[i].ctypes.data,
                self._outcomes[i].ctypes.data,
            )
            for i in range(runs)
        ]

    def start(self) -> None:
        """Compute run constants and initial values."""
        for call in self._calls:
            self._start_function(call[0])

    def rates(self) -> None:
        """Compute everything that follows from Time and the stocks."""
        for call in self._calls:
            self._function(*call, self._hold)

    @property
    def jumps(self) -> Sequence[Jump]:
        """The places where equations jump."""
        return self.kernel.jumps

    def hold(self, outcomes: Array | None) -> None:
        """Give every jump this outcome until told otherwise."""
        self._hold = outcomes is not None
        if outcomes is not None:
            self._held[:, : len(outcomes)] = outcomes.T

    def jump_sides(self) -> tuple[Array, Array]:
        """Return what stands left and right in every comparison; 1 and 0 where there is none."""
        count = len(self.jumps)
        return self._left[:, :count].T, self._right[:, :count].T

    def outcomes(self) -> Array:
        """Return the present outcome of every jump."""
        return self._outcomes[:, : len(self.jumps)].T.copy()
