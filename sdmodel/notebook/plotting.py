"""Variables of a run over time: one pair of axes for each unit, lines named at their ends."""

from __future__ import annotations

import math
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING
from weakref import WeakKeyDictionary

import numpy as np

from sdmodel.errors import SDError, printable
from sdmodel.names import key
from sdmodel.notebook.runs import moving, unit_of, unit_of_time
from sdmodel.style import LINE, looks

if TYPE_CHECKING:
    from matplotlib.axes import Axes
    from matplotlib.lines import Line2D

    from sdmodel.run import Run

# What is drawn when nothing is named; lines that have their names at their ends, not in a legend.
FIRST, NAMED = 4, 6
_WRAP, _FONT = 34, 9.0


@dataclass(frozen=True, slots=True, eq=False)
class Drawn:
    """A line on axes, and what it shows."""

    line: Line2D
    variable: str
    run: str
    unit: str


# What was drawn before on axes, so that another run is told apart from it.
_ON: WeakKeyDictionary[Axes, list[Drawn]] = WeakKeyDictionary()


def plot(run: Run, names: Sequence[str], ax: Axes | Sequence[Axes] | None) -> Axes | list[Axes]:
    """Draw variables of a run; see `sdmodel.Run.plot`."""
    groups = _by_unit(run, names or moving(run)[:FIRST])
    if not groups:
        raise SDError(f"the run '{run.name}' has nothing that moves to draw: name a variable")
    axes = _axes(ax, list(groups))
    for one, (unit, columns) in zip(axes, groups.items(), strict=True):
        _draw(one, run, unit, columns)
    return axes[0] if len(axes) == 1 and not isinstance(ax, Sequence) else axes


def _by_unit(run: Run, names: Sequence[str]) -> dict[str, list[str]]:
    """Return the columns to draw by their units, in the order they are named."""
    groups: dict[str, list[str]] = {}
    for name in names:
        for column in _columns(run, name):
            group = groups.setdefault(unit_of(run, column), [])
            if column not in group:
                group.append(column)
    return groups


def _columns(run: Run, name: str) -> list[str]:
    """Return what is drawn of a name: a column, or all elements of a subscripted variable."""
    if run.values(name).ndim > 1:
        head = key(name)
        return [one for one in run.columns if key(one.rpartition("[")[0]) == head]
    return [str(run[name].name)]


def _axes(ax: Axes | Sequence[Axes] | None, units: list[str]) -> list[Axes]:
    if ax is None:
        return _new(len(units))
    given = list(np.ravel(np.asarray(ax, dtype=object)))
    if len(given) != len(units):
        told = ", ".join(f"'{unit}'" for unit in units)
        raise SDError(
            f"these variables have {len(units)} units ({told}) and ax holds {len(given)} axes: "
            "give one for each unit, or draw them apart"
        )
    return given


def _new(panels: int) -> list[Axes]:
    from matplotlib import pyplot

    across = min(2, panels)
    rows = math.ceil(panels / across)
    size = (6.8, 3.6) if panels == 1 else (10.0, 0.4 + 2.9 * rows)
    _, grid = pyplot.subplots(rows, across, figsize=size, layout="constrained", squeeze=False)
    found = list(grid.ravel())
    for spare in found[panels:]:
        spare.remove()
    return found[:panels]


def _draw(ax: Axes, run: Run, unit: str, columns: Sequence[str]) -> None:
    before = [one for one in _ON.get(ax, []) if one.line.axes is ax]
    other = next((one for one in before if one.unit != unit), None)
    if other is not None:
        raise SDError(
            f"these axes show {other.variable!r} in '{other.unit}', and {columns[0]!r} is in "
            f"'{unit}': draw it on other axes"
        )
    known = {one.run for one in before}
    called = run.name if run.name not in known else _another(run.name, before, columns)
    for column in columns:
        (line,) = ax.plot(run.times, run.values(column), linewidth=1.9)
        before.append(Drawn(line, column, called, unit))
    _ON[ax] = before
    _dress(ax, before, unit)
    time = unit_of_time(run)
    ax.set_xlabel(_plain(f"Time [{time}]" if time else "Time"))
    ax.grid(color=LINE, linewidth=0.7)
    ax.set_axisbelow(True)
    ax.margins(x=0)
    for side in ("top", "right"):
        ax.spines[side].set_visible(False)


def _another(name: str, before: Sequence[Drawn], columns: Sequence[str]) -> str:
    """Return what a run is called on axes that show the variable in a run of the same name."""
    shown = {one.run for one in before if one.variable in columns}
    return next(
        one
        for one in (name, *(f"{name} ({n})" for n in range(2, len(shown) + 3)))
        if one not in shown
    )


def _dress(ax: Axes, drawn: Sequence[Drawn], unit: str) -> None:
    """Give every line its look and its name, and the axis what it shows."""
    variables = list(dict.fromkeys(one.variable for one in drawn))
    runs = list(dict.fromkeys(one.run for one in drawn))
    labels = [
        one.run
        if len(variables) == 1
        else one.variable
        if len(runs) == 1
        else f"{one.variable}, {one.run}"
        for one in drawn
    ]
    found = looks(str(place) for place in range(len(drawn))).values()
    for label, one, look in zip(labels, drawn, found, strict=True):
        one.line.set(label=_plain(label), color=look.colour, linestyle=look.dash)
    shown = f"{variables[0]} [{unit}]" if unit else variables[0]
    several = f"[{unit}]" if unit else "no unit"
    ax.set_ylabel(_plain(textwrap.fill(shown if len(variables) == 1 else several, _WRAP)))
    for text in [text for text in ax.texts if text.get_gid() == _GID]:
        text.remove()
    if legend := ax.get_legend():
        legend.remove()
    if 1 < len(drawn) <= NAMED:
        _name_ends(ax, [one.line for one in drawn])
    elif len(drawn) > NAMED:
        ax.legend(loc="upper left", bbox_to_anchor=(1.0, 1.0), frameon=False, fontsize=_FONT - 1)


_GID = "name of a line"


def _name_ends(ax: Axes, lines: Sequence[Line2D]) -> None:
    """Write the name of each line at its end, moved apart where ends are close together."""
    ax.autoscale_view()
    ends = []
    for line in lines:
        x, y = np.asarray(line.get_xdata(), float), np.asarray(line.get_ydata(), float)
        sound = np.flatnonzero(np.isfinite(y))
        if len(sound):
            at = (float(x[sound[-1]]), float(y[sound[-1]]))
            ends.append((float(ax.transData.transform(at)[1]), at, line))
    ends.sort(key=lambda one: one[0])
    figure = ax.get_figure(root=True)
    assert figure is not None
    point = figure.dpi / 72
    places = apart([height / point for height, _, _ in ends], _FONT * 1.25)
    for (height, at, line), place in zip(ends, places, strict=True):
        label = textwrap.fill(str(line.get_label()), 30)
        ax.annotate(
            label,
            xy=at,
            xytext=(5, place - height / point),
            textcoords="offset points",
            va="center",
            fontsize=_FONT,
            color=line.get_color(),
            annotation_clip=False,
            gid=_GID,
        )


def apart(places: Sequence[float], least: float) -> list[float]:
    """Return places, in ascending order, moved as little as needed to stand so far apart.

    >>> apart([0.0, 1.0, 30.0], 10.0)
    [-4.5, 5.5, 30.0]
    """
    groups: list[list[float]] = []  # each the places of names that touch, moved as one
    for place in places:
        groups.append([place])
        while len(groups) > 1 and _top(groups[-2], least) + least > _low(groups[-1], least):
            last = groups.pop()
            groups[-1] += last
    return [_low(group, least) + least * rank for group in groups for rank in range(len(group))]


def _low(group: Sequence[float], least: float) -> float:
    return sum(group) / len(group) - least * (len(group) - 1) / 2


def _top(group: Sequence[float], least: float) -> float:
    return sum(group) / len(group) + least * (len(group) - 1) / 2


def _plain(text: str) -> str:
    # A dollar sign would start mathematics.
    return printable(text).replace("$", r"\$")
