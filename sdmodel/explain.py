"""What there is to know about one variable, for people."""

from __future__ import annotations

from dataclasses import dataclass

from sdmodel.program import CONTROL, Phase, Program
from sdmodel.source import Variable


@dataclass(frozen=True, slots=True)
class VariableInfo:
    """A variable as its file defines it, and its neighbours.

    `kind` is stock, auxiliary, constant, computed constant, lookup, data or control; `uses` are the
    variables its equation names, `used_by` those whose equations name it; `default` is the value of
    a constant.

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
        sign = "" if v.kind == "lookup" else " ="
        lines = [f"{v.name}{sign} {v.equation}", f"  {v.kind}, {v.units or 'no unit'}"]
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
                shown = cause.equation if len(cause.equation) <= 60 else cause.equation[:57] + "..."
                lines.append(f"    {cause.name:<{width}}  {cause.kind}: {shown}")
        if v.used_by:
            lines.append(f"  used by: {', '.join(v.used_by)}")
        return "\n".join(lines)

    def __repr__(self) -> str:
        """Return the same as `str()`, so that a notebook shows it."""
        return str(self)


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
    moving = {s.target for s in program.step if s.phase > Phase.CONSTANT}
    return "auxiliary" if name in moving else "computed constant"
