"""V13: every loop is there, has the sign it is said to have, and can be cut."""

from __future__ import annotations

import numpy as np

from sdmodel.errors import SDError
from sdmodel.validation.expectations import Loop
from sdmodel.validation.graph import Dependencies, Signs
from sdmodel.validation.knockout import Effect, Knife, live_difference
from sdmodel.validation.registry import ConfidenceTest, confidence_test
from sdmodel.validation.results import FAIL, FINDING, NOT_APPLICABLE, PASS, ValidationResult
from sdmodel.validation.study import ValidationStudy

COLUMNS = ("loop", "present", "sign", "switched on", "cut: largest effect", "setting, outcome")
PRESENT = "every link"


@confidence_test("V13", "Loop knock-out", "every loop present, of its sign, inert when switched on")
def loops(study: ValidationStudy, test: ConfidenceTest) -> ValidationResult:
    """Look for every loop in the equations, compute its sign along the base run, and cut it."""
    wanted = study.expectations.loops
    if not wanted:
        return test.result(NOT_APPLICABLE, "the expectations name no loops")
    dependencies, signs = Dependencies(study.free), Signs(study.free)
    switched, knife = live_difference(study, wanted), Knife(study, wanted)
    rows: list[tuple[object, ...]] = []
    wrong = odd = cut = 0
    for done, loop in enumerate(wanted):
        study.tell(done, len(wanted))
        missing = dependencies.missing(loop.path)
        sign, fits = ("not computed", True) if missing else _sign(signs, loop)
        live = switched.get(loop.name, "no switch to test")
        effect = _effect(knife, loop)
        cut += isinstance(effect, Effect)
        bad = bool(missing) or not fits or live.startswith("differs")
        bad = bad or (isinstance(effect, Effect) and not effect.reproduces)
        wrong += bad
        odd += not bad and (" of " in sign or sign.startswith("idle"))
        told = effect.told if isinstance(effect, Effect) else (effect, "")
        present = f"lacks {', '.join(missing)}" if missing else PRESENT
        rows.append((f"{loop.name} {loop.label}".strip(), present, sign, live, *told))
    count = sum(row[1] == PRESENT for row in rows)
    text = f"{count} of {len(rows)} loops present; {len(rows) - wrong} as they are said to be; "
    text += f"{cut} cut" + (f"; {odd} idle or of changing sign" if odd else "")
    status = FAIL if wrong else FINDING if odd else PASS
    return test.result(status, text, count, COLUMNS, rows)


def _sign(signs: Signs, loop: Loop) -> tuple[str, bool]:
    """Return the computed sign of a loop in words, and whether it can be the one declared."""
    found = signs.of_loop(loop.path)
    plus, minus = int(np.sum(found > 0)), int(np.sum(found < 0))
    if not plus + minus:
        return f"idle: no effect around it in the base run ({loop.polarity or '?'} declared)", True
    if plus and minus:
        return f"+ at {plus}, - at {minus} of {len(found)} times ({loop.polarity} declared)", True
    sign = "+" if plus else "-"
    if loop.polarity and sign != loop.polarity:
        return f"{sign}, but {loop.polarity} declared", False
    return sign, True


def _effect(knife: Knife, loop: Loop) -> Effect | str:
    try:
        return knife.effects(loop)
    except SDError as error:
        return f"not cut: {error}"
