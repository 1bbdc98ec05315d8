"""Every public test model that the scalar language covers, against Vensim's recorded output.

`ratchet.json` lists the cases, how many columns each compares, and why one fails. A case that gets
better must be written there too: so progress is a diff.
"""

from __future__ import annotations

import importlib.util
import json
import sys
from pathlib import Path
from types import ModuleType
from typing import Any

import pytest

import sdmodel as sd

HERE = Path(__file__).parent


def beside(name: str) -> ModuleType:
    """Import a file of this folder."""
    spec = importlib.util.spec_from_file_location(f"conformance_{name}", HERE / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules[spec.name] = module
    spec.loader.exec_module(module)
    return module


score = beside("score")
RATCHET: dict[str, dict[str, Any]] = json.loads((HERE / "ratchet.json").read_text("utf-8"))
MODELS = score.folder()
needs_models = pytest.mark.skipif(
    MODELS is None, reason="no public test models: set SDMODEL_CONFORMANCE to their folder"
)


@needs_models
@pytest.mark.parametrize("case", RATCHET)
def test_case(case: str) -> None:
    known = RATCHET[case]
    model, output = MODELS / "models" / case, MODELS / known["output"]
    if known.get("refused"):
        with pytest.raises(sd.SDError, match=known["refused"]):
            score.score(model, output)
        return
    got = score.score(model, output)
    assert got.columns == known["columns"]
    assert list(got.wrong) == known.get("wrong", [])


def test_at_least_95_percent_pass() -> None:
    passed = [case for case, known in RATCHET.items() if set(known) == {"output", "columns"}]
    reasons = [known for known in RATCHET.values() if set(known) != {"output", "columns"}]
    columns = sum(RATCHET[case]["columns"] for case in passed)
    print(f"{len(passed)} of {len(RATCHET)} cases pass, {columns} columns compared")
    assert all(known["reason"] for known in reasons)
    assert len(passed) >= 0.95 * len(RATCHET)
    assert columns >= 300
