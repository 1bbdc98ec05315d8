"""Random functions: what a long run draws has the distribution that the name promises."""

from __future__ import annotations

import math
from collections.abc import Callable

import numpy as np
import pytest
from scipy import special, stats

import sdmodel as sd
from sdmodel.expr import Apply, Const, rewrite, wrap
from sdmodel.frontends.mdl import parse
from sdmodel.frontends.text import decode
from sdmodel.functions.quantiles import normal_quantile, normal_share
from sdmodel.model import Model
from sdmodel.primitives import evaluate

Maker = Callable[..., Model]
STEPS = 20_000


def cut(distribution, least: float, most: float):
    """Return the distribution function of what is left between two values."""
    low, high = distribution.cdf(least), distribution.cdf(most)
    return lambda x: (distribution.cdf(x) - low) / (high - low)


WEIBULL = stats.weibull_min(1.7, scale=3 / math.gamma(1 + 1 / 1.7))
TRIANGLE = stats.triang(0.25, 1, 4)
# The area under ((0,1),(1,3),(2,0),(2,2),(4,2)), worked out on paper.
DENSITY = "density((0,1),(1,3),(2,0),(2,2),(4,2))\n"


def area(x: np.ndarray) -> np.ndarray:
    rising = x + x**2
    falling = 2 + 3 * (x - 1) - 1.5 * (x - 1) ** 2
    return np.where(x < 1, rising, np.where(x < 2, falling, 3.5 + 2 * (x - 2)))


CONTINUOUS = {
    "RANDOM 0 1()": stats.uniform().cdf,
    "RANDOM UNIFORM(2, 5, 1)": stats.uniform(2, 3).cdf,
    "RANDOM NORMAL(-100, 100, 3, 2, 1)": stats.norm(3, 2).cdf,
    "RANDOM NORMAL(-100, 100, 3, -2, 1)": stats.norm(3, 2).cdf,
    "RANDOM NORMAL(4, 6, 3, 2, 1)": cut(stats.norm(3, 2), 4, 6),
    "RANDOM NORMAL(-9, -3, 3, 2, 1)": cut(stats.norm(3, 2), -9, -3),
    "RANDOM NORMAL(13, 26, 3, 2, 1)": stats.truncnorm(5, 11.5, 3, 2).cdf,
    "RANDOM NORMAL(-1e308, 1e308, 3, 0.1, 1)": stats.norm(3, 0.1).cdf,
    "RANDOM EXPONENTIAL(0, 1e300, 0, 2, 1)": stats.expon(0, 2).cdf,
    "RANDOM EXPONENTIAL(1, 3, 0.5, 2, 1)": cut(stats.expon(0.5, 2), 1, 3),
    "RANDOM EXPONENTIAL(90, 1e300, 0, 1, 1)": stats.expon(90, 1).cdf,
    "RANDOM EXPONENTIAL(-9, 9, 3, -2, 1)": lambda x: 1 - cut(stats.expon(0, 2), 0, 12)(3 - x),
    "RANDOM WEIBULL(0, 1000, 1.7, 0, 3, 1)": WEIBULL.cdf,
    "RANDOM WEIBULL(1, 3, 1.7, 0, 3, 1)": cut(WEIBULL, 1, 3),
    "RANDOM TRIANGULAR(-9, 9, 1, 2, 5, 1)": TRIANGLE.cdf,
    "RANDOM TRIANGULAR(1.5, 4, 1, 2, 5, 1)": cut(TRIANGLE, 1.5, 4),
    "RANDOM TRIANGULAR(1, 5, 1, 1, 5, 1)": stats.triang(0, 1, 4).cdf,
    "RANDOM TRIANGULAR(1, 5, 1, 5, 5, 1)": stats.triang(1, 1, 4).cdf,
    "RANDOM GAMMA(0, 1000, 2.5, 1, 3, 1)": stats.gamma(2.5, 1, 3).cdf,
    "RANDOM GAMMA(0, 1000, 0.2, 0, 3, 1)": stats.expon(0, 3).cdf,  # an order below 1 counts as 1
    "RANDOM BETA(0, 1, 2, 3, 0, 1, 1)": stats.beta(2, 3).cdf,
    "RANDOM BETA(0, 9, 0.5, 0.3, 1, 2, 1)": stats.beta(0.5, 0.3, 1, 2).cdf,
    "RANDOM LOOKUP(density, 0, 10, 0, 1, 1)": lambda x: area(x) / 7.5,
    "RANDOM LOOKUP(density, 2, 7, 1, 2, 1)": lambda x: (
        (area((x - 1) / 2) - area(np.array(0.5))) / (5.5 - area(np.array(0.5)))
    ),
    "XMILE LOGNORMAL(5, 2, 1)": stats.lognorm(
        math.sqrt(math.log(1.16)), scale=5 / math.sqrt(1.16)
    ).cdf,
}
POISSON, BINOMIAL = stats.poisson, stats.binom
DISCRETE = {
    "RANDOM POISSON(0, 1e300, 0.3, 0, 1, 1)": POISSON(0.3).pmf,
    "RANDOM POISSON(0, 1e300, 4, 0, 1, 1)": POISSON(4).pmf,
    "RANDOM POISSON(0, 1e300, 9.99, 0, 1, 1)": POISSON(9.99).pmf,
    "RANDOM POISSON(0, 1e300, 10, 0, 1, 1)": POISSON(10).pmf,
    "RANDOM POISSON(0, 1e300, 400, 0, 1, 1)": POISSON(400).pmf,
    "RANDOM POISSON(3, 7, 4, 0, 1, 1)": lambda k: (
        POISSON(4).pmf(k) * (k >= 3) * (k <= 7) / 0.710785
    ),
    "RANDOM BINOMIAL(0, 1e300, 0.3, 5.4, 0, 1, 1)": BINOMIAL(5, 0.3).pmf,
    "RANDOM BINOMIAL(0, 1e300, 0.7, 5, 0, 1, 1)": BINOMIAL(5, 0.7).pmf,
    "RANDOM BINOMIAL(0, 1e300, 0.02, 300, 0, 1, 1)": BINOMIAL(300, 0.02).pmf,
    "RANDOM BINOMIAL(0, 1e300, 0.5, 20, 0, 1, 1)": BINOMIAL(20, 0.5).pmf,
    "RANDOM BINOMIAL(0, 1e300, 0.9, 200, 0, 1, 1)": BINOMIAL(200, 0.9).pmf,
    "RANDOM BINOMIAL(4, 5, 0.7, 5, 0, 1, 1)": lambda k: (
        BINOMIAL(5, 0.7).pmf(k) * (k >= 4) / 0.52822
    ),
    "RANDOM NEGATIVE BINOMIAL(0, 1e300, 0.3, 1, 0, 1, 1)": lambda k: stats.geom(0.3).pmf(k),
    "RANDOM NEGATIVE BINOMIAL(0, 1e300, 0.6, 4, 0, 1, 1)": lambda k: stats.nbinom(4, 0.6).pmf(
        k - 4
    ),
}


@pytest.fixture(scope="module")
def drawn() -> Callable[[str], np.ndarray]:
    """Return what one long run drew, for each expression."""
    calls = [*CONTINUOUS, *DISCRETE]
    equations = "".join(f"v{i} = {call} ~~|\n" for i, call in enumerate(calls))
    control = f"INITIAL TIME=0~~|FINAL TIME={STEPS - 1}~~|TIME STEP=1~~|SAVEPER=1~~|"
    text = "{UTF-8}\n" + DENSITY.strip() + "~~|\n" + equations + control
    run = Model(parse(decode("test.mdl", text.encode()))).run(method="vensim")
    columns = {call: run.values(f"v{i}") for i, call in enumerate(calls)}
    return columns.__getitem__


@pytest.mark.parametrize("call", CONTINUOUS)
def test_density(call: str, drawn: Callable[[str], np.ndarray]) -> None:
    values = drawn(call)
    assert len(values) == STEPS
    assert np.isfinite(values).all()
    assert stats.kstest(values, CONTINUOUS[call]).pvalue > 1e-3


@pytest.mark.parametrize("call", DISCRETE)
def test_counts(call: str, drawn: Callable[[str], np.ndarray]) -> None:
    values = drawn(call)
    assert np.isfinite(values).all()
    assert (values == np.trunc(values)).all()
    found, counts = np.unique(values, return_counts=True)
    places = np.arange(found[0], found[-1] + 1)
    expected = DISCRETE[call](places) * STEPS
    seen = np.zeros(len(places))
    seen[(found - found[0]).astype(int)] = counts
    # What is rare is counted together.
    often = expected >= 10
    rest = max(STEPS - expected[often].sum(), 0.0)
    observed = np.append(seen[often], STEPS - seen[often].sum())
    wanted = np.append(expected[often], rest)
    if rest < 10:
        assert observed[-1] < 40
        observed, wanted = observed[:-1], wanted[:-1] * observed[:-1].sum() / wanted[:-1].sum()
    assert stats.chisquare(observed, wanted).pvalue > 1e-3


@pytest.mark.parametrize(
    ("call", "value"),
    [
        ("RANDOM BINOMIAL(0, 99, 1, 5, 0, 1, 1)", 5),
        ("RANDOM BINOMIAL(0, 99, 0, 5, 0, 1, 1)", 0),
        ("RANDOM POISSON(0, 99, 0, 2, 1, 1)", 2),
        ("RANDOM TRIANGULAR(0, 9, 4, 4, 4, 1)", 4),
        ("RANDOM NORMAL(0, 2, 5, 0, 1)", 2),  # without a deviation the nearer bound
        ("RANDOM NORMAL(5, 9, 5, 0, 1)", 5),
    ],
)
def test_without_chance(call: str, value: float, model: Maker) -> None:
    assert model(f"x = {call}").run(method="vensim").values("x").tolist() == [value] * 5


@pytest.mark.parametrize(
    "call",
    [
        "RANDOM NORMAL(6, 4, 5, 1, 1) + RANDOM NORMAL(90, 99, 0, 1, 1)",  # 90 deviations away
        "RANDOM EXPONENTIAL(-3, -1, 0, 1, 1)",
        "RANDOM WEIBULL(0, 9, 0, 0, 1, 1)",
        "RANDOM TRIANGULAR(0, 9, 5, 3, 4, 1)",
        "RANDOM POISSON(0.2, 0.8, 3, 0, 1, 1)",
        "RANDOM POISSON(0, 1e300, -1, 0, 1, 1)",
        "RANDOM POISSON(0, 1e300, 1e12, 0, 1, 1)",
        "RANDOM BINOMIAL(0, 9, 1.5, 4, 0, 1, 1)",
        "RANDOM NEGATIVE BINOMIAL(0, 9, 0, 4, 0, 1, 1)",
        "RANDOM BETA(0, 1, -1, 2, 0, 1, 1)",
        "RANDOM GAMMA(-2, -1, 3, 0, 1, 1)",
    ],
)
def test_what_cannot_be_drawn_is_told(call: str, model: Maker) -> None:
    made = model(f"x = {call}")
    with pytest.warns(sd.NonFiniteWarning, match="'x' is no longer a finite number"):
        run = made.run(method="vensim")
    assert np.isnan(run.values("x")).all()


def test_a_density_is_refused_that_is_none(model: Maker) -> None:
    for points in ("(0,1),(1,-1)", "(0,0),(1,0)"):
        with pytest.raises(sd.ModelError) as caught:
            model(f"look({points})\nx = RANDOM LOOKUP(look, 0, 1, 0, 1, 0)")
        assert "nowhere negative, somewhere positive" in caught.value.problems[0].message
        assert caught.value.problems[0].kind == "unsupported"


def test_pink_noise_has_its_mean_deviation_and_memory(model: Maker) -> None:
    text = "x = RANDOM PINK NOISE(5, 2, 3, 1)"
    run = model(text, FINAL_TIME=20_000, TIME_STEP=0.5, SAVEPER=1).run(method="vensim")
    values = run.values("x")
    assert values.mean() == pytest.approx(5, abs=0.15)
    assert values.std() == pytest.approx(2, rel=0.05)
    # By Euler with half a step the correlation over a time of 1 is (1 - 0.5/3)^2.
    assert np.corrcoef(values[1:], values[:-1])[0, 1] == pytest.approx((5 / 6) ** 2, abs=0.02)


class _Sheet:
    """Just enough of a `Build` to evaluate a quantile."""

    def auxiliary(self, value):
        return wrap(value)


def test_normal_quantile_to_the_last_digits() -> None:
    shares = [
        1e-300,
        1e-100,
        1e-17,
        1e-9,
        1e-3,
        0.0749,
        0.076,
        0.3,
        0.5,
        0.8,
        0.9251,
        0.999,
        1 - 1e-12,
    ]
    for share in shares:
        assert _number(normal_quantile(_Sheet(), share)) == pytest.approx(
            special.ndtri(share), rel=1e-14, abs=1e-16
        )
    for x in (-8.0, -3.0, 0.0, 0.5, 2.0, 9.0):
        assert _number(normal_share(x)) == pytest.approx(special.ndtr(x), rel=1e-15, abs=1e-16)
    assert _number(normal_quantile(_Sheet(), 0.0)) == -math.inf
    assert _number(normal_quantile(_Sheet(), 1.0)) == math.inf


def _number(expr) -> float:
    def change(node):
        if isinstance(node, Apply):
            return Const(evaluate(node.op, *(arg.value for arg in node.args)))
        return node

    return rewrite(expr, change).value
