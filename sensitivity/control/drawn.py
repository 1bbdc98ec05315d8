"""A sensitivity control file as a study: its constants, its method, and what was made of it."""

from __future__ import annotations

import secrets
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np

import sdmodel as sd
from sensitivity.errors import MethodError, OutcomeError, fold, near
from sensitivity.families import GIVEN, VECTOR, cut, steps
from sensitivity.methods import Plan
from sensitivity.outcomes import final
from sensitivity.space import Space
from sensitivity.studies.study import Study, study

METHODS = {
    "U": "vensim-univariate",
    "M": "vensim-multivariate",
    "L": "vensim-latin",
    "G": "vensim-grid",
    "F": "vensim-file",
}
NOT_VENSIMS = (
    "Vensim's own draws cannot be repeated, for its generator is not published: the same "
    "distributions are drawn by NumPy's PCG64, and the same seed gives the same runs here"
)
# A study holds a seed of 32 bits.
_SEEDS = 2**32


def control_study(
    control: sd.SensitivityControl,
    model: sd.Model,
    save: Sequence[str],
    samples: int | None = None,
    changes: Sequence[Mapping[str, str]] = (),
) -> Study:
    """Return what a sensitivity control file asks for, as a study of the variables in `save`.

    `samples` takes the place of the file's number of runs; `changes` tell of changes files that
    were applied to the model.
    """
    if control.method == "F" and samples is not None:
        raise MethodError("method F runs the rows of its table, so leave the number of runs out")
    notes = [str(one).partition("\n")[0] for one in control.notes]
    factors, fixed = (
        _of_table(control, model) if control.method == "F" else _of_draws(control, model, notes)
    )
    kept = expanded(model, save)
    made = study(
        model,
        Space(uncertainties=tuple(factors)),
        [final(name) for name in kept],
        method="vensim-multivariate",
        series=kept,
        courses=True,
        fixed=fixed,
    )
    seed = _seed(control.seed, notes)
    points = _points(control, made.space) if control.method == "F" else ()
    plan = Plan(
        METHODS[control.method],
        samples=len(points) or (control.runs if samples is None else samples),
        factors=len(factors),
        seed=seed,
        levels=tuple(steps(one) if one.distribution == VECTOR else 0 for one in factors),
        points=points,
    )
    origin: dict[str, Any] = {
        "control": Path(control.path).name,
        "digest": control.digest,
        "method": control.method,
        "seed": control.seed,
        "draws": "as in the file" if control.method == "F" else NOT_VENSIMS,
        "notes": notes,
    }
    if changes:
        origin["changes"] = list(map(dict, changes))
    return replace(made, plan=plan, origin=origin)


def _seed(given: int, notes: list[str]) -> int:
    """Return the seed to draw by: 0 asks for another one each time."""
    if given == 0:
        seed = secrets.randbelow(_SEEDS)
        notes.append(f"the seed 0 asks for another sample each time: this one has seed {seed}")
        return seed
    return abs(given) % _SEEDS


def _of_draws(
    control: sd.SensitivityControl, model: sd.Model, notes: list[str]
) -> tuple[list[sd.Factor], dict[str, float]]:
    factors = []
    for one in control.drawn:
        made = sd.Factor(
            name=one.name,
            low=one.low,
            high=one.high,
            default=model.constants[one.name],
            unit=_unit(model, one.name),
            distribution=one.distribution,
            parameters=dict(one.parameters),
            values=tuple(x for x, _ in one.points),
            weights=tuple(y for _, y in one.points),
        )
        if one.distribution != VECTOR and not cut(made).mass > 0:
            notes.append(
                f"{control.path}:{one.line}: nothing of {one.distribution} lies between "
                f"{one.low:g} and {one.high:g}: it is drawn evenly there, as in Vensim"
            )
            made = replace(
                made, distribution="RANDOM UNIFORM", parameters={}, values=(), weights=()
            )
        factors.append(made)
    return factors, {}


def _of_table(
    control: sd.SensitivityControl, model: sd.Model
) -> tuple[list[sd.Factor], dict[str, float]]:
    """Return the columns of a table that vary, and the others with the value they have."""
    factors, fixed = [], {}
    for name, values in control.table.items():
        rising = tuple(sorted(set(values)))
        if len(rising) == 1:
            fixed[name] = rising[0]
            continue
        factors.append(
            sd.Factor(
                name=name,
                low=rising[0],
                high=rising[-1],
                default=model.constants[name],
                unit=_unit(model, name),
                distribution=GIVEN,
                values=rising,
            )
        )
    if not factors:  # runs that are all alike: one column stands for them
        name = next(iter(fixed))
        value = fixed.pop(name)
        factors.append(_unvaried(model, name, value))
    return factors, fixed


def _unvaried(model: sd.Model, name: str, value: float) -> sd.Factor:
    """Return a factor that a table holds at one value: its other value is never run."""
    low, high = value, float(np.nextafter(value, np.inf))
    return sd.Factor(name, low, high, model.constants[name], distribution=GIVEN, values=(low, high))


def _points(control: sd.SensitivityControl, space: Space) -> tuple[tuple[float, ...], ...]:
    """Return the rows of a table as places on the unit cube."""
    columns = [
        (np.searchsorted(one.values, control.table[one.name]) + 0.5) / len(one.values)
        for one in space.factors
    ]
    return tuple(tuple(map(float, row)) for row in zip(*columns, strict=True))


def _unit(model: sd.Model, name: str) -> str:
    return model.units.get(name, model.units.get(name.partition("[")[0], ""))


def expanded(model: sd.Model, names: Iterable[str]) -> list[str]:
    """Return the columns of a run that names of variables stand for, each once.

    Examples
    --------
    >>> expanded(sd.load("models/epidemic.mdl"), ["infected", "Dead"])
    ['Infected', 'Dead']
    """
    found: dict[str, None] = {}
    wrong = []
    for name in names:
        own = list(_columns(model, name))
        found |= dict.fromkeys(own)
        if not own:
            wrong.append(f"{model.name} has no variable '{name}' to save{near(name, model.units)}")
    if wrong:
        raise OutcomeError("\n".join(wrong))
    return list(found)


def _columns(model: sd.Model, name: str) -> Iterator[str]:
    wanted = fold(name)
    for column in model.columns:
        if fold(column) == wanted or fold(column).partition("[")[0] == wanted:
            yield column
