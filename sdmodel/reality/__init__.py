"""Reality checks: if this happens in the model, then that must happen."""

from __future__ import annotations

from sdmodel.reality.checks import reality_checks
from sdmodel.reality.results import RealityReport, RealityResult

__all__ = ["RealityReport", "RealityResult", "reality_checks"]
