"""The figure of `sdmodel compare -o`: a panel for each variable, a line for each scenario."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from sdmodel.run import Run

# Okabe and Ito's palette, which most colour-blind readers can tell apart; dashes differ too, for
# print in grey. The base run is black.
BLACK = "#111111"
LOOKS: tuple[tuple[str, str], ...] = (
    ("#D55E00", "solid"),
    ("#0072B2", "solid"),
    ("#009E73", "solid"),
    ("#E69F00", "dashed"),
    ("#CC79A7", "dashed"),
    ("#56B4E9", "dashed"),
    ("#7A5195", "dashdot"),
    ("#777777", "dotted"),
)
MARKERS = ("", "o", "s", "^")  # what tells the ninth scenario from the first


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
    for panel, name in zip(panels, names, strict=False):
        for place, run in enumerate(runs):
            again, look = divmod(place - 1, len(LOOKS)) if place else (0, 0)
            colour, dash = LOOKS[look] if place else (BLACK, "solid")
            panel.plot(
                run.times,
                run.values(name),
                color=colour,
                linestyle=dash,
                linewidth=2.2 if place == 0 else 1.5,
                marker=MARKERS[again % len(MARKERS)],
                markersize=4,
                markevery=(place, max(1, len(run.times) // 10)),
                label=run.name,
            )
        panel.set_title(name, fontsize=10)
        panel.set_ylabel(units[name] or "", fontsize=9)
        panel.grid(alpha=0.25)
        panel.tick_params(labelsize=8, labelbottom=True)
        panel.margins(x=0)
    for panel in panels:  # those that zip has left over
        panel.remove()
    handles, labels = figure.axes[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, fontsize=9, frameon=False)
    figure.savefig(path, dpi=150)
