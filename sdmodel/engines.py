"""What computes a program: machine code, or NumPy as the definition; each made when first asked."""

from __future__ import annotations

from functools import cached_property
from typing import TYPE_CHECKING

from sdmodel.errors import OverrideError, did_you_mean, near_names
from sdmodel.program import Program
from sdmodel.reference import ReferenceKernel

if TYPE_CHECKING:
    from sdmodel.codegen import CompiledKernel

    Engine = ReferenceKernel | CompiledKernel

NAMES = ("compiled", "reference", "pysd")


class Engines:
    """The engines of one program."""

    def __init__(self, program: Program) -> None:
        self.program = program

    @cached_property
    def reference(self) -> ReferenceKernel:
        """NumPy, the definition of what every function means."""
        return ReferenceKernel(self.program)

    @cached_property
    def compiled(self) -> CompiledKernel:
        """Machine code."""
        from sdmodel.codegen import CompiledKernel  # late: brings llvmlite

        return CompiledKernel(self.program)

    @cached_property
    def exact(self) -> CompiledKernel:
        """Machine code without the short cuts that may change a last digit."""
        from sdmodel.codegen import CompiledKernel

        return CompiledKernel(self.program, exact=True)

    def named(self, engine: str, exact: bool = False) -> Engine:
        """Return an engine by name.

        Raises
        ------
        OverrideError
            If there is none of that name that runs a program; PySD runs files.
        """
        if engine == "reference":
            return self.reference
        if engine == "compiled":
            return self.exact if exact else self.compiled
        hint = did_you_mean(near_names(engine, NAMES)) or f"choose from {', '.join(NAMES)}"
        raise OverrideError("engine", f"there is no engine {engine!r}; {hint}")
