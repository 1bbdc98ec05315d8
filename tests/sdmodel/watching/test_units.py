"""Units checked after a save: the same findings, at the same places, as a check of everything."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from sdmodel.frontends import mdl
from sdmodel.source import SourceModel, SourceText
from sdmodel.units import check_units
from sdmodel.watching.units import units_again

MODELS = Path(__file__).resolve().parents[3] / "models"


def parsed(text: str) -> SourceModel:
    return mdl.parse(SourceText("m.mdl", text))


def edited(model: SourceModel, rng: random.Random) -> str:
    """Put one equation in the place of another, or a number before one, and a line on top."""
    text = model.source.text
    able = [one for one in model.variables if one.equation is not None and not one.subscripts]
    for one, other in zip(rng.sample(able, 2), rng.sample(able, 2), strict=True):
        span = one.equation_span
        new = rng.choice([f"2*({one.text})", other.text, f"{one.text}+3", "7"])
        if text.count(text[one.span.start : one.span.end]) == 1 and text == model.source.text:
            text = text[: span.start] + new + text[span.end :]
    return rng.choice(["", "{a comment\nof two lines}\n"]) + text


@pytest.mark.parametrize(("name", "rounds"), [("epidemic", 60), ("core", 40)])
def test_a_check_of_what_changed_is_a_check_of_everything(name: str, rounds: int) -> None:
    rng = random.Random(8)
    first = parsed((MODELS / f"{name}.mdl").read_text(encoding="utf-8"))
    reused = wrong = 0
    for _ in range(rounds):
        before = parsed(edited(first, rng))
        after = parsed(edited(before, rng))
        again = units_again(before, check_units(before), after)
        if again is not None:
            reused += 1
            wrong += len(again) > 0
            assert list(again) == list(check_units(after))
    assert reused > rounds / 2
    assert wrong >= rounds / 5


MACRO = ":MACRO: M(i) M={} ~~|:END OF MACRO: "
CLOCK = "INITIAL TIME=0~Day~|FINAL TIME=9~Day~|SAVEPER=1~Day~|TIME STEP=1~Day~|\n"


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ("a=1~kg~|b=a~kg~|", "a=1~m~|b=a~kg~|"),  # other units
        ("a=1~kg~|b=a~~|c=b~kg~|", "a=1~kg~|b=a/2~~|c=b~kg~|"),  # missing units are inferred
        ("a=1~kg~|b=a~kg~|", "a=1~kg~|c=a~kg~|"),  # another name
        ("a=1~kg~|", "a=1~kg~|b=2~kg~|"),
        (f"{MACRO.format('i')}a=M(1)~kg~|", f"{MACRO.format('2*i')}a=M(1)~kg~|"),
    ],
)  # fmt: skip
def test_what_changes_more_is_checked_anew(old: str, new: str) -> None:
    before, after = parsed(old + CLOCK), parsed(new + CLOCK)
    assert units_again(before, check_units(before), after) is None
