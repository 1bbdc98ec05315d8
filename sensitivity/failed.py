"""Runs that failed: which they are, where in the space they lie, and what leaving them out does.

A failed run has no outcome, and nothing is put in its place. What its absence may hide is told in
two ways: by the factors whose values set the failed runs apart, and by the indices that the sweep
would have if all that is missing were as low, or as high, as anything that was seen.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.analysis import free_rows, indices_of, one_outcome, plan_of
from sensitivity.errors import AnalysisError
from sensitivity.outcomes import OK

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Below so many failed runs among those drawn independently, all rows are looked at.
_FEW = 5
# A difference so improbable by chance in any of the factors is named.
_IMPROBABLE = 0.01
_NAMED = 3


def failed_runs(sweep: xr.Dataset) -> pd.DataFrame:
    """Return the runs of a sweep that failed, with their causes and settings.

    Parameters
    ----------
    sweep
        What `sweep` or `open_sweep` returned.

    Returns
    -------
    pandas.DataFrame
        One row per failed run, by its number: ``time`` and ``variable`` where it first failed,
        ``cause``, and the value of every factor.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=16)
    >>> failed_runs(result).columns[:4].tolist()
    ['time', 'variable', 'cause', 'network exposure']
    """
    import pandas as pd

    runs = np.asarray(sweep["failure"].values, dtype=np.int64)
    table = pd.DataFrame(
        {
            "time": np.asarray(sweep["failed_time"].values, dtype=float),
            "variable": [str(one) for one in sweep["failed_variable"].values],
            "cause": [str(one) for one in sweep["failed_cause"].values],
        },
        index=pd.Index(runs, name="run"),
    )
    names = [str(one) for one in sweep["factor"].values]
    # A store too large to be shown whole gives a part of its runs.
    places = np.searchsorted(sweep["sample"].values, runs)
    design = np.asarray(sweep["design"].values, dtype=float)[places]
    settings = pd.DataFrame(design, columns=names, index=table.index)
    return pd.concat([table, settings], axis=1)


def where_failed(sweep: xr.Dataset) -> pd.DataFrame:
    """Return how far each factor's values set failed runs apart from the others.

    Parameters
    ----------
    sweep
        What `sweep` or `open_sweep` returned.

    Returns
    -------
    pandas.DataFrame
        One row per factor, the one that tells most first: ``distance`` is Kolmogorov and
        Smirnov's between the values in failed and in other runs, ``p`` its probability by chance
        (NaN where too few of the runs that were drawn independently failed), and ``side`` and
        ``limit`` say on which side of which value the failed runs are, with the shares of
        failed and of other runs there.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=16)
    >>> len(where_failed(result))
    0
    """
    import pandas as pd

    columns = ["distance", "p", "side", "limit", "share_failed", "share_others"]
    failed = np.isin(sweep["sample"].values, sweep["failure"].values)
    if not failed.any() or failed.all():
        return pd.DataFrame(columns=columns, index=pd.Index([], name="factor"))
    plan = plan_of(sweep)
    # Runs of one block differ in a few factors only: as a sample they would count too much.
    rows = free_rows(sweep, plan)
    enough = failed[rows].sum() >= _FEW and not failed[rows].all()
    if not enough:
        rows = np.arange(len(failed))
    design = np.asarray(sweep["design"].values, dtype=float)[rows]
    bad = failed[rows]
    names = [str(one) for one in sweep["factor"].values]
    table = pd.DataFrame(
        [_apart(design[:, place], bad) for place in range(len(names))],
        columns=columns,
        index=pd.Index(names, name="factor"),
    )
    if not enough:
        table["p"] = np.nan
    return table.sort_values("distance", ascending=False, kind="stable")


def _apart(values: Floats, bad: NDArray[np.bool_]) -> tuple[float, float, str, float, float, float]:
    from scipy.special import kolmogorov

    distinct, place = np.unique(values, return_inverse=True)
    failed = np.cumsum(np.bincount(place[bad], minlength=len(distinct))) / bad.sum()
    others = np.cumsum(np.bincount(place[~bad], minlength=len(distinct))) / (~bad).sum()
    gaps = failed - others
    most = int(np.abs(gaps).argmax())
    distance = float(abs(gaps[most]))
    size = bad.sum() * (~bad).sum() / len(bad)
    p = float(kolmogorov(distance * np.sqrt(size)))
    # Between two values that occur, so that it reads the same for switches.
    limit = float(distinct[most : most + 2].mean())
    if gaps[most] > 0:
        return distance, p, "below", limit, float(failed[most]), float(others[most])
    return distance, p, "above", limit, float(1 - failed[most]), float(1 - others[most])


def failure_bounds(sweep: xr.Dataset, outcome: str | None = None) -> pd.DataFrame:
    """Return what leaving runs out may hide: an outcome's indices with what is missing filled in.

    Parameters
    ----------
    sweep
        What `sweep` or `open_sweep` returned.
    outcome
        Which outcome; the first when left out.

    Returns
    -------
    pandas.DataFrame
        One row per factor, the strongest first: the index that ranks with the runs ``left_out``,
        with all of them ``at_lowest`` (the lowest value of a sound run) and ``at_highest``. These
        are no bounds in the strict sense: something in between may lie outside them.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=16)
    >>> bounds = failure_bounds(result)
    >>> bool((bounds["at_lowest"] == bounds["left_out"]).all())  # for no run failed
    True
    """
    import pandas as pd

    name = str(one_outcome(sweep, outcome)["outcome"].values)
    place = [str(one) for one in sweep["outcome"].values].index(name)
    chosen = sweep.isel(outcome=[place])
    found = {how: one[0] for how, one in _filled(chosen).items()}
    index = plan_of(sweep).row.ranks_by
    dim = next(dim for dim in sweep[index].dims if dim != "outcome")
    table = pd.DataFrame(found, index=pd.Index([str(one) for one in sweep[dim].values], name=dim))
    by = "left_out" if table["left_out"].notna().any() else "at_lowest"
    size = table[by].abs() if plan_of(sweep).row.signed else table[by]
    return table.loc[size.sort_values(ascending=False, kind="stable").index]


def _filled(sweep: xr.Dataset) -> dict[str, Floats]:
    """Return the ranking index of each outcome with missing runs left out and filled in."""
    plan = plan_of(sweep, resamples=0)
    index = plan.row.ranks_by
    status = np.asarray(sweep["status"].values)
    outcomes = np.asarray(sweep["outcomes"].values, dtype=float)
    sound = status == OK
    if not sound.any(axis=1).all():
        raise AnalysisError("an outcome has no sound run at all, so nothing can be filled in")
    found = {"left_out": indices_of(sweep, plan).indices[index]}
    for how, end, fill in (
        ("at_lowest", np.inf, np.min),
        ("at_highest", -np.inf, np.max),
    ):
        value: Any = fill(np.where(sound, outcomes, end), axis=1)
        whole = sweep.assign(
            outcomes=(("outcome", "sample"), np.where(sound, outcomes, value[:, None])),
            status=(("outcome", "sample"), np.full_like(status, OK)),
        )
        found[how] = indices_of(whole, plan).indices[index]
    return found


def tell_failures(sweep: xr.Dataset) -> str:
    """Say in a sentence or two where failed runs lie and what leaving them out may hide."""
    if not sweep.sizes["failure"]:
        return ""
    parts = [_where(sweep), _effect(sweep)]
    return ". ".join(part for part in parts if part)


def _where(sweep: xr.Dataset) -> str:
    table = where_failed(sweep)
    if not len(table):
        return ""
    if table["p"].isna().all():
        return "too few runs failed to say where they lie"
    named = table[table["p"] < _IMPROBABLE / len(table)].head(_NAMED)
    if not len(named):
        return "failed runs lie all over the ranges"
    told = [
        f"'{factor}' is {row['side']} {row['limit']:.3g} ({_percent(row['share_failed'])} of them, "
        f"{_percent(row['share_others'])} of the others; KS {row['distance']:.2f})"
        for factor, row in named.iterrows()
    ]
    return f"failed runs lie mostly where {' and where '.join(told)}"


def _effect(sweep: xr.Dataset) -> str:
    plan = plan_of(sweep)
    sound = (np.asarray(sweep["status"].values) == OK).any(axis=1)
    if not sound.any():
        return ""
    ranked = sweep.isel(outcome=np.flatnonzero(sound))
    found = _filled(ranked)
    scale = np.ones((len(found["left_out"]), 1))
    if plan.row.in_units:
        # What is large for one outcome may be small for another.
        largest = np.abs(np.nan_to_num(found["left_out"])).max(axis=1, keepdims=True)
        scale = np.where(largest > 0, largest, 1.0)
    moved = [np.abs(found[how] - found["left_out"]) / scale for how in ("at_lowest", "at_highest")]
    worst = np.fmax(*moved)
    if np.isnan(worst).all():
        return ""
    outcome, factor = np.unravel_index(np.nanargmax(worst), worst.shape)
    low, middle, high = (
        float(found[how][outcome, factor]) for how in ("at_lowest", "left_out", "at_highest")
    )
    dim = next(dim for dim in sweep[plan.row.ranks_by].dims if dim != "outcome")
    return (
        "Were all that is left out at the lowest or at the highest sound value, the index that "
        f"changes most would be that of '{sweep[dim].values[factor]}' for "
        f"'{ranked['outcome'].values[outcome]}': {low:.2g} or {high:.2g} in place of {middle:.2g}"
    )


def _percent(share: float) -> str:
    return f"{share:.0%}".replace("%", " %")
