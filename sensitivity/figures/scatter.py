"""The scatter: the outcome against each factor, run by run."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

import numpy as np

from sdmodel import style
from sensitivity.analysis import free_rows, one_outcome, plan_of, ranking
from sensitivity.errors import AnalysisError
from sensitivity.figures.canvas import columns_of, finish, new_panels
from sensitivity.figures.labels import PANEL_LABEL_WIDTH, factor_label, plain, with_unit
from sensitivity.figures.subject import some_factors, thinned
from sensitivity.outcomes import OK

if TYPE_CHECKING:
    import xarray as xr
    from matplotlib.axes import Axes
    from numpy.typing import NDArray

SCATTER_POINTS = 1500


@style.figures()
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
    names = some_factors(sweep, factors, ranking(sweep, outcome).index, most)
    rows = free_rows(sweep, plan)
    rows = rows[chosen["status"].values[rows] == OK]
    if not len(rows):
        raise AnalysisError(
            f"outcome '{chosen['outcome'].values}' has no sound run to draw: "
            f"{chosen['note'].values!s}"
        )
    outcomes = chosen["outcomes"].values[rows]
    axes = new_panels(len(names)) if ax is None else np.asarray(ax, dtype=object).ravel()
    if len(axes) < len(names):
        raise AnalysisError(f"{len(names)} factors need as many axes, but ax has {len(axes)}")
    shown = thinned(np.arange(len(rows)), SCATTER_POINTS)
    unit = str(chosen["outcome_unit"].values)
    label = str(chosen["outcome_label"].values)
    for place, (one, name) in enumerate(zip(axes, names, strict=False)):
        values = sweep["design"].values[rows, known.index(name)]
        one.plot(
            values[shown],
            outcomes[shown],
            linestyle="none",
            marker=".",
            markersize=4,
            color=style.BLUE,
            alpha=0.35,
            markeredgewidth=0,
            rasterized=True,
        )
        one.plot(*_average(values, outcomes), color=style.ORANGE, linewidth=2.2)
        one.set_xlabel(factor_label(sweep, name, PANEL_LABEL_WIDTH))
        one.grid(visible=True)
        if ax is not None or place % columns_of(len(names)) == 0:
            one.set_ylabel(with_unit(label, unit))
    if ax is None:
        for spare in axes[len(names) :]:
            spare.set_visible(False)
        axes[0].figure.suptitle(
            f"{plain(label)}: {'its strongest' if factors is None else 'some'} factors",
            x=0.01,
            ha="left",
        )
    remarks = ["line: average outcome"]
    if len(rows) > SCATTER_POINTS:
        remarks.append(f"{SCATTER_POINTS:,} of {len(rows):,} points shown")
    finish(sweep, axes[0], remarks, ax is None)
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
