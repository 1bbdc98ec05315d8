"""Conveyors: what enters leaves again after the transit time, less what leaks on the way.

Of the outflows the first that is no leak is the end of the conveyor; a leak takes its fraction of
each entry evenly over the transit time (XMILE 1.0, "Conveyors"). At the start the conveyor is as
full as the same inflow all the time before would have made it. The transit time and the fractions
must not change during a run. Queues and ovens are not offered.
"""

from __future__ import annotations

from dataclasses import dataclass

from sdmodel.expr import Apply, Call, Const, Expr, Op, Ref
from sdmodel.frontends.xmile.entries import Draft
from sdmodel.frontends.xmile.markup import Element
from sdmodel.frontends.xmile.report import Report
from sdmodel.frontends.xmile.stocks import total

# What would change the meaning and is not offered, with the values that change nothing.
_OPTIONS = {
    "capacity": "inf",
    "in_limit": "inf",
    "sample": "",
    "arrest": "0",
}
_ATTRIBUTES = ("discrete", "batch_integrity", "one_at_a_time", "exponential_leak", "accept_queue")


def check_stock(stock: Draft, report: Report) -> bool:
    """Return whether a stock is a conveyor that is offered; report what is not."""
    for kind in ("queue", "oven"):
        found = stock.element.one(kind)
        if found is not None:
            what = f"{stock.name!r} is {'an' if kind == 'oven' else 'a'} {kind}"
            report.unsupported(
                found.at, f"{what}, which is not offered", "use a plain stock", stock.name
            )
            return False
    conveyor = stock.element.one("conveyor")
    if conveyor is None:
        return False
    for child in conveyor.children:
        harmless = _OPTIONS.get(child.name)
        if harmless is not None and child.text.lower() != harmless:
            _refuse(stock, child.at, f"<{child.name}>", report)
    for name in _ATTRIBUTES:
        if conveyor.get(name).strip().lower() == "true":
            _refuse(stock, report.attribute(conveyor, name), name, report)
    length = conveyor.one("len")
    if length is None or not length.text:
        report.refuse(
            conveyor.at,
            f"the conveyor {stock.name!r} has no transit time",
            "write <len>5</len> within <conveyor>",
            variable=stock.name,
        )
        return False
    return True


def _refuse(stock: Draft, at: int, what: str, report: Report) -> None:
    report.unsupported(
        at,
        f"the conveyor {stock.name!r} has {what}, which is not offered",
        "leave it out, or write the delay with stocks and DELAY FIXED",
        stock.name,
    )


def leak_of(flow: Element) -> Element | None:
    """Return the mark of a leak, if the flow is one."""
    return flow.one("leak")


def check_leak(flow: Draft, report: Report) -> None:
    """Report zones and whole numbers of leaks."""
    for name in ("leak_start", "leak_end", "leak_integers"):
        found = flow.element.one(name)
        if found is not None:
            report.unsupported(
                found.at,
                f"the leak {flow.name!r} has <{name}>, which is not offered",
                "leave it out",
                flow.name,
            )


@dataclass(frozen=True, slots=True)
class Conveyor:
    """The equations of a conveyor: what leaves at its end, each leak, and what it counts by."""

    end: Expr
    leaks: tuple[Expr, ...]
    entries: Expr


def conveyor(
    inward: list[Ref], length: Expr, initial: Expr, leaks: list[Expr], entries: Ref, step: Ref
) -> Conveyor:
    """Return the equations.

    `entries` is the hidden stock of all that entered within the transit time, leaked or not: what
    it holds, times the fraction, over the transit time, is what leaks now.
    """
    entering: Expr = total(inward) or Const(0.0)
    fraction = total(leaks)
    # Of an entry of 1, what is left is 1, 1 - f/n, ..., 1 - f (n-1)/n over n steps.
    spread = length
    if fraction is not None:
        spread = length - fraction * (length - step) / 2
    before = Apply(Op.DIV, (initial, spread))
    leaving = Call("DELAY FIXED", (entering, length, before))
    end: Expr = leaving if fraction is None else leaving * (Const(1.0) - fraction)
    inside = Call("INTEG", (entering - leaving, before * length))
    return Conveyor(end, tuple(one * entries / length for one in leaks), inside)
