"""Area, inverse and slope of a lookup, and all lookup functions with a lookup written in place."""

from __future__ import annotations

from collections.abc import Callable
from itertools import pairwise

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.model import Model

Maker = Callable[..., Model]
Values = Callable[..., list[float]]
MISSING = -(2.0**109)  # :NA:
LOOK = "look((0,1),(1,1),(2,2))\n"  # the manual's, with its values (LOOKUP AREA)
BENT = "look((0,0),(1,1),(3,2))\n"  # the manual's for LOOKUP INVERT
JUMP = "look((0,0),(1,1),(1,5),(2,6))\n"
HILL = "look((0,0),(2,4),(3,4),(5,1))\n"
ONE = "look((3,5))\n"


@pytest.mark.parametrize(
    ("look", "call", "expected"),
    [
        (LOOK, "LOOKUP AREA(look, 0, 1)", 1),
        (LOOK, "LOOKUP AREA(look, 2, 4)", 4),
        (LOOK, "LOOKUP AREA(look, 0.5, 2.5)", 3),
        (LOOK, "LOOKUP AREA(look, 1, 0)", -1),
        (LOOK, "LOOKUP AREA(look, -3, -1)", 2),
        (LOOK, "LOOKUP AREA(look, 1.5, 1.5)", 0),
        (JUMP, "LOOKUP AREA(look, 0, 2)", 6),
        (JUMP, "LOOKUP AREA(look, 0.5, 1)", 0.375),
        (ONE, "LOOKUP AREA(look, 0, 10)", 50),
        (BENT, "LOOKUP INVERT(look, -1)", MISSING),
        (BENT, "LOOKUP INVERT(look, 2.1)", MISSING),
        (BENT, "LOOKUP INVERT(look, 0.5)", 0.5),
        (BENT, "LOOKUP INVERT(look, 1.5)", 2),
        (BENT, "LOOKUP INVERT(look, 2)", 3),
        ("look((0,4),(1,1))\n", "LOOKUP INVERT(look, 2.5)", 0.5),
        (HILL, "LOOKUP INVERT(look, 2)", 1),  # the smallest of two
        (HILL, "LOOKUP INVERT(look, 4)", 2),  # and of a whole plateau
        (HILL, "LOOKUP INVERT(look, 0.5)", 0.25),
        (HILL, "LOOKUP INVERT(look, 5)", MISSING),
        (JUMP, "LOOKUP INVERT(look, 3)", 1),
        # ((0,0),(1,1),(2,1.5)) has the values that the manual gives for LOOKUP SLOPE.
        ("look((0,0),(1,1),(2,1.5))\n", "LOOKUP SLOPE(look, -1, -1)", MISSING),
        ("look((0,0),(1,1),(2,1.5))\n", "LOOKUP SLOPE(look, -1, 0)", 0),
        ("look((0,0),(1,1),(2,1.5))\n", "LOOKUP SLOPE(look, -1, 1)", 1),
        ("look((0,0),(1,1),(2,1.5))\n", "LOOKUP SLOPE(look, 1, 0)", 0.75),
        ("look((0,0),(1,1),(2,1.5))\n", "LOOKUP SLOPE(look, 0.5, 0)", 1),
        ("look((0,0),(1,1),(2,1.5))\n", "LOOKUP SLOPE(look, 1.5, 0)", 0.5),
        ("look((0,0),(1,1),(2,1.5))\n", "LOOKUP SLOPE(look, 9, 1)", 0.5),
        (JUMP, "LOOKUP SLOPE(look, 1, 0)", MISSING),
        (JUMP, "LOOKUP SLOPE(look, 1.5, 0)", 1),
        (ONE, "LOOKUP SLOPE(look, 3, 0)", 0),
    ],
)
def test_value(look: str, call: str, expected: float, values: Values, every_engine: str) -> None:
    assert values(look + f"x = {call}")[0] == pytest.approx(expected, rel=1e-14, abs=1e-15)


def test_area_is_the_integral_of_the_lookup(values: Values) -> None:
    xs = np.linspace(-1, 6, 7001)
    ys = np.interp(xs, [0, 2, 3, 5], [0, 4, 4, 1])
    found = values(HILL + "x = LOOKUP AREA(look, -1, Time - 1)", FINAL_TIME=7, TIME_STEP=0.5)
    for i, area in enumerate(found):
        inside = xs <= i / 2 - 1 + 1e-9
        assert area == pytest.approx(np.trapezoid(ys[inside], xs[inside]), abs=1e-5)


def test_inverse_of_any_lookup_is_the_smallest_x(values: Values) -> None:
    draw = np.random.default_rng(4)
    for _ in range(20):
        ys = draw.integers(-4, 5, 12).tolist()
        points = ",".join(f"({x},{y})" for x, y in enumerate(ys))
        for y in draw.uniform(min(ys), max(ys), 2).tolist():
            found = values(f"look({points})\nx = LOOKUP INVERT(look, {y!r})")[0]
            crossed = [
                i + (y - a) / (b - a)
                for i, (a, b) in enumerate(pairwise(ys))
                if a != b and min(a, b) <= y <= max(a, b)
            ]
            assert found == pytest.approx(min(crossed), abs=1e-9)


@pytest.mark.parametrize("name", ["AREA", "INVERT", "SLOPE"])
def test_what_is_no_lookup_is_refused(name: str, model: Maker) -> None:
    rest = "" if name == "INVERT" else ", 0"
    with pytest.raises(sd.ModelError, match="'flat' is no lookup") as caught:
        model(f"flat = 3\nlook((0,0),(1,1))\nx = LOOKUP {name}(flat, 0.5{rest})")
    assert len(caught.value.problems) == 1  # though the lookup is asked for several times
