"""Claims in a cell: how many of each verdict, and each with its share and what flips it."""

from __future__ import annotations

from typing import TYPE_CHECKING

from sdmodel import style
from sensitivity.claims.verdicts import UNDECIDED
from sensitivity.notebook.cells import bar, frame, table

if TYPE_CHECKING:
    from sensitivity.claims.report import ClaimResult, ClaimsReport

SHOWN = 60
HEADS = ("claim", "verdict", "holds in", "", "opposite in", "effect, median", "flipped by")


def html_of(report: ClaimsReport) -> str:
    """Return claims as HTML: one row for each, with how often it holds."""
    rows = [_row(one) for one in report.results[:SHOWN]]
    left = len(report.results) - len(rows)
    more = f"<div>and {left} more claims: see table()</div>" if left > 0 else ""
    failed = f"{report.failures:,} runs failed" if report.failures else "no run failed"
    return frame(str(report), failed, table(HEADS, rows), more)


def _row(one: ClaimResult) -> list[object]:
    found = one.verdict
    doubt = "" if found.sure or found.text == UNDECIDED else "?"
    return [
        one.claim.text,
        found.text + doubt,
        f"{found.holds:.0%}",
        bar(found.holds, style.BLUE),
        f"{found.opposite:.0%}",
        float(found.effect[1]),
        one.flips[0].label if one.flips else "",
    ]
