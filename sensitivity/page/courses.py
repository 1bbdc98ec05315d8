"""The page's indices over time, for the course that is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdmodel import style
from sensitivity.analysis import plan_of
from sensitivity.figures.labels import index_axis, time_label
from sensitivity.over_time import SUFFIX
from sensitivity.page.kit import column, figure, models
from sensitivity.page.shown import called

if TYPE_CHECKING:
    import xarray as xr

MOST = 6
WIDTH, HEIGHT = 1000, 380

_CHOOSE = """
const place = select.options.indexOf(select.value);
axis.axis_label = axes[place];
source.data = tables[place].data;
legend.items.forEach((item, number) => { item.label = {value: factors[place][number]}; });
"""


def courses_chart(sweep: xr.Dataset) -> Any:
    """Return the chart with its choice of course, or None where there are no such indices."""
    bokeh, tables = models(), _tables(sweep)
    if not tables:
        return None
    first = next(iter(tables))
    source = bokeh.ColumnDataSource(tables[first]["data"])
    chart = figure(
        width=WIDTH,
        height=HEIGHT,
        tools="pan,box_zoom,wheel_zoom,reset,save",
        active_drag="box_zoom",
        active_scroll=None,
    )
    legend_items = []
    shown = tables[first]["factor"]
    drawn_as = style.looks(map(str, range(len(shown)))).values()
    for place, (factor, look) in enumerate(zip(shown, drawn_as, strict=True)):
        area = chart.varea(
            "time",
            f"low {place}",
            f"high {place}",
            source=source,
            fill_color=look.colour,
            fill_alpha=0.15,
        )
        line = chart.line(
            "time",
            f"value {place}",
            source=source,
            line_color=look.colour,
            line_width=2.2,
            line_dash=look.dash,
        )
        legend_items.append(bokeh.LegendItem(label={"value": factor}, renderers=[line, area]))
    legend = bokeh.Legend(items=legend_items, click_policy="hide", border_line_color=None)
    chart.add_layout(legend, "right")
    chart.xaxis.axis_label = time_label(sweep)
    chart.yaxis.axis_label = tables[first]["axis"]
    choice = bokeh.Select(title="Course", value=first, options=list(tables), width=500)
    arguments = {
        "tables": [bokeh.ColumnDataSource(table["data"]) for table in tables.values()],
        "axes": [table["axis"] for table in tables.values()],
        "factors": [table["factor"] for table in tables.values()],
        "select": choice,
        "axis": chart.yaxis[0],
        "source": source,
        "legend": legend,
    }
    choice.js_on_change("value", bokeh.CustomJS(args=arguments, code=_CHOOSE))
    return column(choice, chart)


def _tables(sweep: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Return what is drawn for each course that has indices, by its name."""
    row = plan_of(sweep).row
    name = f"{row.ranks_by}{SUFFIX}"
    if name not in sweep.data_vars:
        return {}
    by_name = dict(zip(sweep["factor"].values, called(sweep, "factor"), strict=True))
    labels = [by_name.get(part, str(part)) for part in sweep[sweep[name].dims[2]].values]
    times = np.asarray(sweep["time"].values, dtype=float)
    found: dict[str, dict[str, Any]] = {}
    for place, series in enumerate(sweep["series"].values):
        values = np.asarray(sweep[name].values[place], dtype=float)
        if np.isnan(values).all():
            continue
        half = np.zeros_like(values)
        if f"{name}_conf" in sweep.data_vars:
            half = np.nan_to_num(sweep[f"{name}_conf"].values[place])
        order = np.argsort(-np.abs(np.nan_to_num(values)).mean(axis=0), kind="stable")[:MOST]
        data: dict[str, Any] = {"time": times.tolist()}
        for number, factor in enumerate(order):
            course, width = values[:, factor], half[:, factor]
            data[f"value {number}"] = course.tolist()
            data[f"low {number}"] = (course - width).tolist()
            data[f"high {number}"] = (course + width).tolist()
        found[str(series)] = {
            "factor": [labels[factor] for factor in order],
            "axis": index_axis(row, row.ranks_by, str(sweep["series_unit"].values[place])),
            "data": data,
        }
    return found
