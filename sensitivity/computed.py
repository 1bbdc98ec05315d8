"""Everything the demo computed, before a word of it is written."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr

    import sdmodel as sd
    from sensitivity.screening import Screening


@dataclass(frozen=True, slots=True)
class Study:
    """What the demo's page, figures and files tell of.

    Parameters
    ----------
    runs
        The runs by label, the base run first.
    outcomes
        One row for each run, one column for each outcome.
    sweep
        The sweep by Sobol's method: over all factors, or over those that a screening found.
    screening
        What came before that sweep where there are many factors.
    validation
        The confidence tests of the model.
    notes
        What the sweeps warned about.
    command
        How all this was made.
    """

    model: sd.Model
    runs: Mapping[str, sd.Run]
    outcomes: pd.DataFrame
    integration: sd.IntegrationReport
    sweep: xr.Dataset
    screening: Screening | None
    validation: sd.ValidationReport
    notes: tuple[str, ...]
    command: str
    short: bool

    @property
    def base(self) -> sd.Run:
        """The base run."""
        return next(iter(self.runs.values()))

    @property
    def shown(self) -> list[str]:
        """The variables a first figure should show."""
        return list(self.model.settings.highlights or self.model.stocks)

    @property
    def labels(self) -> list[str]:
        """The outcomes in words, in the order of their columns."""
        specs = self.model.settings.outcomes
        return [specs[name].label or name for name in self.outcomes.columns]

    @property
    def factors(self) -> int:
        """How many levers and uncertainties were looked at."""
        swept = self.sweep if self.screening is None else self.screening.sweep
        return int(swept.sizes["factor"])

    @property
    def ranking_runs(self) -> int:
        """How many runs the ranking rests on."""
        screened = 0 if self.screening is None else int(self.screening.sweep.attrs["runs"])
        return screened + int(self.sweep.attrs["runs"])
