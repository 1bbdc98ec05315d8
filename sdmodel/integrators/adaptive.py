"""SciPy's adaptive solvers on the same rates, restarted wherever the equations jump.

Between two jumps every comparison is held at its outcome, so that the solver sees smooth
equations only. Jumps in Time are found before the run; a comparison of the state is an event of
the solver (`scipy.integrate.solve_ivp`), located to rounding, after which the run goes on with the
new outcome.
"""

from __future__ import annotations

import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sdmodel.errors import SolverError
from sdmodel.integrators.base import Grid, SciPy, Trajectory
from sdmodel.integrators.instants import jump_instants
from sdmodel.kernel import Array, Kernel, SwitchedWorkspace
from sdmodel.program import HALF_STEP, TIME, Program

# A switch that flips more often than this within one TIME STEP is flipping back and forth.
MOST_FLIPS = 200


class _NotFinite(Exception):
    def __init__(self, time: float, variable: str) -> None:
        self.time, self.variable = time, variable


class _Problem:
    """The rates of one run as the function a solver wants."""

    def __init__(self, program: Program, work: SwitchedWorkspace) -> None:
        slots = program.layout.slots
        self.program, self.work = program, work
        self.time = slots[TIME]
        self.stocks = np.array([slots[s.name] for s in program.stocks], dtype=np.intp)
        self.rates = np.array([slots[s.rate] for s in program.stocks], dtype=np.intp)
        self.evaluations = 0
        self._sides: tuple[float, bytes, Array, Array] | None = None

    def __call__(self, t: float, y: Array) -> Array:
        values = self.work.values
        values[self.time, 0] = t
        values[self.stocks, 0] = y
        self.work.rates()
        self.evaluations += 1
        rates: Array = values[self.rates, 0]
        if not np.isfinite(rates).all():
            first = int(np.argmin(np.isfinite(rates)))
            raise _NotFinite(t, self.program.stocks[first].variable)
        return rates

    def outcomes(self, t: float, y: Array) -> Array:
        """Return the outcomes of all jumps at a point, let free."""
        self.work.hold(None)
        values = self.work.values
        values[self.time, 0] = t
        values[self.stocks, 0] = y
        self.work.rates()
        free: Array = self.work.outcomes()[:, 0]
        return free

    def sides(self, t: float, y: Array) -> tuple[Array, Array]:
        """Return both sides of every jump; kept, for there is one event function for each."""
        if self._sides is None or self._sides[0] != t or self._sides[1] != y.tobytes():
            values = self.work.values
            values[self.time, 0] = t
            values[self.stocks, 0] = y
            self.work.rates()
            left, right = self.work.jump_sides()
            self._sides = (t, y.tobytes(), left[:, 0], right[:, 0])
        return self._sides[2], self._sides[3]

    def forget(self) -> None:
        """Drop what is kept, because the held outcomes change."""
        self._sides = None


def run_adaptive(
    kernel: Kernel,
    work: SwitchedWorkspace,
    grid: Grid,
    method: SciPy,
    outputs: Sequence[int],
    width: float,
) -> Trajectory:
    """Integrate one started run; `width` is the file's TIME STEP, the scale on which to look."""
    program = kernel.program
    work.values[program.layout.slots[HALF_STEP]] = 0.0
    problem = _Problem(program, work)
    times = grid.times
    notes = list(grid.notes)
    breaks = jump_instants(kernel, work, grid.start, grid.final, width)
    loose = sorted({j.variable for j in work.jumps if not j.holds and not j.time_only})
    if loose:
        notes.append(f"jumps inside {', '.join(map(repr, loose))} are not located")
    states = np.empty((len(program.stocks), len(times)))
    states[:, 0] = work.values[problem.stocks, 0]
    if len(program.stocks) and grid.steps:
        try:
            _integrate(problem, method, grid, breaks, states, times, width, bool(loose))
        except _NotFinite as stop:
            raise SolverError(
                f"{stop.variable!r} is no longer a finite number at time {stop.time:g} "
                f"({method.name}); look at its equation there, or at the values given",
                time=stop.time,
                variable=stop.variable,
            ) from None
    values = _outputs(kernel, work, states, times, outputs)
    finite = np.isfinite(states).all(axis=0) & np.isfinite(values).all(axis=0)
    bad = np.array([-1 if finite.all() else int(np.argmin(finite))], dtype=np.intp)
    return Trajectory(times, values[:, :, None], bad, problem.evaluations, tuple(notes))


def _integrate(
    problem: _Problem,
    method: SciPy,
    grid: Grid,
    breaks: Array,
    states: Array,
    times: Array,
    width: float,
    loose: bool,
) -> None:
    t, y = grid.start, states[:, 0].copy()
    ends = [*breaks[(breaks > t) & (breaks < grid.final)], grid.final]
    atol = _tolerance(problem, method, t, y, grid.final)
    jumps = problem.work.jumps
    held = np.array([j.holds for j in jumps], dtype=bool)
    located = [i for i, j in enumerate(jumps) if j.ordering and not j.time_only]
    time_only = np.array([j.time_only for j in jumps], dtype=bool)
    flips, since = 0, t
    for end in ends:
        while t < end:
            outcomes = np.zeros(len(jumps))
            if len(jumps):
                middle = problem.outcomes((t + end) / 2, y)
                ahead = min(1e-8 * width, 1e-3 * (end - t))
                now = problem.outcomes(t, y)
                problem.work.hold(np.where(time_only & held, middle, now)[:, None])
                later = problem.outcomes(t + ahead, y + ahead * problem(t, y))
                outcomes = np.where(time_only & held, middle, later)
                problem.work.hold(outcomes[:, None])
            problem.forget()
            wanted = (times > t) & (times <= end)
            limit = width if loose else np.inf
            solution = _solve(problem, method, (t, end), y, times[wanted], atol, limit, located,
                              outcomes)  # fmt: skip
            _store(states, times, t, solution)
            if solution.status == 1:
                t, y, which = _first_event(solution, located)
                flips = flips + 1 if t - since < width else 0
                since = since if t - since < width else t
                if flips > MOST_FLIPS:
                    name = jumps[which].variable
                    raise SolverError(
                        f"a switch in {name!r} flips back and forth at time {t:g}; run the model "
                        'with a fixed step (method="vensim"), or make the switch gradual',
                        time=t,
                        variable=name,
                    )
            else:
                t, y = end, solution.y[:, -1].copy()
    problem.work.hold(None)


def _tolerance(problem: _Problem, method: SciPy, t: float, y: Array, final: float) -> Any:
    """Absolute tolerances: each stock's own size, and what it may become, times rtol."""
    if method.atol is not None:
        return method.atol
    size = np.maximum(np.abs(y), 1e-3 * np.abs(problem(t, y)) * (final - t))
    return method.rtol * np.maximum(size, 1e-6 * max(size.max(initial=0.0), 1e-6))


def _solve(
    problem: _Problem,
    method: SciPy,
    span: tuple[float, float],
    y: Array,
    wanted: Array,
    atol: Any,
    limit: float,
    located: list[int],
    outcomes: Array,
) -> Any:
    from scipy.integrate import solve_ivp

    at = np.unique(np.append(wanted, span[1]))
    events = [_event(problem, i, outcomes[i]) for i in located]
    for attempt in (limit, min(limit, (span[1] - span[0]) / 64)):
        problem.forget()
        try:
            with warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                solution = solve_ivp(
                    problem,
                    span,
                    y,
                    method=method.name,
                    t_eval=at,
                    events=events or None,
                    rtol=method.rtol,
                    atol=atol,
                    max_step=attempt,
                )
        except _NotFinite:
            # A trial step may leave the domain of a logarithm or root; shorter ones need not.
            if attempt != limit:
                raise
            continue
        if solution.status >= 0:
            return solution
        if attempt != limit:
            break
    steep = int(np.argmax(np.abs(problem(span[0], y)) / (np.abs(y) + 1e-300)))
    name = problem.program.stocks[steep].variable
    raise SolverError(
        f"{method.name} gave up between time {span[0]:g} and {span[1]:g}: "
        f"{solution.message.rstrip('.')}; {name!r} changes fastest there. "
        'Try method="Radau", or the file\'s own method="vensim"',
        time=span[0],
        variable=name,
    )


def _event(problem: _Problem, index: int, outcome: float) -> Callable[[float, Array], float]:
    """Return a function that falls through zero where a comparison flips.

    The outcome is allowed to be wrong by a trifle: so a comparison that starts at equality after
    its own flip does not flip at once again.
    """
    jump = problem.work.jumps[index]
    sign = 1.0 if (outcome != 0) == (jump.op in (">", ">=")) else -1.0

    def margin(time: float, state: Array) -> float:
        left, right = problem.sides(time, state)
        slack = 1e-12 * max(abs(left[index]), abs(right[index])) + 1e-300
        return float(sign * (left[index] - right[index]) + slack)

    margin.terminal = True  # type: ignore[attr-defined]
    margin.direction = -1.0  # type: ignore[attr-defined]
    return margin


def _store(states: Array, times: Array, start: float, solution: Any) -> None:
    for t, y in zip(solution.t, solution.y.T, strict=True):
        index = int(np.searchsorted(times, t))
        if index < len(times) and times[index] == t and t > start:
            states[:, index] = y


def _first_event(solution: Any, located: list[int]) -> tuple[float, Array, int]:
    happened = [
        (float(when[0]), which) for which, when in enumerate(solution.t_events) if len(when)
    ]
    t, which = min(happened)
    return t, solution.y_events[which][0].copy(), located[which]


def _outputs(
    kernel: Kernel, work: SwitchedWorkspace, states: Array, times: Array, outputs: Sequence[int]
) -> Array:
    """Return everything asked for at the saved times, each time as one run of a batch."""
    program = kernel.program
    slots = program.layout.slots
    every = kernel.workspace(len(times))
    every.values[...] = work.values[:, :1]
    every.values[slots[TIME]] = times
    every.values[[slots[s.name] for s in program.stocks]] = states
    every.rates()
    return every.values[np.array(outputs, dtype=np.intp)].copy()
