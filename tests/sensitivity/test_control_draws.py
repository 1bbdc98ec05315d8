"""Draws of sensitivity control files: every distribution, against SciPy's own, cut off."""

from __future__ import annotations

import math
from pathlib import Path

import numpy as np
import pytest
from scipy import stats

import sdmodel as sd
import sensitivity as sa
from sensitivity.control.drawn import control_study
from sensitivity.families import FAMILIES, Density, cut

RUNS = 4000
LEAST = 0.001  # seeds are fixed, so a test passes always or never

# In Vensim's words, with SciPy's distribution of what is drawn before it is cut off.
WEIBULL_MEAN = math.gamma(1 + 1 / 1.7)
CONTINUOUS = {
    "uniform": ("RANDOM UNIFORM(2,5)", 2, 5, stats.uniform(2, 3)),
    "normal": ("RANDOM NORMAL(-1,3,.5,2)", -1, 3, stats.norm(0.5, 2)),
    "far": ("RANDOM_NORMAL(9,99,0,1)", 9, 99, stats.norm(0, 1)),
    "triangular": ("RANDOM TRIANGULAR(1,6,0,2,8)", 1, 6, stats.triang(0.25, 0, 8)),
    "beta": ("RANDOM BETA(1.1,2.8,2,3,1,2)", 1.1, 2.8, stats.beta(2, 3, 1, 2)),
    "mirrored": ("RANDOM BETA(-1,0.9,2,5,1,-2)", -1, 0.9, stats.beta(5, 2, -1, 2)),
    "exponential": ("RANDOM EXPONENTIAL(0,4,-1,3)", 0, 4, stats.expon(-1, 3)),
    "gamma": ("RANDOM GAMMA(1,20,3,1,2)", 1, 20, stats.gamma(3, 1, 2)),
    "weibull": (
        "RANDOM WEIBULL(0.5,9,1.7,0,3)",
        0.5,
        9,
        stats.weibull_min(1.7, 0, 3 / WEIBULL_MEAN),
    ),
    "lognormal": (
        "RANDOM LOGNORMAL(1,9,4,2)",
        1,
        9,
        stats.lognorm(math.sqrt(math.log(1.25)), scale=4 * math.exp(-0.5 * math.log(1.25))),
    ),
    "lookup": ("RANDOM LOOKUP(0,8,density,1,2)", 0, 8, stats.triang(0.75, 1, 8)),
}
COUNTS = {
    "poisson": ("RANDOM POISSON(2,9,4,0,1)", range(2, 10), stats.poisson(4), 0, 1),
    "binomial": ("RANDOM BINOMIAL(5,17,.3,10,5,2)", range(7), stats.binom(10, 0.3), 5, 2),
    "trials": (
        "RANDOM NEGATIVE BINOMIAL(3,9,.4,3,0,1)",
        range(3, 10),
        stats.nbinom(3, 0.4, loc=3),
        0,
        1,
    ),
    "half": ("RANDOM POISSON(-2.5,1,3,1,-.5)", range(8), stats.poisson(3), 1, -0.5),
}


@pytest.fixture
def model(written) -> sd.Model:
    lines = [f"{name} = 1 ~ |" for name in (*CONTINUOUS, *COUNTS, "walk", "pace")]
    total = " + ".join((*CONTINUOUS, *COUNTS, "walk", "pace"))
    # The density rises to its peak at 3 and is 0 at 4: a triangle.
    extra = ["density((0,0),(3,5),(4,0)) ~ |", f"level = INTEG({total}, density(1)) ~ |"]
    return written("\n".join([*lines, *extra]))


@pytest.fixture
def drawn(model, tmp_path):
    """Return a maker of what a control file draws: a column for each constant."""

    def draw(method: str = "M", runs: int = RUNS, *more: str, seed: int = 1234):
        lines = [f"{name}={said[0]}" for name, said in (CONTINUOUS | COUNTS).items()]
        path = tmp_path / "all.vsc"
        path.write_text("\n".join([f"{runs},{method},{seed},,0", *lines, *more]))
        made = control_study(sd.read_vsc(path, model), model, ["level"])
        design = made.space.scale(made.plan.design())
        return dict(zip(made.space.names, design.T, strict=True))

    return draw


@pytest.mark.parametrize("method", ["M", "L"])
def test_every_distribution_is_drawn_as_scipy_says(method, drawn) -> None:
    columns = drawn(method)
    for name, (_, low, high, of) in CONTINUOUS.items():
        values = columns[name]
        assert low <= values.min(), name
        assert values.max() <= high, name
        # Far up a tail the shares above are exact, those below are not.
        least, most = of.sf(low), of.sf(high)
        found = stats.kstest((of.sf(values) - most) / (least - most), "uniform")
        assert found.pvalue > LEAST, (name, found)
    for name, (_, counts, of, shift, stretch) in COUNTS.items():
        values = [shift + stretch * count for count in counts]
        seen = np.array([(columns[name] == value).sum() for value in values])
        assert seen.sum() == RUNS, name
        chances = of.pmf(list(counts))
        found = stats.chisquare(seen, RUNS * chances / chances.sum())
        assert found.pvalue > LEAST, (name, found)


def test_the_list_is_complete() -> None:
    words = [said[0].partition("(")[0].replace("_", " ") for said in (CONTINUOUS | COUNTS).values()]
    assert {*words, "VECTOR", "GIVEN"} == set(FAMILIES)


def test_quantile_and_share_are_each_others_opposite(drawn, model, tmp_path) -> None:
    path = tmp_path / "all.vsc"
    lines = [f"{name}={said[0]}" for name, said in (CONTINUOUS | COUNTS).items()]
    path.write_text("\n".join(["9,M,1", *lines, "walk=VECTOR(0,1,.25)"]))
    space = control_study(sd.read_vsc(path, model), model, ["level"]).space
    places = np.random.default_rng(1).random((50, len(space)))
    values = space.scale(places)
    again = space.unit(values)
    own = [space.names.index(name) for name in CONTINUOUS]
    assert np.allclose(again[:, own], places[:, own], atol=1e-9)
    assert np.allclose(space.scale(again), values, rtol=1e-9)


def test_a_latin_hypercube_meets_every_slice_once(drawn) -> None:
    columns = drawn("L", 50)
    for name in ("normal", "beta", "weibull"):
        _, low, high, of = CONTINUOUS[name]
        share = (of.cdf(columns[name]) - of.cdf(low)) / (of.cdf(high) - of.cdf(low))
        assert sorted((share * 50).astype(int).tolist()) == list(range(50))


def test_the_same_seed_draws_the_same(drawn) -> None:
    one, same, other = drawn("M", 9), drawn("M", 9, seed=-1234), drawn("M", 9, seed=5)
    assert np.array_equal(one["normal"], same["normal"])
    assert not np.array_equal(one["normal"], other["normal"])
    assert not np.array_equal(drawn("M", 9, seed=0)["normal"], drawn("M", 9, seed=0)["normal"])


def study_of(model, tmp_path: Path, *lines: str) -> sa.Study:
    path = tmp_path / "some.vsc"
    path.write_text("\n".join(lines))
    return control_study(sd.read_vsc(path, model), model, ["level"])


def values_of(made: sa.Study) -> np.ndarray:
    return made.space.scale(made.plan.design())


def test_univariate_moves_one_constant_and_leaves_the_others(model, tmp_path) -> None:
    lines = ("4,U,1", "normal=RANDOM UNIFORM(5,6)", "walk=VECTOR(2,4,1)", "far=RANDOM UNIFORM(7,8)")
    values = values_of(study_of(model, tmp_path, *lines))
    assert values.shape == (4 + 3 + 4, 3)
    assert (values[:4, 1:] == 1).all()
    assert ((values[:4, 0] >= 5) & (values[:4, 0] <= 6)).all()
    assert values[4:7].tolist() == [[1, 2, 1], [1, 3, 1], [1, 4, 1]]
    assert (values[7:, :2] == 1).all()


def test_a_latin_grid_has_every_combination_of_the_middles(model, tmp_path) -> None:
    lines = (
        "2,G,1",
        "normal=RANDOM UNIFORM(0,8)",
        "walk=VECTOR(1,3,1)",
        "beta=RANDOM UNIFORM(0,4)",
    )
    values = values_of(study_of(model, tmp_path, *lines))
    expected = [[a, b, c] for a in (2, 6) for b in (1, 2, 3) for c in (1, 3)]
    assert values.tolist() == expected


def test_a_part_of_a_grid_is_not_taken_for_a_smaller_one(model, tmp_path) -> None:
    path = tmp_path / "grid.vsc"
    path.write_text("8,G,1\nwalk=RANDOM UNIFORM(0,8)\npace=RANDOM UNIFORM(0,4)\n")
    with pytest.raises(sa.AnalysisError, match="a part of a vensim-grid design"):
        sa.convergence(sa.run_vsc(path, model, ["level"]))


def test_vectors_alone_are_run_through_in_every_combination(model, tmp_path) -> None:
    made = study_of(model, tmp_path, "99,M,1", "walk=VECTOR(1,2,.5)", "pace=VECTOR(0,1,.4)")
    expected = [[a, b] for a in (1, 1.5, 2) for b in (0, 0.4, 0.8)]
    assert np.allclose(values_of(made), expected)


def test_vectors_beside_draws_are_run_through_over_and_over(model, tmp_path) -> None:
    made = study_of(model, tmp_path, "5,M,1", "walk=VECTOR(1,3,1)", "far=RANDOM UNIFORM(0,1)")
    values = values_of(made)
    assert values[:, 0].tolist() == [1, 2, 3, 1, 2]
    assert len(set(values[:, 1])) == 5


def test_a_grid_too_large_is_refused(model, tmp_path) -> None:
    lines = [f"{name}=RANDOM UNIFORM(0,1)" for name in CONTINUOUS]
    with pytest.raises(sa.MethodError, match="more than 1,000,000"):
        study_of(model, tmp_path, "200,G,1", *lines)


def test_where_nothing_lies_between_the_ends_it_is_drawn_evenly(model, tmp_path) -> None:
    made = study_of(model, tmp_path, "400,M,1", "walk=RANDOM EXPONENTIAL(-9,-5,0,1)")
    assert stats.kstest(values_of(made)[:, 0], stats.uniform(-9, 4).cdf).pvalue > LEAST
    assert "some.vsc:2: nothing of RANDOM EXPONENTIAL" in made.origin["notes"][0]


def test_each_element_of_an_array_is_drawn_by_itself(written, tmp_path) -> None:
    model = written("R: a1, a2, a3 ~ |\nrate[R] = 1,2,3 ~ |\ntotal = SUM(rate[R!]) ~ |")
    made = study_of_total(model, tmp_path, "rate[R]=RANDOM UNIFORM(0,1)")
    assert made.space.names == ("rate[a1]", "rate[a2]", "rate[a3]")
    assert len(np.unique(values_of(made))) == 15
    one = study_of_total(model, tmp_path, "rate[a2]=RANDOM UNIFORM(0,1)")
    assert one.space.names == ("rate[a2]",)


def study_of_total(model, tmp_path: Path, line: str) -> sa.Study:
    path = tmp_path / "some.vsc"
    path.write_text(f"5,M\n{line}\n")
    return control_study(sd.read_vsc(path, model), model, ["total"])


def test_a_file_with_everything_is_run(model, tmp_path) -> None:
    lines = [f"{name}={said[0]}" for name, said in (CONTINUOUS | COUNTS).items()]
    path = tmp_path / "all.vsc"
    path.write_text("\n".join(["30,M,7,,1", *lines, "walk=VECTOR(0,1,.5)"]))
    swept = sa.run_vsc(path, model, ["level"])
    assert swept.sizes["factor"] == len(lines) + 1
    # The level rises by the sum of all constants, day by day.
    rise = swept["courses"][0, -1] - swept["courses"][0, 0]
    expected = 10 * (swept["design"].sum("factor") + 1)  # pace is 1
    assert np.allclose(rise, expected)
    assert float(swept["percentiles"].sel(quantile=0.5)[0, -1]) == pytest.approx(
        float(np.median(swept["courses"][0, -1])), rel=0.05
    )


def test_draws_may_lie_beyond_the_range_of_a_slider(written, tmp_path) -> None:
    model = written("rate = 1 ~ 1/Day [0,2] ~ |\nlevel = INTEG(rate, 0) ~ |")
    path = tmp_path / "wide.vsc"
    path.write_text("9,M,7,,0\nrate=RANDOM UNIFORM(5,9)\n")
    swept = sa.run_vsc(path, model, ["level"], store=tmp_path / "wide.study")
    assert (swept["design"] > 5).all()
    assert sa.verify(tmp_path / "wide.study", share=1.0).ok
    assert "beyond the range [0, 2]" in swept.attrs["origin"]


def test_density_by_points() -> None:
    stepped = Density((0.0, 1.0, 1.0 + 1e-9, 2.0), (1.0, 1.0, 3.0, 3.0))
    assert stepped.cdf(np.array([0.5, 1.5])) == pytest.approx([0.125, 0.625])
    assert stepped.ppf(stepped.cdf(np.array([0.2, 1.7]))) == pytest.approx([0.2, 1.7])


def test_a_cut_tells_how_much_it_keeps() -> None:
    factor = sd.Factor(
        "x", -1, 1, 0, distribution="RANDOM NORMAL", parameters={"mean": 0.0, "sd": 1.0}
    )
    assert cut(factor).mass == pytest.approx(0.6826894921)
