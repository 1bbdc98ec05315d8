"""Checks of the run controls."""

from __future__ import annotations

import math
from collections.abc import Iterator

from sdmodel.checks.records import STYLE
from sdmodel.checks.registry import CLASSIC, LOCOMOTION, check
from sdmodel.checks.subject import Subject
from sdmodel.errors import Problem
from sdmodel.program import FINAL_TIME, INITIAL_TIME, SAVEPER, TIME_STEP

# What may be left over of a whole number of steps: rounding in the last digits.
_SLACK = 1e-6


@check(
    "SD401",
    "step does not fit",
    meaning=(
        "TIME STEP does not divide SAVEPER or the length of the run, so that values are not "
        "saved at the times asked for, or the run does not end at FINAL TIME."
    ),
    cure="choose a TIME STEP that divides SAVEPER and the length of the run",
    example="TIME STEP = 0.3 ~ Year ~ |   with SAVEPER = 1",
)
def step_does_not_fit(subject: Subject) -> Iterator[Problem]:
    """Compare TIME STEP with SAVEPER and with the length of the run."""
    known = subject.model.program.constants
    step, save = known.get(TIME_STEP), known.get(SAVEPER)
    start, end = known.get(INITIAL_TIME), known.get(FINAL_TIME)
    if step is None or not step > 0:
        return
    spans = {"SAVEPER": save}
    if start is not None and end is not None:
        spans["the length of the run"] = end - start
    lengths = {what: length for what, length in spans.items() if length is not None}
    wrong = [
        f"{what}, {length:g}" for what, length in lengths.items() if not _divides(step, length)
    ]
    if wrong:
        one = subject.source.by_key[TIME_STEP]
        message = f"TIME STEP {step:g} does not divide {', nor '.join(wrong)}"
        better = (_power(step) / 2.0**i for i in range(20))
        fits = (n for n in better if all(_divides(n, length) for length in lengths.values()))
        near = next(fits, None)
        cure = "change one of them" if near is None else f"TIME STEP = {near:g} does"
        yield subject.at(one, message, cure, at=one.equation_span.start)


def _divides(step: float, length: float) -> bool:
    ratio = length / step
    return abs(ratio - round(ratio)) <= _SLACK * max(1.0, abs(ratio)) and round(ratio) >= 1


def _power(step: float) -> float:
    """Return the largest power of two that is not above a step."""
    return float(2.0 ** math.floor(math.log2(step)))


@check(
    "SD402",
    "step is no power of two",
    meaning=(
        "TIME STEP is no power of two. Then Time is the sum of numbers that a computer only "
        "knows nearly: after ten steps of 0.1 it is not exactly 1, and a comparison with 1 may "
        "come a step late."
    ),
    severity=STYLE,
    profiles=(CLASSIC, LOCOMOTION),
    cure="choose 1, 0.5, 0.25, 0.125 and so on",
    example="TIME STEP = 0.1 ~ Year ~ |",
)
def step_is_no_power(subject: Subject) -> Iterator[Problem]:
    """Look at the fraction of TIME STEP."""
    step = subject.model.program.constants.get(TIME_STEP)
    if step is not None and step > 0 and math.frexp(step)[0] != 0.5 and step != round(step):
        one = subject.source.by_key[TIME_STEP]
        message = f"TIME STEP {step:g} is no power of two: Time will be a rounded sum"
        cure = f"TIME STEP = {_power(step):g}"
        yield subject.at(one, message, cure, at=one.equation_span.start)
