"""Sharing by priority and clearing prices: laws, closed forms, and what Vensim recorded."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from numpy.typing import NDArray

import sdmodel as sd
from sdmodel.allocation import (
    ALLOCATIONS,
    allocate_available,
    allocate_by_priority,
    market_price,
)
from sdmodel.model import Model

Array = NDArray[np.float64]
Profile = tuple[float, float, float]  # kind, priority, width
SLOPING = (1, 2, 3, 4)


def column(*values: float) -> Array:
    """Return one vector, for one run."""
    return np.array(values, dtype=float).reshape(1, -1, 1)


def curve(quantities: Sequence[float], profiles: Sequence[Profile]) -> list[Array]:
    """Return the arguments that describe curves: quantity, kind, priority, width, extra."""
    kinds, priorities, widths = zip(*profiles, strict=True)
    extra = [0.0] * len(quantities)
    return [column(*part) for part in (quantities, kinds, priorities, widths, extra)]


def shares(requests: Sequence[float], profiles: Sequence[Profile], available: float) -> list[float]:
    out = column(*requests) * 0 - 1
    allocate_available(*curve(requests, profiles), column(available), out)
    return [float(x) for x in out.ravel()]


def by_priority(
    requests: Sequence[float], priorities: Sequence[float], width: float, available: float
) -> list[float]:
    out = column(*requests) * 0 - 1
    allocate_by_priority(
        column(*requests), column(*priorities), column(width), column(available), out
    )
    return [float(x) for x in out.ravel()]


def demanded(quantity: float, profile: Profile, price: float) -> float:
    out = column(-1)
    ALLOCATIONS["demand at price"](*curve([quantity], [profile]), column(price), out)
    return float(out.item())


def supplied(quantity: float, profile: Profile, price: float) -> float:
    out = column(-1)
    ALLOCATIONS["supply at price"](*curve([quantity], [profile]), column(price), out)
    return float(out.item())


def price_of(
    demand: Sequence[float],
    buyers: Sequence[Profile],
    supply: Sequence[float],
    sellers: Sequence[Profile],
) -> float:
    out = column(-1)
    market_price(*curve(demand, buyers), *curve(supply, sellers), out)
    return float(out.item())


# Single curves ----------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "above", "share"),
    [
        (0, 99.0, 1.0),
        (1, -1.0, 1.0),
        (1, 0.0, 0.5),
        (1, 0.5, 0.25),
        (1, 1.0, 0.0),
        (2, -0.5, 1 - 2 * 0.25**2),
        (2, 0.5, 2 * 0.25**2),
        (2, 1.0, 0.0),
        (3, 2.0, 0.5 * math.erfc(math.sqrt(0.5))),
        (3, -4.0, 1 - 0.5 * math.erfc(math.sqrt(2))),
        (4, 2.0, 0.5 / math.e),
        (4, -2.0, 1 - 0.5 / math.e),
    ],
)
def test_a_curve_in_closed_form(kind: int, above: float, share: float) -> None:
    # `above` the priority 5, with the width 2.
    profile = (kind, 5.0, 2.0)
    assert demanded(80, profile, 5 + above) == pytest.approx(80 * share, rel=1e-13)
    assert supplied(80, profile, 5 - above) == pytest.approx(80 * share, rel=1e-13)


@pytest.mark.parametrize("kind", SLOPING)
def test_supply_and_demand_of_one_curve_add_up_to_its_quantity(kind: int) -> None:
    for price in np.linspace(0, 10, 41):
        both = demanded(7, (kind, 5, 2), price) + supplied(7, (kind, 5, 2), price)
        assert both == pytest.approx(7)


@pytest.mark.parametrize("kind", SLOPING)
def test_a_width_of_zero_is_a_step(kind: int) -> None:
    assert [demanded(6, (kind, 5, 0), price) for price in (4.9, 5, 5.1)] == [6, 3, 0]


# Laws of sharing --------------------------------------------------------------------------------

amounts = st.floats(0, 1e6).map(lambda x: 0.0 if x < 1e-3 else x)
profiles_of_any_kind = st.tuples(
    st.sampled_from((0, *SLOPING)), st.floats(-50, 50), st.floats(0, 20)
)
requesters = st.lists(st.tuples(amounts, profiles_of_any_kind), min_size=1, max_size=6)


@settings(max_examples=150, deadline=None)
@given(requesters, st.floats(0, 3))
def test_all_that_is_available_goes_out_and_nobody_gets_more_than_asked(
    who: list[tuple[float, Profile]], part: float
) -> None:
    requests, profiles = zip(*who, strict=True)
    available = part * sum(requests)
    got = shares(requests, profiles, available)
    assert all(0 <= x <= most for x, most in zip(got, requests, strict=True))
    assert sum(got) == pytest.approx(min(available, sum(requests)), rel=1e-9, abs=1e-9)


@settings(max_examples=100, deadline=None)
@given(requesters, st.floats(0, 1), st.floats(0, 1))
def test_more_available_takes_from_nobody(
    who: list[tuple[float, Profile]], one: float, other: float
) -> None:
    requests, profiles = zip(*who, strict=True)
    total = sum(requests)
    few = shares(requests, profiles, min(one, other) * total)
    many = shares(requests, profiles, max(one, other) * total)
    assert all(a <= b + 1e-9 * (1 + total) for a, b in zip(few, many, strict=True))


@pytest.mark.parametrize("kind", SLOPING)
def test_of_like_requests_the_higher_priority_gets_more(kind: int) -> None:
    low, middle, high = shares([5, 5, 5], [(kind, 1, 2), (kind, 1.5, 2), (kind, 2, 2)], 7)
    assert low < middle < high


@pytest.mark.parametrize("kind", [0, *SLOPING])
def test_like_curves_share_in_proportion(kind: int) -> None:
    assert shares([10, 30], [(kind, 4, 2)] * 2, 20) == pytest.approx([5, 15])


@pytest.mark.parametrize("kind", SLOPING)
def test_strict_priority_with_ties(kind: int) -> None:
    profiles = [(kind, 3, 0), (kind, 2, 0), (kind, 2, 0), (kind, 1, 0)]
    assert shares([4, 6, 2, 9], profiles, 8) == pytest.approx([4, 3, 1, 0])


def test_a_fixed_quantity_comes_before_every_priority() -> None:
    assert shares([4, 10], [(0, 0, 0), (1, 99, 1)], 6) == pytest.approx([4, 2])
    assert shares([4, 10], [(0, 0, 0), (1, 99, 1)], 3) == pytest.approx([3, 0])


@pytest.mark.parametrize("scale", [1e-12, 1.0, 1e12])
def test_the_size_of_numbers_does_not_matter(scale: float) -> None:
    base = shares([3, 2, 4], [(3, 1, 1), (3, 2, 1), (3, 3, 1)], 5)
    requests = [3 * scale, 2 * scale, 4 * scale]
    profiles = [(3, k * scale, scale) for k in (1.0, 2.0, 3.0)]
    assert shares(requests, profiles, 5 * scale) == pytest.approx([x * scale for x in base])


def test_nothing_available_and_nothing_asked() -> None:
    assert shares([3, 4], [(3, 1, 1)] * 2, 0) == [0, 0]
    assert shares([3, 4], [(3, 1, 1)] * 2, -5) == [0, 0]
    assert shares([0, 0], [(3, 1, 1)] * 2, 5) == [0, 0]
    assert shares([-1, 4], [(3, 1, 1)] * 2, 3) == pytest.approx([0, 3])


# No answer --------------------------------------------------------------------------------------


@pytest.mark.parametrize("kind", [5, 13, 2.5, -1, math.nan])
def test_a_shape_without_a_known_formula_gives_nan(kind: float) -> None:
    assert np.isnan(shares([3, 4], [(kind, 1, 1), (3, 2, 1)], 5)).all()
    assert math.isnan(demanded(3, (kind, 1, 1), 1))
    assert math.isnan(supplied(3, (kind, 1, 1), 1))
    assert math.isnan(price_of([3], [(kind, 1, 1)], [3], [(3, 1, 1)]))


@pytest.mark.parametrize("bad", [(3, math.nan, 1), (3, 1, math.nan), (1, 1, -1)])
def test_a_bad_curve_gives_nan(bad: Profile) -> None:
    assert np.isnan(shares([3, 4], [bad, (3, 2, 1)], 5)).all()
    assert math.isnan(price_of([3], [(3, 1, 1)], [3], [bad]))


def test_nan_goes_in_and_nan_comes_out_of_its_own_run_only() -> None:
    one = np.ones((1, 2, 3))
    available = np.array([1.0, math.nan, 2.0]).reshape(1, 1, 3)
    out = np.zeros((1, 2, 3))
    allocate_available(one, 3 * one, one, one, one, available, out)
    assert np.isnan(out[:, :, 1]).all()
    assert out[:, :, [0, 2]] == pytest.approx(np.array([[[0.5, 1], [0.5, 1]]]))
    assert np.isnan(shares([math.nan, 4], [(3, 1, 1)] * 2, 5)).all()


def test_fixed_quantities_have_no_price_and_need_none() -> None:
    assert math.isnan(price_of([3], [(0, 1, 1)], [5], [(0, 1, 1)]))
    assert demanded(3, (0, 1, 1), math.nan) == 3
    assert supplied(5, (0, 1, 1), math.nan) == 5


# Markets ----------------------------------------------------------------------------------------


@settings(max_examples=100, deadline=None)
@given(
    st.sampled_from(SLOPING),
    st.sampled_from(SLOPING),
    st.floats(-3, 3),
    st.floats(0.2, 3),
    st.floats(0.1, 10),
)
def test_supply_meets_demand_at_the_price(
    buyer: int, seller: int, apart: float, width: float, quantity: float
) -> None:
    buys, sells = (buyer, 10, width), (seller, 10 + apart, 1)
    price = price_of([quantity], [buys], [3], [sells])
    bought, sold = demanded(quantity, buys, price), supplied(3, sells, price)
    # Curves that do not meet clear at no trade. The ends of the search leave a trace of a normal
    # or an exponential curve.
    assert bought == pytest.approx(sold, rel=1e-9, abs=1e-3)


def test_more_demand_raises_the_price() -> None:
    prices = [price_of([d], [(3, 2, 1)], [5], [(3, 1, 1)]) for d in (1, 2, 5, 20)]
    assert prices == sorted(prices)
    assert prices[2] == pytest.approx(1.5)  # Mirror images meet in the middle.


@pytest.mark.parametrize(("kind", "recorded"), [(1, 0.5), (2, 0.5), (3, -4.0), (4, -9.0)])
def test_nothing_demanded_has_the_lowest_price(kind: int, recorded: float) -> None:
    # SDEverywhere models/allocate_price at time 0, recorded by Vensim.
    buyers, sellers = [(kind, 1, 1), (kind, 2, 1)], [(kind, 1, 1), (kind, 2, 1), (kind, 3, 1)]
    assert price_of([0, 0], buyers, [200, 300, 450], sellers) == recorded


def test_demand_beyond_all_supply_has_the_highest_price() -> None:
    assert price_of([100], [(0, 0, 0)], [40, 30], [(1, 2, 1), (1, 6, 3)]) == pytest.approx(7.5)


# Recorded by Vensim -----------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("kind", "price", "bought", "sold"),
    [
        (1, 1.66667, (0, 250), (200, 50, 0)),
        (3, 1.69346, (122.009, 186.12), (151.196, 113.88, 43.0536)),
        (4, 1.67861, None, None),
    ],
)
def test_a_market_of_five(
    kind: int, price: float, bought: Sequence[float] | None, sold: Sequence[float] | None
) -> None:
    # SDEverywhere models/allocate_price at time 12; Vensim's own search stops at about 1e-4.
    buyers, sellers = [(kind, 1, 1), (kind, 2, 1)], [(kind, 1, 1), (kind, 2, 1), (kind, 3, 1)]
    found = price_of([500, 300], buyers, [200, 300, 450], sellers)
    assert found == pytest.approx(price, rel=1e-4)
    if bought is not None and sold is not None:
        there = [demanded(q, c, found) for q, c in zip((500, 300), buyers, strict=True)]
        assert there == pytest.approx(list(bought), rel=2e-4)
        there = [supplied(q, c, found) for q, c in zip((200, 300, 450), sellers, strict=True)]
        assert there == pytest.approx(list(sold), rel=2e-4, abs=1e-4)


@pytest.mark.parametrize(
    ("available", "recorded"),
    [(5, (0.523797, 1.05094, 3.42526)), (10.375 / 1.2, (2.67385, 1.97445, 3.99754))],
)
def test_three_regions_with_normal_curves(available: float, recorded: Sequence[float]) -> None:
    # SDEverywhere models/allocate at times 6 and 10.375.
    got = shares([3, 2, 4], [(3, 1, 1), (3, 2, 1), (3, 3, 1)], available)
    assert got == pytest.approx(list(recorded), rel=1e-4)


@pytest.mark.parametrize(
    ("kind", "recorded"),
    [
        (0, (40, 60)),
        (1, (0, 100)),
        (2, (0, 100)),
        (3, (3.87908, 96.1207)),
        (4, (11.863, 88.1368)),
    ],
)
def test_every_shape(kind: int, recorded: Sequence[float]) -> None:
    # SDEverywhere models/allocate_ptype, alloc3. Vensim's search stops at a sum of 99.9998.
    got = shares([200, 300], [(kind, 0.1, 0.5), (kind, 0.9, 0.5)], 100)
    assert got == pytest.approx(list(recorded), rel=5e-4)


def test_shapes_of_four_kinds_at_once() -> None:
    # SDXorg tests/allocate_available, "allocation mixed" for Fresno and D at time 40.
    profiles = [(1, 3, 3), (2, 2, 2), (3, 2, 2), (4, 3, 1)]
    got = shares([300, 700, 350, 500], profiles, 800)
    assert got == pytest.approx([203.487, 100.131, 142.816, 353.564], rel=1e-4)


@pytest.mark.parametrize(
    ("requests", "priorities", "width", "available", "recorded"),
    [
        # SDXorg tests/allocate_by_priority at time 0: allocation2D of B and C, allocation3D[Y, E].
        ((8, 1, 3, 4, 0), (5, 3, 0, 1.5, 4), 3, 10, (8, 0.8, 0, 1.2, 0)),
        ((0.6, 0, 3, 3, 1), (7, -2, 3, 4, 0.5), 3, 1, (0.6, 0, 0, 0.4, 0)),
        ((10, 20, 5), (0.1, 0.3, 0.8), 10, 1, (0.0714286, 0.542857, 0.385714)),
    ],
)
def test_by_priority(
    requests: Sequence[float],
    priorities: Sequence[float],
    width: float,
    available: float,
    recorded: Sequence[float],
) -> None:
    got = by_priority(requests, priorities, width, available)
    assert got == pytest.approx(list(recorded), rel=1e-6, abs=1e-12)


def test_by_priority_is_a_rectangular_curve() -> None:
    requests, priorities = (10, 6, 3), (2, 4, 3)
    for available in (1, 6, 9, 14, 18):
        curves = [(1, priority, 3) for priority in priorities]
        assert by_priority(requests, priorities, 3, available) == pytest.approx(
            shares(requests, curves, available)
        )


# Many at once -----------------------------------------------------------------------------------


def test_every_column_is_its_own() -> None:
    draw = np.random.default_rng(1)
    shape = (3, 4, 5)
    request, priority = draw.uniform(0, 9, shape), draw.uniform(0, 5, shape)
    kind, width = draw.integers(0, 5, shape).astype(float), draw.uniform(0, 2, shape)
    available = draw.uniform(0, 25, (3, 1, 5))
    out = np.zeros(shape)
    allocate_available(request, kind, priority, width, request, available, out)
    for i in range(3):
        for j in range(5):
            profiles = list(zip(kind[i, :, j], priority[i, :, j], width[i, :, j], strict=True))
            alone = shares(list(request[i, :, j]), profiles, available[i, 0, j])
            assert out[i, :, j] == pytest.approx(alone)


def test_the_names() -> None:
    assert set(ALLOCATIONS) == {
        "allocate available",
        "allocate by priority",
        "find market price",
        "demand at price",
        "supply at price",
    }


PROFILES = """D: d1, d2
P: ptype, ppriority, pwidth, pextra
q[D] = 3, 4
pp[D,P] = {first}, 1, 1, 0; {second}, 2, 1, 0;
k = 5
x[D] = {call}
"""
CALLS = {
    "ALLOCATE AVAILABLE": "ALLOCATE AVAILABLE(q[D], pp[D,ptype], 4)",
    "FIND MARKET PRICE": "FIND MARKET PRICE(q[d1], pp[d1,ptype], q[d1], pp[d1,ptype])",
    "DEMAND AT PRICE": "DEMAND AT PRICE(q[D], pp[D,ptype], 2)",
    "SUPPLY AT PRICE": "SUPPLY AT PRICE(q[D], pp[D,ptype], 2)",
}


@pytest.mark.parametrize("call", CALLS.values(), ids=CALLS)
def test_a_shape_that_is_not_offered(call: str, model: Callable[..., Model]) -> None:
    with pytest.raises(sd.UnsupportedError) as caught:
        model(PROFILES.format(first=1, second=5, call=call))
    problem, *others = caught.value.problems
    assert len(others) == call.count("pp[") - 1
    what = "in the equation of 'x': a priority profile here is of the type 5, which is not offered"
    assert problem.message == what
    assert (problem.line, problem.column) == (7, 8 + call.index("pp["))
    assert problem.cure.startswith("use type 0 (fixed), 1 (rectangular)")


def test_a_shape_written_as_an_equation_is_refused_too(model: Callable[..., Model]) -> None:
    equations = PROFILES.format(first=1, second=3, call=CALLS["ALLOCATE AVAILABLE"])
    other = equations.replace("pp[D,P] = 1, 1, 1, 0; 3, 2, 1, 0;", "pp[D,P] = k * 2 + ELMCOUNT(D)")
    with pytest.raises(sd.UnsupportedError, match=r"of the type 12, which is not offered"):
        model(other)
    assert model(equations).run(method="vensim").values("x[d1]")[0] == pytest.approx(1.0, abs=1)


def test_profiles_stay_levers(model: Callable[..., Model]) -> None:
    """Looking at the shapes before the run fixes nothing: priorities can still be overridden."""
    made = model(PROFILES.format(first=1, second=1, call=CALLS["ALLOCATE AVAILABLE"]))
    assert not made.program.structural
    first = made.run({"pp[d1,ppriority]": 9.0}, method="vensim").values("x[d1]")[0]
    assert first == 3.0 != made.run(method="vensim").values("x[d1]")[0]
