"""What functions may ask for while an equation is taken apart: hidden stocks, memories, arrays."""

from __future__ import annotations

import hashlib
import math
from collections.abc import Callable, Sequence

from sdmodel.dimensions import Dimensions
from sdmodel.errors import near_names
from sdmodel.expr import (
    At,
    Axis,
    Block,
    Const,
    Expr,
    Lookup,
    Op,
    Operand,
    Position,
    Ref,
    Table,
    Tables,
    apply,
    free_axes,
    references,
    walk,
    where,
    wrap,
)
from sdmodel.functions.registry import NOISE_SEED, REGISTRY
from sdmodel.lowering.arrays import MOST_ELEMENTS, Arrays, Region
from sdmodel.lowering.known import Folder, NotANumber
from sdmodel.lowering.parts import Expanded
from sdmodel.names import key, readable
from sdmodel.program import (
    HALF_STEP,
    RUN_NUMBER,
    STEP_NUMBER,
    TIME,
    TIME_STEP,
    Memory,
    Pipeline,
    Statement,
)
from sdmodel.source import SourceModel

MOST_STAGES = 1000
MOST_STAGES_IN_ALL = 50_000  # each has equations of its own
MOST_HIDDEN = 2 * MOST_ELEMENTS


def _remembers(node: Expr) -> bool:
    """Whether a call may change during a run even if its arguments do not."""
    info = REGISTRY.get(key(getattr(node, "function", "")))
    return info is not None and info.changes


class Builder:
    """Is the `Build` that functions see; see `sdmodel.functions.registry.Build`.

    Hidden values get the axes of the call they are made for: those its arguments depend on.
    """

    time = Ref(TIME)
    time_step = Ref(TIME_STEP)
    half_step = Ref(HALF_STEP)
    step_number = Ref(STEP_NUMBER)

    def __init__(self, model: SourceModel, dimensions: Dimensions, arrays: Arrays) -> None:
        self.model, self.dimensions, self.arrays = model, dimensions, arrays
        self.result = Expanded(shapes=dict(arrays.sizes))
        self.variable = ""
        self.at = -1
        self.region = Region()
        self.axes: tuple[Axis, ...] = ()
        self.bound: tuple[Axis, ...] = ()
        self._hidden = 0
        self._stages = 0
        self._draws: dict[str, int] = {}
        self._folder = Folder(self.result, self.define)

    def define(self, name: str) -> None:
        """Expand the equations of a variable, unless that was begun already."""
        raise NotImplementedError

    def problem(self, node: Expr, message: str, cure: str = "", **more: object) -> None:
        """Report what is wrong in the present equation, once."""
        at = getattr(node, "at", -1)
        found = self.model.source.problem(
            at if at >= 0 else self.at,
            f"in the equation of {readable(self.variable)!r}: {message}",
            variable=self.variable,
            cure=cure,
            kind=str(more.get("kind", "definition")),
            name=str(more.get("name", "")),
            near=more.get("near", ()),  # type: ignore[arg-type]
        )
        # A function may ask for the same table several times.
        if found not in self.result.problems[-20:]:
            self.result.problems.append(found)

    def refuse(self, value: Expr, reason: str, cure: str) -> Expr:
        """See `Build.refuse`."""
        self.problem(value, reason, cure, kind="unsupported")
        return Const(0.0)

    def setting(self, number: int) -> str:
        """See `Build.setting`; lines are ``number:value``."""
        begin = f"{number}:"
        lines = self.model.settings.splitlines()
        return next((one[len(begin) :].strip() for one in lines if one.startswith(begin)), "")

    # Hidden values ------------------------------------------------------------------------------

    def hidden(self, what: str) -> str:
        """Return a name that no file can contain, with the axes of the present call."""
        name = f"#{len(self.result.owner)} {what} in {self.variable}"
        self.result.owner[name] = self.variable
        if self.axes:
            self.result.shapes[name] = tuple(axis.size for axis in self.axes)
        before = self._hidden
        self._hidden += math.prod(axis.size for axis in self.axes)
        if before <= MOST_HIDDEN < self._hidden:
            reason = f"what functions need for themselves comes to over {MOST_HIDDEN:,} values here"
            self.problem(Const(0.0), reason, "use shorter ranges, or delays of a lower order")
        return name

    def _ref(self, name: str) -> Ref:
        return Ref(name, where=self._full())

    def _full(self) -> tuple[At, ...]:
        return tuple(At(axis, range(axis.size)) for axis in self.axes)

    def _statement(self, name: str, value: Operand) -> Statement:
        return Statement(name, wrap(value), self.variable, axes=self.axes, where=self._full())

    def stock(self, initial: Operand) -> Ref:
        """See `Build.stock`."""
        name = self.hidden("level")
        self.result.initials[name] = [self._statement(name, initial)]
        self.result.rates[name] = [self._statement(name, 0.0)]
        return self._ref(name)

    def flow(self, stock: Ref, rate: Operand) -> None:
        """See `Build.flow`."""
        self.result.rates[stock.name] = [self._statement(stock.name, rate)]

    def auxiliary(self, value: Operand) -> Ref:
        """See `Build.auxiliary`."""
        name = self.hidden("value")
        self.result.equations[name] = [self._statement(name, value)]
        return self._ref(name)

    def at_start(self, value: Operand) -> Ref:
        """See `Build.at_start`."""
        name = self.hidden("initial value")
        self.result.initials[name] = [self._statement(name, value)]
        self.result.held.add(name)
        return self._ref(name)

    def starting_with(self, initial: Operand, value: Operand) -> Ref:
        """See `Build.starting_with`."""
        ref = self.auxiliary(value)
        self.result.initials[ref.name] = [self._statement(ref.name, initial)]
        return ref

    def memory(self, initial: Operand) -> Ref:
        """See `Build.memory`."""
        name = self.hidden("memory")
        self.result.initials[name] = [self._statement(name, initial)]
        return self._ref(name)

    def remember(self, memory: Ref, value: Operand) -> None:
        """See `Build.remember`."""
        source = self.auxiliary(value)
        self.result.memories.append(Memory(memory.name, source.name, self.variable))

    def pipeline(self, value: Operand, delay: Operand, initial: Operand) -> Ref:
        """See `Build.pipeline`."""
        name, source = self.hidden("pipeline"), self.auxiliary(value)
        self.result.initials[name] = [self._statement(name, initial)]
        first, length = self.at_start(self._ref(name)), self.at_start(delay)
        self.result.pipelines.append(
            Pipeline(name, source.name, length.name, first.name, self.variable)
        )
        return self._ref(name)

    def draw(self, seed: Operand) -> Ref:
        """See `Build.draw`; every element has a stream of its own."""
        folded = key(self.variable)
        number = self._draws[folded] = self._draws.get(folded, 0) + 1
        digest = hashlib.blake2b(f"{folded} {number}".encode(), digest_size=6).digest()
        stream: Expr = Const(float(int.from_bytes(digest, "big")))
        stride = 1
        for size, place in zip(
            reversed(self._own_sizes()), reversed(self.region.where), strict=False
        ):
            element = Position(place) if place.axis is not None else Const(place.places[0] + 1.0)
            stream = stream + stride * (element - 1)
            stride *= size
        given = wrap(seed)
        if NOISE_SEED in self.model.by_key:
            given = where(apply(Op.EQ, given, 0), Ref(NOISE_SEED), given)
        return self.auxiliary(apply(Op.DRAW, given, stream, self.step_number, Ref(RUN_NUMBER)))

    def _own_sizes(self) -> tuple[int, ...]:
        return self.arrays.sizes.get(key(self.variable), ())

    # Arrays -------------------------------------------------------------------------------------

    def count(self, range_: Expr) -> int:
        """See `Build.count`."""
        name = range_.name if isinstance(range_, Ref) else ""
        if isinstance(range_, Position):
            return len(range_.where.places)
        if not self.dimensions.is_range(name):
            near = near_names(name, self.dimensions.names)
            self.problem(
                range_, "ELMCOUNT counts the elements of a range", "name a range", near=near
            )
            return 0
        return len(self.dimensions.elements(name))

    def elements(self, array: Expr) -> int:
        """See `Build.elements`."""
        assert isinstance(array, Ref)
        return math.prod(self.result.shapes.get(array.name, ()))

    def width(self, array: Ref) -> int:
        """See `Build.width`."""
        return self.result.shapes[array.name][-1]

    def last_axes(self, array: Expr, count: int) -> tuple[Ref, tuple[Axis, ...]] | None:
        """See `Build.last_axes`."""
        if not isinstance(array, Ref) or len(array.where) < count:
            return None
        found: list[Axis] = []
        places = list(array.where)
        for i in range(len(places) - count, len(places)):
            axis = places[i].axis
            if axis is None:  # the first element stands for it and those behind it
                first = places[i].places[0]
                size = self.result.shapes[array.name][i] - first
                axis = Axis(1000 + self._fresh(), size)
                places[i] = At(axis, range(first, first + size))
            found.append(axis)
        return Ref(array.name, (), array.at, tuple(places)), tuple(found)

    _axis_count = 0

    def _fresh(self) -> int:
        self._axis_count += 1
        return self._axis_count

    def array(self, value: Expr, along: Sequence[Axis]) -> Ref:
        """See `Build.array`."""
        outer = tuple(axis for axis in free_axes(value) if axis not in along)
        return self._laid_out(value, (*outer, *along))

    def _laid_out(self, value: Expr, axes: tuple[Axis, ...]) -> Ref:
        before, self.axes = self.axes, axes
        ref = self.auxiliary(value)
        self.axes = before
        return ref

    def block(
        self,
        function: str,
        args: Sequence[tuple[Expr, Sequence[Axis]]],
        result: Sequence[Axis],
    ) -> Ref:
        """See `Build.block`."""
        inner = {axis for _, along in args for axis in along} | set(result)
        free = free_axes(*(arg for arg, _ in args))
        outer = tuple(axis for axis in free if axis not in inner)
        whole = [self._laid_out(arg, (*outer, *along)) for arg, along in args]
        before, self.axes = self.axes, (*outer, *result)
        name = self.hidden(function)
        ref = self._ref(name)
        self.axes = before
        value = Block(function, tuple(whole), math.prod(axis.size for axis in outer))
        self.result.equations[name] = [Statement(name, value, self.variable)]
        return ref

    # Lookups ------------------------------------------------------------------------------------

    def table(self, value: Expr) -> Table:
        """See `Build.table`."""
        found = self._tables(value)
        if isinstance(found, Tables):
            self.problem(value, "a subscripted lookup cannot stand here", "use one table")
            return Table((0.0,), (0.0,))
        return found

    def _tables(self, value: Expr) -> Table | Tables:
        if isinstance(value, Table):
            return value
        if isinstance(value, Lookup) and isinstance(value.x, Ref) and value.x.name == TIME:
            return value.table  # a data variable
        if isinstance(value, Ref):
            variable = self.model.by_key.get(key(value.name))
            if variable is not None and variable.table is not None:
                return self.arrays.table(variable.key)
        tables = [v.name for v in self.model.variables if v.table is not None]
        name = value.name if isinstance(value, Ref) else "this expression"
        self.problem(
            value,
            f"{name!r} is no lookup",
            f"give one of: {', '.join(tables[:5])}" if tables else "define a lookup first",
            near=near_names(name, tables),
        )
        return Table((0.0,), (0.0,))

    def read(
        self, lookup: Expr, x: Operand, mode: str, change: Callable[[Table], Table] | None = None
    ) -> Expr:
        """See `Build.read`."""
        found = self._tables(lookup)
        if isinstance(found, Table):
            return Lookup(change(found) if change else found, wrap(x), mode)
        if change:
            found = Tables(tuple(None if one is None else change(one) for one in found.tables))
        assert isinstance(lookup, Ref)
        return Lookup(found, wrap(x), mode, -1, lookup.where, self.result.shapes[lookup.name])

    # Numbers known before the run ---------------------------------------------------------------

    def stages(self, order: Expr, delay: Expr) -> int:
        """See `Build.stages`; what was read to find the number is then structural."""
        try:
            value = self._folder.fold(order)
        except NotANumber as error:
            if str(error):
                reason = f"the order of a delay must be known before the run, but {error}"
                self.problem(order, reason, "write the order as a number or a constant")
            return 1
        if not value <= MOST_STAGES:
            reason = f"a delay has at most {MOST_STAGES} stages, not {value:g}"
            self.problem(order, reason, "use a smaller order, or DELAY FIXED for a sharp delay")
            return 1
        wanted = max(1, int(value + 0.5)) if value > 0 else 1
        fixed = set(self.result.structural)
        try:
            step = self._folder.fold(self.time_step)
            most = max(1, int(self._folder.fold(delay) / step + 1e-6))
        except (NotANumber, ArithmeticError, ValueError):
            most = wanted
        if most >= wanted:  # nothing was decided by the delay time
            self.result.structural.clear()
            self.result.structural.update(fixed)
        stages = min(wanted, most)
        before = self._stages
        self._stages += stages
        if before <= MOST_STAGES_IN_ALL < self._stages:
            reason = f"the delays of this model have over {MOST_STAGES_IN_ALL:,} stages together"
            self.problem(order, reason, "use smaller orders, or DELAY FIXED for sharp delays")
        return stages if self._stages <= MOST_STAGES_IN_ALL else 1

    def known(self, value: Expr, what: str) -> float | None:
        """See `Build.known`."""
        try:
            return self._folder.fold(value)
        except NotANumber as error:
            if str(error):
                reason = f"{what} must be known before the run, but {error}"
                self.problem(value, reason, "write it as a number or a constant")
            return None

    def possible(self, value: Expr) -> set[float]:
        """See `Build.possible`."""
        return self._folder.possible(value)

    def varies(self, value: Expr) -> bool:
        """See `Build.varies`."""
        seen: set[str] = set()
        todo = [ref.name for ref in references(value)]
        result = self.result
        while todo:
            name = todo.pop()
            if name in seen or name in result.held:
                continue
            seen.add(name)
            if name in result.rates or name in result.initials or name in (TIME, STEP_NUMBER):
                return True
            if name in result.equations:
                parts = result.equations[name]
                todo += [ref.name for one in parts for ref in references(one.value)]
                continue
            for entry in self.model.entries.get(name, ()):
                if entry.data and entry.table is not None:
                    return True
                if entry.equation is not None:
                    todo += [key(ref.name) for ref in references(entry.equation)]
                    if any(_remembers(node) for node in walk(entry.equation)):
                        return True
        return False
