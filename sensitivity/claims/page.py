"""One page of claims: verdicts, a figure for each claim, experiments as tables, what is missing."""

from __future__ import annotations

import io
from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.claims.figures import draw_claim
from sensitivity.claims.verdicts import UNDECIDED, VERDICTS, Verdict, percent
from sensitivity.report import (
    Section,
    drawing,
    facts,
    items,
    page,
    paragraph,
    section,
    subheading,
    table,
    whole,
)

if TYPE_CHECKING:
    from sensitivity.claims.report import ClaimResult, ClaimsReport

COLUMNS = (
    "claim",
    "experiment",
    "verdict",
    "holds",
    "plausible",
    "holds",
    "effect",
    "flipped by",
)


def write_page(report: ClaimsReport, path: str | Path) -> Path:
    """Write the page, one file that loads nothing from anywhere."""
    path = Path(path)
    lead = str(report)
    sections = [_verdicts(report), *_experiments(report), _accounted(report), _made(report)]
    with whole(path) as part:
        part.write_text(page(f"Claims about {report.model}", lead, sections), encoding="utf-8")
    return path


def _verdicts(report: ClaimsReport) -> Section:
    counts, plausible = report.counts(), report.counts(plausible=True)
    head = ["verdict", f"all {len(report.kept):,} draws"]
    rows = [[text, str(counts[text])] for text in VERDICTS]
    if report.book.keeps:
        head.append(f"{int(report.kept.sum()):,} plausible draws")
        rows = [[*row, str(plausible[row[0]])] for row in rows]
    parts = [
        paragraph(
            "A claim is supported where it holds in nine of ten draws of the uncertainties, "
            "reversed where its opposite does, without effect where the difference is below the "
            "band in nine of ten; it is conditional where it holds in more than one of ten. The "
            "band is the larger of 1 % of the outcome's base value and ten times the error of "
            "integration."
        ),
        table(head, rows),
    ]
    if report.book.plausible:
        parts.append(paragraph(f"Plausible histories: {report.book.plausible}"))
    parts.append(
        table(
            list(COLUMNS),
            [list(_row(one)) for one in report.results],
            words=(1, 2, 4, 7),
        )
    )
    return section("Verdicts", *parts)


def _row(one: ClaimResult) -> Iterator[str]:
    covers = " ".join(one.claim.covers)
    yield f"{one.claim.text} [{covers}]" if covers else one.claim.text
    yield one.claim.experiment
    yield _doubted(one.verdict)
    yield _share(one.verdict)
    yield "" if one.plausible is None else _doubted(one.plausible)
    yield "" if one.plausible is None else _share(one.plausible)
    yield _effect(one.verdict)
    yield "; ".join(_flip(one))


def _doubted(one: Verdict) -> str:
    return one.text if one.sure or one.text == UNDECIDED else f"{one.text}?"


def _share(one: Verdict) -> str:
    low, high = one.interval
    return f"{percent(one.holds)} ({low:.0%}-{high:.0%})"


def _effect(one: Verdict) -> str:
    low, middle, high = one.effect
    return "-" if np.isnan(middle) else f"{middle:+.3g} ({low:+.3g} to {high:+.3g})"


def _flip(one: ClaimResult) -> Iterator[str]:
    for flip in one.flips[:1]:
        low, high = flip.ends
        yield f"{flip.label}: holds in {low:.0%} at its low end, {high:.0%} at its high end"
        if np.isfinite(flip.half):
            yield f"half of the draws at {flip.half:.3g}"
    if one.scan is not None and np.isfinite(one.scan.break_even):
        yield f"breaks even at {one.scan.break_even:.3g}, all else at default"


def _experiments(report: ClaimsReport) -> Iterator[Section]:
    groups: dict[str, list[ClaimResult]] = {}
    for one in report.results:
        groups.setdefault(one.claim.experiment, []).append(one)
    for name, results in groups.items():
        told = report.book.experiments.get(name)
        parts = []
        title = name or "Other claims"
        if told is not None:
            title = f"{name} {told.title}".strip()
            if told.question:
                parts.append(paragraph(told.question))
            if told.arms and told.outcomes:
                parts.append(_arms(report, name))
            if told.caveat:
                parts.append(paragraph(f"Caveat: {told.caveat}"))
        for one in results:
            parts += _claim(report, one)
        yield section(title, *parts)


def _arms(report: ClaimsReport, name: str) -> str:
    told, found = report.book.experiments[name], report.experiment(name)
    outcomes = [report.book.outcomes[one] for one in told.outcomes]
    head = [
        f"{one.label or one.name}" + (f" ({one.unit})" if one.unit not in ("", "dmnl") else "")
        for one in outcomes
    ]
    rows = []
    for arm in told.arms:
        cells = []
        for one in outcomes:
            low, middle, high = (float(value) for value in found[one.name].loc[arm])
            cells.append(f"{_number(middle)} ({_number(low)} to {_number(high)})")
        rows.append([report.book.arms[arm].label, *cells])
    return table(["arm", *head], rows, "Median over the draws, with the 5th and 95th percentile.")


def _number(value: float) -> str:
    return f"{value:.0f}" if 1000 <= abs(value) < 3000 else f"{value:.3g}"


def _claim(report: ClaimsReport, one: ClaimResult) -> Iterator[str]:
    figure = io.BytesIO()
    # Of hundreds of figures vectors would take three times as much room.
    draw_claim(report, one).savefig(figure, format="png", dpi=110)
    yield subheading(one.claim.text)
    told = f"{_doubted(one.verdict).capitalize()}: holds in {_share(one.verdict)} of draws"
    if one.verdict.draws < len(report.kept):
        told += f" ({one.verdict.draws:,} of them have all numbers)"
    if one.plausible is not None:
        told += f"; {_doubted(one.plausible)} among the plausible: {_share(one.plausible)}"
    told += f". Effect {_effect(one.verdict)}"
    if np.isfinite(one.at_default[0]):
        told += f", {one.at_default[0]:+.3g} at the defaults"
    told += "."
    if one.changed_at is not None:
        low, middle, high = one.changed_at
        told += f" The lead changes in {middle:.0f} ({low:.0f} to {high:.0f})."
    flips = ". ".join(_flip(one))
    yield paragraph(told + (f" {flips}." if flips else ""), "verdict")
    if one.claim.because:
        yield paragraph(f"Because: {one.claim.because}")
    sources = ", ".join(one.claim.covers)
    stamp = (
        f"{one.claim.name}{f' [{sources}]' if sources else ''}. {report.model} "
        f"{report.provenance['digest'][:12]}, {len(report.kept):,} draws, seed "
        f"{report.provenance['seed']}."
    )
    yield drawing(figure.getvalue(), "image/png", one.claim.text, stamp)


def _accounted(report: ClaimsReport) -> Section:
    parts = []
    coverage = report.coverage()
    if coverage:
        rows = [[one, ", ".join(where) or "nothing"] for one, where in coverage.items()]
        missing = sum(not where for where in coverage.values())
        told = f"{len(coverage) - missing} of {len(coverage)} ids are dealt with."
        parts += [paragraph(told), table(["id", "where"], rows, words=(1,))]
    if report.book.cannot:
        parts.append(subheading("What the model cannot express"))
        parts.append(
            table(
                ["ids", "why", "what is missing"],
                [[", ".join(one.ids), one.reason, one.missing] for one in report.book.cannot],
                words=(1, 2),
            )
        )
    if report.structural:
        parts.append(subheading("Checks of the structure"))
        rows = [
            [one.id, one.check, f"no path: {missing}" if missing else "holds"]
            for one, missing in report.structural
        ]
        parts.append(table(["id", "check", "result"], rows, words=(1, 2)))
    return section("What is accounted for", *parts)


def _made(report: ClaimsReport) -> Section:
    about = {key: str(value) for key, value in report.provenance.items()}
    failed = [
        f"{report.book.arms[name].label}: {len(found.failures)} runs, the first in draw "
        f"{found.failures[0][0]} ({found.failures[0][2]}: {found.failures[0][3]})"
        for name, found in report.measured.items()
        if found.failures
    ]
    held = [
        f"{report.book.arms[arm].label}: {constant} was held at an end of its range in "
        f"{share:.0%} of the draws"
        for arm, shares in report.held.items()
        for constant, share in shares.items()
    ]
    return section("How it was made", facts(about), items(failed), items(held))
