"""Models of other people, the runs that were recorded of them, and how a run is compared."""

from __future__ import annotations

import csv
import json
import math
import os
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np

import sdmodel as sd
from sdmodel.names import element_key

ROOT = Path(__file__).resolve().parents[2]
# Where the paths of each suite's models begin.
SUITES = {
    "testmodels": "SDXorg+test-models",
    "stmx": "SDXorg+test-models",
    "sde": "climateinteractive+SDEverywhere/models",
    "simlin": "bpowers+simlin/test",
    "vdf": "bpowers+simlin/test",
}
PUBLISHED = "bpowers+simlin/test/metasd"
# Expected files carry six digits, of runs in single precision.
RELATIVE, OF_THE_PEAK = 1e-4, 1e-5
# Of a column that is zero but for rounding, the peak says nothing.
ROUNDING, ALL_ZERO = 1e-9, 1e-6
MISSING = -(2.0**109)  # :NA:
Column = dict[float, float]


def folder() -> Path | None:
    """Return where the models lie, or None."""
    given = os.environ.get("SDMODEL_CONFORMANCE")
    place = Path(given) if given else ROOT.parent / "shared" / "conformance"
    if (place / "models").is_dir():
        return place.resolve()
    assert not given, f"SDMODEL_CONFORMANCE names {given}, where there is no folder 'models'"
    return None


PLACE = folder()


# Which models there are ---------------------------------------------------------------------------


@dataclass(frozen=True)
class Case:
    """A model, the run that was recorded of it, and the data files it was run with."""

    model: Path
    run: Path
    data: tuple[Path, ...] = ()
    workbooks: tuple[tuple[str, str], ...] = ()


@cache
def cases() -> dict[str, Case]:
    """Return the models to compare, by suite and path: ``sde:sir/sir.mdl``."""
    assert PLACE is not None
    listed = json.loads((PLACE / "split.json").read_text(encoding="utf-8"))["shared"]
    decoded = json.loads((PLACE / "expected" / "index.json").read_text(encoding="utf-8"))
    found = {}
    for suite, paths in listed.items():
        for path in paths:
            model = PLACE / "models" / SUITES[suite] / path
            names = ("output.csv", "output.tab", f"{model.stem}.dat")
            if suite == "sde":
                names = (f"{model.stem}{'.dat' if model.suffix.lower() == '.mdl' else '.csv'}",)
            runs = [model.with_name(name) for name in names]
            if suite == "vdf":
                runs = [PLACE / "expected" / decoded[path]]
            run = next(one for one in runs if one.is_file())
            found[f"{suite}:{path}"] = Case(model, run, *beside(model))
    return found


def beside(model: Path) -> tuple[tuple[Path, ...], tuple[tuple[str, str], ...]]:
    """Return what SDEverywhere's run file beside a model names: data files, and tagged workbooks.

    Vensim keeps both outside of the equations.
    """
    data: list[Path] = []
    workbooks: dict[str, str] = {}
    for place in sorted(model.parent.glob("*_spec.json")):
        said = json.loads(place.read_text(encoding="utf-8"))
        names = [*said.get("datFiles", []), *said.get("externalDatfiles", [])]
        data += [model.parent / name for name in names]
        workbooks |= said.get("directData", {})
    return tuple(data), tuple(workbooks.items())


def load(case: Case, scratch: Path) -> sd.Model:
    """Load a model with its data; where workbooks have tags, from a copy that says which is which.

    The setting is ``30:?tag=file``, as Vensim writes it behind a model's sketch.
    """
    if not case.workbooks or case.model.suffix.lower() != ".mdl":
        return sd.load(case.model, data=case.data)
    copy = scratch / case.model.parent.name
    shutil.copytree(case.model.parent, copy, copy_function=shutil.copyfile)
    copy.chmod(0o700)
    model = copy / case.model.name
    text = model.read_bytes()
    if b":L\x7f<%^E!@" not in text:
        text += b"\n\\\\\\---///\n:L\x7f<%^E!@\n"
    tags = "".join(f"30:{tag}={file}\n" for tag, file in case.workbooks)
    model.write_bytes(text.rstrip() + b"\n" + tags.encode())
    return sd.load(model, data=case.data)


# What was recorded --------------------------------------------------------------------------------


def number(text: str) -> float:
    """Return a recorded number; a blank stands for :NA:."""
    return float(text) if text.strip() else MISSING


def read_run(path: Path) -> dict[str, Column]:
    """Return a recorded run: for each variable its values by time; one only for a constant."""
    raw = path.read_bytes()
    try:
        text = raw.decode("utf-8-sig")
    except UnicodeDecodeError:
        text = raw.decode("cp1252")
    lines = text.replace("\r\n", "\n").replace("\r", "\n").split("\n")
    return read_dat(lines) if path.suffix.lower() == ".dat" else read_table(lines, path.suffix)


def read_dat(lines: list[str]) -> dict[str, Column]:
    """Read Vensim's export: a line with a name, then lines of time and value."""
    columns: dict[str, Column] = {}
    latest: Column = {}
    for line in filter(str.strip, lines):
        time, tab, value = line.partition("\t")
        if tab:
            latest[float(time)] = number(value.split("\t")[0])
        else:
            latest = columns.setdefault(line.strip(), {})
    return columns


def read_table(lines: list[str], suffix: str) -> dict[str, Column]:
    """Read a table with one row a time; a constant stands in the first row only."""
    rows = list(csv.reader(lines, delimiter="," if suffix.lower() == ".csv" else "\t"))
    names, rows = rows[0], [row for row in rows[1:] if row and row[0].strip()]
    columns: dict[str, Column] = {}
    for j, name in enumerate(names):
        if j == 0 or not name.strip():
            continue
        column = {float(row[0]): number(row[j]) if j < len(row) else MISSING for row in rows}
        first = min(column)
        if all(value == MISSING for time, value in column.items() if time != first):
            column = {first: column[first]}
        columns[name] = column
    return columns


# Comparing ----------------------------------------------------------------------------------------


@dataclass
class Score:
    """How many columns were compared, and what was wrong with which."""

    columns: int = 0
    wrong: list[str] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)


def spelled(model: sd.Model, run: sd.Run, name: str) -> str | None:
    """Return the name that a run has a recorded column under, or None for no variable of its model.

    Some recorded runs are of an older version of the model. Stella quotes inside of a name:
    ``a."module/output"``.
    """
    for one in (name, name.replace('"', "")):
        if one in run or element_key(one).partition("[")[0] in model.source.by_key:
            return one
    return None


def score(
    model: sd.Model, run: sd.Run, columns: Mapping[str, Column], relative: float = RELATIVE
) -> Score:
    """Compare a run with a recorded one; a variable that the run lacks is wrong."""
    result = Score()
    near = 1e-6 * max(1.0, np.abs(run.times).max())
    for name, column in columns.items():
        found = spelled(model, run, name)
        if found is None:
            result.unknown.append(name)
            continue
        result.columns += 1
        if found not in run or (got := run.values(found)).ndim > 1:
            result.wrong.append(f"{name}: the run has no such column")
            continue
        if len(column) == 1:
            times, expected = run.times, np.full(len(run.times), *column.values())
        else:
            times, expected = np.array(list(column)), np.array(list(column.values()))
        place = np.clip(np.searchsorted(run.times, times - near), 0, len(run.times) - 1)
        saved = np.abs(run.times[place] - times) <= near
        if not saved.all():
            result.wrong.append(f"{name}: nothing was saved at time {times[~saved][0]:g}")
            continue
        bad = ~agree(expected, got[place], relative)
        if bad.any():
            worst = int(np.argmax(bad))
            values = f"{expected[worst]:g} expected, {got[place][worst]:g} found"
            result.wrong.append(f"{name} at time {times[worst]:g}: {values}")
    return result


def agree(expected: np.ndarray, got: np.ndarray, relative: float = RELATIVE) -> np.ndarray:
    """Compare one column, number by number."""
    missing = expected == MISSING
    peak = np.abs(expected[~missing]).max(initial=0.0)
    floor = max(OF_THE_PEAK * peak if peak else ALL_ZERO, ROUNDING)
    with np.errstate(invalid="ignore"):
        size = np.maximum(np.abs(expected), np.abs(got))
        near = np.abs(expected - got) <= relative * size + floor
    absent = np.isnan(got) | (np.abs(got - MISSING) <= 1e-6 * abs(MISSING))
    return np.where(missing, absent, near | (expected == got))


def largest_difference(a: np.ndarray, b: np.ndarray, of_the_peak: float = 1e-3) -> float:
    """Return the largest difference, relative to the value or a part of the column's peak.

    With the part 1e-3, a result under 1e-6 is the rule "1e-6 relative and 1e-9 of the peak".
    """
    if a.shape != b.shape or (np.isfinite(a) != np.isfinite(b)).any():
        return math.inf
    finite = np.isfinite(a)
    if not np.array_equal(a[~finite], b[~finite], equal_nan=True):
        return math.inf
    a, b = a[finite], b[finite]
    size = np.maximum(np.abs(a), np.abs(b))
    peak = size.max(initial=0.0)
    scale = np.maximum(size, of_the_peak * peak)
    gaps = np.abs(a - b)
    return float(np.divide(gaps, scale, out=np.zeros_like(gaps), where=scale > 0).max(initial=0.0))
