"""SciPy's adaptive solvers on the same rates, restarted wherever the equations jump.

Between two jumps every comparison is held at its outcome, so that the solver sees smooth
equations only. Jumps in Time are found before the run; where a comparison of the state flips is
located to rounding on the solver's own course within a step, and the run goes on from there with
the new outcome.
"""

from __future__ import annotations

import threading
import warnings
from collections.abc import Callable, Sequence
from typing import Any

import numpy as np

from sdmodel.errors import SolverError
from sdmodel.expr import references
from sdmodel.integrators.base import Grid, SciPy, Trajectory
from sdmodel.integrators.instants import jump_instants
from sdmodel.integrators.slots import slots_of
from sdmodel.kernel import Array, Kernel, SwitchedWorkspace
from sdmodel.program import HALF_STEP, TIME, Program

# A switch that flips more often than this within one TIME STEP is flipping back and forth.
MOST_FLIPS = 200
# More than any sensible run takes: a solver that creeps is stopped.
MOST_EVALUATIONS = 1_000_000
# A trial step may leave the domain of a logarithm or root where shorter ones need not: then no step
# may be longer than this part of the way.
SHORTER = (1 / 64, 1 / 4096)
# Where anything depends on Time, no step is longer than so many TIME STEPs: in a calm a solver
# would take steps long enough to pass by what begins and ends again within them.
LONGEST = 8
# SciPy's LSODA could not run twice at once before version 1.17, nor can warnings be switched off.
_ONE_AT_A_TIME = threading.Lock()


class _NotFinite(Exception):
    def __init__(self, time: float, variable: str) -> None:
        self.time, self.variable = time, variable


class _GaveUp(Exception):
    """A solver found no step short enough."""


class _Problem:
    """The rates of one run as the function a solver wants."""

    def __init__(self, program: Program, work: SwitchedWorkspace, most: int | None = None) -> None:
        slots = program.layout.slots
        self.most, self.looks = most, 0
        self.program, self.work = program, work
        self.time = slots[TIME]
        self.stocks, self.rates, self.owners, *_ = slots_of(program)
        self.evaluations = 0
        self.latest = np.inf

    def __call__(self, t: float, y: Array) -> Array:
        self._set(t, y)
        self.evaluations += 1
        if self.evaluations > MOST_EVALUATIONS:
            raise SolverError(
                f"the solver is still at time {t:g} after {self.evaluations:,} evaluations of the "
                'rates: use a larger rtol, another method, or the file\'s own method="vensim"',
                time=t,
            )
        rates: Array = self.work.values[self.rates, 0]
        if not np.isfinite(rates).all():
            rates = self._let_free()
        if not np.isfinite(rates).all():
            first = int(np.argmin(np.isfinite(rates)))
            raise _NotFinite(t, self.owners[first])
        return rates

    def _let_free(self) -> Array:
        """Return the rates with every comparison as it is.

        A trial step reaches beyond the next flip. A quotient that is guarded (ZIDZ) has no value
        there with the outcome that holds before; the flip itself is found afterwards.
        """
        held = self.work.outcomes()
        self.work.hold(None)
        self.work.rates()
        rates: Array = self.work.values[self.rates, 0].copy()
        self.work.hold(held)
        return rates

    def _set(self, t: float, y: Array) -> None:
        values = self.work.values
        # Before a jump in Time the clock stops just short of it: what holds there holds no longer.
        values[self.time, 0] = min(t, self.latest)
        values[self.stocks, 0] = y
        self.work.rates()
        self.looks += 1
        if self.most is not None and self.looks > self.most:
            raise SolverError(
                f"given up at time {t:g}, after the equations were worked out {self.most:,} times",
                time=t,
            )

    def outcomes(self, t: float, y: Array) -> Array:
        """Return the outcomes of all jumps at a point, let free."""
        self.work.hold(None)
        self._set(t, y)
        free: Array = self.work.outcomes()[:, 0]
        return free

    def sides(self, t: float, y: Array) -> tuple[Array, Array]:
        """Return both sides of every jump."""
        self._set(t, y)
        left, right = self.work.jump_sides()
        return left[:, 0], right[:, 0]

    def speed(self, t: float, y: Array) -> Array:
        """Return the size of the rates; zero where one is no number."""
        self._set(t, y)
        rates = np.abs(self.work.values[self.rates, 0])
        return np.where(np.isfinite(rates), rates, 0.0)

    def fastest(self) -> tuple[float, str]:
        """Return the time last looked at, and the variable that changes fastest there."""
        values = self.work.values
        with np.errstate(all="ignore"):
            speed = np.abs(values[self.rates, 0]) / (np.abs(values[self.stocks, 0]) + 1e-300)
        steep = int(np.argmax(speed))
        return float(values[self.time, 0]), self.owners[steep]


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
    problem = _Problem(program, work, method.most)
    times = grid.times
    notes = list(grid.notes)
    breaks = jump_instants(kernel, work, grid.start, grid.final, width)
    loose = sorted({j.variable for j in work.jumps if not j.holds and not j.time_only})
    if loose:
        notes.append(f"jumps inside {', '.join(map(repr, loose))} are not located")
    states = np.empty((len(problem.stocks), len(times)))
    states[:, 0] = work.values[problem.stocks, 0]
    if len(problem.stocks) and grid.steps:
        _refuse_start(problem, method, grid.start, states[:, 0])
        try:
            _integrate(problem, method, grid, breaks, states, times, width, bool(loose))
        except _NotFinite as stop:
            raise SolverError(
                f"{stop.variable!r} is no longer a finite number at time {stop.time:g} "
                f"({method.name}); look at its equation there, or at the values given",
                time=stop.time,
                variable=stop.variable,
            ) from None
    # An instant within rounding of a saved time has come at that time.
    work.values[program.layout.slots[HALF_STEP]] = 1e-9 * width
    values = _outputs(kernel, work, states, times, outputs)
    finite = np.isfinite(states).all(axis=0) & np.isfinite(values).all(axis=0)
    bad = np.array([-1 if finite.all() else int(np.argmin(finite))], dtype=np.intp)
    return Trajectory(times, values[:, :, None], bad, problem.evaluations, tuple(notes))


def _refuse_start(problem: _Problem, method: SciPy, start: float, state: Array) -> None:
    if np.isfinite(state).all():
        return
    name = problem.owners[int(np.argmin(np.isfinite(state)))]
    raise SolverError(
        f"{name!r} is not a finite number at time {start:g}, where the run begins ({method.name}); "
        "look at its initial value",
        time=start,
        variable=name,
    )


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
    atol = _tolerance(problem, method, y, (grid.start, grid.final), width)
    limit = width if loose else LONGEST * width if _has_inputs(problem.program) else np.inf
    flips, since = 0, t
    for end in ends:
        problem.latest = np.nextafter(end, -np.inf) if end in breaks else np.inf
        while t < end:
            outcomes = _settle(problem, t, y, end, width)
            watch = _Watch(problem, outcomes, t, y)
            t, y, flipped = _solve(problem, method, (t, end), y, atol, limit, watch, states, times)
            if flipped < 0:
                continue
            flips = flips + 1 if t - since < width else 0
            since = since if t - since < width else t
            if flips > MOST_FLIPS:
                raise _flips(problem, flipped, t)
    problem.work.hold(None)


def _has_inputs(program: Program) -> bool:
    return any(ref.name == TIME for one in program.step for ref in references(one.value))


def _settle(problem: _Problem, t: float, y: Array, end: float, width: float) -> Array:
    """Hold the outcomes that the model has from now on, and return them.

    Where two sides are equal, a look a trifle ahead tells. If each outcome leads to the other one,
    the model slides along its switch, and no solver can follow it.
    """
    jumps = problem.work.jumps
    if not len(jumps):
        return np.empty(0)
    ahead = min(1e-8 * width, 1e-3 * (end - t))
    known = np.array([j.time_only and j.holds for j in jumps])
    middle = problem.outcomes((t + end) / 2, y)
    outcomes = np.where(known, middle, problem.outcomes(t, y))
    seen: set[bytes] = set()
    while True:
        problem.work.hold(outcomes[:, None])
        seen.add(outcomes.tobytes())
        later = np.where(known, middle, problem.outcomes(t + ahead, y + ahead * problem(t, y)))
        # What is neither held nor watched is only told apart, not settled.
        changed = np.array([j.ordering and not j.time_only for j in jumps]) & (later != outcomes)
        if not changed.any():
            problem.work.hold(outcomes[:, None])
            return outcomes
        outcomes = np.where(changed, later, outcomes)
        if outcomes.tobytes() in seen:
            raise _flips(problem, int(np.argmax(changed)), t)


def _flips(problem: _Problem, jump: int, t: float) -> SolverError:
    name = problem.work.jumps[jump].variable
    return SolverError(
        f"a switch in {name!r} flips back and forth at time {t:g}; run the model with a fixed "
        'step (method="vensim"), or make the switch gradual',
        time=t,
        variable=name,
    )


def _tolerance(
    problem: _Problem, method: SciPy, y: Array, span: tuple[float, float], width: float
) -> Any:
    """Absolute tolerances: each stock's own size, or part of a step's change, times rtol."""
    if method.atol is not None:
        return method.atol
    # Inputs may begin later, so the rates are looked at over the whole span.
    speed = np.max([problem.speed(when, y) for when in np.linspace(*span, 9)], axis=0)
    size = np.maximum(np.abs(y), 1e-2 * speed * width)
    largest = size.max(initial=0.0)
    return method.rtol * np.maximum(size, 1e-6 * largest if largest > 0 else 1.0)


class _Watch:
    """How far every held comparison of the state is from its flip: below zero it has flipped.

    The outcome is allowed to be wrong by a trifle, and by what it was wrong at the start: so a
    comparison that starts at equality after its own flip does not flip at once again.
    """

    def __init__(self, problem: _Problem, outcomes: Array, t: float, y: Array) -> None:
        jumps = problem.work.jumps
        self.which = [i for i, j in enumerate(jumps) if j.ordering and not j.time_only]
        self.problem = problem
        self._sign = np.array(
            [1 if (outcomes[i] != 0) == (jumps[i].op in (">", ">=")) else -1 for i in self.which]
        )
        self._offset = np.zeros(len(self.which))
        self._offset = 2 * np.maximum(-self.margins(t, y), 0)

    def margins(self, t: float, y: Array) -> Array:
        left, right = (side[self.which] for side in self.problem.sides(t, y))
        slack = 1e-12 * np.maximum(np.abs(left), np.abs(right)) + 1e-300
        margins: Array = self._sign * (left - right) + slack + self._offset
        return margins

    def first_flip(
        self, course: Callable[[float], Array], low: float, high: float, y: Array
    ) -> tuple[float, int]:
        """Return when the first comparison flips between two times, and which; or -1."""
        if not self.which or (self.margins(high, y) >= 0).all():
            return high, -1
        while low < (middle := low + (high - low) / 2) < high:
            flipped = (self.margins(middle, course(middle)) < 0).any()
            low, high = (low, middle) if flipped else (middle, high)
        return high, self.which[int(np.argmin(self.margins(high, course(high))))]


def _solve(
    problem: _Problem,
    method: SciPy,
    span: tuple[float, float],
    y: Array,
    atol: Any,
    limit: float,
    watch: _Watch,
    states: Array,
    times: Array,
) -> tuple[float, Array, int]:
    """Integrate to the end of the span or the first flip; return time, state and what flipped."""
    outside: _NotFinite | None = None
    for longest in dict.fromkeys([limit, *(min(limit, p * (span[1] - span[0])) for p in SHORTER)]):
        try:
            with _ONE_AT_A_TIME, warnings.catch_warnings(), np.errstate(all="ignore"):
                warnings.simplefilter("ignore")
                return _steps(problem, method, span, y, atol, longest, watch, states, times)
        except _NotFinite as stop:
            outside = stop
        except _GaveUp as stop:
            t, name = problem.fastest()
            raise SolverError(
                f"{method.name} gave up at time {t:g}: {str(stop).rstrip('.')}; {name!r} changes "
                'fastest there. Try method="Radau", or the file\'s own method="vensim"',
                time=t,
                variable=name,
            ) from None
    assert outside is not None
    raise outside


def _steps(
    problem: _Problem,
    method: SciPy,
    span: tuple[float, float],
    y: Array,
    atol: Any,
    longest: float,
    watch: _Watch,
    states: Array,
    times: Array,
) -> tuple[float, Array, int]:
    from scipy import integrate

    solver = getattr(integrate, method.name)(
        problem, span[0], y, span[1], rtol=method.rtol, atol=atol, max_step=longest
    )
    save = int(np.searchsorted(times, span[0], side="right"))
    while solver.status == "running":
        try:
            message = solver.step()
        except (ValueError, np.linalg.LinAlgError) as error:  # a Jacobian that is not finite
            message, solver.status = str(error), "failed"
        if solver.status == "failed":
            raise _GaveUp(message)
        course = solver.dense_output()
        t, flipped = watch.first_flip(course, solver.t_old, solver.t, solver.y)
        while save < len(times) and times[save] <= t:
            states[:, save] = solver.y if times[save] == solver.t else course(times[save])
            save += 1
        if flipped >= 0:
            return t, course(t), flipped
    return span[1], solver.y, -1


def _outputs(
    kernel: Kernel, work: SwitchedWorkspace, states: Array, times: Array, outputs: Sequence[int]
) -> Array:
    """Return everything asked for at the saved times, each time as one run of a batch."""
    program = kernel.program
    slots = program.layout.slots
    every = kernel.workspace(len(times))
    every.values[...] = work.values[:, :1]
    every.values[slots[TIME]] = times
    every.values[slots_of(program).stocks] = states
    every.rates()
    return every.values[np.array(outputs, dtype=np.intp)].copy()
