"""What to do about two units that differ."""

from __future__ import annotations

from sdmodel.errors import did_you_mean
from sdmodel.units.algebra import DIMENSIONLESS, Unit
from sdmodel.units.names import UnitNames


def cure_for(expected: Unit, actual: Unit, time: Unit | None, names: UnitNames) -> str:
    """Return what to do where `actual` stands and `expected` is wanted.

    Examples
    --------
    >>> names, month = UnitNames(), Unit.of("month")
    >>> cure_for(names.read("Widget/Month"), names.read("Widget"), month, names)
    'divide by a time in Month'
    >>> cure_for(names.read("Widget/Yeer"), names.read("Widget/Year"), month, names)
    "did you mean 'Year' or 'Yeer'? spell them alike"
    """
    ratio = actual / expected
    parts = ratio.powers
    if time is not None and time and ratio == time:
        return f"divide by a time in {names.spell(time)}"
    if time is not None and time and ratio == time**-1:
        return f"multiply by a time in {names.spell(time)}"
    if expected == DIMENSIONLESS:
        return f"divide by a constant in {names.spell(actual)} to which it is compared"
    if actual == DIMENSIONLESS:
        return f"multiply by a constant in {names.spell(expected)}; or correct its units"
    if len(parts) == 2 and parts[0][1] == -parts[1][1]:
        one, other = (names.spell(Unit.of(name)) for name, _ in sorted(parts, key=lambda p: p[1]))
        if names.mixed_up(parts[0][0], parts[1][0]):
            return f"{did_you_mean((one, other))} spell them alike"
        factor = names.spell(expected / actual)
        return f"convert by a constant in {factor}; or make both names synonyms if they are one"
    return f"multiply by what is in {names.spell(expected / actual)}; or correct the units of one"


NUMBER = "give the number a name and units: a constant of its own"
EXPONENT = "divide by a reference in {} first; or write the exponent as a number"
