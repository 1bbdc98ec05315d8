"""V3: whatever levers and uncertainties are, no stock is negative and nothing is absurd."""

from __future__ import annotations

import heapq
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING

import numpy as np

from sdmodel.factors import Factor
from sdmodel.kernel import Array
from sdmodel.names import element_key, key
from sdmodel.run import RunBatch
from sdmodel.validation.registry import ConfidenceTest, confidence_test
from sdmodel.validation.results import FAIL, NOT_APPLICABLE, PASS, ValidationResult
from sdmodel.validation.study import ValidationStudy

if TYPE_CHECKING:
    import pandas as pd

# Trajectories are worked through in parts of about this size.
PART_BYTES = 96 * 2**20
SHOWN = 20
# What rounding may do: a share of the variable's peak in the run.
SLACK = 1e-9


@dataclass(frozen=True, slots=True)
class Limit:
    """The bounds of one column."""

    column: str
    low: float
    high: float


@dataclass(frozen=True, slots=True)
class Violation:
    """A breach: its size as a share of the bound, the run, and variable, time, value, bound."""

    size: float
    run: int
    told: tuple[str, float, float, str]


@confidence_test("V3", "Bounds under random draws", "no violation in any draw")
def bounds(study: ValidationStudy, test: ConfidenceTest) -> ValidationResult:
    """Draw levers and uncertainties from all of their ranges, and look at every saved time."""
    import pandas as pd

    settings = study.model.settings
    factors = {**settings.levers, **settings.uncertainties}
    limits = limits_of(study)
    if not factors:
        return test.result(
            NOT_APPLICABLE, "the model's TOML file names no levers, no uncertainties"
        )
    table = pd.DataFrame(design(factors, study.draws, study.seed))
    columns = study.model.columns
    part = max(1, int(PART_BYTES / (8 * len(columns) * max(len(study.base.times), 1))))
    worst: list[tuple[float, int, tuple[object, ...]]] = []
    violations, done = 0, 0
    bad_draws: set[int] = set()
    while done < study.draws:
        some = table.iloc[done : done + part].reset_index(drop=True)
        batch = study.free.run_many(some, outputs=columns)
        for found in _violations(batch, limits):
            violations += 1
            bad_draws.add(done + found.run)
            row = (done + found.run, *found.told, told(some.iloc[found.run]))
            heapq.heappush(worst, (found.size, violations, row))
            if len(worst) > SHOWN:
                heapq.heappop(worst)
        done += len(some)
        study.tell(done, study.draws)
    checked = f"{len(columns)} columns finite, {len(limits)} within bounds"
    where = f"{study.draws:,} draws of {len(factors)} factors"
    if not violations:
        return test.result(PASS, f"0 violations in {where}; {checked}", 0.0)
    text = f"{violations:,} violations in {len(bad_draws):,} of {where}; {checked}"
    heads = ("draw", "variable", "time", "value", "must be", "parameters of the draw")
    shown = [row for _, _, row in sorted(worst, reverse=True)]
    return test.result(FAIL, text, violations, heads, shown)


def design(factors: Mapping[str, Factor], draws: int, seed: int) -> dict[str, Array]:
    """Return a Latin hypercube over the ranges of some factors: a column of draws for each.

    Every value of a range is as likely as any other, whatever distribution the factor has: the
    ends are to be seen. McKay, Beckman and Conover 1979.

    >>> rate = Factor("rate", 1.0, 3.0, 2.0)
    >>> drawn = design({"rate": rate}, 4, seed=1)["rate"]
    >>> sorted(((drawn - 1) / 0.5).astype(int).tolist())
    [0, 1, 2, 3]
    """
    from scipy.stats import qmc

    cube = qmc.LatinHypercube(d=len(factors), seed=seed).random(draws)
    found = {}
    for place, (name, one) in enumerate(factors.items()):
        u = cube[:, place]
        if one.values:
            place = np.minimum((u * len(one.values)).astype(int), len(one.values) - 1)
            found[name] = np.array(one.values)[place]
        elif one.kind == "switch":
            found[name] = np.where(u < 0.5, one.low, one.high)
        elif one.kind == "integer":
            found[name] = np.clip(np.floor(one.low + u * (one.high - one.low + 1)), None, one.high)
        else:
            found[name] = one.low + u * (one.high - one.low)
    return found


def limits_of(study: ValidationStudy) -> list[Limit]:
    """Return the bounds of every column that has any: those that are given, and 0 for stocks."""
    given: dict[str, tuple[float, float]] = {}
    signed = {element_key(name) for name in study.expectations.signed}
    for stock in study.model.stocks:
        for column in study.model.program.elements(key(stock)):
            if signed.isdisjoint((key(stock), column)):
                given[column] = (0.0, np.inf)
    for name, limits in study.expectations.bounds.items():
        for column in study.model.program.elements(element_key(name)):
            given[column] = limits
    by_key = {element_key(name): name for name in study.model.columns}
    return [Limit(by_key[one], *limits) for one, limits in given.items() if one in by_key]


def _violations(batch: RunBatch, limits: list[Limit]) -> list[Violation]:
    """Return the worst time of each breach of each run; of a run that failed also why it did."""
    times, values = batch.times, batch.values
    failed = (batch.failures[name].tolist() for name in ("run", "variable", "time"))
    found = [
        Violation(np.inf, run, (variable, time, np.nan, "finite"))
        for run, variable, time in zip(*failed, strict=True)
    ]
    finite = np.isfinite(values)
    place = {name: i for i, name in enumerate(batch.outputs)}
    for one in limits:
        course = np.where(finite[place[one.column]], values[place[one.column]], one.low)
        course = np.where(np.isfinite(course), course, min(max(0.0, one.low), one.high))
        slack = SLACK * np.abs(course).max(axis=0)
        breach = np.maximum(one.low - course, course - one.high) - slack
        for run in np.flatnonzero(breach.max(axis=0) > 0):
            at = int(np.argmax(breach[:, run]))
            value = float(course[at, run])
            scale = max(abs(one.low), abs(one.high) if np.isfinite(one.high) else 0.0, abs(value))
            size = float(breach[at, run]) / max(scale, 1e-300)
            must = f"{one.low:g} to {one.high:g}"
            found.append(Violation(size, int(run), (one.column, float(times[at]), value, must)))
    return found


def told(draw: pd.Series) -> str:
    """Write the parameters of a draw so that it can be run again, to the last digit."""
    return ", ".join(f'"{name}={float(value)!r}"' for name, value in draw.items())
