"""What the page knows of each variable, and which it draws at first."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from typing import Any

from sdmodel.documents.facts import plain
from sdmodel.explain import MOST_ENTRIES, VariableInfo
from sdmodel.model import Model
from sdmodel.names import element_key, key
from sdmodel.program import TIME, TIME_STEP

# How many charts the page begins with, and how many of these one array may fill.
MOST_CHARTS, MOST_ELEMENTS = 9, 4


class Subject:
    """A model's variables and the places of their columns among those of a run.

    >>> import sdmodel as sd
    >>> subject = Subject(sd.load("models/core.mdl"))
    >>> [subject.names[place] for place in subject.columns_of("Diaspora")]
    ['Diaspora']
    """

    def __init__(self, model: Model) -> None:
        self.model = model
        self.infos: dict[str, VariableInfo] = {
            key(name): model.variable(name) for name in model.variables
        }
        self.place = {name: place for place, name in enumerate(self.infos)}
        self.names = [name for name, _ in model.program.columns.values()]
        self._column = {name: place for place, name in enumerate(model.program.columns)}

    def columns_of(self, name: str) -> list[int]:
        """Return the columns of a variable or of one element of it."""
        wanted = element_key(name)
        if wanted in self._column:
            return [self._column[wanted]]
        elements = self.model.program.elements(key(name))
        return [self._column[one] for one in elements if one in self._column]

    @property
    def time_unit(self) -> str:
        """The unit of time, as the file has it."""
        told = {key(name): unit for name, unit in self.model.units.items()}
        return told.get(TIME_STEP) or told.get(TIME) or ""

    def variables(self) -> list[dict[str, Any]]:
        """Return what the page tells of each variable, in the order of the file."""
        return [self._about(name, info) for name, info in self.infos.items()]

    def _about(self, name: str, info: VariableInfo) -> dict[str, Any]:
        entries = info.entries or ((info.name, info.equation),)
        return {
            "name": plain(info.name),
            "key": name,
            "kind": info.kind,
            "unit": info.units,
            "comment": info.comment,
            "equations": [
                [left, " ".join(text.split())] for left, text in entries[:MOST_ENTRIES] if text
            ],
            "more": max(0, len(entries) - MOST_ENTRIES),
            "uses": self._places(info.uses),
            "usedBy": self._places(info.used_by),
            "columns": self.columns_of(info.name),
        }

    def _places(self, names: Sequence[str]) -> list[int]:
        return [self.place[key(one)] for one in names if key(one) in self.place]

    def first_charts(self) -> tuple[list[int], str]:
        """Return the columns that are drawn at first, and a remark on why these."""
        settings = self.model.settings
        told = [one.of for one in settings.outcomes.values() if one.of] or [*settings.highlights]
        if told:
            return self._some(dict.fromkeys(told)), ""
        stocks = [self.infos[key(name)] for name in self.model.stocks]
        stocks.sort(key=lambda one: -len(one.used_by))
        remark = "Drawn at first are the stocks that most equations use."
        if not stocks:
            moving = [one for one in self.infos.values() if one.kind == "auxiliary"]
            stocks, remark = moving, "Drawn at first are the variables that change over time."
        return self._some(one.name for one in stocks), remark

    def _some(self, names: Iterable[str]) -> list[int]:
        columns = [column for one in names for column in self.columns_of(one)[:MOST_ELEMENTS]]
        return list(dict.fromkeys(columns))[:MOST_CHARTS]
