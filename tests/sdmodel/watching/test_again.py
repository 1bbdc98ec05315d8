"""Reading a file again gives what reading it for the first time gives, places and all."""

from __future__ import annotations

import random
from pathlib import Path

import pytest

from sdmodel.frontends import mdl
from sdmodel.frontends.again import parse_again
from sdmodel.source import SourceText

MODELS = Path(__file__).resolve().parents[3] / "models"
SMALL = """kind: a, b ~~|
:MACRO: TWICE(x)
TWICE= 2*x ~~|
:END OF MACRO:
*** First ***|
x[kind]= 1,2 ~ kg [0,?] ~ Two of them. |
f((0,0),(1,1)) ~~|
y[kind]= TWICE(x[kind])+f(0.5)+IF THEN ELSE(Time>3, 1, 0) ~ kg ~|
z= TABBED ARRAY(1 2) ~~ :SUPPLEMENTARY: |
w= WITH LOOKUP(Time, ((0,1),(9,2))) ~~|
d ~~|
e= GET DIRECT DATA('a.csv', ',', 'A', 'B1') ~~|
FINAL TIME= 9 ~~|
"""


def text_of(name: str) -> str:
    return SMALL if name == "small" else (MODELS / f"{name}.mdl").read_text(encoding="utf-8")


def edited(text: str, rng: random.Random) -> str:
    """Take away, add or change a few characters, or repeat or remove a stretch."""
    for _ in range(rng.randint(1, 3)):
        at = rng.randrange(len(text))
        match rng.randrange(5):
            case 0:
                text = text[:at] + rng.choice("+*(0 1.5|~\n{") + text[at:]
            case 1:
                text = text[:at] + text[at + 1 :]
            case 2:
                text = text[:at] + "{a comment} " + text[at:]
            case 3:
                text = text[:at] + text[at : at + 200] + text[at:]
            case _:
                text = text[:at] + text[at + 150 :]
    return text


@pytest.mark.parametrize(("name", "rounds"), [("small", 300), ("epidemic", 60), ("core", 30)])
def test_reading_again_is_reading(name: str, rounds: int) -> None:
    rng = random.Random(20)
    first = mdl.parse(SourceText("m.mdl", text_of(name)))
    before, kept = first, 0
    for number in range(rounds):
        if number % 10 == 0:
            before = first
        source = SourceText("m.mdl", edited(before.source.text, rng))
        again, anew = parse_again(source, before), mdl.parse(source)
        assert repr(again) == repr(anew)  # places too, which do not count where two are compared
        kept += sum(one in before.variables for one in again.variables)
        before = again
    assert kept > rounds  # most entries are taken over
