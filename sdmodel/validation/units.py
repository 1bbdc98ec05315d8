"""V1: both sides of every equation have the same unit."""

from __future__ import annotations

from sdmodel.validation.registry import ConfidenceTest, confidence_test
from sdmodel.validation.results import FAIL, NOT_APPLICABLE, NOT_RUN, PASS, ValidationResult
from sdmodel.validation.study import ValidationStudy


@confidence_test("V1", "Units", "no equation has sides of different units, none lacks a unit")
def units(study: ValidationStudy, test: ConfidenceTest) -> ValidationResult:
    """Work out the unit of every equation."""
    check = getattr(study.model, "check_units", None)
    if check is None:
        return test.result(NOT_RUN, "there is no unit check here")
    if not any(study.model.units.values()):
        return test.result(NOT_APPLICABLE, "the model declares no units")
    found = check()
    mismatches, missing = list(found.mismatches), list(found.missing)
    unread = list(getattr(found, "syntax", ()))
    rows = [("differs", _told(one)) for one in mismatches]
    rows += [("cannot be read", _told(one)) for one in unread]
    rows += [("no unit", _told(one)) for one in missing]
    count = len(study.model.variables)
    if not rows:
        return test.result(PASS, f"0 errors in {count} variables", 0.0)
    text = f"{len(mismatches)} equations whose sides differ, {len(missing)} variables without unit"
    text += f", {len(unread)} units that cannot be read" if unread else ""
    return test.result(FAIL, text, len(rows), ("what", "where"), rows)


def _told(one: object) -> str:
    return " ".join(str(one).split())
