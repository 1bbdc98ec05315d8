"""V20: policies that are compared cost the same."""

from __future__ import annotations

from sdmodel.reduction import measure
from sdmodel.settings import OutcomeSpec
from sdmodel.validation.registry import ConfidenceTest, confidence_test
from sdmodel.validation.results import FAIL, NOT_APPLICABLE, PASS, ValidationResult
from sdmodel.validation.study import ValidationStudy


@confidence_test(
    "V20", "Equal budgets", "present value of cost equal within 0.1 % in all scenarios"
)
def budget(study: ValidationStudy, test: ConfidenceTest) -> ValidationResult:
    """Compare the present value of what the scenarios cost."""
    wanted = study.expectations.budget
    if wanted is None:
        return test.result(NOT_APPLICABLE, "the expectations name no budget")
    if len(wanted.scenarios) < 2:
        return test.result(NOT_APPLICABLE, "fewer than two scenarios are to cost the same")
    spec = OutcomeSpec("cost", of=wanted.cost, reduce="discounted", at=wanted.discount)
    values = {}
    for name in wanted.scenarios:
        run = study.scenarios[name]
        values[name] = float(measure(spec, run.times, run.values(wanted.cost)[:, None])[0])
    middle = sum(values.values()) / len(values)
    if middle == 0:
        return test.result(NOT_APPLICABLE, f"{wanted.cost!r} is zero in every scenario")
    rows = [(name, value, value / middle - 1) for name, value in values.items()]
    worst = max((abs(row[2]) for row in rows), default=0.0)
    farthest = max(rows, key=lambda row: abs(row[2]))
    text = f"{len(rows)} scenarios within {worst:.2g} of their mean ({farthest[0]} is farthest)"
    status = PASS if worst <= wanted.tolerance else FAIL
    columns = ("scenario", f"present value of {wanted.cost}", "share from the mean")
    return test.result(status, text, worst, columns, rows)
