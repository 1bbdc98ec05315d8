"""The unit of an expression, from the inside out.

A number that is written in an equation has no unit: in products and powers it is dimensionless, and
where it is added to, compared with or chosen instead of something that has a unit, that is a
mismatch, as in Vensim; but a number that meets a time can only be one in the model's unit of time,
and is called suspicious. 0 and :NA: fit everything. An equation of numbers alone has the unit that
its variable declares: that is what a constant is.

What is wrong within an expression is told once; what is around it is then not known, and nothing
more is said of it (Vensim Reference Manual, "Units checking").
"""

from __future__ import annotations

import enum
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field
from fractions import Fraction
from typing import Union

from sdmodel.expr import (
    ORDERINGS,
    Apply,
    Call,
    Const,
    Expr,
    Lookup,
    Op,
    Ref,
    Table,
    Tables,
    Text,
    Values,
    literal,
)
from sdmodel.functions.registry import NOT_AVAILABLE, REGISTRY
from sdmodel.names import key
from sdmodel.units.algebra import DIMENSIONLESS, Unit
from sdmodel.units.rules import POWER, TIME, Pattern, Rule, parse_rule

UNKNOWN_MARK = "?"  # begins the name of a unit that is looked for
_BOUNDLESS = 1e300  # what frontends write where there is no bound
_LONGEST = 100  # names in one unit
_LARGEST_POWER = 10**9  # of numerator and denominator; no model has such a unit


class Loose(enum.Enum):
    """What an expression is in, where that is no unit."""

    ANYTHING = 0
    NUMBER = 1
    UNKNOWN = 2


Found = Union[Unit, Loose]  # noqa: UP007

_COMPARISONS = ORDERINGS | {Op.EQ, Op.NE}
_OPERATORS = dict.fromkeys(_COMPARISONS, "x, x -> 1") | {
    Op.AND: "_, _ -> 1",
    Op.OR: "_, _ -> 1",
    Op.NOT: "_ -> 1",
    Op.WHERE: "_, x, x -> x",
    Op.MIN: "x, x -> x",
    Op.MAX: "x, x -> x",
    Op.ABS: "x -> x",
    Op.TRUNC: "x -> x",
    Op.REMAINDER: "x, x -> x",
    Op.SQRT: "x -> x^0.5",
}
_SAME = Pattern(Unit.of("x"))
_LOOKUP = parse_rule("~1 -> _")
_IN_PLACE = parse_rule("~1 -> #")
_ELEMENT = Rule((_SAME,), _SAME)


@dataclass(frozen=True, slots=True)
class Clash:
    """Two sides that differ: `node` is in `actual`, `expected` is wanted there.

    `what` says what wants it, empty where that is the variable itself; `mild` is set where it may
    be meant.
    """

    node: Expr
    expected: Unit
    actual: Found
    what: str = ""
    mild: bool = False


@dataclass
class Reader:
    """Finds the units of expressions; what differs is collected in `clashes`.

    `unit_of` gives the unit of a variable or lookup by its key. A unit that is looked for begins
    with `UNKNOWN_MARK`; what it must be is put into `solved`.
    """

    unit_of: Callable[[str], Found]
    is_lookup: Callable[[str], bool]
    time: Unit | None
    clashes: list[Clash] = field(default_factory=list)
    solved: dict[str, Unit] = field(default_factory=dict)

    @property
    def _known(self) -> dict[str, Unit]:
        return {} if self.time is None else {TIME: self.time}

    def read(self, expr: Expr, wanted: Unit | None = None) -> Found:
        """Return the unit of an expression; of two that differ the one unlike `wanted` is wrong."""
        done: list[Found] = []
        todo: list[tuple[Expr, Unit | None, Sequence[Expr] | None]] = [(expr, wanted, None)]
        while todo:
            node, hint, below = todo.pop()
            if below is None:
                below = _terms(node) if _is_sum(node) else _below(node)
                if below:
                    todo.append((node, hint, below))
                    hints = self._hints(node, hint, len(below))
                    pairs = zip(reversed(below), reversed(hints), strict=True)
                    todo.extend((one, its, None) for one, its in pairs)
                    continue
                done.append(self._leaf(node))
                continue
            found = done[len(done) - len(below) :]
            del done[len(done) - len(below) :]
            done.append(_tame(self._join(node, hint, below, found)))
        return done[0]

    # What is below ------------------------------------------------------------------------------

    def _hints(self, node: Expr, hint: Unit | None, count: int) -> list[Unit | None]:
        """Return what is wanted of each argument where the whole is wanted in a unit."""
        if _is_sum(node):
            return [hint] * count
        rule = self._rule(node)
        if rule is None:
            return [None] * count
        known = self._known
        solved = rule.result.solved(hint, known) if hint is not None else None
        if solved is not None:
            known[solved[0]] = solved[1]
        hints = [pattern.filled(known) for pattern in rule.args[:count]]
        return hints + [None] * (count - len(hints))

    def _rule(self, node: Expr) -> Rule | None:
        match node:
            case Apply():
                if node.op in (Op.MUL, Op.DIV, Op.POW):
                    return None
                plain = f"{', '.join('1' * len(node.args))} -> 1"
                return parse_rule(_OPERATORS.get(node.op, plain))
            case Lookup():
                return _IN_PLACE
            case Call():
                name = key(node.function)
                info = REGISTRY.get(name)
                if self.is_lookup(name):
                    return _LOOKUP
                if name == "@":
                    return _ELEMENT
                return parse_rule(info.units) if info and info.units != POWER else None
            case _:
                return None

    def _leaf(self, node: Expr) -> Found:
        match node:
            case Const():
                free = node.value in (0, NOT_AVAILABLE) or abs(node.value) >= _BOUNDLESS
                return Loose.ANYTHING if free else Loose.NUMBER
            case Ref():
                return self.unit_of(key(node.name))
            case Values():
                return Loose.NUMBER
            case Call():
                return self._join(node, None, (), ())
            case _:
                return Loose.UNKNOWN

    # What comes of it ---------------------------------------------------------------------------

    def _join(
        self, node: Expr, hint: Unit | None, args: Sequence[Expr], found: Sequence[Found]
    ) -> Found:
        if _is_sum(node):
            return self._sum(node, hint, args, found)
        match node:
            case Apply(Op.MUL | Op.DIV as op):
                return _product(op, *found)
            case Apply(Op.POW):
                return self._power(args[0], args[1], found[0], found[1])
            case Call():
                name = key(node.function)
                if self.is_lookup(name):
                    self._match(_LOOKUP, f"the lookup {node.function!r}", None, args, found)
                    return self.unit_of(name)
                rule = self._rule(node)
                if rule is not None:
                    return self._match(rule, node.function, hint, args, found)
                if name in REGISTRY and len(found) == 2:
                    return self._power(args[0], args[1], found[0], found[1])
                return Loose.UNKNOWN
            case Apply() | Lookup():
                rule = self._rule(node)
                assert rule is not None
                what = _called(node) if isinstance(node, Apply) else "a graphical function"
                return self._match(rule, what, hint, args, found)
            case _:
                return Loose.UNKNOWN

    def _sum(
        self, node: Expr, hint: Unit | None, args: Sequence[Expr], found: Sequence[Found]
    ) -> Found:
        rule = Rule((_SAME,) * len(args), _SAME)
        return self._match(rule, "a sum", hint, args, found)

    def _match(
        self,
        rule: Rule,
        what: str,
        hint: Unit | None,
        args: Sequence[Expr],
        found: Sequence[Found],
    ) -> Found:
        """Return the unit of a value by its rule; arguments in other units are clashes."""
        known = self._known
        known |= _from_hint(rule, hint, found, known) or _most(rule, found)
        sure: set[str] = {TIME}
        before = len(self.clashes)
        pairs = list(zip(args, rule.args, found, strict=False))
        for node, pattern, unit in pairs:
            if not isinstance(unit, Unit):
                continue
            solved = pattern.solved(unit, known)
            if solved is not None:
                known[solved[0]] = solved[1]
            expected = pattern.filled(known)
            if expected is not None and not self.same(expected, unit):
                self.clashes.append(Clash(node, expected, unit, what, pattern.mild))
            sure.update(pattern.letters)
        for node, pattern, unit in pairs:
            expected = pattern.filled(known)
            if unit is not Loose.NUMBER or pattern.number or not sure.issuperset(pattern.letters):
                continue
            if expected and not _sought(expected):
                mild = expected == self.time
                self.clashes.append(Clash(node, expected, Loose.NUMBER, what, mild))
        if any(not clash.mild for clash in self.clashes[before:]):
            return Loose.UNKNOWN
        return _result(rule, known, found)

    def same(self, a: Unit, b: Unit) -> bool:
        """Tell whether two units are the same, or can be where one is looked for."""
        ratio = a / b
        sought = _sought(ratio)
        if not sought:
            return not ratio
        if len(sought) == 1:
            power = ratio.power(sought[0])
            rest = ratio / Unit.of(sought[0]) ** power
            self.solved.setdefault(sought[0], rest ** (-1 / power))
        return True

    def _power(self, base: Expr, exponent: Expr, unit: Found, power: Found) -> Found:
        before = len(self.clashes)
        if isinstance(power, Unit) and not self.same(DIMENSIONLESS, power):
            self.clashes.append(Clash(exponent, DIMENSIONLESS, power, "an exponent"))
        if not isinstance(unit, Unit):
            number = unit is Loose.NUMBER and not isinstance(power, Unit)
            return unit if number or unit is not Loose.NUMBER else DIMENSIONLESS
        if not unit:
            return DIMENSIONLESS
        value = constant(exponent)
        if value is not None and len(self.clashes) == before:
            return unit**value if value else DIMENSIONLESS
        if not _sought(unit):
            self.clashes.append(Clash(base, DIMENSIONLESS, unit, "a power that may change"))
        return Loose.UNKNOWN


def constant(expr: Expr) -> Fraction | None:
    """Return the exponent that numbers alone make, such as 2, -1 or 1/3; None otherwise."""
    sign = 1.0
    while isinstance(expr, Apply) and expr.op is Op.NEG:
        sign, expr = -sign, expr.args[0]
    value = literal(expr)
    if isinstance(expr, Apply) and expr.op is Op.DIV:
        top, bottom = (literal(one) for one in expr.args)
        value = top / bottom if top is not None and bottom else None
    if value is None or not abs(value) <= 1000:
        return None
    return Fraction(sign * value).limit_denominator(1000)


def _from_hint(
    rule: Rule, hint: Unit | None, found: Sequence[Found], known: Mapping[str, Unit]
) -> dict[str, Unit]:
    """Return what a letter is by the unit that is wanted of the value.

    It counts where an argument agrees with it, so that those that do not are the wrong ones; and
    where an argument differs from the value by its rule, as a flow does from its stock.
    """
    solved = rule.result.solved(hint, known) if hint is not None else None
    if solved is None:
        return {}
    given = {**known, solved[0]: solved[1]}
    for pattern, unit in zip(rule.args, found, strict=False):
        if not isinstance(unit, Unit) or solved[0] not in pattern.letters:
            continue
        if pattern.unit != rule.result.unit or pattern.filled(given) == unit:
            return {solved[0]: solved[1]}
    return {}


def _most(rule: Rule, found: Sequence[Found]) -> dict[str, Unit]:
    """Return what a letter is by most of the arguments that stand for it alone, if not by all."""
    alike = [
        unit
        for pattern, unit in zip(rule.args, found, strict=False)
        if isinstance(unit, Unit) and pattern.unit == rule.result.unit
    ]
    if len(alike) < 3 or len(rule.result.letters) != 1:
        return {}
    unit, count = Counter(alike).most_common(1)[0]
    solved = rule.result.solved(unit, {}) if 1 < count < len(alike) else None
    return {} if solved is None or _sought(unit) else {solved[0]: solved[1]}


def _result(rule: Rule, known: Mapping[str, Unit], found: Sequence[Found]) -> Found:
    """Return what a value is in, where the letters in `known` are."""
    result = rule.result
    if result.unit is None:
        return Loose.NUMBER if result.number else Loose.UNKNOWN
    states: dict[str, Loose] = {}
    for pattern, unit in zip(rule.args, found, strict=False):
        for letter in pattern.letters:
            if letter not in known and isinstance(unit, Loose):
                both = unit, states.get(letter, Loose.ANYTHING)
                states[letter] = max(both, key=lambda one: one.value)
    missing = [one for one in result.letters if one not in known]
    worst = {states.get(one, Loose.UNKNOWN) for one in missing}
    if Loose.UNKNOWN in worst:
        return Loose.UNKNOWN
    if missing and (len(missing) == len(result.letters) or Loose.ANYTHING in worst):
        return Loose.NUMBER if Loose.NUMBER in worst else Loose.ANYTHING
    filled = result.filled({**dict.fromkeys(missing, DIMENSIONLESS), **known})
    return Loose.UNKNOWN if filled is None else filled


def _called(node: Apply) -> str:
    if node.op in (Op.MIN, Op.MAX) and node.at < 0:  # of the reader, not of the file
        return "a stock that never falls below zero"
    return "a comparison" if node.op in _COMPARISONS else node.op.value.upper()


def _is_sum(node: Expr) -> bool:
    return isinstance(node, Apply) and node.op in (Op.ADD, Op.SUB, Op.NEG)


def _terms(node: Expr) -> list[Expr]:
    """Return the terms of a sum, those of sums within it too."""
    found, todo = [], [node]
    while todo:
        one = todo.pop()
        if isinstance(one, Apply) and _is_sum(one):
            todo.extend(reversed(one.args))
        else:
            found.append(one)
    return found


def _below(node: Expr) -> Sequence[Expr]:
    match node:
        case Apply() | Call():
            return node.args
        case Lookup():
            return (node.x,)
        case _:
            return ()


def _product(op: Op, a: Found, b: Found) -> Found:
    if Loose.UNKNOWN in (a, b):
        return Loose.UNKNOWN
    if not isinstance(a, Unit) and not isinstance(b, Unit):
        return a if a == b or b is Loose.NUMBER else Loose.ANYTHING
    if a is Loose.ANYTHING or b is Loose.ANYTHING:
        return Loose.ANYTHING
    left = a if isinstance(a, Unit) else DIMENSIONLESS
    right = b if isinstance(b, Unit) else DIMENSIONLESS
    return left * right if op is Op.MUL else left / right


def _sought(unit: Unit) -> list[str]:
    return [name for name, _ in unit.powers if name.startswith(UNKNOWN_MARK)]


def _tame(found: Found) -> Found:
    """Return a unit; one of absurd length or powers, which no model has, is not followed."""
    if isinstance(found, Unit):
        if len(found.powers) > _LONGEST:
            return Loose.UNKNOWN
        for _, power in found.powers:
            if max(abs(power.numerator), power.denominator) > _LARGEST_POWER:
                return Loose.UNKNOWN
    return found


def first_place(expr: Expr) -> int:
    """Return where an expression begins in the text, -1 if that is not known.

    >>> first_place(Apply(Op.MUL, (Ref("a", at=4), Ref("b", at=8)), 6))
    4
    """
    while True:
        if isinstance(expr, Apply) and len(expr.args) > 1 and expr.op not in _CALLED:
            expr = expr.args[0]
            continue
        return -1 if isinstance(expr, Table | Tables | Text) else getattr(expr, "at", -1)


# Primitives that are written as calls.
_CALLED = {Op.WHERE, Op.MIN, Op.MAX, Op.REMAINDER}
