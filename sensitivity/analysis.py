"""From the stored design and outcomes of a sweep to its indices; nothing is run again."""

from __future__ import annotations

import json
import warnings
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any

import numpy as np

from sensitivity.errors import AnalysisError, SweepWarning, among, fold
from sensitivity.methods import METHODS, Plan
from sensitivity.methods import method as method_named
from sensitivity.methods.bootstrap import varies
from sensitivity.outcomes import FAILED, NOT_REACHED, OK, UNDEFINED

if TYPE_CHECKING:
    import pandas as pd
    import xarray as xr
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

# Where so small a share of the blocks is left, their indices would be about a corner of the
# space, whatever the intervals say.
LEAST_SHARE = 0.05


def analyse(
    sweep: xr.Dataset,
    *,
    method: str | None = None,
    second_order: bool | None = None,
    resamples: int | None = None,
    confidence: float | None = None,
    seed: int | None = None,
) -> xr.Dataset:
    """Compute the indices of a stored sweep anew, without running the model.

    Parameters
    ----------
    sweep
        What `sweep` or `open_sweep` returned.
    method
        Another method for the same runs: those that take any sample, such as ``sample``,
        ``delta``, ``pawn``, ``hdmr``, ``rbd-fast`` and ``regional``, can stand in for each other.
    second_order
        Whether to rank pairs, where the method and the runs allow it; as it was when left out.
    resamples, confidence
        Of the intervals; as they were when left out.
    seed
        Of the bootstrap; as it was when left out.

    Returns
    -------
    xarray.Dataset
        The same sweep with its indices, intervals and notes replaced.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=16)
    >>> bool((analyse(result, confidence=0.99)["ST_conf"] > result["ST_conf"]).all())
    True
    """
    plan = plan_of(sweep, resamples=resamples, confidence=confidence, seed=seed)
    if method is not None or second_order is not None:
        plan = _other(plan, method or plan.method, second_order)
    found = indices_of(sweep, plan)
    if not found.usable:
        raise AnalysisError("\n".join(found.messages))
    return with_indices(sweep, plan, found)


def _other(plan: Plan, name: str, second_order: bool | None) -> Plan:
    """Return the plan of another method, or for pairs too, that has the same runs."""
    row, pairs = method_named(name), plan.second_order if second_order is None else second_order
    if name != plan.method and not (row.any_sample and plan.row.any_sample):
        able = [one.name for one in METHODS.values() if one.any_sample]
        raise AnalysisError(
            f"the runs of method {plan.method} are not made for {name}: only {', '.join(able)} "
            "can analyse each other's runs"
        )
    other = replace(plan, method=name, second_order=pairs and (row.pairs or bool(second_order)))
    if other.runs != plan.runs:
        raise AnalysisError(
            f"indices of pairs by method {name} need {other.runs:,} runs, not {plan.runs:,}: make "
            "the sweep with second_order=True"
        )
    return other


def plan_of(
    sweep: xr.Dataset,
    *,
    resamples: int | None = None,
    confidence: float | None = None,
    seed: int | None = None,
) -> Plan:
    """Return the plan a sweep was made by, with other intervals if asked for."""
    attributes: dict[str, Any] = sweep.attrs
    stored: dict[str, Any] = {
        # Sweeps stored before there were more methods than three have no more than these.
        "method": attributes["method"],
        "samples": int(attributes["samples"]),
        "factors": sweep.sizes["factor"],
        "second_order": bool(attributes["second_order"]),
    } | json.loads(attributes.get("plan", "{}"))
    return Plan.from_dict(
        stored
        | {
            "seed": int(attributes["seed"]) if seed is None else seed,
            "resamples": int(attributes["resamples"]) if resamples is None else resamples,
            "confidence": float(attributes["confidence"]) if confidence is None else confidence,
        }
    )


def free_rows(sweep: xr.Dataset, plan: Plan) -> NDArray[np.int64]:
    """Return the places, among the runs a sweep shows, of those in which all factors vary freely.

    A store too large to be shown whole gives a part of its runs; see `open_sweep`.
    """
    rows = plan.row.spread(plan)
    shown = np.asarray(sweep["sample"].values)
    return rows if len(shown) == plan.runs else np.flatnonzero(np.isin(shown, rows))


# Why an outcome has no indices although its runs are sound.
FLAT, NOTHING = 1, 2


@dataclass(frozen=True, slots=True)
class Found:
    """What an analysis found: the indices, and for each outcome what was left out and why.

    Parameters
    ----------
    indices
        By name, over (outcome, factor) or (outcome, factor, other factor).
    used
        For each outcome, how many blocks its indices rest on; 0 where there are none.
    notes
        For each outcome a sentence for the reader, or nothing.
    messages
        The notes with the outcomes' names.
    """

    indices: dict[str, Floats]
    used: NDArray[np.int64]
    notes: tuple[str, ...]
    messages: tuple[str, ...]

    @property
    def usable(self) -> bool:
        """Whether any outcome has indices."""
        return bool(self.used.any())


def indices_of(sweep: xr.Dataset, plan: Plan) -> Found:
    """Analyse every outcome, those that rest on the same runs together in one pass."""
    outcomes = np.asarray(sweep["outcomes"].values, dtype=float)
    status = np.asarray(sweep["status"].values)
    unit = np.asarray(sweep["unit_design"].values, dtype=float) if plan.row.wants_x else None
    names = [str(name) for name in sweep["outcome"].values]
    if outcomes.shape[1] != plan.runs:
        raise AnalysisError(
            f"the sweep holds {outcomes.shape[1]:,} runs, but its design has {plan.runs:,}: "
            "analyse the whole sweep, not a part of it"
        )
    sound = (status == OK).reshape(len(outcomes), -1, plan.block).all(axis=2)
    notes = [note_of(plan, row, blocks) for row, blocks in zip(status, sound, strict=True)]
    indices, used, blank = analysed(plan, outcomes, sound, unit)
    for member, why in enumerate(blank):
        if why == FLAT:
            runs = np.repeat(sound[member], plan.block)
            notes[member] = (
                f"it is {outcomes[member][runs][0]:g} in every run, so nothing can be ranked: "
                "widen the ranges, or choose another outcome"
            )
        elif why == NOTHING:
            notes[member] = plan.row.blank
    if not indices:
        shape = (len(outcomes), plan.parts)
        indices = {name: np.full(shape, np.nan) for name in plan.row.indices}
        indices |= {name: np.full(shape[:1], np.nan) for name in plan.row.facts}
    messages = tuple(
        f"outcome '{name}': {note}" for name, note in zip(names, notes, strict=True) if note
    )
    return Found(indices, used, tuple(notes), messages)


def analysed(
    plan: Plan, outcomes: Floats, sound: NDArray[np.bool_], unit: Floats | None
) -> tuple[dict[str, Floats], NDArray[np.int64], NDArray[np.int8]]:
    """Analyse each outcome on its sound blocks, those that share them together in one pass.

    Parameters
    ----------
    outcomes
        One row per outcome.
    sound
        For each outcome, which blocks of runs have nothing missing.
    unit
        The design on the unit cube, for methods that want it.

    Returns
    -------
    tuple
        The indices, NaN for outcomes that have none; how many blocks each rests on; and for each
        outcome whether it has none because it does not vary (`FLAT`), or because the method
        found nothing to tell (`NOTHING`).
    """
    counted = sound.sum(axis=1)
    if plan.row.spares:
        outcomes = np.where(np.repeat(sound, plan.block, axis=1), outcomes, np.nan)
        sound = np.broadcast_to(counted[:, None] > 0, sound.shape)
    used = np.zeros(len(outcomes), dtype=np.int64)
    blank = np.zeros(len(outcomes), dtype=np.int8)
    indices: dict[str, Floats] = {}
    for members in _alike(sound):
        blocks = sound[members[0]]
        kept = int(blocks.sum())
        if not _enough(plan, kept, len(blocks)):
            continue
        runs = slice(None) if kept == len(blocks) else np.repeat(blocks, plan.block)
        complete = outcomes[members][:, runs]
        moving = varies(complete)
        blank[members[~moving]] = FLAT
        if not moving.any():
            continue
        found = plan.analyse(complete[moving], None if unit is None else unit[runs])
        used[members[moving]] = counted[members[moving]]
        for member, ranked in zip(members[moving], found[plan.row.ranks_by], strict=True):
            if np.isnan(ranked).all():
                used[member], blank[member] = 0, NOTHING
        for name, values in found.items():
            every = indices.setdefault(name, np.full((len(outcomes), *values.shape[1:]), np.nan))
            every[members[moving]] = values
    return indices, used, blank


def _enough(plan: Plan, kept: int, blocks: int) -> bool:
    if not plan.row.can_drop:
        return kept == blocks
    return kept >= max(plan.row.least(plan), LEAST_SHARE * blocks)


def _alike(sound: NDArray[np.bool_]) -> list[NDArray[np.int64]]:
    """Return the outcomes that have the same sound blocks, as lists of their places."""
    groups: dict[bytes, list[int]] = {}
    for place, blocks in enumerate(sound):
        groups.setdefault(blocks.tobytes(), []).append(place)
    return [np.array(places) for places in groups.values()]


def note_of(plan: Plan, status: NDArray[np.int8], sound: NDArray[np.bool_]) -> str:
    """Say in one sentence what an outcome's indices leave out, or why it has none."""
    lost = [
        f"{int((status == number).sum()):,} {text}"
        for number, text in (
            (FAILED, "failed"),
            (NOT_REACHED, "never reached the level"),
            (UNDEFINED, "gave no defined value"),
        )
        if (status == number).any()
    ]
    if not lost:
        return ""
    counted = f"of {len(status):,} runs {' and '.join(lost)}"
    cure = "narrow the ranges"
    if (status == NOT_REACHED).any():
        cure = "give the outcome never= (such as the last year) to count them"
    if plan.row.spares and sound.any():
        return f"{counted}; what needs them is left blank, and nothing else: {cure}"
    if not plan.row.can_drop:
        return (
            f"{counted}, and method {plan.method} cannot leave runs out: use sobol or morris, "
            f"which can, or {cure}"
        )
    gone, blocks = int((~sound).sum()), len(sound)
    what = plan.row.blocks
    if not _enough(plan, blocks - gone, blocks):
        return f"{counted}, which leaves too few {what}, {blocks - gone} of {blocks:,}: {cure}"
    if plan.block == 1:
        return f"{counted} and are left out; the indices speak of the rest only: {cure}"
    return (
        f"{counted}; the {gone:,} of {blocks:,} {what} they belong to are left out, so the "
        f"indices speak of the rest only: {cure} if that matters"
    )


def with_indices(sweep: xr.Dataset, plan: Plan, found: Found) -> xr.Dataset:
    """Return the sweep with indices, intervals and notes put in, in place of any it had."""
    import xarray as xr

    stale = [name for name in sweep.data_vars if sweep[name].attrs.get("role") == "index"]
    # Where groups move together, the indices are about them.
    axis = "factor group" if plan.groups else "factor"
    dims = {1: ("outcome",), 2: ("outcome", axis), 3: ("outcome", axis, f"other {axis}")}
    variables: dict[str, Any] = {}
    for name, values in found.indices.items():
        index = name.removesuffix("_conf")
        meaning = plan.row.meanings[index]
        if name != index:
            meaning = f"half-width of the {plan.confidence:.0%} interval of {index}"
        attributes = {"role": "index", "long_name": meaning}
        variables[name] = xr.Variable(dims[values.ndim], values, attributes)
    variables["blocks_used"] = xr.Variable(
        ("outcome",), found.used, {"long_name": f"of {plan.runs // plan.block} blocks of runs"}
    )
    variables["note"] = xr.Variable(("outcome",), np.array(found.notes, dtype=str))
    fresh = sweep.drop_vars(stale).assign(variables)
    if plan.groups:
        fresh = fresh.assign_coords({axis: _ranked_names(sweep, plan)})
    if any(values.ndim == 3 for values in found.indices.values()):
        fresh = fresh.assign_coords({f"other {axis}": fresh[axis].values})
    fresh.attrs = {
        **sweep.attrs,
        "method": plan.method,
        "about": plan.row.about,
        "second_order": int(plan.second_order),
        "plan": json.dumps(plan.to_dict()),
        "resamples": plan.resamples,
        "confidence": plan.confidence,
        "bootstrap_seed": plan.seed,
    }
    return fresh


def _ranked_names(sweep: xr.Dataset, plan: Plan) -> NDArray[np.str_]:
    """Return the names of what the indices are about: the groups, if they moved, or factors."""
    names = np.array([str(name) for name in sweep["factor"].values])
    if not plan.groups:
        return names
    groups = [str(group) for group in sweep["group"].values]
    own = [group or str(name) for group, name in zip(groups, names, strict=True)]
    of_group = dict(zip(plan.groups, own, strict=True))
    return np.array([of_group[group] for group in range(plan.parts)])


def tell(found: Found, about_failed: str = "") -> None:
    """Warn about what an analysis left out; the sweep itself is kept whole."""
    *others, last = found.messages or ("",)
    # What is said of all failed runs together stands once, behind the last outcome's note.
    for message in filter(None, [*others, ". ".join(filter(None, [last, about_failed]))]):
        warnings.warn(message, SweepWarning, stacklevel=3)


def ranking(sweep: xr.Dataset, outcome: str | None = None) -> pd.DataFrame:
    """Return the factors of a sweep, the strongest first, with their indices and intervals.

    Parameters
    ----------
    sweep
        What `sweep` or `open_sweep` returned.
    outcome
        Which outcome; the first when left out.

    Returns
    -------
    pandas.DataFrame
        One row per factor. ``first_rank`` and ``last_rank`` are the places that its interval
        allows: ``2`` and ``3`` means that it cannot be told apart from a neighbour.

    Examples
    --------
    >>> import sdmodel as sd
    >>> import sensitivity as sa
    >>> model, levers = sd.load("models/core.mdl"), sa.read_levers("models/core.toml")
    >>> result = sa.sweep(model, levers, "relative knowledge", samples=16)
    >>> sorted(ranking(result).index[:2])
    ['institutions quality', 'network exposure']
    """
    import pandas as pd

    plan = plan_of(sweep)
    chosen = one_outcome(sweep, outcome)
    columns = [
        name
        for index in plan.row.indices
        for name in (index, f"{index}_conf")
        if name in chosen.data_vars
    ]
    table = pd.DataFrame(
        {name: np.asarray(chosen[name].values, dtype=float) for name in columns},
        index=pd.Index(_ranked_names(sweep, plan), name="factor"),
    )
    value = table[plan.row.ranks_by].to_numpy()
    if plan.row.signed:
        value = np.abs(value)
    width = np.zeros_like(value)
    if f"{plan.row.ranks_by}_conf" in table:
        width = np.nan_to_num(table[f"{plan.row.ranks_by}_conf"].to_numpy())
    low, high = value - width, value + width
    table["first_rank"] = [1 + int((low > top).sum()) for top in high]
    table["last_rank"] = [len(value) - int((high < bottom).sum()) for bottom in low]
    roles: dict[int, dict[str, None]] = {}
    for part, role in zip(plan.membership, sweep["role"].values, strict=True):
        roles.setdefault(part, {})[str(role)] = None
    table["role"] = [" and ".join(roles[part]) for part in range(plan.parts)]
    order = np.argsort(-value, kind="stable")  # NaN comes last
    return table.iloc[order]


def one_outcome(sweep: xr.Dataset, outcome: str | None) -> xr.Dataset:
    """Return the part of a sweep about one outcome, the first when none is named."""
    names = [str(name) for name in sweep["outcome"].values]
    if outcome is None:
        return sweep.isel(outcome=0)
    for place, name in enumerate(names):
        if fold(name) == fold(outcome):
            return sweep.isel(outcome=place)
    raise AnalysisError(f"the sweep has no outcome '{outcome}'{among(outcome, names)}")
