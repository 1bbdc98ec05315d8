"""Checks of a run: whether its step is short enough, and whether its numbers stay numbers."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sdmodel.checks.registry import check
from sdmodel.checks.subject import Subject
from sdmodel.errors import Problem
from sdmodel.expr import Apply, Op, references
from sdmodel.kernel import Array
from sdmodel.names import key, readable
from sdmodel.program import HALF_STEP, TIME_STEP
from sdmodel.source import Variable

if TYPE_CHECKING:
    from sdmodel.checks.facts import Facts

# The share of Euler's steps that more accurate methods need for the same time constant.
_SHARE = {"euler": 1.0, "difference": 1.0, "rk2": 0.75, "heun": 0.75, "rk4": 0.5}
_TIMES = 8  # at which time constants are worked out
_MOST_WORK = 400_000_000  # stocks times values times times, some seconds
_LARGEST = 400  # stocks, of which all links are looked at; of more than these only each to itself
_NUDGE, _SMALLER = 1e-6, 1e-7
_AGREE = 0.1  # slopes by two nudges that differ by more are a jump, not a slope


@dataclass(frozen=True, slots=True)
class Fastest:
    """The shortest time constant of a run: whose it is, and when."""

    constant: float
    variable: str
    hidden: bool
    time: float


@check(
    "SD403",
    "step too long",
    meaning=(
        "TIME STEP is long for the shortest time constant of the run: that of the fastest "
        "adjustment of any stock, hidden ones of delays and smooths included, from the equations "
        "made linear at some times of the run. Euler's method needs `steps_per_time_constant` "
        "steps in it (2 unless set; textbooks ask for 4 to 10), Heun's and RK2 three quarters, RK4 "
        "half of that. What TIME STEP itself sets, such as an outflow of at most stock/TIME STEP, "
        "is passed over. Beyond twice the time constant Euler's numbers swing and grow without "
        "bound. `sdmodel check --integration` measures what a step does to the results."
    ),
    cure="shorten TIME STEP, or lengthen the delay or adjustment time if it is of no interest",
    example="TIME STEP = 1 ~ Year ~ |   and a stock that empties at stock/0.5",
    runs=True,
)
def step_too_long(subject: Subject) -> Iterator[Problem]:
    """Compare TIME STEP with the shortest time constant."""
    facts = subject.facts
    if facts is None or facts.method not in _SHARE:
        return
    steps = subject.rules.steps_per_time_constant * _SHARE[facts.method]
    found = fastest(facts)
    if found is None or facts.step * steps <= found.constant * (1 + 1e-6):
        return
    one = subject.source.by_key[TIME_STEP]
    where = "a delay or smooth in " if found.hidden else ""
    message = (
        f"TIME STEP {facts.step:g} is long for the shortest time constant, {found.constant:.3g}: "
        f"{where}{readable(found.variable)!r} at time {found.time:g}"
    )
    step = 2.0 ** np.floor(np.log2(found.constant / steps * (1 + 1e-6)))
    place = max(one.equation_span.start, one.at)
    yield subject.at(one, message, f"TIME STEP = {step:g} by {facts.method}", at=place)


def fastest(facts: Facts) -> Fastest | None:
    """Return the shortest time constant at some times of a run; None where nothing adjusts.

    It is one over the largest eigenvalue, by size, of how the rates of all stocks answer to all
    stocks (Sterman 2000, "Business Dynamics", appendix A, on the choice of the time step).
    """
    layout = facts.layout
    stocks = [s for s in facts.program.stocks for _ in range(layout.size(s.name))]
    levels = layout.block(stock.name for stock in facts.program.stocks)
    rates = layout.block(stock.rate for stock in facts.program.stocks)
    most = min(_TIMES, _MOST_WORK // max(len(levels) * len(layout), 1), len(facts.times))
    named = (ref.name for one in facts.program.step for ref in references(one.value))
    by_step = not {TIME_STEP, HALF_STEP}.isdisjoint(named)
    best, found = 0.0, None
    for at in dict.fromkeys(np.linspace(0, len(facts.times) - 1, most).astype(int).tolist()):
        links = _links(facts, facts.values[:, at], levels, rates)
        if by_step:
            links = _without_step(facts, facts.values[:, at], levels, rates, links)
        if np.isfinite(links).all() and links.any():
            size = _size(links)
            if size > best * (1 + 1e-9):
                best, found = size, (at, links)
    if found is None:
        return None
    at, links = found
    stock = stocks[_owner(links)]
    hidden = stock.name.startswith("#") and not stock.variable.startswith("#")
    return Fastest(1 / best, stock.variable, hidden, float(facts.times[at]))


def _links(facts: Facts, values: Array, levels: list[int], rates: list[int]) -> Array:
    """Return how much each rate answers to each level: ``links[rate, level]``."""
    state = np.ascontiguousarray(values)
    if not np.isfinite(state[levels]).all():
        return np.zeros((0, 0))
    alone = len(levels) > _LARGEST
    links = np.zeros((len(levels), len(levels)))
    facts.kernel.rates(state)
    base = state[rates].copy()
    scale = np.abs(state[levels]).max(initial=0.0) or 1.0
    for column, slot in enumerate(levels):
        level = state[slot]
        size = max(abs(level), 1e-3 * scale)
        slopes = []
        for nudge in (_NUDGE * size, _SMALLER * size):
            state[slot] = level + nudge
            facts.kernel.rates(state)
            slopes.append((state[rates] - base) / (state[slot] - level))
        state[slot] = level
        one, other = slopes
        with np.errstate(invalid="ignore"):
            smooth = np.abs(one - other) <= _AGREE * np.maximum(np.abs(one), np.abs(other))
        slope = np.where(smooth, one, 0.0)
        if alone:
            links[column, column] = slope[column]
        else:
            links[:, column] = slope
    return links


def _without_step(
    facts: Facts, values: Array, levels: list[int], rates: list[int], links: Array
) -> Array:
    """Leave out links that TIME STEP itself sets, such as an outflow of at most stock/TIME STEP.

    With a shorter step they are faster by as much, so that no step is short enough for them.
    """
    slots, other = facts.layout.slots, values.copy()
    other[[slots[TIME_STEP], slots[HALF_STEP]]] /= 2
    with np.errstate(invalid="ignore"):
        same = np.abs(_links(facts, other, levels, rates) - links) <= 1e-3 * np.abs(links)
    return np.where(same, links, 0.0)


def _is_diagonal(links: Array) -> bool:
    return bool(np.count_nonzero(links) == np.count_nonzero(np.diag(links)))


def _size(links: Array) -> float:
    """Return the size of the largest eigenvalue."""
    own = np.diag(links) if _is_diagonal(links) else np.linalg.eigvals(links)
    return float(np.abs(own).max())


def _owner(links: Array) -> int:
    """Return the stock that takes the largest part in the largest eigenvalue."""
    if _is_diagonal(links):
        return int(np.argmax(np.abs(np.diag(links))))
    found, right = np.linalg.eig(links)
    first = int(np.argmax(np.abs(found)))
    left = np.linalg.pinv(right)[first]
    return int(np.argmax(np.abs(left * right[:, first])))


@check(
    "SD404",
    "delay in whole steps",
    meaning=(
        "A DELAY FIXED lasts a whole number of time steps, at least one. Its delay time is no "
        "multiple of TIME STEP, so that it lasts longer or shorter than it says."
    ),
    cure="choose a TIME STEP that divides the delay time",
    example="x = DELAY FIXED(y, 0.3, 0) ~ ~ |   with TIME STEP = 1",
    runs=True,
)
def delays_in_steps(subject: Subject) -> Iterator[Problem]:
    """Compare the times of DELAY FIXED with TIME STEP."""
    facts = subject.facts
    for one in facts.program.pipelines if facts is not None else ():
        assert facts is not None
        for slot in facts.layout.block([one.delay]):
            ratio = facts.values[slot, 0] / facts.step
            if np.isfinite(ratio) and abs(ratio - round(ratio)) > 1e-6 * max(1.0, ratio):
                variable = _variable(subject, one.variable)
                message = (
                    f"in the equation of {readable(one.variable)!r}: the delay time "
                    f"{facts.values[slot, 0]:g} is no whole number of time steps of {facts.step:g}"
                )
                yield subject.at(variable, message, "choose a TIME STEP that divides it")
                break


@check(
    "SD405",
    "run fails",
    meaning=(
        "The run by the file's own method stops, or one of its values is no longer a finite "
        "number: a division by zero, the logarithm of a negative number, growth without bound. "
        "The first variable that goes wrong is told."
    ),
    cure="look at the equation that is named, and at what it is given at that time",
    example="share = part / total ~ Dmnl ~ |   with a total of 0",
    runs=True,
)
def run_fails(subject: Subject) -> Iterator[Problem]:
    """Look for the first value that is not finite."""
    facts = subject.facts
    if facts is None:
        message = f"the model cannot be run: {subject.run_error}"
        yield Problem(message, "check", subject.source.source.path, cure="see the message")
        return
    # A stock goes wrong by its rate, so what is computed at each step comes first.
    known = [*facts.program.step, *facts.program.start]
    order = dict.fromkeys(s.target for s in known if not s.target.startswith("#probe"))
    slots = [slot for name in order for slot in _shown(subject, facts, name)]
    wrong = ~np.isfinite(facts.values[slots])
    if not wrong.any():
        return
    at = int(np.argmax(wrong.any(axis=0)))
    name = facts.layout.name_of(slots[int(np.argmax(wrong[:, at]))])
    owner = next(s.variable for s in known if s.target == name)
    variable = _variable(subject, owner)
    message = f"{readable(owner)!r} is not a finite number at time {facts.times[at]:g}"
    yield subject.at(variable, message, "look at its equation, and at what it is given there")


def _shown(subject: Subject, facts: Facts, name: str) -> list[int]:
    """Return the slots of a name but those of elements that have no equation."""
    shape = facts.program.shapes.get(name)
    slots = facts.layout.block([name])
    return slots if shape is None else [s for i, s in enumerate(slots) if i not in shape.undefined]


def _variable(subject: Subject, name: str) -> Variable:
    return subject.source.by_key.get(key(name)) or subject.source.variables[0]


@check(
    "SD203",
    "division by zero",
    meaning=(
        "In the run, an equation divides by a value that is zero, or that changes its sign and so "
        "passes through zero between two saved times. What stands in a branch of IF THEN ELSE is "
        "passed over."
    ),
    cure="use ZIDZ or XIDZ, or keep the divisor away from zero",
    example="price = revenue / sales ~ ~ |   with sales that stop",
    runs=True,
)
def divisions_by_zero(subject: Subject) -> Iterator[Problem]:
    """Look at the divisors of the run."""
    facts = subject.facts
    for probe in facts.probes if facts is not None else ():
        assert facts is not None
        node = probe.node
        if not (isinstance(node, Apply) and node.op is Op.DIV):
            continue
        given = facts.values[probe.slots.start : probe.slots.stop]
        with np.errstate(invalid="ignore"):
            zero = (given == 0).any(axis=0)
            turns = (given[:, 1:] * given[:, :-1] < 0).any(axis=0)
        if not (zero.any() or turns.any()):
            continue
        if zero.any():
            what = f"is zero at time {facts.times[int(np.argmax(zero))]:g}"
        else:
            what = f"changes its sign after time {facts.times[int(np.argmax(turns))]:g}"
        variable = _variable(subject, probe.variable)
        message = f"in the equation of {readable(probe.variable)!r}: what it divides by {what}"
        yield subject.at(
            variable, message, "use ZIDZ or XIDZ, or keep it away from zero", at=node.at
        )
