"""A sweep in a cell: what each outcome depends on, and the dataset itself to be opened."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sdmodel import style
from sensitivity.analysis import one_outcome, plan_of, ranking
from sensitivity.errors import SensitivityError
from sensitivity.figures.canvas import origin
from sensitivity.figures.labels import index_label
from sensitivity.notebook.cells import bar, frame, more, table

if TYPE_CHECKING:
    import xarray as xr

# Factors in a table, and outcomes whose tables can be opened.
FACTORS, OPENED = 10, 20


def html_of(data: xr.Dataset) -> str:
    """Return a sweep as HTML: a ranking for each outcome; any other dataset as xarray shows it."""
    own: str = data._repr_html_()
    if "sensitivity_format" not in data.attrs or not {"outcome", "factor"} <= set(data.dims):
        return own
    try:
        names = [str(name) for name in data["outcome"].values]
        first, *others = [(name, _ranked(data, name)) for name in names[:OPENED]]
        about = origin(data)
    except (SensitivityError, LookupError, TypeError, ValueError):
        return own  # a part of a sweep that cannot be ranked
    below = [more(f"What '{name}' depends on", told) for name, told in others]
    left = len(names) - OPENED
    if left > 0:
        below.append(f"<div>and {left} more outcomes</div>")
    return frame(
        f"What '{first[0]}' depends on", about, first[1], *below, more("the whole dataset", own)
    )


def _ranked(data: xr.Dataset, outcome: str) -> str:
    plan, found = plan_of(data), ranking(data, outcome)
    note = str(one_outcome(data, outcome)["note"].values)
    index = plan.row.ranks_by
    shown = found.head(FACTORS)
    longest = float(np.nanmax(np.abs(shown[index]))) if shown[index].notna().any() else np.nan
    indices = [name for name in plan.row.indices if name in shown and shown[name].notna().any()]
    wide = f"{index}_conf"
    rows = [
        [
            str(name),
            str(row["role"]),
            bar(abs(float(row[index])) / longest if longest else np.nan, style.BLUE),
            *(float(row[one]) for one in indices),
            *([float(row[wide])] if wide in shown else []),
        ]
        for name, row in shown.iterrows()
    ]
    heads = ["factor", "kind", "", *map(index_label, indices)]
    heads += [f"± of {index}"] if wide in shown else []
    left = len(found) - len(shown)
    parts = [table(heads, rows)]
    parts += [f"<div>and {left} weaker factors</div>"] if left > 0 else []
    return "".join([*parts, table(("",), [[note]]) if note else ""])
