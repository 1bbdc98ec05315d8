"""Files that fuzzing begins with, and those it once broke something with."""

from __future__ import annotations

import importlib.util
from collections.abc import Callable
from contextlib import AbstractContextManager
from pathlib import Path

import pytest

from sdmodel.frontends import parse as parse_file
from sdmodel.frontends.mdl import parse
from sdmodel.model import Model
from sdmodel.source import SourceText

FUZZ = Path(__file__).resolve().parents[1] / "fuzz"
CORPUS = sorted((FUZZ / "corpus").iterdir())
REGRESSIONS = sorted((FUZZ / "regressions").iterdir())
# These ask for files that are not there, or for what is not read.
REFUSED = {"data.mdl", "hard.stmx"}

Limited = Callable[[float], AbstractContextManager[None]]


def _examine() -> Callable[[bytes], str]:
    spec = importlib.util.spec_from_file_location("examine", FUZZ / "examine.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    examine: Callable[[bytes], str] = module.examine
    return examine


examine = _examine()


@pytest.mark.parametrize("path", CORPUS, ids=lambda path: path.name)
def test_corpus(path: Path, limited: Limited) -> None:
    raw = path.read_bytes()
    assert len(raw) < 2000
    with limited(20):
        assert examine(raw) == ("refused" if path.name in REFUSED else "run")


@pytest.mark.parametrize("path", REGRESSIONS, ids=lambda path: path.name)
def test_what_once_failed(path: Path, limited: Limited) -> None:
    with limited(20):
        assert examine(path.read_bytes()) in ("refused", "stopped", "large", "lowered", "run")


def test_endless_problems_are_told_up_to_a_number() -> None:
    found = parse(SourceText("m.mdl", "x = + ~~|\n" * 5000)).problems
    assert len(found) == 2002
    assert found[-1].message == ("there are over 2,000 problems up to here; the rest is not read")
    assert found[-1].line == 2001


def test_nothing_is_said_of_a_file_that_was_not_read() -> None:
    source = SourceText("m.stmx", "<!DOCTYPE x []><xmile/>")
    (problem,) = Model(parse_file(source)).problems()
    assert problem.message.startswith("a document type (<!DOCTYPE ...>) is not read")


CONTROL = "\nINITIAL TIME=0~~|FINAL TIME=3~~|TIME STEP=1~~|SAVEPER=1~~|\n"
LARGE = "A: (a1-a10000) ~~| B: (b1-b10000) ~~| x[A] = 1 ~~| y[B] = Time ~~|"
CHAIN = "A: (a1-a60000) ~~| N: (a2-a60000) -> P ~~| P: (a1-a59999) ~~| x[a1] = Time ~~|"
BOUNDS = {
    LARGE + "z = SUM(x[A!] * y[B!]) ~~|": "in the equation of 'z': this runs over 100,000,000 "
    "combinations of elements; at most 8,000,000 are possible",
    "A: (a1-a9000) ~~| x[A] = DELAY N(Time, 2000, A, 2000 / 2) ~~| y[A] = DELAY N(Time, 2000, A, "
    "1000) ~~|": "what functions need for themselves comes to over 16,000,000 values here",
    "".join(f"x{i} = SMOOTH N(Time, 1e9, 1, 1000) ~~|\n" for i in range(51)): "in the equation of "
    "'x50': the delays of this model have over 50,000 stages together",
    CHAIN + "x[N] = x[P] + 1 ~~|": "elements of these need other elements of them: x -> x; "
    "at most 50,000 can be put in order one by one",
    "".join(f"R{i}: (R{i + 1}-R{i + 301}) ~~|" for i in range(400)): "others within ranges come "
    "to over 4,000,000 elements",
    f"A: (a1-a{'9' * 40}) ~~|": "is too long",
    "A: (a1-a1000000000) ~~|": "the ranges of this file have more than 1,000,000 elements",
    "P: p1, p2 ~~| Q: q1 ~~| r[P] = 3, 1 ~~| x[q1] = VECTOR RANK(r[P], 1) ~~|": "this has a value "
    "for each element of a range that does not stand left of the equals sign",
    "P: p1, p2 ~~| x[p1] = P ~~|": "the range 'P' does not stand left of the equals sign",
    ":MACRO: F(a : b)\nF ~~|\nb = F + a ~~|\n:END OF MACRO:\nx = F(1 : y) ~~|": "has no equation "
    "and no data",
}


@pytest.mark.parametrize("text", BOUNDS, ids=[text[-24:].strip() for text in BOUNDS])
def test_bounds(text: str, limited: Limited) -> None:
    with limited(60):
        (problem,) = Model(parse(SourceText("m.mdl", text + CONTROL))).problems()
    assert BOUNDS[text] in problem.message
    assert problem.line > 0
    assert problem.cure


def test_circles_are_told_up_to_a_number(limited: Limited) -> None:
    text = "".join(f"x{i} = y{i} ~~|\ny{i} = x{i} ~~|\n" for i in range(3000))
    with limited(60):
        found = Model(parse(SourceText("m.mdl", text + CONTROL))).problems()
    assert len(found) == 20
    long = "".join(f"x{i} = x{(i + 1) % 500} + 1 ~~|\n" for i in range(500))
    (problem,) = Model(parse(SourceText("m.mdl", long + CONTROL))).problems()
    assert "x9 -> ... (481 more) -> x491" in problem.message
    assert len(problem.loop) == 500


def test_problems_of_one_long_line_share_its_text() -> None:
    source = SourceText("m.mdl", "".join(f"x{i} = + ~~|" for i in range(1000)))
    first, *_, last = parse(source).problems
    assert first.text is last.text


@pytest.mark.parametrize("size", ["²", "000000011111111111", "9" * 5000, "1000001", "0"])
def test_sizes_of_dimensions_that_cannot_be(size: str) -> None:
    text = f'<xmile><dimensions><dim name="A" size="{size}"/></dimensions><model/></xmile>'
    messages = [one.message for one in parse_file(SourceText("m.stmx", text)).problems]
    assert "the size of the dimension 'A' must be a number from 1 to 1,000,000" in messages


def test_dimensions_too_large_together() -> None:
    text = "".join(f'<dim name="A{i}" size="600000"/>' for i in range(3))
    text = f"<xmile><dimensions>{text}</dimensions><model/></xmile>"
    found = parse_file(SourceText("m.stmx", text)).problems
    assert [one.message for one in found if one.variable] == [
        "the dimensions of this file have more than 1,000,000 elements"
    ] * 2
