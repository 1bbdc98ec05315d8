"""Which names of units mean the same, in one model."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from sdmodel.names import tidy
from sdmodel.source import UnitDefinition
from sdmodel.units.algebra import DIMENSIONLESS, Unit, spelled
from sdmodel.units.reading import UnitError, number, parse_unit

# What Vensim writes into the settings of a new model, and its names for having no unit.
_NONE = "dmnl"
_USUAL = (
    (_NONE, "dimensionless", "unitless", "fraction"),
    ("$", "Dollar", "Dollars", "$s"),
    ("Person", "People", "Persons"),
    ("Day", "Days"),
    ("Hour", "Hours"),
    ("Month", "Months"),
    ("Unit", "Units"),
    ("Week", "Weeks"),
    ("Year", "Years"),
)
_SHORTEST = 4  # letters of a name that may lose its plural s, or be a slip of another


def fold(name: str) -> str:
    """Return what spellings of one unit share: case, _ and blanks mean nothing, nor does a plural.

    >>> fold("Thousand_Persons"), fold("Boxes"), fold("Tonnes/?")[:5], fold("mass"), fold("gas")
    ('thousand person', 'box', 'tonne', 'mass', 'gas')
    """
    words = name.replace("_", " ").casefold().split()
    last = words[-1] if words else ""
    if len(last) >= _SHORTEST and last.endswith("s") and not last.endswith(("ss", "us", "is")):
        if last.endswith("ies"):
            words[-1] = last[:-3] + "y"
        else:
            hissing = last.endswith(("xes", "ches", "shes", "sses"))
            words[-1] = last[:-2] if hissing else last[:-1]
    return " ".join(words)


class UnitNames:
    """The units of a model: reads them, and writes each as the modeler first wrote it.

    Examples
    --------
    >>> names = UnitNames([UnitDefinition("Box", ("crate",))])
    >>> names.read("Nails/Boxes") == names.read("nail / crate")
    True
    >>> names.spell(names.read("nails/(crate*years)"))
    'Nails/(Boxes*years)'
    """

    def __init__(self, definitions: Iterable[UnitDefinition] = ()) -> None:
        self._same: dict[str, str] = {}
        self._spelling: dict[str, str] = {}
        self._made_of: dict[str, Unit] = {}
        self._written: dict[Unit, str] = {}
        self._read: dict[str, tuple[Unit, tuple[str, ...]]] = {}
        self.uses: Counter[str] = Counter()
        definitions = tuple(definitions)
        self._given: dict[str, str] = {}
        for group in (*_USUAL, *((one.name, *one.aliases) for one in definitions)):
            self._join(group)
        for group in (*((one.name, *one.aliases) for one in definitions), *_USUAL):
            self._given.setdefault(self.key(group[0]), group[0])
        self.wrong: list[tuple[UnitDefinition, UnitError]] = []
        for one in definitions:
            if one.formula:
                self._define(one)

    def _join(self, group: Iterable[str]) -> None:
        keys = [fold(name) for name in group if name.strip()]
        known = {self._same.get(one, one) for one in keys}
        first = self._same.get(keys[0], keys[0])
        for one in [one for one, root in self._same.items() if root in known] + keys:
            self._same[one] = first

    def _define(self, one: UnitDefinition) -> None:
        try:
            made_of = parse_unit(one.formula, self._unit)
        except UnitError as error:
            self.wrong.append((one, error))
            return
        name = self.key(one.name)
        if len(made_of.powers) == 1 and made_of.powers[0][1] == 1:  # another name of one unit
            self._join((made_of.powers[0][0], one.name))
        elif not made_of.power(name):
            self._made_of[name] = made_of
            self._made_of = {k: v.replaced(self._made_of) for k, v in self._made_of.items()}
            self._made_of = {k: v for k, v in self._made_of.items() if not v.power(k)}

    def key(self, name: str) -> str:
        """Return what all names of one unit share."""
        folded = fold(name)
        return self._same.get(folded, folded)

    def _unit(self, name: str) -> Unit:
        known = self.key(name)
        if known == self._same[_NONE]:
            return DIMENSIONLESS
        made_of = self._made_of.get(known)
        return Unit.of(known) if made_of is None else made_of

    def _seen(self, name: str) -> Unit:
        known = self.key(name)
        self.uses[known] += 1
        self._spelling.setdefault(known, name)
        return self._unit(name)

    def read(self, text: str) -> Unit:
        """Return the unit that a text says.

        Raises
        ------
        UnitError
            If it is none.
        """
        if text in self._read:  # most variables of a model share a few units
            unit, known = self._read[text]
            self.uses.update(known)
            return unit
        named: list[str] = []

        def seen(name: str) -> Unit:
            named.append(self.key(name))
            return self._seen(name)

        unit = parse_unit(text, seen)
        self._read[text] = unit, tuple(named)
        if any(name in self._made_of for name in named):
            self._written.setdefault(unit, tidy(text))
        return unit

    def spell(self, unit: Unit) -> str:
        """Return a unit as it is written in this model."""
        if unit in self._written:
            return self._written[unit]
        return spelled(unit, self._shown)

    def slips(self) -> list[tuple[str, tuple[str, ...]]]:
        """Return names used once that look like others which are used more, with those.

        >>> names = UnitNames()
        >>> for text in ("Widgets/Yeer", "Widget/Year", "1/Year"): unit = names.read(text)
        >>> names.slips()
        [('Yeer', ('Year',))]
        """
        often = {name for name, count in self.uses.items() if count > 1} | self._given.keys()
        shortened: dict[str, list[str]] = {}
        for name in sorted(filter(_long, often)):
            for part in _shortened(name):
                shortened.setdefault(part, []).append(name)
        found = []
        for name, count in self.uses.items():
            if count == 1 and name not in often and _long(name):
                close = dict.fromkeys(
                    one for part in _shortened(name) for one in shortened.get(part, ())
                )
                near = [self._shown(one) for one in close if _alike(name, one)]
                if near:
                    found.append((self._spelling[name], tuple(near)))
        return found

    def _shown(self, name: str) -> str:
        return self._spelling.get(name) or self._given.get(name, name)

    def mixed_up(self, a: str, b: str) -> bool:
        """Tell whether one name may be a slip of the other."""
        return _long(a) and _long(b) and _alike(a, b)


def _long(name: str) -> bool:
    return len(name) >= _SHORTEST and number(name) is None


def _shortened(name: str) -> set[str]:
    """Return a name, and it without each one of its letters: names a slip apart share one."""
    return (
        {name, *(name[:i] + name[i + 1 :] for i in range(len(name)))} if len(name) < 50 else set()
    )


def _alike(a: str, b: str) -> bool:
    """Tell whether two names differ by a letter or two: one more, less, another, or swapped."""
    if a == b or any(one.isdigit() for one in a + b):
        return False
    start = 0
    while start < min(len(a), len(b)) and a[start] == b[start]:
        start += 1
    end = 0
    while end < min(len(a), len(b)) - start and a[-1 - end] == b[-1 - end]:
        end += 1
    middle, other = a[start : len(a) - end], b[start : len(b) - end]
    swapped = len(middle) == len(other) == 2 and middle == other[::-1]
    return swapped or max(len(middle), len(other)) == 1
