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
    """A fixed-step method: "euler", "rk2", "rk4", "heun" or "difference".

    "rk2" is Vensim's, which looks at the middle of the step; "heun" is the one that XMILE programs
    call RK2, the mean of both ends. "difference" is Euler, but auxiliary variables are recorded
    beside the stocks they led to, one step later.

    Examples
    --------
    >>> FixedStep("rk4").name
    'rk4'
    """

    name: str


@dataclass(frozen=True, slots=True)
class AutoStep:
    """Vensim's "rk4auto" or "rk2auto": parts of a TIME STEP, as short as its tolerance asks.

    A step is taken once as a whole and once in two halves; where the results differ, in a stock's
    own unit, by more than `absolute` and by more than `relative` times the stock's value, it is cut
    in half. None stands for the model's variables ABSOLUTE TOLERANCE and RELATIVE TOLERANCE, or
    0.001 in a model without them.

    Examples
    --------
    >>> import sdmodel as sd
    >>> run = sd.load("models/core.mdl").run(method=sd.AutoStep("rk4auto", relative=1e-6))
    >>> run.method
    'rk4auto'
    """

    name: str
    absolute: float | None = None
    relative: float | None = None

    def __post_init__(self) -> None:
        for what, value in (("absolute", self.absolute), ("relative", self.relative)):
            if value is not None and not (math.isfinite(value) and value >= 0):
                reason = f"the {what} tolerance is {value:g}: it must be a number above zero"
                raise OverrideError("method", reason)


@dataclass(frozen=True, slots=True)
class SciPy:
    """One of SciPy's adaptive solvers, with its tolerances.

    `name` is RK45, DOP853, LSODA, BDF or Radau. `rtol` is the relative error allowed in a step;
    `atol` the absolute one, in the units of each stock, by default `rtol` times the stock's own
    size (`scipy.integrate.solve_ivp`). `most` is how many times the equations may be worked out,
    those looks counted that find where they jump; a run that needs more is given up.
    """

    name: str
    rtol: float = 1e-8
    atol: float | None = None
    most: int | None = None


Method = FixedStep | AutoStep | SciPy
FIXED = ("euler", "rk2", "rk4", "heun", "difference")
AUTO = ("rk2auto", "rk4auto")
ADAPTIVE = ("RK45", "DOP853", "LSODA", "BDF", "Radau")
_NAMES: dict[type[Method], tuple[str, ...]] = {
    FixedStep: FIXED,
    AutoStep: AUTO,
    SciPy: ADAPTIVE,
}


def method_named(name: str | Method) -> Method:
    """Return a method by its name, in any case.

    >>> method_named("lsoda").name
    'LSODA'
    """
    if isinstance(name, FixedStep | AutoStep | SciPy):
        wanted = type(name)
        found = method_named(name.name)
        if not isinstance(found, wanted):
            reason = (
                f"{wanted.__name__} takes one of {', '.join(_NAMES[wanted])}, not {name.name!r}"
            )
            raise OverrideError("method", reason)
        return replace(name, name=found.name)
    if not isinstance(name, str):
        raise OverrideError("method", f"a method is given by its name, not as {name!r}")
    for kind, names in _NAMES.items():
        for known in names:
            if name.casefold() == known.casefold():
                return kind(known)
    choices = ("auto", "vensim", *FIXED, *AUTO, *ADAPTIVE)
    hint = did_you_mean(near_names(name, choices)) or f"choose from {', '.join(choices)}"
    raise OverrideError(name, f"there is no integration method {name!r}; {hint}")


@dataclass(frozen=True)
class Grid:
    """Instants of a run: `steps` steps of width `step` from `start`, some of them saved.

    Time is always ``start + i * step`` with a whole number i, so that no rounding adds up. What is
    saved are steps, never something in between: where SAVEPER is no multiple of the step, those
    nearest to its instants (Vensim's Help asks for a TIME STEP no longer than SAVEPER, and is
    silent beyond that).
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
        if each < MOST_STEPS and (abs(each - round(each)) > 1e-6 * each or round(each) < 1):
            notes.append(no_multiple(save_every, step))
        # Between two steps there is nothing to save, and behind the last one neither.
        save_every = min(max(save_every, step), MOST_STEPS * step)
        each = save_every / step
        count = _whole((final - start) / save_every)
        saved = np.minimum(np.rint(np.arange(count + 1) * each), steps).astype(np.intp)
        saved = saved[np.diff(saved, prepend=-1) > 0]
        return cls(start, step, steps, saved, tuple(notes))


def no_multiple(save_every: float, step: float) -> str:
    """Return what is said where SAVEPER and the step do not fit."""
    return (
        f"SAVEPER ({save_every:g}) is no multiple of the step ({step:g}): "
        "the nearest steps are saved"
    )


def _whole(ratio: float) -> int:
    """Return how many whole parts fit, forgiving the rounding of decimal fractions."""
    return math.floor(ratio * (1 + 1e-9) + 1e-6)


@dataclass
class Trajectory:
    """Saved values of a batch: `values[output, time, run]`, and where runs left the numbers.

    `bad` is, for each run, the index of the first saved time at which a stock or an output is not
    finite, or -1. `steps` counts steps, or evaluations of the rates where the step is adapted;
    `errors` says, by run, why a solver gave up. `unknown` counts the first saved times at which
    auxiliary variables have no value yet and are NaN (difference equations).
    """

    times: Array
    values: Array
    bad: NDArray[np.intp]
    steps: int
    notes: tuple[str, ...] = ()
    errors: dict[int, SolverError] = field(default_factory=dict)
    unknown: int = 0
