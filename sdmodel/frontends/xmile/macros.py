"""``<macro>``: equations under a name, made anew for every call."""

from __future__ import annotations

from sdmodel.expr import Expr
from sdmodel.frontends.xmile.assemble import Assembly
from sdmodel.frontends.xmile.directory import Directory, MacroHead
from sdmodel.frontends.xmile.entries import Draft, NonNegative, Part, name_of, read_entries
from sdmodel.frontends.xmile.equations import Equation
from sdmodel.frontends.xmile.markup import Element, Passage
from sdmodel.frontends.xmile.ranges import Ranges
from sdmodel.frontends.xmile.report import Report
from sdmodel.frontends.xmile.words import unquoted
from sdmodel.functions import find
from sdmodel.names import key, tidy
from sdmodel.source import Macro


def read_heads(root: Element, ranges: Ranges, report: Report) -> dict[str, MacroHead]:
    """Return how every macro of the file is called, by the key of its name."""
    found: dict[str, MacroHead] = {}
    for element in root.all("macro"):
        name = name_of(element)
        if not key(name):
            report.refuse(element.at, "this <macro> has no name", 'write name="..."', kind="syntax")
            continue
        if key(name) in found:
            report.refuse(
                report.attribute(element, "name"),
                f"the macro {name!r} is defined twice",
                "rename or delete one of them",
                kind="duplicate",
                variable=name,
            )
            continue
        parameters = _parameters(element)
        # Under a name of its own where lowering knows a function of that name: it comes first when
        # the file calls it, but what XMILE's own functions are written with stays as it is.
        own = f"{name} (macro)" if find(name) is not None else name
        found[key(name)] = MacroHead(own, parameters, _defaults(element, name, ranges, report))
    return found


def _parameters(element: Element) -> tuple[str, ...]:
    return tuple(tidy(unquoted(one.text)) for one in element.all("parm"))


def _defaults(
    element: Element, name: str, ranges: Ranges, report: Report
) -> tuple[Expr | None, ...]:
    """Return what stands in for arguments left out; it may use the arguments before it."""
    found: list[Expr | None] = []
    scope = _scope(element, name, Directory((), ranges, {}, "", _parameters(element)))
    for one in element.all("parm"):
        text = one.get("default").strip()
        if not text:
            found.append(None)
            continue
        passage = Passage(text, (0,), (report.attribute(one, "default"),))
        found.append(scope.parse(passage, report))
    return tuple(found)


def _scope(element: Element, name: str, directory: Directory) -> Equation:
    return Equation(directory, Draft(name, "", "aux", element, element.at), ())


def read_macros(
    root: Element, heads: dict[str, MacroHead], ranges: Ranges, report: Report
) -> tuple[Macro, ...]:
    """Return the macros with their equations."""
    found = []
    for element in root.all("macro"):
        head = heads.get(key(name_of(element)))
        if head is not None:
            found.append(_macro(element, head, root, heads, ranges, report))
    return tuple(found)


def _macro(
    element: Element,
    head: MacroHead,
    root: Element,
    heads: dict[str, MacroHead],
    ranges: Ranges,
    report: Report,
) -> Macro:
    inputs = {key(name) for name in head.parameters}
    drafts = [
        draft
        for variables in element.all("variables")
        for draft in read_entries(variables, "", NonNegative.of(root), report)
        if key(draft.name) not in inputs
    ]
    at = report.attribute(element, "name")
    equation = element.one("eqn")
    if all(key(draft.name) != key(head.name) for draft in drafts):
        own = Draft(head.name, "", "aux", element, at)
        passage = equation.passage if equation is not None and equation.text else None
        own.parts = [Part((), element, passage)]
        drafts.append(own)
    directory = Directory(drafts, ranges, heads, "$", head.parameters)
    variables = Assembly(directory, report).variables()
    return Macro(head.name, head.parameters, (head.name,), tuple(variables), at)
