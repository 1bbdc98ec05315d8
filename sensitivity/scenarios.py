"""Scenarios side by side: their outcomes as a table, their courses as a figure."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING

from sdmodel import style
from sensitivity.outcomes import choose

if TYPE_CHECKING:
    import pandas as pd
    from matplotlib.figure import Figure

    import sdmodel as sd

# With the base run a figure then has eight lines, about as many as can be told apart.
TOGETHER = 7


def labels_of(settings: sd.ModelSettings) -> dict[str, str]:
    """Return what each scenario is called: its label, with its name where two are labelled alike.

    Examples
    --------
    >>> import sdmodel as sd
    >>> labels_of(sd.load("models/core.mdl").settings)["blended"]
    'Blended learning'
    """
    scenarios = settings.scenarios.values()
    plain = [one.label or one.name for one in scenarios]
    return {
        one.name: label if plain.count(label) == 1 else f"{label} ({one.name})"
        for one, label in zip(scenarios, plain, strict=True)
    }


def grouped(model: sd.Model, labels: Iterable[str]) -> list[tuple[str, list[str]]]:
    """Return scenarios as they are shown together, as (title, labels).

    Parameters
    ----------
    labels
        What the scenarios are called, as `labels_of` says.

    Returns
    -------
    list
        In the order of the file; scenarios without a group come first, under no title. A group
        too large for one figure comes in parts.
    """
    called = {label: name for name, label in labels_of(model.settings).items()}
    found: dict[str, list[str]] = {"": []}
    for label in labels:
        found.setdefault(model.settings.scenarios[called[label]].group, []).append(label)
    shown = []
    for title, members in found.items():
        parts = -(-len(members) // TOGETHER)
        size = -(-len(members) // max(parts, 1))
        for part in range(parts):
            of_parts = f"{title or 'Scenarios'} ({part + 1} of {parts})" if parts > 1 else title
            shown.append((of_parts, members[part * size : (part + 1) * size]))
    return shown


def figures_of(model: sd.Model, labels: Sequence[str]) -> list[tuple[str, str, list[str]]]:
    """Return the figures of scenarios as (name of the file, title, labels)."""
    groups = grouped(model, labels)
    numbers = [""] if len(groups) == 1 else [f"_{place}" for place in range(1, len(groups) + 1)]
    return [
        (f"scenarios{number}", title, members)
        for number, (title, members) in zip(numbers, groups, strict=True)
    ]


def outcome_table(model: sd.Model, runs: Mapping[str, sd.Run]) -> pd.DataFrame:
    """Return the outcomes of the model's TOML file, one row per run, one column per outcome.

    An outcome that a run never reaches is NaN.
    """
    import pandas as pd

    rows = {}
    for label, run in runs.items():
        rows[label] = {
            one.name: float(one.measure(run.times, run.values(one.of)[:, None])[0][0])
            for one in choose(model, None)
        }
    table = pd.DataFrame.from_dict(rows, orient="index")
    table.index.name = "scenario"
    return table


def number(value: float) -> str:
    """Write an outcome as people read it: three digits, a year as a year, a dash for none.

    Examples
    --------
    >>> number(0.12345), number(1987.44), number(float("nan"))
    ('0.123', '1987', '-')
    """
    if math.isnan(value):
        return "-"
    return f"{value:.0f}" if abs(value) >= 100 else f"{value:.3g}"


def told(model: sd.Model, outcome: str, value: float) -> str:
    """Write an outcome of a run for a table: "never" where its level was not reached."""
    spec = model.settings.outcomes.get(outcome)
    if spec is not None and spec.never is not None and value == spec.never:
        return "never"
    return number(value)


@style.figures()
def draw_scenarios(model: sd.Model, runs: Mapping[str, sd.Run], names: Sequence[str]) -> Figure:
    """Draw one panel for each variable, with a line for each run; the first is the base run.

    A scenario of the model looks the same in every figure, whichever others are beside it.
    """
    import numpy as np
    from matplotlib import pyplot

    columns = min(3, len(names))
    rows = math.ceil(len(names) / columns)
    figure, grid = pyplot.subplots(
        rows,
        columns,
        figsize=(3.9 * columns, 2.9 * rows + 0.8),
        layout="constrained",
        squeeze=False,
    )
    panels = list(grid.ravel())
    called = [*labels_of(model.settings).values(), *runs]
    drawn_as = style.looks(called, base=next(iter(runs)))
    for shown, (panel, name) in enumerate(zip(panels, names, strict=False)):
        for place, (label, run) in enumerate(runs.items()):
            look = drawn_as[label]
            panel.plot(
                run.times,
                run.values(name),
                color=look.colour,
                linestyle=look.dash,
                linewidth=1.7 if place else 2.4,
                label=label,
                zorder=2 if place else 3,
            )
        panel.set_title(name, loc="left", fontsize=10)
        panel.set_ylabel(style.unit(model.units.get(name, "")), fontsize=9)
        panel.tick_params(labelsize=8)
        panel.grid(visible=True)
        panel.margins(x=0)
        if shown >= len(names) - columns:  # nothing is drawn below it
            panel.set_xlabel(style.time_label(model.units), fontsize=9)
        found = np.concatenate([run.values(name).ravel() for run in runs.values()])
        found = found[np.isfinite(found)]
        if len(found) and found.min() >= 0:
            # A little beyond both ends, so that a line along zero or the top is seen.
            top = float(found.max()) or 1.0
            panel.set_ylim(-0.02 * top, 1.05 * top)
    for spare in panels[len(names) :]:
        spare.remove()
    if len(runs) == 1:
        return figure
    handles, labels = panels[0].get_legend_handles_labels()
    figure.legend(handles, labels, loc="outside lower center", ncols=4, frameon=False, fontsize=9)
    return figure
