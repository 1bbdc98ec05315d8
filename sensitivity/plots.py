"""Figures of a sweep: the ranking with its intervals, the fan over time, and the scatter.

Each function draws on axes it is given, or on new ones about as wide as a notebook, and returns
them. Colours are told apart by colour-blind readers, and shapes differ too. Every figure says
below which model, method, sample size and seed it comes from, and how many runs failed.
"""

from __future__ import annotations

import textwrap
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.analysis import one_outcome, plan_of, ranking
from sensitivity.errors import AnalysisError, among, fold
from sensitivity.outcomes import OK

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

# Okabe and Ito's palette.
BLUE, ORANGE, GREY, BLACK = "#0072B2", "#D55E00", "#666666", "#222222"
# Blue on white, ever denser; opaque, so that the legend shows the colours that are seen.
TINTS = ("#D6E6F2", "#A5CAE4", "#66A8D2")
WIDTH = 9.0
SCATTER_POINTS = 1500
LABEL_WIDTH = 30
PANEL_LABEL_WIDTH = 24
_STYLES: tuple[dict[str, Any], ...] = (
    {"color": BLUE, "fmt": "o", "markersize": 7},
    {"color": ORANGE, "fmt": "s", "markersize": 5.5},
)
_SHORT = {
    "ST": "total, ST",
    "S1": "alone, S1",
    "mu_star": "mean size of effect, \N{GREEK SMALL LETTER MU}*",
    "mu": "mean effect with sign, \N{GREEK SMALL LETTER MU}",
}


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
        lines = (_factor_label(sweep, factor).count("\n") + 1 for factor in shown.index)
        ax = _new_axes(1.7 + max(0.36, 0.165 * max(lines) + 0.06) * len(shown))
    places = np.arange(len(shown))[::-1]
    drawn = [index for index in plan.row.indices if index in _SHORT]
    for number, (index, style) in enumerate(zip(drawn, _STYLES, strict=False)):
        widths = shown.get(f"{index}_conf")
        shift = 0.16 * (1 - 2 * number) if len(drawn) > 1 else 0.0
        ax.errorbar(
            shown[index],
            places + shift,
            xerr=None if widths is None or widths.isna().all() else widths,
            label=_SHORT[index],
            elinewidth=1.6,
            capsize=3,
            **style,
        )
    ax.axvline(0.0, color=GREY, linewidth=0.8, zorder=0)
    ax.set_yticks(places, [_factor_label(sweep, factor) for factor in shown.index])
    for tick, role in zip(ax.get_yticklabels(), shown["role"], strict=True):
        tick.set_fontstyle("italic" if role == "uncertainty" else "normal")
    ax.set_ylim(-0.6, len(shown) - 0.4)
    ax.grid(axis="x", color="#DDDDDD", linewidth=0.7)
    ax.set_axisbelow(True)
    unit = str(chosen["outcome_unit"].values)
    if plan.row.in_units:
        ax.set_xlabel("effect of moving the factor over its range" + (f" [{unit}]" if unit else ""))
    else:
        ax.set_xlabel("share of the outcome's variance")
    ax.legend(loc="lower right", frameon=True, framealpha=0.9)
    label = str(chosen["outcome_label"].values)
    ax.set_title(f"{_plain(label)}: what it depends on", loc="left")
    remarks = []
    used, blocks = int(chosen["blocks_used"].values), plan.runs // plan.block
    if used < blocks:
        what = "trajectories" if plan.method == "morris" else "base samples"
        remarks.append(f"indices from {used:,} of {blocks:,} {what}")
    if plan.resamples:
        remarks.append(f"lines: {plan.confidence:.0%} intervals")
    if "uncertainty" in set(shown["role"]) and "lever" in set(shown["role"]):
        remarks.append("italic: uncertainties")
    if len(shown) < len(table):
        remarks.append(f"{len(table) - len(shown)} weaker factors not shown")
    if plan.row.caution:
        remarks.append(plan.row.caution)
    _stamp(sweep, ax, remarks, own)
    return ax


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
    'Time [Year]'
    """
    names = [str(name) for name in sweep["series"].values]
    if not names:
        raise AnalysisError("the sweep kept no courses: make it with keep_series=['variable', ...]")
    place = 0
    if series is not None:
        folded = [fold(name) for name in names]
        if fold(series) not in folded:
            raise AnalysisError(f"the sweep kept no course of '{series}'{among(series, names)}")
        place = folded.index(fold(series))
    kept = sweep.isel(series=place)
    times = kept["time"].values
    own = ax is None
    if ax is None:
        ax = _new_axes(4.6)
    for low, high, tint, text in (
        (0.025, 0.975, TINTS[0], "95 % of runs"),
        (0.1, 0.9, TINTS[1], "80 %"),
        (0.25, 0.75, TINTS[2], "50 %"),
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
        color="#004A77",
        linewidth=2,
        label="median",
    )
    base = kept["base_series"].values
    if np.isfinite(base).all():
        ax.plot(times, base, color=BLACK, linewidth=1.6, linestyle="--", label="all at default")
    unit = str(kept["series_unit"].values)
    time_unit = str(kept["time"].attrs.get("units", ""))
    ax.set_xlabel("Time" + (f" [{time_unit}]" if time_unit else ""))
    ax.set_ylabel(_with_unit(names[place], unit))
    ax.set_title(f"{_plain(names[place])}: how it spreads", loc="left")
    ax.margins(x=0)
    ax.grid(color="#BBBBBB", linewidth=0.5)
    if own:
        # Beside the bands, which may fill the whole frame.
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False)
    else:
        ax.legend(loc="best", frameon=True, framealpha=0.9, fontsize="small")
    runs = int(kept["percentiles"].attrs.get("runs", 0))
    _stamp(sweep, ax, [f"bands from {runs:,} runs"], own)
    return ax


def plot_scatter(
    sweep: xr.Dataset,
    outcome: str | None = None,
    *,
    factors: Sequence[str] | None = None,
    most: int = 6,
    ax: Sequence[Axes] | NDArray[Any] | None = None,
) -> NDArray[Any]:
    """Draw the outcome against each factor, the strongest first, with its average course.

    Parameters
    ----------
    sweep
        What `sweep` or `open_sweep` returned.
    outcome
        Which outcome; the first when left out.
    factors
        Which factors; the `most` strongest when left out.
    ax
        Where to draw, one axes for each factor; on a new figure when left out.

    Returns
    -------
    numpy.ndarray
        The axes, one for each factor.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=16)
    >>> len(plot_scatter(result, most=3))
    3
    """
    plan, chosen = plan_of(sweep), one_outcome(sweep, outcome)
    known = [str(name) for name in sweep["factor"].values]
    if factors is None:
        names = list(ranking(sweep, outcome).index[:most])
    else:
        spelt = {fold(name): name for name in known}
        for name in factors:
            if fold(name) not in spelt:
                raise AnalysisError(f"the sweep has no factor '{name}'{among(name, known)}")
        names = [spelt[fold(name)] for name in factors]
    rows = plan.row.spread(plan)
    rows = rows[chosen["status"].values[rows] == OK]
    if not len(rows):
        raise AnalysisError(
            f"outcome '{chosen['outcome'].values}' has no sound run to draw: "
            f"{chosen['note'].values!s}"
        )
    outcomes = chosen["outcomes"].values[rows]
    axes = _panels(len(names)) if ax is None else np.asarray(ax, dtype=object).ravel()
    if len(axes) < len(names):
        raise AnalysisError(f"{len(names)} factors need as many axes, but ax has {len(axes)}")
    unit = str(chosen["outcome_unit"].values)
    label = str(chosen["outcome_label"].values)
    for place, (one, name) in enumerate(zip(axes, names, strict=False)):
        values = sweep["design"].values[rows, known.index(name)]
        one.plot(
            values[:SCATTER_POINTS],
            outcomes[:SCATTER_POINTS],
            linestyle="none",
            marker=".",
            markersize=4,
            color=BLUE,
            alpha=0.35,
            markeredgewidth=0,
            rasterized=True,
        )
        one.plot(*_average(values, outcomes), color=ORANGE, linewidth=2.2)
        one.set_xlabel(_factor_label(sweep, name, PANEL_LABEL_WIDTH))
        one.grid(color="#DDDDDD", linewidth=0.7)
        if ax is not None or place % _columns(len(names)) == 0:
            one.set_ylabel(_with_unit(label, unit))
    if ax is None:
        for spare in axes[len(names) :]:
            spare.set_visible(False)
        axes[0].figure.suptitle(
            f"{_plain(label)}: {'its strongest' if factors is None else 'some'} factors",
            x=0.01,
            ha="left",
        )
    remarks = ["line: average outcome"]
    if len(rows) > SCATTER_POINTS:
        remarks.append(f"{SCATTER_POINTS:,} of {len(rows):,} points shown")
    _stamp(sweep, axes[0], remarks, ax is None)
    return axes[: len(names)]


def _average(
    values: NDArray[np.float64], outcomes: NDArray[np.float64]
) -> tuple[NDArray[np.float64], NDArray[np.float64]]:
    """Return the mean outcome along a factor: over parts of the runs, or at each of few values."""
    distinct = np.unique(values)
    if len(distinct) <= 20:
        means = np.array([outcomes[values == value].mean() for value in distinct])
        return distinct, means
    order = np.argsort(values, kind="stable")
    parts = np.array_split(order, int(np.clip(len(values) // 40, 2, 20)))
    return (
        np.array([values[part].mean() for part in parts]),
        np.array([outcomes[part].mean() for part in parts]),
    )


def _new_axes(height: float) -> Axes:
    from matplotlib import pyplot

    _, ax = pyplot.subplots(figsize=(WIDTH, height), layout="constrained")
    return ax


def _columns(panels: int) -> int:
    return min(3, panels)


def _panels(panels: int) -> NDArray[Any]:
    from matplotlib import pyplot

    columns = _columns(panels)
    rows = -(-panels // columns)
    _, axes = pyplot.subplots(
        rows,
        columns,
        figsize=(WIDTH, 0.6 + 2.7 * rows),
        layout="constrained",
        sharey=True,
        squeeze=False,
    )
    flat: NDArray[Any] = axes.ravel()
    return flat


def _factor_label(sweep: xr.Dataset, name: str, width: int = LABEL_WIDTH) -> str:
    one = sweep.sel(factor=name)
    return _with_unit(str(one["factor_label"].values), str(one["factor_unit"].values), width)


def _with_unit(label: str, unit: str, width: int = LABEL_WIDTH) -> str:
    """Wrap a label, with its unit in brackets unbroken at the end, if it has one."""
    lines = textwrap.wrap(label, width, break_long_words=False) or [label]
    if fold(unit) not in ("", "dmnl", "1", "dimensionless"):
        written = f"[{unit}]"
        if len(lines[-1]) + 1 + len(written) <= width:
            lines[-1] += f" {written}"
        else:
            lines.append(written)
    return _plain("\n".join(lines))


def _plain(text: str) -> str:
    # A dollar sign would start mathematics.
    return text.replace("$", r"\$")


def _stamp(sweep: xr.Dataset, ax: Axes, remarks: Sequence[str], own: bool) -> None:
    """Say where it comes from: below the figure, or below the axes when they were given."""
    about = sweep.attrs
    runs, failed = int(about["runs"]), int(about["failed_runs"])
    facts = [
        f"{about['model']} {str(about['model_digest'])[:8]}",
        f"{about['method']}, n = {int(about['samples']):,}, seed {about['seed']}",
        f"{runs:,} runs" + (f", {failed:,} of them failed" if failed else ", none failed"),
    ]
    text = _plain("\n".join(["; ".join(facts), "; ".join(remarks)]).strip())
    if own:
        ax.figure.supxlabel(text, x=0.01, ha="left", fontsize=8, color=GREY)
        return
    ax.annotate(
        text,
        xy=(0.0, 0.0),
        xycoords="axes fraction",
        xytext=(0.0, -38.0),
        textcoords="offset points",
        va="top",
        ha="left",
        fontsize=7,
        color=GREY,
        annotation_clip=False,
    )
