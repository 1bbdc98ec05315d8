"""One row of the table of methods: all that a sweep must know of a method."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from sensitivity.methods.plan import Plan

    Floats = NDArray[np.float64]
    Indices = dict[str, Floats]


@dataclass(frozen=True, slots=True)
class Method:
    """One row of the table.

    Parameters
    ----------
    name
        As it is written after ``method=``.
    about
        What it tells and what it costs, in a sentence.
    indices
        Its indices over (outcome, factor), the one to rank by first.
    meanings
        For each index and fact, what it says.
    default_samples
        The sample size when none is given.
    formula
        The cost, in words.
    cost, block
        Number of runs in all, and of runs that stand or fall together.
    rows, analyse
        Rows of the design on the unit cube, from the first up to but without the last; indices
        from outcomes.
    check
        Raises where the plan does not fit, and says which would.
    spread
        Which rows show how outcomes spread when all factors vary freely.
    facts
        Numbers over (outcome) that come with the indices, such as how much to trust them.
    least
        How many blocks must be left when those with failed runs are left out.
    blank
        Why there may be no indices although runs succeeded.
    can_drop
        Whether blocks with failed runs can be left out.
    spares
        Whether an index that needs no failed run is found whatever else failed: outcomes may
        then have gaps, and no run is left out.
    wants_x
        Whether the analysis needs the design as well as the outcomes.
    in_units
        Whether the indices carry the outcome's unit rather than being shares of its variance.
    signed
        Whether the index to rank by has a sign, so that factors are ranked by its size.
    pairs
        Whether it has indices of pairs, S2, when they are asked for.
    groups
        ``no``, ``may`` or ``must``: whether factors of a group can move together.
    dependent
        Whether it allows factors that depend on each other.
    continuous
        Whether every factor must be continuous.
    from_default
        Whether the design starts from the factors' defaults.
    by_level
        Whether the design depends on how many values each factor has.
    any_sample
        Whether it analyses the points of `sample`, so that a sweep by one such method can be
        analysed by another.
    nested
        Whether a design of more samples begins with that of fewer.
    blocks
        What its blocks of runs are called.
    caution
        What to remember when reading the indices and intervals.
    """

    name: str
    about: str
    indices: tuple[str, ...]
    meanings: Mapping[str, str]
    default_samples: int
    formula: str
    cost: Callable[[Plan], int]
    block: Callable[[Plan], int]
    rows: Callable[[Plan, int, int], Floats]
    analyse: Callable[[Plan, Floats, Floats | None], Indices]
    check: Callable[[Plan], None]
    spread: Callable[[Plan], NDArray[np.int64]]
    facts: tuple[str, ...] = ()
    least: Callable[[Plan], int] = lambda _plan: 4
    blank: str = ""
    can_drop: bool = True
    spares: bool = False
    wants_x: bool = False
    in_units: bool = False
    signed: bool = False
    pairs: bool = False
    groups: str = "no"
    dependent: bool = False
    continuous: bool = False
    from_default: bool = False
    by_level: bool = False
    any_sample: bool = False
    nested: bool = False
    blocks: str = "runs"
    caution: str = ""

    @property
    def ranks_by(self) -> str:
        """The index by which factors are ranked."""
        return self.indices[0]
