"""The registry: each function of the language once, in terms of the primitives."""

from __future__ import annotations

import inspect
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Protocol

from sdmodel.expr import Axis, Expr, Operand, Ref, Table
from sdmodel.names import key

# A constant of this name is the seed of all draws whose own seed is zero.
NOISE_SEED = "noise seed"
# What Vensim calls :NA:, a plain number (Vensim Reference Manual, :NA:).
NOT_AVAILABLE = -(2.0**109)


class Build(Protocol):
    """What a function may ask for while an equation is taken apart.

    Hidden stocks, memories and auxiliaries get names of their own that no file can contain.
    """

    time: Ref
    time_step: Ref
    half_step: Ref
    step_number: Ref
    # What ``range!`` among the arguments runs over.
    bound: tuple[Axis, ...]

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

    def known(self, value: Expr, what: str) -> float | None:
        """Return a number that decides the structure, as known at the start.

        Where it is not known before the run that is reported, `what` saying what it is, and None
        comes back.
        """

    def possible(self, value: Expr) -> set[float]:
        """Return the numbers a value has over its axes at the start, as far as they are known."""

    def table(self, value: Expr) -> Table:
        """Return the table of a lookup variable or a lookup written in place."""

    def read(
        self, lookup: Expr, x: Operand, mode: str, change: Callable[[Table], Table] | None = None
    ) -> Expr:
        """Return the value at x of a lookup or data variable, or of a lookup written in place.

        `mode` is that of `sdmodel.expr.Lookup`. With `change` the table that it makes of the
        lookup's own is read, of a subscripted lookup that of each element.
        """

    def draw(self, seed: Operand) -> Ref:
        """Return a number between 0 and 1 drawn for the present step.

        Each call has a stream of its own, which depends on the variable it is made for and on
        nothing else in the model. The number stays the same while a step is computed. A seed of
        zero means the model's NOISE SEED.
        """

    def count(self, range_: Expr) -> int:
        """Return how many elements a range has."""

    def elements(self, array: Expr) -> int:
        """Return how many elements an array has in all."""

    def width(self, array: Ref) -> int:
        """Return how many elements the last dimension of an array has."""

    def last_axes(self, array: Expr, count: int) -> tuple[Ref, tuple[Axis, ...]] | None:
        """Return the axes of an array's last subscripts; None where it has fewer.

        A fixed element there stands for itself and those behind it: the array comes back with an
        axis in its stead.
        """

    def array(self, value: Expr, along: Sequence[Axis]) -> Ref:
        """Return a hidden array of a value, the given axes last."""

    def block(
        self,
        function: str,
        args: Sequence[tuple[Expr, Sequence[Axis]]],
        result: Sequence[Axis],
    ) -> Ref:
        """Return an array computed at once by a function of `sdmodel.blocks`.

        Each argument comes with the axes that make up its vector, `result` are those of the result;
        for every place of all other axes the function is applied anew.
        """

    def setting(self, number: int) -> str:
        """Return a line of the settings in the model's file, by its number; empty if missing."""

    def refuse(self, value: Expr, reason: str, cure: str) -> Expr:
        """Report that a call cannot be run, at the place of `value`; returns a number to go on."""


Definition = Callable[..., Operand]


@dataclass(frozen=True, slots=True)
class FunctionInfo:
    """A row of the function table: what `sdmodel functions` prints.

    `example` is an expression and `value` what it gives at time 0 with TIME STEP 1.
    `memory` tells that the function is no differential equation, so that only fixed-step methods
    can run it; `changes` that its value may change during a run though its arguments do not;
    `lookup` that its first argument is the name of a lookup. `source` is the language it comes
    from, `family` what kind of function it is. `units` is its rule of units, in the notation of
    `sdmodel.units.rules`: what the arguments must be in, and what the result is in.

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
    lookup: bool = False
    source: str = "Vensim"
    family: str = "mathematics"
    units: str = ""


REGISTRY: dict[str, FunctionInfo] = {}
_DEFINITIONS: dict[str, Definition] = {}
# Modules, and what kind of function is in them; in those of the second row values change by
# themselves.
_FAMILY = {
    "arithmetic": "mathematics",
    "lookups": "lookup",
    "data": "data",
    "vectors": "array",
    "markets": "array",
}
_CHANGING = {
    "inputs": "test input",
    "dates": "test input",
    "smooths": "smooth and delay",
    "stateful": "stock and memory",
    "financial": "financial",
    "continuous": "random",
    "discrete": "random",
    "rejection": "random",
    "xmile": "stock and memory",
}
_HELD = ("INITIAL", "REINITIAL", "ACTIVE INITIAL", "XMILE INT")


def function(
    name: str,
    *,
    example: str,
    value: float,
    memory: bool = False,
    manual: str = "",
    lookup: bool = False,
    source: str = "Vensim",
    units: str = "",
) -> Callable[[Definition], Definition]:
    """Register the definition of a function.

    The decorated function takes the `Build` and one node for each argument, and returns a node.
    Without `units` all arguments and the result are dimensionless.
    """
    book = {"Vensim": "Vensim Reference Manual", "XMILE": "XMILE 1.0"}[source]

    def register(define: Definition) -> Definition:
        parameters = list(inspect.signature(define).parameters.values())[1:]
        names = [p.name.replace("_", " ").strip() for p in parameters]
        least = sum(p.default is inspect.Parameter.empty for p in parameters)
        shown = ", ".join(name if i < least else f"[{name}]" for i, name in enumerate(names))
        summary = (inspect.getdoc(define) or "").split("\n\n")[0].replace("\n", " ")
        module = define.__module__.rpartition(".")[2]
        info = FunctionInfo(
            name=name,
            signature=f"{name}({shown})",
            summary=summary,
            manual=manual or f"{book}, {name}",
            example=example,
            value=value,
            least=least,
            most=len(parameters),
            memory=memory,
            changes=module in _CHANGING and name not in _HELD,
            lookup=lookup,
            source=source,
            family=_CHANGING.get(module) or _FAMILY.get(module, "mathematics"),
            units=units or f"{', '.join('1' * len(parameters))} -> 1".strip(),
        )
        if REGISTRY.setdefault(key(name), info) is not info:
            raise ValueError(f"{name} is registered twice")
        _DEFINITIONS[key(name)] = define
        return define

    return register


def call(info: FunctionInfo, build: Build, args: tuple[Any, ...]) -> Operand:
    """Return the nodes a call stands for."""
    return _DEFINITIONS[key(info.name)](build, *args)
