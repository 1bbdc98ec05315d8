"""Read, run, compare and question system dynamics models from Vensim and XMILE files."""

from __future__ import annotations

from sdmodel.control.ranges import without_ranges
from sdmodel.control.voc import OptimisationControl, read_voc
from sdmodel.control.vpd import PayoffControl, read_vpd
from sdmodel.control.vsc import SensitivityControl, read_vsc
from sdmodel.errors import (
    CircularError,
    ModelError,
    OverrideError,
    Problem,
    ReadError,
    SDError,
    SettingsError,
    SolverError,
    UnknownNameError,
    UnsupportedError,
)
from sdmodel.explain import Explanation, VariableInfo
from sdmodel.factors import Factor
from sdmodel.functions import FunctionInfo, functions
from sdmodel.integration import IntegrationReport
from sdmodel.integrators import AutoStep, FixedStep, SciPy, Tableau
from sdmodel.model import Model, load
from sdmodel.reduction import Reducer, reducers, within
from sdmodel.run import NonFiniteWarning, Run, RunBatch, compare
from sdmodel.secondopinion.compare import CrossCheck, Difference
from sdmodel.settings import ModelSettings, OutcomeSpec, Scenario
from sdmodel.settings_file import read_settings
from sdmodel.sketch.picture import picture
from sdmodel.units import UnitFinding, UnitReport
from sdmodel.validation import (
    Audit,
    ConfidenceTest,
    Expectations,
    ValidationReport,
    ValidationResult,
    ValidationStudy,
    read_expectations,
    validate,
)
from sdmodel.version import __version__ as __version__

__all__ = [
    "Audit",
    "AutoStep",
    "CircularError",
    "ConfidenceTest",
    "CrossCheck",
    "Difference",
    "Expectations",
    "Explanation",
    "Factor",
    "FixedStep",
    "FunctionInfo",
    "IntegrationReport",
    "Model",
    "ModelError",
    "ModelSettings",
    "NonFiniteWarning",
    "OptimisationControl",
    "OutcomeSpec",
    "OverrideError",
    "PayoffControl",
    "Problem",
    "ReadError",
    "Reducer",
    "Run",
    "RunBatch",
    "SDError",
    "Scenario",
    "SciPy",
    "SensitivityControl",
    "SettingsError",
    "SolverError",
    "Tableau",
    "UnitFinding",
    "UnitReport",
    "UnknownNameError",
    "UnsupportedError",
    "ValidationReport",
    "ValidationResult",
    "ValidationStudy",
    "VariableInfo",
    "compare",
    "functions",
    "load",
    "picture",
    "read_expectations",
    "read_settings",
    "read_voc",
    "read_vpd",
    "read_vsc",
    "reducers",
    "validate",
    "within",
    "without_ranges",
]
