from __future__ import annotations

import re

import numpy as np
import pytest

import sdmodel as sd
import sensitivity as sa
from sdmodel import reducers
from sensitivity.outcomes import FAILED, NOT_REACHED, OK, UNDEFINED, choose, from_spec

TIMES = np.array([0.0, 1.0, 3.0])
# Three runs: one rises, one falls, one dips below zero.
VALUES = np.array([[1.0, 4.0, -1.0], [2.0, 1.0, -3.0], [4.0, 2.0, 1.0]])


def measured(outcome: sa.Outcome) -> list[float]:
    values, status = outcome.measure(TIMES, VALUES)
    assert np.all(status == OK)
    return values.tolist()


def test_final() -> None:
    assert measured(sa.final("x")) == [4.0, 2.0, 1.0]


def test_peak() -> None:
    assert measured(sa.peak("x")) == [4.0, 4.0, 1.0]


def test_the_lowest_value_and_the_times_of_the_ends() -> None:
    assert measured(sa.Outcome("o", "x", "lowest")) == [1.0, 1.0, -3.0]
    assert measured(sa.Outcome("o", "x", "year_of_peak")) == [3.0, 0.0, 3.0]
    assert measured(sa.Outcome("o", "x", "year_of_lowest")) == [0.0, 1.0, 1.0]


@pytest.mark.parametrize("reduce", [name for name, row in reducers().items() if not row.at])
def test_a_window_is_the_run_cut_to_it(reduce: str) -> None:
    other = np.array([9.0, 1.5, 1.5])
    windowed = sa.Outcome("o", "x", reduce, between=(1, 3)).measure(TIMES, VALUES, None, other)
    cut = sa.Outcome("o", "x", reduce).measure(TIMES[1:], VALUES[1:], None, other[1:])
    np.testing.assert_array_equal(windowed[0], cut[0])
    np.testing.assert_array_equal(windowed[1], cut[1])


@pytest.mark.parametrize("between", [(1.5, 2.5), (-1, 2), (2, 4)])
def test_a_window_without_saved_times_or_beyond_the_run(between: tuple[float, float]) -> None:
    with pytest.raises(sd.SDError, match=r"outcome 'o' looks between .* the run covers 0 to 3"):
        sa.Outcome("o", "x", "peak", between=between).measure(TIMES, VALUES)


def test_mean_is_the_plain_average_of_saved_values() -> None:
    assert measured(sa.mean("x")) == pytest.approx([7 / 3, 7 / 3, -1.0], rel=1e-15)


def test_growth_is_the_rate_that_leads_from_first_to_last() -> None:
    values, status = sa.growth("x").measure(TIMES, VALUES)
    assert values[0] == pytest.approx(4 ** (1 / 3) - 1, rel=1e-14)
    assert values[1] == pytest.approx(0.5 ** (1 / 3) - 1, rel=1e-14)
    assert np.isnan(values[2])
    assert status.tolist() == [OK, OK, UNDEFINED]


def test_discounted_sum_by_hand() -> None:
    weights = [0.5 * 1, (0.5 + 1.0) * np.exp(-0.1), 1.0 * np.exp(-0.3)]
    expected = [sum(w * v for w, v in zip(weights, column, strict=True)) for column in VALUES.T]
    assert measured(sa.discounted("x", rate=0.1)) == pytest.approx(expected, rel=1e-14)
    # Without discounting it is the integral.
    assert measured(sa.discounted("x", rate=0))[0] == pytest.approx(1.5 + 6.0, rel=1e-14)


def test_year_when_is_found_between_saved_times() -> None:
    values, status = sa.year_when("x", above=3).measure(TIMES, VALUES)
    assert values[:2].tolist() == [2.0, 0.0]
    assert np.isnan(values[2])
    assert status.tolist() == [OK, OK, NOT_REACHED]


def test_year_when_it_falls_to_a_level() -> None:
    values, status = sa.year_when("x", below=1.5).measure(TIMES, VALUES)
    assert values.tolist() == [0.0, pytest.approx(5 / 6), 0.0]
    assert status.tolist() == [OK, OK, OK]


def test_year_when_on_a_saved_time() -> None:
    assert sa.year_when("x", above=2).measure(TIMES, VALUES)[0][0] == 1.0


def test_never_counts_runs_that_do_not_reach_the_level() -> None:
    values, status = sa.year_when("x", above=3, never=3.0).measure(TIMES, VALUES)
    assert values.tolist() == [2.0, 0.0, 3.0]
    assert status.tolist() == [OK, OK, OK]


def test_crossing_is_from_the_other_side() -> None:
    """A run that begins beyond the level has not crossed it until it comes back and goes again."""
    times = np.array([0.0, 1.0, 2.0, 4.0])
    values = np.array([[3.0, 1.0, 3.0], [1.0, 3.0, 3.0], [3.0, 2.0, 3.0], [5.0, 0.0, 3.0]])
    up, up_status = sa.Outcome("o", "x", "crosses_up", at=2.0).measure(times, values)
    down, down_status = sa.Outcome("o", "x", "crosses_down", at=1.5).measure(times, values)
    np.testing.assert_array_equal(up, [1.5, 0.5, np.nan])
    np.testing.assert_array_equal(down, [0.75, 2.5, np.nan])
    assert up_status.tolist() == down_status.tolist() == [OK, OK, NOT_REACHED]


def test_range_deviation_and_slope() -> None:
    assert measured(sa.Outcome("o", "x", "range")) == [3.0, 3.0, 4.0]
    assert measured(sa.Outcome("o", "x", "deviation")) == pytest.approx(VALUES.std(axis=0))
    fitted = np.polynomial.polynomial.polyfit(TIMES, VALUES, 1)[1]
    assert measured(sa.Outcome("o", "x", "slope")) == pytest.approx(fitted)


def test_a_slope_needs_two_times() -> None:
    value, status = sa.Outcome("o", "x", "slope", between=(0.5, 1.5)).measure(TIMES, VALUES)
    assert np.isnan(value).all()
    assert (status == UNDEFINED).all()


def test_total_is_the_integral() -> None:
    expected = np.trapezoid(VALUES, TIMES, axis=0)
    assert measured(sa.Outcome("o", "x", "total")) == pytest.approx(expected, rel=1e-14)


def test_area_by_hand() -> None:
    other = np.array([2.0, 2.0, 2.0])
    below, _ = sa.area_below("x").measure(TIMES, VALUES, None, other)
    above, _ = sa.Outcome("o", "x", "area_above").measure(TIMES, VALUES, None, other)
    # The second run starts 2 above, passes the reference after 2/3 and ends on it.
    assert below.tolist() == pytest.approx([0.5, 0.5 * (1 / 3) * 1 + 0.5 * 2 * 1, 4.0 + 6.0])
    assert above.tolist() == pytest.approx([0.5 * 2 * 2, 0.5 * (2 / 3) * 2, 0.0])


def test_areas_above_and_below_add_up_to_the_difference_of_totals() -> None:
    random = np.random.default_rng(8)
    times = np.cumsum(random.uniform(0.1, 2.0, 60))
    values, other = random.normal(size=(60, 40)), random.normal(size=60)
    total = sa.Outcome("o", "x", "total")
    below, _ = sa.area_below("x").measure(times, values, None, other)
    above, _ = sa.Outcome("o", "x", "area_above").measure(times, values, None, other)
    difference = total.measure(times, values)[0] - total.measure(times, other[:, None])[0]
    np.testing.assert_allclose(above - below, difference, rtol=0, atol=1e-12)
    assert (below > 0).all()
    assert (above > 0).all()


def test_area_does_not_change_when_lines_are_cut_in_two() -> None:
    """It is the area between straight lines, also where these cross."""
    random = np.random.default_rng(9)
    times = np.linspace(0.0, 5.0, 11)
    values, other = random.normal(size=(11, 30)), random.normal(size=11)
    finer = np.linspace(0.0, 5.0, 21)
    between = np.stack([np.interp(finer, times, one) for one in values.T], axis=1)
    coarse, _ = sa.area_below("x").measure(times, values, None, other)
    fine, _ = sa.area_below("x").measure(finer, between, None, np.interp(finer, times, other))
    np.testing.assert_allclose(coarse, fine, rtol=1e-12)


def test_an_area_needs_its_reference() -> None:
    with pytest.raises(sa.OutcomeError, match="compares with a reference run, and there is none"):
        sa.area_below("x").measure(TIMES, VALUES)
    unknown = np.array([1.0, np.nan, 1.0])
    value, status = sa.area_below("x").measure(TIMES, VALUES, None, unknown)
    assert np.isnan(value).all()
    assert (status == UNDEFINED).all()


def test_a_number_too_large_is_undefined() -> None:
    value, status = sa.Outcome("o", "x", "range").measure(
        TIMES, np.array([[1e308], [-1e308], [0.0]])
    )
    assert np.isnan(value[0])
    assert status[0] == UNDEFINED


def test_at_is_on_the_line_between_saved_times() -> None:
    assert measured(sa.at("x", 2.0)) == [3.0, 1.5, -1.0]
    assert measured(sa.at("x", 0.0)) == VALUES[0].tolist()
    assert measured(sa.at("x", 3.0)) == VALUES[2].tolist()


def test_at_outside_the_run() -> None:
    with pytest.raises(sa.OutcomeError, match="'x at 9' is taken at 9, but the run covers 0 to 3"):
        sa.at("x", 9).measure(TIMES, VALUES)


EVERY = [
    sa.Outcome(f"by {row.name}", "x", row.name, at=2.5 if row.at else None)
    for row in reducers().values()
]


@pytest.mark.parametrize("outcome", EVERY, ids=lambda one: one.reduce)
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_failed_run_is_never_averaged_away(outcome, bad) -> None:
    """Also where the number itself would have been known before the failure."""
    values = np.array([[2.0, 2.0], [3.0, 3.0], [1.0, bad]])
    measured, status = outcome.measure(TIMES, values, None, np.ones(3))
    assert np.isfinite(measured[0])
    assert np.isnan(measured[1])
    assert status.tolist() == [OK, FAILED]


@pytest.mark.parametrize("outcome", EVERY, ids=lambda one: one.reduce)
def test_a_run_reported_as_failed_has_no_outcome(outcome) -> None:
    measured, status = outcome.measure(
        TIMES, np.full((3, 2), 2.0), np.array([False, True]), np.ones(3)
    )
    assert np.isnan(measured[1])
    assert status[1] == FAILED


@pytest.mark.parametrize("outcome", EVERY, ids=lambda one: one.reduce)
def test_a_run_does_not_depend_on_its_neighbours(outcome) -> None:
    random = np.random.default_rng(5)
    times = np.linspace(0.0, 9.0, 37)
    values = np.exp(random.normal(size=(37, 501)))
    other = np.exp(random.normal(size=37))
    together, _ = outcome.measure(times, values, None, other)
    alone = [outcome.measure(times, values[:, [run]], None, other)[0][0] for run in range(501)]
    np.testing.assert_array_equal(together, alone)


def test_names_of_outcomes() -> None:
    assert sa.final("value added").name == "final value added"
    assert sa.at("value added", 2020).name == "value added at 2020"
    assert sa.mean("x", "my name", label="X").name == "my name"


@pytest.mark.parametrize(
    ("make", "message"),
    [
        (
            lambda: sa.Outcome("o", "x", "finl"),
            "outcome 'o' is reduced by 'finl', which is unknown; did you mean 'final'? Choose "
            "from: final, peak, lowest, year_of_peak, year_of_lowest, mean, growth, discounted",
        ),
        (lambda: sa.Outcome("o", "x", "at"), "outcome 'o' (at) needs at = the time"),
        (
            lambda: sa.Outcome("o", "x", "discounted"),
            "outcome 'o' (discounted) needs at = the discount rate per unit of time",
        ),
        (
            lambda: sa.Outcome("o", "x", "final", at=2020),
            "outcome 'o' (final) has no use for at = 2020: leave it out, or use reduce = 'at'",
        ),
        (
            lambda: sa.Outcome("o", "x", "peak", never=1),
            "outcome 'o' (peak) has no use for never = 1: only year_when, year_below, crosses_up",
        ),
        (
            lambda: sa.Outcome("o", "x", "peak", reference="open"),
            "outcome 'o' (peak) has no use for reference = 'open': only area_below, area_above",
        ),
        (lambda: sa.year_when("x"), "year_when('x') needs one of above= and below="),
        (lambda: sa.year_when("x", above=1, below=2), "needs one of above= and below="),
    ],
)
def test_outcomes_that_cannot_be_measured(make, message) -> None:
    with pytest.raises(sa.OutcomeError, match=re.escape(message)):
        make()


def test_units_follow_from_the_variable(ishigami_model) -> None:
    wanted = [
        sa.final("income"),
        sa.growth("income"),
        sa.discounted("income", rate=0.03),
        sa.year_when("income", above=2),
        sa.peak("income", unit="mine"),
        sa.discounted("nothing", rate=0.03),
        sa.Outcome("o", "income", "slope"),
        sa.Outcome("p", "nothing", "slope"),
    ]
    units = [one.unit for one in choose(ishigami_model, wanted)]
    first = ["$/Year", "1/Year", "$/Year*Year", "Year", "mine", "Year"]
    assert units == [*first, "$/Year/Year", "1/Year"]


def test_outcomes_are_chosen_by_name(ishigami_model) -> None:
    spec = sd.OutcomeSpec(
        name="catch-up year", of="income", reduce="year_when", at=2.0, label="Catch-up"
    )
    ishigami_model.settings.outcomes["catch-up year"] = spec
    chosen = choose(ishigami_model, ["Catch-Up_Year", "y OUT", sa.mean("Income")])
    assert [one.name for one in chosen] == ["catch-up year", "final Y out", "mean Income"]
    assert [one.of for one in chosen] == ["income", "Y out", "income"]
    settings = ishigami_model.settings.outcomes
    settings["gain"] = sd.OutcomeSpec("gain", expression="a", let={"a": "income"})
    settings["lost"] = sd.OutcomeSpec("lost", of="income", reduce="area_below")
    assert [one.name for one in choose(ishigami_model, None)] == ["catch-up year"]
    assert choose(ishigami_model, "income")[0].reduce == "final"


def test_an_outcome_of_the_settings() -> None:
    spec = sd.OutcomeSpec(name="o", of="x", reduce="at", at=7.0, label="O", unit="kg")
    assert from_spec(spec) == sa.Outcome("o", "x", "at", at=7.0, label="O", unit="kg")


@pytest.mark.parametrize(
    ("wanted", "message"),
    [
        ("incom", "ishigami has no outcome or variable 'incom'; did you mean 'income'?"),
        (sa.peak("incom"), "outcome 'peak incom' is of 'incom', which ishigami does not have; did"),
        ([], "no outcome was given: name at least one"),
        (None, "ishigami names no outcomes: say which variable matters, as in"),
        (
            sa.final("income", arm="open"),
            "outcome 'final income' compares runs, which only a sweep does: choose another here",
        ),
        (["income", sa.final("income")], "two outcomes are called 'final income': give one"),
    ],
)
def test_outcomes_that_cannot_be_chosen(ishigami_model, wanted, message) -> None:
    with pytest.raises(sa.OutcomeError, match=re.escape(message)):
        choose(ishigami_model, wanted)
