"""Whether a sweep is large enough: prefixes are designs, and verdicts follow from the numbers."""

from __future__ import annotations

import json
import math
import re

import matplotlib as mpl
import numpy as np
import pytest
from click.testing import CliRunner
from matplotlib import pyplot

import sensitivity as sa
from sensitivity.analysis import indices_of, plan_of
from sensitivity.cli import main
from sensitivity.converged.prefixes import Prefixes, prefixes
from sensitivity.converged.verdict import _agreement

mpl.use("Agg")

FACTORS = ("a", "b", "c", "d")


def made(
    values: list[list[float]], widths: list[list[float]] | float = 0.01, method: str = "sobol"
) -> Prefixes:
    """Return prefixes with the numbers of a test, n = 64, 128, ... for as many rows."""
    sizes = tuple(64 * 2**place for place in range(len(values)))
    plan = sa.Plan(method, samples=sizes[-1], factors=len(values[0]))
    numbers = np.array(values)
    return Prefixes(
        outcome="o",
        label="o",
        plan=plan,
        samples=sizes,
        used=sizes,
        factors=FACTORS[: len(values[0])],
        labels=FACTORS[: len(values[0])],
        values=numbers,
        widths=np.broadcast_to(np.array(widths), numbers.shape),
        note="",
    )


def judged(values, widths=0.01, *, top=5, tolerance=0.05, method="sobol") -> sa.Convergence:
    return sa.Convergence(made(values, widths, method), top, tolerance)


# A part of a design is a design -----------------------------------------------------------------


def test_the_indices_of_a_prefix_are_those_of_the_smaller_sweep(
    ishigami_model, ishigami_space
) -> None:
    large, small = (
        sa.sweep(ishigami_model, ishigami_space, "Y out", samples=n, resamples=30)
        for n in (256, 64)
    )
    found = prefixes(large)
    assert found.samples == (32, 64, 128, 256)
    np.testing.assert_array_equal(found.values[1], small["ST"].values[0])
    np.testing.assert_array_equal(found.widths[1], small["ST_conf"].values[0])
    np.testing.assert_array_equal(found.values[3], large["ST"].values[0])


def test_prefixes_of_a_screening_are_its_first_trajectories(ishigami_model, ishigami_space) -> None:
    sweep = sa.sweep(ishigami_model, ishigami_space, "Y out", method="morris", samples=50)
    found = prefixes(sweep)
    assert found.samples == (6, 12, 25, 50)
    whole = plan_of(sweep)
    part = indices_of(
        sweep.isel(sample=slice(0, 12 * 4)),
        sa.Plan("morris", 12, 3, seed=whole.seed, resamples=whole.resamples),
    )
    np.testing.assert_array_equal(found.values[1], part.indices["mu_star"][0])


def test_sizes_below_what_the_method_needs_are_left_out(ishigami_model, ishigami_space) -> None:
    sweep = sa.sweep(ishigami_model, ishigami_space, "Y out", samples=16)
    assert prefixes(sweep).samples == (4, 8, 16)
    with pytest.warns(sa.SweepWarning):
        smallest = sa.sweep(
            ishigami_model, ishigami_space, ["Y out", "nothing"], samples=4, resamples=2
        )
    alone = sa.convergence(smallest)
    assert alone.prefixes.samples == (4,)
    assert not alone.held
    assert "not yet: n = 4 holds no smaller design to compare with" in alone.verdict
    none = sa.convergence(smallest, "final nothing")
    assert none.verdict.startswith("nothing can be said: it is 0 in every run")
    assert not none.held
    assert none.needed is None
    assert none.unsure == []
    assert len(none.table) == 0


def test_failed_runs_leave_their_blocks_at_every_size(fake, ishigami_model, ishigami_space) -> None:
    """As if these blocks had never been drawn."""
    failing = fake(
        ishigami_model.compute,
        ishigami_model.constants,
        ishigami_model.units,
        fails=lambda columns: columns["angle one"] > 2.8,
    )
    with pytest.warns(sa.SweepWarning):
        sweep = sa.sweep(failing, ishigami_space, "Y out", samples=128, resamples=20)
    found = prefixes(sweep)
    whole = sa.sweep(ishigami_model, ishigami_space, "Y out", samples=128, resamples=0)
    design, outcomes = whole["design"].values, whole["outcomes"].values
    for size, n in enumerate(found.samples):
        sound = (design[: n * 5, 0] <= 2.8).reshape(n, 5).all(axis=1)
        assert found.used[size] == sound.sum() < n
        rows = np.repeat(sound, 5)
        kept = sa.Plan("sobol", 4, 3, resamples=0).row.analyse(
            sa.Plan("sobol", 4, 3, resamples=0), outcomes[:, : n * 5][:, rows], None
        )
        np.testing.assert_allclose(found.values[size], kept["ST"][0], rtol=1e-12)
    assert "failed" in sa.convergence(sweep).verdict


def test_a_strong_effect_downwards_is_strong(fake) -> None:
    """Indices with a sign rank by their size, here as in `ranking`."""
    model = fake(
        lambda columns: {"y": columns["a"] - 3 * columns["b"] + 0.1 * columns["c"]},
        dict.fromkeys("abc", 0.5),
        {"y": "", **dict.fromkeys("abc", "")},
    )
    space = sa.Space([sa.factor(name, 0, 1) for name in "abc"])
    sweep = sa.sweep(model, space, "y", method="latin", samples=256)
    assert sa.convergence(sweep).to_dict()["top"] == ["b", "a", "c"] == [*sa.ranking(sweep).index]
    assert sa.failure_bounds(sweep).index.tolist() == ["b", "a", "c"]


def test_a_method_without_parts_is_refused(ishigami_model, ishigami_space) -> None:
    sweep = sa.sweep(ishigami_model, ishigami_space, "Y out", method="fast", samples=65)
    with pytest.raises(sa.AnalysisError, match="a part of a fast design is no smaller fast design"):
        sa.convergence(sweep)


# What follows from the numbers ------------------------------------------------------------------


def test_what_does_not_move_holds() -> None:
    found = judged([[0.5, 0.3, 0.1, 0.0]] * 4)
    assert found.held
    assert found.needed == 512
    assert found.table["places_held"].tolist() == [4, 4, 4, 4]
    assert found.table["agreement"].tolist() == pytest.approx([1.0] * 4)
    assert found.verdict == (
        "it holds: the first 4 places are the same from n = 64 on; no index of theirs moved by "
        "more than 0 when n was doubled; half-widths are 0.01 at most"
    )


def test_places_hold_from_where_they_stay() -> None:
    values = [[0.3, 0.5, 0.1, 0.0], [0.5, 0.3, 0.1, 0.0], [0.5, 0.3, 0.0, 0.1]]
    found = judged([*values, values[1]], top=2)
    assert found.table["places_held"].tolist() == [0, 2, 2, 2]
    assert "the first 2 places are the same from n = 128 on" in found.verdict
    assert found.held
    lower = judged([*values, values[1]], top=3, tolerance=0.2)
    assert not lower.held
    assert "only the first 2 of 3 places are the same at n = 256 and n = 512" in lower.verdict


def test_factors_not_told_apart_may_change_places() -> None:
    found = judged([[0.50, 0.51, 0.1], [0.51, 0.50, 0.1]], [[0.02] * 3] * 2)
    assert found.held
    assert found.unsure == [("a", "b")]
    assert "on, but for those not told apart" in found.verdict
    assert found.verdict.endswith("Not told apart: 'a' and 'b'")
    # Without intervals, what moved last stands in for them.
    assert judged([[0.50, 0.51, 0.1], [0.51, 0.50, 0.1]], math.nan).held
    assert not judged([[0.48, 0.51, 0.1], [0.55, 0.50, 0.1]], 0.001, tolerance=0.09).held


def test_the_number_needed_by_the_law_of_the_square_root() -> None:
    """Twice the width needs four times the samples."""
    still = [[0.5, 0.3], [0.5, 0.3]]
    assert [judged(still, 0.05 * times).needed for times in (1, 1.4, 2, 2.1, 4)] == [
        128,
        256,
        512,
        1024,
        2048,
    ]
    text = judged(still, 0.1).verdict
    assert "the half-width of 'a' is 0.1 at n = 128 (allowed: 0.05)" in text
    assert "about n = 512 (2,048 runs) would be needed by the 1/sqrt(n) law" in text
    hopeless = judged(still, 5.0)
    assert hopeless.needed is None
    assert "no sensible number of samples would do" in hopeless.verdict


def test_an_index_that_still_moves() -> None:
    found = judged([[0.5, 0.1], [0.5, 0.2]])
    assert not found.held
    assert "the index of 'b' moved by 0.1 from n = 64 to n = 128 (allowed: 0.05)" in found.verdict
    assert found.needed == 512
    assert found.table["change"].tolist()[1] == pytest.approx(0.1)


def test_indices_in_units_are_judged_as_shares_of_the_largest() -> None:
    values = [[500.0, 290.0], [500.0, 300.0]]
    assert judged(values, 20.0, method="morris").held
    found = judged(values, 60.0, method="morris")
    assert "the half-width of 'a' is 0.12 of the largest at n = 128" in found.verdict
    for scale in (1e-9, 1e9):
        scaled = judged((np.array(values) * scale).tolist(), 60.0 * scale, method="morris")
        assert scaled.verdict == found.verdict
        assert scaled.needed == found.needed


def test_being_settled_grows_with_tolerance_and_falls_with_the_factors_that_must_hold() -> None:
    random = np.random.default_rng(4)
    both = set()
    for _ in range(60):
        values = np.sort(random.uniform(size=4))[::-1] + random.normal(scale=0.04, size=(3, 4))
        found = judged(values.tolist(), random.uniform(0, 0.06))
        by_tolerance = [sa.settled(found, 3, tolerance) for tolerance in (0.01, 0.05, 0.1, 1)]
        by_top = [sa.settled(found, top, 0.06) for top in (1, 2, 3, 4)]
        assert by_tolerance == sorted(by_tolerance)
        assert by_top == sorted(by_top, reverse=True)
        both.update(by_tolerance, by_top)
    assert both == {False, True}


def test_factors_without_an_index_come_last() -> None:
    found = judged([[math.nan, 0.3, 0.5]] * 2, [[math.nan, 0.01, 0.01]] * 2)
    assert found.to_dict()["top"] == ["c", "b", "a"]
    assert found.held


def test_agreement_counts_the_top_most() -> None:
    last = np.array([5.0, 4.0, 3.0, 2.0, 1.0])
    top, bottom = last[[1, 0, 2, 3, 4]], last[[0, 1, 2, 4, 3]]
    assert _agreement(last, last) == pytest.approx(1.0)
    assert _agreement(top, last) < _agreement(bottom, last) < 1.0
    assert _agreement(last[::-1], last) < 0
    # Savage's scores of three: 1 + 1/2 + 1/3, 1/2 + 1/3, 1/3.
    scores = np.array([11 / 6, 5 / 6, 2 / 6])
    expected = np.corrcoef(scores, scores[[1, 0, 2]])[0, 1]
    assert _agreement(np.array([2.0, 3.0, 1.0]), np.array([3.0, 2.0, 1.0])) == pytest.approx(
        expected
    )


def test_a_function_with_known_indices_settles(ishigami_model, ishigami_space) -> None:
    found = sa.convergence(sa.sweep(ishigami_model, ishigami_space, "Y out", samples=4096))
    assert found.held
    assert found.table["half_width"].is_monotonic_decreasing
    few = sa.convergence(sa.sweep(ishigami_model, ishigami_space, "Y out", samples=64))
    assert not few.held
    # What was said to be needed is, within the doubling that it is rounded to.
    assert few.needed is not None
    enough = sa.sweep(ishigami_model, ishigami_space, "Y out", samples=2 * few.needed)
    assert sa.convergence(enough).held


@pytest.mark.parametrize(
    ("options", "message"),
    [
        ({"top": 0}, "top is 0: give the number of factors that must hold"),
        ({"tolerance": 0.0}, "tolerance is 0: give how far an index may be off"),
        ({"tolerance": math.nan}, "tolerance is nan: give how far an index may be off"),
        ({"outcome": "y ut"}, "the sweep has no outcome 'y ut'"),
    ],
)
def test_mistakes(ishigami_model, ishigami_space, options, message) -> None:
    sweep = sa.sweep(ishigami_model, ishigami_space, "Y out", samples=16, resamples=0)
    with pytest.raises(sa.AnalysisError, match=re.escape(message)):
        sa.convergence(sweep, **options)


# The verb and the figure ------------------------------------------------------------------------


@pytest.fixture
def stored(ishigami_model, ishigami_space, tmp_path):
    """Return the file of a sweep of which one outcome holds and one does not."""
    sweep = sa.sweep(ishigami_model, ishigami_space, ["Y out", "two and three"], samples=512)
    return sa.save(sweep, tmp_path / "sweep.nc")


def test_the_verb(stored) -> None:
    def run(*options: str):
        return CliRunner().invoke(main, ["converged", str(stored), *options])

    easy = run("--of", "final two and three", "--tolerance", "0.1")
    assert easy.exit_code == 0, easy.output
    assert "final two and three, by ST" in easy.output
    assert "it holds: the first 3 places are the same from n = 64 on" in easy.output
    hard = run("--tolerance", "0.01", "--json")
    assert hard.exit_code == 1
    told = json.loads(hard.output)
    assert [one["outcome"] for one in told] == ["final Y out", "final two and three"]
    assert not any(one["held"] for one in told)
    assert [row["n"] for row in told[0]["sizes"]] == [64, 128, 256, 512]
    assert told[0]["sizes"][0]["change"] is None
    wrong = run("--top", "0")
    assert wrong.exit_code == 1
    assert "top is 0" in wrong.output


def test_the_figure(stored) -> None:
    sweep = sa.open_sweep(stored)
    sweep = sweep.assign_coords(factor_label=("factor", ["$x_1$", "two", "three"]))
    ax = sa.plot_convergence(sweep, most=2)
    ax.figure.canvas.draw()
    shown = [text.get_text() for text in ax.get_legend().get_texts()]
    assert len(shown) == 2
    assert r"\$x_1\$" in shown
    assert [one.get_text() for one in ax.get_xticklabels()] == ["64", "128", "256", "512"]
    stamp = ax.figure._supxlabel.get_text()
    assert "ishigami 01234567; sobol, n = 512, seed 1; 2,560 runs, none failed" in stamp
    given = pyplot.figure().add_subplot()
    assert sa.plot_convergence(sweep, ax=given) is given
    pyplot.close("all")
