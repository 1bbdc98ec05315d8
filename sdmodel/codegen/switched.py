"""The scalar function for SciPy's solvers, whose jumps can be held at a given outcome."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence

from sdmodel.codegen.body import Body
from sdmodel.codegen.emit import Emitter, Value
from sdmodel.codegen.rates import Code
from sdmodel.expr import JUMPS, ORDERINGS, Apply, Expr, Lookup, Op, Pick, Position, Ref, Table
from sdmodel.kernel import Jump
from sdmodel.program import Phase, Statement


class _SwitchedBody(Body):
    """As `_Body`, but every jump can be held at a given outcome, and shows its two sides."""

    def __init__(self, code: Code, e: Emitter, phases: Mapping[str, Phase]) -> None:
        super().__init__(e, code.layout, False)
        self.jumps: list[Jump] = []
        self.loaded = phases  # of what is read from the workspace; run constants are not in it
        self.phases: dict[str, Phase] = {}

    def node(self, node: Expr, args: tuple[Value, ...], statement: Statement) -> Value:
        """Write a node, and remember how often its value changes."""
        value = super().node(node, args, statement)
        if isinstance(node, Ref) and node.name in self.loaded:
            self.phases.setdefault(value.name, self.loaded[node.name])
        elif args and value.name not in self.phases and not isinstance(node, Ref | Position):
            self.phases[value.name] = self._phase(args)
        return value

    def _phase(self, args: tuple[Value, ...]) -> Phase:
        return max(self.phases.get(arg.name, Phase.CONSTANT) for arg in args)

    def compute(
        self, node: Apply | Lookup | Pick, args: tuple[Value, ...], statement: Statement
    ) -> Value:
        """Write what was not computed yet; note where it jumps."""
        free = super().compute(node, args, statement)
        phase = self._phase(args)
        if isinstance(node, Pick):
            phase = max(phase, self.loaded.get(node.base.name, Phase.CONSTANT))
        self.phases[free.name] = phase
        time_only = phase is Phase.TIME
        if isinstance(node, Pick):
            return free
        if isinstance(node, Apply):
            if node.op not in JUMPS:
                return free
            kind = node.op.value
        else:
            stepped = node.mode in ("forward", "backward")
            # The corners of a table for each element are not looked for.
            if not stepped and not (time_only and isinstance(node.table, Table)):
                return free
            kind = node.mode if stepped else "corner"
        ordering = isinstance(node, Apply) and node.op in ORDERINGS
        holds = ordering or (time_only and kind not in ("corner", Op.REMAINDER.value))
        index = self._index(len(self.jumps))
        count = math.prod(axis.size for axis in self.loops)
        jump = Jump(-1, -1, -1, kind, statement.variable, time_only, holds)
        self.jumps += [jump] * count
        return self._held(node, args, free, index, holds)

    def _index(self, first: int) -> int | str:
        """Return the number of the present jump: one for each round of the open loops."""
        total, stride = "", 1
        for axis, loop in reversed(self.loops.items()):
            place = self.e.new(f"mul i64 {loop.i}, {stride}").name
            total = self.e.new(f"add i64 {total}, {place}").name if total else place
            stride *= axis.size
        return self.e.new(f"add i64 {total}, {first}").name if total else first

    def _held(
        self,
        node: Apply | Lookup,
        args: tuple[Value, ...],
        free: Value,
        index: int | str,
        holds: bool,
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
        assert isinstance(node.table, Table)
        for point in node.table.xs:
            passed = e.compare("oge", at, e.splat(point))
            total = e.binary("fadd", total, e.as_number(passed)).name
        return total

    def _note(self, where: str, index: int | str, value: str) -> None:
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
    code.functions.append("\n".join([head, *e.body(), "  ret void", "}"]))
    return body.jumps
