"""What a conversion could not carry over, or had to say in another way."""

from __future__ import annotations

from dataclasses import dataclass, field

from sdmodel.errors import Problem
from sdmodel.source import SourceText


@dataclass(frozen=True, slots=True)
class ConversionNote:
    """What became of something on the way from one format to another.

    Attributes
    ----------
    variable
        Its name; empty for the whole file.
    line
        Its line in the file that was read, from 1; 0 for the whole file.
    what
        What became of it.
    cure
        What to do; empty where there is nothing to do.
    lost
        Whether the new file says less than the old one, so that only some tools run it or
        something must be put back by hand.

    Examples
    --------
    >>> print(ConversionNote("beds", 7, "GAME is left out", lost=True))
    line 7: 'beds' GAME is left out
    """

    variable: str
    line: int
    what: str
    cure: str = ""
    lost: bool = False

    def __str__(self) -> str:
        """Return one line."""
        place = f"line {self.line}: " if self.line else ""
        name = f"{self.variable!r} " if self.variable else ""
        return f"{place}{name}{self.what}" + (f"; {self.cure}" if self.cure else "")


@dataclass
class Collector:
    """Takes notes of a conversion, and what makes it impossible."""

    source: SourceText
    notes: list[ConversionNote] = field(default_factory=list)
    problems: list[Problem] = field(default_factory=list)

    def note(
        self, variable: str, at: int, what: str, cure: str = "", *, lost: bool = False
    ) -> None:
        """Take a note, once."""
        line = self.source.place(at)[0] if at >= 0 else 0
        one = ConversionNote(variable, line, what, cure, lost)
        if one not in self.notes:
            self.notes.append(one)

    def refuse(self, variable: str, at: int, what: str, cure: str) -> None:
        """Say what no file of the other format can mean."""
        problem = self.source.problem(
            at, f"{variable!r} {what}", kind="unsupported", variable=variable, cure=cure
        )
        if problem not in self.problems:
            self.problems.append(problem)
