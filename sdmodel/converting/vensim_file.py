"""The `.mdl` file: entries as Vensim writes them, group by group, and the settings of the run."""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from sdmodel.converting.flows import integral
from sdmodel.converting.names import Names, bare
from sdmodel.converting.notes import Collector
from sdmodel.converting.printing import number
from sdmodel.converting.trees import Equations, at_element
from sdmodel.converting.vensim_text import VensimRanges, VensimText, points
from sdmodel.expr import Call, Const, Expr, Table, Tables, Values, literal, references, walk
from sdmodel.frontends.mdl import METHODS
from sdmodel.frontends.tokens import tokens
from sdmodel.names import element_key, key
from sdmodel.program import CONTROL
from sdmodel.sketch.words import quoted
from sdmodel.source import SourceModel, Variable

WIDEST = 78
# What stands alone in Vensim: right of the equals sign, or in the entry of a lookup.
APART = frozenset(
    {"lookup", "with lookup", "delay fixed", "xmile delay", "previous"}
    | {"sample if true", "active initial", "initial"}
)
_CONTROLS = {
    "final time": ("FINAL TIME", "The final time for the simulation.", ""),
    "initial time": ("INITIAL TIME", "The initial time for the simulation.", ""),
    "saveper": ("SAVEPER", "The frequency with which output is stored.", " [0,?]"),
    "time step": ("TIME STEP", "The time step for the simulation.", " [0,?]"),
}
_STARS = "*" * 56
# What no comment can hold, for it ends a part of an entry, and what looks alike.
_ALIKE = str.maketrans({"|": "\u00a6", "~": "\u223c"})
_SETTINGS = (
    "1:Current.vdf", "9:Current", "{synonyms}", "15:0,0,0,{method},0,0", "19:100,0", "27:0,",
    "34:0,", "4:Time", "5:{shown}", "35:Date", "36:YYYY-MM-DD", "37:2000", "38:1", "39:1", "40:2",
    "41:0", "42:0", "24:{start}", "25:{stop}", "26:{stop}",
)  # fmt: skip


@dataclass(frozen=True)
class _Part:
    """One entry of a variable: its left side and equation, or the points of a lookup."""

    left: str
    right: str
    is_lookup: bool = False


class _Writer:
    def __init__(self, model: SourceModel, collector: Collector) -> None:
        self.collector = collector
        self.equations = Equations(model, APART)
        self.model = self.equations.model
        self.names = Names({"time"})
        for variable in self.model.by_key.values():
            self.names.add(variable.name)
        self.ranges = VensimRanges(self.equations, self.names)
        self.used = set(_used(self.equations))
        self.columns: dict[str, str] = {}

    def entries(self) -> Iterator[str]:
        """Yield the text of every entry: ranges, then groups, the run controls last."""
        for name, one in self.equations.dimensions.ranges.items():
            elements = ",".join(map(quoted, self.ranges.elements[name].values()))
            body = _wrapped(f"{quoted(self.ranges.names[name])}: {elements}", "\t")
            yield f"{body}\n\t~\n\t~\t{_commented(one.comment)}\n\t|\n"
        groups: dict[str, list[str]] = {}
        for name in self.model.entries:
            if name not in CONTROL:
                groups.setdefault(self.model.by_key[name].group, []).append(name)
        for group in sorted(groups, key=bool):  # those without a group before all others
            if group:
                yield _group(group, "")
            for name in groups[group]:
                yield from self._variable(name)
        yield _group("Control", "Simulation Control Parameters")
        for name, (spelled, comment, limits) in _CONTROLS.items():
            yield self._control(name, spelled, comment, limits)

    def _control(self, name: str, spelled: str, comment: str, limits: str) -> str:
        one = self.model.by_key.get(name) or Variable(spelled, None)
        right = "TIME STEP"
        if one.equation is not None:
            right = self._text(one)(self.equations.equation(one) or Const(0.0))
        said = _commented(one.comment or comment)
        return f"{spelled}  = {right}\n\t~\t{one.units}{limits}\n\t~\t{said}\n\t|\n"

    def _text(self, entry: Variable) -> VensimText:
        return VensimText(self.equations, self.ranges, self.names, self.collector, entry)

    # Variables ----------------------------------------------------------------------------------

    def _variable(self, name: str) -> Iterator[str]:
        entries = self.model.entries[name]
        first = entries[0]
        parts = [part for entry in entries for part in self._parts(entry)]
        parts = self._listed(name, parts)
        self._columns(name)
        for place, part in enumerate(parts):
            yield _entry(part) + (self._about(first) if place == 0 else " ~~|\n")
        if first.non_negative:
            what = "is non-negative: its limit is written into the equations"
            self.collector.note(first.name, first.at, what)

    def _about(self, one: Variable) -> str:
        unused = one.key not in self.used and not integral(one.equation)
        flags = "\n\t~\t:SUPPLEMENTARY" if unused else ""
        units = f"{one.units.translate(_ALIKE)}{_limits(one)}".strip()
        shown = f"\t~\t{units}\n\t~\t{_commented(one.comment)}{flags}\n\t|\n"
        return "\n" + shown

    def _parts(self, entry: Variable) -> list[_Part]:
        writer = self._text(entry)
        if entry.table is not None and entry.equation is None:
            return self._tables(entry, writer)
        if isinstance(entry.equation, Values):
            numbers = self.equations.values(entry, entry.equation)
            return [
                _Part(writer.left(elements), writer(Const(value)))
                for (elements, _), value in zip(self.equations.each(entry), numbers, strict=True)
            ]
        equation = self.equations.equation(entry)
        if equation is None:
            self.collector.refuse(
                entry.name, entry.at, "has no equation", "give it one, or delete it"
            )
            return []
        if self.equations.is_whole(entry.key) and writer.fits_all(equation):
            parts = [_Part(writer.left(), self._right(equation, writer))]
        else:
            writer.present = {}
            parts = [
                _Part(writer.left(elements), self._right(at_element(equation, places), writer))
                for elements, places in self.equations.each(entry)
            ]
        return [*parts, *(_Part(name, points(table), True) for name, table in writer.tables)]

    def _right(self, equation: Expr, writer: VensimText) -> str:
        called = integral(equation)
        if called is None or len(called.args) != 2:
            return writer(equation)
        rate, initial = map(writer, called.args)
        return f"INTEG (\n\t{_wrapped(rate, chr(9))},\n\t\t{_wrapped(initial, chr(9) * 2)})"

    def _tables(self, entry: Variable, writer: VensimText) -> list[_Part]:
        table = entry.table
        if isinstance(table, Table):
            if not entry.subscripts or self.equations.is_whole(entry.key):
                return [_Part(writer.left(), points(table), True)]
            each = self.equations.each(entry)
            return [_Part(writer.left(elements), points(table), True) for elements, _ in each]
        assert isinstance(table, Tables)
        pairs = zip(self.equations.each(entry), table.tables, strict=True)
        return [
            _Part(writer.left(elements), points(one), True)
            for (elements, _), one in pairs
            if one is not None
        ]

    def _listed(self, name: str, parts: list[_Part]) -> list[_Part]:
        """Return the numbers of an array as one list, where it has nothing but numbers."""
        sizes = self.equations.arrays.sizes.get(name, ())
        if (
            len(sizes) not in (1, 2)
            or len(parts) < 2
            or len(parts) != sizes[0] * sizes[-1] ** (len(sizes) - 1)
        ):
            return parts
        entries = self.model.entries[name]
        values: dict[tuple[str, ...], float] = {}
        for entry in entries:
            equation = entry.equation
            if isinstance(equation, Values):
                found: Sequence[float | None] = self.equations.values(entry, equation)
            else:
                found = [None if equation is None else literal(equation)]
            for i, (elements, _) in enumerate(self.equations.each(entry)):
                value = found[i if len(found) > 1 else 0]
                if value is None:
                    return parts
                values[elements] = value
        own = self.equations.elements(name)
        writer = self._text(entries[0])
        if len(sizes) == 1:
            return [_Part(writer.left(), ",".join(number(values[(a,)]) for a in own[0]))]
        rows = [",".join(number(values[a, b]) for b in own[1]) for a in own[0]]
        return [_Part(writer.left(), ";".join(rows) + ";")]

    def _columns(self, name: str) -> None:
        """Note how the elements of an array are called in the new file, where that changes."""
        shape = self.equations.arrays.shapes.get(name)
        if shape is None:
            return
        writer = self._text(self.model.entries[name][0])
        spelled = self.model.by_key[name].name
        for entry in self.model.entries[name]:
            for elements, _ in self.equations.each(entry):
                new = writer.left(elements)
                own = f"{bare(spelled)}[{','.join(map(self.equations.dimensions.shown, elements))}]"
                if element_key(own) != element_key(new):
                    self.columns[element_key(own)] = new


def vensim_file(model: SourceModel, collector: Collector) -> tuple[str, dict[str, str]]:
    """Return the text of a model as `.mdl`, and what is called otherwise in it, by old key."""
    writer = _Writer(model, collector)
    body = "\n".join(writer.entries())
    renamed = {**writer.names.changed(), **writer.columns}
    for old, new in writer.names.changed().items():
        if not old.startswith("#"):
            one = writer.model.by_key[old]
            collector.note(one.name, one.at, f"is called {new!r}: the name means something else")
    return "{UTF-8}\n" + body + "\n" + _settings(writer, model), renamed


def _settings(writer: _Writer, model: SourceModel) -> str:
    wanted = next(number_ for number_, name in METHODS.items() if name == model.method)
    stocks = [v for v in writer.model.by_key.values() if integral(v.equation)]
    shown = bare(writer.names[stocks[0].name]) if stocks else "Time"
    synonyms = "\n".join(
        f"22:{','.join((unit.name, *unit.aliases))}"
        for unit in model.unit_definitions
        if unit.aliases
    )
    ends = [model.by_key.get(name) for name in ("initial time", "final time")]
    start, stop = (
        number(found) if one and one.equation and (found := literal(one.equation)) is not None
        else "0"
        for one in ends
    )  # fmt: skip
    values = {"method": wanted, "shown": shown, "start": start, "stop": stop, "synonyms": synonyms}
    lines = (line.format(**values) for line in _SETTINGS)
    return "///---\\\\\\\n:L<%^E!@\n" + "".join(f"{line}\n" for line in lines if line)


def _used(equations: Equations) -> Iterator[str]:
    for entry in equations.model.variables:
        if entry.equation is not None:
            yield from (key(ref.name) for ref in references(entry.equation))
            yield from (key(n.function) for n in walk(entry.equation) if isinstance(n, Call))


def _entry(part: _Part) -> str:
    if part.is_lookup:
        return f"{part.left}(\n\t{_wrapped(part.right[1:-1], chr(9) * 2)})"
    if part.right.startswith("INTEG ("):
        return f"{part.left}= {part.right}"
    return f"{part.left}=\n\t{_wrapped(part.right, chr(9) * 2)}"


def _wrapped(text: str, indent: str) -> str:
    """Return an equation in lines as long as Vensim's, each but the last with a mark behind it."""
    lines, line = list[str](), ""
    for word in tokens(text):
        if line and len(line) + len(word.text) > WIDEST:
            lines.append(line)
            line = word.text.lstrip()
        else:
            line += word.text
    return f"\\\n{indent}".join([*lines, line])


def _commented(comment: str) -> str:
    lines = textwrap.wrap(
        comment.translate(_ALIKE), WIDEST - 4, break_long_words=False, break_on_hyphens=False
    )
    return "\n\t\t".join(lines)


def _group(name: str, comment: str) -> str:
    shown = name.translate(_ALIKE)
    return f"{_STARS}\n\t.{shown}\n{_STARS}~\n\t\t{comment}\n\t|\n"


def _limits(one: Variable) -> str:
    ends = (one.low, one.high) if one.step is None else (one.low, one.high, one.step)
    if all(end is None for end in ends):
        return ""
    return f" [{','.join('?' if end is None else number(end) for end in ends)}]"
