"""The runs that scenario discovery is given: a sweep or a table, and which runs are sought."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.analysis import free_rows, plan_of
from sensitivity.errors import AnalysisError, MethodError, among, fold
from sensitivity.methods import METHODS
from sensitivity.outcomes import FAILED
from sensitivity.search.goals import Condition

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    Flags = NDArray[np.bool_]
    Where = str | Iterable[str] | NDArray[np.bool_]

FAILURES = "failed"


@dataclass(frozen=True, slots=True)
class Given:
    """The runs that are searched: columns of factors, and which runs are sought."""

    columns: list[NDArray[Any]]
    names: list[str]
    labels: list[str]
    units: list[str]
    categorical: Flags
    cases: Flags
    where: str
    left_out: int
    about: dict[str, Any]


def given(runs: xr.Dataset | pd.DataFrame, where: Where) -> Given:
    """Read the runs of a sweep or a table, and which of them are sought."""
    import pandas as pd

    return _of_table(runs, where) if isinstance(runs, pd.DataFrame) else _of_sweep(runs, where)


def _conditions(where: Where, known: list[str], table: str) -> list[Condition]:
    """Read the conditions, with the outcomes spelt as in the table."""
    texts = [where] if isinstance(where, str) else [str(text) for text in where]
    if not texts:
        raise MethodError("nothing is sought: give a condition such as 'income < 3'")
    spelt = {fold(name): name for name in known}
    found, missing = [], []
    for one in map(Condition.read, texts):
        if fold(one.of) in spelt:
            found.append(Condition(spelt[fold(one.of)], one.how, one.level))
        else:
            missing.append(f"the {table} has no outcome '{one.of}'{among(one.of, known)}")
    if missing:
        raise AnalysisError("\n".join(missing))
    return found


def _met(
    conditions: list[Condition], values: Callable[[str], NDArray[np.float64]], runs: int
) -> tuple[Flags, Flags]:
    """Say of each run whether all conditions hold in it, and whether it has all outcomes."""
    cases, sound = np.ones(runs, dtype=bool), np.ones(runs, dtype=bool)
    for one in conditions:
        column = values(one.of)
        sound &= np.isfinite(column)
        cases &= one.holds(column)
    return cases, sound


def _mask(where: object, runs: int) -> Flags | None:
    """Return the flags that were given instead of a condition, if so."""
    if isinstance(where, str):
        return None
    flags = np.asarray(where)
    if flags.dtype != bool:
        return None
    if flags.shape != (runs,):
        raise AnalysisError(f"there are {runs:,} runs but {flags.size:,} flags: give one for each")
    return flags


def _of_sweep(runs: xr.Dataset, where: Where) -> Given:
    """Take design and outcomes of a sweep: only runs that are independent of each other."""
    method = str(runs.attrs.get("method", ""))
    total = runs.sizes["sample"]
    if method in METHODS:
        # The others repeat parts of these, so they would feign certainty.
        plan = plan_of(runs)
        rows = free_rows(runs, plan)
    else:
        rows = np.arange(total)
    flags = _mask(where, total)
    sound = np.ones(len(rows), dtype=bool)
    if flags is not None:
        cases, text = flags[rows], "the runs that were marked"
    elif isinstance(where, str) and where.strip().lower() == FAILURES:
        cases, text = (runs["status"].values == FAILED).any(axis=0)[rows], "runs that failed"
    else:
        names = [str(name) for name in runs["outcome"].values]
        conditions = _conditions(where, names, "sweep")
        outcomes = runs["outcomes"].values[:, rows]
        cases, sound = _met(conditions, lambda name: outcomes[names.index(name)], len(rows))
        text = " and ".join(str(one) for one in conditions)
    design = runs["design"].values[rows][sound]
    factors = [str(name) for name in runs["factor"].values]
    space = json.loads(runs.attrs.get("space", "{}"))
    kinds = {
        one["name"]: one["kind"]
        for role in ("levers", "uncertainties")
        for one in space.get(role, ())
    }
    about = {
        key: runs.attrs[key].item() if hasattr(runs.attrs[key], "item") else runs.attrs[key]
        for key in ("model", "model_digest", "method", "samples", "seed", "runs")
        if key in runs.attrs
    }
    return Given(
        [design[:, place] for place in range(len(factors))],
        factors,
        _texts(runs, "factor_label", factors),
        _texts(runs, "factor_unit", [""] * len(factors)),
        np.array([kinds.get(name) == "categorical" for name in factors]),
        cases[sound],
        text,
        int((~sound).sum()),
        about,
    )


def _texts(runs: xr.Dataset, name: str, without: list[str]) -> list[str]:
    return [str(one) for one in runs[name].values] if name in runs.coords else without


def _of_table(table: pd.DataFrame, where: Where) -> Given:
    """Take factors from a table: every column that no condition is about."""
    from pandas.api.types import is_bool_dtype, is_numeric_dtype

    names = [str(name) for name in table.columns]
    twice = [name for name in dict.fromkeys(names) if names.count(name) > 1]
    if twice:
        raise AnalysisError(f"the table has several columns '{twice[0]}': give each its own name")
    table = table.set_axis(names, axis=1)
    flags = _mask(where, len(table))
    sound = np.ones(len(table), dtype=bool)
    used: set[str] = set()
    if flags is not None:
        cases, text = flags, "the runs that were marked"
    else:
        conditions = _conditions(where, names, "table")
        cases, sound = _met(conditions, lambda name: table[name].to_numpy(dtype=float), len(table))
        used = {one.of for one in conditions}
        text = " and ".join(str(one) for one in conditions)
    factors = [name for name in names if name not in used]
    if not factors:
        raise AnalysisError("the table has no column besides the outcome: give factors too")
    gaps = [
        f"column '{name}' has gaps: fill or leave them out"
        for name in factors
        if table[name].isna().any()
    ]
    if gaps:
        raise AnalysisError("\n".join(gaps))
    ordered = [is_numeric_dtype(table[name]) or is_bool_dtype(table[name]) for name in factors]
    return Given(
        [
            table[name].to_numpy()[sound] if order else table[name].astype(str).to_numpy()[sound]
            for name, order in zip(factors, ordered, strict=True)
        ],
        factors,
        factors,
        [""] * len(factors),
        ~np.array(ordered),
        cases[sound],
        text,
        int((~sound).sum()),
        {},
    )
