"""A model in a page gives what the compiled engine gives, every saved value; and soon enough."""

from __future__ import annotations

import os
from pathlib import Path
from typing import Any

import numpy as np
import pytest

import sdmodel as sd
from sdmodel.javascript import kernel_script
from tests.javascript.running import assert_equal

MODELS = Path(__file__).resolve().parents[2] / "models"
WORLD3 = Path("models/bpowers+simlin/test/metasd/WRLD3-03/wrld3-03.mdl")
RUNS = 60
DRIVER = """(runs) => {
  const spent = [];
  let found;
  for (let i = 0; i < runs; i++) {
    const before = performance.now();
    found = kernel.run();
    spent.push(performance.now() - before);
  }
  const { times, values, problem } = found;
  return { spent, problem, times: Array.from(times), columns: kernel.columns,
    values: values.map((one) => Array.from(one)) };
}"""


def world3() -> Path:
    place = os.environ.get("SDMODEL_CONFORMANCE")
    path = Path(place or ".") / WORLD3
    if not path.is_file():
        pytest.skip("SDMODEL_CONFORMANCE does not lead to the published models")
    return path


@pytest.mark.parametrize("name", ["core", "epidemic", "industrial_upgrading", "World3"])
def test_every_saved_value_is_the_compiled_engines(
    page: Any, name: str, capsys: pytest.CaptureFixture[str]
) -> None:
    path = world3() if name == "World3" else MODELS / f"{name}.mdl"
    model = sd.load(path)
    want = model.run(method="vensim")
    page.set_content(
        f"<!doctype html><title>x</title><script>const kernel = {kernel_script(model.program)};"
        "</script>"
    )
    found = page.evaluate(DRIVER, RUNS)
    assert tuple(found["columns"]) == want.columns
    assert found["problem"] is None
    np.testing.assert_array_equal(found["times"], want.times)
    assert_equal(np.array(found["values"], dtype=float).T, want.table, want.columns)
    spent = sorted(found["spent"])
    with capsys.disabled():
        print(
            f"\n{name}: {want.table.size:,} values within 1e-9; a run takes {spent[0]:.1f} ms at "
            f"best, {spent[len(spent) // 2]:.1f} ms in the middle, {found['spent'][0]:.0f} ms first"
        )
