"""The smallest change of a model's levers that breaks one of its reality checks."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from sdmodel.errors import OverrideError, did_you_mean, near_names
from sdmodel.factors import Factor
from sdmodel.names import element_key
from sdmodel.program import CONTROL
from sdmodel.reality.cases import cases_of
from sdmodel.reality.checks import judge_of
from sdmodel.reality.profiles import Refused
from sdmodel.reality.results import Counterexample
from sdmodel.reality.shrink import Search

if TYPE_CHECKING:
    from sdmodel.model import Model


def counterexamples(
    model: Model, check: str | None = None, *, budget: int = 4_000
) -> tuple[Counterexample, ...]:
    """Look for the smallest change of levers that breaks each reality check of a model.

    Parameters
    ----------
    model
        The model. Its levers are those and the uncertainties of its TOML file; where that names
        none, the constants that have a range in the model's file.
    check
        The name of one check, with its element or without; all of them when left out.
    budget
        How many settings of the levers are tried for each check.

    Returns
    -------
    tuple of Counterexample
        One for each check, or element of one. ``model.reality_checks(one.values)`` shows the
        failure again. Of a check that fails as the model is, no lever is needed: the mildest test
        input that breaks it is looked for.

    Raises
    ------
    OverrideError
        If there is no such check.

    Examples
    --------
    >>> import sdmodel as sd
    >>> model = sd.load("models/epidemic.mdl")
    >>> print(*counterexamples(model, "a bed for everybody", budget=20))
    a bed for everybody: nothing found that breaks it: each of 10 levers alone ...
    """
    if budget < 1:
        raise OverrideError("budget", f"budget is {budget}: give 1 or more")
    wanted = None if check is None else element_key(check)
    found: list[Counterexample] = []
    cases = cases_of(model.source)
    for case in cases:
        one = case.constraint
        if wanted is not None and wanted.partition("[")[0] != one.key:
            continue
        try:
            judge = judge_of(model, case)
        except Refused as refused:
            found.append(Counterexample(one.name, "", text=f"not run: {refused.problem.message}"))
            continue
        for place in range(len(judge.at.instances)):
            search = Search(judge, place, factors_of(model), budget)
            if wanted in (None, one.key, element_key(search.name)):
                found.append(search.smallest())
    if wanted is not None and not found:
        names = [case.constraint.name for case in cases]
        hint = did_you_mean(near_names(str(check), names)) or f"there are: {', '.join(names)}"
        raise OverrideError(str(check), f"there is no reality check {check!r}; {hint}")
    return tuple(found)


def factors_of(model: Model) -> list[Factor]:
    """Return what may be changed: levers and uncertainties, or else constants with a range."""
    named = [*model.settings.levers.values(), *model.settings.uncertainties.values()]
    if named:
        return named
    found = []
    for variable in model.source.by_key.values():
        low, high, name = variable.low, variable.high, variable.name
        default = model.constants.get(name)
        if default is None or low is None or high is None or variable.key in CONTROL:
            continue
        fixed = variable.unchangeable or variable.key in model.program.structural
        if not fixed and math.isfinite(high - low) and low < high and low <= default <= high:
            found.append(Factor(name, low, high, default, variable.units))
    return found
