"""The page's runs: parallel coordinates to pick them by, and charts that show those picked."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING, Any

import numpy as np

from sdmodel import style
from sensitivity.outcomes import OK
from sensitivity.page.brushing import CLEAR, DRAG, FREE, OUTCOME, PICKED, SIDEWAYS
from sensitivity.page.kit import column, figure, models, row
from sensitivity.page.shown import Shown, called

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

WIDTH, HALF, HEIGHT = 1000, 500, 360
BINS = 24
_LABEL = 16


def runs_charts(sweep: xr.Dataset, shown: Shown) -> Any:
    """Return the linked charts of the runs that are shown."""
    bokeh = models()
    everything = called(sweep, "factor")
    factors = [everything[place] for place in shown.factors]
    outcomes = called(sweep, "outcome")
    design = np.asarray(sweep["design"].values, dtype=float)[shown.rows][:, shown.factors]
    ended = _outcomes(sweep, shown)
    low, high = _ends(sweep, shown, design)
    first = list(shown.axes[0])
    least, most = np.append(low[first], _least(ended[0])), np.append(high[first], _most(ended[0]))
    lines = (np.column_stack([design[:, first], ended[0]]) - least) / _spans(least, most)
    axes = list(range(len(first) + 1))

    columns: dict[str, Any] = {
        "run": sweep["sample"].values[shown.rows],
        "x": design[:, first[0]],
        "y": ended[0],
    }
    columns |= {f"factor {place}": values for place, values in enumerate(design.T)}
    columns |= {f"outcome {place}": values for place, values in enumerate(ended)}
    columns |= {"across": [axes] * len(shown.rows), "heights": lines.tolist()}
    source = bokeh.ColumnDataSource(columns)
    brushes = bokeh.ColumnDataSource({"axis": [], "low": [], "high": [], "left": [], "right": []})
    counts, edges = np.histogram(ended[0][np.isfinite(ended[0])], BINS, (least[-1], most[-1]))
    bars = bokeh.ColumnDataSource(
        {"left": edges[:-1], "right": edges[1:], "all": counts, "picked": counts}
    )
    ends = bokeh.ColumnDataSource(
        {
            "x": [*axes, *axes],
            "y": [0.0] * len(axes) + [1.0] * len(axes),
            "text": [f"{one:.4g}" for one in (*least, *most)],
            "align": ["top"] * len(axes) + ["bottom"] * len(axes),
            "shift": [4] * len(axes) + [-4] * len(axes),
        }
    )
    labels = [*(factors[place] for place in first), outcomes[0]]
    parallel = _parallel(source, brushes, ends, [_wrapped(label) for label in labels])
    scatter = _scatter(source, labels[0], outcomes[0])
    histogram = _histogram(bars, outcomes[0])
    count = bokeh.Div(text=f"{len(shown.rows)} runs", render_as_text=True, width=WIDTH)
    outcome = bokeh.Select(title="Outcome", value=outcomes[0], options=outcomes, width=HALF - 20)
    sideways = bokeh.Select(
        title="Scatter against", value=labels[0], options=labels[:-1], width=HALF - 20
    )
    clear = bokeh.Button(label="Free all axes", width=120)

    shared = {
        "source": source,
        "brushes": brushes,
        "bars": bars,
        "ends": ends,
        "parallel": parallel,
        "scatter": scatter,
        "histogram": histogram,
        "count": count,
        "outcome": outcome,
        "sideways": sideways,
        "axes": [list(ones) for ones in shown.axes],
        "factors": factors,
        "wrapped": [_wrapped(label) for label in factors],
        "called": [_wrapped(label) for label in outcomes],
        "low": low.tolist(),
        "high": high.tolist(),
        "bins": BINS,
    }
    scripts = {name: bokeh.CustomJS(args=shared, code=code) for name, code in _SCRIPTS.items()}
    parallel.js_on_event("selectiongeometry", scripts["drag"])
    parallel.js_on_event("tap", scripts["free"])
    parallel.js_on_event("doubletap", scripts["clear"])
    clear.js_on_event("button_click", scripts["clear"])
    source.selected.js_on_change("indices", scripts["picked"])
    outcome.js_on_change("value", scripts["outcome"])
    sideways.js_on_change("value", scripts["sideways"])
    choices = row(outcome, sideways)
    return column(choices, row(clear, count), parallel, row(scatter, histogram))


_SCRIPTS = {
    "drag": DRAG,
    "free": FREE,
    "clear": CLEAR,
    "picked": PICKED,
    "outcome": OUTCOME,
    "sideways": SIDEWAYS,
}


def _outcomes(sweep: xr.Dataset, shown: Shown) -> Floats:
    values = np.asarray(sweep["outcomes"].values, dtype=float)[:, shown.rows]
    sound = sweep["status"].values[:, shown.rows] == OK
    return np.where(sound, values, np.nan)


def _ends(sweep: xr.Dataset, shown: Shown, design: Floats) -> tuple[Floats, Floats]:
    # A normal factor goes beyond its stated ends.
    places = list(shown.factors)
    low = np.fmin(sweep["low"].values[places], design.min(axis=0))
    high = np.fmax(sweep["high"].values[places], design.max(axis=0))
    return low, high


def _least(values: Floats) -> float:
    return float(np.nanmin(values)) if np.isfinite(values).any() else 0.0


def _most(values: Floats) -> float:
    return float(np.nanmax(values)) if np.isfinite(values).any() else 1.0


def _spans(low: Floats, high: Floats) -> Floats:
    return np.where(high > low, high - low, 1.0)


def _wrapped(label: str) -> str:
    return "\n".join(textwrap.wrap(label, _LABEL))


def _parallel(source: Any, brushes: Any, ends: Any, labels: list[str]) -> Any:
    axes = list(range(len(labels)))

    bokeh = models()
    box = bokeh.BoxSelectTool(renderers=[])
    chart = figure(
        width=WIDTH,
        height=440,
        x_range=(-0.45, axes[-1] + 0.45),
        y_range=(-0.08, 1.08),
        tools=[box, "save"],
        active_drag=box,
        toolbar_location="right",
    )
    chart.multi_line(
        "across",
        "heights",
        source=source,
        line_color=style.BLUE,
        line_alpha=0.1,
        selection_line_color=style.BLUE,
        selection_line_alpha=0.5,
        nonselection_line_color=style.PALE,
        nonselection_line_alpha=0.25,
    )
    chart.segment(x0=axes, x1=axes, y0=0.0, y1=1.0, line_color=style.SOFT, line_width=1.5)
    chart.quad(
        left="left",
        right="right",
        bottom="low",
        top="high",
        source=brushes,
        fill_color=style.ORANGE,
        fill_alpha=0.35,
        line_color=style.ORANGE,
    )
    chart.text(
        "x",
        "y",
        "text",
        source=ends,
        text_align="center",
        text_baseline="align",
        y_offset="shift",
        text_font_size="11px",
        text_color=style.SOFT,
    )
    chart.xaxis.ticker = axes
    chart.xaxis.major_label_overrides = dict(enumerate(labels))
    chart.xaxis.major_label_text_font_size = "11px"
    chart.yaxis.visible = False
    chart.grid.visible = False
    chart.outline_line_color = None
    return chart


def _scatter(source: Any, across: str, up: str) -> Any:

    chart = figure(
        width=HALF,
        height=HEIGHT,
        tools="box_select,lasso_select,reset,save",
        active_drag="box_select",
    )
    dots = chart.scatter(
        "x",
        "y",
        source=source,
        size=5,
        color=style.BLUE,
        alpha=0.45,
        line_color=None,
        selection_color=style.BLUE,
        selection_alpha=0.8,
        nonselection_color=style.PALE,
        nonselection_alpha=0.35,
    )
    tips = [("run", "@run"), ("outcome", "@y"), ("factor", "@x")]
    chart.add_tools(models().HoverTool(renderers=[dots], tooltips=tips))
    chart.xaxis.axis_label, chart.yaxis.axis_label = across, up
    return chart


def _histogram(bars: Any, label: str) -> Any:

    chart = figure(width=HALF, height=HEIGHT, tools="save")
    for top, colour, called_so in (
        ("all", style.PALE, "all shown"),
        ("picked", style.BLUE, "picked"),
    ):
        chart.quad(
            left="left",
            right="right",
            bottom=0,
            top=top,
            source=bars,
            fill_color=colour,
            line_color="white",
            legend_label=called_so,
        )
    chart.xaxis.axis_label, chart.yaxis.axis_label = label, "runs"
    chart.y_range.start = 0
    return chart
