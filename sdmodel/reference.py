"""The reference kernel: a program evaluated by NumPy, statement by statement.

Slow and obvious, for it is the definition that every other engine must agree with. Each statement
is flattened into a list of primitives; every primitive is one NumPy call over all runs of a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np

from sdmodel.expr import JUMPS, ORDERINGS, Apply, Const, Expr, Lookup, Op, Ref, Table, children
from sdmodel.kernel import Array, Jump
from sdmodel.primitives import NUMPY, reader, segment
from sdmodel.program import HALF_STEP, RUN_NUMBER, STEP_NUMBER, TIME, Phase, Program, Statement


@dataclass(frozen=True, slots=True)
class _Instruction:
    """`slot` takes the value of a primitive of the values in other slots."""

    slot: int
    op: Op | None
    args: tuple[int, ...]
    table: Table | None = None
    mode: str = ""
    jump: int = -1


@dataclass(frozen=True, slots=True)
class _Code:
    """Instructions in order, where they jump, and what is computed already, by slot."""

    instructions: list[_Instruction]
    jumps: list[Jump]
    done: dict[Any, int]
    tables: dict[int, Table]


class _Flattener:
    """Turns statements into instructions; equal expressions are computed once."""

    def __init__(self, program: Program) -> None:
        self.slots = dict(program.layout.slots)
        self.count = len(program.layout)
        self.numbers: dict[str, int] = {}
        # What is not in here changes with the state.
        self.phases = {self.slots[name]: Phase.CONSTANT for name in program.constants}
        self.phases |= {self.slots[one.target]: Phase.CONSTANT for one in program.start}
        changing = (program.stocks, program.memories, program.pipelines)
        self.phases |= {self.slots[one.name]: Phase.STATE for kind in changing for one in kind}
        self.phases |= {self.slots[one.target]: one.phase for one in program.step}
        if STEP_NUMBER in self.slots:
            self.phases[self.slots[STEP_NUMBER]] = Phase.STATE
            self.phases[self.slots[RUN_NUMBER]] = Phase.CONSTANT
        self.phases |= {self.slots[TIME]: Phase.TIME, self.slots[HALF_STEP]: Phase.CONSTANT}

    def literal(self, value: float) -> int:
        # repr tells 0.0 from -0.0, and finds NaN again
        slot = self.numbers.setdefault(repr(value), self.count)
        self.count += slot == self.count
        self.phases[slot] = Phase.CONSTANT
        return slot

    def flatten(self, statements: Sequence[Statement]) -> _Code:
        code = _Code([], [], {}, {})
        for statement in statements:
            target = self.slots[statement.target]
            slot = self._expression(statement, target, code)
            if slot != target:
                code.instructions.append(_Instruction(target, None, (slot,)))
        return code

    def _expression(self, statement: Statement, target: int, code: _Code) -> int:
        results: list[int] = []
        todo: list[tuple[Expr, bool]] = [(statement.value, False)]
        while todo:
            node, ready = todo.pop()
            below = children(node)
            if below and not ready:
                todo.append((node, True))
                todo.extend((child, False) for child in reversed(below))
                continue
            args = tuple(results[len(results) - len(below) :]) if below else ()
            del results[len(results) - len(below) :]
            # What is computed last goes where the statement wants it.
            place = None if todo else target
            results.append(self._node(node, args, statement.variable, place, code))
        return results[0]

    def _node(
        self, node: Expr, args: tuple[int, ...], variable: str, place: int | None, code: _Code
    ) -> int:
        match node:
            case Const():
                return self.literal(node.value)
            case Ref():
                return self.slots[node.name]
            case Apply():
                what: Any = (node.op, args)
            case Lookup():
                what = (node.table, node.mode, args)
            case _:
                raise AssertionError(f"{type(node).__name__} is left after lowering")
        if what in code.done:
            return code.done[what]
        slot = self.count if place is None else place
        self.count += place is None
        code.done[what] = slot
        phase = max(self.phases[arg] for arg in args)
        if place is None:  # a variable's own phase is known, and not that of its initial value
            self.phases[slot] = phase
        jump = -1
        found = None if phase is Phase.CONSTANT else _jump(node, args, slot, variable, phase)
        if found is not None:
            jump = len(code.jumps) if found.holds else -1
            code.jumps.append(found)
        if isinstance(node, Lookup):
            code.tables[slot] = node.table
            one = _Instruction(slot, None, args, node.table, node.mode, jump)
        else:
            one = _Instruction(slot, node.op, args, jump=jump)
        code.instructions.append(one)
        return slot


def _jump(
    node: Apply | Lookup, args: tuple[int, ...], slot: int, variable: str, phase: Phase
) -> Jump | None:
    time_only = phase is Phase.TIME
    if isinstance(node, Apply):
        if node.op not in JUMPS:
            return None
        right = args[1] if len(args) > 1 else -1
        holds = node.op in ORDERINGS or (time_only and node.op is not Op.REMAINDER)
        return Jump(slot, args[0], right, node.op.value, variable, time_only, holds)
    if node.mode in ("forward", "backward"):
        return Jump(slot, args[0], -1, node.mode, variable, time_only, time_only)
    # A corner of an input over time counts too: there is nothing to hold still, but a solver should
    # restart there.
    return Jump(slot, args[0], -1, "corner", variable, True, False) if time_only else None


class ReferenceKernel:
    """A program as NumPy calls."""

    label = "reference"

    def __init__(self, program: Program) -> None:
        self.program = program
        flat = _Flattener(program)
        self.start_code = flat.flatten(program.start).instructions
        step = flat.flatten(program.step)
        self.step_code, self.jumps, self.tables = step.instructions, step.jumps, step.tables
        self.count = flat.count
        self.literals = [(slot, float(value)) for value, slot in flat.numbers.items()]

    def workspace(self, runs: int) -> ReferenceWorkspace:
        """Return a fresh workspace for so many runs."""
        return ReferenceWorkspace(self, runs)


class ReferenceWorkspace:
    """The values of a batch of runs; see `sdmodel.kernel.Workspace`."""

    def __init__(self, kernel: ReferenceKernel, runs: int) -> None:
        self.kernel = kernel
        self._all = np.zeros((kernel.count, runs))
        self.values = self._all[: len(kernel.program.layout)]
        for slot, value in kernel.literals:
            self._all[slot] = value
        self._start = [self._bind(one) for one in kernel.start_code]
        self._rates = [self._bind(one) for one in kernel.step_code]
        self._held: Array | None = None

    def _bind(self, one: _Instruction) -> tuple[Callable[..., Any], tuple[Array, ...], Array]:
        out, args = self._all[one.slot], tuple(self._all[i] for i in one.args)
        if one.table is not None:
            return reader(one.table, one.mode), args, out
        if one.op is None:
            return _copy, args, out
        return NUMPY[one.op], args, out

    def start(self) -> None:
        """Compute run constants and initial values."""
        with np.errstate(all="ignore"):
            for compute, args, out in self._start:
                compute(*args, out=out)

    def rates(self) -> None:
        """Compute everything that follows from Time and the stocks."""
        held = self._held
        with np.errstate(all="ignore"):
            if held is None:
                for compute, args, out in self._rates:
                    compute(*args, out=out)
                return
            for one, (compute, args, out) in zip(self.kernel.step_code, self._rates, strict=True):
                if one.jump >= 0:
                    out[...] = held[one.jump]
                else:
                    compute(*args, out=out)

    @property
    def jumps(self) -> Sequence[Jump]:
        """The places where equations jump."""
        return self.kernel.jumps

    def hold(self, outcomes: Array | None) -> None:
        """Give every jump this outcome until told otherwise."""
        self._held = outcomes

    def jump_sides(self) -> tuple[Array, Array]:
        """Return what stands left and right in every comparison; 1 and 0 where there is none."""
        left = np.ones((len(self.jumps), self._all.shape[1]))
        right = np.zeros_like(left)
        for i, jump in enumerate(self.jumps):
            if jump.ordering:
                left[i], right[i] = self._all[jump.left], self._all[jump.right]
        return left, right

    def outcomes(self) -> Array:
        """Return the present outcome of every jump.

        Of a corner this is the segment of the table, of a remainder the whole multiples.
        """
        found = np.empty((len(self.jumps), self._all.shape[1]))
        for i, jump in enumerate(self.jumps):
            left = self._all[jump.left]
            if jump.op == "corner":
                found[i] = segment(self.kernel.tables[jump.outcome], left)
            elif jump.op == Op.REMAINDER.value:
                with np.errstate(all="ignore"):
                    whole = (left - self._all[jump.outcome]) / self._all[jump.right]
                found[i] = np.nan_to_num(np.rint(whole))
            else:
                found[i] = self._all[jump.outcome]
        return found


def _copy(value: Array, out: Array) -> None:
    out[...] = value
