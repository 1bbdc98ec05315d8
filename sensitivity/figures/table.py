"""The table of figures: what each shows, which sweeps it fits, and how it is drawn."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from types import MappingProxyType
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    import xarray as xr


@dataclass(frozen=True, slots=True)
class Figure:
    """One row of the table.

    Parameters
    ----------
    about
        What it shows, in a few words.
    home
        The module and function that draw it.
    of
        What there is one of for each: an outcome, a kept course, or the sweep.
    fits
        Whether a sweep holds what it shows; such figures are drawn when none is asked for.
    options
        Passed to the function.
    """

    about: str
    home: tuple[str, str]
    of: Literal["outcome", "series", "sweep"]
    fits: Callable[[xr.Dataset], bool]
    options: Mapping[str, bool] = field(default_factory=dict)

    def draw(self, sweep: xr.Dataset, subject: str | None) -> None:
        """Draw it on a new figure, which is then pyplot's current one."""
        module, name = self.home
        draw = getattr(import_module(f"sensitivity.figures.{module}"), name)
        if self.of == "sweep":
            draw(sweep, **self.options)
        else:
            draw(sweep, subject, **self.options)

    def subjects(self, sweep: xr.Dataset) -> Iterator[str]:
        """Yield the names of what there is to draw."""
        if self.of == "sweep":
            yield str(sweep.attrs["model"])
        elif self.of == "series":
            yield from (str(name) for name in sweep["series"].values)
        else:
            ranked = sweep["outcome"].values[sweep["blocks_used"].values > 0]
            yield from (str(name) for name in ranked)


def _always(_sweep: xr.Dataset) -> bool:
    return True


def _never(_sweep: xr.Dataset) -> bool:
    return False


def _holds(*names: str) -> Callable[[xr.Dataset], bool]:
    return lambda sweep: all(name in sweep.data_vars for name in names)


def _signed(sweep: xr.Dataset) -> bool:
    return any(name in sweep.data_vars for name in ("to_low", "effect", "contribution", "PRCC"))


def _varied(sweep: xr.Dataset) -> bool:
    # Where factors move one at a time from their defaults, a scatter shows mere lines.
    return not any(name in sweep.data_vars for name in ("to_low", "contribution", "range"))


def _over_time(sweep: xr.Dataset) -> bool:
    return "note_over_time" in sweep.data_vars


def _failed(sweep: xr.Dataset) -> bool:
    return 0 < int(sweep.attrs["failed_runs"]) < int(sweep.attrs["runs"])


FIGURES: Mapping[str, Figure] = MappingProxyType(
    {
        "ranking": Figure(
            "the factors with their indices", ("ranking", "plot_ranking"), "outcome", _always
        ),
        "tornado": Figure(
            "which way each factor moves an outcome",
            ("tornado", "plot_tornado"),
            "outcome",
            _signed,
        ),
        "morris": Figure(
            "size and spread of effects",
            ("screening", "plot_morris"),
            "outcome",
            _holds("mu_star", "sigma"),
        ),
        "fan": Figure("how a course spreads", ("fan", "plot_fan"), "series", _always),
        "over-time": Figure(
            "indices of a course over time", ("courses", "plot_over_time"), "series", _over_time
        ),
        "stacked": Figure(
            "shares of a course's variance over time",
            ("courses", "plot_over_time"),
            "series",
            _holds("S1_over_time"),
            {"stacked": True},
        ),
        "scatter": Figure(
            "the outcome against each factor", ("scatter", "plot_scatter"), "outcome", _varied
        ),
        "parallel": Figure(
            "settings of the highest and lowest outcomes",
            ("parallel", "plot_parallel"),
            "outcome",
            _never,
        ),
        "failed": Figure("where runs fail", ("failures", "plot_failed"), "sweep", _failed),
    }
)
