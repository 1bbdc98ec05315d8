"""What went wrong in a run, by name and place; a bad number is never passed over."""

from __future__ import annotations

import warnings
from collections.abc import Sequence
from typing import TYPE_CHECKING

import numpy as np

from sdmodel.errors import SolverError
from sdmodel.expr import references
from sdmodel.integrators import Trajectory
from sdmodel.kernel import Array
from sdmodel.names import key
from sdmodel.program import Program
from sdmodel.run import NonFiniteWarning
from sdmodel.source import SourceModel, Variable

if TYPE_CHECKING:
    import pandas as pd


def judge(
    source: SourceModel,
    program: Program,
    times: Array,
    table: Array,
    shown: Sequence[str],
    label: str,
) -> str:
    """Return how a run ended.

    `table` holds the variables with the keys `shown` and, behind them, hidden stocks.

    Raises
    ------
    SolverError
        If a stock left the finite numbers.

    Warns
    -----
    NonFiniteWarning
        If only an auxiliary did, on which no stock depends.
    """
    finite = np.isfinite(table)
    if finite.all():
        return "completed"
    at = int(np.argmin(finite.all(axis=1)))
    first = _first(source, program, finite[at], shown)
    name = program.columns[first][0] if first in program.columns else first
    place = source.source.path
    variable = source.by_key.get(program.variable_of(first))
    inputs = ""
    if variable is not None:
        place += f":{source.source.place(variable.at)[0]}"
        inputs = _inputs(source, variable, table[at], shown)
    message = (
        f"{place}: in run {label!r}, {name!r} is no longer a finite number at time {times[at]:g}"
        + (f" (there {inputs})" if inputs else "")
    )
    stocks = {element for stock in program.stocks for element in program.elements(stock.name)}
    state = [i for i in range(table.shape[1]) if i >= len(shown) or shown[i] in stocks]
    if not finite[:, state].all():
        raise SolverError(
            f"{message}: check these values and the equation; a division by zero, the logarithm of "
            "a negative number or growth without bound lead here",
            time=float(times[at]),
            variable=name,
        )
    warnings.warn(f"{message}; no stock depends on it", NonFiniteWarning, stacklevel=4)
    return f"completed, but {name!r} is not finite from time {times[at]:g} on"


def placed(source: SourceModel, error: SolverError, label: str) -> SolverError:
    """Return what a solver said with the file, the line of the variable and the run in front."""
    place, variable = source.source.path, source.by_key.get(key(error.variable))
    if variable is not None:
        place += f":{source.source.place(variable.at)[0]}"
    message = f"{place}: in run {label!r}, {error}"
    return SolverError(message, time=error.time, variable=error.variable)


def _first(source: SourceModel, program: Program, finite: Array, shown: Sequence[str]) -> str:
    """Return the variable that went wrong before the others it drew along."""
    bad = {name for i, name in enumerate(shown) if not finite[i]}
    if not bad:  # a hidden stock: the variable whose equation holds it
        layout = program.layout
        hidden = [s for s in program.stocks if s.name not in program.display]
        owners = [s.variable for s in hidden for _ in range(layout.size(s.name))]
        return key(owners[int(np.argmin(finite[len(shown) :]))])
    stocks = {stock.name for stock in program.stocks}
    order = dict.fromkeys(one.target for one in (*program.start, *program.step))
    place = {name: i for i, name in enumerate(order) if name not in stocks}
    running = [name for name in shown if name in bad and program.variable_of(name) in place]
    running.sort(key=lambda name: place[program.variable_of(name)])
    return next(iter([*running, *(name for name in shown if name in bad)]))


def _inputs(source: SourceModel, variable: Variable, row: Array, shown: Sequence[str]) -> str:
    equation = variable.equation
    if equation is None:
        return ""
    place = {one: i for i, one in enumerate(shown)}
    used = dict.fromkeys(key(ref.name) for ref in references(equation))
    values = [f"{source.by_key[one].name} = {row[place[one]]:g}" for one in used if one in place]
    return ", ".join(values[:6])


def list_failures(done: Trajectory, names: Sequence[str]) -> pd.DataFrame:
    """Blank what followed a failure, and list run, time, variable and cause."""
    import pandas as pd

    rows = []
    for run in np.flatnonzero(done.bad >= 0):
        at = int(done.bad[run])
        error = done.errors.get(int(run))
        if error is not None:
            rows.append((int(run), error.time, error.variable, str(error)))
        else:
            values = done.values[:, at, run]
            wrong = [n for n, v in zip(names, values, strict=True) if not np.isfinite(v)]
            variable, cause = wrong[0] if wrong else "a stock", "no longer a finite number"
            rows.append((int(run), float(done.times[at]), variable, cause))
        done.values[:, at:, run] = np.nan
    return pd.DataFrame(rows, columns=["run", "time", "variable", "cause"])
