"""Other people's models against what Vensim recorded: read, run, compare every column."""

from __future__ import annotations

import csv
import io
import math
import os
import re
from dataclasses import dataclass
from pathlib import Path

import numpy as np

import sdmodel as sd

# Recorded values carry six digits and were computed in single precision.
RELATIVE, OF_PEAK = 1e-4, 1e-5
NOT_AVAILABLE = -(2.0**109)
CONTROL = {"time", "final time", "initial time", "time step", "saveper"}


def folder() -> Path | None:
    """Return where the public test models lie, or None."""
    root = Path(__file__).resolve().parents[2]
    place = Path(os.environ.get("SDMODEL_CONFORMANCE", root.parent / "shared" / "conformance"))
    return place if (place / "models").is_dir() else None


@dataclass(frozen=True)
class Score:
    """How many columns were compared, and what differs."""

    columns: int
    wrong: tuple[str, ...]


def fold(name: str) -> str:
    """Return what spellings of a column share."""
    name = re.sub(r'\\?"', "", name.strip()).replace("\\\\", "\\").replace("\\n", " ")
    return re.sub(r"[\s_]+", " ", name).strip().casefold()


def recorded(path: Path) -> dict[str, dict[float, float]]:
    """Read recorded output: a table with one row a time, or Vensim's .dat."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252")
    text = text.replace("\r\n", "\n").replace("\r", "\n")
    found: dict[str, dict[float, float]] = {}
    if path.suffix.lower() == ".dat":
        series: dict[float, float] = {}
        for line in text.splitlines():
            if "\t" in line:
                time, value = line.split("\t")[:2]
                series[float(time)] = _number(value)
            elif line.strip():
                series = found.setdefault(line.strip(), {})
        return found
    mark = "," if path.suffix.lower() == ".csv" else "\t"
    header, *rows = [row for row in csv.reader(io.StringIO(text), delimiter=mark) if row]
    rows = [row for row in rows if row[0].strip()]
    for column, name in enumerate(header[1:], 1):
        if name.strip():
            found[name] = {
                float(row[0]): _number(row[column]) if column < len(row) else math.nan
                for row in rows
            }
    return found


def _number(text: str) -> float:
    return float(text) if text.strip() else math.nan


def method_of(model: sd.Model) -> str:
    """Return the file's method; automatic step control is run with a fixed step."""
    return {"rk4auto": "rk4", "rk2auto": "rk2", "difference": "euler"}.get(
        model.source.method, model.source.method
    )


def score(model_path: Path, output: Path) -> Score:
    """Run a model and compare it with its recorded output."""
    model = sd.load(model_path)
    run = model.run(method=method_of(model))
    columns = {fold(name): i for i, name in enumerate(run.columns)}
    defined = {fold(name) for name in model.variables} | CONTROL
    wrong: list[str] = []
    compared = 0
    for name, series in recorded(output).items():
        key = fold(name)
        if name.startswith("#") or key not in defined:
            continue  # Vensim's own levels, and variables of an older version of the model
        if key not in columns:
            if key not in CONTROL:
                wrong.append(f"{name}: missing")
                compared += 1
            continue
        compared += 1
        problem = _difference(run.times, run.table[:, columns[key]], series)
        if problem:
            wrong.append(f"{name} {problem}")
    return Score(compared, tuple(wrong))


def _difference(times: np.ndarray, values: np.ndarray, series: dict[float, float]) -> str:
    at = np.array(list(series))
    want = np.array(list(series.values()))
    known = ~np.isnan(want) & (want > 0.99 * NOT_AVAILABLE)
    if known.sum() <= 1 and known[:1].all():  # a constant, recorded once
        at, want = times, np.full(len(times), want[0])
        known = np.ones(len(times), dtype=bool)
    peak = np.abs(want[known]).max(initial=0.0)
    for time, value, is_known in zip(at, want, known, strict=True):
        place = np.flatnonzero(np.abs(times - time) <= 1e-6 * max(1.0, np.abs(times).max()))
        if not len(place):
            return f"at {time:g}: not saved"
        got = values[place[0]]
        absent = bool(np.isnan(got) or got <= 0.99 * NOT_AVAILABLE)
        if not is_known:
            if not absent:
                return f"at {time:g}: recorded as not available, got {got:g}"
            continue
        slack = RELATIVE * max(abs(value), abs(got)) + max(OF_PEAK * peak or 1e-6, 1e-9)
        if absent or not (abs(value - got) <= slack or value == got):
            return f"at {time:g}: recorded {value:g}, got {got:g}"
    return ""
