"""V1: both sides of every equation have the same unit."""

from __future__ import annotations

from sdmodel.validation.registry import ConfidenceTest, confidence_test
from sdmodel.validation.results import FAIL, NOT_APPLICABLE, PASS, ValidationResult
from sdmodel.validation.study import ValidationStudy


@confidence_test("V1", "Units", "no equation has sides of different units, none lacks a unit")
def units(study: ValidationStudy, test: ConfidenceTest) -> ValidationResult:
    """Work out the unit of every equation."""
    if not any(study.model.units.values()):
        return test.result(NOT_APPLICABLE, "the model declares no units")
    found = study.model.check_units()
    kinds = {"differs": found.mismatches, "cannot be read": found.syntax, "no unit": found.missing}
    rows = [(kind, _told(one)) for kind, some in kinds.items() for one in some]
    count = len(study.model.variables)
    if not rows:
        return test.result(PASS, f"0 errors in {count} variables", 0.0)
    text = f"{len(found.mismatches)} equations whose sides differ, "
    text += f"{len(found.missing)} variables without unit"
    text += f", {len(found.syntax)} units that cannot be read" if found.syntax else ""
    return test.result(FAIL, text, len(rows), ("what", "where"), rows)


def _told(one: object) -> str:
    return " ".join(str(one).split())
