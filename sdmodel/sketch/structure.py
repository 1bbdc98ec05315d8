"""Who uses whom, which flows fill and drain a stock, and which sector each variable belongs to."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from sdmodel.expr import Apply, Call, Expr, Op, Ref, references, walk
from sdmodel.names import key
from sdmodel.program import CONTROL
from sdmodel.source import SourceModel


@dataclass(frozen=True, slots=True)
class Structure:
    """What a drawing shows of a model; all names are keys.

    `causes` tells for each variable which others its equations use, and whether only for the
    initial value. `inflows` and `outflows` are those terms of a stock's net flow that are a
    variable by itself. `group` is the sector, empty where the file has none.
    """

    names: dict[str, str]
    group: dict[str, str]
    causes: dict[str, dict[str, bool]]
    inflows: dict[str, tuple[str, ...]] = field(default_factory=dict)
    outflows: dict[str, tuple[str, ...]] = field(default_factory=dict)

    @property
    def stocks(self) -> tuple[str, ...]:
        """The stocks, in the order of the file."""
        return tuple(self.inflows)

    def ends(self) -> dict[str, tuple[str, str]]:
        """Return for each flow the stock it drains and the stock it fills; "" is outside.

        A pipe has two ends: where a flow fills several stocks, the first has the pipe.
        """
        found: dict[str, tuple[str, str]] = {}
        for stock in self.stocks:
            for flow in self.outflows[stock]:
                source, target = found.get(flow, ("", ""))
                found[flow] = (source or stock, target)
        for stock in self.stocks:
            for flow in self.inflows[stock]:
                source, target = found.get(flow, ("", ""))
                # From an element of a subscripted stock to the next: the stock feeds itself.
                if source != stock:
                    found[flow] = (source, target or stock)
        return found


def structure_of(model: SourceModel) -> Structure:
    """Return the structure of a model as its equations have it.

    Examples
    --------
    >>> from sdmodel.frontends import read
    >>> found = structure_of(read("models/core.mdl"))
    >>> found.outflows["foreign frontier"], found.inflows["foreign frontier"]
    ((), ('frontier growth',))
    >>> found.causes["foreign frontier"]
    {'frontier growth': False, 'frontier in 1960': True}
    """
    known = {name: v.name for name, v in model.by_key.items() if name not in CONTROL}
    drawable = known.keys() | {"time", *CONTROL}
    causes: dict[str, dict[str, bool]] = {}
    inward: dict[str, dict[str, None]] = {}
    outward: dict[str, dict[str, None]] = {}
    for name in known:
        found: dict[str, bool] = {}
        for entry in model.entries[name]:
            if entry.equation is None:
                continue
            for cause, initial in _uses(entry.equation):
                if cause in drawable and cause != name:
                    found[cause] = found.get(cause, True) and initial
            integral = _integral(entry.equation)
            if integral is not None:
                into, out = inward.setdefault(name, {}), outward.setdefault(name, {})
                for term, sign in _terms(integral.args[0], 1):
                    (into if sign > 0 else out)[term] = None
        causes[name] = found
    stocks = inward.keys()

    def flows(terms: dict[str, None]) -> tuple[str, ...]:
        return tuple(term for term in terms if term in known and term not in stocks)

    return Structure(
        known,
        {name: model.by_key[name].group for name in known},
        causes,
        {stock: flows(inward[stock]) for stock in stocks},
        {stock: flows(outward[stock]) for stock in stocks},
    )


def _integral(equation: Expr) -> Call | None:
    if isinstance(equation, Call) and key(equation.function) == "integ" and equation.args:
        return equation
    return None


def _uses(equation: Expr) -> Iterator[tuple[str, bool]]:
    """Yield what an equation uses, and whether only for a stock's initial value."""
    integral = _integral(equation)
    parts = [(equation, False)]
    if integral is not None:
        parts = [(part, place > 0) for place, part in enumerate(integral.args)]
    for part, initial in parts:
        for reference in references(part):
            yield key(reference.name), initial
        for node in walk(part):
            if isinstance(node, Call):  # a lookup variable is used by calling it
                yield key(node.function), initial


def _terms(expr: Expr, sign: int) -> Iterator[tuple[str, int]]:
    """Yield the variables that a net flow is the sum of, with their signs."""
    if isinstance(expr, Ref):
        yield key(expr.name), sign
    elif isinstance(expr, Apply) and expr.op in (Op.ADD, Op.SUB, Op.NEG):
        *first, last = expr.args
        for term in first:
            yield from _terms(term, sign)
        yield from _terms(last, sign if expr.op is Op.ADD else -sign)
