"""What a check of units finds: each with its place, both sides and a cure."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import asdict, dataclass, field
from functools import cached_property
from typing import TYPE_CHECKING, overload

from sdmodel.errors import Problem

if TYPE_CHECKING:
    import pandas as pd

MISMATCH, SYNTAX, SUSPICIOUS, MISSING = "mismatch", "syntax", "suspicious", "missing"


@dataclass(frozen=True, slots=True)
class UnitFinding:
    """One thing that a check of units found.

    `kind` is "mismatch" (two sides differ), "syntax" (a unit that cannot be read), "suspicious" (it
    may be meant, but a change of units would break it) or "missing" (a variable without units).
    `expected` and `actual` are the units of both sides, as the model spells them; of a missing unit
    `expected` is the one that the equations imply, where they do. `line` and `column`, from 1, are
    those of the part of an equation that differs.

    Examples
    --------
    >>> print(UnitFinding("mismatch", "x", "'a' is in kg", "kn", "kg", "m.mdl", 3, 5, "x = a"))
    m.mdl:3:5: 'a' is in kg
        3 | x = a
                ^
    """

    kind: str
    variable: str
    message: str
    expected: str = ""
    actual: str = ""
    path: str = ""
    line: int = 0
    column: int = 0
    text: str = field(default="", repr=False)
    cure: str = ""

    def __str__(self) -> str:
        """Return ``file:line:column: message``, the source line with a caret, and the cure."""
        return str(
            Problem(
                self.message,
                self.kind,
                self.path,
                self.line,
                self.column,
                self.variable,
                self.cure,
                self.text,
            )
        )


@dataclass(frozen=True)
class UnitReport(Sequence[UnitFinding]):
    """Everything a check of units found, in the order of the file; a sequence of `UnitFinding`.

    Units are names, nothing is converted; `docs/units.md` says which names are the same and what a
    bare number is. A report is true if anything was found; `ok` tells that nothing contradicts:
    there may still be variables without units, and suspicious places. Of the `equations`,
    `checked` were compared with the units of their variable.

    Examples
    --------
    >>> import sdmodel as sd
    >>> report = sd.load("models/core.mdl").check_units()
    >>> report.ok, len(report.mismatches), len(report.missing)
    (True, 0, 0)
    >>> wrong = sd.load("models/core.mdl").replace("frontier growth", "Foreign frontier")
    >>> [(one.actual, one.expected, one.cure) for one in wrong.check_units().mismatches]
    [('kn', 'kn/Year', 'divide by a time in Year')]
    """

    findings: tuple[UnitFinding, ...] = ()
    equations: int = 0
    checked: int = 0
    path: str = ""

    @overload
    def __getitem__(self, index: int) -> UnitFinding: ...

    @overload
    def __getitem__(self, index: slice) -> tuple[UnitFinding, ...]: ...

    def __getitem__(self, index: int | slice) -> UnitFinding | tuple[UnitFinding, ...]:
        """Return a finding by its number."""
        return self.findings[index]

    def __len__(self) -> int:
        """Return how many findings there are."""
        return len(self.findings)

    def __iter__(self) -> Iterator[UnitFinding]:
        """Yield the findings."""
        return iter(self.findings)

    def _of(self, kind: str) -> tuple[UnitFinding, ...]:
        return tuple(one for one in self.findings if one.kind == kind)

    @property
    def mismatches(self) -> tuple[UnitFinding, ...]:
        """Where two sides have different units."""
        return self._of(MISMATCH)

    @property
    def missing(self) -> tuple[UnitFinding, ...]:
        """Variables without units; `expected` is what their equations imply."""
        return self._of(MISSING)

    @property
    def syntax(self) -> tuple[UnitFinding, ...]:
        """Units that cannot be read."""
        return self._of(SYNTAX)

    @property
    def suspicious(self) -> tuple[UnitFinding, ...]:
        """What may be meant, but breaks when a unit is changed."""
        return self._of(SUSPICIOUS)

    @property
    def ok(self) -> bool:
        """Whether no two sides differ, and every unit can be read."""
        return not self.mismatches and not self.syntax

    @cached_property
    def table(self) -> pd.DataFrame:
        """The findings as a table: one row each; its columns are the fields of `UnitFinding`."""
        import pandas as pd  # late: a report is printed without it

        columns = [name for name in UnitFinding.__slots__ if name != "text"]
        return pd.DataFrame([asdict(one) for one in self.findings], columns=columns)

    @property
    def summary(self) -> str:
        """The counts, on one line."""
        counts = [
            (len(self.mismatches), "mismatch", "mismatches"),
            (len(self.syntax), "unit that cannot be read", "units that cannot be read"),
            (len(self.suspicious), "suspicious place", "suspicious places"),
            (len(self.missing), "variable without units", "variables without units"),
        ]
        found = [f"{count} {one if count == 1 else many}" for count, one, many in counts if count]
        return (
            f"{', '.join(found) or 'nothing found'}; {self.checked} of {self.equations} equations "
            "have units all through"
        )

    def __str__(self) -> str:
        """Return the summary, and every finding but the missing units."""
        shown = [str(one) for one in self.findings if one.kind != MISSING]
        return "\n".join([self.summary, *shown])
