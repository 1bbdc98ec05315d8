"""What was checked, and what was found: units, drawing, time step, and whatever else is given."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from typing import Protocol

from sdmodel.documents.facts import Facts
from sdmodel.documents.html import Html, section, shown, table
from sdmodel.errors import SDError
from sdmodel.integration import IntegrationReport
from sdmodel.names import key
from sdmodel.sketch.check import against_equations
from sdmodel.units import UnitReport


class Finding(Protocol):
    """What a check found, such as a `Problem`."""

    @property
    def kind(self) -> str:
        """What sort of thing it is, in a word or code."""

    @property
    def message(self) -> str:
        """What is wrong, in a sentence."""

    @property
    def variable(self) -> str:
        """The variable it is about, empty where it is about none."""

    @property
    def line(self) -> int:
        """The line of the file, 0 where none is known."""

    @property
    def cure(self) -> str:
        """What to do about it."""


@dataclass(frozen=True)
class Checked:
    """The results of all checks of a model; `others` are the findings of those given from outside.

    A check that could not be made is the error that says why; `step` is None where nothing is
    integrated.
    """

    units: UnitReport
    step: IntegrationReport | SDError | None
    drawing: tuple[str, ...]
    others: tuple[Finding, ...] = ()

    def about(self, variable: str) -> Iterator[Finding]:
        """Yield what was found of a variable, by its key."""
        for one in (*self.units, *self.others):
            if one.variable and key(one.variable.partition("[")[0]) == variable:
                yield one


def checked(found: Facts, others: Iterable[Finding] = ()) -> Checked:
    """Check a model's units, time step and drawing."""
    step: IntegrationReport | SDError | None = None
    if isinstance(found.base, SDError):
        step = found.base
    elif found.model.program.stocks:
        try:
            step = found.model.check_integration()
        except SDError as error:
            step = error
    views = found.views if found.own_drawing else ()
    # A graphical function inside an equation of XMILE has a name of its own, but no symbol.
    told = against_equations(found.model.source, views) if views else ()
    drawing = tuple(one for one in told if not one.startswith("'#"))
    return Checked(found.model.check_units(), step, drawing, tuple(others))


def notes(found: Iterable[Finding]) -> Html:
    """Return what was found of one variable, for its page."""
    rows = "".join(
        f"<li>{shown(one.message)}"
        + (f' <span class="soft">{shown(one.cure)}</span>' if one.cure else "")
        + "</li>"
        for one in found
    )
    return section("Found by checks", Html(f"<ul>{rows}</ul>" if rows else ""))


def checks_page(found: Facts, result: Checked) -> str:
    """Return the page of all checks."""
    others = table(
        ("kind", "variable", "line", "what", "cure"), _rows(found, result.others), label="Findings"
    )
    drawing = "".join(f"<li>{shown(one)}</li>" for one in result.drawing)
    if found.own_drawing:
        drawn = f"<ul>{drawing}</ul>" if drawing else "<p>The drawing is as the equations say.</p>"
    else:
        drawn = "<p>The file has no drawing.</p>"
    remarks = "".join(f"<li>{shown(one)}</li>" for one in found.model.source.remarks)
    return "\n".join(
        (
            section("The run", _run(found)),
            section("Time step and method", _step(result.step)),
            section("Units", _units(found, result.units)),
            section("Findings", others if result.others else Html("")),
            section("Drawing", Html(drawn)),
            section("Read but not run", Html(f"<ul>{remarks}</ul>" if remarks else "")),
        )
    )


def _run(found: Facts) -> Html:
    run = found.base
    if isinstance(run, SDError):
        return Html(f'<p class="bad">The base run stopped.</p><pre>{shown(str(run))}</pre>')
    noted = "".join(f"<li>{shown(one)}</li>" for one in run.notes)
    span = f"from {run.times[0]:g} to {run.times[-1]:g}, {len(run.times)} saved times"
    told = f"<p>The base run {shown(run.result)}: {shown(run.method)}, {span}.</p>"
    return Html(told + (f"<ul>{noted}</ul>" if noted else ""))


def _step(report: IntegrationReport | SDError | None) -> Html:
    if report is None:
        return Html("<p>The model has no stocks: nothing is integrated.</p>")
    if isinstance(report, SDError):
        return Html(f"<p>It was not compared with a smaller one: {shown(str(report))}</p>")
    mark = "good" if report.ok else "bad"
    left = "".join(f"<li>{shown(one)}</li>" for one in report.left_out)
    told = f'<p class="{mark}">{shown(report.verdict)}</p>'
    return Html(told + (f"<p>Left out:</p><ul>{left}</ul>" if left else ""))


def _units(found: Facts, report: UnitReport) -> Html:
    shown_ones = (*report.syntax, *report.mismatches, *report.suspicious, *report.missing)
    rows = table(
        ("kind", "variable", "line", "what", "cure"), _rows(found, shown_ones), label="Units"
    )
    mark = "good" if report.ok else "bad"
    told = Html(f'<p class="{mark}">{shown(report.summary)}</p>')
    return Html(told + rows) if shown_ones else told


def _rows(found: Facts, findings: Sequence[Finding]) -> Iterator[tuple[object, ...]]:
    for one in findings:
        name = found.name(one.variable) if one.variable else ""
        yield one.kind, name, one.line or "", one.message, one.cure
