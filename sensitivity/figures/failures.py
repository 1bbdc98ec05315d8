"""Failed runs: where in the space they lie, by the factors that tell them best from the others."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sdmodel import style
from sensitivity.distances import distances
from sensitivity.errors import AnalysisError
from sensitivity.figures.canvas import WIDTH, stamp
from sensitivity.figures.labels import PANEL_LABEL_WIDTH, factor_label
from sensitivity.figures.subject import some_factors, thinned

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

POINTS = 1500
BINS = 20


@style.figures()
def plot_failed(
    sweep: xr.Dataset, *, factors: Sequence[str] | None = None, most: int = 4
) -> NDArray[Any]:
    """Draw failed and sound runs in pairs of the factors that tell them apart best.

    Parameters
    ----------
    sweep
        What `sweep` or `open_sweep` returned.
    factors
        Which factors; the `most` with the largest distance between the values of failed and
        sound runs (Kolmogorov and Smirnov) when left out.
    most
        How many factors to show at most.

    Returns
    -------
    numpy.ndarray
        The axes, one row and one column for each factor; those above the diagonal are empty.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=16)
    >>> plot_failed(result)
    Traceback (most recent call last):
        ...
    sensitivity.errors.AnalysisError: no run of the sweep failed: there is nothing to draw
    """
    from matplotlib import pyplot
    from matplotlib.lines import Line2D

    failed = np.isin(sweep["sample"].values, sweep["failure"].values)
    if not failed.any():
        raise AnalysisError("no run of the sweep failed: there is nothing to draw")
    if failed.all():
        raise AnalysisError("all runs of the sweep failed: there is nothing to compare them with")
    design = np.asarray(sweep["design"].values, dtype=float)
    known = [str(name) for name in sweep["factor"].values]
    apart, _ = distances(design, failed)
    strongest = (known[place] for place in np.argsort(-apart, kind="stable"))
    names = some_factors(sweep, factors, strongest, most)
    size = len(names)
    axes: Any
    figure, axes = pyplot.subplots(
        size,
        size,
        figsize=(WIDTH, 0.9 + WIDTH * 0.86 * size / max(size, 3)),
        layout="constrained",
        squeeze=False,
        sharex="col",
    )
    groups = (("sound runs", style.BLUE, ".", ~failed), ("failed runs", style.ORANGE, "x", failed))
    for row, column in np.ndindex(size, size):
        panel: Axes = axes[row, column]
        if column > row:
            panel.set_axis_off()
            continue
        x = design[:, known.index(names[column])]
        for text, colour, marker, which in groups:
            if row == column:
                edges = np.linspace(x.min(), x.max(), BINS + 1)
                shares = np.histogram(x[which], edges)[0] / which.sum()
                panel.stairs(shares, edges, color=colour, linewidth=1.6, fill=text[0] == "s")
                continue
            shown = thinned(np.flatnonzero(which), POINTS)
            y = design[shown, known.index(names[row])]
            panel.plot(
                x[shown],
                y,
                linestyle="none",
                marker=marker,
                markersize=4,
                color=colour,
                alpha=0.35 if marker == "." else 0.7,
                markeredgewidth=0 if marker == "." else 0.9,
                rasterized=True,
            )
        if row == column:
            distance = apart[known.index(names[row])]
            panel.set_title(f"share of runs; distance {distance:.2f}", fontsize=9, loc="left")
        elif column == 0:
            panel.set_ylabel(factor_label(sweep, names[row], PANEL_LABEL_WIDTH))
        if row == size - 1:
            panel.set_xlabel(factor_label(sweep, names[column], PANEL_LABEL_WIDTH))
    marks = [
        Line2D([], [], linestyle="none", marker=marker, color=colour, markersize=7, label=text)
        for text, colour, marker, _ in groups
    ]
    figure.legend(handles=marks, loc="upper right", frameon=False)
    figure.suptitle("Where runs fail", x=0.01, ha="left")
    remarks = ["distance between the values of failed and sound runs, 0 alike to 1 apart"]
    most_points = max(int(failed.sum()), int((~failed).sum()))
    if most_points > POINTS:
        remarks.append(f"at most {POINTS:,} runs of a kind shown")
    stamp(figure, sweep, remarks)
    drawn: NDArray[Any] = axes
    return drawn
