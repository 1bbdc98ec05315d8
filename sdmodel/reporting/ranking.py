"""What a stored sweep says on paper: the strongest levers and uncertainties of each outcome."""

from __future__ import annotations

from html import escape
from pathlib import Path
from typing import Any

from sdmodel.documents.html import Html, section, shown
from sdmodel.model import Model
from sdmodel.publishing.sweeps import sweep_data
from sdmodel.style import BLUE, INK, ORANGE, SOFT

# Outcomes with a figure, and bars in each.
MOST_OUTCOMES, MOST_BARS = 6, 8
_WIDTH, _ROW, _BAR, _LEFT, _RIGHT, _TOP = 420, 24, 12, 190, 56, 6
_LONGEST = 30


def ranking_section(path: str | Path, model: Model) -> Html:
    """Return the section of a sweep that `sensitivity sweep` stored."""
    found = sweep_data(path, model)
    outcomes = found["outcomes"][:MOST_OUTCOMES]
    figures = "".join(map(_figure, outcomes))
    meaning = outcomes[0]["meaning"] if outcomes else ""
    left = len(found["outcomes"]) - len(outcomes)
    told = (
        f"<p>{shown(found['about'])}</p>"
        f'<p class="soft">Bars: {shown(meaning)}; filled for levers, hollow for uncertainties, '
        "with confidence intervals."
        f"{f' {left} more outcomes are in the file.' if left else ''}</p>"
    )
    body = (
        f'{told}<div class="plots">{figures}</div>'
        if outcomes
        else f"<p>{shown(found['about'])}</p>"
    )
    return section("What decides the outcomes", Html(body), "ranking")


def _figure(outcome: dict[str, Any]) -> str:
    rows = outcome["rows"][:MOST_BARS]
    label = ", ".join(f"{name} {value:.2g}" for name, _, value, _ in rows)
    note = f' <span class="soft">{shown(outcome["note"])}</span>' if outcome["note"] else ""
    return (
        f"<figure><figcaption><b>{shown(outcome['label'])}</b>{note}</figcaption>"
        f"{_bars(rows, label, outcome['index'])}</figure>"
    )


def _bars(rows: list[list[Any]], label: str, index: str) -> str:
    most = max((abs(value) + half for _, _, value, half in rows), default=0.0) or 1.0
    width = _WIDTH - _LEFT - _RIGHT
    parts = []
    for place, (name, role, value, half) in enumerate(rows):
        y = _TOP + place * _ROW + _ROW / 2
        size = abs(value) / most * width
        low, high = (max(0.0, abs(value) + sign * half) / most * width for sign in (-1, 1))
        fill, edge = ("white", ORANGE) if role == "uncertainty" else (BLUE, BLUE)
        short = name if len(name) <= _LONGEST else name[: _LONGEST - 1] + "…"
        parts.append(
            f'<text x="{_LEFT - 6}" y="{y + 4:.1f}" text-anchor="end">{escape(short)}</text>'
            f'<rect x="{_LEFT}" y="{y - _BAR / 2:.1f}" width="{size:.1f}" height="{_BAR}" '
            f'fill="{fill}" stroke="{edge}" stroke-width="1.5"/>'
            f'<path d="M {_LEFT + low:.1f} {y:.1f} H {_LEFT + high:.1f}" stroke="{INK}"/>'
            f'<text x="{_LEFT + max(size, high) + 5:.1f}" y="{y + 4:.1f}">{value:.2g}</text>'
        )
    height = _TOP + len(rows) * _ROW + 20
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" width="{_WIDTH}" height="{height}" '
        f'viewBox="0 0 {_WIDTH} {height}" role="img" aria-label="{escape(label)}" '
        f'font-family="Arial, Helvetica, sans-serif" font-size="12" fill="{INK}">'
        f'{"".join(parts)}<path d="M {_LEFT} {_TOP} V {height - 20}" stroke="{SOFT}"/>'
        f'<text x="{_LEFT + width / 2:.0f}" y="{height - 5}" text-anchor="middle" fill="{SOFT}">'
        f"{escape(index)}</text></svg>"
    )
