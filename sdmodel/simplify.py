"""What need not be computed at every step: run constants are taken out, unused values left out."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace

from sdmodel.expr import (
    Apply,
    At,
    Block,
    Const,
    Expr,
    Lookup,
    Position,
    Ref,
    children,
    free_axes,
    references,
    rewrite,
)
from sdmodel.program import TIME, Program, Statement

# Elements of a value taken out: a large one costs more memory than it saves time.
LARGEST_HOISTED = 1024


@dataclass(frozen=True, slots=True)
class Simplified:
    """Statements for the start and for every step, and the shapes of the values taken out."""

    start: tuple[Statement, ...]
    step: tuple[Statement, ...]
    extra: Mapping[str, tuple[int, ...]]


def run_constants(program: Program) -> set[str]:
    """Return the names whose values stay the same during a run."""
    moving = {TIME, *(s.name for s in program.stocks), *(s.target for s in program.step)}
    moving |= {m.name for m in program.memories} | {p.name for p in program.pipelines}
    # The half step is not among them: solvers set it anew during a run.
    fixed = {*map(program.variable_of, program.constants), *(s.target for s in program.start)}
    return fixed - moving


def simplify(program: Program) -> Simplified:
    """Take parts of equations that are run constants to the start.

    A division by a run constant stays a division: multiplying by its reciprocal would save a sixth
    of the time, but 49 * (1/49) is less than 1, and a comparison or INTEGER makes another outcome
    of that.
    """
    fixed = run_constants(program)
    once: dict[Expr, Ref] = {}

    def hoisted(expr: Expr) -> Expr:
        if expr not in once:
            axes = free_axes(expr)
            if math.prod(axis.size for axis in axes) > LARGEST_HOISTED:
                return expr
            where = tuple(At(axis, range(axis.size)) for axis in axes)
            once[expr] = Ref(f"#once {len(once)}", where=where)
        return once[expr]

    def is_fixed(expr: Expr) -> bool:
        if isinstance(expr, Ref):
            return expr.name in fixed or expr.name.startswith("#once")
        return isinstance(expr, Const | Position)

    def change(node: Expr) -> Expr:
        below = children(node)
        if below and all(is_fixed(one) for one in below) and not isinstance(node, Block):
            if all(isinstance(one, Const) for one in below) and isinstance(node, Apply):
                return node  # a number: the compiler folds it
            return hoisted(node)
        return node

    step = tuple(replace(s, value=rewrite(s.value, change)) for s in program.step)
    extra = [
        Statement(ref.name, expr, "#once", axes=free_axes(expr), where=ref.where)
        for expr, ref in once.items()
    ]
    shapes = {ref.name: tuple(len(place.places) for place in ref.where) for ref in once.values()}
    return Simplified((*program.start, *extra), step, shapes)


def needed(statements: Sequence[Statement], wanted: Iterable[str]) -> list[Statement]:
    """Return the statements that lead to what is wanted, in their order."""
    open_ = set(wanted)
    kept: list[Statement] = []
    for statement in reversed(statements):
        if statement.target in open_:
            kept.append(statement)
            open_ |= {ref.name for ref in references(statement.value)}
    return kept[::-1]


def size(expr: Expr) -> int:
    """Return how many nodes an expression has; a table counts as several."""
    total, stack = 0, [expr]
    while stack:
        node = stack.pop()
        total += 8 if isinstance(node, Lookup) else 1
        stack.extend(children(node))
    return total
