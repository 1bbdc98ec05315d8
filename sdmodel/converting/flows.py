"""Which variables are the flows of which stocks: Vensim has equations, XMILE has pipes."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

from sdmodel.converting.trees import Equations
from sdmodel.expr import Apply, Call, Expr, Op, Ref, literal
from sdmodel.names import key
from sdmodel.program import CONTROL
from sdmodel.source import Variable


@dataclass(frozen=True, slots=True)
class Flows:
    """What flows into and out of a stock, by keys, in the order of its equation."""

    inward: tuple[str, ...] = ()
    outward: tuple[str, ...] = ()


def integral(equation: Expr | None) -> Call | None:
    """Return an equation that is one call of INTEG."""
    called = isinstance(equation, Call) and key(equation.function) == "integ"
    return equation if called else None  # type: ignore[return-value]


def find_flows(equations: Equations) -> dict[str, Flows | None]:
    """Return the flows of every stock; None where its rate is more than a sum of flows.

    A flow has at most one stock at each end, so one that fills or drains two stocks is none.
    """
    entries = equations.model.entries
    found: dict[str, Flows | None] = {}
    stocks = {name for name, own in entries.items() if any(integral(one.equation) for one in own)}
    for name in stocks:
        parts = [_of_entry(equations, one, stocks) for one in entries[name]]
        found[name] = parts[0] if len(set(parts)) == 1 else None
    return {name: found[name] for name in entries if name in _shared(found)}


def _shared(found: dict[str, Flows | None]) -> dict[str, Flows | None]:
    """Take away the flows of stocks that share one with another stock at the same end."""
    for side in ("inward", "outward"):
        used = Counter(one for flows in found.values() if flows for one in getattr(flows, side))
        for name, flows in found.items():
            if flows and any(used[one] > 1 for one in getattr(flows, side)):
                found[name] = None
    return found


def _of_entry(equations: Equations, entry: Variable, stocks: set[str]) -> Flows | None:
    equation = integral(equations.equation(entry))
    if equation is None:
        return None
    region = equations.region(entry)
    dimensions = equations.elements(entry.key)
    inward, outward = list[str](), list[str]()
    for term, sign in _terms(equation.args[0], 1):
        if not isinstance(term, Ref):
            if literal(term) == 0:
                continue
            return None
        known = equations.model.by_key.get(term.name)
        fits = term.where == region.where and equations.elements(term.name) == dimensions
        if known is None or not fits or term.name in stocks or term.name in CONTROL or known.lookup:
            return None
        (inward if sign > 0 else outward).append(term.name)
    if set(inward) & set(outward) or not inward + outward:
        return None
    return Flows(tuple(inward), tuple(outward))


def _terms(expr: Expr, sign: int) -> Iterator[tuple[Expr, int]]:
    """Yield what an expression is the sum of, with signs, from left to right."""
    todo = [(expr, sign)]
    while todo:
        node, own = todo.pop()
        if isinstance(node, Apply) and node.op in (Op.ADD, Op.SUB, Op.NEG):
            *first, last = node.args
            todo.append((last, own if node.op is Op.ADD else -own))
            todo += [(one, own) for one in first]
        else:
            yield node, own
