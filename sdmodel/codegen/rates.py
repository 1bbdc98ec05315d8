"""Statements to functions `start` and `rates` on a block of runs; large models in pieces."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from sdmodel.codegen.emit import Emitter, Value, array_definition
from sdmodel.codegen.primitives import RULES
from sdmodel.codegen.simplify import size
from sdmodel.codegen.tables import read
from sdmodel.expr import JUMPS, ORDERINGS, Apply, Const, Expr, Lookup, Op, Ref, children
from sdmodel.kernel import Jump
from sdmodel.program import Phase, Statement

# Nodes in one function: the compiler's time grows faster than a function's length.
PIECE = 400


@dataclass
class Code:
    """Functions written so far, with what they need around them."""

    width: int
    slots: Mapping[str, int]
    permute: bool = False
    vector_math: bool = True
    functions: list[str] = field(default_factory=list)
    declared: dict[str, str] = field(default_factory=dict)
    tables: dict[tuple[float, ...], str] = field(default_factory=dict)

    def emitter(self) -> Emitter:
        """Return an emitter that shares tables and declarations."""
        e = Emitter(self.width, self.vector_math)
        e.declared, e.tables = self.declared, self.tables
        return e

    def text(self) -> str:
        """Return the module."""
        arrays = [array_definition(name, values) for values, name in self.tables.items()]
        return "\n".join([*arrays, *self.functions, *self.declared.values(), ""])


def write_function(
    code: Code, name: str, statements: Sequence[Statement], stored: set[str]
) -> None:
    """Write a function of the values `%v` that computes statements and stores some of them."""
    pieces = _pieces(statements)
    if len(pieces) == 1:
        _write(code, name, statements, stored)
        return
    where = {s.target: i for i, piece in enumerate(pieces) for s in piece}
    crossing = set(stored)
    from sdmodel.expr import references

    for i, piece in enumerate(pieces):
        for statement in piece:
            crossing |= {
                ref.name for ref in references(statement.value) if where.get(ref.name, i) != i
            }
    for i, piece in enumerate(pieces):
        _write(code, f"{name}_{i}", piece, crossing)
    calls = [f"  call void @{name}_{i}(ptr %v)" for i in range(len(pieces))]
    head = f"define void @{name}(ptr noalias %v) {{"
    code.functions.append("\n".join([head, *calls, "  ret void", "}"]))


def _pieces(statements: Sequence[Statement]) -> list[list[Statement]]:
    pieces: list[list[Statement]] = [[]]
    total = 0
    for statement in statements:
        cost = size(statement.value)
        if total + cost > PIECE and pieces[-1]:
            pieces.append([])
            total = 0
        pieces[-1].append(statement)
        total += cost
    return pieces


def _write(code: Code, name: str, statements: Sequence[Statement], stored: set[str]) -> None:
    e = code.emitter()
    body = _Body(code, e)
    for statement in statements:
        body.statement(statement, statement.target in stored)
    linkage = "" if name in ("start", "rates") else "internal "
    head = f"define {linkage}void @{name}(ptr noalias %v) noinline {{"
    code.functions.append("\n".join([head, *e.lines, "  ret void", "}"]))


class _Body:
    """The lines of one function; what was computed or loaded once is not computed again."""

    def __init__(self, code: Code, e: Emitter) -> None:
        self.code, self.e = code, e
        self.names: dict[str, Value] = {}
        self.done: dict[Any, Value] = {}

    def statement(self, statement: Statement, store: bool) -> None:
        comment = statement.target.replace("\n", " ")
        self.e.lines.append(f"  ; {comment}")
        value = self.expression(statement)
        self.names[statement.target] = value
        if store:
            self.e.store(value, self.code.slots[statement.target])

    def expression(self, statement: Statement) -> Value:
        results: list[Value] = []
        todo: list[tuple[Expr, bool]] = [(statement.value, False)]
        while todo:
            node, ready = todo.pop()
            below = children(node)
            if below and not ready:
                todo.append((node, True))
                todo.extend((child, False) for child in reversed(below))
                continue
            args = tuple(results[len(results) - len(below) :]) if below else ()
            del results[len(results) - len(below) :]
            results.append(self.node(node, args, statement))
        return results[0]

    def node(self, node: Expr, args: tuple[Value, ...], statement: Statement) -> Value:
        match node:
            case Const():
                return self.e.constant(node.value)
            case Ref():
                if node.name not in self.names:
                    self.names[node.name] = self.e.load(self.code.slots[node.name])
                return self.names[node.name]
            case Apply():
                what: Any = (node.op, args)
            case Lookup():
                what = (node.table, node.mode, args)
            case _:
                raise AssertionError(f"{type(node).__name__} is left after lowering")
        if what not in self.done:
            self.done[what] = self.compute(node, args, statement)
        return self.done[what]

    def compute(self, node: Apply | Lookup, args: tuple[Value, ...], statement: Statement) -> Value:
        del statement
        if isinstance(node, Apply):
            return RULES[node.op](self.e, args)
        return read(self.e, node.table, node.mode, args[0], self.code.permute)


class _SwitchedBody(_Body):
    """As `_Body`, but every jump can be held at a given outcome, and shows its two sides."""

    def __init__(self, code: Code, e: Emitter, phases: Mapping[str, Phase]) -> None:
        super().__init__(code, e)
        self.jumps: list[Jump] = []
        self.loaded = phases  # of what is read from the workspace; run constants are not in it
        self.phases: dict[str, Phase] = {}

    def node(self, node: Expr, args: tuple[Value, ...], statement: Statement) -> Value:
        value = super().node(node, args, statement)
        if isinstance(node, Ref) and node.name in self.loaded:
            self.phases.setdefault(value.name, self.loaded[node.name])
        return value

    def compute(self, node: Apply | Lookup, args: tuple[Value, ...], statement: Statement) -> Value:
        free = super().compute(node, args, statement)
        phase = max(self.phases.get(arg.name, Phase.CONSTANT) for arg in args)
        self.phases[free.name] = phase
        time_only = phase is Phase.TIME
        if isinstance(node, Apply):
            if node.op not in JUMPS:
                return free
            kind = node.op.value
        else:
            stepped = node.mode in ("forward", "backward")
            if not (stepped or time_only):
                return free
            kind = node.mode if stepped else "corner"
        ordering = isinstance(node, Apply) and node.op in ORDERINGS
        holds = ordering or (time_only and kind not in ("corner", Op.REMAINDER.value))
        index = len(self.jumps)
        self.jumps.append(Jump(-1, -1, -1, kind, statement.variable, time_only, holds))
        return self._held(node, args, free, index, holds)

    def _held(
        self, node: Apply | Lookup, args: tuple[Value, ...], free: Value, index: int, holds: bool
    ) -> Value:
        e = self.e
        if isinstance(node, Apply) and node.op in ORDERINGS:
            self._note("left", index, e.as_number(args[0]))
            self._note("right", index, e.as_number(args[1]))
        shown = e.as_number(free)
        if isinstance(node, Lookup) and node.mode not in ("forward", "backward"):
            shown = self._segment(node, args[0])
        elif isinstance(node, Apply) and node.op is Op.REMAINDER:
            quotient = e.binary("fdiv", e.as_number(args[0]), e.as_number(args[1]))
            shown = e.intrinsic("trunc", quotient.name).name
        if not holds:
            self._note("outcomes", index, shown)
            return free
        place = e.new(f"getelementptr inbounds double, ptr %held, i64 {index}").name
        kept = e.new(f"load double, ptr {place}, align 8").name
        value = e.new(f"select i1 %hold, double {kept}, double {shown}")
        self.phases[value.name] = self.phases[free.name]
        self._note("outcomes", index, value.name)
        return value

    def _segment(self, node: Lookup, x: Value) -> str:
        e, at = self.e, self.e.as_number(x)
        total = e.splat(0.0)
        for point in node.table.xs:
            passed = e.compare("oge", at, e.splat(point))
            total = e.binary("fadd", total, e.as_number(passed)).name
        return total

    def _note(self, where: str, index: int, value: str) -> None:
        place = self.e.new(f"getelementptr inbounds double, ptr %{where}, i64 {index}").name
        self.e.line(f"store double {value}, ptr {place}, align 8")


def write_switched(
    code: Code, statements: Sequence[Statement], phases: Mapping[str, Phase]
) -> list[Jump]:
    """Write the scalar function `switched` that SciPy's solvers call; return its jumps."""
    e = code.emitter()
    body = _SwitchedBody(code, e, phases)
    for statement in statements:
        body.statement(statement, store=True)
    head = (
        "define void @switched(ptr noalias %v, ptr noalias %held, ptr noalias %left, "
        "ptr noalias %right, ptr noalias %outcomes, i1 %hold) {"
    )
    code.functions.append("\n".join([head, *e.lines, "  ret void", "}"]))
    return body.jumps
