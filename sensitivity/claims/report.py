"""What came of claims: results, tables of experiments, what is covered, and how it was made."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.claims.arms import Measured
from sensitivity.claims.book import Book, Claim, Structural
from sensitivity.claims.flips import Flip
from sensitivity.claims.verdicts import PERCENTS, VERDICTS, Verdict

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

FORMAT = 1


@dataclass(frozen=True, slots=True)
class Scan:
    """A claim with one factor moved over its range, all else at its default.

    Parameters
    ----------
    factor, values
        What is moved, and where it was put.
    effect, band
        Of the claim at each value.
    break_even
        The first value at which the effect changes sign; NaN where it does not.
    """

    factor: str
    values: Floats
    effect: Floats
    band: Floats
    break_even: float


@dataclass(frozen=True, slots=True)
class ClaimResult:
    """What came of one claim.

    Parameters
    ----------
    claim
        The claim.
    verdict, plausible
        Over all draws, and over those with plausible histories (None without a filter).
    at_default
        Effect and sign with every uncertainty at its default.
    flips
        The factors that tell draws in which it holds from the others, the strongest first.
    scan
        The first of them moved over its range, all else at its default.
    effect, sign, band, base
        In each draw.
    when
        For a crossover: the time of the change in each draw where it holds.
    """

    claim: Claim
    verdict: Verdict
    plausible: Verdict | None
    at_default: tuple[float, int]
    flips: tuple[Flip, ...]
    scan: Scan | None
    effect: Floats
    sign: NDArray[np.int8]
    band: Floats
    base: Floats
    when: Floats | None = None

    @property
    def changed_at(self) -> tuple[float, float, float] | None:
        """When a crossover happens: its 5th, 50th and 95th percentile where it holds."""
        if self.when is None or not np.isfinite(self.when).any():
            return None
        low, middle, high = np.nanpercentile(self.when, PERCENTS)
        return float(low), float(middle), float(high)

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the draws as plain values."""
        claim = self.claim
        return {
            "name": claim.name,
            "experiment": claim.experiment,
            "text": claim.text,
            "covers": list(claim.covers),
            "kind": claim.kind,
            "expect": claim.expect,
            "arms": list(claim.arms),
            "outcomes": list(claim.outcomes),
            "because": claim.because,
            "verdict": _verdict(self.verdict),
            "plausible": None if self.plausible is None else _verdict(self.plausible),
            "at_default": {"effect": _plain(self.at_default[0]), "sign": self.at_default[1]},
            "flips": [
                {
                    "factor": one.factor,
                    "unit": one.unit,
                    "distance": _plain(one.distance),
                    "probability": _plain(one.probability),
                    "helps": "high" if one.helps > 0 else "low",
                    "half": _plain(one.half),
                    "ends": [_plain(share) for share in one.ends],
                }
                for one in self.flips
            ],
            "break_even": None
            if self.scan is None
            else {"factor": self.scan.factor, "value": _plain(self.scan.break_even)},
            "changed_at": None
            if self.changed_at is None
            else [_plain(one) for one in self.changed_at],
        }


@dataclass(frozen=True, slots=True)
class ClaimsReport:
    """What came of all claims of a study.

    Parameters
    ----------
    book, model
        What was claimed, and of which model.
    results
        One for each claim.
    kept
        Which draws have plausible histories.
    design, factors
        The draws (draws, factors) and the names of their columns.
    measured
        What each arm gave.
    structural
        Checks of the structure with the paths that are not there.
    held
        For arms that multiply or add: the share of draws in which a constant was held at an end
        of the range that the model's file gives.
    provenance
        How all this was made.
    """

    book: Book
    model: str
    results: tuple[ClaimResult, ...]
    kept: NDArray[np.bool_]
    design: Floats
    factors: tuple[str, ...]
    measured: Mapping[str, Measured]
    structural: tuple[tuple[Structural, tuple[tuple[str, str], ...]], ...]
    held: Mapping[str, Mapping[str, float]]
    provenance: Mapping[str, Any]

    def __getitem__(self, name: str) -> ClaimResult:
        for one in self.results:
            if one.claim.name == name:
                return one
        raise KeyError(name)

    def __str__(self) -> str:
        told = ", ".join(f"{count} {text}" for text, count in self.counts().items() if count)
        return f"{len(self.results)} claims about {self.model} in {len(self.kept):,} draws: {told}"

    def __repr__(self) -> str:
        return f"<ClaimsReport: {self}>"

    def _repr_html_(self) -> str:
        from sensitivity.notebook.claims import html_of

        return html_of(self)

    def counts(self, plausible: bool = False) -> dict[str, int]:
        """Return how many claims have each verdict, over all draws or the plausible ones."""
        found = dict.fromkeys(VERDICTS, 0)
        for one in self.results:
            judged = one.plausible if plausible else one.verdict
            if judged is not None:
                found[judged.text] += 1
        return found

    @property
    def failures(self) -> int:
        """How many runs failed; draws with one are left out of the claims that look at it."""
        return sum(len({run for run, *_ in one.failures}) for one in self.measured.values())

    def table(self) -> pd.DataFrame:
        """Return one row for each claim."""
        import pandas as pd

        rows = []
        for one in self.results:
            found, claim = one.verdict, one.claim
            first = one.flips[0] if one.flips else None
            rows.append(
                {
                    "claim": claim.name,
                    "experiment": claim.experiment,
                    "covers": " ".join(claim.covers),
                    "text": claim.text,
                    "verdict": found.text,
                    "sure": found.sure,
                    "holds": found.holds,
                    "holds_low": found.interval[0],
                    "holds_high": found.interval[1],
                    "opposite": found.opposite,
                    "draws": found.draws,
                    "verdict_plausible": "" if one.plausible is None else one.plausible.text,
                    "holds_plausible": math.nan if one.plausible is None else one.plausible.holds,
                    "effect_5": found.effect[0],
                    "effect_50": found.effect[1],
                    "effect_95": found.effect[2],
                    "relative_50": found.relative[1],
                    "effect_at_default": one.at_default[0],
                    "flipped_by": "" if first is None else first.factor,
                    "distance": math.nan if first is None else first.distance,
                    "half_at": math.nan if first is None else first.half,
                    "break_even": math.nan if one.scan is None else one.scan.break_even,
                    "changed_at": math.nan if one.changed_at is None else one.changed_at[1],
                }
            )
        return pd.DataFrame(rows).set_index("claim")

    def experiment(self, name: str) -> pd.DataFrame:
        """Return an experiment as a table: arms by outcomes, with percentiles over the draws.

        Columns are pairs of an outcome and ``5 %``, ``50 %`` or ``95 %``.
        """
        import pandas as pd

        told = self.book.experiments[name]
        rows = {}
        for arm in told.arms:
            found = self.measured[arm].values
            cells: dict[tuple[str, str], float] = {}
            for outcome in told.outcomes:
                drawn = found[outcome][: len(self.kept)]
                sound = drawn[np.isfinite(drawn)]
                three = np.percentile(sound, PERCENTS) if len(sound) else [math.nan] * 3
                for percent, value in zip(PERCENTS, three, strict=True):
                    cells[outcome, f"{percent:g} %"] = float(value)
            rows[arm] = cells
        table = pd.DataFrame.from_dict(rows, orient="index")
        table.index.name = "arm"
        if told.outcomes:
            pairs = [(one, f"{percent:g} %") for one in told.outcomes for percent in PERCENTS]
            table.columns = pd.MultiIndex.from_tuples(pairs, names=["outcome", "percentile"])
        return table

    def coverage(self) -> dict[str, list[str]]:
        """Return for each id where it is dealt with: in claims, in the structure, or not at all.

        An id of the book's own list that nothing deals with has an empty list.
        """
        found: dict[str, list[str]] = {one: [] for one in self.book.ids}
        for claim in self.book.claims.values():
            for one in claim.covers:
                found.setdefault(one, []).append(claim.name)
        for check in self.book.structural:
            found.setdefault(check.id, []).append("structure")
        for reason in self.book.cannot:
            for one in reason.ids:
                found.setdefault(one, []).append("not expressible")
        return found

    def to_dict(self) -> dict[str, Any]:
        """Return everything but the draws as plain values."""
        return {
            "claims_format": FORMAT,
            "provenance": dict(self.provenance),
            "counts": self.counts(),
            "counts_plausible": self.counts(plausible=True) if self.book.keeps else None,
            "plausible_draws": int(self.kept.sum()),
            "failed_runs": self.failures,
            "failures": {
                arm: _failures(one, len(self.kept))
                for arm, one in self.measured.items()
                if one.failures
            },
            "results": [one.to_dict() for one in self.results],
            "held": {arm: dict(shares) for arm, shares in self.held.items()},
            "structural": [
                {"id": one.id, "check": one.check, "missing": [list(pair) for pair in missing]}
                for one, missing in self.structural
            ],
            "cannot": [
                {"ids": list(one.ids), "reason": one.reason, "missing": one.missing}
                for one in self.book.cannot
            ],
            "coverage": self.coverage(),
        }


def _failures(found: Measured, draws: int) -> dict[str, Any]:
    """Return which draws of an arm failed, whether the defaults did, and how the first one did."""
    failed = {run for run, *_ in found.failures}
    run, when, variable, cause = min(found.failures)
    first = {"draw": run, "time": _plain(when), "variable": variable, "cause": cause}
    return {
        "draws": sorted(failed - {draws}),
        "at_default": draws in failed,
        "first": first if run < draws else first | {"draw": None},
    }


def _verdict(found: Verdict) -> dict[str, Any]:
    return {
        "text": found.text,
        "sure": found.sure,
        "draws": found.draws,
        "holds": _plain(found.holds),
        "interval": [_plain(one) for one in found.interval],
        "opposite": _plain(found.opposite),
        "effect": [_plain(one) for one in found.effect],
        "relative": [_plain(one) for one in found.relative],
    }


def _plain(value: float) -> float | None:
    """Return a number as JSON can hold it: nothing where it is not finite."""
    return float(value) if math.isfinite(value) else None
