"""Whether an expression is a whole number in every run."""

from __future__ import annotations

import math

from sdmodel.checks.subject import Subject
from sdmodel.expr import Apply, Call, Const, Expr, Op, Position, Ref
from sdmodel.names import key
from sdmodel.program import INITIAL_TIME, TIME, TIME_STEP

# Of whole numbers these make whole numbers.
_CLOSED = frozenset({Op.ADD, Op.SUB, Op.MUL, Op.NEG, Op.MIN, Op.MAX, Op.ABS, Op.TRUNC})
_TRUTHS = frozenset({Op.LT, Op.LE, Op.GT, Op.GE, Op.EQ, Op.NE, Op.AND, Op.OR, Op.NOT})
_WHOLE = frozenset({"integer", "elmcount", "vector rank", "vector sort order", "pulse", "step"})
_ALIKE = frozenset({"min", "max", "abs", "sum", "vmin", "vmax", "initial", "sample if true"})
_BRANCHES = frozenset({"if then else"})
_HELD = frozenset({"game", "active initial"})
_DEEPEST = 40


class Whole:
    """Follows equations to their ends: a variable is whole where all it is made of is.

    A constant is whole where its value in the file is.
    """

    def __init__(self, subject: Subject) -> None:
        self.subject = subject
        self.known: dict[str, bool] = {TIME: self._clock()}

    def _clock(self) -> bool:
        """Whether whole times are met exactly: sums of a power of two are not rounded."""
        known = self.subject.model.program.constants
        start, step = known.get(INITIAL_TIME, 0.5), known.get(TIME_STEP, 0.1)
        exact = step > 0 and (math.frexp(step)[0] == 0.5 or step.is_integer())
        return start.is_integer() and exact

    def is_whole(self, expr: Expr, depth: int = 0) -> bool:
        """Tell whether an expression is a whole number; in doubt it is not."""
        if depth > _DEEPEST:
            return False
        match expr:
            case Const():
                return float(expr.value).is_integer()
            case Ref():
                return self._variable(expr.name, depth)
            case Position():
                return True
            case Apply() if expr.op in _TRUTHS:
                return True
            case Apply() if expr.op in _CLOSED:
                return all(self.is_whole(one, depth + 1) for one in expr.args)
            case Call():
                return self._call(expr, depth)
            case _:
                return False

    def _call(self, call: Call, depth: int) -> bool:
        name = key(call.function)
        if name in _BRANCHES:
            return all(self.is_whole(one, depth + 1) for one in call.args[1:])
        if name in ("pulse", "pulse train", "integer", "elmcount"):
            return True
        if name == "step":
            return bool(call.args) and self.is_whole(call.args[0], depth + 1)
        if name in _ALIKE or name in _HELD:
            return all(self.is_whole(one, depth + 1) for one in call.args)
        return name in _WHOLE

    def _variable(self, name: str, depth: int) -> bool:
        name = key(name)
        if name not in self.known:
            self.known[name] = True  # of itself, while it is being followed
            self.known[name] = self._follow(name, depth)
        return self.known[name]

    def _follow(self, name: str, depth: int) -> bool:
        program = self.subject.model.program
        elements = program.elements(name)
        entries = self.subject.source.entries.get(name)
        if entries is None:  # a range or an element, as the number of its place
            return True
        if all(one in program.constants for one in elements):
            return all(program.constants[one].is_integer() for one in elements)
        return all(
            one.equation is not None and self.is_whole(one.equation, depth + 1) for one in entries
        )
