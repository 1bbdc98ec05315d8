"""A sweep: the space, sampled by a method, run through the model, reduced to outcomes, ranked."""

from __future__ import annotations

import json
import time
import warnings
from collections.abc import Callable, Iterable
from dataclasses import dataclass, field
from importlib.metadata import version
from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.analysis import indices_of, tell, with_indices
from sensitivity.errors import MethodError, OutcomeError, SweepWarning, fold, near
from sensitivity.methods import METHODS, Plan
from sensitivity.methods.fitting import plan_for
from sensitivity.outcomes import FAILED, STATUSES, Outcome, choose

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    import sdmodel as sd
    from sensitivity.space import Space

    Floats = NDArray[np.float64]
    Progress = Callable[[int, int], None]

FORMAT = 1
QUANTILES = (0.025, 0.1, 0.25, 0.5, 0.75, 0.9, 0.975)
# A fan chart is drawn from so many runs at most: percentiles are then good to about a point,
# and the memory they need does not grow with the sweep.
FAN_RUNS = 4096
# Runs are asked for in chunks whose trajectories take about this many bytes.
CHUNK_BYTES = 48 * 2**20
CHUNK_RUNS = 64  # chunks are multiples of this, so that no engine's lanes stand empty


def sweep(
    model: sd.Model,
    space: Space,
    outcomes: Outcome | str | Iterable[Outcome | str] | None = None,
    *,
    method: str = "sobol",
    samples: int | None = None,
    seed: int = 1,
    second_order: bool = False,
    grouped: bool = False,
    quantile: float = 0.5,
    threshold: float | None = None,
    resamples: int = 200,
    confidence: float = 0.95,
    keep_series: Iterable[str] | None = None,
    integration: str = "vensim",
    time_step: float | None = None,
    final_time: float | None = None,
    save_every: float | None = None,
    threads: int | None = None,
    chunk: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Run a model all over a space and rank what its outcomes depend on.

    Parameters
    ----------
    model
        A model from ``sdmodel.load``.
    space
        The levers and uncertainties to vary; everything else keeps its value in the model.
    outcomes
        What a run is judged by: outcomes, or names of outcomes in the model's TOML file, or
        names of variables, whose final value is meant. All of the TOML file when left out.
    method
        Its name in `METHODS`: ``sobol``, ``morris``, ``fast`` and others.
    samples
        What the method counts: base samples (sobol: a power of 2), trajectories (morris),
        points per factor (fast), levels (all-combinations) or runs; the method's usual number
        when left out.
    seed
        Of the design and the bootstrap; the same seed gives the same sweep.
    second_order
        Whether to rank pairs of factors too (sobol: about twice the runs; hdmr;
        fractional-factorial).
    grouped
        Whether factors of a group move together and are ranked as one (sobol, morris).
    quantile, threshold
        What tells runs from each other in ``regional``: a quantile of the outcome, or a value.
    resamples, confidence
        Of the bootstrap intervals; 0 resamples for no intervals.
    keep_series
        Variables whose percentiles over time are kept for fan charts; those the outcomes are
        taken from when left out.
    integration, time_step, final_time, save_every, threads
        How the model is run, as in ``Model.run_many``.
    chunk
        Runs to hold in memory at a time; found from the size of the model when left out. It
        does not change the result.
    progress
        Called with the runs done and the runs in all.

    Returns
    -------
    xarray.Dataset
        ``design`` (sample, factor), ``outcomes`` and ``status`` (outcome, sample), the method's
        indices with their intervals (outcome, factor), percentiles over time, failed runs with
        their causes, and everything needed to repeat it in ``attrs``.

    Warns
    -----
    SweepWarning
        When runs failed or outcomes are missing: how many, and what was left out for it.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=16)
    >>> result.attrs["runs"], result["ST"].dims
    (144, ('outcome', 'factor'))
    """
    plan = plan_for(
        space,
        method,
        samples,
        grouped=grouped,
        seed=seed,
        second_order=second_order,
        resamples=resamples,
        confidence=confidence,
        quantile=quantile,
        threshold=threshold,
    )
    if chunk is not None and chunk < 1:
        raise MethodError(f"chunk is {chunk}: give the number of runs to hold at a time, or none")
    space = space.matched(model)
    chosen = choose(model, outcomes)
    series = _series(model, chosen, keep_series)
    options: dict[str, Any] = {"method": integration}
    for name, value in (
        ("time_step", time_step),
        ("final_time", final_time),
        ("save_every", save_every),
        ("threads", threads),
    ):
        if value is not None:
            options[name] = value

    unit_design = plan.design()
    design = space.scale(unit_design)
    started = time.perf_counter()
    runs = _run_all(model, space, chosen, series, plan, design, options, chunk, progress)
    seconds = time.perf_counter() - started

    dataset = _dataset(model, space, chosen, series, plan, design, runs)
    if plan.row.wants_x:
        dataset["unit_design"] = (("sample", "factor"), unit_design)
        dataset["unit_design"].attrs["long_name"] = "the design on the unit cube"
    dataset.attrs = _provenance(model, space, chosen, plan, options, runs, seconds)
    found = indices_of(dataset, plan)
    tell(found)
    return with_indices(dataset, plan, found)


@dataclass(slots=True)
class _Runs:
    """What is kept of the runs while they come in, chunk after chunk."""

    outcomes: Floats
    status: NDArray[np.int8]
    times: Floats
    fan_rows: NDArray[np.int64]
    fan: Floats
    base: Floats
    base_series: Floats
    integration: str
    provenance: dict[str, Any]
    failures: list[tuple[int, float, str, str]] = field(default_factory=list)


def _series(model: sd.Model, chosen: list[Outcome], keep_series: Iterable[str] | None) -> list[str]:
    if keep_series is None:
        return list(dict.fromkeys(one.of for one in chosen))
    if isinstance(keep_series, str):
        keep_series = [keep_series]
    spelt = {fold(name): name for name in model.units}
    names = []
    for name in keep_series:
        if fold(name) not in spelt:
            raise OutcomeError(
                f"{model.name} has no variable '{name}' to keep{near(name, spelt.values())}"
            )
        names.append(spelt[fold(name)])
    return list(dict.fromkeys(names))


def _run_all(
    model: sd.Model,
    space: Space,
    chosen: list[Outcome],
    series: list[str],
    plan: Plan,
    design: Floats,
    options: dict[str, Any],
    chunk: int | None,
    progress: Progress | None,
) -> _Runs:
    """Run the base case and then the whole design, keeping outcomes and what fans need."""
    import pandas as pd

    wanted = list(dict.fromkeys([*(one.of for one in chosen), *series]))
    names = list(space.names)

    def run(rows: Floats, report: Progress | None) -> sd.RunBatch:
        table = pd.DataFrame(rows, columns=names)
        return model.run_many(table, outputs=wanted, progress=report, **options)

    base = run(np.array([list(space.defaults.values())]), None)
    times = np.asarray(base.times, dtype=float)
    total = len(design)
    fan_rows = plan.row.spread(plan)
    if len(fan_rows) > FAN_RUNS:
        # The beginning of a Sobol sequence is as even as the whole; elsewhere pick evenly.
        pick = (
            np.arange(FAN_RUNS)
            if plan.nested and plan.method != "morris"
            else _evenly(len(fan_rows))
        )
        fan_rows = fan_rows[pick]
    kept = _Runs(
        outcomes=np.full((len(chosen), total), np.nan),
        status=np.full((len(chosen), total), FAILED, dtype=np.int8),
        times=times,
        fan_rows=fan_rows,
        fan=np.full((len(series), len(times), len(fan_rows)), np.nan),
        base=np.full(len(chosen), np.nan),
        base_series=np.full((len(series), len(times)), np.nan),
        integration=base.method,
        provenance=dict(base.provenance),
    )
    for place, one in enumerate(chosen):
        values, _ = one.measure(times, _of(base, wanted, one.of), ~np.asarray(base.ok))
        kept.base[place] = values[0]
    for place, name in enumerate(series):
        kept.base_series[place] = _of(base, wanted, name)[:, 0]
    if not bool(np.asarray(base.ok)[0]):
        cause = base.failures.iloc[0]["cause"] if len(base.failures) else "it failed"
        warnings.warn(
            f"the run of {model.name} with every factor at its default failed ({cause}): compare "
            "with it only after that is mended",
            SweepWarning,
            stacklevel=4,
        )

    step = chunk if chunk is not None else _chunk(len(times), len(wanted))
    for first in range(0, total, step):
        last = min(first + step, total)
        report = None if progress is None else _shifted(progress, first, total)
        batch = run(design[first:last], report)
        _keep(kept, batch, chosen, series, wanted, first, last)
        if progress is not None:
            progress(last, total)
    return kept


def _evenly(available: int) -> NDArray[np.int64]:
    return np.linspace(0, available - 1, FAN_RUNS).round().astype(np.int64)


def _chunk(times: int, outputs: int) -> int:
    fit = CHUNK_BYTES // (8 * times * outputs)
    return int(np.clip(fit // CHUNK_RUNS * CHUNK_RUNS, CHUNK_RUNS, 1024 * CHUNK_RUNS))


def _shifted(progress: Progress, first: int, total: int) -> Progress:
    def report(done: int, _of_chunk: int) -> None:
        progress(first + done, total)

    return report


def _of(batch: sd.RunBatch, wanted: list[str], name: str) -> Floats:
    return np.ascontiguousarray(batch.values[wanted.index(name)], dtype=float)


def _keep(
    kept: _Runs,
    batch: sd.RunBatch,
    chosen: list[Outcome],
    series: list[str],
    wanted: list[str],
    first: int,
    last: int,
) -> None:
    failed = ~np.asarray(batch.ok, dtype=bool)
    table = batch.failures
    named = {int(run) for run in table["run"]}
    for run, when, variable, cause in zip(
        table["run"], table["time"], table["variable"], table["cause"], strict=True
    ):
        kept.failures.append((first + int(run), float(when), str(variable), str(cause)))
    for place, one in enumerate(chosen):
        values = _of(batch, wanted, one.of)
        measured, status = one.measure(kept.times, values, failed)
        kept.outcomes[place, first:last] = measured
        kept.status[place, first:last] = status
        for run in np.flatnonzero(status == FAILED):
            if int(run) not in named:
                named.add(int(run))
                at = float(kept.times[np.argmin(np.isfinite(values[:, run]))])
                kept.failures.append((first + int(run), at, one.of, "not a finite number"))
    here = (kept.fan_rows >= first) & (kept.fan_rows < last)
    columns = kept.fan_rows[here] - first
    for place, name in enumerate(series):
        courses = _of(batch, wanted, name)[:, columns]
        kept.fan[place][:, here] = np.where(failed[columns], np.nan, courses)


def _dataset(
    model: sd.Model,
    space: Space,
    chosen: list[Outcome],
    series: list[str],
    plan: Plan,
    design: Floats,
    runs: _Runs,
) -> xr.Dataset:
    import xarray as xr

    factors, units = space.factors, {fold(name): unit for name, unit in model.units.items()}
    sound = np.isfinite(runs.fan).all(axis=(0, 1))
    percentiles = np.full((len(series), len(QUANTILES), len(runs.times)), np.nan)
    if len(series) and sound.any():
        fan = runs.fan[:, :, sound]
        percentiles = np.quantile(fan, QUANTILES, axis=2).transpose(1, 0, 2)
    failures = sorted(runs.failures)
    time_unit = units.get("time step", "") or units.get("time", "")
    return xr.Dataset(
        data_vars={
            "design": (("sample", "factor"), design, {"long_name": "value of each factor"}),
            "outcomes": (
                ("outcome", "sample"),
                runs.outcomes,
                {"long_name": "outcome of each run"},
            ),
            "status": (
                ("outcome", "sample"),
                runs.status,
                {
                    "long_name": "what became of each run",
                    "flag_values": np.arange(len(STATUSES), dtype=np.int8),
                    "flag_meanings": " ".join(text.replace(" ", "_") for text in STATUSES),
                },
            ),
            "base": (
                ("outcome",),
                runs.base,
                {"long_name": "outcome with every factor at default"},
            ),
            "percentiles": (
                ("series", "quantile", "time"),
                percentiles,
                {"long_name": "course over all sound runs", "runs": int(sound.sum())},
            ),
            "base_series": (
                ("series", "time"),
                runs.base_series,
                {"long_name": "course with every factor at default"},
            ),
            "failed_time": (("failure",), np.array([one[1] for one in failures], dtype=float)),
            "failed_variable": (("failure",), _texts(one[2] for one in failures)),
            "failed_cause": (("failure",), _texts(one[3] for one in failures)),
        },
        coords={
            "sample": np.arange(plan.runs),
            "factor": _texts(one.name for one in factors),
            "outcome": _texts(one.name for one in chosen),
            "series": _texts(series),
            "quantile": np.array(QUANTILES),
            "time": ("time", runs.times, {"units": time_unit}),
            "failure": np.array([one[0] for one in failures], dtype=np.int64),
            "role": ("factor", _texts(space.roles)),
            "group": ("factor", _texts(one.group or "" for one in factors)),
            "factor_label": ("factor", _texts(one.label or one.name for one in factors)),
            "factor_unit": ("factor", _texts(one.unit or "" for one in factors)),
            "low": ("factor", np.array([one.low for one in factors], dtype=float)),
            "high": ("factor", np.array([one.high for one in factors], dtype=float)),
            "default": ("factor", np.array([one.default for one in factors], dtype=float)),
            "outcome_label": ("outcome", _texts(one.label or one.name for one in chosen)),
            "outcome_unit": ("outcome", _texts(one.unit for one in chosen)),
            "series_unit": ("series", _texts(units.get(fold(name), "") for name in series)),
        },
    )


def _texts(texts: Iterable[str]) -> NDArray[np.str_]:
    return np.array(list(texts), dtype=str)


def _provenance(
    model: sd.Model,
    space: Space,
    chosen: list[Outcome],
    plan: Plan,
    options: dict[str, Any],
    runs: _Runs,
    seconds: float,
) -> dict[str, Any]:
    return {
        "title": f"{plan.method} sweep of {model.name}",
        "sensitivity_format": FORMAT,
        "model": model.name,
        "model_digest": model.digest,
        "method": plan.method,
        "about": METHODS[plan.method].about,
        "samples": plan.samples,
        "seed": plan.seed,
        "bootstrap_seed": plan.seed,
        "second_order": int(plan.second_order),
        "resamples": plan.resamples,
        "confidence": plan.confidence,
        "plan": json.dumps(plan.to_dict()),
        "runs": plan.runs,
        "failed_runs": len({one[0] for one in runs.failures}),
        "integration": runs.integration,
        "options": json.dumps(options, sort_keys=True),
        "space": json.dumps(space.to_dict()),
        "outcome_definitions": json.dumps([one.to_dict() for one in chosen]),
        "constants": json.dumps(dict(model.constants)),
        "versions": json.dumps(runs.provenance | _versions(), sort_keys=True),
        "seconds_running": round(seconds, 3),
        "written": time.strftime("%Y-%m-%dT%H:%M:%SZ", time.gmtime()),
    }


def _versions() -> dict[str, str]:
    # What took part in running the model says so itself, in the provenance of its runs.
    return {package: version(package) for package in ("numpy", "scipy", "SALib", "xarray")}
