"""Judging a draw: bands, years, logarithms, draws without a number, and the law of opposites."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

import sensitivity as sa
from sensitivity.claims.arms import Measured
from sensitivity.claims.book import Claim, Item
from sensitivity.claims.judging import Judged, judge
from sensitivity.claims.kinds import KINDS, mirrored
from sensitivity.outcomes import Outcome

OUTCOMES = {
    "y": sa.final("y", "y"),
    "year": Outcome("year", "y", "year_when", at=1.0),
    "day of the peak": Outcome("day of the peak", "y", "year_of_peak"),
}
TIMES = np.array([100.0, 110.0, 120.0])
DRAWS = 6


def claim_of(kind: str, size: int, **more: object) -> Claim:
    row = KINDS[kind]
    outcome, course = ("", "y") if row.courses else (str(more.pop("outcome", "y")), "")
    items = tuple(Item(f"arm {n}", outcome, course) for n in range(size))
    expect = row.expects[0] if row.expects else ""
    return Claim("c", "text", kind, items, **{"expect": expect, **more})  # type: ignore[arg-type]


def judged(
    claim: Claim, values: Sequence[object], errors: Sequence[object] | None = None
) -> Judged:
    """Judge a claim whose arms gave these values (or courses), with these errors."""
    found = {}
    for place, item in enumerate(claim.items):
        numbers = np.array(values[place], dtype=float)
        error = 0.0 if errors is None else errors[place]
        if item.course:
            moved = np.broadcast_to(np.array(error, dtype=float), numbers.shape[:1])
            found[item.arm] = Measured(TIMES, {}, {}, {"y": numbers}, {"y": moved})
        else:
            found[item.arm] = Measured(TIMES, {item.outcome: numbers}, {item.outcome: error})
    return judge(claim, found, OUTCOMES)


def test_the_band_is_one_percent_of_the_last_items_value() -> None:
    found = judged(claim_of("above", 2), [[101.5, 100.5, 98.5], [100, 100, 100]])
    assert found.band.tolist() == [1.0, 1.0, 1.0]
    assert found.sign.tolist() == [1, 0, -1]
    assert found.base.tolist() == [100.0, 100.0, 100.0]


def test_the_band_is_ten_errors_where_that_is_more() -> None:
    found = judged(claim_of("above", 2), [[101.5, 140, 50], [100, 100, 100]], [2.0, 1.0])
    assert found.band.tolist() == [30.0, 30.0, 30.0]
    assert found.sign.tolist() == [0, 1, -1]


@pytest.mark.parametrize(
    ("claim", "errors", "band"),
    [
        (claim_of("level", 1, level=5.0), [1.0], 10.0),
        (claim_of("contrast", 3, weights=(2.0, 0.0, -0.5)), [1.0, 7.0, 2.0], 30.0),
        (claim_of("interaction", 4), [1.0, 2.0, 3.0, 4.0], 100.0),
        # Of many that are compared two at a time, the two largest errors.
        (claim_of("ordering", 3), [1.0, 3.0, 2.0], 50.0),
        (claim_of("best", 4), [4.0, 0.0, 1.0, 2.0], 60.0),
        (claim_of("interior", 3), [0.5, 0.0, 0.25], 7.5),
    ],
)
def test_errors_add_up_as_the_items_do(claim: Claim, errors: list[float], band: float) -> None:
    found = judged(claim, [[1.0]] * len(claim.items), errors)
    assert found.band.tolist() == [pytest.approx(band)]
    assert found.sign.tolist() == [0]


@pytest.mark.parametrize("outcome", ["year", "day of the peak"])
def test_years_are_measured_from_the_start_of_the_run(outcome: str) -> None:
    claim = claim_of("above", 2, outcome=outcome)
    found = judged(claim, [[110.05, 110.2, 100.0], [110.0, 110.0, 100.0]])
    assert found.base.tolist() == [10.0, 10.0, 0.0]
    np.testing.assert_allclose(found.band, [0.1, 0.1, 0.0])
    assert found.sign.tolist() == [0, 1, 0]


def test_logarithms_compare_ratios() -> None:
    claim = claim_of("above", 2, logarithms=True)
    found = judged(claim, [[2e-6, 1.015, 1.005], [1e-6, 1.0, 1.0]], [0.0, 0.0])
    np.testing.assert_allclose(found.effect, np.log([2.0, 1.015, 1.005]), rtol=1e-9)
    assert found.band.tolist() == [0.01] * 3
    assert found.sign.tolist() == [1, 1, 0]
    # An error is one in relation to the value that it is of.
    wrong = judged(claim, [[2.0, 200.0], [1.0, 100.0]], [0.02, 0.01])
    np.testing.assert_allclose(wrong.band, [0.2, 0.01], rtol=1e-9)


def test_ratios_of_four_tell_proportions_from_sums() -> None:
    """Both double what there is: the sum is more than each alone, the ratio is not."""
    values = [[4.0], [2.0], [2.0], [1.0]]
    assert judged(claim_of("interaction", 4), values).sign.tolist() == [1]
    assert judged(claim_of("interaction", 4, logarithms=True), values).sign.tolist() == [0]


def test_what_has_no_logarithm_is_left_out() -> None:
    claim = claim_of("above", 2, logarithms=True)
    found = judged(claim, [[2.0, 0.0, 1.0, -3.0], [1.0, 1.0, 0.0, -1.0]])
    assert found.sound.tolist() == [True, False, False, False]
    assert np.isnan(found.effect[1:]).all()
    assert found.sign.tolist() == [1, 0, 0, 0]


@pytest.mark.parametrize(("expect", "sign"), [("above", 1), ("below", -1)])
def test_a_level_in_logarithms_is_that_level(expect: str, sign: int) -> None:
    claim = claim_of("level", 1, level=10.0, expect=expect, logarithms=True)
    found = judged(claim, [[20.0, 10.05, 5.0]])
    np.testing.assert_allclose(found.effect, sign * np.log([2.0, 1.005, 0.5]), rtol=1e-9)
    assert found.sign.tolist() == [sign, 0, -sign]


def test_a_crossover_in_logarithms_does_not_depend_on_the_unit() -> None:
    claim = claim_of("crossover", 2, logarithms=True)
    rng = np.random.default_rng(1)
    courses = np.exp(rng.normal(scale=0.02, size=(2, 3, 200)))
    found = judged(claim, courses, [0.001, 0.001])
    assert 20 < np.count_nonzero(found.sign) < 180
    for unit in (1e-6, 1e6):
        other = judged(claim, courses * unit, [0.001 * unit, 0.001 * unit])
        np.testing.assert_array_equal(other.sign, found.sign)
        np.testing.assert_allclose(other.band, found.band, rtol=1e-9)
    # Within one percent of each other is no lead, also where both are near 1.
    near = judged(claim, [[[1.009], [1.0], [1.0]], [[1.0], [1.0], [1.009]]])
    assert near.sign.tolist() == [0]
    apart = judged(claim, [[[1.011], [1.0], [1.0]], [[1.0], [1.0], [1.011]]])
    assert apart.sign.tolist() == [1]


@pytest.mark.parametrize("kind", list(KINDS))
@pytest.mark.parametrize("bad", [np.nan, np.inf])
def test_a_draw_without_one_of_its_numbers_is_left_out(kind: str, bad: float) -> None:
    row = KINDS[kind]
    size = min(row.most, max(row.least, 3))
    values = np.arange(size * 3 * 2, dtype=float).reshape(size, 3, 2)
    values = values if row.courses else values[:, 0]
    values[-1, ..., 1] = bad
    weights = (1.0,) * size if kind == "contrast" else ()
    found = judged(claim_of(kind, size, weights=weights), values)
    assert found.sound.tolist() == [True, False]
    assert np.isnan(found.effect).tolist() == [False, True]
    assert found.sign[1] == 0


def test_when_a_crossover_happens_is_told_where_it_does() -> None:
    first = np.array([[2.0, 0.0, 2.0], [1.5, 1.5, 2.0], [0.0, 2.0, 2.0]])
    found = judged(claim_of("crossover", 2), [first, np.ones((3, 3))])
    assert found.sign.tolist() == [1, -1, 0]
    assert found.when is not None
    assert found.when[0] == pytest.approx(110 + 10 / 3)
    assert np.isnan(found.when[1:]).all()


def test_who_leads_late_but_not_first_has_no_early_lead() -> None:
    """Below, above, below: the first item never led before the second did."""
    first = np.array([[0.0], [5.0], [0.0]])
    found = judged(claim_of("crossover", 2), [first, np.ones((3, 1))])
    assert found.sign.tolist() == [0]
    assert found.effect.tolist() == [-1.0]


NUMBERS = st.floats(-10, 10) | st.integers(-3, 3).map(float)


@pytest.mark.parametrize("kind", [name for name, row in KINDS.items() if row.mirror is not None])
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_laws_of_the_sign(kind: str, data: st.DataObject) -> None:
    """The mirrored claim has the opposite sign in every draw, with the very same band.

    And a claim holds where its effect is beyond the band, nowhere else. Of scans with a peak and a
    trough inside both claims are true; only there the two are not opposites.
    """
    row = KINDS[kind]
    size = data.draw(st.integers(row.least, min(row.most, 4)))
    shape = (size, len(TIMES), DRAWS) if row.courses else (size, DRAWS)
    values = data.draw(arrays(float, shape, elements=NUMBERS))
    errors = data.draw(st.lists(st.floats(0, 0.2), min_size=size, max_size=size))
    weights = tuple(float(n - 1) for n in range(size)) if kind == "contrast" else ()
    claim = claim_of(kind, size, weights=weights, level=1.0)
    if kind != "level" and data.draw(st.booleans()):
        claim, values = replace(claim, logarithms=True), np.exp(values / 5)
    mirror = mirrored(claim)
    assert mirror is not None
    assert mirrored(mirror) == claim
    found, turned = judged(claim, values, errors), judged(mirror, values, errors)
    np.testing.assert_array_equal(turned.band, found.band)
    both = (found.sign > 0) & (turned.sign > 0)
    assert kind == "interior" or not both.any()
    np.testing.assert_array_equal(turned.sign[~both], -found.sign[~both])
    if row.courses:  # whose band is another at each time
        assert (found.effect[found.sign > 0] > 0).all()
    else:
        np.testing.assert_array_equal(found.sign > 0, found.effect > found.band)


def test_a_scan_with_peak_and_trough_supports_both_claims() -> None:
    scan = [[0.0], [5.0], [-5.0], [0.0]]
    for expect in ("peak", "trough"):
        found = judged(claim_of("interior", 4, expect=expect), scan)
        assert found.sign.tolist() == [1]
        assert found.effect.tolist() == [5.0]
