"""The payoff of runs, added up at each TIME STEP as a payoff definition says.

The formulas are those of the Vensim Reference Manual, "Payoff Computation" and "Payoff Element
Types", without terms that no parameter moves.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from functools import cached_property
from typing import TYPE_CHECKING, Any

import numpy as np

import sdmodel as sd
from sensitivity.errors import StudyError, fold

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# So much of a batch is held in memory at a time.
MEMORY = 2**28
# A data point belongs to a TIME STEP from which it is no further than this share of it.
ON_STEP = 1e-6
CONTROL = ("time step", "final time", "initial time", "saveper")


def _squared(model: Floats, data: Floats, weight: Floats) -> Floats:
    return -np.square((model - data) * weight)


def _gaussian(model: Floats, data: Floats, weight: Floats) -> Floats:
    return -0.5 * np.square((model - data) / weight) - np.log(weight)


def _variance(model: Floats, data: Floats, weight: Floats) -> Floats:
    return -0.5 * np.square(model - data) / weight - 0.5 * np.log(weight)


def _robust(model: Floats, data: Floats, weight: Floats) -> Floats:
    return -np.abs(model - data) / weight - np.log(weight)


def _poisson(model: Floats, data: Floats, weight: Floats) -> Floats:
    from scipy.special import xlogy

    found: Floats = weight * (xlogy(data, model) - model)
    return found


def _binomial(model: Floats, data: Floats, weight: Floats) -> Floats:
    from scipy.special import xlog1py, xlogy

    share = model / weight
    found: Floats = xlogy(data, share) + xlog1py(weight - data, -share)
    return found


ERRORS: dict[str, Callable[[Floats, Floats, Floats], Floats]] = {
    "O": _squared,
    "G": _gaussian,
    "K": _variance,
    "R": _robust,
    "P": _poisson,
    "B": _binomial,
}


class Payoff:
    """A payoff definition made ready for a model: payoffs of a table of runs.

    `notes` say which data points were left out.
    """

    def __init__(self, control: sd.PayoffControl, model: sd.Model) -> None:
        self.control, self.model = control, model
        self.notes = [str(one).partition("\n")[0] for one in control.notes]
        import pandas as pd

        # A batch is no worse for a run that fails.
        base = model.run_many(pd.DataFrame(index=[0]), outputs=["TIME STEP"])
        self.step = float(base.values[0, 0, 0])
        # Runs are saved at each step, whatever SAVEPER says.
        first, last = float(base.times[0]), float(base.times[-1])
        self._count = round((last - first) / self.step) + 1
        self.times = first + self.step * np.arange(self._count)
        self._data = [self._placed(part) for part in control.parts]

    @cached_property
    def columns(self) -> list[str]:
        """What a run must save."""
        parts = self.control.parts
        weights = [part.weight for part in parts if isinstance(part.weight, str)]
        return list(dict.fromkeys([*(part.variable for part in parts), *weights]))

    def _placed(self, part: Any) -> tuple[NDArray[np.int64], Floats]:
        """Return the data of a part: at which steps, and what."""
        if part.kind != "C":
            return np.zeros(0, dtype=np.int64), np.zeros(0)
        when, what = np.array(part.points).T
        place = np.rint((when - self.times[0]) / self.step).astype(np.int64)
        inside = (place >= 0) & (place < self._count)
        near = self.times[np.clip(place, 0, self._count - 1)]
        used = inside & (np.abs(near - when) <= ON_STEP * self.step)
        where = f"{self.control.path}:{part.line}"
        if not used.all():
            self.notes.append(
                f"{where}: {int((~used).sum())} of {len(used)} data points of {part.data!r} are at "
                "no TIME STEP of the run: they are left out"
            )
        if part.logs and not (what[used] > 0).all():
            self.notes.append(f"{where}: data of {part.data!r} without a logarithm are left out")
            used &= what > 0
        if not used.any():
            raise StudyError(
                f"{where}: no data point of {part.data!r} is at a TIME STEP from {self.times[0]:g} "
                f"to {self.times[-1]:g}: nothing can be compared"
            )
        return place[used], what[used]

    def parts_of(self, table: pd.DataFrame) -> Floats:
        """Return what each part adds in each run, (part, run); minus infinity for a failed run."""
        at_a_time = max(1, MEMORY // (8 * len(self.columns) * self._count))
        pieces = [
            self._piece(table.iloc[first : first + at_a_time])
            for first in range(0, len(table), at_a_time)
        ]
        return np.concatenate(pieces, axis=1)

    def of(self, table: pd.DataFrame) -> Floats:
        """Return the payoff of each run of a table; minus infinity for a failed run."""
        found: Floats = self.parts_of(table).sum(axis=0)
        return np.where(np.isnan(found), -np.inf, found)

    def _piece(self, table: pd.DataFrame) -> Floats:
        batch = self.model.run_many(
            table, outputs=self.columns, method="vensim", save_every=self.step
        )
        values = dict(zip(self.columns, batch.values, strict=True))
        with np.errstate(all="ignore"):  # what is not finite is judged below
            rows = [
                self._part(part, data, values)
                for part, data in zip(self.control.parts, self._data, strict=True)
            ]
        found = np.stack(rows)
        return np.where(batch.ok, np.where(np.isfinite(found), found, -np.inf), -np.inf)

    def _part(
        self, part: Any, data: tuple[NDArray[np.int64], Floats], values: dict[str, Floats]
    ) -> Floats:
        own = values[part.variable]
        weight: Floats = (
            values[part.weight] if isinstance(part.weight, str) else np.full(own.shape, part.weight)
        )
        if part.kind == "C":
            places, what = data
            model, given = own[places], what[:, None]
            if part.logs:
                model, given = _logarithm(model), np.log(given)
            added = ERRORS[part.error](model, given, weight[places])
            # A model value without a logarithm is passed over, as in Vensim.
            kept: Floats = np.where(np.isnan(model), 0.0, added) if part.logs else added
            compared: Floats = kept.sum(axis=0)
            return compared
        if part.logs:
            own = _logarithm(own)
            weight = np.where(np.isnan(own), 0.0, weight)
            own = np.nan_to_num(own)
        if part.time == "every":  # as Euler integrates: each step by the values it begins with
            total: Floats = (weight[:-1] * own[:-1]).sum(axis=0) * self.step
            return total
        place = -1 if part.time == "final" else 0
        found: Floats = weight[place] * own[place]
        return found


def _logarithm(values: Floats) -> Floats:
    return np.log(np.where(values > 0, values, np.nan))


def check_searched(control: sd.OptimisationControl) -> None:
    """Refuse to search what moves the steps at which the payoff is added up."""
    wrong = [
        f"{control.path}:{one.line}: {one.name!r} moves the steps at which the payoff is added up: "
        "it cannot be searched"
        for one in control.searched
        if fold(one.name) in CONTROL
    ]
    if wrong:
        raise StudyError("\n".join(wrong))


def table_of(names: Sequence[str], rows: Floats) -> pd.DataFrame:
    """Return values of constants as a table of runs."""
    import pandas as pd

    return pd.DataFrame(np.atleast_2d(rows), columns=list(names))
