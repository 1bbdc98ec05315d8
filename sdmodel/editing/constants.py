"""Setting a constant: which numbers of which entries a name and a value stand for."""

from __future__ import annotations

import math
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import product
from typing import Any

from sdmodel.dimensions import Dimensions
from sdmodel.editing import xmile
from sdmodel.editing.meaning import place_of
from sdmodel.editing.numbers import (
    Point,
    changed_numbers,
    changed_points,
    number_text,
    numbers_of,
    table_in,
)
from sdmodel.editing.text import Splice, is_xmile, line_end
from sdmodel.errors import OverrideError, counted, did_you_mean, near_names
from sdmodel.expr import Table, Values, literal
from sdmodel.names import element_key, key
from sdmodel.selection import definition_of, entry_of
from sdmodel.source import SourceModel, Variable

Number = float | str
Element = tuple[str, ...]


@dataclass(frozen=True)
class Setting:
    """What sets the numbers of one entry, and what it must then say: its points, or numbers."""

    splices: list[Splice]
    points: tuple[Point, ...] = ()
    numbers: Mapping[int, float] = field(default_factory=dict)

    def holds(self, model: SourceModel, entry: Variable) -> bool:
        """Return whether an entry says so."""
        if self.points:
            table = _table(model, entry)
            return table is not None and tuple(zip(table.xs, table.ys, strict=True)) == self.points
        if isinstance(entry.equation, Values):
            said = entry.equation.values
        else:
            number = None if entry.equation is None else literal(entry.equation)
            said = () if number is None else (number,)
        return all(i < len(said) and said[i] == one for i, one in self.numbers.items())


def constant_settings(model: SourceModel, name: str, value: Any) -> dict[int, Setting]:
    """Return what sets a constant or the points of a lookup, by the number of each entry changed.

    Raises
    ------
    UnknownNameError, OverrideError
        If there is no such constant, the value does not fit, or is outside of its limits.
    """
    found = definition_of(model, name)
    value = value.tolist() if hasattr(value, "tolist") else value  # of NumPy
    entries = model.entries[found.key]
    if not any(numbers_of(model.source, one) for one in entries):
        points = _points(value)
        if points is not None:
            entry = entry_of(model, name)
            return {place_of(model, entry): _point_setting(model, entry, points)}
        raise OverrideError(name, _no_constant(found))
    try:
        return _number_settings(model, name, entries, value)
    except ValueError as error:
        raise OverrideError(name, f"{found.name!r}: {error}") from None


def _no_constant(found: Variable) -> str:
    if found.table is not None or table_in(found.equation) is not None:
        return f"{found.name!r} is set by the points of a lookup: give them as pairs (x, y)"
    return (
        f"{found.name!r} is no constant but computed, as {found.text!r}: "
        f"give it another equation instead"
    )


def _points(value: Any) -> list[Point] | None:
    """Return the value as points if it is a sequence of pairs of numbers."""
    if isinstance(value, str) or not isinstance(value, Sequence) or not value:
        return None
    pairs = [tuple(one) for one in value if isinstance(one, Sequence) and not isinstance(one, str)]
    if len(pairs) != len(value) or any(len(one) != 2 for one in pairs):
        return None
    return [(float(x), float(y)) for x, y in pairs]


def _table(model: SourceModel, entry: Variable) -> Table | None:
    """Return the one table of an entry: its own, one within its equation, or one made of it."""
    made = f"#graphical function of {entry.name}"
    other = next((one.table for one in model.variables if one.name == made), None)
    table = entry.table or table_in(entry.equation) or other
    return table if isinstance(table, Table) else None


def _point_setting(model: SourceModel, entry: Variable, points: list[Point]) -> Setting:
    table = _table(model, entry)
    if table is None or entry.data:
        raise OverrideError(
            entry.name, f"{entry.name!r} has no points that are written in the file"
        )
    if not all(math.isfinite(x) for point in points for x in point):
        raise OverrideError(entry.name, f"{entry.name!r}: points are pairs of finite numbers")
    if [x for x, _ in points] != sorted(x for x, _ in points):
        raise OverrideError(entry.name, f"{entry.name!r}: the points must rise in x")
    source = model.source
    if is_xmile(source):
        splices = xmile.point_splices(source, entry, table.xs, points)
    else:
        ends = line_end(source.text)
        splices = changed_points(source, entry.equation_span, table, points, ends)
    return Setting(splices, points=tuple(points))


def _number_settings(
    model: SourceModel, name: str, entries: Sequence[Variable], value: Any
) -> dict[int, Setting]:
    ranges = Dimensions(model)
    covered = [_elements(ranges, one.subscripts) for one in entries]
    all_elements = list(dict.fromkeys(one for part in covered for one in part))
    wanted = _wanted(ranges, name, all_elements)
    values = _by_element(wanted, value)
    for one in values.values():
        _check_limits(entries, float(number_text(one)))
    found, left = dict[int, Setting](), set(values)
    for entry, elements in zip(entries, covered, strict=True):
        left_out = {e for x in entry.exceptions for e in _elements(ranges, x)}
        hit = {e: values[e] for e in elements if e in values and e not in left_out}
        spans = numbers_of(model.source, entry)
        if not hit or not spans:
            continue
        if len(spans) == 1 and len(elements) > 1:
            several = len({float(one) for one in hit.values()}) > 1
            if several or len(hit) < len([e for e in elements if e not in left_out]):
                raise ValueError(
                    f"one number stands for all of [{','.join(entry.subscripts)}]; set all of "
                    "them, or give it an equation with one number for each"
                )
            changed = {0: next(iter(hit.values()))}
        elif len(spans) != len(elements):
            raise ValueError(f"it has {counted(len(spans), 'number')} for {len(elements)} elements")
        else:
            changed = {i: hit[e] for i, e in enumerate(elements) if e in hit}
        numbers = {i: float(one) for i, one in changed.items()}
        if is_xmile(model.source):
            changed = {i: xmile.written(model.source, entry, one) for i, one in changed.items()}
        splices = changed_numbers(model.source, spans, changed)
        found[place_of(model, entry)] = Setting(splices, numbers=numbers)
        left -= set(hit)
    if left:
        raise ValueError(f"the element [{','.join(min(left))}] is computed and no constant")
    return found


def _elements(ranges: Dimensions, subscripts: Sequence[str]) -> list[Element]:
    """Return the elements that some subscripts stand for, the last one fastest."""
    parts = [ranges.elements(one) if ranges.is_range(one) else (key(one),) for one in subscripts]
    return list(product(*parts))


def _wanted(ranges: Dimensions, name: str, known: Sequence[Element]) -> list[Element]:
    """Return the elements that a name stands for, in the order of its ranges."""
    spelled = element_key(name)
    if not spelled.endswith("]") or name.strip().endswith('"'):
        return list(known)
    wanted = _elements(ranges, spelled[spelled.rindex("[") + 1 : -1].split(","))
    missing = [one for one in wanted if one not in known]
    if missing:
        shown = [",".join(one) for one in known]
        near = near_names(",".join(missing[0]), shown)
        hint = did_you_mean(near) or f"there is {', '.join(shown[:5])}"
        raise ValueError(f"there is no element [{','.join(missing[0])}]; {hint}")
    return wanted


def _by_element(wanted: Sequence[Element], value: Any) -> dict[Element, Number]:
    """Return the value of each element: one for all, or a list (of lists) with one for each."""
    if isinstance(value, str) or not hasattr(value, "__len__"):
        return dict.fromkeys(wanted, _number(value))
    flat = [_number(one) for one in _flattened(value)]
    if len(flat) != len(wanted):
        raise ValueError(f"{counted(len(flat), 'value')} for {counted(len(wanted), 'element')}")
    return dict(zip(wanted, flat, strict=True))


def _number(value: Any) -> Number:
    number_text(value)
    return value if isinstance(value, str) else float(value)


def _flattened(value: Any) -> list[Any]:
    if isinstance(value, Mapping):
        raise ValueError("give its values as a list, in the order of its elements")
    if isinstance(value, str) or not hasattr(value, "__len__"):
        return [value]
    return [one for part in value for one in _flattened(part)]


def _check_limits(entries: Sequence[Variable], value: float) -> None:
    """Refuse a number outside of the limits that the file itself gives."""
    low = max((one.low for one in entries if one.low is not None), default=-math.inf)
    high = min((one.high for one in entries if one.high is not None), default=math.inf)
    slack = 1e-12 * abs(value)
    if not low - slack <= value <= high + slack:
        raise ValueError(
            f"{value:g} is outside of its limits [{low:g}, {high:g}]: change those first"
        )
