"""Outcomes worked out from other outcomes, also from those of different arms of one run."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.errors import OutcomeError, fold, near
from sensitivity.formulas import check_letters, read_formula, unit_of, work_out
from sensitivity.outcomes import (
    FAILED,
    NOT_REACHED,
    OK,
    UNDEFINED,
    Outcome,
    choose_one,
    from_spec,
    no_outcomes,
    refuse_twice,
)

if TYPE_CHECKING:
    from numpy.typing import NDArray

    import sdmodel as sd

    Measured = tuple[NDArray[np.float64], NDArray[np.int8]]


@dataclass(frozen=True, slots=True)
class Combination:
    """One number that is worked out from other outcomes of a run.

    Parameters
    ----------
    name
        What it is called in tables and figures.
    expression
        Arithmetic with the letters that `parts` explains.
    parts
        By letter, an outcome, another combination, or the name of one: that of an outcome in the
        model's TOML file or of a variable, whose final value is meant. ``@`` and the name of a
        scenario behind it say in which arm.
    label, unit
        For figures; the unit is that of the expression where it follows.

    Examples
    --------
    >>> Combination("gain", "a - b", {"a": "income @ open", "b": "income @ closed"}).expression
    'a - b'
    """

    name: str
    expression: str
    parts: Mapping[str, Outcome | Combination | str] = field(hash=False)
    label: str = ""
    unit: str = ""

    def __post_init__(self) -> None:
        try:
            check_letters(self.expression, self.parts)
        except OutcomeError as error:
            lines = str(error).splitlines()
            raise OutcomeError(
                "\n".join(f"outcome '{self.name}': {one}" for one in lines)
            ) from None

    def leaves(self) -> Iterator[Outcome]:
        """Yield the outcomes that it is worked out from in the end."""
        for part in self.parts.values():
            if isinstance(part, Combination):
                yield from part.leaves()
            elif isinstance(part, Outcome):
                yield part

    def work_out(self, measured: Callable[[Outcome], Measured]) -> Measured:
        """Return its value and status in each run, from those of its parts.

        It failed where a part did; otherwise it is not reached where a part is not, and undefined
        where a part is or the arithmetic has no value.
        """
        found: dict[str, Measured] = {}
        for letter, part in self.parts.items():
            if isinstance(part, Combination):
                found[letter] = part.work_out(measured)
            elif isinstance(part, Outcome):
                found[letter] = measured(part)
        values = work_out(read_formula(self.expression), {k: v for k, (v, _) in found.items()})
        states = np.stack([status for _, status in found.values()])
        status = np.full(states.shape[1], OK, dtype=np.int8)
        status[~np.isfinite(values)] = UNDEFINED
        for worse in (UNDEFINED, NOT_REACHED, FAILED):
            status[(states == worse).any(axis=0)] = worse
        return np.where(status == OK, values, np.nan), status

    def to_dict(self) -> dict[str, Any]:
        """Return this outcome as plain values, as it is stored with a sweep."""
        parts = {
            letter: part if isinstance(part, str) else part.to_dict()
            for letter, part in self.parts.items()
        }
        return {
            "name": self.name,
            "expression": self.expression,
            "parts": parts,
            "label": self.label,
            "unit": self.unit,
        }


def combine(
    expression: str,
    name: str | None = None,
    *,
    label: str = "",
    unit: str = "",
    **parts: Outcome | Combination | str,
) -> Combination:
    """Return an outcome worked out from others.

    Parameters
    ----------
    expression
        Arithmetic with letters: numbers, ``+ - * / ^``, brackets, ``abs``, ``exp``, ``log``,
        ``sqrt``, ``min`` and ``max`` of two.
    name
        What it is called; the expression in words when left out.
    label, unit
        For figures.
    **parts
        What each letter stands for: an outcome, or the name of an outcome in the model's TOML
        file or of a variable, whose final value is meant. ``"income @ open"`` is income in the
        scenario ``open``, with that scenario's settings in place of what was drawn.

    Examples
    --------
    >>> combine("a - b", a="income @ open", b="income @ closed").name
    'income @ open - income @ closed'
    """
    called = {k: part if isinstance(part, str) else part.name for k, part in parts.items()}
    words = re.sub(r"[A-Za-z_]\w*", lambda one: called.get(one[0], one[0]), expression)
    return Combination(name or words, expression, parts, label, unit)


def choose_all(
    model: sd.Model,
    wanted: Outcome | Combination | str | Iterable[Outcome | Combination | str] | None,
) -> list[Outcome | Combination]:
    """Return the outcomes of a sweep, those that compare runs among them, with units.

    `wanted` is as for `choose`, with combinations, and names that may end in ``@`` and a scenario.
    """
    if wanted is None:
        if not model.settings.outcomes:
            raise no_outcomes(model)
        wanted = list(model.settings.outcomes)
    elif isinstance(wanted, Outcome | Combination | str):
        wanted = [wanted]
    reader = _Reader(model)
    chosen = [reader.read(one) for one in wanted]
    if not chosen:
        raise OutcomeError("no outcome was given: name at least one")
    refuse_twice(one.name for one in chosen)
    return chosen


def outcome_from_dict(stored: Mapping[str, Any]) -> Outcome | Combination:
    """Rebuild an outcome from what its `to_dict` gave."""
    if "expression" not in stored:
        window = stored.get("between")
        return Outcome(**{**stored, "between": None if window is None else tuple(window)})
    parts = {
        letter: part if isinstance(part, str) else outcome_from_dict(part)
        for letter, part in stored["parts"].items()
    }
    return Combination(**{**stored, "parts": parts})


class _Reader:
    """Turns names into outcomes, and letters' names into what they stand for."""

    def __init__(self, model: sd.Model) -> None:
        self.model = model
        specs = model.settings.outcomes
        self.simple = {
            fold(name): from_spec(one) for name, one in specs.items() if not one.expression
        }
        self.combined = {fold(name): one for name, one in specs.items() if one.expression}
        self.variables = {fold(name): name for name in (*model.units, *model.columns)}

    def read(
        self, one: Outcome | Combination | str, within: tuple[str, ...] = ()
    ) -> Outcome | Combination:
        if isinstance(one, Combination):
            return self.resolved(one, within)
        if isinstance(one, Outcome):
            return choose_one(self.model, self.simple, one).with_unit(self.model.units)
        if fold(one) in self.combined:
            spec = self.combined[fold(one)]
            if spec.name in within:
                chain = " from ".join((*within[within.index(spec.name) :], spec.name))
                raise OutcomeError(f"an outcome is worked out from itself: {chain}")
            return self.resolved(
                Combination(spec.name, spec.expression, spec.let, spec.label, spec.unit), within
            )
        stem, mark, arm = one.rpartition("@")
        if mark and fold(one) not in self.simple and fold(one) not in self.variables:
            return self.placed(self.read(stem.strip(), within), arm.strip(), one)
        hint = near(one, self.known())
        if fold(one) not in self.simple and fold(one) not in self.variables:
            raise OutcomeError(f"{self.model.name} has no outcome or variable '{one}'{hint}")
        return choose_one(self.model, self.simple, one).with_unit(self.model.units)

    def known(self) -> list[str]:
        """Return all names that a letter may stand for."""
        return [*self.model.settings.outcomes, *self.variables.values()]

    def resolved(self, one: Combination, within: tuple[str, ...]) -> Combination:
        """Return a combination with outcomes in place of names, and its unit if that follows."""
        parts, wrong = {}, []
        for letter, part in one.parts.items():
            try:
                parts[letter] = self.read(part, (*within, one.name))
            except OutcomeError as error:
                wrong.append(f"outcome '{one.name}', {letter}: {error}")
        if wrong:
            raise OutcomeError("\n".join(wrong))
        units = {letter: part.unit for letter, part in parts.items()}
        unit = one.unit or unit_of(read_formula(one.expression), units)
        return replace(one, parts=parts, unit=unit)

    def placed(self, one: Outcome | Combination, arm: str, name: str) -> Outcome | Combination:
        """Return an outcome as it is in an arm, unless it already says in which."""
        if isinstance(one, Outcome):
            return one if one.arm else replace(one, arm=arm, name=name)
        parts = {
            letter: self.placed(part, arm, f"{part.name} @ {arm}")
            for letter, part in one.parts.items()
            if not isinstance(part, str)
        }
        return replace(one, name=name, parts=parts)
