"""What one run of a model shows: every value, and what its lookups and divisions were given."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, replace

from sdmodel import simulate
from sdmodel.codegen.draft import DraftKernel
from sdmodel.expr import (
    Apply,
    At,
    Axis,
    Const,
    Expr,
    Lookup,
    Op,
    Ref,
    children,
    free_axes,
    references,
)
from sdmodel.kernel import Array
from sdmodel.program import (
    FINAL_TIME,
    INITIAL_TIME,
    TIME,
    TIME_STEP,
    Layout,
    Program,
    Statement,
)
from sdmodel.simplify import run_constants

# Values of all slots at all saved times; of a larger run fewer times are saved.
_MOST_VALUES = 20_000_000


@dataclass(frozen=True, slots=True)
class Probe:
    """A lookup or division of an equation, and the slots of what it is given, by element."""

    node: Lookup | Apply
    variable: str
    axes: tuple[Axis, ...]
    slots: range


class Facts:
    """One run by the file's own method, with everything saved: `values[slot, time]`.

    `like` are the facts of a program that differs in the values of constants alone: its machine
    code serves again.

    Examples
    --------
    >>> import sdmodel as sd
    >>> facts = Facts(sd.load("models/core.mdl").program)
    >>> float(facts.times[-1]), facts.method, facts.step
    (2020.0, 'rk4', 0.25)
    """

    def __init__(self, program: Program, like: Facts | None = None) -> None:
        if like is None:
            self.program, self.probes = _probed(program)
            self.kernel = DraftKernel(self.program)
        else:
            self.program = replace(like.program, constants=program.constants)
            self.probes, self.kernel = like.probes, like.kernel.with_constants(self.program)
        method, _ = simulate.choose_method(program, "vensim")
        slots = range(len(self.kernel.layout))
        timing = simulate.Timing(save_every=_save_every(program, len(slots)))
        done = simulate.trajectory(self.kernel, {}, 1, method, timing, slots)
        self.method = method.name
        self.times: Array = done.times
        self.values: Array = done.values[:, :, 0]

    @property
    def layout(self) -> Layout:
        """Which slots each name has."""
        return self.program.layout

    @property
    def step(self) -> float:
        """TIME STEP as the run has it."""
        return float(self.values[self.layout.slots[TIME_STEP], 0])


def _probed(program: Program) -> tuple[Program, list[Probe]]:
    """Return a program that computes what its lookups and divisions are given, too."""
    asked = list(_asked(program))
    names = [f"#probe {number}" for number in range(len(asked))]
    sizes = (tuple(axis.size for axis in axes) for _, _, axes, _ in asked)
    layout = program.layout.extended(dict(zip(names, sizes, strict=True)))
    statements, probes = [], []
    for name, (node, variable, axes, value) in zip(names, asked, strict=True):
        where = tuple(At(axis, range(axis.size)) for axis in axes)
        statements.append(Statement(name, value, variable, axes=axes, where=where))
        first = layout.slots[name]
        probes.append(Probe(node, variable, axes, range(first, first + layout.size(name))))
    return replace(program, step=(*program.step, *statements), layout=layout), probes


def _asked(program: Program) -> Iterator[tuple[Lookup | Apply, str, tuple[Axis, ...], Expr]]:
    """Yield what lookups are read at and what is divided by, as far as it may change in a run.

    What stands in a branch of a condition is passed over: it may be guarded.
    """
    fixed = run_constants(program)
    for statement in program.step:
        todo = [statement.value]
        while todo:
            node = todo.pop()
            below = children(node)
            match node:
                case Lookup() if node.x != Ref(TIME) and not _is_fixed(node.x, fixed):
                    yield node, statement.variable, free_axes(node), node.x
                case Apply(op=Op.DIV) if not _is_fixed(node.args[1], fixed):
                    yield node, statement.variable, free_axes(node.args[1]), node.args[1]
                case Apply(op=Op.WHERE):
                    below = below[:1]
                case _:
                    pass
            todo.extend(reversed(below))


def _is_fixed(expr: Expr, fixed: set[str]) -> bool:
    return isinstance(expr, Const) or all(ref.name in fixed for ref in references(expr))


def _save_every(program: Program, slots: int) -> float | None:
    """Return how often a run is saved; None for as often as its file says."""
    known = program.constants
    names = (INITIAL_TIME, FINAL_TIME, TIME_STEP)
    if not all(name in known for name in names):
        return None
    start, end, step = (known[name] for name in names)
    most = max(_MOST_VALUES // max(slots, 1), 2)
    if not step > 0 or (end - start) / step <= most:
        return None
    return step * -(-(end - start) // (step * most))
