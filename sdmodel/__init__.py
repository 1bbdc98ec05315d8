"""Read, run, compare and question system dynamics models from Vensim and XMILE files."""

from __future__ import annotations

from sdmodel.comparing.differences import Change, ModelDiff, diff
from sdmodel.comparing.merging import Conflict, Merge, merge
from sdmodel.converting.convert import Conversion, convert
from sdmodel.converting.notes import ConversionNote
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
    "Change",
    "CircularError",
    "ConfidenceTest",
    "Conflict",
    "Conversion",
    "ConversionNote",
    "CrossCheck",
    "Difference",
    "Expectations",
    "Explanation",
    "Factor",
    "FixedStep",
    "FunctionInfo",
    "IntegrationReport",
    "Merge",
    "Model",
    "ModelDiff",
    "ModelError",
    "ModelSettings",
    "NonFiniteWarning",
    "OutcomeSpec",
    "OverrideError",
    "Problem",
    "ReadError",
    "Reducer",
    "Run",
    "RunBatch",
    "SDError",
    "Scenario",
    "SciPy",
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
    "convert",
    "diff",
    "functions",
    "load",
    "merge",
    "picture",
    "read_expectations",
    "read_settings",
    "reducers",
    "validate",
    "within",
]
