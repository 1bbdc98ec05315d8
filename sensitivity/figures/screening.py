"""The plane of a screening: how much each factor moves the outcome, and how unevenly."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sdmodel import style
from sensitivity.analysis import one_outcome, plan_of, ranking
from sensitivity.errors import AnalysisError
from sensitivity.figures.canvas import finish, new_axes
from sensitivity.figures.labels import factor_label, plain, with_unit

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes

# Spread relative to size: below 0.1 the effect is almost the same everywhere, below 0.5 it
# hardly changes its sign, above 1 it depends on where the others stand.
_GUIDES = ((1.0, "σ = μ*"), (0.5, "0.5 μ*"), (0.1, "0.1 μ*"))
# Factors below this share of the largest lie on one another in the corner, and are not named.
_FEW = 0.03
_LOOKS = {"lever": (style.BLUE, "o"), "uncertainty": (style.ORANGE, "s")}


@style.figures()
def plot_morris(
    sweep: xr.Dataset, outcome: str | None = None, *, most: int = 10, ax: Axes | None = None
) -> Axes:
    """Draw Morris's plane: the mean size of each factor's effect against the effect's spread.

    To the right lie factors that matter; above the dotted line of 45 degrees those whose effect
    hangs on where the other factors stand.

    Parameters
    ----------
    sweep
        What `sweep` or `open_sweep` returned, by method morris.
    outcome
        Which outcome; the first when left out.
    most
        How many factors, the strongest, to name.
    ax
        Where to draw; on a new figure when left out.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", method="morris", samples=16)
    >>> plot_morris(result).get_title(loc="left")
    'final relative knowledge: size and spread of effects'
    """
    plan, chosen = plan_of(sweep), one_outcome(sweep, outcome)
    if not {"mu_star", "sigma"} <= set(plan.row.indices):
        raise AnalysisError(
            f"method {plan.method} gives no mu_star and sigma to draw: use method morris"
        )
    table = ranking(sweep, outcome)
    if table["mu_star"].isna().all():
        raise AnalysisError(
            f"outcome '{chosen['outcome'].values!s}' has no indices to draw: "
            f"{str(chosen['note'].values) or 'none'}"
        )
    own = ax is None
    if ax is None:
        ax = new_axes(5.4)
    sizes, spreads = table["mu_star"].to_numpy(), table["sigma"].to_numpy()
    widths = table["mu_star_conf"].to_numpy() if "mu_star_conf" in table else np.zeros_like(sizes)
    right = 1.08 * float(np.nanmax(sizes + np.nan_to_num(widths)))
    top = 1.12 * float(max(np.nanmax(spreads), 0.1 * right))
    for slope, text in _GUIDES:
        end = min(right, top / slope)
        ax.plot(
            [0, end], [0, slope * end], color=style.SOFT, linewidth=0.9, linestyle=":", zorder=0
        )
        ax.annotate(
            text,
            (end, slope * end),
            xytext=(-4, 4) if end == right else (-8, -3),
            textcoords="offset points",
            ha="right",
            va="bottom" if end == right else "top",
            fontsize=8,
            color=style.SOFT,
        )
    roles = table["role"].to_numpy()
    for role, (colour, marker) in _LOOKS.items():
        ours = roles == role
        if not ours.any():
            continue
        ax.errorbar(
            sizes[ours],
            spreads[ours],
            xerr=np.nan_to_num(widths[ours]) if plan.resamples else None,
            fmt=marker,
            color=colour,
            markersize=5,
            elinewidth=0.9,
            alpha=0.8,
            label=role,
        )
    named = [factor for factor in table.index[:most] if table["mu_star"][factor] > _FEW * sizes[0]]
    for number, factor in enumerate(named, start=1):
        ax.annotate(
            str(number),
            (sizes[number - 1], spreads[number - 1]),
            xytext=(4, 5),
            textcoords="offset points",
            fontsize=9,
            fontweight="bold",
        )
        label = f"{number}  " + factor_label(sweep, str(factor)).replace("\n", "\n     ")
        ax.plot([], [], linestyle="none", label=label)
    ax.set_xlim(0, right)
    ax.set_ylim(0, top)
    unit = str(chosen["outcome_unit"].values)
    ax.set_xlabel(with_unit("mean size of the effect of the whole range, μ*", unit, 99))
    ax.set_ylabel(with_unit("spread of that effect, σ", unit, 60))
    ax.set_title(
        f"{plain(str(chosen['outcome_label'].values))}: size and spread of effects", loc="left"
    )
    ax.grid(visible=True)
    if own:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, handlelength=1.2)
    else:
        ax.legend(loc="best", framealpha=0.9, fontsize="small", handlelength=1.2)
    remarks = [f"lines: {plan.confidence:.0%} intervals"] if plan.resamples else []
    if len(table) > len(named):
        remarks.append(f"{len(table) - len(named)} weaker factors not named")
    used, blocks = int(chosen["blocks_used"].values), plan.runs // plan.block
    if used < blocks:
        remarks.append(f"indices from {used:,} of {blocks:,} trajectories")
    finish(sweep, ax, remarks, own)
    return ax
