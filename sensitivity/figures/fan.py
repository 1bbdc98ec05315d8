"""The fan: how a variable's course spreads over the space."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sdmodel import style
from sensitivity.figures.canvas import finish, new_axes
from sensitivity.figures.labels import plain, time_label, with_unit
from sensitivity.figures.subject import one_series

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes


@style.figures()
def plot_fan(sweep: xr.Dataset, series: str | None = None, *, ax: Axes | None = None) -> Axes:
    """Draw how a variable's course spreads over the space: bands of 50, 80 and 95 % of the runs.

    Parameters
    ----------
    sweep
        What `sweep` or `open_sweep` returned.
    series
        Which variable; the first that was kept when left out.
    ax
        Where to draw; on a new figure when left out.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=16)
    >>> plot_fan(result, "relative knowledge").get_xlabel()
    'Time (Year)'
    """
    kept = one_series(sweep, series)
    name = str(kept["series"].values)
    times = kept["time"].values
    own = ax is None
    if ax is None:
        ax = new_axes(4.6)
    for low, high, tint, text in (
        (0.025, 0.975, style.BANDS[0], "95 % of runs"),
        (0.1, 0.9, style.BANDS[1], "80 %"),
        (0.25, 0.75, style.BANDS[2], "50 %"),
    ):
        ax.fill_between(
            times,
            kept["percentiles"].sel(quantile=low).values,
            kept["percentiles"].sel(quantile=high).values,
            color=tint,
            linewidth=0,
            label=text,
        )
    ax.plot(
        times,
        kept["percentiles"].sel(quantile=0.5).values,
        color=style.MARK,
        linewidth=2,
        label="median",
    )
    base = kept["base_series"].values
    if np.isfinite(base).all():
        ax.plot(
            times,
            base,
            color=style.BLACK,
            linewidth=1.6,
            linestyle="dashed",
            label="all at default",
        )
    unit = str(kept["series_unit"].values)
    ax.set_xlabel(plain(time_label(sweep)))
    ax.set_ylabel(with_unit(name, unit))
    ax.set_title(f"{plain(name)}: how it spreads", loc="left")
    ax.margins(x=0)
    ax.grid(visible=True)
    if own:
        # Beside the bands, which may fill the whole frame.
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    else:
        ax.legend(loc="best", frameon=True, framealpha=0.9, fontsize="small")
    runs = int(kept["percentiles"].attrs.get("runs", 0))
    finish(sweep, ax, [f"bands from {runs:,} runs"], own)
    return ax
