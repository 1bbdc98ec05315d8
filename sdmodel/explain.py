"""What there is to know about one variable, for people."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from sdmodel.errors import printable
from sdmodel.expr import Call, references, walk
from sdmodel.names import key
from sdmodel.program import CONTROL, Program
from sdmodel.source import SourceModel, Variable

# How many equations of one variable are printed.
MOST_ENTRIES = 40


@dataclass(frozen=True, slots=True)
class VariableInfo:
    """A variable as its file defines it, and its neighbours.

    `kind` is stock, auxiliary, constant, computed constant, lookup, data or control; `uses` are the
    variables its equation names, `used_by` those whose equations name it; `default` is the value of
    a constant. `ranges` are those of a subscripted variable. `entries` are all that the file says
    of it, each as (left side, equation): ``("x[a1]", "5")``.

    Examples
    --------
    >>> import sdmodel as sd
    >>> exposure = sd.load("models/core.mdl").variable("network exposure")
    >>> exposure.kind, exposure.units, exposure.high
    ('constant', 'dmnl', 1.0)
    """

    name: str
    kind: str
    equation: str
    units: str
    comment: str
    low: float | None
    high: float | None
    step: float | None
    group: str
    line: int
    uses: tuple[str, ...]
    used_by: tuple[str, ...]
    default: float | None
    ranges: tuple[str, ...] = ()
    entries: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class Explanation:
    """A variable, and the same of everything that it uses; `str()` reads like a paragraph.

    Examples
    --------
    >>> import sdmodel as sd
    >>> explained = sd.load("models/core.mdl").explain("forgetting")
    >>> print(str(explained).splitlines()[0])
    forgetting = Domestic knowledge*forgetting rate
    >>> [cause.kind for cause in explained.causes]
    ['stock', 'constant']
    """

    variable: VariableInfo
    causes: tuple[VariableInfo, ...]
    path: str

    def __str__(self) -> str:
        """Return equation, unit, comment, causes and uses on a few lines."""
        v = self.variable
        entries = v.entries or ((v.name, v.equation),)
        sign = "" if v.kind == "lookup" else " ="
        lines = [f"{left}{sign} {text}" if text else left for left, text in entries[:MOST_ENTRIES]]
        if len(entries) > MOST_ENTRIES:
            lines.append(f"and {len(entries) - MOST_ENTRIES} more equations")
        lines.append(f"  {v.kind}{' over ' if v.ranges else ''}{' and '.join(v.ranges)}, ")
        lines[-1] += v.units or "no unit"
        if v.low is not None or v.high is not None:
            low = "?" if v.low is None else f"{v.low:g}"
            high = "?" if v.high is None else f"{v.high:g}"
            lines[-1] += f", between {low} and {high}"
        lines[-1] += f"; {self.path}:{v.line}" + (f", group {v.group}" if v.group else "")
        if v.comment:
            lines.append(f"  {v.comment}")
        if self.causes:
            lines.append("  uses:")
            width = max(len(c.name) for c in self.causes)
            for cause in self.causes:
                lines.append(f"    {cause.name:<{width}}  {_in_short(cause)}")
        if v.used_by:
            lines.append(f"  used by: {', '.join(v.used_by)}")
        return printable("\n".join(lines))

    def __repr__(self) -> str:
        """Return the same as `str()`, so that a notebook shows it."""
        return str(self)


def _in_short(cause: VariableInfo) -> str:
    """Return kind and first equation on one line."""
    text = " ".join(cause.equation.split())
    text = text if len(text) <= 60 else text[:57] + "..."
    more = f" (and {len(cause.entries) - 1} more)" if len(cause.entries) > 1 else ""
    return f"{cause.kind}: {text}{more}" if text else cause.kind


def info_of(
    source: SourceModel, program: Program, variable: Variable, uses: Mapping[str, tuple[str, ...]]
) -> VariableInfo:
    """Return all there is to know of a variable; what its first entry lacks, a later one gives."""
    v, entries = variable, source.entries[variable.key]
    shape = program.shapes.get(v.key)
    bounded = next((e for e in entries if (e.low, e.high, e.step) != (None, None, None)), v)
    return VariableInfo(
        name=v.name,
        kind=kind_of(program, v),
        equation=v.text,
        units=next((e.units for e in entries if e.units), ""),
        comment=next((e.comment for e in entries if e.comment), ""),
        low=bounded.low,
        high=bounded.high,
        step=bounded.step,
        group=v.group,
        line=source.source.place(v.at)[0],
        uses=uses[v.key],
        used_by=tuple(
            other.name
            for other in source.by_key.values()
            if v.name in uses[other.key] and other is not v
        ),
        default=program.constants.get(v.key),
        ranges=shape.ranges if shape else (),
        entries=tuple((_left_side(e), e.text) for e in entries),
    )


def _left_side(entry: Variable) -> str:
    if not entry.subscripts:
        return entry.name
    shown = entry.name + _bracketed(entry.subscripts)
    if not entry.exceptions:
        return shown
    return f"{shown} :EXCEPT: {', '.join(map(_bracketed, entry.exceptions))}"


def _bracketed(subscripts: Sequence[str]) -> str:
    return f"[{','.join(subscripts)}]"


def uses_of(source: SourceModel) -> dict[str, tuple[str, ...]]:
    """Return which variables the equations of each name, by key, in order of appearance."""
    known, found = source.by_key, {}
    for name, entries in source.entries.items():
        keys: dict[str, None] = {}
        for entry in entries:
            if entry.equation is not None:
                names = [ref.name for ref in references(entry.equation)]
                names += [n.function for n in walk(entry.equation) if isinstance(n, Call)]
                keys |= dict.fromkeys(map(key, names))
        found[name] = tuple(known[k].name for k in keys if k in known)
    return found


def kind_of(program: Program, variable: Variable) -> str:
    """Return what a variable is: lookup, control, constant, stock, auxiliary, computed constant."""
    name = variable.key
    if variable.lookup or (variable.table is not None and not variable.data):
        return "lookup"
    if variable.data:
        return "data"
    if name in CONTROL:
        return "control"
    if all(one in program.constants for one in program.elements(name)):
        return "constant"
    if any(stock.name == name for stock in program.stocks):
        return "stock"
    return "auxiliary" if name in program.moving else "computed constant"
