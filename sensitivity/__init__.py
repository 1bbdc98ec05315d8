"""Which levers and uncertainties matter: sweeps over a model, and indices that rank them.

Names are looked up on first use, so that ``sensitivity --help`` need not wait for the libraries
that a sweep needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

from sensitivity.notebook import register

if TYPE_CHECKING:
    from sensitivity.analysis import analyse as analyse
    from sensitivity.analysis import ranking as ranking
    from sensitivity.apart import indices_per_policy as indices_per_policy
    from sensitivity.apart import lever_indices as lever_indices
    from sensitivity.claims.audit import FormChange as FormChange
    from sensitivity.claims.audit import audited as audited
    from sensitivity.claims.book import Book as Book
    from sensitivity.claims.book import Claim as Claim
    from sensitivity.claims.files import write_claims as write_claims
    from sensitivity.claims.kinds import mirrored as mirrored
    from sensitivity.claims.reading import read_claims as read_claims
    from sensitivity.claims.report import ClaimResult as ClaimResult
    from sensitivity.claims.report import ClaimsReport as ClaimsReport
    from sensitivity.claims.study import run_claims as run_claims
    from sensitivity.combinations import Combination as Combination
    from sensitivity.combinations import combine as combine
    from sensitivity.control.optimum import Optimum as Optimum
    from sensitivity.control.optimum import run_voc as run_voc
    from sensitivity.control.running import run_vsc as run_vsc
    from sensitivity.converged.figure import plot_convergence as plot_convergence
    from sensitivity.converged.verdict import Convergence as Convergence
    from sensitivity.converged.verdict import convergence as convergence
    from sensitivity.converged.verdict import settled as settled
    from sensitivity.errors import AnalysisError as AnalysisError
    from sensitivity.errors import ClaimsError as ClaimsError
    from sensitivity.errors import ClusterError as ClusterError
    from sensitivity.errors import MethodError as MethodError
    from sensitivity.errors import OutcomeError as OutcomeError
    from sensitivity.errors import SensitivityError as SensitivityError
    from sensitivity.errors import SpaceError as SpaceError
    from sensitivity.errors import StoreError as StoreError
    from sensitivity.errors import StudyError as StudyError
    from sensitivity.errors import SweepWarning as SweepWarning
    from sensitivity.factors import factor as factor
    from sensitivity.failed import failed_runs as failed_runs
    from sensitivity.failed import failure_bounds as failure_bounds
    from sensitivity.failed import where_failed as where_failed
    from sensitivity.figures.courses import plot_over_time as plot_over_time
    from sensitivity.figures.failures import plot_failed as plot_failed
    from sensitivity.figures.fan import plot_fan as plot_fan
    from sensitivity.figures.parallel import plot_parallel as plot_parallel
    from sensitivity.figures.ranking import plot_ranking as plot_ranking
    from sensitivity.figures.scatter import plot_scatter as plot_scatter
    from sensitivity.figures.screening import plot_morris as plot_morris
    from sensitivity.figures.tornado import plot_tornado as plot_tornado
    from sensitivity.methods import METHODS as METHODS
    from sensitivity.methods import Method as Method
    from sensitivity.methods import Plan as Plan
    from sensitivity.outcomes import Outcome as Outcome
    from sensitivity.outcomes import area_below as area_below
    from sensitivity.outcomes import at as at
    from sensitivity.outcomes import discounted as discounted
    from sensitivity.outcomes import final as final
    from sensitivity.outcomes import growth as growth
    from sensitivity.outcomes import mean as mean
    from sensitivity.outcomes import peak as peak
    from sensitivity.outcomes import year_when as year_when
    from sensitivity.packages import PackageStudy as PackageStudy
    from sensitivity.packages import robust_packages as robust_packages
    from sensitivity.search.discover import discover as discover
    from sensitivity.search.discovery import Discovery as Discovery
    from sensitivity.search.front import Front as Front
    from sensitivity.search.optimise import optimise as optimise
    from sensitivity.space import Space as Space
    from sensitivity.space import read_levers as read_levers
    from sensitivity.store import open_sweep as open_sweep
    from sensitivity.store import save as save
    from sensitivity.studies.again import Replay as Replay
    from sensitivity.studies.again import Verification as Verification
    from sensitivity.studies.again import replay as replay
    from sensitivity.studies.again import verify as verify
    from sensitivity.studies.merging import merge as merge
    from sensitivity.studies.reading import StudyFile as StudyFile
    from sensitivity.studies.reading import read_study as read_study
    from sensitivity.studies.running import run_study as run_study
    from sensitivity.studies.study import Study as Study
    from sensitivity.studies.study import study as study
    from sensitivity.studies.until import Settling as Settling
    from sensitivity.studies.until import run_until_converged as run_until_converged
    from sensitivity.sweeps import sweep as sweep

_HOME = {
    "ClusterError": "errors",
    "StudyError": "errors",
    "Replay": "studies.again",
    "Verification": "studies.again",
    "replay": "studies.again",
    "verify": "studies.again",
    "merge": "studies.merging",
    "StudyFile": "studies.reading",
    "read_study": "studies.reading",
    "run_study": "studies.running",
    "Study": "studies.study",
    "study": "studies.study",
    "Settling": "studies.until",
    "run_until_converged": "studies.until",
    "analyse": "analysis",
    "ranking": "analysis",
    "indices_per_policy": "apart",
    "lever_indices": "apart",
    "FormChange": "claims.audit",
    "audited": "claims.audit",
    "Book": "claims.book",
    "Claim": "claims.book",
    "write_claims": "claims.files",
    "mirrored": "claims.kinds",
    "read_claims": "claims.reading",
    "ClaimResult": "claims.report",
    "ClaimsReport": "claims.report",
    "run_claims": "claims.study",
    "Combination": "combinations",
    "combine": "combinations",
    "Optimum": "control.optimum",
    "run_voc": "control.optimum",
    "run_vsc": "control.running",
    "plot_convergence": "converged.figure",
    "Convergence": "converged.verdict",
    "convergence": "converged.verdict",
    "settled": "converged.verdict",
    "AnalysisError": "errors",
    "ClaimsError": "errors",
    "MethodError": "errors",
    "OutcomeError": "errors",
    "SensitivityError": "errors",
    "SpaceError": "errors",
    "StoreError": "errors",
    "SweepWarning": "errors",
    "failed_runs": "failed",
    "where_failed": "failed",
    "failure_bounds": "failed",
    "METHODS": "methods",
    "Method": "methods",
    "Plan": "methods",
    "Outcome": "outcomes",
    "at": "outcomes",
    "discounted": "outcomes",
    "final": "outcomes",
    "growth": "outcomes",
    "mean": "outcomes",
    "peak": "outcomes",
    "year_when": "outcomes",
    "area_below": "outcomes",
    "PackageStudy": "packages",
    "robust_packages": "packages",
    "plot_failed": "figures.failures",
    "plot_morris": "figures.screening",
    "plot_over_time": "figures.courses",
    "plot_parallel": "figures.parallel",
    "plot_tornado": "figures.tornado",
    "plot_fan": "figures.fan",
    "plot_ranking": "figures.ranking",
    "plot_scatter": "figures.scatter",
    "discover": "search.discover",
    "Discovery": "search.discovery",
    "Front": "search.front",
    "optimise": "search.optimise",
    "Space": "space",
    "factor": "factors",
    "read_levers": "space",
    "open_sweep": "store",
    "save": "store",
    "sweep": "sweeps",
}

__all__ = [
    "METHODS",
    "AnalysisError",
    "Book",
    "Claim",
    "ClaimResult",
    "ClaimsError",
    "ClaimsReport",
    "ClusterError",
    "Combination",
    "Convergence",
    "Discovery",
    "FormChange",
    "Front",
    "Method",
    "MethodError",
    "Optimum",
    "Outcome",
    "OutcomeError",
    "PackageStudy",
    "Plan",
    "Replay",
    "SensitivityError",
    "Settling",
    "Space",
    "SpaceError",
    "StoreError",
    "Study",
    "StudyError",
    "StudyFile",
    "SweepWarning",
    "Verification",
    "analyse",
    "area_below",
    "at",
    "audited",
    "combine",
    "convergence",
    "discounted",
    "discover",
    "factor",
    "failed_runs",
    "failure_bounds",
    "final",
    "growth",
    "indices_per_policy",
    "lever_indices",
    "mean",
    "merge",
    "mirrored",
    "open_sweep",
    "optimise",
    "peak",
    "plot_convergence",
    "plot_failed",
    "plot_fan",
    "plot_morris",
    "plot_over_time",
    "plot_parallel",
    "plot_ranking",
    "plot_scatter",
    "plot_tornado",
    "ranking",
    "read_claims",
    "read_levers",
    "read_study",
    "replay",
    "robust_packages",
    "run_claims",
    "run_study",
    "run_until_converged",
    "run_voc",
    "run_vsc",
    "save",
    "settled",
    "study",
    "sweep",
    "verify",
    "where_failed",
    "write_claims",
    "year_when",
]


def __getattr__(name: str) -> Any:
    if name not in _HOME:
        raise AttributeError(f"module 'sensitivity' has no attribute '{name}'")
    value = getattr(import_module(f"sensitivity.{_HOME[name]}"), name)
    globals()[name] = value
    return value


def __dir__() -> list[str]:
    return sorted(__all__)


register()
