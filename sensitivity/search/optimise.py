"""The search for packages of levers that do well in most futures."""

from __future__ import annotations

import json
import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

import sdmodel as sd
from sensitivity.errors import AnalysisError, MethodError, SpaceError, among, fold
from sensitivity.methods.fitting import places_of
from sensitivity.progress import with_bar
from sensitivity.search.evolution import offspring, survivors, thin, undominated
from sensitivity.search.front import FORMAT, Front
from sensitivity.search.goals import BASE, Goals, seed_faults
from sensitivity.search.trials import Shelf, Trials, drawn
from sensitivity.space import Space

if TYPE_CHECKING:
    import xarray as xr
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]
    Integers = NDArray[np.int64]
    Progress = Callable[[int, int], None]

LEAST_POPULATION = 4
# Stands for minus infinity, with which no distance could be computed.
WORST = -1e300


@with_bar("search")
def optimise(
    model: sd.Model,
    space: Space | None = None,
    aims: Mapping[str, str] | None = None,
    *,
    judge: str | Mapping[str, str] = "mean",
    require: str | Iterable[str] = (),
    draws: int = 64,
    fresh: int = 512,
    population: int = 64,
    generations: int = 50,
    seed: int = 1,
    fixed: Mapping[str, float] | None = None,
    compare: str | Iterable[str] | None = None,
    store: str | Path | None = None,
    threads: int | None = None,
    progress: Progress | None = None,
) -> Front:
    """Search for packages of levers than which no other is better in every respect.

    Each package is run in the same draws of the uncertainties and judged by all of them. What is
    found is run again in fresh draws, because a search fits its packages to the draws it sees.

    Parameters
    ----------
    model
        The model.
    space
        Levers to choose and uncertainties to hold out against; those of the model's TOML file when
        left out.
    aims
        What is wanted of which outcome or lever, as in ``{"income": "high", "budget": "low"}``.
    judge
        How the values of an aim in all futures become one: ``mean``, ``median``, ``worst``,
        ``quantile 0.1`` (the value that a tenth of the futures does worse than), ``regret`` (the
        largest distance to the best package known in the same future) or ``mean regret``; one
        for all aims, or by aim.
    require
        Conditions such as ``"income >= 3"``. The share of futures in which all of them hold, the
        satisficing share, is then one more thing to be had high.
    draws, fresh
        Futures in which packages are judged during the search, and after it.
    population, generations
        Packages in a generation, and how many generations.
    seed
        Of draws and search; the same seed gives the same front.
    fixed
        Constants that are the same in all runs.
    compare
        Scenarios of the model to judge besides; all that set levers only when left out.
    store
        A folder for what has been run, so that an interrupted search goes on where it was, and a
        finished one with more generations.
    threads, progress
        As in ``sensitivity.sweep``.

    Returns
    -------
    Front
        The packages, with what each gives in the draws of the search and in fresh ones.

    Examples
    --------
    >>> import sdmodel as sd
    >>> found = optimise(
    ...     sd.load("models/core.mdl"),
    ...     aims={"final relative knowledge": "high", "education effort": "low"},
    ...     draws=8,
    ...     fresh=16,
    ...     population=16,
    ...     generations=5,
    ... )
    >>> found.ways
    ('high', 'low')
    >>> found.compromise in found.packages
    True
    """
    goals = Goals.of(model, aims or {}, judge, require)
    space = Space.from_settings(model) if space is None else space.matched(model)
    held = dict(fixed or {})
    _check(space, held, draws, fresh, population, generations, seed)
    started = time.perf_counter()
    trials = Trials(model, goals.outcomes, drawn(space, draws, seed), held, threads)
    again = Trials(model, goals.outcomes, drawn(space, fresh, seed, part=1), held, threads)
    references = _references(model, space, compare)
    told = _Told(
        progress,
        population * generations * len(trials.futures)
        + (population + len(references)) * len(again.futures)
        + len(references) * len(trials.futures),
    )
    levers = Space(levers=space.levers)
    names = levers.names
    shelf = Shelf.at(store, trials.key(space, goals=repr(goals), population=population, seed=seed))
    judged = _evolve(
        levers,
        goals,
        trials,
        shelf,
        _started(levers, references),
        population,
        generations,
        seed,
        told,
    )
    place = _front_of(goals, judged, population)
    design, values = judged.design[place], judged.values[:, place]
    after = len(place) + len(references)
    told.total = told.done + len(references) * len(trials.futures) + after * len(again.futures)
    compared = np.stack(
        [
            trials.run(list(one), np.array([list(one.values())]), told.add)[:, 0]
            for one in references.values()
        ],
        axis=1,
    )
    seen = np.concatenate([values, compared], axis=1)
    unseen = np.concatenate(
        [
            again.run(names, design, told.add),
            *(
                again.run(list(one), np.array([list(one.values())]), told.add)
                for one in references.values()
            ),
        ],
        axis=1,
    )
    best = goals.better(judged.best, goals.best(seen))
    rows = [
        [one.get(lever.name, held.get(lever.name, lever.default)) for lever in levers]
        for one in references.values()
    ]
    data = _dataset(
        model,
        space,
        goals,
        trials,
        again,
        list(references),
        np.vstack([design, rows]),
        seen,
        unseen,
        best,
    )
    data["best_so_far"] = (("generation", "objective"), goals.shown(np.array(judged.course)))
    data.attrs |= {
        "seed": seed,
        "population": population,
        "generations": generations,
        "judged": len(judged.design),
        "runs": told.total,
        "references": json.dumps(references),
        "seconds_running": round(time.perf_counter() - started, 3),
    }
    return Front(data)


def _check(
    space: Space,
    held: Mapping[str, float],
    draws: int,
    fresh: int,
    population: int,
    generations: int,
    seed: int,
) -> None:
    if not space.levers:
        raise SpaceError("this space has no levers, so there is nothing to choose: name some")
    varied = {fold(one.name) for one in space}
    twice = [name for name in held if fold(name) in varied]
    if twice:
        # A package or a draw would take its place, and nobody would see it.
        raise SpaceError(
            "\n".join(
                f"'{name}' is both fixed and varied: leave it out of one of the two"
                for name in twice
            )
        )
    wrong = seed_faults(seed)
    wrong += [
        f"{name} is {number}: give a whole number, at least {least}"
        for name, number, least in (
            ("draws", draws, 1),
            ("fresh", fresh, 1),
            ("population", population, LEAST_POPULATION),
            ("generations", generations, 1),
        )
        if number % 1 or number < least
    ]
    if wrong:
        raise MethodError("\n".join(wrong))


def _references(
    model: sd.Model, space: Space, compare: str | Iterable[str] | None
) -> dict[str, dict[str, float]]:
    """Return what is compared with the packages: the levers as they stand, and scenarios."""
    levers = {one.name for one in space.levers}
    known = model.settings.scenarios
    if compare is None:
        names = [name for name, one in known.items() if set(one.values) <= levers]
    else:
        names = [compare] if isinstance(compare, str) else list(compare)
        for name in names:
            if name not in known:
                raise MethodError(f"{model.name} has no scenario '{name}'{among(name, known)}")
    standing = {one.name: one.default for one in space.levers}
    return {BASE: standing} | {name: standing | dict(known[name].values) for name in names}


def _started(levers: Space, references: Mapping[str, Mapping[str, float]]) -> Floats:
    """Return the references that are packages themselves, as genes: the search starts with them."""
    inside = [
        [one[name] for name in levers.names]
        for one in references.values()
        if set(one) == set(levers.names)
        and all(lever.low <= one[lever.name] <= lever.high for lever in levers)
    ]
    genes = [places_of(levers, np.array(values)) for values in inside]
    return np.array(genes, dtype=float).reshape(len(inside), len(levers))


@dataclass(slots=True)
class _Told:
    """The progress of a search as one count of runs."""

    report: Progress | None
    total: int
    done: int = 0

    def add(self, runs: int) -> None:
        self.done += runs
        if self.report is not None:
            self.report(min(self.done, self.total), self.total)


@dataclass(slots=True)
class _Judged:
    """Every package that was run, what it gave, the best known, and how the search went."""

    design: Floats
    values: Floats
    best: Floats
    course: list[Floats] = field(default_factory=list)


def _scores(goals: Goals, values: Floats, best: Floats) -> Floats:
    return np.maximum(goals.scores(values, best), WORST)


def _failures(values: Floats) -> Integers:
    found: Integers = (~np.isfinite(values)).any(axis=0).sum(axis=1)
    return found


def _evolve(
    levers: Space,
    goals: Goals,
    trials: Trials,
    shelf: Shelf,
    start: Floats,
    population: int,
    generations: int,
    seed: int,
    told: _Told,
) -> _Judged:
    from scipy.stats import qmc

    genes = qmc.LatinHypercube(len(levers), seed=np.random.default_rng([seed, 0])).random(
        population
    )
    start = start[: population // 2]
    genes[: len(start)] = start
    values = _judge(levers, trials, shelf, 0, genes, told)
    judged = _Judged(levers.scale(genes), values, goals.best(values))
    designs, all_values = [judged.design], [values]
    for generation in range(1, generations + 1):
        scores, failures = _scores(goals, values, judged.best), _failures(values)
        judged.course.append(scores[failures == failures.min()].max(axis=0))
        if generation == generations:
            break
        rng = np.random.default_rng([seed, generation])
        children = offspring(genes, scores, failures, rng)
        found = _judge(levers, trials, shelf, generation, children, told)
        designs.append(levers.scale(children))
        all_values.append(found)
        judged.best = goals.better(judged.best, goals.best(found))
        genes, values = np.vstack([genes, children]), np.concatenate([values, found], axis=1)
        living = survivors(_scores(goals, values, judged.best), _failures(values), population)
        genes, values = genes[living], values[:, living]
    judged.design, judged.values = np.vstack(designs), np.concatenate(all_values, axis=1)
    return judged


def _judge(
    levers: Space, trials: Trials, shelf: Shelf, generation: int, genes: Floats, told: _Told
) -> Floats:
    design = levers.scale(genes)
    values = shelf.read(generation, design)
    if values is None:
        values = trials.run(levers.names, design, told.add)
        shelf.write(generation, design, values)
    else:
        told.add(values.shape[1] * values.shape[2])
    return values


def _front_of(goals: Goals, judged: _Judged, most: int) -> Integers:
    """Return the places of the best of all packages ever judged, the best in the first aim first.

    Those with more failed runs than need be are not among them.
    """
    failures = _failures(judged.values)
    if failures.min() == judged.values.shape[2]:
        raise AnalysisError(
            "no package has an outcome in any future: its runs failed or its outcome is not "
            "defined; run the model once with its levers as they stand"
        )
    place = np.flatnonzero(failures == failures.min())
    scores = _scores(goals, judged.values[:, place], judged.best)
    place, scores = place[undominated(scores)], scores[undominated(scores)]
    if len(place) > most:
        kept = thin(scores, most)
        place, scores = place[kept], scores[kept]
    return place[np.lexsort((place, -scores[:, 0]))]


def _dataset(
    model: sd.Model,
    space: Space,
    goals: Goals,
    trials: Trials,
    again: Trials,
    references: list[str],
    design: Floats,
    seen: Floats,
    unseen: Floats,
    best: Floats,
) -> xr.Dataset:
    import xarray as xr

    found = len(design) - len(references)
    names = [*(str(number) for number in range(1, found + 1)), *references]
    kinds = ["front"] * found + ["reference"] * len(references)
    best_unseen = goals.best(unseen)
    behind = {
        aim.outcome: aim.sign * (row - unseen[goals.place(aim.outcome)])
        for aim, row in zip(goals.aims, best_unseen[:, None], strict=True)
        if not aim.constant
    }
    regret = np.array(list(behind.values())).reshape(len(behind), *unseen.shape[1:])
    return xr.Dataset(
        data_vars={
            "design": (("package", "lever"), design),
            "objectives": (("package", "objective"), goals.shown(goals.scores(seen, best))),
            "fresh_objectives": (
                ("package", "objective"),
                goals.shown(goals.scores(unseen, best_unseen)),
            ),
            "failed": (("package",), _failures(seen)),
            "fresh_failed": (("package",), _failures(unseen)),
            "values": (("outcome", "package", "draw"), seen),
            "fresh_values": (("outcome", "package", "fresh_draw"), unseen),
            "draws": (("draw", "uncertainty"), trials.futures.design[:-1]),
            "fresh_draws": (("fresh_draw", "uncertainty"), again.futures.design[:-1]),
            "regret": (
                ("aim", "package", "fresh_draw"),
                regret,
                {"long_name": "distance to the best package in the same fresh draw"},
            ),
        },
        coords={
            "package": np.array(names, dtype=str),
            "kind": ("package", np.array(kinds, dtype=str)),
            "lever": np.array(space.only("levers").names, dtype=str),
            "objective": np.array(goals.names, dtype=str),
            "way": ("objective", np.array(goals.ways, dtype=str)),
            "aim": np.array(list(behind), dtype=str),
            "outcome": np.array([one.name for one in goals.outcomes], dtype=str),
            "outcome_unit": ("outcome", np.array([one.unit for one in goals.outcomes], dtype=str)),
            "uncertainty": np.array(trials.futures.names, dtype=str),
        },
        attrs={
            "title": f"search for packages of {model.name}",
            "search_format": FORMAT,
            "model": model.name,
            "model_digest": model.digest,
            "method": "NSGA-II",
            "require": json.dumps([str(one) for one in goals.conditions]),
            "space": json.dumps(space.to_dict()),
            "fixed": json.dumps(dict(trials.fixed)),
            "integration": "vensim",
        },
    )
