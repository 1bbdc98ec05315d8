"""The report as one page that loads nothing from anywhere."""

from __future__ import annotations

import math
from collections.abc import Iterable, Sequence
from html import escape
from typing import TYPE_CHECKING

from sdmodel.style import css

if TYPE_CHECKING:
    from sdmodel.validation.results import ValidationReport, ValidationResult

STYLE = (
    css()
    + """
* { box-sizing: border-box; }
body { margin: 0; color: var(--ink); background: white;
  font: 16px/1.55 system-ui, -apple-system, "Segoe UI", "Helvetica Neue", Arial, sans-serif; }
main { max-width: 72rem; margin: 0 auto; padding: 2rem 1.25rem 4rem; }
h1 { font-size: 1.9rem; line-height: 1.2; margin: 0 0 .3rem; }
h2 { font-size: 1.2rem; margin: 2.4rem 0 .4rem; padding-top: .8rem;
  border-top: 2px solid var(--mark); }
p { max-width: 52rem; margin: .5rem 0; }
.soft { color: var(--soft); font-size: .9rem; }
a { color: var(--mark); }
.scroll { overflow-x: auto; margin: 1rem 0; }
table { border-collapse: collapse; font-size: .9rem; font-variant-numeric: tabular-nums; }
th, td { padding: .3rem .7rem; border-bottom: 1px solid var(--line); text-align: left;
  vertical-align: top; max-width: 34rem; overflow-wrap: anywhere; }
td { min-width: 4rem; }
thead th { background: var(--tint); }
tbody th { font-weight: 600; white-space: nowrap; }
.pass { color: var(--good); font-weight: 600; }
.fail { color: var(--bad); font-weight: 600; }
.finding { color: var(--maybe); font-weight: 600; }
.not { color: var(--soft); }
.verdict { border-left: 4px solid var(--mark); background: var(--tint); padding: .6rem 1rem; }
@media print { main { max-width: none; padding: 0; } table { break-inside: avoid; } }
"""
)


def cell(value: object) -> str:
    """Write a value of a table of details: numbers with six digits, no number as a dash.

    >>> cell(0.123456789), cell(float("nan")), cell("x < y")
    ('0.123457', '-', 'x < y')
    """
    if isinstance(value, float):
        return "-" if math.isnan(value) else f"{value:.6g}"
    return str(value)


def page(report: ValidationReport) -> str:
    """Return the page as HTML."""
    title = f"Confidence in {report.model}"
    sections = "\n".join(map(_section, report.results))
    head = ("test", "result", "what was found")
    rows = "".join(
        f'<tr><th scope="row"><a href="#{one.id}">{escape(one.id)} {escape(one.name)}</a></th>'
        f"<td>{_status(one)}</td><td>{escape(one.text)}</td></tr>"
        for one in report.results
    )
    about = _table(("", ""), [(name, str(value)) for name, value in report.provenance.items()])
    return f"""<!DOCTYPE html>
<html lang="en">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{escape(title)}</title>
<style>{STYLE}</style>
</head>
<body>
<main>
<h1>{escape(title)}</h1>
<p class="verdict">{escape(report.verdict)}</p>
<div class="scroll"><table><thead><tr>{_heads(head)}</tr></thead><tbody>{rows}</tbody></table></div>
{sections}
<h2 id="about">How to repeat this</h2>
{about}
</main>
</body>
</html>
"""


def _status(one: ValidationResult) -> str:
    kind = one.status if one.status in ("pass", "fail", "finding") else "not"
    return f'<span class="{kind}">{escape(one.status)}</span>'


def _section(one: ValidationResult) -> str:
    details = _table(one.columns, one.rows) if one.rows else ""
    goal = f'<p class="soft">Passes: {escape(one.passes)}.</p>' if one.passes else ""
    return (
        f'<h2 id="{escape(one.id)}">{escape(one.id)} {escape(one.name)}: {_status(one)}</h2>\n'
        f"{goal}<p>{escape(one.text)}</p>\n{details}"
    )


def _heads(columns: Sequence[str]) -> str:
    return "".join(f'<th scope="col">{escape(one)}</th>' for one in columns)


def _table(columns: Sequence[str], rows: Iterable[Sequence[object]]) -> str:
    body = "\n".join(
        "<tr>" + "".join(f"<td>{escape(cell(value))}</td>" for value in row) + "</tr>"
        for row in rows
    )
    return (
        f'<div class="scroll"><table><thead><tr>{_heads(columns)}</tr></thead>'
        f"<tbody>{body}</tbody></table></div>"
    )
