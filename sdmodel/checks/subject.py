"""The model under check, and what several checks ask of it."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import Any

from sdmodel.checks.rules import Rules
from sdmodel.errors import Problem
from sdmodel.explain import kind_of
from sdmodel.expr import Expr, references
from sdmodel.model import Model
from sdmodel.names import key
from sdmodel.program import CONTROL
from sdmodel.source import SourceModel, Variable
from sdmodel.units import UnitReport

# Variables that tell Vensim how to run: no equation uses them.
SPECIAL = frozenset({*CONTROL, "absolute tolerance", "relative tolerance", "noise seed"})


@dataclass
class Subject:
    """A model that can be run, with the rules it is checked by."""

    model: Model
    rules: Rules

    @property
    def source(self) -> SourceModel:
        """What the file says."""
        return self.model.source

    def at(self, variable: Variable, message: str, cure: str, **more: Any) -> Problem:
        """Return a problem at the name of a variable, or at another place of its entry."""
        place = more.pop("at", -1)
        return self.source.source.problem(
            place if place >= 0 else max(variable.at, 0),
            message,
            kind="check",
            variable=variable.name,
            cure=cure,
            **more,
        )

    @cached_property
    def variables(self) -> list[Variable]:
        """The first entry of every variable but the run controls and parts made in memory."""
        parts = frozenset(self.source.parts)
        return [
            one
            for name, one in self.source.by_key.items()
            if name not in SPECIAL and name not in parts
        ]

    @cached_property
    def kinds(self) -> dict[str, str]:
        """What each variable is, by key: stock, auxiliary, constant, lookup, data and so on."""
        return {one.key: kind_of(self.model.program, one) for one in self.source.by_key.values()}

    def equations(self) -> Iterator[tuple[Variable, Expr]]:
        """Yield every equation of the model and its macros, but those of the run controls."""
        inside = (one for macro in self.source.macros for one in macro.variables)
        for one in (*self.source.variables, *inside):
            if one.equation is not None and one.key not in SPECIAL:
                yield one, one.equation

    @cached_property
    def named(self) -> set[str]:
        """The keys of what equations, macros and the settings beside the model name."""
        found = {key(name) for own, names in self._uses() for name in names if key(name) != own}
        for macro in self.source.macros:
            for one in macro.variables:
                if one.equation is not None:
                    found |= {key(ref.name).removesuffix("$") for ref in references(one.equation)}
        settings = self.model.settings
        told = [*settings.highlights, *settings.never_negative]
        for outcome in settings.outcomes.values():
            told += [outcome.of, *outcome.let.values()]
        return found | {key(name).partition("[")[0] for name in told if name}

    def _uses(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield from self.model._uses.items()

    @cached_property
    def units(self) -> UnitReport:
        """What the check of units finds."""
        return self.model.check_units()
