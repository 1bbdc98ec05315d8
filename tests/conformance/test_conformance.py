"""Other people's models against what Vensim and Stella made of them.

The models are not part of this project. They lie where SDMODEL_CONFORMANCE says, or in
``../shared/conformance``; without them these tests are skipped, and with them none is.
`ratchet.toml` lists every model and what became of it; what newly passes must be entered there::

    python -m tests.conformance.test_conformance    prints the list as it is now
"""

from __future__ import annotations

import json
import math
import tempfile
import tomllib
import warnings
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sdmodel as sd
from tests.conformance.recorded import (
    MISSING,
    PLACE,
    RELATIVE,
    Score,
    agree,
    cases,
    largest_difference,
    load,
    read_run,
    score,
)

RATCHET = Path(__file__).with_name("ratchet.toml")
LISTED: dict[str, Any] = tomllib.loads(RATCHET.read_text(encoding="utf-8"))
PASSED: dict[str, int] = {
    f"{suite}:{path}": columns
    for suite, counts in LISTED["passed"].items()
    for path, columns in counts.items()
}
FAILED: dict[str, dict[str, str]] = LISTED["failed"]
needs_models = pytest.mark.skipif(
    PLACE is None,
    reason="there are no conformance models: set SDMODEL_CONFORMANCE to their folder",
)


def tolerance(name: str) -> float:
    """Return the relative tolerance of a case."""
    wider = [one["relative"] for one in LISTED["tolerance"] if one["part"] in name]
    return max(wider, default=RELATIVE)


def run(model: sd.Model, engine: str = "compiled") -> sd.Run:
    """Run a model as its file says; some of these compute what is no number somewhere."""
    with warnings.catch_warnings():
        warnings.simplefilter("ignore", sd.NonFiniteWarning)
        return model.run(method="vensim", engine=engine)


def compared(name: str, scratch: Path) -> Score:
    """Load and run a model, and compare it with its recorded run."""
    case = cases()[name]
    model = load(case, scratch)
    ran, recorded = run(model), read_run(case.run)
    found = score(model, ran, recorded, tolerance(name))
    if tolerance(name) > RELATIVE and not found.wrong:
        assert score(model, ran, recorded).wrong, "no wider tolerance is needed any more"
    return found


def left_out(found: Score) -> list[str]:
    """Return the recorded columns of other variables; ``#d10>DELAY3#`` is a level of Vensim's."""
    return [name for name in found.unknown if not name.startswith("#")]


# The tests ----------------------------------------------------------------------------------------


def test_the_list_is_whole() -> None:
    names = [*PASSED, *FAILED]
    assert len(names) == len(set(names)) == LISTED["cases"]
    assert sum(PASSED.values()) == LISTED["columns"]
    assert all(entry["why"] for entry in FAILED.values())
    # A tolerance or a left-out column of a model that went is not kept.
    assert all(any(one["part"] in name for name in names) for one in LISTED["tolerance"])
    assert set(LISTED["unknown"]) <= set(names)
    if PLACE is not None:
        assert sorted(names) == sorted(cases())


@needs_models
@pytest.mark.parametrize("name", [*PASSED, *FAILED])
def test_as_listed(
    name: str, record_property: Callable[[str, object], None], tmp_path: Path
) -> None:
    record_property("conformance", 0)
    if name in FAILED:
        check_failure(name, tmp_path)
        return
    found = compared(name, tmp_path)
    assert not found.wrong
    # A model of which nothing was compared would pass whatever it computes.
    assert found.columns == PASSED[name] > 0
    assert left_out(found) == LISTED["unknown"].get(name, [])
    record_property("conformance", found.columns)


def check_failure(name: str, scratch: Path) -> None:
    """Check that a model fails for the reason given: one that passes is not listed here."""
    try:
        found = compared(name, scratch)
        said = "\n".join(found.wrong)
    except sd.SDError as error:
        said = str(error)
    assert said, f"passes now, with {found.columns} columns compared: move it in {RATCHET.name}"
    assert FAILED[name]["says"] in said


@needs_models
@pytest.mark.parametrize("name", [*PASSED][::8])
def test_reference_engine_agrees(name: str, tmp_path: Path) -> None:
    model = load(cases()[name], tmp_path)
    compiled, reference = run(model), run(model, "reference")
    assert compiled.columns == reference.columns
    pairs = zip(compiled.columns, compiled.table.T, reference.table.T, strict=True)
    gaps = {column: largest_difference(a, b) for column, a, b in pairs}
    assert {column: gap for column, gap in gaps.items() if gap > 1e-9} == {}


# The rules ----------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("expected", "got", "same"),
    [
        ([1, 2, 3], [1, 2, 3], [True, True, True]),
        ([1, 2, 4], [1.0002, 2.0002, 4.0002], [False, True, True]),
        ([0, 100], [0.0009, 100], [True, True]),
        ([0, 100], [0.0011, 100], [False, True]),
        ([0, 0], [9e-7, 2e-6], [True, False]),
        ([0, 1e-5], [9e-10, 1e-5], [True, True]),
        ([0, 1e-5], [2e-9, 1e-5], [False, True]),
        ([1, math.inf], [math.nan, math.inf], [False, True]),
        ([1, MISSING], [MISSING, 1], [False, False]),
        ([1, MISSING, MISSING], [1, math.nan, MISSING], [True, True, True]),
    ],
)
def test_the_rule_of_comparison(expected: list[float], got: list[float], same: list[bool]) -> None:
    assert agree(np.array(expected, float), np.array(got, float)).tolist() == same


def test_a_wider_tolerance() -> None:
    expected, got = np.array([1.0, 4.0]), np.array([1.02, 4.02])
    assert agree(expected, got, 1e-2).tolist() == [False, True]
    assert tolerance("sde:no/such.mdl") == RELATIVE
    assert tolerance("sde:allocate_price/allocate_price.mdl") == 1e-2


@pytest.mark.parametrize(
    ("one", "other", "gap"),
    [
        ([1.0, 2.0], [1.0, 2.0], 0.0),
        ([1.0, 2.0], [1.0, 2.2], 0.2 / 2.2),
        ([0.0, 1000.0], [0.5, 1000.0], 0.5),
        ([0.0, 0.0], [0.0, 0.0], 0.0),
        ([math.nan, math.inf], [math.nan, math.inf], 0.0),
        ([1.0, math.inf], [1.0, -math.inf], math.inf),
        ([1.0, math.nan], [1.0, 2.0], math.inf),
        ([1.0], [1.0, 1.0], math.inf),
    ],
)
def test_the_largest_difference(one: list[float], other: list[float], gap: float) -> None:
    assert largest_difference(np.array(one), np.array(other)) == pytest.approx(gap)


def test_columns_of_a_run() -> None:
    """A variable that the run lacks is wrong; what the model lacks is told apart."""
    model = sd.load("models/core.mdl")
    ran = model.run(method="euler")
    shown = {float(time): float(v) for time, v in zip(ran.times, ran.table[:, 0], strict=True)}
    columns = {ran.columns[0].upper(): shown, "no such": {0.0: 1.0}, "#hidden#": {0.0: 1.0}}
    assert score(model, ran, columns) == Score(1, [], ["no such", "#hidden#"])
    lacking = model.run(method="euler", outputs=[ran.columns[1]])
    assert score(model, lacking, columns).wrong == [
        f"{ran.columns[0].upper()}: the run has no such column"
    ]
    late = score(model, ran, {ran.columns[0]: {**shown, 1e6: 0.0}})
    assert late.wrong == [f"{ran.columns[0]}: nothing was saved at time 1e+06"]
    moved = score(model, ran, {ran.columns[0]: dict.fromkeys(shown, 1e9)})
    assert "1e+09 expected" in moved.wrong[0]


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
    stella = tmp_path / "stella.csv"
    stella.write_bytes(b'Months,"f[A1, B1]","a.""b/c"""\r1,2,3\r2,4,5\r')
    assert read_run(stella) == {"f[A1, B1]": {1: 2, 2: 4}, 'a."b/c"': {1: 3, 2: 5}}
    dat = tmp_path / "run.dat"
    dat.write_bytes(b"a\r\n0\t1\r\n1\t2\r\n#d>DELAY3#\r\n0\t5\r\nconstant\r\n0\t7\r\n")
    assert read_run(dat) == {"a": {0: 1, 1: 2}, "#d>DELAY3#": {0: 5}, "constant": {0: 7}}


# The list as it is now ----------------------------------------------------------------------------


def lines(scratch: Path) -> Iterator[str]:
    """Yield the lines of `ratchet.toml` for the models as they run now."""
    passed: dict[str, dict[str, int]] = {}
    failed: dict[str, str] = {}
    unknown: dict[str, list[str]] = {}
    for number, name in enumerate(cases()):
        suite, _, path = name.partition(":")
        try:
            found = compared(name, scratch / str(number))
        except sd.SDError as error:
            failed[name] = str(error).splitlines()[0].split(": ", 1)[1]
            continue
        if left_out(found):
            unknown[name] = left_out(found)
        if found.wrong:
            failed[name] = found.wrong[0]
        else:
            passed.setdefault(suite, {})[path] = found.columns
    yield f"cases = {len(cases())}"
    yield f"columns = {sum(sum(one.values()) for one in passed.values())}"
    yield "\n[failed]"
    for name, says in failed.items():
        yield f'{json.dumps(name)} = {{ says = {json.dumps(says)}, why = "" }}'
    yield "\n[unknown]"
    yield from (f"{json.dumps(name)} = {json.dumps(others)}" for name, others in unknown.items())
    for suite, counts in passed.items():
        yield f"\n[passed.{suite}]"
        yield from (f"{json.dumps(path)} = {columns}" for path, columns in counts.items())


if __name__ == "__main__":
    with tempfile.TemporaryDirectory() as made:
        for line in lines(Path(made)):
            print(line)
