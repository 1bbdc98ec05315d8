"""A program, values and a method become runs."""

from __future__ import annotations

import os
from collections.abc import Callable, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass

import numpy as np

from sdmodel.errors import OverrideError, SDError
from sdmodel.integrators import FixedStep, Grid, Method, SciPy, Trajectory, method_named
from sdmodel.integrators.fixed import TABLEAUS, half_step, run_dynamic, run_fixed
from sdmodel.kernel import Array, Kernel, SwitchedWorkspace
from sdmodel.program import (
    FINAL_TIME,
    HALF_STEP,
    INITIAL_TIME,
    SAVEPER,
    TIME,
    TIME_STEP,
    Program,
)

# Runs whose values fit the processor's cache together: more at a time would be slower.
RUNS_AT_A_TIME = 1024
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
        return _of_file(program), f"the file's own method: {why}"
    return _of_file(program), ""


def _of_file(program: Program) -> FixedStep:
    if program.method in TABLEAUS:
        return FixedStep(program.method)
    names = {
        "rk4auto": ("RK4 with automatic step", "rk4"),
        "rk2auto": ("RK2 with automatic step", "rk2"),
        "difference": ("Difference equations", "euler"),
    }
    what, near = names[program.method]
    raise OverrideError(
        "method",
        f'the file asks for the integration method "{what}", which is not offered yet; give '
        f'method="{near}" (fixed step) or a SciPy method such as "LSODA"',
    )


def _not_an_ode(program: Program) -> str:
    if program.memory_users:
        variable, function = program.memory_users[0]
        return f"{variable!r} uses {function}, which remembers from step to step"
    if program.step_users:
        return f"{program.step_users[0]!r} is written with TIME STEP"
    if program.dynamic_control:
        return "the run controls change over time"
    return ""


def _refuse_memory(program: Program, method: SciPy) -> None:
    if program.memory_users or program.dynamic_control:
        users = ", ".join(f"{function} in {name!r}" for name, function in program.memory_users)
        users = users or "run controls that change over time"
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
    for name, value in program.constants.items():
        work.values[slots[name]] = columns.get(name, value)
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


def _one(work: SwitchedWorkspace, program: Program, name: str) -> float:
    values = work.values[program.layout.slots[name]]
    if values.size and not (values == values[0]).all() and np.isfinite(values).all():
        shown = name.upper()
        raise OverrideError(
            shown, f"{shown} differs between the runs of one batch: split the table"
        )
    return float(values[0])


def grid_of(work: SwitchedWorkspace, program: Program, timing: Timing) -> Grid:
    """Return the instants of a run from the control variables and what replaces them."""
    step = _one(work, program, TIME_STEP) if timing.step is None else timing.step
    final = _one(work, program, FINAL_TIME) if timing.final is None else timing.final
    save = _one(work, program, SAVEPER) if timing.save_every is None else timing.save_every
    return Grid.build(_one(work, program, INITIAL_TIME), final, step, save)


def trajectory(
    kernel: Kernel,
    columns: Mapping[str, Array | float],
    runs: int,
    method: Method,
    timing: Timing,
    outputs: Sequence[int],
) -> Trajectory:
    """Integrate a batch; under a SciPy method there is one run in it."""
    program = kernel.program
    work, width = started(kernel, columns, runs, timing.step)
    if program.dynamic_control and isinstance(method, FixedStep):
        if timing != Timing():
            reason = "the run controls change over time in this model: change them in the file"
            raise OverrideError("TIME STEP", reason)
        return run_dynamic(program, work, TABLEAUS[method.name], outputs)
    grid = grid_of(work, program, timing)
    if isinstance(method, FixedStep):
        return run_fixed(program, work, grid, TABLEAUS[method.name], outputs)
    from sdmodel.integrators.adaptive import run_adaptive

    return run_adaptive(kernel, work, grid, method, outputs, width)


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
    """Integrate many runs in parts, on several threads; the parts do not change the numbers."""
    if runs == 0:
        raise SDError("the table has no rows: there is nothing to run")
    size = 1 if isinstance(method, SciPy) else RUNS_AT_A_TIME
    parts = [slice(first, min(first + size, runs)) for first in range(0, runs, size)]
    _refuse_size(kernel, columns, timing, len(outputs), runs)

    def run(part: slice) -> Trajectory:
        return _part(kernel, columns, part, method, timing, outputs)

    done: list[Trajectory] = []
    finished = 0
    with ThreadPoolExecutor(threads or min(4, os.cpu_count() or 1)) as pool:
        try:
            for part, one in zip(parts, pool.map(run, parts), strict=True):
                done.append(one)
                finished = part.stop
                if progress is not None:
                    progress(finished, runs)
        except BaseException:
            pool.shutdown(cancel_futures=True)
            raise
    return Trajectory(
        done[0].times,
        np.concatenate([one.values for one in done], axis=2),
        np.concatenate([one.bad for one in done]),
        max(one.steps for one in done),
        done[0].notes,
        {parts[i].start: m for i, one in enumerate(done) for m in one.messages.values()},
    )


def _part(
    kernel: Kernel,
    columns: Mapping[str, Array],
    part: slice,
    method: Method,
    timing: Timing,
    outputs: Sequence[int],
) -> Trajectory:
    chosen = {name: values[part] for name, values in columns.items()}
    try:
        return trajectory(kernel, chosen, part.stop - part.start, method, timing, outputs)
    except ArithmeticError as error:  # a solver that gave up: this run failed, the others go on
        work, _ = started(kernel, chosen, 1, timing.step)
        times = grid_of(work, kernel.program, timing).times
        values = np.full((len(outputs), len(times), 1), np.nan)
        return Trajectory(times, values, np.zeros(1, dtype=np.intp), 0, (), {0: str(error)})


def _refuse_size(
    kernel: Kernel, columns: Mapping[str, Array], timing: Timing, outputs: int, runs: int
) -> None:
    if kernel.program.dynamic_control:
        return
    first = {name: values[:1] for name, values in columns.items()}
    work, _ = started(kernel, first, 1, timing.step)
    times = len(grid_of(work, kernel.program, timing).saved)
    size = 8 * outputs * times * runs
    if size > LARGEST_RESULT:
        raise SDError(
            f"{runs:,} runs of {outputs} outputs at {times} times would need "
            f"{size / 2**30:.1f} GiB: name fewer outputs=, set save_every=, or split the table"
        )
