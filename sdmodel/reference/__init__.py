"""A program evaluated by NumPy: the definition that every other engine must agree with."""

from __future__ import annotations

from sdmodel.reference.kernel import ReferenceKernel

__all__ = ["ReferenceKernel"]
