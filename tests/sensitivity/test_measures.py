"""From runs to outcomes: arms, arithmetic between them, references and limits."""

from __future__ import annotations

import pickle
import re

import numpy as np
import pandas as pd
import pytest

import sdmodel as sd
import sensitivity as sa
from sdmodel.reduction import alone, measure
from sensitivity.measures import Measures
from sensitivity.outcomes import FAILED, NOT_REACHED, OK, UNDEFINED

TIMES = np.array([0.0, 1.0, 2.0])
NONE_FAILED = np.zeros(2, dtype=bool)

EQUATIONS = """
rate = 0.1 ~ 1/Day [0,1]
start = 2 ~ kg [0,10]
stock = INTEG(rate * stock * (1 - stock / 20), start) ~ kg
drain = INTEG(-rate * 4, 1) ~ kg
"""
SETTINGS = """
[levers.rate]
[uncertainties.start]
[scenarios.fast]
set = { rate = 0.3 }
[scenarios.still]
set = { Rate = 0 }
[outcomes."end"]
of = "stock"
[outcomes."gain"]
expression = "a / b - 1"
let = { a = "end @ fast", b = "end @ still" }
[outcomes."gain again"]
expression = "2 * g"
let = { g = "gain" }
[outcomes."lost"]
of = "stock"
reduce = "area_below"
reference = "fast"
"""


def test_arms_and_what_to_save_of_them(written) -> None:
    model = written(EQUATIONS, SETTINGS)
    measures = Measures(model, limits={"DRAIN": (0, None)})
    assert [one.name for one in measures.outcomes] == ["end", "gain", "gain again", "lost"]
    assert measures.arms == {"": {}, "fast": {"rate": 0.3}, "still": {"rate": 0.0}}
    assert measures.references == {"fast": {"rate": 0.3}}
    assert measures.variables() == measures.variables("fast") == ("stock", "drain")
    assert measures.compared("fast") == ("stock",)
    assert measures.overruled(["RATE", "start"]) == {"fast": ["RATE"], "still": ["RATE"]}
    assert [one.unit for one in measures.outcomes] == ["kg", "dmnl", "dmnl", "kg*Day"]


def test_given_arms_come_before_scenarios(written) -> None:
    model = written(EQUATIONS, SETTINGS)
    measures = Measures(model, "stock @ fast", arms={"fast": {"START": 5}})
    assert measures.arms == {"": {}, "fast": {"start": 5.0}}


def test_only_the_arms_that_outcomes_need(written) -> None:
    assert Measures(written(EQUATIONS, SETTINGS), "stock").arms == {"": {}}


def test_pickled_measures_take_the_same(written) -> None:
    measures = Measures(written(EQUATIONS, SETTINGS))
    again = pickle.loads(pickle.dumps(measures))
    random = np.random.default_rng(2)
    courses = {arm: {"stock": random.uniform(1, 2, (3, 4))} for arm in measures.arms}
    failed = {arm: np.array([False, True, False, False]) for arm in measures.arms}
    reference = {"fast": {"stock": random.uniform(1, 2, 3)}}
    ours, theirs = (one.take(TIMES, courses, failed, reference) for one in (measures, again))
    np.testing.assert_array_equal(ours[0], theirs[0])
    np.testing.assert_array_equal(ours[1], theirs[1])


def test_the_arithmetic_between_arms(written) -> None:
    measures = Measures(written(EQUATIONS, SETTINGS))
    courses = {
        "": {"stock": np.array([[1.0, 1.0], [1.0, 1.0], [2.0, 3.0]])},
        "fast": {"stock": np.array([[1.0, 1.0], [2.0, 2.0], [6.0, 8.0]])},
        "still": {"stock": np.array([[1.0, 1.0], [1.0, 1.0], [4.0, 0.0]])},
    }
    failed = dict.fromkeys(courses, NONE_FAILED)
    reference = {"fast": {"stock": np.array([1.0, 2.0, 3.0])}}
    values, status = measures.take(TIMES, courses, failed, reference)
    np.testing.assert_array_equal(
        values, [[2.0, 3.0], [0.5, np.nan], [1.0, np.nan], [0.5 + 1.0, 0.5 + 0.5]]
    )
    assert status.tolist() == [[OK, OK], [OK, UNDEFINED], [OK, UNDEFINED], [OK, OK]]


def test_a_run_that_fails_in_one_arm_fails_where_that_arm_is_needed(written) -> None:
    measures = Measures(written(EQUATIONS, SETTINGS))
    ones = {"stock": np.ones((3, 2))}
    courses = dict.fromkeys(measures.arms, ones)
    failed = dict.fromkeys(measures.arms, NONE_FAILED) | {"fast": np.array([True, False])}
    reference = {"fast": {"stock": np.ones(3)}}
    values, status = measures.take(TIMES, courses, failed, reference)
    assert status[:, 0].tolist() == [OK, FAILED, FAILED, OK]
    assert (status[:, 1] == OK).all()
    assert np.isnan(values[:, 0]).tolist() == [False, True, True, False]


def test_the_worst_of_the_parts_is_what_became_of_the_whole(written) -> None:
    model = written(EQUATIONS, SETTINGS)
    never = sa.year_when("stock", above=9)
    undefined = sa.growth("drain")
    whole = sa.combine("a + b", "whole", a=never, b=undefined)
    measures = Measures(model, whole)
    courses = {"": {"stock": np.ones((3, 2)), "drain": np.full((3, 2), -1.0)}}
    assert (measures.take(TIMES, courses, {"": NONE_FAILED}, {})[1] == NOT_REACHED).all()
    failed = {"": np.array([True, False])}
    assert measures.take(TIMES, courses, failed, {})[1].tolist() == [[FAILED, NOT_REACHED]]


def test_combinations_of_combinations_by_name_and_by_hand(written) -> None:
    model = written(EQUATIONS, SETTINGS)
    inner = sa.combine("x - y", x=sa.final("stock", arm="fast"), y="stock")
    measures = Measures(model, [inner, sa.combine("p / 2", "half", p=inner)])
    courses = {"": {"stock": np.full((3, 1), 2.0)}, "fast": {"stock": np.full((3, 1), 5.0)}}
    failed = dict.fromkeys(courses, np.zeros(1, dtype=bool))
    assert measures.take(TIMES, courses, failed, {})[0].tolist() == [[3.0], [1.5]]
    assert inner.name == "final stock - stock"


def test_an_arm_of_a_combination_is_that_of_its_parts(written) -> None:
    model = written(EQUATIONS, SETTINGS)
    whole = Measures(model, sa.combine("r - 1", r=sa.combine("a / b", a="stock", b="drain")))
    assert list(whole.arms) == [""]
    share = '[outcomes.share]\nexpression = "a / b"\nlet = {a = "stock", b = "drain @ still"}\n'
    model = written(EQUATIONS, SETTINGS + share)
    placed = Measures(model, "share @ fast")
    assert {one.of: one.arm for one in placed.outcomes[0].leaves()} == {
        "stock": "fast",
        "drain": "still",
    }


def test_a_name_may_hold_the_sign_of_arms(written) -> None:
    model = written(EQUATIONS, SETTINGS.replace('"end"]', '"end @ last"]').replace("end @ f", "x"))
    assert Measures(model, "end @ last").arms == {"": {}}


@pytest.mark.parametrize(
    ("outcomes", "message"),
    [
        (lambda: "stock @ fsat", "there is no arm or scenario 'fsat'; did you mean 'fast'?"),
        (lambda: "stok @ fast", "small has no outcome or variable 'stok'; did you mean 'stock'?"),
        (
            lambda: sa.combine("a - b", "gap", a="stok", b="drainn"),
            "outcome 'gap', a: small has no outcome or variable 'stok'; did you mean 'stock'?\n"
            "outcome 'gap', b: small has no outcome or variable 'drainn'; did you mean 'drain' or "
            "'gain'?",
        ),
        (
            lambda: sa.combine("a - b", "gap", a="stock", c="drain"),
            "outcome 'gap': the expression 'a - b' uses 'b', which stands for nothing: say what "
            'it is, as in b = "an outcome"\n'
            "outcome 'gap': 'c' does not stand in the expression 'a - b': leave it out, or use it",
        ),
        (lambda: sa.combine("1 + 2", "three"), "outcome 'three': the expression '1 + 2' has no"),
        (lambda: [], "no outcome was given: name at least one"),
        (lambda: ["stock", sa.final("stock")], "two outcomes are called 'final stock'"),
    ],
)
def test_what_cannot_be_measured(written, outcomes, message) -> None:
    with pytest.raises(sa.OutcomeError, match=re.escape(message)):
        Measures(written(EQUATIONS, SETTINGS), outcomes())


def test_outcomes_that_go_round_in_circles(written) -> None:
    circle = '[outcomes.p]\nexpression = "q"\nlet = {q = "q"}\n'
    circle += '[outcomes.q]\nexpression = "p"\nlet = {p = "p"}\n'
    with pytest.raises(sa.OutcomeError, match="worked out from itself: p from q from p"):
        Measures(written(EQUATIONS, circle))


def test_all_that_is_wrong_with_arms_and_limits_is_told_at_once(written) -> None:
    model = written(EQUATIONS, SETTINGS)
    with pytest.raises(sa.OutcomeError) as caught:
        Measures(
            model,
            ["stock @ open", "drain @ shut"],
            arms={"open": {"rat": 1.0, "stock": 2.0, "start": np.nan}},
            limits={"stok": (0, None), "drain": (3, 1), "stock": 0},
        )
    assert str(caught.value).splitlines() == [
        "outcome 'stock @ open': arm 'open' sets 'rat', which is no constant of small; did you "
        "mean 'rate'?",
        "arm 'open' sets 'stock', which is no constant of small",
        "arm 'open' sets 'start' to nan: give a finite number",
        "outcome 'drain @ shut': there is no arm or scenario 'shut'; there are: open, fast, still",
        "small has no variable 'stok' to limit; did you mean 'stock'?",
        "the limits of 'drain' are 3 and 1: give the lower one first",
        "the limits of 'stock' are 0: give the lowest and the highest, such as (0, None)",
    ]


# Limits -----------------------------------------------------------------------------------------


def test_the_first_instant_outside_the_limits(written) -> None:
    model = written(EQUATIONS, 'never_negative = ["drain"]\n' + SETTINGS)
    measures = Measures(model, "stock", limits={"stock": (None, 5.0)})
    assert measures.limits == {"drain": (0.0, None), "stock": (None, 5.0)}
    courses = {
        "drain": np.array([[1.0, 1.0, 1.0, np.nan], [0.0, 1.0, 1.0, -9.0], [-2.0, 1.0, -1.0, 1.0]]),
        "stock": np.array([[1.0, 1.0, 1.0, 1.0], [1.0, 1.0, 6.0, 1.0], [1.0, 5.0, 7.0, np.inf]]),
    }
    assert measures.violations(TIMES, courses) == [
        (0, 2.0, "drain", "below 0, its limit (-2)"),
        (2, 1.0, "stock", "above 5, its limit (6)"),
        (3, 1.0, "drain", "below 0, its limit (-9)"),
    ]


def test_rounding_leaves_no_limit(written) -> None:
    measures = Measures(written(EQUATIONS, SETTINGS), "stock", limits={"drain": (0, 1)})
    courses = {"drain": np.array([[1.0 + 1e-15, 1.0], [-1e-16, -1e-6]])}
    assert [one[0] for one in measures.violations(TIMES[:2], courses)] == [1]


# In a sweep -------------------------------------------------------------------------------------


def test_a_sweep_over_arms_is_the_sweeps_of_the_arms(written) -> None:
    """The factors that are drawn are common; what an arm sets takes their place."""
    model = written(EQUATIONS, SETTINGS)
    space = sa.Space.from_settings(model, "both")
    names = ["stock", "stock @ fast", "stock @ still", "gain"]
    options = {"method": "sobol", "samples": 16, "resamples": 0}
    together = sa.sweep(model, space, names, **options)
    design = together["design"].values
    for place, rate in ((0, None), (1, 0.3), (2, 0.0)):
        table = {
            "rate": design[:, 0] if rate is None else np.full(len(design), rate),
            "start": design[:, 1],
        }
        alone = model.run_many(pd.DataFrame(table), outputs=["stock"], method="vensim")
        np.testing.assert_array_equal(together["outcomes"].values[place], alone.values[0][-1])
    fast, still, gain = together["outcomes"].values[1:]
    np.testing.assert_array_equal(gain, fast / still - 1)
    base = model.run({"rate": 0.3}, method="vensim").values("stock")[-1]
    assert together["base"].values[1] == pytest.approx(base, rel=1e-12)


def test_a_sweep_compares_with_a_reference_run(written) -> None:
    model = written(EQUATIONS, SETTINGS)
    space = sa.Space.from_settings(model, "levers")
    found = sa.sweep(
        model, space, ["lost", sa.area_below("stock")], samples=16, resamples=0, method="sobol"
    )
    lost, below = found["outcomes"].values
    # Whatever grows faster than the reference is never below it.
    assert ((lost == 0) == (found["design"].values[:, 0] >= 0.3)).all()
    assert ((below == 0) == (found["design"].values[:, 0] >= 0.1)).all()
    assert found["base"].values[1] == 0.0


def test_arms_do_not_make_a_sweep_depend_on_chunks(written) -> None:
    model = written(EQUATIONS, SETTINGS)
    space = sa.Space.from_settings(model, "both")
    whole, cut = (sa.sweep(model, space, samples=16, resamples=0, chunk=c) for c in (None, 7))
    np.testing.assert_array_equal(whole["outcomes"].values, cut["outcomes"].values)


def test_progress_counts_a_run_once_whatever_arms_it_has(written) -> None:
    model = written(EQUATIONS, SETTINGS)
    told: list[tuple[int, int]] = []
    space = sa.Space.from_settings(model, "both")
    sa.sweep(model, space, "gain", samples=16, progress=lambda *now: told.append(now), chunk=20)
    assert told[-1] == (64, 64)
    assert [done for done, _ in told] == sorted(done for done, _ in told)


def test_runs_outside_their_limits_are_quarantined(written) -> None:
    model = written(EQUATIONS, 'never_negative = ["drain"]\n' + SETTINGS)
    space = sa.Space.from_settings(model, "both")
    with pytest.warns(sa.SweepWarning, match="failed"):
        found = sa.sweep(model, space, ["stock", "stock @ still"], samples=16, resamples=0)
    # 1 - 10 * 4 * rate falls below zero where the rate is above a fortieth.
    expected = found["design"].values[:, 0] > 1 / 40
    assert (found["status"].values[0] == FAILED).tolist() == expected.tolist()
    assert (found["status"].values[1] == OK).all()
    np.testing.assert_array_equal(found["failure"].values, np.flatnonzero(expected))
    assert set(found["failed_variable"].values) == {"drain"}
    assert all("below 0, its limit" in str(one) for one in found["failed_cause"].values)


def test_settings_that_name_no_arm_are_measured_alone(written) -> None:
    """What validates a model by itself leaves out outcomes that compare runs."""
    model = written(EQUATIONS, SETTINGS)
    specs = model.settings.outcomes
    assert [name for name, one in specs.items() if alone(one)] == ["end"]
    with pytest.raises(sd.SDError, match="outcome 'lost' compares runs, which only a sweep can"):
        measure(specs["lost"], TIMES, np.ones((3, 1)))
