"""Functions of data variables, here of lookups that hold the points of one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

Values = Callable[..., list[float]]
MISSING = -(2.0**109)
# SDEverywhere models, getdata: the data and what Vensim recorded for them.
DATA = "data((0,0),(1,10),(2,20),(9,70),(10,80))\n"
LATE, EARLY = "MAX(INITIAL TIME, Time - {0})", "MIN(FINAL TIME, Time + {0})"
RECORDED = [
    (LATE, 1, 0, [0, 0, 10, 20, 27.1429, 34.2857, 41.4286, 48.5714, 55.7143, 62.8571, 70]),
    (LATE, 1, 1, [0, 0, 10, 20, 70, 70, 70, 70, 70, 70, 70]),
    (LATE, 1, -1, [0, 0, 0, 10, 20, 20, 20, 20, 20, 20, 20]),
    (LATE, 0.5, 1, [0, 0, 10, 20, 70, 70, 70, 70, 70, 70, 70]),
    (LATE, 0.5, -1, [0, 0, 0, 10, 20, 20, 20, 20, 20, 20, 20]),
    (EARLY, 0.5, 1, [0, 10, 20, 70, 70, 70, 70, 70, 70, 70, 80]),
    (EARLY, 0.5, -1, [0, 0, 10, 20, 20, 20, 20, 20, 20, 20, 70]),
    (EARLY, 1, 0, [10, 20, 27.1429, 34.2857, 41.4286, 48.5714, 55.7143, 62.8571, 70, 80, 80]),
    (EARLY, 1, 1, [10, 20, 70, 70, 70, 70, 70, 70, 70, 80, 80]),
    (EARLY, 1, -1, [0, 10, 20, 20, 20, 20, 20, 20, 20, 70, 70]),
]


@pytest.mark.parametrize(("time", "shift", "mode", "expected"), RECORDED)
def test_between_times_as_recorded(
    time: str, shift: float, mode: int, expected: list[float], values: Values, every_engine: str
) -> None:
    call = f"GET DATA BETWEEN TIMES(data, {time.format(shift)}, {mode})"
    assert values(DATA + f"x = {call}", FINAL_TIME=10) == pytest.approx(expected, rel=1e-5)


@pytest.mark.parametrize(
    ("call", "expected"),
    [
        ("BETWEEN TIMES(data, -1, 0)", MISSING),
        ("BETWEEN TIMES(data, 11, 0)", MISSING),
        ("BETWEEN TIMES(data, -1, 1)", MISSING),
        ("BETWEEN TIMES(data, 11, -1)", MISSING),
        ("AT TIME(data, 2)", 20),
        ("AT TIME(data, 0.1 + 0.2 - 0.3)", 0),
        ("AT TIME(data, 3)", MISSING),
        ("AT TIME(data, -1)", MISSING),
        ("AT TIME(data, 11)", MISSING),
        ("FIRST TIME(data)", 0),
        ("LAST TIME(data)", 10),
        ("TOTAL POINTS(data)", 5),
        ("MEAN(data, 0, 10)", 36),
        ("MEAN(data, -5, 50)", 36),
        ("MEAN(data, 1, 2)", 15),
        ("MEAN(data, 9.5, 10)", 80),
        ("MEAN(data, 0, 0)", 0),
        ("MEAN(data, 3, 4)", MISSING),
        ("MEAN(data, 11, 12)", MISSING),
        ("MEAN(data, -2, -1)", MISSING),
    ],
)
def test_value(call: str, expected: float, values: Values, every_engine: str) -> None:
    assert values(DATA + f"x = GET DATA {call}")[0] == pytest.approx(expected)
