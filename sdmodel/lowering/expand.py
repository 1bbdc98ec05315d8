"""First pass: every call becomes primitives, hidden stocks and memories."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from dataclasses import dataclass, field
from typing import TypeGuard

from sdmodel.errors import Problem, near_names
from sdmodel.expr import (
    Apply,
    Call,
    Const,
    Expr,
    Lookup,
    Op,
    Operand,
    Ref,
    Table,
    apply,
    literal,
    references,
    rewrite,
    substitute,
    walk,
    where,
    wrap,
)
from sdmodel.functions.registry import NOISE_SEED, REGISTRY, FunctionInfo, call
from sdmodel.names import key
from sdmodel.primitives import evaluate
from sdmodel.program import (
    HALF_STEP,
    INITIAL_TIME,
    RUN_NUMBER,
    STEP_NUMBER,
    TIME,
    TIME_STEP,
    Memory,
    Pipeline,
)
from sdmodel.source import SourceModel, Variable

DEEPEST = 40  # definitions followed to find the order of a delay
MOST_STAGES = 1000


def _remembers(node: Expr) -> bool:
    """Whether a call may change during a run even if its arguments do not."""
    if not isinstance(node, Call):
        return False
    info = REGISTRY.get(key(node.function))
    return info is not None and info.changes


def _calls(equation: Expr, function: str) -> TypeGuard[Call]:
    return isinstance(equation, Call) and key(equation.function) == function


class NotANumber(ValueError):
    """The value that decides a structure is not known before the run."""


@dataclass
class Expanded:
    """All equations in primitives: what is computed, in no order yet.

    `equations` and `rates` hold what changes; `initials` what a stock, memory, held value or
    ACTIVE INITIAL is at the start.
    """

    equations: dict[str, Expr] = field(default_factory=dict)
    rates: dict[str, Expr] = field(default_factory=dict)
    initials: dict[str, Expr] = field(default_factory=dict)
    held: set[str] = field(default_factory=set)
    memories: list[Memory] = field(default_factory=list)
    pipelines: list[Pipeline] = field(default_factory=list)
    owner: dict[str, str] = field(default_factory=dict)
    structural: set[str] = field(default_factory=set)
    memory_users: list[tuple[str, str]] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)


class Expander:
    """Takes the equations apart one by one; is the `Build` that functions see."""

    time = Ref(TIME)
    time_step = Ref(TIME_STEP)
    half_step = Ref(HALF_STEP)
    step_number = Ref(STEP_NUMBER)

    def __init__(self, model: SourceModel) -> None:
        self.model, self.result = model, Expanded()
        self.variable = ""
        self.at = -1
        self._begun: set[str] = set()
        self._followed: list[str] = []
        self._draws: dict[str, int] = {}

    def run(self) -> Expanded:
        """Expand every equation of the model."""
        for variable in self.model.by_key.values():
            self._define(variable)
        return self.result

    def _define(self, variable: Variable) -> None:
        """Expand the equation of a variable, unless that was begun already."""
        equation = variable.equation
        if equation is None or variable.key in self._begun:
            return
        self._begun.add(variable.key)
        outer = self.variable, self.at
        self.variable = variable.name
        if _calls(equation, "integ"):
            self._stock(variable, equation)
        elif _calls(equation, "sample if true"):
            self._sample(variable, equation)
        else:
            self._set(variable.key, self.expand(equation))
        self.variable, self.at = outer

    def _set(self, name: str, value: Expr) -> None:
        self.result.equations[name] = value
        self.result.owner[name] = self.variable

    def _stock(self, variable: Variable, equation: Call) -> None:
        if len(equation.args) != 2:
            reason = "INTEG takes a rate and an initial value"
            self._refuse(equation, reason, "write INTEG(rate, initial value)")
            self._set(variable.key, Const(0.0))
            return
        rate, initial = (self.expand(arg) for arg in equation.args)
        self.result.rates[variable.key] = rate
        self.result.initials[variable.key] = initial
        self.result.owner[variable.key] = variable.name

    def _sample(self, variable: Variable, equation: Call) -> None:
        """Inside its own SAMPLE IF TRUE a variable means the value it had one step before.

        The largest value so far is written that way (Vensim Reference Manual, SAMPLE IF TRUE).
        """
        value = self.expand(equation)
        self._set(variable.key, value)
        if isinstance(value, Ref) and self.result.memories:
            last = {variable.key: Ref(self.result.memories[-1].name)}
            now = self.result.equations[value.name]
            self.result.equations[value.name] = substitute(now, last)

    def _refuse(self, node: Expr, message: str, cure: str = "", **more: object) -> None:
        found = self.model.source.problem(
            node.at if node.at >= 0 else self.at,
            f"in the equation of {self.variable!r}: {message}",
            variable=self.variable,
            cure=cure,
            kind=str(more.get("kind", "definition")),
            name=str(more.get("name", "")),
            near=more.get("near", ()),  # type: ignore[arg-type]
        )
        # A function may ask for the same table several times.
        if found not in self.result.problems:
            self.result.problems.append(found)

    def expand(self, expr: Expr) -> Expr:
        """Return the expression in primitives."""
        return rewrite(expr, self._node)

    def _node(self, node: Expr) -> Expr:
        match node:
            case Ref():
                return Ref(key(node.name), (), node.at)
            case Call():
                self.at = node.at
                return self._call(node)
            case _:
                return node

    def _call(self, node: Call) -> Expr:
        called = self.model.by_key.get(key(node.function))
        if called is not None and called.table is not None:
            if len(node.args) != 1:
                reason = f"the lookup {called.name!r} is read at one value"
                self._refuse(node, reason, f"write {called.name}(x)")
                return Const(0.0, node.at)
            return Lookup(called.table, node.args[0], at=node.at)
        info = REGISTRY.get(key(node.function))
        if info is None or not self._arguments_fit(node, info):
            return Const(0.0, node.at)  # reported already
        if info.memory:
            self.result.memory_users.append((self.variable, info.name))
        return wrap(call(info, self, node.args))

    def _arguments_fit(self, node: Call, info: FunctionInfo) -> bool:
        if info.least <= len(node.args) <= info.most:
            return True
        count = len(node.args)
        self._refuse(
            node,
            f"{info.name} is given {count} argument{'s' * (count != 1)}",
            f"write {info.signature}",
        )
        return False

    def refuse(self, value: Expr, reason: str, cure: str) -> Expr:
        """See `Build.refuse`."""
        self._refuse(value, reason, cure, kind="unsupported")
        return Const(0.0)

    # What functions may ask for -----------------------------------------------------------------

    def _hidden(self, what: str) -> str:
        name = f"#{len(self.result.owner)} {what} in {self.variable}"
        self.result.owner[name] = self.variable
        return name

    def stock(self, initial: Operand) -> Ref:
        """See `Build.stock`."""
        name = self._hidden("level")
        self.result.initials[name] = wrap(initial)
        self.result.rates[name] = Const(0.0)
        return Ref(name)

    def flow(self, stock: Ref, rate: Operand) -> None:
        """See `Build.flow`."""
        self.result.rates[stock.name] = wrap(rate)

    def auxiliary(self, value: Operand) -> Ref:
        """See `Build.auxiliary`."""
        name = self._hidden("value")
        self.result.equations[name] = wrap(value)
        return Ref(name)

    def at_start(self, value: Operand) -> Ref:
        """See `Build.at_start`."""
        name = self._hidden("initial value")
        self.result.initials[name] = wrap(value)
        self.result.held.add(name)
        return Ref(name)

    def starting_with(self, initial: Operand, value: Operand) -> Ref:
        """See `Build.starting_with`."""
        ref = self.auxiliary(value)
        self.result.initials[ref.name] = wrap(initial)
        return ref

    def memory(self, initial: Operand) -> Ref:
        """See `Build.memory`."""
        name = self._hidden("memory")
        self.result.initials[name] = wrap(initial)
        return Ref(name)

    def remember(self, memory: Ref, value: Operand) -> None:
        """See `Build.remember`."""
        source = self.auxiliary(value)
        self.result.memories.append(Memory(memory.name, source.name, self.variable))

    def pipeline(self, value: Operand, delay: Operand, initial: Operand) -> Ref:
        """See `Build.pipeline`."""
        name, source = self._hidden("pipeline"), self.auxiliary(value)
        self.result.initials[name] = wrap(initial)
        first, length = self.at_start(Ref(name)), self.at_start(delay)
        self.result.pipelines.append(
            Pipeline(name, source.name, length.name, first.name, self.variable)
        )
        return Ref(name)

    def stages(self, order: Expr, delay: Expr) -> int:
        """See `Build.stages`; what was read to find the number is then structural."""
        try:
            value = self._fold(order)
        except NotANumber as error:
            if str(error):
                reason = f"the order of a delay must be known before the run, but {error}"
                self._refuse(order, reason, "write the order as a number or a constant")
            return 1
        if not value <= MOST_STAGES:
            reason = f"a delay has at most {MOST_STAGES} stages, not {value:g}"
            self._refuse(order, reason, "use a smaller order, or DELAY FIXED for a sharp delay")
            return 1
        wanted = max(1, int(value + 0.5)) if value > 0 else 1
        fixed = set(self.result.structural)
        try:
            most = max(1, int(self._fold(delay) / self._fold(self.time_step) + 1e-6))
        except (NotANumber, ArithmeticError, ValueError):
            most = wanted
        if most >= wanted:  # nothing was decided by the delay time
            self.result.structural = fixed
        return min(wanted, most)

    def known(self, value: Expr, what: str) -> float | None:
        """See `Build.known`."""
        try:
            return self._fold(value)
        except NotANumber as error:
            if str(error):
                reason = f"{what} must be known before the run, but {error}"
                self._refuse(value, reason, "write it as a number or a constant")
            return None

    def draw(self, seed: Operand) -> Ref:
        """See `Build.draw`."""
        folded = key(self.variable)
        number = self._draws[folded] = self._draws.get(folded, 0) + 1
        digest = hashlib.blake2b(f"{folded} {number}".encode(), digest_size=6).digest()
        stream = float(int.from_bytes(digest, "big"))
        given = wrap(seed)
        if NOISE_SEED in self.model.by_key:
            given = where(apply(Op.EQ, given, 0), Ref(NOISE_SEED), given)
        return self.auxiliary(apply(Op.DRAW, given, stream, self.step_number, Ref(RUN_NUMBER)))

    def read(
        self, lookup: Expr, x: Operand, mode: str, change: Callable[[Table], Table] | None = None
    ) -> Expr:
        """See `Build.read`."""
        table = self.table(lookup)
        return Lookup(change(table) if change else table, wrap(x), mode)

    def varies(self, value: Expr) -> bool:
        """See `Build.varies`."""
        seen: set[str] = set()
        todo = [ref.name for ref in references(value)]
        while todo:
            name = todo.pop()
            if name in seen or name in self.result.held:
                continue
            seen.add(name)
            known = self.model.by_key.get(name)
            if (
                name in self.result.rates
                or name in self.result.initials
                or name in (TIME, STEP_NUMBER)
            ):
                return True
            if name in self.result.equations:
                todo += [ref.name for ref in references(self.result.equations[name])]
            elif known is not None and known.equation is not None:
                todo += [key(ref.name) for ref in references(known.equation)]
                if any(_remembers(node) for node in walk(known.equation)):
                    return True
        return False

    def _fold(self, value: Expr) -> float:
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
                    return Const(self._start_value(node.name))
                case _:
                    raise NotANumber("it depends on a lookup")

        return number(rewrite(value, change))

    def _start_value(self, name: str) -> float:
        if name in self._followed:
            raise NotANumber("its definition is circular")
        if len(self._followed) >= DEEPEST:
            raise NotANumber("its definition is too long a chain")
        self._followed.append(name)
        try:
            return self._fold(self._at_start(name))
        finally:
            self._followed.pop()

    def _at_start(self, name: str) -> Expr:
        """Return what a name stands for while initial values are computed."""
        if name in (TIME, HALF_STEP):
            return Ref(INITIAL_TIME) if name == TIME else Const(0.0)
        variable = self.model.by_key.get(name)
        if variable is not None and variable.equation is not None:
            if _calls(variable.equation, "integ"):
                raise NotANumber(f"it depends on the stock {variable.name!r}")
            if literal(variable.equation) is not None:
                self.result.structural.add(name)
            self._define(variable)
        value = self.result.initials.get(name) or self.result.equations.get(name)
        if value is None:  # still being defined, or reported already because nobody defines it
            raise NotANumber("its definition is circular" if name in self._begun else "")
        return value

    def table(self, value: Expr) -> Table:
        """See `Build.table`."""
        if isinstance(value, Table):
            return value
        if isinstance(value, Ref):
            variable = self.model.by_key.get(key(value.name))
            if variable is not None and variable.table is not None:
                return variable.table
        tables = [v.name for v in self.model.variables if v.table is not None]
        name = value.name if isinstance(value, Ref) else "this expression"
        self._refuse(
            value,
            f"{name!r} is no lookup",
            f"give one of: {', '.join(tables[:5])}" if tables else "define a lookup first",
            near=near_names(name, tables),
        )
        return Table((0.0,), (0.0,))
