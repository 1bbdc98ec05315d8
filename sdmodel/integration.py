"""Is the time step small enough, and the method good enough? Measured, with a plain verdict."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sdmodel.errors import SDError
from sdmodel.program import CONTROL

if TYPE_CHECKING:
    import pandas as pd

    from sdmodel.model import Model, Overrides
    from sdmodel.run import Run

# Largest change, as a share of a variable's own peak, that counts as none. Vensim models are
# read off graphs; a tenth of a percent is far below what anyone acts on (model design, V6).
TOLERANCE = 1e-3
SMOOTH_TOLERANCE_AT_JUMPS = 5e-3


@dataclass(frozen=True, eq=False)
class IntegrationReport:
    """How far the model's own run is from better ones.

    `table` has one row for each comparison: method, step, largest change as a share of the
    variable's peak, and where it is; `left_out` lists what could not be compared, with the reason.

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

    own = model.run(overrides, method="vensim")
    step = _step(model, own)
    left_out = [
        f"{name!r} ({function} counts whole time steps, so that its own meaning changes with them)"
        for name, function in model.program.memory_users
    ]
    rows: list[tuple[str, str, float, float, str, float]] = []
    for label, part in (("half the step", 2), ("a quarter of the step", 4)):
        finer = model.run(overrides, method="vensim", time_step=step / part)
        rows.append((label, own.method, step / part, *_worst(own, finer)))
    # The better method is the yardstick: without it two coarse runs could agree by luck.
    better = _better(model, overrides, own, step)
    if isinstance(better, str):
        left_out.append(f"another method: {better}")
    else:
        width = float("nan") if better.method == "LSODA" else step / 4
        rows.append(("another method", better.method, width, *_worst(own, better)))
    columns = ["compared with", "method", "step", "largest change", "variable", "time"]
    table = pd.DataFrame(rows, columns=columns)
    size, variable, at = max(row[3:] for row in rows)
    jumpy = _jumps(model)
    limit = SMOOTH_TOLERANCE_AT_JUMPS if jumpy else TOLERANCE
    ok = bool(size <= limit)
    verdict = (
        f"{own.method} with TIME STEP {step:g} is accurate enough: nothing changes by more than "
        f"{size:.2g} of its peak ({variable!r} at {at:g})"
        if ok
        else f"{own.method} with TIME STEP {step:g} is not accurate enough: {variable!r} changes "
        f"by {size:.2g} of its peak at time {at:g} (allowed: {limit:g}); {_cure(own, step)}"
    )
    return IntegrationReport(ok, verdict, table, tuple(left_out))


def _jumps(model: Model) -> bool:
    return bool(model._kernel.jumps)


def _step(model: Model, own: Run) -> float:
    return float(own.values("TIME STEP")[0])


def _better(model: Model, overrides: Overrides, own: Run, step: float) -> Run | str:
    if model.program.memory_users or model.program.step_users:
        if own.method == "rk4":
            return "the model is no system of differential equations and runs by RK4 already"
        return model.run(overrides, method="rk4", time_step=step / 4)
    try:
        return model.run(overrides, method="LSODA")
    except SDError as error:
        return str(error)


def _worst(own: Run, other: Run) -> tuple[float, str, float]:
    """Return the largest difference as a share of the variable's peak, its name, and when."""
    worst = (0.0, "", float(own.times[0]))
    skip = {name.casefold() for name in CONTROL}
    for name in own.columns:
        if name.casefold() in skip:
            continue
        a, b = own.values(name), other.values(name)
        if a.shape != b.shape:
            continue
        peak = max(np.abs(a).max(), np.abs(b).max())
        if peak == 0 or not np.isfinite(peak):
            continue
        difference = np.abs(a - b) / peak
        at = int(np.argmax(difference))
        if difference[at] > worst[0]:
            worst = (float(difference[at]), name, float(own.times[at]))
    return worst


def _cure(own: Run, step: float) -> str:
    if own.method == "euler":
        return f'use RK4 (method="rk4"), or a TIME STEP well below {step / 4:g}'
    return f"use a TIME STEP of {step / 4:g} or less"
