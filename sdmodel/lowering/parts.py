"""All equations in primitives: what is computed, in no order yet."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field

import numpy as np
from numpy.typing import NDArray

from sdmodel.errors import Problem
from sdmodel.expr import Expr
from sdmodel.program import Memory, Pipeline, Statement

Parts = dict[str, list[Statement]]


@dataclass
class Constants:
    """The elements of a variable that are plain numbers: their flat places and values."""

    places: NDArray[np.intp]
    values: NDArray[np.float64]


@dataclass
class Expanded:
    """What the equations of a model say, by name; an array may have several statements.

    `equations` and `rates` hold what changes; `initials` what a stock, memory, held value or
    ACTIVE INITIAL is at the start; `shapes` the sizes of every array, hidden ones too.
    """

    equations: Parts = field(default_factory=dict)
    rates: Parts = field(default_factory=dict)
    initials: Parts = field(default_factory=dict)
    constants: dict[str, list[Constants]] = field(default_factory=dict)
    shapes: dict[str, tuple[int, ...]] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    memories: list[Memory] = field(default_factory=list)
    pipelines: list[Pipeline] = field(default_factory=list)
    owner: dict[str, str] = field(default_factory=dict)
    structural: set[str] = field(default_factory=set)
    memory_users: list[tuple[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    @property
    def names(self) -> Iterable[str]:
        """Every name that has a value, each once."""
        return dict.fromkeys((*self.constants, *self.equations, *self.rates, *self.initials))

    def start(self, name: str) -> list[Statement]:
        """Return what a name is while initial values are computed."""
        return self.initials.get(name) or self.equations.get(name, [])

    def values(self, name: str) -> list[Expr]:
        """Return the right-hand sides by which a name changes or begins."""
        return [one.value for one in self.start(name)]
