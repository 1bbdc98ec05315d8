"""The check of units after a save: equations that are as they were are not checked again."""

from __future__ import annotations

import bisect
from dataclasses import replace

from sdmodel.expr import literal
from sdmodel.source import SourceModel, Span, Variable
from sdmodel.units import UnitFinding, UnitReport, check_units
from sdmodel.watching.alike import LEFT, same_frame


def units_again(before: SourceModel, report: UnitReport, after: SourceModel) -> UnitReport | None:
    """Return what a check of `after` finds, from the report on `before`; None if it must be made.

    That is where units themselves changed, or where some are missing and others depend on what an
    equation that changed says of them.
    """
    if not same_frame(before, after):
        return None
    changed: list[int] = []
    for place, (old, new) in enumerate(zip(before.variables, after.variables, strict=True)):
        if old.units != new.units or LEFT(old) != LEFT(new):
            return None
        if not _alike(old, new):
            changed.append(place)
    if changed and report.missing:
        return None
    found = _kept(report, before, after, changed)
    if found is None:
        return None
    if changed:
        found += _fresh(after, changed)
    found.sort(key=lambda one: (one.line, one.column))
    return replace(report, findings=tuple(found))


def _alike(old: Variable, new: Variable) -> bool:
    """Tell whether an entry means the same to a check of units: which number is all the same."""
    if old.equation == new.equation:
        return True
    sides = [None if one.equation is None else literal(one.equation) for one in (old, new)]
    return None not in sides and 0.0 not in sides


def _kept(
    report: UnitReport, before: SourceModel, after: SourceModel, changed: list[int]
) -> list[UnitFinding] | None:
    """Return findings in entries that did not change, where they stand now; None if one is lost."""
    starts = [one.span.start for one in before.variables]
    kept: list[UnitFinding] = []
    for finding in report:
        at = before.source.offset(finding.line, finding.column) if finding.line else -1
        place = bisect.bisect_right(starts, at) - 1
        if at < 0 or place < 0 or at >= before.variables[place].span.end:
            return None  # in a macro, or nowhere
        if place in changed:
            continue
        old, new = before.variables[place].span, after.variables[place].span
        if _slice(before, old) != _slice(after, new):
            return None
        line, column = after.source.place(at + new.start - old.start)
        text = after.source.line(line)
        kept.append(replace(finding, line=line, column=column, text=text))
    return kept


def _fresh(after: SourceModel, changed: list[int]) -> list[UnitFinding]:
    """Return what is found in some entries, all others taken without their equations."""
    wanted = set(changed)
    some = tuple(
        one if place in wanted or one.equation is None else replace(one, equation=None)
        for place, one in enumerate(after.variables)
    )
    spans = [after.variables[place].span for place in changed]
    found = []
    for finding in check_units(replace(after, variables=some)):
        at = after.source.offset(finding.line, finding.column) if finding.line else -1
        if any(span.start <= at < span.end for span in spans):
            found.append(finding)
    return found


def _slice(model: SourceModel, span: Span) -> str:
    return model.source.text[span.start : span.end]
