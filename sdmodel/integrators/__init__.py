"""A workspace and a time grid become arrays of saved values."""

from __future__ import annotations

from sdmodel.integrators.base import FixedStep, Grid, Method, SciPy, Trajectory, method_named
from sdmodel.integrators.fixed import TABLEAUS, Tableau

__all__ = [
    "TABLEAUS",
    "FixedStep",
    "Grid",
    "Method",
    "SciPy",
    "Tableau",
    "Trajectory",
    "method_named",
]
