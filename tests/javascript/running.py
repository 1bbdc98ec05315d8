"""Run the JavaScript of programs in node, and compare with runs of ours."""

from __future__ import annotations

import json
import shutil
import subprocess
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from sdmodel.javascript import kernel_script
from sdmodel.program import Program

TOLERANCE = 1e-9
# Numbers go as their bits: JSON has neither NaN nor infinity.
DRIVER = """
const runs = [];
for (const changes of JSON.parse(require("fs").readFileSync(0, "utf8"))) {
  try {
    const { times, values, finite, problem } = kernel.run(changes);
    const whole = [times, ...values].map((one) => Float64Array.from(one).buffer);
    const bits = whole.map((one) => Buffer.from(one).toString("hex"));
    runs.push({ finite, problem, bits });
  } catch (error) {
    runs.push({ error: error.message });
  }
}
const { columns, constants, time } = kernel;
console.log(JSON.stringify({ columns, constants, time, runs }));
"""


@dataclass(frozen=True)
class JavaScriptRun:
    """What a kernel gave for one set of changes; `kernel` is what it says of itself."""

    columns: tuple[str, ...]
    times: np.ndarray
    table: np.ndarray
    problem: Mapping[str, Any] | None
    kernel: Mapping[str, Any]
    error: str = ""


def node(script: str, given: object = None) -> Any:
    """Return what node prints for a script, read as JSON; a visible skip where there is none."""
    program = shutil.which("node")
    if program is None:
        pytest.skip("node is not installed")
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "script.js"
        path.write_text(script, encoding="utf-8")
        done = subprocess.run(
            [program, str(path)],
            input=json.dumps(given),
            capture_output=True,
            text=True,
            encoding="utf-8",
            check=False,
        )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def runs_in_node(program: Program, changes: Sequence[Mapping[str, float]]) -> list[JavaScriptRun]:
    """Return the runs that node gives for each set of changes."""
    said = node(f"const kernel = {kernel_script(program)};\n{DRIVER}", list(changes))
    columns = tuple(said["columns"])
    found = []
    for run in said["runs"]:
        bits = [np.frombuffer(bytes.fromhex(one)) for one in run.get("bits", ["", ""])]
        assert run.get("finite", False) == ("error" not in run and run["problem"] is None)
        table = np.array(bits[1:]).T
        found.append(
            JavaScriptRun(columns, bits[0], table, run.get("problem"), said, run.get("error", ""))
        )
    return found


def assert_equal(
    got: np.ndarray, want: np.ndarray, columns: Sequence[str], tolerance: float = TOLERANCE
) -> None:
    """Require every value within a part of its column's peak, and NaN and infinity as they are."""
    assert got.shape == want.shape
    finite = np.isfinite(want)
    peak = np.abs(np.where(finite, want, 0.0)).max(axis=0)
    with np.errstate(all="ignore"):
        near = np.abs(got - want) <= tolerance * peak
    same = (got == want) | (np.isnan(got) & np.isnan(want)) | (near & finite & np.isfinite(got))
    wrong = [name for name, fine in zip(columns, same.all(axis=0), strict=True) if not fine]
    assert not wrong, f"{len(wrong)} of {len(columns)} columns differ: {wrong[:5]}"
