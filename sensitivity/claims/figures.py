"""The figure of a claim: what its arms gave, how large the effect is, and what flips it."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from sdmodel import style
from sensitivity.claims.flips import shares
from sensitivity.claims.kinds import KINDS
from sensitivity.claims.verdicts import PERCENTS, percent

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from sensitivity.claims.report import ClaimResult, ClaimsReport

    Floats = NDArray[np.float64]

HOLDS, NEITHER, OPPOSITE, SECOND = style.BLUE, style.NEUTRAL, style.ORANGE, style.ORANGE
WIDTH, HEIGHT = 10.4, 2.9
BINS = 36
MOST_ROWS = 12


@style.figures()
def draw_claim(report: ClaimsReport, result: ClaimResult) -> Figure:
    """Draw a claim: its arms on the left, its effect in all draws, what flips it on the right.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> report = sa.run_claims(sd.load("models/core.mdl"), draws=64)
    >>> len(draw_claim(report, report.results[0]).axes)
    3
    """
    from matplotlib.figure import Figure

    rows = 2 if KINDS[result.claim.kind].courses else len(result.claim.items)
    height = max(HEIGHT, 1.3 + 0.3 * min(rows, MOST_ROWS))
    # Margins by hand: a layout that finds them draws each figure several times, and there are many.
    figure = Figure(figsize=(WIDTH, height))
    left, middle, right = figure.subplots(1, 3, width_ratios=(1.05, 1, 1))
    figure.subplots_adjust(
        left=0.175, right=0.99, bottom=0.62 / height, top=1 - 0.28 / height, wspace=0.27
    )
    _arms(left, report, result)
    _effect(middle, result)
    _flip(right, report, result)
    for panel in (left, middle, right):
        panel.tick_params(labelsize=8)
        panel.locator_params(axis="x", nbins=6)
    return figure


def _arms(panel: Axes, report: ClaimsReport, result: ClaimResult) -> None:
    claim = result.claim
    if KINDS[claim.kind].courses:
        _courses(panel, report, result)
        return
    size = len(report.kept)
    drawn = [report.measured[item.arm].values[item.outcome][:size] for item in claim.items]
    three = np.array(
        [
            np.percentile(row[np.isfinite(row)], PERCENTS)
            if np.isfinite(row).any()
            else [np.nan] * 3
            for row in drawn
        ]
    )
    outcomes = [report.book.outcomes[item.outcome] for item in claim.items]
    unit = outcomes[-1].unit
    if claim.values:
        panel.fill_between(claim.values, three[:, 0], three[:, 2], color=HOLDS, alpha=0.15, lw=0)
        panel.plot(claim.values, three[:, 1], color=HOLDS, marker="o", markersize=4)
        panel.set_xlabel(claim.along, fontsize=8)
        panel.set_ylabel(_axis(outcomes[-1].label or outcomes[-1].name, unit), fontsize=8)
    else:
        places = np.arange(len(drawn))[::-1]
        panel.hlines(places, three[:, 0], three[:, 2], color=HOLDS, alpha=0.35, linewidth=5)
        panel.plot(three[:, 1], places, "o", color=HOLDS, markersize=5)
        names = [_item(report, result, place) for place in range(len(drawn))]
        panel.set_yticks(places, names)
        panel.set_ylim(-0.6, len(drawn) - 0.4)
        same = len({item.outcome for item in claim.items}) == 1
        words = outcomes[-1].label or outcomes[-1].name
        panel.set_xlabel(_axis(words if same else "outcome", unit), fontsize=8)
        if claim.kind == "level":
            panel.axvline(claim.level, color=style.INK, linewidth=1, linestyle="dashed")
        panel.grid(visible=True, axis="x")
    panel.set_title("median and 5-95 % of draws", loc="left", fontsize=8.5, color=style.SOFT)


def _courses(panel: Axes, report: ClaimsReport, result: ClaimResult) -> None:
    size = len(report.kept)
    for item, colour, dash in zip(
        result.claim.items, (HOLDS, SECOND), ("solid", "dashed"), strict=True
    ):
        found = report.measured[item.arm]
        courses = found.courses[item.course][:, :size]
        sound = courses[:, np.isfinite(courses).all(axis=0)]
        if not sound.shape[1]:
            continue
        low, middle, high = np.percentile(sound, PERCENTS, axis=1)
        panel.fill_between(found.times, low, high, color=colour, alpha=0.12, linewidth=0)
        label = report.book.arms[item.arm].label
        panel.plot(found.times, middle, color=colour, linestyle=dash, label=label)
    panel.margins(x=0)
    panel.set_xlabel("time", fontsize=8)
    panel.set_ylabel(result.claim.items[0].course, fontsize=8)
    if panel.lines:
        panel.legend(fontsize=7.5, frameon=False)
    panel.set_title("median and 5-95 % of draws", loc="left", fontsize=8.5, color=style.SOFT)


def _item(report: ClaimsReport, result: ClaimResult, place: int) -> str:
    """Name an item by what tells it from the others: its arm, its outcome, or both."""
    items = result.claim.items
    item = items[place]
    outcome = report.book.outcomes[item.outcome]
    arm, words = report.book.arms[item.arm].label, outcome.label or outcome.name
    if len({one.outcome for one in items}) == 1:
        return textwrap.fill(arm, 26)
    if len({one.arm for one in items}) == 1:
        return textwrap.fill(words, 26)
    return textwrap.fill(f"{arm}: {words}", 26)


def _axis(words: str, unit: str) -> str:
    return textwrap.fill(style.label(words, unit), 46)


def _effect(panel: Axes, result: ClaimResult) -> None:
    from matplotlib.patches import Patch

    sound = np.isfinite(result.effect)
    effect, sign = result.effect[sound], result.sign[sound]
    if not len(effect):
        panel.text(0.5, 0.5, "no draw has all numbers", ha="center", fontsize=8)
        return
    low, high = np.percentile(effect, (0.5, 99.5))
    margin = 0.04 * (high - low) or max(abs(high), 1e-9)
    low, high = min(low, 0.0) - margin, max(high, 0.0) + margin
    edges = np.linspace(low, high, BINS + 1)
    shown = np.clip(effect, low, high)
    parts = [shown[sign < 0], shown[sign == 0], shown[sign > 0]]
    kind = KINDS[result.claim.kind]
    names = ["opposite", "neither" if kind.mirror else "does not hold", "holds"]
    colours = [OPPOSITE, NEITHER, HOLDS]
    below = np.zeros(BINS)
    for part, colour in zip(parts, colours, strict=True):
        above = below + np.histogram(part, edges)[0]
        panel.stairs(above, edges, baseline=below, fill=True, color=colour)
        below = above
    panel.set_ylim(0, 1.05 * max(float(below.max()), 1.0))
    panel.axvline(0, color=style.INK, linewidth=1)
    panel.set_xlim(low, high)
    panel.set_ylabel("draws", fontsize=8)
    ratio = "log ratio, " if result.claim.logarithms else ""
    panel.set_xlabel(f"effect ({ratio}above 0: as claimed)", fontsize=8)
    held = result.verdict.holds
    told = f"{result.verdict.text}: holds in {percent(held)}"
    if result.plausible is not None:
        told += f", plausible {percent(result.plausible.holds)}"
    panel.set_title(told, loc="left", fontsize=8, color=style.SOFT)
    shown_parts = [place for place, part in enumerate(parts) if len(part)]
    panel.legend(
        [Patch(color=colours[place]) for place in shown_parts],
        [names[place] for place in shown_parts],
        fontsize=7.5,
        framealpha=0.85,
        edgecolor="none",
    )


def _flip(panel: Axes, report: ClaimsReport, result: ClaimResult) -> None:
    if not result.flips:
        words = "holds, or not, in too few draws\nto tell what flips it"
        panel.text(0.5, 0.5, words, ha="center", va="center", fontsize=8, color=style.SOFT)
        panel.set_axis_off()
        return
    first = result.flips[0]
    column = report.factors.index(first.factor)
    sound = np.isfinite(result.effect)
    values = report.design[sound, column]
    middles, found = shares(values, result.sign[sound] > 0)
    panel.plot(middles, 100 * found, color=HOLDS, marker="o", markersize=3.5)
    panel.axhline(50, color=style.SOFT, linewidth=0.8, linestyle="dotted")
    panel.axhline(90, color=style.SOFT, linewidth=0.8, linestyle="dotted")
    panel.set_ylim(-3, 103)
    panel.set_ylabel("holds in % of draws", fontsize=8)
    panel.set_xlabel(textwrap.fill(style.label(first.label, first.unit), 40), fontsize=8)
    scan = result.scan
    if scan is not None and np.isfinite(scan.break_even):
        panel.axvline(scan.break_even, color=OPPOSITE, linewidth=1.2, linestyle="dashed")
        text = f" breaks even at {scan.break_even:.3g}\n (others at default)"
        middle = 0.5 * (values.min() + values.max())
        side = "left" if scan.break_even < middle else "right"
        height, at = (3, "bottom") if found.mean() > 0.5 else (97, "top")  # where the line is not
        panel.text(scan.break_even, height, text, fontsize=7.5, color=style.BAD, ha=side, va=at)
    panel.set_title(
        f"flips most (distance {first.distance:.2f})", loc="left", fontsize=8.5, color=style.SOFT
    )
