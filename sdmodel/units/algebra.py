"""Units of measure as products of powers of names."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from fractions import Fraction


@dataclass(frozen=True, slots=True)
class Unit:
    """A product of powers of named units; without any, dimensionless.

    Powers are rational, since a square root halves them. The names are bare symbols: whether two of
    them mean the same is known to `sdmodel.units.names`.

    Examples
    --------
    >>> person, year = Unit.of("person"), Unit.of("year")
    >>> str(person / (year * person**2))
    '1/(person*year)'
    """

    powers: tuple[tuple[str, Fraction], ...] = ()

    @staticmethod
    def of(name: str) -> Unit:
        """Return the unit of one name."""
        return Unit(((name, Fraction(1)),))

    def __bool__(self) -> bool:
        """Tell whether the unit is anything but dimensionless."""
        return bool(self.powers)

    def __mul__(self, other: Unit) -> Unit:
        """Return the product; what is in the numerator and the denominator cancels."""
        if not other.powers:
            return self
        found = dict(self.powers)
        for name, power in other.powers:
            found[name] = found.get(name, Fraction(0)) + power
        return Unit(tuple((name, power) for name, power in found.items() if power))

    def __truediv__(self, other: Unit) -> Unit:
        """Return the quotient."""
        return self * other**-1

    def __pow__(self, power: Fraction | int) -> Unit:
        """Return the unit to a rational power."""
        if not power:
            return DIMENSIONLESS
        return Unit(tuple((name, own * power) for name, own in self.powers))

    def __eq__(self, other: object) -> bool:
        """Tell whether both are the same product, in whatever order."""
        return isinstance(other, Unit) and dict(self.powers) == dict(other.powers)

    def __hash__(self) -> int:
        """Return what equal units share."""
        return hash(frozenset(self.powers))

    def __str__(self) -> str:
        """Return the unit with its bare names."""
        return spelled(self, str)

    def power(self, name: str) -> Fraction:
        """Return the power of one name, 0 where it does not occur."""
        return dict(self.powers).get(name, Fraction(0))

    def replaced(self, values: Mapping[str, Unit]) -> Unit:
        """Return the unit with names replaced by other units."""
        made = DIMENSIONLESS
        for name, power in self.powers:
            made *= values.get(name, Unit.of(name)) ** power
        return made


DIMENSIONLESS = Unit()


def spelled(unit: Unit, spelling: Callable[[str], str]) -> str:
    """Return a unit as modelers write it, each name as `spelling` has it.

    >>> metre, month = Unit.of("Metre"), Unit.of("Month")
    >>> spelled(metre**2 / month, str), spelled(DIMENSIONLESS, str)
    ('Metre^2/Month', 'Dmnl')
    """
    if not unit:
        return "Dmnl"
    above = [_power(spelling(name), power) for name, power in unit.powers if power > 0]
    below = [_power(spelling(name), -power) for name, power in unit.powers if power < 0]
    shown = "*".join(above) or "1"
    if not below:
        return shown
    return f"{shown}/{below[0]}" if len(below) == 1 else f"{shown}/({'*'.join(below)})"


def _power(name: str, power: Fraction) -> str:
    if power == 1:
        return name
    whole_or_decimal = float(power) == round(float(power), 3)
    return f"{name}^{float(power):g}" if whole_or_decimal else f"{name}^({power})"
