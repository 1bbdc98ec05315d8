"""Is the time step small enough, and the method good enough? Measured, with a plain verdict."""

from __future__ import annotations

import warnings
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np
from numpy.typing import NDArray

from sdmodel.errors import SDError
from sdmodel.expr import JUMPS, Apply, Ref, walk
from sdmodel.integrators import AutoStep, FixedStep, Method, SciPy
from sdmodel.integrators.auto import ABSOLUTE, DEFAULT, RELATIVE
from sdmodel.integrators.base import AUTO
from sdmodel.kernel import Array
from sdmodel.names import key
from sdmodel.program import CONTROL, Program
from sdmodel.run import NonFiniteWarning
from sdmodel.simulate import choose_method, remembering

if TYPE_CHECKING:
    import pandas as pd

    from sdmodel.model import Model
    from sdmodel.run import Run
    from sdmodel.settings import Overrides

# Largest change, as a share of a variable's own peak, that counts as none. Vensim models are
# read off graphs; a tenth of a percent is far below what anyone acts on (model design, V6).
TOLERANCE = 1e-3
TOLERANCE_AT_JUMPS = 5e-3
# What jumps at every turn is run anew between any two jumps. More work than this, in evaluations of
# the equations, is not spent on it: whoever wants it runs the model by LSODA.
LEAST_LOOKS, MORE_LOOKS = 50_000, 50
_LATE = (
    "how difference equations record auxiliary variables, one step late: they are compared as "
    "Euler records them"
)
_NO_OTHER = "the model is no system of differential equations and runs by RK4 already"

Slots = NDArray[np.intp]


@dataclass(frozen=True, eq=False)
class IntegrationReport:
    """How far the model's own run is from better ones.

    `table` has one row for each comparison: method, step, largest change as a share of the
    variable's peak, and where it is; `left_out` lists what could not be compared, with the reason.
    Variables that jump are judged by the stocks they feed.

    Examples
    --------
    >>> import sdmodel as sd
    >>> sd.load("models/core.mdl").check_integration().ok
    True
    """

    ok: bool
    verdict: str
    table: pd.DataFrame
    left_out: tuple[str, ...] = ()

    def __str__(self) -> str:
        """Return the verdict and the table."""
        lines = [self.verdict, self.table.to_string(index=False)]
        lines += [f"left out: {one}" for one in self.left_out]
        return "\n".join(lines)


def check_integration(model: Model, overrides: Overrides = None) -> IntegrationReport:
    """Compare the file's own method and step with smaller steps and another method."""
    import pandas as pd

    chosen, _ = choose_method(model.program, "vensim")
    # By difference equations auxiliaries are recorded one step late, whatever the step: what is
    # compared are the same numbers as Euler records them.
    late = chosen == FixedStep("difference")
    own = model.run(overrides, method="euler" if late else chosen)
    step = float(own.values("TIME STEP")[0])
    left_out = [_LATE] if late else []
    left_out += [
        f"{name!r} ({function} counts whole time steps, so that its own meaning changes with them)"
        for name, function in remembering(model.program)
    ]
    rows: list[tuple[str, str, float, float, str, float]] = []
    comparisons: list[tuple[str, Method | str, float | None]] = [
        ("half the step", own.method, step / 2),
        ("a quarter of the step", own.method, step / 4),
    ]
    if isinstance(chosen, AutoStep):
        comparisons.append(("a hundredth of the tolerance", _stricter(chosen, own), None))
    comparisons.append(("another method", *_better(model, own, step)))
    jumping, skipped = _jumping(model.program), dict[str, None]()
    # The better method is the yardstick: without it two coarse runs could agree by luck.
    for label, method, width in comparisons:
        finer = _run(model, overrides, method, width) if method else _NO_OTHER
        if isinstance(finer, str):
            left_out.append(f"{label}: {finer}")
        else:
            worst = _worst(own, finer, jumping, skipped)
            rows.append((label, finer.method, float("nan") if width is None else width, *worst))
    left_out += [f"{name!r}, which is not a finite number somewhere" for name in skipped]
    columns = ["compared with", "method", "step", "largest change", "variable", "time"]
    table = pd.DataFrame(rows, columns=columns)
    if not rows:
        return IntegrationReport(False, "nothing could be compared", table, tuple(left_out))
    size, variable, at = max(row[3:] for row in rows)
    limit = TOLERANCE_AT_JUMPS if model.engines.reference.jumps else TOLERANCE
    ok = bool(size <= limit)
    much = f"by more than {size:.2g} of its peak ({variable!r} at {at:g})" if variable else "at all"
    verdict = (
        f"{own.method} with TIME STEP {step:g} is accurate enough: nothing changes {much}"
        if ok
        else f"{own.method} with TIME STEP {step:g} is not accurate enough: {variable!r} changes "
        f"by {size:.2g} of its peak at time {at:g} (allowed: {limit:g}); {_cure(own, step)}"
    )
    return IntegrationReport(ok, verdict, table, tuple(left_out))


def _better(model: Model, own: Run, step: float) -> tuple[Method | str, float | None]:
    if not remembering(model.program) and not model.program.step_users:
        return SciPy("LSODA", most=max(LEAST_LOOKS, MORE_LOOKS * own.steps)), None
    return ("", None) if own.method == "rk4" else ("rk4", step / 4)


def _stricter(method: AutoStep, own: Run) -> AutoStep:
    """Return the method with a hundredth of the tolerance of a run."""
    known = {key(name): name for name in own.columns}

    def hundredth(name: str) -> float:
        return (float(own.values(known[name])[0]) if name in known else DEFAULT) / 100

    return AutoStep(method.name, hundredth(ABSOLUTE), hundredth(RELATIVE))


def _run(model: Model, overrides: Overrides, method: Method | str, step: float | None) -> Run | str:
    """Return a run, or why there is none; what it warns of was said by the first run."""
    try:
        with warnings.catch_warnings():
            warnings.simplefilter("ignore", NonFiniteWarning)
            return model.run(overrides, method=method, time_step=step)
    except SDError as error:
        return str(error)


def _jumping(program: Program) -> set[str]:
    """Return the variables that jump themselves.

    Another step shifts the jump by less than a step, and there they differ by all of it. How much
    that matters shows in the stocks they feed.
    """
    found: set[str] = set()
    for statement in program.step:
        for node in walk(statement.value):
            jumps = isinstance(node, Apply) and node.op in JUMPS
            if jumps or (isinstance(node, Ref) and node.name in found):
                found.add(statement.target)
    return found


def _worst(
    own: Run, other: Run, jumping: set[str], skipped: dict[str, None]
) -> tuple[float, str, float]:
    """Return the largest difference as a share of the variable's peak, its name, and when."""
    worst = (0.0, "", float(own.times[0]))
    here, there = _together(own.times, other.times)
    for name in own.columns:
        if key(name) in jumping or key(name) in CONTROL:
            continue
        a, b = own.values(name)[here], other.values(name)[there]
        peak = max(np.abs(a).max(), np.abs(b).max())
        if not np.isfinite(peak):
            skipped[name] = None
        elif peak > 0:
            difference = np.abs(a - b) / peak
            at = int(np.argmax(difference))
            if difference[at] > worst[0]:
                worst = (float(difference[at]), name, float(own.times[here][at]))
    return worst


def _together(own: Array, other: Array) -> tuple[Slots, Slots]:
    """Return where both were saved: other steps save other times if SAVEPER is no multiple."""
    slack = 1e-9 * max(1.0, np.abs(own).max())
    place = np.clip(np.searchsorted(other, own - slack), 0, len(other) - 1)
    here = np.flatnonzero(np.abs(other[place] - own) <= slack)
    return here, place[here]


def _cure(own: Run, step: float) -> str:
    if own.method == "euler":
        return f'use RK4 (method="rk4"), or a TIME STEP well below {step / 4:g}'
    if own.method in AUTO:
        return f"use a RELATIVE TOLERANCE below 0.001, or a TIME STEP of {step / 4:g} or less"
    return f"use a TIME STEP of {step / 4:g} or less"
