"""Functions of data variables, here of lookups that hold the points of one."""

from __future__ import annotations

from collections.abc import Callable

import pytest

import sdmodel as sd
from sdmodel.model import Model

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


@pytest.mark.parametrize(
    ("what", "span", "expected"),
    [
        ("MAX", "0, 10", 80),
        ("MAX", "0, 2", 20),
        ("MAX", "1.5, 8.5", 20),
        ("MAX", "INITIAL TIME, FINAL TIME", 80),
        ("MAX", "3, 8", MISSING),
        ("MAX", "9, 0", MISSING),
        ("MIN", "0, 10", 0),
        ("MIN", "1, 9", 10),
        ("MIN", "2.5, 99", 70),
        ("MIN", "11, 99", MISSING),
        ("MEDIAN", "0, 10", 20),
        ("MEDIAN", "1, 10", 45),
        ("MEDIAN", "9, 9", 70),
        ("MEDIAN", "-9, -1", MISSING),
    ],
)
def test_largest_smallest_and_median(
    what: str, span: str, expected: float, values: Values, every_engine: str
) -> None:
    xs = values(DATA + f"x = INITIAL(GET DATA {what}(data, {span}))", FINAL_TIME=10)
    assert xs == [expected] * 11


def test_a_time_that_is_a_whole_number_but_for_rounding_counts(values: Values) -> None:
    assert values(DATA + "x = GET DATA MAX(data, 0.3/0.1 - 3, 2 - 1e-9)")[0] == 20


def test_each_element_has_its_own_largest_value(model: Callable[..., Model]) -> None:
    text = "A: a1, a2 ~~|t[a1]((0,1),(1,5)) ~~|t[a2]((0,9),(1,-2),(2,30)) ~~|"
    run = model(text + "x[A] = GET DATA MAX(t[A], 0, 1) ~~|").run()
    assert [run.values(f"x[{one}]")[0] for one in ("a1", "a2")] == [5, 9]


@pytest.mark.parametrize("name", ["MAX", "MIN", "MEDIAN"])
def test_a_range_of_data_must_be_known_before_the_run(
    name: str, model: Callable[..., Model]
) -> None:
    with pytest.raises(sd.ModelError) as caught:
        model(DATA + f"x = GET DATA {name}(data, stock, 9)\nstock = INTEG(1, 0)")
    (problem,) = caught.value.problems
    assert "the start of a range of data must be known before the run" in problem.message
    assert problem.cure == "write it as a number or a constant"
    with pytest.raises(sd.ModelError, match="the end of a range of data must be known"):
        model(DATA + f"x = GET DATA {name}(data, 0, stock)\nstock = INTEG(1, 0)")
