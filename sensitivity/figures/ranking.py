"""The ranking: factors, the strongest on top, with their indices and intervals."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sdmodel import style
from sensitivity.analysis import one_outcome, plan_of, ranking
from sensitivity.errors import AnalysisError
from sensitivity.figures.canvas import finish, new_axes
from sensitivity.figures.labels import factor_label, index_axis, index_label, plain

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

_MARKS: tuple[dict[str, Any], ...] = (
    {"color": style.BLUE, "fmt": "o", "markersize": 7},
    {"color": style.ORANGE, "fmt": "s", "markersize": 5.5},
)
# What is drawn beside the index that ranks, on the same scale.
_BESIDE = {"ST": "S1", "mu_star": "mu", "contribution": "alone", "PRCC": "SRRC"}


@style.figures()
def plot_ranking(
    sweep: xr.Dataset, outcome: str | None = None, *, ax: Axes | None = None, most: int = 12
) -> Axes:
    """Draw the factors of a sweep, the strongest on top, with their indices and intervals.

    Parameters
    ----------
    sweep
        What `sweep` or `open_sweep` returned.
    outcome
        Which outcome; the first when left out.
    ax
        Where to draw; on a new figure when left out.
    most
        How many factors to show at most.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=16)
    >>> plot_ranking(result).get_xlabel()
    "share of the outcome's variance"
    """
    plan, chosen = plan_of(sweep), one_outcome(sweep, outcome)
    table = ranking(sweep, outcome)
    name = str(chosen["outcome"].values)
    if table[plan.row.ranks_by].isna().all():
        raise AnalysisError(
            f"outcome '{name}' has no indices to draw: {str(chosen['note'].values) or 'none'}"
        )
    shown = table.head(most)
    own = ax is None
    if ax is None:
        # A label of several lines needs more than the two marks beside it.
        lines = (factor_label(sweep, factor).count("\n") + 1 for factor in shown.index)
        ax = new_axes(1.7 + max(0.36, 0.165 * max(lines) + 0.06) * len(shown))
    places = np.arange(len(shown))[::-1]
    first = plan.row.ranks_by
    drawn = [first, *(index for index in plan.row.indices if index == _BESIDE.get(first))]
    with_lines = False
    for number, (index, marks) in enumerate(zip(drawn, _MARKS, strict=False)):
        widths = shown.get(f"{index}_conf")
        widths = None if widths is None or widths.isna().all() else widths
        with_lines |= widths is not None
        shift = 0.16 * (1 - 2 * number) if len(drawn) > 1 else 0.0
        ax.errorbar(
            shown[index],
            places + shift,
            xerr=widths,
            label=index_label(index),
            elinewidth=1.6,
            capsize=3,
            **marks,
        )
    ax.axvline(0.0, color=style.SOFT, linewidth=0.8, zorder=0)
    ax.set_yticks(places, [factor_label(sweep, factor) for factor in shown.index])
    for tick, role in zip(ax.get_yticklabels(), shown["role"], strict=True):
        tick.set_fontstyle("italic" if role == "uncertainty" else "normal")
    ax.set_ylim(-0.6, len(shown) - 0.4)
    ax.grid(visible=True, axis="x")
    unit = str(chosen["outcome_unit"].values)
    ax.set_xlabel(plain(index_axis(plan.row, first, unit)))
    ax.legend(loc="best", frameon=True, framealpha=0.9)
    label = str(chosen["outcome_label"].values)
    ax.set_title(f"{plain(label)}: what it depends on", loc="left")
    remarks = []
    used, blocks = int(chosen["blocks_used"].values), plan.runs // plan.block
    if used < blocks:
        remarks.append(f"indices from {used:,} of {blocks:,} {plan.row.blocks}")
    if with_lines:
        remarks.append(f"lines: {plan.confidence:.0%} intervals")
    if "uncertainty" in set(shown["role"]) and "lever" in set(shown["role"]):
        remarks.append("italic: uncertainties")
    if len(shown) < len(table):
        remarks.append(f"{len(table) - len(shown)} weaker factors not shown")
    remarks.extend(f"{fact} {float(chosen[fact].values):.2g}" for fact in plan.row.facts)
    if plan.row.caution:
        remarks.append(plan.row.caution)
    finish(sweep, ax, remarks, own)
    return ax
