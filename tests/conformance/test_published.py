"""Published models without a recorded run: each is read whole, and then run or refused plainly."""

from __future__ import annotations

import subprocess
import sys
import tomllib
from pathlib import Path

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.errors import Problem
from sdmodel.external.resolve import resolve
from sdmodel.frontends import read
from sdmodel.lowering import problems
from tests.conformance.recorded import PLACE, PUBLISHED, ROOT, largest_difference

REFUSED: dict[str, str] = tomllib.loads(
    Path(__file__).with_name("ratchet.toml").read_text(encoding="utf-8")
)["refused"]
HERE = PLACE / "models" / PUBLISHED if PLACE else Path()
WORLD3 = "WRLD3-03/wrld3-03.mdl"
MODELS = [
    path.relative_to(HERE).as_posix()
    for path in (sorted(HERE.rglob("*")) if PLACE else ())
    if path.suffix.lower() == ".mdl"
]
LONGEST = 60  # seconds
needs_models = pytest.mark.skipif(
    PLACE is None,
    reason="there are no published models: set SDMODEL_CONFORMANCE to their folder",
)
# In a process of its own: a run that does not end, or ends it, is a failure of one test.
RUN = """
import sys, warnings
import sdmodel as sd
warnings.simplefilter("error")
warnings.simplefilter("default", sd.NonFiniteWarning)
run = sd.load(sys.argv[1]).run(method="vensim")
print(run.result, len(run.times), len(run.columns))
"""


def refusals(name: str) -> list[Problem]:
    """Return what the model is refused for; nothing in it may be a fault of its syntax."""
    source = read(HERE / name)
    assert [one for one in source.problems if one.kind == "syntax"] == []
    assert source.variables
    return problems(resolve(source, ()))


@needs_models
def test_there_are_published_models() -> None:
    assert WORLD3 in MODELS
    assert set(REFUSED) <= set(MODELS)


@needs_models
@pytest.mark.parametrize("name", MODELS)
def test_read_and_lowered_or_refused(name: str) -> None:
    found = refusals(name)
    for problem in found:
        assert problem.path == str(HERE / name)
        assert problem.line > 0
        assert str(problem).startswith(f"{HERE / name}:{problem.line}:")
        assert REFUSED.get(name, "not listed") in str(problem)
    assert bool(found) == (name in REFUSED), "read now: take it out of ratchet.toml"


@needs_models
@pytest.mark.parametrize("name", [one for one in MODELS if one not in REFUSED])
def test_runs(name: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", RUN, str(HERE / name)],
        capture_output=True,
        text=True,
        timeout=LONGEST,
        cwd=ROOT,
    )
    assert done.returncode == 0, done.stderr
    result, times, columns = done.stdout.split()
    assert result == "completed"
    assert int(times) > 1
    assert int(columns) > 0


@needs_models
def test_world3_agrees_with_simlin() -> None:
    """Every variable, by Euler at the file's own step: 1e-6 relative, 1e-9 of the peak."""
    simlin = pytest.importorskip("simlin", reason="pysimlin has no wheel for this platform")
    ours = sd.load(HERE / WORLD3).run(method="euler")
    theirs = simlin.load(str(HERE / WORLD3)).run(analyze_loops=False).results
    assert np.array_equal(ours.times, theirs.index)
    names = [name for name in theirs.columns if name != "dt"]  # TIME STEP is not under that name
    assert len(names) == len(ours.columns) - 2 == 258  # all but TIME STEP and SAVEPER
    gaps = {name: largest_difference(ours.values(name), theirs[name].to_numpy()) for name in names}
    worst = max(gaps, key=gaps.__getitem__)
    print(f"World3: worst relative difference {gaps[worst]:.1e} ({worst}), {len(gaps)} variables")
    assert gaps[worst] <= 1e-6
