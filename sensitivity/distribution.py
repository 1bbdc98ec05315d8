"""What a study must know of a distribution: a row of the tables of distributions."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    import sdmodel as sd

    Floats = NDArray[np.float64]
    Function = Callable[[sd.Factor, Floats], Floats]


@dataclass(frozen=True, slots=True)
class Distribution:
    """One row of the table: what a distribution is called and how it is drawn.

    Parameters
    ----------
    name
        As it is written after ``distribution =``.
    about
        What it does with low, high, default and its parameters, in one line.
    quantile
        From the unit interval to the factor's range, rising.
    share
        From the factor's range to the unit interval: the share of values that are below.
    centre
        Which parameter says where most values are; the factor's default when it is left out.
    widths
        Parameters that say how wide it is, above 0; they may be left out.
    needs
        Parameters without which it cannot be, above 0.
    positive
        Whether low must be above zero.
    free
        Parameters that it may have and that may be any number.
    lists
        Whether it needs values, and may have weights.
    """

    name: str
    about: str
    quantile: Function
    share: Function
    centre: str = ""
    widths: tuple[str, ...] = ()
    needs: tuple[str, ...] = ()
    positive: bool = False
    free: tuple[str, ...] = ()
    lists: bool = False

    @property
    def parameters(self) -> tuple[str, ...]:
        """Every parameter it takes."""
        return tuple(one for one in (self.centre, *self.widths, *self.needs, *self.free) if one)
