"""XMILE and Stella's ``.stmx``: XML, with equations much like those of Vensim.

After the OASIS standard "XML Interchange Language for System Dynamics (XMILE) Version 1.0", and
what Stella and converters from Vensim write beyond it.
"""

from __future__ import annotations

from sdmodel.errors import Problem
from sdmodel.expr import literal
from sdmodel.frontends.xmile.assemble import Assembly
from sdmodel.frontends.xmile.builtins import EMITTED
from sdmodel.frontends.xmile.converted import (
    is_from_vensim,
    macros_with_fixed_delays,
    with_fixed_delays,
)
from sdmodel.frontends.xmile.directory import Directory
from sdmodel.frontends.xmile.entries import Draft
from sdmodel.frontends.xmile.macros import read_heads, read_macros
from sdmodel.frontends.xmile.markup import MarkupError, read_markup
from sdmodel.frontends.xmile.modules import flatten
from sdmodel.frontends.xmile.ranges import Ranges
from sdmodel.frontends.xmile.report import Report
from sdmodel.frontends.xmile.settings import controls, method_of, unit_definitions
from sdmodel.names import key
from sdmodel.source import SourceModel, SourceText, Variable

__all__ = ["EMITTED", "parse"]

_CONTROL = ("initial time", "final time", "time step", "saveper")


def parse(source: SourceText) -> SourceModel:
    """Read the text of an XMILE file; whatever is wrong is listed in `SourceModel.problems`.

    Examples
    --------
    >>> text = '''<xmile><sim_specs><start>0</start><stop>9</stop></sim_specs><model><variables>
    ...   <stock name="Water"><eqn>5</eqn><inflow>rain</inflow></stock>
    ...   <flow name="rain"><eqn>2*DT</eqn></flow></variables></model></xmile>'''
    >>> [v.name for v in parse(SourceText("pond.stmx", text)).variables]
    ['INITIAL TIME', 'FINAL TIME', 'TIME STEP', 'SAVEPER', 'Water', 'rain']
    """
    report = Report(source)
    try:
        root = read_markup(source)
    except MarkupError as error:
        return SourceModel(source, (), problems=(error.problem,), subranges=False)
    if ":" in root.name:  # all of XMILE's names have this prefix
        prefix = root.name.rpartition(":")[0] + ":"
        for element in list(root.everything()):
            element.name = element.name.removeprefix(prefix)
    specs = root.one("sim_specs") or next(
        (found for model in root.all("model") if (found := model.one("sim_specs"))), None
    )
    method = method_of(specs, report)
    ranges = Ranges(root, report)
    heads = read_heads(root, ranges, report)
    flat = flatten(root, report)
    clock = controls(specs, root, report)
    drafts = [draft for draft in flat.drafts if key(draft.name) not in _CONTROL]
    given = [draft for draft in flat.drafts if key(draft.name) in _CONTROL]
    _duplicates(drafts, report)
    variables = Assembly(Directory(drafts, ranges, heads), report).variables()
    clock = _settled(clock, given, ranges, report)
    macros = read_macros(root, heads, ranges, report)
    if is_from_vensim(root):
        variables, macros = with_fixed_delays(variables), macros_with_fixed_delays(macros)
    return SourceModel(
        source,
        (*clock, *variables),
        method,
        "",
        tuple(sorted(report.problems, key=_place)),
        tuple(ranges.found.values()),
        macros,
        remarks=tuple(report.remarks),
        subranges=False,
        unit_definitions=unit_definitions(root),
    )


def _place(problem: Problem) -> tuple[int, int]:
    return problem.line, problem.column


def _duplicates(drafts: list[Draft], report: Report) -> None:
    first: dict[str, Draft] = {}
    for draft in drafts:
        known = first.setdefault(key(draft.name), draft)
        if known is not draft:
            line = report.source.place(known.at)[0]
            report.refuse(
                draft.at,
                f"{draft.name!r} is defined twice; first in line {line}",
                "rename or delete one of them",
                kind="duplicate",
                variable=draft.name,
            )


def _settled(
    clock: list[Variable], given: list[Draft], ranges: Ranges, report: Report
) -> list[Variable]:
    """Compare run controls that are variables too, as converters from Vensim write them.

    ``<sim_specs>`` counts; but it cannot say SAVEPER, which is then taken from the variable.
    """
    own = Assembly(Directory(given, ranges, {}), report).variables()
    settled = []
    for control in clock:
        one = next((v for v in own if v.key == control.key), None)
        if one is None or one.equation is None:
            settled.append(control)
        elif control.key == "saveper":
            settled.append(one)
        else:
            settled.append(control)
            says = literal(one.equation)
            means = literal(control.equation) if control.equation is not None else None
            if says is not None and means is not None and says != means:
                report.refuse(
                    one.at,
                    f"{one.name!r} is {says:g} here, but <sim_specs> says {means:g}",
                    "correct or delete one of the two",
                    variable=one.name,
                )
    return settled
