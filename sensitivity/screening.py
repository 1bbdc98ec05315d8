"""Many factors: a cheap screening of all of them finds those that a Sobol design then varies."""

from __future__ import annotations

import json
import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from sensitivity.analysis import one_outcome, plan_of, ranking
from sensitivity.errors import AnalysisError
from sensitivity.methods import Plan
from sensitivity.outcomes import OK, Outcome

if TYPE_CHECKING:
    import xarray as xr

    import sdmodel as sd
    from sensitivity.space import Space

# A model of the size of the core model runs so many times in a minute or two, one of hundreds of
# variables in some minutes; Sobol's design over hundreds of factors asks for a multiple.
MOST_RUNS = 100_000
KEPT = 16


@dataclass(frozen=True, slots=True)
class Screening:
    """What the screening of a space said, and how much of it the sweep after it covers.

    Parameters
    ----------
    sweep
        The sweep by Morris's method over all factors.
    kept
        The factors the sweep after it varies, the strongest first.
    variance
        Variance of the first outcome when only these move, as a share of its variance when all
        do, each estimated from runs of its own; NaN where that cannot be told.
    """

    sweep: xr.Dataset
    kept: tuple[str, ...]
    variance: float

    @property
    def effects(self) -> float:
        """The share of the kept factors in the summed sizes of all effects on the outcome."""
        sizes = ranking(self.sweep)["mu_star"]
        return float(sizes[list(self.kept)].sum() / sizes.sum())

    @property
    def coverage(self) -> str:
        """What the kept factors cover, in a sentence."""
        told = f"The {len(self.kept)} make up {self.effects:.0%} of the summed sizes of all effects"
        if math.isnan(self.variance):
            return f"{told}."
        return (
            f"{told}; when only they move, the outcome's variance is about {self.variance:.0%} of "
            "what it is when all do."
        )


def too_dear(factors: int, samples: int, most: int = MOST_RUNS) -> bool:
    """Say whether Sobol's design over so many factors asks for more than `most` runs.

    Examples
    --------
    >>> too_dear(26, 2048), too_dear(310, 2048)
    (False, True)
    """
    return Plan("sobol", samples=samples, factors=factors).runs > most


def strongest(
    screened: xr.Dataset, most: int = KEPT, outcome: str | None = None
) -> tuple[str, ...]:
    """Return the factors that move an outcome most, the strongest first.

    Parameters
    ----------
    screened
        What `sweep` returned.
    most
        How many factors at most; such as move nothing are left out.
    outcome
        Which outcome; the first when left out.
    """
    table = ranking(screened, outcome)
    moving = table[table[plan_of(screened).row.ranks_by] > 0]
    if moving.empty:
        chosen = one_outcome(screened, outcome)
        note = str(chosen["note"].values) or "no factor moves it"
        raise AnalysisError(f"outcome '{chosen['outcome'].values}' tells no factors apart: {note}")
    return tuple(str(name) for name in moving.index[:most])


def only(space: Space, names: tuple[str, ...]) -> Space:
    """Return the part of a space with these factors; the others keep their default."""
    return space.without(*(name for name in space.names if name not in names))


def share_of_variance(
    model: sd.Model, space: Space, swept: xr.Dataset, *, samples: int, seed: int
) -> float:
    """Return the variance of the first outcome in a sweep, as a share of that over a wider space.

    Parameters
    ----------
    space
        The wider space: all of its factors are drawn anew, `samples` times.
    swept
        A sweep over some of its factors.
    """
    import numpy as np
    import pandas as pd
    from scipy.stats import qmc

    outcome = Outcome(**json.loads(swept.attrs["outcome_definitions"])[0])
    model, whole = space.prepare(model)
    points = qmc.Sobol(d=len(whole), scramble=True, seed=seed).random(samples)
    table = pd.DataFrame(whole.scale(points), columns=list(whole.names))
    batch = model.run_many(table, outputs=[outcome.of], **json.loads(swept.attrs["options"]))
    values, status = outcome.measure(
        np.asarray(batch.times, dtype=float), batch.values[0], ~np.asarray(batch.ok)
    )
    all_move = values[status == OK]
    first = swept.isel(outcome=0)
    plan = plan_of(swept)
    rows = plan.row.spread(plan)
    some_move = first["outcomes"].values[rows][first["status"].values[rows] == OK]
    if len(all_move) < 2 or len(some_move) < 2 or not all_move.var() > 0:
        return float("nan")
    return float(some_move.var(ddof=1) / all_move.var(ddof=1))
