"""Figures beyond ranking, fan and scatter, and the table that says which fits."""

from __future__ import annotations

import inspect
from importlib import import_module

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot

import sensitivity as sa
from sensitivity.figures.subject import members
from sensitivity.figures.table import FIGURES

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    pyplot.close("all")


def swept(model, space, outcomes="Y out", *, method="sobol", samples=128, **options) -> xr.Dataset:
    return sa.sweep(model, space, outcomes, method=method, samples=samples, resamples=20, **options)


def test_lines_over_time(ishigami_model, ishigami_space, texts, nothing_is_clipped) -> None:
    found = swept(ishigami_model, ishigami_space, ["Y out", "two and three"], over_time=True)
    ax = sa.plot_over_time(found, "TWO and three")
    assert [line.get_label() for line in ax.get_lines()][:2] == [
        "angle/two (rad)",
        "Angle_3 (rad) (rad)",
    ]
    for line, name in zip(ax.get_lines(), ("angle/two", "Angle_3 (rad)"), strict=False):
        np.testing.assert_array_equal(
            line.get_ydata(), found["ST_over_time"].sel(series="two and three", factor=name)
        )
    assert ax.get_ylabel() == "share of the outcome's variance"
    assert ax.get_xlabel() == "Time (Year)"
    assert "bands: 95% intervals" in texts(ax)
    assert "ishigami 01234567; sobol, n = 128, seed 1; 640 runs, none failed" in texts(ax)
    nothing_is_clipped(ax)
    assert len(sa.plot_over_time(found, most=1).get_lines()) == 1
    given = pyplot.figure(layout="constrained").add_subplot()
    assert sa.plot_over_time(found, ax=given) is given


def test_stacked_shares_add_up_to_one(ishigami_model, ishigami_space, nothing_is_clipped) -> None:
    found = swept(ishigami_model, ishigami_space, samples=1024, over_time=True)
    ax = sa.plot_over_time(found, stacked=True, most=2)
    called = [area.get_label() for area in ax.collections]
    assert called == ["angle/two (rad)", "angle one (rad)", "the other one, alone", "only together"]
    alone = found["S1_over_time"].isel(series=0, time=-1)
    tops = [area.get_paths()[0].vertices[:, 1].max() for area in ax.collections]
    np.testing.assert_allclose(tops[0], alone.sel(factor="angle/two"))
    np.testing.assert_allclose(tops[1], alone.sel(factor=["angle/two", "angle one"]).sum())
    assert tops[-1] == pytest.approx(1.0)
    nothing_is_clipped(ax)


def test_over_time_of_a_screening_has_units(ishigami_model, ishigami_space) -> None:
    found = swept(ishigami_model, ishigami_space, method="morris", over_time=True)
    ax = sa.plot_over_time(found)
    assert ax.get_ylabel() == "effect of moving the factor over its range (kn)"
    with pytest.raises(sa.AnalysisError, match="method morris has no index S1 to stack: draw"):
        sa.plot_over_time(found, stacked=True)


def test_over_time_says_what_is_missing(ishigami_model, ishigami_space) -> None:
    with pytest.raises(sa.AnalysisError, match="make it with over_time=True"):
        sa.plot_over_time(swept(ishigami_model, ishigami_space))
    found = swept(ishigami_model, ishigami_space, keep_series="nothing", over_time=True)
    with pytest.raises(sa.AnalysisError, match="'nothing' has no indices over time to draw: it"):
        sa.plot_over_time(found)


def test_the_plane_of_morris(ishigami_model, ishigami_space, texts, nothing_is_clipped) -> None:
    found = swept(ishigami_model, ishigami_space, method="morris", samples=64)
    ax = sa.plot_morris(found)
    drawn = {
        (float(x), float(y))
        for bars in ax.containers
        for x, y in zip(*bars.lines[0].get_data(), strict=True)
    }
    table = sa.ranking(found)
    assert drawn == set(zip(table["mu_star"], table["sigma"], strict=True))
    assert [bars.get_label() for bars in ax.containers] == ["lever", "uncertainty"]
    guide = ax.get_lines()[0].get_xydata()
    np.testing.assert_allclose(guide[:, 0], guide[:, 1])  # 45 degrees in units of the axes
    assert f"1  {table.index[0]} (rad)" in texts(ax)
    assert ax.get_xlabel().endswith("(kn)")
    nothing_is_clipped(ax)
    with pytest.raises(sa.AnalysisError, match="method sobol gives no mu_star and sigma to draw"):
        sa.plot_morris(swept(ishigami_model, ishigami_space))


def test_a_tornado_of_ends(ishigami_model, ishigami_space, texts, nothing_is_clipped) -> None:
    """Of a sum of two factors the mean at an end is that of the end, the other's being zero."""
    found = swept(ishigami_model, ishigami_space, "two and three", samples=1024)
    ax = sa.plot_tornado(found)
    assert [label.get_text() for label in ax.get_yticklabels()][:2] == [
        "angle/two (rad)",
        "Angle_3 (rad) (rad)",
    ]
    low, high = ([bar.get_width() for bar in bars] for bars in ax.containers[::2])
    end = np.pi * 0.9  # middle of the outer tenth
    np.testing.assert_allclose(low[:2], [-end, -end / 2], atol=0.05)
    np.testing.assert_allclose(high[:2], [end, end / 2], atol=0.05)
    assert ax.get_xlabel() == "mean outcome there, less the mean of all runs (rad)"
    assert "italic: uncertainties" in texts(ax)
    nothing_is_clipped(ax)


def test_a_tornado_of_signed_effects(ishigami_model, ishigami_space) -> None:
    found = swept(ishigami_model, ishigami_space, "two and three", method="morris", samples=16)
    ax = sa.plot_tornado(found, most=2)
    bars = [bar.get_width() for bar in ax.containers[0]]
    np.testing.assert_allclose(bars, [2 * np.pi, np.pi], rtol=1e-12)
    assert "1 weaker factors not shown" in ax.figure._supxlabel.get_text()


def test_a_tornado_from_the_default(ishigami_model, ishigami_space) -> None:
    """What a method one at a time gives is drawn as it is."""
    found = swept(ishigami_model, ishigami_space)
    to_low = xr.DataArray([[-1.0, 2.0, 0.0]], dims=("outcome", "factor"))
    found = found.assign(to_low=to_low, to_high=-3 * to_low)
    ax = sa.plot_tornado(found)
    assert ax.get_yticklabels()[0].get_text() == "angle/two (rad)"
    assert [bar.get_width() for bar in ax.containers[0]] == [2.0, -1.0, 0.0]
    assert [bar.get_width() for bar in ax.containers[1]] == [-6.0, 3.0, 0.0]


def test_groups_of_factors_have_their_own_names(ishigami_model, ishigami_space) -> None:
    """Where factors move in groups, indices are about the groups, and runs about the factors."""
    found = swept(ishigami_model, ishigami_space)
    grouped = found.assign_coords(
        {"group": ("factor", ["both", "", "both"]), "factor group": ["both", "angle/two"]}
    )
    effects = xr.DataArray([[0.5, -2.0]], dims=("outcome", "factor group"))
    grouped = grouped.assign(mu=effects, sigma=abs(effects))
    ax = sa.plot_tornado(grouped)
    assert [label.get_text() for label in ax.get_yticklabels()] == ["angle/two (rad)", "both"]
    assert members(grouped, ["angle/two", "both"]) == ["angle/two", "angle one", "Angle_3 (rad)"]


def test_parallel_coordinates(ishigami_model, ishigami_space, nothing_is_clipped) -> None:
    found = swept(ishigami_model, ishigami_space, "two and three", samples=1024)
    ax = sa.plot_parallel(found, factors=["angle/two", "ANGLE one"])
    assert [label.get_text() for label in ax.get_xticklabels()] == [
        "angle/two (rad)",
        "angle one (rad)",
        "final two and\nthree (rad)",
    ]
    rest, lowest, highest = (len(lines.get_segments()) for lines in ax.collections)
    assert rest + lowest + highest == 1000
    assert lowest == pytest.approx(100, abs=15)
    assert highest == pytest.approx(100, abs=15)
    outcomes = found["outcomes"].values[0]
    free = found.attrs["runs"] * 2 // 5
    ends = np.array([line[-1, 1] for line in ax.collections[2].get_segments()])
    span = outcomes.max() - outcomes.min()
    assert free == 2048
    assert ends.min() >= 0.9 - 0.35 * 6 / span  # the top tenth of a sum lies far up its axis
    assert "1,000 of 2,048 runs shown" in ax.figure._supxlabel.get_text()
    nothing_is_clipped(ax)


def test_where_runs_fail(ishigami_model, ishigami_space, texts, nothing_is_clipped) -> None:
    ishigami_model.fails = lambda columns: columns["angle/two"] + 0.3 * columns["angle one"] > 3.0
    with pytest.warns(sa.SweepWarning):
        found = swept(ishigami_model, ishigami_space)
    axes = sa.plot_failed(found, most=2)
    assert axes.shape == (2, 2)
    assert axes[1, 0].get_xlabel() == "angle/two (rad)"
    assert axes[1, 0].get_ylabel() == "angle one (rad)"
    sound, failed = (line.get_xydata() for line in axes[1, 0].get_lines())
    assert len(failed) == found.attrs["failed_runs"]
    assert len(sound) == found.attrs["runs"] - len(failed)
    assert (failed[:, 0] + 0.3 * failed[:, 1] > 3.0).all()
    assert not (sound[:, 0] + 0.3 * sound[:, 1] > 3.0).any()
    assert f"{len(failed)} of them failed" in texts(axes[0, 0])
    nothing_is_clipped(axes[0, 0])
    (one,) = sa.plot_failed(found, factors=["angle_3 (rad)"]).ravel()
    assert one.get_xlabel() == "Angle_3 (rad) (rad)"


def test_without_failed_runs_there_is_nothing_to_draw(ishigami_model, ishigami_space) -> None:
    with pytest.raises(sa.AnalysisError, match="no run of the sweep failed"):
        sa.plot_failed(swept(ishigami_model, ishigami_space))
    ishigami_model.fails = lambda columns: np.ones(len(columns["angle one"]), dtype=bool)
    with pytest.warns(sa.SweepWarning):
        lost = swept(ishigami_model, ishigami_space)
    with pytest.raises(sa.AnalysisError, match="all runs of the sweep failed"):
        sa.plot_failed(lost)
    for draw in (sa.plot_tornado, sa.plot_parallel):
        with pytest.raises(sa.AnalysisError, match="outcome 'final Y out' has no"):
            draw(lost)


@pytest.mark.parametrize(
    ("method", "fitting"),
    [
        ("sobol", "ranking fan over-time stacked scatter failed"),
        ("morris", "ranking morris fan over-time scatter failed"),
    ],
)
def test_the_table_knows_what_fits(method, fitting, ishigami_model, ishigami_space) -> None:
    ishigami_model.fails = lambda columns: columns["angle one"] > 3.0
    with pytest.warns(sa.SweepWarning):
        found = swept(ishigami_model, ishigami_space, method=method, over_time=True)
    fits = [name for name, row in FIGURES.items() if row.fits(found)]
    assert fits == fitting.split()
    for name in fits:
        for subject in FIGURES[name].subjects(found):
            FIGURES[name].draw(found, subject)
            assert pyplot.gcf()._supxlabel.get_text().startswith("ishigami 01234567")
    assert len(pyplot.get_fignums()) == len(fits)


def test_the_table_names_functions_that_are_public() -> None:
    for row in FIGURES.values():
        module, name = row.home
        assert getattr(sa, name) is getattr(import_module(f"sensitivity.figures.{module}"), name)
        parameters = inspect.signature(getattr(sa, name)).parameters
        assert set(row.options) <= set(parameters)


def test_intervals_are_told_where_there_are_some(ishigami_model, ishigami_space, texts) -> None:
    for method, lines in (("fractional-factorial", False), ("sobol", True)):
        samples = 1 if method == "fractional-factorial" else 128
        found = swept(ishigami_model, ishigami_space, method=method, samples=samples)
        assert ("lines: 95% intervals" in texts(sa.plot_ranking(found))) == lines
