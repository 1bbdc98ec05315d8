"""Numbers that must be known before the run, such as the order of a delay."""

from __future__ import annotations

from collections.abc import Callable

import numpy as np

from sdmodel.expr import Apply, Const, Expr, Op, Position, Ref, fix_axes, flat_places, rewrite
from sdmodel.lowering.parts import Expanded
from sdmodel.primitives import evaluate
from sdmodel.program import HALF_STEP, INITIAL_TIME, TIME, Statement

DEEPEST = 40  # definitions followed
MOST_COMPARED = 10_000  # elements that must all give the same number


class NotANumber(ValueError):
    """The value that decides a structure is not known before the run."""


class Folder:
    """Computes expressions at the start as far as they consist of constants.

    `define` makes sure that a variable's equation is expanded; it raises `NotANumber` for a stock.
    """

    def __init__(self, expanded: Expanded, define: Callable[[str], None]) -> None:
        self.expanded, self.define = expanded, define
        self._followed: list[str] = []

    def fold(self, value: Expr) -> float:
        """Return the number an expression is, the same for every place of its axes."""

        def number(node: Expr) -> float:
            assert isinstance(node, Const)
            return node.value

        def change(node: Expr) -> Expr:
            match node:
                case Const():
                    return node
                case Apply():
                    if node.op is Op.WHERE:
                        return node.args[1] if number(node.args[0]) else node.args[2]
                    return Const(evaluate(node.op, *(number(arg) for arg in node.args)))
                case Ref():
                    return Const(self._start_value(node))
                case Position():
                    raise NotANumber("it differs between the elements")
                case _:
                    raise NotANumber("it depends on a lookup or a sum")

        return number(rewrite(value, change))

    def possible(self, value: Expr) -> set[float]:
        """Return the numbers an expression has at its places at the start; none if not known."""
        before = set(self.expanded.structural)
        try:
            return self._values(value) if isinstance(value, Ref) else {self.fold(value)}
        except (NotANumber, ArithmeticError):
            return set()
        finally:  # nothing is decided by them
            self.expanded.structural.clear()
            self.expanded.structural.update(before)

    def _start_value(self, ref: Ref) -> float:
        if ref.name in (TIME, HALF_STEP):
            return self._start_value(Ref(INITIAL_TIME)) if ref.name == TIME else 0.0
        if ref.name in self._followed:
            raise NotANumber("its definition is circular")
        if len(self._followed) >= DEEPEST:
            raise NotANumber("its definition is too long a chain")
        self._followed.append(ref.name)
        try:
            return self._one(ref)
        finally:
            self._followed.pop()

    def _one(self, ref: Ref) -> float:
        found = self._values(ref)
        if not found:  # still being defined, or reported already because nobody defines it
            raise NotANumber("")
        if len(found) > 1:
            raise NotANumber("it differs between the elements")
        return found.pop()

    def _values(self, ref: Ref) -> set[float]:
        self.define(ref.name)
        sizes = self.expanded.shapes.get(ref.name, ())
        axes = [place.axis for place in ref.where if place.axis is not None]
        wanted = flat_places(sizes, list(dict.fromkeys(axes)), ref.where) if sizes else [0]
        known = {int(place) for place in wanted}
        found: set[float] = set()
        for constants in self.expanded.constants.get(ref.name, ()):
            hit = np.isin(constants.places, list(known))
            found |= set(constants.values[hit].tolist())
            if hit.any():
                self.expanded.structural.add(ref.name)
        for statement in self.expanded.start(ref.name):
            found |= self._of_statement(statement, sizes, known)
        return found

    def _of_statement(
        self, statement: Statement, sizes: tuple[int, ...], known: set[int]
    ) -> set[float]:
        if not statement.axes:
            at = flat_places(sizes, (), statement.where)[0] if statement.where else 0
            return {self.fold(statement.value)} if int(at) in known or not sizes else set()
        flat = flat_places(sizes, statement.axes, statement.where)
        if len(flat) > MOST_COMPARED:
            raise NotANumber("it has too many elements")
        found = set()
        shape = [axis.size for axis in statement.axes]
        for number, place in enumerate(flat.tolist()):
            if place in known:
                at = np.unravel_index(number, shape)
                places = {a: int(i) for a, i in zip(statement.axes, at, strict=True)}
                found.add(self.fold(fix_axes(statement.value, places)))
        return found
