"""Adding samples to a study until its ranking holds, or until a budget of runs is used up."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any

from sensitivity.converged.verdict import convergence, settled
from sensitivity.errors import MethodError
from sensitivity.studies.opening import open_study
from sensitivity.studies.running import run_study
from sensitivity.studies.store import Store, is_store

if TYPE_CHECKING:
    from sensitivity.converged.verdict import Convergence
    from sensitivity.studies.study import Study

MOST_RUNS = 1_000_000
# Below this number of samples a ranking that seems to hold may do so by chance.
LEAST_SAMPLES = 256


@dataclass(frozen=True)
class Settling:
    """How a study came to rest, or did not.

    Parameters
    ----------
    steps
        For each sample size that was run, whether every outcome's ranking held.
    last
        For each outcome, its convergence at the last of them.
    runs
        How many runs that took.
    """

    steps: dict[int, bool]
    last: dict[str, Convergence]
    runs: int

    @property
    def held(self) -> bool:
        """Whether the ranking of every outcome holds."""
        return list(self.steps.values())[-1]


def run_until_converged(
    study: Study,
    store: str | Path,
    *,
    top: int = 5,
    tolerance: float = 0.05,
    most_runs: int = MOST_RUNS,
    tell: Callable[[int, bool], None] | None = None,
    **options: Any,
) -> Settling:
    """Double the samples of a study until the ranking of every outcome holds.

    Parameters
    ----------
    study
        From `study` or `read_study`, by a method to whose design samples can be added.
    store
        As for `run_study`; what was run for fewer samples is used again. Where it has more of
        the same study already, such as after an interruption, it is gone on with from there.
    top, tolerance
        How many places must hold, and by how much an index may still change.
    most_runs
        The budget: no design with more runs than this.
    tell
        Called after each step with the samples and whether the ranking holds.
    **options
        As for `run_study`.

    Examples
    --------
    >>> import tempfile
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> study = sa.study(model, levers, "relative knowledge", samples=256)
    >>> with tempfile.TemporaryDirectory() as folder:
    ...     found = run_until_converged(study, folder + "/levers.study", most_runs=10_000)
    >>> list(found.steps)[:2]
    [256, 512]
    """
    if not study.plan.nested:
        raise MethodError(
            f"no samples can be added to a design of method {study.plan.method}: use sobol or "
            "sample with --until-converged"
        )
    steps: dict[int, bool] = {}
    if study.plan.samples < LEAST_SAMPLES:
        study = study.with_samples(LEAST_SAMPLES)
    if is_store(store):
        there = Store.open(store, study.model).job.study
        if there.plan.samples > study.plan.samples and _same(there, study):
            study = there
    if study.plan.runs > most_runs:
        raise MethodError(
            f"{study.plan.samples:,} samples take {study.plan.runs:,} runs already, more than "
            f"most_runs = {most_runs:,}: allow more (--most-runs), or vary fewer factors"
        )
    while True:
        path = run_study(study, store, **options)
        # The whole design, however large: a part cannot be judged.
        swept = open_study(path, largest=8 * study.plan.runs * study.plan.factors)
        ranked = [str(name) for name in swept["outcome"].values[swept["blocks_used"].values > 0]]
        last = {name: convergence(swept, name) for name in ranked}
        holds = bool(last) and all(
            settled(one, top=top, tolerance=tolerance) for one in last.values()
        )
        steps[study.plan.samples] = holds
        if tell is not None:
            tell(study.plan.samples, holds)
        larger = study.with_samples(2 * study.plan.samples)
        if holds or not last or larger.plan.runs > most_runs:
            return Settling(steps, last, study.plan.runs)
        study = larger


def _same(one: Study, other: Study) -> bool:
    """Say whether two studies are the same but for the number of samples."""
    return one.with_samples(other.plan.samples).identity == other.identity
