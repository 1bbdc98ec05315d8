"""V17: what the conclusions are under another structure."""

from __future__ import annotations

import math

from sdmodel.errors import SDError
from sdmodel.validation.expectations import Setting
from sdmodel.validation.registry import ConfidenceTest, confidence_test
from sdmodel.validation.results import FINDING, NOT_APPLICABLE, ValidationResult
from sdmodel.validation.study import ValidationStudy

Outcomes = dict[str, dict[str, float]]


@confidence_test("V17", "Structural alternatives", "nothing: outcomes and rankings are reported")
def alternatives(study: ValidationStudy, test: ConfidenceTest) -> ValidationResult:
    """Run base and scenarios under every alternative; compare how they rank in each outcome."""
    wanted = study.expectations.alternatives
    if not wanted:
        return test.result(NOT_APPLICABLE, "the expectations name no alternatives")
    default = _outcomes(study, Setting())
    rows: list[tuple[object, ...]] = []
    changed, compared, failed = 0, 0, 0
    for done, (name, setting) in enumerate({"as it is": Setting(), **wanted}.items()):
        study.tell(done, len(wanted) + 1)
        try:
            found = _outcomes(study, setting)
        except SDError as error:
            failed += 1
            rows.append((name, "", "", "", f"does not run: {error}"))
            continue
        for outcome in study.outcomes:
            values = {setting: one[outcome] for setting, one in found.items()}
            usual = ranking({setting: one[outcome] for setting, one in default.items()})
            order = ranking(values)
            verdict = "" if name == "as it is" else "same" if order == usual else "another ranking"
            changed += verdict == "another ranking"
            compared += bool(verdict)
            best = " > ".join("/".join(group) for group in order[:3])
            rows.append((name, outcome, values["base"], best, verdict))
    order_of = {"another ranking": 0, "same": 2}
    rows.sort(key=lambda row: order_of.get(str(row[-1]), 1))
    text = f"{len(wanted)} alternatives: the ranking of {len(default)} settings differs in "
    text += f"{changed} of {compared} comparisons" + (f"; {failed} do not run" if failed else "")
    columns = ("alternative", "outcome", "base value", "highest three", "ranking")
    return test.result(FINDING, text, changed, columns, rows)


def _outcomes(study: ValidationStudy, setting: Setting) -> Outcomes:
    """Return all outcomes of base and scenarios; what a scenario sets stands above the setting."""
    model = study.changed(setting)
    scenarios = {"base": {}, **{n: s.values for n, s in study.model.settings.scenarios.items()}}
    return {
        name: study.measured(study.run(model, {**setting.values, **values}))
        for name, values in scenarios.items()
    }


def ranking(values: dict[str, float]) -> list[tuple[str, ...]]:
    """Return names from the highest value down; those within a thousandth share a place.

    >>> ranking({"a": 1.0, "b": 2.0, "c": 1.0001, "d": float("nan")})
    [('b',), ('a', 'c'), ('d',)]
    """
    known = sorted((v, n) for n, v in values.items() if not math.isnan(v))[::-1]
    groups: list[list[str]] = []
    last = math.nan
    for value, name in known:
        if groups and abs(last - value) <= 1e-3 * max(abs(last), abs(value)):
            groups[-1].append(name)
        else:
            groups.append([name])
            last = value
    missing = [name for name, value in values.items() if math.isnan(value)]
    return [tuple(sorted(group)) for group in (*groups, missing) if group]
