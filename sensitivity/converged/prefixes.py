"""A sweep cut short: the indices that its first eighth, quarter and half give by themselves.

The first blocks of a Sobol design are the Sobol design of fewer samples, the first trajectories
of a screening a screening, and the first rows of a random sample a sample. So nothing need be
run again to see what fewer runs would have told.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

import numpy as np

from sensitivity.analysis import Found, indices_of, one_outcome, plan_of
from sensitivity.errors import AnalysisError, MethodError
from sensitivity.methods import METHODS, Plan

if TYPE_CHECKING:
    from collections.abc import Iterator

    import xarray as xr
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

PARTS = (8, 4, 2, 1)


@dataclass(frozen=True, slots=True)
class Prefixes:
    """The indices of one outcome at several sizes of the same design, the whole of it last.

    Parameters
    ----------
    outcome, label
        Its name, and what figures call it.
    plan
        How the sweep was made.
    samples, used
        For each size, the method's n, and on how many blocks the indices rest.
    factors, labels
        Names, and what figures call them.
    values, widths
        The index that ranks, without its sign, and its half-width, (size, factor); NaN without
        intervals.
    note
        What the analysis said of the whole.
    """

    outcome: str
    label: str
    plan: Plan
    samples: tuple[int, ...]
    used: tuple[int, ...]
    factors: tuple[str, ...]
    labels: tuple[str, ...]
    values: Floats
    widths: Floats
    note: str


def prefixes(sweep: xr.Dataset, outcome: str | None = None) -> Prefixes:
    """Return the indices of an outcome, the first when none is named, at each size."""
    plan = plan_of(sweep)
    if not plan.row.can_drop:
        others = ", ".join(row.name for row in METHODS.values() if row.can_drop)
        raise AnalysisError(
            f"a part of a {plan.method} design is no smaller {plan.method} design, so one sweep "
            f"cannot tell whether it converged: compare two, or use one of {others}"
        )
    name = str(one_outcome(sweep, outcome)["outcome"].values)
    chosen = sweep.isel(outcome=[[str(one) for one in sweep["outcome"].values].index(name)])
    index = plan.row.ranks_by
    sizes: list[tuple[int, Found]] = []
    note = ""
    for smaller in _smaller(plan):
        found = indices_of(chosen.isel(sample=slice(0, smaller.runs)), smaller)
        note = found.notes[0]
        if found.usable:
            sizes.append((smaller.samples, found))
    factors = tuple(str(one) for one in sweep[index][index_dim(sweep, index)].values)
    empty = np.empty((0, len(factors)))
    return Prefixes(
        outcome=name,
        label=str(chosen["outcome_label"].values[0]),
        plan=plan,
        samples=tuple(n for n, _ in sizes),
        used=tuple(int(found.used[0]) for _, found in sizes),
        factors=factors,
        labels=_labels(sweep, factors),
        values=np.stack([_strength(plan, one) for _, one in sizes]) if sizes else empty,
        widths=np.stack([_width(one, index) for _, one in sizes]) if sizes else empty,
        note=note,
    )


def index_dim(sweep: xr.Dataset, index: str) -> str:
    """Return along which dimension an index goes: factors, or groups of them."""
    return str(next(dim for dim in sweep[index].dims if dim != "outcome"))


def _smaller(plan: Plan) -> Iterator[Plan]:
    """Yield the smaller designs that a design begins with, and then itself."""
    done = 0
    for part in PARTS:
        try:
            one = replace(plan, samples=plan.samples // part)
        except MethodError:  # too few for the method
            continue
        if one.samples > done and one.block == plan.block and one.runs * part <= plan.runs:
            done = one.samples
            yield one


def _strength(plan: Plan, found: Found) -> Floats:
    values = found.indices[plan.row.ranks_by][0]
    # As `ranking` has it: a strong effect downwards is a strong effect.
    return np.asarray(np.abs(values), dtype=float) if plan.row.signed else values


def _width(found: Found, index: str) -> Floats:
    values = found.indices[index][0]
    width = found.indices.get(f"{index}_conf")
    return np.full(values.shape, np.nan) if width is None else width[0]


def _labels(sweep: xr.Dataset, factors: tuple[str, ...]) -> tuple[str, ...]:
    called = dict(
        zip(map(str, sweep["factor"].values), map(str, sweep["factor_label"].values), strict=True)
    )
    return tuple(called.get(one, one) for one in factors)
