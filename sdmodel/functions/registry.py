"""The registry: each function of the language once, in terms of the primitives."""

from __future__ import annotations

import inspect
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, Protocol

from sdmodel.expr import Expr, Operand, Ref, Table
from sdmodel.names import key


class Build(Protocol):
    """What a function may ask for while an equation is taken apart.

    Hidden stocks, memories and auxiliaries get names of their own that no file can contain.
    """

    time: Ref
    time_step: Ref
    half_step: Ref

    def stock(self, initial: Operand) -> Ref:
        """Return a new hidden stock with this initial value."""

    def flow(self, stock: Ref, rate: Operand) -> None:
        """Set the net rate of change of a hidden stock."""

    def auxiliary(self, value: Operand) -> Ref:
        """Return a new hidden auxiliary, so that a value used often is computed once."""

    def at_start(self, value: Operand) -> Ref:
        """Return a constant that takes the value of an expression at INITIAL TIME."""

    def starting_with(self, initial: Operand, value: Operand) -> Ref:
        """Return `value`, for which `initial` stands in while the initial values are computed."""

    def memory(self, initial: Operand) -> Ref:
        """Return what was remembered at the end of the last time step; `initial` at first."""

    def remember(self, memory: Ref, value: Operand) -> None:
        """Say what a memory takes over at the end of each time step."""

    def pipeline(self, value: Operand, delay: Operand, initial: Operand) -> Ref:
        """Return `value` as it was `delay` ago, in whole time steps; `initial` before that."""

    def stages(self, order: Expr, delay: Expr) -> int:
        """Return how many stages a delay of this order and length gets, as known at the start."""

    def varies(self, value: Expr) -> bool:
        """Return whether a value may change during a run."""

    def table(self, value: Expr) -> Table:
        """Return the table of a lookup variable or a lookup written in place."""


Definition = Callable[..., Operand]


@dataclass(frozen=True, slots=True)
class FunctionInfo:
    """A row of the function table: what `sdmodel functions` prints.

    `example` is an expression and `value` what it gives at time 0 with TIME STEP 1.
    `memory` tells that the function is no differential equation, so that only fixed-step methods
    can run it; `changes` that its value may change during a run though its arguments do not.

    Examples
    --------
    >>> import sdmodel as sd
    >>> [one.summary for one in sd.functions() if one.name == "STEP"]
    ['Return 0 before the step time, the height from then on.']
    """

    name: str
    signature: str
    summary: str
    manual: str
    example: str
    value: float
    least: int
    most: int
    memory: bool
    changes: bool


REGISTRY: dict[str, FunctionInfo] = {}
_DEFINITIONS: dict[str, Definition] = {}
_CHANGING = ("sdmodel.functions.inputs", "sdmodel.functions.stateful")
_HELD = ("INITIAL", "REINITIAL", "ACTIVE INITIAL")


def function(
    name: str, *, example: str, value: float, memory: bool = False, manual: str = ""
) -> Callable[[Definition], Definition]:
    """Register the definition of a function.

    The decorated function takes the `Build` and one node for each argument, and returns a node.
    """

    def register(define: Definition) -> Definition:
        parameters = list(inspect.signature(define).parameters.values())[1:]
        names = [p.name.replace("_", " ").strip() for p in parameters]
        least = sum(p.default is inspect.Parameter.empty for p in parameters)
        shown = ", ".join(name if i < least else f"[{name}]" for i, name in enumerate(names))
        summary = (inspect.getdoc(define) or "").split("\n\n")[0].replace("\n", " ")
        info = FunctionInfo(
            name=name,
            signature=f"{name}({shown})",
            summary=summary,
            manual=manual or f"Vensim Reference Manual, {name}",
            example=example,
            value=value,
            least=least,
            most=len(parameters),
            memory=memory,
            changes=define.__module__ in _CHANGING and name not in _HELD,
        )
        if REGISTRY.setdefault(key(name), info) is not info:
            raise ValueError(f"{name} is registered twice")
        _DEFINITIONS[key(name)] = define
        return define

    return register


# Known, but not offered: what a model that calls them is told.
NOT_YET: dict[str, str] = {
    "random": "use a constant and draw its values in a sweep",
    "get": "write the numbers into the model, as constants or lookups",
    "sum": "subscripts are not read yet: write the sum out",
    "a function of": "the equation is unfinished: write it",
}


def advice(name: str) -> str:
    """Return what to do instead of a function that is not offered."""
    folded = key(name)
    for start, cure in NOT_YET.items():
        if folded.startswith(start):
            return cure
    return ""


def call(info: FunctionInfo, build: Build, args: tuple[Any, ...]) -> Operand:
    """Return the nodes a call stands for."""
    return _DEFINITIONS[key(info.name)](build, *args)
