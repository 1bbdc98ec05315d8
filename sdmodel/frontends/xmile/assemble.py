"""Drafts to variables: every equation parsed, stocks integrated, limits put in."""

from __future__ import annotations

import math
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from functools import cached_property
from itertools import islice, product

from sdmodel.expr import Apply, Call, Const, Expr, Lookup, Op, Ref, references
from sdmodel.frontends.xmile import conveyors, stocks
from sdmodel.frontends.xmile.directory import Directory
from sdmodel.frontends.xmile.entries import Draft, Part
from sdmodel.frontends.xmile.equations import Equation
from sdmodel.frontends.xmile.markup import Element
from sdmodel.frontends.xmile.report import Report
from sdmodel.frontends.xmile.variables import about, tables, variable
from sdmodel.names import key
from sdmodel.source import Variable


@dataclass(slots=True)
class _Parsed:
    """A part with its equation; that of a stock is its initial value."""

    part: Part
    scope: Equation
    value: Expr | None = None


@dataclass
class Assembly:
    """Makes the variables of a model or of one macro."""

    directory: Directory
    report: Report
    parsed: dict[str, list[_Parsed]] = field(default_factory=dict)
    conveyors: dict[str, list[conveyors.Conveyor]] = field(default_factory=dict)
    replaced: dict[str, list[tuple[tuple[str, ...], Expr]]] = field(default_factory=dict)
    hidden: list[Variable] = field(default_factory=list)

    @property
    def step(self) -> Ref:
        """The time step, as named here."""
        return Ref("TIME STEP" + self.directory.model_mark)

    def _spread(self, draft: Draft) -> None:
        """Give each element its own equation where several stand in a row, the last range fastest.

        The standard has one for all elements or an ``<element>`` for each, but a converter writes
        such files (SDXorg test-models, subscripted_trig).
        """
        equations = list(draft.element.all("eqn"))
        if len(equations) < 2:
            return
        ranges = [self.directory.ranges.found.get(key(one)) for one in draft.dimensions]
        names = [one.elements for one in ranges if one is not None]
        places = list(islice(product(*names), len(equations) + 1))
        if len(names) < len(draft.dimensions) or len(places) != len(equations):
            self.report.refuse(
                equations[1].at,
                f"{draft.name!r} has {len(equations)} equations, which is not one for each element",
                'write one <eqn>, or an <element subscript="..."> for each element',
                variable=draft.name,
            )
            return
        first = draft.parts[0]
        draft.parts = [
            replace(first, subscripts=place, element=draft.element, equation=one.passage)
            for place, one in zip(places, equations, strict=True)
        ]

    def variables(self) -> list[Variable]:
        """Return all variables, in the order of the file."""
        drafts = list(self.directory.drafts.values())
        for draft in drafts:
            if not self._connected(draft):
                self._spread(draft)
                self._check(draft)
                self.parsed[key(draft.name)] = list(self._parse(draft))
        for draft in drafts:
            is_own = draft.kind == "stock" and not draft.source
            if is_own and conveyors.check_stock(draft, self.report):
                self._convey(draft)
        self._limit()
        found = [one for draft in drafts for one in self._made(draft)]
        return [*found, *self.hidden, *(t for draft in drafts for t in tables(draft))]

    # Parsing ------------------------------------------------------------------------------------

    def _connected(self, draft: Draft) -> bool:
        """Give a connected input of a module the dimensions of what it is connected to."""
        source = self.directory.drafts.get(key(draft.source)) if draft.source else None
        for _ in range(100):  # from module to module; a circle is reported as one of equations
            if source is None or not source.source:
                break
            source = self.directory.drafts.get(key(source.source))
        if source is None:
            return False
        if not draft.dimensions:
            draft.dimensions = source.dimensions
        return True

    def _check(self, draft: Draft) -> None:
        ranges = self.directory.ranges
        unknown = [name for name in draft.dimensions if not ranges.is_dimension(name)]
        for name in unknown:
            self.report.refuse(
                draft.at,
                f"{draft.name!r} has the dimension {name!r}, which is nowhere defined",
                "define it under <dimensions>",
                kind="unknown name",
                variable=draft.name,
                name=name,
            )
        if unknown:
            return
        first = set[tuple[str, ...]]()
        for part in draft.parts:
            own = tuple(map(key, part.subscripts))
            if own in first:
                self.report.refuse(
                    self.report.attribute(part.element, "subscript"),
                    f"the element {', '.join(part.subscripts)} of {draft.name!r} is defined twice",
                    "delete one of the two",
                    kind="duplicate",
                    variable=draft.name,
                )
            first.add(own)
            for name, dimension in zip(part.subscripts, draft.dimensions, strict=True):
                known = ranges.position(dimension, name) is not None or ranges.is_dimension(name)
                if not known and not name.isdigit():
                    self.report.refuse(
                        self.report.attribute(part.element, "subscript"),
                        f"{name!r} is no element of the dimension {dimension!r}",
                        f"elements: {', '.join(ranges.found[key(dimension)].elements[:8])}",
                        kind="unknown name",
                        variable=draft.name,
                        name=name,
                    )

    def _parse(self, draft: Draft) -> Iterator[_Parsed]:
        for part in draft.parts:
            if part.exceptions and self._covered(draft, part):
                continue
            scope = Equation(self.directory, draft, part.subscripts)
            one = _Parsed(part, scope)
            if part.equation is not None:
                one.value = scope.parse(part.equation, self.report)
                if one.value is not None:
                    one.value = self._value(draft, part, scope, one.value)
            elif part.table is None and key(draft.name) not in self._leaving:
                self._missing(draft, part)
            yield one

    def _covered(self, draft: Draft, part: Part) -> bool:
        """Whether the elements with equations of their own are all there are."""
        sizes = [self.directory.ranges.size(name) for name in draft.dimensions]
        own = {tuple(map(key, one)) for one in part.exceptions}
        return len(own) >= math.prod(sizes)

    @cached_property
    def _leaving(self) -> set[str]:
        """What leaves conveyors, which needs no equation of its own, by key."""
        return {
            key(flow.name)
            for stock in self.directory.drafts.values()
            if stock.kind == "stock" and stock.element.one("conveyor") is not None
            for passage in stock.outflows
            if (flow := self.directory.find(passage.text.strip(), stock.prefix)) is not None
        }

    def _missing(self, draft: Draft, part: Part) -> None:
        found = part.element.one("eqn")
        is_input = draft.element.get("access").lower() == "input" or draft.prefix
        what = "initial value" if draft.kind == "stock" else "equation"
        self.report.refuse(
            found.passage.first if found is not None else draft.at,
            f"{draft.name!r} has no {what}",
            "connect this input of the module, or give it an equation"
            if is_input
            else "write <eqn>...</eqn>",
            variable=draft.name,
        )

    def _value(self, draft: Draft, part: Part, scope: Equation, value: Expr) -> Expr:
        at = part.equation.first if part.equation is not None else draft.at
        if part.table is not None:
            value = Lookup(part.table, value, part.mode, at)
        if part.initial is not None and draft.kind != "stock":
            initial = scope.parse(part.initial, self.report)
            if initial is not None:
                value = Call("ACTIVE INITIAL", (value, initial), at)
        if draft.kind == "flow" and draft.non_negative:
            value = Apply(Op.MAX, (value, Const(0.0)), at)
        return value

    # Limits and conveyors -----------------------------------------------------------------------

    def _limit(self) -> None:
        """Let outflows take no more than their non-negative stock has."""
        found = stocks.drains(self.directory)
        if not found:
            return
        equations, initials = dict[str, list[Expr]](), dict[str, list[Expr]]()
        for name, parts in self.parsed.items():
            kind = self.directory.drafts[name].kind
            values = [one.value for one in parts if one.value is not None]
            (initials if kind == "stock" else equations)[name] = values
        for name, drain in stocks.without_circles(found, equations, initials).items():
            for one in self.parsed.get(name, ()):
                if one.value is not None:
                    subscripts = one.part.subscripts
                    one.value = stocks.limited(one.value, drain, self.step, subscripts)

    def _convey(self, stock: Draft) -> None:
        element = stock.element.one("conveyor")
        length_text = element.one("len") if element is not None else None
        assert length_text is not None
        outward = [self.directory.find(one.text.strip(), stock.prefix) for one in stock.outflows]
        flows = [one for one in outward if one is not None]
        leaks = [one for one in flows if conveyors.leak_of(one.element) is not None]
        ends = [one for one in flows if conveyors.leak_of(one.element) is None]
        for leak in leaks:
            conveyors.check_leak(leak, self.report)
        for more in ends[1:]:
            self.report.unsupported(
                more.at,
                f"the conveyor {stock.name!r} has a second end, {more.name!r}",
                "mark it as a leak, or take it away",
                stock.name,
            )
        for one in self.parsed[key(stock.name)]:
            self._convey_part(stock, one, length_text, leaks, ends[:1])

    def _convey_part(
        self,
        stock: Draft,
        one: _Parsed,
        length_text: Element,
        leaks: list[Draft],
        ends: list[Draft],
    ) -> None:
        length = one.scope.parse(length_text.passage, self.report)
        fractions = [self._fraction(leak, one) for leak in leaks]
        known = [fraction for fraction in fractions if fraction is not None]
        if length is None or one.value is None or len(known) < len(leaks):
            return
        for what, value in (("transit time", length), *(("leak fraction", f) for f in known)):
            if self._changes(value):
                self.report.unsupported(
                    length_text.at,
                    f"the {what} of the conveyor {stock.name!r} changes during a run",
                    "make it a constant",
                    stock.name,
                )
                return
        subscripts = one.part.subscripts
        entries = Ref(f"#entries of {stock.name}", subscripts)
        flows = stocks.flows_of(self.directory, stock, one.scope)
        made = conveyors.conveyor(flows.inward, length, one.value, known, entries, self.step)
        for end in ends:
            self.replaced.setdefault(key(end.name), []).append((subscripts, made.end))
        for leak, rate in zip(leaks, made.leaks, strict=True):
            self.replaced.setdefault(key(leak.name), []).append((subscripts, rate))
        if leaks:
            hidden = Variable(entries.name, made.entries, at=stock.at, subscripts=subscripts)
            self.hidden.append(hidden)

    def _fraction(self, leak: Draft, one: _Parsed) -> Expr | None:
        """Return the fraction that leaks: the equation of the flow, or what ``<leak>`` holds."""
        mark = conveyors.leak_of(leak.element)
        passage = leak.parts[0].equation
        if mark is not None and mark.text:
            passage = mark.passage
        return one.scope.parse(passage, self.report) if passage is not None else Const(0.0)

    def _changes(self, value: Expr) -> bool:
        """Return whether a value depends on Time or a stock."""
        todo, seen = [value], set[str]()
        while todo:
            for ref in references(todo.pop()):
                name = key(ref.name)
                draft = self.directory.drafts.get(name)
                if name == "time" or (draft is not None and draft.kind == "stock"):
                    return True
                if name not in seen:
                    seen.add(name)
                    below = self.parsed.get(name, ())
                    todo += [one.value for one in below if one.value is not None]
        return False

    # Variables ----------------------------------------------------------------------------------

    def _made(self, draft: Draft) -> Iterator[Variable]:
        name = key(draft.name)
        if name not in self.parsed:
            source = self.directory.find(draft.source)
            if source is not None and not source.pure:
                subscripts = draft.dimensions
                equation = Ref(draft.source, subscripts, draft.at)
                yield replace(about(draft), equation=equation, subscripts=subscripts)
            return
        for one in self.parsed[name]:
            value: Expr | None = one.value
            if name in self.replaced:
                continue
            if draft.kind == "stock" and value is not None:
                flows = stocks.flows_of(self.directory, draft, one.scope)
                value = stocks.integral(draft, flows, value, self.step, one.part.subscripts)
            yield variable(draft, one.part, value)
        for subscripts, value in self.replaced.get(name, ()):
            yield replace(about(draft), equation=value, subscripts=subscripts)
