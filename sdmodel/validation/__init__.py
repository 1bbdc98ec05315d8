"""Confidence tests of a model: what it must do whatever its numbers are, measured and told."""

from __future__ import annotations

from sdmodel.validation.registry import ConfidenceTest
from sdmodel.validation.results import ValidationReport, ValidationResult
from sdmodel.validation.study import ValidationStudy
from sdmodel.validation.validate import validate

__all__ = [
    "ConfidenceTest",
    "ValidationReport",
    "ValidationResult",
    "ValidationStudy",
    "validate",
]
