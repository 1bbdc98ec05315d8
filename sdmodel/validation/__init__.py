"""Confidence tests of a model: what it must do whatever its numbers are, measured and told."""

from __future__ import annotations

from sdmodel.validation.expectations import Audit, Expectations
from sdmodel.validation.reading import read_expectations
from sdmodel.validation.registry import ConfidenceTest
from sdmodel.validation.results import ValidationReport, ValidationResult
from sdmodel.validation.study import ValidationStudy
from sdmodel.validation.validate import validate

__all__ = [
    "Audit",
    "ConfidenceTest",
    "Expectations",
    "ValidationReport",
    "ValidationResult",
    "ValidationStudy",
    "read_expectations",
    "validate",
]
