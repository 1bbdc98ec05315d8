"""``<sim_specs>``: when a run begins and ends, its step, how often it saves, and its method."""

from __future__ import annotations

from sdmodel.expr import Const, Ref
from sdmodel.frontends.xmile.markup import Element
from sdmodel.frontends.xmile.report import Report
from sdmodel.names import tidy
from sdmodel.source import Span, UnitDefinition, Variable

# Names of XMILE 1.0 ("Simulation Specifications") and of Stella.
METHODS = {
    "euler": "euler",
    "rk2": "rk2",
    "rk4": "rk4",
    "rk45": "rk4auto",
    "cycle time": "euler",
}


def controls(specs: Element | None, root: Element, report: Report) -> list[Variable]:
    """Return INITIAL TIME, FINAL TIME, TIME STEP and SAVEPER."""
    if specs is None:
        report.refuse(
            root.at,
            "the file says neither when a run begins nor when it ends",
            "add <sim_specs><start>0</start><stop>100</stop><dt>0.25</dt></sim_specs>",
        )
        return []
    units = specs.get("time_units")
    found = [
        _number(specs, "start", "INITIAL TIME", None, units, report),
        _number(specs, "stop", "FINAL TIME", None, units, report),
        _number(specs, "dt", "TIME STEP", 1.0, units, report),
    ]
    return [*(one for one in found if one is not None), _saveper(specs, found[2], units, report)]


def _number(
    specs: Element, tag: str, name: str, default: float | None, units: str, report: Report
) -> Variable | None:
    element = specs.one(tag)
    if element is None and default is not None:
        return Variable(name, Const(default), f"{default:g}", units=units, at=specs.at)
    if element is None:
        report.refuse(specs.at, f"<sim_specs> has no <{tag}>", f"add <{tag}> and a number to it")
        return Variable(name, None, at=specs.at)
    passage = element.passage
    at = passage.first
    value = report.number(element, element.text, at, f"<{tag}>")
    if value is None:
        return Variable(name, None, at=at)
    text = element.text
    if tag == "dt" and element.get("reciprocal").strip().lower() == "true":
        if value == 0:
            report.refuse(at, "<dt> is the reciprocal of 0", "write how many steps a unit has")
            return Variable(name, None, at=at)
        value, text = 1 / value, f"1/{text}"
    if tag == "dt" and not value > 0:
        report.refuse(at, f"<dt> must be above zero, not {text}", "write the step, such as 0.25")
    span = Span(at, at + len(element.text))
    return Variable(
        name, Const(value, at), text, units=units, at=at, span=Span(element.at, element.end),
        equation_span=span,
    )  # fmt: skip


def _saveper(specs: Element, step: Variable | None, units: str, report: Report) -> Variable:
    """Return SAVEPER: every step is saved unless Stella's `save_interval` says otherwise."""
    text = specs.get("save_interval").strip()
    at = report.attribute(specs, "save_interval")
    if text:
        value = report.number(specs, text, at, "save_interval")
        width = step.equation.value if step and isinstance(step.equation, Const) else 0.0
        if value is not None and value > width:
            return Variable("SAVEPER", Const(value, at), text, units=units, at=at)
    return Variable("SAVEPER", Ref("TIME STEP", at=at), "TIME STEP", units=units, at=at)


def method_of(specs: Element | None, report: Report) -> str:
    """Return the method; of several in a row (fall-backs) the first that is offered."""
    wanted = specs.get("method", "euler") if specs is not None else "euler"
    for one in wanted.split(","):
        known = METHODS.get(one.strip().lower())
        if known:
            return known
    assert specs is not None
    report.unsupported(
        report.attribute(specs, "method"),
        f"the integration method {wanted!r} is not offered",
        f"choose one of: {', '.join(METHODS)}",
    )
    return "euler"


def unit_definitions(root: Element) -> tuple[UnitDefinition, ...]:
    """Return the units that ``<model_units>`` defines."""
    units = root.one("model_units")
    found = []
    for one in units.all("unit") if units is not None else ():
        formula = one.one("eqn")
        aliases = tuple(tidy(alias.text) for alias in one.all("alias") if alias.text)
        made_of = tidy(formula.text) if formula is not None else ""
        if name := tidy(one.get("name")):
            found.append(UnitDefinition(name, aliases, made_of, one.at))
    return tuple(found)
