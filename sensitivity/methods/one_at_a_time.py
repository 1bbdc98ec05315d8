"""One at a time: each factor moved to its two ends from the default, as in a tornado diagram."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np

from sensitivity.methods.points import cut, every_run, needs_no_size, one
from sensitivity.methods.row import Method

if TYPE_CHECKING:
    from numpy.typing import NDArray

    from sensitivity.methods.plan import Plan

    Floats = NDArray[np.float64]
    Indices = dict[str, Floats]


def design(start: tuple[float, ...]) -> Floats:
    """Return the default, then each factor low and high.

    Examples
    --------
    >>> design((0.5, 0.2))
    array([[0.5, 0.2],
           [0. , 0.2],
           [1. , 0.2],
           [0.5, 0. ],
           [0.5, 1. ]])
    """
    rows = np.tile(np.array(start), (2 * len(start) + 1, 1))
    own = np.arange(len(start))
    rows[2 * own + 1, own], rows[2 * own + 2, own] = 0.0, 1.0
    return rows


def indices(outcomes: Floats) -> Indices:
    """Return how far an outcome moves with each factor, as (outcomes, factors).

    Where a run is missing (NaN), so are the indices that need it, and no others.

    Examples
    --------
    >>> {name: values.tolist() for name, values in indices(np.array([[5.0, 4.0, 9.0]])).items()}
    {'swing': [[5.0]], 'to_low': [[-1.0]], 'to_high': [[4.0]]}
    """
    base, low, high = outcomes[:, :1], outcomes[:, 1::2], outcomes[:, 2::2]
    highest = np.maximum(np.maximum(low, high), base)
    lowest = np.minimum(np.minimum(low, high), base)
    return {"swing": highest - lowest, "to_low": low - base, "to_high": high - base}


def _runs(plan: Plan) -> int:
    return 2 * plan.factors + 1


ONE_AT_A_TIME = Method(
    name="one-at-a-time",
    about="each factor low and high, the others at their default: a tornado",
    indices=("swing", "to_low", "to_high"),
    meanings={
        "swing": "from the lowest to the highest of the outcome at low, default and high",
        "to_low": "change of the outcome when this factor goes from its default to its low end",
        "to_high": "change of the outcome when this factor goes from its default to its high end",
    },
    default_samples=1,
    formula="2 D + 1 runs",
    cost=_runs,
    block=one,
    rows=cut(lambda plan: design(plan.start)),
    analyse=lambda _plan, outcomes, _unit: indices(outcomes),
    check=needs_no_size,
    spread=every_run,
    can_drop=False,
    spares=True,
    blank="the run at the defaults failed, with which all others are compared",
    from_default=True,
    in_units=True,
    caution="one at a time says nothing of what factors do together: morris or sobol do",
)
