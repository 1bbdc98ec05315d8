"""Whether a converted model runs as the old one does."""

from __future__ import annotations

import warnings
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sdmodel.kernel import Array
from sdmodel.names import element_key, key
from sdmodel.run import NonFiniteWarning, Run

if TYPE_CHECKING:
    from sdmodel.model import Model

# As a share of the largest value of a trajectory: what two orders of the same sum may differ by.
BEARABLE = 1e-6


@dataclass(frozen=True, slots=True)
class Comparison:
    """What was compared, and how far two runs are apart.

    Attributes
    ----------
    compared
        How many trajectories both models have; an array has one for each element.
    missing
        Those that the new model lacks.
    largest
        The largest difference, as a share of the largest absolute value of its trajectory.
    where
        The trajectory that has it; empty where none differs.
    apart
        All that differ by more than a millionth.
    """

    compared: int
    missing: tuple[str, ...] = ()
    largest: float = 0.0
    where: str = ""
    apart: tuple[str, ...] = ()


def compared(old: Model, new: Model, renamed: Mapping[str, str]) -> Comparison:
    """Run both models by their own method and compare everything that both have."""
    first, second = _run(old), _run(new)
    places = {element_key(name): place for place, name in enumerate(second.columns)}
    missing, apart = list[str](), list[str]()
    largest, worst, count = 0.0, "", 0
    times, here, there = np.intersect1d(first.times, second.times, return_indices=True)
    for place, name in enumerate(first.columns):
        now = places.get(_renamed(name, renamed))
        if now is None:
            if not name.startswith("#"):
                missing.append(name)
            continue
        count += 1
        gap = _gap(first.table[here, place], second.table[there, now])
        if len(times) != len(first.times):
            gap = max(gap, BEARABLE * 10)  # other times are no agreement
        if gap > BEARABLE:
            apart.append(name)
        if gap > largest:
            largest, worst = gap, name
    return Comparison(count, tuple(missing), largest, worst, tuple(apart))


def _run(model: Model) -> Run:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", NonFiniteWarning)
        return model.run(method="vensim")


def _renamed(name: str, renamed: Mapping[str, str]) -> str:
    """Return the key of a column in the new model."""
    whole = element_key(name)
    if whole in renamed:
        return element_key(renamed[whole])
    variable, bracket, inside = whole.partition("[")
    return key(renamed.get(variable, variable)) + bracket + inside


def _gap(old: Array, new: Array) -> float:
    odd = np.isnan(old) != np.isnan(new)
    with np.errstate(invalid="ignore"):
        apart = np.abs(old - new)
    apart = np.where(odd, np.inf, np.where(np.isnan(apart), 0.0, apart))
    sizes = np.abs(np.where(np.isfinite(old), old, 0.0))
    peak = float(sizes.max(initial=0.0)) or 1.0
    return float(apart.max(initial=0.0) / peak)
