"""V4: under conditions that no country ever saw, what must happen happens."""

from __future__ import annotations

import numpy as np

from sdmodel.errors import SDError
from sdmodel.kernel import Array
from sdmodel.run import Run
from sdmodel.validation.expectations import Extreme, Statement
from sdmodel.validation.registry import ConfidenceTest, confidence_test
from sdmodel.validation.results import FAIL, NOT_APPLICABLE, PASS, ValidationResult
from sdmodel.validation.study import ValidationStudy

# How far both sides may be apart and count as equal: a share of the larger.
SLACK = 1e-9
COLUMNS = ("case", "source", "expected", "when", "margin", "at", "verdict")


@confidence_test("V4", "Extreme conditions", "every statement holds")
def extremes(study: ValidationStudy, test: ConfidenceTest) -> ValidationResult:
    """Run every case and look whether what is expected of it holds."""
    cases = study.expectations.extremes
    if not cases:
        return test.result(NOT_APPLICABLE, "the expectations name no extreme conditions")
    rows: list[tuple[object, ...]] = []
    for done, case in enumerate(cases):
        study.tell(done, len(cases))
        rows += _rows(study, case)
    rows.sort(key=lambda row: row[-1] == "holds")  # what fails is told first
    failed = sum(row[-1] != "holds" for row in rows)
    text = f"{len(rows) - failed} of {len(rows)} statements hold in {len(cases)} cases"
    return test.result(FAIL if failed else PASS, text, failed, COLUMNS, rows)


def _rows(study: ValidationStudy, case: Extreme) -> list[tuple[object, ...]]:
    try:
        model = study.changed(case.setting) if case.setting.replace else None
        probed = study.probed if model is None else study.probes.extended(model)
        run = study.run(probed, case.setting.values)
    except SDError as error:
        reason = f"the run failed: {error}"
        return [(case.name, case.source, one.text, one.when, "", "", reason) for one in case.expect]
    return [(case.name, case.source, *_judged(study, one, run)) for one in case.expect]


def _judged(study: ValidationStudy, one: Statement, run: Run) -> tuple[object, ...]:
    """Return the statement, when it must hold, its least margin and the time of it, verdict."""
    names = study.probes.names
    left, right = run.values(names[one.left]), run.values(names[one.right])
    chosen = np.ones(len(run.times), dtype=bool)
    if one.at is not None:
        chosen = np.abs(run.times - one.at) <= 1e-9 * max(1.0, abs(one.at))
    elif one.after is not None:
        chosen = run.times > one.after
    if not chosen.any():
        span = f"{run.times[0]:g} to {run.times[-1]:g}"
        return one.text, one.when, "", "", f"no saved time is looked at ({span})"
    margin = margins(one, left, right)[chosen]
    worst = int(np.argmin(margin))
    time = float(run.times[chosen][worst])
    holds = bool(margin[worst] > 0 if one.sign in ("<", ">", "<>") else margin[worst] >= 0)
    verdict = "holds"
    if not holds:
        sides = (float(side[chosen][worst]) for side in (left, right))
        verdict = "does not hold: {:.6g} and {:.6g}".format(*sides)
    return one.text, one.when, float(margin[worst]), time, verdict


def margins(one: Statement, left: Array, right: Array) -> Array:
    """Return by how much a comparison holds at each time; negative where it does not.

    >>> import numpy as np
    >>> same = Statement("a = b", "a", "=", "b", tolerance=0.5)
    >>> margins(same, np.array([1.0, 1.0]), np.array([1.25, 3.0]))
    array([ 0.25, -1.5 ])
    """
    larger = np.maximum(np.abs(left), np.abs(right))
    slack = SLACK * larger if one.tolerance is None else np.full_like(left, one.tolerance)
    apart = left - right
    margin = {
        "<=": slack - apart,
        ">=": slack + apart,
        "=": slack - np.abs(apart),
        "<": -apart - slack,
        ">": apart - slack,
        "<>": np.abs(apart) - slack,
    }[one.sign]
    return np.where(np.isfinite(margin), margin, -np.inf)
