"""The rule of units of a function: what its arguments must be in, and what its value is in.

Each function is registered with a rule such as ``"x, time -> x"`` (`sdmodel.functions.registry`):

====== ==================================================================================
x, y   any unit, the same wherever the letter stands; also in products and powers: ``x/y``
time   the model's unit of time
1      dimensionless
x?     as x, but a bare number may stand for it: an initial value or a bound
~1     dimensionless at best; another unit is only suspicious (the input of a lookup)
_      anything, which is not looked at
#      of the value: as a bare number (that of a lookup written in place)
====== ==================================================================================

``x, n -> x^n`` stands for a power, whose exponent must be a number where x has a unit.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping
from dataclasses import dataclass

from sdmodel.units.algebra import DIMENSIONLESS, Unit
from sdmodel.units.reading import parse_unit

TIME = "time"
POWER = "x, n -> x^n"


@dataclass(frozen=True, slots=True)
class Pattern:
    """What one argument, or the value, is in; `unit` is None for ``_`` and ``#``."""

    unit: Unit | None
    number: bool = False
    mild: bool = False

    @property
    def letters(self) -> tuple[str, ...]:
        """The letters in it."""
        powers = self.unit.powers if self.unit is not None else ()
        return tuple(name for name, _ in powers if name != TIME)

    def filled(self, known: Mapping[str, Unit]) -> Unit | None:
        """Return the unit it stands for, None where a letter, or time, is not known."""
        if self.unit is None or any(name not in known for name, _ in self.unit.powers):
            return None
        return self.unit.replaced(known)

    def solved(self, unit: Unit, known: Mapping[str, Unit]) -> tuple[str, Unit] | None:
        """Return the one letter that is not known, and what it is where the whole is `unit`.

        >>> letter, found = Pattern(parse_unit("x/time")).solved(
        ...     parse_unit("kg/Month"), {"time": parse_unit("Month")})
        >>> letter, str(found)
        ('x', 'kg')
        """
        if self.unit is None:
            return None
        missing = [name for name, _ in self.unit.powers if name not in known]
        if len(missing) != 1 or missing[0] == TIME:
            return None
        letter = missing[0]
        rest = self.unit.replaced({**known, letter: DIMENSIONLESS})
        return letter, (unit / rest) ** (1 / self.unit.power(letter))


@dataclass(frozen=True, slots=True)
class Rule:
    """The patterns of the arguments and of the value."""

    args: tuple[Pattern, ...]
    result: Pattern


@functools.cache
def parse_rule(text: str) -> Rule:
    """Return a rule from its text.

    Examples
    --------
    >>> rule = parse_rule("x, time, x? -> x*time")
    >>> rule.args[2].number, str(rule.result.unit)
    (True, 'x*time')
    """
    left, arrow, right = text.partition("->")
    if not arrow:
        raise ValueError(f"{text!r} is no rule of units: it has no arrow")
    args = tuple(_pattern(one.strip()) for one in left.split(",") if one.strip())
    return Rule(args, _pattern(right.strip()))


def _pattern(text: str) -> Pattern:
    if text in ("_", "#"):
        return Pattern(None, number=text == "#")
    plain = text.removesuffix("?").removeprefix("~")
    return Pattern(parse_unit(plain), number=text.endswith("?"), mild=text.startswith("~"))
