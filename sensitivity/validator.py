"""The confidence test of sensitivity, V12, that `sdmodel validate` finds by an entry point.

Whatever nobody knows is drawn; every scenario is run against the base run in each draw. Asked is
how often its effect has one sign (policy), whether half the time step changes that (numerical), and
how often the base run keeps its shape (behaviour mode).
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING

import numpy as np

import sdmodel as sd
from sensitivity.outcomes import OK, choose
from sensitivity.space import Space, uncertain

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Measured = dict[str, Floats]

DRAWS = 1000
# An effect below this share of the outcome's base value is none.
NONE = 0.01
ROBUST = 0.9
COLUMNS = ("scenario", "outcome", "up", "down", "no effect", "verdict")


def validators() -> list[sd.ConfidenceTest]:
    """Return the confidence tests that this package adds to `sdmodel validate`.

    Examples
    --------
    >>> [one.id for one in validators()]
    ['V12']
    """
    asks = f"nothing: an effect of one sign in {ROBUST:.0%} of the draws is called robust"
    return [sd.ConfidenceTest("V12", "Sensitivity", asks, sign_frequency)]


def sign_frequency(study: sd.ValidationStudy, test: sd.ConfidenceTest) -> sd.ValidationResult:
    """Draw the uncertainties, and count the signs of every scenario's effect on every outcome."""
    settings = study.model.settings
    if not (settings.uncertainties and settings.scenarios and settings.outcomes):
        missing = [
            name
            for name in ("uncertainties", "scenarios", "outcomes")
            if not getattr(settings, name)
        ]
        reason = f"the model's TOML file names no {' and no '.join(missing)}"
        return test.result("not applicable", reason)
    draws = latin_hypercube(uncertain(settings), DRAWS, study.seed)
    scenarios = {"base": {}, **{name: one.values for name, one in settings.scenarios.items()}}
    step = float(study.base.values("TIME STEP")[0])
    found: dict[str, Measured] = {}
    finer: dict[str, Measured] = {}
    shapes = np.array([])
    for done, (name, values) in enumerate(scenarios.items()):
        study.tell(done, len(scenarios))
        found[name], courses = _measured(study, draws, values, None)
        finer[name], _ = _measured(study, draws, values, step / 2)
        if name == "base":
            shapes = _same_shape(study, courses)
    rows, robust, turned = [], 0, 0
    for name in list(scenarios)[1:]:
        for outcome in found["base"]:
            signs = _signs(found[name][outcome], found["base"][outcome])
            again = _signs(finer[name][outcome], finer["base"][outcome])
            turned += int(np.sum(signs * again < 0))
            known = signs[~np.isnan(signs)]
            up, down, none = ((known == one).mean() if len(known) else 0.0 for one in (1, -1, 0))
            firm = max(up, down, none) >= ROBUST
            robust += firm
            verdict = "robust" if firm else "depends on what is drawn"
            rows.append((name, outcome, float(up), float(down), float(none), verdict))
    rows.sort(key=lambda row: row[-1] == "robust")
    text = f"{robust} of {len(rows)} effects of a scenario on an outcome have one sign, or none, "
    text += f"in {ROBUST:.0%} of {DRAWS:,} draws; half the step turns {turned} signs; the base "
    text += f"run keeps the shape of its outcomes in {shapes.mean():.0%} of draws"
    return test.result("finding", text, robust, COLUMNS, rows)


def latin_hypercube(space: Space, draws: int, seed: int) -> pd.DataFrame:
    """Return draws of some factors by their distributions, each range cut into as many layers.

    Examples
    --------
    >>> from sensitivity.space import Space, factor
    >>> latin_hypercube(Space([factor("rate", 0.0, 1.0)]), 4, seed=1).shape
    (4, 1)
    """
    import pandas as pd
    from scipy.stats import qmc

    cube = qmc.LatinHypercube(d=len(space), seed=seed).random(draws)
    return pd.DataFrame(space.scale(cube), columns=list(space.names))


def _measured(
    study: sd.ValidationStudy,
    draws: pd.DataFrame,
    values: Mapping[str, float],
    step: float | None,
) -> tuple[Measured, dict[str, Floats]]:
    """Return every outcome in every draw, NaN where there is none, and the courses they are of."""
    outcomes = choose(study.model, None)
    names = list(dict.fromkeys(one.of for one in outcomes))
    batch = study.free.run_many(draws.assign(**values), outputs=names, time_step=step)
    courses = dict(zip(batch.outputs, batch.values, strict=True))
    found = {}
    for one in outcomes:
        values_, status = one.measure(batch.times, courses[one.of], ~batch.ok)
        found[one.name] = np.where(status == OK, values_, np.nan)
    return found, courses


def _signs(values: Floats, base: Floats) -> Floats:
    """Return 1, -1 or, for an effect too small to count, 0; NaN where one has no outcome."""
    effect = values - base
    signs = np.where(np.abs(effect) > NONE * np.abs(base), np.sign(effect), 0.0)
    return np.where(np.isnan(effect), np.nan, signs)


def _same_shape(study: sd.ValidationStudy, courses: Mapping[str, Floats]) -> Floats:
    """Tell for every variable and draw whether its course has the shape it has in the base run."""
    return np.array(
        [
            [shape(one) == shape(study.base.values(name)) for one in values.T]
            for name, values in courses.items()
        ],
        dtype=float,
    )


def shape(course: Floats) -> str:
    """Return the ups and downs of a course, those below a hundredth of its span left out.

    Examples
    --------
    >>> import numpy as np
    >>> shape(np.array([0.0, 2.0, 1.0])), shape(np.array([3.0, 3.0])), shape(np.arange(9.0))
    ('up, down', 'flat', 'up')
    """
    if not np.isfinite(course).all():
        return "failed"
    span = float(course.max() - course.min())
    if span <= NONE * float(np.abs(course).max()):
        return "flat"
    legs: list[str] = []
    low, high, leg = float(course[0]), float(course[0]), ""
    for value in course[1:].tolist():
        low, high = min(low, value), max(high, value)
        if leg != "up" and value - low > NONE * span:
            leg, high = "up", value
            legs.append(leg)
        elif leg != "down" and high - value > NONE * span:
            leg, low = "down", value
            legs.append(leg)
    return ", ".join(legs)
