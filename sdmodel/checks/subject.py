"""The model under check, and what several checks ask of it."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any

from sdmodel.checks.rules import Rules
from sdmodel.errors import Problem, SDError
from sdmodel.explain import kind_of
from sdmodel.expr import Expr, Table, Tables, references, walk
from sdmodel.model import Model
from sdmodel.names import key
from sdmodel.program import CONTROL
from sdmodel.source import SourceModel, Variable
from sdmodel.units import UnitReport

if TYPE_CHECKING:
    from sdmodel.checks.facts import Facts

# Variables that tell Vensim how to run: no equation uses them.
_LIMITS = re.compile(r"\[[^\]]*\]")
_NUMBER = re.compile(r"[-+]?(?:\d+\.?\d*|\.\d+)(?:[eE][-+]?\d+)?")
SPECIAL = frozenset({*CONTROL, "absolute tolerance", "relative tolerance", "noise seed"})


@dataclass
class Subject:
    """A model that can be run, with the rules it is checked by."""

    model: Model
    rules: Rules
    given: Facts | None = None  # of the run, where it was made already
    given_units: UnitReport | None = None  # likewise

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
        """The keys of what equations, macros, reality checks and the settings beside it name."""
        found = {key(name) for own, names in self._uses() for name in names if key(name) != own}
        for macro in self.source.macros:
            for one in macro.variables:
                if one.equation is not None:
                    found |= {key(ref.name).removesuffix("$") for ref in references(one.equation)}
        for said in self._reality():
            found |= {key(ref.name) for ref in references(said)}
        settings = self.model.settings
        told = [*settings.highlights, *settings.never_negative]
        for outcome in settings.outcomes.values():
            told += [outcome.of, *outcome.let.values()]
        return found | {key(name).partition("[")[0] for name in told if name}

    def _reality(self) -> Iterator[Expr]:
        """Yield what reality checks say of the model's variables."""
        for one in self.source.constraints:
            yield from (part for part in (one.condition, one.consequence) if part is not None)
        for given in self.source.inputs:
            yield from (part for part in (given.target, given.equation) if part is not None)

    def _uses(self) -> Iterator[tuple[str, tuple[str, ...]]]:
        yield from self.model._uses.items()

    @cached_property
    def tables(self) -> dict[Table, list[Variable]]:
        """The lookup variables by their points."""
        found: dict[Table, list[Variable]] = {}
        for one in self.source.variables:
            if not one.data:
                for table in _tables_of(one.table):
                    found.setdefault(table, []).append(one)
        return found

    def points(self) -> Iterator[tuple[Variable, Table, list[float]]]:
        """Yield every lookup written in the file, with its x in the order of the file."""
        for one in self.source.variables:
            inside = walk(one.equation) if one.equation is not None else ()
            written = [node for node in inside if isinstance(node, Table)]
            for table in (*([] if one.data else _tables_of(one.table)), *written):
                xs = file_order(self.source.source.text, table.at)
                if sorted(xs) == list(table.xs):
                    yield one, table, xs

    @cached_property
    def run_error(self) -> str:
        """Why the model could not be run by its own method; empty where it could."""
        return self._run[1]

    @cached_property
    def facts(self) -> Facts | None:
        """What one run shows; None where it could not be made."""
        return self._run[0]

    @cached_property
    def _run(self) -> tuple[Facts | None, str]:
        from sdmodel.checks.facts import Facts  # late: brings llvmlite

        if self.given is not None:
            return self.given, ""
        try:
            return Facts(self.model.program), ""
        except SDError as error:
            return None, str(error)

    @cached_property
    def units(self) -> UnitReport:
        """What the check of units finds."""
        known = self.given_units  # a report without findings is false
        return self.model.check_units() if known is None else known


def _tables_of(table: Table | Tables | None) -> list[Table]:
    if isinstance(table, Tables):
        return [one for one in table.tables if one is not None]
    return [] if table is None else [table]


def file_order(text: str, at: int) -> list[float]:
    """Return the x of a lookup whose points begin at a place of a `.mdl` file, as written there.

    >>> file_order("f([(0,0)-(9,9)],(0,1),(2,3),(1,2))", 1)
    [0.0, 2.0, 1.0]
    >>> file_order("f(0,2,1,10,30,20)", 1)
    [0.0, 2.0, 1.0]
    """
    if at < 0:
        return []
    inside, depth = "", 0
    for char in text[at:]:
        depth += (char == "(") - (char == ")")
        inside += char
        if depth == 0:
            break
    inside = _LIMITS.sub("", inside[1:-1])
    numbers = [float(one) for one in _NUMBER.findall(inside)]
    return numbers[::2] if "(" in inside else numbers[: len(numbers) // 2]
