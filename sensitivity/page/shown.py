"""Which runs and factors the page shows, and what they are called there."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sdmodel import style
from sensitivity.analysis import free_rows, plan_of, ranking
from sensitivity.errors import AnalysisError
from sensitivity.figures.subject import members, thinned
from sensitivity.outcomes import FAILED

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

AXES = 8


@dataclass(frozen=True, slots=True)
class Shown:
    """The part of a sweep that its page shows run by run.

    Parameters
    ----------
    rows
        Which runs, none of them failed.
    factors
        Places of all factors that any outcome has an axis for.
    axes
        For each outcome, which of these have an axis, the strongest first.
    about
        How many runs that are, of how many.
    """

    rows: NDArray[np.int64]
    factors: tuple[int, ...]
    axes: tuple[tuple[int, ...], ...]
    about: str

    @classmethod
    def of(cls, sweep: xr.Dataset, runs: int) -> Shown:
        """Choose runs evenly among those in which all factors vary freely."""
        free = plan_of(sweep)
        rows = free_rows(sweep, free)
        rows = rows[(sweep["status"].values[:, rows] != FAILED).any(axis=0)]
        if not len(rows):
            raise AnalysisError("the sweep has no sound run to show")
        some = thinned(rows, runs)
        of_them = f"{len(some):,} of " if len(some) < len(rows) else ""
        about = f"Shown are {of_them}{len(rows):,} sound runs in which all factors vary freely."
        strongest = [_strongest(sweep, place) for place in range(sweep.sizes["outcome"])]
        factors = tuple(dict.fromkeys(factor for ones in strongest for factor in ones))
        axes = tuple(tuple(factors.index(factor) for factor in ones) for ones in strongest)
        return cls(some, factors, axes, about)


def _strongest(sweep: xr.Dataset, place: int) -> list[int]:
    """Return the strongest factors of an outcome, or the first where it could not be ranked."""
    known = [str(name) for name in sweep["factor"].values]
    if not int(sweep["blocks_used"].values[place]):
        return list(range(len(known)))[:AXES]
    table = ranking(sweep, str(sweep["outcome"].values[place]))
    return [known.index(name) for name in members(sweep, table.index)[:AXES]]


def called(sweep: xr.Dataset, kind: str) -> list[str]:
    """Return labels with units of all factors or outcomes, each different from the others."""
    names = [str(name) for name in sweep[kind].values]
    labels = [str(label) for label in sweep[f"{kind}_label"].values]
    units = [str(unit) for unit in sweep[f"{kind}_unit"].values]
    texts = []
    for name, label, unit in zip(names, labels, units, strict=True):
        text = label if labels.count(label) == 1 else f"{label} ({name})"
        texts.append(style.label(text, unit))
    return texts
