"""The figure of `sdmodel compare -o`: a panel for each variable, a line for each scenario."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from sdmodel import style

if TYPE_CHECKING:
    from sdmodel.run import Run


@style.figures()
def draw_scenarios(
    runs: Sequence[Run], names: Sequence[str], units: Mapping[str, str], path: Path
) -> None:
    """Draw the runs' trajectories, and save the figure in the format of the path's suffix."""
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    columns = min(3, len(names))
    rows = math.ceil(len(names) / columns)
    figure = Figure(figsize=(4.2 * columns, 2.9 * rows + 0.6), layout="constrained")
    FigureCanvasAgg(figure)
    panels = figure.subplots(rows, columns, squeeze=False, sharex=True).flat
    drawn_as = style.looks(map(str, range(len(runs))), base="0")
    for number, (panel, name) in enumerate(zip(panels, names, strict=False)):
        # The base run lies above the others, as in every figure.
        for place, (run, look) in enumerate(zip(runs, drawn_as.values(), strict=True)):
            panel.plot(
                run.times,
                run.values(name),
                color=look.colour,
                linestyle=look.dash,
                linewidth=1.7 if place else 2.3,
                zorder=2 if place else 3,
                label=run.name,
            )
        panel.set_title(name, loc="left", fontsize=10)
        panel.set_ylabel(style.unit(units[name]), fontsize=9)
        panel.grid(visible=True)
        panel.tick_params(labelsize=8, labelbottom=True)
        panel.margins(x=0)
        if number >= len(names) - columns:  # nothing is drawn below it
            panel.set_xlabel(style.time_label(runs[0].units), fontsize=9)
    for panel in panels:  # those that zip has left over
        panel.remove()
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=9, frameon=False)
    figure.savefig(path, dpi=150)
