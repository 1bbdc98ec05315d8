"""The text of a unit, such as ``Widget/(Month*Person)``, to its names and powers.

Names may hold blanks and whatever else is no operator (Vensim Reference Manual, "Units"); a number
is a name of its own, but for 1.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable
from fractions import Fraction

from sdmodel.names import tidy
from sdmodel.units.algebra import DIMENSIONLESS, Unit

LARGEST_POWER = 1000
_DEEPEST = 50  # brackets within each other
_WORD = re.compile(r"\*\*|[*/^()]|[^*/^()]+")
_STRANGE = re.compile(r"[,;=\[\]{}<>|~\"!?:]")


class UnitError(ValueError):
    """A text that is no unit: where in it, why, and what to do."""

    def __init__(self, at: int, message: str, cure: str) -> None:
        self.at, self.message, self.cure = at, message, cure
        super().__init__(message)


def parse_unit(text: str, name: Callable[[str], Unit] = Unit.of) -> Unit:
    """Return the unit that a text says; `name` gives what each name stands for.

    Raises
    ------
    UnitError
        With the place in the text.

    Examples
    --------
    >>> str(parse_unit("Widget/(Month*Person)")), str(parse_unit("Meter**2/Meter"))
    ('Widget/(Month*Person)', 'Meter')
    """
    return _Reader(text, name).read()


class _Reader:
    def __init__(self, text: str, name: Callable[[str], Unit]) -> None:
        self.text, self.name = text, name
        self.words = [(m.group(), m.start()) for m in _WORD.finditer(text) if m.group().strip()]
        self.place = self.depth = 0

    def read(self) -> Unit:
        if not self.words:
            return DIMENSIONLESS
        found = self._product()
        word, at = self._next()
        if word:
            what = "this bracket closes nothing" if word == ")" else f"{word!r} cannot stand here"
            raise UnitError(at, what, "write names joined by * and /, as in Widget/(Month*Person)")
        return found

    def _next(self) -> tuple[str, int]:
        if self.place < len(self.words):
            word, at = self.words[self.place]
            return word.strip(), at + len(word) - len(word.lstrip())
        return "", len(self.text)

    def _product(self) -> Unit:
        found = DIMENSIONLESS if self._next()[0] == "/" else self._power()  # ``/Year`` is 1/Year
        while self._next()[0] in ("*", "/"):
            sign = self._next()[0]
            self.place += 1
            factor = self._power()
            found = found * factor if sign == "*" else found / factor
        return found

    def _power(self) -> Unit:
        base = self._atom()
        while self._next()[0] in ("^", "**"):
            self.place += 1
            base = base ** self._exponent()
        if any(abs(power) > LARGEST_POWER for _, power in base.powers):
            raise UnitError(self._next()[1], "the power of this unit is absurd", "correct it")
        return base

    def _exponent(self) -> Fraction:
        word, at = self._next()
        rest = self.text[at:]
        match = re.match(r"\(\s*([-+]?[\d.]+)\s*(?:/\s*([\d.]+)\s*)?\)", rest)
        if match:
            self.place += 5 if match[2] else 3
            top, bottom = number(match[1]), number(match[2] or "1")
        else:
            self.place += 1
            top, bottom = number(word), 1.0
        if top is None or not bottom or abs(top) > LARGEST_POWER:
            cure = "write the power behind it as a number, as in Meter^2"
            raise UnitError(at, "the power of a unit is a number", cure)
        return Fraction(top).limit_denominator(1000) / Fraction(bottom).limit_denominator(1000)

    def _atom(self) -> Unit:
        word, at = self._next()
        self.place += 1
        if word == "(":
            return self._bracket(at)
        if not word or word in ("*", "**", "/", "^", ")"):
            shown = f", not {word!r}" if word else ""
            raise UnitError(at, f"the name of a unit must stand here{shown}", "add it")
        after, behind = self._next()
        if after == "(":
            raise UnitError(behind, f"* or / is missing behind {tidy(word)!r}", "write it there")
        strange = _STRANGE.search(word)
        if strange:
            what = f"{strange[0]!r} cannot stand in a unit"
            raise UnitError(at + strange.start(), what, "join names by * and / only")
        if not any(one.isalnum() or one in "$%#&°€£¥" for one in word):
            raise UnitError(at, f"{word!r} is no unit", "write Dmnl for what has none")
        known = number(word)
        return DIMENSIONLESS if known == 1 else self.name(tidy(word))

    def _bracket(self, at: int) -> Unit:
        self.depth += 1
        if self.depth > _DEEPEST:
            raise UnitError(at, f"over {_DEEPEST} brackets are open here", "remove some")
        found = self._product()
        word, _ = self._next()
        if word != ")":
            raise UnitError(at, "this bracket is never closed", "add the missing ')'")
        self.place += 1
        self.depth -= 1
        return found


def number(text: str) -> float | None:
    """Return a plain finite number, or None.

    >>> number("-0.5"), number("nan"), number("2 m")
    (-0.5, None, None)
    """
    try:
        found = float(text)
    except ValueError:
        return None
    return found if math.isfinite(found) else None
