"""Draws look random, depend on four numbers alone, and are the same in every engine."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import special, stats

import sdmodel as sd
from sdmodel.expr import Op
from sdmodel.frontends.mdl import parse
from sdmodel.frontends.text import decode
from sdmodel.lowering import program_of
from sdmodel.model import Model
from sdmodel.primitives import NUMPY, evaluate

Maker = Callable[..., Model]
MANY = 100_000


def draw(seed: object = 1, stream: object = 2, step: object = 0, run: object = 0) -> np.ndarray:
    given = np.broadcast_arrays(
        *(np.asarray(one, dtype=float) for one in (seed, stream, step, run))
    )
    out = np.empty(given[0].shape)
    NUMPY[Op.DRAW](*given, out=out)
    return out


COUNT = np.arange(MANY)
WAYS = {
    "steps": {"step": COUNT},
    "streams": {"stream": COUNT},
    "seeds": {"seed": COUNT},
    "runs": {"run": COUNT},
    "negative seeds": {"seed": -COUNT},
    "far streams": {"stream": 2.0**47 + COUNT},
    "both": {"step": COUNT % 317, "run": COUNT // 317},
}


@pytest.mark.parametrize("way", WAYS)
def test_draws_are_even(way: str) -> None:
    drawn = draw(**WAYS[way])
    assert stats.kstest(drawn, "uniform").pvalue > 1e-3
    # Their last digits too.
    assert stats.kstest(drawn * 2**20 % 1, "uniform").pvalue > 1e-3
    assert len(np.unique(drawn)) == MANY


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("other", ["seed", "stream", "step", "run"])
def test_neighbours_have_nothing_to_do_with_each_other(way: str, other: str) -> None:
    arguments = {"seed": 1, "stream": 2, "step": 0, "run": 0} | WAYS[way]
    beside = arguments | {other: arguments[other] + 1}
    a, b = draw(**arguments), draw(**beside)
    if way == other + "s":  # the same numbers, one later
        np.testing.assert_array_equal(a[1:], b[:-1])
        a, b = a[::2], b[::2]
    assert abs(np.corrcoef(a, b)[0, 1]) < 4.5 / math.sqrt(len(a))
    # Pairs fill the square evenly.
    counts, _, _ = np.histogram2d(a, b, 16, [[0, 1], [0, 1]])
    assert stats.chisquare(counts.ravel()).pvalue > 1e-4


def test_in_a_row_they_are_not_correlated() -> None:
    drawn = draw(step=COUNT) - 0.5
    for lag in (1, 2, 3, 7, 100):
        assert abs(np.corrcoef(drawn[lag:], drawn[:-lag])[0, 1]) < 4 / math.sqrt(MANY)


def test_one_bit_of_an_argument_changes_half_the_bits_of_the_draw() -> None:
    base = (draw(step=COUNT[:2000]) * 2.0**52).astype(np.uint64)
    for bit in (0, 1, 5, 20, 51):
        for name in ("seed", "stream", "run"):
            other = (draw(step=COUNT[:2000], **{name: 2.0**bit + 3}) * 2.0**52).astype(np.uint64)
            changed = np.bitwise_count(base ^ other).mean()
            assert changed == pytest.approx(26, abs=0.5)


def test_arguments_are_whole_numbers() -> None:
    assert evaluate(Op.DRAW, 1.9, 2.2, 3.5, 4.1) == evaluate(Op.DRAW, 1.0, 2.0, 3.0, 4.0)
    assert evaluate(Op.DRAW, 0.0, 0.0, 0.0, 0.0) != evaluate(Op.DRAW, 0.0, 0.0, 0.0, 1.0)
    for bad in (math.nan, math.inf, -math.inf, 2.0**53, -(2.0**60)):
        for place in range(4):
            arguments = [1.0, 1.0, 1.0, 1.0]
            arguments[place] = bad
            assert math.isnan(evaluate(Op.DRAW, *arguments))
    assert 0 < evaluate(Op.DRAW, -(2.0**53) + 1, 2.0**53 - 1, 0.0, 0.0) < 1


def test_draws_never_change() -> None:
    # Worked out by hand with Python's whole numbers, so that stored results stay reproducible.
    def by_hand(*arguments: int) -> float:
        state, mask = 0, 2**64 - 1
        seed, stream, step, run = arguments
        for argument in (seed, stream, run, step):
            state = (state + (argument + 1) * 0x9E3779B97F4A7C15) & mask
            state = ((state ^ (state >> 30)) * 0xBF58476D1CE4E5B9) & mask
            state = ((state ^ (state >> 27)) * 0x94D049BB133111EB) & mask
            state ^= state >> 31
        return ((state >> 12) + 0.5) / 2**52

    for arguments in ((0, 0, 0, 0), (1, 2, 3, 4), (-5, 2**47, 10_000, 7), (123, 0, 1, 0)):
        assert evaluate(Op.DRAW, *map(float, arguments)) == by_hand(*arguments)


def test_error_function() -> None:
    xs = np.array([-6, -1.5, -1e-9, 0, 1e-300, 0.3, 2, 5, np.inf, -np.inf])
    out = np.empty_like(xs)
    NUMPY[Op.ERF](xs, out=out)
    np.testing.assert_array_equal(out, special.erf(xs))


# In a model -------------------------------------------------------------------------------------

DRAWS = """
a = RANDOM UNIFORM(0, 1, 0)
b = RANDOM UNIFORM(0, 1, 0)
c = RANDOM UNIFORM(0, 1, 5)
d = RANDOM UNIFORM(0, 1, seed)
two = RANDOM UNIFORM(0, 1, 0) - RANDOM UNIFORM(0, 1, 0)
seed = 5
stock = INTEG(a, 0)
"""


@pytest.mark.parametrize("method", ["euler", "rk4"])
def test_engines_draw_the_same_numbers_bit_for_bit(method: str, model: Maker) -> None:
    made = model(DRAWS, method, FINAL_TIME=200)
    runs = [made.run(engine=engine, method="vensim") for engine in ("reference", "compiled")]
    for name in ("a", "b", "c", "d", "two"):
        np.testing.assert_array_equal(runs[0].values(name), runs[1].values(name))
        assert len(np.unique(runs[0].values(name))) == 201


def test_a_draw_stays_the_same_during_a_step(model: Maker) -> None:
    run = model(DRAWS, "rk4", FINAL_TIME=50).run(method="vensim")
    assert np.diff(run.values("stock")) == pytest.approx(run.values("a")[:-1], abs=1e-12)


def test_each_call_has_a_stream_of_its_own(model: Maker) -> None:
    run = model(DRAWS, FINAL_TIME=500).run(method="vensim")
    a, b, c, d = (run.values(name) for name in "abcd")
    for first, second in ((a, b), (a, c), (c, d)):
        assert abs(np.corrcoef(first, second)[0, 1]) < 0.2
    assert not (run.values("two") == 0).any()


def test_edits_elsewhere_do_not_change_a_draw(model: Maker) -> None:
    before = model(DRAWS, FINAL_TIME=20).run(method="vensim")
    after = model("more = RANDOM NORMAL(0, 1, 0, 1, 0)\n" + DRAWS, FINAL_TIME=20)
    after_run = after.run(method="vensim")
    np.testing.assert_array_equal(before.values("a"), after_run.values("a"))
    np.testing.assert_array_equal(before.values("two"), after_run.values("two"))


def test_noise_seed_is_the_seed_of_draws_without_one(model: Maker) -> None:
    with_seed = model("NOISE SEED = 7\n" + DRAWS, FINAL_TIME=20)
    runs = [with_seed.run(values, method="vensim") for values in ({}, {"NOISE SEED": 8})]
    assert not (runs[0].values("a") == runs[1].values("a")).any()
    np.testing.assert_array_equal(runs[0].values("c"), runs[1].values("c"))  # has its own
    zero = with_seed.run({"NOISE SEED": 0}, method="vensim")
    plain = model(DRAWS, FINAL_TIME=20).run(method="vensim")
    np.testing.assert_array_equal(zero.values("a"), plain.values("a"))


def test_runs_are_repeatable_and_the_seed_matters(model: Maker) -> None:
    made = model(DRAWS, FINAL_TIME=20)
    first, again = made.run(method="vensim"), made.run(method="vensim")
    np.testing.assert_array_equal(first.values("d"), again.values("d"))
    other = made.run({"seed": 6}, method="vensim")
    assert not (first.values("d") == other.values("d")).any()


def test_an_adaptive_solver_refuses_draws(model: Maker) -> None:
    with pytest.raises(sd.OverrideError, match="LSODA cannot run RANDOM UNIFORM in 'a'"):
        model(DRAWS).run(method="LSODA")


def test_what_draws_changes_during_a_run() -> None:
    # A delay whose time is drawn cannot be folded into a constant one.
    text = "{UTF-8}\nlag=RANDOM UNIFORM(2,3,1)~~|x=DELAY N(Time,lag,0,1)~~|" + "".join(
        f"{name}={value}~~|"
        for name, value in {
            "INITIAL TIME": 0,
            "FINAL TIME": 4,
            "TIME STEP": 1,
            "SAVEPER": 1,
        }.items()
    )
    assert program_of(parse(decode("test.mdl", text.encode()))).memories
