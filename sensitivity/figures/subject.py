"""What a figure is about: the series and factors that are meant by name."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.errors import AnalysisError, among, fold

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray


def one_series(sweep: xr.Dataset, series: str | None) -> xr.Dataset:
    """Return the part of a sweep about one kept course, the first when none is named."""
    names = [str(name) for name in sweep["series"].values]
    if not names:
        raise AnalysisError("the sweep kept no courses: make it with keep_series=['variable', ...]")
    if series is None:
        return sweep.isel(series=0)
    folded = [fold(name) for name in names]
    if fold(series) not in folded:
        raise AnalysisError(f"the sweep kept no course of '{series}'{among(series, names)}")
    return sweep.isel(series=folded.index(fold(series)))


def some_factors(
    sweep: xr.Dataset, factors: Sequence[str] | None, otherwise: Iterable[str], most: int
) -> list[str]:
    """Return factors as the sweep spells them: those named, or the first of the others."""
    if factors is None:
        return members(sweep, otherwise)[:most]
    known = [str(name) for name in sweep["factor"].values]
    spelt = {fold(name): name for name in known}
    for name in factors:
        if fold(name) not in spelt:
            raise AnalysisError(f"the sweep has no factor '{name}'{among(name, known)}")
    return [spelt[fold(name)] for name in factors]


def members(sweep: xr.Dataset, names: Iterable[str]) -> list[str]:
    """Return factors, with its factors in place of each group of them."""
    known = [str(name) for name in sweep["factor"].values]
    groups: dict[str, list[str]] = {}
    for name, group in zip(known, sweep["group"].values, strict=True):
        groups.setdefault(str(group), []).append(name)
    return [one for name in names for one in ([name] if name in known else groups[str(name)])]


def thinned(rows: NDArray[np.int64], most: int) -> NDArray[np.int64]:
    """Return rows evenly from the first to the last, so many at most.

    Examples
    --------
    >>> thinned(np.arange(5), 3)
    array([0, 2, 4])
    """
    if len(rows) <= most:
        return rows
    return rows[np.linspace(0, len(rows) - 1, most).round().astype(np.int64)]
