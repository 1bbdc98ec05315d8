"""Levers and uncertainties kept apart: indices of the ones over, or under, the others.

In a sweep of both together a lever's index is a share of a variance that is mostly not in anyone's
hands. Here levers are ranked for an outcome judged over all futures, and uncertainties anew for
each policy.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping
from typing import TYPE_CHECKING, Any

import numpy as np

import sdmodel as sd
from sensitivity.analysis import indices_of, with_indices
from sensitivity.claims.arms import Bench, Draws
from sensitivity.errors import AnalysisError, MethodError, SpaceError, among, near
from sensitivity.measures import Measures
from sensitivity.methods import Plan
from sensitivity.methods import method as method_named
from sensitivity.outcomes import FAILED, NOT_REACHED, OK, Outcome, choose
from sensitivity.progress import with_bar
from sensitivity.search.goals import BASE, SHARE, Goals
from sensitivity.search.trials import ROWS, Trials, drawn
from sensitivity.space import Space

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Progress = Callable[[int, int], None]

# Fewer futures left, as a share, and they would be a corner of the uncertainties.
LEAST_FUTURES = 0.5


@with_bar("levers")
def lever_indices(
    model: sd.Model,
    space: Space | None = None,
    outcomes: str | Iterable[str] = (),
    *,
    judge: str = "mean",
    require: str | Iterable[str] = (),
    samples: int = 256,
    draws: int = 64,
    seed: int = 1,
    resamples: int = 200,
    confidence: float = 0.95,
    threads: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Rank the levers for outcomes judged over all futures, by Sobol's method.

    Every row of the design of the levers is run in the same draws of the uncertainties, so what
    differs between rows is the levers' doing.

    Parameters
    ----------
    model, space
        The model; its levers and uncertainties, those of its TOML file when left out.
    outcomes
        Names of outcomes or variables; all of the TOML file when neither they nor a condition are
        given.
    judge
        How the values of an outcome in all futures become one: ``mean``, ``median``, or
        ``quantile 0.1``, the value below which it is in a tenth of them.
    require
        Conditions such as ``"income >= 3"``: the levers are ranked for the share of futures in
        which all of them hold, too.
    samples, draws, seed
        Base samples of the levers (a power of 2), and futures in which each is run.
    resamples, confidence
        Of the intervals, which speak of the levers' samples; the futures are taken as they are.
    threads, progress
        As in ``sweep``.

    Returns
    -------
    xarray.Dataset
        ``S1``, ``ST`` and their intervals (outcome, factor), for `ranking` and `plot_ranking`.

    Examples
    --------
    >>> import sdmodel as sd
    >>> from sensitivity import ranking
    >>> found = lever_indices(
    ...     sd.load("models/core.mdl"), outcomes="final relative knowledge", samples=64, draws=8
    ... )
    >>> ranking(found).index[0] in ("network exposure", "institutions quality")
    True
    """
    space = Space.from_settings(model) if space is None else space.matched(model)
    levers = Space(levers=space.levers)
    if not len(levers):
        raise SpaceError("this space has no levers to rank: name some")
    names = [outcomes] if isinstance(outcomes, str) else list(outcomes)
    conditions = [require] if isinstance(require, str) else list(require)
    if not names and not conditions:
        names = [one.name for one in choose(model, None)]
    goals = Goals.of(model, dict.fromkeys(names, "high"), judge, conditions)
    if any(aim.of_regret for aim in goals.aims):
        raise MethodError("levers cannot be ranked for regret: judge by mean, median or a quantile")
    if draws < 1:
        raise MethodError(f"draws is {draws}: give at least 1")
    plan = _plan("sobol", samples, len(levers), seed, resamples, confidence)
    trials = Trials(model, goals.outcomes, drawn(space, draws, seed), {}, threads)
    design = levers.scale(plan.design())
    total = plan.runs * len(trials.futures)
    done = 0

    def add(runs: int) -> None:
        nonlocal done
        done += runs
        if progress is not None:
            progress(done, total)

    values = trials.run(levers.names, design, add)
    # One draw that some row lacks would be compared with nothing.
    sound: NDArray[np.bool_] = np.asarray(np.isfinite(values).all(axis=(0, 1)))
    if sound.mean() < LEAST_FUTURES:
        raise AnalysisError(
            f"only {int(sound.sum()):,} of {len(sound):,} futures have an outcome under all "
            "levers: narrow the ranges, or give the outcome never="
        )
    kept = values[:, :, sound]
    scores = goals.shown(goals.scores(kept, goals.best(kept)))
    units = {one.name: one.unit for one in goals.outcomes}
    told = [
        *(Outcome(aim.name, aim.outcome, unit=units[aim.outcome]) for aim in goals.aims),
        *([Outcome(SHARE, SHARE)] if goals.conditions else []),
    ]
    status = np.full(scores.T.shape, OK, dtype=np.int8)
    data = _dataset(model, levers, told, plan, design, scores.T, status)
    data.attrs |= {
        "title": f"indices of the levers of {model.name} over its uncertainties",
        "runs": total,
        "draws": len(sound),
        "draws_used": int(sound.sum()),
        "failed_runs": int((~np.isfinite(values)).any(axis=0).sum()),
        "require": json.dumps([str(one) for one in goals.conditions]),
    }
    return with_indices(data, plan, indices_of(data, plan))


@with_bar("policies")
def indices_per_policy(
    model: sd.Model,
    space: Space | None = None,
    policies: Mapping[str, Mapping[str, float]] | Iterable[str] | None = None,
    outcomes: Outcome | str | Iterable[Outcome | str] | None = None,
    *,
    method: str = "sobol",
    samples: int | None = None,
    seed: int = 1,
    resamples: int = 200,
    confidence: float = 0.95,
    threads: int | None = None,
    progress: Progress | None = None,
) -> xr.Dataset:
    """Rank the uncertainties anew for each policy: what an outcome hangs on once it is chosen.

    Parameters
    ----------
    model, space
        The model; its uncertainties, those of its TOML file when left out.
    policies
        Settings by name, or names of scenarios; the levers as they stand and all scenarios of the
        model when left out. What a policy sets is held, also where it is an uncertainty.
    outcomes
        As in `sweep`.
    method, samples, seed, resamples, confidence, threads, progress
        As in `sweep`; the design is the same for all policies.

    Returns
    -------
    xarray.Dataset
        The indices and their intervals (policy, outcome, factor). ``.sel(policy=...)`` serves
        `ranking` and `plot_ranking`.

    Examples
    --------
    >>> import sdmodel as sd
    >>> found = indices_per_policy(
    ...     sd.load("models/core.mdl"),
    ...     policies=["blended", "autarky"],
    ...     outcomes="final relative knowledge",
    ...     samples=16,
    ... )
    >>> dict(found["ST"].sizes)["policy"]
    2
    """
    import xarray as xr

    space = Space.from_settings(model) if space is None else space.matched(model)
    uncertain = Space(uncertainties=space.uncertainties)
    if not len(uncertain):
        raise SpaceError("this space has no uncertainties to rank: name some")
    chosen = choose(model, outcomes)
    settings = _policies(model, policies)
    row = method_named(method)
    size = row.default_samples if samples is None else samples
    plan = _plan(method, size, len(uncertain), seed, resamples, confidence)
    unit = plan.design()
    design = uncertain.scale(unit)
    parts = []
    for number, held in enumerate(settings.values()):

        def report(done: int, before: int = number) -> None:
            if progress is not None:
                progress(before * plan.runs + done, len(settings) * plan.runs)

        values, status = _run(model, uncertain, chosen, design, held, threads, report)
        data = _dataset(model, uncertain, chosen, plan, design, values, status)
        if row.wants_x:
            data["unit_design"] = (("sample", "factor"), unit)
        fixed = np.isin(uncertain.names, list(held))
        found = with_indices(data, plan, indices_of(data, plan))
        # The design moved it, but the policy held it: it has no influence, and no index either.
        for name in found.data_vars:
            if found[name].attrs.get("role") == "index" and "factor" in found[name].dims:
                found[name] = found[name].where(xr.DataArray(~fixed, dims="factor"))
        found["held"] = (("factor",), fixed)
        found["failed"] = ((), int((status == FAILED).any(axis=0).sum()))
        parts.append(found.drop_vars("design"))
    together = xr.concat(
        parts,
        dim="policy",
        data_vars="all",
        coords="minimal",
        compat="override",
        join="override",
        combine_attrs="override",
    )
    together["design"] = (("sample", "factor"), design)
    together = together.assign_coords(policy=np.array(list(settings), dtype=str))
    together.attrs |= {
        "title": f"indices of the uncertainties of {model.name} for each policy",
        "policies": json.dumps({name: dict(held) for name, held in settings.items()}),
        "failed_runs": int(together["failed"].sum()),
        "runs": plan.runs * len(settings),
    }
    return together


def _plan(
    method: str, samples: int, factors: int, seed: int, resamples: int, confidence: float
) -> Plan:
    return Plan(
        method=method,
        samples=samples,
        factors=factors,
        seed=seed,
        second_order=False,
        resamples=resamples,
        confidence=confidence,
    )


def _policies(
    model: sd.Model, policies: Mapping[str, Mapping[str, float]] | Iterable[str] | None
) -> dict[str, dict[str, float]]:
    """Return what each policy sets, by constants as the model spells them."""
    known = model.settings.scenarios
    if policies is None:
        return {BASE: {}} | {name: dict(one.values) for name, one in known.items()}
    wrong: list[str] = []
    found: dict[str, dict[str, float]] = {}
    if isinstance(policies, Mapping):
        for name, given in policies.items():
            strange = [of for of in given if of not in model.constants]
            wrong += [
                f"policy '{name}' sets '{of}', which is no constant of {model.name}"
                f"{near(of, model.constants)}"
                for of in strange
            ]
            found[name] = {of: float(value) for of, value in given.items()}
    else:
        names = [policies] if isinstance(policies, str) else list(policies)
        for name in names:
            if name == BASE:
                found[name] = {}
            elif name in known:
                found[name] = dict(known[name].values)
            else:
                wrong.append(f"{model.name} has no scenario '{name}'{among(name, known)}")
    if wrong:
        raise MethodError("\n".join(wrong))
    if not found:
        raise MethodError("no policy was given: name scenarios, or what each policy sets")
    return found


def _run(
    model: sd.Model,
    space: Space,
    outcomes: list[Outcome],
    design: Floats,
    held: Mapping[str, float],
    threads: int | None,
    report: Callable[[int], None],
) -> tuple[Floats, NDArray[np.int8]]:
    """Run a design with some constants held; return outcomes and what became of each run."""
    import pandas as pd

    limits = Measures(model, outcomes)
    limited = tuple(limits.limits)
    variables = tuple(dict.fromkeys([*(one.of for one in outcomes), *limited]))
    bench = Bench(model, Draws(space, design), variables, threads=threads)
    values = np.full((len(outcomes), len(design)), np.nan)
    status = np.full(values.shape, NOT_REACHED, dtype=np.int8)
    for first in range(0, len(design), ROWS):
        rows = slice(first, min(first + ROWS, len(design)))
        table = pd.DataFrame(design[rows], columns=list(space.names)).assign(**held)
        found = bench.runs(table, outcomes, limited)
        for place, one in enumerate(outcomes):
            values[place, rows] = found.values[one.name]
        broken = [first + run for run, *_ in limits.violations(found.times, found.courses)]
        values[:, broken] = np.nan
        status[:, [*broken, *(first + run for run, *_ in found.failures)]] = FAILED
        report(rows.stop)
    return values, np.where(np.isfinite(values), np.int8(OK), status)


def _dataset(
    model: sd.Model,
    space: Space,
    outcomes: list[Outcome],
    plan: Plan,
    design: Floats,
    values: Floats,
    status: NDArray[np.int8],
) -> xr.Dataset:
    """Put runs in the form of a sweep, so that they are analysed, ranked and drawn as one."""
    import xarray as xr

    def texts(found: Iterable[Any]) -> NDArray[np.str_]:
        return np.array([str(one) for one in found], dtype=str)

    factors = space.factors
    return xr.Dataset(
        {
            "design": (("sample", "factor"), design),
            "outcomes": (("outcome", "sample"), values),
            "status": (("outcome", "sample"), status),
        },
        coords={
            "sample": np.arange(plan.runs),
            "factor": texts(space.names),
            "outcome": texts(one.name for one in outcomes),
            "role": ("factor", texts(space.roles)),
            "group": ("factor", texts(one.group or "" for one in factors)),
            "factor_label": ("factor", texts(one.label or one.name for one in factors)),
            "factor_unit": ("factor", texts(one.unit or "" for one in factors)),
            "outcome_label": ("outcome", texts(one.label or one.name for one in outcomes)),
            "outcome_unit": ("outcome", texts(one.unit for one in outcomes)),
        },
        attrs={
            "model": model.name,
            "model_digest": model.digest,
            "method": plan.method,
            "about": plan.row.about,
            "samples": plan.samples,
            "seed": plan.seed,
            "second_order": 0,
            "runs": plan.runs,
            "failed_runs": int((status == FAILED).any(axis=0).sum()),
            "integration": "vensim",
            "space": json.dumps(space.to_dict()),
        },
    )
