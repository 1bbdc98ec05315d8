"""Running an optimisation control file: the greatest payoff, and the table that says how sure."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import TYPE_CHECKING, Any

import numpy as np

import sdmodel as sd
from sensitivity.control.changes import changed
from sensitivity.control.payoff import Payoff, check_searched, table_of
from sensitivity.control.payoff_sensitivity import sensitivities
from sensitivity.control.search import FAILED, TOUCHING, Searcher, search
from sensitivity.errors import MethodError, StudyError, among
from sensitivity.report import whole

if TYPE_CHECKING:
    import pandas as pd
    from numpy.typing import NDArray

    Floats = NDArray[np.float64]

OPTIMIZERS = ("powell", "evolution")
# A comment ends at the first brace that closes.
_PLAIN = str.maketrans("{}", "()")


@dataclass(frozen=True)
class Optimum:
    """What an optimisation found.

    Parameters
    ----------
    payoff
        The greatest payoff.
    values
        The constants that give it.
    constants
        A table of them: start, value, ends, and which end it touches.
    before
        The payoff at the start of the file.
    runs
        How many runs it took.
    converged
        Whether the best search ended because it gained no more.
    message
        What the optimiser said at the end.
    parts
        What each line of the payoff definition adds.
    starts
        Of each search the payoff where it began and ended.
    sensitivity
        The table that ``:SENSITIVITY`` asks for, or None.
    trace
        Every run with its payoff where ``:TRACE`` asks for it, or None.
    notes
        What in the files was not done as asked, and which data were left out.
    origin
        The files with their digests, the optimiser and its seed, the model and its digest.
    """

    payoff: float
    values: Mapping[str, float]
    constants: pd.DataFrame
    before: float
    runs: int
    converged: bool
    message: str
    parts: pd.DataFrame
    starts: pd.DataFrame
    sensitivity: pd.DataFrame | None
    trace: pd.DataFrame | None
    notes: tuple[str, ...]
    origin: Mapping[str, Any]

    def save(self, path: str | Path) -> list[Path]:
        """Write the constants as a changes file (``.out``), and the tables beside it.

        Returns
        -------
        list of pathlib.Path
            What was written: NAME.out, and as far as there are such tables NAME_endpoint.tab,
            NAME_sensitivity.tab and NAME_trace.tab.
        """
        target = Path(path)
        origin = self.origin
        told = [
            f"payoff {self.payoff!r}, {self.runs} runs by {origin['optimizer']}",
            *(
                f"{origin[what]} {origin[f'{what}_digest']}"
                for what in ("control", "payoff", "model")
            ),
            *(f"changes {one['file']}: {_brief(one)}" for one in origin.get("changes", ())),
        ]
        head = [f"{{{line.translate(_PLAIN)}}}" for line in told]
        text = "\n".join([*head, *(f"{name} = {v!r}" for name, v in self.values.items()), ""])
        with whole(target) as part:
            part.write_text(text, encoding="utf-8")
        written = [target]
        tables = {"sensitivity": self.sensitivity, "trace": self.trace}
        if len(self.starts) > 1:
            tables["endpoint"] = self.starts
        for name, table in tables.items():
            if table is not None:
                beside = target.with_name(f"{target.stem}_{name}.tab")
                with whole(beside) as part:
                    table.to_csv(part, sep="\t", lineterminator="\n")
                written.append(beside)
        return written


def run_voc(
    path: str | Path,
    payoff: str | Path,
    model: sd.Model,
    *,
    changes: Sequence[str | Path | sd.SourceText] = (),
    optimizer: str = "powell",
    starts: int | None = None,
) -> Optimum:
    r"""Carry out one of Vensim's optimisation control files.

    Parameters
    ----------
    path
        The `.voc` file.
    payoff
        The `.vpd` file: what is to be maximised.
    model
        A model from ``sdmodel.load``, with its data.
    changes
        Changes files (`.cin`), as of ``Model.with_changes``: what they set stands in every run.
    optimizer
        ``powell`` (SciPy's, between the ends of the file), or ``evolution``: differential evolution
        over the whole range first, for payoffs with many tops.
    starts
        How many random starts, or points of a grid, there are at most; the file's RESTART_MAX,
        or 10 and 1024, when left out.

    Examples
    --------
    >>> import sdmodel as sd
    >>> folder = Path("out")
    >>> _ = folder.mkdir(exist_ok=True)
    >>> _ = (folder / "beds.voc").write_text("0<=distancing=0.1<=0.9\n")
    >>> _ = (folder / "beds.vpd").write_text("*PF\nDead/-1\n")
    >>> model = sd.load("models/epidemic.mdl")
    >>> best = run_voc(folder / "beds.voc", folder / "beds.vpd", model)
    >>> bool(best.payoff > best.before), best.converged
    (True, True)
    """
    model, told = changed(model, changes)
    searcher = searcher_of(path, payoff, model, optimizer, starts)
    control, measured = searcher.control, searcher.payoff
    definition = measured.control
    ends = search(searcher, optimizer, starts)
    best = max(ends, key=lambda one: one.payoff)
    values = searcher.values(best.point)
    if best.payoff <= FAILED:
        raise StudyError(_no_payoff(measured, table_of(searcher.names, searcher.start)))
    tables = _tables(searcher, values, best.payoff, ends)
    notes = [str(one).partition("\n")[0] for one in control.notes] + measured.notes
    return Optimum(
        payoff=best.payoff,
        values=dict(zip(searcher.names, map(float, values), strict=True)),
        before=ends[0].start_payoff,
        converged=best.converged,
        message=best.message,
        runs=searcher.seen,
        notes=tuple(notes),
        origin={
            "control": Path(control.path).name,
            "control_digest": control.digest,
            "payoff": Path(definition.path).name,
            "payoff_digest": definition.digest,
            "comments": list(control.comments),
            "model": model.name,
            "model_digest": model.digest,
            "data": [one.name for one in model.data_files],
            "optimizer": "none" if control.optimizer == "OFF" else optimizer,
            "starts": control.starts,
            "seed": control.seed,
            "time_step": measured.step,
            "sdmodel": version("sdmodel"),
            **({"changes": told} if told else {}),
        },
        **tables,
    )


def searcher_of(
    path: str | Path, payoff: str | Path, model: sd.Model, optimizer: str, starts: int | None
) -> Searcher:
    """Return what searches, with everything checked that can be before it does."""
    if optimizer not in OPTIMIZERS:
        raise MethodError(f"there is no optimizer '{optimizer}'{among(optimizer, OPTIMIZERS)}")
    if starts is not None and starts < 1:
        raise MethodError(f"starts is {starts}: give 1 or more")
    control = sd.read_voc(path, model)
    check_searched(control)
    searcher = Searcher(control, Payoff(sd.read_vpd(payoff, model), sd.without_ranges(model)))
    if optimizer == "evolution" and not np.isfinite([*searcher.low, *searcher.high]).all():
        raise MethodError(f"{control.path}: evolution needs both ends of every constant")
    return searcher


def _brief(change: Mapping[str, str]) -> str:
    """Return a single change as it is, and more of them as the digest of their file."""
    text = change["text"]
    return f"sha256 {change['digest']}" if "\n" in text or "\r" in text else text


def _no_payoff(measured: Payoff, start: pd.DataFrame) -> str:
    """Say why no run had a payoff, from the run at the start."""
    batch = measured.model.run_many(start, outputs=measured.columns, method="vensim")
    told = f"{measured.control.path}: no run has a payoff"
    if len(batch.failures):
        first = batch.failures.iloc[0]
        where = f"{first['variable']} fails at {first['time']:g} ({first['cause']})"
        return f"{told}: at the start {where}"
    adds = measured.parts_of(start)[:, 0]
    lines = [
        f"line {part.line} ({part.variable})"
        for part, one in zip(measured.control.parts, adds, strict=True)
        if not np.isfinite(one)
    ]
    return f"{told}: at the start there is none of {', '.join(lines)}: look at weights and signs"


def _tables(searcher: Searcher, values: Floats, payoff: float, ends: list[Any]) -> dict[str, Any]:
    import pandas as pd

    names, control = searcher.names, searcher.control
    slack = TOUCHING * searcher.width
    touched = np.select(
        [values <= searcher.low + slack, values >= searcher.high - slack], ["min", "max"], ""
    )
    units = searcher.payoff.model.units
    constants = pd.DataFrame(
        {
            "start": searcher.start,
            "value": values,
            "min": searcher.low,
            "max": searcher.high,
            "touches": touched,
            "unit": [units.get(one, units.get(one.partition("[")[0], "")) for one in names],
        },
        index=pd.Index(names, name="constant"),
    )
    added = searcher.payoff.parts_of(table_of(names, values))[:, 0]
    parts = pd.DataFrame(
        [
            {
                "variable": part.variable,
                "type": _type(part),
                "data": part.data,
                "weight": part.weight,
                "adds": float(one),
            }
            for part, one in zip(searcher.payoff.control.parts, added, strict=True)
        ]
    )
    begun = [
        {"payoff at start": one.start_payoff, "payoff": one.payoff, "converged": one.converged}
        | dict(zip(names, searcher.values(one.point), strict=True))
        for one in ends
    ]
    trace = None
    if control.trace == "ON":
        rows = np.array([row for row, _ in searcher.trace])
        trace = table_of(names, rows).assign(payoff=[one for _, one in searcher.trace])
    return {
        "constants": constants,
        "parts": parts,
        "starts": pd.DataFrame(begun),
        "sensitivity": sensitivities(searcher, values, payoff),
        "trace": trace,
    }


def _type(part: Any) -> str:
    time = {"final": "F", "initial": "I"}.get(part.time, "")
    error = "" if part.error == "O" else part.error
    return f"*{part.kind}{error}{'L' if part.logs else ''}{time}"


def summary_of(found: Optimum) -> dict[str, Any]:
    """Return what was found as plain numbers and texts for other programs."""
    return {
        "payoff": found.payoff,
        "payoff at start": found.before,
        "values": dict(found.values),
        "touches": {name: end for name, end in found.constants["touches"].items() if end},
        "runs": found.runs,
        "converged": found.converged,
        "message": found.message,
        "parts": found.parts.to_dict(orient="records"),
        "sensitivity": None
        if found.sensitivity is None
        else json.loads(found.sensitivity.to_json(orient="index")),
        "notes": list(found.notes),
        "origin": dict(found.origin),
    }
