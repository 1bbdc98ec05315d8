"""A program, values and a method become runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from typing import Protocol, runtime_checkable

import numpy as np

from sdmodel.errors import OverrideError, SDError, SolverError
from sdmodel.expr import references
from sdmodel.integrators import (
    AutoStep,
    FixedStep,
    Grid,
    Method,
    SciPy,
    Tableau,
    Trajectory,
    method_named,
    tableau_of,
)
from sdmodel.integrators.auto import Auto
from sdmodel.integrators.difference import Late, as_recorded, with_steps_before
from sdmodel.integrators.dynamic import run_dynamic
from sdmodel.integrators.fixed import Fixed, Stepper, half_step, run_steps
from sdmodel.kernel import Array, Kernel, SwitchedWorkspace, Workspace, set_constants
from sdmodel.program import (
    CONTROL,
    FINAL_TIME,
    HALF_STEP,
    INITIAL_TIME,
    RUN_NUMBER,
    SAVEPER,
    TIME,
    TIME_STEP,
    Program,
)

# Measured on a model of 100 instructions: with fewer runs at a time the calls to NumPy cost more
# than the numbers, with more the values leave the processor's cache.
RUNS_AT_A_TIME = 4096
LARGEST_RESULT = 4 * 2**30


@dataclass(frozen=True, slots=True)
class Timing:
    """What a run is given in place of the file's control variables; None keeps the file's."""

    step: float | None = None
    final: float | None = None
    save_every: float | None = None


def choose_method(program: Program, method: str | Method) -> tuple[Method, str]:
    """Return the method to use, and why if the choice was ours.

    "auto" is LSODA for a model that is a system of differential equations, otherwise, like
    "vensim", the method the file itself asks for.
    """
    if not isinstance(method, str) or method.casefold() not in ("auto", "vensim"):
        chosen = method_named(method)
        if isinstance(chosen, SciPy):
            _refuse_memory(program, chosen)
        return chosen, ""
    if method.casefold() == "auto":
        why = _not_an_ode(program)
        if not why:
            return SciPy("LSODA"), ""
        return method_named(program.method), f"the file's own method: {why}"
    return method_named(program.method), ""


def remembering(program: Program) -> list[tuple[str, str]]:
    """Return what is no differential equation, as (variable, what it does)."""
    named = {variable for variable, _ in program.memory_users}
    others = dict.fromkeys(one.variable for one in program.memories)
    return [
        *program.memory_users,
        *((name, "a delay whose time changes") for name in others if name not in named),
    ]


def _not_an_ode(program: Program) -> str:
    for variable, function in remembering(program):
        return f"{variable!r} uses {function}, which remembers from step to step"
    if program.step_users:
        return f"{program.step_users[0]!r} is written with TIME STEP"
    if program.dynamic_control:
        return "the run controls change over time"
    return ""


def _refuse_memory(program: Program, method: SciPy) -> None:
    users = ", ".join(f"{what} in {name!r}" for name, what in remembering(program))
    if program.dynamic_control:
        users = users or "run controls that change over time"
    if users:
        raise OverrideError(
            "method",
            f"{method.name} cannot run {users}: this is no differential equation, it remembers "
            'from step to step. Use method="vensim", or a smooth delay such as DELAY3 instead',
        )


def started(
    kernel: Kernel, columns: Mapping[str, Array | float], runs: int, step: float | None
) -> tuple[SwitchedWorkspace, float]:
    """Return a workspace with constants set and initial values computed, and the file's step."""
    program = kernel.program
    work, slots = kernel.workspace(runs), program.layout.slots
    set_constants(program, work.values, columns)
    work.values[slots[TIME]] = 0.0
    # TIME STEP may be computed, so that it is known only after a first start.
    for _ in range(2):
        work.start()
        width = _one(work, program, TIME_STEP)
        work.values[slots[HALF_STEP]] = half_step(width if step is None else step)
        if program.dynamic_control:
            work.values[slots[TIME]] = work.values[slots[INITIAL_TIME]]
            work.rates()
    return work, width


def starts(kernel: Kernel, stock: str) -> dict[str, float]:
    """Return what each element of a stock starts at, by name; `stock` is its key."""
    program = kernel.program
    work, _ = started(kernel, {}, 1, None)
    columns = (program.columns[one] for one in program.elements(stock))
    return {name: float(work.values[slot][0]) for name, slot in columns}


def _one(work: SwitchedWorkspace, program: Program, name: str) -> float:
    values = work.values[program.layout.slots[name]]
    first = values[0]
    if not ((values == first) | (np.isnan(values) & np.isnan(first))).all():
        shown = name.upper()
        raise OverrideError(
            shown, f"{shown} differs between the runs of one batch: split the table"
        )
    return float(first)


def grid_of(work: SwitchedWorkspace, program: Program, timing: Timing) -> Grid:
    """Return the instants of a run from the control variables and what replaces them."""
    step = _one(work, program, TIME_STEP) if timing.step is None else timing.step
    final = _one(work, program, FINAL_TIME) if timing.final is None else timing.final
    save = _one(work, program, SAVEPER) if timing.save_every is None else timing.save_every
    return Grid.build(_one(work, program, INITIAL_TIME), final, step, save)


def check_clock(kernel: Kernel) -> None:
    """Refuse run controls with which no run can begin, as a run itself does.

    Raises
    ------
    OverrideError
        Such as for a TIME STEP of zero.
    """
    program = kernel.program
    work, _ = started(kernel, {}, 1, None)
    timing = Timing()
    if program.dynamic_control:  # a FINAL TIME that moves may be behind at first
        start, final = (_one(work, program, name) for name in (INITIAL_TIME, FINAL_TIME))
        timing = Timing(final=max(final, start))
    grid_of(work, program, timing)


def trajectory(
    kernel: Kernel,
    columns: Mapping[str, Array | float],
    runs: int,
    method: Method,
    timing: Timing,
    outputs: Sequence[int],
    threads: int = 1,
) -> Trajectory:
    """Integrate a batch; where the step is adapted there is one run in it.

    A kernel with a fixed-step loop of its own runs it; for others there is the reference loop.
    """
    program = kernel.program
    if isinstance(method, FixedStep) and _is_native(kernel, method):
        first, rows = _for_controls(program, columns, runs)
        work, _ = started(_setup(kernel), first, rows, timing.step)
        grid = grid_of(work, program, timing)
        return _on_grid(kernel, columns, runs, method, grid, outputs, threads)
    if isinstance(method, FixedStep):
        kernel = _setup(kernel)
    work, width = started(kernel, columns, runs, timing.step)
    if program.dynamic_control and not isinstance(method, SciPy):
        if timing != Timing():
            reason = "the run controls change over time in this model: change them in the file"
            raise OverrideError("TIME STEP", reason)
        late = Late.of(program, outputs) if _is_difference(method) else None
        return run_dynamic(program, work, _stepper(program, work, method), outputs, late)
    grid = grid_of(work, program, timing)
    if isinstance(method, FixedStep):
        return _on_grid(kernel, columns, runs, method, grid, outputs, threads, work)
    _refuse_size(len(outputs), len(grid.saved), runs)
    if isinstance(method, AutoStep):
        return run_steps(program, work, grid, Auto(program, work, method), outputs)
    from sdmodel.integrators.adaptive import run_adaptive

    return run_adaptive(kernel, work, grid, method, outputs, width)


def _on_grid(
    kernel: Kernel,
    columns: Mapping[str, Array | float],
    runs: int,
    method: FixedStep,
    grid: Grid,
    outputs: Sequence[int],
    threads: int,
    work: Workspace | None = None,
) -> Trajectory:
    """Integrate by a fixed-step method: a started workspace, or all of it in machine code."""
    difference = _is_difference(method)
    wide = with_steps_before(grid) if difference else grid
    _refuse_size(len(outputs), len(wide.saved), runs)
    if work is not None:
        done = run_steps(
            kernel.program, work, wide, _stepper(kernel.program, work, method), outputs
        )
    else:
        assert isinstance(kernel, NativeKernel)
        done = kernel.run_fixed(columns, runs, wide, tableau_of(method.name), outputs, threads)
    if not difference:
        return done
    return as_recorded(Late.of(kernel.program, outputs), done, wide, grid)


def _is_difference(method: Method) -> bool:
    return isinstance(method, FixedStep) and method.name == "difference"


def _stepper(program: Program, work: Workspace, method: FixedStep | AutoStep) -> Stepper:
    if isinstance(method, AutoStep):
        return Auto(program, work, method)
    return Fixed(program, work, tableau_of(method.name))


@runtime_checkable
class NativeKernel(Kernel, Protocol):
    """A kernel with a fixed-step loop of its own."""

    @property
    def reference(self) -> Kernel:
        """The same program in NumPy."""

    def run_fixed(
        self,
        columns: Mapping[str, Array | float],
        runs: int,
        grid: Grid,
        tableau: Tableau,
        outputs: Sequence[int],
        threads: int = 1,
    ) -> Trajectory:
        """Integrate a batch from its start over the grid; `outputs` are slots to save."""


def _is_native(kernel: Kernel, method: Method) -> bool:
    return (
        isinstance(kernel, NativeKernel)
        and isinstance(method, FixedStep)
        and not kernel.program.dynamic_control
    )


def _setup(kernel: Kernel) -> Kernel:
    """Return the kernel that finds the run controls: NumPy's needs no compiling."""
    return kernel.reference if isinstance(kernel, NativeKernel) else kernel


def _for_controls(
    program: Program, columns: Mapping[str, Array | float], runs: int
) -> tuple[Mapping[str, Array | float], int]:
    """Return the runs that must be started to know the run controls: one, unless they differ."""
    open_ = set(CONTROL)
    for statement in reversed(program.start):
        if statement.target in open_:
            open_ |= {ref.name for ref in references(statement.value)}
    if open_.isdisjoint(columns):
        return {}, 1
    return columns, runs


def batch(
    kernel: Kernel,
    columns: Mapping[str, Array],
    runs: int,
    method: Method,
    timing: Timing,
    outputs: Sequence[int],
    threads: int | None,
    progress: Callable[[int, int], None] | None,
) -> Trajectory:
    """Integrate many runs in parts; parts and threads do not change the numbers.

    Machine code uses every processor unless told otherwise, NumPy only one: its short calls would
    wait for each other.
    """
    if runs == 0:
        raise SDError("the table has no rows: there is nothing to run")
    if threads is not None and threads < 1:
        raise OverrideError("threads", f"threads is {threads}: give 1 or more")
    if not kernel.program.dynamic_control:
        some, rows = _for_controls(kernel.program, columns, runs)
        first, _ = started(_setup(kernel), some, rows, timing.step)
        times = len(grid_of(first, kernel.program, timing).saved)
        _refuse_size(len(outputs), times, runs)
    if RUN_NUMBER in kernel.program.constants and RUN_NUMBER not in columns:
        columns = {**columns, RUN_NUMBER: np.arange(runs, dtype=float)}
    # Where the step is adapted, it must not depend on what else is in the batch.
    alone = not isinstance(method, FixedStep) or kernel.program.dynamic_control
    count = runs if alone else -(-runs // RUNS_AT_A_TIME)
    parts = [slice(runs * i // count, runs * (i + 1) // count) for i in range(count)]

    native = _is_native(kernel, method)
    inside = threads or os.cpu_count() or 1 if native else 1
    outside = 1 if native or threads is None else threads

    def run(part: slice) -> Trajectory:
        return _part(kernel, columns, part, method, timing, outputs, inside)

    whole: Trajectory | None = None
    with ThreadPoolExecutor(outside) as pool:
        try:
            each = map(run, parts) if outside == 1 else pool.map(run, parts)
            for part, one in zip(parts, each, strict=True):
                if len(parts) == 1:
                    whole = one
                else:
                    whole = whole or _room_for(one, runs)
                    _put(whole, one, part)
                if progress is not None:
                    progress(part.stop, runs)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    assert whole is not None
    return whole


def _room_for(one: Trajectory, runs: int) -> Trajectory:
    values = np.empty((*one.values.shape[:2], runs))
    return Trajectory(one.times, values, np.empty(runs, dtype=np.intp), 0, one.notes)


def _put(whole: Trajectory, one: Trajectory, part: slice) -> None:
    if not np.array_equal(one.times, whole.times):
        reason = "the runs of one batch must have the same saved times: split the table"
        raise OverrideError("FINAL TIME", f"{reason} by its run controls")
    whole.values[:, :, part] = one.values
    whole.bad[part] = one.bad
    whole.steps = max(whole.steps, one.steps)
    whole.unknown = max(whole.unknown, one.unknown)
    whole.errors |= {part.start + run: error for run, error in one.errors.items()}


def _part(
    kernel: Kernel,
    columns: Mapping[str, Array],
    part: slice,
    method: Method,
    timing: Timing,
    outputs: Sequence[int],
    threads: int,
) -> Trajectory:
    chosen = {name: values[part] for name, values in columns.items()}
    runs = part.stop - part.start
    try:
        return trajectory(kernel, chosen, runs, method, timing, outputs, threads)
    except SolverError as error:  # a solver that gave up: this run failed, the others go on
        work, _ = started(_setup(kernel), chosen, 1, timing.step)
        grid = grid_of(work, kernel.program, timing)
        values = np.full((len(outputs), len(grid.saved), 1), np.nan)
        bad = np.zeros(1, dtype=np.intp)
        return Trajectory(grid.times, values, bad, 0, grid.notes, {0: error})


def _refuse_size(outputs: int, times: int, runs: int) -> None:
    size = 8 * outputs * times * runs
    if size > LARGEST_RESULT:
        what = f"{runs:,} runs" if runs > 1 else "a run"
        cure = "name fewer outputs=, set save_every=, or split the table"
        raise SDError(
            f"{what} of {outputs} outputs at {times:,} times would need {size / 2**30:.2g} GiB: "
            + (cure if runs > 1 else "set save_every=, or a final_time= that is nearer")
        )
