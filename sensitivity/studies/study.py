"""A study: everything its numbers depend on, and nothing else.

Two studies with the same identity give the same numbers, wherever and in however many pieces they
are run; so the identity is what a store keeps, what shards are compared by, and what is repeated.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field, replace
from hashlib import sha256
from operator import index
from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.combinations import Combination, choose_all, outcome_from_dict
from sensitivity.errors import MethodError, OutcomeError, SpaceError, StoreError, fold, near
from sensitivity.matching import PART
from sensitivity.measures import Measures
from sensitivity.methods import Plan
from sensitivity.methods.fitting import plan_for
from sensitivity.outcomes import Outcome
from sensitivity.space import Space

if TYPE_CHECKING:
    import sdmodel as sd

    AnyOutcome = Outcome | Combination


@dataclass(frozen=True)
class Study:
    """What is run, over which space, by which method, and what is kept of every run.

    Parameters
    ----------
    model
        The model as loaded.
    space
        The levers and uncertainties that are varied.
    outcomes
        What each run is judged by.
    plan
        The method with its numbers.
    series
        The variables whose courses are kept: as percentile bands, or whole.
    courses
        Whether whole courses are kept, so that there are indices over time.
    fixed
        Constants that have another value than in the model in every run, such as a policy.
    arms
        Settings under which each run is repeated where an outcome asks for it.
    limits
        Variables that may not leave a range: a run in which one does counts as failed.
    integration
        The method of integration, as in ``Model.run_many``.
    options
        ``time_step``, ``final_time`` and ``save_every``, where they differ from the file.
    data
        The SHA-256 of each data file that the model was loaded with, by name.
    files
        The same of each file that the model itself takes numbers from, such as a workbook.
    origin
        The control file that asked for it, and what was made of it; empty for others.
    """

    model: sd.Model
    space: Space
    outcomes: tuple[AnyOutcome, ...]
    plan: Plan
    series: tuple[str, ...] = ()
    courses: bool = False
    fixed: Mapping[str, float] = field(default_factory=dict)
    arms: Mapping[str, Mapping[str, float]] = field(default_factory=dict)
    limits: Mapping[str, tuple[float | None, float | None]] = field(default_factory=dict)
    integration: str = "vensim"
    options: Mapping[str, Any] = field(default_factory=dict)
    data: Mapping[str, str] = field(default_factory=dict)
    files: Mapping[str, str] = field(default_factory=dict)
    origin: Mapping[str, Any] = field(default_factory=dict)

    @property
    def measures(self) -> Measures:
        """What runs become outcomes by."""
        return Measures(self.model, self.outcomes, self.arms, self.limits)

    @property
    def identity(self) -> dict[str, Any]:
        """Everything the numbers depend on, as plain values."""
        told = {
            "model": self.model.name,
            "model_digest": self.model.digest,
            "space": self.space.to_dict(),
            "outcomes": [one.to_dict() for one in self.outcomes],
            "plan": json.loads(json.dumps(self.plan.to_dict())),
            "series": list(self.series),
            "courses": self.courses,
            "fixed": dict(sorted(self.fixed.items())),
            "arms": {name: dict(arm) for name, arm in self.arms.items()},
            "limits": {name: list(ends) for name, ends in self.limits.items()},
            "integration": self.integration,
            "options": dict(sorted(self.options.items())),
            "data": dict(sorted(self.data.items())),
        }
        rare = {"files": dict(sorted(self.files.items())), "origin": dict(self.origin)}
        return told | {name: value for name, value in rare.items() if value}

    def with_samples(self, samples: int) -> Study:
        """Return the same study with another sample size."""
        return replace(self, plan=replace(self.plan, samples=samples))


def study(
    model: sd.Model,
    space: Space,
    outcomes: AnyOutcome | str | Iterable[AnyOutcome | str] | None = None,
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
    series: Iterable[str] | None = None,
    courses: bool = False,
    fixed: Mapping[str, float] | None = None,
    arms: Mapping[str, Mapping[str, float]] | None = None,
    limits: Mapping[str, tuple[float | None, float | None]] | None = None,
    integration: str = "vensim",
    time_step: float | None = None,
    final_time: float | None = None,
    save_every: float | None = None,
) -> Study:
    """Describe a study, to be run into a store by `run_study`.

    Parameters
    ----------
    model, space, outcomes, method, samples, seed, second_order, grouped
        As in `sweep`.
    quantile, threshold, resamples, confidence
        As in `sweep`.
    series
        The variables whose percentile bands over time are kept; those the outcomes are taken
        from when left out.
    courses
        Keep the whole courses of these too, for indices over time (8 bytes a run, series and
        saved time).
    fixed
        Constants to set in every run, such as the levers of one policy.
    arms
        Settings an outcome may name besides the scenarios of the model's TOML file.
    limits
        For a variable the least and the largest value it may take; None for no limit. A run in
        which it leaves them counts as failed, with the variable and the time as cause.
    integration, time_step, final_time, save_every
        How the model is run, as in ``Model.run_many``.

    Returns
    -------
    Study
        With names spelt as in the model; nothing was run yet.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> study = sa.study(model, levers, "relative knowledge", samples=64)
    >>> study.plan.runs
    576
    """
    model, space = space.prepare(_with_parts(model, fixed or {}, arms or {}))
    chosen = tuple(choose_all(model, outcomes))
    samples = None if samples is None else _whole("samples", samples)
    seed = _whole("seed", seed)
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
    given = {"time_step": time_step, "final_time": final_time, "save_every": save_every}
    made = Study(
        model=model,
        space=space,
        outcomes=chosen,
        plan=plan,
        courses=courses,
        fixed=_fixed(model, space, fixed or {}),
        arms={name: dict(arm) for name, arm in (arms or {}).items()},
        limits=dict(limits or {}),
        integration=integration,
        options={name: float(value) for name, value in given.items() if value is not None},
        data={one.name: sha256(one.read_bytes()).hexdigest() for one in model.data_files},
        files=dict(model.source.files),
    )
    # What the TOML beside the model says of arms and limits is written out: it may change.
    measures = made.measures
    named = {**measures.arms, **measures.references}
    return replace(
        made,
        series=_series(model, measures, series),
        arms={name: settings for name, settings in named.items() if name},
        limits=measures.limits,
    )


def restored(model: sd.Model, identity: Mapping[str, Any]) -> Study:
    """Rebuild a study from its identity and its model."""
    model = _with_parts(model, identity["fixed"], identity["arms"])
    model, space = Space.from_dict(identity["space"]).prepare(model)
    return Study(
        model=model,
        space=space,
        outcomes=tuple(outcome_from_dict(one) for one in identity["outcomes"]),
        plan=Plan.from_dict(identity["plan"]),
        series=tuple(identity["series"]),
        courses=bool(identity["courses"]),
        fixed=dict(identity["fixed"]),
        arms=identity["arms"],
        limits={name: (ends[0], ends[1]) for name, ends in identity["limits"].items()},
        integration=identity["integration"],
        options=dict(identity["options"]),
        data=dict(identity["data"]),
        files=_same_files(model, identity.get("files", {})),
        origin=dict(identity.get("origin", {})),
    )


def _same_files(model: sd.Model, kept: Mapping[str, str]) -> dict[str, str]:
    """Return the digests of the files a model reads, which must be those that were kept."""
    here = dict(model.source.files)
    other = [f"'{name}'" for name in sorted(here | dict(kept)) if here.get(name) != kept.get(name)]
    if other:
        raise StoreError(
            f"what {model.name} reads from {', '.join(other)} is not what this study was made "
            "with: put the file back as it was, or run the study into another store"
        )
    return here


def text_of(identity: Mapping[str, Any]) -> str:
    """Write an identity so that equal ones are equal texts."""
    return json.dumps(identity, sort_keys=True)


def _whole(name: str, given: int) -> int:
    """Return a whole number as Python's own, also where NumPy gave it."""
    try:
        return given if isinstance(given, bool) else index(given)
    except TypeError:
        raise MethodError(f"{name} is {given!r}: give a whole number") from None


def _with_parts(
    model: sd.Model, fixed: Mapping[str, float], arms: Mapping[str, Mapping[str, float]]
) -> sd.Model:
    """Return the model with the parts of lookups and stocks that are set as constants."""
    constants = {fold(name) for name in model.constants}
    named = dict.fromkeys([*fixed, *(name for settings in arms.values() for name in settings)])
    parts = [one for one in named if fold(one) not in constants and PART.match(fold(one))]
    return model.with_parts(parts) if parts else model


def _fixed(model: sd.Model, space: Space, given: Mapping[str, float]) -> dict[str, float]:
    constants = {fold(name): name for name in model.constants}
    wrong, spelt = [], {}
    for name, value in given.items():
        if fold(name) not in constants:
            wrong.append(f"{model.name} has no constant '{name}'{near(name, model.constants)}")
        elif not np.isfinite(value):
            wrong.append(f"'{name}' is to be fixed at {value}: give a finite number")
        elif fold(name) in {fold(one) for one in space.names}:
            wrong.append(f"'{name}' is both fixed and varied: leave it out of one of the two")
        else:
            spelt[constants[fold(name)]] = float(value)
    if wrong:
        raise SpaceError("\n".join(wrong))
    return spelt


def _series(model: sd.Model, measures: Measures, given: Iterable[str] | None) -> tuple[str, ...]:
    if given is None:
        return tuple(dict.fromkeys(measures.variables("")))
    names = [given] if isinstance(given, str) else list(given)
    spelt = {fold(name): name for name in (*model.units, *model.columns)}
    wrong = [
        f"{model.name} has no variable '{name}' to keep{near(name, spelt.values())}"
        for name in names
        if fold(name) not in spelt
    ]
    if wrong:
        raise OutcomeError("\n".join(wrong))
    return tuple(dict.fromkeys(spelt[fold(name)] for name in names))
