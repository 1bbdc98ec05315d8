"""A loop is cut: one of its links follows the base run, whatever else happens.

With nothing else changed the run must then be the base run. What a scenario does less, or more,
than without the cut is what the loop does in it.
"""

from __future__ import annotations

import math
from collections.abc import Sequence
from dataclasses import dataclass, replace

import numpy as np

from sdmodel.editing import with_additions, with_equation, with_table, without_ranges
from sdmodel.errors import OverrideError, SDError, SolverError
from sdmodel.expr import Call, Expr, Ref, rewrite
from sdmodel.model import Model
from sdmodel.names import key
from sdmodel.run import Run
from sdmodel.selection import entry_of
from sdmodel.source import SourceModel
from sdmodel.validation.expectations import Loop
from sdmodel.validation.study import ValidationStudy

# How far a run with a cut loop may be from the base run, as a share of a variable's peak: a course
# is a straight line between two time steps.
REPRODUCED = 1e-3
# An effect on an outcome below this share of its base value is none.
NONE = 0.01
COURSE = "base course of"


@dataclass(frozen=True, slots=True)
class Effect:
    """What a cut does: how far the base run is missed, and the largest effect on an outcome."""

    missed: float
    setting: str = ""
    outcome: str = ""
    live: float = math.nan
    cut: float = math.nan

    @property
    def reproduces(self) -> bool:
        """Whether the cut alone leaves the base run as it is."""
        return self.missed <= REPRODUCED

    @property
    def told(self) -> tuple[str, str]:
        """The effect in words, and where it is."""
        if not self.reproduces:
            return f"the base run is missed by {self.missed:.2g} of a peak", ""
        if not self.setting:
            return f"below {NONE:.0%} everywhere", ""
        if math.isnan(self.live):
            return "the run breaks down without it", self.setting
        return f"{self.live:+.4g} with the loop, {self.cut:+.4g} without", (
            f"{self.setting}, {self.outcome}"
        )


def live_difference(study: ValidationStudy, loops: Sequence[Loop]) -> dict[str, str]:
    """Tell for loops with a `live` form whether a switch at 1 is as good as none, bit by bit.

    The held variables are given their live form one after the other in one text.
    """
    wanted = [loop for loop in loops if loop.live and loop.held]
    if not wanted:
        return {}
    source = study.model.source
    for loop in wanted:
        source = with_equation(source, entry_of(source, loop.held), loop.live)
    bare = Model(without_ranges(source), study.model.settings, study.model._files)
    run, columns = study.run(bare), study.model.columns
    differ = [
        name
        for name in columns
        if not np.array_equal(run.values(name), study.base.values(name), equal_nan=True)
    ]
    if not differ:
        return {loop.name: f"same bits in {len(columns)} columns" for loop in wanted}
    found = f"differs in {len(differ)} columns, {differ[0]!r} first"
    return {loop.name: found for loop in wanted}


class Knife:
    """Cuts loops one at a time.

    All courses of the base run are put into one model: what a switch at 1 leaves unread changes
    nothing, and one model is compiled but once.
    """

    def __init__(self, study: ValidationStudy, loops: Sequence[Loop]) -> None:
        self.study = study
        step = float(study.base.values("TIME STEP")[0])
        # Between two steps a course is a straight line: closer saved times there are not.
        self.fine = study.run(save_every=step)
        self.refused: dict[str, str] = {}
        source = study.free.source
        for loop in loops:
            if loop.switch and loop.base_path:
                link = loop.link or loop.path[0]
                try:
                    source = _with_course(source, loop.base_path, self.fine, link)
                except SDError as error:
                    self.refused[loop.name] = str(error)
        self.switched = Model(source, study.free.settings, study.free._files)

    def effects(self, loop: Loop) -> Effect | str:
        """Cut a loop in the base run and in every scenario; return its largest effect, or why not.

        Raises
        ------
        SDError
            If not even the base run can be computed without it.
        """
        if loop.name in self.refused:
            return self.refused[loop.name]
        if loop.switch and loop.base_path:
            return _effects(self.study, self.switched, {loop.switch: 0.0})
        if loop.cut:
            source = _held(self.study.free.source, loop, self.fine)
            return _effects(self.study, Model(source, self.study.free.settings), {})
        return "no switch with a base_path, and no cut"


def _effects(study: ValidationStudy, model: Model, off: dict[str, float]) -> Effect:
    again = study.run(model, off)
    base = study.measured(again)
    best = Effect(_missed(study, again))
    if not best.reproduces:
        return best
    size = 0.0
    for name, scenario in study.model.settings.scenarios.items():
        try:
            run = study.measured(study.run(model, {**scenario.values, **off}))
        except SolverError:  # what the loop held back grows without bound
            return replace(best, setting=name, outcome="does not run without it")
        live = study.measured(study.scenarios[name])
        for outcome, was in study.base_outcomes.items():
            change = live[outcome] - was, run[outcome] - base[outcome]
            effect = abs(change[0] - change[1]) / max(abs(was), 1e-300)
            if effect > max(size, NONE):
                size = effect
                best = replace(best, setting=name, outcome=outcome, live=change[0], cut=change[1])
    return best


def _missed(study: ValidationStudy, run: Run) -> float:
    """Return how far the stocks are from the base run, as a share of their peaks."""
    here, base = (study.courses(one, study.model.stocks) for one in (run, study.base))
    peak = np.abs(base).max(axis=0)
    return float((np.abs(here - base).max(axis=0) / np.where(peak > 0, peak, 1.0)).max())


def _with_course(source: SourceModel, lookup: str, run: Run, link: str) -> SourceModel:
    """Give a lookup of the model the course that the link takes in a run, element by element."""
    entries = source.entries.get(key(lookup)) or (entry_of(source, lookup),)
    for entry in entries:
        whole = link.strip().endswith("]") or not entry.subscripts
        column = link if whole else f"{link}[{','.join(entry.subscripts)}]"
        values = run.values(column)
        if values.ndim > 1:
            raise OverrideError(
                lookup,
                f"'{lookup}' has one course for all elements of '{link}': give each element "
                "points of its own in the model",
            )
        source = with_table(source, entry, run.times.tolist(), values.tolist())
    return source


def _held(source: SourceModel, loop: Loop, run: Run) -> SourceModel:
    """Let the variables that come behind `cut` on the path read its course in a run."""
    keys = [key(step.partition("[")[0]) for step in loop.path]
    cause = key(loop.cut)
    users = {keys[(i + 1) % len(keys)] for i, one in enumerate(keys) if one == cause}
    name = f"{COURSE} {loop.cut}"
    added = with_additions(source, {name: "((0,0),(1,1))"})
    added = with_table(
        added, added.entries[key(name)][0], run.times.tolist(), run.values(loop.cut).tolist()
    )

    def hold(node: Expr) -> Expr:
        if isinstance(node, Ref) and key(node.name) == cause:
            return Call(name, (Ref("Time"),))
        return node

    changed = []
    for one in added.variables:
        if one.key in users and one.equation is not None:
            one = replace(one, equation=_running(one.equation, hold))
        changed.append(one)
    return replace(added, variables=tuple(changed))


def _running(equation: Expr, hold: object) -> Expr:
    """Change an equation but for what a stock begins with."""
    if isinstance(equation, Call) and key(equation.function) == "integ":
        first, *rest = equation.args
        return replace(equation, args=(rewrite(first, hold), *rest))  # type: ignore[arg-type]
    return rewrite(equation, hold)  # type: ignore[arg-type]
