"""GET TIME VALUE: every part of a date, against Python's own calendar."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest

import sdmodel as sd
from sdmodel.frontends.mdl import parse
from sdmodel.model import Model
from sdmodel.source import SourceText

Maker = Callable[..., Model]
UNITS = {"year": 0, "quarter": 1, "month": 2, "week": 3, "day": 4, "hour": 5, "minute": 6}
LENGTHS = {"week": 7.0, "day": 1.0, "hour": 1 / 24, "minute": 1 / 1440, "second": 1 / 86400}


@pytest.fixture
def dated(mdl: Callable[..., str]) -> Maker:
    """Return a maker of models whose Time 0 is a date."""

    def make(equations: str, date: str, unit: int, **controls: object) -> Model:
        year, month, day = date.rsplit("-", 2)
        text = mdl(equations, **controls)
        text += f"35:Date\n36:YYYY-MM-DD\n37:{year}\n38:{month}\n39:{day}\n40:{unit}\n41:0\n42:1\n"
        return Model(parse(SourceText("test.mdl", text)))

    return make


def parts(offset: str = "0", measures: str = "1234567", relative: int = 0) -> str:
    return "\n".join(f"x{m} = GET TIME VALUE({relative}, {offset}, {m})" for m in measures)


def course(made: Model, name: str) -> list[float]:
    return list(made.run(method="euler").values(name))


@pytest.mark.parametrize(
    ("date", "start", "end", "step"),
    [
        ("2000-1-1", -800, 800, 1),  # both sides of a leap day, and of the year 2000
        ("1899-12-25", 0, 800, 1),  # 1900 was no leap year
        ("2099-12-25", -30_000, 30_000, 61),
        ("1600-2-29", -200_000, 200_000, 997),
    ],
)
def test_days_are_those_of_the_calendar(
    date: str, start: int, end: int, step: int, dated: Maker, every_engine: str
) -> None:
    made = dated(parts(), date, 4, INITIAL_TIME=start, FINAL_TIME=end, TIME_STEP=step)
    run = made.run(method="euler")
    year, month, day = map(int, date.split("-"))
    days = [datetime(year, month, day) + timedelta(days=t) for t in run.times]
    assert list(run.values("x1")) == [one.year for one in days]
    assert list(run.values("x2")) == [(one.month + 2) // 3 for one in days]
    assert list(run.values("x3")) == [one.month for one in days]
    assert list(run.values("x4")) == [one.day for one in days]
    assert list(run.values("x5")) == [one.isoweekday() % 7 for one in days]
    # The year 0, a leap year of 366 days, comes before the first day that Python knows.
    assert list(run.values("x6")) == [one.toordinal() + 365 for one in days]
    assert set(run.values("x7")) == {0}


@pytest.mark.parametrize(("unit", "step"), [("week", 0.5), ("hour", 0.25), ("minute", 7)])
def test_other_units_are_parts_of_days(unit: str, step: float, dated: Maker) -> None:
    text = parts(measures="14789")
    made = dated(text, "2023-12-30", UNITS[unit], FINAL_TIME=100 * step, TIME_STEP=step)
    run = made.run(method="euler")
    for number, time in enumerate(run.times):
        one = datetime(2023, 12, 30) + timedelta(days=float(time) * LENGTHS[unit])
        got = [run.values(f"x{m}")[number] for m in "14789"]
        assert got == pytest.approx([one.year, one.day, one.hour, one.minute, one.second], abs=1e-6)


def test_seconds_of_a_step_of_tenths(dated: Maker) -> None:
    made = dated(parts(measures="789"), "2000-1-1", 7, FINAL_TIME=120, TIME_STEP=0.1)
    assert course(made, "x8")[599:602] == [0, 1, 1]
    assert course(made, "x9")[599:602] == pytest.approx([59.9, 0, 0.1])
    # A day of ten parts: no hour comes a step late by rounding.
    made = dated(parts(measures="7"), "2000-1-1", 4, FINAL_TIME=400, TIME_STEP=0.125)
    assert course(made, "x7") == [3.0 * (i % 8) for i in range(3201)]
    made = dated(parts(measures="7"), "2000-1-1", 5, FINAL_TIME=100, TIME_STEP=1)
    assert course(made, "x7") == [i % 24 for i in range(101)]


def test_months_have_thirty_days_where_time_is_in_months_or_longer_units(dated: Maker) -> None:
    # Manual, GET TIME VALUE: a year of 360 days for years, quarters and months.
    made = dated(parts(measures="12346"), "2000-1-1", 2, INITIAL_TIME=-3, FINAL_TIME=14)
    assert course(made, "x1") == [1999] * 3 + [2000] * 12 + [2001] * 3
    assert course(made, "x2") == [4] * 3 + [1] * 3 + [2] * 3 + [3] * 3 + [4] * 3 + [1] * 3
    assert course(made, "x3") == [10, 11, 12, *range(1, 13), 1, 2, 3]
    assert course(made, "x4") == [1] * 18
    assert course(made, "x6")[3:5] == [720_000, 720_030]
    half = dated(parts(measures="14"), "2000-1-1", 2, FINAL_TIME=1, TIME_STEP=0.25)
    assert course(half, "x4") == [1, 8, 16, 23, 1]
    for unit, months in (("quarter", 3), ("year", 12)):
        made = dated(parts(measures="13"), "2001-7-31", UNITS[unit], FINAL_TIME=4, TIME_STEP=0.25)
        passed = [6 + i * months / 4 for i in range(17)]
        assert course(made, "x1") == [2001 + (m + 29 / 30) // 12 for m in passed]
        assert course(made, "x3") == [(m + 29 / 30) // 1 % 12 + 1 for m in passed]


def test_an_offset_and_the_start_of_the_run(dated: Maker) -> None:
    made = dated(parts("31", "34", 1), "2020-1-31", 4, INITIAL_TIME=1, FINAL_TIME=3)
    assert course(made, "x3") == [3, 3, 3]  # February 1, and 31 days
    assert course(made, "x4") == [3, 3, 3]
    made = dated(parts("Time", "4"), "2020-1-1", 4, FINAL_TIME=3)
    assert course(made, "x4") == [1, 3, 5, 7]


@pytest.mark.parametrize(
    ("date", "unit"), [("2000-13-1", 4), ("2001-2-29", 4), ("x-1-1", 4), ("2000-1-1", 8), ("--", 4)]
)
def test_a_date_that_does_not_exist_is_refused(date: str, unit: int, dated: Maker) -> None:
    with pytest.raises(sd.ModelError) as caught:
        dated("x = GET TIME VALUE(0, 0, 1)", date, unit).run()
    problem = caught.value.problems[0]
    assert "the file says no date for Time 0" in problem.message
    assert "Time Bounds" in problem.cure
    assert (problem.line, problem.kind) == (2, "unsupported")


def test_a_file_without_a_date_is_refused(model: Maker) -> None:
    with pytest.raises(sd.ModelError, match="the file says no date for Time 0"):
        model("x = GET TIME VALUE(0, 0, 1)")


def test_days_of_the_week_need_real_days(dated: Maker) -> None:
    with pytest.raises(sd.ModelError) as caught:
        dated("x = GET TIME VALUE(0, 0, 5)", "2000-1-1", 2).run()
    assert "have no days of the week" in caught.value.problems[0].message
    assert "days or weeks" in caught.value.problems[0].cure


@pytest.mark.parametrize("measure", [10, 1.5, -1])
def test_other_measures_are_refused(measure: float, dated: Maker) -> None:
    with pytest.raises(sd.ModelError) as caught:
        dated(f"x = GET TIME VALUE(0, 0, {measure})", "2000-1-1", 4).run()
    assert f"measures 0 to 9 here, not {measure:g}" in caught.value.problems[0].message
    assert "NOISE SEED" in caught.value.problems[0].cure
