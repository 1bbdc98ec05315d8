"""A program becomes machine code: the only folder that imports llvmlite."""

from __future__ import annotations

from sdmodel.codegen.compiled import CompiledKernel

__all__ = ["CompiledKernel"]
