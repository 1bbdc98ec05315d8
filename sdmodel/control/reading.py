"""What the readers of control files share: their text, its model, and what they have to say."""

from __future__ import annotations

from sdmodel.control.naming import Names
from sdmodel.errors import Problem
from sdmodel.model import Model
from sdmodel.source import SourceText


class ControlReader:
    """Reads a control file against its model; what is wrong, and what is not done, is kept."""

    def __init__(self, source: SourceText, model: Model) -> None:
        self.source, self.model = source, model
        self.names = Names(model)
        self.problems: list[Problem] = []
        self.notes: list[Problem] = []

    def wrong(self, at: int, message: str, cure: str = "", kind: str = "syntax") -> None:
        """Keep what is wrong at an offset of the text."""
        self.problems.append(self.source.problem(at, message, cure=cure, kind=kind))

    def note(self, at: int, message: str) -> None:
        """Keep what the file asks for there and is not done."""
        self.notes.append(self.source.problem(at, message, kind="unsupported"))
