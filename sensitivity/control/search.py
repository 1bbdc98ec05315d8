"""Searching the greatest payoff between bounds, by SciPy's optimisers."""

from __future__ import annotations

import itertools
import math
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

import numpy as np

import sdmodel as sd
from sensitivity.control.payoff import Payoff, table_of
from sensitivity.control.together import together
from sensitivity.errors import MethodError

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    One = Callable[[Floats], float]

# Where a run fails: lower than any payoff, but such that differences of it stay finite.
FAILED = -1e100
# How near to an end, as a share of the range, an optimum touches it.
TOUCHING = 1e-6
# Of a grid at most so many points are run; so many of the best are searched from.
GRID, BEST = 1024, 4
RANDOM_STARTS = 10
# A line is searched to this share of its length; the first one by steps of this share.
ALONG = 1e-7
NEAR = 0.05
POPULATION = 15


@dataclass(frozen=True, slots=True)
class End:
    """Where one search came from and got to, on the scale of the unit cube."""

    start: Floats
    start_payoff: float
    point: Floats
    payoff: float
    converged: bool
    message: str


@dataclass
class Searcher:
    """The searched constants on a common scale, and the payoffs of their values.

    `seen` counts the runs; `trace` keeps their values and payoffs.
    """

    control: sd.OptimisationControl
    payoff: Payoff
    seen: int = 0
    trace: list[tuple[Floats, float]] = field(default_factory=list)

    def __post_init__(self) -> None:
        searched = self.control.searched
        self.names = [one.name for one in searched]
        self.low = np.array([one.low for one in searched])
        self.high = np.array([one.high for one in searched])
        self.start = np.array([one.start for one in searched])
        finite = np.isfinite(self.low) & np.isfinite(self.high)
        # Where an end is open, the start says how large the numbers are.
        size = np.where(self.start == 0, 1.0, np.abs(self.start))
        self.width = np.where(finite, self.high - self.low, size)
        self.origin = np.where(finite, self.low, 0.0)

    def values(self, points: Floats) -> Floats:
        """Carry points over to values of the constants, never beyond an end."""
        found: Floats = np.clip(self.origin + points * self.width, self.low, self.high)
        return found

    def points(self, values: Floats) -> Floats:
        """Carry values over to points."""
        found: Floats = (values - self.origin) / self.width
        return found

    @property
    def cube(self) -> tuple[Floats, Floats]:
        """The lowest and the highest place of each constant."""
        return self.points(self.low), self.points(self.high)

    def payoffs(self, points: Floats) -> Floats:
        """Return the payoff at points, one row each."""
        values = self.values(points)
        found = np.maximum(self.payoff.of(table_of(self.names, values)), FAILED)
        self.seen += len(points)
        if self.control.trace == "ON":
            self.trace += zip(values, map(float, found), strict=True)
        return found


def starts(searcher: Searcher, many: int | None) -> Floats:
    """Return the points to search from, the file's own first."""
    control, first = searcher.control, searcher.points(searcher.start)
    if control.starts == "OFF":
        return first[None, :]
    if control.starts in ("RANDOM", "RRANDOM"):
        count = many or control.restarts or RANDOM_STARTS
        random = np.random.default_rng(control.seed)
        return np.vstack([first, random.random((count, len(first)))])
    if control.starts == "VECTOR":
        along = np.linspace(0.0, 1.0, max(2, control.vector_points))
        rows = [first]
        for place in range(len(first)):
            for value in along:
                row = first.copy()
                row[place] = value
                rows.append(row)
        return np.array(rows)
    most = many or GRID
    count = math.floor(most ** (1.0 / len(first)) + 1e-9)
    if count < 2:
        raise MethodError(
            f"{control.path}: a grid of {len(first)} constants has at least {2 ** len(first):,} "
            f"points, more than {most:,}: use :MULTIPLE_START=RANDOM, or allow more (--starts)"
        )
    return np.vstack([first, *itertools.product(np.linspace(0.0, 1.0, count), repeat=len(first))])


def search(searcher: Searcher, optimizer: str, many: int | None) -> list[End]:
    """Search from every start, or from the best of a grid; the ends in the order of the starts."""
    control = searcher.control
    begin = starts(searcher, many)
    payoffs = searcher.payoffs(begin)
    if control.optimizer == "OFF":
        return [
            End(point, payoff, point, payoff, payoff > FAILED, "no search was asked for")
            for point, payoff in zip(begin, payoffs.tolist(), strict=True)
        ]
    if optimizer == "evolution":
        point, payoff = _evolve(searcher)
        begin, payoffs = np.vstack([begin[:1], point]), np.array([payoffs[0], payoff])
    elif control.starts in ("GRID", "VECTOR"):
        order = np.argsort(-payoffs, kind="stable")
        chosen = np.unique(np.concatenate([[0], order[:BEST]]))
        begin, payoffs = begin[chosen], payoffs[chosen]
    directions = np.random.default_rng([control.seed, 1])
    searches = []
    for number, (point, payoff) in enumerate(zip(begin, payoffs.tolist(), strict=True)):
        order = np.arange(len(point))
        if control.starts == "RRANDOM" and number:
            order = directions.permutation(len(point))
        searches.append(_powell(searcher, point, payoff, order))
    return together(searches, searcher.payoffs)


def _powell(
    searcher: Searcher, start: Floats, before: float, order: NDArray[np.int64]
) -> Callable[[One], End]:
    """Return a search by Powell's method, begun again until so many passes gain nothing."""
    control = searcher.control

    def run(ask: One) -> End:
        point, payoff, idle = start.copy(), before, 0
        left, message = control.iterations, ""
        for near in itertools.chain([True], itertools.repeat(False)):
            done = _pass(searcher, ask, point, order, left, near=near)
            left -= int(done.nit)
            found, gained = np.clip(done.x, *searcher.cube), -float(done.fun) - payoff
            if gained > 0:
                point, payoff = found, -float(done.fun)
            idle = 0 if near or gained > control.tolerance * abs(payoff) else idle + 1
            message = str(done.message)
            if idle >= control.passes or left <= 0:
                break
        converged = idle >= control.passes and payoff > FAILED
        if not converged:
            told = "every run failed" if payoff <= FAILED else "the iterations ran out"
            message = told
        return End(start, before, point, payoff, converged, message)

    return run


def _pass(
    searcher: Searcher,
    ask: One,
    point: Floats,
    order: NDArray[np.int64],
    left: int,
    *,
    near: bool,
) -> Any:
    """Search once from a point: along lines from end to end, or near it first.

    A line search from end to end may leave a good start for a lower top far away; one that begins
    with short steps does not. Beyond an end the payoff falls, so that no search stays there.
    """
    from scipy.optimize import Bounds, minimize

    low, high = searcher.cube

    def fenced(x: Floats) -> float:
        inside = np.clip(x, low, high)
        beyond = float(np.abs(x - inside).sum())
        value = ask(inside)
        return -value + beyond * (1.0 + abs(value))

    options = {"xtol": ALONG, "ftol": searcher.control.tolerance, "maxiter": left}
    directions = np.eye(len(point))[order]
    if near:
        # Without bounds SciPy's tolerances are shares of the numbers, not of the line.
        own = {"direc": NEAR * directions}
        return minimize(fenced, point, method="Powell", options=options | own)
    own = {"direc": directions}
    bounds = Bounds(low, high)
    return minimize(lambda x: -ask(x), point, method="Powell", bounds=bounds, options=options | own)


def _evolve(searcher: Searcher) -> tuple[Floats, float]:
    """Search by differential evolution, a generation at a time."""
    from scipy.optimize import differential_evolution

    done: Any = differential_evolution(
        lambda points: -searcher.payoffs(points.T),
        list(zip(*searcher.cube, strict=True)),
        maxiter=searcher.control.iterations,
        popsize=POPULATION,
        tol=searcher.control.tolerance,
        seed=np.random.default_rng(searcher.control.seed),  # the name that SciPy 1.13 knows
        x0=searcher.points(searcher.start),
        polish=False,
        updating="deferred",
        vectorized=True,
    )
    return np.asarray(done.x, dtype=float), float(-done.fun)
