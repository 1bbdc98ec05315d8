"""Other people's models against what Vensim made of them.

The models are not part of this project. They lie where SDMODEL_CONFORMANCE says, or in
``../shared/conformance``; without them these tests are skipped, and with them none is.
`ratchet.toml` lists every model and what became of it; what newly passes must be entered there::

    python tests/conformance/test_conformance.py    prints the list as it is now
"""

from __future__ import annotations

import csv
import io
import json
import math
import os
import tomllib
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.names import key

ROOT = Path(__file__).resolve().parents[2]
RATCHET = Path(__file__).with_name("ratchet.toml")
# Expected files carry six digits, of runs in single precision.
RELATIVE, OF_THE_PEAK = 1e-4, 1e-5
# Of a column that is zero but for rounding, the peak says nothing.
ROUNDING = 1e-9
MISSING = -(2.0**109)  # :NA:
Column = dict[float, float]
# The definition, and what a run uses unless told otherwise.
ENGINES = tuple(dict.fromkeys(("reference", sd.Model.run.__kwdefaults__["engine"])))


def folder() -> Path | None:
    """Return where the models lie, or None."""
    given = os.environ.get("SDMODEL_CONFORMANCE")
    place = Path(given) if given else ROOT.parent / "shared" / "conformance"
    if (place / "models").is_dir():
        return place.resolve()
    assert not given, f"SDMODEL_CONFORMANCE names {given}, where there is no folder 'models'"
    return None


PLACE = folder()
needs_models = pytest.mark.skipif(
    PLACE is None,
    reason="there are no conformance models: set SDMODEL_CONFORMANCE to their folder",
)


# What was recorded --------------------------------------------------------------------------------


@cache
def recorded() -> dict[str, Path]:
    """Return every Vensim model with a recorded run, and the file of that run."""
    assert PLACE is not None
    models, found = PLACE / "models", {}
    index = json.loads((PLACE / "expected" / "index.json").read_text())
    for path in sorted(models.rglob("*")):
        if path.suffix.lower() != ".mdl":
            continue
        name = path.relative_to(models).as_posix()
        decoded = next((file for end, file in index.items() if name.endswith(end)), None)
        beside = [path.with_name(n) for n in ("output.csv", "output.tab", f"{path.stem}.dat")]
        runs = [PLACE / "expected" / decoded] if decoded else [p for p in beside if p.is_file()]
        if runs:
            found[name] = runs[0]
    return found


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


def known(model: sd.Model, name: str) -> bool:
    """Tell whether a recorded column is a variable of this version of the model."""
    found = model.source.by_key.get(key(name))
    return found is not None and found.table is None


def score(model: sd.Model, run: sd.Run, columns: dict[str, Column]) -> Score:
    """Compare a run with a recorded one."""
    result = Score()
    near = 1e-6 * max(1.0, np.abs(run.times).max())
    for name, column in columns.items():
        if not known(model, name):
            result.unknown.append(name)
            continue
        result.columns += 1
        got = run.values(name)
        if len(column) == 1:
            times, expected = run.times, np.full(len(run.times), *column.values())
        else:
            times, expected = np.array(list(column)), np.array(list(column.values()))
        place = np.clip(np.searchsorted(run.times, times - near), 0, len(run.times) - 1)
        saved = np.abs(run.times[place] - times) <= near
        if not saved.all():
            result.wrong.append(f"{name}: nothing was saved at time {times[~saved][0]:g}")
            continue
        bad = ~agree(expected, got[place])
        if bad.any():
            worst = int(np.argmax(bad))
            values = f"{expected[worst]:g} expected, {got[place][worst]:g} found"
            result.wrong.append(f"{name} at time {times[worst]:g}: {values}")
    return result


def agree(expected: np.ndarray, got: np.ndarray) -> np.ndarray:
    """Compare one column, number by number."""
    missing = expected == MISSING
    peak = np.abs(expected[~missing]).max(initial=0.0)
    with np.errstate(invalid="ignore"):
        size = np.maximum(np.abs(expected), np.abs(got))
        near = np.abs(expected - got) <= RELATIVE * size + max(OF_THE_PEAK * peak, ROUNDING)
    absent = np.isnan(got) | (np.abs(got - MISSING) <= 1e-6 * abs(MISSING))
    return np.where(missing, absent, near | (expected == got))


def run_case(name: str, engine: str = "reference") -> Score:
    """Load and run a model as its file says, and compare."""
    assert PLACE is not None
    model = sd.load(PLACE / "models" / name)
    # The methods with automatic steps are not offered; these recorded runs do not need them.
    method = {"rk4auto": "rk4", "rk2auto": "rk2"}.get(model.source.method, "vensim")
    run = model.run(method=method, engine=engine)
    return score(model, run, read_run(recorded()[name]))


def out_of_reach(error: sd.SDError) -> str:
    """Return what puts a model out of reach of this version, by what it was refused for."""
    problems = getattr(error, "problems", ())
    names = {problem.name for problem in problems}
    if "subscripts" in names:
        return "subscripts"
    if ":MACRO:" in names:
        return "macros"
    if "data variable" in names or any("the data file" in p.message for p in problems):
        return "external data"
    return "random numbers" if any(n.upper().startswith("RANDOM") for n in names) else ""


# The tests ----------------------------------------------------------------------------------------


def ratchet() -> dict[str, dict]:
    return tomllib.loads(RATCHET.read_text(encoding="utf-8"))


LISTED = ratchet()
LEFT_OUT = [(name, why) for why, names in LISTED["out of reach"].items() for name in names]


def test_every_model_is_listed_once() -> None:
    names = [*LISTED["passed"], *LISTED["failed"], *(name for name, _ in LEFT_OUT)]
    assert len(names) == len(set(names))
    if PLACE is not None:
        assert sorted(names) == sorted(recorded())


@needs_models
@pytest.mark.parametrize("name", LISTED["passed"])
def test_passes(name: str, record_property: Callable[[str, object], None]) -> None:
    for engine in ENGINES:
        found = run_case(name, engine)
        assert not found.wrong, engine
        # A model of which nothing was compared would pass whatever it computes.
        assert found.columns == LISTED["passed"][name] > 0
    record_property("columns compared", found.columns)


@needs_models
@pytest.mark.parametrize("name", LISTED["failed"])
def test_still_fails(name: str) -> None:
    """For the reason given; when it passes, it belongs to those that do."""
    entry = LISTED["failed"][name]
    assert entry["why"]
    try:
        found = run_case(name)
        said = "\n".join(found.wrong)
    except sd.SDError as error:
        said = str(error)
    assert said, f"passes now, with {found.columns} columns compared: move it in {RATCHET.name}"
    assert entry["says"] in said


@needs_models
@pytest.mark.parametrize(("name", "why"), LEFT_OUT)
def test_still_out_of_reach(name: str, why: str) -> None:
    """Refused with one of our errors, for what the list says."""
    assert PLACE is not None
    with pytest.raises(sd.SDError) as caught:
        sd.load(PLACE / "models" / name)
    assert out_of_reach(caught.value) == why


def test_most_models_within_reach_pass() -> None:
    passed, failed = len(LISTED["passed"]), len(LISTED["failed"])
    assert passed >= 0.95 * (passed + failed)


@pytest.mark.parametrize(
    ("expected", "got", "same"),
    [
        ([1, 2, 3], [1, 2, 3], [True, True, True]),
        ([1, 2, 4], [1.0002, 2.0002, 4.0002], [False, True, True]),
        ([0, 100], [0.0009, 100], [True, True]),
        ([0, 100], [0.0011, 100], [False, True]),
        ([0, 0], [9e-10, 2e-9], [True, False]),
        ([1, math.inf], [math.nan, math.inf], [False, True]),
        ([1, MISSING], [MISSING, 1], [False, False]),
        ([1, MISSING, MISSING], [1, math.nan, MISSING], [True, True, True]),
    ],
)
def test_the_rule_of_comparison(expected: list[float], got: list[float], same: list[bool]) -> None:
    assert agree(np.array(expected, float), np.array(got, float)).tolist() == same


def test_reading_recorded_runs(tmp_path: Path) -> None:
    table = tmp_path / "output.tab"
    table.write_bytes(
        'Time\ta\t"b"\tc\r\n0\t1\t2\t3\r0.5\t1.5\t\t\n1\t2\t\t4\n'.encode("utf-8-sig")
    )
    assert read_run(table) == {
        "a": {0: 1, 0.5: 1.5, 1: 2},
        "b": {0: 2},
        "c": {0: 3, 0.5: MISSING, 1: 4},
    }
    old = tmp_path / "output.csv"
    old.write_bytes("Time,prix en \u20ac\n0,1\n1,2\n".encode("cp1252"))
    assert read_run(old) == {"prix en \u20ac": {0: 1, 1: 2}}
    dat = tmp_path / "run.dat"
    dat.write_bytes(b"a\r\n0\t1\r\n1\t2\r\n#d>DELAY3#\r\n0\t5\r\nconstant\r\n0\t7\r\n")
    assert read_run(dat) == {"a": {0: 1, 1: 2}, "#d>DELAY3#": {0: 5}, "constant": {0: 7}}


# The list as it is now ----------------------------------------------------------------------------


def lines() -> Iterator[str]:
    """Yield the lines of `ratchet.toml` for the models as they run now."""
    passed: dict[str, int] = {}
    failed: dict[str, tuple[str, str]] = {}
    apart: dict[str, list[str]] = {}
    for name in recorded():
        try:
            found = run_case(name)
        except sd.SDError as error:
            why = out_of_reach(error)
            if why:
                apart.setdefault(why, []).append(name)
            else:
                failed[name] = (str(error).splitlines()[0].split(": ", 1)[1], "")
            continue
        if found.wrong:
            failed[name] = (found.wrong[0], "")
        else:
            passed[name] = found.columns
    yield "[passed]"
    yield from (f'"{name}" = {count}' for name, count in passed.items())
    yield "\n[failed]"
    for name, (says, why) in failed.items():
        yield f"{json.dumps(name)} = {{ says = {json.dumps(says)}, why = {json.dumps(why)} }}"
    yield '\n["out of reach"]'
    for why, names in sorted(apart.items()):
        yield from (f"{json.dumps(why)} = [", *(f"    {json.dumps(one)}," for one in names), "]")


if __name__ == "__main__":
    with io.StringIO() as out:
        out.writelines(f"{line}\n" for line in lines())
        print(out.getvalue(), end="")
