"""The real core model, swept by the real engine."""

from __future__ import annotations

import json
from pathlib import Path

import numpy as np
import pytest
import xarray as xr
from click.testing import CliRunner

import sdmodel as sd
import sensitivity as sa
from sensitivity.cli import main

MODELS = Path(__file__).parents[2] / "models"
CORE = MODELS / "core.mdl"


@pytest.fixture(scope="module")
def core() -> sd.Model:
    return sd.load(CORE)


def test_the_space_of_the_toml(core) -> None:
    space = sa.Space.from_settings(core)
    assert set(space.names) <= set(core.constants)
    assert space.roles.count("lever") == len(core.settings.levers) > 0
    assert space.roles.count("uncertainty") == len(core.settings.uncertainties) > 0
    assert sa.Space.from_toml(MODELS / "core.toml") == space
    assert sa.Space.from_toml(MODELS / "core.toml", core) == space
    assert sa.read_levers(MODELS / "core.toml").names == tuple(core.settings.levers)
    assert space.matched(core) == space
    assert all(one.unit == core.units[one.name] for one in space)


def test_outcomes_are_those_of_single_runs(core) -> None:
    """Each row of a sweep is what the model gives when it is run by itself with those values."""
    space = sa.Space.from_settings(core, "levers")
    name = core.settings.highlights[0]
    found = sa.sweep(core, space, [name, sa.mean(name)], samples=4, resamples=0)
    for row in (0, 5, 17):
        values = found["design"].isel(sample=row)
        one = core.run(
            {str(factor): float(value) for factor, value in zip(space.names, values, strict=True)},
            method="vensim",
        )
        assert found["outcomes"].values[0, row] == one.values(name)[-1]
        assert found["outcomes"].values[1, row] == pytest.approx(one.values(name).mean(), rel=1e-14)
    assert found["base"].values[0] == core.run(method="vensim").values(name)[-1]
    assert found["time"].values.tolist() == core.run(method="vensim").times.tolist()


def test_runs_that_blow_up_are_left_out_and_named(core) -> None:
    """One draw in twenty has no square root; it and its base sample go, the rest stays."""
    fragile = core.replace(
        "forgetting", "Domestic knowledge*forgetting rate+0*SQRT(0.95-network exposure)"
    )
    space = sa.Space.from_settings(core, "levers")
    with pytest.warns(sa.SweepWarning, match="runs .* failed; the .* base samples they belong to"):
        found = sa.sweep(fragile, space, "relative knowledge", samples=64)
    whole = sa.sweep(core, space, "relative knowledge", samples=64)
    failed = found["design"].sel(factor="network exposure").values > 0.95
    assert 0.02 < failed.mean() < 0.08
    assert found.attrs["failed_runs"] == failed.sum()
    assert found["failure"].values.tolist() == np.flatnonzero(failed).tolist()
    assert np.array_equal(np.isnan(found["outcomes"].values[0]), failed)
    np.testing.assert_array_equal(
        found["outcomes"].values[0, ~failed], whole["outcomes"].values[0, ~failed]
    )
    assert np.isfinite(found["percentiles"].values).all()
    assert np.isfinite(found["ST"].values).all()


def test_chunks_do_not_change_a_bit(core) -> None:
    space = sa.Space.from_settings(core)
    outcomes = [sa.growth("relative knowledge"), sa.mean("relative knowledge")]
    whole, cut = (
        sa.sweep(core, space, outcomes, samples=4, resamples=10, chunk=chunk) for chunk in (999, 7)
    )
    for clock in ("written", "seconds_running"):
        del whole.attrs[clock], cut.attrs[clock]
    xr.testing.assert_identical(whole, cut)


def test_the_command_line_from_sweep_to_figures(tmp_path) -> None:
    path = tmp_path / "sweep.nc"

    def run(*arguments: object) -> str:
        done = CliRunner().invoke(main, [str(one) for one in arguments])
        assert done.exit_code == 0, done.output
        return done.output

    options = ("--of", "relative knowledge", "--what", "levers", "-n", 64)
    printed = run("sweep", CORE, *options, "-o", path)
    assert "final relative knowledge" in printed
    assert "core, method sobol, n = 64" in printed
    data = json.loads(run("rank", path, "--json"))
    assert data["model_digest"] == sd.load(CORE).digest
    assert data["failed_runs"] == 0
    ranked = data["outcomes"][0]["factors"]
    assert [row["ST"] for row in ranked] == sorted((row["ST"] for row in ranked), reverse=True)
    run("plot", path, "-o", tmp_path)
    assert len(list(tmp_path.glob("*.png"))) == 3


def test_a_levers_file_of_ones_own(tmp_path) -> None:
    levers = tmp_path / "mine.toml"
    levers.write_text(
        '[levers."education effort"]\nlow = 0.2\nhigh = 0.4\n[levers."Return programme"]\n'
    )
    path = tmp_path / "sweep.nc"
    options = ("--levers", levers, "--of", "relative knowledge", "-n", 4, "-o", path)
    done = CliRunner().invoke(main, ["sweep", str(CORE), *(str(one) for one in options)])
    assert done.exit_code == 0, done.output
    design = sa.open_sweep(path)["design"]
    assert design["factor"].values.tolist() == ["education effort", "return programme"]
    assert 0.2 <= design.values[:, 0].min() < design.values[:, 0].max() <= 0.4


def test_levers_files_that_cannot_be_read(core, tmp_path) -> None:
    with pytest.raises(sa.SpaceError, match="there is no levers file nowhere.toml: give the .toml"):
        sa.Space.from_toml("nowhere.toml", core)
    alone = tmp_path / "alone.toml"
    alone.write_text('title = "nothing"\n')
    with pytest.raises(sa.SpaceError, match=r"alone.toml has no model alone.mdl beside it: name"):
        sa.Space.from_toml(alone)
    with pytest.raises(sa.SpaceError, match=r"alone.toml names no levers or uncertainties: add ta"):
        sa.Space.from_toml(alone, core)
    wrong = tmp_path / "wrong.toml"
    wrong.write_text('[levers."eduction effort"]\n')
    with pytest.raises(sd.SDError, match="education effort"):
        sa.Space.from_toml(wrong, core)


@pytest.mark.parametrize("method", sorted(sa.METHODS))
def test_every_method_runs_on_the_core_model(core, method, small) -> None:
    space = sa.Space.from_settings(core, "levers")
    options = {"method": method, "samples": small[method], "resamples": 20}
    found = sa.sweep(core, space, "relative knowledge", **options)
    assert found.attrs["failed_runs"] == 0
    assert np.isfinite(found[sa.METHODS[method].ranks_by].values).all()
    assert np.all(np.diff(found["percentiles"].values[0], axis=0) >= 0)
