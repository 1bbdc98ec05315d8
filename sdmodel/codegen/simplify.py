"""What need not be computed at every step: run constants are taken out, unused values left out."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from sdmodel.expr import (
    Apply,
    Const,
    Expr,
    Lookup,
    Ref,
    children,
    references,
    rewrite,
)
from sdmodel.program import TIME, Program, Statement


@dataclass(frozen=True, slots=True)
class Simplified:
    """Statements for the start and for every step, and the names of the values taken out."""

    start: tuple[Statement, ...]
    step: tuple[Statement, ...]
    extra: tuple[str, ...]


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
    once: dict[Expr, str] = {}

    def hoisted(expr: Expr) -> Ref:
        return Ref(once.setdefault(expr, f"#once {len(once)}"))

    def is_fixed(expr: Expr) -> bool:
        return isinstance(expr, Const) or (
            isinstance(expr, Ref) and (expr.name in fixed or expr.name.startswith("#once"))
        )

    def change(node: Expr) -> Expr:
        below = children(node)
        if below and all(is_fixed(one) for one in below):
            if all(isinstance(one, Const) for one in below) and isinstance(node, Apply):
                return node  # a number: the compiler folds it
            return hoisted(node)
        return node

    step = tuple(
        Statement(s.target, rewrite(s.value, change), s.variable, s.phase) for s in program.step
    )
    extra = [Statement(name, expr, "#once") for expr, name in once.items()]
    return Simplified((*program.start, *extra), step, tuple(once.values()))


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
