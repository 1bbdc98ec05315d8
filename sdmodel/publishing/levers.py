"""What can be moved on the page: levers of the TOML file, or constants of the model's own."""

from __future__ import annotations

import math
from dataclasses import dataclass

from sdmodel.documents.facts import plain
from sdmodel.explain import VariableInfo
from sdmodel.factors import Factor
from sdmodel.model import Model
from sdmodel.names import element_key
from sdmodel.parts import part_key
from sdmodel.program import FINAL_TIME, INITIAL_TIME

# How many constants the page offers where nobody said which matter.
MOST = 12
_STEPS = 100


@dataclass(frozen=True, slots=True)
class Lever:
    """A constant that the page moves, and the names under which a run sets it.

    Of an array that moves as one, `sets` are all its elements. `values` are the only ones it takes,
    with what each is called; without them it takes any between `low` and `high`.
    """

    name: str
    label: str
    group: str
    unit: str
    low: float
    high: float
    step: float
    default: float
    sets: tuple[str, ...]
    help: str = ""
    values: tuple[tuple[float, str], ...] = ()

    @property
    def switch(self) -> bool:
        """Whether it is only on or off."""
        return tuple(value for value, _ in self.values) == (0.0, 1.0) and not any(
            label for _, label in self.values
        )


@dataclass(frozen=True, slots=True)
class Levers:
    """All that can be moved, and a remark on where it comes from."""

    levers: tuple[Lever, ...]
    uncertainties: tuple[Lever, ...] = ()
    remark: str = ""


def levers_of(model: Model) -> Levers:
    """Return what can be moved in a model.

    >>> import sdmodel as sd
    >>> found = levers_of(sd.load("models/core.mdl"))
    >>> found.levers[0].label, found.levers[0].low, found.levers[0].high, found.levers[0].step
    ('Network exposure', 0.0, 1.0, 0.05)
    """
    settings = model.settings
    if settings.levers or settings.uncertainties:
        return Levers(
            tuple(_told(model, one) for one in settings.levers.values()),
            tuple(_told(model, one) for one in settings.uncertainties.values()),
        )
    infos = [model.variable(name) for name in model.variables]
    constants = [one for one in infos if one.kind == "constant" and one.default is not None]
    ranged = [(one, bounds) for one in constants if (bounds := _range(one))]
    if ranged:
        remark = "These are the constants for which the model's file gives a range."
        return Levers(tuple(_own(model, one, bounds) for one, bounds in ranged), (), remark)
    single = [one for one in constants if one.used_by and _worth_moving(one.default or 0.0)]
    single.sort(key=lambda one: -len(one.used_by))
    remark = (
        "The model's file says neither which constants are levers nor how far they may go. "
        f"Offered are the {min(MOST, len(single))} that most equations use (0, 1 and powers of ten "
        "are left out: most are switches and factors of conversion), from nothing to twice their "
        "value, and years over the whole run."
    )
    return Levers(
        tuple(_own(model, one, _guessed(model, one), "") for one in single[:MOST]),
        (),
        remark if single else "The model has no constant that could be moved.",
    )


def step_of(low: float, high: float) -> float:
    """Return a round step, about a hundredth of a range.

    >>> step_of(0, 1), step_of(0, 0.15), step_of(1960, 2020)
    (0.01, 0.001, 0.5)
    """
    rough = (high - low) / _STEPS
    power = 10.0 ** math.floor(math.log10(rough) + 1e-9)
    return float(f"{max(n for n in (1, 2, 5) if n * power <= rough * 1.0000001) * power:.6g}")


def constants_named(model: Model, name: str) -> tuple[str, ...]:
    """Return the constants that a lever or scenario means: one, or all elements of an array."""
    known = {element_key(one): one for one in model.constants}
    wanted = part_key(name)
    if wanted in known:
        return (known[wanted],)
    program = model.program
    keys = program.elements(wanted) if wanted in program.shapes else []
    return tuple(known[one] for one in keys) if keys and known.keys() >= set(keys) else ()


def _told(model: Model, factor: Factor) -> Lever:
    info = model.variable(factor.name.partition("[")[0])
    values = tuple(
        (value, factor.labels[place] if place < len(factor.labels) else "")
        for place, value in enumerate(factor.values)
    )
    if not values and factor.kind == "switch":
        values = ((factor.low, ""), (factor.high, ""))
    step = 1.0 if factor.kind == "integer" else info.step or step_of(factor.low, factor.high)
    return Lever(
        name=factor.name,
        label=factor.label or plain(factor.name),
        group=factor.group,
        unit=factor.unit,
        low=factor.low,
        high=factor.high,
        step=step,
        default=factor.default,
        sets=constants_named(model, factor.name),
        help=info.comment,
        values=tuple(sorted(values)),
    )


def _range(info: VariableInfo) -> tuple[float, float] | None:
    """Return the range of a constant, where the file gives one that a slider can have."""
    low, high = info.low, info.high
    if low is None or high is None or info.default is None:
        return None
    sound = math.isfinite(low) and math.isfinite(high) and low < high
    return (low, high) if sound and low <= info.default <= high else None


def _worth_moving(value: float) -> bool:
    return abs(value) not in (0.0, 1.0) and (abs(value) < 100 or math.log10(abs(value)) % 1 != 0)


def _guessed(model: Model, info: VariableInfo) -> tuple[float, float]:
    """Return from where to where a constant may go of which only the value is known."""
    program, value = model.program, info.default or 0.0
    first, last = (program.constants.get(name, math.nan) for name in (INITIAL_TIME, FINAL_TIME))
    if value > 1000 and first <= value <= last:  # a year
        return first, last
    return min(0.0, 2 * value), max(0.0, 2 * value)


def _own(
    model: Model, info: VariableInfo, span: tuple[float, float], group: str | None = None
) -> Lever:
    low, high = span
    switch = (low, high, info.step) == (0.0, 1.0, 1.0)
    return Lever(
        name=info.name,
        label=plain(info.name),
        group=info.group.lstrip(".") if group is None else group,
        unit=info.units,
        low=low,
        high=high,
        step=info.step or step_of(low, high),
        default=info.default or 0.0,
        sets=constants_named(model, info.name),
        help=info.comment,
        values=((0.0, ""), (1.0, "")) if switch else (),
    )
