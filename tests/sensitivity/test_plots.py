from __future__ import annotations

import matplotlib as mpl
import numpy as np
import pytest
import xarray as xr
from matplotlib import pyplot

import sensitivity as sa

mpl.use("Agg")


@pytest.fixture(autouse=True)
def _close_figures():
    yield
    pyplot.close("all")


@pytest.fixture(params=["sobol", "morris", "fast"])
def stored(request, ishigami_model, ishigami_space) -> xr.Dataset:
    """Return a small sweep of each method."""
    outcomes = ["Y out", sa.growth("income", label="Growth of income, in $ and a long label")]
    return sa.sweep(
        ishigami_model, ishigami_space, outcomes, method=request.param, samples=128, resamples=20
    )


def test_ranking(stored, texts, nothing_is_clipped) -> None:
    ax = sa.plot_ranking(stored)
    drawn = texts(ax)
    best = sa.ranking(stored).index[0]
    assert ax.get_yticklabels()[0].get_text() == f"{best} (rad)"
    # The strongest is on top.
    assert ax.get_yticks()[0] == max(ax.get_yticks())
    assert "ishigami 01234567" in drawn
    assert f"{stored.attrs['method']}, n = 128, seed 1" in drawn
    assert "none failed" in drawn
    assert "italic: uncertainties" in drawn
    in_units = stored.attrs["method"] == "morris"
    assert ax.get_xlabel() == (
        "effect of moving the factor over its range (kn)"
        if in_units
        else "share of the outcome's variance"
    )
    points = ax.containers[0].lines[0].get_xdata()
    shown = sa.METHODS[stored.attrs["method"]].ranks_by
    np.testing.assert_array_equal(points, sa.ranking(stored)[shown])
    nothing_is_clipped(ax)


def test_fan(stored, texts, nothing_is_clipped) -> None:
    ax = sa.plot_fan(stored, "INCOME")
    assert ax.get_ylabel() == r"income (\$/Year)"
    assert ax.get_xlabel() == "Time (Year)"
    median = next(line for line in ax.get_lines() if line.get_label() == "median")
    np.testing.assert_array_equal(
        median.get_ydata(), stored["percentiles"].sel(series="income", quantile=0.5)
    )
    assert "bands from" in texts(ax)
    nothing_is_clipped(ax)


def test_scatter(stored, nothing_is_clipped) -> None:
    axes = sa.plot_scatter(stored, "growth of income")
    assert len(axes) == 3
    assert axes[0].get_xlabel() == "angle one (rad)"
    assert "Growth of income, in" in axes[0].get_ylabel()
    x, y = axes[0].get_lines()[0].get_data()
    np.testing.assert_allclose(y, np.exp(0.02 * (x + 4)) - 1, rtol=1e-12)
    nothing_is_clipped(axes[0])
    (one,) = sa.plot_scatter(stored, factors=["Angle/Two"])
    assert one.get_xlabel() == "angle/two (rad)"


def test_given_axes_are_used(stored, texts) -> None:
    figure, axes = pyplot.subplots(2, 2, figsize=(9, 9), layout="constrained")
    assert sa.plot_ranking(stored, ax=axes[0, 0]) is axes[0, 0]
    assert sa.plot_fan(stored, ax=axes[0, 1]) is axes[0, 1]
    drawn = sa.plot_scatter(stored, ax=axes[1], most=2)
    assert [one is other for one, other in zip(drawn, axes[1], strict=True)] == [True, True]
    assert pyplot.get_fignums() == [figure.number]
    assert "seed 1" in texts(axes[0, 0])


def test_many_factors_with_long_names(g_model, nothing_is_clipped) -> None:
    model, space, _ = g_model([0.0, 1.0, 4.5, 9.0, 99.0, 99.0, 99.0])
    long = {
        name: f"{name}: share of trained people in the laboratories of foreign firms [{place}]"
        for place, name in enumerate(space.names)
    }
    compute = model.compute
    model.compute = lambda columns: compute(
        {short: columns[written] for short, written in long.items()}
    )
    model.constants = dict.fromkeys(long.values(), 0.5)
    model.units = {"g": "kn", **dict.fromkeys(long.values(), "person/Year")}
    wide = sa.Space([sa.factor(name, 0, 1, unit="person/Year") for name in long.values()])
    found = sa.sweep(model, wide, "g", samples=64)
    nothing_is_clipped(sa.plot_ranking(found))
    nothing_is_clipped(sa.plot_scatter(found)[0])
    assert len(sa.plot_ranking(found, most=4).get_yticks()) == 4


def test_failed_runs_are_noted(ishigami_model, ishigami_space, texts) -> None:
    ishigami_model.fails = lambda columns: columns["angle one"] > 2.9
    with pytest.warns(sa.SweepWarning):
        found = sa.sweep(ishigami_model, ishigami_space, "Y out", samples=128)
    failed = f"{found.attrs['failed_runs']} of them failed"
    assert failed in texts(sa.plot_ranking(found))
    assert f"indices from {found['blocks_used'].item()} of 128 base samples" in texts(
        sa.plot_ranking(found)
    )
    assert failed in texts(sa.plot_fan(found))
    assert failed in texts(sa.plot_scatter(found)[0])


def test_what_cannot_be_drawn(stored, ishigami_model, ishigami_space) -> None:
    with pytest.raises(sa.AnalysisError, match="the sweep kept no course of 'incme'; did you mean"):
        sa.plot_fan(stored, "incme")
    with pytest.raises(sa.AnalysisError, match="the sweep has no factor 'angle fore'"):
        sa.plot_scatter(stored, factors=["angle fore"])
    with pytest.raises(sa.AnalysisError, match="3 factors need as many axes, but ax has 1"):
        sa.plot_scatter(stored, ax=[pyplot.figure().add_subplot()])
    with pytest.warns(sa.SweepWarning):
        flat = sa.sweep(ishigami_model, ishigami_space, "nothing", keep_series=(), samples=64)
    with pytest.raises(
        sa.AnalysisError, match="outcome 'final nothing' has no indices to draw: it"
    ):
        sa.plot_ranking(flat)
    with pytest.raises(sa.AnalysisError, match="the sweep kept no courses: make it with keep_seri"):
        sa.plot_fan(flat)


def test_a_scatter_without_sound_runs(ishigami_model, ishigami_space) -> None:
    ishigami_model.fails = lambda columns: np.ones(len(columns["angle one"]), dtype=bool)
    with pytest.warns(sa.SweepWarning):
        found = sa.sweep(ishigami_model, ishigami_space, "Y out", samples=64)
    with pytest.raises(
        sa.AnalysisError, match="outcome 'final Y out' has no sound run to draw: of"
    ):
        sa.plot_scatter(found)
