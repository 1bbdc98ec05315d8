"""The reference kernel: a program evaluated by NumPy, statement by statement.

Slow and obvious, for it is the definition that every other engine must agree with. Each statement
is flattened into a list of primitives; every primitive is one NumPy call over all runs of a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import partial
from typing import Any

import numpy as np

from sdmodel.blocks import BLOCKS
from sdmodel.expr import Apply, Block, Lookup, Op, Pick, Reduce, Ref
from sdmodel.kernel import Array, Jump
from sdmodel.primitives import NUMPY, reader, segment
from sdmodel.program import Program
from sdmodel.reference.flatten import Flattener, Instruction
from sdmodel.reference.values import Slots

Compute = Callable[[], Any]
# What a reduction begins with; the empty sum is 0.
NEUTRAL = {Op.ADD: 0.0, Op.MUL: 1.0, Op.MIN: np.inf, Op.MAX: -np.inf}


class ReferenceKernel:
    """A program as NumPy calls."""

    label = "reference"

    def __init__(self, program: Program) -> None:
        self.program = program
        flat = Flattener(program)
        self.start_code = flat.flatten(program.start).instructions
        step = flat.flatten(program.step)
        self.step_code, self.jumps, self.tables = step.instructions, step.jumps, step.tables
        self.count = flat.count
        self.literals = list(flat.numbers.values())

    def workspace(self, runs: int) -> ReferenceWorkspace:
        """Return a fresh workspace for so many runs."""
        return ReferenceWorkspace(self, runs)


class ReferenceWorkspace:
    """The values of a batch of runs; see `sdmodel.kernel.Workspace`."""

    def __init__(self, kernel: ReferenceKernel, runs: int) -> None:
        self.kernel = kernel
        self._all = np.zeros((kernel.count, runs))
        self.values = self._all[: len(kernel.program.layout)]
        for first, numbers in kernel.literals:
            self._all[first : first + len(numbers)] = np.array(numbers)[:, None]
        self._start = [self._bind(one) for one in kernel.start_code]
        self._rates = [self._bind(one) for one in kernel.step_code]
        self._held: Array | None = None

    def _bind(self, one: Instruction) -> Compute:
        table, node = self._all, one.node
        match node:
            case None:
                value = one.args[0].spread(table, one.out.axes)
                if one.rows is None:
                    return partial(_copy, value, one.out.view(table))
                whole = np.broadcast_to(value, (*one.out.sizes, table.shape[1]))
                return partial(_scatter, whole, table, one.rows)
            case Ref():
                return partial(_gather, table, one.rows, one.out.view(table))
            case Apply():
                args = [arg.spread(table, one.out.axes) for arg in one.args]
                return partial(NUMPY[node.op], *args, out=one.out.view(table))
            case Lookup():
                return _reading(one, node, table)
            case Reduce():
                return _reducing(one, node, table)
            case Pick():
                return partial(_pick, one, node, table)
            case Block():
                arrays = [arg.view(table) for arg in one.args]
                return partial(BLOCKS[node.function], *arrays, out=one.out.view(table))

    def start(self) -> None:
        """Compute run constants and initial values."""
        with np.errstate(all="ignore"):
            for compute in self._start:
                compute()

    def rates(self) -> None:
        """Compute everything that follows from Time and the stocks."""
        held = self._held
        with np.errstate(all="ignore"):
            if held is None:
                for compute in self._rates:
                    compute()
                return
            for one, compute in zip(self.kernel.step_code, self._rates, strict=True):
                if one.jump >= 0:
                    kept = held[one.jump : one.jump + one.out.count]
                    view = one.out.view(self._all)
                    view[...] = kept.reshape(*one.out.sizes, kept.shape[1])
                else:
                    compute()

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


def _gather(table: Array, rows: Slots | None, out: Array) -> None:
    out[...] = table[rows].reshape(out.shape)


def _scatter(value: Array, table: Array, rows: Slots) -> None:
    table[rows] = value.reshape(-1, table.shape[1])


def _reading(one: Instruction, node: Lookup, table: Array) -> Compute:
    """Return the reading of a lookup: row by row where the rows have tables of their own."""
    x = one.args[0]
    if len(one.tables) == 1 and one.tables[0] is not None:
        read = reader(one.tables[0], node.mode)
        return partial(read, x.spread(table, one.out.axes), one.out.view(table))
    assert one.rows is not None
    readers = [None if t is None else reader(t, node.mode) for t in one.tables]
    sources = x.rows(one.out.axes)

    def compute() -> None:
        for i, (which, source) in enumerate(zip(one.rows, sources, strict=True)):  # type: ignore[arg-type]
            read, out = readers[which], table[one.out.start + i]
            if read is None:
                out[...] = np.nan
            else:
                read(table[source], out)

    return compute


def _reducing(one: Instruction, node: Reduce, table: Array) -> Compute:
    """Return a reduction, one term after the other in order, as machine code adds them too."""
    body, primitive = one.args[0], NUMPY[node.op]
    kept = [i for i, axis in enumerate(body.axes) if axis not in node.axes]
    gone = [i for i, axis in enumerate(body.axes) if axis in node.axes]
    absent = 1
    for axis in node.axes:
        absent *= 1 if axis in body.axes else axis.size
    view = body.view(table)
    moved = np.moveaxis(view, gone, range(len(gone))) if gone else view[None]
    assert len(kept) == len(one.out.axes)
    terms = moved.reshape(-1, *moved.shape[max(len(gone), 1) :]) if view.size else moved
    shared = np.shares_memory(terms, view)

    def compute() -> None:
        each = terms if shared else moved.reshape(terms.shape)
        out = one.out.view(table)
        out[...] = NEUTRAL[node.op]
        for _ in range(absent):
            for term in each:
                primitive(out, term, out=out)

    return compute


def _pick(one: Instruction, node: Pick, table: Array) -> None:
    out = one.out.view(table)
    offset = one.args[0].spread(table, one.out.axes)
    assert one.rows is not None
    at = np.rint(one.rows.reshape(*one.out.sizes, 1) + offset).reshape(out.shape)
    inside = (at >= 0) & (at < node.size)
    rows = one.first + np.where(inside, at, 0).astype(np.intp)
    out[...] = np.where(inside, table[rows, np.arange(table.shape[1])], np.nan)
