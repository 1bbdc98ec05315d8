"""V10: every equation says where it is from, and none assumes what it is to show."""

from __future__ import annotations

import re

import numpy as np

from sdmodel.errors import SDError
from sdmodel.names import key
from sdmodel.program import CONTROL
from sdmodel.validation.expectations import Audit
from sdmodel.validation.registry import ConfidenceTest, confidence_test
from sdmodel.validation.results import (
    FAIL,
    FINDING,
    NOT_APPLICABLE,
    PASS,
    ValidationResult,
)
from sdmodel.validation.study import ValidationStudy

# A proposition, fact or experiment by its number; a flag of evidence; an author and a year.
PROPOSITION = re.compile(r"\b[PNE]\d{2,3}\b")
FLAG = re.compile(r"\[[^\[\]]*\b([VDLJ])\b[^\[\]]*\]")
LITERATURE = re.compile(
    r"\b[A-Z][\w'’-]+(?:\s+(?:et al\.?|and|&)(?:\s+[A-Z][\w-]+)?)*,?\s+\(?(?:1[5-9]|20)\d\d"
)


@confidence_test("V10", "Structure", "every equation names a source, every listed form has another")
def structure(study: ValidationStudy, test: ConfidenceTest) -> ValidationResult:
    """Look for a source in every comment, and try the alternatives of the audit list."""
    model, free = study.model, {key(name) for name in study.expectations.definitions}
    entries = [v for v in model.source.by_key.values() if v.key not in CONTROL]
    if not any(entry.comment for entry in entries):
        return test.result(NOT_APPLICABLE, "no equation of the model has a comment")
    rows: list[tuple[object, ...]] = []
    sourced = definitions = 0
    for entry in entries:
        comment = model.variable(entry.name).comment
        if names_source(comment):
            sourced += 1
        elif entry.key in free:
            definitions += 1
        else:
            line = model.source.source.place(entry.at)[0]
            rows.append((entry.name, f"line {line}", "names no source"))
    share = (sourced + definitions) / len(entries)
    told = [_audited(study, one) for one in study.expectations.audits]
    wrong = [row for row in told if row[-1] != "can be told apart"]
    text = f"{share:.0%} of {len(entries)} equations: {sourced} with a source, "
    text += f"{definitions} definitions, {len(rows)} without"
    if told:
        text += f"; {len(told) - len(wrong)} of {len(told)} audited forms have a live alternative"
    else:
        text += "; no audit list"
    status = FAIL if rows else FINDING if wrong else PASS
    return test.result(status, text, share, ("variable", "where", "what"), [*rows, *told])


def names_source(comment: str) -> bool:
    """Tell whether a comment names a proposition, a flag of evidence, or an author and a year.

    >>> names_source("Jones 1995"), names_source("see P08"), names_source("It is so.")
    (True, True, False)
    """
    return any(one.search(comment) for one in (PROPOSITION, FLAG, LITERATURE))


def _audited(study: ValidationStudy, one: Audit) -> tuple[object, ...]:
    """Return a row that says whether the other form of an equation gives another course."""
    setting = ", ".join(f"{name} = {value:g}" for name, value in one.alternative.items())
    where = f"{one.claim}: {one.form}" + (f"; {setting}" if setting else "")
    if not one.alternative:
        return one.variable, where, "has no alternative"
    try:
        other = study.run(values=one.alternative)
    except SDError as error:
        return one.variable, where, f"the alternative does not run: {error}"
    same = np.array_equal(
        other.values(one.variable), study.base.values(one.variable), equal_nan=True
    )
    verdict = "the alternative changes nothing" if same else "can be told apart"
    return one.variable, where, verdict
