"""Read, run, compare and question system dynamics models from Vensim and XMILE files.

What every run needs is imported at once; the rest when its name is first used.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sdmodel import style
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
from sdmodel.integrators import AutoStep, FixedStep, SciPy, Tableau
from sdmodel.model import Model, load
from sdmodel.reduction import Reducer, reducers, within
from sdmodel.run import NonFiniteWarning, Run, RunBatch, compare
from sdmodel.settings import ModelSettings, OutcomeSpec, Scenario
from sdmodel.settings_file import read_settings
from sdmodel.source import SourceText
from sdmodel.units import UnitFinding, UnitReport
from sdmodel.version import __version__ as __version__

if TYPE_CHECKING:
    from sdmodel.bars import progress as progress
    from sdmodel.checks import Finding as Finding
    from sdmodel.checks import check as check
    from sdmodel.comparing.differences import Change as Change
    from sdmodel.comparing.differences import ModelDiff as ModelDiff
    from sdmodel.comparing.differences import diff as diff
    from sdmodel.comparing.merging import Conflict as Conflict
    from sdmodel.comparing.merging import Merge as Merge
    from sdmodel.comparing.merging import merge as merge
    from sdmodel.control.files import read_control as read_control
    from sdmodel.control.ranges import without_ranges as without_ranges
    from sdmodel.control.running import ScriptPlan as ScriptPlan
    from sdmodel.control.savelist import read_save_list as read_save_list
    from sdmodel.control.script import Script as Script
    from sdmodel.control.script import Simulation as Simulation
    from sdmodel.control.script import read_script as read_script
    from sdmodel.control.voc import OptimisationControl as OptimisationControl
    from sdmodel.control.voc import read_voc as read_voc
    from sdmodel.control.vpd import PayoffControl as PayoffControl
    from sdmodel.control.vpd import read_vpd as read_vpd
    from sdmodel.control.vsc import SensitivityControl as SensitivityControl
    from sdmodel.control.vsc import read_vsc as read_vsc
    from sdmodel.converting.convert import Conversion as Conversion
    from sdmodel.converting.convert import convert as convert
    from sdmodel.converting.notes import ConversionNote as ConversionNote
    from sdmodel.desk import edit as edit
    from sdmodel.documents.feedback import FeedbackLoop as FeedbackLoop
    from sdmodel.documents.feedback import FeedbackLoops as FeedbackLoops
    from sdmodel.documents.feedback import loops as loops
    from sdmodel.documents.site import document as document
    from sdmodel.documents.strip import causes_strip as causes_strip
    from sdmodel.integration import IntegrationReport as IntegrationReport
    from sdmodel.publishing import publish as publish
    from sdmodel.reality import Counterexample as Counterexample
    from sdmodel.reality import RealityReport as RealityReport
    from sdmodel.reality import RealityResult as RealityResult
    from sdmodel.reality import counterexamples as counterexamples
    from sdmodel.reporting.whole import report as report
    from sdmodel.secondopinion.compare import CrossCheck as CrossCheck
    from sdmodel.secondopinion.compare import Difference as Difference
    from sdmodel.sketch.figure import draw as draw
    from sdmodel.sketch.picture import picture as picture
    from sdmodel.validation import Audit as Audit
    from sdmodel.validation import ConfidenceTest as ConfidenceTest
    from sdmodel.validation import Expectations as Expectations
    from sdmodel.validation import ValidationReport as ValidationReport
    from sdmodel.validation import ValidationResult as ValidationResult
    from sdmodel.validation import ValidationStudy as ValidationStudy
    from sdmodel.validation import read_expectations as read_expectations
    from sdmodel.validation.validate import validate as validate

__all__ = [
    "Audit",
    "AutoStep",
    "Change",
    "CircularError",
    "ConfidenceTest",
    "Conflict",
    "Conversion",
    "ConversionNote",
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
    "OptimisationControl",
    "OutcomeSpec",
    "OverrideError",
    "PayoffControl",
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
    "ScriptPlan",
    "SensitivityControl",
    "SettingsError",
    "Simulation",
    "SolverError",
    "SourceText",
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
    "convert",
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
    "progress",
    "publish",
    "read_control",
    "read_expectations",
    "read_save_list",
    "read_script",
    "read_settings",
    "read_voc",
    "read_vpd",
    "read_vsc",
    "reducers",
    "report",
    "style",
    "validate",
    "within",
    "without_ranges",
]

# The module of each name that is looked up on first use.
_HOME = {
    "progress": "bars",
    "ConversionNote": "converting.notes",
    "convert": "converting.convert",
    "Conversion": "converting.convert",
    "read_vpd": "control.vpd",
    "PayoffControl": "control.vpd",
    "read_voc": "control.voc",
    "OptimisationControl": "control.voc",
    "without_ranges": "control.ranges",
    "Finding": "checks",
    "check": "checks",
    "Change": "comparing.differences",
    "ModelDiff": "comparing.differences",
    "diff": "comparing.differences",
    "Conflict": "comparing.merging",
    "Merge": "comparing.merging",
    "merge": "comparing.merging",
    "read_control": "control.files",
    "ScriptPlan": "control.running",
    "read_save_list": "control.savelist",
    "Script": "control.script",
    "Simulation": "control.script",
    "read_script": "control.script",
    "SensitivityControl": "control.vsc",
    "read_vsc": "control.vsc",
    "edit": "desk",
    "FeedbackLoop": "documents.feedback",
    "FeedbackLoops": "documents.feedback",
    "loops": "documents.feedback",
    "document": "documents.site",
    "causes_strip": "documents.strip",
    "IntegrationReport": "integration",
    "publish": "publishing",
    "Counterexample": "reality",
    "RealityReport": "reality",
    "RealityResult": "reality",
    "counterexamples": "reality",
    "CrossCheck": "secondopinion.compare",
    "Difference": "secondopinion.compare",
    "draw": "sketch.figure",
    "picture": "sketch.picture",
    "Audit": "validation",
    "ConfidenceTest": "validation",
    "Expectations": "validation",
    "ValidationReport": "validation",
    "ValidationResult": "validation",
    "ValidationStudy": "validation",
    "read_expectations": "validation",
    "report": "reporting.whole",
    "validate": "validation.validate",
}


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'sdmodel' has no attribute '{name}'")
    value = getattr(import_module(f"sdmodel.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)
