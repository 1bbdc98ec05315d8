"""V21: if this happens in the model, then that must happen; its file says what."""

from __future__ import annotations

from sdmodel.reality import reality_checks
from sdmodel.reality.results import FAILED, HELD, RealityResult
from sdmodel.validation.registry import ConfidenceTest, confidence_test
from sdmodel.validation.results import FAIL, FINDING, NOT_APPLICABLE, PASS, ValidationResult
from sdmodel.validation.study import ValidationStudy

COLUMNS = ("reality check", "verdict", "first at", "asked for", "left", "right", "test inputs")


@confidence_test("V21", "Reality checks", "every reality check of the file holds")
def reality(study: ValidationStudy, test: ConfidenceTest) -> ValidationResult:
    """Run every constraint; one that was never active or could not be run has not held."""
    report = reality_checks(study.model)
    if not report.results:
        return test.result(NOT_APPLICABLE, "the model's file has no reality checks")
    failed = report.counts[FAILED]
    # What fails is told first.
    ordered = sorted(report.results, key=lambda one: list(report.counts).index(one.verdict))
    status = FAIL if failed else PASS if report.passed else FINDING
    told = ", ".join(f"{count} {name}" for name, count in report.counts.items() if count)
    return test.result(status, told, failed, COLUMNS, map(_row, ordered))


def _row(one: RealityResult) -> tuple[object, ...]:
    if one.verdict == FAILED:
        return one.name, one.verdict, one.time, one.that, one.left, one.right, one.under
    told = one.verdict if one.verdict == HELD else f"{one.verdict}: {one.text}"
    return one.name, told, "", "", "", "", one.text if one.verdict == HELD else one.under
