"""Parts of a date: what day of which year Time is, by the calendar in a model's settings.

Vensim counts months of 30 days where Time is in years, quarters or months, and real days (leap
years included, Gregorian throughout) where it is in weeks, days or less (Vensim Reference Manual,
GET TIME VALUE). Which unit that is, and what date Time 0 has, stands in the settings behind the
equations (Vensim Reference Manual, Time Bounds).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date

from sdmodel.expr import Expr, Op, Operand, apply
from sdmodel.functions.registry import Build, function

# Lines of the settings: year, month and day of the date that Time 0 has; the unit of Time.
_YEAR, _MONTH, _DAY, _UNIT = 37, 38, 39, 40
# Days in each unit, by its number in the settings: year, quarter, month, week, ... second.
_DAYS = (360.0, 90.0, 30.0, 7.0, 1.0, 1 / 24, 1 / 1440, 1 / 86400)
_ROUND_UNITS = 3  # of these, the first so many have months of 30 days
# Less than a thousandth of a second: what the rounding of Time may lack to a whole day or hour.
_SLACK = 1e-8
_DAY_SECONDS = 86400.0
# From March 1 of the year 0 on, 400 years have always this many days.
_ERA = 146_097
_TO_MARCH = 60  # days from January 1 to March 1 of the year 0
_FIRST = 366  # days of the year 0, which `datetime` does not have
_CURE = "set the date of Time 0 in Vensim (Settings, Time Bounds) and save the model as .mdl"


@dataclass(frozen=True, slots=True)
class _Moment:
    """A whole number of days since January 1 of the year 0, and the seconds of the day."""

    day: Expr
    seconds: Expr
    real: bool


def _whole(build: Build, x: Expr) -> Expr:
    """Return x without its fraction, as a value computed once; x is not negative."""
    return build.auxiliary(apply(Op.TRUNC, x))


def _floor(build: Build, x: Expr) -> Expr:
    x = build.auxiliary(x)
    whole = build.auxiliary(apply(Op.TRUNC, x))
    return build.auxiliary(whole - (x < whole))


def _base(build: Build) -> tuple[float, int] | None:
    """Return the days since January 1 of the year 0 at Time 0, and the number of Time's unit."""
    try:
        year, month, day, unit = (int(build.setting(n)) for n in (_YEAR, _MONTH, _DAY, _UNIT))
        days = date(year, month, day).toordinal() - 1 + _FIRST
    except (ValueError, OverflowError):  # no number, or no such day
        return None
    if not 0 <= unit < len(_DAYS):
        return None
    if unit < _ROUND_UNITS:
        days = 360 * year + 30 * (month - 1) + min(day, 30) - 1
    return float(days), unit


def _moment(build: Build, time: Expr, base: float, unit: int) -> _Moment:
    passed = build.auxiliary(time * _DAYS[unit])
    full = _floor(build, passed + _SLACK)
    seconds = build.auxiliary(apply(Op.MAX, (passed - full) * _DAY_SECONDS, 0))
    return _Moment(build.auxiliary(full + base), seconds, unit >= _ROUND_UNITS)


def _calendar(build: Build, moment: _Moment) -> tuple[Expr, Expr, Expr]:
    """Return year, month and day of the month."""
    if not moment.real:
        year = _floor(build, moment.day / 360)
        in_year = build.auxiliary(moment.day - 360 * year)
        month = _whole(build, in_year / 30)
        return year, month + 1, in_year - 30 * month + 1
    # Richards (2013), Explanatory Supplement to the Astronomical Almanac, chapter 15: years that
    # begin in March have their leap day at the end, and 400 of them always the same length.
    since_march = build.auxiliary(moment.day - _TO_MARCH)
    era = _floor(build, since_march / _ERA)
    of_era = build.auxiliary(since_march - era * _ERA)
    leaps = _whole(build, of_era / 1460) - _whole(build, of_era / 36_524)
    leaps = leaps + _whole(build, of_era / 146_096)
    years = _whole(build, (of_era - leaps) / 365)
    before = 365 * years + _whole(build, years / 4) - _whole(build, years / 100)
    in_year = build.auxiliary(of_era - before)
    months = _whole(build, (5 * in_year + 2) / 153)
    day = in_year - _whole(build, (153 * months + 2) / 5) + 1
    after = build.auxiliary(months >= 10)  # January and February
    return years + 400 * era + after, months + 3 - 12 * after, day


def _year(build: Build, moment: _Moment) -> Expr:
    return _calendar(build, moment)[0]


def _quarter(build: Build, moment: _Moment) -> Expr:
    return _whole(build, (_calendar(build, moment)[1] - 1) / 3) + 1


def _month(build: Build, moment: _Moment) -> Expr:
    return _calendar(build, moment)[1]


def _day(build: Build, moment: _Moment) -> Expr:
    return _calendar(build, moment)[2]


def _weekday(build: Build, moment: _Moment) -> Expr:
    # January 1 of the year 0 was a Saturday, and Sunday is 0.
    day = build.auxiliary(moment.day + 6)
    return day - 7 * _floor(build, day / 7)


def _hour(build: Build, moment: _Moment) -> Expr:
    return _whole(build, (moment.seconds + _SLACK * _DAY_SECONDS) / 3600)


def _minute(build: Build, moment: _Moment) -> Expr:
    minutes = _whole(build, (moment.seconds + _SLACK * _DAY_SECONDS) / 60)
    return minutes - 60 * _hour(build, moment)


def _second(build: Build, moment: _Moment) -> Expr:
    minutes = _whole(build, (moment.seconds + _SLACK * _DAY_SECONDS) / 60)
    return apply(Op.MAX, moment.seconds - 60 * minutes, 0)


_MEASURES: dict[float, Callable[[Build, _Moment], Expr]] = {
    1: _year,
    2: _quarter,
    3: _month,
    4: _day,
    5: _weekday,
    6: lambda build, moment: moment.day,
    7: _hour,
    8: _minute,
    9: _second,
}


@function("GET TIME VALUE", units="1, time, 1 -> _", example="GET TIME VALUE(0, 3, 0)", value=3)
def get_time_value(build: Build, relative_to: Expr, offset: Expr, measure: Expr) -> Operand:
    """Return Time (relative to 0) or INITIAL TIME (relative to 1) plus an offset, or its date.

    Measures: 0 units of Time, 1 year, 2 quarter, 3 month, 4 day of the month, 5 day of the week
    (Sunday is 0), 6 days since January 1 of the year 0, 7 hour, 8 minute, 9 second. The computer's
    clock is never read, for a run must be repeatable.
    """
    wanted = build.known(measure, "the measure of GET TIME VALUE")
    clock = build.known(relative_to, "what GET TIME VALUE is relative to")
    if wanted is None or clock is None:
        return 0
    if clock not in (0, 1):
        cure = "use 0 for the present Time or 1 for INITIAL TIME; for other draws, another seed"
        return build.refuse(relative_to, "GET TIME VALUE may not read the clock", cure)
    time = (build.at_start(build.time) if clock else build.time) + offset
    if wanted == 0:
        return time
    if wanted not in _MEASURES:
        reason = f"GET TIME VALUE has measures 0 to 9 here, not {wanted:g}"
        return build.refuse(measure, reason, "for other draws, write another NOISE SEED")
    base = _base(build)
    if base is None:
        return build.refuse(measure, "the file says no date for Time 0", _CURE)
    moment = _moment(build, time, *base)
    if wanted == 5 and not moment.real:
        reason = "months of 30 days, which GET TIME VALUE counts here, have no days of the week"
        return build.refuse(measure, reason, "let Time be in days or weeks (Settings, Time Bounds)")
    return _MEASURES[wanted](build, moment)
