"""V11: every constant has a meaning, a unit, a range and a flag that says how well it is known."""

from __future__ import annotations

from sdmodel.names import element_key, key
from sdmodel.validation.registry import ConfidenceTest, confidence_test
from sdmodel.validation.results import FAIL, NOT_APPLICABLE, PASS, ValidationResult
from sdmodel.validation.structure import FLAG
from sdmodel.validation.study import ValidationStudy

JUDGEMENT = "J"


@confidence_test(
    "V11", "Parameters", "each has unit, comment, range, flag; what is judged is varied"
)
def parameters(study: ValidationStudy, test: ConfidenceTest) -> ValidationResult:
    """Look at every constant, and at what the TOML file does with those that rest on judgement."""
    model, settings = study.model, study.model.settings
    varied = {_head(name) for name in (*settings.levers, *settings.uncertainties)}
    set_ = {_head(name) for name in study.expectations.settings}
    # A constant that only defines a unit or a reference cannot be known well or badly.
    defined = {key(name) for name in study.expectations.definitions}
    # What stands for a part of a lookup or stock is no constant of the file.
    own = (name for name in model.variables if key(name) not in model.source.parts)
    names = [name for name in own if model.variable(name).kind == "constant"]
    if not names:
        return test.result(NOT_APPLICABLE, "the model has no constants")
    rows: list[tuple[object, ...]] = []
    for name in names:
        info = model.variable(name)
        lacks = [] if info.units else ["unit"]
        lacks += [] if info.comment else ["comment"]
        flags = FLAG.findall(info.comment)
        lacks += [] if flags or key(name) in defined else ["evidence flag"]
        if key(name) in varied and not _has_range(study, name):
            lacks.append("range")
        if JUDGEMENT in flags and key(name) not in varied | set_:
            lacks.append("judged, but neither varied nor listed as a setting")
        if lacks:
            rows.append((name, f"line {info.line}", ", ".join(lacks)))
    share = 1 - len(rows) / len(names)
    judged = sum(JUDGEMENT in FLAG.findall(model.variable(name).comment) for name in names)
    text = f"{share:.0%} of {len(names)} constants are complete; {judged} rest on judgement, "
    text += f"{len(varied & {key(name) for name in names})} are varied"
    columns = ("constant", "where", "lacks")
    return test.result(FAIL if rows else PASS, text, share, columns, rows)


def _has_range(study: ValidationStudy, name: str) -> bool:
    settings = study.model.settings
    known = {_head(one): f for one, f in {**settings.levers, **settings.uncertainties}.items()}
    factor = known[key(name)]
    return factor.low < factor.high


def _head(name: str) -> str:
    return element_key(name).partition("[")[0]
