"""Which levers and uncertainties matter: sweeps over a model, and indices that rank them.

Names are looked up on first use, so that ``sensitivity --help`` need not wait for the libraries
that a sweep needs.
"""

from __future__ import annotations

from importlib import import_module
from typing import TYPE_CHECKING, Any

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
    from sensitivity.errors import AnalysisError as AnalysisError
    from sensitivity.errors import ClaimsError as ClaimsError
    from sensitivity.errors import MethodError as MethodError
    from sensitivity.errors import OutcomeError as OutcomeError
    from sensitivity.errors import SensitivityError as SensitivityError
    from sensitivity.errors import SpaceError as SpaceError
    from sensitivity.errors import StoreError as StoreError
    from sensitivity.errors import SweepWarning as SweepWarning
    from sensitivity.methods import METHODS as METHODS
    from sensitivity.methods import Method as Method
    from sensitivity.methods import Plan as Plan
    from sensitivity.outcomes import Outcome as Outcome
    from sensitivity.outcomes import at as at
    from sensitivity.outcomes import discounted as discounted
    from sensitivity.outcomes import final as final
    from sensitivity.outcomes import growth as growth
    from sensitivity.outcomes import mean as mean
    from sensitivity.outcomes import peak as peak
    from sensitivity.outcomes import year_when as year_when
    from sensitivity.packages import PackageStudy as PackageStudy
    from sensitivity.packages import robust_packages as robust_packages
    from sensitivity.plots import plot_fan as plot_fan
    from sensitivity.plots import plot_ranking as plot_ranking
    from sensitivity.plots import plot_scatter as plot_scatter
    from sensitivity.search.discover import discover as discover
    from sensitivity.search.discovery import Discovery as Discovery
    from sensitivity.search.front import Front as Front
    from sensitivity.search.optimise import optimise as optimise
    from sensitivity.space import Space as Space
    from sensitivity.space import factor as factor
    from sensitivity.space import read_levers as read_levers
    from sensitivity.store import open_sweep as open_sweep
    from sensitivity.store import save as save
    from sensitivity.sweeps import sweep as sweep

_HOME = {
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
    "AnalysisError": "errors",
    "ClaimsError": "errors",
    "MethodError": "errors",
    "OutcomeError": "errors",
    "SensitivityError": "errors",
    "SpaceError": "errors",
    "StoreError": "errors",
    "SweepWarning": "errors",
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
    "PackageStudy": "packages",
    "robust_packages": "packages",
    "plot_fan": "plots",
    "plot_ranking": "plots",
    "plot_scatter": "plots",
    "discover": "search.discover",
    "Discovery": "search.discovery",
    "Front": "search.front",
    "optimise": "search.optimise",
    "Space": "space",
    "factor": "space",
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
    "Discovery",
    "FormChange",
    "Front",
    "Method",
    "MethodError",
    "Outcome",
    "OutcomeError",
    "PackageStudy",
    "Plan",
    "SensitivityError",
    "Space",
    "SpaceError",
    "StoreError",
    "SweepWarning",
    "analyse",
    "at",
    "audited",
    "discounted",
    "discover",
    "factor",
    "final",
    "growth",
    "indices_per_policy",
    "lever_indices",
    "mean",
    "mirrored",
    "open_sweep",
    "optimise",
    "peak",
    "plot_fan",
    "plot_ranking",
    "plot_scatter",
    "ranking",
    "read_claims",
    "read_levers",
    "robust_packages",
    "run_claims",
    "save",
    "sweep",
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
