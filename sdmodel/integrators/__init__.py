"""A workspace and a time grid become arrays of saved values."""

from __future__ import annotations

from sdmodel.integrators.base import (
    AutoStep,
    FixedStep,
    Grid,
    Method,
    SciPy,
    Trajectory,
    method_named,
)
from sdmodel.integrators.fixed import TABLEAUS, Tableau, tableau_of

__all__ = [
    "TABLEAUS",
    "AutoStep",
    "FixedStep",
    "Grid",
    "Method",
    "SciPy",
    "Tableau",
    "Trajectory",
    "method_named",
    "tableau_of",
]
