"""A causes strip: the course of a variable, and below it those of its causes."""

from __future__ import annotations

import math
from collections.abc import Sequence
from typing import TYPE_CHECKING

from sdmodel import style
from sdmodel.documents.facts import plain
from sdmodel.errors import SDError
from sdmodel.model import Model
from sdmodel.names import element_key, key
from sdmodel.run import Run

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.figure import Figure

# How many elements of an array one panel shows, and how many panels a strip has.
MOST_ELEMENTS, MOST_CAUSES = 12, 24
_STILL = ("constant", "computed constant", "control")


@style.figures()
def causes_strip(
    model: Model, name: str, runs: Sequence[Run] | None = None, *, figure: Figure | None = None
) -> list[Axes]:
    """Draw a variable over time, and below it each of its causes, with all runs in each panel.

    Causes that do not move are named below with their values. Of an array each element is a line;
    where an element is asked for, causes that have the same element show that one.

    Parameters
    ----------
    model
        A loaded model.
    name
        A variable that has a course in time, or an element of it.
    runs
        Runs of the model; one with the file's values when left out.
    figure
        Where to draw; a new one when left out.

    Returns
    -------
    list of Axes
        Matplotlib's, the variable's own first; the figure is their `figure`.

    Raises
    ------
    SDError
        If the variable has no course in time.

    Examples
    --------
    >>> import sdmodel as sd
    >>> model = sd.load("models/core.mdl")
    >>> axes = sd.causes_strip(model, "forgetting", [model.run(), model.run("autarky")])
    >>> [ax.get_title(loc="left") for ax in axes]
    ['forgetting', 'Domestic knowledge']
    """
    info = model.variable(name)
    runs = list(runs) if runs is not None else [model.run()]
    if not runs:
        raise SDError(f"no run to draw {info.name!r} of: give one, or leave runs out")
    own = _columns(model, info.name, _element(name))
    if not own:
        raise SDError(f"{info.name!r} is a {info.kind} and has no course in time: name a variable")
    panels = [(info.name if _element(name) == "" else name, own)]
    still = []
    for cause in dict.fromkeys(info.uses):
        about = model.variable(cause)
        columns = _columns(model, cause, _element(name))
        if about.kind in _STILL or not columns:
            still.append((about.name, about.kind, columns))
        elif cause != info.name:
            panels.append((about.name, columns))
    if len(panels) > MOST_CAUSES + 1:
        more = len(panels) - MOST_CAUSES - 1
        panels = panels[: MOST_CAUSES + 1]
        still.append((f"and {more} more causes", "lookup", []))
    told = _told(still, runs)
    if figure is None:
        figure = _figure(len(panels), told.count("\n") + 1 if told else 0)
    axes = list(figure.subplots(len(panels), 1, sharex=True, squeeze=False)[:, 0])
    for ax, (title, columns) in zip(axes, panels, strict=True):
        _panel(ax, title, model.units[model.definition(title).name], columns, runs)
    axes[0].set_title(plain(panels[0][0]), fontsize=10, loc="left", fontweight="bold")
    axes[-1].set_xlabel(
        "\n".join([style.time_label(model.units), *([told] if told else [])]), fontsize=8
    )
    if len(runs) > 1:
        handles = axes[0].get_lines()[:: max(1, len(axes[0].get_lines()) // len(runs))]
        figure.legend(
            handles[: len(runs)],
            [run.name for run in runs],
            loc="outside upper center",
            ncols=4,
            fontsize=8,
            frameon=False,
        )
    return axes


def _figure(panels: int, notes: int) -> Figure:
    from matplotlib.backends.backend_agg import FigureCanvasAgg
    from matplotlib.figure import Figure

    height = 0.9 + 1.25 * panels + 0.14 * notes
    figure = Figure(figsize=(5.2, height), layout="constrained")
    FigureCanvasAgg(figure)
    return figure


def _element(name: str) -> str:
    """Return the subscripts that an element is named by, such as "[a1,b2]", or nothing."""
    whole = element_key(name)
    return whole[whole.rindex("[") :] if whole.endswith("]") and "[" in whole else ""


def _columns(model: Model, name: str, element: str) -> list[str]:
    """Return what is saved of a variable, by name: one element where it has that."""
    columns, base = model.program.columns, key(name)
    if element and base + element in columns:
        return [columns[base + element][0]]
    return [columns[one][0] for one in model.program.elements(base) if one in columns]


def _panel(ax: Axes, title: str, unit: str, columns: Sequence[str], runs: Sequence[Run]) -> None:
    drawn_as = style.looks(map(str, range(len(runs))), base="0")
    for run, look in zip(runs, drawn_as.values(), strict=True):
        for number, column in enumerate(columns[:MOST_ELEMENTS]):
            ax.plot(
                run.times,
                run.values(column),
                color=look.colour,
                linestyle=look.dash,
                linewidth=1.6 if len(columns) == 1 else 1.0,
                alpha=1.0 if number == 0 else 0.6,
            )
    shown = plain(title)
    if len(columns) > 1:
        shown += f": {min(len(columns), MOST_ELEMENTS)} of {len(columns)} elements"
    ax.set_title(shown, fontsize=9, loc="left")
    unit = style.unit(unit)
    ax.set_ylabel(unit if len(unit) <= 26 else unit[:23] + "...", fontsize=8 - 2 * (len(unit) > 16))
    ax.tick_params(labelsize=8)
    ax.ticklabel_format(axis="y", style="sci", scilimits=(-3, 5), useMathText=True)
    ax.yaxis.get_offset_text().set_fontsize(7)
    ax.grid(visible=True)
    ax.margins(x=0)


def _told(still: Sequence[tuple[str, str, list[str]]], runs: Sequence[Run]) -> str:
    """Return what does not move, a line each: its value, or one for each run that differs."""
    lines = []
    for name, kind, columns in still:
        if len(columns) != 1:
            lines.append(plain(name) + (f" ({kind})" if not name.startswith("and ") else ""))
            continue
        values = [float(run.values(columns[0])[-1]) for run in runs]
        same = len(set(values)) == 1 or all(map(math.isnan, values))
        texts = [f"{v:.6g}" for v in (values[:1] if same else values)]
        lines.append(f"{plain(name)} = {' | '.join(texts)}")
    return "\n".join(lines)
