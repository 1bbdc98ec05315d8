"""The figure of convergence: each strong factor's index against the size of the sweep."""

from __future__ import annotations

import textwrap
from typing import TYPE_CHECKING

import numpy as np

from sdmodel import style
from sensitivity.converged.verdict import convergence
from sensitivity.errors import AnalysisError
from sensitivity.figures.canvas import origin
from sensitivity.figures.labels import plain

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

LABEL_WIDTH = 28


@style.figures()
def plot_convergence(
    sweep: xr.Dataset, outcome: str | None = None, *, ax: Axes | None = None, most: int = 6
) -> Axes:
    """Draw how the indices of the strongest factors settle while a sweep grows.

    Parameters
    ----------
    sweep
        What `sweep` or `open_sweep` returned.
    outcome
        Which outcome; the first when left out.
    ax
        Where to draw; on a new figure when left out.
    most
        How many factors to show, 8 at most.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=64)
    >>> plot_convergence(result).get_xlabel()
    'n, on a scale of doublings'
    """
    found = convergence(sweep, outcome)
    shown = found.prefixes
    if not shown.samples:
        raise AnalysisError(f"outcome '{shown.outcome}' has no indices to draw: {shown.note}")
    own = ax is None
    if ax is None:
        from matplotlib import pyplot

        _, ax = pyplot.subplots(figsize=(9.0, 4.6), layout="constrained")
    sizes = np.array(shown.samples, dtype=float)
    top = np.argsort(-np.nan_to_num(shown.values[-1], nan=-np.inf), kind="stable")
    top = top[: min(most, len(style.MARKERS))]
    marks = zip(style.PALETTE, style.MARKERS, strict=True)
    for place, (factor, (colour, mark)) in enumerate(zip(top, marks, strict=False)):
        widths = shown.widths[:, factor]
        # Side by side, so that intervals can be seen one by one.
        aside = 2.0 ** (0.05 * (place - (len(top) - 1) / 2))
        ax.errorbar(
            sizes * aside,
            shown.values[:, factor],
            yerr=None if np.isnan(widths).all() else widths,
            color=colour,
            marker=mark,
            markersize=6,
            linewidth=1.4,
            elinewidth=1.2,
            capsize=2.5,
            label=plain(textwrap.fill(shown.labels[factor], LABEL_WIDTH)),
        )
    ax.set_xscale("log", base=2)
    ax.set_xticks(sizes, [f"{n:,}" for n in shown.samples])
    ax.minorticks_off()
    ax.set_xlim(sizes[0] / 1.3, sizes[-1] * 1.3)
    ax.set_xlabel("n, on a scale of doublings")
    unit = str(sweep["outcome_unit"].values[list(sweep["outcome"].values).index(shown.outcome)])
    index = shown.plan.row.ranks_by.replace("mu_star", "\N{GREEK SMALL LETTER MU}*")
    ax.set_ylabel(plain(style.label(index, unit if shown.plan.row.in_units else "")))
    ax.grid(visible=True, axis="y")
    ax.legend(loc="upper left", bbox_to_anchor=(1.01, 1.0), frameon=False, fontsize=9)
    holds = "it holds" if found.held else "it does not hold yet"
    ax.set_title(plain(f"{shown.label}: {holds}"), loc="left")
    if own:
        text = textwrap.fill(found.verdict, 130)
        ax.figure.supxlabel(
            plain(f"{text}\n{origin(sweep)}"), x=0.01, ha="left", fontsize=8, color=style.SOFT
        )
    return ax
