"""A model of Vensim as XMILE has it: stocks, flows, auxiliaries and graphical functions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace

from sdmodel.converting.flows import find_flows, integral
from sdmodel.converting.names import Names
from sdmodel.converting.notes import Collector
from sdmodel.converting.to_xmile import KEPT
from sdmodel.converting.trees import Equations, at_element
from sdmodel.converting.xmile_text import CLOCK, XmileDimensions, XmileText, identifier
from sdmodel.expr import Call, Const, Expr, Ref, Table, Tables, Values, rewrite
from sdmodel.names import key
from sdmodel.program import CONTROL
from sdmodel.source import SourceModel, Variable

# What stands alone in XMILE: as the whole equation of a variable.
APART = frozenset({"with lookup", "sample if true", "active initial"})
# Names that XMILE gives a meaning of its own, and that Vensim leaves to everybody.
TAKEN = frozenset(CLOCK.values()) | {"PI", "INF", "NAN"}


@dataclass(frozen=True)
class Body:
    """What a variable is, for all of its elements or for one."""

    equation: str = ""
    initial: str = ""
    table: Table | None = None
    mode: str = "interpolate"


@dataclass
class Item:
    """A variable of the new file; a body without elements holds for all of them."""

    name: str
    kind: str
    entry: Variable
    dimensions: tuple[str, ...] = ()
    bodies: list[tuple[tuple[str, ...], Body]] = field(default_factory=list)
    inflows: tuple[str, ...] = ()
    outflows: tuple[str, ...] = ()


class Items:
    """Makes the items of a model."""

    def __init__(
        self, model: SourceModel, controls: Mapping[str, float], collector: Collector
    ) -> None:
        self.controls, self.collector = controls, collector
        self.equations = Equations(model, APART)
        self.model = self.equations.model
        ranges = self.equations.dimensions.ranges
        elements = self.equations.dimensions.element_ranges
        self.names = Names({*map(key, TAKEN), *ranges, *elements})
        for variable in self.model.by_key.values():
            if variable.key not in CONTROL:
                self.names.add(variable.name)
        self.dimensions = XmileDimensions(self.equations, self.names)
        self.flows = find_flows(self.equations)
        self.piped = {
            one for flows in self.flows.values() if flows for one in flows.inward + flows.outward
        }

    def all(self) -> list[Item]:
        """Return the items in the order of the file."""
        found: list[Item] = []
        for name, entries in self.model.entries.items():
            if name not in CONTROL:
                found += self._made(name, entries)
        return found

    def _made(self, name: str, entries: tuple[Variable, ...]) -> list[Item]:
        first = entries[0]
        item = Item(self.names[first.name], "aux", first, self.dimensions.of(name))
        if name in self.piped:
            item.kind = "flow"
        if first.data == "forward" and first.table is not None:
            return [item, self._forward(item, entries)]
        if name not in self.flows:
            for entry in entries:
                item.bodies += self._bodies(entry)
            self._tell(item)
            return [item]
        item.kind = "stock"
        flows = self.flows[name]
        made = [item]
        if flows is None:
            made.append(self._net_flow(item, entries))
        else:
            item.inflows, item.outflows = self._named(flows.inward), self._named(flows.outward)
        for entry in entries:
            item.bodies += self._bodies(entry, 1)
        self._tell(item)
        return made

    def _named(self, flows: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(self.names[self.model.by_key[one].name] for one in flows)

    def _tell(self, item: Item) -> None:
        if (
            len(item.bodies) > 1
            and any(
                entry.exceptions or not isinstance(entry.equation, Values | Const | type(None))
                for entry in self.model.entries[item.entry.key]
            )
            and any(self.equations.region(e).axes for e in self.model.entries[item.entry.key])
        ):
            what = "is written element by element: XMILE has no mappings, subranges or :EXCEPT:"
            self.collector.note(item.entry.name, item.entry.at, what)

    def _net_flow(self, stock: Item, entries: tuple[Variable, ...]) -> Item:
        name = self.names.fresh(f"net flow of {stock.name}")
        units = self._rate_units(stock.entry.units)
        about = Variable(name, None, units=units, group=stock.entry.group, at=stock.entry.at)
        flow = Item(name, "flow", about, stock.dimensions)
        for entry in entries:
            flow.bodies += self._bodies(entry, 0)
        stock.inflows = (name,)
        self.collector.note(
            stock.entry.name, stock.entry.at, f"changes by more than flows of its own: {name!r} "
            "stands for all of it"
        )  # fmt: skip
        return flow

    def _forward(self, item: Item, entries: tuple[Variable, ...]) -> Item:
        """Let a data variable read the next of its points: XMILE itself holds the one before."""
        name = self.names.fresh(f"points of {item.name}")
        about = Variable(name, None, group=item.entry.group, at=item.entry.at)
        held = Item(name, "aux", about, item.dimensions)
        for entry in entries:
            plain = replace(entry, data="", equation=None)
            for elements, body in self._tabled(plain, self.equations.each(entry)):
                held.bodies.append((elements, body))
                own = identifier(name)
                if elements:
                    own += f"[{', '.join(map(identifier, elements))}]"
                item.bodies.append((elements, Body(f"LOOKUP_FORWARD({own}, TIME)")))
        self.collector.note(
            item.entry.name, item.entry.at, "looks forward to its next point, which XMILE cannot: "
            "it is written with LOOKUP_FORWARD", KEPT, lost=True
        )  # fmt: skip
        return held

    def _rate_units(self, units: str) -> str:
        clock = self.model.units.get("TIME STEP", "") or next(
            (one.units for one in self.model.variables if one.key == "time step"), ""
        )
        return f"{units}/{clock}" if units and clock else ""

    # Bodies -------------------------------------------------------------------------------------

    def _bodies(
        self, entry: Variable, argument: int | None = None
    ) -> list[tuple[tuple[str, ...], Body]]:
        """Return what an entry says; of a stock its rate (0) or initial value (1)."""
        writer = XmileText(
            self.equations, self.dimensions, self.names, self.collector, entry, self.controls
        )
        if entry.table is not None and (entry.equation is None or entry.data):
            return self._tabled(entry, self.equations.each(entry))
        if isinstance(entry.equation, Values):
            numbers = self.equations.values(entry, entry.equation)
            every = self.equations.each(entry)
            return [
                (self._shown(elements), Body(writer(Const(value))))
                for (elements, _), value in zip(every, numbers, strict=True)
            ]
        equation = self.equations.equation(entry)
        if equation is None:
            self.collector.refuse(
                entry.name, entry.at, "has neither an equation nor data",
                "give the file with its data (--data), or write an equation"
            )  # fmt: skip
            return []
        if argument is not None:
            called = integral(equation)
            if called is None or len(called.args) != 2:
                self.collector.refuse(
                    entry.name, entry.at, "is a stock in some of its elements alone",
                    "give the others a variable of their own"
                )  # fmt: skip
                return []
            equation = called.args[argument]
        if self.equations.is_whole(entry.key) and writer.fits_all(equation):
            return [((), self._body(equation, writer))]
        writer.present = {}
        return [
            (self._shown(elements), self._body(at_element(equation, places), writer))
            for elements, places in self.equations.each(entry)
        ]

    def _shown(self, elements: tuple[str, ...]) -> tuple[str, ...]:
        return tuple(map(self.equations.dimensions.shown, elements))

    def _body(self, equation: Expr, writer: XmileText) -> Body:
        function = key(equation.function) if isinstance(equation, Call) else ""
        args = equation.args if isinstance(equation, Call) else ()
        if function == "active initial":
            return Body(writer(args[0]), writer(args[1]))
        if function == "with lookup" and isinstance(args[1], Table):
            return Body(writer(args[0]), table=args[1])
        if function == "sample if true":
            own = writer.entry.key
            held = Call("PREVIOUS", (Ref("self"), args[2]))

            def before(node: Expr) -> Expr:
                return held if isinstance(node, Ref) and node.name == own else node

            condition, value = (rewrite(one, before) for one in args[:2])
            equation = Call("SAMPLE IF TRUE", (condition, value, args[2]))
        return Body(writer(equation))

    def _tabled(
        self, entry: Variable, every: Iterable[tuple[tuple[str, ...], object]]
    ) -> list[tuple[tuple[str, ...], Body]]:
        """Return a lookup, or a data variable as a lookup over time."""
        equation, mode = ("TIME", entry.data) if entry.data else ("", entry.mode)
        if entry.key in self.equations.prolonged:
            mode = "extrapolate"
        if mode == "raw":
            what = "is raw data, without a value between its times"
            cure = "read it by interpolation, or :HOLD BACKWARD:"
            self.collector.refuse(entry.name, entry.at, what, cure)
            return []
        shown = [self._shown(elements) for elements, _ in every]
        tables = (
            entry.table.tables if isinstance(entry.table, Tables) else [entry.table] * len(shown)
        )
        pairs = zip(shown, tables, strict=True)
        return [
            (own, Body(equation, table=one, mode=mode)) for own, one in pairs if one is not None
        ]
