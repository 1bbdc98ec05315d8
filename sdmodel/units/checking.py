"""Every equation of a model, compared with the units that its variables declare."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from dataclasses import dataclass, field

from sdmodel.expr import Call, Const, Expr, Ref, literal, walk
from sdmodel.lowering.macros import expand_macros
from sdmodel.names import key, readable
from sdmodel.program import CONTROL, TIME, TIME_STEP
from sdmodel.source import SourceModel, Variable
from sdmodel.units.algebra import Unit
from sdmodel.units.cures import EXPONENT, NUMBER, cure_for
from sdmodel.units.expressions import (
    UNKNOWN_MARK,
    Clash,
    Found,
    Loose,
    Reader,
    first_place,
)
from sdmodel.units.findings import MISMATCH, MISSING, SUSPICIOUS, SYNTAX, UnitFinding, UnitReport
from sdmodel.units.names import UnitNames
from sdmodel.units.reading import UnitError


def check_units(model: SourceModel) -> UnitReport:
    """Return everything that is wrong with the units of a model.

    Macros are checked call by call, with the units of what is given to them; what their variables
    declare inside of the macro is not read, for it is the same for every call. Subscripts play no
    part: all elements of a variable have its units.

    Examples
    --------
    >>> from sdmodel.frontends.mdl import parse
    >>> from sdmodel.source import SourceText
    >>> text = "TIME STEP=1 ~Year~| stock=INTEG(flow, 5) ~kg~| flow=stock/10 ~kg~|"
    >>> report = check_units(parse(SourceText("m.mdl", text)))
    >>> [(one.variable, one.column, one.actual, one.expected) for one in report.mismatches]
    [('stock', 33, 'kg', 'kg/Year')]
    """
    return _Check(model).run()


@dataclass
class _Check:
    model: SourceModel
    found: list[UnitFinding] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.names = UnitNames(self.model.unit_definitions)
        flat = expand_macros(self.model)
        self.entries = flat.entries
        self.ranges = {one.key for one in flat.dimensions}
        self.ranges |= {key(element) for one in flat.dimensions for element in one.elements}
        self.lookups = {
            name
            for name, entries in self.entries.items()
            if any(one.lookup or (one.table is not None and not one.data) for one in entries)
        }
        self.declared: dict[str, Unit] = {}
        self.inferred: dict[str, Unit] = {}
        self.time: Unit | None = None
        self.places = _places(flat)

    def run(self) -> UnitReport:
        """Read all units, infer what is missing, and check."""
        for one, error in self.names.wrong:
            self._add(SYNTAX, one.name, one.at, f"unit {one.name!r}: {error.message}", error.cure)
        for name, entries in self.entries.items():
            self._declare(name, entries)
        clocks = (TIME_STEP, *CONTROL)
        self.time = next((self.declared[one] for one in clocks if one in self.declared), None)
        self._controls()
        self._infer()
        checked = total = 0
        for variable, equation in self._equations():
            total += 1
            checked += self._check(variable, equation)
        self._missing()
        self._slips()
        ordered = sorted(dict.fromkeys(self.found), key=lambda one: (one.line, one.column))
        return UnitReport(tuple(ordered), total, checked, self.model.source.path)

    def _equations(self) -> Iterator[tuple[Variable, Expr]]:
        for entries in self.entries.values():
            for one in entries:
                if one.equation is not None:
                    yield one, one.equation

    # Declared units -----------------------------------------------------------------------------

    def _declare(self, name: str, entries: tuple[Variable, ...]) -> None:
        if name.startswith("#"):
            return
        for one in entries:
            if not one.units:
                continue
            try:
                unit = self.names.read(one.units)
            except UnitError as error:
                at = one.units_at + error.at if one.units_at >= 0 else one.at
                message = f"in the units of {one.name!r}: {error.message}"
                self._add(SYNTAX, one.name, at, message, error.cure, actual=one.units)
                continue
            known = self.declared.setdefault(name, unit)
            if known != unit:
                message = f"{one.name!r} is declared in {self._spell(known)} elsewhere"
                cure = "all elements of a variable have the same units"
                self._add(
                    MISMATCH, one.name, one.units_at, message, cure,
                    self._spell(known), self._spell(unit),
                )  # fmt: skip
            if " per " in f" {one.units.casefold()} ":
                message = f"in the units of {one.name!r}: 'per' is read as part of a name"
                self._add(SUSPICIOUS, one.name, one.units_at, message, "write / for it")

    def _controls(self) -> None:
        for name in CONTROL:
            unit = self.declared.get(name)
            if self.time is None or unit is None or unit == self.time:
                continue
            one = self.entries[name][0]
            message = f"{one.name!r} is in {self._spell(unit)}, TIME STEP in "
            message += self._spell(self.time)
            cure = "all four have the model's unit of time"
            at = one.units_at if one.units_at >= 0 else one.at
            self._add(
                MISMATCH, one.name, at, message, cure, self._spell(self.time), self._spell(unit)
            )

    def _unit_of(self, name: str) -> Found:
        if name == TIME or (name in CONTROL and name not in self.declared):
            return self.time if self.time is not None else Loose.UNKNOWN
        unit = self.declared.get(name, self.inferred.get(name))
        if unit is None and name not in self.entries and name.removesuffix("!") in self.ranges:
            return Loose.NUMBER  # a range as the number of the present element
        return Loose.UNKNOWN if unit is None else unit

    # Inference ----------------------------------------------------------------------------------

    def _infer(self) -> None:
        """Find missing units: each from an equation in which no other is missing.

        A variable's own equation comes first, so that what uses it wrongly is what is told.
        """
        uses: dict[str, list[int]] = {}
        equations = list(self._equations())
        unknown: list[set[str]] = []
        for place, (variable, equation) in enumerate(equations):
            mentioned = {variable.key, *_mentioned(equation)}
            lacking = {one for one in mentioned if self._lacks(one)}
            unknown.append(lacking)
            for one in lacking:
                uses.setdefault(one, []).append(place)
        own, others = deque[int](), deque[int]()

        def ready(place: int) -> None:
            if len(unknown[place]) == 1:
                (own if equations[place][0].key in unknown[place] else others).append(place)

        for place in range(len(equations)):
            ready(place)
        while own or others:
            place = own.popleft() if own else others.popleft()
            if len(unknown[place]) != 1:
                continue
            (name,) = unknown[place]
            unit = self._solve(name, *equations[place])
            if unit is None:
                continue
            self.inferred[name] = unit
            for other in uses[name]:
                unknown[other].discard(name)
                ready(other)

    def _lacks(self, name: str) -> bool:
        return name in self.entries and name not in CONTROL and name not in self.declared

    def _solve(self, name: str, variable: Variable, equation: Expr) -> Unit | None:
        mark = UNKNOWN_MARK + name
        sought = Unit.of(mark)

        def unit_of(one: str) -> Found:
            return sought if one == name else self._unit_of(one)

        reader = Reader(unit_of, self.lookups.__contains__, self.time)
        own = unit_of(variable.key)
        wanted = own if isinstance(own, Unit) and own is not sought else None
        found = reader.read(equation, wanted)
        if isinstance(own, Unit) and isinstance(found, Unit):
            reader.same(own, found)
        return None if any(not one.mild for one in reader.clashes) else reader.solved.get(mark)

    # Checking -----------------------------------------------------------------------------------

    def _check(self, variable: Variable, equation: Expr) -> bool:
        """Check one equation; return whether both of its sides are known."""
        own = self._unit_of(variable.key)
        wanted = own if isinstance(own, Unit) else None
        reader = Reader(self._unit_of, self.lookups.__contains__, self.time)
        found = reader.read(equation, wanted)
        for clash in reader.clashes:
            self._clash(variable, equation, clash)
        if wanted is None or not isinstance(found, Unit):
            return wanted is not None and found in (Loose.NUMBER, Loose.ANYTHING)
        if found != wanted:
            self._clash(variable, equation, Clash(equation, wanted, found))
        return True

    def _clash(self, variable: Variable, equation: Expr, clash: Clash) -> None:
        shown = readable(variable.name)
        expected = self._spell(clash.expected)
        what = _shown(clash.node)
        what_needs = f"{clash.what} needs" if clash.what else f"{shown!r} is in"
        needs = f"but {what_needs} {expected}"
        if isinstance(clash.actual, Unit):
            actual = self._spell(clash.actual)
            message = f"in the equation of {shown!r}: {what} is in {actual}, {needs}"
            cure = cure_for(clash.expected, clash.actual, self.time, self.names)
            if clash.what == "a power that may change":
                cure = EXPONENT.format(actual)
        else:
            actual, cure = "a number", NUMBER
            message = f"in the equation of {shown!r}: {what} has no units, {needs}"
        named = dict.fromkeys((variable.key, *_mentioned(equation)))
        guessed = [one for one in named if one in self.inferred]
        if guessed:
            names = [readable(self.entries[one][0].name) for one in guessed[:3]]
            message += f" (the units of {', '.join(map(repr, names))} are inferred)"
        at = first_place(clash.node)
        at = at if at >= 0 else variable.at
        at = at if at >= 0 else self.places.get(variable.key, -1)
        # Without any declared unit there is nothing that the modeler has said to contradict.
        said = any(one in self.declared and one not in CONTROL for one in named)
        kind = MISMATCH if said and not clash.mild else SUSPICIOUS
        self._add(kind, shown, at, message, cure, expected, actual)

    def _missing(self) -> None:
        for name, entries in self.entries.items():
            one = entries[0]
            unreadable = any(entry.units for entry in entries)
            if name in self.declared or name.startswith("#") or unreadable:
                continue
            if name in CONTROL and (self.time is not None or name != TIME_STEP):
                continue
            implied = self.inferred.get(name)
            expected = "" if implied is None else self._spell(implied)
            cure = f"declare {expected}" if expected else "declare them; Dmnl for what has none"
            message = f"{one.name!r} has no units"
            message += f"; its equations imply {expected}" if expected else ""
            self._add(MISSING, one.name, one.at, message, cure, expected)

    def _slips(self) -> None:
        """Name units that are written once and look like others."""
        for slip, near in self.names.slips():
            for one in (entry for entries in self.entries.values() for entry in entries):
                if slip.casefold() in one.units.casefold() and not one.name.startswith("#"):
                    message = f"in the units of {one.name!r}: {slip!r} is used once only"
                    cure = f"did you mean {near[0]!r}?"
                    self._add(SUSPICIOUS, one.name, one.units_at, message, cure, near[0], slip)
                    break

    # Saying it ----------------------------------------------------------------------------------

    def _spell(self, unit: Unit) -> str:
        return self.names.spell(unit)

    def _add(
        self,
        kind: str,
        variable: str,
        at: int,
        message: str,
        cure: str,
        expected: str = "",
        actual: str = "",
    ) -> None:
        source = self.model.source
        line, column = source.place(at) if at >= 0 else (0, 0)
        text = source.line(line) if line else ""
        self.found.append(
            UnitFinding(
                kind, variable, message, expected, actual, source.path, line, column, text, cure
            )
        )


def _mentioned(equation: Expr) -> Iterator[str]:
    """Yield the keys of the variables and lookups that an equation names."""
    for node in walk(equation):
        if isinstance(node, Ref):
            yield key(node.name)
        elif isinstance(node, Call):
            yield key(node.function)


def _shown(node: Expr) -> str:
    """Return a part of an equation in a few words."""
    match node:
        case Ref():
            return repr(readable(node.name))
        case Call():
            return f"{node.function}(...)"
        case Const():
            return f"the number {node.value:g}"
        case _:
            value = literal(node)
            return "this expression" if value is None else f"the number {value:g}"


def _places(model: SourceModel) -> dict[str, int]:
    """Return for each hidden variable the place of a call that it comes from, by key."""
    found: dict[str, int] = {}
    for one in model.variables:
        if one.equation is not None:
            for node in walk(one.equation):
                if isinstance(node, Ref) and node.name.startswith("#"):
                    at = node.at if node.at >= 0 else one.at
                    found.setdefault(key(node.name.partition(" > ")[0]), at)
    return {
        one.key: found.get(key(one.name.partition(" > ")[0]), -1)
        for one in model.variables
        if one.name.startswith("#")
    }
