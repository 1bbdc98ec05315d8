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
from sdmodel.primitives import NUMPY, read_table, table_segment
from sdmodel.program import Phase, Program, Statement


@dataclass(frozen=True, slots=True)
class _Instruction:
    """`slot` takes the value of a primitive of the values in other slots."""

    slot: int
    op: Op | None
    args: tuple[int, ...]
    table: Table | None = None
    mode: str = ""
    jump: int = -1


class _Flattener:
    """Turns statements into instructions; equal expressions are computed once."""

    def __init__(self, program: Program) -> None:
        self.slots = dict(program.layout.slots)
        self.count = len(program.layout)
        self.numbers: dict[str, int] = {}

    def literal(self, value: float) -> int:
        # repr tells 0.0 from -0.0, and finds NaN again
        slot = self.numbers.setdefault(repr(value), self.count)
        self.count += slot == self.count
        return slot

    def flatten(self, statements: Sequence[Statement]) -> tuple[list[_Instruction], list[Jump]]:
        done: dict[Any, int] = {}
        code: list[_Instruction] = []
        jumps: list[Jump] = []
        for statement in statements:
            slot = self._expression(statement, done, code, jumps)
            target = self.slots[statement.target]
            code.append(_Instruction(target, None, (slot,)))
        return code, jumps

    def _expression(
        self,
        statement: Statement,
        done: dict[Any, int],
        code: list[_Instruction],
        jumps: list[Jump],
    ) -> int:
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
            results.append(self._node(node, args, statement, done, code, jumps))
        return results[0]

    def _node(
        self,
        node: Expr,
        args: tuple[int, ...],
        statement: Statement,
        done: dict[Any, int],
        code: list[_Instruction],
        jumps: list[Jump],
    ) -> int:
        op: Op | None = None
        table: Table | None = None
        mode, what = "", None  # type: str, Any
        match node:
            case Const():
                return self.literal(node.value)
            case Ref():
                return self.slots[node.name]
            case Apply():
                what = (node.op, args)
                op = node.op
            case Lookup():
                what = (node.table, node.mode, args)
                table, mode = node.table, node.mode
            case _:
                raise AssertionError(f"{type(node).__name__} is left after lowering")
        if what in done:
            return done[what]
        slot = self.count
        self.count += 1
        done[what] = slot
        jump = -1
        time_only = statement.phase is Phase.TIME
        stepped = table is not None and mode in ("forward", "backward")
        if op in JUMPS or stepped or (table is not None and time_only):
            # A corner of an input over time counts too: there is nothing to hold still, but a
            # solver should restart there.
            kind = op.value if op is not None else mode if stepped else "corner"
            right = args[1] if op is not None and len(args) > 1 else -1
            if op in ORDERINGS or (time_only and kind not in ("corner", Op.REMAINDER.value)):
                jump = len(jumps)
            jumps.append(Jump(slot, args[0], right, kind, statement.variable, time_only, jump >= 0))
        code.append(_Instruction(slot, op, args, table, mode, jump))
        return slot


class ReferenceKernel:
    """A program as NumPy calls."""

    def __init__(self, program: Program) -> None:
        self.program = program
        flat = _Flattener(program)
        self.start_code, _ = flat.flatten(program.start)
        self.step_code, self.jumps = flat.flatten(program.step)
        self.count = flat.count
        self.literals = [(slot, float(value)) for value, slot in flat.numbers.items()]

    def workspace(self, runs: int) -> ReferenceWorkspace:
        """Return a fresh workspace for so many runs."""
        return ReferenceWorkspace(self, runs)

    def table_of(self, jump: Jump) -> Table | None:
        """Return the table a jump belongs to, if it is one of a lookup."""
        return next((i.table for i in self.step_code if i.slot == jump.outcome), None)


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
            table, mode = one.table, one.mode

            def read(x: Array, out: Array) -> None:
                read_table(table, x, mode, out)

            return read, args, out
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
                table = self.kernel.table_of(jump)
                assert table is not None
                found[i] = table_segment(table, left)
            elif jump.op == Op.REMAINDER.value:
                with np.errstate(all="ignore"):
                    found[i] = np.trunc(left / self._all[jump.right])
            else:
                found[i] = self._all[jump.outcome]
        return found


def _copy(value: Array, out: Array) -> None:
    out[...] = value
