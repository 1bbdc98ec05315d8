"""What all integrators share: methods by name, the time grid, and what comes out."""

from __future__ import annotations

import math
from dataclasses import dataclass, field, replace

import numpy as np
from numpy.typing import NDArray

from sdmodel.errors import OverrideError, SolverError, did_you_mean, near_names
from sdmodel.kernel import Array

MOST_STEPS = 50_000_000


@dataclass(frozen=True, slots=True)
class FixedStep:
    """One of Vensim's fixed-step methods: "euler", "rk2" or "rk4".

    >>> FixedStep("rk4").name
    'rk4'
    """

    name: str


@dataclass(frozen=True, slots=True)
class SciPy:
    """One of SciPy's adaptive solvers, with its tolerances.

    `name` is RK45, DOP853, LSODA, BDF or Radau. `rtol` is the relative error allowed in a step;
    `atol` the absolute one, in the units of each stock, by default `rtol` times the stock's own
    size (`scipy.integrate.solve_ivp`).
    """

    name: str
    rtol: float = 1e-8
    atol: float | None = None


Method = FixedStep | SciPy
FIXED = ("euler", "rk2", "rk4")
ADAPTIVE = ("RK45", "DOP853", "LSODA", "BDF", "Radau")


def method_named(name: str | Method) -> Method:
    """Return a method by its name, in any case.

    >>> method_named("lsoda").name
    'LSODA'
    """
    if isinstance(name, FixedStep | SciPy):
        wanted = type(name)
        found = method_named(name.name)
        if not isinstance(found, wanted):
            kinds = FIXED if wanted is FixedStep else ADAPTIVE
            reason = f"{wanted.__name__} takes one of {', '.join(kinds)}, not {name.name!r}"
            raise OverrideError("method", reason)
        return replace(name, name=found.name)
    if not isinstance(name, str):
        raise OverrideError("method", f"a method is given by its name, not as {name!r}")
    for known in FIXED:
        if name.casefold() == known:
            return FixedStep(known)
    for known in ADAPTIVE:
        if name.casefold() == known.casefold():
            return SciPy(known)
    choices = ("auto", "vensim", *FIXED, *ADAPTIVE)
    hint = did_you_mean(near_names(name, choices)) or f"choose from {', '.join(choices)}"
    raise OverrideError(name, f"there is no integration method {name!r}; {hint}")


@dataclass(frozen=True)
class Grid:
    """Instants of a run: `steps` steps of width `step` from `start`, some of them saved.

    Time is always ``start + i * step`` with a whole number i, so that no rounding adds up.
    """

    start: float
    step: float
    steps: int
    saved: NDArray[np.intp]
    notes: tuple[str, ...] = ()

    @property
    def times(self) -> Array:
        """The saved times."""
        return np.asarray(self.start + self.saved * self.step, dtype=float)

    @property
    def final(self) -> float:
        """The last instant."""
        return self.start + self.steps * self.step

    @classmethod
    def build(cls, start: float, final: float, step: float, save_every: float) -> Grid:
        """Return the grid for these control values; refuse what cannot be run."""
        for name, value in (("INITIAL TIME", start), ("FINAL TIME", final), ("TIME STEP", step)):
            if not math.isfinite(value):
                raise OverrideError(name, f"{name} is {value:g}: it must be a finite number")
        if step <= 0:
            raise OverrideError("TIME STEP", f"TIME STEP is {step:g}: it must be above zero")
        if final < start:
            reason = f"FINAL TIME ({final:g}) is before INITIAL TIME ({start:g})"
            raise OverrideError("FINAL TIME", reason)
        if (final - start) / step > MOST_STEPS:
            reason = (
                f"this run would take {(final - start) / step:.3g} steps; at most {MOST_STEPS:,}"
            )
            raise OverrideError("TIME STEP", f"{reason} are allowed: use a larger TIME STEP")
        if not (math.isfinite(save_every) and save_every >= 0):
            reason = f"SAVEPER is {save_every:g}: it must be above zero, or zero for every step"
            raise OverrideError("SAVEPER", reason)
        save_every = save_every or step
        notes = []
        steps = _whole((final - start) / step)
        each = save_every / step
        if abs(each - round(each)) > 1e-6 * each or round(each) < 1:
            notes.append(
                f"SAVEPER ({save_every:g}) is no multiple of the step ({step:g}): "
                "the nearest steps are saved"
            )
        count = _whole((final - start) / save_every)
        saved = np.minimum(np.rint(np.arange(count + 1) * each), steps).astype(np.intp)
        saved = saved[np.diff(saved, prepend=-1) > 0]
        return cls(start, step, steps, saved, tuple(notes))


def _whole(ratio: float) -> int:
    """Return how many whole parts fit, forgiving the rounding of decimal fractions."""
    return math.floor(ratio * (1 + 1e-9) + 1e-6)


@dataclass
class Trajectory:
    """Saved values of a batch: `values[output, time, run]`, and where runs left the numbers.

    `bad` is, for each run, the index of the first saved time at which a stock or an output is not
    finite, or -1. `steps` counts steps, or evaluations of the rates under an adaptive solver;
    `errors` says, by run, why a solver gave up.
    """

    times: Array
    values: Array
    bad: NDArray[np.intp]
    steps: int
    notes: tuple[str, ...] = ()
    errors: dict[int, SolverError] = field(default_factory=dict)
