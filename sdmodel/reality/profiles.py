"""The RC functions: how a variable leaves its course at a time, and what is asked of one then.

After the Vensim Reference Manual, "Reality Check Functions". Each leaves a variable as the model
has it until `start`, then follows a course that begins at the value its `basis` has at that time;
after `duration` the variable is as the model has it again. Without a start it is the variable RC
START TIME, or one TIME STEP after INITIAL TIME where the model has none. The CHECK functions ask
nothing before `start` and for `grace` after it. What multiplies the basis, and the other numbers,
have their present value.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from sdmodel.errors import Problem
from sdmodel.expr import Call, Const, Expr, Op, Ref, Text, apply, walk, where
from sdmodel.names import key
from sdmodel.source import SourceModel

START_TIME = "rc start time"
# What stands in the brackets before start and duration, and for a CHECK beside `grace`.
_ARGUMENTS = {
    "rc step": ("basis", "mult"),
    "rc ramp": ("basis", "mult", "ramptime"),
    "rc decay": ("basis", "decaytime"),
    "rc grow": ("basis", "growrate"),
    "rc compare": ("run", "basis", "mult"),
}
_GRACE_AT = {"rc compare": 2}
NAMES = {name + tail: name for name in _ARGUMENTS for tail in ("", " check")}


class Refused(Exception):
    """A reality check that is not run, and why."""

    def __init__(self, problem: Problem) -> None:
        self.problem = problem
        super().__init__(problem.message)


@dataclass(frozen=True, slots=True)
class Profile:
    """A call of an RC function, taken apart.

    `run` is the name of the run that RC COMPARE reads, and `compared` the variable it reads there.
    """

    kind: str
    check: bool
    basis: Expr
    start: Expr
    duration: Expr | None
    grace: Expr
    mult: Expr
    pace: Expr
    run: str = ""
    compared: Expr | None = None
    at: int = -1

    def mapped(self, change: Callable[[Expr], Expr]) -> Profile:
        """Return the same with every expression in it changed."""
        return Profile(
            self.kind,
            self.check,
            change(self.basis),
            change(self.start),
            None if self.duration is None else change(self.duration),
            change(self.grace),
            change(self.mult),
            change(self.pace),
            self.run,
            self.compared,
            self.at,
        )

    @property
    def begun(self) -> Expr:
        """Not zero from the start on."""
        return _step(self.start)

    @property
    def on(self) -> Expr:
        """Not zero while the variable is off its course, or while something is asked of it."""
        begin = apply(Op.ADD, self.start, self.grace) if self.check else self.start
        if self.duration is None:
            return _step(begin)
        end = apply(Op.ADD, self.start, self.duration)
        return apply(Op.AND, _step(begin), apply(Op.NOT, _step(end)))

    def course(self, basis: Expr) -> Expr:
        """Return the course from the start on; `basis` is what the basis was at that time.

        For RC COMPARE `basis` is what the variable is in the other run at the same time.
        """
        since = apply(Op.SUB, Ref("Time"), self.start)
        top = apply(Op.MUL, basis, self.mult)
        if self.kind == "rc ramp":
            share = apply(Op.DIV, since, self.pace)
            left = apply(Op.SUB, 1.0, share)
            between = apply(Op.MUL, basis, apply(Op.ADD, apply(Op.MUL, self.mult, share), left))
            return where(apply(Op.GE, since, self.pace), top, between)
        if self.kind == "rc decay":
            return apply(Op.MUL, basis, apply(Op.EXP, -apply(Op.DIV, since, self.pace)))
        if self.kind == "rc grow":
            return apply(Op.MUL, basis, apply(Op.EXP, apply(Op.MUL, self.pace, since)))
        return top


def _step(time: Expr) -> Expr:
    return Call("STEP", (Const(1.0), time))


def is_profile(expr: Expr) -> bool:
    """Return whether an expression is a call of an RC function.

    >>> is_profile(Call("RC_STEP", ())), is_profile(Call("STEP", ()))
    (True, False)
    """
    return isinstance(expr, Call) and key(expr.function) in NAMES


def profile_of(source: SourceModel, call: Expr, *, check: bool) -> Profile:
    """Take a call apart; `check` tells that it stands in what a condition implies."""
    assert isinstance(call, Call)
    name = key(call.function)
    kind, checks = NAMES[name], name.endswith(" check")
    shown = name.upper()
    if checks and not check:
        what = f"{shown} belongs behind :IMPLIES:, not into a condition"
        raise refused(source, call, what, f"use {shown.removesuffix(' CHECK')} there", shown)
    if check and not checks:
        what = f"{shown} belongs into a condition, not behind :IMPLIES:"
        raise refused(source, call, what, f"use {shown} CHECK there", shown)
    wanted = list(_ARGUMENTS[kind])
    if check:
        wanted.insert(_GRACE_AT.get(kind, 0), "grace")
    least, most = len(wanted), len(wanted) + 2
    if not least <= len(call.args) <= most:
        told = ", ".join(wanted)
        what = f"{shown} takes {least} to {most} arguments, not {len(call.args)}"
        raise refused(source, call, what, f"write {shown}({told}[, start[, duration]])", shown)
    given = dict(zip([*wanted, "start", "duration"], call.args, strict=False))
    for one in call.args:
        if any(is_profile(node) for node in walk(one)):
            what = f"{shown} cannot hold another RC function"
            raise refused(source, one, what, "give it a variable or a number", shown)
    run = given.get("run", Text(""))
    if not isinstance(run, Text):
        what = f"the first argument of {shown} is the name of a run"
        raise refused(source, run, what, f"write {shown}('name of a run', ...)", shown)
    pace = next((given[one] for one in ("ramptime", "decaytime", "growrate") if one in given), None)
    return Profile(
        kind,
        check,
        basis=given["basis"],
        start=given.get("start", _default_start(source)),
        duration=given.get("duration"),
        grace=given.get("grace", Const(0.0)),
        mult=given.get("mult", Const(1.0)),
        pace=pace or Const(0.0),
        run=run.value,
        compared=given["basis"],
        at=call.at,
    )


def _default_start(source: SourceModel) -> Expr:
    if START_TIME in source.by_key:
        return Ref(source.by_key[START_TIME].name)
    return apply(Op.ADD, Ref("INITIAL TIME"), Ref("TIME STEP"))


def no_profiles(source: SourceModel, expr: Expr) -> None:
    """Refuse an RC function anywhere but alone on one side of a comparison."""
    for node in walk(expr):
        if isinstance(node, Call) and is_profile(node):
            name = key(node.function).upper()
            what = f"{name} stands alone on one side of a comparison, and not in a calculation"
            sign = "<=" if name.endswith("CHECK") else "="
            raise refused(source, node, what, f"write variable {sign} {name}(...)", name)
        if isinstance(node, Call) and key(node.function) == "time transition":
            what = "TIME TRANSITION is not run: the manual does not say what it returns"
            raise refused(source, node, what, "use RC RAMP instead", "TIME TRANSITION")


def refused(source: SourceModel, node: Expr, what: str, cure: str, name: str = "") -> Refused:
    """Return the refusal of a reality check, at the place of an expression."""
    places = (getattr(one, "at", -1) for one in walk(node))
    at = next((one for one in places if one >= 0), -1)
    problem = source.source.problem(max(at, 0), what, kind="unsupported", cure=cure, name=name)
    return Refused(problem)
