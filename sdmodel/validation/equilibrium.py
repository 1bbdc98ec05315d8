"""V5: where the model comes to rest, whether it stays there, and where a push takes it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import replace

import numpy as np

from sdmodel import simulate
from sdmodel.codegen import CompiledKernel
from sdmodel.errors import SolverError
from sdmodel.expr import At, Axis, Ref
from sdmodel.integrators import Method
from sdmodel.kernel import Array
from sdmodel.model import Model
from sdmodel.names import readable
from sdmodel.overrides import check_values
from sdmodel.program import FINAL_TIME, INITIAL_TIME, Program, Statement
from sdmodel.validation.registry import ConfidenceTest, confidence_test
from sdmodel.validation.results import (
    FAIL,
    FINDING,
    NOT_APPLICABLE,
    NOT_RUN,
    PASS,
    ValidationResult,
)
from sdmodel.validation.study import ValidationStudy

# A model that is still moving after `settle` is given so many times as long, twice.
LONGER = 4
# A stock is back when it is as near as this to where it was, as a share of that.
BACK = 1e-3
INITIAL = "#initial of "


@confidence_test("V5", "Equilibrium", "left alone it drifts by less than 1e-6; pushes are reported")
def equilibrium(study: ValidationStudy, test: ConfidenceTest) -> ValidationResult:
    """Let the model come to rest, start there, hold it, and push every stock."""
    wanted = study.expectations.equilibrium
    if wanted is None:
        return test.result(NOT_APPLICABLE, "the expectations name no equilibrium")
    model = study.changed(wanted.setting)
    remembering = simulate.remembering(model.program)
    if remembering:
        reason = f"{remembering[0][0]!r} uses {remembering[0][1]}, which cannot be set to a state"
        return test.result(NOT_RUN, reason)
    lab = Laboratory(model, wanted.setting.values)
    start, settle = lab.initial, wanted.settle
    state, moving = start, ""
    for _ in range(3):
        state = lab.run(start, settle)[:, 0]
        moving = lab.moving(state, wanted.hold, wanted.tolerance)
        if not moving:
            break
        settle *= LONGER
    if moving:
        text = f"no equilibrium was found within {settle / LONGER:g}: {moving} still moves"
        return test.result(FAIL, text)
    held = lab.run(state, wanted.hold)[:, 0]
    scale = lab.scale(state)
    drift = np.abs(held - state) / scale
    at = int(np.argmax(drift))
    size = float(drift[at])
    rows = _pushed(study, lab, state, wanted.perturb, wanted.follow or wanted.settle)
    text = f"drift {size:.1e} in {wanted.hold:g} ({lab.names[at]}); {_in_short(rows)}"
    columns = ("stock", "at rest", "push", "farthest stock then", "share apart", "verdict")
    away = any(row[-1] not in ("returns", "coming back") for row in rows)
    status = FAIL if size >= wanted.tolerance else FINDING if away else PASS
    return test.result(status, text, size, columns, rows)


def _in_short(rows: Sequence[tuple[object, ...]]) -> str:
    counts: dict[str, int] = {}
    for row in rows:
        counts[str(row[-1])] = counts.get(str(row[-1]), 0) + 1
    return ", ".join(f"{n} of {len(rows)} pushes: {what}" for what, n in counts.items())


def _pushed(
    study: ValidationStudy, lab: Laboratory, state: Array, share: float, follow: float
) -> list[tuple[object, ...]]:
    """Push every stock up and down, and tell whether all stocks come back, or are on their way."""
    pushes = [(i, sign * share) for i in range(len(state)) for sign in (1, -1) if state[i] != 0]
    rows: list[tuple[object, ...]] = []
    for done, (i, push) in enumerate(pushes):
        study.tell(done, len(pushes))
        start = state.copy()
        start[i] *= 1 + push
        told = f"{push:+.0%}"
        try:
            half_way = lab.run(start, follow / 2)[:, 0]
            end = lab.run(half_way, follow / 2)[:, 0]
        except SolverError as error:
            rows.append((lab.names[i], float(state[i]), told, "", "", f"run failed: {error}"))
            continue
        apart = np.abs(end - state) / lab.scale(state)
        far = int(np.argmax(apart))
        verdict = "returns"
        earlier = np.max(np.abs(half_way - state) / lab.scale(state))
        if BACK < apart[far] < (1 - BACK) * earlier:
            verdict = "coming back"
        elif apart[far] > BACK:
            still = lab.moving(end, 1.0, BACK)
            verdict = "still moving" if still else "moves to another state"
        rows.append(
            (lab.names[i], float(state[i]), told, lab.names[far], float(apart[far]), verdict)
        )
    return rows


class Laboratory:
    """A model whose stocks, hidden ones too, can be started anywhere; states are rows of stocks."""

    def __init__(self, model: Model, values: Mapping[str, float]) -> None:
        self.program = settable(model.program)
        self.kernel = CompiledKernel(self.program)
        self.values: dict[str, float] = dict(
            check_values(model.source, model.program, dict(values))
        )
        self.method: Method = simulate.choose_method(model.program, "auto")[0]
        self.keys = [name for name in self.program.constants if name.startswith(INITIAL)]
        layout = self.program.layout
        self.slots = layout.block(stock.name for stock in self.program.stocks)
        self.rates = layout.block(stock.rate for stock in self.program.stocks)
        self.names = [_shown(model, slot) for slot in self.slots]
        self.initial = self._start(model)
        self.began = float(self._first(model, INITIAL_TIME))

    def _work(self, model: Model) -> Array:
        own = model.engines.reference
        work, _ = simulate.started(own, self.values, 1, None)
        return work.values[:, 0]

    def _start(self, model: Model) -> Array:
        return self._work(model)[model.program.layout.block(s.name for s in model.program.stocks)]

    def _first(self, model: Model, name: str) -> float:
        return float(self._work(model)[model.program.layout.slots[name]])

    def run(self, start: Array, span: float) -> Array:
        """Run from a state for so long; return the state at the end, a column of stocks."""
        values = {**self.values, **dict(zip(self.keys, start.tolist(), strict=True))}
        final = self.began + span
        if FINAL_TIME in self.program.constants:
            values[FINAL_TIME] = final
        timing = simulate.Timing(None, final, span)
        wanted = [*self.slots, *self.rates]
        done = simulate.trajectory(self.kernel, values, 1, self.method, timing, wanted)
        end = done.values[:, -1, 0]
        bad = np.flatnonzero(~np.isfinite(end))
        if len(bad):
            name = self.names[int(bad[0]) % len(self.names)]
            raise SolverError(f"{name!r} is no longer a finite number", time=final, variable=name)
        self.speed = end[len(self.slots) :]
        return end[: len(self.slots), None]

    def scale(self, state: Array) -> Array:
        """Return what a deviation of each stock is a share of: its size, or where it began."""
        size = np.maximum(np.abs(state), 1e-6 * np.abs(self.initial))
        return np.where(size > 0, size, 1.0)

    def moving(self, state: Array, span: float, share: float) -> str:
        """Return a stock that at its last speed would go farther than a share of it, or nothing."""
        going = np.abs(self.speed) * span / self.scale(state)
        at = int(np.argmax(going))
        return self.names[at] if going[at] > share else ""


def _shown(model: Model, slot: int) -> str:
    shown = {place: name for name, place in model.program.columns.values()}
    return shown.get(slot) or readable(model.program.layout.name_of(slot))


def settable(program: Program) -> Program:
    """Return a program whose stocks begin at constants of its own, one for each element.

    >>> import sdmodel as sd
    >>> program = settable(sd.load("models/core.mdl").program)
    >>> sum(name.startswith(INITIAL) for name in program.constants)
    6
    """
    layout = program.layout
    shapes = {INITIAL + one.name: layout.shapes.get(one.name, ()) for one in program.stocks}
    wider = layout.extended(shapes)
    constants, slots = dict(program.constants), dict(program.constant_slots)
    begun: list[Statement] = []
    for stock in program.stocks:
        name = INITIAL + stock.name
        for place in range(layout.size(stock.name)):
            constants[f"{name}[#{place}]"] = 0.0
            slots[f"{name}[#{place}]"] = wider.slots[name] + place
        axes = tuple(Axis(i, size) for i, size in enumerate(shapes[name]))
        where = tuple(At(axis, range(axis.size)) for axis in axes)
        begun.append(
            Statement(stock.name, Ref(name, where=where), stock.variable, axes=axes, where=where)
        )
    known = {stock.name for stock in program.stocks}
    rest = tuple(one for one in program.start if one.target not in known)
    return replace(
        program,
        start=(*begun, *rest),
        layout=wider,
        constants=constants,
        constant_slots=slots,
    )
