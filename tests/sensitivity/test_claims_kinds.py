"""The kinds of claims: the opposite of a claim is the claim turned round, and no draw is both."""

from __future__ import annotations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra.numpy import arrays

from sensitivity.claims.book import Claim, Item
from sensitivity.claims.kinds import KINDS, crossing, mirrored

SIDED = [name for name, kind in KINDS.items() if kind.mirror is not None]
DRAWS, TIMES = 7, 5
NUMBERS = st.floats(-100, 100).map(lambda value: round(value, 2))


def claim_of(kind: str, size: int, expect: str = "") -> Claim:
    row = KINDS[kind]
    items = tuple(Item(f"arm {n}", course="x") for n in range(size))
    weights = tuple(n - (size - 1) / 2 for n in range(size)) if kind == "contrast" else ()
    chosen = expect or (row.expects[0] if row.expects else "")
    return Claim("c", "text", kind, items, expect=chosen, weights=weights, level=1.0)


def judged(claim: Claim, values: np.ndarray, band: np.ndarray) -> np.ndarray:
    return KINDS[claim.kind].judge(claim, values, band)[1]


@pytest.mark.parametrize("kind", [kind for kind in SIDED if kind != "interior"])
@given(data=st.data())
@settings(max_examples=30, deadline=None)
def test_the_mirrored_claim_has_the_opposite_sign(kind: str, data: st.DataObject) -> None:
    row = KINDS[kind]
    size = data.draw(st.integers(row.least, min(row.most, 5)))
    shape = (size, TIMES, DRAWS) if row.courses else (size, DRAWS)
    values = data.draw(arrays(float, shape, elements=NUMBERS))
    band = data.draw(arrays(float, shape[1:], elements=st.floats(0, 20)))
    claim = claim_of(kind, size)
    turned = mirrored(claim)
    assert turned is not None
    # A claim that reverses the order of its items looks at the same arms in reverse.
    order = [claim.items.index(item) for item in turned.items]
    np.testing.assert_array_equal(judged(turned, values[order], band), -judged(claim, values, band))


@given(
    values=arrays(float, (5, DRAWS), elements=NUMBERS),
    band=arrays(float, DRAWS, elements=st.floats(0, 20)),
)
@settings(max_examples=40, deadline=None)
def test_peak_and_trough_are_opposite_where_not_both_are_there(
    values: np.ndarray, band: np.ndarray
) -> None:
    peak, trough = claim_of("interior", 5), claim_of("interior", 5, "trough")
    high = values[1:-1].max(axis=0) > values[[0, -1]].max(axis=0) + band
    low = values[1:-1].min(axis=0) < values[[0, -1]].min(axis=0) - band
    one = ~(high & low)
    np.testing.assert_array_equal(
        judged(peak, values, band)[one], -judged(trough, values, band)[one]
    )
    np.testing.assert_array_equal(judged(peak, values, band) > 0, high)


@pytest.mark.parametrize("kind", list(KINDS))
def test_what_does_not_differ_has_no_sign(kind: str) -> None:
    row = KINDS[kind]
    size = row.least
    shape = (size, TIMES, DRAWS) if row.courses else (size, DRAWS)
    values, band = np.full(shape, 1.0), np.full(shape[1:], 0.01)
    claim = claim_of(kind, size)
    expected = np.ones(DRAWS) if kind == "same" else np.zeros(DRAWS)
    np.testing.assert_array_equal(judged(claim, values, band), expected)


@pytest.mark.parametrize(
    ("kind", "values", "sign"),
    [
        ("above", [2, 1], 1),
        ("below", [2, 1], -1),
        ("level", [3], 1),
        ("ordering", [3, 2, 1], 1),
        ("ordering", [1, 2, 3], -1),
        ("ordering", [1, 3, 2], 0),
        ("best", [3, 1, 2], 1),
        ("best", [1, 3, 2], -1),
        ("best", [2, 1, 3], 0),
        ("worst", [1, 3, 2], 1),
        ("interaction", [5, 1, 1, 0], 1),
        ("interaction", [1, 1, 1, 0], -1),
        ("interaction", [2, 1, 1, 0], 0),
        ("contrast", [1, 5, 3], 1),  # weights -1, 0, 1
        ("interior", [1, 5, 2], 1),
        ("interior", [5, 1, 4], -1),
        ("interior", [1, 2, 3], 0),
    ],
)
def test_by_hand(kind: str, values: list[float], sign: int) -> None:
    found = judged(claim_of(kind, len(values)), np.array(values, float)[:, None], np.array([0.5]))
    assert found.tolist() == [sign]


def test_a_crossover_and_its_time_by_hand() -> None:
    first = np.array([[2.0, 0.0, 2.0], [1.0, 1.0, 2.0], [0.0, 2.0, 2.0]])
    second = np.ones((3, 3))
    courses, band = np.array([first, second]), np.full((3, 3), 0.1)
    assert judged(claim_of("crossover", 2), courses, band).tolist() == [1, -1, 0]
    when = crossing(np.array([10.0, 20.0, 30.0]), courses)
    assert when[0] == pytest.approx(20.0)
    assert np.isnan(when[2])
