"""What the figures share: sizes, new axes, and the stamp that says where they come from.

Each figure draws on axes it is given, or on new ones about as wide as a notebook, and returns
them. Every figure says below which model, method, sample size and seed it comes from, and how
many runs failed.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from sdmodel import style
from sensitivity.figures.labels import plain

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

WIDTH = 9.0
_STAMP_WIDTH = 110


def new_axes(height: float) -> Axes:
    """Return axes on a new figure as wide as a notebook."""
    from matplotlib import pyplot

    _, ax = pyplot.subplots(figsize=(WIDTH, height), layout="constrained")
    return ax


def columns_of(panels: int) -> int:
    """Return how many panels stand side by side."""
    return min(3, panels)


def new_panels(panels: int) -> NDArray[Any]:
    """Return axes for several panels of one height scale, row after row."""
    from matplotlib import pyplot

    across = columns_of(panels)
    rows = -(-panels // across)
    _, axes = pyplot.subplots(
        rows,
        across,
        figsize=(WIDTH, 0.6 + 2.7 * rows),
        layout="constrained",
        sharey=True,
        squeeze=False,
    )
    flat: NDArray[Any] = axes.ravel()
    return flat


def origin(sweep: xr.Dataset) -> str:
    """Say in a line which model, method, sample size and seed a sweep has, and what failed."""
    about = sweep.attrs
    runs, failed = int(about["runs"]), int(about["failed_runs"])
    facts = (
        f"{about['model']} {str(about['model_digest'])[:8]}",
        f"{about['method']}, n = {int(about['samples']):,}, seed {about['seed']}",
        f"{runs:,} runs" + (f", {failed:,} of them failed" if failed else ", none failed"),
    )
    return "; ".join(facts)


def stamp(figure: Figure, sweep: xr.Dataset, remarks: Sequence[str] = ()) -> None:
    """Write at the lower right where a figure comes from, and below it remarks on reading it.

    It is grey, or red when runs failed.
    """
    figure.supxlabel(_text(sweep, remarks), x=0.995, ha="right", fontsize=8, color=_ink(sweep))


def finish(sweep: xr.Dataset, ax: Axes, remarks: Sequence[str], own: bool) -> None:
    """Stamp a figure of its own, or write the same below axes that were given."""
    if own:
        figure = ax.get_figure(root=True)
        assert figure is not None
        stamp(figure, sweep, remarks)
        return
    ax.annotate(
        _text(sweep, remarks),
        xy=(0.0, 0.0),
        xycoords="axes fraction",
        xytext=(0.0, -38.0),
        textcoords="offset points",
        va="top",
        ha="left",
        fontsize=7,
        color=_ink(sweep),
        annotation_clip=False,
    )


def _text(sweep: xr.Dataset, remarks: Sequence[str]) -> str:
    return plain("\n".join([origin(sweep), *textwrap.wrap("; ".join(remarks), _STAMP_WIDTH)]))


def _ink(sweep: xr.Dataset) -> str:
    return style.BAD if int(sweep.attrs["failed_runs"]) else style.SOFT
