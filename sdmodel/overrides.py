"""Which values a run may set, and whether these are such."""

from __future__ import annotations

import math
from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

from sdmodel.errors import OverrideError, did_you_mean, near_names
from sdmodel.kernel import Array
from sdmodel.names import element_key

if TYPE_CHECKING:
    import pandas as pd

    from sdmodel.program import Program
    from sdmodel.source import SourceModel


def check_override(source: SourceModel, program: Program, name: str, where: str = "") -> list[str]:
    """Return the key of a constant that a run may set, or of all elements of a subscripted one.

    Raises
    ------
    OverrideError
        If there is no such variable, or if it is no constant.
    """
    at = f"{source.source.path}: {where}"
    found = element_key(name)
    elements = program.elements(found)
    if elements and all(one in program.constants and one in program.columns for one in elements):
        base = program.variable_of(elements[0])
        variable = source.by_key[base]
        if variable.unchangeable:
            raise OverrideError(
                name,
                f"{at}'{variable.name}' is marked as unchangeable (==) in the model: "
                "write it with a single = to set it in a run",
            )
        if base in program.structural:
            raise OverrideError(
                name,
                f"{at}'{variable.name}' decides how many stages a delay has, which a run cannot "
                f'change: use model.replace("{variable.name}", ...)',
            )
        return elements
    found = program.variable_of(found)
    known = source.by_key.get(found)
    if known is None:
        shown = [program.columns[k][0] for k in program.constants if k in program.columns]
        near = near_names(name, shown)
        near = near or near_names(name, [v.name for v in source.variables])
        hint = did_you_mean(near) or "`sdmodel show MODEL` lists its constants"
        raise OverrideError(name, f"{at}there is no variable named '{name}'; {hint}")
    line = source.source.place(known.at)[0]
    at = f"{source.source.path}:{line}: {where}"
    own = program.elements(found)
    if element_key(name) not in (found, *own):
        spelled = [program.columns[one][0] for one in own if one in program.columns]
        hint = did_you_mean(near_names(name, spelled)) or f"there is {', '.join(spelled[:5])}"
        raise OverrideError(name, f"{at}'{known.name}' has no element '{name}'; {hint}")
    what = "a lookup" if known.table is not None else "computed, not constant"
    raise OverrideError(
        name,
        f"{at}'{known.name}' is {what} ({known.name} = {_short(known.text)}): "
        f'change its equation with model.replace("{known.name}", ...)',
    )


def check_values(
    source: SourceModel, program: Program, overrides: Mapping[str, float], where: str = ""
) -> dict[str, float]:
    """Return overrides by key after checking names, numbers and ranges; each name once."""
    checked: dict[str, float] = {}
    for name, value in overrides.items():
        elements = check_override(source, program, str(name), where)
        found = elements[0]
        variable = source.by_key[program.variable_of(found)]
        line = source.source.place(variable.at)[0]
        at = f"{source.source.path}:{line}: {where}"
        if not checked.keys().isdisjoint(elements):
            raise OverrideError(name, f"{at}'{variable.name}' is set twice: keep one value")
        try:
            number = float(value)
        except (TypeError, ValueError, OverflowError):
            shown = _short(repr(value))
            raise OverrideError(
                name,
                f"{at}'{variable.name}' must be set to a number, not {shown}; "
                "a whole course over time is an equation: use model.replace",
            ) from None
        if not math.isfinite(number):
            raise OverrideError(
                name, f"{at}'{variable.name}' must be set to a finite number, not {number:g}"
            )
        check_range(source, variable.key, number, where)
        checked |= dict.fromkeys(elements, number)
    return checked


def check_range(source: SourceModel, found: str, value: float, where: str = "") -> None:
    """Refuse a value outside the range that the model's file gives for a constant."""
    variable = source.by_key[found]
    low = -math.inf if variable.low is None else variable.low
    high = math.inf if variable.high is None else variable.high
    slack = 1e-12 * abs(value)
    if low - slack <= value <= high + slack:
        return
    line = source.source.place(variable.at)[0]
    shown = f"[{low:g}, {high:g}] {variable.units}".rstrip()
    raise OverrideError(
        variable.name,
        f"{source.source.path}:{line}: {where}'{variable.name}' = {value:g} is outside its range "
        f"{shown}: choose a value inside, or change the range in the file; "
        f'model.replace("{variable.name}", "{value:g}") sets it regardless',
    )


def check_table(source: SourceModel, program: Program, table: pd.DataFrame) -> dict[str, Array]:
    """Return the columns of a table of runs by key, after the same checks."""
    columns: dict[str, Array] = {}
    if not hasattr(table, "iloc"):
        reason = "give a pandas DataFrame: a column for each constant, a row for each run"
        raise OverrideError("table", reason)
    for place, name in enumerate(table.columns):
        elements = check_override(source, program, str(name), "in the table, ")
        if not columns.keys().isdisjoint(elements):
            raise OverrideError(str(name), f"the column '{name}' is in the table twice")
        column = table.iloc[:, place]
        try:
            if column.dtype.kind in "mMc":  # times and complex numbers would be cut to numbers
                raise TypeError
            values = np.asarray(column, dtype=float)
        except (TypeError, ValueError, OverflowError):
            reason = f"the column '{name}' must hold numbers only"
            raise OverrideError(str(name), reason) from None
        bad = np.flatnonzero(~np.isfinite(values))
        if len(bad):
            reason = f"the column '{name}' has no finite number in row {bad[0]}"
            raise OverrideError(str(name), reason)
        for row in {int(np.argmin(values)), int(np.argmax(values))} if len(values) else ():
            value = float(values[row])
            check_range(source, program.variable_of(elements[0]), value, f"row {row}, ")
        columns |= dict.fromkeys(elements, values)
    return columns


def _short(text: str) -> str:
    return text if len(text) <= 50 else text[:47] + "..."
