"""Figures of a search: the front, what its packages give in fresh futures, and boxes."""

from __future__ import annotations

import textwrap
from collections.abc import Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

from sdmodel import style
from sensitivity.errors import AnalysisError
from sensitivity.search.goals import BASE, SHARE

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure
    from numpy.typing import NDArray

    from sensitivity.search.discovery import Box, Discovery
    from sensitivity.search.front import Front

    Floats = NDArray[np.float64]

MARKS = ("s", "^", "v", "D", "P", "X", "<", ">", "p", "h")
WIDTH = 9.0
BAND = (5, 50, 95)
WRAP = 34


@style.figures()
def draw_front(front: Front) -> Figure:
    r"""Draw the front in fresh futures: two objectives, or all on parallel axes.

    Examples
    --------
    >>> import sdmodel as sd
    >>> from sensitivity import optimise
    >>> found = optimise(
    ...     sd.load("models/core.mdl"),
    ...     aims={"final relative knowledge": "high", "education effort": "low"},
    ...     draws=4,
    ...     fresh=8,
    ...     population=8,
    ...     generations=2,
    ... )
    >>> draw_front(found).axes[0].get_xlabel()
    'mean of final relative knowledge\nmore is better'
    """
    aims = [name for name in front.objectives if name != SHARE]
    shown = aims if len(aims) > 1 else list(front.objectives)
    figure = _figure(5.4)
    if len(shown) == 2:
        _scatter(figure, front, shown[0], shown[1])
    else:
        _parallel(figure, front)
    about = front.data.attrs
    _stamp(
        figure,
        about,
        f"{about['method']}, {int(about['population']):,} x {int(about['generations']):,} "
        f"packages x {front.data.sizes['draw']:,} futures, "
        f"shown in {front.data.sizes['fresh_draw']:,} fresh ones",
    )
    return figure


def _scatter(figure: Figure, front: Front, across: str, up: str) -> None:
    ax = figure.add_subplot()
    table, packages = _fresh(front), list(front.packages)
    compromise = front.compromise
    x, y = table[across], table[up]
    places = [list(x).index(name) for name in packages]
    columns = [np.array(list(table[name].values())) for name in (across, up)]
    hue: dict[str, Any] = {"color": style.BLUE}
    coloured = SHARE in front.objectives and SHARE not in (across, up)
    if coloured:
        share = np.array(list(table[SHARE].values()))
        hue = {"c": share[places], "cmap": style.SCALE, "vmin": 0.0, "vmax": max(share.max(), 0.01)}
    drawn = ax.scatter(
        columns[0][places], columns[1][places], s=46, zorder=3, edgecolor="white", lw=0.6, **hue
    )
    if coloured:
        figure.colorbar(drawn, ax=ax, label="share of futures in which all conditions hold")
    ax.plot(
        x[compromise],
        y[compromise],
        "o",
        ms=13,
        mfc="none",
        mec=style.BLACK,
        mew=1.6,
        zorder=4,
        label=f"compromise: {compromise}",
    )
    for place, name in enumerate(front.references):
        mark = "*" if name == BASE else MARKS[(place - 1) % len(MARKS)]
        look: dict[str, Any] = (
            {"color": style.BLACK, "ms": 13} if name == BASE else {"color": style.SOFT}
        )
        if coloured and name != BASE:
            here = table[SHARE][name] / hue["vmax"]
            look = {"color": _shade(here), "mec": style.SOFT, "ms": 7}
        ax.plot(x[name], y[name], mark, ls="none", label=_words(name), zorder=2, **look)
    for name, set_label in ((across, ax.set_xlabel), (up, ax.set_ylabel)):
        way = "more" if front.ways[front.objectives.index(name)] == "high" else "less"
        set_label(f"{_words(name, 60)}\n{way} is better")
    ax.set_title("Packages that no other beats in everything", loc="left", fontsize=11)
    _framed(ax)
    figure.legend(loc="outside right upper", fontsize=8, frameon=False)


def _parallel(figure: Figure, front: Front) -> None:
    ax = figure.add_subplot()
    table = _fresh(front)
    names = front.objectives
    rows = {package: np.array([table[n][package] for n in names]) for package in table[names[0]]}
    every = np.array(list(rows.values()))
    low, high = every.min(axis=0), every.max(axis=0)
    width = np.where(high > low, high - low, 1.0)
    up = front.signs > 0
    places = np.arange(len(names))
    heights = {
        package: np.where(up, (row - low) / width, (high - row) / width)
        for package, row in rows.items()
    }
    for package in front.packages:
        ax.plot(places, heights[package], color=style.BLUE, alpha=0.35, lw=1)
    best, worst = np.where(up, high, low), np.where(up, low, high)
    for place in range(len(names)):
        ax.axvline(place, color=style.PALE, lw=1, zorder=0)
        ax.text(place, 1.02, f"{best[place] + 0.0:.3g}", ha="center", va="bottom", fontsize=8)
        ax.text(place, -0.02, f"{worst[place] + 0.0:.3g}", ha="center", va="top", fontsize=8)
    looks = [(front.compromise, style.ORANGE, "o", f"compromise: {front.compromise}")]
    others = (style.BLACK, style.GREEN, style.PINK, style.AMBER, style.SKY)
    looks += [
        (name, others[place % len(others)], MARKS[place % len(MARKS)], _words(name))
        for place, name in enumerate(front.references)
    ]
    for name, colour, mark, label in looks:
        ax.plot(places, heights[name], color=colour, marker=mark, lw=1.8, label=label)
    ax.set_xticks(places, [_words(name, 18) for name in names], fontsize=8)
    ax.tick_params(axis="x", pad=14)
    ax.set_yticks([])
    ax.set_ylim(-0.08, 1.1)
    for side in ("top", "right", "left", "bottom"):
        ax.spines[side].set_visible(False)
    ax.set_title(
        "Packages that no other beats in everything (up is better)", loc="left", fontsize=11
    )
    figure.legend(loc="outside right upper", fontsize=8, frameon=False)


@style.figures()
def draw_futures(front: Front) -> Figure:
    """Draw how some packages hold up in fresh futures: satisficing share, and regret in each aim.

    They are the compromise, the best package in each objective, and the references.
    """
    chosen = _chosen(front)
    data = front.data
    aims = [str(name) for name in data["aim"].values]
    shares = SHARE in front.objectives
    panels = len(aims) + shares
    figure = _figure(1.5 + 0.34 * len(chosen))
    if not panels:
        raise AnalysisError("only levers are among the objectives, which no future can change")
    axes = np.atleast_1d(figure.subplots(1, panels, sharey=True))
    places = np.arange(len(chosen))[::-1]
    if shares:
        values = [float(_fresh(front)[SHARE][name]) for name in chosen]
        colours = [style.SOFT if name in front.references else style.BLUE for name in chosen]
        axes[0].barh(places, values, color=colours, height=0.62)
        axes[0].set_xlim(0, 1)
        axes[0].set_xlabel("share of futures in which\nall conditions hold")
    packages = [str(name) for name in data["package"].values]
    for ax, aim in zip(axes[int(shares) :], aims, strict=True):
        regret = data["regret"].sel(aim=aim).values
        for place, name in zip(places, chosen, strict=True):
            row = regret[packages.index(name)]
            row = row[np.isfinite(row)]
            low, middle, high = np.percentile(row, BAND) if len(row) else (np.nan,) * 3
            colour = style.SOFT if name in front.references else style.BLUE
            ax.hlines(place, low, high, color=colour, alpha=0.4, lw=6)
            ax.plot(middle, place, "o", color=colour, ms=6)
        ax.set_xlim(left=0)
        unit = str(data["outcome_unit"].sel(outcome=aim).values)
        regretted = style.label(f"regret in {_words(aim, 30)}", unit)
        ax.set_xlabel(f"{regretted}\nmedian and 5-95 % of futures")
    axes[0].set_yticks(places, [_words(label) for label in chosen.values()], fontsize=8)
    for ax in axes:
        _framed(ax)
    figure.suptitle(
        "How they hold up in futures that the search did not see", x=0.01, ha="left", fontsize=11
    )
    about = data.attrs
    _stamp(figure, about, f"{about['method']}, {data.sizes['fresh_draw']:,} fresh futures")
    return figure


def _chosen(front: Front) -> dict[str, str]:
    scores = front.data["objectives"].values[: len(front.packages)] * front.signs
    found = {front.compromise: f"{front.compromise}: compromise"}
    for column, objective in enumerate(front.objectives):
        name = front.packages[int(scores[:, column].argmax())]
        found.setdefault(name, f"{name}: best {objective}")
    return found | {name: name for name in front.references}


@style.figures()
def draw_boxes(found: Discovery) -> Figure:
    """Draw boxes as bars on the ranges of their factors, and coverage against density on the way.

    Examples
    --------
    >>> import numpy as np, pandas as pd
    >>> from sensitivity import discover
    >>> table = pd.DataFrame(np.random.default_rng(1).random((500, 2)), columns=["a", "b"])
    >>> len(draw_boxes(discover(table, table["a"].to_numpy() > 0.7)).axes)
    3
    """
    rows = [_bars(box) for box in found.boxes]
    figure = _figure(1.9 + max(2.2, 0.5 * sum(len(row) + 1 for row in rows)))
    if not rows:
        empty = figure.add_subplot()
        empty.set_axis_off()
        empty.text(0.5, 0.5, "no limit on any factor can be told from chance", ha="center")
        _titled(figure, found)
        return figure
    left, right = figure.subplots(1, 2, width_ratios=(1.35, 1))
    place, ticks, labels = 0.0, [], []
    for number, (box, bars) in enumerate(zip(found.boxes, rows, strict=True), 1):
        left.text(
            0,
            place - 0.15,
            f"box {number}: coverage {box.coverage:.0%}, density {box.density:.0%}",
            fontsize=9,
            va="center",
            color=style.BLACK,
        )
        for factor, limits in bars.items():
            place -= 1
            _bar(left, place, factor, limits, found.ranges)
            ticks.append(place)
            labels.append(_words(f"{limits[0].label} (p {min(one.p for one in limits):.1g})"))
        place -= 1
    left.set_yticks(ticks, labels, fontsize=8)
    left.set_ylim(place + 0.4, 0.6)
    left.set_xlim(-0.02, 1.02)
    left.set_xticks([0, 0.5, 1], ["lowest", "range of the factor", "highest"], fontsize=8)
    _framed(left)
    left.grid(visible=False)
    _way(figure, right, found)
    _titled(figure, found)
    return figure


def _titled(figure: Figure, found: Discovery) -> None:
    figure.suptitle(
        textwrap.fill(f"Where {found.where} ({found.cases:,} of {found.runs:,} runs)", 100),
        x=0.01,
        ha="left",
        fontsize=11,
    )
    _stamp(figure, found.about, f"{found.method}, {found.runs:,} runs searched")


def _bars(box: Box) -> dict[str, list[Any]]:
    bars: dict[str, list[Any]] = {}
    for limit in box.limits:
        bars.setdefault(limit.factor, []).append(limit)
    return bars


def _bar(
    ax: Axes,
    place: float,
    factor: str,
    limits: list[Any],
    ranges: Mapping[str, tuple[float, float]],
) -> None:
    ax.barh(place, 1.0, color=style.PALE, height=0.42)
    if factor not in ranges:
        ax.text(
            0.5,
            place,
            " or ".join(str(one) for one in limits[0].kinds),
            ha="center",
            va="center",
            fontsize=8,
        )
        return
    low, high = ranges[factor]
    width = high - low
    start = next((one.low for one in limits if one.low is not None), low)
    end = next((one.high for one in limits if one.high is not None), high)
    ax.barh(
        place, (end - start) / width, left=(start - low) / width, color=style.ORANGE, height=0.42
    )
    for at, value, side in ((start, start, "right"), (end, end, "left")):
        if low < value < high:
            where = (at - low) / width
            inside = (side == "right" and where < 0.12) or (side == "left" and where > 0.88)
            ax.text(
                where + (0.012 if (side == "left") != inside else -0.012),
                place,
                f"{value:.3g}",
                ha=("left" if side == "right" else "right") if inside else side,
                va="center",
                fontsize=8,
            )


def _way(figure: Figure, ax: Axes, found: Discovery) -> None:
    """Draw the regions on the way to the first box."""
    box = found.boxes[0]
    coverage = np.array([step.coverage for step in box.trajectory])
    density = np.array([step.density for step in box.trajectory])
    limited = np.array([step.limited for step in box.trajectory])
    if found.method == "prim":
        ax.plot(coverage, density, color=style.PALE, lw=1, zorder=1)
    drawn = ax.scatter(coverage, density, c=limited, cmap=style.SCALE, s=26, zorder=2)
    ax.plot(
        coverage[box.chosen],
        density[box.chosen],
        "o",
        ms=12,
        mfc="none",
        mec=style.BLACK,
        mew=1.6,
        label="taken",
        zorder=3,
    )
    ax.plot(
        box.coverage,
        box.fresh_density,
        "X",
        color=style.ORANGE,
        ms=9,
        zorder=4,
        label="as told, in runs not seen",
    )
    bar = figure.colorbar(drawn, ax=ax, label="factors limited")
    bar.locator = _whole_numbers()
    bar.update_ticks()
    ax.set_xlabel("coverage: share of all such runs inside")
    ax.set_ylabel("density: share of such runs among those inside")
    ax.set_xlim(-0.03, 1.05)
    ax.set_ylim(0, 1.05)
    ax.legend(fontsize=8, loc="lower left", frameon=False)
    _framed(ax)


def _whole_numbers() -> Any:
    from matplotlib.ticker import MaxNLocator

    return MaxNLocator(integer=True)


def _fresh(front: Front) -> dict[str, dict[str, float]]:
    """Return the objectives in fresh futures, by objective and package."""
    names = [str(name) for name in front.data["package"].values]
    values = front.data["fresh_objectives"].values
    return {
        objective: dict(zip(names, values[:, place].tolist(), strict=True))
        for place, objective in enumerate(front.objectives)
    }


def _figure(height: float) -> Figure:
    from matplotlib.figure import Figure

    return Figure(figsize=(WIDTH, height), layout="constrained")


def _shade(share: float) -> Any:
    from matplotlib import colormaps

    return colormaps[style.SCALE](share)


def _framed(ax: Axes) -> None:
    ax.grid(visible=True)


def _words(text: str, width: int = WRAP) -> str:
    """Wrap a name; a dollar sign would start mathematics."""
    return textwrap.fill(text.replace("_", " "), width).replace("$", r"\$")


def _stamp(figure: Figure, about: Mapping[str, Any], how: str) -> None:
    """Say at the lower right where the figure comes from."""
    facts = []
    if "model" in about:
        facts.append(f"{about['model']} {str(about['model_digest'])[:8]}")
    facts.append(how)
    if "seed" in about:
        facts.append(f"seed {about['seed']}")
    if "runs" in about:
        facts.append(f"{int(about['runs']):,} runs")
    figure.supxlabel(
        _words(", ".join(facts), 140), x=0.995, ha="right", fontsize=7, color=style.SOFT
    )
