"""The dataset that a sweep is, in memory and when a store is opened: one layout for both."""

from __future__ import annotations

import json
import time
from collections.abc import Iterable
from dataclasses import dataclass
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.errors import fold
from sensitivity.outcomes import STATUSES
from sensitivity.studies import bands

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    from sensitivity.studies.chunks import Job

    Floats = NDArray[np.float64]

FORMAT = 1
QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)


@dataclass(frozen=True, slots=True)
class Kept:
    """What was kept of all runs of a study together.

    Parameters
    ----------
    outcomes, status
        (outcome, run).
    failures
        The failed runs in order: run, time, variable and cause.
    counts, extremes
        Of the bands, over all runs.
    """

    outcomes: Floats
    status: NDArray[np.int8]
    failures: list[tuple[int, float, str, str]]
    counts: NDArray[np.integer]
    extremes: Floats


def dataset(job: Job, kept: Kept, *, design: Floats | None, seconds: float) -> xr.Dataset:
    """Return the runs of a study as a sweep, still without indices.

    Parameters
    ----------
    design
        The value of each factor in each run; left out where it is too large.
    seconds
        How long the runs took.
    """
    import xarray as xr

    study, plan = job.study, job.study.plan
    units = {fold(name): unit for name, unit in study.model.units.items()}
    time_unit = units.get("time step", "") or units.get("time", "")
    one_run = {arm: np.array([bool(job.base_cause)]) for arm in job.base}
    base, _ = job.measures.take(job.times, job.base, one_run, job.reference)
    percentiles = bands.quantiles(kept.counts, kept.extremes, job.edges, np.array(QUANTILES))
    counted = int(kept.counts[0, 0].sum()) if kept.counts.size else 0
    variables: dict[str, Any] = {
        "outcomes": (("outcome", "sample"), kept.outcomes, {"long_name": "outcome of each run"}),
        "status": (
            ("outcome", "sample"),
            kept.status,
            {
                "long_name": "what became of each run",
                "flag_values": np.arange(len(STATUSES), dtype=np.int8),
                "flag_meanings": " ".join(text.replace(" ", "_") for text in STATUSES),
            },
        ),
        "base": (("outcome",), base[:, 0], {"long_name": "outcome with every factor at default"}),
        "percentiles": (
            ("series", "quantile", "time"),
            percentiles,
            {"long_name": "course over all sound runs", "runs": counted},
        ),
        "base_series": (
            ("series", "time"),
            np.array([job.base[""][name][:, 0] for name in study.series]).reshape(
                len(study.series), len(job.times)
            ),
            {"long_name": "course with every factor at default"},
        ),
        "failed_time": (("failure",), np.array([one[1] for one in kept.failures], dtype=float)),
        "failed_variable": (("failure",), texts(one[2] for one in kept.failures)),
        "failed_cause": (("failure",), texts(one[3] for one in kept.failures)),
    }
    if design is not None:
        variables["design"] = (("sample", "factor"), design, {"long_name": "value of each factor"})
    factors = study.space.factors
    swept = xr.Dataset(
        data_vars=variables,
        coords={
            "sample": np.arange(plan.runs),
            "factor": texts(one.name for one in factors),
            "outcome": texts(one.name for one in study.outcomes),
            "series": texts(study.series),
            "quantile": np.array(QUANTILES),
            "time": ("time", job.times, {"units": time_unit}),
            "failure": np.array([one[0] for one in kept.failures], dtype=np.int64),
            "role": ("factor", texts(study.space.roles)),
            "group": ("factor", texts(one.group or "" for one in factors)),
            "factor_label": ("factor", texts(one.label or one.name for one in factors)),
            "factor_unit": ("factor", texts(one.unit or "" for one in factors)),
            "low": ("factor", np.array([one.low for one in factors], dtype=float)),
            "high": ("factor", np.array([one.high for one in factors], dtype=float)),
            "default": ("factor", np.array([one.default for one in factors], dtype=float)),
            "outcome_label": ("outcome", texts(one.label or one.name for one in study.outcomes)),
            "outcome_unit": ("outcome", texts(one.unit for one in study.outcomes)),
            "series_unit": ("series", texts(units.get(fold(name), "") for name in study.series)),
        },
    )
    swept.attrs = _provenance(job, kept, seconds)
    return swept


def texts(given: Iterable[str]) -> NDArray[np.str_]:
    """Return texts as an array, also where there are none."""
    return np.array(list(given), dtype=str)


def _provenance(job: Job, kept: Kept, seconds: float) -> dict[str, Any]:
    study, plan = job.study, job.study.plan
    return {
        "title": f"{plan.method} sweep of {study.model.name}",
        "sensitivity_format": FORMAT,
        "model": study.model.name,
        "model_file": str(study.model.path.absolute()),
        "model_digest": study.model.digest,
        "method": plan.method,
        "about": plan.row.about,
        "samples": plan.samples,
        "seed": plan.seed,
        "bootstrap_seed": plan.seed,
        "second_order": int(plan.second_order),
        "resamples": plan.resamples,
        "confidence": plan.confidence,
        "plan": json.dumps(plan.to_dict()),
        "runs": plan.runs,
        "failed_runs": len({one[0] for one in kept.failures}),
        "integration": job.integration,
        "options": json.dumps({"method": study.integration, **study.options}, sort_keys=True),
        "arms": json.dumps(job.measures.arms),
        "arms_told": "; ".join(
            f"arm '{arm}' sets {', '.join(names)}: what was drawn does not count there"
            for arm, names in job.measures.overruled(study.space.names).items()
        ),
        "references": json.dumps(job.measures.references),
        "limits": json.dumps(job.measures.limits),
        "fixed": json.dumps(dict(study.fixed), sort_keys=True),
        "space": json.dumps(study.space.to_dict()),
        "outcome_definitions": json.dumps([one.to_dict() for one in study.outcomes]),
        "identity": json.dumps(study.identity, sort_keys=True),
        "constants": json.dumps(dict(study.model.constants)),
        "versions": json.dumps(dict(job.provenance) | versions(), sort_keys=True),
        **({"origin": json.dumps(dict(study.origin))} if study.origin else {}),
        "seconds_running": round(seconds, 3),
        "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def versions() -> dict[str, str]:
    """Return the versions of the libraries that the numbers passed through."""
    # What took part in running the model says so itself, in the provenance of its runs.
    return {package: version(package) for package in ("numpy", "scipy", "SALib", "xarray")}
