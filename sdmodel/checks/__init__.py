"""Checks of a model while it is being written: what is wrong, and what merely looks so."""

from __future__ import annotations

from sdmodel.checks.checking import check
from sdmodel.checks.records import Finding

__all__ = ["Finding", "check"]
