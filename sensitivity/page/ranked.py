"""The page's ranking: the strongest factors of the outcome that is chosen."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdmodel import style
from sensitivity.analysis import plan_of, ranking
from sensitivity.figures.labels import index_axis
from sensitivity.page.kit import column, figure, models
from sensitivity.page.shown import called

if TYPE_CHECKING:
    import xarray as xr

MOST = 15
WIDTH = 1000

_CHOOSE = """
const place = select.options.indexOf(select.value);
y.factors = factors[place].slice().reverse();
axis.axis_label = axes[place];
source.data = tables[place].data;
"""


def ranked_chart(sweep: xr.Dataset) -> Any:
    """Return the chart with its choice of outcome, or None where nothing could be ranked."""
    bokeh, tables = models(), _tables(sweep)
    if not tables:
        return None
    first = next(iter(tables))
    factors = bokeh.FactorRange(factors=tables[first]["factor"][::-1])
    source = bokeh.ColumnDataSource(tables[first]["data"])
    chart = figure(
        width=WIDTH,
        height=80 + 26 * min(MOST, sweep.sizes["factor"]),
        y_range=factors,
        tools="save",
        toolbar_location="right",
    )
    chart.segment("low", "factor", "high", "factor", source=source, color="colour", line_width=2)
    chart.scatter("value", "factor", source=source, color="colour", size=9, marker="marker")
    chart.add_layout(bokeh.Span(location=0.0, dimension="height", line_color=style.SOFT))
    chart.xaxis.axis_label = tables[first]["axis"]
    choice = bokeh.Select(title="Outcome", value=first, options=list(tables), width=500)
    arguments = {
        "tables": [bokeh.ColumnDataSource(table["data"]) for table in tables.values()],
        "axes": [table["axis"] for table in tables.values()],
        "factors": [table["factor"] for table in tables.values()],
        "select": choice,
        "y": factors,
        "axis": chart.xaxis[0],
        "source": source,
    }
    choice.js_on_change("value", bokeh.CustomJS(args=arguments, code=_CHOOSE))
    return column(choice, chart)


def _tables(sweep: xr.Dataset) -> dict[str, dict[str, Any]]:
    """Return what is drawn for each outcome that could be ranked, by its label."""
    plan, index = plan_of(sweep), plan_of(sweep).row.ranks_by
    names = dict(
        zip((str(one) for one in sweep["factor"].values), called(sweep, "factor"), strict=True)
    )
    found: dict[str, dict[str, Any]] = {}
    for place, label in enumerate(called(sweep, "outcome")):
        if not int(sweep["blocks_used"].values[place]):
            continue
        table = ranking(sweep, str(sweep["outcome"].values[place])).head(MOST)
        value = table[index].to_numpy()
        width = table.get(f"{index}_conf")
        half = np.zeros(len(value)) if width is None else np.nan_to_num(width.to_numpy())
        lever = table["role"].to_numpy() == "lever"
        factors = [names.get(str(name), str(name)) for name in table.index]
        found[label] = {
            "factor": factors,
            "axis": index_axis(plan.row, index, str(sweep["outcome_unit"].values[place])),
            "data": {
                "factor": factors,
                "value": value.tolist(),
                "low": (value - half).tolist(),
                "high": (value + half).tolist(),
                "colour": np.where(lever, style.BLUE, style.ORANGE).tolist(),
                "marker": np.where(lever, "circle", "square").tolist(),
            },
        }
    return found
