"""Stocks: INTEG of what flows in and out; what never falls below zero, and conveyors.

A non-negative stock is drained only of what there is (XMILE 1.0, "Stocks"): its outflows, in the
order of the file, get at most what it holds, plus what flows in, within one DT. Where that cannot
be said without a circle, or where a flow has more than the one stock at each end that the standard
gives it, the stock alone stops at zero, as the public test models non_negative_* have it.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field

from sdmodel.expr import Apply, Call, Const, Expr, Op, Ref, references
from sdmodel.frontends.xmile.directory import Directory
from sdmodel.frontends.xmile.entries import Draft
from sdmodel.frontends.xmile.equations import Equation
from sdmodel.frontends.xmile.markup import Passage
from sdmodel.frontends.xmile.words import plain_name
from sdmodel.names import key


@dataclass(slots=True)
class Flows:
    """What flows into and out of a stock, by reference, for one of its parts."""

    inward: list[Ref] = field(default_factory=list)
    outward: list[Ref] = field(default_factory=list)

    def net(self) -> Expr:
        """Return the net rate of change."""
        rate = total(self.inward)
        for flow in self.outward:
            rate = Apply(Op.SUB, (rate, flow)) if rate is not None else Apply(Op.NEG, (flow,))
        return rate if rate is not None else Const(0.0)


def total(terms: Iterable[Expr]) -> Expr | None:
    """Return the sum; None of nothing."""
    result: Expr | None = None
    for term in terms:
        result = term if result is None else Apply(Op.ADD, (result, term))
    return result


def flows_of(directory: Directory, stock: Draft, scope: Equation) -> Flows:
    """Return the flows of a stock, with the subscripts of one of its parts."""

    def refer(passage: Passage) -> Ref:
        name = passage.text.strip()
        draft = directory.find(name, stock.prefix)
        if draft is None:
            return Ref(stock.prefix + plain_name(name), (), passage.first)
        subscripts = scope.matching(draft.dimensions) if draft.dimensions else ()
        return Ref(draft.name, subscripts, passage.first)

    return Flows([refer(one) for one in stock.inflows], [refer(one) for one in stock.outflows])


def integral(
    stock: Draft, flows: Flows, initial: Expr, step: Ref, subscripts: tuple[str, ...]
) -> Call:
    """Return the equation of a stock."""
    rate = flows.net()
    if stock.non_negative:
        held = Apply(Op.DIV, (Ref(stock.name, subscripts), step))
        rate = Apply(Op.MAX, (rate, Apply(Op.NEG, (held,))))
    return Call("INTEG", (rate, initial), stock.at)


@dataclass(frozen=True, slots=True)
class Drain:
    """That a flow drains a non-negative stock, and what comes before it in the file."""

    stock: Draft
    inward: tuple[str, ...]
    before: tuple[str, ...]


def drains(directory: Directory) -> dict[str, Drain]:
    """Return, by the key of the flow, which non-negative stock each outflow drains."""
    into, out_of = dict[str, list[Draft]](), dict[str, list[Draft]]()
    ends: dict[str, tuple[list[str], list[str]]] = {}
    for stock in directory.drafts.values():
        if stock.kind != "stock" or stock.source:
            continue
        both = []
        for passages, known in ((stock.inflows, into), (stock.outflows, out_of)):
            names = []
            for passage in passages:
                flow = directory.find(passage.text.strip(), stock.prefix)
                if flow is not None:
                    names.append(flow.name)
                    known.setdefault(key(flow.name), []).append(stock)
            both.append(names)
        ends[key(stock.name)] = (both[0], both[1])
    found = {}
    for owner, (inward, outward) in ends.items():
        stock = directory.drafts[owner]
        if not stock.non_negative or stock.element.one("conveyor") is not None:
            continue
        for place, name in enumerate(outward):
            draft = directory.drafts[key(name)]
            alone = len(out_of[key(name)]) == 1 and len(into.get(key(name), ())) <= 1
            alike = [*map(key, draft.dimensions)] == [*map(key, stock.dimensions)]
            if alone and alike and draft.kind == "flow":
                found[key(name)] = Drain(stock, tuple(inward), tuple(outward[:place]))
    return found


def without_circles(
    found: Mapping[str, Drain],
    equations: Mapping[str, list[Expr]],
    initials: Mapping[str, list[Expr]],
) -> dict[str, Drain]:
    """Return the drains whose limits make no circle, neither in a step nor at the start."""
    step = {name: _names(exprs) for name, exprs in equations.items()}
    start = step | {name: _names(exprs) for name, exprs in initials.items()}
    for name, drain in found.items():
        more = {key(one) for one in (*drain.inward, *drain.before)}
        step[name] = step.get(name, set()) | more
        start[name] = start.get(name, set()) | more | {key(drain.stock.name)}
    circular = in_circles(step) | in_circles(start)
    return {name: drain for name, drain in found.items() if name not in circular}


def _names(exprs: Iterable[Expr]) -> set[str]:
    return {key(ref.name) for expr in exprs for ref in references(expr)}


def in_circles(graph: Mapping[str, set[str]]) -> set[str]:
    """Return the names that depend on themselves (Tarjan's components, without recursion).

    >>> sorted(in_circles({"a": {"b"}, "b": {"a"}, "c": {"a"}}))
    ['a', 'b']
    """
    index, low = dict[str, int](), dict[str, int]()
    stack, on_stack, found = list[str](), set[str](), set[str]()
    for root in graph:
        if root in index:
            continue
        todo = [(root, iter(sorted(graph[root])))]
        index[root] = low[root] = len(index)
        stack.append(root)
        on_stack.add(root)
        while todo:
            name, rest = todo[-1]
            below = next(rest, None)
            if below is None:
                todo.pop()
                if todo:
                    low[todo[-1][0]] = min(low[todo[-1][0]], low[name])
                if low[name] == index[name]:
                    members = set[str]()
                    while name not in members:
                        members.add(stack.pop())
                    on_stack -= members
                    if len(members) > 1 or name in graph[name]:
                        found |= members
            elif below not in graph:
                continue
            elif below not in index:
                index[below] = low[below] = len(index)
                stack.append(below)
                on_stack.add(below)
                todo.append((below, iter(sorted(graph[below]))))
            elif below in on_stack:
                low[name] = min(low[name], index[below])
    return found


def limited(value: Expr, drain: Drain, step: Ref, subscripts: tuple[str, ...]) -> Expr:
    """Return an outflow that takes no more than there is."""
    held: Expr = Apply(Op.DIV, (Ref(drain.stock.name, subscripts), step))
    inward = total(Ref(name, subscripts) for name in drain.inward)
    there = held if inward is None else Apply(Op.ADD, (held, inward))
    for name in drain.before:
        there = Apply(Op.SUB, (there, Ref(name, subscripts)))
    return Apply(Op.MIN, (value, Apply(Op.MAX, (there, Const(0.0)))))
