"""What a check is, and what it finds."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import asdict, dataclass, replace
from typing import TYPE_CHECKING, Any

from sdmodel.errors import Problem

if TYPE_CHECKING:
    from sdmodel.checks.subject import Subject

    Find = Callable[[Subject], Iterator[Problem]]

ERROR, WARNING, STYLE = "error", "warning", "style"
SEVERITIES = (ERROR, WARNING, STYLE)


@dataclass(frozen=True, slots=True)
class Finding:
    """One thing that a check found: the code of the check, how grave it is, and the problem.

    `severity` is "error" (the model cannot be run as it is), "warning" (it runs, but hardly as
    meant) or "style" (nothing changes in a run). `fixable` tells that `sdmodel check --fix` can
    mend it.

    Examples
    --------
    >>> problem = Problem("'rate' is used nowhere", path="m.mdl", line=3, column=1, text="rate = 2")
    >>> print(Finding("SD101", "warning", problem))
    m.mdl:3:1: warning SD101: 'rate' is used nowhere
        3 | rate = 2
            ^
    """

    code: str
    severity: str
    problem: Problem
    fixable: bool = False

    def __str__(self) -> str:
        """Return the problem as it is shown, with severity and code before its message."""
        said = f"{self.severity} {self.code}: {self.problem.message}"
        return str(replace(self.problem, message=said))

    def to_dict(self) -> dict[str, Any]:
        """Return everything as plain values, for JSON."""
        told = {"code": self.code, "severity": self.severity, "fixable": self.fixable}
        return {**told, **asdict(self.problem)}


@dataclass(frozen=True, slots=True)
class Check:
    """A row of the registry: a code that never changes, what the check finds, and the cure.

    `meaning` says why one wants to know. `profiles` are those that carry it out. `find` yields the
    problems of a model; the checks of errors have none, for reading and lowering find those.
    `runs` tells that a run of the model is needed.
    """

    code: str
    name: str
    severity: str
    meaning: str
    cure: str
    example: str = ""
    profiles: tuple[str, ...] = ()
    fixable: bool = False
    runs: bool = False
    find: Find | None = None
