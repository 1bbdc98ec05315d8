"""V6: smaller steps and another method give the same."""

from __future__ import annotations

from sdmodel.integration import check_integration
from sdmodel.validation.registry import ConfidenceTest, confidence_test
from sdmodel.validation.results import FAIL, NOT_RUN, PASS, ValidationResult
from sdmodel.validation.study import ValidationStudy


@confidence_test(
    "V6", "Integration error", "largest change below 0.1 %, 0.5 % where equations jump"
)
def integration(study: ValidationStudy, test: ConfidenceTest) -> ValidationResult:
    """Compare base run and scenarios with half and a quarter of the step and another method."""
    settings = {"base": None, **{name: name for name in study.model.settings.scenarios}}
    rows: list[tuple[object, ...]] = []
    verdicts, sound, worst = [], True, 0.0
    for done, (name, scenario) in enumerate(settings.items()):
        study.tell(done, len(settings))
        report = check_integration(study.model, scenario)
        for one in report.table.itertuples(index=False):
            rows.append((name, *one))
            worst = max(worst, float(one[3]))
        if len(report.table) and not report.ok:
            sound = False
            verdicts.append(f"{name}: {report.verdict}")
    if not rows:
        return test.result(NOT_RUN, "nothing could be compared")
    rows.sort(key=lambda row: -float(str(row[4])))  # the largest is told first
    columns = ("setting", "compared with", "method", "step", "largest change", "variable", "time")
    if sound:
        text = f"largest change {worst:.1e} of a peak, in {len(settings)} settings"
        return test.result(PASS, text, worst, columns, rows)
    return test.result(FAIL, "; ".join(verdicts[:2]), worst, columns, rows)
