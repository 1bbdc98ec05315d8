"""Reality checks: if this happens in the model, then that must happen."""

from __future__ import annotations

from sdmodel.reality.checks import reality_checks
from sdmodel.reality.counterexample import counterexamples
from sdmodel.reality.results import (
    FAILED,
    HELD,
    NEVER_ACTIVE,
    REFUSED,
    Counterexample,
    RealityReport,
    RealityResult,
)

__all__ = [
    "FAILED",
    "HELD",
    "NEVER_ACTIVE",
    "REFUSED",
    "Counterexample",
    "RealityReport",
    "RealityResult",
    "counterexamples",
    "reality_checks",
]
