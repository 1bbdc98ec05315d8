"""Units of measure: read as Vensim writes them, and checked equation by equation."""

from __future__ import annotations

from sdmodel.units.checking import check_units
from sdmodel.units.findings import UnitFinding, UnitReport

__all__ = ["UnitFinding", "UnitReport", "check_units"]
