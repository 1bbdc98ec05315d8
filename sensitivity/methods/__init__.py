"""Methods of sensitivity analysis: for each its design, its estimator and what it asks for."""

from sensitivity.methods.plan import Plan
from sensitivity.methods.row import Method
from sensitivity.methods.table import METHODS, method

__all__ = ["METHODS", "Method", "Plan", "method"]
