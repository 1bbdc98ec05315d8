"""Indices over time: what a variable's course depends on, and when."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdmodel import style
from sensitivity.analysis import plan_of
from sensitivity.errors import AnalysisError
from sensitivity.figures.canvas import finish, new_axes
from sensitivity.figures.labels import (
    factor_label,
    index_axis,
    index_label,
    plain,
    time_label,
)
from sensitivity.figures.subject import one_series
from sensitivity.over_time import SUFFIX

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

ALONE = "S1"


@style.figures()
def plot_over_time(
    sweep: xr.Dataset,
    series: str | None = None,
    *,
    stacked: bool = False,
    most: int = 6,
    ax: Axes | None = None,
) -> Axes:
    """Draw the indices of a variable's course over time, the strongest factors by name.

    Parameters
    ----------
    sweep
        What `sweep` returned with ``over_time=True``.
    series
        Which variable; the first that was kept when left out.
    stacked
        Whether to stack the shares that factors explain alone, with what they explain only
        together on top; otherwise the index that ranks is drawn as lines with its intervals.
    most
        How many factors to draw by name.
    ax
        Where to draw; on a new figure when left out.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=16, over_time=True)
    >>> plot_over_time(result).get_ylabel()
    "share of the outcome's variance"
    """
    plan, chosen = plan_of(sweep), one_series(sweep, series)
    index = ALONE if stacked else plan.row.ranks_by
    if f"{index}{SUFFIX}" not in chosen:
        raise AnalysisError(_missing(sweep, index))
    values = np.asarray(chosen[f"{index}{SUFFIX}"].values, dtype=float)
    name, note = str(chosen["series"].values), str(chosen[f"note{SUFFIX}"].values)
    if np.isnan(values).all():
        raise AnalysisError(f"'{name}' has no indices over time to draw: {note or 'none'}")
    # Those that matter most at any time, in the order in which they matter on the whole.
    with_gaps = np.nan_to_num(values)
    chosen_ones = np.argsort(-np.abs(with_gaps).max(axis=0), kind="stable")[:most]
    order = sorted(chosen_ones, key=lambda place: -abs(with_gaps[:, place].mean()))
    own = ax is None
    if ax is None:
        ax = new_axes(4.8)
    names = chosen[chosen[f"{index}{SUFFIX}"].dims[1]].values
    labels = [factor_label(sweep, str(names[place])) for place in order]
    times = np.asarray(chosen["time"].values, dtype=float)
    if stacked:
        remarks = _stack(ax, times, values, order, labels)
    else:
        widths = chosen.get(f"{index}{SUFFIX}_conf")
        half = np.full_like(values, np.nan) if widths is None else widths.values
        _lines(ax, times, values, half, order, labels)
        remarks = []
        if np.isfinite(half).any():
            confidence = float(chosen[f"{index}{SUFFIX}"].attrs["confidence"])
            remarks.append(f"bands: {confidence:.0%} intervals")
        if len(order) < values.shape[1]:
            remarks.append(f"{values.shape[1] - len(order)} weaker factors not shown")
    if note:
        remarks.append(note.partition(":")[0])
    unit = str(chosen["series_unit"].values)
    ax.set_ylabel(plain(index_axis(plan.row, index, unit)))
    ax.set_xlabel(plain(time_label(sweep)))
    ax.set_title(f"{plain(name)}: {index_label(index)}", loc="left")
    ax.set_xlim(times[0], times[-1])
    ax.grid(visible=True)
    handles, texts = ax.get_legend_handles_labels()
    if stacked:
        handles, texts = handles[::-1], texts[::-1]
    if own and not stacked:
        style.label_ends(ax)
    elif own:
        ax.legend(handles, texts, loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    else:
        ax.legend(handles, texts, loc="best", framealpha=0.9, fontsize="small")
    finish(sweep, ax, remarks, own)
    return ax


def _missing(sweep: xr.Dataset, index: str) -> str:
    if not any(str(name).endswith(SUFFIX) for name in sweep.data_vars):
        return "the sweep has no indices over time: make it with over_time=True (--over-time)"
    return (
        f"method {sweep.attrs['method']} has no index {index} to stack: draw lines (stacked=False)"
    )


def _stack(
    ax: Axes, times: Floats, values: Floats, order: list[int], labels: list[str]
) -> list[str]:
    """Stack shares: the factors by name, all others, and what only several do together."""
    known: NDArray[np.bool_] = np.all(np.isfinite(values), axis=1)
    shares = np.where(known[:, None], np.nan_to_num(values), np.nan)
    named = np.clip(shares[:, order], 0.0, None)
    # The noise of many weak factors averages out in their sum, but not if each is cut at zero.
    others = np.clip(np.delete(shares, order, axis=1).sum(axis=1), 0.0, None)
    layers = [*named.T]
    looks = [
        (label, style.PALETTE[place % len(style.PALETTE)]) for place, label in enumerate(labels)
    ]
    hidden = values.shape[1] - len(order)
    if hidden:
        layers.append(others)
        others_called = f"the other {hidden}, each alone" if hidden > 1 else "the other one, alone"
        looks.append((others_called, style.PALE))
    layers.append(np.clip(1.0 - np.sum(layers, axis=0), 0.0, None))
    looks.append(("only together", style.NEUTRAL))
    below = np.zeros(len(times))
    for layer, (label, colour) in zip(layers, looks, strict=True):
        look: dict[str, Any] = {
            "color": colour,
            "edgecolor": "white",
            "linewidth": 0.6,
            "label": label,
        }
        ax.fill_between(times, below, below + layer, **look)
        below = below + layer
    ax.set_ylim(0.0, max(1.0, float(np.nanmax(below))))
    remarks = []
    if (named != shares[:, order])[known].any():
        remarks.append("shares below zero by chance are drawn as zero")
    if np.nanmax(below) > 1.01:
        remarks.append("by chance they add to more than one: a larger n would not")
    return remarks


def _lines(
    ax: Axes, times: Floats, values: Floats, half: Floats, order: list[int], labels: list[str]
) -> None:
    drawn_as = style.looks(map(str, order)).values()
    for place, label, look in zip(order, labels, drawn_as, strict=True):
        course, width = values[:, place], half[:, place]
        ax.fill_between(
            times, course - width, course + width, color=look.colour, alpha=0.16, linewidth=0
        )
        ax.plot(times, course, color=look.colour, linestyle=look.dash, label=label)
