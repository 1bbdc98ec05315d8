"""The tornado: how far an outcome moves to either side with each factor, the widest on top."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from statistics import NormalDist
from typing import TYPE_CHECKING, Any

import numpy as np

from sdmodel import style
from sensitivity.analysis import free_rows, one_outcome, plan_of
from sensitivity.errors import AnalysisError
from sensitivity.figures.canvas import finish, new_axes
from sensitivity.figures.labels import bracketed, factor_label, index_axis, index_label, plain
from sensitivity.outcomes import OK

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

    from sensitivity.methods import Plan

    Floats = NDArray[np.float64]

# Indices with a sign, the one that is drawn first.
_SIGNED = ("mu", "effect", "contribution", "PRCC", "SRRC", "spearman")
_TENTH = 0.1
_FEW_VALUES = 20


@dataclass(frozen=True, slots=True)
class _Bars:
    """What is drawn for each factor: one or two bars from zero, each with a line across its end."""

    names: tuple[str, ...]
    sides: tuple[tuple[str, str, Floats], ...]
    lines: tuple[tuple[Floats, Floats], ...]
    axis: str
    remarks: tuple[str, ...] = ()


@style.figures()
def plot_tornado(
    sweep: xr.Dataset, outcome: str | None = None, *, most: int = 12, ax: Axes | None = None
) -> Axes:
    """Draw how far the outcome moves with each factor, and which way.

    From a sweep one at a time the bars lead from the default to both ends of the factor. Of
    methods whose index has a sign, such as a mean effect or a rank correlation, it is that index
    with its interval. Of all others the bars are the mean outcome in the runs with the lowest and
    the highest tenth of the factor, less the mean of all.

    Parameters
    ----------
    sweep
        What `sweep` or `open_sweep` returned.
    outcome
        Which outcome; the first when left out.
    most
        How many factors to show at most.
    ax
        Where to draw; on a new figure when left out.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=16)
    >>> plot_tornado(result).get_title(loc="left")
    'final relative knowledge: which way each factor moves it'
    """
    plan, chosen = plan_of(sweep), one_outcome(sweep, outcome)
    bars = _bars(sweep, plan, chosen)
    widest = np.max(np.abs([values for _, _, values in bars.sides]), axis=0)
    if np.isnan(widest).all():
        raise AnalysisError(
            f"outcome '{chosen['outcome'].values!s}' has nothing to draw: "
            f"{str(chosen['note'].values) or 'no sound runs'}"
        )
    order = np.argsort(-np.nan_to_num(widest, nan=-1.0), kind="stable")[:most]
    names = [bars.names[place] for place in order]
    labels = [factor_label(sweep, name) for name in names]
    own = ax is None
    if ax is None:
        lines = max(label.count("\n") + 1 for label in labels)
        ax = new_axes(1.7 + max(0.36, 0.165 * lines + 0.06) * len(order))
    places = np.arange(len(order))[::-1]
    # Two bars of a factor lie side by side: both may point the same way.
    height, shift = (0.36, 0.18) if len(bars.sides) > 1 else (0.62, 0.0)
    for (text, colour, values), (low, high) in zip(bars.sides, bars.lines, strict=True):
        ax.barh(places + shift, values[order], height=height, color=colour, label=text)
        if (high > low).any():
            ax.errorbar(
                values[order],
                places + shift,
                xerr=np.stack([values - low, high - values])[:, order],
                fmt="none",
                ecolor="black",
                elinewidth=1.1,
                capsize=2,
            )
        shift = -shift
    ax.axvline(0.0, color=style.SOFT, linewidth=0.8)
    ax.set_yticks(places, labels)
    uncertain = set(sweep["factor"].values[sweep["role"].values == "uncertainty"])
    for tick, name in zip(ax.get_yticklabels(), names, strict=True):
        tick.set_fontstyle("italic" if name in uncertain else "normal")
    ax.set_ylim(-0.6, len(order) - 0.4)
    ax.grid(visible=True, axis="x")
    ax.set_xlabel(plain(bars.axis))
    if len(bars.sides) > 1:
        ax.legend(loc="best", frameon=True, framealpha=0.9)
    label = plain(str(chosen["outcome_label"].values))
    ax.set_title(f"{label}: which way each factor moves it", loc="left")
    remarks = list(bars.remarks)
    if "uncertainty" in sweep["role"].values and "lever" in sweep["role"].values:
        remarks.append("italic: uncertainties")
    if len(order) < len(bars.names):
        remarks.append(f"{len(bars.names) - len(order)} weaker factors not shown")
    finish(sweep, ax, remarks, own)
    return ax


def _bars(sweep: xr.Dataset, plan: Plan, chosen: xr.Dataset) -> _Bars:
    unit = str(chosen["outcome_unit"].values)
    if {"to_low", "to_high"} <= set(chosen.data_vars):
        low, high = chosen["to_low"].values, chosen["to_high"].values
        return _Bars(
            _names(chosen, "to_low"),
            (("at its low end", style.ORANGE, low), ("at its high end", style.BLUE, high)),
            ((low, low), (high, high)),
            bracketed("change from the run with all at default", unit),
        )
    for index in _SIGNED:
        if index in chosen.data_vars:
            return _signed(plan, chosen, index, unit)
    return _ends(sweep, plan, chosen, unit)


def _signed(plan: Plan, chosen: xr.Dataset, index: str, unit: str) -> _Bars:
    values = chosen[index].values
    remarks: tuple[str, ...] = ()
    low = high = values
    if {"least", "most"} <= set(chosen.data_vars):
        low, high = chosen["least"].values, chosen["most"].values
        remarks = ("lines: least to most over all settings of the others",)
    elif f"{index}_conf" in chosen.data_vars or index == "mu":
        if index == "mu":
            # A mean of independent effects, one from each trajectory.
            used = max(1, int(chosen["blocks_used"].values))
            half = _deviations(plan) * chosen["sigma"].values / np.sqrt(used)
        else:
            half = chosen[f"{index}_conf"].values
        low, high = values - np.nan_to_num(half), values + np.nan_to_num(half)
        remarks = (f"lines: {plan.confidence:.0%} intervals",)
    axis = index_axis(plan.row, index, unit)
    return _Bars(
        _names(chosen, index),
        ((index_label(index), style.BLUE, values),),
        ((low, high),),
        axis,
        remarks,
    )


def _ends(sweep: xr.Dataset, plan: Plan, chosen: xr.Dataset, unit: str) -> _Bars:
    """Compare the runs at both ends of each factor with all, the others varying freely."""
    rows = free_rows(sweep, plan)
    rows = rows[chosen["status"].values[rows] == OK]
    outcomes, design = chosen["outcomes"].values[rows], sweep["design"].values[rows]
    sides: list[Any] = []
    lines = []
    for text, colour, end in (
        ("lowest tenth of the factor", style.ORANGE, _lowest),
        ("highest tenth", style.BLUE, _highest),
    ):
        means, halves = (np.full(design.shape[1], np.nan) for _ in range(2))
        for factor, values in enumerate(design.T if len(rows) else ()):
            there = outcomes[end(values)]
            means[factor] = there.mean() - outcomes.mean()
            if len(there) > 1:
                halves[factor] = _deviations(plan) * there.std(ddof=1) / np.sqrt(len(there))
        halves = np.nan_to_num(halves)
        sides.append((text, colour, means))
        lines.append((means - halves, means + halves))
    return _Bars(
        tuple(str(name) for name in sweep["factor"].values),
        tuple(sides),
        tuple(lines),
        bracketed("mean outcome there, less the mean of all runs", unit),
        (f"lines: {plan.confidence:.0%} intervals",),
    )


def _names(chosen: xr.Dataset, index: str) -> tuple[str, ...]:
    (dim,) = chosen[index].dims
    return tuple(str(name) for name in chosen[dim].values)


def _deviations(plan: Plan) -> float:
    return NormalDist().inv_cdf(0.5 + plan.confidence / 2.0)


def _end(level: float, pick: Callable[[Floats], float]) -> Callable[[Floats], NDArray[np.bool_]]:
    def at(values: Floats) -> NDArray[np.bool_]:
        if len(np.unique(values)) <= _FEW_VALUES:
            few: NDArray[np.bool_] = values == pick(values)
            return few
        limit = np.quantile(values, level)
        many: NDArray[np.bool_] = values <= limit if level < 0.5 else values >= limit
        return many

    return at


_lowest = _end(_TENTH, lambda values: float(values.min()))
_highest = _end(1.0 - _TENTH, lambda values: float(values.max()))
