"""V14, the log of surprises; and the tests that no program can carry out alone."""

from __future__ import annotations

import re
from pathlib import Path

from sdmodel.validation.expectations import DEFERRED
from sdmodel.validation.registry import ConfidenceTest, confidence_test
from sdmodel.validation.results import FAIL, NOT_APPLICABLE, NOT_RUN, PASS, ValidationResult
from sdmodel.validation.study import ValidationStudy

# An entry of the log is a heading below the title.
ENTRY = re.compile(r"^#{2,4}\s+(.+)$", re.MULTILINE)


@confidence_test("V14", "Surprises", "the log of surprises has entries")
def surprises(study: ValidationStudy, test: ConfidenceTest) -> ValidationResult:
    """Look for the log and count its entries."""
    wanted = study.expectations.surprises
    if not wanted:
        return test.result(NOT_APPLICABLE, "the expectations name no log of surprises")
    place = Path(study.expectations.path).parent / wanted
    try:
        text = place.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        return test.result(FAIL, f"{wanted} cannot be read: {error}", 0)
    entries = ENTRY.findall(text)
    if not entries:
        return test.result(FAIL, f"{wanted} has no entries (## headings)", 0)
    rows = [(one.strip(),) for one in entries]
    return test.result(PASS, f"{len(entries)} entries in {wanted}", len(entries), ("entry",), rows)


def _deferred(study: ValidationStudy, test: ConfidenceTest) -> ValidationResult:
    reason = study.expectations.deferred.get(test.id)
    if reason:
        return test.result(NOT_RUN, f"deferred: {reason}")
    return test.result(NOT_RUN, "needs data and judgement beyond the model; no reason is given")


for _number, (_title, _passes) in DEFERRED.items():
    confidence_test(_number, _title, _passes)(_deferred)


@confidence_test("V12", "Sensitivity", "nothing: how often each scenario's effect has one sign")
def sensitivity(study: ValidationStudy, test: ConfidenceTest) -> ValidationResult:
    """Say that another package does this: it puts its own test in this place where it is there."""
    return test.result(NOT_RUN, "no installed package offers it: install sensitivity with sdmodel")
