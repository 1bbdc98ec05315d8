"""Read, run, compare and question system dynamics models from Vensim and XMILE files."""

from __future__ import annotations

from sdmodel.checks import Finding, check
from sdmodel.comparing.differences import Change, ModelDiff, diff
from sdmodel.comparing.merging import Conflict, Merge, merge
from sdmodel.control.savelist import read_save_list
from sdmodel.control.script import Script, Simulation, read_script
from sdmodel.control.vsc import SensitivityControl, read_vsc
from sdmodel.desk import edit
from sdmodel.documents.feedback import FeedbackLoop, FeedbackLoops, loops
from sdmodel.documents.site import document
from sdmodel.documents.strip import causes_strip
from sdmodel.editing import Edit
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
from sdmodel.reality import Counterexample, RealityReport, RealityResult, counterexamples
from sdmodel.reduction import Reducer, reducers, within
from sdmodel.run import NonFiniteWarning, Run, RunBatch, compare
from sdmodel.secondopinion.compare import CrossCheck, Difference
from sdmodel.settings import ModelSettings, OutcomeSpec, Scenario
from sdmodel.settings_file import read_settings
from sdmodel.sketch.figure import draw
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
    "Counterexample",
    "CrossCheck",
    "Difference",
    "Edit",
    "Expectations",
    "Explanation",
    "Factor",
    "FeedbackLoop",
    "FeedbackLoops",
    "Finding",
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
    "RealityReport",
    "RealityResult",
    "Reducer",
    "Run",
    "RunBatch",
    "SDError",
    "Scenario",
    "SciPy",
    "Script",
    "SensitivityControl",
    "SettingsError",
    "Simulation",
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
    "causes_strip",
    "check",
    "compare",
    "counterexamples",
    "diff",
    "document",
    "draw",
    "edit",
    "functions",
    "load",
    "loops",
    "merge",
    "picture",
    "read_expectations",
    "read_save_list",
    "read_script",
    "read_settings",
    "read_vsc",
    "reducers",
    "validate",
    "within",
]
