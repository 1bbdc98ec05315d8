"""A run whose TIME STEP, SAVEPER or FINAL TIME change while it runs.

Each is read anew at every step, as Vensim does (SDXorg test-models, control_vars): TIME STEP for
the step that begins, SAVEPER where something was saved, FINAL TIME to see whether the run is over.
INITIAL TIME counts at the start only.
"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np

from sdmodel.errors import OverrideError
from sdmodel.integrators.base import MOST_STEPS, Grid, Trajectory, no_multiple
from sdmodel.integrators.difference import UNKNOWN_NOTE, Late
from sdmodel.integrators.fixed import Stepper, half_step, note_bad
from sdmodel.integrators.slots import number_step, slots_of
from sdmodel.kernel import Array, Workspace
from sdmodel.program import FINAL_TIME, HALF_STEP, SAVEPER, TIME, TIME_STEP, Program


def run_dynamic(
    program: Program,
    work: Workspace,
    stepper: Stepper,
    outputs: Sequence[int],
    late: Late | None = None,
) -> Trajectory:
    """Integrate one run; with `late`, auxiliaries are recorded as difference equations want it."""
    values, slots = work.values, program.layout.slots
    if values.shape[1] != 1:
        raise OverrideError("TIME STEP", "the run controls change over time: one run at a time")
    if program.pipelines:
        reason = "DELAY FIXED counts whole time steps, so TIME STEP must not change over time"
        raise OverrideError("TIME STEP", reason)
    stocks, _, _, memories, sources = slots_of(program)
    wanted = np.array(outputs, dtype=np.intp)
    record = _Record()
    since = now = float(values[slots[TIME], 0])
    # Steps since the last change of TIME STEP are counted, so that no rounding adds up.
    steps = counted = 0
    last_h = np.nan
    before = np.full((len(wanted), 1), np.nan)
    while True:
        values[slots[TIME]] = now
        number_step(program, work, steps)
        work.rates()
        h = float(values[slots[TIME_STEP], 0])
        if h != last_h:
            since, counted, last_h = now, 0, h
            values[slots[HALF_STEP]] = half_step(h)
            work.rates()
        # The order matters: a FINAL TIME that is not a number must not count as reached.
        ahead = Grid.build(now, max(float(values[slots[FINAL_TIME], 0]), now), h, h).steps
        shown = values[wanted]
        known = shown if late is None else late.mixed(shown, before, first=steps == 0)
        record.save(now, h, float(values[slots[SAVEPER], 0]), known, values[stocks])
        if not ahead:
            break
        if steps == MOST_STEPS:
            reason = f"after {steps:,} steps FINAL TIME is still ahead, at time {now:g}"
            raise OverrideError("FINAL TIME", f"{reason}: look at the equation of FINAL TIME")
        held, before = values[sources], shown
        values[stocks] = stepper(values[stocks], now, h)
        values[memories] = held
        steps, counted = steps + 1, counted + 1
        now = since + counted * h
    unknown = int(late is not None)
    notes = record.notes + ((UNKNOWN_NOTE,) if unknown else ())
    bad = np.full(1, -1, dtype=np.intp)
    for index, (shown, state) in enumerate(zip(record.shown, record.states, strict=True)):
        note_bad(bad, index, state, np.zeros(1) if index < unknown else shown)
    table = np.stack(record.shown, axis=1)
    return Trajectory(np.array(record.times), table, bad, stepper.work, notes, {}, unknown)


class _Record:
    """Saved values: at the steps nearest to the instants that SAVEPER names."""

    def __init__(self) -> None:
        self.times: list[float] = []
        self.shown: list[Array] = []
        self.states: list[Array] = []
        self.notes: tuple[str, ...] = ()
        self._since, self._count, self._every = np.nan, 0, np.nan

    def save(self, now: float, h: float, every: float, shown: Array, state: Array) -> None:
        """Save what is shown if it is due; `h` is the step from now on."""
        due = self._since + self._count * self._every if self.times else now
        if now < due - (0.5 - 1e-6) * h:
            return
        if not 0 <= every < np.inf:
            reason = f"SAVEPER is {every:g} at time {now:g}: it must be above zero"
            raise OverrideError("SAVEPER", f"{reason}, or zero for every step")
        self.times.append(now)
        self.shown.append(shown)
        self.states.append(state)
        every = every or h
        # What is due is counted from the last change, so that no rounding adds up.
        if every != self._every:
            self._since, self._count, self._every = due, 0, every
        self._count += 1
        missed = self._since + self._count * every <= now + 1e-6 * h
        if (missed or abs(now - due) > 1e-6 * h) and not self.notes:
            self.notes = (no_multiple(every, h),)
        if missed:
            self._since, self._count = now, 1
