"""Stored sweeps and claims on the page: what they hold is shown, and what is none is refused."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import xarray as xr

import sdmodel as sd
from sdmodel.publishing.claims import claims_section
from sdmodel.publishing.sweeps import MOST, sweep_data, sweep_section

ROOT = Path(__file__).parents[2]
FACTORS = 20


@pytest.fixture(scope="module")
def core() -> sd.Model:
    return sd.load(ROOT / "models" / "core.mdl")


def stored(path: Path, digest: str, **attributes: object) -> Path:
    """Write a file laid out as the sweeps of the sensitivity package are."""
    names = [f"<factor {place}>" for place in range(FACTORS)]
    strength = np.linspace(0.0, 1.0, FACTORS)
    strength[3] = np.nan
    times = np.array([0.0, 1.0, 2.0])
    quantiles = np.array([0.1, 0.5, 0.9])
    bands = quantiles[:, None] * times
    bands[0, 0] = np.nan
    told = {
        "sensitivity_format": 1,
        "method": "sobol",
        "samples": 8,
        "seed": 1,
        "runs": 64,
        "failed_runs": 2,
        "model_digest": digest,
    } | attributes
    xr.Dataset(
        {
            "ST": (("outcome", "factor"), strength[None], {"long_name": "share of variance"}),
            "ST_conf": (("outcome", "factor"), 0.1 * strength[None]),
            "S1": (("outcome", "factor"), strength[None] / 2),
            "note": (("outcome",), ["two runs failed"]),
            "percentiles": (("series", "quantile", "time"), bands[None]),
            "base_series": (("series", "time"), times[None]),
        },
        coords={
            "outcome": ["end"],
            "outcome_label": ("outcome", ["The <end>"]),
            "outcome_unit": ("outcome", ["dmnl"]),
            "factor": names,
            "factor_label": ("factor", [f"Label {place // 2}" for place in range(FACTORS)]),
            "role": ("factor", ["lever", "uncertainty"] * (FACTORS // 2)),
            "series": ["x"],
            "series_unit": ("series", ["kn"]),
            "quantile": quantiles,
            "time": times,
        },
        attrs=told,
    ).to_netcdf(path, engine="h5netcdf")
    return path


def test_a_sweep_shows_its_strongest_factors_and_its_bands(core: sd.Model, tmp_path: Path) -> None:
    found = sweep_data(stored(tmp_path / "sweep.nc", core.digest), core)
    json.dumps(found, allow_nan=False)
    [outcome] = found["outcomes"]
    values = [row[2] for row in outcome["rows"]]
    assert outcome["index"] == "ST"
    assert values == sorted(values, reverse=True)
    assert (len(values), outcome["more"]) == (MOST, FACTORS - 1 - MOST)
    assert outcome["rows"][0] == ["Label 9 (<factor 19>)", "uncertainty", 1.0, pytest.approx(0.1)]
    [course] = found["series"]
    assert course["bands"] == [[None, 0.1, 0.2], [0.0, 0.5, 1.0], [0.0, 0.9, 1.8]]
    assert "2 of the runs failed" in found["about"]
    assert "another version" not in found["about"]
    html = sweep_section(found)
    assert "The &lt;end&gt;" in html


def test_a_sweep_of_another_version_says_so(core: sd.Model, tmp_path: Path) -> None:
    found = sweep_data(stored(tmp_path / "sweep.nc", "0" * 64), core)
    assert "another version of the model" in found["about"]


def test_what_is_no_sweep_is_refused_with_the_cure(core: sd.Model, tmp_path: Path) -> None:
    text = tmp_path / "text.nc"
    text.write_text("no netCDF", encoding="utf-8")
    other = tmp_path / "other.nc"
    xr.Dataset({"x": 1.0}).to_netcdf(other, engine="h5netcdf")
    for path in (text, other, tmp_path / "missing.nc"):
        with pytest.raises(sd.SDError, match="sensitivity sweep"):
            sweep_data(path, core)
    later = stored(tmp_path / "later.nc", core.digest, sensitivity_format=2)
    with pytest.raises(sd.SDError, match="layout 2"):
        sweep_data(later, core)
    poor = tmp_path / "poor.nc"
    with xr.open_dataset(stored(tmp_path / "s.nc", core.digest), engine="h5netcdf") as whole:
        whole.drop_vars("factor_label").to_netcdf(poor, engine="h5netcdf")
    with pytest.raises(sd.SDError, match="factor_label"):
        sweep_data(poor, core)


def claim(**told: object) -> dict[str, Any]:
    verdict = {"text": "supported", "sure": True, "holds": 0.96, "draws": 500}
    found = {"text": "A <b>claim</b>", "verdict": verdict, "plausible": None, "flips": []}
    return found | told


def claims(path: Path, digest: str, *results: dict[str, Any], version: int = 1) -> Path:
    told = {
        "claims_format": version,
        "provenance": {"digest": digest},
        "counts": {"supported": len(results)},
        "results": results,
    }
    path.write_text(json.dumps(told), encoding="utf-8")
    return path


def test_claims_are_a_table_with_verdicts(core: sd.Model, tmp_path: Path) -> None:
    unsure = {"text": "reversed", "sure": False, "holds": None, "draws": 0}
    flips = [{"factor": "x & y", "helps": "high"}]
    path = claims(tmp_path / "c.json", core.digest, claim(), claim(verdict=unsure, flips=flips))
    html = claims_section(path, core)
    assert "A &lt;b&gt;claim&lt;/b&gt;" in html
    assert '<span class="good">supported</span>' in html
    assert '<span class="bad">reversed</span> (not sure)' in html
    assert "96% of 500" in html
    assert "x &amp; y (high helps)" in html
    assert "another version" not in html
    assert "another version" in claims_section(claims(path, "0" * 64), core)


def test_what_holds_no_claims_is_refused_with_the_cure(core: sd.Model, tmp_path: Path) -> None:
    path = tmp_path / "c.json"
    for text in ("no JSON", "[]", "{}", '{"claims_format": 1}', "[" * 10**5):
        path.write_text(text, encoding="utf-8")
        with pytest.raises(sd.SDError, match=r"claims\.json that 'sensitivity claims' wrote"):
            claims_section(path, core)
    with pytest.raises(sd.SDError, match="layout is 2"):
        claims_section(claims(path, core.digest, version=2), core)
    with pytest.raises(sd.SDError, match="cannot be read"):
        claims_section(tmp_path / "missing.json", core)
