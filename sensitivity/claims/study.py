"""Claims put to a model: arms on common draws, claims judged over all and over plausible draws."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import sdmodel as sd
from sensitivity.claims.arms import Bench, Draws, Measured
from sensitivity.claims.book import Arm, Book, Claim
from sensitivity.claims.flips import crossed, flips
from sensitivity.claims.judging import judge
from sensitivity.claims.kinds import KINDS
from sensitivity.claims.reading import read_claims
from sensitivity.claims.report import ClaimResult, ClaimsReport, Scan
from sensitivity.claims.verdicts import verdict
from sensitivity.errors import ClaimsError, fold, near
from sensitivity.progress import with_bar
from sensitivity.space import uncertain

if TYPE_CHECKING:
    from numpy.typing import NDArray

    Progress = Callable[[int, int], None]

# Points of a scan along one factor, all else at its default.
POINTS = 41


@with_bar("claims")
def run_claims(
    model: sd.Model,
    claims: str | Path | Book | None = None,
    *,
    only: Iterable[str] | str = (),
    draws: int | None = None,
    seed: int | None = None,
    form: Mapping[str, float] | None = None,
    threads: int | None = None,
    store: str | Path | None = None,
    scans: bool = True,
    errors: Mapping[str, Measured] | None = None,
    progress: Progress | None = None,
) -> ClaimsReport:
    """Run every arm that claims need on the same draws of the uncertainties, and judge the claims.

    Parameters
    ----------
    model
        A model from ``sdmodel.load``; its settings name the uncertainties and scenarios.
    claims
        The claims file, or what `read_claims` gave; when left out the file beside the model:
        ``MODEL.claims.toml``, or else ``claims.toml``.
    only
        Names of claims or experiments, or ids that claims cover; all when left out. The numbers of
        a claim do not depend on which others are run.
    draws, seed
        How many draws, and their seed; those of the file when left out.
    form
        Constants set in every arm before the arm's own changes, such as another form of an
        equation.
    threads
        How many threads; all that there are when left out.
    store
        A folder in which finished arms are kept. A study that was interrupted goes on from there,
        with the same result.
    scans
        Whether to look for break-even values along the factor that flips a claim.
    errors
        What an earlier report measured, by arm: its errors of integration are taken over instead
        of being measured again.
    progress
        Called with the runs done and the runs in all; a bar in a notebook when left out.

    Returns
    -------
    ClaimsReport
        Verdicts over all draws and over those with plausible histories, effects, what flips a
        claim and where it breaks even; experiments as tables; what is covered and what not.

    Raises
    ------
    ClaimsError
        If the file does not fit the model, or `only` names nothing in it.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> report = sa.run_claims(sd.load("models/core.mdl"), draws=64)
    >>> sorted({one.verdict.text for one in report.results})[-1]
    'supported'
    """
    book = claims if isinstance(claims, Book) else read_claims(claims or beside(model), model)
    chosen = choose_claims(book, only)
    size = book.draws if draws is None else draws
    if size < 2:
        raise ClaimsError(f"{size} draws tell nothing: two are the least, 2,000 are usual")
    seed = book.seed if seed is None else seed
    if seed < 0:
        raise ClaimsError(f"seed is {seed}: give a whole number from 0 on")
    drawn = Draws.latin(uncertain(model.settings), size, seed)
    place = None if store is None else Path(store)
    bench = Bench(model, drawn, book.variables(), book.time_step, threads=threads, store=place)
    before = tuple(("set", *_constant(model, *one)) for one in (form or {}).items())

    began = time.perf_counter()
    wanted = _arms_of(book, chosen)
    measured = _measure(book, bench, wanted, before, errors or {}, progress)
    kept = np.ones(size, dtype=bool)
    for keep in book.keeps:
        found = measured[keep.arm].values[keep.outcome][:size]
        kept &= (found >= keep.low) & (found <= keep.high)
    results = []
    for claim in chosen:
        results.append(_result(book, bench, claim, measured, kept, before, scans))
    provenance = _provenance(model, book, bench, seed, form, measured)
    return ClaimsReport(
        book=book,
        model=model.name,
        results=tuple(results),
        kept=kept,
        design=drawn.design[:size],
        factors=tuple(drawn.names),
        measured=measured,
        structural=tuple((one, _missing_paths(model, one.paths)) for one in book.structural),
        held={
            name: shares
            for name in measured
            if (shares := drawn.held(_with(before, book.arms[name]), model))
        },
        provenance=provenance | {"seconds": round(time.perf_counter() - began, 3)},
    )


def beside(model: sd.Model) -> Path:
    """Return the claims file beside a model: ``MODEL.claims.toml``, or else ``claims.toml``."""
    own = model.path.with_suffix(".claims.toml")
    common = model.path.with_name("claims.toml")
    for path in (own, common):
        if path.is_file():
            return path
    raise ClaimsError(
        f"{model.path} has no claims beside it: write {own.name} or {common.name}, or name the "
        "file with --claims FILE"
    )


def choose_claims(book: Book, only: Iterable[str] | str) -> list[Claim]:
    """Return the claims with one of some names, experiments or ids; all where none is given."""
    names = [only] if isinstance(only, str) else list(only)
    if not names:
        return list(book.claims.values())
    chosen: dict[str, Claim] = {}
    for name in names:
        found = {
            claim.name: claim
            for claim in book.claims.values()
            if fold(name) in (fold(claim.name), fold(claim.experiment), *map(fold, claim.covers))
        }
        if not found:
            known = [*book.claims, *book.experiments]
            known += [one for claim in book.claims.values() for one in claim.covers]
            hint = near(name, known)
            raise ClaimsError(f"{book.path} has no claim, experiment or id '{name}'{hint}")
        chosen |= found
    return [claim for claim in book.claims.values() if claim.name in chosen]


def _arms_of(book: Book, chosen: Iterable[Claim]) -> list[str]:
    """Return the arms that claims need, with those of their experiments and of the filter."""
    wanted: dict[str, None] = {}
    for keep in book.keeps:
        wanted[keep.arm] = None
    for claim in chosen:
        wanted |= dict.fromkeys(claim.arms)
        if claim.experiment:
            wanted |= dict.fromkeys(book.experiments[claim.experiment].arms)
    return list(wanted)


def _constant(model: sd.Model, name: str, value: float) -> tuple[str, float]:
    """Return a constant as the model spells it, with a value for it."""
    for spelled in model.constants:
        if fold(spelled) == fold(name):
            return spelled, float(value)
    hint = near(name, model.constants)
    raise ClaimsError(f"{model.name} has no constant '{name}' that a form could set{hint}")


def _with(before: tuple[tuple[str, str, float], ...], arm: Arm) -> Arm:
    return Arm(arm.name, arm.label, before + arm.steps)


def _measure(
    book: Book,
    bench: Bench,
    wanted: Iterable[str],
    before: tuple[tuple[str, str, float], ...],
    errors: Mapping[str, Measured],
    progress: Progress | None,
) -> dict[str, Measured]:
    names = list(wanted)
    looked_at = book.looked_at()
    each = len(bench.draws.design)
    found: dict[str, Measured] = {}
    for place, name in enumerate(names):

        def report(done: int, _of: int, place: int = place) -> None:
            if progress is not None:
                progress(place * each + done, len(names) * each)

        outcomes, courses = looked_at[name]
        try:
            found[name] = bench.measure(
                _with(before, book.arms[name]),
                [book.outcomes[one] for one in outcomes],
                courses,
                report,
                errors.get(name),
            )
        except sd.OverrideError as error:
            raise ClaimsError(f"{book.path}: arm '{name}' cannot be run: {error}") from error
    return found


def _result(
    book: Book,
    bench: Bench,
    claim: Claim,
    measured: Mapping[str, Measured],
    kept: NDArray[np.bool_],
    before: tuple[tuple[str, str, float], ...],
    scans: bool,
) -> ClaimResult:
    size = len(bench.draws)
    judged = judge(claim, measured, book.outcomes)
    sided = KINDS[claim.kind].mirror is not None
    effect, sign, base, sound = (
        judged.effect[:size],
        judged.sign[:size],
        judged.base[:size],
        judged.sound[:size],
    )
    factors = bench.draws.space.factors
    steps = [*before, *(step for arm in claim.arms for step in book.arms[arm].steps)]
    fixed = {name for how, name, _ in steps if how == "set"}
    free = [place for place, one in enumerate(factors) if one.name not in fixed]
    found = flips(
        [factors[place].name for place in free],
        [factors[place].label or factors[place].name for place in free],
        [factors[place].unit for place in free],
        bench.draws.design[:size][sound][:, free],
        sign[sound] > 0,
    )
    when = None if judged.when is None else judged.when[:size]
    return ClaimResult(
        claim=claim,
        verdict=verdict(sign, effect, base, sound, sided=sided),
        plausible=verdict(sign, effect, base, sound & kept, sided=sided) if book.keeps else None,
        at_default=(float(judged.effect[size]), int(judged.sign[size])),
        flips=tuple(found),
        scan=_scan(book, bench, claim, found[0].factor, before, measured)
        if found and scans
        else None,
        effect=effect,
        sign=sign,
        band=judged.band[:size],
        base=base,
        when=when,
    )


def _scan(
    book: Book,
    bench: Bench,
    claim: Claim,
    factor: str,
    before: tuple[tuple[str, str, float], ...],
    known: Mapping[str, Measured],
) -> Scan:
    """Move one factor over its range, all else at its default."""
    one = bench.draws.space[factor]
    places = np.linspace(one.low, one.high, POINTS)
    line = replace(bench, draws=bench.draws.along(factor, places), store=None)
    measured = {}
    for name in claim.arms:
        # The error of an outcome is known only for the arms that are judged by it.
        own = [item for item in claim.items if item.arm == name]
        outcomes = {item.outcome: book.outcomes[item.outcome] for item in own if item.outcome}
        courses = {item.course: None for item in own if item.course}
        arm = _with(before, book.arms[name])
        measured[name] = line.measure(
            arm, list(outcomes.values()), list(courses), errors=known[name]
        )
    judged = judge(claim, measured, book.outcomes)
    effect, band = judged.effect[:POINTS], judged.band[:POINTS]
    return Scan(factor, places, effect, band, crossed(places, effect))


def _missing_paths(
    model: sd.Model, paths: Iterable[tuple[str, str]]
) -> tuple[tuple[str, str], ...]:
    """Return the pairs of variables between which there is no path of causes."""
    return tuple((start, end) for start, end in paths if not _leads(model, start, end))


def _leads(model: sd.Model, start: str, end: str) -> bool:
    """Tell whether one variable depends on another, by way of any others."""
    goal = fold(start.partition("[")[0])
    seen: set[str] = set()
    ahead = [end.partition("[")[0]]
    while ahead:
        for cause in model.variable(ahead.pop()).uses:
            if fold(cause) == goal:
                return True
            if fold(cause) not in seen:
                seen.add(fold(cause))
                ahead.append(cause)
    return False


def _provenance(
    model: sd.Model,
    book: Book,
    bench: Bench,
    seed: int,
    form: Mapping[str, float] | None,
    measured: Mapping[str, Measured],
) -> dict[str, Any]:
    return {
        "model": model.name,
        "digest": model.digest,
        "claims": Path(book.path).name,
        "draws": len(bench.draws),
        "seed": seed,
        "factors": len(bench.draws.space),
        "method": "vensim (the file's own)",
        "time_step": bench.step,
        "form": dict(form or {}),
        "arms": len(measured),
        "runs": len(measured) * len(bench.draws.design),
        "versions": {name: version(name) for name in ("sdmodel", "numpy", "scipy", "llvmlite")},
    }
